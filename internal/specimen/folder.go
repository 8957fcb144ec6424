package specimen

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// CompareFolders reads two exports in the format of plone.exportimport 2 and
// returns what differs, sorted by path and field. Objects are compared by their
// paths, with their data, files, places, default pages, local roles and
// permissions; beside them principals, relations, redirects, translations and
// comments. Relations are sets, since Plone's exporter sorts them. The UIDs of
// the folders of languages may differ. Portlets, which plone.restapi does not
// know, are not compared. It holds no more than one object and the lists in
// memory.
//
// Errors: those of the file system, also for a file that an export must have;
// those of encoding/json.
func CompareFolders(want, got string) ([]Difference, error) {
	var folders [2]*folder
	for i, name := range []string{want, got} {
		root, err := os.OpenRoot(name)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		if folders[i], err = openFolder(root.FS()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	var found differences
	for p := range union(folders[0].files, folders[1].files) {
		var read [2]map[string]map[string]any
		for i, f := range folders {
			read[i] = map[string]map[string]any{}
			if f.files[p] == "" {
				continue
			}
			fields, err := f.item(p)
			if err != nil {
				return nil, err
			}
			read[i][p] = fields
		}
		found.things("", read[0], read[1])
	}
	for _, list := range []struct {
		file string
		read func(*folder) (map[string]map[string]any, error)
	}{
		{"content/__metadata__.json", (*folder).listed},
		{"principals.json", (*folder).principals},
		{"relations.json", (*folder).relations},
		{"redirects.json", (*folder).redirects},
		{"translations.json", (*folder).translations},
		{"discussions.json", (*folder).discussions},
	} {
		var read [2]map[string]map[string]any
		for i, f := range folders {
			var err error
			if read[i], err = list.read(f); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", list.file, []string{want, got}[i], err)
			}
		}
		found.things(list.file+" ", read[0], read[1])
	}
	return found.sorted(), nil
}

// folder is an export.
type folder struct {
	fs       fs.FS
	files    map[string]string // of the objects, by their paths
	paths    map[string]string // by UIDs
	own      map[string]string // those of objects that each site makes itself
	children map[string][]any  // their ids, by the paths of their parents
	metadata metadata
}

// metadata is content/__metadata__.json.
type metadata struct {
	Version     string                    `json:"__version__"`
	DataFiles   []string                  `json:"_data_files_"`
	BlobFiles   []string                  `json:"_blob_files_"`
	DefaultPage map[string]map[string]any `json:"default_page"`
	Ordering    map[string]float64        `json:"ordering"`
	LocalRoles  map[string]struct {
		Roles map[string][]any `json:"local_roles"`
		Block any              `json:"block"`
	} `json:"local_roles"`
	LocalPermissions map[string]any `json:"local_permissions"`
}

func openFolder(files fs.FS) (*folder, error) {
	f := &folder{fs: files, files: map[string]string{}, paths: map[string]string{}, own: map[string]string{},
		children: map[string][]any{}}
	if err := f.json("content/__metadata__.json", &f.metadata); err != nil {
		return nil, err
	}
	type child struct {
		parent, id string
		place      float64
	}
	var children []child
	for _, name := range f.metadata.DataFiles {
		var head struct {
			URL  string `json:"@id"`
			Type string `json:"@type"`
			UID  string
		}
		if err := f.json(path.Join("content", name), &head); err != nil {
			return nil, err
		}
		p := head.URL
		if head.Type == "Plone Site" {
			p = "/"
		}
		if f.files[p] != "" {
			return nil, fmt.Errorf("%s and %s are both of %s", f.files[p], name, p)
		}
		f.files[p], f.paths[head.UID] = name, p
		if ownUID(head.Type) {
			f.own[head.UID] = p
		}
		if place, known := f.metadata.Ordering[head.UID]; known && p != "/" {
			children = append(children, child{path.Dir(p), path.Base(p), place})
		}
	}
	slices.SortFunc(children, func(a, b child) int { return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.id, b.id)) })
	for _, c := range children {
		f.children[c.parent] = append(f.children[c.parent], c.id)
	}
	return f, nil
}

