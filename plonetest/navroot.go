package plonetest

func navrootServices() []service {
	return []service{
		{method: "GET", name: "@navroot", on: anything, permission: view, handle: getNavroot},
	}
}

// getNavroot answers with the navigation root of an object.
func getNavroot(c *call) (*answer, error) {
	root, err := expandNavroot(c, c.context)
	return ok(root), err
}

func expandNavroot(c *call, o *object) (any, error) {
	// The form is that of the request: without this it would be expanded in itself for ever.
	expand := c.form["expand"]
	c.form["expand"] = ""
	root, err := c.content(o.navigationRoot(), "current", false)
	c.form["expand"] = expand
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"@components", "items", "items_total", "batching"} {
		delete(root, name)
	}
	return dict{"@id": c.urlOf(o) + "/@navroot", "navroot": root}, nil
}
