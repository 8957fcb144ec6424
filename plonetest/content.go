package plonetest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
)

func contentServices() []service {
	return []service{
		{method: "GET", on: anyContent, permission: view, handle: getContent},
		{method: "POST", on: folderish, permission: addContent, handle: postContent},
		{method: "PATCH", on: anyContent, permission: modify, handle: patchContent},
		{method: "DELETE", on: anyContent, permission: deleteObjects, handle: deleteContent},
	}
}

func getContent(c *call) (*answer, error) {
	version := "current"
	if c.form.has("version") {
		version = str(c.form["version"])
	}
	if version != "current" {
		if c.context.parent == nil {
			return ok(dict{}), nil
		}
		old, err := c.context.at(version)
		if err != nil {
			return nil, err
		}
		c.context = old
	}
	items := true
	if v, given := c.form["include_items"]; given && c.context.typ.folderish {
		var ok bool
		if items, ok = truth(v); !ok {
			return nil, fail("ValueError", "Could not parse value "+repr(v)+" as boolean")
		}
	}
	body, err := c.content(c.context, version, items)
	if err != nil {
		return nil, err
	}
	return ok(body), nil
}

func postContent(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	typeName := data["@type"]
	if isFalse(typeName) {
		return nil, fail("BadRequest", "Property '@type' is required")
	}
	if !isFalse(data["UID"]) && !c.allowed(c.user, managePortal, c.context) {
		return refuse(http.StatusForbidden, "Forbidden", "Setting UID of an object requires Manage Portal permission"), nil
	}
	name, isString := typeName.(string)
	if !isString {
		return nil, fail("AttributeError", "'"+className(typeName)+"' object has no attribute 'lower'")
	}
	typ := c.types[name]
	switch {
	case typ == nil:
		return refuse(http.StatusForbidden, "Forbidden",
			"Invalid '@type' parameter. No content type with the name '"+name+"' found"), nil
	case !c.mayAdd(typ):
		return refuse(http.StatusForbidden, "Forbidden", "Disallowed subobject type: "+name), nil
	}
	now := time.Now()
	o := &object{typ: typ, parent: c.context, owner: c.user.id, created: now, modified: now}
	if typ.workflow {
		o.state = "private"
		o.history = []event{{actor: c.user.id, comments: "", state: "private", time: now}}
	}
	changes, err := c.deserialize(o, data, true)
	if err != nil {
		return nil, err
	}
	comment := note(changes)
	if comment == nil {
		comment = "Initial version"
	}
	for name, value := range changes {
		o.set(name, value)
	}
	if creators, _ := o.fields["creators"].(list); len(creators) == 0 {
		delete(o.fields, "creators") // back to the owner
	}
	for _, name := range []string{"start", "end"} {
		if f := typ.field(name); f != nil && o.get(name) == nil {
			o.set(name, defaultDate(name))
		}
	}
	if err := c.choose(o, data["id"]); err != nil {
		return nil, err
	}
	o.uid, _ = data["UID"].(string)
	if c.byUID[o.uid] != nil {
		o.uid = "" // the real one takes it twice and then finds either
	}
	if layout, ok := data["layout"].(string); ok {
		o.layout = layout
	}
	if err := c.multilingual(o, data); err != nil {
		return nil, err
	}
	c.add(c.context, o)
	o.save(c.user.id, comment)
	delete(c.aliases, o.path())
	c.context = o
	c.url = c.urlOf(o)
	body, err := c.content(o, "current", true)
	if err != nil {
		return nil, err
	}
	return created(c.urlOf(o), body), nil
}

// mayAdd says whether items of a type can be added to the container of the call.
func (c *call) mayAdd(t *contentType) bool { return t.addable && c.context.typ.folderish }

// choose gives a new object its id: the one asked for, or one made from the title or the file's name.
func (c *call) choose(o *object, asked any) error {
	if id, given := asked.(string); given && id != "" {
		if err := checkID(o.parent, id); err != nil {
			return err
		}
		o.id = id
		return nil
	}
	name := o.text("title")
	if o.typ.fromFile {
		name = ""
		if file := o.file(); file != nil {
			name = file.name
			if o.text("title") == "" {
				o.set("title", file.name)
			}
		}
		if name == "" {
			now := time.Now()
			name = fmt.Sprintf("%s %s %d", o.typ.id, now.Format("2006-01-02"), now.UnixNano()%1e10)
		}
	}
	if name == "" {
		name = o.typ.id
	}
	id := normalize(name)
	if id == "" {
		o.id = o.parent.uniqueID("-1")
		return nil
	}
	o.id = o.parent.uniqueID(id)
	return nil
}

