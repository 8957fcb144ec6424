package plonetest

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
)

func vocabularyServices() []service {
	row := func(name, permission string, handle func(*call) (*answer, error)) service {
		return service{method: "GET", name: name, on: anyContent, permission: permission, segments: true, handle: handle}
	}
	return []service{
		row("@vocabularies", view, getVocabularies),
		row("@sources", useVocabularies, getSource),
		row("@querysources", useVocabularies, getQuerySource),
	}
}

// vocabulary is a list of terms that many fields choose from.
type vocabulary struct {
	permission string // beside View, "" for none
	terms      func(*call) []term
}

// vocabularies are those that every site has.
var vocabularies = map[string]vocabulary{
	"plone.app.vocabularies.WorkflowStates": {"", func(*call) []term {
		return []term{
			{token: "external", title: "Externally visible [external]"},
			{token: "internal", title: "Internal draft [internal]"},
			{token: "internally_published", title: "Internally published [internally_published]"},
			{token: "pending", title: "Pending [pending]"},
			{token: "private", title: "Private [private]"},
			{token: "visible", title: "Public draft [visible]"},
			{token: "published", title: "Published [published]"},
			{token: "rejected", title: "Rejected [rejected]"},
			{token: "spam", title: "Spam [spam]"},
		}
	}},
	"plone.app.vocabularies.ReallyUserFriendlyTypes": {"", func(c *call) []term {
		terms := []term{{token: "Discussion Item", title: "Comment"}}
		for _, t := range c.sortedTypes() {
			if t.id != "Plone Site" {
				terms = append(terms, term{token: t.id, title: t.title})
			}
		}
		slices.SortFunc(terms, func(a, b term) int { return strings.Compare(a.title, b.title) })
		return terms
	}},
	"plone.app.vocabularies.Roles": {"", func(*call) []term {
		var terms []term
		for _, role := range []string{"Anonymous", "Authenticated", "Contributor", "Editor", "Manager", "Member", "Owner",
			"Reader", "Reviewer", "Site Administrator"} {
			terms = append(terms, term{token: role, title: role})
		}
		return terms
	}},
	"plone.app.vocabularies.SupportedContentLanguages": {"", func(*call) []term {
		return []term{{token: "de", title: "Deutsch"}, {token: "en", title: "English"}}
	}},
	"plone.app.vocabularies.Users": {listMembers, func(c *call) []term {
		var terms []term
		for _, u := range c.sortedUsers() {
			if !u.zope {
				terms = append(terms, term{token: u.id, title: u.properties["fullname"]})
			}
		}
		return terms
	}},
	"plone.app.vocabularies.Groups": {listMembers, func(c *call) []term {
		var terms []term
		for _, g := range c.sortedGroups() {
			terms = append(terms, term{token: g.id, title: g.title})
		}
		return terms
	}},
	"plone.app.vocabularies.Keywords": {modify, func(c *call) []term {
		keywords := map[string]bool{}
		c.root.walk(func(o *object) {
			subjects, _ := o.get("subjects").(list)
			for _, subject := range subjects {
				keywords[str(subject)] = true
			}
		})
		var terms []term
		for _, keyword := range slices.Sorted(maps.Keys(keywords)) {
			terms = append(terms, term{token: base64.StdEncoding.EncodeToString([]byte(keyword)), title: keyword})
		}
		return terms
	}},
}

