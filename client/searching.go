package client

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// SearchService asks the catalog. It is safe for concurrent use.
type SearchService struct{ client *Client }

var searchContent = declare(operation{
	name: "Search.All", method: http.MethodGet, path: "/{path}/@search", want: http.StatusOK,
})

// SearchOptions say what to find. The zero value finds everything below the
// context that the user may see.
type SearchOptions struct {
	PageSize int // items per request; 0 for 100
	Start    int // hits to pass over, not counting the object at the path unless Self

	// Text are words that must occur, SearchableText; "word*" for beginnings. AND, OR,
	// NOT and "phrases" mean what they do where they make sense, and are words like
	// others where they do not: the server fails over these.
	Text  string
	Types []string // content types, portal_type
	// Where are conditions that all must hold, one for each index. A date is a
	// [DateIndex]: DateIndex("modified").Since(t), with any time.Time, which is sent as
	// a moment in UTC.
	Where []Condition
	// Query are parameters as they are sent, for what Where does not know, like an
	// index with its options as "created.range", or "sort_order" for each of SortOn.
	// The server ignores names it does not know, and finds what the other conditions
	// leave, or everything; see [WithStrict] and [Querystring.CheckSearch].
	Query url.Values
	// Depth is how far below the context an object may be: 1 for its children, 0
	// for any depth.
	Depth int
	// Paths are the places to look below, when that is not the context alone. The
	// catalog has the paths of the database, like "/Plone/news"; behind a virtual
	// host the server wants those that the public sees. To search one folder,
	// search with its path as the context.
	Paths []string
	// SortOn are indexes, the first one first; empty for the server's order. Objects
	// that are equal in all of them come in the order of their paths. The server
	// leaves out objects without a value in one of them, as files have none in
	// "review_state", and does not count them in Batch.ItemsTotal: search without
	// SortOn to find all.
	SortOn []string
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
func (s *SearchService) Pages(ctx context.Context, path string, o SearchOptions, opts ...CallOption) iter.Seq2[*Batch[Summary], error] {
	return searchList[Summary](s.client, path, o).pages(ctx, opts)
}

// All searches below the object at path and walks all hits, each of them once.
//
// Errors: [errors.ErrInvalidInput] for options that the server would not
// understand, [errors.ErrNotFound] when there is no such object,
// [errors.ErrInternalServer] for a value that an index cannot read, and
// [errors.ErrListChanged] at the end when the hits changed underneath.
//
// Source: plone.restapi documentation, "Search".
func (s *SearchService) All(ctx context.Context, path string, o SearchOptions, opts ...CallOption) iter.Seq2[*Summary, error] {
	return searchList[Summary](s.client, path, o).items(ctx, opts)
}

// Page returns one page of the hits: those from o.Start on, PageSize of them, fewer
// at the end, and none behind it. It is for those who show one page at a time; when
// objects come or go between two calls, a page may repeat what the last one had, or
// pass over it.
//
// To leave out the object at path, and to read an order from its middle, may take one
// or two more requests; Self and no SortOn save them.
//
// Errors: those of All but [errors.ErrListChanged].
//
// Source: plone.restapi documentation, "Search".
func (s *SearchService) Page(ctx context.Context, path string, o SearchOptions, opts ...CallOption) (*Batch[Summary], error) {
	return searchList[Summary](s.client, path, o).page(ctx, opts)
}

// Search is [SearchService.All] for whole objects: it walks what was found as T,
// without a request for each. The server reads every object for that, so a small
// PageSize keeps its answers quick. Metadata has no effect.
//
// Errors: those of [SearchService.All].
//
// Source: plone.restapi documentation, "Search", "Retrieving full objects".
func (s *ContentService[T]) Search(ctx context.Context, path string, o SearchOptions, opts ...CallOption) iter.Seq2[*T, error] {
	l := searchList[T](s.client, path, o)
	l.request.setQuery("fullobjects", "1")
	delete(l.request.Query, "metadata_fields")
	l.full, l.broken = true, raised
	return l.items(ctx, opts)
}

func searchList[T any](c *Client, path string, o SearchOptions) *list[T] {
	l := &list[T]{
		client: c, size: o.PageSize, start: o.Start, request: searchContent.at(path),
		columns: o.Metadata, catalog: true, others: !o.Self && o.Depth != 1, // of which the server does so itself
	}
	l.request.Query, l.request.err = o.query()
	return l
}

func (o SearchOptions) query() (url.Values, error) {
	q := url.Values{}
	for name, values := range o.Query {
		if name == "b_start" || name == "b_size" {
			return nil, invalid("%s in a search; use PageSize and Start", name)
		}
		q[name] = values
	}
	for _, condition := range o.Where {
		if err := condition.addTo(q); err != nil {
			return nil, err
		}
	}
	if o.Text != "" {
		text, err := searchText(o.Text)
		if err != nil {
			return nil, err
		}
		q.Set("SearchableText", text)
	}
	// To these the server answers an empty array instead of a listing.
	if text, given := q["SearchableText"]; given && (len(text) != 1 || text[0] == "" || text[0] == "*") {
		return nil, invalid("SearchableText needs one text with words")
	}
	if len(o.Types) > 0 {
		q["portal_type"] = o.Types
	}
	if o.Depth < 0 {
		return nil, invalid("the depth %d is negative", o.Depth)
	}
	if o.Depth > 0 {
		q.Set("path.depth", strconv.Itoa(o.Depth))
	}
	if len(o.Paths) > 0 {
		q["path.query"] = o.Paths
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
	q["metadata_fields"] = columns(append(q["metadata_fields"], o.Metadata...))
	return q, nil
}

// orderTotally makes the path the last key of a sorted search, unless there is a
// unique one already. The catalog sorts each page anew, and in another way when
// it is a late or a small one, so that equal objects would change their places.
// Every object has a path, while comments have no UID, and would be left out.
func orderTotally(q url.Values) {
	name, sorted := parameter(q, "sort_on")
	if keys := q[name]; sorted && !slices.Contains(keys, "path") && !slices.Contains(keys, "UID") {
		q[name] = append(slices.Clip(keys), "path")
	}
}

// turnOrder turns the order of a sorted search round. The catalog does so by itself
// for a page in the second half of the hits, but counts among them those that it
// leaves out of the order, so that it sends some objects twice and others never.
func turnOrder(q url.Values) {
	name, given := parameter(q, "sort_order")
	if !given {
		q.Set("sort_order", "descending")
		return
	}
	var turned []string
	for _, order := range q[name] {
		switch strings.ToLower(order) {
		case "descending", "reverse":
			turned = append(turned, "ascending")
		default:
			turned = append(turned, "descending")
		}
	}
	q[name] = turned
}

// parameter returns the name of a parameter as it is in q, where a type may follow,
// as in "sort_on:list", and whether it is there.
func parameter(q url.Values, called string) (name string, given bool) {
	for name, values := range q {
		if plain, _, _ := strings.Cut(name, ":"); plain == called && len(values) > 0 {
			return name, true
		}
	}
	return called, false
}

// addTo adds the condition to the parameters of a search. The server has one
// condition for each index, so that a second one would be mixed up with the first.
func (c Condition) addTo(q url.Values) error {
	switch {
	case c.err != nil:
		return c.err
	case c.index == "":
		return invalid("the zero Condition")
	case c.search == nil:
		return invalid("this condition on %s is one for QueryAll", c.index)
	case slices.Contains(indexesOf(q), c.index):
		return invalid("two conditions on %s", c.index)
	}
	maps.Copy(q, c.search)
	return nil
}

// indexesOf returns the names of the indexes among the parameters of a search,
// without their options.
func indexesOf(q url.Values) []string {
	var names []string
	for key := range q {
		name, _, _ := strings.Cut(key, ":")
		name, _, _ = strings.Cut(name, ".")
		switch name {
		case "sort_on", "sort_order", "sort_limit", "metadata_fields", "fullobjects", "use_site_search_settings":
		default:
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// summaryColumns are the columns of the catalog that [Summary] has members for, and
// that not every site sends unasked. Together they make a hit a third longer, by some
// 200 bytes; image_scales alone can be ten times that.
var summaryColumns = []string{
	"UID", "Creator", "created", "modified", "effective", "start", "end", "getObjSize", "getRemoteUrl", "head_title", "nav_title",
	"mime_type", "image_field",
}

// columns are the columns to ask for: those of Summary and others.
func columns(others []string) []string {
	if slices.Contains(others, "_all") {
		return []string{"_all"}
	}
	all := slices.Clone(summaryColumns)
	for _, name := range others {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}
