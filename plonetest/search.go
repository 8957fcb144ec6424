package plonetest

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
)

func searchServices() []service {
	return []service{
		{method: "GET", name: "@search", on: anything, permission: view, handle: search},
	}
}

// listings are results that have been worked out for a version of the site, so that paging does not do it again.
type listings struct {
	version int
	until   time.Time // an effective or expires date is passed then
	results map[string][]*object
}

// cached returns the result for a key, and works it out if the site has changed since. Results hold for a second at
// most, as they depend on the clock.
func (s *site) cached(key string, compute func() []*object) []*object {
	l := &s.listing
	now := time.Now()
	if l.version != s.version || l.results == nil || now.After(l.until) || len(l.results) > 64 {
		*l = listings{version: s.version, until: now.Add(time.Second), results: map[string][]*object{}}
	}
	result, known := l.results[key]
	if !known {
		result = compute()
		l.results[key] = result
	}
	return result
}

// children are the items of o that the user may see, in their order.
func (c *call) children(o *object) []*object {
	if c.seesAll() {
		return o.children
	}
	return c.cached("children "+c.user.id+" "+o.uid, func() []*object {
		return slices.DeleteFunc(slices.Clone(o.children), func(child *object) bool { return !c.visible(child) })
	})
}

// seesAll says whether the user is a manager of the whole site.
func (c *call) seesAll() bool { return slices.Contains(c.user.roles, "Manager") }

// visible says whether lists show o to the user: he may view it, and it is neither expired nor to be published later.
func (c *call) visible(o *object) bool {
	if !c.allowed(c.user, view, o) {
		return false
	}
	if c.allowed(c.user, accessInactive, o) {
		return true
	}
	now := time.Now()
	return !orDate(o.get("effective"), noEffective).After(now) && orDate(o.get("expires"), noExpires).After(now)
}

func search(c *call) (*answer, error) {
	full := c.form.has("fullobjects")
	if text, given := c.form["SearchableText"]; given {
		s, isString := text.(string)
		if !isString {
			return nil, fail("AttributeError", "'list' object has no attribute 'replace'")
		}
		s = strings.TrimSpace(strings.NewReplacer("(", " ", ")", " ").Replace(s))
		if s == "" || s == "*" {
			return ok(list{}), nil
		}
	}
	q, err := c.parseQuery(c.form)
	if err != nil {
		return nil, err
	}
	// Everything but the page decides what is found.
	key := "search " + c.user.id + " " + c.context.uid + " " + c.withoutPaging()
	hits := c.cached("hits "+key, func() []*object { return c.hits(q) })
	found := c.cached(key, func() []*object { return q.sorted(c.site, hits) })
	if slices.Contains(q.sortOn, "getObjPositionInParent") {
		if err := placed(found); err != nil {
			return nil, err
		}
	}
	if c.form.has("b_size") {
		start, size, _ := c.paging()
		found = q.paged(c.site, found, len(hits), start, size)
	}
	return c.results(found, q.limit, full)
}

// results is the answer with the page of a list that the request asks for. Of a limited list, limit not being -1, the
// first items are shown, but all are counted.
func (c *call) results(found []*object, limit int, full bool) (*answer, error) {
	b, err := c.batch(len(found))
	if err != nil {
		return nil, err
	}
	start, size, _ := c.paging()
	page := found[b.from:b.to]
	if limit >= 0 {
		page = page[:max(0, min(len(page), limit-b.from))]
	}
	if start < 0 || size == 0 {
		page = nil
	}
	items := make(list, 0, len(page))
	for _, o := range page {
		if !full {
			items = append(items, c.brain(o))
			continue
		}
		item, err := c.content(o, "current", false)
		if err != nil {
			return nil, err
		}
		if o.parent == nil {
			delete(item, "items")
			delete(item, "items_total")
			delete(item, "batching")
		}
		items = append(items, item)
	}
	d := dict{"@id": c.canonical(), "items": items, "items_total": b.total}
	if b.links != nil {
		d["batching"] = b.links
	}
	return ok(d), nil
}

