package plonetest

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// site is the state of the in-memory Plone. The lock of the [Server] guards it.
type site struct {
	url       string // public address of the root, without a trailing slash
	root      *object
	byUID     map[string]*object
	catalog   []*object // in the order of creation; nil where an object was removed
	removed   int       // how many entries of catalog are nil
	version   int       // counts changes; what was worked out for an older version is stale
	listing   listings
	types     map[string]*contentType
	users     map[string]*user
	groups    map[string]*group
	aliases   map[string]alias      // old path below the site → where it leads
	relations []relationValue       // those that no field holds
	buried    map[string]string     // UIDs of objects that are gone → their ids
	rules     []*rule               // content rules
	uploads   map[string]*tusUpload // by their ids
	routes    routes
	expanders []expander
	secret    []byte             // signs tokens
	life      time.Duration      // of a token
	tokens    map[string]bool    // those that are good; nil when none is kept
	plain     bool               // without what [WithoutAddons] names
	gone      bool               // the site root was deleted
	others    map[string]*object // what is beside the site on the server
	setup     *setup             // of the site
}

// object is one item of content. The zero values of its maps and slices are in use: a site may hold 100,000 of them.
type object struct {
	id, uid  string
	typ      *contentType
	parent   *object // nil for the site root
	outside  string  // path of a root that is not that of the site, from the server on: "/Other"
	children []*object
	byID     map[string]*object
	position int  // in parent.children, right while the parent's unsorted is false
	unsorted bool // the positions of the children have to be counted again
	rid      int  // in site.catalog

	fields     map[string]any // by the names of the schema; a field that is absent has its default
	created    time.Time
	modified   time.Time
	owner      string // id of the user who has the role Owner here
	localRoles map[string][]string
	ownRoles   bool // local roles from above do not count here
	state      string
	history    []event
	versions   []version
	shared     bool // fields is that of a version, too, and must be copied before it is changed
	lock       *lock
	checkout   *checkedOut
	layout     string
	comments   []*comment    // in the order of their ids
	comment    *comment      // that this is the catalog's entry of; parent is what was commented on
	rules      []*assignment // content rules that are assigned here
	group      *translations // nil for an object that is not translated
}

// event is an entry of the workflow history.
type event struct {
	action, actor, state string
	comments             any // a string, unless a client sent something else
	time                 time.Time
}

// alias is an old address.
type alias struct {
	target string // path below the site, or an absolute URL
	time   time.Time
	manual bool // made by somebody, not by a move
}

func newUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	return hex.EncodeToString(b[:])
}

// add puts o into parent as its last child.
func (s *site) add(parent, o *object) {
	if o.uid == "" {
		o.uid = newUID()
	}
	s.attach(parent, o)
	s.byUID[o.uid] = o
	s.enter(o)
}

// enter puts o into the catalog of the site, if it is in the site.
func (s *site) enter(o *object) {
	if o.rid = -1; o.root().outside != "" {
		return
	}
	o.rid = len(s.catalog)
	s.catalog = append(s.catalog, o)
}

// forget takes o out of the catalog.
func (s *site) forget(o *object) {
	if o.rid < 0 {
		return
	}
	s.catalog[o.rid] = nil
	s.removed++
}

// attach makes o the last child of parent.
func (s *site) attach(parent, o *object) {
	o.parent, o.position = parent, len(parent.children)
	if parent.byID == nil {
		parent.byID = map[string]*object{}
	}
	parent.byID[o.id] = o
	parent.children = append(parent.children, o)
	s.version++
}

// detach takes o out of its parent, but not out of the catalog.
func (s *site) detach(o *object) {
	parent := o.parent
	i := parent.index(o)
	parent.children = slices.Delete(parent.children, i, i+1)
	parent.unsorted = parent.unsorted || i < len(parent.children)
	delete(parent.byID, o.id)
	s.version++
}

// remove takes o and everything in it off the site.
func (s *site) remove(o *object) {
	s.detach(o)
	o.walk(func(o *object) {
		delete(s.byUID, o.uid)
		s.buried[o.uid] = o.id
		s.forget(o)
		for _, m := range o.comments {
			s.forget(m.entry)
		}
	})
	if s.removed > 1024 && s.removed > len(s.catalog)/2 {
		s.catalog = slices.DeleteFunc(s.catalog, func(o *object) bool { return o == nil })
		for i, o := range s.catalog {
			o.rid = i
		}
		s.removed = 0
	}
}

// rename gives o another id and keeps its place; the old address leads to the new one.
func (s *site) rename(o *object, id string) {
	old := o.path()
	delete(o.parent.byID, o.id)
	o.id = id
	o.parent.byID[id] = o
	s.moved(old, o)
}

