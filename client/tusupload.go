package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/failure"
	"plone.example/restapi/retry"
)

// FileService moves the bytes of files. It is safe for concurrent use.
//
// Uploads and downloads are bounded by their context, not by [WithTimeout].
type FileService struct {
	client *Client
	// When several uploads end at once, the server forgets the bytes of all but
	// one. A place in here lets an upload of this client end.
	ending chan struct{}
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

	// ChunkSize is the number of bytes in a request; 16 MiB when 0. Each request
	// has a connection of its own. A proxy may refuse large ones with 413.
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
// 204.
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

const (
	defaultChunk = 16 << 20
	tusVersion   = "1.0.0"
	sniffed      = 512 // bytes, as many as net/http looks at
	compared     = 64 << 10
)

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

var (
	uploadOptions = declare(operation{
		name: "Files.Options", method: http.MethodOptions, path: "/{path}/@tus-upload", want: http.StatusNoContent,
	})
	// Done twice, these two leave a place behind that expires.
	createUpload = declare(operation{
		name: "Files.Upload", method: http.MethodPost, path: "/{path}/@tus-upload", want: http.StatusCreated,
		kind: retry.Repeatable, unbounded: true,
	})
	replaceByUpload = declare(operation{
		name: "Files.Replace", method: http.MethodPost, path: "/{path}/@tus-replace", want: http.StatusCreated,
		kind: retry.Repeatable, unbounded: true,
	})
	askUpload = declare(operation{
		name: "Files.Offset", method: http.MethodHead, path: "/{path}/@tus-upload/{upload}", want: http.StatusOK, unbounded: true,
	})
	sendChunk = declare(operation{
		name: "Files.Chunk", method: http.MethodPatch, path: "/{path}/@tus-upload/{upload}", want: http.StatusNoContent, unbounded: true,
	})
)

// begun is at for an upload that was begun at an address.
func (op *operation) begun(address string) request {
	r := op.at(address)
	r.service = nil
	return r
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
// [errors.ErrNotFound] when there is no such folder, [errors.DecodeError] when the
// answer names no version.
//
// Source: plone.restapi documentation, "TUS resumable upload".
func (s *FileService) Options(ctx context.Context, folder string, opts ...CallOption) (*TusOptions, error) {
	r := uploadOptions.at(folder)
	resp, err := s.client.roundTrip(ctx, r.apply(opts), nil)
	if err != nil {
		return nil, err
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
// moment, everything is sent again. Both happen as often as [WithRetry] says. r
// must not change meanwhile; it may be read by several goroutines.
//
// Errors: [StoredError] when the file is stored but the object cannot be read;
// [errors.ErrUnauthorized] when the user may not add here, or the type
// is unknown or not allowed here; [errors.ErrNotFound] when there is no such
// folder; [errors.ErrValidation] when fields are refused, as for an "Image"
// that is none; [errors.ErrNotDone] when the type has no field for the file:
// then there may be an object without it; [errors.ErrDamaged] when the server
// stored other bytes; [errors.ErrOutcomeUnknown] when the answer to the last
// chunk was lost and no object has these bytes; [errors.ErrUploadLost] when
// others write so much that the server loses the upload again and again; what r
// returns.
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
			return nil, fmt.Errorf("plone: upload of %q: %w: %w", state.Filename, errors.ErrUploadLost, err)
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

// upload is a file on its way.
type upload struct {
	client  *Client
	ending  chan struct{} // of the service
	source  io.ReaderAt
	options UploadOptions
	// callOptions are for each request about the upload.
	callOptions []CallOption
	state       UploadState

	offset int64 // what the server has
	hash   hash.Hash
	body   *chunk // the last that was sent
	// reading is that of all chunks: see Read.
	reading reading
	buffer  []byte // of the chunks, one after the other
	// lost is the error of a try after which the server may have all bytes; nil
	// when there was none. It may still be at work on it.
	lost error
}

func (s *FileService) newUpload(source io.ReaderAt, state UploadState, o UploadOptions, opts []CallOption) (*upload, error) {
	switch {
	case source == nil:
		return nil, invalid("a nil reader")
	case state.Size < 0:
		return nil, invalid("a file of %d bytes", state.Size)
	case o.ChunkSize < 0:
		return nil, invalid("chunks of %d bytes", o.ChunkSize)
	case !utf8.ValidString(o.Filename):
		return nil, invalid("the file name %q is not UTF-8", o.Filename)
	}
	if o.ChunkSize == 0 {
		o.ChunkSize = defaultChunk
	}
	if o.ContentType == "" {
		start := make([]byte, min(sniffed, state.Size))
		if n, err := source.ReadAt(start, 0); n < len(start) {
			return nil, fmt.Errorf("plone: reading the file: %w", err)
		}
		o.ContentType, _, _ = strings.Cut(http.DetectContentType(start), ";")
	}
	state.Filename, state.ContentType, state.Field = o.Filename, o.ContentType, o.Field
	return &upload{
		client: s.client, ending: s.ending, source: source, options: o, callOptions: opts, state: state, hash: sha256.New(),
	}, nil
}

// start makes a place for the bytes on the server. An earlier place expires.
func (u *upload) start(ctx context.Context) error {
	u.lost = nil
	op := createUpload
	metadata := []string{"filename", u.state.Filename, "content-type", u.state.ContentType, "fieldname", u.state.Field}
	if u.state.Replace {
		op = replaceByUpload
	} else {
		// Without a type the server guesses, and makes a page of a text.
		metadata = append(metadata, "@type", u.state.Type)
	}
	length := u.state.Size
	if length == 0 {
		// The server loses an upload of length 0, but is content with nothing
		// when it expects less.
		length = -1
	}
	header := http.Header{
		"Tus-Resumable":   {tusVersion},
		"Upload-Length":   {strconv.FormatInt(length, 10)},
		"Upload-Metadata": {encodeMetadata(metadata)},
	}
	r := op.at(u.state.Target)
	r.Header = header
	resp, err := u.client.roundTrip(ctx, r.apply(u.callOptions), nil)
	if err != nil {
		return err
	}
	place := location(resp)
	if place == nil {
		return u.client.decodeError(resp, []byte{}, errMissing("Location"))
	}
	// The place is below the target, whatever the server calls itself.
	at, err := u.client.resolve(u.state.Target, "@tus-upload", path.Base(place.Path))
	if err != nil {
		return err
	}
	u.state.URL, u.state.Covered, u.offset = at.String(), 0, 0
	u.state.Started = date(resp.Header, "Date")
	u.state.Expires = date(resp.Header, "Upload-Expires")
	u.hash.Reset()
	return u.report(0)
}

// date reads a date of a header; now when there is none.
func date(h http.Header, name string) time.Time {
	t, err := http.ParseTime(h.Get(name))
	if err != nil {
		t = time.Now()
	}
	return t.UTC()
}

// encodeMetadata writes pairs of keys and values, without those that are empty.
func encodeMetadata(pairs []string) string {
	var items []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			items = append(items, pairs[i]+" "+base64.StdEncoding.EncodeToString([]byte(pairs[i+1])))
		}
	}
	return strings.Join(items, ",")
}

// report tells OnState that the bytes up to end are about to be sent.
func (u *upload) report(end int64) error {
	if u.options.OnState == nil {
		return nil
	}
	if end > u.state.Covered || u.state.Fingerprint == nil {
		if err := u.digest(end); err != nil {
			return err
		}
		u.state.Covered, u.state.Fingerprint = end, u.hash.Sum(nil)
	}
	if err := u.options.OnState(u.state); err != nil {
		return fmt.Errorf("plone: keeping the state of an upload: %w", err)
	}
	return nil
}

// digest takes the bytes from Covered to end into the hash.
func (u *upload) digest(end int64) error {
	n := end - u.state.Covered
	switch copied, err := io.Copy(u.hash, io.NewSectionReader(u.source, u.state.Covered, n)); {
	case err != nil:
		return fmt.Errorf("plone: reading the file: %w", err)
	case copied < n:
		return fmt.Errorf("plone: reading the file: %w", io.ErrUnexpectedEOF)
	}
	return nil
}

// compare makes sure that the source begins as the state says.
func (u *upload) compare() error {
	covered := u.state.Covered
	if covered < 0 || covered > u.state.Size || u.state.URL == "" {
		return invalid("this is no state of an upload")
	}
	u.state.Covered = 0
	err := u.digest(covered)
	u.state.Covered = covered
	changed := errors.Is(err, io.ErrUnexpectedEOF) || err == nil && !bytes.Equal(u.hash.Sum(nil), u.state.Fingerprint)
	if changed {
		return fmt.Errorf("plone: upload of %q: %w", u.state.Filename, errors.ErrFileChanged)
	}
	return err
}

// ask returns how many bytes the server has.
func (u *upload) ask(ctx context.Context) (int64, error) {
	r := askUpload.begun(u.state.URL)
	r.Header = http.Header{"Tus-Resumable": {tusVersion}}
	resp, err := u.client.roundTrip(ctx, r.apply(u.callOptions), nil)
	if err != nil {
		return 0, err
	}
	offset := number(resp.Header, "Upload-Offset")
	if offset < 0 {
		return 0, u.client.decodeError(resp, []byte{}, errMissing("Upload-Offset"))
	}
	return offset, nil
}

// number reads a count of a header; -1 when there is none.
func number(h http.Header, name string) int64 {
	n, err := strconv.ParseInt(h.Get(name), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// What follows a chunk that was sent.
type next int

const (
	goOn    next = iota // the server has it
	done                // the server has made content of the file
	nothing             // the server has the file, and has made nothing of it
	ask                 // nobody knows how much the server has
	again               // the server has lost the upload, or has something else
	giveUp              // it will not be better the next time
)

// after decides what follows a chunk that goes up to end, the last one or not.
// status is 0 when there was no answer; offset is what the server says to have,
// -1 when it says nothing; located tells that it named an object.
func after(status int, offset, end int64, last, located bool) next {
	switch {
	case status == 0 || status >= http.StatusInternalServerError:
		return ask
	case status/100 == 2 && status != http.StatusNoContent: // not of the server, see errors.DecodeError
		return ask
	case status == http.StatusNotFound:
		return again
	case status != http.StatusNoContent:
		return giveUp
	case offset > end:
		return again
	case offset != end:
		return ask
	case !last:
		return goOn
	case located:
		return done
	}
	return nothing
}

// stored is how an upload ended well.
type stored struct {
	response Response
	location *url.URL // of the object
}

// setback is an error that is made up for by going on, or by starting again.
type setback struct {
	error
	restart bool
	// The server had the upload a moment ago, and lost it when it made content of
	// it: others were writing too.
	conflict bool
}

// serverTries is how often the server tries to carry out any other write before
// it reports a conflict. The end of an upload is tried once: a second try finds
// that the first has taken the bytes away.
const serverTries = 4

// run sends what the server does not have, until there is content of it.
func (u *upload) run(ctx context.Context) (*Uploaded, error) {
	policy := u.client.loggedPolicy()
	// Failures since there was more on the server than ever, and starts.
	var failed, restarted, conflicts int
	for furthest := u.offset; ; {
		end, err := u.step(ctx)
		if end != nil {
			return u.result(ctx, end)
		}
		back, isSetback := err.(*setback)
		if err != nil && !isSetback {
			return nil, err
		}
		if u.offset > furthest {
			failed, furthest = 0, u.offset
		}
		if err == nil {
			continue
		}
		switch {
		case !back.restart:
			failed++
			err = u.pause(ctx, policy, failed, u.offset, back)
		case back.conflict:
			conflicts++
			err = u.pause(ctx, policy, (conflicts+serverTries-1)/serverTries, 0, back)
		default:
			restarted++
			err = u.pause(ctx, policy, restarted, 0, back)
		}
		if err == nil && back.restart {
			failed, furthest = 0, 0
			err = u.start(ctx)
		}
		if err != nil {
			return nil, err
		}
	}
}

// pause waits after a try of that number, before the bytes behind from are sent
// again. It returns the error of the upload when there is no sense in that.
func (u *upload) pause(ctx context.Context, policy retry.Policy, number int, from int64, back *setback) error {
	if w, isStream := u.source.(*window); isStream && from < w.base {
		return back.error
	}
	a := retry.Attempt{Number: number, Method: http.MethodPatch, Err: back.error}
	var atLeast time.Duration
	if e, answered := errors.AsType[*errors.StatusError](back.error); answered {
		a.Status, atLeast = int(e.Status), e.RetryAfter
	}
	var another bool
	if a.Wait, another = policy.Next(number, atLeast); !another {
		return back.error
	}
	if policy.OnRetry != nil {
		a.URL, _ = url.Parse(u.state.URL) // made by start, or read by ask
		policy.OnRetry(ctx, a)
	}
	return sleep(ctx, a.Wait, back.error)
}

// sleep waits for d. When ctx ends before, the error is that of ctx and cause.
func sleep(ctx context.Context, d time.Duration, cause error) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errors.Join(cause, context.Cause(ctx))
	}
}

// step sends one chunk and finds out what became of it: nothing special, or the
// end of the upload, or an error, which is a setback when there is a way out.
func (u *upload) step(ctx context.Context) (*stored, error) {
	end := min((u.offset/u.options.ChunkSize+1)*u.options.ChunkSize, u.state.Size)
	last := end == u.state.Size
	if err := u.report(end); err != nil {
		return nil, err
	}
	if last {
		select {
		case u.ending <- struct{}{}:
			defer func() { <-u.ending }()
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	resp, err := u.send(ctx, end)
	if resp == nil && u.body.err != nil {
		return nil, fmt.Errorf("plone: reading the file: %w", u.body.err)
	}
	status, offset, place := 0, int64(-1), (*url.URL)(nil)
	if resp != nil {
		status, offset, place = resp.StatusCode, number(resp.Header, "Upload-Offset"), location(resp)
	}
	switch after(status, offset, end, last, place != nil) {
	case goOn:
		u.offset, u.state.Expires = end, date(resp.Header, "Upload-Expires")
		return nil, nil
	case done:
		return &stored{summary(resp), place}, nil
	case nothing:
		return nil, u.client.decodeError(resp, []byte{}, errors.ErrNotDone)
	case giveUp:
		return nil, err
	case ask:
		if err == nil {
			err = u.client.decodeError(resp, []byte{}, errors.New("the answer has no Upload-Offset that fits"))
		}
		return u.find(ctx, err, last)
	}
	if err == nil {
		return nil, u.damaged(offset, place)
	}
	if u.lost != nil {
		return u.vanished(ctx)
	}
	return nil, &setback{error: u.failed(errors.ErrUploadLost, err), restart: true, conflict: last}
}

// find decides what follows a chunk of which nobody knows whether the server has
// it; err is why.
func (u *upload) find(ctx context.Context, err error, last bool) (*stored, error) {
	// Before it has all bytes, the server cannot have made content of them.
	unknown := last && u.body.sent()
	if unknown {
		u.lost = err
	}
	offset, askErr := u.ask(ctx)
	switch {
	case askErr == nil && offset > u.state.Size:
		return nil, u.damaged(offset, nil)
	case askErr == nil:
		u.offset = offset
		return nil, &setback{error: err}
	case !errors.Is(askErr, errors.ErrNotFound):
		if unknown {
			err = u.failed(errors.ErrOutcomeUnknown, err)
		}
		return nil, errors.Join(err, askErr)
	case u.lost == nil:
		return nil, &setback{error: u.failed(errors.ErrUploadLost, err), restart: true}
	}
	return u.vanished(ctx)
}

// vanished decides what follows when the server does not know the upload any more
// and may have made content of it.
func (u *upload) vanished(ctx context.Context) (*stored, error) {
	found, lookErr := u.look(ctx)
	if found != nil {
		return found, nil
	}
	if e, answered := errors.AsType[*errors.StatusError](u.lost); answered && e.Raised() && lookErr == nil {
		return nil, &setback{error: u.failed(errors.ErrUploadLost, u.lost), restart: true, conflict: true} // it was rolled back
	}
	return nil, errors.Join(u.failed(errors.ErrOutcomeUnknown, u.lost), lookErr)
}

// failed is an error of the upload.
func (u *upload) failed(reason, err error) error {
	return fmt.Errorf("plone: upload of %q: %w: %w", u.state.Filename, reason, err)
}

// damaged is the setback of an upload that the server has more of than there is:
// something on the way sent a chunk twice. When there is an object of it, that
// one gets the right bytes.
func (u *upload) damaged(offset int64, place *url.URL) error {
	err := fmt.Errorf("plone: upload of %q: %w: the server has %d bytes of %d",
		u.state.Filename, errors.ErrDamaged, offset, u.state.Size)
	if place != nil {
		u.state.Target, u.state.Replace = place.String(), true
		err = fmt.Errorf("%w, and stored them as %v", err, withoutQuery(place))
	}
	return &setback{error: err, restart: true}
}

// send sends the bytes up to end. It returns the answer, closed, whatever its
// status, and the error that it is.
func (u *upload) send(ctx context.Context, end int64) (*http.Response, error) {
	c := u.client
	r := sendChunk.begun(u.state.URL)
	r.Header = http.Header{
		"Tus-Resumable": {tusVersion},
		"Upload-Offset": {strconv.FormatInt(u.offset, 10)},
		"Content-Type":  {"application/offset+octet-stream"},
	}
	req, err := c.build(ctx, r.apply(u.callOptions))
	if err != nil {
		return nil, err
	}
	u.body = u.newChunk(end)
	if end > u.offset {
		req.Body, req.ContentLength = u.body, end-u.offset
		// For a server that does not know the token any more: it has looked at
		// nothing else.
		req.GetBody = func() (io.ReadCloser, error) {
			u.body.stop()
			u.body = u.newChunk(end)
			return u.body, nil
		}
	}
	start := time.Now()
	// Past the transport that repeats calls: the server would append a chunk
	// that comes twice.
	resp, err := c.credentials.RoundTrip(req)
	u.body.stop()
	u.reading.check(resp)
	if err != nil {
		err = failure.Typed(req, err)
	} else {
		defer resp.Body.Close()
		err = errors.FromResponse(resp)
		_, _ = io.CopyN(io.Discard, resp.Body, maxErrorBody) // so that the connection can be used again
	}
	c.log(req, resp, err, start)
	return resp, err
}

// chunk is the body of one request.
type chunk struct {
	source    io.ReaderAt
	next, end int64
	progress  func(done int64)
	reading   *reading
	buffer    []byte

	mu    sync.Mutex
	ahead []byte // of buffer: bytes that come next
	err   error  // of the source
	over  bool
}

func (u *upload) newChunk(end int64) *chunk {
	if size := min(readBuffer, u.options.ChunkSize, u.state.Size); u.buffer == nil {
		u.buffer = make([]byte, size)
	}
	c := &chunk{source: u.source, next: u.offset, end: end, reading: &u.reading, buffer: u.buffer}
	if u.options.Progress != nil {
		c.progress = func(done int64) { u.options.Progress(done, u.state.Size) }
	}
	return c
}

// Read implements io.Reader. Only a source with too few bytes, or none for a
// reason of its own, makes it fail.
func (c *chunk) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.over:
		return 0, net.ErrClosed
	case c.next == c.end:
		return 0, io.EOF
	case len(c.ahead) > 0:
	case c.err != nil:
		return 0, c.err
	default:
		if n, err := c.reading.do(c.fill); n == 0 {
			return 0, err
		}
	}
	n := copy(p, c.ahead)
	c.ahead = c.ahead[n:]
	c.next += int64(n)
	return n, nil
}

// fill reads from the source, and tells of the progress.
func (c *chunk) fill() (int, error) {
	p := c.buffer[:min(int64(len(c.buffer)), c.end-c.next)]
	n, err := c.source.ReadAt(p, c.next)
	if n < len(p) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		c.err = err
	}
	if c.ahead = p[:n]; n > 0 && c.progress != nil {
		c.progress(c.next + int64(n))
	}
	return n, c.err
}

// Close implements io.Closer.
func (c *chunk) Close() error { return nil }

// stop makes sure that the source is left alone: net/http may read a body after
// the request has ended.
func (c *chunk) stop() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
}

