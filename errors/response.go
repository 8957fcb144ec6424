package errors

import (
	"bytes"
	"cmp"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"plone.example/restapi/internal/wire"
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
	// The whole sentence: a rule about a field may say "This address is already in use."
	{ErrBadRequest, ErrAlreadyExists, func(e *StatusError) bool {
		return strings.HasPrefix(e.Message, "The id ") && strings.HasSuffix(e.Message, " is invalid - it is already in use.")
	}},
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
	said := new(said) // with room for all, as this is one allocation
	e := &said.StatusError
	*e = StatusError{
		Status:     Status(resp.StatusCode),
		Header:     resp.Header,
		Body:       said.peek(resp),
		Attempts:   1,
		RetryAfter: retryAfter(resp.Header),
	}
	if req := resp.Request; req != nil {
		e.Method = cmp.Or(req.Method, http.MethodGet) // net/http sends "" as GET
		e.URL = publicURL(req.URL)
	} else {
		e.URL = &url.URL{}
	}
	said.read()
	for _, m := range meanings {
		if e.Status == m.status && m.when(e) {
			e.also = append(e.also, m.means)
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
	var traceback traceback
	wire.Salvage(e.Body, &traceback)
	if text := wire.Text(traceback); text != "" {
		return strings.Split(text, "\n")
	}
	var lines []string
	if wire.Unmarshal(traceback, &lines) != nil {
		return nil
	}
	return lines
}

// traceback is the member of an error body, as JSON.
type traceback []byte

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (t *traceback) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	_, err := wire.Members(in, func(name, value []byte) {
		if string(name) == "traceback" {
			*t = value
		}
	})
	return err
}

// said is a StatusError that is filled in with what the body of a response says.
type said struct {
	StatusError
	object          bool
	typed, messaged bool   // as an exception is
	foreign         bool   // a page is, or something on the way
	wrapped         []byte // the member "error", into which services wrap what they say
	peeked          peeked // the body, from its start
}

func (s *said) read() {
	contentType := s.Header.Get("Content-Type")
	body := s.Body
	if strings.Contains(contentType, ";") {
		if decoded, err := wire.Decode(contentType, bytes.NewReader(body)); err == nil { // else as it is
			body, _ = io.ReadAll(decoded)
		}
	}
	wire.Salvage(body, s)
	if !s.object {
		if strings.HasPrefix(strings.ToLower(contentType), "text/plain") {
			s.Message = firstLine(body, http.StatusText(int(s.Status)))
		}
		return
	}
	wrapped := s.wrapped
	s.raised = s.typed && s.messaged && !s.foreign && wrapped == nil && !isForeign(contentType)
	if text := wire.Text(wrapped); text != "" {
		s.Message = text
	} else if wrapped != nil {
		wire.Salvage(wrapped, s)
	}
	if s.Status == ErrBadRequest && s.Fields == nil {
		s.Fields = fieldErrors(s.Message)
	}
}

// isForeign reports whether a Content-Type is never that of an exception of Plone: a
// page, or the form of RFC 9457, which has a "type" as well.
func isForeign(contentType string) bool {
	mediaType, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	mediaType = strings.TrimSpace(mediaType)
	return mediaType == "text/html" || mediaType == "application/problem+json"
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (s *said) UnmarshalJSONFrom(in *jsontext.Decoder) (err error) {
	s.object, err = wire.Members(in, s.member)
	return err
}

func (s *said) member(name, value []byte) {
	switch string(name) {
	case "type":
		s.Type = wire.Text(value)
		s.typed = value[0] == '"' && string(value) != `""`
	case "error_type":
		s.Type = wire.Text(value)
		s.foreign = true
	case "message":
		s.Message = wire.Text(value)
		s.messaged = value[0] == '"'
		if !s.messaged && string(value) != "null" {
			s.Message = string(value)
		}
	case "context":
		s.Context = wire.Text(value)
	case "errors", "csv_errors", "failed":
		s.Fields = fieldErrors(string(value))
	case "error":
		s.wrapped = value
	}
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
func (s *said) peek(resp *http.Response) []byte {
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
	s.peeked = peeked{head: head, err: err, ReadCloser: resp.Body}
	resp.Body = &s.peeked
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
