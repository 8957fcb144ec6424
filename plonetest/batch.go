package plonetest

import (
	"net/url"
	"strings"
)

// batch is a page of a list.
type batch struct {
	from, to int  // of the list
	links    dict // nil when everything is on one page
	total    int
}

// paging reads b_start and b_size, from the body first, as Plone does.
func (c *call) paging() (start, size int, err error) {
	data, jsonErr := c.json()
	if jsonErr != nil {
		data = dict{}
	}
	parse := func(source map[string]any, name string, otherwise int) int {
		v, given := source[name]
		if !given {
			return otherwise
		}
		n, ok := pythonInt(v)
		if !ok && err == nil {
			err = fail("BadRequest", "Invalid "+name+": Not an integer")
		}
		return n
	}
	read := func(name string, otherwise int) int {
		if n := parse(data, name, 0); n != 0 {
			return n
		}
		return parse(c.form, name, otherwise)
	}
	start = read("b_start", 0)
	size = read("b_size", 25)
	if err == nil && size < 0 {
		err = fail("AssertionError", "Having an orphan size higher than batch size is undefined")
	}
	return start, size, err
}

// batch cuts the page that the request asks for out of a list of total entries. The links count from the first entry;
// the previous page of one that was asked for beyond the end is the last one.
func (c *call) batch(total int) (batch, error) {
	start, size, err := c.paging()
	if err != nil {
		return batch{}, err
	}
	b := batch{total: total}
	first, end := bounds(start+1, size, total)
	b.from, b.to = max(first-1, 0), end
	if start+1 > total {
		b.from = end
	}
	if total <= size {
		b.from, b.to = clamp(b.from, b.to, total)
		return b, nil
	}
	b.links = dict{"@id": c.address(c.query), "first": c.batchLink(0)}
	last := 0
	if size > 0 {
		last = (total - 1) / size * size
	}
	b.links["last"] = c.batchLink(last)
	if end < total || size == 0 {
		next, _ := bounds(end+1, size, total)
		b.links["next"] = c.batchLink(next - 1)
	}
	if b.from != 0 {
		previous, _ := bounds(b.from-size+1, size, total)
		b.links["prev"] = c.batchLink(previous - 1)
	}
	b.from, b.to = clamp(b.from, b.to, total)
	return b, nil
}

// bounds are the first and the last entry of a page, counted from 1, as plone.batching works them out. A size of 0
// counts as 25 there.
func bounds(start, size, total int) (first, last int) {
	if size < 1 {
		size = 25
	}
	if start > 0 {
		start = min(start, total)
	}
	return start, min(start+size-1, total)
}

func clamp(from, to, total int) (int, int) {
	from = min(max(from, 0), total)
	return from, max(min(to, total), from)
}

// canonical is the address of a list without the parameters of paging and sorting.
func (c *call) canonical() string {
	var kept []string
	for _, p := range c.parameters() {
		switch p[0] {
		case "b_size", "b_start", "sort_on", "sort_order", "sort_limit":
		default:
			if p[1] != "" {
				kept = append(kept, p.String())
			}
		}
	}
	return c.address(strings.Join(kept, "&"))
}

func (c *call) address(query string) string {
	if query == "" {
		return c.url
	}
	return c.url + "?" + query
}

func (c *call) batchLink(start int) string {
	query := []string{"b_start=" + itoa(max(start, 0))}
	for _, p := range c.parameters() {
		if p[0] != "b_start" {
			query = append(query, p.String())
		}
	}
	return c.address(strings.Join(query, "&"))
}

// parameter is a pair of the query.
type parameter [2]string

func (p parameter) String() string { return url.QueryEscape(p[0]) + "=" + url.QueryEscape(p[1]) }

// parameters are the pairs of the query in their order.
func (c *call) parameters() []parameter {
	var parameters []parameter
	for part := range strings.SplitSeq(c.query, "&") {
		key, value, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(key)
		if err != nil || part == "" {
			continue
		}
		if value, err = url.QueryUnescape(value); err == nil {
			parameters = append(parameters, parameter{key, value})
		}
	}
	return parameters
}
