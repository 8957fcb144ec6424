package specimen

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// Difference is one value that two sites or folders do not share.
type Difference struct {
	Path  string // of the object below the site, or "/@users/ID", "/@groups/ID", "/@aliases/PATH"; of a file in a folder
	Field string // where in it, like "blocks.ID.value[0].children"; empty for the object as a whole
	Want  string // JSON, or empty when there is none
	Got   string // as Want
}

// String is the difference in one line.
func (d Difference) String() string {
	return fmt.Sprintf("%s %s: want %s, got %s", d.Path, d.Field, d.Want, d.Got)
}

// uncarried are the parts of an answer that are not compared, by the kind of
// thing that they belong to, and why plone.restapi cannot carry them.
var uncarried = map[string]map[string]string{
	"object": {
		"@components": "addresses of services",
		"created":     "the server sets it and lets nobody write it",
		"modified":    "the server sets it with every change",
		"lock":        "who edits at the moment",
		"items":       "the children, which are objects of their own; their order is compared",
		"items_total": "the same",
		"batching":    "the same",
	},
	"comment": {
		"@id":               "made of the id",
		"@parent":           "made of the id",
		"comment_id":        "a time stamp of the server; the tree of replies is compared",
		"in_reply_to":       "the same",
		"creation_date":     "the server sets it",
		"modification_date": "the server sets it",
		"author_username":   "the user who writes it",
		"author_name":       "the same",
		"author_image":      "the same",
		"is_editable":       "a right of the user who reads",
		"is_deletable":      "a right of the user who reads",
		"can_reply":         "a right of the user who reads",
		"user_notification": "for the author",
	},
	"user": {
		"@id":      "the address",
		"portrait": "the address of the picture, whose bytes are compared",
		"groups":   "the members of groups are compared",
	},
	"group": {
		"@id":     "the address",
		"members": "a part of the list, which is compared as a whole",
	},
	"item": { // of a folder, besides what is not carried of an object
		"workflow_history":          "the server writes it",
		"exportimport.conversation": "the same as discussions.json",
		"exportimport.constrains":   "plone.restapi knows no restriction of the types in a folder",
		"version":                   "the number of a version of this site",
		"type_title":                "a translation of the type",
		"is_folderish":              "follows from the type",
		"parent":                    "follows from the path",
		"previous_item":             "follows from the order",
		"next_item":                 "follows from the order",
		"changeNote":                "of a change that is to be made",
	},
	"member": {
		"password": "a hash, which plone.restapi neither shows nor takes",
	},
	"alias": {
		"datetime": "the folder has no place for it",
		"manual":   "all that is made by request counts as made by hand",
	},
}

// carried is a thing without what cannot be carried.
func carried(kind string, fields map[string]any) map[string]any {
	maps.DeleteFunc(fields, func(name string, _ any) bool {
		_, left := uncarried[kind][name]
		return left
	})
	return fields
}

const (
	// chunk is how many objects are read at once.
	chunk = 50
	// wholeSite is how many objects are listed at once: all, since Plone puts them
	// into the order of their folders within a page only.
	wholeSite = 100_000
)

// Compare reads two sites and returns what differs, sorted by path and field:
// nothing when got is a faithful copy of want, at whatever address. Objects are
// compared with all their fields, the order of their children, states, local
// roles, relations, translations, comments, default pages and the sums of their
// files, and sites with their aliases, users and groups. The UIDs of the site and
// of its folders of languages, which each site makes itself, may differ.
//
// Both clients should be of managers. Memory grows with the number of objects,
// not with their size.
//
// Errors: those of the clients.
func Compare(ctx context.Context, want, got *client.Client) ([]Difference, error) {
	sites := [2]*site{{c: want}, {c: got}}
	if err := both(func(i int) error { return sites[i].list(ctx) }); err != nil {
		return nil, err
	}
	var found differences
	common := []string{}
	for _, path := range slices.Sorted(maps.Keys(sites[0].objects)) {
		if sites[1].objects[path] != nil {
			common = append(common, path)
		}
	}
	for paths := range slices.Chunk(common, chunk) {
		var read [2]map[string]map[string]any
		err := both(func(i int) (err error) {
			read[i], err = sites[i].read(ctx, paths)
			return err
		})
		if err != nil {
			return nil, err
		}
		found.things("", read[0], read[1])
	}
	for _, part := range []struct {
		prefix string
		read   func(*site) (map[string]map[string]any, error)
	}{
		{"", func(s *site) (map[string]map[string]any, error) { return s.known(), nil }},
		{"", func(s *site) (map[string]map[string]any, error) { return s.relations(ctx) }},
		{"/@aliases", func(s *site) (map[string]map[string]any, error) { return s.aliases(ctx) }},
		{"/@users/", func(s *site) (map[string]map[string]any, error) { return s.users(ctx) }},
		{"/@groups/", func(s *site) (map[string]map[string]any, error) { return s.groups(ctx) }},
	} {
		var read [2]map[string]map[string]any
		err := both(func(i int) (err error) {
			read[i], err = part.read(sites[i])
			return err
		})
		if err != nil {
			return nil, err
		}
		found.things(part.prefix, read[0], read[1])
	}
	return found.sorted(), nil
}

