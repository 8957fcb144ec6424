package client

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"plone.example/restapi/retry"
)

// ExportService exports and imports the site as a whole. It needs
// plone.exportimport. It is safe for concurrent use.
type ExportService struct{ client *Client }

var (
	exportSite = declare(operation{
		name: "Exports.Export", method: http.MethodPost, path: "/@export", want: http.StatusOK, kind: retry.Safe,
	})
	importSite = declare(operation{
		name: "Exports.Import", method: http.MethodPost, path: "/@import", want: http.StatusOK,
		kind: retry.Committing, unbounded: true,
	})
)

// ImportReport is what an import did.
type ImportReport struct {
	Status string   `json:"status"` // "success"
	Report []string `json:"report"` // one line for each kind of thing, for people
}

func (r *ImportReport) check() error {
	if r.Status == "" {
		return errMissing("status")
	}
	return nil
}

// Export returns the site as a ZIP file: content, users, groups, relations,
// translations, comments, redirects and portlets. The server makes it in one go
// before it sends the first byte. The caller closes the Download.
//
// Errors: [errors.ErrUnauthorized], [errors.ErrNotFound] when the site has no such
// service.
//
// Source: plone.exportimport.
func (s *ExportService) Export(ctx context.Context, opts ...CallOption) (*Download, error) {
	r := exportSite.at("")
	return s.client.download(ctx, r.apply(opts), expected{mediaType: "application/zip"})
}

// Import adds to the site what a ZIP file of Export holds, and overwrites what is
// there already. size is that of the file in bytes. The file is sent as it is read.
// No time limit of the client applies, only the context. The server stores what it
// has on the way, so a failed import may have been done in part.
//
// Errors: [errors.ErrInternalServer] with [errors.ErrOutcomeUnknown] when the file
// cannot be read, or something in it cannot be imported; [errors.ErrUnauthorized],
// [errors.ErrNotFound] when the site has no such service, [errors.ErrOutcomeUnknown]
// when no answer came.
//
// Source: plone.exportimport.
func (s *ExportService) Import(ctx context.Context, zip io.ReaderAt, size int64, opts ...CallOption) (*OK[ImportReport], error) {
	if zip == nil || size < 0 {
		return nil, invalid("Import of nothing")
	}
	var head strings.Builder
	form := multipart.NewWriter(&head)
	_, _ = form.CreateFormFile("file", "import.zip") // a Builder takes everything
	tail := "\r\n--" + form.Boundary() + "--\r\n"
	body := concat{strings.NewReader(head.String()), io.NewSectionReader(zip, 0, size), strings.NewReader(tail)}
	r := importSite.at("").with(io.NewSectionReader(body, 0, body.size()))
	r.Header = http.Header{"Content-Type": {form.FormDataContentType()}}
	return ok[ImportReport](ctx, s.client, r, opts)
}

// concat is its parts one behind the other.
type concat []interface {
	io.ReaderAt
	Size() int64
}

func (c concat) size() (n int64) {
	for _, part := range c {
		n += part.Size()
	}
	return n
}

// ReadAt implements io.ReaderAt.
func (c concat) ReadAt(p []byte, off int64) (n int, err error) {
	for _, part := range c {
		if n == len(p) {
			return n, nil
		}
		if size := part.Size(); off >= size {
			off -= size
			continue
		}
		read, err := part.ReadAt(p[n:], off)
		n, off = n+read, 0
		if err != nil && err != io.EOF {
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
