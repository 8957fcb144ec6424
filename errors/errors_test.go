package errors_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
)

// codes are the statuses that have a name.
var codes = map[errors.Status]int{
	errors.ErrBadRequest: 400, errors.ErrUnauthorized: 401, errors.ErrForbidden: 403, errors.ErrNotFound: 404,
	errors.ErrMethodNotAllowed: 405, errors.ErrConflict: 409, errors.ErrPreconditionFailed: 412,
	errors.ErrUnprocessable: 422, errors.ErrLocked: 423, errors.ErrTooManyRequests: 429,
	errors.ErrInternalServer: 500, errors.ErrNotImplemented: 501, errors.ErrBadGateway: 502,
	errors.ErrUnavailable: 503, errors.ErrGatewayTimeout: 504,
}

func TestStatus_matchesItselfAndItsClass(t *testing.T) {
	t.Parallel()
	assert.Len(t, codes, 15)
	for status, code := range codes {
		assert.Equal(t, errors.Status(code), status)
		for other := range codes {
			assert.Equal(t, status == other, errors.Is(status, other), "%v is %v", status, other)
		}
		assert.Equal(t, code < 500, errors.Is(status, errors.ErrClient), status)
		assert.Equal(t, code >= 500, errors.Is(status, errors.ErrServer), status)
	}
	assert.NotErrorIs(t, errors.Status(399), errors.ErrClient)
	assert.ErrorIs(t, errors.Status(400), errors.ErrClient)
	assert.ErrorIs(t, errors.Status(499), errors.ErrClient)
	assert.NotErrorIs(t, errors.Status(500), errors.ErrClient)
	assert.ErrorIs(t, errors.Status(599), errors.ErrServer)
	assert.NotErrorIs(t, errors.Status(600), errors.ErrServer)
	assert.NotErrorIs(t, errors.Status(4), errors.ErrClient, "a class is no status")
}

func TestTargets_print(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"404 Not Found":       errors.ErrNotFound,
		"418 I'm a teapot":    errors.Status(418),
		"599":                 errors.Status(599),
		"4xx":                 errors.ErrClient,
		"5xx":                 errors.ErrServer,
		"already exists":      errors.ErrAlreadyExists,
		"validation failed":   errors.ErrValidation,
		"invalid credentials": errors.ErrInvalidCredentials,
		"outcome unknown":     errors.ErrOutcomeUnknown,
	} {
		assert.EqualError(t, err, want)
	}
}

func TestStandardFunctions_areThoseOfTheStandardLibrary(t *testing.T) {
	t.Parallel()
	plain := errors.New("plain")
	wrapped := fmt.Errorf("wrapped: %w", plain)
	assert.EqualError(t, plain, "plain")
	assert.True(t, errors.Is(wrapped, plain))
	assert.Equal(t, plain, errors.Unwrap(wrapped))
	assert.True(t, errors.Is(errors.Join(io.EOF, plain), plain))
	assert.True(t, errors.Is(http.ErrNotSupported, errors.ErrUnsupported))
	var status errors.Status
	require.True(t, errors.As(errors.Join(errors.ErrLocked), &status))
	assert.Equal(t, errors.ErrLocked, status)
	status, ok := errors.AsType[errors.Status](errors.Join(errors.ErrConflict))
	assert.True(t, ok)
	assert.Equal(t, errors.ErrConflict, status)
}

// uncomparable is an error that == panics on.
type uncomparable []error

func (uncomparable) Error() string { return "uncomparable" }