// both does something for the two sites at the same time.
func both(do func(i int) error) error {
	var wg sync.WaitGroup
	var errs [2]error
	for i := range errs {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	return cmp.Or(errs[0], errs[1])
}

// site is a site that is compared.
type site struct {
	c       *client.Client
	objects map[string]*listed // by their paths, which are escaped as addresses are
	paths   map[string]string  // by UIDs
}

// listed is what the catalog tells about an object.
type listed struct {
	typ, uid    string
	group       string // of translations
	defaultPage bool
	children    []any // their ids, in their order
}

// path is an address without the site, "/" for that of the site itself.
func (s *site) path(address string) string {
	return cmp.Or(strings.TrimPrefix(address, s.c.SiteURL()), "/")
}

// list finds all objects.
func (s *site) list(ctx context.Context) error {
	s.objects, s.paths = map[string]*listed{}, map[string]string{}
	var order []string
	for hit, err := range s.c.Search.All(ctx, "/", client.SearchOptions{
		Self: true, PageSize: wholeSite, SortOn: []string{"getObjPositionInParent"}, Metadata: []string{"UID", "TranslationGroup"},
		Where: []client.Condition{client.IndexType.IsNot("Discussion Item")},
	}) {
		if err != nil {
			return err
		}
		path, object := s.path(hit.URL), &listed{typ: hit.Type, uid: hit.UID, children: []any{}}
		if err := hit.Extra("TranslationGroup", &object.group); err != nil {
			return err
		}
		s.objects[path], s.paths[hit.UID] = object, path
		order = append(order, path)
	}
	for _, path := range order {
		slash := strings.LastIndexByte(path, '/')
		if parent := s.objects[cmp.Or(path[:slash], "/")]; parent != nil && path != "/" {
			parent.children = append(parent.children, path[slash+1:])
		}
	}
	for hit, err := range s.c.Search.All(ctx, "/", client.SearchOptions{
		Self: true, Where: []client.Condition{client.IndexDefaultPage.Is(true)}}) {
		if err != nil {
			return err
		}
		if object := s.objects[s.path(hit.URL)]; object != nil {
			object.defaultPage = true
		}
	}
	return nil
}

// known is what the catalog tells about all objects, as far as it is compared.
func (s *site) known() map[string]map[string]any {
	groups := map[string][]any{}
	for _, path := range slices.Sorted(maps.Keys(s.objects)) {
		if group := s.objects[path].group; group != "" {
			groups[group] = append(groups[group], path)
		}
	}
	known := map[string]map[string]any{}
	for path, object := range s.objects {
		known[path] = map[string]any{"@type": object.typ, "children": object.children,
			"translations": groups[object.group], "is_default_page": object.defaultPage}
	}
	return known
}

// read reads the objects at paths, with their local roles and the sums of their
// files.
func (s *site) read(ctx context.Context, paths []string) (map[string]map[string]any, error) {
	uids := make([]string, len(paths))
	for i, path := range paths {
		uids[i] = s.objects[path].uid
	}
	objects := map[string]map[string]any{}
	for object, err := range s.c.Content.Search(ctx, "/", client.SearchOptions{
		Self: true, PageSize: len(uids), Where: []client.Condition{client.IndexUID.Is(uids...)}}) {
		if errors.Is(err, errors.ErrListChanged) {
			break // the catalog names an object that is gone, as Plone leaves those that had comments in it
		}
		if err != nil {
			return nil, err
		}
		var fields map[string]any
		if err := json.Unmarshal(object.Raw(), &fields); err != nil {
			return nil, err
		}
		path := s.path(object.URL)
		fields = carried("object", fields)
		for name, value := range fields {
			if info, isMap := value.(map[string]any); isMap && info["download"] != nil {
				sum, err := s.sum(s.c.Files.Download(ctx, object.URL, client.DownloadOptions{Field: name}))
				if err != nil {
					return nil, err
				}
				fields[name] = map[string]any{"filename": info["filename"], "content-type": info["content-type"],
					"size": info["size"], "width": info["width"], "height": info["height"], "sha256": sum}
				continue
			}
			if name != "@id" {
				fields[name] = s.neutral(name, value)
			}
		}
		fields["@id"] = path
		if fields["local roles"], err = s.localRoles(ctx, object.URL); err != nil {
			return nil, err
		}
		if fields["allow_discussion"] == true {
			if fields["comments"], err = s.comments(ctx, object.URL); err != nil {
				return nil, err
			}
		}
		objects[path] = fields
	}
	return objects, nil
}

// sum is the SHA-256 of what is downloaded.
func (s *site) sum(file *client.Download, err error) (string, error) {
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(hash, file)
	return hex.EncodeToString(hash.Sum(nil)), cmp.Or(err, file.Close())
}

// localRoles are the roles that are given at an object.
func (s *site) localRoles(ctx context.Context, address string) (any, error) {
	sharing, err := s.c.Sharing.Get(ctx, address)
	if err != nil {
		return nil, err
	}
	roles := map[string]any{"inherit": sharing.Value.Inherit}
	for _, entry := range sharing.Value.Entries {
		given := []any{}
		for _, role := range slices.Sorted(maps.Keys(entry.Roles)) {
			if entry.Roles[role] == client.RoleLocal {
				given = append(given, role)
			}
		}
		if len(given) > 0 {
			roles[entry.ID] = given
		}
	}
	return roles, nil
}

// prose are the names of values that people write, in which an address of the
// site is text.
var prose = []string{"text", "plaintext", "title", "description", "html", "alt", "rights"}

// neutral is a value without what every site has its own of: its address where
// something is named by it, and UIDs of the objects that it makes itself. A
// description of another object becomes its address.
func (s *site) neutral(name string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		if address, isString := value["@id"].(string); isString {
			return s.neutral("@id", address)
		}
		for key, member := range value {
			value[key] = s.neutral(key, member)
		}
		delete(value, "image_scales") // addresses that change with each scaling
	case []any:
		for i, member := range value {
			value[i] = s.neutral(name, member)
		}
	case string:
		if path, known := s.paths[value]; known && ownUID(s.objects[path].typ) {
			return "UID of " + path
		}
		if slices.Contains(prose, name) {
			return value
		}
		if (name == "effective" || name == "expires") && len(value) > len("2006-01-02T15:04") {
			return value[:len("2006-01-02T15:04")] // the server drops the seconds of a date that it gets
		}
		if name == "data" { // markup
			return strings.ReplaceAll(value, `"`+s.c.SiteURL(), `"{site}`)
		}
		if rest, inside := strings.CutPrefix(value, s.c.SiteURL()); inside && (rest == "" || strings.ContainsAny(rest[:1], "/#?@")) {
			return "{site}" + rest
		}
	}
	return value
}

