package client

import (
	"context"
	"net/http"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// AuthService gets and gives up tokens of the site. Programs need it only to
// hand tokens on: with [auth.Login] a client logs in, renews and starts again by
// itself.
type AuthService struct{ client *Client }

var (
	logIn = declare(operation{
		name: "Auth.Login", method: http.MethodPost, path: "/@login", want: http.StatusOK, kind: retry.Safe,
	})
	renewToken = declare(operation{
		name: "Auth.Renew", method: http.MethodPost, path: "/@login-renew", want: http.StatusOK, kind: retry.Safe,
		means: []meaning{{
			status: errors.ErrUnauthorized, unnamed: true, ours: true,
			says: "The authentication token is invalid or expired.", is: errors.ErrInvalidCredentials,
		}},
	})
	logOut = declare(operation{
		name: "Auth.Logout", method: http.MethodPost, path: "/@logout", want: http.StatusNoContent, kind: retry.Repeatable,
	})
	listLoginProviders = declare(operation{
		name: "Auth.Providers", method: http.MethodGet, path: "/@login", want: http.StatusOK,
	})
)

// A LoginToken is what the server issues. It keeps itself out of %v and %#v.
type LoginToken struct {
	Token Secret `json:"token"`
}

// Secret is a string that prints as "(secret)". Convert it to use it.
type Secret string

// String implements fmt.Stringer.
func (Secret) String() string { return "(secret)" }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return "(secret)" }

// MarshalText implements encoding.TextMarshaler, so that no JSON holds it.
func (Secret) MarshalText() ([]byte, error) { return []byte("(secret)"), nil }

func (t *LoginToken) check() error {
	if t.Token == "" {
		return errMissing("token")
	}
	return nil
}

// Login exchanges a name and a password for a token. It does not change the
// client; pass the token to [auth.Static] of another one.
//
// Errors: [errors.ErrInvalidCredentials] (401), also for an empty name or password,
// which is documented as 400; [errors.ErrNotImplemented] when the site has no JWT
// plugin.
//
// Source: plone.restapi documentation, "Authentication", "Acquiring a token".
func (s *AuthService) Login(ctx context.Context, user, password string, opts ...CallOption) (*OK[LoginToken], error) {
	return ok[LoginToken](ctx, s.client, logIn.at("").with(map[string]string{"login": user, "password": password}), opts)
}

// Renew exchanges the credentials of the client, whatever they are, for a new
// token. A site that stores tokens ends the one that is renewed. With [auth.Login]
// the client goes on with the new one, or logs in again; with [auth.Static] it is
// an anonymous visitor from then on: give the new token to another client.
//
// A site that stores tokens also ends the new one when the old one was issued in
// the same second, since both are the same then. The token that a site renews for a user of the Zope root, such as its
// first "admin", carries the name but not the roles; log in again instead, as
// [auth.Login] does.
//
// Errors: [errors.ErrInvalidCredentials] (and [errors.ErrUnauthorized]) when the
// client has credentials that the server does not know, only ErrUnauthorized when
// it has none; [errors.ErrNotImplemented] when the site has no JWT plugin.
//
// Source: plone.restapi documentation, "Authentication", "Renewing a token".
func (s *AuthService) Renew(ctx context.Context, opts ...CallOption) (*OK[LoginToken], error) {
	return ok[LoginToken](ctx, s.client, renewToken.at(""), opts)
}

// Logout tells the server that the token is not needed any more and makes the
// client forget it; the next call logs in again. By default the server keeps no
// list of tokens, and one that was copied stays good until it expires.
//
// Errors: [errors.ErrBadRequest] when the server keeps tokens and does not know
// this one, [errors.ErrNotImplemented] when the site has no JWT plugin.
//
// Source: plone.restapi documentation, "Authentication", "Invalidating a token".
func (s *AuthService) Logout(ctx context.Context, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, logOut.at(""), opts)
}

// LoginProviders are the other ways into the site.
type LoginProviders struct {
	Options []LoginProvider `json:"options"`
}

// LoginProvider is a service that logs people in, such as an OpenID provider.
type LoginProvider struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Plugin string `json:"plugin"` // that makes it known to the site
	URL    string `json:"url"`    // where to send the browser
}

func (p *LoginProviders) check() error {
	if p.Options == nil {
		return errMissing("options")
	}
	return nil
}

// Providers returns the external services with which people log in to the site;
// add-ons bring them, Plone itself has none.
//
// Errors: [errors.ErrUnauthorized] when the site is closed to the user.
//
// Source: plone.restapi documentation, "Login for external authentication links".
func (s *AuthService) Providers(ctx context.Context, opts ...CallOption) (*OK[LoginProviders], error) {
	return ok[LoginProviders](ctx, s.client, listLoginProviders.at(""), opts)
}
