package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

var getNavigation = declare(operation{
	name: "Components.Navigation", method: http.MethodGet, path: "/{path}/@navigation", want: http.StatusOK,
})

// Navigation is the tree of the objects below the navigation root that the site
// shows in its menus.
type Navigation struct {
	URL   string           `json:"@id"`
	Items []NavigationItem `json:"items,omitempty"`
}

// A NavigationItem is an entry of a menu.
type NavigationItem struct {
	URL           string           `json:"@id"`
	Title         string           `json:"title,omitempty"`
	Description   string           `json:"description,omitempty"`
	ReviewState   string           `json:"review_state,omitempty"`                // empty for entries without workflow, like "Home"
	UseViewAction bool             `json:"use_view_action_in_listings,omitempty"` // its page is at URL + "/view"; of the second level and below only
	Items         []NavigationItem `json:"items,omitempty"`
}

func (n *Navigation) check() error { return requireURL(n.URL) }

// Navigation returns the menu that is shown on the object at path, depth levels
// deep; 0 is one level. The site decides which types it shows, objects that are
// excluded from navigation are left out, and from the second level on so are
// those in another language than that of the request, and those in none.
//
// Errors: [errors.ErrInvalidInput] for a negative depth, [errors.ErrNotFound] when
// there is no such object, [errors.ErrUnauthorized] when the user may not see it.
//
// Source: plone.restapi documentation, "Navigation".
func (s *ComponentService) Navigation(ctx context.Context, path string, depth int, opts ...CallOption) (*OK[Navigation], error) {
	if depth < 0 {
		return nil, invalid("the depth %d is negative", depth)
	}
	r := getNavigation.at(path)
	if depth > 0 {
		r.Query = url.Values{"expand.navigation.depth": {strconv.Itoa(depth)}}
	}
	return ok[Navigation](ctx, s.client, r, opts)
}
