package client

import (
	"context"
	"fmt"

	"plone.example/restapi/auth"
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
// It asks for the types of the site, which Plone shows to every known user and to
// no visitor, and then for the user whom the credentials of the client name: two
// requests. A token of [auth.Static] is not renewed, as a site that stores tokens
// would end it. Where the credentials name nobody, or a login name of [auth.Basic]
// is not the id of the user, WhoAmI has a token issued, which names the id.
//
// Errors: [errors.ErrInvalidCredentials] (and [errors.ErrUnauthorized]) when the
// client has credentials that the server does not know, or a token of a user who
// may not see the site at all; those of Users.Get. When the server knows the
// client and does not tell who it is: [errors.ErrUnsupported] for a token that
// names no user, [errors.ErrNotImplemented] when a token would have to be issued
// and the site has no JWT plugin.
func (c *Client) WhoAmI(ctx context.Context, opts ...CallOption) (*Identity, error) {
	known, err := c.known(ctx, opts)
	if err != nil {
		return nil, err
	}
	if !known {
		return &Identity{Anonymous: true}, nil
	}
	token, err := c.credentials.Token(ctx)
	if err != nil {
		return nil, err
	}
	if name := token.LoginName(); name != "" {
		user, err := c.Users.Get(ctx, name, opts...)
		if err == nil && user.Value.Username == name {
			return &Identity{User: user.Value}, nil
		}
		if err != nil && !errors.Is(err, errors.ErrClient) {
			return nil, err
		}
	}
	id := token.UserID()
	if id == "" && c.credentials.MayRenew(token) {
		issued, err := c.Auth.Renew(ctx, opts...)
		if err != nil {
			return nil, err
		}
		id = auth.Bearer(string(issued.Value.Token)).UserID()
	}
	if id == "" {
		return nil, fmt.Errorf("plone: the token names no user: %w", errors.ErrUnsupported)
	}
	user, err := c.Users.Get(ctx, id, opts...)
	if err != nil {
		return nil, err
	}
	return &Identity{User: user.Value}, nil
}

// known reports whether the server knows the client. Credentials that it does not
// know are an error.
func (c *Client) known(ctx context.Context, opts []CallOption) (bool, error) {
	_, err := okArray[TypeInfo](ctx, c, listTypes.at(""), opts)
	e, found := errors.AsType[*errors.UnauthorizedError](err)
	if !found || !e.Raised() { // that of a gateway says nothing about Plone's credentials
		return err == nil, err
	}
	if c.source == nil {
		return false, nil
	}
	// So the server answers users who may not see the site, too.
	token, err := c.credentials.Token(ctx)
	if err == nil && c.credentials.MayRenew(token) {
		_, err = c.Auth.Renew(ctx, opts...)
		if !errors.Is(err, errors.ErrNotImplemented) {
			return err == nil, err
		}
	}
	return false, errors.With(e, errors.ErrInvalidCredentials)
}