// sent reports whether all bytes went out, after stop.
func (c *chunk) sent() bool { return c.next == c.end }

// result reads the object that was made, and makes sure that it has the file.
func (u *upload) result(ctx context.Context, end *stored) (*Uploaded, error) {
	content, err := u.client.Content.Get(ctx, end.location.String())
	if err != nil {
		return nil, &StoredError{end.location, err}
	}
	if u.fileIn(content.Value.Raw()) == nil {
		// Nothing is said about a field that does not exist, or that may not be
		// written.
		return nil, &StoredError{end.location, u.failed(errors.ErrNotDone, errors.New("the object has no such file"))}
	}
	return &Uploaded{Response: end.response, Object: content.Value, Location: end.location}, nil
}

// fileIn returns what an object says about the file of the upload; nil when it
// has none of this size.
func (u *upload) fileIn(object []byte) *NamedFile {
	var fields map[string]json.RawMessage
	if json.Unmarshal(object, &fields) != nil {
		return nil
	}
	for name, field := range fields {
		var f NamedFile
		if (u.state.Field == "" || u.state.Field == name) &&
			json.Unmarshal(field, &f) == nil && f.Download != "" && f.Size == u.state.Size {
			return &f
		}
	}
	return nil
}

// look finds the object that an upload has become although the answer was lost:
// one that is not older than the upload, has a file of this name, and the same
// bytes. It returns nil when there is none.
func (u *upload) look(ctx context.Context) (*stored, error) {
	r := listChildren.at(u.state.Target)
	if !u.state.Replace {
		r = searchContent.at(u.state.Target)
		r.Query = url.Values{
			"path.depth": {"1"}, "portal_type": {u.state.Type}, "fullobjects": {"1"},
			"sort_on": {"created"}, "sort_order": {"descending"}, "b_size": {"25"},
			// The index knows no seconds.
			"created.query": {u.state.Started.Truncate(time.Minute).Format(time.RFC3339)}, "created.range": {"min"},
		}
	}
	answer, err := ok[json.RawMessage](ctx, u.client, r, nil)
	if err != nil {
		return nil, err
	}
	candidates := []json.RawMessage{answer.Value}
	if !u.state.Replace {
		var batch struct {
			Items []json.RawMessage `json:"items"`
		}
		if err := json.Unmarshal(answer.Value, &batch); err != nil {
			return nil, err
		}
		candidates = batch.Items
	}
	for _, object := range candidates {
		var found Summary
		if err := json.Unmarshal(object, &found); err != nil {
			return nil, err
		}
		f := u.fileIn(object)
		if f == nil || f.Filename != u.state.Filename || !u.state.Replace && found.Created.Before(u.state.Started) {
			continue
		}
		same, err := u.same(ctx, f)
		if err != nil {
			return nil, err
		}
		if same {
			at, err := u.client.resolve(found.URL)
			return &stored{answer.Response, at}, err
		}
	}
	return nil, nil
}

// same compares the bytes of a file with those of the source.
func (u *upload) same(ctx context.Context, f *NamedFile) (bool, error) {
	d, err := u.client.Files.Download(ctx, f.Download, DownloadOptions{Known: f})
	if err != nil {
		return false, err
	}
	defer d.Close()
	theirs, ours := make([]byte, compared), make([]byte, compared)
	for at := int64(0); ; {
		n, err := io.ReadFull(d, theirs)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return false, err
		}
		if m, err := u.source.ReadAt(ours[:n], at); m < n {
			return false, fmt.Errorf("plone: reading the file: %w", err)
		}
		if !bytes.Equal(theirs[:n], ours[:n]) {
			return false, nil
		}
		if at += int64(n); err != nil {
			return at == u.state.Size, nil
		}
	}
}
