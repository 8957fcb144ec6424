package plonetest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// How to add a chapter: write a file named after it with one function that returns its rows,
//
//	func workflowServices() []service {
//		return []service{
//			{method: "GET", name: "@workflow", on: anyContent, permission: view, handle: getWorkflow},
//			{method: "POST", name: "@workflow", on: anyContent, permission: view, segments: true, handle: transition},
//		}
//	}
//
// and append the call to chapters below. A handler gets a [call]: the site's state (locked while it runs), the user,
// the object, what follows the name of the service in the path, the form and the body. It returns an answer (ok,
// created, noContent, refuse) or a failure (fail, missingKey, invalid). Check everything before you change anything:
// Plone rolls back when it raises, this package does not. After a change call [site.changed] so that lists that were
// worked out before are forgotten. A component of "@components" is a row of expanders in expansion.go. State that
// belongs to an object is a field of object, all other state one of site.

// chapters are the services of all chapters.
func chapters() [][]service {
	return [][]service{
		addonServices(),
		blockTypeServices(),
		controlPanelServices(),
		emailServices(),
		exportServices(),
		registryServices(),
		transactionServices(),
		actionServices(),
		aliasServices(),
		breadcrumbServices(),
		inheritServices(),
		linkIntegrityServices(),
		navigationServices(),
		navrootServices(),
		querystringServices(),
		querystringSearchServices(),
		vocabularyServices(),
		relationServices(),
		commentServices(),
		contentRuleServices(),
		contentServices(),
		copymoveServices(),
		historyServices(),
		loginServices(),
		lockServices(),
		searchServices(),
		sharingServices(),
		siteServices(),
		tusServices(),
		translationServices(),
		typeServices(),
		userServices(),
		groupServices(),
		workflowServices(),
		workingcopyServices(),
	}
}

// context says on which objects a service is found.
type context int

const (
	anything   context = iota // the root and all content
	siteRoot                  // the root only
	anyContent                // content and the root, which is content, too, unless it has a service of its own
	folderish                 // containers and the root
)

// service is one operation: a method and a name, "" for that of the object itself.
type service struct {
	method, name string
	on           context
	permission   string // on the object; see [public]
	segments     bool   // takes path segments after its name
	accept       string // media type it is found with, "" for application/json
	handle       func(*call) (*answer, error)
}

// routes finds services by method, media type and name.
type routes map[string][]service

func newRoutes() routes {
	r := routes{}
	for _, rows := range chapters() {
		for _, row := range rows {
			if row.accept == "" {
				row.accept = jsonType
			}
			key := row.method + " " + row.accept + " " + row.name
			r[key] = append(r[key], row)
		}
	}
	return r
}

// find returns the service for an object, the most special one first; nil if there is none.
func (r routes) find(method, accept, name string, o *object) *service {
	if o.typ == nil { // no content
		return nil
	}
	rows := r[method+" "+accept+" "+name]
	for _, root := range []bool{true, false} {
		for i := range rows {
			if (rows[i].on == siteRoot) == root && rows[i].on.fits(o) {
				return &rows[i]
			}
		}
	}
	return nil
}

func (c context) fits(o *object) bool {
	switch c {
	case siteRoot:
		return o.parent == nil
	case folderish:
		return o.typ.folderish
	default:
		return true
	}
}

const jsonType = "application/json"

// call is one request on its way to a handler.
type call struct {
	*site
	method   string
	header   http.Header
	url      string // as the client wrote it, absolute, without query
	query    string // as the client wrote it
	form     form
	body     []byte
	user     *user
	context  *object
	segments []string // unescaped, after the name of the service
	api      bool     // the path went through ++api++
	acquired bool     // the path led through an object further up
}

// answer is what a handler returns. raw is sent as it is; without it, body is sent as JSON.
type answer struct {
	status int
	header http.Header
	body   any
	raw    []byte
	empty  bool   // no body at all, not even null
	comma  string // of the JSON, "" for that of services
}

func ok(body any) *answer { return &answer{status: http.StatusOK, body: body} }

func created(location string, body any) *answer {
	a := &answer{status: http.StatusCreated, body: body}
	return a.with("Location", location)
}

func noContent() *answer { return &answer{status: http.StatusNoContent, empty: true} }

// with sets a header field of the answer.
func (a *answer) with(key, value string) *answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(key, value)
	return a
}

// render turns the body into bytes and names its type.
func (a *answer) render() {
	if a.raw != nil || a.empty {
		return
	}
	if a.comma == "" {
		a.comma = serviceComma
	}
	a.raw = appendJSON(nil, a.body, a.comma, 0)
	if a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", jsonType)
	}
}

