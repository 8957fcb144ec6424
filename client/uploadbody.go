package client

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"

	"plone.example/restapi/errors"
)

// chunk is a part of a file as the body of a request.
type chunk struct {
	source     io.ReaderAt
	start, end int64
	progress   func(done int64)
	buffer     []byte // of the readers, one after the other

	reader *chunkReader // of the last attempt
	err    error        // of the source, after stop
}

func (u *upload) newChunk(end int64) *chunk {
	if size := min(readBuffer, u.options.ChunkSize, u.state.Size); u.buffer == nil {
		u.buffer = make([]byte, size)
	}
	c := &chunk{source: u.source, start: u.offset, end: end, buffer: u.buffer}
	if u.options.Progress != nil {
		c.progress = func(done int64) { u.options.Progress(done, u.state.Size) }
	}
	return c
}

// set makes c the body of req, read by way of r. It may go out again while the
// server has looked at nothing else, as after a token that it does not know any more.
func (c *chunk) set(req *http.Request, r *reading) {
	if c.start == c.end {
		return
	}
	req.ContentLength = c.end - c.start
	req.GetBody = func() (io.ReadCloser, error) {
		c.stop()
		c.reader = &chunkReader{chunk: c, reading: r, next: c.start}
		return c.reader, nil
	}
	req.Body, _ = req.GetBody()
}

// stop makes sure that the source is left alone: net/http may read a body after
// the request has ended.
func (c *chunk) stop() {
	if c.reader == nil {
		return
	}
	c.reader.mu.Lock()
	defer c.reader.mu.Unlock()
	c.reader.over, c.err = true, c.reader.err
}

// sent reports whether all bytes went out, after stop.
func (c *chunk) sent() bool { return c.reader == nil || c.reader.next == c.end }

// chunkReader reads a chunk for one attempt.
type chunkReader struct {
	*chunk
	reading *reading

	mu    sync.Mutex
	next  int64
	ahead []byte // of buffer: bytes that come next
	err   error  // of the source
	over  bool
}

// Read implements io.Reader. Only a source with too few bytes, or none for a
// reason of its own, makes it fail.
func (c *chunkReader) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.over:
		return 0, net.ErrClosed
	case c.next == c.end:
		return 0, io.EOF
	case len(c.ahead) > 0:
	case c.err != nil:
		return 0, c.err
	default:
		if n, err := c.reading.do(c.fill); n == 0 {
			return 0, err
		}
	}
	n := copy(p, c.ahead)
	c.ahead = c.ahead[n:]
	c.next += int64(n)
	return n, nil
}

// fill reads from the source, and tells of the progress.
func (c *chunkReader) fill() (int, error) {
	p := c.buffer[:min(int64(len(c.buffer)), c.end-c.next)]
	n, err := c.source.ReadAt(p, c.next)
	if n < len(p) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		c.err = err
	}
	if c.ahead = p[:n]; n > 0 && c.progress != nil {
		c.progress(c.next + int64(n))
	}
	return n, c.err
}

// Close implements io.Closer.
func (c *chunkReader) Close() error { return nil }

// window is a stream as an io.ReaderAt. It has one chunk; to read behind it is
// to lose it.
type window struct {
	source io.Reader
	size   int64
	chunk  int64

	base int64 // of buf in the stream
	buf  []byte
	err  error
}

// errPassed is the error of a read before the window.
var errPassed = errors.New("the stream is past these bytes")

// ReadAt implements io.ReaderAt.
func (w *window) ReadAt(p []byte, off int64) (int, error) {
	for off >= w.base+int64(len(w.buf)) {
		if w.err != nil {
			return 0, w.err
		}
		if off >= w.size {
			return 0, io.EOF
		}
		w.err = w.advance()
	}
	if off < w.base {
		return 0, errPassed
	}
	if w.err != nil {
		return 0, w.err
	}
	n := copy(p, w.buf[off-w.base:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// advance reads the next chunk, and behind the last one makes sure that it is
// the last.
func (w *window) advance() error {
	w.base += int64(len(w.buf))
	n := min(w.chunk, w.size-w.base)
	if w.buf == nil {
		w.buf = make([]byte, n)
	}
	w.buf = w.buf[:n]
	if _, err := io.ReadFull(w.source, w.buf); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if w.base+n < w.size {
		return nil
	}
	var more [1]byte
	switch n, err := io.ReadFull(w.source, more[:]); {
	case n > 0:
		return invalid("the reader gives more than %d bytes", w.size)
	case err != io.EOF:
		return err
	}
	return nil
}

// turns let those with the same key through one at a time. The zero value is ready.
type turns struct {
	mu    sync.Mutex
	taken map[string]*turn // those that somebody has or waits for
}

type turn struct {
	free  chan struct{}
	users int
}

// enter waits for the turn of key. The error is the cause of ctx.
func (t *turns) enter(ctx context.Context, key string) (leave func(), err error) {
	t.mu.Lock()
	mine := t.taken[key]
	if mine == nil {
		mine = &turn{free: make(chan struct{}, 1)}
		mine.free <- struct{}{}
		if t.taken == nil {
			t.taken = map[string]*turn{}
		}
		t.taken[key] = mine
	}
	mine.users++
	t.mu.Unlock()
	gone := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine.users--; mine.users == 0 {
			delete(t.taken, key)
		}
	}
	select {
	case <-mine.free:
		return func() { mine.free <- struct{}{}; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, context.Cause(ctx)
	}
}
