package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/urls"
	"plone.example/restapi/retry"
)

// WithTrustedPaths makes the client write without a look at what is there. By
// default each call that changes something, below the site root, is preceded by a
// GET of the object's breadcrumbs, since the server takes another object where
// there is none, see [AcquiredError]. It is for programs that know that their paths
// lead to objects, as those do that have just read or made them, and for users who
// may add or change what they may not view: to those the look is refused.
//
// It saves one short request for each write, and one for each path in the body of
// Copy, Move, Translations.Link, Relations.Create and Relations.Delete. With a path
// that leads nowhere, the write reaches an acquired object, one of another site on
// the same server, or, by a DELETE, the site itself. Get and Modify, which read the
// object in any case, compare its address all the same.
func WithTrustedPaths() Option {
	return func(c *config) error {
		c.trusted = true
		return nil
	}
}

// AcquiredError is the error of a path at which there is nothing. For a name that a
// folder does not have, the server acquires: it takes the object of that name
// found in the nearest parent, which may be the site itself or be in another site of the same
// server. A write was not sent. It matches [errors.ErrNotFound]; that of a DELETE
// which would have removed the site matches [errors.ErrInvalidInput] too.
type AcquiredError struct {
	Path string // below the site, decoded
	// Taken is what the server takes instead: its path below the site, "/" for the
	// site itself, or its address when it is elsewhere.
	Taken  string
	delete bool
}

// Error implements error.
func (e *AcquiredError) Error() string {
	return fmt.Sprintf("plone: nothing at %s; the server would use %s instead (acquired)", e.Path, e.Taken)
}

// Is reports whether target is one of the two.
func (e *AcquiredError) Is(target error) bool {
	return target == errors.ErrNotFound || target == errors.ErrInvalidInput && e.delete && e.Taken == "/"
}

// alreadyPlaced tells that the call before it has read the object at the path.
func alreadyPlaced(r *request) { r.placed = true }

// places is what a client knows about addresses of the server.
type places struct {
	base  atomic.Pointer[url.URL] // what the server calls the site, when that is no address of ours
	roots sync.Map                // path of a root of navigation → whether it is another site
}

// checkPlaces looks where the server would end, before it is told to write: at the
// object of u, and at those that the body names.
func (c *Client) checkPlaces(ctx context.Context, r *request, u *url.URL) error {
	if !r.placed {
		if err := c.checkTarget(ctx, r, u); err != nil {
			return err
		}
	}
	if c.trusted {
		return nil
	}
	for _, name := range r.names {
		if !strings.HasPrefix(name, "/") || name == "/" {
			continue // a UID names one object
		}
		// The service says itself what it does not find, or may not see.
		err := c.look(ctx, name, &request{Request: Request{Header: r.Header}})
		if err != nil && !errors.Is(err, errors.Class(3)) && !isAbsent(err) {
			return err
		}
	}
	return nil
}

// checkTarget looks where the server would end for the address u, when r is a write.
// It is asked again for the address that a redirect leads to.
func (c *Client) checkTarget(ctx context.Context, r *request, u *url.URL) error {
	if c.trusted || r.kind.Of(r.Method) == retry.Safe {
		return nil
	}
	path := strings.TrimPrefix(u.Path, c.site.Path)
	for _, element := range slices.Backward(r.service) {
		path = strings.TrimSuffix(path, "/"+element)
	}
	objects := []string{path}
	if r.op == anyCall || r.op == anyOpen {
		objects = objectsIn(path)
	}
	for i, object := range objects {
		if object == "" {
			continue
		}
		// What is redirected is not there, and no other object is taken for it: the
		// server redirects the write too. After the first, an object may be none.
		err := c.look(ctx, object, r)
		if err != nil && !errors.Is(err, errors.Class(3)) && (i == 0 || !isAbsent(err)) {
			return err
		}
	}
	return nil
}

// objectsIn returns the paths in path, one of Call or Open, that may be those of
// objects: all that end before an "@", with which ids begin as well as services.
func objectsIn(path string) []string {
	var objects []string
	for at := range path {
		if strings.HasPrefix(path[at:], "/@") {
			objects = append(objects, path[:at])
		}
	}
	if objects == nil {
		return []string{path}
	}
	return objects
}

// isAbsent reports whether err is what Plone itself says of an object that is not
// there or may not be seen.
func isAbsent(err error) bool { return refused(err, errors.ErrClient) }

// refused reports whether Plone itself sent a status of that class. A gateway knows
// nothing of objects.
func refused(err error, class errors.Class) bool {
	e, answered := errors.AsType[*errors.StatusError](err)
	return answered && e.Raised() && errors.Is(err, class)
}

// look asks where the server ends when it looks for the object at path, for the
// write that r is, and refuses what is elsewhere.
func (c *Client) look(ctx context.Context, path string, r *request) error {
	probe := getBreadcrumbs.at(path)
	probe.Header, probe.stays = r.Header.Clone(), true
	for name := range probe.Header { // of the body, and of the answer to the write
		if strings.HasPrefix(name, "Content-") || strings.HasPrefix(name, "Accept") || strings.HasPrefix(name, "If-") || name == "Range" {
			delete(probe.Header, name)
		}
	}
	var found Breadcrumbs
	resp, err := c.roundTrip(ctx, &probe, &found)
	if err != nil {
		return err
	}
	return c.checkPlace(ctx, found, resp.Request.URL, r.Method)
}

