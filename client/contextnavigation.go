package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

var getContextNavigation = declare(operation{
	name: "Components.ContextNavigation", method: http.MethodGet, path: "/{path}/@contextnavigation", want: http.StatusOK,
})

// ContextNavigation is a tree of the objects around one of them.
type ContextNavigation struct {
	URL           string                  `json:"@id"`
	Available     bool                    `json:"available"` // false when there is nothing to show here
	Title         string                  `json:"title,omitempty"`
	HasCustomName bool                    `json:"has_custom_name,omitempty"` // Title is the Name that was asked for
	Href          string                  `json:"url,omitempty"`             // where Title leads; empty when there is nothing to show
	Items         []ContextNavigationItem `json:"items,omitempty"`
}

// A ContextNavigationItem is an object in the tree.
type ContextNavigationItem struct {
	URL          string                  `json:"@id"`
	Title        string                  `json:"title,omitempty"`
	Description  string                  `json:"description,omitempty"`
	Href         string                  `json:"href,omitempty"`          // where the entry leads
	Icon         string                  `json:"icon,omitempty"`          // of files, by their media type
	Thumb        string                  `json:"thumb,omitempty"`         // address of a small image
	Type         string                  `json:"type,omitempty"`          // content type as it is used in CSS, like "news-item"
	NormalizedID string                  `json:"normalized_id,omitempty"` // short name as it is used in CSS
	ReviewState  string                  `json:"review_state,omitempty"`  // empty for types without workflow
	IsCurrent    bool                    `json:"is_current,omitempty"`    // the object that the tree is about
	IsInPath     bool                    `json:"is_in_path,omitempty"`    // on the way to it
	IsFolderish  bool                    `json:"is_folderish,omitempty"`
	Items        []ContextNavigationItem `json:"items,omitempty"`
}

// ContextNavigationOptions say which part of the tree is wanted. The zero value
// is the tree of the section, the child of the navigation root, that the object
// lies in.
type ContextNavigationOptions struct {
	Name              string   // title of the tree; empty for "Navigation"
	RootPath          string   // folder to take as the root, from the site on; empty for the navigation root
	IncludeTop        bool     // begin with the root itself
	CurrentFolderOnly bool     // only the folder of the object
	TopLevel          Opt[int] // levels below the root at which the tree begins; absent for 1
	BottomLevel       int      // levels of the tree; 0 for all, negative for none
	NoIcons           bool
	NoThumbs          bool
	ThumbScale        string // image scale of Thumb; empty for the site's own
}

func (o ContextNavigationOptions) query() url.Values {
	q := url.Values{}
	set := func(name, value string) { q.Set("expand.contextnavigation."+name, value) }
	for name, value := range map[string]string{"name": o.Name, "root_path": o.RootPath, "thumb_scale": o.ThumbScale} {
		if value != "" {
			set(name, value)
		}
	}
	for name, value := range map[string]bool{
		"includeTop": o.IncludeTop, "currentFolderOnly": o.CurrentFolderOnly, "no_icons": o.NoIcons, "no_thumbs": o.NoThumbs,
	} {
		if value {
			set(name, "true")
		}
	}
	if level, found := o.TopLevel.Get(); found {
		set("topLevel", strconv.Itoa(level))
	}
	if o.BottomLevel != 0 {
		set("bottomLevel", strconv.Itoa(o.BottomLevel))
	}
	return q
}

func (n *ContextNavigation) check() error { return requireURL(n.URL) }

// ContextNavigation returns the tree around the object at path. A RootPath that
// does not exist is taken for the site.
//
// Errors: [errors.ErrNotFound] when there is no such object,
// [errors.ErrUnauthorized] when the user may not see it.
//
// Source: plone.restapi documentation, "Context navigation".
func (s *ComponentService) ContextNavigation(ctx context.Context, path string, o ContextNavigationOptions, opts ...CallOption) (*OK[ContextNavigation], error) {
	r := getContextNavigation.at(path)
	r.Query = o.query()
	return ok[ContextNavigation](ctx, s.client, r, opts)
}
