package plonetest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// distributions are what sites are made of.
var distributions = []struct{ name, title, description string }{
	{"classic", "Plone Site (Classic UI)", "A Plone Site with Classic UI."},
	{"volto", "Plone Site (Volto)", "A Plone Site to be used with a Volto frontend"},
}

// server answers for the server above the site: its list of sites, their creation and the login there. Sites that are
// added are in the list, can be removed, and hold content, but share the settings of the site.
func (c *call) server(path string) *answer {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	c.user = c.authenticate(c.header, c.body)
	if !c.user.zope {
		c.user = &user{} // users of a site are unknown above it
	}
	handle := map[string]func([]string) (*answer, error){
		"GET @sites": c.getSites, "POST @sites": c.postSite, "POST @login": c.serverLogin,
	}[c.method+" "+segments[0]]
	if other := c.others[segments[0]]; other != nil {
		c.context = other
		if accept, _ := c.negotiate(c, path); accept != "" {
			return c.walk("/"+strings.Join(segments[1:], "/"), accept)
		}
		return c.page(path)
	}
	var a *answer
	err := errNotFound
	if handle != nil && c.header.Get("Accept") == jsonType {
		a, err = handle(segments[1:])
	}
	if err != nil {
		c.gone = true // there is no object that could be the context
		a = c.failed(c.user, err)
		c.gone = false
	}
	return a
}

// deleteOther removes what is beside the site: the context.
func (c *call) deleteOther() *answer {
	if c.user = c.authenticate(c.header, c.body); !c.user.zope {
		return c.failed(nil, errUnauthorized)
	}
	id := c.context.outside[1:]
	delete(c.others, id)
	c.setup.sites = slices.DeleteFunc(c.setup.sites, func(d dict) bool { return d["id"] == id })
	return noContent()
}

// newOthers are what every server has beside its sites: the object that makes virtual hosts, which is no content.
func newOthers() map[string]*object {
	return map[string]*object{"virtual_hosting": {id: "virtual_hosting", outside: "/virtual_hosting"}}
}

// top is the address of the server.
func (s *site) top() string { return strings.TrimSuffix(s.url, "/Plone") }
func (c *call) getSites(segments []string) (*answer, error) {
	offers := list{}
	for _, d := range distributions {
		info := dict{"@id": c.top() + "/@sites/" + d.name, "name": d.name, "title": d.title, "description": d.description,
			"image": c.top() + "/@@dist-image/" + d.name}
		if len(segments) == 0 {
			offers = append(offers, info)
			continue
		}
		if segments[0] == d.name {
			info["schema"] = dict{"type": "object", "required": list{"site_id", "title"}, "title": "Create a Plone site",
				"properties": dict{"site_id": dict{"type": "string"}, "title": dict{"type": "string"}}}
			info["uischema"] = dict{}
			info["default_values"] = dict{"site_id": "Plone1", "default_language": "en"}
			return ok(info), nil
		}
	}
	if len(segments) > 0 {
		return nil, fail("ValueError", "No distribution named "+segments[0])
	}
	sites := list{}
	if !c.gone {
		sites = append(sites, dict{"@id": c.site.url, "id": "Plone", "title": c.root.text("title"), "description": "",
			"creation_date": c.root.created, "needs_upgrade": false, "distribution": "volto"})
	}
	for _, s := range c.setup.sites {
		sites = append(sites, s)
	}
	return ok(dict{"@id": c.top() + "/@sites", "can_manage": c.user.id != "", "sites": sites, "distributions": offers}), nil
}

func (c *call) postSite(segments []string) (*answer, error) {
	if c.user.id == "" {
		return nil, errUnauthorized
	}
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	name := str(orText(data["distribution"]))
	if len(segments) > 0 {
		name = segments[0]
	}
	id, title := str(orText(data["site_id"])), str(orText(data["title"]))
	switch {
	case !slices.ContainsFunc(distributions, func(d struct{ name, title, description string }) bool { return d.name == name }):
		return nil, errNotFound
	case id == "" || title == "":
		return nil, fail("BadRequest", "Invalid data for site creation.")
	case id == "Plone" || c.others[id] != nil:
		return nil, fail("BadRequest", `The id "`+id+`" is invalid - it is already in use.`)
	}
	description := str(orText(data["description"]))
	root := &object{id: id, uid: newUID(), typ: c.root.typ, outside: "/" + id, owner: c.user.id, created: time.Now(), modified: time.Now()}
	root.set("title", title)
	root.set("description", description)
	root.save(c.user.id, "Initial version")
	c.others[id] = root
	c.setup.sites = append(c.setup.sites, dict{"@id": c.top() + "/" + id, "id": id, "title": title,
		"description": description, "creation_date": time.Now(), "needs_upgrade": false, "distribution": name})
	return ok(dict{"@id": c.top() + "/" + id, "@type": "Plone Site", "id": id, "title": title, "description": description}), nil
}

// serverLogin lets only those in who are known already, by the login in a body of exactly application/json for example.
func (c *call) serverLogin([]string) (*answer, error) {
	if c.user.id == "" {
		return nil, fail("Unauthorized", "Missing 'plone.restapi: Use REST API' permission")
	}
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	u := c.byPassword(str(orText(data["login"])), str(orText(data["password"])))
	if u == nil || !u.zope {
		return refuse(http.StatusUnauthorized, "Invalid credentials", "Wrong login and/or password."), nil
	}
	return ok(dict{}).with("Set-Cookie", "__ac=secret; Path=/; SameSite=Lax"), nil
}
