// Package auth gives the requests of a client their credentials.
//
// [Basic] and [Static] send what they are given. [Login] trades a name and a
// password for a JSON Web Token, renews it ahead of its expiry, and logs in again
// when the site no longer knows it.
//
// Plone does not refuse bad credentials: it treats the request as anonymous, and
// a public page is answered with 200 and less in it. So credentials that cannot
// work are errors here, before anything is sent, and an expired token never
// leaves the program.
//
// Source: plone.restapi documentation, "Authentication".
package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"plone.example/restapi/errors"
)

// ErrExpired is the reason why a request was not sent: its token has expired, and
// the source has no other.
const ErrExpired errors.Reason = "token expired"

// Source gives the credentials for a request. It is asked anew for every try, so
// it should keep what it has. It is safe for concurrent use.
//
// A program can bring its own:
//
//	func (v vault) Token(ctx context.Context) (auth.Token, error) {
//		jwt, err := v.read(ctx, "plone")
//		return auth.Bearer(jwt), err
//	}
type Source interface {
	// Token returns the credentials to send now, or why there are none. It ends
	// early when ctx ends.
	Token(ctx context.Context) (Token, error)
}

// Basic sends the name and the password with every request. They are encoded, not
// encrypted: use it with https only.
//
// Errors, of every request: [errors.ErrInvalidInput] when the name is empty or has a colon,
// or one of them has a control character, such as the line end of a file that
// the password was read from.
//
// Source: RFC 7617.
func Basic(user, password string) Source {
	t := Token{value: hide("Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))), login: user}
	switch {
	case user == "":
		t.flaw = "the user name is empty"
	case strings.Contains(user, ":"):
		t.flaw = "the user name contains a colon"
	case strings.ContainsFunc(user, isControl):
		t.flaw = "the user name contains a control character"
	case strings.ContainsFunc(password, isControl):
		t.flaw = "the password contains a control character"
	}
	return fixed{t}
}

// Static sends jwt with every request until it expires. A token that is not a
// JSON Web Token, or names no expiry, is sent for ever.
//
// A site that stores tokens ends the one that is renewed. After Auth.Renew of a
// client with a Static token, use the token that it returns, in a client of its
// own; the old client is an anonymous visitor from then on.
//
// Errors, of every request: [ErrExpired] once the token has expired, by the
// clock of the program or of the site, whichever is ahead; [errors.ErrInvalidInput] when it
// is empty or cannot stand in a header.
func Static(jwt string) Source { return fixed{Bearer(jwt)} }

// fixed always has the same credentials.
type fixed struct{ token Token }

// Token implements Source.
func (s fixed) Token(context.Context) (Token, error) {
	if err := s.token.check(time.Now()); err != nil {
		return Token{}, err
	}
	return s.token, nil
}

// isControl is what RFC 7617 calls a control character.
func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// check returns why t must not be sent at now, nil when it may.
func (t Token) check(now time.Time) error {
	switch {
	case t.flaw != "":
		return fmt.Errorf("auth: %w: %s", errors.ErrInvalidInput, t.flaw)
	case t.value == nil:
		return fmt.Errorf("auth: %w: the token is empty", errors.ErrInvalidInput)
	case t.expired(now):
		return fmt.Errorf("auth: %w at %s", ErrExpired, t.expires.UTC().Format(time.RFC3339))
	}
	return nil
}
