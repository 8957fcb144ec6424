package transfer

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"syscall"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

// fetch reads objects by their UIDs, in one request, and the site for its own.
// Those that are not there are not in the result. When the server fails over one
// of them, it fails over the whole batch; halving finds which. Those are told to
// failed, and nil in the result.
func fetch(ctx context.Context, c *client.Client, uids []string, failed func(uid string, err error)) (map[string]json.RawMessage, error) {
	got, err := fetchBatch(ctx, c, uids)
	if err == nil || fatal(err) {
		return got, err
	}
	if len(uids) == 1 {
		failed(uids[0], err)
		return map[string]json.RawMessage{uids[0]: nil}, nil
	}
	half := len(uids) / 2
	got, err = fetch(ctx, c, uids[:half], failed)
	if err != nil {
		return nil, err
	}
	rest, err := fetch(ctx, c, uids[half:], failed)
	maps.Copy(got, rest)
	return got, err
}

func fetchBatch(ctx context.Context, c *client.Client, uids []string) (map[string]json.RawMessage, error) {
	got := make(map[string]json.RawMessage, len(uids))
	var ask []string
	for _, uid := range uids {
		if uid != siteUID {
			ask = append(ask, uid)
			continue
		}
		root, err := c.Content.Get(ctx, "")
		if err != nil {
			return nil, err
		}
		got[siteUID] = root.Value.Raw()
	}
	if len(ask) == 0 {
		return got, nil
	}
	o := client.SearchOptions{PageSize: len(ask), Query: url.Values{"UID": ask}}
	for raw, err := range client.ContentAs[json.RawMessage](c).Search(ctx, "", o) {
		if errors.Is(err, errors.ErrListChanged) {
			break // those that are left are here
		}
		if err != nil {
			return nil, err
		}
		var head struct{ UID string }
		if err := wire.Unmarshal(*raw, &head); err != nil {
			return nil, err
		}
		got[head.UID] = *raw
	}
	return got, nil
}

// rolesOf returns the local roles that are set on an object itself.
func rolesOf(s client.Sharing) localRoles {
	r := localRoles{Roles: map[string][]string{}}
	for _, entry := range s.Entries {
		for _, role := range s.AvailableRoles {
			if entry.Roles[role.ID] == client.RoleLocal {
				r.Roles[entry.ID] = append(r.Roles[entry.ID], role.ID)
			}
		}
	}
	if !s.Inherit {
		r.Block = 1
	}
	return r
}

// hash passes the bytes of a file to w.
func (f *folder) hash(name string, w io.Writer) error {
	file, err := f.root.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(w, file)
	return err
}

// fatal reports whether a run has to stop after err: the site is lost, the login is
// dead, the disk fails, or somebody stopped it. Any other error is about what was
// asked for. It is a problem, the run goes on, and the next one tries again.
func fatal(err error) bool {
	switch {
	case err == nil, errors.Is(err, errors.ErrDamaged), errors.Is(err, fs.ErrNotExist):
		return false // a file of the folder, which is that of one item
	case errors.Is(err, errors.ErrInvalidCredentials), errors.Is(err, auth.ErrExpired),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.ErrShortWrite):
		return true
	}
	if _, lost := errors.AsType[*errors.TransportError](err); lost {
		return true
	}
	if e, answered := errors.AsType[*errors.StatusError](err); answered {
		// Plone names what it raises; a proxy sends a page. An error of the login is
		// one of every request.
		proxy := errors.Is(err, errors.ErrServer) && e.Status != errors.ErrNotImplemented && e.Type == ""
		return proxy || e.URL != nil && path.Base(e.URL.Path) == "@login"
	}
	// Of the file system: *fs.PathError, *os.LinkError, *os.SyscallError.
	_, disk := errors.AsType[syscall.Errno](err)
	return disk
}

func problem(phase Phase, path, uid string, err error) Problem {
	return Problem{Phase: phase, Path: path, UID: uid, Message: err.Error(), err: err}
}
