package client

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// Option is a setting of a [Client]. A value that cannot be used makes New and
// Clone fail with [errors.ErrInvalidInput].
type Option func(*config) error

// invalid is an error about an argument. Nothing was sent.
func invalid(format string, args ...any) error {
	return fmt.Errorf("plone: %w: "+format, append([]any{errors.ErrInvalidInput}, args...)...)
}

// WithTransport sends all requests through rt: the place for TLS settings,
// proxies, tracing, caches and test doubles. It is never closed. The default is
// a transport of net/http of the client's own, without proxies; for those of the
// environment pass http.DefaultTransport.
func WithTransport(rt http.RoundTripper) Option {
	return func(c *config) error {
		if rt == nil {
			return invalid("WithTransport(nil)")
		}
		c.base = rt
		return nil
	}
}

// WithAuth takes the credentials of every request from src; nil makes the
// client anonymous. They go to the site's scheme, host and port only.
func WithAuth(src auth.Source) Option {
	return func(c *config) error {
		c.source = src
		return nil
	}
}

// WithRetry replaces the rules for repeating calls. The zero Policy is the
// default.
func WithRetry(p retry.Policy) Option {
	return func(c *config) error {
		if err := p.Validate(); err != nil {
			return invalid("WithRetry: %w", err)
		}
		c.policy = p
		return nil
	}
}

// WithTimeout bounds a call with all its tries; 0, the default, means no bound.
// Uploads and downloads are bounded by their context only.
func WithTimeout(d time.Duration) Option {
	return func(c *config) error {
		if d < 0 {
			return invalid("WithTimeout(%v) is negative", d)
		}
		c.timeout = d
		return nil
	}
}

// WithUserAgent names the program to the server.
func WithUserAgent(name string) Option {
	return func(c *config) error {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
			return invalid("WithUserAgent(%q) is not printable ASCII", name)
		}
		c.userAgent = name
		return nil
	}
}

// notForAll are the header fields that are not the same for all requests, or
// belong to the connection.
var notForAll = []string{
	"Accept", "Authorization", "Content-Length", "Content-Type", "Host", "User-Agent",
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade",
}

// WithHeader sends a header field with every request, logins included, like the
// key of a gateway in front of the site; a [Header] of a call wins. Fields that the
// client sets itself, by [WithAuth] or [WithUserAgent], and those of the connection
// are refused.
func WithHeader(name, value string) Option {
	return func(c *config) error {
		name = http.CanonicalHeaderKey(name)
		if !validField(name, []string{value}) || slices.Contains(notForAll, name) {
			return invalid("WithHeader(%q): the field cannot be sent with every request", name)
		}
		header := http.Header{}
		maps.Copy(header, c.header) // that one may belong to another client
		header[name] = []string{value}
		c.header = header
		return nil
	}
}

// withHeader sends header fields with all requests that do not have them.
type withHeader struct {
	base   http.RoundTripper
	header http.Header
}

// RoundTrip implements http.RoundTripper.
func (t *withHeader) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	for name, values := range t.header {
		if _, given := req.Header[name]; !given {
			req.Header[name] = values
		}
	}
	return t.base.RoundTrip(req)
}

// WithLogger logs every call at level debug and every repeat at level warn: the
// method, the URL without its query, status, tries and time, never a body, a
// header or credentials. The default logs nothing.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error {
		c.logger = l
		return nil
	}
}

// WithPublicURL names the address that the site's own URLs use when it is not
// the one the client talks to, as behind a proxy. URLs below it are accepted as
// paths.
func WithPublicURL(siteURL string) Option {
	return func(c *config) error {
		public, err := parseSite(siteURL)
		if err != nil {
			return err
		}
		c.public = public
		return nil
	}
}

// WithMaxResponse bounds the body of a result, in bytes; the default is 64 MiB.
// A larger one is a [errors.DecodeError]. Of a list it bounds single items; the list
// itself and downloads are not bounded by it.
func WithMaxResponse(bytes int64) Option {
	return func(c *config) error {
		if bytes <= 0 {
			return invalid("WithMaxResponse(%d) is not positive", bytes)
		}
		c.maxResponse = min(bytes, math.MaxInt64-1) // one more is read, to see that it is larger
		return nil
	}
}

// loggedPolicy is the policy with the log of repeats in front of the user's hook.
func (c *config) loggedPolicy() retry.Policy {
	p, logger := c.policy, c.logger
	if logger == nil {
		return p
	}
	hook := p.OnRetry
	p.OnRetry = func(ctx context.Context, a retry.Attempt) {
		logger.LogAttrs(ctx, slog.LevelWarn, "plone: repeat",
			slog.String("method", a.Method), slog.String("url", a.URL.String()),
			slog.Int("status", a.Status), slog.Int("try", a.Number), slog.Duration("wait", a.Wait))
		if hook != nil {
			hook(ctx, a)
		}
	}
	return p
}
