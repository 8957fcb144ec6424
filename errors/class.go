package errors

import (
	"context"
	"net/http"
	"strconv"
)

// classes are what an error means, whatever its type; the first that matches
// counts.
var classes = []struct {
	target error
	name   string
}{
	{ErrOutcomeUnknown, "outcome-unknown"},
	{context.Canceled, "canceled"},
	{context.DeadlineExceeded, "timeout"},
	{ErrInvalidCredentials, "invalid-credentials"},
	{ErrAlreadyExists, "already-exists"},
	{ErrValidation, "validation"},
	{ErrLocked, "locked"},
	{ErrConflict, "conflict"},
	{ErrInvalidInput, "invalid-input"},
	{ErrNoField, "no-field"},
	{ErrListChanged, "list-changed"},
	{ErrNotDone, "not-done"},
	{ErrUploadLost, "upload-lost"},
	{ErrFileChanged, "file-changed"},
	{ErrDamaged, "damaged"},
	{ErrUnsupported, "unsupported"},
}

// ClassName returns a short name of what went wrong, for the label of a metric:
// what the error means, such as "conflict", "validation" or "outcome-unknown"; the
// status where it means no more than that, such as "404"; "transport" without a
// response, "decode" for one that cannot be used, "canceled" and "timeout" for the
// context; "ok" for nil, and "other" for an error of something else. There are
// fewer than a hundred names, whatever a server sends.
func ClassName(err error) string {
	if err == nil {
		return "ok"
	}
	for _, c := range classes {
		if Is(err, c.target) {
			return c.name
		}
	}
	if e, answered := AsType[*StatusError](err); answered {
		return statusName(e.Status)
	}
	if _, lost := AsType[*TransportError](err); lost {
		return "transport"
	}
	if _, unusable := AsType[*DecodeError](err); unusable {
		return "decode"
	}
	for _, class := range []Class{ErrClient, ErrServer} { // an error of its own that matches one
		if !Is(err, class) {
			continue
		}
		for status := Status(class * 100); status < Status(class+1)*100; status++ {
			if Is(err, status) {
				return statusName(status)
			}
		}
	}
	return "other"
}

// statusName returns the number of a status that HTTP knows, and the class of any
// other.
func statusName(s Status) string {
	if http.StatusText(int(s)) != "" {
		return strconv.Itoa(int(s))
	}
	if s < 100 || s > 599 {
		return "other"
	}
	return Class(s / 100).Error()
}
