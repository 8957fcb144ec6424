package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// StallTimeout is how long a body may stand still, while somebody reads it, before
// [FileService.Download] and [FileService.Save] take its connection for broken.
const StallTimeout = time.Minute

// fetch is a file that is asked for again where its bytes break off.
type fetch struct {
	service  *FileService
	path     string  // as the caller named it
	source   *source // of the bytes, with what the object says of the file
	revision string  // of the object before the first byte; empty when nobody has looked

	first    http.Header // of the first response with bytes; nil before
	whole    bool        // parts are refused
	requests int         // that had bytes
}

// staleError is that of a rest that does not belong to what came before.
type staleError struct{ error }

// Unwrap returns what is wrong.
func (e staleError) Unwrap() error { return e.error }

// from asks for the bytes from offset on. They begin at start: where the server refuses
// parts, that is 0.
func (f *fetch) from(ctx context.Context, offset int64) (d *Download, start int64, err error) {
	if f.whole {
		offset = 0
	}
	d, resp, err := f.ask(ctx, offset)
	// Not that of the file either: the server, or something on the way, knows no
	// parts, or knows another file.
	if offset > 0 && f.refusesPart(resp, err) {
		offset, f.whole = 0, true
		d, resp, err = f.ask(ctx, 0)
	}
	if resp == nil {
		return nil, 0, err
	}
	f.requests++
	if changed := f.compare(ctx, resp, offset > 0 || f.first != nil || err != nil); changed != nil {
		_ = resp.Body.Close()
		return nil, 0, changed
	}
	if err != nil {
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusPartialContent && errors.Is(err, errors.ErrDamaged) {
			err = staleError{err} // what sends the rest has another file
		}
		return nil, 0, err
	}
	if f.first == nil {
		f.first = resp.Header
	}
	if resp.StatusCode == http.StatusOK {
		offset = 0
	}
	return d, offset, nil
}

// ask makes one request. It returns the response with its body open, if there is one.
func (f *fetch) ask(ctx context.Context, offset int64) (*Download, *http.Response, error) {
	r, want := f.source.request, f.source.expected
	want.offset = offset
	if offset > 0 {
		r.Header = r.Header.Clone()
		r.Header.Set("Range", "bytes="+strconv.FormatInt(offset, 10)+"-")
		if tag, value := validator(f.first); tag != "" {
			r.Header.Set("If-Range", value)
		}
	}
	if ctx == nil {
		return nil, nil, invalid("a nil context")
	}
	ctx, cancel := context.WithCancel(ctx)
	resp, err := f.service.client.open(ctx, &r)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	resp.Body = newFlowing(resp.Body, cancel)
	d, err := f.service.client.newFile(resp, &r, want)
	return d, resp, err
}

// refusesPart reports whether the answer to a request for a rest is no rest.
func (f *fetch) refusesPart(resp *http.Response, err error) bool {
	if resp == nil {
		return errors.Is(err, errors.ErrClient)
	}
	start, _, ok := contentRange(resp.Header.Get("Content-Range"))
	if resp.StatusCode != http.StatusPartialContent || ok && err == nil || ok && start > 0 && errors.Is(err, errors.ErrDamaged) {
		return false
	}
	_ = resp.Body.Close()
	return true
}

// compare returns a staleError when the file is not the one that the first bytes were
// of. The server has nothing that tells one state of the bytes from another, so the
// object is asked, unless there is a cache that has.
func (f *fetch) compare(ctx context.Context, resp *http.Response, ask bool) error {
	changed := staleError{fmt.Errorf("plone: download of %s: %w", f.path, errors.ErrFileChanged)}
	for _, name := range []string{"ETag", "Last-Modified"} {
		if before, now := f.first.Get(name), resp.Header.Get(name); before != "" && now != "" && before != now {
			return changed
		}
	}
	if !ask {
		return nil
	}
	if f.revision != "" {
		object, err := f.service.holder(ctx, f.source.object)
		if err != nil {
			return err
		}
		if object.revision != f.revision {
			return changed
		}
	} else if name, value := validator(f.first); f.first != nil && (name == "" || resp.Header.Get(name) != value) {
		return changed
	}
	return nil
}