// checkID refuses ids that Zope would not take.
func checkID(parent *object, id string) error {
	quoted := `"` + htmlEscaper.Replace(id) + `"`
	switch {
	case strings.ContainsFunc(id, func(r rune) bool { return r > unicode.MaxASCII }):
		return fail("BadRequest", "[{'message': 'Invalid value', 'field': 'id', 'error': 'ValidationError'}]")
	case id == "." || id == "..":
		return fail("BadRequest", "The id "+quoted+" is invalid because it is not traversable.")
	case strings.HasPrefix(id, "_"):
		return fail("BadRequest", "The id "+quoted+" is invalid because it begins with an underscore.")
	case strings.HasPrefix(id, "aq_"):
		return fail("BadRequest", "The id "+quoted+" is invalid because it begins with \"aq_\".")
	case strings.HasPrefix(id, "@@") || strings.HasPrefix(id, "++"):
		return fail("BadRequest", "The id "+quoted+
			" is invalid because it starts with characters reserved for Zope views lookup.")
	case strings.ContainsFunc(id, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune("/<>&", r) }):
		return fail("BadRequest", "The id "+quoted+" contains characters illegal in URLs.")
	case parent.byID[id] != nil || slices.Contains([]string{"title", "description", "id"}, id):
		return fail("BadRequest", "The id "+quoted+" is invalid - it is already in use.")
	}
	return nil
}

// normalize makes an id of a title.
func normalize(title string) string {
	var b strings.Builder
	for _, r := range title {
		switch {
		case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(unicode.ToLower(r))
		case r == '.' || r == '_':
			b.WriteRune(r)
		case r >= 0x80:
			b.WriteString(fold(unicode.ToLower(r)))
		default:
			b.WriteByte('-')
		}
	}
	id := b.String()
	for strings.Contains(id, "--") {
		id = strings.ReplaceAll(id, "--", "-")
	}
	id = strings.Trim(id, "-_.")
	if len(id) > 255 {
		id = strings.TrimRight(id[:255], "-_.")
	}
	return id
}

// folded are letters of European languages and what they become in an id.
const folded = "àa áa âa ãa äa åa æae çc èe ée êe ëe ìi íi îi ïi ðd ñn òo óo ôo õo öo øo ùu úu ûu üu ýy þth ßss ÿy " +
	"āa ăa ąa ćc čc ďd đd ēe ėe ęe ěe ğg īi įi ıi ķk ĺl ļl ľl łl ńn ņn ňn ōo őo œoe ŕr řr śs şs šs ţt ťt ūu ůu űu ųu " +
	"źz żz žz șs țt €eur "

func fold(r rune) string {
	_, after, found := strings.Cut(folded, string(r))
	if !found {
		return "-"
	}
	plain, _, _ := strings.Cut(after, " ")
	return plain
}

func patchContent(c *call) (*answer, error) {
	if lock := c.lockOf(c.context); lock != nil && c.header.Get("Lock-Token") != lock.token {
		return refuse(http.StatusForbidden, "Forbidden", "Resource is locked."), nil
	}
	data, err := c.json()
	if err != nil {
		return refuse(http.StatusBadRequest, "DeserializationError", err.(*failure).message), nil
	}
	o := c.context
	changes, err := c.deserialize(o, data, false)
	if err != nil {
		return nil, err
	}
	reorder, err := c.reordering(o, data)
	if err != nil {
		return nil, err
	}
	comment := note(changes)
	changed := comment != nil
	for name, value := range changes {
		if name == "id" {
			changed = c.newID(o, value.(string)) || changed
			continue
		}
		if !equal(o.get(name), value) {
			o.set(name, value)
			changed = true
		}
	}
	if creators, isList := o.fields["creators"].(list); isList && len(creators) == 0 {
		o.set("creators", list{c.user.id})
	}
	if layout, isString := data["layout"].(string); isString {
		o.layout = layout
	}
	reorder()
	if changed {
		o.modified = time.Now()
		o.save(c.user.id, comment)
		c.share(o)
	}
	c.changed()
	if c.header.Get("Prefer") == "return=representation" {
		body, err := c.content(o, "current", true)
		if err != nil {
			return nil, err
		}
		return ok(body), nil
	}
	a := noContent()
	if changed {
		a.with("Content-Type", "text/html; charset=utf-8") // left over from the form machinery
	}
	return a, nil
}

