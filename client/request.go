package client

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// Request is a call of an endpoint that has no method here; see [Call].
type Request struct {
	Method string // GET when empty
	Path   string // relative to the site, or an absolute URL inside it
	Query  url.Values
	Header http.Header // on top of the client's own; Accept and Authorization win over those
	// Body is marshalled to JSON; nil sends none. A []byte is sent as it is, as JSON
	// unless Header has another Content-Type. So is an io.Reader, with the
	// Content-Type of Header, and once only, unless it is an io.ReaderAt
	// with a Size method (bytes.Reader, strings.Reader, io.SectionReader).
	Body any
}

// request is what a method asks for, before it becomes an *http.Request.
type request struct {
	Request
	op      *operation
	service []string // path elements behind the object, like "@users", "ada"
	kind    retry.Kind

	followMoved bool
	moved       bool     // the request was redirected, and followed
	placed      bool     // the caller has just read the object at the path
	stays       bool     // no redirect is followed
	timed       bool     // the context has the time that the call may take
	names       []string // objects that the body names, as reference returns them
	exactlyOnce bool
	state       string // of Ensure
	maxAttempts int    // of Modify
	verify      func(context.Context) (*http.Response, error)
	unsure      bool     // it was refused, but an attempt before may have been carried out; told to who verifies
	err         error    // of an option
	reading     *reading // of the caller's body; nil when there is none

	read     func(*http.Response) error // the body of the response; nil when the caller does
	received *http.Response             // whose body was read
}

// A CallOption changes one call.
type CallOption func(*request)

// Header sets a header field of the request.
func Header(name, value string) CallOption {
	return func(r *request) {
		header := make(http.Header, len(r.Header)+1)
		maps.Copy(header, r.Header)
		header.Set(name, value)
		r.Header = header
	}
}

// Expand asks for components of the object in the same answer, by their names:
// "actions", "aliases", "breadcrumbs", "contextnavigation", "inherit",
// "navigation", "navroot", "translations", "types", "workflow".
//
// Source: plone.restapi documentation, "Expansion".
func Expand(names ...string) CallOption {
	return func(r *request) {
		r.setQuery("expand", strings.Join(append(r.Query["expand"], names...), ","))
	}
}

// Query sets a parameter of the URL to the values, and removes it when there are none.
// Those that a method sets itself are overwritten, save the place and the size of a
// page.
func Query(name string, values ...string) CallOption {
	return func(r *request) {
		if name == "" {
			r.err = invalid("Query without a name")
			return
		}
		r.setQuery(name, values...)
	}
}

// WithoutItems leaves out the children of a container that is read, which are sent with
// it otherwise, up to 25 of them.
//
// Source: plone.restapi documentation, "Content types", "Folder".
func WithoutItems() CallOption { return Query("include_items", "false") }

// Idempotent declares that doing the call twice is the same as doing it once, so
// that it is repeated like a GET.
func Idempotent() CallOption {
	return func(r *request) {
		if k := r.kind.Of(r.Method); k == retry.Once || k == retry.Committing {
			r.kind = retry.Repeatable
		}
	}
}

// ExactlyOnce makes a Create safe to repeat. The body must have an "id", and the
// user needs the permission "Manage portal", because the client sets the UID of
// the new object: by it, it recognises its own work after a lost answer.
func ExactlyOnce() CallOption { return func(r *request) { r.exactlyOnce = true } }

// FollowMoved lets a call that is not a GET or HEAD follow a redirect (307 or
// 308) to the place an object has moved to, inside the site.
func FollowMoved() CallOption { return func(r *request) { r.followMoved = true } }

// LockToken unlocks a locked object for this call; it is the Token of the Lock.
func LockToken(token string) CallOption { return Header("Lock-Token", token) }

func (r *request) setQuery(key string, values ...string) {
	query := make(url.Values, len(r.Query)+1)
	maps.Copy(query, r.Query) // the caller's map stays as it is
	if query[key] = slices.Clone(values); len(values) == 0 {
		delete(query, key)
	}
	r.Query = query
}