// wait waits before the attempt that follows a failed one of that number.
func (s *source) wait(ctx context.Context, c *Client, number int, err error) error {
	a := retry.Attempt{Number: number, Method: http.MethodGet, URL: &url.URL{}, Err: err}
	if u, err := c.resolve(s.Path, s.service...); err == nil {
		a.URL = withoutQuery(u)
	}
	return c.transport.Wait(ctx, a, 0)
}

// resumes reports whether the rest of the file can be told from that of another.
func (f *fetch) resumes() bool {
	name, _ := validator(f.first)
	encoding := f.first.Get("Content-Encoding")
	return (f.revision != "" || name != "") && (encoding == "" || encoding == "identity")
}

// validator is the header field that tells one state of a file from every other: a
// strong ETag, or a date that was long ago when it was sent (RFC 9110, 8.8.2.2).
func validator(h http.Header) (name, value string) {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return "ETag", tag
	}
	modified, err := http.ParseTime(h.Get("Last-Modified"))
	sent, sentErr := http.ParseTime(h.Get("Date"))
	if err == nil && sentErr == nil && sent.Sub(modified) >= time.Minute {
		return "Last-Modified", h.Get("Last-Modified")
	}
	return "", ""
}

// resuming is the body of a Download that resumes.
type resuming struct {
	ctx    context.Context
	fetch  *fetch
	body   io.ReadCloser // of the last response
	offset int64         // bytes that were read
	failed int           // attempts since then
	broken error         // of body
	err    error         // that Read has returned

	mu     sync.Mutex // for Close beside Read
	closed bool
}

// Read implements io.Reader.
func (b *resuming) Read(p []byte) (int, error) {
	for b.err == nil {
		if b.broken == nil {
			var n int
			n, b.broken = b.body.Read(p)
			b.offset += int64(n)
			if n > 0 {
				b.failed = 0
			}
			if n > 0 || b.broken == nil {
				return n, nil
			}
		}
		b.err = b.resume()
	}
	return 0, b.err
}

// resume asks for the rest after the body has ended. It returns an error when there is
// none, or it cannot be had.
func (b *resuming) resume() error {
	why := b.broken
	if why == io.EOF || errors.Is(why, errors.ErrDamaged) || b.ctx.Err() != nil || !b.fetch.resumes() || b.isClosed() {
		return why
	}
	_ = b.body.Close()
	b.failed++
	if err := b.fetch.source.wait(b.ctx, b.fetch.service.client, b.failed, why); err != nil {
		return err
	}
	rest, start, err := b.fetch.from(b.ctx, b.offset)
	if err != nil {
		return errors.Join(err, why)
	}
	b.mu.Lock()
	b.body, b.broken = rest, nil
	b.mu.Unlock()
	if b.isClosed() {
		return rest.Close()
	}
	if _, b.broken = io.CopyN(io.Discard, rest, b.offset-start); b.broken == io.EOF {
		b.broken = io.ErrUnexpectedEOF
	}
	return nil
}

func (b *resuming) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// Close implements io.Closer.
func (b *resuming) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.body.Close()
}

// flowing is a body that breaks when it stands still.
type flowing struct {
	io.ReadCloser
	cancel context.CancelFunc // of its request
	limit  *time.Timer
}

func newFlowing(body io.ReadCloser, cancel context.CancelFunc) *flowing {
	f := &flowing{ReadCloser: body, cancel: cancel}
	f.limit = time.AfterFunc(StallTimeout, func() {
		f.cancel()
		_ = body.Close()
	})
	f.limit.Stop()
	return f
}

// Read implements io.Reader.
func (f *flowing) Read(p []byte) (int, error) {
	f.limit.Reset(StallTimeout)
	n, err := f.ReadCloser.Read(p)
	if !f.limit.Stop() && n == 0 {
		err = fmt.Errorf("no bytes for %v: %w", StallTimeout, os.ErrDeadlineExceeded)
	}
	return n, err
}

// Close implements io.Closer.
func (f *flowing) Close() error {
	f.limit.Stop()
	err := f.ReadCloser.Close()
	f.cancel()
	return err
}
