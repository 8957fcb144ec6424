package client

import (
	"context"
	"net/http"
	"net/url"
)

// PrincipalService finds users and groups together. It is safe for concurrent use.
type PrincipalService struct{ client *Client }

var searchPrincipals = declare(operation{
	name: "Principals.Search", method: http.MethodGet, path: "/@principals", want: http.StatusOK,
})

// Principals are the users and groups that a search found. The users come without
// their groups, and the groups without their members.
type Principals struct {
	Users  []User  `json:"users"`
	Groups []Group `json:"groups"`
}

func (p *Principals) check() error {
	if p.Users == nil {
		return errMissing("users")
	}
	if p.Groups == nil {
		return errMissing("groups")
	}
	return nil
}

// Search returns the users whose name, full name or e-mail address contains text,
// and the groups whose id or title does.
//
// Errors: [errors.ErrUnauthorized] for users who may not manage the site,
// [errors.ErrInvalidInput] for an empty text, [errors.ErrInternalServer] when the
// text is found in what a removed user has left.
//
// Source: plone.restapi documentation, "Principals".
func (s *PrincipalService) Search(ctx context.Context, text string, opts ...CallOption) (*OK[Principals], error) {
	if text == "" {
		return nil, invalid("a search for principals without a text")
	}
	r := searchPrincipals.at("")
	r.Query = url.Values{"search": {text}}
	return ok[Principals](ctx, s.client, r, opts)
}
