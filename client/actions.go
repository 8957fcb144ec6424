package client

import (
	"context"
	"net/http"
	"net/url"
)

var getActions = declare(operation{
	name: "Components.Actions", method: http.MethodGet, path: "/{path}/@actions", want: http.StatusOK,
})

// Actions are what a user can do with an object, by their categories: "object",
// "object_buttons", "portal_tabs", "site_actions", "user" and those of the site.
type Actions map[string][]Action

// An Action is an entry of a menu of commands.
type Action struct {
	ID    string `json:"id"`
	Title string `json:"title"` // in the language of the request
	Icon  string `json:"icon,omitempty"`
	URL   string `json:"url,omitempty"` // of a page of the site; not sent by old servers
}

// Actions returns the actions that the user has on the object at path, of the
// categories with those names, or of all when there are none. A category that the
// site does not have is empty, like one without an action for the user.
//
// Errors: [errors.ErrNotFound] when there is no such object,
// [errors.ErrUnauthorized] when the user may not see it.
//
// Source: plone.restapi documentation, "Portal Actions".
func (s *ComponentService) Actions(ctx context.Context, path string, categories []string, opts ...CallOption) (*OK[Actions], error) {
	r := getActions.at(path)
	if len(categories) > 0 {
		// Without the suffix the server takes a single name for a list of letters.
		r.Query = url.Values{"categories:list": categories}
	}
	return ok[Actions](ctx, s.client, r, opts)
}
