package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"plone.example/restapi/errors"
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
// that leads nowhere, the write reaches an object further up, one of another site on
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
// nearest further up, which may be the site itself or be in another site of the same
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
	if c.trusted || r.kind.Of(r.Method) == retry.Safe {
		return nil
	}
	path := strings.TrimPrefix(u.Path, c.site.Path)
	for _, element := range slices.Backward(r.service) {
		path = strings.TrimSuffix(path, "/"+element)
	}
	if r.op == anyCall || r.op == anyOpen { // what begins with "@" is no object
		path, _, _ = strings.Cut(path, "/@")
	}
	if !r.placed && simple(path) != "/" {
		err := c.look(ctx, path, r)
		// What is redirected is not there, and no other object is taken for it: the
		// server redirects the write too.
		if err != nil && !errors.Is(err, errors.Class(3)) {
			return err
		}
	}
	for _, name := range r.names {
		if !strings.HasPrefix(name, "/") || simple(name) == "/" {
			continue // a UID names one object
		}
		// The service says itself what it does not find, or may not see.
		err := c.look(ctx, name, &request{Request: Request{Header: r.Header}})
		if err != nil && !errors.Is(err, errors.Class(3)) && !errors.Is(err, errors.Class(4)) {
			return err
		}
	}
	return nil
}

// look asks where the server ends when it looks for the object at path, for the
// write that r is, and refuses what is elsewhere.
func (c *Client) look(ctx context.Context, path string, r *request) error {
	probe := getBreadcrumbs.at(path)
	probe.Header, probe.stays = r.Header.Clone(), !r.followMoved
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
	if err := c.checkAddress(ctx, found.ID, resp.Request.URL, r.Method); err != nil {
		return err
	}
	return c.checkRoot(ctx, found.Root, resp.Request.URL)
}

// checkPlace refuses an object that was read when it is not the one asked for.
func (c *Client) checkPlace(ctx context.Context, resp *http.Response, value any) error {
	object, found := value.(interface{ address() string })
	if !found || resp.Request == nil || !absolute(object.address()) {
		return nil
	}
	return c.checkAddress(ctx, object.address(), resp.Request.URL, resp.Request.Method)
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
	path, err := c.insideSite(u)
	if err != nil {
		// The server may have another idea of its address, as behind a proxy.
		base, err := c.baseOf(ctx)
		if err != nil && !sameOrigin(u, c.site) && (c.public == nil || !sameOrigin(u, c.public)) {
			return "", err
		}
		inside := false
		if err == nil {
			path, inside = pathBelow(u, base)
		}
		if !inside {
			return objectOf(id), nil
		}
	}
	return simple(objectOf(path)), nil
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
	base, err := url.Parse(objectOf(root.Value.ID))
	if err != nil {
		return nil, fmt.Errorf("plone: the server calls the site %q, which cannot be parsed", root.Value.ID)
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
	path, err := c.placeOf(ctx, root)
	if err != nil || path == "/" || absolute(path) {
		return err
	}
	other, known := c.places.roots.Load(path)
	if !known {
		// For a client of the whole server, each object is in a site below.
		other = true
		for _, at := range []string{path, "/"} {
			_, err := ok[struct{}](ctx, c, getSite.at(at), nil)
			if err != nil && !errors.Is(err, errors.Class(4)) {
				return err
			}
			if err != nil {
				other = false // only a site knows this service
				break
			}
		}
		c.places.roots.Store(path, other)
	}
	if other == true {
		return &AcquiredError{Path: simple(objectOf(strings.TrimPrefix(asked.Path, c.site.Path))), Taken: "an object of the site " + root}
	}
	return nil
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
