package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"plone.example/restapi/errors"
)

// SavedFile is a file that [FileService.Save] stored on this machine.
type SavedFile struct {
	ContentType string // as the site says it, with parameters
	Filename    string // that the site proposes, as [SafeFilename] returns it
	Size        int64  // bytes
	Requests    int    // made for the bytes
}

// SaveOptions say which file of an object is meant, as [DownloadOptions] do, and how
// to store it.
type SaveOptions struct {
	Field, Scale string
	Width        int // pixels

	// Progress is called as bytes arrive, by one goroutine. total is -1 when the
	// site does not say.
	Progress func(done, total int64)
	// SHA256 is what the sum of the file must be, in hexadecimal; empty for any.
	SHA256 string
}

// Save downloads the file of the object at path, as Download does, into the
// local file called filename, which it replaces.
//
// A connection that breaks is taken up where it broke, as often as [WithRetry]
// says; so is one on which no byte comes for [StallTimeout]. The bytes go into a file
// beside it whose name begins with that of filename, or with as much of it as fits, and
// ends in ".part", which is renamed when all are there. After an error it stays, and the
// next Save, also of another process, resumes with it if the file is the same:
// an object that was changed meanwhile is begun again. So is one of which the site, or
// something before it, sends no parts, once it sends the whole. Bytes that are not of the
// file, as those of a response that ends too early without saying how long it is,
// are given up. Only the last second
// before the download is blind: a change in it that leaves the size as it was is
// noticed by SHA256 alone. Two processes must not save the same at once.
//
// Errors: those of Download; [errors.ErrFileChanged] when the object does not
// stay as it is; [errors.ErrDamaged] when the sum is not SHA256; those of
// package os.
//
// Source: plone.restapi documentation, "Serialization", "File and image fields".
func (s *FileService) Save(ctx context.Context, path, filename string, o SaveOptions, opts ...CallOption) (*SavedFile, error) {
	asked, err := s.source(ctx, path, DownloadOptions{Field: o.Field, Scale: o.Scale, Width: o.Width}, opts)
	if err != nil {
		return nil, err
	}
	if filename == "" {
		return nil, invalid("Save without a file name")
	}
	if sum, err := hex.DecodeString(o.SHA256); err != nil || o.SHA256 != "" && len(sum) != sha256.Size {
		return nil, invalid("SHA256 %q is no such sum", o.SHA256)
	}
	d := &save{service: s, asked: asked, path: path, filename: filename, options: o}
	defer d.close()
	furthest := int64(0)
	for failed := 0; ; {
		mayGoOn, err := d.step(ctx)
		if err == nil {
			return d.finish()
		}
		if d.offset > furthest {
			failed, furthest = 0, d.offset
		}
		failed++
		if !mayGoOn {
			return nil, err
		}
		if err := asked.wait(ctx, s.client, failed, err); err != nil {
			return nil, err
		}
	}
}

// save is a download into a file.
type save struct {
	service        *FileService
	asked          *source
	path, filename string
	options        SaveOptions

	part   *os.File // nil before the first response
	fetch  *fetch   // of the object that part belongs to; nil likewise
	offset int64    // bytes in part that are right
	saved  SavedFile
}

// step makes one request for what is missing and writes what comes. It reports
// whether its error leaves hope.
func (d *save) step(ctx context.Context) (mayGoOn bool, err error) {
	if d.fetch == nil {
		// Before the bytes: if it changes in between, they are too new for it, and
		// that shows as soon as they have to be taken up again.
		object, err := d.service.holder(ctx, d.asked.object)
		if err != nil {
			return false, err
		}
		d.fetch = &fetch{service: d.service, path: d.path, source: d.asked, revision: object.revision}
		if d.asked.described {
			d.fetch.source = d.asked.in(object.files)
		}
		if err := d.open(); err != nil {
			return false, err
		}
	}
	before := d.fetch.requests
	answer, start, err := d.fetch.from(ctx, d.offset)
	d.saved.Requests += d.fetch.requests - before
	if _, stale := errors.AsType[staleError](err); stale {
		return true, d.begin(err)
	}
	if err != nil {
		return false, err // retried enough
	}
	defer answer.Close()
	if start < d.offset {
		d.offset = start
		if err := d.part.Truncate(start); err != nil {
			return false, err
		}
	}
	d.saved.ContentType, d.saved.Filename = answer.ContentType, answer.Filename
	if _, err := d.part.Seek(d.offset, io.SeekStart); err != nil {
		return false, err
	}
	to := &arriving{save: d, ctx: ctx, total: answer.Size}
	_, err = io.Copy(to, answer)
	if errors.Is(err, errors.ErrDamaged) {
		// The bytes end as if they were all: they may be those of something else.
		return true, d.begin(err)
	}
	return to.err == nil, err
}

