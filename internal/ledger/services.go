package main

import (
	"cmp"
	"strings"
)

// service is one name that the server answers for, with what it is called there
// and in the documentation.
type service struct {
	name    string // like "@users"; empty for the object itself
	methods string // separated by spaces
	chapter string // page of the endpoint documentation; the name without "@" when empty
	needs   string // package besides plone.restapi
}

// services are those that plone.restapi 10.0.4 registers in its configure.zcml
// files: 49 services with 95 methods.
var services = []service{
	{name: "", methods: "GET POST PATCH DELETE", chapter: "content-types"},
	{name: "@actions", methods: "GET"},
	{name: "@addons", methods: "GET POST"},
	{name: "@aliases", methods: "GET POST DELETE"},
	{name: "@breadcrumbs", methods: "GET"},
	{name: "@comments", methods: "GET POST PATCH DELETE", needs: "plone.app.discussion"},
	{name: "@content-rules", methods: "GET POST PATCH DELETE", needs: contentRules},
	{name: "@contextnavigation", methods: "GET"},
	{name: "@controlpanels", methods: "GET POST PATCH DELETE"},
	{name: "@copy", methods: "POST", chapter: "copymove"},
	{name: "@database", methods: "GET"},
	{name: "@email-notification", methods: "POST"},
	{name: "@email-send", methods: "POST"},
	{name: "@groups", methods: "GET POST PATCH DELETE"},
	{name: "@history", methods: "GET PATCH"},
	{name: "@inherit", methods: "GET"},
	{name: "@linkintegrity", methods: "GET"},
	{name: "@lock", methods: "GET POST PATCH DELETE", chapter: "locking"},
	{name: "@login", methods: "GET POST"},
	{name: "@login-renew", methods: "POST", chapter: "login"},
	{name: "@logout", methods: "POST", chapter: "login"},
	{name: "@move", methods: "POST", chapter: "copymove"},
	{name: "@navigation", methods: "GET"},
	{name: "@navroot", methods: "GET"},
	{name: "@portrait", methods: "GET"},
	{name: "@principals", methods: "GET"},
	{name: "@querysources", methods: "GET", chapter: "vocabularies"},
	{name: "@querystring", methods: "GET"},
	{name: "@querystring-search", methods: "GET POST", chapter: "querystringsearch"},
	{name: "@registry", methods: "GET PATCH"},
	{name: "@relations", methods: "GET POST DELETE"},
	{name: "@roles", methods: "GET"},
	{name: "@search", methods: "GET", chapter: "searching"},
	{name: "@sharing", methods: "GET POST"},
	{name: "@site", methods: "GET"},
	{name: "@sources", methods: "GET", chapter: "vocabularies"},
	{name: "@system", methods: "GET"},
	{name: "@transactions", methods: "GET PATCH"},
	{name: "@translation-locator", methods: "GET", chapter: "translations", needs: multilingual},
	{name: "@translations", methods: "GET POST DELETE", needs: multilingual},
	{name: "@tus-replace", methods: "POST", chapter: "tusupload"},
	{name: "@tus-upload", methods: "HEAD OPTIONS POST PATCH", chapter: "tusupload"},
	{name: "@types", methods: "GET POST PUT PATCH DELETE"},
	{name: "@upgrade", methods: "GET POST"},
	{name: "@users", methods: "GET POST PATCH DELETE"},
	{name: "@userschema", methods: "GET"},
	{name: "@vocabularies", methods: "GET"},
	{name: "@workflow", methods: "GET POST"},
	{name: "@workingcopy", methods: "GET POST PATCH DELETE", needs: "plone.app.iterate"},
}

// added are the services of the packages that ship with Plone. Those of
// plone.distribution are at the root of the server, but for @system, which takes
// the place of plone.restapi's own and tells more.
var added = []service{
	{name: "@blocktypes", methods: "GET", needs: "plone.volto"},
	{name: "@export", methods: "POST", chapter: "exportimport", needs: "plone.exportimport"},
	{name: "@import", methods: "POST", chapter: "exportimport", needs: "plone.exportimport"},
	{name: "{zope}/@login", methods: "POST", chapter: "sites", needs: distribution},
	{name: "{zope}/@sites", methods: "GET POST", chapter: "sites", needs: distribution},
	{name: "@system", methods: "GET", needs: distribution},
}

const (
	contentRules = "plone.app.contentrules"
	multilingual = "plone.app.multilingual"
	distribution = "plone.distribution"
)

// page is the chapter of the documentation.
func (s service) page() string { return cmp.Or(s.chapter, strings.TrimPrefix(s.name, "@")) }

// offers reports whether the service has the method.
func (s service) offers(method string) bool {
	return strings.Contains(" "+s.methods+" ", " "+method+" ")
}

// serviceOf is the name of the service that a path pattern leads to.
func serviceOf(pattern string) string {
	zope := ""
	for segment := range strings.SplitSeq(pattern, "/") {
		if segment == "{zope}" {
			zope = "{zope}/"
		}
		if strings.HasPrefix(segment, "@") {
			return zope + segment
		}
	}
	return ""
}
