package client

import (
	"context"
	"net/http"
)

// RoleService knows the roles of the site. It is safe for concurrent use.
type RoleService struct{ client *Client }

var listRoles = declare(operation{name: "Roles.List", method: http.MethodGet, path: "/@roles", want: http.StatusOK})

// Role is a role that users and groups can have on the whole site.
type Role struct {
	URL   string `json:"@id"`   // cannot be read
	Type  string `json:"@type"` // "role"
	ID    string `json:"id"`    // what other calls take, like "Site Administrator"
	Title string `json:"title"` // in the language of the request
}

func (r *Role) check() error {
	if r.ID == "" {
		return errMissing("id")
	}
	return nil
}

// List returns all roles that can be given, that is all but "Owner".
//
// Errors: [errors.ErrUnauthorized] for users who may not manage users.
//
// Source: plone.restapi documentation, "Roles".
func (s *RoleService) List(ctx context.Context, opts ...CallOption) (*OK[[]Role], error) {
	return okArray[Role](ctx, s.client, listRoles.at(""), opts)
}
