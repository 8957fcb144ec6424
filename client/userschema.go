package client

import (
	"context"
	"net/http"
)

var (
	getUserSchema = declare(operation{
		name: "Users.Schema", method: http.MethodGet, path: "/@userschema", want: http.StatusOK,
	})
	getRegistrationSchema = declare(operation{
		name: "Users.RegistrationSchema", method: http.MethodGet, path: "/@userschema/registration", want: http.StatusOK,
	})
)

// Schema returns the fields that users of this site have, without Title and
// Layouts.
//
// Errors: [errors.ErrUnauthorized] when the site is closed to the user.
//
// Source: plone.restapi documentation, "User schema".
func (s *UserService) Schema(ctx context.Context, opts ...CallOption) (*OK[TypeSchema], error) {
	return ok[TypeSchema](ctx, s.client, getUserSchema.at(""), opts)
}

// RegistrationSchema returns the fields of the form with which people register
// themselves, without Title and Layouts.
//
// Errors: as Schema.
//
// Source: plone.restapi documentation, "User schema".
func (s *UserService) RegistrationSchema(ctx context.Context, opts ...CallOption) (*OK[TypeSchema], error) {
	return ok[TypeSchema](ctx, s.client, getRegistrationSchema.at(""), opts)
}