// publish carries out a request.
func (s *site) publish(r *http.Request, body []byte) *answer {
	c := &call{
		site: s, method: r.Method, header: r.Header, body: body, query: r.URL.RawQuery,
		url: strings.TrimSuffix(s.url, "/Plone") + r.URL.EscapedPath(), user: &user{}, context: s.root,
	}
	path, inside := strings.CutPrefix(r.URL.EscapedPath(), "/Plone")
	if !inside || path != "" && path[0] != '/' {
		return c.server(r.URL.EscapedPath())
	}
	if s.gone {
		return c.failed(nil, errNotFound)
	}
	accept, api := s.negotiate(c, path)
	if accept == "" {
		return c.page(path)
	}
	c.api = api
	var err error
	if c.form, err = parseForm(r.URL.RawQuery); err != nil {
		c.user = s.authenticate(r.Header, body)
		a := c.failed(c.user, err)
		a.body.(dict)["context"] = nil // nothing has been looked for yet
		return a
	}
	return c.walk(path, accept)
}

// negotiate picks the media type that services are looked up with: exactly one in Accept, or any at all behind
// ++api++. "" means that this is no API request.
func (s *site) negotiate(c *call, path string) (accept string, api bool) {
	if path == "/++api++" || strings.HasPrefix(path, "/++api++/") {
		return jsonType, true
	}
	types := strings.Split(c.header.Get("Accept"), ",")
	if len(types) != 1 {
		return "", false
	}
	name, _, _ := strings.Cut(types[0], ";")
	switch name = strings.TrimSpace(name); name {
	case jsonType:
		return name, false
	case "application/schema+json":
		if c.method == http.MethodGet {
			return name, false
		}
	case "text/csv":
		if c.method == http.MethodGet || c.method == http.MethodPost {
			return name, false
		}
	}
	return "", false
}

// walk walks down the path, finds the service and calls it.
func (c *call) walk(path, accept string) *answer {
	if strings.Count(path, "/++api++") > 1 {
		return c.doubledAPI(path)
	}
	segments := strings.Split(path, "/")
	walked := c.site.url
	method := c.method
	if method == http.MethodOptions && c.header.Get("Origin") != "" {
		return noContent() // a CORS preflight where no policy is set
	}
	id := method + "_" + strings.ReplaceAll(accept, "/", "_") + "_"
	for i, segment := range segments {
		if segment == "" {
			continue
		}
		name, err := url.PathUnescape(segment)
		if err != nil {
			return c.failed(nil, errNotFound)
		}
		if name == "++api++" && c.api {
			continue
		}
		walked += "/" + segment
		if child := c.context.byID[name]; child != nil {
			c.context = child
			continue
		}
		if view := c.view(name, segments[i+1:]); view != nil {
			return view
		}
		if found := c.acquire(c.context, name); found != nil {
			c.context, c.acquired = found, true
			continue
		}
		row := c.routes.find(method, accept, name, c.context)
		if row == nil {
			return c.notFound(path, walked)
		}
		for _, rest := range segments[i+1:] {
			if rest == "" {
				continue
			}
			if !row.segments {
				return c.notFound(path, walked+"/"+rest)
			}
			unescaped, err := url.PathUnescape(rest)
			if err != nil {
				return c.notFound(path, walked)
			}
			c.segments = append(c.segments, unescaped)
		}
		return c.run(row)
	}
	row := c.routes.find(method, accept, "", c.context)
	if c.context.typ == nil && method == http.MethodDelete { // by WebDAV
		return c.deleteOther()
	}
	if row == nil {
		return c.notFound(path, walked+"/"+id)
	}
	return c.run(row)
}

// run checks the permission and calls the handler.
func (c *call) run(row *service) *answer {
	if c.user = c.authenticate(c.header, c.body); c.context.root().outside != "" && !c.user.zope {
		c.user = &user{} // users of the site are unknown elsewhere
	}
	if !c.allowed(c.user, row.permission, c.context) {
		return c.failed(nil, errUnauthorized)
	}
	record := c.remember(row)
	a, err := row.handle(c)
	if err != nil {
		return c.failed(c.user, err)
	}
	record(a)
	return a
}

// failed renders an exception. u is nil when it came before the user was known: then there is no traceback.
func (c *call) failed(u *user, err error) *answer {
	f, ok := err.(*failure)
	if !ok {
		f = &failure{"Exception", err.Error()}
	}
	body := dict{"type": f.class, "message": f.message, "context": nil}
	if f == errNotFound {
		body["message"] = "Resource not found: " + c.url
	}
	for o := c.context; o != nil && !c.gone; o = o.parent {
		if c.allowed(c.visitor(u), view, o) {
			body["context"] = c.urlOf(o)
			break
		}
	}
	if u != nil && c.allowed(u, managePortal, c.context) {
		body["traceback"] = list{
			`File "/plone/ZPublisher/WSGIPublisher.py", line 282, in publish`,
			"    result = mapply(obj,",
			"",
			fmt.Sprintf("  File \"/plone/plone/restapi/services\", line 1, in reply  # %s", c.method),
			"    raise " + f.class,
		}
	}
	return &answer{status: statusOf(f.class), body: body, comma: exceptionComma}
}

func (c *call) visitor(u *user) *user {
	if u == nil {
		return &user{}
	}
	return u
}

// notFound redirects from an old address, and fails otherwise with the address at which the walk ended.
func (c *call) notFound(path, walked string) *answer {
	if a := c.redirect(path); a != nil {
		return a
	}
	c.url = walked
	return c.failed(nil, errNotFound)
}

