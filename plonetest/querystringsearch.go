package plonetest

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

func querystringSearchServices() []service {
	return []service{
		{method: "GET", name: "@querystring-search", on: anyContent, permission: view, handle: getQuerystringSearch},
		{method: "POST", name: "@querystring-search", on: anyContent, permission: view, handle: querystringSearch},
	}
}

// getQuerystringSearch takes the body from the parameter query, decodes it once more, and forgets all parameters.
func getQuerystringSearch(c *call) (*answer, error) {
	query := "{}"
	if c.form.has("query") {
		query = c.form.one("query")
	}
	if decoded, err := url.PathUnescape(query); err == nil {
		query = decoded
	}
	c.body, c.form = []byte(query), form{}
	return querystringSearch(c)
}

// querystringSearch finds what fits criteria.
func querystringSearch(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, fail("BadRequest", err.(*failure).message)
	}
	if _, _, err := c.paging(); err != nil {
		return nil, err
	}
	limit := 0
	if v := data["limit"]; v != nil {
		n, isInt := pythonInt(v)
		if !isInt {
			return nil, fail("BadRequest", "Invalid limit: Not an integer")
		}
		limit = n
	}
	full, given := data["fullobjects"]
	fullobjects := false
	if given {
		var isBool bool
		if fullobjects, isBool = truth(full); !isBool {
			return nil, fail("BadRequest", "Could not parse value "+repr(full)+" as boolean")
		}
	}
	if empty(data["query"]) {
		return nil, fail("BadRequest", "No query supplied")
	}
	q, err := c.parseCriteria(data["query"], data["sort_on"], data["sort_order"])
	if err != nil {
		return nil, err
	}
	hits := c.hits(q)
	found := q.sorted(c.site, hits)
	if limit > 0 {
		found = found[:min(limit, len(found))]
	} else if n := len(found); n < len(hits) {
		// The catalog counts what fell out, from which the batch takes it that this is the page alone.
		found = slices.Clone(hits)
		copy(found, q.sorted(c.site, hits))
		start, size, _ := c.paging()
		if start > 0 && size > 0 && start < len(found) {
			copy(found[start:], found[:min(size, n)])
		}
	}
	if len(c.form) == 0 {
		c.form = form{"metadata_fields": data["metadata_fields"]}
	}
	return c.results(found, -1, fullobjects)
}

// empty says whether Python takes v for false.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case list:
		return len(v) == 0
	case dict:
		return len(v) == 0
	default:
		return false
	}
}

// parseCriteria understands criteria. Those about an index that is not there are ignored; of several about one index
// the last one counts, but for places and for the ends of a range.
func (c *call) parseCriteria(query, sortOn, sortOrder any) (*catalogQuery, error) {
	q := &catalogQuery{depth: -1, limit: -1}
	if name, ok := sortOn.(string); ok && name != "" {
		if i, known := indexes[name]; known && i.kind == textIndex {
			return nil, fail("CatalogError", "The index chosen for sort_on is not capable of being used as a sort index: "+repr(name))
		}
		q.sortOn, q.sortDown = []string{name}, []bool{sortOrder == "descending"}
	}
	rows, isList := query.(list)
	if !isList {
		return nil, fail("TypeError", "string indices must be integers, not 'str'")
	}
	options := map[string][]dict{}
	placed := false
	for _, row := range rows {
		criterion, isDict := row.(dict)
		if !isDict {
			return nil, fail("TypeError", "string indices must be integers, not 'str'")
		}
		index, value := str(criterion["i"]), criterion["v"]
		name, prefixed := strings.CutPrefix(str(criterion["o"]), operationPrefix)
		if !prefixed || !slices.ContainsFunc(operations, func(o operation) bool { return o.name == name }) {
			return nil, fail("BadRequest", "Invalid query.")
		}
		if place := c.place(name, str(value), q); index == "path" && place != nil {
			q.under = append(q.under, place...)
			placed = true
			continue
		}
		o := c.criterion(name, value)
		if o == nil {
			continue
		}
		if before := options[index]; len(before) > 0 && before[0]["range"] != nil && o["range"] != nil {
			options[index] = append(before, o)
			continue
		}
		options[index] = []dict{o}
	}
	if !placed {
		q.under = []*object{c.context.navigationRoot()}
	}
	q.nowhere = len(q.under) == 0
	for name, all := range options {
		i, known := c.index(name)
		if !known {
			continue
		}
		for _, o := range all {
			if err := q.restrict(c, name, i, o); err != nil {
				return nil, err
			}
		}
	}
	if c.context.parent != nil {
		self := c.context
		q.tests = append(q.tests, func(o *object) bool { return o != self })
	}
	return q, nil
}

