package client

import (
	"bufio"
	"io"
	"net/http"
	"sync"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/spawn"
)

// reading runs what the caller gave for the body of a request, and for its
// progress. net/http does so in a goroutine of its own, where a panic would end
// the program, and runtime.Goexit would leave the request waiting for ever.
type reading struct {
	mu     sync.Mutex
	ending spawn.Ending // of the first read that did not return
}

// readBuffer is how much is read at a time, since each read is a goroutine: four
// times what net/http asks for, so that they do not count.
const readBuffer = 128 << 10

// errReading ends a request whose body cannot be read on.
var errReading = errors.New("the reader of the body has panicked")

// do calls read. It fails when read does not return, now or earlier.
func (r *reading) do(read func() (int, error)) (n int, err error) {
	ending := r.ended()
	if !ending.Early() {
		ending = spawn.Go(func() { n, err = read() }).Join()
	}
	if ending.Early() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ending = ending
		return 0, errReading
	}
	return n, err
}

func (r *reading) ended() spawn.Ending {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ending
}

// check ends the goroutine of the caller as a read has ended, if one did not
// return, and closes the response to its request. A nil r has read nothing.
func (r *reading) check(resp *http.Response) {
	if r == nil {
		return
	}
	ending := r.ended()
	if ending.Early() && resp != nil {
		_ = resp.Body.Close()
	}
	ending.Repeat()
}

// body is in, read by way of r, up to size bytes at a time.
func (r *reading) body(in io.Reader, size int64) io.ReadCloser {
	return io.NopCloser(bufio.NewReaderSize(&bodyReader{in: in, reading: r}, int(min(size, readBuffer))))
}

type bodyReader struct {
	in io.Reader
	*reading
	err error // that in has returned
}

// Read implements io.Reader.
func (b *bodyReader) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.do(func() (int, error) { return b.in.Read(p) })
	b.err = err
	return n, err
}
