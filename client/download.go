package client

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"plone.example/restapi/errors"
)

// Download is bytes that the site sends, while they arrive. The caller closes it,
// read to its end or not. No time limit of the client applies to it, only the
// context of the call.
//
// Where a connection breaks, that of [FileService.Download] resumes. When it cannot,
// and for all others, it is a [errors.TransportError] of Read. So are bytes that end
// before the size of the file is reached, or do not end there, which match
// [errors.ErrDamaged]: what was read is not the file.
type Download struct {
	io.ReadCloser
	ContentType string // as the site says it, with parameters
	// Filename is the name that the site proposes, as [SafeFilename] returns it;
	// empty when there is none, as for images.
	Filename string
	Size     int64 // bytes; -1 when the site does not say
	Response
}

// DownloadOptions say which file of an object is meant. The zero value is the
// file in its primary field, "file" or "image".
type DownloadOptions struct {
	Field string // that the file is in
	// Scale is the name of a version of an image, like "preview"; Field is
	// "image" then when it is empty.
	Scale string
	// Width, in pixels, takes the narrowest version of an image that is at least
	// as wide, or the image itself when that is not wider. It needs one more
	// request. Field is as with Scale.
	Width int
	// Known is the file as the JSON of its object has it, for a caller that has
	// read the object; a Size of -1 is unknown. If nil, Download reads the object
	// first, which is one more request.
	Known *NamedFile
}

// Download opens the file of the object at path, or of a version of its image.
// path may also be the address of the bytes, as a [NamedFile] or [ImageScale]
// has it; the options that choose are not for that.
//
// The response must have the type and the size that the object names, so that
// neither a page nor a part of the file passes for it. No object names the size
// of a version of an image; that must be an image. A gzip or deflate encoding,
// which is not asked for, is undone.
//
// Where the connection breaks, or no byte comes for [StallTimeout], Read asks for the
// rest, as often in a row as [WithRetry] says, if it can tell that the file is still
// the same: by the object, as long as Download has read it, or by the ETag or the date
// that a cache sends. It ends with [errors.ErrFileChanged] when it is not. Of the object, a
// change in the last second before the download that leaves the size as it was does not
// show. Close may be called while Read waits.
//
// Errors: [errors.ErrNotFound] when there is no such object, field or version,
// or nothing in the field; [errors.ErrUnauthorized] when the user may not see the
// object; [errors.ErrInternalServer] when the field does not hold a file; a
// [errors.DecodeError] that matches [errors.ErrDamaged] when the response is not
// the file: a page, another type or size, an encoding that cannot be undone, or
// what a redirect to another view led to. A file that is replaced between the
// two requests looks like that, too.
//
// Source: plone.restapi documentation, "Serialization", "File and image fields".
func (s *FileService) Download(ctx context.Context, path string, o DownloadOptions, opts ...CallOption) (*Download, error) {
	src, err := s.source(ctx, path, o, opts)
	if err != nil {
		return nil, err
	}
	f := &fetch{service: s, path: path, source: src}
	if src.described && src.files == nil {
		object, err := s.holder(ctx, src.object)
		if err != nil {
			return nil, err
		}
		f.source, f.revision = src.in(object.files), object.revision
	}
	d, _, err := f.from(ctx, 0)
	if err != nil {
		return nil, err
	}
	d.ReadCloser = &resuming{ctx: ctx, fetch: f, body: d.ReadCloser}
	return d, nil
}

// Views that send files.
const (
	downloadView = "@@download"
	imagesView   = "@@images"
)

// source is where the bytes of a file are.
type source struct {
	request
	object    string // path or address of the object that has the file
	field     string // empty for the primary one
	described bool   // the JSON of the object names type and size
	expected
}

// source finds the bytes that the caller means.
func (s *FileService) source(ctx context.Context, path string, o DownloadOptions, opts []CallOption) (*source, error) {
	src, err := s.choose(ctx, path, &o)
	if err != nil {
		return nil, err
	}
	src.apply(opts)
	u, err := s.client.resolve(src.Path, src.service...)
	if err != nil {
		return nil, err
	}
	src.object, _ = splitView(path)
	elements := strings.Split(strings.TrimPrefix(view(u.Path), "/"), "/")
	switch elements[0] {
	case downloadView, "@@display-file":
		src.described = true
		if len(elements) > 1 {
			src.field = elements[1]
		}
	case imagesView:
		// A version has a name behind that of the field, or a "-" in its address.
		if src.described = len(elements) == 2 && !strings.Contains(elements[1], "-"); src.described {
			src.field, _, _ = strings.Cut(elements[1], ".")
		} else {
			src.mediaType = "image/"
		}
	}
	if src.described && o.Known != nil {
		src = src.in(map[string]NamedFile{src.field: *o.Known})
	}
	return src, nil
}

// in returns s with what files, by their fields, say about it.
func (s *source) in(files map[string]NamedFile) *source {
	found, field := *s, s.field
	found.files = nil
	for name, f := range files {
		if s.field != "" && s.field != name {
			continue
		}
		found.files = append(found.files, f)
		if field = name; field == "" {
			_, field, _ = strings.Cut(f.Download, "/"+downloadView+"/")
		}
	}
	// Plone adds a script to pages for users that are logged in, also to a page that
	// is the bytes of a file. It leaves WebDAV alone, which it tells by this name.
	if len(found.files) == 1 && field != "" && essence(found.files[0].ContentType) == "text/html" {
		found.Path, found.service = s.object, []string{downloadView, field, "manage_DAVget"}
		found.filename = SafeFilename(found.files[0].Filename)
	}
	return &found
}

