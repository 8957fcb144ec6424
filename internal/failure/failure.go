// Package failure is what the layers below the client tell each other about an
// error, beside what package errors tells everybody. It is internal, so that no
// transport of a user can say the same by accident.
package failure

import (
	"fmt"
	"net/http"

	"plone.example/restapi/errors"
)

// Login is the error of a request whose credentials could not be had, made by
// package auth alone. It proves that the request was not carried out. It matches
// what Err matches, and prints as Err does.
type Login struct {
	Err error `json:"-"`
	// Refused tells that the request was sent once, and answered with 401.
	Refused bool
}

// Error returns the text of Err.
func (e *Login) Error() string { return e.Err.Error() }

// GoString makes %#v print what it prints of Err.
func (e *Login) GoString() string { return fmt.Sprintf("%#v", e.Err) }

// Unwrap returns Err.
func (e *Login) Unwrap() error { return e.Err }

// IsTyped reports whether err is an error of package errors, or wraps one, that
// names its request.
func IsTyped(err error) bool {
	for _, typed := range []any{new(*errors.StatusError), new(*errors.TransportError), new(*errors.DecodeError)} {
		if errors.As(err, typed) {
			return true
		}
	}
	return false
}

// Typed returns err as it is when it is typed, with what it was joined with, and
// otherwise as the TransportError of req.
func Typed(req *http.Request, err error) error {
	if IsTyped(err) {
		return err
	}
	return errors.NewTransportError(req, 1, err)
}