// redirect answers for an address that was left: the longest beginning of the path that is an alias counts, and what
// follows is kept, as is the query.
func (c *call) redirect(path string) *answer {
	plain, err := url.PathUnescape(strings.Replace(path, "/++api++", "", 1))
	if err != nil {
		return nil
	}
	plain = strings.TrimSuffix(plain, "/")
	for end := len(plain); end > 0; end = strings.LastIndexByte(plain[:end], '/') {
		to, found := c.aliases[plain[:end]]
		if !found {
			continue
		}
		location := to.target
		if strings.HasPrefix(location, "/") {
			prefix := c.site.url
			if c.api {
				prefix += "/++api++"
			}
			location = prefix + escapePath(location)
		}
		location += escapePath(plain[end:])
		if c.query != "" {
			location += "?" + c.query
		}
		status := http.StatusTemporaryRedirect
		if c.method == http.MethodGet {
			status = http.StatusFound
		}
		a := &answer{status: status, empty: true}
		return a.with("Location", location).with("Content-Type", jsonType)
	}
	return nil
}

// escapePath escapes each segment of a path.
func escapePath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(segment), "%40", "@")
	}
	return strings.Join(segments, "/")
}

// doubledAPI answers a path with several ++api++: those that follow each other are merged by a redirect.
func (c *call) doubledAPI(path string) *answer {
	const api = "/++api++"
	for strings.Contains(path, api+api) {
		path = strings.ReplaceAll(path, api+api, api)
	}
	if strings.Count(path, api) > 1 {
		first, _, _ := strings.Cut(path[len(api):], api)
		c.url = c.site.url + api + first
		return c.failed(nil, errNotFound)
	}
	location := c.site.url + path
	return c.failed(nil, fail("Redirect", location)).with("Location", location)
}

// view answers for browser views that a client of the API meets: resolveuid, downloads and pages.
func (c *call) view(name string, rest []string) *answer {
	if c.method == http.MethodOptions {
		return nil
	}
	switch name {
	case "resolveuid":
		return c.resolveUID(rest)
	case "@@download", "@@images", "@@display-file":
		return c.file(name, rest)
	case "view", "@@view":
		return c.html("view")
	}
	return nil
}

// resolveUID redirects to the object with a UID, for every method, and keeps what follows.
func (c *call) resolveUID(rest []string) *answer {
	rest = slices.DeleteFunc(slices.Clone(rest), func(s string) bool { return s == "" })
	if len(rest) == 0 || c.byUID[rest[0]] == nil {
		c.user = c.authenticate(c.header, c.body)
		return c.failed(c.user, errNotFound)
	}
	location := strings.Join(append([]string{c.urlOf(c.byUID[rest[0]])}, rest[1:]...), "/")
	if c.query != "" {
		location += "?" + c.query
	}
	return (&answer{status: http.StatusMovedPermanently, empty: true}).with("Location", location)
}

// page answers a request that is none of the API: a page with 200 for every method that Zope publishes, the login form
// instead of a 401, and nothing that Plone's WebDAV would do.
func (c *call) page(path string) *answer {
	for i, segments := 0, strings.Split(path, "/"); i < len(segments); i++ {
		name, err := url.PathUnescape(segments[i])
		switch {
		case err != nil:
			return c.plainError(http.StatusNotFound, "NotFound")
		case name == "" || name == "++api++":
			continue
		}
		child := c.context.byID[name]
		if child == nil {
			if view := c.view(name, segments[i+1:]); view != nil {
				return view
			}
			return c.plainError(http.StatusNotFound, "NotFound")
		}
		c.context = child
	}
	c.user = c.authenticate(c.header, c.body)
	if !c.allowed(c.user, view, c.context) {
		return c.loginForm()
	}
	switch c.method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch:
		return c.html(c.context.text("title"))
	default:
		return c.plainError(http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

// loginForm is where Plone sends those who may not see a page.
func (c *call) loginForm() *answer {
	a := c.plainError(http.StatusFound, "Unauthorized")
	return a.with("Location", c.site.url+"/acl_users/credentials_cookie_auth/require_login?came_from=/Plone"+
		escapePath(c.context.path()))
}

// plainError is an error outside the API.
func (c *call) plainError(status int, class string) *answer {
	if strings.Contains(c.header.Get("Accept"), "text/html") {
		a := c.html("We’re sorry, but there seems to be an error…")
		a.status = status
		return a
	}
	return (&answer{status: status, raw: []byte(`{"error_type": "` + class + `"}`)}).with("Content-Type", jsonType)
}

func (c *call) html(title string) *answer {
	a := &answer{status: http.StatusOK, raw: []byte("<!DOCTYPE html>\n<html lang=\"en\"><head><title>" +
		htmlEscaper.Replace(title) + " &#8212; Plone</title></head><body></body></html>\n")}
	return a.with("Content-Type", "text/html;charset=utf-8")
}

var htmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// changed says that something in the site changed, so that lists are worked out again.
func (s *site) changed() { s.version++ }
