// Package urls compares URLs.
package urls

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
)

// SameOrigin reports whether a and b have the same scheme, host and port; nil is of no
// origin.
func SameOrigin(a, b *url.URL) bool {
	return a != nil && b != nil &&
		strings.EqualFold(a.Scheme, b.Scheme) && host(a) == host(b) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch p := u.Port(); {
	case p != "":
		return p
	case strings.EqualFold(u.Scheme, "https"):
		return "443"
	}
	return "80"
}

// host returns the name of the host in the form that DNS knows: small letters, and
// Punycode (RFC 3492) for those that are not of ASCII, which net/http writes into the
// header of a request.
func host(u *url.URL) string {
	name := strings.ToLower(u.Hostname())
	if strings.IndexFunc(name, func(r rune) bool { return r >= 0x80 }) < 0 {
		return name
	}
	var head bytes.Buffer
	asked := http.Request{Method: http.MethodHead, URL: &url.URL{Scheme: "http", Host: name}}
	if asked.Write(&head) != nil {
		return name
	}
	_, ascii, _ := strings.Cut(head.String(), "\r\nHost: ")
	ascii, _, _ = strings.Cut(ascii, "\r\n")
	return ascii
}
