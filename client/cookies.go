package client

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"plone.example/restapi/internal/urls"
)

// WithCookies keeps the cookies of these names, as the site sends them, and sends them
// back to its scheme, host and port, logins included: for a load balancer that knows by
// a cookie which process of the site a client belongs to, as uploads need it that share
// no folder. All other cookies are dropped, as without this option all are. They live
// as long as the Client; Clone begins without any. What Plone's own login is kept in,
// "__ac" and "auth_token", cannot be named.
func WithCookies(names ...string) Option {
	names = slices.Clone(names)
	return func(c *config) error {
		for _, name := range names {
			if !validField(name, nil) || strings.EqualFold(name, "__ac") || strings.EqualFold(name, "auth_token") {
				return invalid("WithCookies(%q): the cookie cannot be kept", name)
			}
		}
		c.cookies = names
		return nil
	}
}

// withCookies keeps cookies of the site.
type withCookies struct {
	base  http.RoundTripper
	site  *url.URL
	names []string
	jar   *cookiejar.Jar
}

func newWithCookies(base http.RoundTripper, site *url.URL, names []string) *withCookies {
	jar, _ := cookiejar.New(nil) // never fails
	return &withCookies{base, site, names, jar}
}

// Format implements fmt.Formatter; the values are secrets.
func (t *withCookies) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "cookies(redacted)")
}

// RoundTrip implements http.RoundTripper.
func (t *withCookies) RoundTrip(req *http.Request) (*http.Response, error) {
	if !urls.SameOrigin(req.URL, t.site) {
		return t.base.RoundTrip(req)
	}
	if kept := t.jar.Cookies(req.URL); len(kept) > 0 {
		req = req.Clone(req.Context())
		for _, cookie := range kept {
			req.AddCookie(cookie)
		}
	}
	resp, err := t.base.RoundTrip(req)
	if err == nil && resp != nil {
		t.jar.SetCookies(req.URL, slices.DeleteFunc(resp.Cookies(), func(c *http.Cookie) bool {
			return !slices.Contains(t.names, c.Name)
		}))
	}
	return resp, err
}
