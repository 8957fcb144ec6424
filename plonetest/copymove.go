package plonetest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

func copymoveServices() []service {
	return []service{
		{method: "POST", name: "@copy", on: folderish, permission: view, handle: postCopy},
		{method: "POST", name: "@move", on: folderish, permission: view, handle: postMove},
	}
}

func postCopy(c *call) (*answer, error) {
	sources, refused, err := c.sources(false)
	if refused != nil || err != nil {
		return refused, err
	}
	results := list{}
	for _, o := range sources {
		pasted := c.clone(o)
		pasted.id = c.context.pastedID(o.id)
		results = append(results, c.pasted(o, pasted.id))
		c.addTree(c.context, pasted)
	}
	return ok(results), nil
}

func postMove(c *call) (*answer, error) {
	sources, refused, err := c.sources(true)
	if refused != nil || err != nil {
		return refused, err
	}
	for _, o := range sources {
		for at := c.context; at != nil; at = at.parent {
			if at == o {
				return nil, fail("CopyError", "This object cannot be pasted into itself")
			}
		}
		if c.lockOf(o) != nil {
			return nil, fail("ResourceLockedError", `Object "`+o.id+`" is locked`)
		}
	}
	results := list{}
	for _, o := range sources {
		if o.parent == c.context {
			results = append(results, c.pasted(o, o.id))
			continue
		}
		old, id := o.path(), c.context.pastedID(o.id)
		results = append(results, c.pasted(o, id))
		c.detach(o)
		o.id = id
		c.attach(c.context, o)
		c.moved(old, o)
	}
	return ok(results), nil
}

// pasted describes what became of o, with ids as they are in URLs that are otherwise escaped.
func (c *call) pasted(o *object, id string) dict {
	return dict{"source": c.urlOf(o.parent) + "/" + o.id, "target": c.urlOf(c.context) + "/" + id}
}

// sources are the objects that a request names, grouped by their parents; those that are not found are left out.
func (c *call) sources(move bool) ([]*object, *answer, error) {
	if !c.allowed(c.user, addContent, c.context) {
		if c.user.id == "" {
			return nil, silent(http.StatusUnauthorized), nil
		}
		return nil, silent(http.StatusForbidden), nil
	}
	data, err := c.json()
	if err != nil {
		return nil, nil, err
	}
	if isFalse(data["source"]) {
		return nil, nil, fail("BadRequest", "Property 'source' is required")
	}
	keys, isList := data["source"].(list)
	if !isList {
		keys = list{data["source"]}
	}
	var parents []*object
	children := map[*object][]*object{}
	for _, key := range keys {
		name, isString := key.(string)
		if !isString {
			return nil, nil, fail("AttributeError", "'"+className(key)+"' object has no attribute 'startswith'")
		}
		o, err := c.source(name)
		switch {
		case err != nil:
			return nil, nil, err
		case o == nil || !c.allowed(c.user, view, o):
			continue
		case !c.mayAdd(o.typ):
			return nil, nil, fail("ValueError", "Disallowed subobject type: "+o.typ.id)
		case move && !c.allowed(c.user, deleteObjects, o) && !c.allowed(c.user, deleteObjects, o.parent):
			return nil, silent(http.StatusForbidden), nil
		}
		if children[o.parent] == nil {
			parents = append(parents, o.parent)
		}
		children[o.parent] = append(children[o.parent], o)
	}
	var sources []*object
	for _, parent := range parents {
		sources = append(sources, children[parent]...)
	}
	return sources, nil, nil
}

// source finds an object by its URL or path, which are not decoded, or by its UID. On the way, the names of objects
// further up are acquired, and then what is found is not where it was looked for.
func (c *call) source(key string) (*object, error) {
	path, isURL := strings.CutPrefix(key, c.site.url)
	if !isURL && !strings.HasPrefix(key, "/") {
		return c.byUID[key], nil
	}
	at, acquired := c.traverse(path)
	if at == nil {
		return nil, nil
	}
	if acquired {
		return nil, fail("AttributeError", repr(at.id))
	}
	return at, nil
}

// clone copies o and all that is in it: as new objects of the user, in the first state of their workflow.
func (c *call) clone(o *object) *object {
	now := time.Now()
	copied := &object{id: o.id, typ: o.typ, fields: o.fields, shared: true, created: now, modified: now,
		owner: c.user.id, layout: o.layout}
	o.shared = true
	if o.typ.workflow {
		copied.state = "private"
		copied.history = []event{{actor: c.user.id, comments: "", state: "private", time: now}}
	}
	copied.save(c.user.id, "Initial version")
	for _, child := range o.children {
		copied.children = append(copied.children, c.clone(child))
	}
	return copied
}

// addTree adds what clone returned.
func (c *call) addTree(parent, o *object) {
	children := o.children
	o.children = nil
	c.add(parent, o)
	delete(c.aliases, o.path())
	for _, child := range children {
		c.addTree(o, child)
	}
}

var copyPrefix = regexp.MustCompile(`^copy\d*_of_`)

// pastedID is the id that something gets when it is put into o: its own, or the first free one that says "copy of".
func (o *object) pastedID(id string) string {
	original := copyPrefix.ReplaceAllString(id, "")
	taken := func(id string) bool { return o.byID[id] != nil || slices.Contains([]string{"title", "id"}, id) }
	for n := 1; taken(id); n++ {
		id = "copy_of_" + original
		if n > 1 {
			id = "copy" + itoa(n) + "_of_" + original
		}
	}
	return id
}
