package auth

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"plone.example/restapi/internal/wire"
)

// redacted is all that a Token tells to those who print it.
const redacted = "auth.Token(redacted)"

// leeway is how long before its expiry a token is no longer sent: a request takes
// time to arrive, and a Date header is up to a second behind.
const leeway = 2 * time.Second

// Token is what stands in an Authorization header. It never prints itself. The
// zero Token is no credentials, and an error when it is to be sent. It is safe
// for concurrent use.
type Token struct {
	value   secret    // of the Authorization header; nil for none
	expires time.Time // by the clock of this program; zero when unknown
	flaw    string    // why it cannot be sent; empty when it can
	login   string    // of Basic
}

// Bearer returns a token for the Authorization scheme of that name. When jwt is a
// JSON Web Token its expiry is read from it; its signature is the site's concern.
//
// Source: RFC 6750 §2.1, RFC 7519 §4.1.4.
func Bearer(jwt string) Token {
	t := Token{value: hide("Bearer " + jwt), expires: claimsOf(jwt).expiry()}
	switch {
	case jwt == "":
		t.flaw = "the token is empty"
	case strings.ContainsFunc(jwt, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		t.flaw = "the token contains a space, a line end or another character that cannot stand in a header"
	}
	return t
}

// Expires returns when the site stops to accept the token, zero when that is
// unknown or never.
func (t Token) Expires() time.Time { return t.expires }

// UserID returns the id of the user whom a JSON Web Token of Plone names; empty
// when the token is no such token. Its signature is not checked: only the site
// can tell whether the token is good.
func (t Token) UserID() string {
	if t.value == nil {
		return ""
	}
	var id string
	if wire.Unmarshal(claimsOf(t.value()).Sub, &id) != nil {
		return ""
	}
	return id
}

// LoginName returns the name that [Basic] sends, empty for any other token.
func (t Token) LoginName() string { return t.login }

// String implements fmt.Stringer without the secret.
func (t Token) String() string { return redacted }

// GoString implements fmt.GoStringer without the secret.
func (t Token) GoString() string { return redacted }

// Format implements fmt.Formatter without the secret, whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText implements encoding.TextMarshaler, and so JSON, without the secret.
func (t Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer without the secret.
func (t Token) LogValue() slog.Value { return slog.StringValue(redacted) }

// expired reports whether t must no longer be sent at now.
func (t Token) expired(now time.Time) bool {
	return !t.expires.IsZero() && !now.Add(leeway).Before(t.expires)
}

// is reports whether t and other are the same credentials.
func (t Token) is(other Token) bool {
	if t.value == nil || other.value == nil {
		return t.value == nil && other.value == nil
	}
	return t.value() == other.value()
}

// secret keeps a string from whoever prints the value around it: methods of
// unexported fields are not called, but a func prints as an address.
type secret func() string

func hide(s string) secret { return func() string { return s } }

// claims are what Plone writes into a token.
type claims struct {
	Sub      json.RawMessage `json:"sub"`
	Fullname json.RawMessage `json:"fullname"`
	Exp      *float64        `json:"exp"` // seconds; RFC 7519 allows a fraction
}

// claimsOf returns the claims of jwt, none when they cannot be read.
func claimsOf(jwt string) claims {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return claims{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return claims{}
	}
	var c claims
	if wire.Unmarshal(payload, &c) != nil {
		return claims{}
	}
	return c
}

// expiry returns when c ends, zero when it does not say.
func (c claims) expiry() time.Time {
	if c.Exp == nil {
		return time.Time{}
	}
	// Beyond the year 36,000 a float no longer fits a Time.
	return time.Unix(int64(min(max(*c.Exp, 0), 1<<40)), 0)
}

// follows reports whether t can take the place of old: a new token of the same
// holder. The same token again is the mark of a renewal within its second, after
// which a site that stores tokens no longer knows it.
func (t Token) follows(old Token) bool { return !t.is(old) && t.holder() == old.holder() }

// holder returns whose token t is, in the words of the site. A user of the Zope
// root has no full name, but null; the same name as a user of the site has one.
func (t Token) holder() string {
	c := claimsOf(t.value())
	return string(c.Sub) + " " + string(c.Fullname)
}
