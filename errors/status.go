package errors

import (
	"fmt"
	"net/http"
	"strconv"
)

// Status is an HTTP status code as an error target:
// errors.Is(err, errors.ErrNotFound), or errors.Is(err, errors.Status(418)) for
// a code that has no name here. It also matches its [Class].
type Status int

// Statuses that plone.restapi documents, or that something between the program
// and the site answers. What Plone really sends for a situation is not always
// the documented code; [StatusError] matches what is meant as well.
const (
	ErrBadRequest         Status = http.StatusBadRequest          // 400: the request is refused, see StatusError.Fields
	ErrUnauthorized       Status = http.StatusUnauthorized        // 401: no permission, logged in or not, see UnauthorizedError
	ErrForbidden          Status = http.StatusForbidden           // 403: refused by an explicit check of the service
	ErrNotFound           Status = http.StatusNotFound            // 404: no such object, service or method
	ErrMethodNotAllowed   Status = http.StatusMethodNotAllowed    // 405: documented; Plone itself answers 404
	ErrConflict           Status = http.StatusConflict            // 409: someone else was faster; Plone itself answers 500 ConflictError
	ErrPreconditionFailed Status = http.StatusPreconditionFailed  // 412: another TUS version is asked for
	ErrUnprocessable      Status = http.StatusUnprocessableEntity // 422: some relations of the request failed
	ErrLocked             Status = http.StatusLocked              // 423: somebody holds a lock; a PATCH answers 403
	ErrTooManyRequests    Status = http.StatusTooManyRequests     // 429: a proxy asks for a pause, see StatusError.RetryAfter
	ErrInternalServer     Status = http.StatusInternalServerError // 500: a fault of the server, or bad input it did not expect
	ErrNotImplemented     Status = http.StatusNotImplemented      // 501: the site lacks a part that the call needs
	ErrBadGateway         Status = http.StatusBadGateway          // 502: a proxy got no answer from the site
	ErrUnavailable        Status = http.StatusServiceUnavailable  // 503: overload, or KeyError and NameError inside Plone
	ErrGatewayTimeout     Status = http.StatusGatewayTimeout      // 504: a proxy gave up waiting for the site
)

// Error implements error, as in "404 Not Found".
func (s Status) Error() string {
	text := http.StatusText(int(s))
	if text == "" {
		return strconv.Itoa(int(s))
	}
	return fmt.Sprintf("%d %s", int(s), text)
}

// Is makes every Status match its [Class].
func (s Status) Is(target error) bool {
	class, ok := target.(Class)
	return ok && class == Class(s/100)
}

// Class is the first digit of a status as an error target. It is always that
// of the status which was sent.
type Class int

// Classes of statuses that are errors.
const (
	ErrClient Class = 4 // any 4xx: the request is at fault, it is never repeated
	ErrServer Class = 5 // any 5xx: the server is at fault
)

// Error implements error, as in "4xx".
func (c Class) Error() string { return fmt.Sprintf("%dxx", int(c)) }

// Reason is an error target beside the status: what the body of an answer, or
// the situation of a call, means.
type Reason string

// Reasons.
const (
	// ErrAlreadyExists: the id is taken. Plone answers 400 and says so in words.
	ErrAlreadyExists Reason = "already exists"
	// ErrValidation: fields were refused; StatusError.Fields names them.
	ErrValidation Reason = "validation failed"
	// ErrInvalidCredentials: the site knows no user with this name and password, or
	// with this token.
	ErrInvalidCredentials Reason = "invalid credentials"
	// ErrOutcomeUnknown: a write was sent, and nothing tells whether it was done.
	ErrOutcomeUnknown Reason = "outcome unknown"
	// ErrInvalidInput: an argument cannot be used; nothing was sent.
	ErrInvalidInput Reason = "invalid input"
	// ErrNoField: an answer has no field of that name.
	ErrNoField Reason = "no such field"
	// ErrListChanged: a list moved while it was read, or did not advance. What
	// was handed out is right, but items may be missing.
	ErrListChanged Reason = "list changed while it was read"
	// ErrNotDone: the server says that all is well, but did nothing, or not all of
	// what it was asked for.
	ErrNotDone Reason = "not done"
	// ErrUploadLost: the server has no such upload, as it expired, or as it gave up
	// its bytes in a write conflict.
	ErrUploadLost Reason = "upload lost"
	// ErrFileChanged: a file is not the one that was begun with.
	ErrFileChanged Reason = "file changed"
	// ErrDamaged: the bytes that arrived are not those that were sent, or not those
	// of the file that was asked for.
	ErrDamaged Reason = "bytes damaged"
)

// Error implements error.
func (r Reason) Error() string { return string(r) }
