// Package errors holds every error that the SDK returns for an answer of a
// site, or for none, and the targets to check them with.
//
//	_, err := c.Content.Get(ctx, "/news")
//	switch {
//	case errors.Is(err, errors.ErrNotFound):     // this status
//	case errors.Is(err, errors.ErrClient):       // any other 4xx
//	case errors.Is(err, errors.ErrOutcomeUnknown): // a meaning beside the status
//	}
//	if e, ok := errors.AsType[*errors.StatusError](err); ok {
//		log.Print(e.Type, e.Fields) // what the server said
//	}
//
// The functions of the standard library's package are here too, so that one
// import is enough.
package errors

import (
	stderrors "errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// ErrUnsupported is that of the standard library.
var ErrUnsupported = stderrors.ErrUnsupported

// Is is that of the standard library.
func Is(err, target error) bool { return stderrors.Is(err, target) }

// As is that of the standard library; prefer [AsType], which the compiler checks.
func As(err error, target any) bool { return stderrors.As(err, target) }

// AsType is that of the standard library.
func AsType[E error](err error) (E, bool) { return stderrors.AsType[E](err) }

// Join is that of the standard library.
func Join(errs ...error) error { return stderrors.Join(errs...) }

// New is that of the standard library.
func New(text string) error { return stderrors.New(text) }

// Unwrap is that of the standard library.
func Unwrap(err error) error { return stderrors.Unwrap(err) }

// StatusError is the error of every answer outside 2xx. It matches its Status,
// the Class of that, and what the response means beside its status: a Reason, the
// Status that is meant, or the error of a context that ended; see [With].
type StatusError struct {
	Status Status   // as sent
	Method string   // of the request
	URL    *url.URL // of the request, without user info, query and fragment

	Type    string // Plone's name for the error, like "BadRequest"; may be empty
	Message string // Plone's text; may be empty
	Context string // URL of the nearest object that the caller may see; may be empty

	Fields []FieldError // fields that were refused; nil when the answer names none

	Header     http.Header   `json:"-"` // of the answer
	Body       []byte        `json:"-"` // of the answer, at most 64 KiB
	Attempts   int           // tries made, at least 1
	RetryAfter time.Duration // how long the server asks to wait; 0 when it does not say

	raised bool    // the body is an exception that the server raised (shape E1)
	also   []error // further targets that match, by ==
}

// FieldError is one field that the server refused, and why.
type FieldError struct {
	Field   string // name of the field; empty for a rule about the whole object
	Message string // in the language of the request
}

// Error gives one line without the body, a query, credentials or a traceback:
// "plone: GET https://host/Plone/x: 404 Not Found: NotFound: Resource not found".
func (e *StatusError) Error() string {
	var b strings.Builder
	b.WriteString("plone: ")
	if e.Method != "" { // the answer came with its request
		fmt.Fprintf(&b, "%s %v: ", e.Method, e.URL)
	}
	b.WriteString(e.Status.Error())
	for _, s := range []string{e.Type, e.Message} {
		if s != "" {
			b.WriteString(": ")
			b.WriteString(oneLine(s))
		}
	}
	if e.Status == ErrTooManyRequests && e.RetryAfter > 0 {
		fmt.Fprintf(&b, ": retry after %v", e.RetryAfter)
	}
	for _, also := range e.also {
		fmt.Fprintf(&b, " (%v)", also)
	}
	return b.String()
}

// GoString makes %#v print no more than Error does.
func (e *StatusError) GoString() string { return e.Error() }

// Unwrap returns the Status, so that errors.Is(err, ErrNotFound) and
// errors.Is(err, ErrClient) hold.
func (e *StatusError) Unwrap() error { return e.Status }

// Is reports whether target is one of what the response means beside its status.
func (e *StatusError) Is(target error) bool {
	// An error that is no constant may be of a type that == panics on.
	if target == nil || !reflect.TypeOf(target).Comparable() {
		return false
	}
	return slices.ContainsFunc(e.also, func(also error) bool { return also == target })
}

// Raised reports whether the body is an exception that Plone raised (a JSON
// object with "type" and "message" at the top): its transaction was rolled
// back, nothing of the request was stored. A 5xx that is not raised comes from
// a service that may have stored something, or from a proxy.
func (e *StatusError) Raised() bool { return e.raised }

// With returns an error that matches targets as well as what err matches, and
// tells them in its text. A [StatusError], [UnauthorizedError] or [RedirectError]
// keeps its type; err itself stays as it is, and may be shared. Without targets it
// is a copy; for a nil err it is nil.
func With(err error, targets ...error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *StatusError:
		return e.with(targets)
	case *UnauthorizedError:
		return &UnauthorizedError{StatusError: e.with(targets), Challenges: e.Challenges}
	case *RedirectError:
		return &RedirectError{StatusError: e.with(targets), Location: e.Location}
	}
	for _, target := range targets {
		if !Is(err, target) {
			err = fmt.Errorf("%w (%w)", err, target)
		}
	}
	return err
}

