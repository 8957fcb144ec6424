package plonetest

import (
	"slices"
	"strings"
)

func navigationServices() []service {
	return []service{
		{method: "GET", name: "@navigation", on: anything, permission: view, handle: getNavigation},
		{method: "GET", name: "@contextnavigation", on: anything, permission: view, handle: getContextNavigation},
	}
}

// displayed says whether menus show objects of a type.
func (t *contentType) displayed() bool {
	switch t.id {
	case "Link", "News Item", "Folder", "Document", "Event", "Collection":
		return true
	default:
		return false
	}
}

// getNavigation answers with the menu of the site.
func getNavigation(c *call) (*answer, error) {
	navigation, err := expandNavigation(c, c.context)
	return ok(navigation), err
}

func expandNavigation(c *call, o *object) (any, error) {
	depth := 1
	if v, given := c.form["expand.navigation.depth"]; given {
		n, isInt := pythonInt(v)
		if !isInt {
			return nil, fail("BadRequest", "Invalid expand.navigation.depth: Not an integer")
		}
		depth = n
	}
	root := o.navigationRoot()
	items := list{dict{"@id": c.urlOf(root), "title": "Home", "description": "", "review_state": nil, "items": list{}}}
	for _, child := range c.menu(root) {
		item := c.menuItem(child)
		item["items"] = c.submenu(child, depth-1, root)
		items = append(items, item)
	}
	return dict{"@id": c.urlOf(o) + "/@navigation", "items": items}, nil
}

// submenu is what a menu has below o. Only objects in the language of the menu are in it.
func (c *call) submenu(o *object, depth int, root *object) list {
	items := list{}
	if depth < 1 {
		return items
	}
	language := root.text("language")
	for _, child := range c.menu(o) {
		if child.text("language") != language {
			continue
		}
		item := c.menuItem(child)
		item["use_view_action_in_listings"] = false
		item["items"] = c.submenu(child, depth-1, root)
		items = append(items, item)
	}
	return items
}

// menu are the children of o that menus show to the user.
func (c *call) menu(o *object) []*object {
	return slices.DeleteFunc(slices.Clone(c.children(o)), func(child *object) bool {
		return !child.typ.displayed() || child.get("exclude_from_nav") == true
	})
}

func (c *call) menuItem(o *object) dict {
	return dict{"@id": c.urlOf(o), "title": o.navTitle(), "description": o.text("description"), "review_state": o.reviewState()}
}

// treeOptions are the options of @contextnavigation.
type treeOptions struct {
	name, rootPath        string
	includeTop, folder    bool
	icons                 bool
	topLevel, bottomLevel int
	all                   bool // the tree is not opened along the way to an object, but everywhere
}

// one is the value of a parameter that was given once, "" otherwise.
func (f form) one(name string) string {
	s, _ := f[name].(string)
	return s
}

// under says whether o is folder or lies below it.
func (o *object) under(folder *object) bool {
	for ; o != nil; o = o.parent {
		if o == folder {
			return true
		}
	}
	return false
}

func (c *call) treeOptions() (treeOptions, error) {
	const prefix = "expand.contextnavigation."
	t := treeOptions{name: c.form.one(prefix + "name"), rootPath: c.form.one(prefix + "root_path"), topLevel: 1}
	// Other words for true are not known here.
	t.includeTop = strings.EqualFold(c.form.one(prefix+"includeTop"), "true")
	t.folder = strings.EqualFold(c.form.one(prefix+"currentFolderOnly"), "true")
	t.icons = !strings.EqualFold(c.form.one(prefix+"no_icons"), "true")
	for name, level := range map[string]*int{"topLevel": &t.topLevel, "bottomLevel": &t.bottomLevel} {
		v, given := c.form[prefix+name]
		if !given {
			continue
		}
		n, isInt := pythonInt(v)
		if !isInt {
			return t, fail("InvalidIntLiteral", "invalid literal for int() with base 10: "+repr(v))
		}
		*level = n
	}
	return t, nil
}

