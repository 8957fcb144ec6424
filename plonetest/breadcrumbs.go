package plonetest

import "slices"

func breadcrumbServices() []service {
	return []service{
		{method: "GET", name: "@breadcrumbs", on: anything, permission: view, handle: getBreadcrumbs},
	}
}

// getBreadcrumbs answers with the way down to an object.
func getBreadcrumbs(c *call) (*answer, error) {
	crumbs, err := expandBreadcrumbs(c, c.context)
	return ok(crumbs), err
}

func expandBreadcrumbs(c *call, o *object) (any, error) {
	root := o.navigationRoot()
	items := list{}
	for at := o; at != root; at = at.parent {
		items = append(items, dict{"@id": c.urlOf(at), "title": at.navTitle()})
	}
	slices.Reverse(items)
	return dict{"@id": c.urlOf(o) + "/@breadcrumbs", "items": items, "root": c.urlOf(root)}, nil
}

// navigationRoot is the folder of a language that o is or lies in, otherwise the site.
func (o *object) navigationRoot() *object {
	for o.parent != nil && o.typ.id != "LRF" {
		o = o.parent
	}
	return o
}

// navTitle is what navigation calls o.
func (o *object) navTitle() string {
	for _, title := range []string{o.text("nav_title"), o.text("title")} {
		if title != "" {
			return title
		}
	}
	return o.id
}
