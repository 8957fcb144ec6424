package plonetest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func groupServices() []service {
	row := func(method, name string, handle func(*call) (*answer, error)) service {
		return service{method: method, name: name, on: siteRoot, permission: manageUsers, handle: handle}
	}
	read, change, remove := row("GET", "@groups", getGroups), row("PATCH", "@groups", patchGroup), row("DELETE", "@groups", deleteGroup)
	read.segments, change.segments, remove.segments = true, true, true
	principals := row("GET", "@principals", getPrincipals)
	principals.permission = managePortal
	return []service{read, row("POST", "@groups", postGroup), change, remove, row("GET", "@roles", getRoles), principals}
}

// siteRoles are the roles that can be given, in Plone's order.
var siteRoles = []string{"Contributor", "Editor", "Member", "Reader", "Reviewer", "Site Administrator", "Manager"}

// virtualGroup is the group that Plone makes up of all who are logged in.
func virtualGroup() *group {
	return &group{id: everybody, title: "Authenticated Users (Virtual Group)", description: "Automatic Group Provider"}
}

func (s *site) sortedGroups() []*group {
	groups := make([]*group, 0, len(s.groups))
	for _, g := range s.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *group) int { return strings.Compare(a.id, b.id) })
	return groups
}

// group returns a group by its id, nil if there is none.
func (s *site) group(id string) *group {
	if id == everybody {
		return virtualGroup()
	}
	return s.groups[id]
}

func (c *call) groupSegment() (string, error) {
	if len(c.segments) != 1 {
		return "", fail("Exception", "Must supply exactly one parameter (group id)")
	}
	return c.segments[0], nil
}

// groupRoles are the roles of a group and of the groups that it is in.
func (s *site) groupRoles(g *group) []string {
	if s.groups[g.id] == nil {
		return nil
	}
	roles := slices.Clone(g.roles)
	for _, outer := range s.sortedGroups() {
		if !slices.Contains(outer.members, g.id) {
			continue
		}
		for _, role := range outer.roles {
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
	}
	return append(roles, "Authenticated")
}

// groupInfo describes a group; full adds a page of its members.
func (c *call) groupInfo(g *group, full bool) (dict, error) {
	d := dict{
		"@id": c.site.url + "/@groups/" + g.id, "id": g.id, "groupname": g.id, "title": g.title,
		"description": g.description, "email": g.email, "roles": c.groupRoles(g),
	}
	if !full {
		return d, nil
	}
	members := slices.Sorted(slices.Values(g.members))
	b, err := c.batch(len(members))
	if err != nil {
		return nil, err
	}
	page := dict{"@id": c.canonical(), "items": members[b.from:b.to], "items_total": b.total}
	if b.links != nil {
		page["batching"] = b.links
	}
	d["members"] = page
	return d, nil
}

func getGroups(c *call) (*answer, error) {
	if len(c.segments) > 0 {
		id, err := c.groupSegment()
		if err != nil {
			return nil, err
		}
		g := c.group(id)
		if g == nil {
			return &answer{status: http.StatusNotFound}, nil
		}
		info, err := c.groupInfo(g, true)
		return ok(info), err
	}
	text := textOf(c.form["query"])
	if len(c.form) > 0 && text == "" {
		return nil, fail("BadRequest", "Query string supplied is not valid")
	}
	groups := list{}
	for _, g := range append(c.sortedGroups(), virtualGroup()) {
		if !strings.Contains(strings.ToLower(g.id), strings.ToLower(text)) {
			continue
		}
		info, err := c.groupInfo(g, text == "")
		if err != nil {
			return nil, err
		}
		groups = append(groups, info)
	}
	return ok(groups), nil
}

func postGroup(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	id := textOf(data["groupname"])
	roles := texts(data["roles"])
	switch {
	case id == "":
		return nil, fail("BadRequest", "Property 'groupname' is required")
	case slices.Contains(roles, "Manager") && !c.allowed(c.user, managePortal, c.context):
		return nil, fail("BadRequest", "You don't have permission to create a group with the 'Manager' role")
	case !c.free(id):
		return nil, fail("BadRequest", "The group name you entered is not valid.")
	}
	g := &group{id: id, title: textOf(data["title"]), description: textOf(data["description"]), email: textOf(data["email"]), roles: roles}
	c.groups[id] = g
	for _, member := range append(texts(data["groups"]), texts(data["users"])...) {
		c.join(g, member, true)
	}
	c.changed()
	info, err := c.groupInfo(g, true)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"title", "description", "email"} {
		if data[name] == nil {
			info[name] = nil
		}
	}
	return created(c.site.url+"/@groups/"+id, info), nil
}

