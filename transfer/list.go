package transfer

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// entry is what the catalog tells about an object.
type entry struct {
	UID         string `json:"uid"`
	Path        string `json:"path"` // below the site; "/" for the site
	Type        string `json:"type"`
	Modified    string `json:"modified,omitempty"`
	State       string `json:"state,omitempty"`
	Language    string `json:"language,omitempty"`
	Group       string `json:"group,omitempty"` // of translations
	Comments    int    `json:"comments,omitempty"`
	LastComment string `json:"last_comment,omitempty"` // when one was written or changed
	Position    int    `json:"position"`               // among its siblings
	Default     bool   `json:"default_page,omitempty"` // it is the default page of its folder
	// It was changed in the second of the listing or later, and may be changed
	// once more with the same time, as the server counts seconds.
	Open bool `json:"open,omitempty"`
}

// site is what a transfer knows about a site from the start.
type site struct {
	client   *client.Client
	address  string    // as the site itself says it
	language string    // default
	opened   time.Time // by the clock of the server; the zero time when it does not tell
}

func openSite(ctx context.Context, c *client.Client) (*site, error) {
	s := &site{client: c}
	if err := s.known(ctx); err != nil {
		return nil, err
	}
	info, err := c.Site.Get(ctx)
	if err != nil {
		return nil, err
	}
	root, err := c.Content.Get(ctx, "")
	if err != nil {
		return nil, err
	}
	s.address, s.language = strings.TrimSuffix(root.Value.ID, "/"), info.Value.DefaultLanguage
	s.opened, _ = http.ParseTime(root.Header.Get("Date")) // without it, everything counts as open
	return s, nil
}

// known reports whether the server knows the client still: to a token that has
// ended it shows what everybody may see, as if there were no more.
func (s *site) known(ctx context.Context) error {
	_, err := s.client.WhoAmI(ctx)
	return err
}

const (
	// So many hits are in one answer. One answer is one state of the database.
	listingSize = 5000
	// So often the site is listed again when it changes meanwhile.
	maxListings = 3
)

// list returns all objects of the site in the order of their paths, so that
// parents come first.
func (s *site) list(ctx context.Context) ([]entry, error) {
	var entries []entry
	index := map[string]int{} // of entries, by UID
	f := &form{site: s.address}
	all := client.SearchOptions{
		PageSize: listingSize, SortOn: []string{"path"}, Self: true,
		Metadata: []string{"UID", "modified", "review_state", "Language", "TranslationGroup"},
		Query:    url.Values{"object_provides": {content}},
	}
	err := s.search(ctx, all, func(hit client.Summary) error {
		e := entry{UID: hit.UID, Type: hit.Type, State: hit.ReviewState, Path: f.path(hit.ID)}
		if e.Type == siteType {
			e.UID = siteUID
		}
		if e.UID == "" || e.Path == "" {
			return nil
		}
		e.Modified, e.Open = hit.Modified.String(), !hit.Modified.Before(s.opened)
		for name, column := range map[string]any{
			"TranslationGroup": &e.Group, "Language": &e.Language,
		} {
			if err := hit.Extra(name, column); err != nil {
				return fmt.Errorf("column %s of %s: %w", name, e.Path, err)
			}
		}
		if _, ok := index[e.UID]; !ok {
			index[e.UID] = len(entries)
			entries = append(entries, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	place, err := s.places(ctx)
	if err != nil {
		return nil, err
	}
	for n := range entries {
		entries[n].Position = place[entries[n].Path]
	}
	if err := s.comments(ctx, entries); err != nil {
		return nil, err
	}
	pages := client.SearchOptions{
		PageSize: listingSize, Self: true, Metadata: []string{"UID"},
		Query: url.Values{"is_default_page": {"1"}, "object_provides": {content}},
	}
	err = s.search(ctx, pages, func(hit client.Summary) error {
		if n, ok := index[hit.UID]; ok {
			entries[n].Default = true
		}
		return nil
	})
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.Path, b.Path) })
	return entries, err
}

// places returns the places of all objects among their siblings, by path. The index
// knows only which of two siblings comes first, so they are counted.
func (s *site) places(ctx context.Context) (map[string]int, error) {
	next, place := map[string]int{}, map[string]int{}
	f := &form{site: s.address}
	ordered := client.SearchOptions{
		PageSize: listingSize, SortOn: []string{"getObjPositionInParent"},
		Query: url.Values{"object_provides": {content}},
	}
	err := s.search(ctx, ordered, func(hit client.Summary) error {
		at := f.path(hit.ID)
		if _, seen := place[at]; !seen {
			parent := path.Dir(at)
			place[at] = next[parent]
			next[parent]++
		}
		return nil
	})
	return place, err
}

// comments fills in which objects have comments. Those are in the catalog
// themselves; its column total_comments is not kept up to date.
func (s *site) comments(ctx context.Context, entries []entry) error {
	index := make(map[string]int, len(entries)) // by path
	for n := range entries {
		index[entries[n].Path] = n
	}
	f := &form{site: s.address}
	o := client.SearchOptions{
		PageSize: listingSize, SortOn: []string{"path"}, Types: []string{"Discussion Item"}, Metadata: []string{"modified"},
	}
	return s.search(ctx, o, func(hit client.Summary) error {
		object, _, _ := strings.Cut(f.path(hit.ID), "/++conversation++")
		n, ok := index[object]
		if !ok {
			return nil
		}
		entries[n].Comments++
		entries[n].LastComment = max(entries[n].LastComment, hit.Modified.String())
		return nil
	})
}

// content keeps comments out of a search, which are in the catalog too. By the
// order of siblings the server cannot sort those on objects that are no folders:
// it fails with an AttributeError.
const content = "plone.dexterity.interfaces.IDexterityContent"

// search passes all hits to do, again from the start when the site changes
// meanwhile, but not for ever: the listing is the plan, and what the plan does not
// know is in the next one.
func (s *site) search(ctx context.Context, o client.SearchOptions, do func(client.Summary) error) error {
	for range maxListings {
		changed := false
		for hit, err := range s.client.Search.All(ctx, "", o) {
			if changed = errors.Is(err, errors.ErrListChanged); changed {
				break
			}
			if err == nil {
				err = do(hit)
			}
			if err != nil {
				return err
			}
		}
		if !changed {
			return nil
		}
	}
	return nil
}
