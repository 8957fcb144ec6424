package transfer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// item is an object in the form of a folder: what the server sends, without what
// it computes, with UIDs in the place of addresses.
type item map[string]any

// Members that are added here to those of plone.exportimport, which ignores them.
const (
	relationsKey = "restapi.relations"   // relation fields: UIDs in their order, by field
	rolesKey     = "restapi.local_roles" // a localRoles
	// The object could not be read as a whole.
	incompleteKey = "restapi.incomplete"
	sumKey        = "sha256" // in a file: of its bytes
)

// constrainsKey is the member of plone.exportimport with the types that may be added.
const constrainsKey = "exportimport.constrains"

// commentsKey is the member of plone.exportimport with the comments on an item.
const commentsKey = "exportimport.conversation"

func (i item) text(name string) string {
	s, _ := i[name].(string)
	return s
}

func (i item) uid() string { return i.text("UID") }

// path returns the path below the site, decoded. A record has it in the form of an
// address, as plone.exportimport has.
func (i item) path() string { return unescaped(i.text("@id")) }

func unescaped(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

func (i item) typ() string { return i.text("@type") }

// into decodes a member that has a form of its own.
func (i item) into(name string, v any) error {
	if i[name] == nil {
		return nil
	}
	text, err := json.Marshal(i[name])
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// file is a file field in the form of a folder, or of an answer.
type file map[string]any

func (f file) text(name string) string { return item(f).text(name) }

// size returns the number of bytes, -1 when it is unknown.
func (f file) size() int64 {
	n, ok := f["size"].(json.Number)
	if !ok {
		return -1
	}
	size, err := n.Int64()
	if err != nil {
		return -1
	}
	return size
}

// known is the file for a client that downloads it.
func (f file) known() *client.NamedFile {
	return &client.NamedFile{Filename: f.text("filename"), ContentType: f.text("content-type"), Size: f.size(), Download: f.text("download")}
}

// files are the file fields of an item by their names.
func (i item) files() map[string]file {
	found := map[string]file{}
	for name, v := range i {
		m, ok := v.(map[string]any)
		if !ok {
			continue
		}
		_, download := m["download"]
		_, blob := m["blob_path"]
		if _, typed := m["content-type"]; typed && (download || blob) {
			found[name] = m
		}
	}
	return found
}

// prune removes what the server computes for each answer.
func (i item) prune() {
	maps.DeleteFunc(i, func(name string, _ any) bool { return client.Computed(name) })
}

// relationFields returns the names of the fields that hold relations, sorted.
func relationFields(fields map[string]client.FieldSchema) []string {
	var names []string
	for name, f := range fields {
		if f.Factory == client.FactoryRelationChoice || f.Factory == client.FactoryRelationList {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// A form turns what a site sends into the form of a folder.
type form struct {
	site     string // address of the site
	language string // default of the site
	// uid finds the UID of the object at a path below the site, "" for none.
	uid func(path string) string
	// unknown, if not nil, receives paths of related objects that uid does not find.
	unknown func(path string)
	// rename gives UIDs of the site the ones that they have in the folder; nil
	// where they are the same.
	rename func(uid string) string
}

// item decodes an object of a type with these fields.
func (f *form) item(raw json.RawMessage, fields map[string]client.FieldSchema) (item, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var i item
	if err := d.Decode(&i); err != nil {
		return nil, err
	}
	if i == nil {
		return nil, fmt.Errorf("%w: null instead of an object", errors.ErrDamaged)
	}
	i.prune()
	i["@id"] = f.below(i.text("@id"))
	if i.typ() == siteType {
		// So does plone.exportimport: the address of the site holds its name.
		i["@id"], i["UID"] = "/"+i.text("id"), siteUID
	} else {
		i["UID"] = f.renamed(i.uid())
	}
	relations := map[string]any{}
	for _, name := range relationFields(fields) {
		if uids := f.targets(i[name]); len(uids) > 0 {
			relations[name] = uids
		}
		delete(i, name)
	}
	if len(relations) > 0 {
		i[relationsKey] = relations
	}
	f.fields(i)
	if f.language != "" && i.text("language") == f.language {
		i["language"] = defaultLanguage // "" is no language at all
	}
	return i, nil
}

// recorded brings what somebody else wrote to a folder into the form that an
// export from here has: Plone's exporter writes blocks as they are stored.
// uid finds the items of the folder by their paths.
func recorded(i item, uid func(at string) string) {
	i.prune()
	(&form{site: "none:", uid: uid}).fields(i)
}

// fields brings the values of all fields into the form of a folder.
func (f *form) fields(i item) {
	if i["allow_discussion"] == false {
		// The server says false also where nothing was chosen.
		i["allow_discussion"] = nil
	}
	for name, v := range i {
		switch name {
		case "blocks":
			i[name] = f.links(v, "")
		case "remoteUrl":
			i[name] = f.relative(i.text(name))
		case relationsKey:
		default:
			i[name] = f.value(v)
		}
	}
}

// defaultLanguage stands for the default language of a site.
const defaultLanguage = "##DEFAULT##"

// value brings the value of a field into the form of a folder.
func (f *form) value(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for n := range v {
			list[n] = f.value(v[n])
		}
		return list
	case map[string]any:
		if token, ok := v["token"]; ok && len(v) == 2 {
			if _, ok := v["title"]; ok {
				return token
			}
		}
		if data, ok := v["data"].(string); ok && v["encoding"] != nil && v["content-type"] != nil {
			v = maps.Clone(v)
			v["data"] = f.html(data)
			return v
		}
	}
	return v
}

// targets returns the UIDs of the objects in a relation field.
func (f *form) targets(v any) []any {
	var uids []any
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			uids = append(uids, f.targets(one)...)
		}
	case map[string]any:
		id, _ := v["@id"].(string)
		at := f.path(id)
		uid := f.uid(at)
		switch {
		case uid != "":
			uids = append(uids, f.renamed(uid))
		case at != "" && f.unknown != nil:
			f.unknown(at)
		}
	}
	return uids
}

func (f *form) renamed(uid string) string {
	if f.rename == nil {
		return uid
	}
	return f.rename(uid)
}

// path returns the path of an address below the site, decoded: "/" for the site,
// "" for what is not on it.
func (f *form) path(address string) string { return unescaped(f.below(address)) }

// below is path in the form of an address.
func (f *form) below(address string) string {
	rest, ok := f.onSite(address)
	if !ok {
		return ""
	}
	return "/" + strings.Trim(rest, "/")
}

// onSite returns what follows the address of the site in one of the site.
func (f *form) onSite(address string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(address, f.site)
	return rest, ok && (rest == "" || strings.ContainsAny(rest[:1], "/?#"))
}

// In the text of blocks, the server looks for links in these members only.
//
// Source: plone.restapi, deserializer/blocks.py, ResolveUIDDeserializerBase.
var linkFields = []string{"url", "href", "preview_image"}

// links replaces the links in a block by those to UIDs. field is the member that
// the value is in.
func (f *form) links(v any, field string) any {
	switch v := v.(type) {
	case string:
		if slices.Contains(linkFields, field) {
			return f.blockLink(v)
		}
	case []any:
		list := make([]any, len(v))
		for n := range v {
			list[n] = f.links(v[n], field)
		}
		return list
	case map[string]any:
		block := make(map[string]any, len(v))
		for name, value := range v {
			text, isText := value.(string)
			switch {
			case name == "image_scales": // computed
			case isText && (name == "@id" || name == "value" && v["@type"] == "URL"):
				block[name] = f.blockLink(text)
			default:
				block[name] = f.links(value, name)
			}
		}
		if block["@type"] == "teaser" {
			bare(block["href"])
			if _, ok := block["overwrite"]; !ok && !empty(block["href"]) {
				block["overwrite"] = true // so the server reads one without
			}
		}
		return block
	}
	return v
}

// bare leaves of the targets of a teaser only their addresses. The server computes
// the rest anew for every answer.
//
// Source: plone.restapi, serializer/blocks.py, TeaserBlockSerializerBase.
func bare(href any) {
	targets, _ := href.([]any)
	for n := range targets {
		target, _ := targets[n].(map[string]any)
		if id, _ := target["@id"].(string); strings.HasPrefix(id, resolved) {
			targets[n] = map[string]any{"@id": id}
		}
	}
}

// resolved begins a link to a UID.
const resolved = "../resolveuid/"

var resolveRE = regexp.MustCompile(`^(?:[./]*/)?resolve[Uu]id/([^/#?]+)(.*)$`)

// blockLink is link for what is in a block, where the server takes a path for the
// object that is there.
//
// Source: plone.restapi, deserializer/utils.py, path2uid.
func (f *form) blockLink(link string) string {
	if strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") && !resolveRE.MatchString(link) {
		link = f.site + link
	}
	return f.link(link)
}

// link returns a link to an object of the site as one to its UID, and any other
// one on the site as a path.
func (f *form) link(link string) string {
	rest, ok := f.onSite(link)
	if !ok {
		return f.relative(link)
	}
	end := len(rest)
	for _, mark := range []string{"/@@", "#", "?"} {
		if at := strings.Index(rest[:end], mark); at >= 0 {
			end = at
		}
	}
	if uid := f.uid(f.path(f.site + rest[:end])); uid != "" && uid != siteUID {
		return resolved + f.renamed(uid) + rest[end:]
	}
	return cmp.Or(rest, "/")
}

var attributeRE = regexp.MustCompile(`(\s(?:href|src)=")([^"]*)"`)

// html replaces the links in a text.
func (f *form) html(text string) string {
	return attributeRE.ReplaceAllStringFunc(text, func(attribute string) string {
		m := attributeRE.FindStringSubmatch(attribute)
		return m[1] + f.link(m[2]) + `"`
	})
}

// relative returns an address on the site as a path, as Link objects have them in
// a folder.
func (f *form) relative(address string) string {
	if m := resolveRE.FindStringSubmatch(address); m != nil {
		return resolved + f.renamed(m[1]) + m[2]
	}
	rest, ok := f.onSite(address)
	if !ok {
		return address
	}
	return "/" + strings.TrimPrefix(rest, "/")
}

// blobName returns the name that a file gets in a folder.
func blobName(uid, field, filename string) string {
	name := client.SafeFilename(filename)
	if name == "" {
		name = "blob"
	}
	return path.Join(uid, field, name)
}