// json reads a file.
func (f *folder) json(name string, v any) error {
	data, err := fs.ReadFile(f.fs, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// item is an object with what the metadata tell about it.
func (f *folder) item(p string) (map[string]any, error) {
	var fields map[string]any
	if err := f.json(path.Join("content", f.files[p]), &fields); err != nil {
		return nil, err
	}
	uid, _ := fields["UID"].(string)
	fields = carried("item", carried("object", fields))
	for name, value := range fields {
		info, isMap := value.(map[string]any)
		switch blob, isBlob := info["blob_path"].(string); {
		case isBlob:
			sum, err := f.sum(path.Join("content", blob))
			if err != nil {
				return nil, err
			}
			info["sha256"] = sum
			delete(info, "download") // made of the address of the object, like the next
			delete(info, "scales")
		case isMap && info["token"] != nil:
			fields[name] = info["token"]
		}
		if date, isString := value.(string); isString && (name == "effective" || name == "expires") {
			fields[name] = date[:min(len(date), len("2006-01-02T15:04"))] // the server drops the seconds of a date that it gets
		}
		fields[name] = f.neutral(fields[name])
	}
	// plone.restapi does not tell no setting from false.
	fields["allow_discussion"] = fields["allow_discussion"] == true
	fields["@id"] = p
	fields["children"] = f.children[p]
	fields["default page"] = f.metadata.DefaultPage[uid]["default_page"]
	fields["local permissions"] = f.metadata.LocalPermissions[uid]
	roles := map[string]any{"block": f.metadata.LocalRoles[uid].Block}
	for id, given := range f.metadata.LocalRoles[uid].Roles {
		// The owner is who makes the object, and plone.restapi shows none.
		given = slices.DeleteFunc(given, func(role any) bool { return role == "Owner" })
		if len(given) > 0 {
			roles[id] = sortedJSON(given)
		}
	}
	fields["local roles"] = roles
	return fields, nil
}

func (f *folder) sum(name string) (string, error) {
	file, err := f.fs.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// neutral is a value without the UIDs that each site makes itself.
func (f *folder) neutral(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			value[key] = f.neutral(member)
		}
		delete(value, "image_scales")
	case []any:
		for i, member := range value {
			value[i] = f.neutral(member)
		}
	case string:
		return uidPattern.ReplaceAllStringFunc(value, func(uid string) string {
			if p := f.own[uid]; p != "" {
				return "UID of " + p
			}
			return uid
		})
	}
	return value
}

var uidPattern = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

// listed are the files that the metadata name, and the version of the format.
func (f *folder) listed() (map[string]map[string]any, error) {
	all := map[string]map[string]any{"": {"__version__": f.metadata.Version}}
	for _, name := range slices.Concat(f.metadata.DataFiles, f.metadata.BlobFiles) {
		if _, err := fs.Stat(f.fs, path.Join("content", name)); err != nil {
			return nil, err
		}
		neutral, _ := f.neutral(name).(string)
		all[neutral] = map[string]any{}
	}
	return all, nil
}

func (f *folder) principals() (map[string]map[string]any, error) {
	var lists struct{ Groups, Members []map[string]any }
	if err := f.json("principals.json", &lists); err != nil {
		return nil, err
	}
	all := map[string]map[string]any{}
	add := func(kind string, items []map[string]any, key string) {
		for _, item := range items {
			id, _ := item[key].(string)
			for name, value := range item {
				if list, isList := value.([]any); isList {
					item[name] = sortedJSON(list)
				}
			}
			all[kind+" "+id] = carried(kind, item)
		}
	}
	add("group", lists.Groups, "groupid")
	add("member", lists.Members, "username")
	return all, nil
}

func (f *folder) relations() (map[string]map[string]any, error) {
	var list []struct {
		From string `json:"from_uuid"`
		To   string `json:"to_uuid"`
		Name string `json:"from_attribute"`
	}
	if err := f.json("relations.json", &list); err != nil {
		return nil, err
	}
	all := map[string]map[string]any{}
	for _, relation := range list {
		source := f.path(relation.From)
		if all[source] == nil {
			all[source] = map[string]any{}
		}
		targets, _ := all[source][relation.Name].([]any)
		all[source][relation.Name] = append(targets, f.path(relation.To))
	}
	for _, names := range all {
		for name, targets := range names {
			names[name] = slices.CompactFunc(sortedJSON(targets.([]any)), func(a, b any) bool { return a == b })
		}
	}
	return all, nil
}

// path is that of the object with a UID, and the UID of one that is not there.
func (f *folder) path(uid string) string { return cmp.Or(f.paths[uid], uid) }

func (f *folder) redirects() (map[string]map[string]any, error) {
	var redirects map[string]any
	if err := f.json("redirects.json", &redirects); err != nil {
		return nil, err
	}
	all := map[string]map[string]any{}
	for from, to := range redirects {
		all[from] = map[string]any{"to": to}
	}
	return all, nil
}

// translations are the members of each group, whichever is named as the canonical
// one.
func (f *folder) translations() (map[string]map[string]any, error) {
	var groups []struct {
		Canonical    string
		Translations map[string]string
	}
	if err := f.json("translations.json", &groups); err != nil {
		return nil, err
	}
	all := map[string]map[string]any{}
	for _, group := range groups {
		members := []any{f.path(group.Canonical)}
		for _, uid := range group.Translations {
			members = append(members, f.path(uid))
		}
		members = sortedJSON(members)
		for _, member := range members {
			all[fmt.Sprint(member)] = map[string]any{"translations": members}
		}
	}
	return all, nil
}

func (f *folder) discussions() (map[string]map[string]any, error) {
	var conversations map[string]struct{ Items []map[string]any }
	if err := f.json("discussions.json", &conversations); err != nil {
		return nil, err
	}
	all := map[string]map[string]any{}
	for uid, conversation := range conversations {
		if len(conversation.Items) > 0 {
			all[f.path(uid)] = map[string]any{"comments": threads(conversation.Items)}
		}
	}
	return all, nil
}

// sortedJSON is a list in the order of its JSON.
func sortedJSON(list []any) []any {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(string(encode(a)), string(encode(b))) })
	return list
}

// threads puts comments, as the server describes them, into the order of their
// ids, each with the replies to it.
func threads(comments []map[string]any) []any {
	slices.SortFunc(comments, func(a, b map[string]any) int {
		x, y := fmt.Sprint(a["comment_id"]), fmt.Sprint(b["comment_id"])
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	})
	var below func(parent any) []any
	below = func(parent any) []any {
		replies := []any{}
		for _, comment := range comments {
			if comment["in_reply_to"] == parent {
				fields := carried("comment", maps.Clone(comment))
				fields["replies"] = below(comment["comment_id"])
				replies = append(replies, fields)
			}
		}
		return replies
	}
	return below(nil)
}
