package errors_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"plone.example/restapi/errors"
)

// matching is an error of a type of its own that matches a status.
type matching struct{ status errors.Status }

func (matching) Error() string          { return "matching" }
func (m matching) Is(target error) bool { return errors.Is(m.status, target) }

func TestClassName(t *testing.T) {
	t.Parallel()
	status := func(s errors.Status, also ...error) error {
		return errors.With(&errors.StatusError{Status: s}, also...)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://host/", http.NoBody)
	for want, errs := range map[string][]error{
		"ok":                  {nil},
		"404":                 {status(404), fmt.Errorf("more: %w", status(404)), errors.ErrNotFound, matching{404}},
		"401":                 {&errors.UnauthorizedError{StatusError: &errors.StatusError{Status: 401}}},
		"301":                 {&errors.RedirectError{StatusError: &errors.StatusError{Status: 301}}},
		"503":                 {status(503)},
		"4xx":                 {status(499), matching{499}},
		"5xx":                 {status(599)},
		"conflict":            {status(409), status(500, errors.ErrConflict)},
		"locked":              {status(423), status(403, errors.ErrLocked)},
		"already-exists":      {status(400, errors.ErrAlreadyExists)},
		"validation":          {status(400, errors.ErrValidation)},
		"invalid-credentials": {status(401, errors.ErrInvalidCredentials)},
		"outcome-unknown":     {status(504, errors.ErrOutcomeUnknown), errors.NewTransportError(req, 1, errors.With(context.Canceled, errors.ErrOutcomeUnknown))},
		"transport":           {errors.NewTransportError(req, 1, io.EOF)},
		"canceled":            {errors.NewTransportError(req, 1, context.Canceled), context.Canceled},
		"timeout":             {context.DeadlineExceeded, status(503, context.DeadlineExceeded)},
		"decode":              {&errors.DecodeError{Status: 200, Err: io.ErrUnexpectedEOF}},
		"invalid-input":       {fmt.Errorf("x: %w", errors.ErrInvalidInput)},
		"damaged":             {errors.ErrDamaged},
		"other":               {io.EOF, status(999), status(7), errors.Reason("of a program")},
	} {
		for _, err := range errs {
			assert.Equal(t, want, errors.ClassName(err), "%v", err)
		}
	}
	// Whatever comes, the names are few, and short.
	names := map[string]bool{}
	for code := range 1100 {
		names[errors.ClassName(status(errors.Status(code)))] = true
	}
	assert.Less(t, len(names), 70)
}
