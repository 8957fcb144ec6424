package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/failure"
	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// Response is what every result tells beside its value.
type Response struct {
	StatusCode int
	Header     http.Header // without Set-Cookie, which holds credentials
	Attempts   int         // tries made, at least 1
}

// OK is the result of a call answered with 200.
type OK[T any] struct {
	Response
	Value T
}

// Created is the result of a call answered with 201.
type Created[T any] struct {
	Response
	Value    T
	Location *url.URL // of the new resource; nil when the server named none that can be read
}

// NoContent is the result of a call answered with 204.
type NoContent struct{ Response }

// Result is the result of [Call], whatever 2xx was answered.
type Result[T any] struct {
	Response
	Value    T        // zero when the answer has no body
	Location *url.URL // nil when the server named none that can be read
}

const (
	maxRedirects = 10
	// Bodies up to this size keep their buffer for the next call.
	maxPooledBuffer = 1 << 20
	// As much of a body as an error keeps.
	maxErrorBody = 64 << 10
)

// Call asks an endpoint that has no method here, through the same pipeline:
// path check, credentials, repeats, typed errors. A T of json.RawMessage takes
// any JSON. Names are matched exactly, so the fields of a struct need their tags.
//
// Errors: those of errors.FromResponse; [errors.DecodeError] when the answer is
// not JSON that fits T.
func Call[T any](ctx context.Context, c *Client, r Request, opts ...CallOption) (*Result[T], error) {
	result := new(Result[T])
	asked := request{Request: r, op: anyCall}
	resp, err := c.roundTrip(ctx, asked.apply(opts), &result.Value)
	if err != nil {
		return nil, err
	}
	result.Response, result.Location = summary(resp), location(resp)
	return result, nil
}

// ok is a call that promises 200 and a T.
func ok[T any](ctx context.Context, c *Client, r request, opts []CallOption) (*OK[T], error) {
	result := new(OK[T])
	resp, err := c.roundTrip(ctx, r.apply(opts), &result.Value)
	if err != nil {
		return nil, err
	}
	result.Response = summary(resp)
	return result, nil
}

// okArray is a call that promises 200 and an array.
func okArray[T any](ctx context.Context, c *Client, r request, opts []CallOption) (*OK[[]T], error) {
	result, err := ok[array[T]](ctx, c, r, opts)
	if err != nil {
		return nil, err
	}
	return &OK[[]T]{Response: result.Response, Value: result.Value}, nil
}

// array is a JSON array whose items are checked.
type array[T any] []T