func (c *call) withoutPaging() string {
	var kept []string
	for _, p := range c.parameters() {
		if p[0] != "b_start" && p[0] != "b_size" {
			kept = append(kept, p.String())
		}
	}
	return strings.Join(kept, "&")
}

// indexKind says how an index is searched.
type indexKind int

const (
	fieldIndex   indexKind = iota // one value
	keywordIndex                  // several values
	booleanIndex
	dateIndex
	textIndex
	pathIndex
	uuidIndex
	rangeIndex // effectiveRange
	otherIndex // not searched here
)

func (k indexKind) class() string {
	return [...]string{"FieldIndex", "KeywordIndex", "BooleanIndex", "DateIndex", "ZCTextIndex", "ExtendedPathIndex",
		"UUIDIndex", "DateRangeIndex", "GopipIndex"}[k]
}

// index is a catalog index: its kind and its value for an object.
type index struct {
	kind  indexKind
	value func(*site, *object) any
}

// indexes are those of the catalog.
var indexes = map[string]index{
	"Creator":                {fieldIndex, func(_ *site, o *object) any { return o.creator() }},
	"Date":                   {dateIndex, func(_ *site, o *object) any { return orDate(o.get("effective"), o.modified) }},
	"Description":            {textIndex, func(_ *site, o *object) any { return o.text("description") }},
	"SearchableText":         {textIndex, func(_ *site, o *object) any { return o.searchableText() }},
	"Subject":                {keywordIndex, func(_ *site, o *object) any { return o.get("subjects") }},
	"Title":                  {textIndex, func(_ *site, o *object) any { return o.text("title") }},
	"Type":                   {fieldIndex, func(_ *site, o *object) any { return o.typ.title }},
	"UID":                    {uuidIndex, func(_ *site, o *object) any { return o.uid }},
	"TranslationGroup":       {fieldIndex, func(_ *site, o *object) any { return orNil(translationGroup(o)) }},
	"Language":               {fieldIndex, func(_ *site, o *object) any { return o.get("language") }},
	"allowedRolesAndUsers":   {otherIndex, nil},
	"created":                {dateIndex, func(_ *site, o *object) any { return o.created }},
	"effective":              {dateIndex, func(_ *site, o *object) any { return orDate(o.get("effective"), noEffective) }},
	"effectiveRange":         {rangeIndex, nil},
	"end":                    {dateIndex, func(_ *site, o *object) any { return o.get("end") }},
	"exclude_from_nav":       {booleanIndex, func(_ *site, o *object) any { return o.get("exclude_from_nav") }},
	"expires":                {dateIndex, func(_ *site, o *object) any { return orDate(o.get("expires"), noExpires) }},
	"getId":                  {fieldIndex, func(_ *site, o *object) any { return o.id }},
	"getObjPositionInParent": {otherIndex, nil},
	"getRawRelatedItems":     {keywordIndex, func(_ *site, o *object) any { return o.get("relatedItems") }},
	"id":                     {fieldIndex, func(_ *site, o *object) any { return o.id }},
	"is_default_page":        {booleanIndex, func(_ *site, o *object) any { return o.id == "index_html" }},
	"is_folderish":           {booleanIndex, func(_ *site, o *object) any { return o.typ.folderish }},
	"modified":               {dateIndex, func(_ *site, o *object) any { return o.modified }},
	"object_provides":        {keywordIndex, func(_ *site, o *object) any { return interfaces(o) }},
	"path":                   {pathIndex, nil},
	"portal_type":            {fieldIndex, func(_ *site, o *object) any { return o.typ.id }},
	"review_state":           {fieldIndex, func(_ *site, o *object) any { return o.reviewState() }},
	"total_comments":         {fieldIndex, func(_ *site, o *object) any { return countComments(o) }},
	"sortable_title":         {fieldIndex, func(_ *site, o *object) any { return sortable(o.text("title")) }},
	"start":                  {dateIndex, func(_ *site, o *object) any { return o.get("start") }},
	"block_types":            {keywordIndex, func(_ *site, o *object) any { return blockTypeNames(o) }},
}