// build makes the HTTP request.
func (c *Client) build(ctx context.Context, r *request) (*http.Request, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	u, err := c.resolve(r.Path, r.service...)
	if err != nil {
		return nil, err
	}
	if r.Method == http.MethodDelete && c.isSite(u) && !r.op.wholeSite {
		return nil, invalid("DELETE of the site root, which would remove the whole site")
	}
	if len(r.Query) > 0 {
		for name, values := range r.Query {
			if !utf8.ValidString(name) || slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
				return nil, invalid("the parameter %q is not UTF-8", name)
			}
		}
		query := u.Query() // of an address that the server gave
		maps.Copy(query, r.Query)
		u.RawQuery = query.Encode()
	}
	if r.exactlyOnce && r.verify == nil {
		return nil, invalid("ExactlyOnce is for Create")
	}
	if r.state != "" {
		return nil, invalid("InState is for Ensure")
	}
	if r.maxAttempts != 0 {
		return nil, invalid("MaxAttempts is for Modify")
	}
	ctx = &operationContext{ctx, r.op}
	ctx = retry.WithCall(ctx, retry.Call{Kind: r.kind, Verify: r.verify, Read: r.receive})
	req := (&http.Request{
		Method: r.Method,
		URL:    u,
		Host:   u.Host,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, 4+len(r.Header)),
	}).WithContext(ctx)
	// The server takes any other Accept as a request for a page, and answers a
	// write with 200 and HTML without doing it.
	req.Header["Accept"] = c.fields.accept
	if r.Method == http.MethodGet && r.op.media != "" {
		req.Header["Accept"] = []string{r.op.media}
	}
	req.Header["User-Agent"] = c.fields.userAgent
	// Plone sends a body with the answer to a HEAD, which the next request on the
	// connection would take for its own answer.
	req.Close = r.Method == http.MethodHead
	if err := c.setBody(req, r); err != nil {
		return nil, err
	}
	for name, values := range r.Header {
		if !validField(name, values) {
			return nil, invalid("the header field %q cannot be sent", name)
		}
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	return req, nil
}

// fields are header values that all requests of a client share; nothing below
// changes them.
type fields struct{ accept, contentType, userAgent []string }

func newFields(userAgent string) fields {
	return fields{
		accept: []string{"application/json"},
		// The server searches bodies of plain application/json for "login" and
		// "password" and takes them as credentials.
		contentType: []string{"application/json; charset=utf-8"},
		userAgent:   []string{userAgent},
	}
}

// setBody marshals the body of r, or sends a reader as it is.
func (c *Client) setBody(req *http.Request, r *request) error {
	if v := reflect.ValueOf(r.Body); v.Kind() == reflect.Pointer && v.IsNil() {
		if _, reader := r.Body.(io.Reader); reader {
			return invalid("a nil %T as body", r.Body)
		}
	}
	switch b := r.Body.(type) {
	case nil:
		return nil
	case *chunk:
		r.reading = new(reading)
		b.set(req, r.reading)
		return nil
	case []byte:
		setBytes(req, b)
		req.Header["Content-Type"] = c.fields.contentType
		return nil
	case interface {
		io.ReaderAt
		io.Reader
		Size() int64
	}:
		var start int64
		if seeker, ok := b.(io.Seeker); ok { // only what is left of it, as in net/http
			var err error
			if start, err = seeker.Seek(0, io.SeekCurrent); err != nil {
				return invalid("the body cannot tell where it stands: %w", err)
			}
		}
		size := b.Size() - start
		r.reading = new(reading)
		r.setReaderAt(req, io.NewSectionReader(b, start, size), size)
		return nil
	case io.Reader:
		r.reading = new(reading)
		req.Body, req.ContentLength = r.reading.body(b, readBuffer), -1
		return nil
	default:
		data, err := wire.Marshal(b)
		if err != nil {
			return invalid("the body cannot be marshalled: %w", err)
		}
		setBytes(req, data)
		req.Header["Content-Type"] = c.fields.contentType
		return nil
	}
}

// setReaderAt sends size bytes of source, from a reader of its own for each try.
func (r *request) setReaderAt(req *http.Request, source io.ReaderAt, size int64) {
	if size == 0 {
		req.Body, req.ContentLength = http.NoBody, 0
		return
	}
	req.ContentLength = size
	req.GetBody = func() (io.ReadCloser, error) {
		return r.reading.body(io.NewSectionReader(source, 0, size), size), nil
	}
	req.Body, _ = req.GetBody()
}

func setBytes(req *http.Request, data []byte) {
	req.ContentLength = int64(len(data))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	req.Body, _ = req.GetBody()
}

// validField reports whether a header field can be sent as it is: a name that
// is a token, and values without control characters.
func validField(name string, values []string) bool {
	const separators = `()<>@,;:\"/[]?={} `
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(separators, r)
	}) {
		return false
	}
	return !slices.ContainsFunc(values, func(v string) bool {
		return strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
	})
}
