package plonetest

import "strings"

func blockTypeServices() []service {
	return []service{
		{method: "GET", name: "@blocktypes", on: anything, permission: blockTypes, segments: true, handle: getBlockTypes},
	}
}

// getBlockTypes counts blocks, on the whole site whatever the context is.
func getBlockTypes(c *call) (*answer, error) {
	under := str(orText(c.form["path"]))
	counts, uses := dict{}, list{}
	c.root.walk(func(o *object) {
		path := "/Plone" + o.path()
		types, _ := blockTypesOf(o).(dict)
		if !c.allowed(c.user, view, o) || under != "" && path != under && !strings.HasPrefix(path, under+"/") {
			return
		}
		for name, n := range types {
			so, _ := counts[name].(int)
			counts[name] = so + n.(int)
			if len(c.segments) > 0 && name == c.segments[len(c.segments)-1] {
				uses = append(uses, dict{"@id": c.urlOf(o), "title": o.text("title"), "count": n})
			}
		}
	})
	if len(c.segments) > 0 {
		return ok(uses), nil
	}
	return ok(counts), nil
}