// sortKeys are the values that lists can be sorted by.
var sortKeys = func() map[string]func(*site, *object) any {
	keys := map[string]func(*site, *object) any{
		"getObjPositionInParent": func(_ *site, o *object) any {
			if o.parent == nil {
				return 0
			}
			return o.parent.index(o)
		},
		"path": func(_ *site, o *object) any { return o.path() },
	}
	for name, i := range indexes {
		if i.value != nil && i.kind != textIndex && i.kind != keywordIndex {
			keys[name] = i.value
		}
	}
	return keys
}()

func (o *object) searchableText() string {
	parts := []string{o.id, o.text("title"), o.text("description")}
	if file := o.file(); file != nil {
		parts = append(parts, file.name)
		if strings.HasPrefix(file.contentType, "text/") {
			parts = append(parts, string(file.data))
		}
	}
	blocks, _ := o.get("blocks").(dict)
	for _, block := range blocks {
		if b, ok := block.(dict); ok {
			if plain, ok := b["plaintext"].(string); ok {
				parts = append(parts, plain)
			}
			if plain, ok := b["text"].(string); ok {
				parts = append(parts, plain)
			}
		}
	}
	if text, ok := o.get("text").(dict); ok {
		parts = append(parts, str(text["data"]))
	}
	subjects, _ := o.get("subjects").(list)
	for _, subject := range subjects {
		parts = append(parts, str(subject))
	}
	return strings.Join(parts, " ")
}

// interfaces are those that tell content from comments.
func interfaces(o *object) list {
	switch {
	case o.comment != nil:
		return list{"plone.app.discussion.interfaces.IComment"}
	case o.typ.folderish:
		return list{"plone.dexterity.interfaces.IDexterityContent", "plone.dexterity.interfaces.IDexterityContainer"}
	}
	return list{"plone.dexterity.interfaces.IDexterityContent", "plone.dexterity.interfaces.IDexterityItem"}
}

// countComments is nothing for a comment itself.
func countComments(o *object) any {
	if o.comment != nil {
		return nil
	}
	return int64(len(o.comments))
}

func blockTypeNames(o *object) any {
	types, _ := blockTypesOf(o).(dict)
	names := list{}
	for name := range types {
		names = append(names, name)
	}
	return names
}

// sortable is a title as it is sorted: in lower case, with numbers filled up.
func sortable(title string) string {
	var b, digits strings.Builder
	flush := func() {
		if digits.Len() > 0 {
			b.WriteString(strings.Repeat("0", max(0, 6-digits.Len())) + digits.String())
			digits.Reset()
		}
	}
	for _, r := range strings.ToLower(title) {
		if unicode.IsDigit(r) {
			digits.WriteRune(r)
			continue
		}
		flush()
		b.WriteRune(r)
	}
	flush()
	return b.String()
}

// words are the words of a text, as the catalog splits it.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' })
}

// catalogQuery is a search that has been understood.
type catalogQuery struct {
	under    []*object // where to look: the objects that path names
	nowhere  bool      // path names nothing
	depth    int       // -1 for any
	tests    []func(*object) bool
	sortOn   []string
	sortDown []bool
	limit    int
}

