package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

var (
	getPortrait = declare(operation{
		name: "Users.Portrait", method: http.MethodGet, path: "/@portrait/{id}", want: http.StatusOK,
	})
	getOwnPortrait = declare(operation{
		name: "Users.OwnPortrait", method: http.MethodGet, path: "/@portrait", want: http.StatusOK,
	})
)

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
// Errors: [errors.ErrNotFound] when there is no such user or no picture; a
// [errors.DecodeError] that matches [errors.ErrDamaged] when the response is no image.
//
// Source: plone.restapi documentation, "Portrait".
func (s *UserService) Portrait(ctx context.Context, id string, opts ...CallOption) (*Download, error) {
	r := getPortrait.at("", portraitID(id))
	return s.client.download(ctx, r.apply(opts), expected{mediaType: "image/"})
}

// OwnPortrait returns the picture of the user of the client. The caller closes it.
//
// Errors: [errors.ErrNotFound] when there is none, or the user is anonymous; as
// Portrait otherwise.
//
// Source: plone.restapi documentation, "Portrait".
func (s *UserService) OwnPortrait(ctx context.Context, opts ...CallOption) (*Download, error) {
	r := getOwnPortrait.at("")
	return s.client.download(ctx, r.apply(opts), expected{mediaType: "image/"})
}

// portraitID is the name under which the server keeps the portrait of a user: the
// id, escaped as in a URL, but with "-" for the percent sign and "--" for itself.
func portraitID(id string) string {
	return strings.NewReplacer("+", "-20", "%2F", "/", "%", "-", "-", "--").Replace(url.QueryEscape(id))
}
