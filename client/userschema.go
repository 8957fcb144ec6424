package client

import "context"

// Schema returns the fields that users of this site have, without Title and
// Layouts.
//
// Errors: [errors.ErrUnauthorized] when the site is closed to the user.
//
// Source: plone.restapi documentation, "User schema".
//
//plone:operation GET /@userschema 200
func (s *UserService) Schema(ctx context.Context, opts ...CallOption) (*OK[TypeSchema], error) {
	return ok[TypeSchema](ctx, s.client, request{service: []string{"@userschema"}}, opts)
}

// RegistrationSchema returns the fields of the form with which people register
// themselves, without Title and Layouts.
//
// Errors: as Schema.
//
// Source: plone.restapi documentation, "User schema".
//
//plone:operation GET /@userschema/registration 200
func (s *UserService) RegistrationSchema(ctx context.Context, opts ...CallOption) (*OK[TypeSchema], error) {
	return ok[TypeSchema](ctx, s.client, request{service: []string{"@userschema", "registration"}}, opts)
}