// ownUID says whether each site makes the objects of a type itself.
func ownUID(typ string) bool { return typ == "Plone Site" || typ == "LRF" || typ == "LIF" }

// comments are the comments on an object, each with the replies to it. The
// catalog does not know those that Plone's importer makes.
func (s *site) comments(ctx context.Context, address string) (any, error) {
	list, err := collect(s.c.Comments.All(ctx, address, client.CommentOptions{}))
	if err != nil {
		return nil, err
	}
	var comments []map[string]any
	if err := json.Unmarshal(encode(list), &comments); err != nil {
		return nil, err
	}
	return threads(comments), nil
}

// relations are the paths of the targets by the paths of the sources.
func (s *site) relations(ctx context.Context) (map[string]map[string]any, error) {
	stats, err := s.c.Relations.Stats(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]map[string]any{}
	for name := range stats.Value.Stats {
		found, err := s.c.Relations.Find(ctx, client.RelationQuery{Relation: name})
		if err != nil {
			return nil, err
		}
		targets := map[string][]string{}
		for _, relation := range found.Value.Relations[name].Items {
			source := s.path(relation.Source.URL)
			targets[source] = append(targets[source], s.path(relation.Target.URL))
		}
		for source, paths := range targets {
			slices.Sort(paths)
			paths = slices.Compact(paths) // a text may link to an object twice
			if all[source] == nil {
				all[source] = map[string]any{}
			}
			all[source]["relation "+name] = paths
		}
	}
	return all, nil
}

