package plonetest

func actionServices() []service {
	return []service{
		{method: "GET", name: "@actions", on: anything, permission: view, handle: getActions},
	}
}

// getActions answers with what the user can do.
func getActions(c *call) (*answer, error) {
	actions, err := expandActions(c, c.context)
	return ok(actions), err
}

// action is a command of the user interface.
type action struct {
	category, id, title, icon string
	url                       string // behind that of where it belongs
	where                     func(*object) *object
	shown                     func(*call, *object) bool
}

// actions are those of a stock site.
func actions() []action {
	here := func(o *object) *object { return o }
	folder := func(o *object) *object {
		if o.typ.folderish {
			return o
		}
		return o.parent
	}
	root := (*object).navigationRoot
	site := func(o *object) *object {
		for o.parent != nil {
			o = o.parent
		}
		return o
	}
	may := func(permission string) func(*call, *object) bool {
		return func(c *call, o *object) bool { return c.allowed(c.user, permission, o) }
	}
	always := func(*call, *object) bool { return true }
	user := func(c *call, _ *object) bool { return c.user.id != "" }
	content := func(permission string) func(*call, *object) bool {
		return func(c *call, o *object) bool { return o.parent != nil && c.allowed(c.user, permission, o) }
	}
	return []action{
		{"object", "view", "View", "toolbar-action/view", "", here, may(view)},
		{"object", "edit", "Edit", "toolbar-action/edit", "/edit", here, may(modify)},
		{"object", "folderContents", "Contents", "toolbar-action/folderContents", "/folder_contents", folder, may(modify)},
		{"object", "history", "History", "toolbar-action/history", "/@@historyview", here, may(previousVersions)},
		{"object", "local_roles", "Sharing", "toolbar-action/sharing", "/@@sharing", here, may(delegateRoles)},
		{"object_buttons", "cut", "Cut", "plone-cut", "/object_cut", here, content(deleteObjects)},
		{"object_buttons", "copy", "Copy", "plone-copy", "/object_copy", here, content(modify)},
		{"object_buttons", "delete", "Delete", "plone-delete", "/delete_confirmation", here, content(deleteObjects)},
		{"object_buttons", "rename", "Rename", "plone-rename", "/object_rename", here, content(modify)},
		{"object_buttons", "redirection", "URL Management", "plone-redirection", "/@@manage-aliases", here, content(contextAliases)},
		{"object_buttons", "ical_import_enable", "Enable icalendar import", "", "/@@ical_import_settings/enable", here,
			func(c *call, o *object) bool { return o.parent == nil && c.allowed(c.user, managePortal, o) }},
		{"object_buttons", "iterate_checkout", "Check out", "box-arrow-down-left", "/@@content-checkout", here,
			func(c *call, o *object) bool { return o.typ.lockable && c.allowed(c.user, checkOut, o) }},
		{"portal_tabs", "index_html", "Home", "plone-home", "", root, always},
		{"site_actions", "sitemap", "Site Map", "plone-sitemap", "/sitemap", root, always},
		{"site_actions", "contact", "Contact", "plone-contact-info", "/contact-form", root, always},
		{"user", "login", "Log in", "plone-login", "/login", root,
			func(c *call, _ *object) bool { return c.user.id == "" }},
		{"user", "preferences", "Preferences", "plone-user", "/@@personal-preferences", root, user},
		{"user", "dashboard", "Dashboard", "plone-dashboard", "/dashboard", site, user},
		{"user", "plone_setup", "Site Setup", "plone-controlpanel", "/@@overview-controlpanel", site, may(overview)},
		{"user", "logout", "Log out", "plone-logout", "/logout", root, user},
	}
}

func expandActions(c *call, o *object) (any, error) {
	names := []string{"document_actions", "object", "object_buttons", "portal_tabs", "site_actions", "user"}
	switch v := c.form["categories"].(type) {
	case string: // a string is walked letter by letter
		names = nil
		for _, letter := range v {
			names = append(names, string(letter))
		}
	case list:
		names = c.form.all("categories")
	}
	d := dict{}
	for _, name := range names {
		entries := list{}
		for _, a := range actions() {
			if a.category != name || !a.shown(c, o) {
				continue
			}
			url := c.urlOf(a.where(o)) + a.url
			if a.id == "redirection" {
				url = " " + url // as it stands in Plone's own configuration
			}
			entries = append(entries, dict{"id": a.id, "title": a.title, "icon": a.icon, "url": url})
		}
		d[name] = entries
	}
	return d, nil
}
