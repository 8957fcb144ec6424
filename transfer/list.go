package transfer

import (
	"context"
	"net/http"
	"net/url"
	"path"
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
	client    *client.Client
	address   string    // as the site itself says it
	uid       string    // its own
	language  string    // default
	languages []string  // all
	opened    time.Time // by the clock of the server; the zero time when it does not tell
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
	s.address, s.uid = strings.TrimSuffix(root.Value.URL, "/"), root.Value.UID
	s.language, s.languages = info.Value.DefaultLanguage, info.Value.Languages
	s.opened, _ = http.ParseTime(root.Header.Get("Date")) // without it, everything counts as open
	return s, nil
}

// named returns the UID that an object of the site has in a folder.
func (s *site) named(uid string) string {
	if uid == s.uid {
		return siteUID
	}
	return uid
}

// known reports whether the server knows the client still: to a token that has
// ended it shows what everybody may see, as if there were no more.
func (s *site) known(ctx context.Context) error {
	_, err := s.client.WhoAmI(ctx)
	if errors.Is(err, errors.ErrNotImplemented) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, errors.ErrNotFound) {
		return nil // the server knows the client, and cannot tell who it is
	}
	return err
}

const (
	// So many hits are in one answer. One answer is one state of the database.
	listingSize = 5000
	// So often the site is listed again when it changes meanwhile.
	maxListings = 3
)

// list passes all objects of the site to do. Of each it remembers only a few
// bytes. The index of their order knows only which of two siblings comes first, so
// they are counted; and its order is not the same from answer to answer, so that
// what is missing then is asked for by path.
func (s *site) list(ctx context.Context, do func(entry) error) error {
	comments, err := s.comments(ctx)
	if err != nil {
		return err
	}
	pages, err := s.pages(ctx)
	if err != nil {
		return err
	}
	seen, siblings := map[digest]bool{}, map[string]int{} // by the path of their container
	f := &form{site: s.address}
	take := func(hit *client.Summary) error {
		e := entry{UID: hit.UID, Type: hit.Type, State: hit.ReviewState, Path: f.path(hit.URL)}
		if e.Type == siteType {
			e.UID = siteUID
		}
		if e.UID == "" || e.Path == "" || seen[digestOf(e.UID)] {
			return nil
		}
		seen[digestOf(e.UID)] = true
		e.Modified, e.Open = hit.Modified.String(), !hit.Modified.Before(s.opened)
		e.Comments, e.LastComment = comments[e.Path].number, comments[e.Path].last
		e.Default = pages[e.UID]
		if e.UID != siteUID {
			e.Position = siblings[path.Dir(e.Path)]
			siblings[path.Dir(e.Path)]++
		}
		for name, column := range map[string]any{"TranslationGroup": &e.Group, "Language": &e.Language} {
			_ = hit.Extra(name, column) // a site without translations has no such columns
		}
		return do(e)
	}
	all := client.SearchOptions{
		PageSize: listingSize, SortOn: []string{"getObjPositionInParent"}, Self: true,
		Metadata: []string{"UID", "modified", "review_state", "Language", "TranslationGroup"},
		Query:    url.Values{"object_provides": {content}},
	}
	if err := s.search(ctx, all, take); err != nil {
		return err
	}
	type count struct {
		Total int `json:"items_total"`
	}
	there, err := client.Call[count](ctx, s.client, client.Request{
		Path: "@search", Query: url.Values{"object_provides": {content}, "b_size": {"1"}},
	})
	if err != nil || len(seen) >= there.Value.Total {
		return err
	}
	all.SortOn = []string{"path"}
	return s.search(ctx, all, take)
}

// discussed is what the catalog tells about the comments on an object.
type discussed struct {
	number int
	last   string // when one was written or changed
}

// comments returns which objects have comments, by path. Those are in the catalog
// themselves; its column total_comments is not kept up to date.
func (s *site) comments(ctx context.Context) (map[string]discussed, error) {
	found, seen := map[string]discussed{}, map[string]bool{}
	f := &form{site: s.address}
	o := client.SearchOptions{
		PageSize: listingSize, SortOn: []string{"path"}, Types: []string{"Discussion Item"}, Metadata: []string{"modified"},
	}
	err := s.search(ctx, o, func(hit *client.Summary) error {
		if seen[hit.URL] {
			return nil
		}
		seen[hit.URL] = true
		object, _, _ := strings.Cut(f.path(hit.URL), "/++conversation++")
		d := found[object]
		found[object] = discussed{d.number + 1, max(d.last, hit.Modified.String())}
		return nil
	})
	return found, err
}

// pages returns the UIDs of the objects that are the default page of their folder.
func (s *site) pages(ctx context.Context) (map[string]bool, error) {
	found := map[string]bool{}
	o := client.SearchOptions{
		PageSize: listingSize, Self: true, Metadata: []string{"UID"},
		Query: url.Values{"is_default_page": {"1"}, "object_provides": {content}},
	}
	err := s.search(ctx, o, func(hit *client.Summary) error {
		found[hit.UID] = true
		return nil
	})
	return found, err
}

// content keeps comments out of a search, which are in the catalog too. By the
// order of siblings the server cannot sort those on objects that are no folders:
// it fails with an AttributeError.
const content = "plone.dexterity.interfaces.IDexterityContent"

// search passes all hits to do, again from the start when the site changes
// meanwhile, but not for ever: the listing is the plan, and what the plan does not
// know is in the next one.
func (s *site) search(ctx context.Context, o client.SearchOptions, do func(*client.Summary) error) error {
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
