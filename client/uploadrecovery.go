package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

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

// fileIn returns what an object says about the file of the upload; nil when it
// has none of this size.
func (u *upload) fileIn(object []byte) *NamedFile {
	var fields map[string]json.RawMessage
	if wire.Unmarshal(object, &fields) != nil {
		return nil
	}
	for name, field := range fields {
		var f NamedFile
		if (u.state.Field == "" || u.state.Field == name) &&
			wire.Unmarshal(field, &f) == nil && f.Download != "" && f.Size == u.state.Size {
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
	var answer json.RawMessage
	resp, err := u.client.roundTrip(ctx, &r, &answer)
	if err != nil {
		return nil, err
	}
	candidates := []json.RawMessage{answer}
	if !u.state.Replace {
		var batch struct {
			Items []json.RawMessage `json:"items"`
		}
		if err := wire.Unmarshal(answer, &batch); err != nil {
			return nil, err
		}
		candidates = batch.Items
	}
	for _, object := range candidates {
		var found Summary
		if err := wire.Unmarshal(object, &found); err != nil {
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
			at, err := url.Parse(found.URL)
			if err != nil {
				return nil, err
			}
			return &stored{resp, at}, nil
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

// forgotten is the setback of an upload that the server does not know, although it
// has not had all of its bytes, or was just asked to make content of them. err is
// what it said. It is about the upload, and nothing else is not found.
func (u *upload) forgotten(err error, last bool) *setback {
	return &setback{
		error: fmt.Errorf("plone: upload of %q: %w: %v: others were writing at the same moment, or the site runs in "+
			"several processes that do not share a TUS_TMP_FILE_DIR: set that variable for all of them, or keep the "+
			"cookie of the load balancer by WithCookies", u.state.Filename, errors.ErrUploadLost, err),
		cause: err, restart: true, conflict: last,
	}
}

// inOne sends the file as JSON in one request, if it is not too large for that. The
// server then tries again by itself when others write at the same moment, and any of
// its processes will do. It returns neither a result nor an error when the upload has
// to go on in chunks.
func (u *upload) inOne(ctx context.Context) (*stored, error) {
	if !u.whole || u.state.Size == 0 || u.state.Size > min(u.size, defaultChunk) {
		return nil, nil
	}
	u.whole = false
	r, fields := createInline.at(u.state.Target), Fields{"@type": u.state.Type}
	if u.state.Replace {
		r, fields = replaceInline.at(u.state.Target), Fields{}
	}
	field, err := u.field(ctx)
	if err != nil || field == "" {
		return nil, err
	}
	document, err := newJSONFile(fields, field, u)
	if err != nil {
		return nil, err
	}
	r.Body, r.Header = document, http.Header{"Content-Type": u.client.fields.contentType}
	resp, err := u.client.roundTrip(ctx, r.apply(u.callOptions), nil)
	_, answered := errors.AsType[*errors.StatusError](err)
	switch {
	case err == nil && u.state.Replace:
		return &stored{resp, resp.Request.URL}, nil
	case err == nil && location(resp) != nil:
		return &stored{resp, location(resp)}, nil
	case err == nil:
		err = u.client.decodeError(resp, []byte{}, errMissing("Location"))
		fallthrough
	case errors.Is(err, errors.ErrOutcomeUnknown):
		u.lost = err
		return u.vanished(ctx)
	case answered:
		return nil, nil // it is more particular about objects than TUS
	}
	return nil, err
}

// field is the name of the field that takes the file; empty when nobody knows.
func (u *upload) field(ctx context.Context) (string, error) {
	if u.state.Field != "" {
		return u.state.Field, nil
	}
	of := u.state.Type
	if u.state.Replace {
		r := getContent.at(u.state.Target)
		WithoutItems()(&r)
		object, err := ok[struct {
			Type string `json:"@type"`
		}](ctx, u.client, r, nil)
		if err != nil {
			return "", err
		}
		of = object.Value.Type
	}
	switch of {
	case "File", "Image":
		return strings.ToLower(of), nil
	}
	return "", nil
}
