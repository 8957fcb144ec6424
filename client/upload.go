package client

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"

	"plone.example/restapi/errors"
)

var createInline = declare(operation{
	name: "Files.CreateInline", method: http.MethodPost, path: "/{path}", want: http.StatusCreated, unbounded: true,
})

// UploadReader stores what r gives as a new object in folder, as Upload does. It
// holds one chunk in memory. When the server loses the upload, as it does when
// somebody else writes at the moment of its end, the chunks before the last
// cannot be sent again: that is [errors.ErrUploadLost]. A file in one chunk is.
//
// With a size of -1 everything r gives goes to a temporary file first, in the
// folder that [os.TempDir] names, as the server wants to know the size at the
// start. It is removed at the end.
//
// Errors: those of Upload, and the one above; [errors.ErrInvalidInput] when r gives more than size
// bytes, [io.ErrUnexpectedEOF] when it gives less: nothing is stored then.
//
// Source: plone.restapi documentation, "TUS resumable upload".
func (s *FileService) UploadReader(ctx context.Context, folder string, r io.Reader, size int64, o UploadOptions, opts ...CallOption) (*Uploaded, error) {
	switch {
	case r == nil:
		return nil, invalid("a nil reader")
	case size < -1:
		return nil, invalid("a file of %d bytes", size)
	case size == -1:
		return s.uploadSpooled(ctx, folder, r, o, opts)
	case size == 0:
		if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 {
			return nil, invalid("the reader gives more than 0 bytes")
		} else if err != io.EOF {
			return nil, fmt.Errorf("plone: reading the file: %w", err)
		}
	}
	if o.ChunkSize == 0 {
		o.ChunkSize = defaultChunk
	}
	o.ChunkSize = max(o.ChunkSize, sniffed) // which the first chunk has to hold
	return s.Upload(ctx, folder, &window{source: r, size: size, chunk: o.ChunkSize}, size, o, opts...)
}

func (s *FileService) uploadSpooled(ctx context.Context, folder string, r io.Reader, o UploadOptions, opts []CallOption) (result *Uploaded, err error) {
	spool, err := os.CreateTemp("", "plone-upload-*")
	if err != nil {
		return nil, fmt.Errorf("plone: spooling the file: %w", err)
	}
	defer func() {
		err = errors.Join(err, spool.Close(), os.Remove(spool.Name()))
	}()
	size, err := io.Copy(spool, r)
	if err != nil {
		return nil, fmt.Errorf("plone: spooling the file: %w", err)
	}
	return s.Upload(ctx, folder, spool, size, o, opts...)
}

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

// InlineOptions describe a file that is sent with its object.
type InlineOptions struct {
	Filename    string
	ContentType string // found from the first bytes when empty
	Field       string // takes the file; "file" when empty
}

// CreateInline adds an object to the folder at path with size bytes of r in the
// field o.Field, in one request: all or nothing. fields are its other fields,
// with its "@type" and, if you like, "id" and "title". The file becomes base64
// on its way, so that memory does not grow with it, but the server reads the
// body as a whole: use Upload for files of more than some MiB.
//
// Errors: those of [ContentService.Create]; [errors.ErrInvalidInput] for an empty
// file, which the server would leave out.
//
// Source: plone.restapi documentation, "Serialization", "File and image fields".
func (s *FileService) CreateInline(ctx context.Context, folder string, fields Fields, r io.ReaderAt, size int64, o InlineOptions, opts ...CallOption) (*Created[Content], error) {
	if size == 0 {
		return nil, invalid("the server takes no empty file inside of JSON")
	}
	u, err := s.newUpload(r, UploadState{Size: size}, UploadOptions{Filename: o.Filename, ContentType: o.ContentType, Field: o.Field}, nil)
	if err != nil {
		return nil, err
	}
	document, err := newJSONFile(fields, u)
	if err != nil {
		return nil, err
	}
	req := createInline.at(folder).with(document)
	req.Header = http.Header{"Content-Type": s.client.fields.contentType}
	if req.apply(opts).exactlyOnce {
		return nil, invalid("ExactlyOnce is not for CreateInline")
	}
	return created[Content](ctx, s.client, req, nil)
}

// jsonFile is a JSON object with a file as base64 in it.
type jsonFile struct {
	head, tail string
	source     io.ReaderAt
	size       int64 // of the source
}

// newJSONFile returns the fields, with the file of u among them, as a body.
func newJSONFile(fields Fields, u *upload) (*io.SectionReader, error) {
	name := u.state.Field
	if name == "" {
		name = "file"
	}
	all := maps.Clone(fields)
	if all == nil {
		all = Fields{}
	}
	// The only bytes of the file here are a place to put the others. It is
	// random, so that nothing else in the document is like it.
	place := rand.Text()
	all[name] = map[string]string{
		"filename": u.state.Filename, "content-type": u.state.ContentType, "encoding": "base64", "data": place,
	}
	document, err := json.Marshal(all)
	if err != nil {
		return nil, invalid("the fields cannot be marshalled: %w", err)
	}
	head, tail, _ := strings.Cut(string(document), place)
	f := &jsonFile{head: head, tail: tail, source: u.source, size: u.state.Size}
	return io.NewSectionReader(f, 0, int64(len(head)+len(tail))+f.encoded()), nil
}

func (f *jsonFile) encoded() int64 { return (f.size + 2) / 3 * 4 }

// ReadAt implements io.ReaderAt.
func (f *jsonFile) ReadAt(p []byte, off int64) (int, error) {
	total := 0
	for total < len(p) {
		n, err := f.read(p[total:], off+int64(total))
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// read reads from one of the three parts.
func (f *jsonFile) read(p []byte, off int64) (int, error) {
	if off < int64(len(f.head)) {
		return copy(p, f.head[off:]), nil
	}
	off -= int64(len(f.head))
	if off >= f.encoded() {
		if off -= f.encoded(); off >= int64(len(f.tail)) {
			return 0, io.EOF
		}
		return copy(p, f.tail[off:]), nil
	}
	// Three bytes become four characters, whatever stands around them.
	const group = 1024
	var raw [3 * group]byte
	var text [4 * group]byte
	start := off / 4 * 3
	want := min(f.size-start, int64(len(raw)), (int64(len(p))+7)/4*3)
	if n, err := f.source.ReadAt(raw[:want], start); int64(n) < want {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, fmt.Errorf("plone: reading the file: %w", err)
	}
	base64.StdEncoding.Encode(text[:], raw[:want])
	return copy(p, text[off%4:base64.StdEncoding.EncodedLen(int(want))]), nil
}