func TestStatusError_matchesStatusClassAndAlso(t *testing.T) {
	t.Parallel()
	shared := &errors.StatusError{Status: errors.ErrInternalServer}
	with := errors.With(shared, errors.ErrConflict, errors.ErrOutcomeUnknown, context.DeadlineExceeded, uncomparable{})
	e, ok := with.(*errors.StatusError)
	require.True(t, ok)
	require.NotErrorIs(t, shared, errors.ErrConflict, "it stays as it is")
	for _, err := range []error{e, &errors.UnauthorizedError{StatusError: e}, &errors.RedirectError{StatusError: e}, fmt.Errorf("more: %w", e)} {
		for _, target := range []error{
			errors.ErrInternalServer, errors.ErrServer,
			errors.ErrConflict, errors.ErrOutcomeUnknown, context.DeadlineExceeded,
		} {
			assert.ErrorIs(t, err, target)
		}
		// The class is that of the status sent, whatever else matches.
		for _, target := range []error{
			errors.ErrClient, errors.ErrLocked, errors.ErrValidation, context.Canceled, uncomparable{}, nil,
		} {
			assert.NotErrorIs(t, err, target)
		}
		same, ok := errors.AsType[*errors.StatusError](err)
		require.True(t, ok)
		assert.Same(t, e, same)
	}
	assert.False(t, e.Is(nil))
}

func TestUnauthorizedAndRedirectError_areTypesOfTheirOwn(t *testing.T) {
	t.Parallel()
	e := &errors.StatusError{Status: errors.ErrUnauthorized}
	_, ok := errors.AsType[*errors.UnauthorizedError](error(e))
	assert.False(t, ok)
	_, ok = errors.AsType[*errors.RedirectError](error(&errors.UnauthorizedError{StatusError: e}))
	assert.False(t, ok)
	_, ok = errors.AsType[*errors.UnauthorizedError](error(&errors.UnauthorizedError{StatusError: e}))
	assert.True(t, ok)
	_, ok = errors.AsType[*errors.RedirectError](error(&errors.RedirectError{StatusError: e}))
	assert.True(t, ok)
}

func TestStatusError_printsOneLine(t *testing.T) {
	t.Parallel()
	address := &url.URL{Scheme: "https", Host: "host", Path: "/Plone/a b"}
	for want, e := range map[string]*errors.StatusError{
		"plone: 404 Not Found":                               {Status: 404},
		"plone: GET https://host/Plone/a%20b: 404 Not Found": {Status: 404, Method: "GET", URL: address},
		"plone: GET <nil>: 404 Not Found":                    {Status: 404, Method: "GET"},
		"plone: 404 Not Found: NotFound":                     {Status: 404, Type: "NotFound"},
		"plone: 404 Not Found: no such thing":                {Status: 404, Message: "no such thing"},
		"plone: 400 Bad Request: a b: c d":                   {Status: 400, Type: "a\nb", Message: "\r\nc\x1b\x7f\u0085\u2028\u2029\td\n"},
		"plone: 500 Internal Server Error: ConflictError: busy (409 Conflict) (outcome unknown)": {
			Status: 500, Type: "ConflictError", Message: "busy",
		},
		"plone: 429 Too Many Requests: retry after 30s": {Status: 429, RetryAfter: 30 * time.Second},
	} {
		var err error = e
		if e.Status == 500 {
			err = errors.With(e, errors.ErrConflict, errors.ErrOutcomeUnknown, errors.ErrConflict)
		}
		assert.EqualError(t, err, want)
	}
}

// With keeps the types that programs ask for, and adds nothing that matches already.
func TestWith(t *testing.T) {
	t.Parallel()
	e := &errors.StatusError{Status: 401}
	for _, err := range []error{e, &errors.UnauthorizedError{StatusError: e}, &errors.RedirectError{StatusError: e}, io.EOF, fmt.Errorf("more: %w", e)} {
		with := errors.With(err, errors.ErrInvalidCredentials)
		require.ErrorIs(t, with, errors.ErrInvalidCredentials)
		require.NotErrorIs(t, err, errors.ErrInvalidCredentials)
		assert.Equal(t, err.Error()+" (invalid credentials)", with.Error())
		assert.Equal(t, with.Error(), errors.With(with, errors.ErrInvalidCredentials).Error())
		if err != io.EOF {
			require.ErrorIs(t, with, errors.ErrUnauthorized)
		}
	}
	one, other := errors.With(e, errors.ErrLocked), errors.With(e, errors.ErrConflict)
	require.NotErrorIs(t, one, errors.ErrConflict)
	require.NotErrorIs(t, other, errors.ErrLocked)
	_, ok := errors.With(&errors.UnauthorizedError{StatusError: e}).(*errors.UnauthorizedError)
	assert.True(t, ok)
	_, ok = errors.With(&errors.RedirectError{StatusError: e}).(*errors.RedirectError)
	assert.True(t, ok)
	assert.NoError(t, errors.With(nil, errors.ErrLocked))
}

