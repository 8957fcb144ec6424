package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"plone.example/restapi/errors"
)

// Identity is who the server takes a client for.
type Identity struct {
	Anonymous bool // nobody: the client has no credentials
	User      User // zero when Anonymous
}

// WhoAmI asks the server who it takes the client for. The server runs requests
// with credentials that it does not know as anonymous ones, so that a wrong
// password shows only as missing content; here it is an error.
//
// It gets a token, which tells the id of the user, and then reads the user: two
// requests.
//
// Errors: [errors.ErrInvalidCredentials] (and [errors.ErrUnauthorized]) when the
// client has credentials that the server does not know, those of Users.Get, and
// [errors.ErrNotImplemented] when the site has no JWT plugin.
//
//plone:composed renews the token of whoever is logged in and reads that user
func (c *Client) WhoAmI(ctx context.Context, opts ...CallOption) (*Identity, error) {
	renewed, err := c.Auth.Renew(ctx, opts...)
	if e, found := errors.AsType[*errors.UnauthorizedError](err); found && !e.Raised() && c.source == nil {
		return &Identity{Anonymous: true}, nil
	}
	if err != nil {
		return nil, err
	}
	id, err := subject(string(renewed.Value.Token))
	if err != nil {
		return nil, err
	}
	user, err := c.Users.Get(ctx, id, opts...)
	if err != nil {
		return nil, err
	}
	return &Identity{User: user.Value}, nil
}

// subject returns the id of the user whom a token names. Nothing is trusted that
// the server has not just said itself, so the signature does not matter.
func subject(token string) (string, error) {
	_, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	var claims struct {
		Subject string `json:"sub"`
	}
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(payload, "="))
	if err == nil {
		err = json.Unmarshal(data, &claims)
	}
	if err != nil || claims.Subject == "" {
		return "", fmt.Errorf("plone: the token of the site names no user: %w", errors.ErrUnsupported)
	}
	return claims.Subject, nil
}