// newID renames an object as far as the id differs, and says whether it did.
func (c *call) newID(o *object, id string) bool {
	id = normalize(id)
	if id == "" || id == o.id || o.parent == nil {
		return false
	}
	c.rename(o, o.parent.uniqueID(id))
	if c.lockOf(o) != nil { // which cannot be moved; so there is another one afterwards
		o.lock = newLock(c.user.id, stealableLock, lockTimeout)
	}
	return true
}

func deleteContent(c *call) (*answer, error) {
	o := c.context
	if o.outside != "" {
		return c.deleteOther(), nil
	}
	if o.parent == nil {
		c.gone = true
		return noContent(), nil
	}
	if c.acquired { // it is not where the server looks for it
		return nil, fail("AttributeError", repr(o.id))
	}
	if c.lockOf(o) != nil {
		return nil, fail("ResourceLockedError", `Object "`+o.id+`" is locked.`)
	}
	a := noContent()
	o.walk(func(o *object) {
		if len(o.comments) > 0 {
			a.with("Content-Type", "text/html; charset=utf-8") // left over from the comments
		}
	})
	c.remove(o)
	return a, nil
}

// reordering reads the keys ordering and sort; what it returns carries them out. On an object that is no container
// they concern the one around it, which it acquires them from.
func (c *call) reordering(o *object, data dict) (func(), error) {
	folder := o
	if !o.typ.folderish {
		folder = o.parent
	}
	var steps []func()
	if v, given := data["ordering"]; given {
		step, err := ordering(folder, v)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	if v, given := data["sort"]; given {
		d, _ := v.(dict)
		on, given := d["on"]
		if !given {
			return nil, missingKey("on")
		}
		order, given := d["order"]
		if !given {
			return nil, missingKey("order")
		}
		steps = append(steps, func() { c.resort(folder, str(on), order == "reverse" || order == "descending") })
	}
	return func() {
		for _, step := range steps {
			step()
			folder.unsorted = true
		}
	}, nil
}

// ordering moves one item of a folder.
func ordering(folder *object, v any) (func(), error) {
	d, _ := v.(dict)
	id, given := d["obj_id"]
	if !given {
		return nil, missingKey("obj_id")
	}
	delta, given := d["delta"]
	if !given {
		return nil, missingKey("delta")
	}
	subset, _ := d["subset_ids"].(list)
	var members []*object // what the move is counted in
	for _, name := range subset {
		child := folder.byID[str(name)]
		if child == nil {
			return nil, fail("ValueError", "No object with id "+repr(name)+" exists.")
		}
		if len(members) > 0 && folder.index(members[len(members)-1]) > folder.index(child) {
			return nil, fail("BadRequest", "Client/server ordering mismatch")
		}
		members = append(members, child)
	}
	if len(members) == 0 {
		members = folder.children
	}
	steps := 0
	switch delta {
	case "top":
		steps = -len(members)
	case "bottom":
		steps = len(members)
	default:
		var ok bool
		if steps, ok = pythonInt(delta); !ok {
			return nil, fail("ValueError", "invalid literal for int() with base 10: "+repr(delta))
		}
	}
	from := slices.Index(members, folder.byID[str(id)])
	return func() {
		if from < 0 {
			return // an unknown id is no error
		}
		slots := make([]int, len(members))
		for i, m := range members {
			slots[i] = folder.index(m)
		}
		order := slices.Clone(members)
		moved := order[from]
		to := min(max(from+steps, 0), len(order)-1)
		order = slices.Insert(slices.Delete(order, from, from+1), to, moved)
		for i, m := range order {
			folder.children[slots[i]] = m
		}
	}, nil
}

// resort puts the items of a folder into the order of an index.
func (c *call) resort(folder *object, on string, descending bool) {
	key, sortable := sortKeys[on]
	if !sortable {
		return // an unknown index is no error
	}
	slices.SortStableFunc(folder.children, func(a, b *object) int {
		if descending {
			a, b = b, a
		}
		return compare(key(c.site, a), key(c.site, b))
	})
}