// getContextNavigation answers with the tree around an object.
func getContextNavigation(c *call) (*answer, error) {
	tree, err := expandContextNavigation(c, c.context)
	return ok(tree), err
}

func expandContextNavigation(c *call, o *object) (any, error) {
	t, err := c.treeOptions()
	if err != nil {
		return nil, err
	}
	d := dict{"@id": c.urlOf(o) + "/@contextnavigation", "title": "Navigation", "has_custom_name": t.name != "", "items": list{}}
	if t.name != "" {
		d["title"] = t.name
	}
	root := c.treeRoot(o, t)
	switch {
	case t.rootPath == "" && !t.folder:
		d["url"] = c.urlOf(o.navigationRoot()) + "/sitemap"
	case root == nil:
		d["url"] = nil
	case root == root.navigationRoot():
		d["url"] = c.urlOf(root) + "/sitemap"
	default:
		d["url"] = c.urlOf(root)
	}
	if root == nil {
		d["available"] = false
		return d, nil
	}
	t.all = !o.under(root)
	items := c.tree(root, o, t, 1)
	d["available"] = t.bottomLevel < 0 || len(items) > 0
	if d["available"] == false {
		return d, nil
	}
	if t.bottomLevel < 0 {
		items = list{}
	}
	if t.includeTop {
		top := c.treeItem(root, o, t)
		top["is_folderish"], top["is_in_path"], top["icon"] = true, true, ""
		if root.parent == nil {
			top["title"], top["type"], top["review_state"] = "Home", "plone-site", ""
		}
		items = append(list{top}, items...)
	}
	d["items"] = items
	return d, nil
}

// treeRoot is the object whose children the tree begins with, nil when o is too far up for that.
func (c *call) treeRoot(o *object, t treeOptions) *object {
	if t.folder {
		if o.typ.folderish {
			return o
		}
		return o.parent
	}
	root := o.navigationRoot()
	if t.rootPath != "" {
		if root = c.find(t.rootPath); root == nil {
			root = c.root
		}
	}
	if t.topLevel <= 0 {
		return root
	}
	if !o.under(root) || o.depth()-root.depth() < t.topLevel {
		return nil
	}
	for o.depth()-root.depth() > t.topLevel {
		o = o.parent
	}
	return o
}

// tree are the entries below folder: all those below the current object, and the children of what is on the way to it.
// When the current object lies elsewhere, it is everything.
func (c *call) tree(folder, current *object, t treeOptions, level int) list {
	items := list{}
	for _, child := range c.children(folder) {
		onWay := current.under(child)
		if !onWay && (!child.typ.displayed() || child.get("exclude_from_nav") == true) {
			continue
		}
		item := c.treeItem(child, current, t)
		deeper := t.all || onWay || child.under(current)
		if child.typ.folderish && deeper && (t.bottomLevel == 0 || level < t.bottomLevel) {
			item["items"] = c.tree(child, current, t, level+1)
		}
		items = append(items, item)
	}
	return items
}

func (c *call) treeItem(o, current *object, t treeOptions) dict {
	state, icon := o.reviewState(), ""
	if state == nil {
		state = ""
	}
	if file := o.file(); t.icons && o.typ.id == "File" && file != nil {
		icon = "/Plone/++resource++mimetype.icons/" + mimeIcon(file.contentType) + ".png"
	}
	return dict{
		"@id": c.urlOf(o), "href": c.urlOf(o), "title": o.navTitle(), "description": o.text("description"),
		"review_state": state, "icon": icon, "thumb": "", "type": cssName(o.typ.id), "normalized_id": cssName(o.id),
		"is_current": o == current, "is_in_path": o != current && current.under(o), "is_folderish": o.typ.folderish,
		"items": list{},
	}
}

// mimeIcon is the name of the icon of a media type.
func mimeIcon(mediaType string) string {
	switch mediaType {
	case "text/plain":
		return "txt"
	case "application/pdf":
		return "pdf"
	default:
		return "unknown"
	}
}

// cssName is an id as it is used in names of CSS classes.
func cssName(id string) string { return strings.ReplaceAll(strings.ToLower(id), " ", "-") }