func (a *array[T]) check() error {
	if *a == nil {
		return errors.New("the answer is null, not an array")
	}
	for i := range *a {
		if v, ok := any(&(*a)[i]).(checker); ok {
			if err := v.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// created is a call that promises 201 and a T.
func created[T any](ctx context.Context, c *Client, r request, opts []CallOption) (*Created[T], error) {
	result := new(Created[T])
	resp, err := c.roundTrip(ctx, r.apply(opts), &result.Value)
	if err != nil {
		return nil, err
	}
	result.Response, result.Location = summary(resp), location(resp)
	return result, nil
}

// noContent is a call that promises 204.
func noContent(ctx context.Context, c *Client, r request, opts []CallOption) (*NoContent, error) {
	resp, err := c.roundTrip(ctx, r.apply(opts), nil)
	if err != nil {
		return nil, err
	}
	return &NoContent{summary(resp)}, nil
}

func (r *request) apply(opts []CallOption) *request {
	for _, opt := range opts {
		if opt == nil {
			r.err = invalid("a nil CallOption")
			return r
		}
		opt(r)
	}
	return r
}

func summary(resp *http.Response) Response {
	header := resp.Header
	if len(header["Set-Cookie"]) > 0 {
		header = header.Clone() // it may be that of a cache
		header.Del("Set-Cookie")
	}
	return Response{StatusCode: resp.StatusCode, Header: header, Attempts: retry.Attempts(resp)}
}

func location(resp *http.Response) *url.URL {
	u, err := resp.Location()
	if err != nil {
		return nil
	}
	return u
}

// roundTrip sends r and decodes the response into value; nil ignores the body. The
// response it returns is closed.
func (c *Client) roundTrip(ctx context.Context, r *request, value any) (*http.Response, error) {
	buf := c.buffers.Get().(*bytes.Buffer)
	defer c.release(buf)
	var unread error
	if value != nil {
		r.read = func(resp *http.Response) error {
			buf.Reset()
			unread = c.read(resp, buf)
			if int64(buf.Len()) > c.maxResponse {
				return nil // the next one is as large
			}
			return unread
		}
	}
	return c.call(ctx, r, func(ctx context.Context, resp *http.Response) error {
		if value == nil || resp.StatusCode == http.StatusNoContent || r.Method == http.MethodHead {
			if resp.ContentLength != 0 {
				_, _ = io.CopyN(io.Discard, resp.Body, maxErrorBody) // so that the connection can be used again
			}
			return nil
		}
		err := c.decoded(resp, buf, unread, value)
		if err == nil && r.op.here {
			err = c.checkObject(ctx, resp, value)
		}
		return err
	})
}

// call sends r and uses the response, within the time that a call may take. The
// response it returns is closed.
func (c *Client) call(ctx context.Context, r *request, use func(context.Context, *http.Response) error) (*http.Response, error) {
	if !r.op.unbounded && !r.timed {
		var cancel context.CancelFunc
		ctx, cancel = c.bound(ctx)
		defer cancel()
	}
	resp, err := c.open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	_ = r.receive(resp) // use knows what came of it
	return resp, r.unusable(use(ctx, resp))
}

// receive reads the body of a response that is what the operation promises, once.
// Of a read, the transport does so within the attempt, and sends it again when the
// body breaks off.
func (r *request) receive(resp *http.Response) error {
	if r.read == nil || r.received == resp || !r.op.promises(resp.StatusCode) {
		return nil
	}
	r.received = resp
	return r.read(resp)
}

// open sends r and returns a response with a status that the operation promises,
// whose body the caller closes.
func (c *Client) open(ctx context.Context, r *request) (*http.Response, error) {
	resp, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	if !r.op.promises(resp.StatusCode) {
		defer resp.Body.Close()
		return nil, r.unusable(c.decodeError(resp, nil, fmt.Errorf("the operation answers with %d", r.op.want)))
	}
	return resp, nil
}

// unusable adds to the error of an answer that cannot be used what it means. After
// a write, the server has done it and the answer got broken, or something on the
// way has answered.
func (r *request) unusable(err error) error {
	e, found := errors.AsType[*errors.DecodeError](err)
	kind := r.kind.Of(r.Method)
	switch {
	case !found:
	case kind != retry.Safe && kind != retry.Resumable:
		e.Err = fmt.Errorf("%w (%w)", e.Err, errors.ErrOutcomeUnknown)
	case r.op.empty != "" && string(bytes.TrimSpace(e.Body)) == "{}":
		e.Err = fmt.Errorf("%s: %w", r.op.empty, errors.ErrNotFound)
	}
	return err
}

// bound is ctx with the time that a call may take.
func (c *Client) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.timeout == 0 || ctx == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.timeout)
}

// send makes the request and follows the redirects that may be followed. It
// returns a 2xx, or the report that the operation answers with, whose body the caller closes, or
// the typed error.
func (c *Client) send(ctx context.Context, r *request) (*http.Response, error) {
	if ctx == nil {
		return nil, invalid("a nil context")
	}
	if err := c.checkFields(ctx, r); err != nil {
		return nil, err
	}
	req, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := c.checkIdentity(ctx); err != nil {
		return nil, err
	}
	if err := c.checkPlaces(ctx, r, req.URL); err != nil {
		return nil, err
	}
	start := time.Now()
	resp, err := c.follow(ctx, req, r)
	handedOut := false
	defer func() { // also when a logger panics
		if !handedOut && resp != nil {
			_ = resp.Body.Close()
		}
	}()
	if err == nil && resp.StatusCode != r.op.or {
		err = c.explain(r, errors.FromResponse(resp), resp)
	}
	c.log(req, resp, err, start)
	if err != nil {
		return nil, err
	}
	handedOut = true
	return resp, nil
}

// follow sends req, and each request that a redirect asks for in its place.
func (c *Client) follow(ctx context.Context, req *http.Request, r *request) (*http.Response, error) {
	for redirects := 0; ; redirects++ {
		resp, err := c.transport.RoundTrip(req)
		r.reading.check(resp)
		if err != nil {
			return nil, failure.Typed(req, err)
		}
		next := c.redirect(req, resp, r)
		if next == nil || redirects == maxRedirects {
			return resp, nil
		}
		_, _ = io.CopyN(io.Discard, resp.Body, maxErrorBody)
		_ = resp.Body.Close()
		if simple(next.URL.Path) != simple(req.URL.Path) {
			if err := c.checkTarget(ctx, r, next.URL); err != nil {
				return nil, err
			}
			r.moved = true
		}
		req = next
	}
}

// redirect returns the request that resp asks for, or nil when it is not to be
// made: reads follow inside the site, writes only when they were told to, since
// a DELETE of an old address must not hit the object that has moved away.
func (c *Client) redirect(req *http.Request, resp *http.Response, r *request) *http.Request {
	if r.stays {
		return nil
	}
	target := location(resp)
	if target == nil || target.Opaque != "" { // like mailto: or http:elsewhere
		return nil
	}
	u, err := c.resolve(target.String())
	if err != nil {
		return nil
	}
	follow := req.Method == http.MethodGet || req.Method == http.MethodHead
	if strings.HasSuffix(target.Path, "/") && u.Path == req.URL.Path {
		// A proxy wants a slash behind the site: it is the same place.
		follow, u.Path = true, u.Path+"/"
		if u.RawPath != "" {
			u.RawPath += "/"
		}
	}
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		if !follow {
			return nil
		}
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if !follow && !r.followMoved {
			return nil
		}
	default:
		return nil
	}
	if u.RawQuery == "" {
		u.RawQuery = req.URL.RawQuery // without it, another question would be answered
	} else if given := u.Query(); !subset(req.URL.Query(), given) {
		return nil
	}
	if req.Method == http.MethodDelete && c.isSite(u) {
		return nil
	}
	next := req.Clone(req.Context())
	next.URL, next.Host = u, u.Host
	if req.GetBody != nil {
		if next.Body, err = req.GetBody(); err != nil {
			return nil
		}
	} else if req.Body != nil && req.Body != http.NoBody {
		return nil
	}
	return next
}

