package client

import (
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

// holder is an object that has files, without what does not concern them.
type holder struct {
	id, revision string               // revision tells one state from another
	files        map[string]NamedFile // by field
}

// UnmarshalJSON implements json.Unmarshaler.
func (h *holder) UnmarshalJSON(data []byte) error {
	type plain struct {
		URL      string `json:"@id"`
		UID      string `json:"UID"`
		Modified string `json:"modified"`
	}
	var object plain
	if err := wire.Unmarshal(data, &object); err != nil {
		return err
	}
	var members map[string]json.RawMessage
	if err := wire.Unmarshal(data, &members); err != nil {
		return err
	}
	*h = holder{object.URL, object.URL + "\n" + object.UID + "\n" + object.Modified, map[string]NamedFile{}}
	for name, value := range members {
		var f struct {
			NamedFile
			Size *int64 `json:"size"`
		}
		// A member of another shape, as an add-on may have it, says nothing.
		if value[0] == '{' && wire.Unmarshal(value, &f) == nil && f.Download != "" {
			f.NamedFile.Size = -1
			if f.Size != nil {
				f.NamedFile.Size = *f.Size
			}
			h.files[name] = f.NamedFile
		}
	}
	return nil
}

func (h *holder) place() Breadcrumbs { return Breadcrumbs{URL: h.id} }

// holder reads the object at path.
func (s *FileService) holder(ctx context.Context, path string) (*holder, error) {
	r := getContent.at(path)
	WithoutItems()(&r)
	answer, err := ok[holder](ctx, s.client, r, nil)
	if err != nil {
		return nil, err
	}
	return &answer.Value, nil
}

// expected is what a response with bytes must be. The zero value is any file.
type expected struct {
	mediaType string      // empty for any, "image/" for any image
	files     []NamedFile // as the JSON has them; of several, the response is one
	filename  string      // instead of that of the response
	offset    int64       // bytes that are there already, so that the rest may come
}

// file returns what is known of the file that came.
func (e *expected) file(d *Download) NamedFile {
	if len(e.files) == 1 {
		return e.files[0]
	}
	unknown := NamedFile{ContentType: e.mediaType, Size: -1}
	known := unknown
	for _, f := range e.files {
		if SafeFilename(f.Filename) != d.Filename || !isType(d.ContentType, f.ContentType) {
			continue
		}
		if known.Size >= 0 && known.Size != f.Size {
			return unknown
		}
		known = f
	}
	return known
}

// newFile returns the body of resp, the response to r, which must be what is
// expected: all of the file or, after a request for the rest, that. The body
// stays open when it is not.
func (c *Client) newFile(resp *http.Response, r *request, want expected) (*Download, error) {
	d := newDownload(resp)
	if want.filename != "" {
		d.Filename = want.filename
	}
	refuse := func(format string, args ...any) (*Download, error) {
		return nil, c.decodeError(resp, nil, fmt.Errorf("%w: "+format, append([]any{errors.ErrDamaged}, args...)...))
	}
	encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	encoded := encoding != "" && encoding != "identity"
	total, length := resp.ContentLength, resp.ContentLength // of the file, of this body
	switch {
	case encoded && resp.StatusCode == http.StatusPartialContent:
		return refuse("a part of a body encoded as %q", encoding)
	case encoded:
		total, length, want.offset = -1, -1, 0
	case resp.StatusCode == http.StatusPartialContent && want.offset > 0:
		start, size, ok := contentRange(resp.Header.Get("Content-Range"))
		if !ok || start != want.offset {
			return nil, c.decodeError(resp, []byte{}, fmt.Errorf("it is not the part from byte %d on", want.offset))
		}
		total = size
	default:
		want.offset = 0
	}
	file := want.file(d)
	asked, err := c.resolve(r.Path, r.service...)
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode != http.StatusOK && want.offset == 0:
		return refuse("the operation answers with %d", http.StatusOK)
	case resp.Request != nil && !strings.HasSuffix(strings.TrimSuffix(resp.Request.URL.Path, "/"), view(asked.Path)):
		return refuse("a redirect led to %s", withoutQuery(resp.Request.URL))
	case !isType(d.ContentType, file.ContentType):
		return refuse("the type is %q, not %q", d.ContentType, file.ContentType)
	case isPage(resp.Header):
		return refuse("the response is a page, %q", d.ContentType)
	case file.Size >= 0 && total >= 0 && total != file.Size:
		return refuse("%d bytes, but the file has %d", total, file.Size)
	case total >= 0 && length >= 0 && length != total-want.offset:
		return refuse("%d bytes, but %d are missing", length, total-want.offset)
	}
	body := &downloadBody{ReadCloser: resp.Body, resp: resp, left: -1}
	switch {
	case !encoded:
	case encoding == "gzip", encoding == "x-gzip":
		body.ReadCloser = &decoding{ReadCloser: resp.Body, open: func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }}
	case encoding == "deflate":
		body.ReadCloser = &decoding{ReadCloser: resp.Body, open: func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }}
	default:
		return refuse("the encoding %q cannot be undone", encoding)
	}
	if total < 0 {
		total = file.Size
	}
	if total >= 0 {
		body.left = total - want.offset
	}
	d.ReadCloser, d.Size = body, total
	return d, nil
}

