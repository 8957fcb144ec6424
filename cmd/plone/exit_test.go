package main

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestExitOf(t *testing.T) {
	t.Parallel()
	status := func(status errors.Status, also ...error) error {
		return errors.With(&errors.StatusError{Status: status}, also...)
	}
	sent := func(err error) error {
		req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://127.0.0.1/x", http.NoBody)
		return errors.NewTransportError(req, 1, err)
	}
	for _, tt := range []struct {
		name string
		err  error
		code int
	}{
		{"anything", errors.New("x"), 1},
		{"unsupported", errors.ErrUnsupported, 1},
		{"done in part", errors.ErrNotDone, 1},
		{"usage", usage("x"), 2},
		{"no such argument", errors.ErrInvalidInput, 2},
		{"fields", status(400, errors.ErrValidation), 2},
		{"422", status(422), 2},
		{"405", status(405), 2},
		{"418", status(418), 2},
		{"401", &errors.UnauthorizedError{StatusError: status(401).(*errors.StatusError)}, 3},
		{"403", status(403), 3},
		{"expired", auth.ErrExpired, 3},
		{"404", status(404), 4},
		{"a record that is missing", status(503, errors.ErrNotFound), 4},
		{"moved", &errors.RedirectError{StatusError: status(307).(*errors.StatusError)}, 4},
		{"no source", &client.MissingSourcesError{}, 4},
		{"taken", status(400, errors.ErrAlreadyExists), 5},
		{"locked", status(403, errors.ErrLocked), 5},
		{"a lock", &client.LockedError{}, 5},
		{"409", status(409), 5},
		{"412", status(412), 5},
		{"a write conflict", status(500, errors.ErrConflict), 5},
		{"moved underneath", errors.ErrListChanged, 5},
		{"429", status(429), 6},
		{"500", status(500), 6},
		{"501", status(501), 6},
		{"502", status(502), 6},
		{"no answer", sent(errors.New("x")), 6},
		{"too late", sent(context.DeadlineExceeded), 6},
		{"a page", &errors.DecodeError{Status: 200, Err: errors.New("x")}, 6},
		{"one further up", &errors.DecodeError{Status: 200, Err: errors.ErrNotFound}, 4},
		{"a page for a write", &errors.DecodeError{Status: 200, Err: errors.ErrOutcomeUnknown}, 7},
		{"a 404 after a lost DELETE", status(404, errors.ErrOutcomeUnknown), 7},
		{"stopped", sent(context.Canceled), 130},
	} {
		for _, err := range []error{tt.err, fmt.Errorf("outer: %w", tt.err), hinted{tt.err, "hint"}} {
			assert.Equal(t, tt.code, exitOf(err).code, tt.name)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a ü \U0001f600 \ufffd[31m\ufffd\ufffd", plain("a ü \U0001f600 \x1b[31m\n\u0085"))
}