// textOf is a text, "" for null.
func textOf(v any) string {
	if v == nil {
		return ""
	}
	return str(v)
}

// texts are the entries of an array.
func texts(v any) []string {
	entries, _ := v.(list)
	texts := make([]string, len(entries))
	for i, entry := range entries {
		texts[i] = str(entry)
	}
	return texts
}

// join makes a user or a group a member, or not. Nothing happens for an id that nobody has.
func (s *site) join(g *group, id string, in bool) {
	known := s.users[id] != nil && !s.users[id].zope || s.groups[id] != nil
	is := slices.Contains(g.members, id)
	switch {
	case in && !is && known:
		g.members = append(g.members, id)
	case !in && is:
		g.members = slices.DeleteFunc(g.members, func(member string) bool { return member == id })
	}
}

func patchGroup(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	id, err := c.groupSegment()
	if err != nil {
		return nil, err
	}
	g := c.group(id)
	if g == nil {
		return nil, fail("BadRequest", "Trying to update a non-existing group.")
	}
	if !c.mayUpdate(g, data) {
		return nil, fail("BadRequest", "You don't have permission to assign a 'Manager' role to a group.")
	}
	users, isObject := data["users"].(dict)
	if data["users"] != nil && !isObject {
		return nil, fail("AttributeError", "'list' object has no attribute 'items'")
	}
	title, description, email := textOf(data["title"]), textOf(data["description"]), textOf(data["email"])
	set := title+description+email != "" // then Plone keeps what was to be emptied
	if _, given := data["title"]; given && (title != "" || !set) {
		g.title = title
	}
	if _, given := data["description"]; given && (description != "" || !set) {
		g.description = description
	}
	if email != "" {
		g.email = email
	}
	if data["roles"] != nil {
		g.roles = slices.DeleteFunc(texts(data["roles"]), func(role string) bool { return role == "Authenticated" })
	}
	if outer := texts(data["groups"]); len(outer) > 0 { // those that it is in, though at creation those that are in it
		for _, o := range c.groups {
			c.join(o, id, slices.Contains(outer, o.id))
		}
	}
	for member, in := range users {
		c.join(g, member, in == true)
	}
	c.changed()
	return noContent(), nil
}

// mayUpdate keeps those who do not manage the site away from managers.
func (c *call) mayUpdate(g *group, data dict) bool {
	if c.allowed(c.user, managePortal, c.context) {
		return true
	}
	manages := slices.Contains(c.groupRoles(g), "Manager")
	if users, _ := data["users"].(dict); manages && len(users) > 0 {
		return false
	}
	if roles := texts(data["roles"]); len(roles) > 0 && slices.Contains(roles, "Manager") != manages {
		return false
	}
	return !slices.ContainsFunc(texts(data["groups"]), func(id string) bool {
		outer := c.groups[id]
		return outer != nil && slices.Contains(c.groupRoles(outer), "Manager")
	})
}

func deleteGroup(c *call) (*answer, error) {
	id, err := c.groupSegment()
	if err != nil {
		return nil, err
	}
	g := c.group(id)
	switch {
	case g == nil:
		return nil, errNotFound
	case slices.Contains(c.groupRoles(g), "Manager") && !c.allowed(c.user, managePortal, c.context):
		return nil, fail("BadRequest", "You don't have permission to delete a group with the Manager role")
	case c.groups[id] == nil:
		return nil, missingKey(id)
	}
	delete(c.groups, id)
	for _, o := range c.groups {
		c.join(o, id, false)
	}
	c.changed()
	return noContent(), nil
}

func getRoles(c *call) (*answer, error) {
	roles := list{}
	for _, role := range siteRoles {
		roles = append(roles, dict{"@id": c.site.url + "/@roles/" + role, "@type": "role", "id": role, "title": role})
	}
	return ok(roles), nil
}

func getPrincipals(c *call) (*answer, error) {
	text := strings.ToLower(textOf(c.form["search"]))
	if text == "" {
		return nil, fail("BadRequest", "Required "+strconv.Quote("search")+" parameter is missing.")
	}
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	users, groups := list{}, list{}
	for _, u := range c.sortedUsers() {
		if !u.zope && (has(u.login) || has(u.properties["fullname"]) || has(u.properties["email"])) {
			users = append(users, c.userInfo(u, false))
		}
	}
	for _, g := range append(c.sortedGroups(), virtualGroup()) {
		if has(g.id) || has(g.title) {
			info, err := c.groupInfo(g, false)
			if err != nil {
				return nil, err
			}
			groups = append(groups, info)
		}
	}
	return ok(dict{"users": users, "groups": groups}), nil
}