// parseQuery understands a form. Parameters that are no index are ignored.
func (c *call) parseQuery(f form) (*catalogQuery, error) {
	q := &catalogQuery{depth: -1, limit: -1}
	for _, name := range []string{"sort_limit", "b_start", "b_size"} {
		v, given := f[name]
		if !given {
			continue
		}
		n, isInt := pythonInt(v)
		if !isInt {
			return nil, fail("ValueError", "invalid literal for int() with base 10: "+repr(v))
		}
		if name == "sort_limit" {
			q.limit = n
		}
	}
	options := map[string]dict{}
	for key, value := range f {
		name, option, dotted := strings.Cut(key, ".")
		if !dotted {
			option = "query"
		}
		if options[name] == nil {
			options[name] = dict{}
		}
		options[name][option] = value
	}
	q.sortOn = f.all("sort_on")
	for _, order := range f.all("sort_order") {
		q.sortDown = append(q.sortDown, order == "descending" || order == "reverse")
	}
	for _, name := range q.sortOn {
		if i := indexes[name]; i.kind == textIndex && i.value != nil {
			return nil, fail("CatalogError",
				"The index chosen for sort_on is not capable of being used as a sort index: "+repr(name))
		}
	}
	if options["path"] == nil {
		options["path"] = dict{}
	}
	for name, o := range options {
		i, known := c.index(name)
		if !known {
			continue
		}
		if err := q.restrict(c, name, i, o); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// restrict adds what one index has to match.
func (q *catalogQuery) restrict(c *call, name string, i index, options dict) error {
	if i.kind == pathIndex {
		return q.restrictPath(c, options)
	}
	v, given := options["query"]
	if !given {
		return fail("QueryParsingError", "Query for index <"+i.kind.class()+" at "+name+"> is missing a 'query' key!")
	}
	values, several := v.(list)
	if !several {
		values = list{v}
	}
	excluded, several := options["not"].(list)
	if !several && options["not"] != nil {
		excluded = list{options["not"]}
	}
	span := str(options["range"])
	switch i.kind {
	case otherIndex:
		return fail("ComponentLookupError", "no IIndexQueryParser for the index at "+name)
	case booleanIndex:
		wanted, ok := truth(v)
		if !ok {
			return fail("QueryParsingError", "Could not parse value "+repr(v)+" as boolean")
		}
		q.tests = append(q.tests, func(o *object) bool { return i.value(c.site, o) == wanted })
	case dateIndex, rangeIndex:
		var dates []time.Time
		for _, value := range values {
			t, err := parseDate(str(value))
			if err != nil {
				return fail("QueryParsingError", "Query value "+repr(value)+" for index <"+i.kind.class()+" at "+name+
					"> must be of type <class 'DateTime.DateTime.DateTime'>")
			}
			dates = append(dates, t)
		}
		if i.kind == dateIndex {
			q.tests = append(q.tests, func(o *object) bool {
				t, isDate := i.value(c.site, o).(time.Time)
				return isDate && inSpan(t, dates, span)
			})
		}
	case textIndex:
		query := str(v)
		if name == "SearchableText" && options["beginnings"] != nil {
			query = wordBeginnings(query)
		}
		match, err := textQuery(query)
		if err != nil {
			return err
		}
		q.tests = append(q.tests, func(o *object) bool { return match(words(str(i.value(c.site, o)))) })
	case keywordIndex:
		all := str(options["operator"]) == "and"
		used := false // an index without any value finds nothing
		c.root.walk(func(o *object) {
			keywords, _ := i.value(c.site, o).(list)
			used = used || len(keywords) > 0
		})
		q.tests = append(q.tests, func(o *object) bool {
			keywords, _ := i.value(c.site, o).(list)
			hit := func(value any) bool { return slices.Contains(keywords, value) }
			if slices.ContainsFunc(excluded, hit) {
				return false
			}
			if len(values) == 0 {
				return used
			}
			if all {
				return !slices.ContainsFunc(values, func(value any) bool { return !hit(value) })
			}
			return slices.ContainsFunc(values, hit)
		})
	case fieldIndex, uuidIndex:
		q.tests = append(q.tests, func(o *object) bool {
			value := i.value(c.site, o)
			if value == nil || slices.Contains(excluded, value) {
				return false
			}
			if len(values) == 0 {
				return true
			}
			switch span {
			case "min":
				return compare(value, values[0]) >= 0
			case "max":
				return compare(value, values[0]) <= 0
			case "min:max", "minmax":
				return compare(value, values[0]) >= 0 && compare(value, values[len(values)-1]) <= 0
			}
			return slices.Contains(values, value)
		})
	}
	return nil
}

// restrictPath finds the places where the search looks.
func (q *catalogQuery) restrictPath(c *call, options dict) error {
	if v, given := options["depth"]; given {
		n, isInt := pythonInt(v)
		if !isInt {
			return fail("QueryParsingError", "Value "+repr(v)+" for query option 'depth' (index <ExtendedPathIndex at path>)"+
				" could not be casted to <class 'int'>")
		}
		q.depth = n
	}
	v, given := options["query"]
	if !given {
		q.under = []*object{c.context}
		return nil
	}
	paths, several := v.(list)
	if !several {
		paths = list{v}
	}
	for _, p := range paths {
		below, ok := strings.CutPrefix(strings.TrimSuffix(str(p), "/"), "/Plone")
		if !ok || below != "" && below[0] != '/' {
			continue
		}
		if o := c.find(below); o != nil {
			q.under = append(q.under, o)
		}
	}
	q.nowhere = len(q.under) == 0
	return nil
}

// inSpan says whether t is one of the dates, or in the span that they limit.
func inSpan(t time.Time, dates []time.Time, span string) bool {
	first, last := slices.MinFunc(dates, time.Time.Compare), slices.MaxFunc(dates, time.Time.Compare)
	// The index counts minutes.
	t, first, last = t.Truncate(time.Minute), first.Truncate(time.Minute), last.Truncate(time.Minute)
	switch span {
	case "min":
		return !t.Before(first)
	case "max":
		return !t.After(last)
	case "min:max", "minmax":
		return !t.Before(first) && !t.After(last)
	}
	return slices.ContainsFunc(dates, func(d time.Time) bool { return d.Truncate(time.Minute).Equal(t) })
}

// textQuery understands words, which all have to be there, "phrases", AND, OR, NOT, -words and words that end in an
// asterisk, as the parser of the index does. It fails over what makes no sense.
func textQuery(query string) (func(words []string) bool, error) {
	p := &textParser{}
	rest := query
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		end := textToken(rest)
		if end == 0 {
			rest = strings.TrimLeft(rest, `"-`) // a quotation mark without another is nothing
			continue
		}
		p.tokens, rest = append(p.tokens, rest[:end]), rest[end:]
	}
	match := p.or()
	switch {
	case p.failure != "":
		return nil, fail("ParseError", p.failure)
	case len(p.tokens) > 0:
		return nil, fail("ParseError", "Token <Token:EOF> required, "+repr(p.tokens[0])+" found")
	case match == nil:
		return nil, fail("ParseError", "Query contains only common words: "+repr(query))
	}
	return match, nil
}

// textToken is the length of the token that a query begins with: a parenthesis, or a "phrase" or a word, which may have
// a hyphen before.
func textToken(query string) int {
	if query[0] == '(' || query[0] == ')' {
		return 1
	}
	start := 0
	if query[0] == '-' {
		start = 1
	}
	if phrase, quoted := strings.CutPrefix(query[start:], `"`); quoted {
		if end := strings.IndexByte(phrase, '"'); end >= 0 {
			return start + end + 2
		}
		return 0
	}
	end := strings.IndexFunc(query, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`()"`, r) })
	if end < 0 {
		end = len(query)
	}
	return end
}

