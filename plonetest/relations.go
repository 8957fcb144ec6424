package plonetest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

func relationServices() []service {
	return []service{
		{method: "GET", name: "@relations", on: siteRoot, permission: view, handle: getRelations},
		{method: "POST", name: "@relations", on: siteRoot, permission: modify, segments: true, handle: postRelations},
		{method: "DELETE", name: "@relations", on: siteRoot, permission: modify, handle: deleteRelations},
	}
}

// relationValue leads from an object to the one with a UID, which may be gone.
type relationValue struct {
	name   string
	source *object
	target string
}

// relationFields are the fields that hold relations.
var relationFields = []string{"relatedItems", "preview_image_link"}

// isReferencing is the relation that a link in blocks makes.
const isReferencing = "isReferencing"

// allRelations are the relations of the fields of all objects, those of links in blocks, and those that no field holds.
func (s *site) allRelations() []relationValue {
	var all []relationValue
	for _, o := range s.catalog {
		if o == nil {
			continue
		}
		for _, name := range relationFields {
			f, value := o.typ.field(name), o.fields[name]
			if f == nil || value == nil {
				continue
			}
			switch f.kind {
			case relation:
				if uid, isString := value.(string); isString {
					all = append(all, relationValue{name, o, uid})
				}
			case relations:
				for _, uid := range value.(list) {
					all = append(all, relationValue{name, o, uid.(string)})
				}
			}
		}
		for _, uid := range s.linked(o.fields["blocks"], nil) {
			all = append(all, relationValue{isReferencing, o, uid})
		}
	}
	for _, r := range s.relations {
		if s.byUID[r.source.uid] == r.source {
			all = append(all, r)
		}
	}
	return all
}

// linked are the UIDs of the objects that blocks lead to, after those in uids.
func (s *site) linked(v any, uids []string) []string {
	switch v := v.(type) {
	case string:
		_, after, _ := strings.Cut(v, "resolveuid/")
		uid := after[:min(len(after), 32)]
		if s.byUID[uid] != nil && !slices.Contains(uids, uid) {
			uids = append(uids, uid)
		}
	case list:
		for _, item := range v {
			uids = s.linked(item, uids)
		}
	case dict:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			uids = s.linked(v[key], uids)
		}
	}
	return uids
}

// reach is the object that a path or UID names, nil if there is none. It fails when the user may not go there.
func (c *call) reach(key string) (*object, error) {
	o := c.byUID[key]
	if o == nil {
		if !strings.HasPrefix(key, "/") {
			return nil, nil
		}
		if o, _ = c.traverse(strings.TrimPrefix(key, "/Plone/")); o == nil {
			return nil, nil
		}
	}
	for at := o; at != nil; at = at.parent {
		if !c.allowed(c.user, view, at) {
			return nil, fail("Unauthorized", "You are not allowed to access "+repr(at.id)+" in this context")
		}
	}
	return o, nil
}

// getRelations counts relations, finds them, or lists the broken ones.
func getRelations(c *call) (*answer, error) {
	url := c.site.url + "/@relations"
	if c.form.one("onlyBroken") != "" {
		return c.brokenRelations(url), nil
	}
	if c.form.one("source") == "" && c.form.one("target") == "" && c.form.one("relation") == "" {
		stats, broken := dict{}, dict{}
		for _, r := range c.allRelations() {
			counts := stats
			if c.byUID[r.target] == nil {
				counts = broken
			}
			n, _ := counts[r.name].(int)
			counts[r.name] = n + 1
		}
		return ok(dict{"@id": url, "stats": stats, "broken": broken}), nil
	}
	ends := map[string]*object{}
	for _, name := range []string{"source", "target"} {
		key := c.form.one(name)
		if key == "" {
			continue
		}
		o, err := c.reach(key)
		if err != nil {
			return nil, err
		}
		if o == nil {
			return &answer{status: http.StatusNotFound, empty: true}, nil
		}
		ends[name] = o
	}
	most := 0
	if v := c.form.one("max"); v != "" {
		n, isInt := pythonInt(v)
		if !isInt {
			return nil, fail("ValueError", "invalid literal for int() with base 10: "+repr(v))
		}
		most = n
	}
	wanted := c.form.one("relation")
	found := map[string]list{}
	n := 0
	for _, r := range c.allRelations() {
		target := c.byUID[r.target]
		switch {
		case target == nil,
			wanted != "" && r.name != wanted,
			!c.fits(r.source, ends["source"], "query_source"),
			!c.fits(target, ends["target"], "query_target"):
			continue
		}
		if n++; most > 0 && n > most {
			break
		}
		if c.allowed(c.user, view, r.source) && c.allowed(c.user, view, target) {
			found[r.name] = append(found[r.name], dict{"source": c.relationEnd(r.source), "target": c.relationEnd(target)})
		}
	}
	if wanted != "" && found[wanted] == nil {
		found[wanted] = list{}
	}
	groups := dict{}
	for name, items := range found {
		group := dict{"items": items, "items_total": len(items)}
		if wanted != "" {
			group["readonly"], group["staticCatalogVocabularyQuery"] = false, nil
		}
		groups[name] = group
	}
	return ok(dict{"@id": url + "?" + c.query, "relations": groups}), nil
}

// fits says whether the end of a relation is the object that is asked for, or holds the words that stand in its place.
func (c *call) fits(o, end *object, parameter string) bool {
	if words := c.form.one(parameter); words != "" {
		return strings.Contains(strings.ToLower(o.text("title")), strings.ToLower(words))
	}
	return end == nil || o == end
}

// relationEnd describes an object with its UID, which the root never has.
func (c *call) relationEnd(o *object) dict {
	if o.parent == nil {
		return c.summary(o)
	}
	return c.related(o)
}