// subset reports whether all parameters of a query are in another one.
func subset(asked, given url.Values) bool {
	for name, values := range asked {
		if !slices.Equal(values, given[name]) {
			return false
		}
	}
	return true
}

// explain adds what only the caller's side knows to the error of an answer.
func (c *Client) explain(r *request, err error, resp *http.Response) error {
	e, found := errors.AsType[*errors.StatusError](err)
	if !found {
		return err
	}
	e.Attempts = retry.Attempts(resp)
	for _, m := range r.op.means {
		if m.holds(c, e) {
			err = errors.With(err, m.is)
		}
	}
	if r.unsure = retry.OutcomeUnknown(resp); r.unsure && r.verify == nil {
		err = errors.With(err, errors.ErrOutcomeUnknown)
	}
	return err
}

// release gives a buffer of the client back.
func (c *Client) release(buf *bytes.Buffer) {
	if buf.Cap() <= maxPooledBuffer+2*bytes.MinRead {
		buf.Reset()
		c.buffers.Put(buf)
	}
}

// decode reads the body into value and checks that it is what was promised.
func (c *Client) decode(resp *http.Response, value any) error {
	buf := c.buffers.Get().(*bytes.Buffer)
	defer c.release(buf)
	return c.decoded(resp, buf, c.read(resp, buf), value)
}

