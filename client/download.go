package client

import (
	"context"
	"encoding/json"
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

// Download is bytes that the site sends as they are, while they arrive. The
// caller closes it, read to its end or not. No time limit of the client applies
// to it, only the context of the call. A connection that breaks is a
// [errors.TransportError] of Read; see [FileService.Save] for one that goes on.
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

	// What follows is for Save.

	// Progress is called as bytes arrive, by one goroutine. total is -1 when the
	// site does not say.
	Progress func(done, total int64)
	// SHA256 is what the sum of the file must be, in hexadecimal; empty for any.
	SHA256 string
}

// Download opens the file of the object at path, or of a version of its image.
// path may also be the address of the bytes, as a [NamedFile] or [ImageScale]
// has it; the options that choose are not for that.
//
// Errors: [errors.ErrNotFound] when there is no such object, field or version,
// or nothing in the field; [errors.ErrUnauthorized] when the user may not see the
// object; [errors.ErrInternalServer] when the field is none for files.
//
// Source: plone.restapi documentation, "Serialization", "File and image fields".
//
//plone:composed the views for files are services of no chapter
func (s *FileService) Download(ctx context.Context, path string, o DownloadOptions) (*Download, error) {
	r, err := s.bytesOf(ctx, path, o)
	if err != nil {
		return nil, err
	}
	return s.client.download(ctx, &r, "")
}

// Views that send files.
const (
	downloadView = "@@download"
	imagesView   = "@@images"
)

// bytesOf is the request for a file.
func (s *FileService) bytesOf(ctx context.Context, path string, o DownloadOptions) (request, error) {
	// A compressed answer would have neither a size nor ranges.
	r := request{Request: Request{Path: path, Header: http.Header{"Accept-Encoding": {"identity"}}}}
	if _, view := splitView(path); view {
		if o.Field != "" || o.Scale != "" || o.Width != 0 {
			return r, invalid("%q is the address of a file already", path)
		}
		return r, nil
	}
	switch {
	case o.Width < 0:
		return r, invalid("an image of %d pixels", o.Width)
	case o.Scale != "" && o.Width != 0:
		return r, invalid("both the name and the width of a version")
	case o.Scale == "" && o.Width == 0 && o.Field == "":
		r.service = []string{downloadView}
		return r, nil
	case o.Scale == "" && o.Width == 0:
		r.service = []string{downloadView, o.Field}
		return r, nil
	}
	if o.Field == "" {
		o.Field = "image"
	}
	if o.Scale == "" {
		object, err := s.client.Content.Get(ctx, path, withoutItems)
		if err != nil {
			return r, err
		}
		var image NamedImage
		if err := object.Value.Extra(o.Field, &image); err != nil {
			return r, err
		}
		if image.Download == "" {
			return r, fmt.Errorf("plone: %q of %s: %w", o.Field, path, errors.ErrNotFound)
		}
		if o.Scale = narrowest(image, o.Width); o.Scale == "" {
			r.service = []string{imagesView, o.Field}
			return r, nil
		}
	}
	r.service = []string{imagesView, o.Field, o.Scale}
	return r, nil
}

// withoutItems leaves out the children of a container.
func withoutItems(r *request) { r.setQuery("include_items", "false") }

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

// download sends r and returns the answer, which must be a 200 of the given media
// type; "" takes any.
func (c *Client) download(ctx context.Context, r *request, mediaType string) (*Download, error) {
	resp, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	contentType := resp.Header.Get("Content-Type")
	got, _, _ := mime.ParseMediaType(contentType)
	switch {
	case resp.StatusCode != http.StatusOK:
		err = fmt.Errorf("the operation answers with %d", http.StatusOK)
	case mediaType != "" && got != mediaType:
		err = fmt.Errorf("the answer is %q, not %s", contentType, mediaType)
	}
	if err != nil {
		defer resp.Body.Close()
		return nil, c.decodeError(resp, nil, err)
	}
	return newDownload(resp), nil
}

// Open asks an endpoint as [Call] does, and hands out the body as it arrives,
// whatever it is and however large: JSON, a page, nothing. It is for programs
// that pass answers on. Nothing but the status is checked, so a page for a write
// that the server did not do looks like any other answer.
//
// Errors: those of errors.FromResponse.
func Open(ctx context.Context, c *Client, r Request) (*Download, error) {
	resp, err := c.send(ctx, &request{Request: r})
	if err != nil {
		return nil, err
	}
	return newDownload(resp), nil
}

func newDownload(resp *http.Response) *Download {
	return &Download{
		ReadCloser:  &downloadBody{resp.Body, resp},
		ContentType: resp.Header.Get("Content-Type"),
		Filename:    filename(resp.Header.Get("Content-Disposition")),
		Size:        resp.ContentLength,
		Response:    summary(resp),
	}
}

// downloadBody is the body of an answer, with typed errors.
type downloadBody struct {
	io.ReadCloser
	resp *http.Response
}

// Read implements io.Reader.
func (b *downloadBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && b.resp.Request != nil {
		err = errors.NewTransportError(b.resp.Request, summary(b.resp).Attempts, err)
	}
	return n, err
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

// revision tells one state of a file from another.
func (s *FileService) revision(ctx context.Context, path string) (string, error) {
	object, _ := splitView(path)
	r := request{Request: Request{Path: object}}
	withoutItems(&r)
	answer, err := ok[json.RawMessage](ctx, s.client, r, nil)
	if err != nil {
		return "", err
	}
	var seen struct {
		ID       string `json:"@id"`
		UID      string `json:"UID"`
		Modified string `json:"modified"`
	}
	if err := json.Unmarshal(answer.Value, &seen); err != nil {
		return "", err
	}
	return seen.ID + "\n" + seen.UID + "\n" + seen.Modified, nil
}