// checkObject refuses an object that was read when it is not the one asked for.
func (c *Client) checkObject(ctx context.Context, resp *http.Response, value any) error {
	object, found := value.(interface{ place() Breadcrumbs })
	if !found || resp.Request == nil || !absolute(object.place().URL) {
		return nil
	}
	return c.checkPlace(ctx, object.place(), resp.Request.URL, resp.Request.Method)
}

// checkPlace compares the address and the root of navigation that the server tells
// with the address that was asked for.
func (c *Client) checkPlace(ctx context.Context, found Breadcrumbs, asked *url.URL, method string) error {
	if err := c.checkAddress(ctx, found.URL, asked, method); err != nil {
		return err
	}
	return c.checkRoot(ctx, found.Root, asked)
}

// checkAddress compares what the server calls an object, or a service of it, with
// the address that was asked for.
func (c *Client) checkAddress(ctx context.Context, id string, asked *url.URL, method string) error {
	if rest, inside := strings.CutPrefix(id, c.address); inside && rest == strings.TrimPrefix(asked.EscapedPath(), c.site.EscapedPath()) {
		return nil // without more ado
	}
	path := simple(objectOf(strings.TrimPrefix(asked.Path, c.site.Path)))
	taken, err := c.placeOf(ctx, id)
	if err != nil || taken == path {
		return err
	}
	return &AcquiredError{Path: path, Taken: taken, delete: method == http.MethodDelete}
}

// placeOf returns the path below the site of the object that the server calls id, or
// its address when it is not inside the site.
func (c *Client) placeOf(ctx context.Context, id string) (string, error) {
	u, err := url.Parse(id)
	if err != nil {
		return id, nil
	}
	elements, err := c.insideSite(u)
	if err != nil {
		// The server may have another idea of its address, as behind a proxy.
		base, err := c.baseOf(ctx)
		if err != nil && !urls.SameOrigin(u, c.site) && (c.public == nil || !urls.SameOrigin(u, c.public)) {
			return "", err
		}
		inside := false
		if err == nil {
			elements, inside = pathBelow(u, base)
		}
		if !inside {
			return objectOf(id), nil
		}
	}
	return simple(objectOf("/" + strings.Join(elements, "/"))), nil
}

// baseOf is what the server calls the site itself.
func (c *Client) baseOf(ctx context.Context) (*url.URL, error) {
	if base := c.places.base.Load(); base != nil {
		return base, nil
	}
	root, err := ok[Breadcrumbs](ctx, c, getBreadcrumbs.at(""), nil)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(objectOf(root.Value.URL))
	if err != nil {
		return nil, fmt.Errorf("plone: the server calls the site %q, which cannot be parsed", root.Value.URL)
	}
	c.places.base.Store(base)
	return base, nil
}

// checkRoot refuses an object of another site whose address looks like one in this
// site, as it does where a virtual host makes the addresses. Such an object has the
// other site for its root of navigation; others have this site, or a folder in it.
func (c *Client) checkRoot(ctx context.Context, root string, asked *url.URL) error {
	if root == "" || root == c.address {
		return nil
	}
	folder, err := c.placeOf(ctx, root)
	if err != nil || folder == "/" || absolute(folder) {
		return err
	}
	other, known := c.places.roots.Load(folder)
	if !known {
		if other, err = c.inOtherSite(ctx, folder); err != nil {
			return err
		}
		c.places.roots.Store(folder, other)
	}
	if other == true {
		return &AcquiredError{Path: simple(objectOf(strings.TrimPrefix(asked.Path, c.site.Path))), Taken: "an object of the site " + root}
	}
	return nil
}

// inOtherSite reports whether a folder is a site or lies in one, other than that of
// the client. To a client of the whole server, no site is another.
func (c *Client) inOtherSite(ctx context.Context, folder string) (bool, error) {
	for ; folder != "/"; folder = path.Dir(folder) {
		site, err := c.isPlone(ctx, folder)
		if err != nil {
			return false, err
		}
		if site {
			return c.isPlone(ctx, "/")
		}
	}
	return false, nil
}

// isPlone reports whether a folder is a site: others do not have this service.
func (c *Client) isPlone(ctx context.Context, folder string) (bool, error) {
	_, err := ok[struct{}](ctx, c, getSite.at(folder), nil)
	if isAbsent(err) {
		return false, nil
	}
	return err == nil, err
}

// objectOf is the part of a path or an address that names an object.
func objectOf(path string) string { return strings.TrimSuffix(path, "/@breadcrumbs") }

// simple is a path in its one form. Elements like "++lang++de" only say how to look
// at what they follow.
func simple(path string) string {
	var b strings.Builder
	b.Grow(len(path) + 1)
	for e := range strings.SplitSeq(path, "/") {
		if e != "" && !strings.HasPrefix(e, "++") {
			b.WriteByte('/')
			b.WriteString(e)
		}
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}