// decoded decodes the body in buf, which was read until unread, into value.
func (c *Client) decoded(resp *http.Response, buf *bytes.Buffer, unread error, value any) error {
	sent, err := buf.Bytes(), unread
	data := sent
	if err == nil {
		var in io.Reader
		if in, err = readable(resp.Header, buf); err == nil && in != io.Reader(buf) {
			data, err = io.ReadAll(in)
		}
	}
	if err == nil {
		err = decodeJSON(wire.Clean(data), value)
	}
	if err != nil {
		return c.decodeError(resp, sent, err)
	}
	return nil
}

func (c *Client) read(resp *http.Response, buf *bytes.Buffer) error {
	if n := resp.ContentLength; n > 0 && n <= maxPooledBuffer && resp.Body != http.NoBody {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, c.maxResponse+1))
	if err == nil && n > c.maxResponse {
		err = fmt.Errorf("the body is larger than %d bytes", c.maxResponse)
	}
	return err
}

// Kinds of values that have rules of their own when they are decoded.
type (
	// checker is a value that can tell whether it is what was asked for.
	checker interface{ check() error }
	// keeper is a value that remembers what it was decoded from.
	keeper interface{ keep(o origin) }
)

func decodeJSON(data []byte, value any) error {
	if err := wire.Unmarshal(data, value); err != nil {
		return err
	}
	if v, ok := value.(checker); ok {
		if err := v.check(); err != nil {
			return err
		}
	}
	if v, ok := value.(keeper); ok {
		v.keep(origin{&answer{body: bytes.Clone(data)}, whole})
	}
	return nil
}

// readable returns the body of a response that is JSON, as UTF-8. It refuses pages:
// the server sends them with 200 to what it does not take for a request of the API.
func readable(header http.Header, body io.Reader) (io.Reader, error) {
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, fmt.Errorf("the answer has the encoding %q, which nobody asked for", encoding)
	}
	value := header.Get("Content-Type")
	if value == "application/json" || value == "" {
		return body, nil
	}
	mediaType, _, err := mime.ParseMediaType(value)
	if err != nil || !strings.HasPrefix(mediaType, "application/json") && !strings.HasSuffix(mediaType, "+json") {
		return nil, fmt.Errorf("the answer is %q, not JSON", value)
	}
	return wire.Decode(value, body)
}

// decodeError describes a 2xx that cannot be used; body is what was read of it.
func (c *Client) decodeError(resp *http.Response, body []byte, err error) error {
	if body == nil {
		body, _ = io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	}
	e := &errors.DecodeError{
		Status:      errors.Status(resp.StatusCode),
		ContentType: resp.Header.Get("Content-Type"),
		Body:        bytes.Clone(body[:min(len(body), maxErrorBody)]),
		Err:         err,
	}
	if resp.Request != nil {
		e.Method, e.URL = resp.Request.Method, withoutQuery(resp.Request.URL)
	}
	return e
}

func withoutQuery(u *url.URL) *url.URL {
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
}

func (c *Client) log(req *http.Request, resp *http.Response, err error, start time.Time) {
	ctx := req.Context()
	if c.logger == nil || !c.logger.Enabled(ctx, slog.LevelDebug) || context.Cause(ctx) == errUnwanted {
		return
	}
	attrs := make([]slog.Attr, 0, 6)
	attrs = append(attrs, slog.String("method", req.Method), slog.String("url", withoutQuery(req.URL).String()))
	if resp != nil {
		attrs = append(attrs, slog.Int("status", resp.StatusCode), slog.Int("tries", retry.Attempts(resp)))
	}
	attrs = append(attrs, slog.Duration("duration", time.Since(start)))
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	c.logger.LogAttrs(ctx, slog.LevelDebug, "plone: call", attrs...)
}
