package client

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"plone.example/restapi/errors"
)

// FileService moves the bytes of files. It is safe for concurrent use.
//
// Uploads and downloads are bounded by their context, not by [WithTimeout].
//
// Source: plone.restapi documentation, "TUS resumable upload".
type FileService struct {
	client *Client
	// Of several uploads that end in one place at once, the server forgets the
	// bytes of all but one.
	endings turns
}

// UploadOptions say what becomes of a file. The zero value makes a "File"
// without a name.
type UploadOptions struct {
	Type        string // of the object that is made; "File" when empty
	Filename    string // the server makes the id and the title of the object of it
	ContentType string // found from the first bytes when empty
	// Field takes the file; empty for the primary field of the type, "file" or
	// "image". Most other types have none.
	Field string

	// ChunkSize is the number of bytes in a request; 16 MiB when 0. After a 413, as
	// a proxy sends it to what it takes for too large, half as much is sent, down to
	// 64 KiB.
	ChunkSize int64
	// Progress is called while bytes go out, by one goroutine at a time. done
	// goes back when bytes have to be sent again.
	Progress func(done, total int64)
	// OnState gets what another process needs to go on with the upload: at the
	// start, and before each request that sends bytes. An error of it ends the
	// upload.
	OnState func(UploadState) error
}

// ReplaceOptions say how to replace the file of an object. The fields are those of
// [UploadOptions].
type ReplaceOptions struct {
	Filename    string
	ContentType string
	Field       string
	ChunkSize   int64 // bytes
	Progress    func(done, total int64)
	OnState     func(UploadState) error
}

// ResumeOptions say how to resume an upload. The fields are those of
// [UploadOptions].
type ResumeOptions struct {
	ChunkSize int64 // bytes
	Progress  func(done, total int64)
	OnState   func(UploadState) error
}

// Uploaded is the result of an upload. The Response is that of the last chunk, a
// 204, or of the one request that took its place.
type Uploaded struct {
	Response
	Object   Content  // that has the file, as it is now
	Location *url.URL // of the object
}

// StoredError is the error of an upload whose bytes are stored, while the object that
// has them cannot be read, or lacks the file.
type StoredError struct {
	Location *url.URL // of the object
	Err      error
}

// Error implements error.
func (e *StoredError) Error() string {
	return fmt.Sprintf("plone: the upload made %v: %v", withoutQuery(e.Location), e.Err)
}

// Unwrap returns what is wrong with the object.
func (e *StoredError) Unwrap() error { return e.Err }

// UploadState is an upload that has begun, to be kept as JSON and passed to
// [FileService.Resume]. It holds no credentials.
type UploadState struct {
	URL     string    `json:"url"`    // of the bytes on the server
	Target  string    `json:"target"` // the folder, or the object whose file is replaced
	Replace bool      `json:"replace,omitempty"`
	Started time.Time `json:"started"` // by the clock of the server
	Expires time.Time `json:"expires"` // the server forgets an upload this long after its last bytes

	Size        int64  `json:"size"` // of the file, in bytes
	Type        string `json:"type,omitempty"`
	Filename    string `json:"filename,omitempty"`
	ContentType string `json:"content_type"`
	Field       string `json:"field,omitempty"`

	// Fingerprint is the SHA-256 of the first Covered bytes of the file; the
	// server has no more than those.
	Fingerprint []byte `json:"fingerprint"`
	Covered     int64  `json:"covered"`
}

// TusOptions is what a server tells about its uploads.
type TusOptions struct {
	Resumable  string   // version of the protocol
	Versions   []string // that the server knows, the best one first
	Extensions []string // like "creation"
}

// Options asks which uploads the folder at path takes.
//
// Errors: [errors.ErrUnauthorized] when the user may not add here,
// [errors.ErrNotFound] when there is no such folder, [errors.ErrUnsupported] when the
// site or the object there takes no uploads, [errors.DecodeError] when the response
// names no version.
//
// Source: plone.restapi documentation, "TUS resumable upload".
func (s *FileService) Options(ctx context.Context, folder string, opts ...CallOption) (*TusOptions, error) {
	r := uploadOptions.at(folder)
	resp, err := s.client.roundTrip(ctx, r.apply(opts), nil)
	if err != nil {
		return nil, s.client.withoutTUS(ctx, &r, err)
	}
	version := resp.Header.Get("Tus-Resumable")
	if version == "" {
		return nil, s.client.decodeError(resp, []byte{}, errMissing("Tus-Resumable"))
	}
	list := func(name string) []string {
		return strings.FieldsFunc(resp.Header.Get(name), func(r rune) bool { return r == ',' || r == ' ' })
	}
	return &TusOptions{version, list("Tus-Version"), list("Tus-Extension")}, nil
}