type matcher func(words []string) bool

// textParser is a parser by recursive descent. A nil matcher is one of nothing that the index knows.
type textParser struct {
	tokens  []string
	failure string
}

// operator takes a token if it is this one.
func (p *textParser) operator(name string) bool {
	if len(p.tokens) == 0 || strings.ToUpper(p.tokens[0]) != name {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *textParser) or() matcher {
	var parts []matcher
	for more := true; more; more = p.operator("OR") {
		if part := p.and(); part != nil {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return func(text []string) bool {
		return slices.ContainsFunc(parts, func(part matcher) bool { return part(text) })
	}
}

func (p *textParser) and() matcher {
	parts := []matcher{p.term()}
	positive := parts[0] != nil
	for p.operator("AND") {
		not := p.operator("NOT")
		part := p.term()
		if part != nil && not {
			parts = append(parts, func(text []string) bool { return !part(text) })
			continue
		}
		parts, positive = append(parts, part), positive || part != nil
	}
	if !positive {
		return nil
	}
	return allOf(parts)
}

func allOf(parts []matcher) matcher {
	return func(text []string) bool {
		return !slices.ContainsFunc(parts, func(part matcher) bool { return part != nil && !part(text) })
	}
}

func (p *textParser) term() matcher {
	if p.operator("(") {
		match := p.or()
		if !p.operator(")") {
			p.fail("<Token:)>")
		}
		return match
	}
	var parts []matcher
	known, positive := false, false
	for n := 0; ; n++ {
		atom := len(p.tokens) > 0 && !slices.Contains([]string{"AND", "OR", "NOT", "(", ")"}, strings.ToUpper(p.tokens[0]))
		if !atom {
			if n == 0 {
				p.fail("<Token:ATOM>")
			}
			break
		}
		token := p.tokens[0]
		p.tokens = p.tokens[1:]
		wanted := words(token)
		if len(wanted) == 0 {
			continue
		}
		match := phrase(wanted)
		if stem, isPrefix := strings.CutSuffix(strings.ToLower(token), "*"); isPrefix && len(wanted) == 1 {
			stem = strings.TrimPrefix(stem, "-")
			match = func(text []string) bool {
				return slices.ContainsFunc(text, func(w string) bool { return strings.HasPrefix(w, stem) })
			}
		}
		known = true
		if token[0] == '-' {
			parts = append(parts, func(text []string) bool { return !match(text) })
			continue
		}
		parts, positive = append(parts, match), true
	}
	if known && !positive && p.failure == "" {
		p.failure = "a term must have at least one positive word"
	}
	if !known {
		return nil
	}
	return allOf(parts)
}

// fail notes the first failure.
func (p *textParser) fail(required string) {
	if p.failure != "" {
		return
	}
	found := "<Token:EOF>"
	if len(p.tokens) > 0 {
		found = repr(p.tokens[0])
	}
	p.failure = "Token " + required + " required, " + found + " found"
}

// phrase matches words that follow each other.
func phrase(wanted []string) matcher {
	return func(text []string) bool {
		for i := 0; i+len(wanted) <= len(text); i++ {
			if slices.Equal(text[i:i+len(wanted)], wanted) {
				return len(wanted) > 0
			}
		}
		return false
	}
}

// hits are the objects that a search finds, in the order in which they were catalogued.
func (c *call) hits(q *catalogQuery) []*object {
	var found []*object
	seen := map[*object]bool{}
	look := func(o *object) {
		for _, test := range q.tests {
			if !test(o) {
				return
			}
		}
		if c.visible(o) && (len(q.under) == 1 || !seen[o]) {
			if len(q.under) > 1 {
				seen[o] = true
			}
			found = append(found, o)
		}
	}
	for _, base := range q.under {
		within(base, q.depth, look)
	}
	slices.SortFunc(found, func(a, b *object) int { return a.rid - b.rid })
	return found
}

// within calls look for what lies at most depth below base, which is anything for a negative depth. base itself counts,
// unless depth is 1.
func within(base *object, depth int, look func(*object)) {
	if depth != 1 {
		look(base)
	}
	var below func(*object, int)
	below = func(o *object, depth int) {
		if depth == 0 {
			return
		}
		if depth != 1 { // comments lie two steps down
			for _, m := range o.comments {
				look(m.entry)
			}
		}
		for _, child := range o.children {
			look(child)
			below(child, depth-1)
		}
	}
	below(base, depth)
}

// sortKey is an index that a search is sorted by.
type sortKey struct {
	value func(*site, *object) any
	down  bool
}

// sortKeys are those of the search. Names that are no index are passed over; known is false for an index without order.
func (q *catalogQuery) sortKeys() (keys []sortKey, known bool) {
	known = true
	for i, name := range q.sortOn {
		value, sortable := sortKeys[name]
		if _, isIndex := indexes[name]; !sortable && isIndex {
			known = false
		}
		if !sortable {
			continue
		}
		// Beyond the last one the first order counts.
		down := len(q.sortDown) > 0 && q.sortDown[0]
		if len(q.sortDown) > i {
			down = q.sortDown[i]
		}
		keys = append(keys, sortKey{value, down})
	}
	return keys, known
}

// unique says whether no two objects are equal in the order of the search.
func (q *catalogQuery) unique() bool {
	return len(q.sortOn) == 0 || slices.Contains(q.sortOn, "path") || slices.Contains(q.sortOn, "UID")
}

// compareBy orders two objects by keys.
func compareBy(s *site, keys []sortKey, a, b *object) int {
	for _, k := range keys {
		n := compare(k.value(s, a), k.value(s, b))
		if k.down {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return 0
}

// sorted are the hits in the order of the search, if it has one, equal ones as they were catalogued. Objects without a
// value in an index fall out, as in the catalog.
func (q *catalogQuery) sorted(s *site, hits []*object) []*object {
	keys, known := q.sortKeys()
	if !known {
		return nil
	}
	found := slices.DeleteFunc(slices.Clone(hits), func(o *object) bool {
		return slices.ContainsFunc(keys, func(k sortKey) bool { return k.value(s, o) == nil })
	})
	slices.SortStableFunc(found, func(a, b *object) int { return compareBy(s, keys, a, b) })
	return found
}

// paged is found as the catalog sorts it for one page. It sorts in another way for each: backwards when the page is in
// the second half of the hits, and by the best ones alone when there is one key and few are wanted. So equal objects
// have another order on each page. It also counts from the end with all hits, those included that fell out.
func (q *catalogQuery) paged(s *site, found []*object, hits, start, size int) []*object {
	keys, _ := q.sortKeys()
	if len(keys) > 0 && size > 0 && start >= hits && start > 0 {
		return make([]*object, hits) // nothing is on such a page, so nothing is sorted, or falls out
	}
	if start < 0 || size <= 0 || len(keys) == 0 || q.unique() && len(found) == hits || start >= len(found) {
		return found
	}
	from, limit := start, min(start+size, hits)
	backwards := start > 0 && 2*start > hits
	if backwards {
		if from = hits - start - size; from < 0 {
			from, size = 0, hits-start
		}
		limit = from + size
		keys = slices.Clone(keys)
		for i := range keys {
			keys[i].down = !keys[i].down
		}
	}
	order := slices.Clone(found)
	slices.SortFunc(order, func(a, b *object) int { return a.rid - b.rid })
	switch {
	case len(keys) == 1 && limit*4 <= hits:
		order = best(s, keys, order, limit)
	case len(keys) == 1 && keys[0].down:
		slices.Reverse(order)
		fallthrough
	default:
		slices.SortStableFunc(order, func(a, b *object) int { return compareBy(s, keys, a, b) })
	}
	page := slices.Clone(order[min(from, len(order)):min(from+size, len(order))])
	if backwards {
		slices.Reverse(page)
	}
	found = slices.Clone(found)
	copy(found[start:], page)
	return found
}

// best are the first objects in the order of one key. Of equal ones it keeps, at the end, those that it met first.
func best(s *site, keys []sortKey, objects []*object, limit int) []*object {
	var kept []*object
	for _, o := range objects {
		if len(kept) == limit && compareBy(s, keys, o, kept[limit-1]) >= 0 {
			continue
		}
		at := 0
		for at < len(kept) && (compareBy(s, keys, kept[at], o) < 0 || !keys[0].down && compareBy(s, keys, kept[at], o) == 0) {
			at++
		}
		if kept = slices.Insert(kept, at, o); len(kept) > limit {
			kept = kept[:limit]
		}
	}
	return kept
}

// compare orders two values of an index.
func compare(a, b any) int {
	switch a := a.(type) {
	case string:
		if b, same := b.(string); same {
			return strings.Compare(a, b)
		}
	case int:
		if b, same := b.(int); same {
			return cmp.Compare(a, b)
		}
	case int64:
		if b, same := b.(int64); same {
			return cmp.Compare(a, b)
		}
	case time.Time:
		if b, same := b.(time.Time); same {
			return a.Truncate(time.Minute).Compare(b.Truncate(time.Minute))
		}
	case bool:
		if b, same := b.(bool); same && a != b {
			if a {
				return 1
			}
			return -1
		}
		return 0
	}
	return strings.Compare(str(a), str(b))
}