// getVocabularies answers with the names of all vocabularies or with the terms of one.
func getVocabularies(c *call) (*answer, error) {
	at := c.urlOf(c.context) + "/@vocabularies"
	if len(c.segments) == 0 {
		names := list{}
		for _, name := range slices.Sorted(maps.Keys(vocabularies)) {
			names = append(names, dict{"@id": at + "/" + name, "title": name})
		}
		return ok(names), nil
	}
	name := c.segments[0]
	v, known := vocabularies[name]
	switch {
	case v.permission != "" && !c.allowed(c.user, v.permission, c.context) && c.user.id == "":
		return refuse(http.StatusUnauthorized, "Not authenticated",
			"You need to be authenticated to access the vocabulary '"+name+"'."), nil
	case v.permission != "" && !c.allowed(c.user, v.permission, c.context):
		return refuse(http.StatusForbidden, "Not authorized",
			"You are not authorized to access the vocabulary '"+name+"'."), nil
	case !known:
		return refuse(http.StatusNotFound, "Not Found", "The vocabulary '"+name+"' does not exist"), nil
	}
	return c.terms(v.terms(c), at+"/"+name)
}

// terms answers with those of the terms that the request asks for.
func (c *call) terms(terms []term, id string) (*answer, error) {
	title, token, tokens := strings.ToLower(c.form.one("title")), strings.ToLower(c.form.one("token")), c.form.all("tokens")
	if title != "" && token != "" {
		return refuse(http.StatusBadRequest, "Invalid parameters",
			"You can not filter by title and token at the same time."), nil
	}
	found := slices.DeleteFunc(slices.Clone(terms), func(t term) bool {
		is := func(token string) bool { return strings.EqualFold(token, t.token) }
		switch {
		case token != "":
			return !is(token)
		case len(tokens) > 0:
			return !slices.ContainsFunc(tokens, is)
		default:
			return !strings.Contains(strings.ToLower(t.title), title)
		}
	})
	if c.form.one("sort_on") == "title" {
		slices.SortStableFunc(found, func(a, b term) int { return strings.Compare(strings.ToLower(a.title), strings.ToLower(b.title)) })
	}
	b, all := batch{to: len(found)}, c.form.one("b_size") == "-1"
	if !all {
		var err error
		if b, err = c.batch(len(found)); err != nil {
			return nil, err
		}
	}
	items := list{}
	for _, t := range found[b.from:b.to] {
		items = append(items, dict{"token": t.token, "title": t.title})
	}
	if all {
		return ok(dict{"@id": id, "items": items}), nil
	}
	d := dict{"@id": c.canonical(), "items": items, "items_total": b.total}
	if b.links != nil {
		d["batching"] = b.links
	}
	return ok(d), nil
}

// getSource answers for the source of a field. No stock type has one that can be listed.
func getSource(c *call) (*answer, error) {
	f, refused, err := c.sourceField()
	if refused != nil || err != nil {
		return refused, err
	}
	return refuse(http.StatusBadRequest, "Bad Request", "Source for field "+repr(f.name)+" is not iterable. "), nil
}

// getQuerySource answers for the source of a field. No stock type has one that can be searched.
func getQuerySource(c *call) (*answer, error) {
	f, refused, err := c.sourceField()
	if refused != nil || err != nil {
		return refused, err
	}
	return refuse(http.StatusNotFound, "Not Found", "Field "+repr(f.name)+" does not have an IQuerySource"), nil
}

// sourceField is the field that a request names, which has a source.
func (c *call) sourceField() (f *field, refused *answer, err error) {
	if len(c.segments) != 1 {
		return nil, refuse(http.StatusBadRequest, "Bad Request", "Must supply exactly one path parameter (fieldname)"), nil
	}
	name := c.segments[0]
	f = c.context.typ.field(name)
	if f == nil {
		return nil, refuse(http.StatusNotFound, "Not Found", "No such field: "+repr(name)), nil
	}
	class := map[kind]string{textLine: "TextLine", text: "Text", shortName: "ASCIILine", boolean: "Bool", integer: "Int",
		date: "Datetime", lines: "Tuple", number: "Float", day: "Date", choices: "Set", relations: "RelationList", richText: "RichText", jsonObject: "JSONField",
		blob: "NamedBlobFile", picture: "NamedBlobImage", address: "URI"}[f.kind]
	if class != "" { // choices and single relations have one
		return nil, nil, fail("AttributeError", "'"+class+"' object has no attribute 'source'")
	}
	return f, nil, nil
}