// Upload stores size bytes of r as a new object in folder and returns it, its
// address in Location. The bytes go out in chunks; memory does not grow with
// them. After a failure the server is asked what it has, and the rest is sent;
// when it has lost the upload, as it does when somebody else writes at the same
// moment, everything is sent again: a file of one chunk, of up to 16 MiB, in one
// request with its object, if the field is known. Both happen as often as [WithRetry]
// says. r must not change meanwhile; it may be read by several goroutines. The last
// chunks of uploads into one folder wait for each other.
//
// Errors: [StoredError] when the file is stored but the object cannot be read;
// [errors.ErrUnauthorized] when the user may not add here, or the type
// is unknown or not allowed here; [errors.ErrNotFound] when there is no such
// folder; [errors.ErrValidation] when fields are refused, as for an "Image"
// that is none; [errors.ErrNotDone] when the type has no field for the file:
// then there may be an object without it; [errors.ErrDamaged] when the server
// stored other bytes; [errors.ErrOutcomeUnknown] when the answer to the last
// chunk was lost and no object has these bytes; [errors.ErrUploadLost], which is not
// ErrNotFound, when the server loses the upload again and again, as others write so
// much, or it runs in several processes that share no TUS_TMP_FILE_DIR (see
// [WithCookies]); [errors.ErrUnsupported] when the site or the folder takes no uploads
// by TUS: [FileService.CreateInline] needs none; a [StoredError] around a
// [errors.DecodeError] when the server names an address outside the site, as behind a
// proxy without [WithPublicURL]; what r returns.
//
// Source: plone.restapi documentation, "TUS resumable upload".
func (s *FileService) Upload(ctx context.Context, folder string, r io.ReaderAt, size int64, o UploadOptions, opts ...CallOption) (*Uploaded, error) {
	if o.Type == "" {
		o.Type = "File"
	}
	u, err := s.newUpload(r, UploadState{Target: folder, Type: o.Type, Size: size}, o, opts)
	if err != nil {
		return nil, err
	}
	if err := u.start(ctx); err != nil {
		return nil, err
	}
	return u.run(ctx)
}

// Replace stores size bytes of r as the file of the object at path, as Upload
// does, and returns the object. The server does not look at locks.
//
// Errors: those of Upload; [errors.ErrUnauthorized] when the user may not edit
// the object.
//
// Source: plone.restapi documentation, "TUS resumable upload".
func (s *FileService) Replace(ctx context.Context, path string, r io.ReaderAt, size int64, o ReplaceOptions, opts ...CallOption) (*Uploaded, error) {
	u, err := s.newUpload(r, UploadState{Target: path, Replace: true, Size: size}, UploadOptions{
		Filename: o.Filename, ContentType: o.ContentType, Field: o.Field,
		ChunkSize: o.ChunkSize, Progress: o.Progress, OnState: o.OnState,
	}, opts)
	if err != nil {
		return nil, err
	}
	if err := u.start(ctx); err != nil {
		return nil, err
	}
	return u.run(ctx)
}

// Resume goes on with an upload that another process began, from a state that
// its OnState got, the last one if possible. r must be the same file; what the
// server has of it is compared first. An upload that was completed meanwhile is
// found, and nothing is sent.
//
// Errors: those of Upload; [errors.ErrFileChanged] when r is another file;
// [errors.ErrUploadLost] when the server has no such upload any more, because
// it expired: begin again then.
//
// Source: plone.restapi documentation, "TUS resumable upload".
func (s *FileService) Resume(ctx context.Context, state UploadState, r io.ReaderAt, o ResumeOptions, opts ...CallOption) (*Uploaded, error) {
	u, err := s.newUpload(r, state, UploadOptions{
		Type: state.Type, Filename: state.Filename, ContentType: state.ContentType, Field: state.Field,
		ChunkSize: o.ChunkSize, Progress: o.Progress, OnState: o.OnState,
	}, opts)
	if err != nil {
		return nil, err
	}
	if err := u.compare(); err != nil {
		return nil, err
	}
	u.offset, err = u.ask(ctx)
	switch {
	case errors.Is(err, errors.ErrNotFound):
		end, lookErr := u.look(ctx)
		if lookErr != nil {
			return nil, lookErr
		}
		if end == nil {
			return nil, u.forgotten(err, false).error
		}
		return u.result(ctx, end)
	case err != nil:
		return nil, err
	case u.offset > u.state.Covered:
		return nil, fmt.Errorf("plone: upload of %q: %w: the server has %d bytes, this state knows of %d",
			state.Filename, errors.ErrDamaged, u.offset, u.state.Covered)
	}
	return u.run(ctx)
}

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
