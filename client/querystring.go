package client

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var getQuerystring = declare(operation{
	name: "Search.Querystring", method: http.MethodGet, path: "/{path}/@querystring", want: http.StatusOK,
})

// Querystring is what the site offers to those who put a search together: for
// Search.QueryAll, and for the query of a collection or a listing.
type Querystring struct {
	URL             string                      `json:"@id"`
	Indexes         map[string]QuerystringIndex `json:"indexes"`
	SortableIndexes map[string]QuerystringIndex `json:"sortable_indexes"`
}

// QuerystringIndex is an index that criteria can be about.
type QuerystringIndex struct {
	Title           string                          `json:"title"` // in the language of the request, like the other texts
	Description     string                          `json:"description,omitempty"`
	Group           string                          `json:"group,omitempty"`   // "Text", "Dates" or "Metadata"
	Enabled         bool                            `json:"enabled,omitempty"` // it is offered to editors
	Sortable        bool                            `json:"sortable,omitempty"`
	Operations      []string                        `json:"operations,omitempty"` // what Criterion.Operation may be
	Operators       map[string]QuerystringOperation `json:"operators,omitempty"`  // the same, described
	Vocabulary      string                          `json:"vocabulary,omitempty"`
	FetchVocabulary bool                            `json:"fetch_vocabulary,omitempty"` // Values are those of Vocabulary; otherwise they are looked up in it
	Values          map[string]QuerystringValue     `json:"values,omitempty"`
}

// QuerystringOperation describes an operation.
type QuerystringOperation struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Operation   string `json:"operation,omitempty"` // function of the server
	Widget      string `json:"widget,omitempty"`    // empty for operations without a value
}

// QuerystringValue describes a value.
type QuerystringValue struct {
	Title string `json:"title"`
}

func (q *Querystring) check() error {
	if q.Indexes == nil {
		return errMissing("indexes")
	}
	return requireURL(q.URL)
}

// Querystring returns what searches the site offers at the object at path;
// vocabularies may depend on where they are asked for.
//
// Errors: [errors.ErrNotFound] when there is no such object,
// [errors.ErrUnauthorized] when the user may not see it.
//
// Source: plone.restapi documentation, "Querystring".
func (s *SearchService) Querystring(ctx context.Context, path string, opts ...CallOption) (*OK[Querystring], error) {
	return ok[Querystring](ctx, s.client, getQuerystring.at(path), opts)
}

// Check reports whether the site knows the indexes of a query. The server ignores
// a criterion about an index that it does not know, and an order by one, so that
// the query finds too much.
//
// Errors: [errors.ErrInvalidInput] for the first unknown name, and for options
// that Search.QueryAll refuses.
func (q *Querystring) Check(o QueryOptions) error {
	body, err := o.body(nil)
	if err != nil {
		return err
	}
	return q.checkQuery(body)
}

func (q *Querystring) checkQuery(body queryBody) error {
	for _, c := range body.Query {
		if !q.knows(c.Index) {
			return invalid("the site has no index %q", c.Index)
		}
		if types, are := c.Value.([]string); are && c.Index == string(IndexType) {
			if err := q.checkTypes(types); err != nil {
				return err
			}
		}
	}
	if body.SortOn != "" {
		return q.checkOrder(body.SortOn)
	}
	return nil
}

// CheckSearch is Check for the options of Search.All, their types among them.
//
// Errors: [errors.ErrInvalidInput] for the first unknown name, and for options
// that Search.All refuses.
func (q *Querystring) CheckSearch(o SearchOptions) error {
	query, err := o.query()
	if err != nil {
		return err
	}
	return q.checkSearch(query)
}

func (q *Querystring) checkSearch(query url.Values) error {
	for _, name := range indexesOf(query) {
		if !q.knows(name) {
			return invalid("the site has no index %q", name)
		}
	}
	order, _ := parameter(query, "sort_on")
	for _, name := range query[order] {
		if err := q.checkOrder(name); err != nil {
			return err
		}
	}
	for name, types := range query {
		if plain, _, _ := strings.Cut(name, ":"); plain != "portal_type" && plain != "portal_type.query" && plain != "portal_type.not" {
			continue
		}
		if err := q.checkTypes(types); err != nil {
			return err
		}
	}
	return nil
}

// hiddenTypes are types of every site that are not offered to those who search.
var hiddenTypes = []string{"", "Plone Site", "Discussion Item", "LRF", "LIF", "TempFolder"}

// checkTypes refuses types that the site does not have, as far as it tells which it has.
func (q *Querystring) checkTypes(types []string) error {
	known := q.Indexes["portal_type"].Values
	for _, name := range types {
		_, offered := known[name]
		if _, named := q.Indexes[name]; len(known) > 0 && !offered && !named && !slices.Contains(hiddenTypes, name) {
			return invalid("the site has no type %q", name)
		}
	}
	return nil
}

// knows reports whether there is an index called name. Those that are not offered
// to editors need not exist.
func (q *Querystring) knows(name string) bool {
	return q.Indexes[name].Enabled || slices.Contains(stockIndexes, name)
}

func (q *Querystring) checkOrder(name string) error {
	if _, sortable := q.SortableIndexes[name]; !sortable && !slices.Contains(stockIndexes, name) {
		return invalid("the site has no index %q to sort on", name)
	}
	return nil
}
