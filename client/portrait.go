package client

import "context"

// Portrait is a picture to show with a user. The server cannot take a picture
// away again, only replace it.
type Portrait struct {
	Data        []byte `json:"data"` // sent as base64
	ContentType string `json:"content-type"`
	Filename    string `json:"filename,omitempty"`
	Scale       bool   `json:"scale,omitempty"` // let the server make it as small as it shows portraits
}

// body is what the server takes.
func (p *Portrait) body() any {
	return struct {
		*Portrait
		Encoding string `json:"encoding"`
	}{p, "base64"}
}

// Portrait returns the picture of the user called id. Anybody may see it. The
// caller closes it.
//
// Errors: [errors.ErrNotFound] when there is no such user or no picture.
//
// Source: plone.restapi documentation, "Portrait".
//
//plone:operation GET /@portrait/{id} 200
func (s *UserService) Portrait(ctx context.Context, id string, opts ...CallOption) (*Download, error) {
	r := request{service: []string{"@portrait", id}}
	return s.client.download(ctx, r.with(opts), "")
}

// OwnPortrait returns the picture of the user of the client. The caller closes it.
//
// Errors: [errors.ErrNotFound] when there is none, or the user is anonymous.
//
// Source: plone.restapi documentation, "Portrait".
//
//plone:operation GET /@portrait 200
func (s *UserService) OwnPortrait(ctx context.Context, opts ...CallOption) (*Download, error) {
	r := request{service: []string{"@portrait"}}
	return s.client.download(ctx, r.with(opts), "")
}
