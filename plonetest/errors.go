package plonetest

import (
	"net/http"
	"strconv"
	"strings"
)

func itoa(i int) string { return strconv.Itoa(i) }

// failure is an exception: a handler returns it, and the client gets {"type", "message", "context"}. The class of the
// exception decides the status, as in Plone.
type failure struct{ class, message string }

func (f *failure) Error() string { return f.class + ": " + f.message }

// fail is a failure with the name of its Python class: fail("BadRequest", "Property '@type' is required").
func fail(class, message string) error { return &failure{class, message} }

// missingKey is the failure of a handler that needs a key in the body: a KeyError, which Plone answers with 503.
func missingKey(key string) error { return fail("KeyError", repr(key)) }

// Failures that several handlers return.
var (
	errNotFound     = fail("NotFound", "")
	errUnauthorized = fail("Unauthorized", "You are not authorized to access this resource.")
)

// statusOf is the status of an exception: that of the reason phrase which the class name is, without blanks. All
// others are internal errors.
func statusOf(class string) int {
	switch strings.ToLower(class) {
	case "badrequest":
		return http.StatusBadRequest
	case "unauthorized":
		return http.StatusUnauthorized
	case "forbidden":
		return http.StatusForbidden
	case "notfound":
		return http.StatusNotFound
	case "methodnotallowed":
		return http.StatusMethodNotAllowed
	case "conflict":
		return http.StatusConflict
	case "redirect":
		return http.StatusFound
	case "resourcelockederror":
		return http.StatusLocked
	case "notimplemented":
		return http.StatusNotImplemented
	case "keyerror", "nameerror":
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// refuse is an answer of a service that found an error itself: {"error": {"type", "message"}}.
func refuse(status int, typ, message string) *answer {
	return &answer{status: status, body: dict{"error": dict{"type": typ, "message": message}}}
}

// fieldError is an entry of a failed validation.
func fieldError(field, message string) pairs {
	return pairs{{"message", message}, {"field", field}, {"error", "ValidationError"}}
}

// invalid is the failure of a validation: its message is the list as Python prints it.
func invalid(errors []pairs) error { return fail("BadRequest", repr(errors)) }