func (s *site) aliases(ctx context.Context) (map[string]map[string]any, error) {
	all := map[string]map[string]any{}
	for alias, err := range s.c.Aliases.All(ctx, "/", client.AliasOptions{}) {
		if err != nil {
			return nil, err
		}
		all[alias.Path] = carried("alias", map[string]any{"redirect-to": s.neutral("@id", alias.RedirectTo)})
	}
	return all, nil
}

// principals are all users or groups, as the server describes them, by their ids.
func (s *site) principals(ctx context.Context, service, kind string) (map[string]map[string]any, error) {
	answer, err := client.Call[json.RawMessage](ctx, s.c, client.Request{Path: service})
	if err != nil {
		return nil, err
	}
	var items []map[string]any
	if json.Unmarshal(answer.Value, &items) != nil {
		var list struct{ Items []map[string]any }
		if err := json.Unmarshal(answer.Value, &list); err != nil {
			return nil, err
		}
		items = list.Items
	}
	all := map[string]map[string]any{}
	for _, item := range items {
		id, _ := item["id"].(string)
		picture := item["portrait"]
		all[id] = carried(kind, item)
		if roles, isList := item["roles"].([]any); isList {
			slices.SortFunc(roles, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		if picture != nil {
			if item["portrait sha256"], err = s.sum(s.c.Users.Portrait(ctx, id)); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func (s *site) users(ctx context.Context) (map[string]map[string]any, error) {
	return s.principals(ctx, "/@users", "user")
}

func (s *site) groups(ctx context.Context) (map[string]map[string]any, error) {
	groups, err := s.principals(ctx, "/@groups", "group")
	if err != nil {
		return nil, err
	}
	for id, group := range groups {
		members, err := collect(s.c.Groups.Members(ctx, id))
		if err != nil {
			return nil, err
		}
		group["all members"] = slices.Sorted(slices.Values(members))
	}
	return groups, nil
}

// collect are all values of a list, until its first error.
func collect[T any](list iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for value, err := range list {
		if err != nil {
			return nil, err
		}
		all = append(all, value)
	}
	return all, nil
}

// differences collects them.
type differences []Difference

// things compares what has a path, on both sides. prefix comes before the paths.
func (d *differences) things(prefix string, want, got map[string]map[string]any) {
	for path := range union(want, got) {
		w, wanted := want[path]
		g, there := got[path]
		switch {
		case wanted && there:
			d.values(prefix+path, "", w, g)
		case wanted:
			d.add(prefix+path, "", summary(w), "")
		default:
			d.add(prefix+path, "", "", summary(g))
		}
	}
}

// values compares two values of JSON.
func (d *differences) values(path, field string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		if g, isMap := got.(map[string]any); isMap {
			for key := range union(w, g) {
				d.members(path, strings.TrimPrefix(field+"."+key, "."), w, g, key)
			}
			return
		}
	case []any:
		if g, isList := got.([]any); isList && len(g) == len(w) {
			for i := range w {
				d.values(path, field+"["+strconv.Itoa(i)+"]", w[i], g[i])
			}
			return
		}
	}
	if w, g := summary(want), summary(got); !equalJSON(want, got) {
		d.add(path, field, w, g)
	}
}

// members compares what two maps have under a key.
func (d *differences) members(path, field string, want, got map[string]any, key string) {
	w, wanted := want[key]
	g, there := got[key]
	switch {
	case !there:
		d.add(path, field, summary(w), "")
	case !wanted:
		d.add(path, field, "", summary(g))
	default:
		d.values(path, field, w, g)
	}
}

func (d *differences) add(path, field, want, got string) {
	*d = append(*d, Difference{path, field, want, got})
}

func (d *differences) sorted() []Difference {
	slices.SortFunc(*d, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Field, b.Field))
	})
	return *d
}

// union are the keys of two maps.
func union[V any](a, b map[string]V) map[string]bool {
	keys := map[string]bool{}
	for key := range a {
		keys[key] = true
	}
	for key := range b {
		keys[key] = true
	}
	return keys
}

func equalJSON(a, b any) bool {
	return string(encode(a)) == string(encode(b))
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil { // no value that was read from JSON
		return []byte(err.Error())
	}
	return data
}

// summary is a value as JSON, cut when it is long.
func summary(v any) string {
	const most = 300
	data := encode(v)
	if len(data) > most {
		return string(data[:most]) + "…"
	}
	return string(data)
}
