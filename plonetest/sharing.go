package plonetest

import (
	"net/http"
	"slices"
	"strings"
)

func sharingServices() []service {
	return []service{
		{method: "GET", name: "@sharing", on: anyContent, permission: view, handle: getSharing},
		{method: "POST", name: "@sharing", on: anyContent, permission: view, handle: postSharing},
	}
}

// everybody is the group of all who are logged in.
const everybody = "AuthenticatedUsers"

// sharedRoles are the roles that can be given to others, and who may give them; Manager may give all.
var sharedRoles = []struct {
	id, title string
	givers    []string
}{
	{"Contributor", "Can add", []string{"Site Administrator", "Owner"}},
	{"Editor", "Can edit", []string{"Site Administrator", "Owner", "Editor"}},
	{"Reader", "Can view", []string{"Site Administrator", "Owner", "Editor", "Reviewer"}},
	{"Reviewer", "Can review", []string{"Site Administrator", "Reviewer"}},
}

// available are the roles that the user may give here.
func (c *call) available() []string {
	var ids []string
	for _, role := range sharedRoles {
		if c.user.id != "" && c.hasRole(c.user, role.givers, c.context) {
			ids = append(ids, role.id)
		}
	}
	return ids
}

// silent is an answer of services that return nothing: the status, and null.
func silent(status int) *answer { return &answer{status: status} }
func getSharing(c *call) (*answer, error) {
	if !c.allowed(c.user, delegateRoles, c.context) {
		return silent(http.StatusForbidden), nil
	}
	available := c.available()
	roles := list{}
	for _, role := range sharedRoles {
		if slices.Contains(available, role.id) {
			roles = append(roles, dict{"id": role.id, "title": role.title})
		}
	}
	acquired := acquiredRoles(c.context)
	entries := []dict{}
	seen := map[string]bool{}
	for _, id := range append([]string{everybody}, principals(c.context.localRoles, acquired)...) {
		if entry, has := c.sharingEntry(id, available, acquired); !seen[id] && (has || id == everybody) {
			entry["disabled"] = id == c.user.id
			entries = append(entries, entry)
			seen[id] = true
		}
	}
	for _, id := range c.searchPrincipals(str(c.form["search"])) {
		if !seen[id] {
			entry, _ := c.sharingEntry(id, available, nil)
			if u := c.users[id]; u != nil {
				entry["login"] = u.login
			}
			entries = append(entries, entry)
		}
	}
	slices.SortStableFunc(entries, func(a, b dict) int {
		return strings.Compare(str(a["type"])+str(a["title"]), str(b["type"])+str(b["title"]))
	})
	return ok(dict{"available_roles": roles, "entries": entries, "inherit": !c.context.ownRoles}), nil
}

// principals are the ids that have local roles.
func principals(maps ...map[string][]string) []string {
	var ids []string
	for _, m := range maps {
		for id := range m {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// acquiredRoles are the local roles of the objects above o that count in o.
func acquiredRoles(o *object) map[string][]string {
	acquired := map[string][]string{}
	for ; o.parent != nil && !o.ownRoles; o = o.parent {
		for id, roles := range o.parent.localRoles {
			acquired[id] = append(acquired[id], roles...)
		}
	}
	return acquired
}

// sharingEntry describes the roles of a user or group, and says whether it has one that is not global.
func (c *call) sharingEntry(id string, available []string, acquired map[string][]string) (entry dict, has bool) {
	entry = dict{"id": id, "title": id, "type": "user"}
	var global []string
	switch u, g := c.users[id], c.groups[id]; {
	case id == everybody:
		entry["title"], entry["type"], entry["login"] = "Logged-in users", "group", nil
	case g != nil:
		entry["title"], entry["type"], entry["login"] = g.title, "group", nil
		global = g.roles
	case u != nil:
		global = u.roles
		if name := u.properties["fullname"]; name != "" {
			entry["title"] = name
		}
		if entry["title"] != u.login {
			entry["login"] = u.login
		}
	}
	roles := dict{}
	for _, role := range available {
		switch {
		case slices.Contains(global, role):
			roles[role] = "global"
		case slices.Contains(acquired[id], role):
			roles[role], has = "acquired", true
		case slices.Contains(c.context.localRoles[id], role):
			roles[role], has = true, true
		default:
			roles[role] = false
		}
	}
	entry["roles"] = roles
	return entry, has
}

// searchPrincipals finds groups and users by a part of their names.
func (c *call) searchPrincipals(text string) []string {
	if text == "" {
		return nil
	}
	matches := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			return strings.Contains(strings.ToLower(name), strings.ToLower(text))
		})
	}
	var ids []string
	for _, g := range c.sortedGroups() {
		if matches(g.id, g.title) {
			ids = append(ids, g.id)
		}
	}
	for _, u := range c.sortedUsers() {
		if matches(u.login, u.properties["fullname"], u.properties["email"]) {
			ids = append(ids, u.id)
		}
	}
	return ids
}

func postSharing(c *call) (*answer, error) {
	if !c.allowed(c.user, delegateRoles, c.context) {
		return silent(http.StatusForbidden), nil
	}
	data, err := c.json()
	if err != nil {
		return refuse(http.StatusBadRequest, "DeserializationError", err.(*failure).message), nil
	}
	inherit, setInherit := data["inherit"]
	if setInherit && !c.allowed(c.user, modify, c.context) {
		return nil, errUnauthorized
	}
	wanted, err := localRoles(data["entries"])
	if err != nil {
		return nil, err
	}
	o, available := c.context, c.available()
	if o.localRoles == nil {
		o.localRoles = map[string][]string{}
	}
	if block := isFalse(inherit); setInherit && block != o.ownRoles {
		if mine := acquiredRoles(o)[c.user.id]; block && len(mine) > 0 {
			o.localRoles[c.user.id] = mine // so that nobody shuts themselves out
		}
		o.ownRoles = block
	}
	for id, roles := range wanted {
		kept := slices.DeleteFunc(slices.Clone(o.localRoles[id]), func(r string) bool { return slices.Contains(available, r) })
		for _, role := range roles {
			if slices.Contains(available, role) {
				kept = append(kept, role)
			}
		}
		o.localRoles[id] = kept
		if len(kept) == 0 {
			delete(o.localRoles, id)
		}
	}
	c.changed()
	return noContent().with("Content-Type", "text/html; charset=utf-8"), nil
}

// localRoles reads the entries of a request.
func localRoles(v any) (map[string][]string, error) {
	entries, _ := v.(list)
	wanted := map[string][]string{}
	for _, item := range entries {
		entry, _ := item.(dict)
		value, given := entry["roles"]
		if !given {
			return nil, missingKey("roles")
		}
		roles, isDict := value.(dict)
		if !isDict {
			return nil, fail("TypeError", "list indices must be integers or slices, not str")
		}
		id, given := entry["id"]
		if !given {
			return nil, missingKey("id")
		}
		wanted[str(id)] = []string{}
		for role, on := range roles {
			if !isFalse(on) {
				wanted[str(id)] = append(wanted[str(id)], role)
			}
		}
		slices.Sort(wanted[str(id)])
	}
	return wanted, nil
}
