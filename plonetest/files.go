package plonetest

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif"  // so that uploaded images have their sizes
	_ "image/jpeg" // likewise
	_ "image/png"  // likewise
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
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

// file answers for the views that send files: @@download[/{field}[/{name}]] and
// @@images/{field or a version of it}[/{scale}].
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
	rest = slices.DeleteFunc(slices.Clone(rest), func(s string) bool { return s == "" })
	var f *file
	switch {
	case name == "@@images" && len(rest) == 0:
		return c.failed(c.user, fail("BadRequest", "Missing image scale path"))
	case name == "@@images":
		f = c.version(rest)
	case len(rest) == 0:
		f = c.context.file()
	default:
		f, _ = c.context.fields[rest[0]].(*file)
	}
	if f == nil {
		return c.failed(c.user, errNotFound)
	}
	header := http.Header{"Content-Type": {f.contentType}, "Accept-Ranges": {"bytes"}}
	if strings.HasPrefix(f.contentType, "text/") {
		header.Set("Content-Type", f.contentType+"; charset=utf-8")
	}
	if name == "@@images" { // knows no ranges, whatever it says
		return &answer{status: http.StatusOK, header: header, raw: f.data}
	}
	filename := f.name
	if len(rest) > 1 {
		filename = rest[1]
	}
	header.Set("Content-Disposition", "attachment; filename*=UTF-8''"+nameEscaper.Replace(url.QueryEscape(filename)))
	start, end, found := byteRange(c.header, len(f.data))
	a := &answer{status: http.StatusOK, header: header, raw: f.data}
	if found && c.method != http.MethodHead {
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, end-1, len(f.data)))
		a.status, a.raw = http.StatusPartialContent, f.data[start:end]
	}
	if c.user.id != "" && filename != "manage_DAVget" && strings.HasPrefix(f.contentType, "text/html") {
		a.raw = protected(a.raw)
	}
	a.empty = len(a.raw) == 0
	return a
}

// protected is what becomes of HTML on the way to a user who is logged in: Plone adds a script that protects forms,
// also to the page in a file and to a part of it. It leaves requests of WebDAV alone.
func protected(page []byte) []byte {
	if len(bytes.TrimSpace(page)) == 0 {
		return page
	}
	return append(bytes.Clone(page), `<script type="application/javascript" src="++resource++protect.js" id="protect-script"></script>`...)
}

// nameEscaper makes of Go's escapes those of Python, which leave slashes alone.
var nameEscaper = strings.NewReplacer("+", "%20", "%2F", "/")

// version is the image that a path below @@images names. All versions of it have its bytes.
func (c *call) version(rest []string) *file {
	field, _, hashed := strings.Cut(rest[0], "-")
	f, _ := c.context.fields[field].(*file)
	switch {
	case f == nil || hashed && !c.current(field, f, rest[0]):
		return nil
	case len(rest) > 1 && scales[rest[1]] == 0:
		return nil
	}
	return f
}

// current says whether the address of a version is that of the image as it is now.
func (c *call) current(field string, f *file, address string) bool {
	if address == path.Base(scalePath(c.context, field, f, f.width)) {
		return true
	}
	for _, width := range scales {
		if address == path.Base(scalePath(c.context, field, f, width)) {
			return true
		}
	}
	return false
}

// byteRange is the part of a file of that size that a request asks for. Everything is sent to a request that asks for
// several parts, for one that is not there, or for one of a certain version.
func byteRange(h http.Header, size int) (start, end int, found bool) {
	spec, isRange := strings.CutPrefix(h.Get("Range"), "bytes=")
	first, last, single := strings.Cut(spec, "-")
	if !isRange || !single || strings.Contains(spec, ",") || h.Get("If-Range") != "" {
		return 0, 0, false
	}
	end = size
	if last != "" {
		n, err := strconv.Atoi(last)
		if err != nil {
			return 0, 0, false
		}
		if first == "" {
			return max(0, size-n), size, n > 0 && size > 0
		}
		end = min(size, n+1)
	}
	start, err := strconv.Atoi(first)
	return start, end, err == nil && start < end
}
