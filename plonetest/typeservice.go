package plonetest

import (
	"net/http"
	"slices"
	"strings"
)

func typeServices() []service {
	row := service{method: "GET", name: "@types", on: anything, permission: view, segments: true, handle: getTypes}
	schema := row
	schema.accept = "application/schema+json"
	edit := func(method string, handle func(*call) (*answer, error)) service {
		return service{method: method, name: "@types", on: siteRoot, permission: overview, segments: true, handle: handle}
	}
	return []service{row, schema, edit("POST", addToType), edit("PATCH", patchType), edit("PUT", putType),
		edit("DELETE", deleteFromType)}
}

func getTypes(c *call) (*answer, error) {
	if len(c.segments) > 2 {
		return ok(nil), nil
	}
	if c.user.id == "" {
		return nil, fail("Unauthorized", "Unauthorized()")
	}
	switch len(c.segments) {
	case 0:
		types, err := expandTypes(c, c.context)
		return ok(types), err
	case 1:
		t := c.types[c.segments[0]]
		if t == nil {
			return &answer{status: http.StatusNotFound, body: dict{
				"type": "NotFound", "message": "Type '" + c.segments[0] + "' could not be found."}}, nil
		}
		return ok(c.typeSchema(t)).with("Content-Type", "application/json+schema"), nil
	}
	t := c.types[c.segments[0]]
	if t == nil {
		return nil, missingKey(c.segments[0])
	}
	name := c.segments[1]
	if f := t.field(name); f != nil && f.behavior == "" {
		return ok(c.jsonSchema(t, f)), nil
	}
	if name == "title" || name == "id" {
		return nil, fail("Forbidden", "The object at "+c.url+" is not publishable.")
	}
	return ok(t.ownFieldset(name)), nil // fields and fieldsets of behaviors cannot be looked at one by one
}

// expandTypes lists the types and says which of them can be added to o.
func expandTypes(c *call, o *object) (any, error) {
	if c.user.id == "" {
		return nil, fail("Unauthorized", "Unauthorized()")
	}
	addable := o.typ.folderish && c.allowed(c.user, addContent, o)
	types := list{}
	for _, t := range c.sortedTypes() {
		if t.id == "Plone Site" {
			continue
		}
		types = append(types, dict{
			"@id": c.site.url + "/@types/" + t.id, "id": t.id, "title": t.title,
			"addable": addable && t.addable, "immediately_addable": addable && t.addable,
		})
	}
	return types, nil
}

// sortedTypes are the types in the order of their titles.
func (s *site) sortedTypes() []*contentType {
	types := make([]*contentType, 0, len(s.types))
	for _, t := range s.types {
		types = append(types, t)
	}
	slices.SortFunc(types, func(a, b *contentType) int { return strings.Compare(a.order(), b.order()) })
	return types
}

// order is what types are listed by. The languages' folders come by their ids.
func (t *contentType) order() string {
	if t.id == "LIF" || t.id == "LRF" {
		return t.id
	}
	return t.title
}

// typeSchema describes a type, without the fields that the user may not write.
func (c *call) typeSchema(t *contentType) dict {
	hidden := !c.allowed(c.user, addContent, c.context)
	properties, fieldsets, required := dict{}, list{}, list{}
	for _, set := range t.fieldsets {
		names := set.fields
		if hidden {
			names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "id" })
		}
		d := dict{"id": set.id, "title": set.title, "fields": names, "behavior": "plone"}
		if set.id != "default" {
			d["description"] = ""
		}
		if _, own := t.own[set.id]; own {
			d = t.ownFieldset(set.id)
		}
		fieldsets = append(fieldsets, d)
		for _, name := range names {
			f := t.field(name)
			properties[name] = c.jsonSchema(t, f)
			if f.required {
				required = append(required, name)
			}
		}
	}
	return dict{"type": "object", "title": t.title, "properties": properties, "fieldsets": fieldsets,
		"required": required, "layouts": t.layouts}
}
