package client

import (
	"context"
	"iter"
	"net/url"
)

// SearchService asks the catalog. It is safe for concurrent use.
type SearchService struct{ client *Client }

// SearchOptions say what to find. The zero value finds everything below the
// context that the user may see.
type SearchOptions struct {
	PageSize int // items per request; 0 for 100

	Text   string     // words that must occur, SearchableText; "word*" for beginnings
	Types  []string   // content types, portal_type
	Query  url.Values // any other index, with its options as "created.range"; the server ignores names it does not know
	SortOn []string   // indexes, the first one first; empty for the server's order
	// Descending turns the order of SortOn round.
	Descending bool
	Metadata   []string // further columns of the catalog for Summary.Extra; "_all" for all of them
	// Self keeps the object that is searched from among the hits, where the
	// server puts it.
	Self bool
}

// Pages searches below the object at path, in batches of PageSize. The next one
// is fetched while the caller works with the last.
//
// Errors: as All.
//
// Source: plone.restapi documentation, "Search".
//
//plone:operation GET /{path}/@search 200
func (s *SearchService) Pages(ctx context.Context, path string, o SearchOptions) iter.Seq2[*Batch[Summary], error] {
	return s.list(path, o).pages(ctx)
}

// All searches below the object at path and walks all hits, each of them once.
//
// Errors: [errors.ErrInvalidInput] for options that the server would not
// understand, [errors.ErrNotFound] when there is no such object,
// [errors.ErrInternalServer] for a value that an index cannot read, and
// [errors.ErrListChanged] at the end when the hits changed underneath.
//
// Source: plone.restapi documentation, "Search".
//
//plone:operation GET /{path}/@search 200
func (s *SearchService) All(ctx context.Context, path string, o SearchOptions) iter.Seq2[Summary, error] {
	return s.list(path, o).items(ctx)
}

func (s *SearchService) list(path string, o SearchOptions) *list[Summary] {
	l := &list[Summary]{client: s.client, size: o.PageSize, request: request{
		Request: Request{Path: path, Query: url.Values{}},
		service: []string{"@search"},
	}}
	if !o.Self {
		l.without = s.client.sameObject(path)
	}
	l.request.Query, l.request.err = o.query()
	return l
}

func (o SearchOptions) query() (url.Values, error) {
	q := url.Values{}
	for name, values := range o.Query {
		if name == "b_start" || name == "b_size" {
			return nil, invalid("%s in a search; use PageSize", name)
		}
		q[name] = values
	}
	if o.Text != "" {
		q.Set("SearchableText", o.Text)
	}
	// To these the server answers an empty array instead of a listing.
	if text, given := q["SearchableText"]; given && (len(text) != 1 || text[0] == "" || text[0] == "*") {
		return nil, invalid("SearchableText needs one text with words")
	}
	if len(o.Types) > 0 {
		q["portal_type"] = o.Types
	}
	if len(o.SortOn) > 0 {
		q["sort_on"] = o.SortOn
	}
	if o.Descending {
		if len(o.SortOn) == 0 {
			return nil, invalid("Descending without SortOn")
		}
		q.Set("sort_order", "descending")
	}
	if len(o.Metadata) > 0 {
		q["metadata_fields"] = o.Metadata
	}
	return q, nil
}
