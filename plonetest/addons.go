package plonetest

import "slices"

func addonServices() []service {
	return []service{
		{method: "GET", name: "@addons", on: anything, permission: managePortal, segments: true, handle: getAddons},
		{method: "POST", name: "@addons", on: siteRoot, permission: managePortal, segments: true, handle: postAddon},
	}
}

// addon is a package with profiles.
type addon struct {
	name, title, description string
	version                  string // of the package
	setup                    string // the version of the profile
	installed                string // the version of the setup that the site has, "" without one
	steps                    bool   // of an upgrade, done or not
	fixed                    bool   // it has no uninstall profile
}

func stockAddons() []*addon {
	return []*addon{
		{name: "Products.CMFPlacefulWorkflow", title: "Workflow Policy Support (CMFPlacefulWorkflow)", version: "4.0.0",
			setup: "1.1.1", description: "Workflow policies for parts of a site."},
		{name: "plone.app.caching", title: "HTTP caching support", version: "5.0.0", setup: "3", installed: "3"},
		{name: "plone.app.multilingual", title: "Multilingual Support", version: "9.0.2", setup: "1000", installed: "1000"},
		{name: "plone.restapi", title: "plone.restapi", version: "10.0.4", setup: "0007", installed: "0007"},
		{name: "plone.session", title: "Session refresh support", version: "5.1.0", setup: "1003",
			description: "Optional plone.session refresh support."},
		{name: "plone.volto", title: "Volto Frontend (plone.volto)", version: "6.0.1", setup: "1100", installed: "1100",
			steps: true, description: "Configures the Plone backend to work with Volto."},
	}
}

func (c *call) addonInfo(a *addon) dict {
	d := dict{"@id": c.urlOf(c.context) + "/@addons/" + a.name, "id": a.name, "title": a.title, "version": a.version,
		"description": a.description, "is_installed": a.installed != "", "profile_type": "default",
		"install_profile_id": a.name + ":default", "uninstall_profile_id": a.name + ":uninstall", "upgrade_info": dict{}}
	if a.fixed {
		d["uninstall_profile_id"] = ""
	}
	if a.installed != "" {
		d["upgrade_info"] = dict{"required": a.installed != a.setup, "available": a.steps, "hasProfile": true,
			"installedVersion": a.installed, "newVersion": a.setup}
	}
	return d
}

func (s *site) addon(name string) *addon {
	i := slices.IndexFunc(s.setup.addons, func(a *addon) bool { return a.name == name })
	if i < 0 {
		return nil
	}
	return s.setup.addons[i]
}

func getAddons(c *call) (*answer, error) {
	if len(c.segments) > 0 {
		if a := c.addon(c.segments[0]); a != nil {
			return ok(c.addonInfo(a)), nil
		}
		return ok(list{}), nil
	}
	return ok(c.addonList(str(orText(c.form["upgradeable"])) != "")), nil
}

func (c *call) addonList(upgradeable bool) dict {
	items := list{}
	for _, a := range c.setup.addons {
		if !upgradeable || a.installed != "" && a.steps {
			items = append(items, c.addonInfo(a))
		}
	}
	return dict{"items": items}
}

// postAddon says nothing of an add-on that is unknown, or of which nothing is to be done.
func postAddon(c *call) (*answer, error) {
	segments := append(slices.Clone(c.segments), "", "", "")
	a := c.addon(segments[0])
	if a == nil {
		a = new(addon)
	}
	switch action := segments[1]; action {
	case "install", "upgrade":
		if action == "install" || a.installed != "" {
			a.installed = a.setup
		}
	case "uninstall":
		if !a.fixed {
			a.installed = ""
		}
	case "import":
		if segments[2] == "default" {
			a.installed = a.setup
		}
	default:
		if action == "" {
			action = "None"
		}
		return nil, fail("Exception", "Unknown action "+action)
	}
	c.changed()
	if c.header.Get("Prefer") == "return=representation" {
		return ok(c.addonList(false)), nil
	}
	return noContent(), nil
}
