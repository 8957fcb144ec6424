package plonetest

import (
	"maps"
	"slices"
	"strings"
)

// linkKeys are the names of the values in JSON fields, such as blocks, that hold links.
var linkKeys = []string{"@id", "url", "href", "preview_image"}

// storeLinks is the value of a JSON field as it is stored: links into the site by the UIDs of their targets, and without
// what is added for readers.
func (c *call) storeLinks(o *object, key string, v any) any {
	switch v := v.(type) {
	case string:
		if slices.Contains(linkKeys, key) {
			return c.toUID(o, v)
		}
	case list:
		stored := make(list, len(v))
		for i, item := range v {
			stored[i] = c.storeLinks(o, key, item)
		}
		return stored
	case dict:
		stored := make(dict, len(v))
		for name, item := range v {
			if name != "image_scales" {
				stored[name] = c.storeLinks(o, linkKey(v, name), item)
			}
		}
		return stored
	}
	return v
}

// showLinks is the value of a JSON field as it is sent: links with the addresses of their targets, and the scales of
// images beside them.
func (c *call) showLinks(key string, v any) any {
	switch v := v.(type) {
	case string:
		if slices.Contains(linkKeys, key) {
			link, _ := c.fromUID(v)
			return link
		}
	case list:
		shown := make(list, len(v))
		for i, item := range v {
			shown[i] = c.showLinks(key, item)
		}
		return shown
	case dict:
		shown := make(dict, len(v))
		for name, item := range c.teaser(v) {
			key := linkKey(v, name)
			shown[name] = c.showLinks(key, item)
			link, isString := item.(string)
			if !isString || !slices.Contains(linkKeys, key) {
				continue
			}
			if _, target := c.fromUID(link); target != nil && target.typ.id == "Image" && target.file() != nil {
				shown["image_scales"] = dict{"image": list{c.relativeScales(target, target.file())}}
			}
		}
		return shown
	}
	return v
}

// linkKey is the name of a member of d: the value of a URL is a link, too.
func linkKey(d dict, name string) string {
	if name == "value" && d["@type"] == "URL" {
		return "url"
	}
	return name
}

// teaser fills in what a teaser shows of its target. Other values stay as they are.
func (c *call) teaser(block dict) dict {
	href, isList := block["href"].(list)
	if block["@type"] != "teaser" || !isList || len(href) == 0 {
		return block
	}
	if _, chosen := block["overwrite"]; !chosen {
		block = maps.Clone(block)
		block["overwrite"] = true
		return block
	}
	first, _ := href[0].(dict)
	link := str(first["@id"])
	_, target := c.fromUID(link)
	block = maps.Clone(block)
	switch {
	case target != nil && c.visible(target):
		first = maps.Clone(first)
		maps.Copy(first, c.brain(target))
		block["href"] = append(list{first}, href[1:]...)
		if isFalse(block["overwrite"]) {
			block["title"], block["description"], block["head_title"] = first["title"], first["description"], first["head_title"]
		}
	case !strings.HasPrefix(link, "http"):
		block["href"] = list{}
	}
	return block
}

// toUID is a link of o as it is stored: one to an object of the site, which an alias may name, by its UID, seen from o.
func (c *call) toUID(o *object, link string) string {
	path := strings.TrimPrefix(strings.TrimPrefix(link, c.site.url), "/Plone")
	end := len(path)
	for _, mark := range []string{"/@@", "#"} {
		if i := strings.Index(path, mark); i >= 0 {
			end = min(end, i)
		}
	}
	path, rest := "/"+strings.Trim(path[:end], "/"), path[end:]
	target := c.find(path)
	if target == nil {
		target = c.find(c.aliases[path].target)
	}
	if link == "" || target == nil || target.parent == nil {
		return link
	}
	return strings.Repeat("../", o.depth()) + "resolveuid/" + target.uid + rest
}

// fromUID is a stored link as it is shown, and the object that it leads to, nil when there is none or the link leads
// further.
func (c *call) fromUID(link string) (string, *object) {
	_, after, found := strings.Cut(link, "resolveuid/")
	if !found {
		return link, nil
	}
	uid, rest := after, ""
	if i := strings.IndexAny(after, "/#"); i >= 0 {
		uid, rest = after[:i], after[i:]
	}
	target := c.byUID[uid]
	if target == nil {
		return link, nil
	}
	return c.urlOf(target) + rest, target
}