// choose makes the request for a file, and notes in o what it has read of it.
func (s *FileService) choose(ctx context.Context, path string, o *DownloadOptions) (*source, error) {
	// An encoded body would have neither a size nor ranges.
	src := &source{request: downloadFile.at(path)}
	src.Header = http.Header{"Accept-Encoding": {"identity"}}
	if _, view := splitView(path); view {
		if o.Field != "" || o.Scale != "" || o.Width != 0 {
			return nil, invalid("%q is the address of a file already", path)
		}
		return src, nil
	}
	switch {
	case o.Width < 0:
		return nil, invalid("an image of %d pixels", o.Width)
	case o.Scale != "" && o.Width != 0:
		return nil, invalid("both the name and the width of a version")
	case o.Scale == "" && o.Width == 0 && o.Field == "":
		src.service = []string{downloadView}
		return src, nil
	case o.Scale == "" && o.Width == 0:
		src.service = []string{downloadView, o.Field}
		return src, nil
	}
	if o.Field == "" {
		o.Field = "image"
	}
	src.service = []string{imagesView, o.Field, o.Scale}
	if o.Scale == "" {
		object, err := s.client.Content.Get(ctx, path, WithoutItems())
		if err != nil {
			return nil, err
		}
		var image NamedImage
		if err := object.Value.Extra(o.Field, &image); err != nil {
			return nil, err
		}
		if image.Download == "" {
			return nil, fmt.Errorf("plone: %q of %s: %w", o.Field, path, errors.ErrNotFound)
		}
		if src.service[2] = narrowest(image, o.Width); src.service[2] == "" {
			src.service, o.Known = src.service[:2], &image.NamedFile
		}
	}
	return src, nil
}

// splitView returns the path of the object that a view belongs to, and whether
// there is a view in path at all.
func splitView(path string) (object string, found bool) {
	object, _, found = strings.Cut(path, "/@@")
	if !found && strings.HasPrefix(path, "@@") {
		return "", true
	}
	return object, found
}

// narrowest is the name of the narrowest version of an image that is at least as
// wide; empty for the image itself.
func narrowest(image NamedImage, width int) string {
	name, best := "", image.Width
	for n, scale := range image.Scales {
		// Of two that are equal, the first by name, so that it is always the same.
		if scale.Width >= width && (scale.Width < best || scale.Width == best && name != "" && n < name) {
			name, best = n, scale.Width
		}
	}
	return name
}

// download sends r and returns the response, which must be what is expected.
func (c *Client) download(ctx context.Context, r *request, want expected) (*Download, error) {
	resp, err := c.open(ctx, r)
	if err != nil {
		return nil, err
	}
	d, err := c.newFile(resp, r, want)
	if err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	return d, nil
}

// Open asks an endpoint as [Call] does, and returns the body as it arrives,
// whatever it is and however large: JSON, a page, nothing. It is for programs
// that pass answers on. Nothing but the status is checked, so a page for a write
// that the server did not do looks like any other answer.
//
// Errors: those of errors.FromResponse.
func Open(ctx context.Context, c *Client, r Request, opts ...CallOption) (*Download, error) {
	asked := request{Request: r, op: anyOpen}
	resp, err := c.open(ctx, asked.apply(opts))
	if err != nil {
		return nil, err
	}
	return newDownload(resp), nil
}

func newDownload(resp *http.Response) *Download {
	return &Download{
		ReadCloser:  &downloadBody{ReadCloser: resp.Body, resp: resp, left: -1},
		ContentType: resp.Header.Get("Content-Type"),
		Filename:    filename(resp.Header.Get("Content-Disposition")),
		Size:        resp.ContentLength,
		Response:    summary(resp),
	}
}

// filename is the name in a Content-Disposition.
func filename(disposition string) string {
	// Plone leaves slashes as they are, where they cannot stand.
	if head, name, found := strings.Cut(disposition, "filename*="); found {
		disposition = head + "filename*=" + strings.ReplaceAll(name, "/", "%2F")
	}
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil {
		return ""
	}
	return SafeFilename(params["filename"])
}

// SafeFilename returns the last element of a name that somebody else chose, as
// that of a [NamedFile] is, if a file on any system may be called so; otherwise
// it is empty. The name has no separators, control characters or wildcards in
// it, is none of the dot names, none that Windows keeps for devices, and no
// longer than 255 bytes.
func SafeFilename(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	switch {
	case !utf8.ValidString(name), len(name) > 255, name == ".", name == "..", name == "/",
		strings.ContainsAny(name, `<>:"|?*`), strings.ContainsFunc(name, hidden),
		strings.HasSuffix(name, "."), strings.HasSuffix(name, " "), strings.HasPrefix(name, " "):
		return ""
	}
	stem, _, _ := strings.Cut(name, ".")
	if devices[strings.ToUpper(strings.TrimRight(stem, " "))] {
		return ""
	}
	return name
}

// hidden reports whether r would not show, or turn the text round.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar
}

// devices are the names that are no files on Windows, with any extension.
var devices = map[string]bool{
	"CON": true, "PRN": true, "AUX": true, "NUL": true, "CONIN$": true, "CONOUT$": true,
	"COM0": true, "COM1": true, "COM2": true, "COM3": true, "COM4": true, "COM5": true, "COM6": true,
	"COM7": true, "COM8": true, "COM9": true, "COM¹": true, "COM²": true, "COM³": true,
	"LPT0": true, "LPT1": true, "LPT2": true, "LPT3": true, "LPT4": true, "LPT5": true, "LPT6": true,
	"LPT7": true, "LPT8": true, "LPT9": true, "LPT¹": true, "LPT²": true, "LPT³": true,
}
