package client

import (
	"context"
	"iter"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

var (
	queryObjects = declare(operation{
		name: "Search.QueryAll", method: http.MethodPost, path: "/{path}/@querystring-search", want: http.StatusOK, kind: retry.Safe,
	})
	queryCacheably = declare(operation{
		name: "Search.QueryAllCacheable", method: http.MethodGet, path: "/{path}/@querystring-search", want: http.StatusOK,
	})
)

// QueryOptions are a search by criteria, as editors put it together in
// collections and listings. It needs at least one of them.
type QueryOptions struct {
	PageSize int // items per request; 0 for 100

	Where []Condition // all of them must hold
	// Criteria are further conditions as the server keeps them, like those of
	// Collection.Query.
	Criteria   []Criterion
	SortOn     string // an index; empty for the server's order
	Descending bool
	// Limit ends the list after so many hits, as if there were no more: ItemsTotal
	// is at most Limit. 0 for all of them; a collection has a limit of its own.
	Limit    int
	Metadata []string // further columns of the catalog for Summary.Extra; "_all" for all of them
	// Cacheable sends the query in the URL of a GET, so that a proxy may keep the
	// answer. Proxies refuse long URLs.
	Cacheable bool
}

// QueryAll searches by criteria and walks all hits, each of them once. It looks
// in the navigation root of the object at path, unless there is a condition on
// the path; that object itself is not among the hits, unless it is the site.
//
// Errors: [errors.ErrInvalidInput] without criteria, for two about one index, of
// which the server would drop the first, and for a condition of another kind of
// search; [errors.ErrBadRequest] for an operation that the site does not know,
// [errors.ErrNotFound] when there is no such object, [errors.ErrInternalServer] for
// a value that the operation cannot read or an order by words, and
// [errors.ErrListChanged] at the end when the hits changed underneath. The server
// says nothing about an index that it does not know; see [Querystring.Check].
//
// Source: plone.restapi documentation, "Querystring Search".
func (s *SearchService) QueryAll(ctx context.Context, path string, o QueryOptions, opts ...CallOption) iter.Seq2[*Summary, error] {
	return queryList[Summary](s.client, path, o, false).items(ctx, opts)
}

// QueryPages is QueryAll in batches of PageSize. The next one is fetched while
// the caller works with the last.
//
// Errors: as QueryAll.
//
// Source: plone.restapi documentation, "Querystring Search".
func (s *SearchService) QueryPages(ctx context.Context, path string, o QueryOptions, opts ...CallOption) iter.Seq2[*Batch[Summary], error] {
	return queryList[Summary](s.client, path, o, false).pages(ctx, opts)
}

// Query is [SearchService.QueryAll] for whole objects: it walks what was found as
// T, without a request for each. Metadata has no effect.
//
// Errors: those of [SearchService.QueryAll].
//
// Source: plone.restapi documentation, "Querystring Search".
func (s *ContentService[T]) Query(ctx context.Context, path string, o QueryOptions, opts ...CallOption) iter.Seq2[*T, error] {
	return queryList[T](s.client, path, o, true).items(ctx, opts)
}

// queryBody is what the server searches by.
type queryBody struct {
	Query       []Criterion `json:"query"`
	SortOn      string      `json:"sort_on,omitempty"`
	SortOrder   string      `json:"sort_order,omitempty"`
	Limit       int         `json:"limit,omitempty"`
	FullObjects bool        `json:"fullobjects,omitempty"`

	// In the query of a POST, but here for a GET, whose other parameters the
	// server throws away.
	Metadata []string `json:"metadata_fields,omitempty"`
	Start    int      `json:"b_start,omitempty"`
	Size     int      `json:"b_size,omitempty"`
}

func queryList[T any](c *Client, path string, o QueryOptions, full bool) *list[T] {
	l := &list[T]{client: c, size: o.PageSize, request: queryObjects.at(path)}
	body, err := o.body(c)
	if err != nil {
		l.request.err = err
		return l
	}
	body.FullObjects, l.full = full, full
	l.check, l.columns = func(q *Querystring) error { return q.checkQuery(body) }, o.Metadata
	if o.Cacheable {
		l.request = queryCacheably.at(path)
		l.paging = func(r *request, start, size int) {
			body := body
			body.Start, body.Size = start, size
			if !full {
				body.Metadata = columns(o.Metadata)
			}
			data, err := wire.Marshal(body)
			if err != nil {
				r.err = invalid("the criteria cannot be marshalled: %w", err)
			}
			// The server decodes the parameter once more than others.
			r.setQuery("query", url.PathEscape(string(data)))
		}
		return l
	}
	l.request.Body = body
	if full {
		l.broken = raised
	}
	if !full {
		l.request.Query = url.Values{"metadata_fields": columns(o.Metadata)}
	}
	return l
}

// body is what is sent. Without a client, which Check has none of, paths stay as
// they are.
func (o QueryOptions) body(c *Client) (queryBody, error) {
	body := queryBody{SortOn: o.SortOn, Limit: o.Limit}
	if o.Limit < 0 {
		return body, invalid("the limit %d is negative", o.Limit)
	}
	if o.Descending {
		if o.SortOn == "" {
			return body, invalid("Descending without SortOn")
		}
		body.SortOrder = "descending"
	}
	if o.SortOn != "" && o.Limit == 0 {
		// Without one the server counts what it leaves out of the order, and then
		// sends its first page again and again.
		body.Limit = math.MaxInt32
	}
	for _, condition := range o.Where {
		criteria, err := condition.sent(c)
		if err != nil {
			return body, err
		}
		body.Query = append(body.Query, criteria...)
	}
	body.Query = append(body.Query, o.Criteria...)
	if len(body.Query) == 0 {
		return body, invalid("a query without criteria")
	}
	return body, checkCriteria(body.Query)
}

// checkCriteria refuses a second criterion about an index: the server takes the
// last one alone, but for places, of which one has to fit, and for the two ends
// of a range.
func checkCriteria(criteria []Criterion) error {
	operations := map[string][]string{}
	depths := map[string]bool{}
	for _, c := range criteria {
		operation := c.Operation[strings.LastIndexByte(c.Operation, '.')+1:]
		before := operations[c.Index]
		switch {
		case c.Index == "" || c.Operation == "":
			return invalid("a criterion without index or operation")
		case c.Index == string(IndexPath):
			if depths[placeDepth(c)] = true; len(depths) > 1 {
				return invalid("criteria about places with different depths")
			}
		case len(before) == 0:
		case len(before) == 1 && slices.Contains(before, opposite(operation)):
		default:
			return invalid("two criteria about %s", c.Index)
		}
		operations[c.Index] = append(before, operation)
	}
	return nil
}

// placeDepth is what follows the path in a criterion about a place: "::1", or
// nothing.
func placeDepth(c Criterion) string {
	place, _ := c.Value.(string)
	if i := strings.Index(place, "::"); i >= 0 {
		return place[i:]
	}
	return ""
}

// opposite is the other end of a range; empty for an operation that is no end.
func opposite(operation string) string {
	switch operation {
	case "largerThan":
		return "lessThan"
	case "lessThan":
		return "largerThan"
	default:
		return ""
	}
}

// sent are the criteria of the condition as they are sent.
func (c Condition) sent(client *Client) ([]Criterion, error) {
	switch {
	case c.err != nil:
		return nil, c.err
	case c.index == "":
		return nil, invalid("the zero Condition")
	case c.criteria == nil:
		return nil, invalid("this condition on %s is one for All", c.index)
	case c.under == nil || client == nil:
		return c.criteria, nil
	}
	u, err := client.resolve(*c.under)
	if err != nil {
		return nil, err
	}
	path := "/" + strings.Trim(strings.TrimPrefix(u.Path, client.site.Path), "/")
	if strings.Contains(path, "::") {
		return nil, invalid("the path %q cannot be searched", path)
	}
	criterion := c.criteria[0]
	criterion.Value = path + placeDepth(criterion)
	return []Criterion{criterion}, nil
}
