package errors

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxBody is how much of a body is kept.
const maxBody = 64 << 10

// maxText is how much of a plain text becomes a Message.
const maxText = 200

// meanings are the answers that mean more than their status says. They stand on
// names and sentences that Plone does not translate.
var meanings = []struct {
	status Status
	means  error
	when   func(*StatusError) bool
}{
	// With the full stop: @users says "is already in use or is not valid", also
	// of a bad password.
	{ErrBadRequest, ErrAlreadyExists, func(e *StatusError) bool { return strings.Contains(e.Message, "is already in use.") }},
	{ErrBadRequest, ErrValidation, func(e *StatusError) bool { return len(e.Fields) > 0 }},
	{ErrUnauthorized, ErrInvalidCredentials, func(e *StatusError) bool { return e.Type == "Invalid credentials" }},
	{ErrForbidden, ErrLocked, func(e *StatusError) bool { return e.Message == "Resource is locked." }},
	{ErrInternalServer, ErrConflict, func(e *StatusError) bool {
		return e.Type == "ConflictError" || e.Type == "ReadConflictError" || e.Type == "BTreesConflictError"
	}},
}

// FromResponse returns nil for a 2xx, and the typed error of any other answer:
// *UnauthorizedError, *RedirectError or *StatusError. The status decides; a body
// that cannot be understood takes nothing from it. Attempts is 1.
//
// It reads at most 64 KiB of the body, and leaves a body that can be read again
// from its start; closing stays with the caller. The error shares the header
// with resp. The request of resp may be missing; then so are Method and URL.
func FromResponse(resp *http.Response) error {
	if resp.StatusCode/100 == 2 {
		return nil
	}
	e := &StatusError{
		Status:     Status(resp.StatusCode),
		Header:     resp.Header,
		Body:       peek(resp),
		Attempts:   1,
		RetryAfter: retryAfter(resp.Header),
	}
	if req := resp.Request; req != nil {
		e.Method = cmp.Or(req.Method, http.MethodGet) // net/http sends "" as GET
		e.URL = publicURL(req.URL)
	} else {
		e.URL = &url.URL{}
	}
	e.readBody()
	for _, m := range meanings {
		if e.Status == m.status && m.when(e) {
			e.Also = append(e.Also, m.means)
		}
	}
	switch {
	case e.Status == ErrUnauthorized:
		return &UnauthorizedError{StatusError: e, Challenges: ParseChallenges(resp.Header.Values("WWW-Authenticate"))}
	case resp.StatusCode/100 == 3:
		location, err := resp.Location()
		if err != nil {
			return &RedirectError{StatusError: e}
		}
		location.User = nil // a relative one inherits that of the request
		return &RedirectError{StatusError: e, Location: location}
	}
	return e
}

// Traceback returns the server's traceback, line by line, outermost call first;
// nil when there is none. Plone sends it to users with the permission "Manage
// portal" only. Each call decodes it anew.
func (e *StatusError) Traceback() []string {
	name, value, rest := member(objectOf(e.Body))
	for len(value) > 0 && string(name) != "traceback" {
		name, value, rest = member(rest)
	}
	if text := jsonText(value); text != "" {
		return strings.Split(text, "\n")
	}
	var lines []string
	if json.Unmarshal(value, &lines) != nil {
		return nil
	}
	return lines
}

// readBody fills in what the server said.
func (e *StatusError) readBody() {
	object := objectOf(e.Body)
	if object == nil {
		if strings.HasPrefix(strings.ToLower(e.Header.Get("Content-Type")), "text/plain") {
			e.Message = firstLine(e.Body, http.StatusText(int(e.Status)))
		}
		return
	}
	wrapped, exception := e.readMembers(object)
	e.raised = exception && wrapped == nil && !isForeign(e.Header.Get("Content-Type"))
	if inner := objectOf(wrapped); inner != nil {
		e.readMembers(inner)
	} else if text := jsonText(wrapped); text != "" {
		e.Message = text
	}
	if e.Status == ErrBadRequest && e.Fields == nil {
		e.Fields = fieldErrors(e.Message)
	}
}

// isForeign reports whether a Content-Type is never that of an exception of Plone: a
// page, or the form of RFC 9457, which has a "type" as well.
func isForeign(contentType string) bool {
	mediaType, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	mediaType = strings.TrimSpace(mediaType)
	return mediaType == "text/html" || mediaType == "application/problem+json"
}

// readMembers fills in what the members of object say. It returns the member
// "error", into which services wrap what they say, and whether object has the
// form of an exception.
func (e *StatusError) readMembers(object []byte) (wrapped []byte, exception bool) {
	var typed, messaged, foreign bool
	for name, value, rest := member(object); len(value) > 0; name, value, rest = member(rest) {
		switch string(name) {
		case "type":
			e.Type = jsonText(value)
			typed = value[0] == '"' && string(value) != `""`
		case "error_type": // of a page, or of something on the way
			e.Type = jsonText(value)
			foreign = true
		case "message":
			e.Message = jsonText(value)
			messaged = value[0] == '"'
			if !messaged && string(value) != "null" {
				e.Message = string(value)
			}
		case "context":
			e.Context = jsonText(value)
		case "errors", "csv_errors", "failed":
			e.Fields = fieldErrors(string(value))
		case "error":
			wrapped = value
		}
	}
	return wrapped, typed && messaged && !foreign
}

// firstLine is the first line of a plain text that says more than title does.
func firstLine(text []byte, title string) string {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && string(line) != title {
			return strings.ToValidUTF8(string(line[:min(len(line), maxText)]), "")
		}
	}
	return ""
}

// retryAfter is the wait that a Retry-After header asks for; 0 when it asks for
// none. Waits that are too long for a Duration become the longest one.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err == nil || Is(err, strconv.ErrRange) {
		return time.Duration(min(max(seconds, 0), math.MaxInt64/int64(time.Second))) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	// The clock that wrote the date is the one to compare it with.
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(until.Sub(now), 0)
}

// peek returns the first maxBody bytes of the body of resp, and puts a body in
// its place that starts with them.
func peek(resp *http.Response) []byte {
	if resp.Body == nil {
		return nil
	}
	size := int64(bytes.MinRead)
	if resp.ContentLength >= 0 {
		size = min(resp.ContentLength, maxBody) + 1 // room to see the end
	}
	head := make([]byte, 0, size)
	var err error
	for err == nil && len(head) < maxBody {
		if len(head) == cap(head) {
			head = append(head, 0)[:len(head)]
		}
		var n int
		n, err = resp.Body.Read(head[len(head):min(cap(head), maxBody)])
		head = head[:len(head)+n]
	}
	resp.Body = &peeked{head: head, err: err, ReadCloser: resp.Body}
	return head
}

// peeked is a body of which the head has been read already.
type peeked struct {
	head          []byte
	err           error // that ended the reading; nil when more may follow
	io.ReadCloser       // what follows head
}

// Read implements io.Reader.
func (p *peeked) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.ReadCloser.Read(b)
	p.err = err
	return n, err
}