// place are the objects that a criterion about a place means, nil when the operation is no such; none are there when
// the path leads nowhere.
func (c *call) place(operation, value string, q *catalogQuery) []*object {
	path, depth, deep := strings.Cut(value, "::")
	at := c.context
	switch operation {
	case "string.absolutePath":
		at = c.root
	case "string.path":
		at = c.context.navigationRoot()
	case "string.relativePath":
	default:
		return nil
	}
	if n, isInt := pythonInt(depth); deep && isInt {
		q.depth = n
	}
	relative := operation == "string.relativePath"
	if !relative && !strings.Contains(path, "/") {
		if o := c.byUID[path]; o != nil {
			return []*object{o}
		}
		return []*object{at} // nothing is known of a UID that nobody has
	}
	if !relative {
		path = strings.TrimPrefix(path, "/Plone/")
	}
	for segment := range strings.SplitSeq(path, "/") {
		switch {
		case segment == "":
		case segment == ".." && at.parent != nil:
			at = at.parent
		case at.byID[segment] != nil:
			at = at.byID[segment]
		case !relative:
			return []*object{}
		}
	}
	return []*object{at}
}

// criterion is what an operation asks of its index, as options of the catalog; nil for nothing.
func (c *call) criterion(operation string, value any) dict {
	midnight := time.Now().UTC().Truncate(24 * time.Hour)
	n, _ := pythonInt(value)
	day := func(days int) string { return isoTime(midnight.AddDate(0, 0, days)) }
	night := func(days int) string { return isoTime(midnight.AddDate(0, 0, days+1).Add(-time.Second)) }
	now := isoTime(time.Now())
	span := func(kind string, values ...any) dict { return dict{"query": values, "range": kind} }
	switch operation {
	case "selection.any", "string.is", "int.is", "reference.is":
		return dict{"query": value}
	case "string.contains":
		return dict{"query": value, "beginnings": true}
	case "selection.all":
		return dict{"query": value, "operator": "and"}
	case "selection.none", "string.isNot":
		return dict{"query": list{}, "not": value}
	case "boolean.isTrue":
		return dict{"query": "1"}
	case "boolean.isFalse":
		return dict{"query": "0"}
	case "string.currentUser":
		return dict{"query": c.user.id}
	case "int.largerThan", "date.largerThan":
		return span("min", value)
	case "int.lessThan", "date.lessThan":
		return span("max", value)
	case "date.between":
		if dates, ok := value.(list); ok && len(dates) == 2 {
			return span("minmax", dates...)
		}
		return nil
	case "date.today":
		return span("minmax", day(0), night(0))
	case "date.beforeToday":
		return span("max", now)
	case "date.afterToday":
		return span("min", now)
	case "date.largerThanRelativeDate":
		return span("minmax", day(-n), night(0))
	case "date.lessThanRelativeDate":
		return span("minmax", day(0), night(n))
	case "date.beforeRelativeDate":
		return span("max", day(-n))
	case "date.afterRelativeDate":
		return span("min", day(n))
	default: // string.showInactive, which opens what the user may see anyway
		return nil
	}
}

// wordBeginnings is a text as criteria search it: every word is the beginning of one.
func wordBeginnings(text string) string {
	return strings.Join(strings.Fields(text), "* AND ") + "*"
}