func TestTransportError_hidesTheQuery(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequest(http.MethodPost, "https://user:pass@host/Plone/x?token=secret#top", nil)
	require.NoError(t, err)
	leaky := &url.Error{Op: "Post", URL: req.URL.String(), Err: io.ErrUnexpectedEOF}
	for name, c := range map[string]struct {
		cause error
		want  string
	}{
		"plain":           {io.ErrUnexpectedEOF, "unexpected EOF"},
		"url":             {leaky, "unexpected EOF"},
		"url in url":      {&url.Error{Op: "Post", URL: req.URL.String(), Err: leaky}, "unexpected EOF"},
		"wrapped":         {fmt.Errorf("giving up: %w", leaky), "giving up: unexpected EOF"},
		"wrapped in url":  {&url.Error{Op: "Post", URL: req.URL.String(), Err: fmt.Errorf("giving up: %w", leaky)}, "giving up: unexpected EOF"},
		"joined":          {errors.Join(errors.ErrOutcomeUnknown, fmt.Errorf("a: %w", leaky), leaky), "outcome unknown a: unexpected EOF unexpected EOF"},
		"wrapping no one": {fmt.Errorf("odd: %w: %w", leaky, error(nil)), "odd: unexpected EOF: %!w(<nil>)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := errors.NewTransportError(req, 3, c.cause)
			assert.EqualError(t, e, "plone: POST https://host/Plone/x: no answer: "+c.want)
			assert.Equal(t, 3, e.Attempts)
			assert.ErrorIs(t, e, io.ErrUnexpectedEOF)
			assert.Equal(t, name == "joined", errors.Is(e, errors.ErrOutcomeUnknown))
			assertSilent(t, e, "secret", "pass", "user")
		})
	}
	assert.EqualError(t, &errors.TransportError{Method: "GET"}, "plone: GET <nil>: no answer: <nil>")
}

func TestDecodeError_printsNoBody(t *testing.T) {
	t.Parallel()
	e := &errors.DecodeError{
		Method: "POST", URL: &url.URL{Scheme: "https", Host: "host", Path: "/Plone/@login"},
		Status: 200, ContentType: "application/json", Body: []byte(`{"token":"secret"`), Err: io.ErrUnexpectedEOF,
	}
	assert.EqualError(t, e, "plone: POST https://host/Plone/@login: 200 OK with an answer that cannot be used: unexpected EOF")
	assert.ErrorIs(t, e, io.ErrUnexpectedEOF)
	assert.NotErrorIs(t, e, errors.Status(200))
	assertSilent(t, e, "secret", fmt.Sprintf("%x", "secret"), "0x73, 0x65")
}

// assertSilent checks that no way of printing err says any of the secrets.
func assertSilent(t *testing.T, err error, secrets ...string) {
	t.Helper()
	text, jsonErr := json.Marshal(err)
	require.NoError(t, jsonErr)
	for _, printed := range []string{
		err.Error(), fmt.Sprintf("%v", err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err), fmt.Sprintf("%q", err),
		fmt.Sprintf("%#v", struct{ Err error }{err}), string(text),
	} {
		for _, secret := range secrets {
			assert.NotContains(t, printed, secret)
		}
		assert.NotContains(t, printed, "\n")
	}
	assert.Equal(t, err.Error(), fmt.Sprintf("%+v", err))
	assert.Equal(t, err.Error(), fmt.Sprintf("%#v", err))
}
