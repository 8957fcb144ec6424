package plonetest

import (
	"slices"
	"strings"
)

// expander is a component of "@components": expand makes what the service of the same name answers. A nil expand
// is a component whose service this package does not have yet.
type expander struct {
	name   string
	on     func(*object) bool
	expand func(*call, *object) (any, error)
}

// expanders are the components of all chapters.
func expanders() []expander {
	always := func(*object) bool { return true }
	content := func(o *object) bool { return o.parent != nil }
	return []expander{
		{"actions", always, expandActions},
		{"aliases", always, expandAliases},
		{"breadcrumbs", always, expandBreadcrumbs},
		{"contextnavigation", always, expandContextNavigation},
		{"navigation", always, expandNavigation},
		{"navroot", always, expandNavroot},
		{"translations", content, expandTranslations},
		{"types", always, expandTypes},
		{"workflow", always, expandWorkflow},
	}
}

// components are the entries of "@components", expanded where the request says so.
func (c *call) components(o *object) (dict, error) {
	wanted := c.form.all("expand")
	if len(wanted) == 1 {
		wanted = strings.Split(wanted[0], ",")
	}
	d := make(dict, len(c.expanders)+1)
	url := c.urlOf(o)
	if behaviors := c.form.one("expand.inherit.behaviors"); behaviors != "" {
		d["inherit"] = dict{"@id": url + "/@inherit?expand.inherit.behaviors=" + behaviors}
		if slices.Contains(wanted, "inherit") {
			inherited, err := expandInherit(c, o)
			if err != nil {
				return nil, err
			}
			d["inherit"] = inherited
		}
	}
	for _, e := range c.expanders {
		if !e.on(o) {
			continue
		}
		d[e.name] = dict{"@id": url + "/@" + e.name}
		for _, name := range wanted {
			if name != e.name || e.expand == nil {
				continue
			}
			expanded, err := e.expand(c, o)
			if err != nil {
				return nil, err
			}
			d[e.name] = expanded
		}
	}
	return d, nil
}
