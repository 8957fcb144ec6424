package plonetest

import "strings"

func inheritServices() []service {
	return []service{
		{method: "GET", name: "@inherit", on: anything, permission: view, handle: getInherit},
	}
}

// getInherit answers with the fields of behaviors.
func getInherit(c *call) (*answer, error) {
	if c.form.one("expand.inherit.behaviors") == "" {
		return ok(dict{}), nil
	}
	inherited, err := expandInherit(c, c.context)
	return ok(inherited), err
}

func expandInherit(c *call, o *object) (any, error) {
	names := c.form.one("expand.inherit.behaviors")
	d := dict{"@id": c.urlOf(o) + "/@inherit?expand.inherit.behaviors=" + names}
	for name := range strings.SplitSeq(names, ",") {
		switch name {
		case "plone.basic", "plone.categorization", "plone.publication", "plone.ownership", "plone.dublincore",
			"plone.shortname", "plone.constraintypes":
			return nil, fail("AttributeError", "'NoneType' object has no attribute 'providedBy'")
		}
		for at := o; at != nil; at = at.parent {
			if !at.provides(name) || !c.allowed(c.user, view, at) {
				continue
			}
			data := dict{}
			for _, f := range at.typ.fields {
				if f.behavior != name {
					continue
				}
				value, err := c.value(at, f)
				if err != nil {
					return nil, err
				}
				data[f.name] = value
			}
			d[name] = dict{"from": dict{"@id": c.urlOf(at), "title": at.text("title")}, "data": data}
			break
		}
	}
	return d, nil
}

// provides says whether o has a behavior.
func (o *object) provides(behavior string) bool {
	switch behavior {
	case "plone.navigationroot":
		return o.parent == nil || o.typ.id == "LRF"
	case "plone.locking":
		return o.typ.lockable
	}
	for _, f := range o.typ.fields {
		if f.behavior == behavior {
			return true
		}
	}
	return false
}
