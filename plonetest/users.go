package plonetest

import (
	"slices"
	"strings"
)

func userServices() []service {
	return []service{
		{method: "GET", name: "@users", on: siteRoot, permission: view, segments: true, handle: getUsers},
	}
}

func getUsers(c *call) (*answer, error) {
	if len(c.segments) == 0 {
		if !c.allowed(c.user, manageUsers, c.context) {
			return nil, errUnauthorized
		}
		items := list{}
		for _, u := range c.sortedUsers() {
			if !u.zope {
				items = append(items, c.userInfo(u, true))
			}
		}
		return ok(dict{"@id": c.site.url + "/@users", "items": items, "items_total": len(items)}), nil
	}
	id := c.segments[0]
	if len(c.segments) > 1 {
		return nil, fail("Exception", "Must supply exactly one parameter (user id)")
	}
	if id != c.user.id && !c.allowed(c.user, accessUsers, c.context) {
		return nil, errUnauthorized
	}
	u := c.users[id]
	if u == nil {
		return nil, errNotFound
	}
	return ok(c.userInfo(u, true)), nil
}

func (s *site) sortedUsers() []*user {
	users := make([]*user, 0, len(s.users))
	for _, u := range s.users {
		users = append(users, u)
	}
	slices.SortFunc(users, func(a, b *user) int { return strings.Compare(a.id, b.id) })
	return users
}

// userInfo describes a user; full adds the groups.
func (c *call) userInfo(u *user, full bool) dict {
	roles := slices.Clone(u.roles)
	for _, g := range c.groups {
		if slices.Contains(g.members, u.id) {
			roles = append(roles, g.roles...)
		}
	}
	slices.Sort(roles)
	d := dict{
		"@id": c.site.url + "/@users/" + u.id, "id": u.id, "username": u.login, "roles": slices.Compact(roles),
		"portrait": nil,
	}
	for _, name := range []string{"fullname", "email", "home_page", "description", "location"} {
		d[name] = orNil(u.properties[name])
	}
	if !full || u.zope {
		return d
	}
	groups := list{dict{"id": "AuthenticatedUsers", "title": "AuthenticatedUsers"}}
	for _, g := range c.sortedGroups() {
		if slices.Contains(g.members, u.id) {
			groups = append(groups, dict{"id": g.id, "title": g.title})
		}
	}
	// The batch has the address of the request, whoever the user is.
	d["groups"] = dict{"@id": c.canonical(), "items": groups, "items_total": len(groups)}
	return d
}

func (s *site) sortedGroups() []*group {
	groups := make([]*group, 0, len(s.groups))
	for _, g := range s.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *group) int { return strings.Compare(a.id, b.id) })
	return groups
}