func (c *call) brokenRelations(url string) *answer {
	groups := dict{}
	for _, r := range c.allRelations() {
		if c.byUID[r.target] != nil {
			continue
		}
		group, _ := groups[r.name].(dict)
		if group == nil {
			group = dict{"items": list{}, "items_total": 0}
			groups[r.name] = group
		}
		if c.allowed(c.user, view, r.source) {
			items := append(group["items"].(list), list{c.urlOf(r.source), c.buried[r.target]})
			group["items"], group["items_total"] = items, len(items)
		}
	}
	if len(groups) == 0 {
		return noContent()
	}
	return ok(dict{"@id": url + "?onlyBroken=true", "relations": groups})
}

// postRelations makes relations, or all of them anew.
func postRelations(c *call) (*answer, error) {
	if slices.Contains(c.segments, "rebuild") {
		return c.rebuildRelations(), nil
	}
	return c.eachRelation("creating", c.relate)
}

func (c *call) rebuildRelations() *answer {
	if !c.allowed(c.user, managePortal, c.root) {
		return &answer{status: http.StatusForbidden, body: dict{"error": dict{"type": "Forbidden"}}}
	}
	for _, r := range c.allRelations() {
		if c.byUID[r.target] == nil {
			c.unrelate(r)
		}
	}
	c.changed()
	return noContent()
}

// eachRelation does something with each of the relations in the body, and says which of them failed.
func (c *call) eachRelation(doing string, do func(relationValue)) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	items, isList := data["items"].(list)
	if !isList {
		return nil, missingKey("items")
	}
	failed := list{}
	for _, item := range items {
		d, _ := item.(dict)
		ends := map[string]*object{}
		for _, name := range []string{"source", "target"} {
			key, given := d[name]
			if !given {
				return nil, missingKey(name)
			}
			if ends[name], err = c.reach(str(key)); err != nil {
				return nil, err
			}
		}
		wrong := ""
		switch source, target := ends["source"], ends["target"]; {
		case source == nil && target == nil:
			wrong = "Source and target not found."
		case source == nil:
			wrong = "Source not found."
		case target == nil:
			wrong = "Target not found."
		}
		if wrong != "" {
			failed = append(failed, list{item, "Failed on " + doing + " a relation. " + wrong})
			continue
		}
		name, isString := d["relation"].(string)
		if !isString {
			failed = append(failed, list{item, fmt.Sprintf(
				"KeyError: 'relation'. Failed on %s a relation. source:<%s>, target: <%s>", doing, ends["source"].id, ends["target"].id)})
			continue
		}
		do(relationValue{name, ends["source"], ends["target"].uid})
	}
	c.changed()
	if len(failed) > 0 {
		return relationsFailed("Unprocessable Content", "Failed on "+doing+" relations", failed), nil
	}
	return noContent(), nil
}

func relationsFailed(typ, message string, failed list) *answer {
	return &answer{status: http.StatusUnprocessableEntity, body: dict{"error": dict{"type": typ, "message": message, "failed": failed}}}
}

// relate makes a relation, in the field of its name if there is one.
func (c *call) relate(r relationValue) {
	f := r.source.typ.field(r.name)
	switch {
	case r.name == isReferencing:
	case f != nil && f.kind == relation:
		r.source.set(r.name, r.target)
	case f != nil && f.kind == relations:
		if uids := r.source.get(r.name).(list); !slices.Contains(uids, any(r.target)) {
			r.source.set(r.name, append(slices.Clone(uids), any(r.target)))
		}
	default:
		c.relations = append(c.relations, r)
	}
}

// unrelate removes a relation.
func (c *call) unrelate(r relationValue) {
	f := r.source.typ.field(r.name)
	switch {
	case f != nil && f.kind == relation:
		if r.source.get(r.name) == r.target {
			r.source.set(r.name, nil)
		}
	case f != nil && f.kind == relations:
		uids := slices.Clone(r.source.get(r.name).(list))
		r.source.set(r.name, slices.DeleteFunc(uids, func(uid any) bool { return uid == r.target }))
	default:
		c.relations = slices.DeleteFunc(c.relations, func(other relationValue) bool { return other == r })
	}
}

// deleteRelations removes the relations in the body, or all that have a source, a target or a name.
func deleteRelations(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	if !isFalse(data["items"]) {
		return c.eachRelation("deleting", c.unrelate)
	}
	ends := map[string]*object{}
	for _, name := range []string{"source", "target"} {
		key := data[name]
		if isFalse(key) {
			continue
		}
		if ends[name], err = c.reach(str(key)); err != nil {
			return nil, err
		}
		if ends[name] == nil {
			title := strings.ToUpper(name[:1]) + name[1:]
			return relationsFailed("Unprocessable Content", "Failed on deleting relations. "+title+" not found: "+str(key), list{}), nil
		}
	}
	described := fmt.Sprintf("Failed on deleting a relation. source:%s, target: %s, relation: %s",
		str(data["source"]), str(data["target"]), str(data["relation"]))
	if len(ends) == 0 && isFalse(data["relation"]) {
		return relationsFailed("MissingParameterError", "MissingParameterError: At least one of these parameters must be "+
			"supplied: source, target, relationship.. "+described, list{}), nil
	}
	for _, r := range c.allRelations() {
		target := c.byUID[r.target]
		switch {
		case ends["source"] != nil && r.source != ends["source"],
			ends["target"] != nil && target != ends["target"],
			!isFalse(data["relation"]) && r.name != data["relation"]:
			continue
		case target == nil && r.source.typ.field(r.name) != nil:
			return relationsFailed("AttributeError", "AttributeError: 'NoneType' object has no attribute 'absolute_url'. "+
				described, list{}), nil
		}
		c.unrelate(r)
	}
	c.changed()
	return noContent(), nil
}
