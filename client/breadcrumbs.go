package client

import (
	"context"
	"net/http"
)

// ComponentService reads the components of an object, one at a time; [Expand] brings them with it. It is safe for concurrent use.
type ComponentService struct{ client *Client }

var getBreadcrumbs = declare(operation{
	name: "Components.Breadcrumbs", method: http.MethodGet, path: "/{path}/@breadcrumbs", want: http.StatusOK,
})

// Breadcrumbs are the way from the navigation root, which is the site or the
// folder of a language, down to an object.
type Breadcrumbs struct {
	URL   string       `json:"@id"`
	Items []Breadcrumb `json:"items,omitempty"` // without the root; the object itself is the last one
	Root  string       `json:"root,omitempty"`  // address of the navigation root
}

// A Breadcrumb is an object on the way.
type Breadcrumb struct {
	URL   string `json:"@id"`
	Title string `json:"title"`
}

func (b *Breadcrumbs) check() error { return requireURL(b.URL) }

// requireURL is the check of values that have an address.
func requireURL(url string) error {
	if url == "" {
		return errMissing("@id")
	}
	return nil
}

// Breadcrumbs returns the way down to the object at path.
//
// Errors: [errors.ErrNotFound] when there is no such object,
// [errors.ErrUnauthorized] when the user may not see it.
//
// Source: plone.restapi documentation, "Breadcrumbs".
func (s *ComponentService) Breadcrumbs(ctx context.Context, path string, opts ...CallOption) (*OK[Breadcrumbs], error) {
	return ok[Breadcrumbs](ctx, s.client, getBreadcrumbs.at(path), opts)
}