// moved remembers the old address of o and of everything in it.
func (s *site) moved(old string, o *object) {
	s.version++
	base := len(o.path())
	now := time.Now()
	delete(s.aliases, o.path())
	for path, a := range s.aliases {
		if a.target == old || strings.HasPrefix(a.target, old+"/") {
			a.target = o.path() + a.target[len(old):]
			s.aliases[path] = a
		}
	}
	o.walk(func(o *object) {
		s.aliases[old+o.path()[base:]] = alias{target: o.path(), time: now}
	})
}

// walk calls f for o and everything in it, parents first.
func (o *object) walk(f func(*object)) {
	f(o)
	for _, child := range o.children {
		child.walk(f)
	}
}

// index is the position of child in o.
func (o *object) index(child *object) int {
	if o.unsorted {
		for i, c := range o.children {
			c.position = i
		}
		o.unsorted = false
	}
	return child.position
}

// sibling is the child that stands by steps further than o in its parent, nil if there is none.
func (o *object) sibling(by int) *object {
	i := o.parent.index(o) + by
	if i < 0 || i >= len(o.parent.children) {
		return nil
	}
	return o.parent.children[i]
}

// conversation lies between an object and the comments on it.
const conversation = "/++conversation++default/"

// root is the site, or what else o lies in.
func (o *object) root() *object {
	for o.parent != nil {
		o = o.parent
	}
	return o
}

// path is the address below the site: "" for the root, "/news/a". Ids are not escaped in it. What is outside has one
// that no object of the site can have: "//Other/a".
func (o *object) path() string {
	if o.parent == nil {
		if o.outside != "" {
			return "/" + o.outside
		}
		return ""
	}
	if o.comment != nil {
		return o.parent.path() + conversation + o.id
	}
	return o.parent.path() + "/" + o.id
}

// depth counts the steps up to the root.
func (o *object) depth() int {
	n := 0
	for ; o.parent != nil; o = o.parent {
		n++
	}
	return n
}

// urlOf is the absolute URL of o.
func (s *site) urlOf(o *object) string {
	if o.parent == nil {
		if o.outside != "" {
			return s.top() + o.outside
		}
		return s.url
	}
	if o.comment != nil {
		return s.urlOf(o.parent) + conversation + o.id
	}
	return s.urlOf(o.parent) + "/" + url.PathEscape(o.id)
}

// find returns the object at a path below the site, nil if there is none.
func (s *site) find(path string) *object {
	o := s.root
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" {
			continue
		}
		if o = o.byID[segment]; o == nil {
			return nil
		}
	}
	return o
}

// resolve returns the object that a client names by its URL, by its path below the site or by its UID. On the way, the
// server takes what it meets in the parents.
func (s *site) resolve(key string) *object {
	path := key
	if rest, isURL := strings.CutPrefix(key, s.url); isURL && (rest == "" || rest[0] == '/') {
		var err error
		if path, err = url.PathUnescape(rest); err != nil {
			return nil
		}
	} else if !strings.HasPrefix(key, "/") {
		return s.byUID[key]
	}
	o, _ := s.traverse(path)
	return o
}

// traverse is find as the server does it: for a name that an object does not have, it takes what has that name further
// up. It tells whether it did.
func (s *site) traverse(path string) (o *object, acquired bool) {
	o = s.root
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" {
			continue
		}
		child := o.byID[segment]
		if child == nil {
			child, acquired = s.acquire(o, segment), true
		}
		if o = child; o == nil {
			return nil, acquired
		}
	}
	return o, acquired
}

// acquire finds an object by its name in the containers around o, the nearest one first, and at last in the server.
func (s *site) acquire(o *object, name string) *object {
	for up := o.parent; up != nil; up = up.parent {
		if found := up.byID[name]; found != nil {
			return found
		}
	}
	if name == "Plone" && !s.gone {
		return s.root
	}
	return s.others[name]
}

// text is the string value of a field, "" if it has none.
func (o *object) text(name string) string {
	text, _ := o.get(name).(string)
	return text
}

// get is the value of a field of the schema, its default if none was set.
func (o *object) get(name string) any {
	if v, ok := o.fields[name]; ok {
		return v
	}
	f := o.typ.field(name)
	switch {
	case f == nil:
		return nil
	case name == "creators":
		return list{o.owner}
	default:
		return f.missing
	}
}

// set changes a field.
func (o *object) set(name string, v any) {
	if o.shared {
		o.fields, o.shared = maps.Clone(o.fields), false
	}
	if o.fields == nil {
		o.fields = map[string]any{}
	}
	o.fields[name] = v
}

// uniqueID is id, or id with the first free number behind it.
func (o *object) uniqueID(id string) string {
	if o.byID[id] == nil {
		return id
	}
	for i := 1; ; i++ {
		if numbered := id + "-" + itoa(i); o.byID[numbered] == nil {
			return numbered
		}
	}
}
