package plonetest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func historyServices() []service {
	return []service{
		{method: "GET", name: "@history", on: anyContent, permission: previousVersions, segments: true, handle: getHistory},
		{method: "PATCH", name: "@history", on: anyContent, permission: revertVersions, handle: patchHistory},
	}
}

// version is what an object was at a time.
type version struct {
	fields         map[string]any // not to be changed
	modified, time time.Time
	actor          string
	comment        any // a string or nil
}

// save keeps o as it is now as a version, if its type has versions.
func (o *object) save(actor string, comment any) {
	if o.typ.field("changeNote") == nil {
		return
	}
	o.shared = true
	o.versions = append(o.versions, version{o.fields, o.modified, time.Now(), actor, comment})
}

// note takes the comment of a version out of what is to be written; it is no field that is kept.
func note(changes map[string]any) any {
	comment := changes["changeNote"]
	delete(changes, "changeNote")
	return orNil(comment)
}

// at returns o as it was in a version.
func (o *object) at(v any) (*object, error) {
	n, isInt := pythonInt(v)
	if !isInt {
		return nil, fail("ValueError", "invalid literal for int() with base 10: "+repr(v))
	}
	if n < 0 || n >= len(o.versions) {
		return nil, fail("ArchivistRetrieveError", fmt.Sprintf(
			"Retrieving of '<%s at /Plone%s>' failed. Version '%d' does not exist. ", o.pythonClass(), o.path(), n))
	}
	old := *o
	old.fields, old.modified = o.versions[n].fields, o.versions[n].modified
	return &old, nil
}

// pythonClass is the name of the class of o.
func (o *object) pythonClass() string {
	name := strings.ReplaceAll(o.typ.id, " ", "")
	if o.typ.folderish && o.typ.field("changeNote") != nil {
		return "Folderish" + name
	}
	return name
}

func getHistory(c *call) (*answer, error) {
	o := c.context
	if len(c.segments) > 0 {
		name := c.segments[len(c.segments)-1]
		if o.parent == nil {
			return ok(dict{}), nil
		}
		old, err := o.at(name)
		if err != nil {
			return nil, err
		}
		body, err := c.content(old, name, true)
		return ok(body), err
	}
	type entry struct {
		time time.Time
		body dict
	}
	var entries []entry
	actor := func(id string) dict {
		name := id
		if u := c.users[id]; u != nil && u.properties["fullname"] != "" {
			name = u.properties["fullname"]
		}
		return dict{"@id": c.site.url + "/@users/" + id, "id": id, "fullname": name, "username": nil}
	}
	for _, e := range o.history {
		action, title := "Create", "Create"
		for _, t := range transitions {
			if t.id == e.action {
				action, title = t.id, t.title
			}
		}
		entries = append(entries, entry{e.time, dict{"type": "workflow", "action": action, "transition_title": title,
			"actor": actor(e.actor), "comments": e.comments, "review_state": e.state, "state_title": stateTitle(e.state),
			"time": e.time}})
	}
	for i, v := range o.versions {
		entries = append(entries, entry{v.time, dict{"type": "versioning", "action": "Edited", "transition_title": "Edited",
			"actor": actor(v.actor), "comments": v.comment, "may_revert": c.allowed(c.user, revertVersions, o),
			"time": v.time, "version": i, "@id": c.urlOf(o) + "/@history/" + itoa(i)}})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.time.Compare(b.time) })
	bodies := []dict{}
	for _, e := range slices.Backward(entries) {
		bodies = append(bodies, e.body)
	}
	return ok(bodies), nil
}

func patchHistory(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	version, given := data["version"]
	if !given {
		return nil, missingKey("version")
	}
	o := c.context
	old, err := o.at(version)
	if err != nil {
		return nil, err
	}
	o.fields, o.modified = old.fields, time.Now()
	o.save(c.user.id, "Reverted to revision "+str(version))
	c.changed()
	return ok(dict{"message": o.text("title") + " has been reverted to revision " + str(version) + "."}), nil
}
