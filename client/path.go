package client

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"plone.example/restapi/internal/urls"
)

// apiDoor is the path element that makes Plone treat a request as one of the
// API. URLs that the server returns come with and without it.
const apiDoor = "++api++"

// resolve returns the URL of an object: path is relative to the site, or an
// absolute URL inside it, as every @id is. elements follow behind, each of them
// one element whatever it contains.
func (c *Client) resolve(path string, elements ...string) (*url.URL, error) {
	var query string
	var object []string
	if absolute(path) {
		u, err := url.Parse(path)
		if err != nil {
			return nil, invalid("a URL that cannot be parsed") // which may hold a password
		}
		if object, err = c.insideSite(u); err != nil {
			return nil, err
		}
		query = u.RawQuery
	} else {
		object = elementsOf(path)
	}
	for _, e := range object {
		if err := checkElement(e); err != nil {
			return nil, err
		}
	}
	// The site's own URL has the door, if it is to be used; another leads nowhere.
	object = slices.DeleteFunc(object, func(e string) bool { return e == apiDoor })
	for _, e := range elements {
		if e == "" {
			return nil, invalid("an empty name or id")
		}
		if err := checkElement(e); err != nil {
			return nil, err
		}
	}
	u := joinPath(c.site, object, elements...)
	u.RawQuery = query
	return u, nil
}

// absolute reports whether path has a scheme, or a host, instead of beginning
// with an element.
func absolute(path string) bool {
	if strings.HasPrefix(path, "//") {
		return true
	}
	scheme, _, found := strings.Cut(path, "://")
	return found && !strings.Contains(scheme, "/")
}

// insideSite returns the elements of the path of u below the site, decoded. The server
// names its objects with or without the door to the API, and by its public address.
func (c *Client) insideSite(u *url.URL) ([]string, error) {
	if u.User == nil {
		for _, root := range []*url.URL{c.site, c.public} {
			if root == nil {
				continue
			}
			if elements, inside := pathBelow(u, root); inside {
				return elements, nil
			}
		}
	}
	return nil, invalid("the URL %q is not inside the site %v; an address that it has besides, as behind a proxy, is for WithPublicURL", withoutQuery(u).String(), c.site)
}

// told returns the URL of an object that the server named in resp. That it is
// outside the site is not the fault of the caller's arguments.
func (c *Client) told(resp *http.Response, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err == nil {
		if _, err = c.insideSite(u); err == nil {
			return c.resolve(address)
		}
		address = withoutQuery(u).String()
	}
	return nil, c.decodeError(resp, []byte{}, fmt.Errorf(
		"the server names %q, which is not inside the site %v; the address that it has behind a proxy is for WithPublicURL", address, c.site))
}

// pathBelow returns the elements of the path of u below that of root, without the door,
// if it is there.
func pathBelow(u, root *url.URL) (elements []string, inside bool) {
	above := elementsOf(strings.TrimSuffix(root.Path, "/"+apiDoor))
	elements = escapedElements(u)
	if !urls.SameOrigin(u, root) || len(elements) < len(above) || !slices.Equal(elements[:len(above)], above) {
		return nil, false
	}
	if elements = elements[len(above):]; len(elements) > 0 && elements[0] == apiDoor {
		elements = elements[1:]
	}
	return elements, true
}

// escapedElements returns the elements of the path of u, decoded: a slash that is
// escaped is part of one.
func escapedElements(u *url.URL) []string {
	if u.RawPath == "" {
		return elementsOf(u.Path)
	}
	elements := elementsOf(u.EscapedPath())
	for i, e := range elements {
		elements[i], _ = url.PathUnescape(e) // the parser has done it before
	}
	return elements
}

// elementsOf returns the elements of a path, empty ones left out as the server does.
func elementsOf(path string) []string {
	elements := make([]string, 0, strings.Count(path, "/")+1)
	for e := range strings.SplitSeq(path, "/") {
		if e != "" {
			elements = append(elements, e)
		}
	}
	return elements
}

// checkElement refuses what would mean another object than the one it names:
// dot elements in any encoding, which proxies resolve, and bytes that the
// server cannot decode.
func checkElement(e string) error {
	if !utf8.ValidString(e) {
		return invalid("the path element %q is not UTF-8", e)
	}
	if strings.ContainsFunc(e, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return invalid("the path element %q has control characters", e)
	}
	for plain := e; ; {
		for part := range strings.SplitSeq(strings.ReplaceAll(plain, `\`, "/"), "/") {
			if part == "." || part == ".." {
				return invalid("the path element %q leaves the path", e)
			}
		}
		decoded, err := url.PathUnescape(plain)
		if err != nil || decoded == plain {
			return nil
		}
		plain = decoded
	}
}

// joinPath returns root with object and elements behind its path.
func joinPath(root *url.URL, object []string, elements ...string) *url.URL {
	u := &url.URL{Scheme: root.Scheme, Host: root.Host}
	size, slash := len(root.Path), false
	for _, part := range [2][]string{object, elements} {
		for _, e := range part {
			size += 1 + len(e)
			slash = slash || strings.Contains(e, "/")
		}
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteString(root.Path)
	for _, part := range [2][]string{object, elements} {
		for _, e := range part {
			b.WriteByte('/')
			b.WriteString(e)
		}
	}
	u.Path = b.String()
	if slash {
		// Only RawPath can tell a slash inside an element from one between two.
		b.Reset()
		b.WriteString(root.EscapedPath())
		for _, part := range [2][]string{object, elements} {
			for _, e := range part {
				b.WriteByte('/')
				b.WriteString(url.PathEscape(e))
			}
		}
		u.RawPath = b.String()
	}
	return u
}

// sameObject returns whether an address is that of the object at path.
func (c *Client) sameObject(path string) func(id string) bool {
	object, err := c.resolve(path)
	if err != nil {
		return nil // the request fails for the same reason
	}
	end := strings.TrimPrefix(object.EscapedPath(), c.site.EscapedPath())
	return func(id string) bool {
		if !strings.HasSuffix(id, end) {
			return false
		}
		u, err := c.resolve(id)
		return err == nil && u.Path == object.Path
	}
}

// Path returns the path below the site of the object at address, which is an
// absolute URL inside it, as every @id is, or a path: "/news/a", and "/" for the
// site itself. It is decoded, and can be passed back in.
//
// Errors: [errors.ErrInvalidInput] for an address outside the site.
func (c *Client) Path(address string) (string, error) {
	u, err := c.resolve(address)
	if err != nil {
		return "", err
	}
	return "/" + strings.TrimPrefix(strings.TrimPrefix(u.Path, c.site.Path), "/"), nil
}

// reference is the name of an object as services take it in bodies and queries: a
// path below the site, which all of them know, instead of its address; or a UID.
func (c *Client) reference(name string) (string, error) {
	if !strings.Contains(name, "/") {
		if name == "" {
			return "", invalid("an empty name of an object")
		}
		return name, nil
	}
	return c.Path(name)
}

// isSite reports whether u is the site itself.
func (c *Client) isSite(u *url.URL) bool {
	return simple(strings.TrimPrefix(u.Path, c.site.Path)) == "/"
}