// view is the end of a path that names a view or a service of an object. It stays
// as it is when the server redirects from an old address of the object.
func view(path string) string {
	for _, mark := range []string{"/@@", "/@"} {
		if object, _, found := strings.Cut(path, mark); found {
			return strings.TrimSuffix(path[len(object):], "/")
		}
	}
	return ""
}

// essence is a media type without its parameters.
func essence(contentType string) string {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.Join(strings.Fields(mediaType), ""))
}

// isType reports whether a response has the type of the file. An empty one is not
// known, and one that ends in a slash is any of its kind.
func isType(got, want string) bool {
	got, want = essence(got), essence(want)
	return want == "" || got == want || strings.HasSuffix(want, "/") && strings.HasPrefix(got, want)
}

// isPage reports whether a response is HTML to look at. The server sends a file
// that is HTML as an attachment.
func isPage(h http.Header) bool {
	switch essence(h.Get("Content-Type")) {
	case "text/html", "application/xhtml+xml":
		disposition, _, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
		return disposition != "attachment"
	}
	return false
}

// downloadBody is the body of a response, with typed errors.
type downloadBody struct {
	io.ReadCloser
	resp *http.Response
	left int64 // bytes that must come; -1 when nobody knows
	err  error // that Read has returned
}

// Read implements io.Reader.
func (b *downloadBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.ReadCloser.Read(p)
	switch got := int64(n); {
	case b.left < 0:
	case got > b.left:
		n, err = int(b.left), fmt.Errorf("%w: more bytes than the file has", errors.ErrDamaged)
	case got < b.left && err == io.EOF:
		err = fmt.Errorf("%w: %d bytes are missing: %w", errors.ErrDamaged, b.left-got, io.ErrUnexpectedEOF)
	default:
		b.left -= got
	}
	if err != nil && err != io.EOF && b.resp.Request != nil {
		err = errors.NewTransportError(b.resp.Request, summary(b.resp).Attempts, err)
	}
	b.err = err
	return n, err
}

// decoding undoes the encoding of a body.
type decoding struct {
	io.ReadCloser
	open    func(io.Reader) (io.Reader, error)
	decoded io.Reader
}

// Read implements io.Reader.
func (d *decoding) Read(p []byte) (int, error) {
	if d.decoded == nil {
		// Not before the caller reads, as it waits for bytes.
		decoded, err := d.open(d.ReadCloser)
		if err == io.EOF {
			return 0, err // some servers call nothing at all encoded
		}
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errors.ErrDamaged, err)
		}
		d.decoded = decoded
	}
	n, err := d.decoded.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w", errors.ErrDamaged, err)
	}
	return n, err
}
