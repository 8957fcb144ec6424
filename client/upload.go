package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

const (
	defaultChunk = 16 << 20
	// Chunks of this size are not made smaller.
	minChunk   = 64 << 10
	tusVersion = "1.0.0"
	sniffed    = 512 // bytes, as many as net/http looks at
	compared   = 64 << 10
)

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
		kind: retry.Resumable,
	})
)

// begun is at for an upload that was begun at an address.
func (op *operation) begun(address string) request {
	r := op.at(address)
	r.service = nil
	return r
}

// upload is a file on its way.
type upload struct {
	client  *Client
	endings *turns // of the service
	source  io.ReaderAt
	options UploadOptions
	// callOptions are for each request about the upload.
	callOptions []CallOption
	state       UploadState

	offset int64 // what the server has
	size   int64 // of the next chunk
	hash   hash.Hash
	body   *chunk // the last that was sent
	buffer []byte // of all chunks
	whole  bool   // the file may go out in one request instead
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
		client: s.client, endings: &s.endings, source: source, options: o, callOptions: opts, state: state,
		size: o.ChunkSize, hash: sha256.New(), whole: true,
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
		return u.client.withoutTUS(ctx, &r, err)
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

// withoutTUS is err, which ended r, as ErrUnsupported when the object is there and
// has no such service.
func (c *Client) withoutTUS(ctx context.Context, r *request, err error) error {
	e, answered := errors.AsType[*errors.StatusError](err)
	if !answered || e.Status != errors.ErrNotFound && e.Status != errors.ErrMethodNotAllowed && e.Status != errors.ErrNotImplemented ||
		c.look(ctx, r.Path, r) != nil {
		return err
	}
	return fmt.Errorf("plone: %w: no uploads by TUS at %s; Files.CreateInline sends a file together with its object: %w",
		errors.ErrUnsupported, r.Path, err)
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
	smaller             // something on the way takes no body of that size
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
	case status == http.StatusRequestEntityTooLarge:
		return smaller
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
	response *http.Response
	location *url.URL // of the object
}

// setback is an error that is made up for by going on, or by starting again.
type setback struct {
	error
	cause   error // of the last request; nil when that is the error
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
			err = u.pause(ctx, failed, u.offset, back)
		case back.conflict:
			conflicts++
			err = u.pause(ctx, (conflicts+serverTries-1)/serverTries, 0, back)
		default:
			restarted++
			err = u.pause(ctx, restarted, 0, back)
		}
		if err == nil && back.restart {
			failed, furthest = 0, 0
			if end, err = u.restart(ctx); end != nil {
				return u.result(ctx, end)
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

// pause waits after a try of that number, before the bytes behind from are sent
// again. It returns the error of the upload when there is no sense in that.
func (u *upload) pause(ctx context.Context, number int, from int64, back *setback) error {
	if w, isStream := u.source.(*window); isStream && from < w.base {
		return back.error
	}
	a := retry.Attempt{Number: number, Method: http.MethodPatch, Err: back.error}
	a.URL, _ = url.Parse(u.state.URL) // made by start, or read by ask
	var atLeast time.Duration
	for _, err := range []error{back.error, back.cause} {
		if e, answered := errors.AsType[*errors.StatusError](err); answered {
			a.Status, atLeast = int(e.Status), e.RetryAfter
		}
	}
	return u.client.transport.Wait(ctx, a, atLeast)
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
	end := min((u.offset/u.size+1)*u.size, u.state.Size)
	last := end == u.state.Size
	if err := u.report(end); err != nil {
		return nil, err
	}
	if last {
		leave, err := u.endings.enter(ctx, path.Dir(u.state.URL))
		if err != nil {
			return nil, err
		}
		defer leave()
	}
	resp, err := u.send(ctx, end)
	status, offset, place := 0, int64(-1), (*url.URL)(nil)
	if u.body.err != nil {
		err = fmt.Errorf("plone: reading the file: %w", u.body.err)
	}
	switch e, answered := errors.AsType[*errors.StatusError](err); {
	case answered:
		status = int(e.Status)
	case err == nil:
		status, offset, place = resp.StatusCode, number(resp.Header, "Upload-Offset"), location(resp)
	case !unanswered(err):
		return nil, err
	}
	switch after(status, offset, end, last, place != nil) {
	case goOn:
		u.offset, u.state.Expires = end, date(resp.Header, "Upload-Expires")
		return nil, nil
	case done:
		return &stored{resp, place}, nil
	case nothing:
		return nil, u.client.decodeError(resp, []byte{}, errors.ErrNotDone)
	case giveUp:
		return nil, err
	case smaller:
		if end-u.offset <= minChunk {
			return nil, err
		}
		u.size = max((end-u.offset)/2, minChunk)
		return nil, nil
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
	return nil, u.forgotten(err, last)
}

// unanswered reports whether err leaves open what the server has done: no response,
// or one that is not of the server.
func unanswered(err error) bool {
	_, lost := errors.AsType[*errors.TransportError](err)
	_, unusable := errors.AsType[*errors.DecodeError](err)
	return lost || unusable
}

// restart sends everything once more: in one request if it fits in there, and
// otherwise to a new place. It returns the end of the upload if that was it.
func (u *upload) restart(ctx context.Context) (*stored, error) {
	if end, err := u.inOne(ctx); end != nil || err != nil {
		return end, err
	}
	return nil, u.start(ctx)
}

// failed is an error of the upload.
func (u *upload) failed(reason, err error) error {
	return fmt.Errorf("plone: upload of %q: %w: %w", u.state.Filename, reason, err)
}

// send sends the bytes up to end.
func (u *upload) send(ctx context.Context, end int64) (*http.Response, error) {
	u.body = u.newChunk(end)
	defer u.body.stop()
	r := sendChunk.begun(u.state.URL).with(u.body)
	r.Header = http.Header{
		"Tus-Resumable": {tusVersion},
		"Upload-Offset": {strconv.FormatInt(u.offset, 10)},
		"Content-Type":  {"application/offset+octet-stream"},
	}
	r.placed = true // start was there
	return u.client.roundTrip(ctx, r.apply(u.callOptions), nil)
}

// result reads the object that was made, and makes sure that it has the file.
func (u *upload) result(ctx context.Context, end *stored) (*Uploaded, error) {
	at, err := u.client.told(end.response, end.location.String())
	if err != nil {
		return nil, &StoredError{end.location, err}
	}
	content, err := u.client.Content.Get(ctx, at.String())
	if err != nil {
		return nil, &StoredError{end.location, err}
	}
	if u.fileIn(content.Value.Raw()) == nil {
		// Nothing is said about a field that does not exist, or that may not be
		// written.
		return nil, &StoredError{end.location, u.failed(errors.ErrNotDone, errors.New("the object has no such file"))}
	}
	return &Uploaded{Response: summary(end.response), Object: content.Value, Location: end.location}, nil
}