func (e *StatusError) with(targets []error) *StatusError {
	c := *e
	c.also = slices.Clip(c.also) // the array stays that of e
	for _, target := range targets {
		if !Is(&c, target) {
			c.also = append(c.also, target)
		}
	}
	return &c
}

// UnauthorizedError is the error of every 401. plone.restapi answers 401 to a
// known user who lacks a permission too, so it does not always mean "log in".
type UnauthorizedError struct {
	*StatusError
	// Challenges of the WWW-Authenticate header; empty when there is none, as
	// plone.restapi sends none.
	Challenges []Challenge
}

// Unwrap returns the StatusError.
func (e *UnauthorizedError) Unwrap() error { return e.StatusError }

// RedirectError is the error of a 3xx that was not followed: a write to an
// object that has moved, or any redirect to another host.
type RedirectError struct {
	*StatusError
	// Location is where the answer points to, resolved against the request; nil
	// when it is absent or cannot be parsed.
	Location *url.URL
}

// Unwrap returns the StatusError.
func (e *RedirectError) Unwrap() error { return e.StatusError }

// TransportError is the error of a call that got no answer. It matches
// [ErrOutcomeUnknown] when the request may have been carried out.
type TransportError struct {
	Method   string
	URL      *url.URL // without user info, query and fragment
	Attempts int      // tries made, at least 1
	Err      error    `json:"-"` // what went wrong
}

// NewTransportError describes a request that err kept from being answered.
func NewTransportError(req *http.Request, attempts int, err error) *TransportError {
	// net/http puts the method and the URL, query included, around every error.
	for u, ok := err.(*url.Error); ok; u, ok = err.(*url.Error) {
		err = u.Err
	}
	return &TransportError{Method: req.Method, URL: publicURL(req.URL), Attempts: attempts, Err: err}
}

// Error gives one line, without the query.
func (e *TransportError) Error() string {
	return fmt.Sprintf("plone: %s %v: no answer: %s", e.Method, e.URL, oneLine(withoutURLs(e.Err)))
}

// GoString makes %#v print no more than Error does.
func (e *TransportError) GoString() string { return e.Error() }

// Unwrap returns what went wrong.
func (e *TransportError) Unwrap() error { return e.Err }

// DecodeError is the error of a 2xx that is not what was promised: not JSON, cut
// off, too large, or of another shape. A write was most likely carried out all the
// same, unless something on the way has answered in the place of the site; its
// error matches [ErrOutcomeUnknown].
type DecodeError struct {
	Method      string
	URL         *url.URL // without user info, query and fragment
	Status      Status
	ContentType string
	Body        []byte `json:"-"` // at most 64 KiB
	Err         error  `json:"-"` // what is wrong
}

// Error gives one line, without the body.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("plone: %s %v: %v with an answer that cannot be used: %s", e.Method, e.URL, e.Status, oneLine(withoutURLs(e.Err)))
}

// GoString makes %#v print no more than Error does.
func (e *DecodeError) GoString() string { return e.Error() }

// Unwrap returns what is wrong.
func (e *DecodeError) Unwrap() error { return e.Err }

// publicURL is u without what may be secret.
func publicURL(u *url.URL) *url.URL {
	if u == nil {
		return &url.URL{}
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
}

// withoutURLs is the text of err less what every *url.Error in it puts before
// the text of its own error: the URL, query included.
func withoutURLs(err error) string {
	text := fmt.Sprint(err)
	var inner []error
	switch err := err.(type) {
	case *url.Error:
		return withoutURLs(err.Err)
	case interface{ Unwrap() error }:
		inner = []error{err.Unwrap()}
	case interface{ Unwrap() []error }:
		inner = err.Unwrap()
	}
	for _, e := range inner {
		if e != nil {
			text = strings.ReplaceAll(text, e.Error(), withoutURLs(e))
		}
	}
	return text
}

// oneLine keeps text of a server from breaking a log into lines.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' // the separators of lines and paragraphs
	}), " ")
}
