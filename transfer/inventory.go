package transfer

import (
	"strings"
	"sync"
	"unique"
)

// record is what an importer remembers of an item.
type record struct {
	uid, path, typ string
	file           string // name of its data, below content
	bad            error  // why it cannot be carried; nil when it can
	position       int32
	related        bool // it has relations that the server does not make itself
}

// data returns the name of the record in the folder.
func (r *record) data() string { return "content/" + r.file }

// records are the items of a folder in the order in which they are made.
type records struct {
	all   []record
	uids  index // of all
	paths index // of all
}

// indexed returns the records with their indexes.
func indexed(all []record) records {
	return records{
		all:   all,
		uids:  newIndex(len(all), func(n int) string { return all[n].uid }),
		paths: newIndex(len(all), func(n int) string { return all[n].path }),
	}
}

// record returns the one with a UID; nil for none.
func (r *records) record(uid string) *record {
	n, ok := r.uids.find(uid)
	if !ok {
		return nil
	}
	return &r.all[n]
}

// recordAt returns the one at a path; nil for none.
func (r *records) recordAt(path string) *record {
	n, ok := r.paths.find(path)
	if !ok {
		return nil
	}
	return &r.all[n]
}

// inventory is what an import knows of the target. Objects that are as the folder
// says take hardly any memory. It is safe for concurrent use.
type inventory struct {
	records *records
	dry     bool // nothing is really changed

	mu sync.Mutex
	surveyed
}

// surveyed is what a survey finds, and what was done since.
type surveyed struct {
	settled []bool            // by record: its object is at its path
	strewn  map[string]place  // the other objects, by UID
	taken   map[string]string // UIDs of those, by path
	groups  map[string]string // of translations, by UID
	pages   map[string]bool   // UIDs of default pages
	adopted map[string]string // UIDs in the folder, by UID in the target
	own     map[string]string // the other way round
	planned map[string]bool   // UIDs of items that a dry run would have made
	real    map[string]string // paths of what a dry run would have moved, by UID
}

// place is where an object is.
type place struct{ path, typ string }

func newInventory(r *records, dry bool) *inventory {
	return &inventory{records: r, dry: dry, surveyed: surveyed{
		settled: make([]bool, len(r.all)), strewn: map[string]place{}, taken: map[string]string{},
		groups: map[string]string{}, pages: map[string]bool{},
		adopted: map[string]string{}, own: map[string]string{}, planned: map[string]bool{}, real: map[string]string{},
	}}
}

// take replaces all by what another inventory has, which is not used any more.
func (v *inventory) take(other *inventory) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.surveyed = other.surveyed
}

// put remembers where an object is.
func (v *inventory) put(uid, at, typ string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.set(uid, place{at, typ})
}

// find returns where an object is.
func (v *inventory) find(uid string) (place, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.get(uid)
}

// occupant returns the UID and type of what is at a path.
func (v *inventory) occupant(at string) (uid, typ string, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if uid, ok := v.taken[at]; ok {
		return uid, v.strewn[uid].typ, true
	}
	if n, ok := v.records.paths.find(at); ok && v.settled[n] {
		return v.records.all[n].uid, v.records.all[n].typ, true
	}
	return "", "", false
}

// address returns the path under which an object of the target can be read.
func (v *inventory) address(targetUID string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if at, ok := v.real[targetUID]; ok {
		return at
	}
	there, _ := v.get(targetUID)
	return there.path
}

// adopt takes an object of the target for an item of the folder.
func (v *inventory) adopt(targetUID, uid string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.adopted[targetUID], v.own[uid] = uid, targetUID
}

// target returns the path and UID that an item has in the target.
func (v *inventory) target(uid string) (at, targetUID string, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	targetUID = uid
	if own, ok := v.own[uid]; ok {
		targetUID = own
	}
	there, ok := v.get(targetUID)
	return there.path, targetUID, ok
}

// origin returns the UID that an object of the target has in the folder; "" when
// it is one that leads nowhere in the target, as another object was adopted.
func (v *inventory) origin(targetUID string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if uid, ok := v.adopted[targetUID]; ok {
		return uid
	}
	if _, ok := v.own[targetUID]; ok {
		return ""
	}
	return targetUID
}

// renames reports whether some items have other UIDs in the target.
func (v *inventory) renames() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.own) > 0
}

// together reports whether two objects of the target are translations of each
// other.
func (v *inventory) together(a, b string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.groups[a] != "" && v.groups[a] == v.groups[b]
}

// isPage reports whether an object of the target is a default page.
func (v *inventory) isPage(targetUID string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.pages[targetUID]
}

// plan remembers an item as one that a dry run would have made.
func (v *inventory) plan(uid string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.planned[uid] = true
}

// isPlanned reports whether an item is not really there.
func (v *inventory) isPlanned(uid string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.planned[uid]
}

// all returns the UIDs of all objects by their paths.
func (v *inventory) all() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.tree("")
}

// move remembers that a tree has another path.
func (v *inventory) move(from, to string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for at, uid := range v.tree(from) {
		was, _ := v.get(uid)
		if _, moved := v.real[uid]; v.dry && !moved {
			v.real[uid] = at
		}
		v.set(uid, place{to + strings.TrimPrefix(at, from), was.typ})
	}
}

// remove forgets a tree.
func (v *inventory) remove(tree string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, uid := range v.tree(tree) {
		v.forget(uid)
	}
}

// tree returns the UIDs of what is at a path or below it, by path.
func (v *inventory) tree(root string) map[string]string {
	found := map[string]string{}
	below := func(at string) bool {
		rest, ok := strings.CutPrefix(at, root)
		return ok && (rest == "" || rest[0] == '/')
	}
	for n := range v.settled {
		if r := &v.records.all[n]; v.settled[n] && below(r.path) {
			found[r.path] = r.uid
		}
	}
	for at, uid := range v.taken {
		if below(at) {
			found[at] = uid
		}
	}
	return found
}

func (v *inventory) get(uid string) (place, bool) {
	if there, ok := v.strewn[uid]; ok {
		return there, true
	}
	if n, ok := v.records.uids.find(uid); ok && v.settled[n] {
		return place{v.records.all[n].path, v.records.all[n].typ}, true
	}
	return place{}, false
}

func (v *inventory) set(uid string, there place) {
	v.forget(uid)
	if n, ok := v.records.uids.find(uid); ok && there == (place{v.records.all[n].path, v.records.all[n].typ}) {
		v.settled[n] = true
		return
	}
	there.typ = unique.Make(there.typ).Value() // of the few that there are
	v.strewn[uid], v.taken[there.path] = there, uid
}

func (v *inventory) forget(uid string) {
	if there, ok := v.strewn[uid]; ok {
		delete(v.strewn, uid)
		if v.taken[there.path] == uid {
			delete(v.taken, there.path)
		}
	}
	if n, ok := v.records.uids.find(uid); ok {
		v.settled[n] = false
	}
}
