package plonetest

import (
	"bytes"
	"image"
	_ "image/gif"  // so that uploaded images have their sizes
	_ "image/jpeg" // likewise
	_ "image/png"  // likewise
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"
)

// file is a stored file or image.
type file struct {
	data              []byte
	name, contentType string
	width, height     int // -1 when it is no image that can be read
	stored            time.Time
}

func newFile(data []byte, name, contentType string) *file {
	f := &file{data: data, name: name, contentType: contentType, width: -1, height: -1, stored: time.Now()}
	if strings.HasPrefix(contentType, "image/") {
		if config, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil {
			f.width, f.height = config.Width, config.Height
		}
	}
	return f
}

// file is the main file of an object, nil if it has none.
func (o *object) file() *file {
	f, _ := o.fields["file"].(*file)
	if f == nil {
		f, _ = o.fields["image"].(*file)
	}
	return f
}

// file answers for the views that send files: @@download/{field}[/{name}] and @@images/{field, or a scale of it}.
func (c *call) file(name string, rest []string) *answer {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return nil
	}
	c.user = c.authenticate(c.header, c.body)
	if !c.allowed(c.user, view, c.context) {
		if c.header.Get("Accept") != jsonType && !c.api {
			return c.loginForm()
		}
		return c.failed(nil, errUnauthorized)
	}
	var f *file
	if len(rest) == 0 || rest[0] == "" {
		f = c.context.file()
	} else {
		name, _, _ := strings.Cut(rest[0], "-")
		f, _ = c.context.fields[name].(*file)
	}
	if f == nil {
		return c.failed(c.user, errNotFound)
	}
	// The range rules are those of the standard library.
	start := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		contentType := f.contentType
		if strings.HasPrefix(contentType, "text/") {
			contentType += "; charset=utf-8"
		}
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Accept-Ranges", "bytes")
		if name != "@@images" {
			w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(f.name))
		}
		return w
	}
	w := start()
	r := &http.Request{Method: c.method, Header: http.Header{"Range": c.header["Range"]}}
	http.ServeContent(w, r, "", f.stored, bytes.NewReader(f.data))
	if w.Code == http.StatusRequestedRangeNotSatisfiable { // Plone sends everything instead
		w = start()
		http.ServeContent(w, &http.Request{Method: c.method}, "", f.stored, bytes.NewReader(f.data))
	}
	body := w.Body.Bytes()
	if c.method == http.MethodHead {
		body = f.data
	}
	return &answer{status: w.Code, header: w.Header(), raw: body}
}