// contentRange reads "bytes 5-9/22", which must be the end of the file.
func contentRange(value string) (start, size int64, ok bool) {
	value, isBytes := strings.CutPrefix(value, "bytes ")
	span, whole, _ := strings.Cut(value, "/")
	first, last, _ := strings.Cut(span, "-")
	start, err1 := strconv.ParseInt(first, 10, 64)
	end, err2 := strconv.ParseInt(last, 10, 64)
	size, err3 := strconv.ParseInt(whole, 10, 64)
	ok = isBytes && err1 == nil && err2 == nil && err3 == nil && 0 <= start && start <= end && end == size-1
	return start, size, ok
}

// maxName is the length in bytes of the longest name of a file on most systems.
const maxName = 255

// open opens the file for the bytes, which may be there in part.
func (d *save) open() error {
	// The last line tells it from parts of earlier releases, which kept encodings.
	of := d.fetch.revision + "\n" + strings.Join(d.fetch.source.service, "/") + "\n" + d.path + "\nidentity"
	dir, base := filepath.Split(d.filename)
	if most := maxName - len(".0123456789abcdef.part"); len(base) > most {
		of += "\n" + base
		base = strings.ToValidUTF8(base[:most], "")
	}
	sum := sha256.Sum256([]byte(of))
	name := dir + base + "." + hex.EncodeToString(sum[:8]) + ".part"
	var err error
	if d.part, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return err
	}
	d.offset, err = d.part.Seek(0, io.SeekEnd)
	return err
}

// begin gives up what has arrived, as it is not of the file. It returns why.
func (d *save) begin(why error) error {
	err := errors.Join(d.part.Close(), os.Remove(d.part.Name()))
	d.part, d.fetch, d.offset = nil, nil, 0
	return errors.Join(why, err)
}

// close leaves the bytes for the next time, if there are any.
func (d *save) close() {
	if d.part == nil {
		return
	}
	_ = d.part.Close() // the error that matters is out already
	if d.offset == 0 {
		_ = os.Remove(d.part.Name())
	}
}

// finish makes a file of the bytes.
func (d *save) finish() (*SavedFile, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	name := d.part.Name()
	err := errors.Join(d.part.Sync(), d.part.Close())
	d.part = nil
	if err == nil {
		err = os.Rename(name, d.filename)
	}
	if err != nil {
		return nil, fmt.Errorf("plone: download of %s: %w", d.path, err)
	}
	d.saved.Size = d.offset
	return &d.saved, nil
}

// check compares the bytes with the sum, and drops them if they are others.
func (d *save) check() error {
	if d.options.SHA256 == "" {
		return nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(d.part, 0, d.offset)); err != nil {
		return fmt.Errorf("plone: download of %s: %w", d.path, err)
	}
	if sum := hex.EncodeToString(h.Sum(nil)); !strings.EqualFold(sum, d.options.SHA256) {
		d.offset = 0 // close removes it
		return fmt.Errorf("plone: download of %s: %w: the sum is %s", d.path, errors.ErrDamaged, sum)
	}
	return nil
}

// arriving writes bytes to the file, and tells errors of that from those of the
// connection.
type arriving struct {
	*save
	ctx   context.Context
	total int64
	err   error
}

// Write implements io.Writer. It looks at the context, as bytes that have arrived
// are read whether that has ended or not.
func (a *arriving) Write(p []byte) (int, error) {
	if err := a.ctx.Err(); err != nil {
		a.err = fmt.Errorf("plone: download of %s: %w", a.path, err)
		return 0, a.err
	}
	n, err := a.part.Write(p)
	a.offset += int64(n)
	if err != nil {
		a.err = err
	} else if a.options.Progress != nil {
		a.options.Progress(a.offset, a.total)
	}
	return n, err
}
