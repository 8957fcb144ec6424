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
	"strings"

	"plone.example/restapi/internal/wire"
)

var createInline = declare(operation{
	name: "Files.CreateInline", method: http.MethodPost, path: "/{path}", want: http.StatusCreated, unbounded: true,
})

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
	if u.state.Field == "" {
		u.state.Field = "file"
	}
	req := createInline.at(folder)
	req.Header = http.Header{"Content-Type": s.client.fields.contentType}
	req.apply(opts)
	var id, uid string
	if req.exactlyOnce {
		var data json.RawMessage
		if data, id, uid, err = withUID(fields); err != nil {
			return nil, err
		}
		fields = nil
		if err := wire.Unmarshal(data, &fields); err != nil {
			return nil, err
		}
	}
	if req.Body, err = newJSONFile(fields, u.state.Field, u); err != nil {
		return nil, err
	}
	if req.exactlyOnce {
		return createAs[Content](ctx, s.client, req, id, uid)
	}
	return created[Content](ctx, s.client, req, nil)
}

// jsonFile is a JSON object with a file as base64 in it.
type jsonFile struct {
	head, tail string
	source     io.ReaderAt
	size       int64 // of the source
}

// newJSONFile returns the fields, with the file of u as the one of that name, as a
// body.
func newJSONFile(fields Fields, name string, u *upload) (*io.SectionReader, error) {
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
	document, err := wire.Marshal(all)
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
