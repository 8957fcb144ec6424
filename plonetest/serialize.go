package plonetest

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// noDate are the dates that the catalog has for objects without effective and expires.
var (
	noEffective = time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)
	noExpires   = time.Date(2499, 12, 31, 0, 0, 0, 0, time.UTC)
)

// content is the full description of an object. version is what the client asked for.
func (c *call) content(o *object, version string, items bool) (dict, error) {
	switch {
	case o.parent == nil:
		return c.siteContent(o)
	case o.comment != nil:
		return c.commentInfo(o.parent, o.comment), nil
	}
	fields, err := c.fields(o)
	if err != nil {
		return nil, err
	}
	components, err := c.components(o)
	if err != nil {
		return nil, err
	}
	d := dict{
		"@id": c.urlOf(o), "id": o.id, "@type": o.typ.id, "type_title": o.typ.title,
		"parent": c.summary(o.parent), "created": o.created, "modified": o.modified,
		"review_state": o.reviewState(), "UID": o.uid, "version": version, "layout": o.layoutName(),
		"is_folderish": o.typ.folderish, "previous_item": dict{}, "next_item": dict{},
		"lock": c.lockInfo(o), "@components": components,
	}
	d["working_copy"], d["working_copy_of"] = c.workingCopyInfo(o)
	if o.parent.knowsOrder() {
		for key, by := range map[string]int{"previous_item": -1, "next_item": 1} {
			if neighbour := o.sibling(by); neighbour != nil && c.allowed(c.user, view, neighbour) {
				d[key] = c.summary(neighbour)
			}
		}
	}
	for name, value := range fields {
		d[name] = value
	}
	if target := c.target(o); target != nil {
		d["targetUrl"] = target
	}
	d["allow_discussion"] = o.discussed()
	if o.typ.folderish && items {
		if err := c.items(o, d); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// siteContent is the description of the root, which has less than that of other objects.
func (c *call) siteContent(o *object) (dict, error) {
	fields, err := c.fields(o)
	if err != nil {
		return nil, err
	}
	components, err := c.components(o)
	if err != nil {
		return nil, err
	}
	d := dict{
		"@id": c.urlOf(o), "id": o.id, "@type": o.typ.id, "type_title": o.typ.title, "parent": dict{},
		"is_folderish": true, "UID": o.uid, "layout": o.layoutName(), "review_state": nil,
		"lock": c.lockInfo(o), "@components": components,
	}
	d["working_copy"], d["working_copy_of"] = c.workingCopyInfo(o)
	for name, value := range fields {
		d[name] = value
	}
	d["allow_discussion"] = false
	return d, c.items(o, d)
}

// items adds the page of children that the request asks for.
func (c *call) items(o *object, d dict) error {
	children := c.children(o)
	b, err := c.batch(len(children))
	if err != nil {
		return err
	}
	d["items_total"] = b.total
	if b.links != nil {
		d["batching"] = b.links
	}
	full := c.form.has("fullobjects") && o.parent != nil
	items := make(list, 0, b.to-b.from)
	for _, child := range children[b.from:b.to] {
		if !full {
			items = append(items, c.brain(child))
			continue
		}
		item, err := c.content(child, "current", false)
		if err != nil {
			return err
		}
		items = append(items, item)
	}
	d["items"] = items
	return nil
}

// target is where an object leads those who may not edit it: to its file, or for a link to its target.
func (c *call) target(o *object) any {
	switch {
	case o.typ.id == "Link" && c.user.id == "":
		return c.remoteURL(o)
	case o.typ.id == "File" && o.get("file") != nil && !c.allowed(c.user, modify, o):
		return c.urlOf(o) + "/@@download/file"
	}
	return nil
}

func (o *object) reviewState() any {
	if !o.typ.workflow {
		return nil
	}
	return o.state
}

func (o *object) layoutName() string {
	switch {
	case o.layout != "":
		return o.layout
	case o.typ.layout != "" || len(o.typ.layouts) == 0:
		return o.typ.layout
	default:
		return o.typ.layouts[0]
	}
}

// knowsOrder says whether the items of o know their neighbours.
func (o *object) knowsOrder() bool { return o.get("nextPreviousEnabled") == true }

// fields are the values of the schema of o.
func (c *call) fields(o *object) (dict, error) {
	d := make(dict, len(o.typ.fields)+24)
	for name, f := range o.typ.fields {
		value, err := c.value(o, f)
		if err != nil {
			return nil, err
		}
		d[name] = value
	}
	return d, nil
}

// value is that of a field as JSON.
func (c *call) value(o *object, f *field) (any, error) {
	v := o.get(f.name)
	switch f.kind {
	case shortName:
		return o.id, nil
	case choice:
		for _, t := range f.terms {
			if t.value == v {
				return dict{"token": t.token, "title": t.title}, nil
			}
		}
	case choices:
		values, isList := v.(list)
		if !isList {
			return nil, nil
		}
		chosen := list{}
		for _, t := range f.terms {
			if slices.Contains(values, t.value) {
				chosen = append(chosen, dict{"token": t.token, "title": t.title})
			}
		}
		return chosen, nil
	case relation:
		uid, _ := v.(string)
		target := c.byUID[uid]
		if target != nil {
			return c.related(target), nil
		}
		v = nil // gone
	case relations:
		related := list{}
		for _, uid := range v.(list) {
			if target := c.byUID[uid.(string)]; target != nil {
				related = append(related, c.related(target))
			}
		}
		return related, nil
	case jsonObject:
		if v == nil && f.name == "blocks" {
			return nil, fail("AttributeError", "'NoneType' object has no attribute 'values'")
		}
		return c.showLinks("", v), nil
	case blob, picture:
		if file, ok := v.(*file); ok {
			return c.fileInfo(o, f, file), nil
		}
	case richText:
		if text, ok := v.(dict); ok {
			return text, nil
		}
	case textLine:
		if f.name == "remoteUrl" {
			return c.remoteURL(o), nil
		}
	}
	return v, nil
}

// related is the description of the target of a relation.
func (c *call) related(o *object) dict {
	d := c.summary(o)
	d["UID"] = o.uid
	return d
}

// remoteURL is the target of a link; one inside the site is kept by its UID and comes back as its URL.
func (c *call) remoteURL(o *object) any {
	link, ok := o.get("remoteUrl").(string)
	if !ok {
		return nil
	}
	link, _ = c.fromUID(link)
	return link
}

// summary is the short description of an object that is at hand, as of a parent. Lists have [call.brain].
func (c *call) summary(o *object) dict {
	d := dict{
		"@id": c.urlOf(o), "@type": o.typ.id, "type_title": o.typ.title,
		"title": o.text("title"), "description": o.text("description"),
	}
	if o.parent == nil {
		return d
	}
	d["review_state"] = o.reviewState()
	d["effective"] = orDate(o.get("effective"), noEffective)
	d["start"], d["end"] = o.get("start"), o.get("end")
	d["getObjSize"], d["image_field"], d["image_scales"], d["mime_type"] = nil, nil, dict{}, nil
	d["getRemoteUrl"], d["head_title"], d["nav_title"] = nil, nil, orNil(o.get("nav_title"))
	c.addMetadata(o, d)
	return d
}

// brain is the short description of an object in a list, as the catalog has it.
func (c *call) brain(o *object) dict {
	d := dict{
		"@id": c.urlOf(o), "@type": o.typ.id, "type_title": o.typ.title,
		"title": o.text("title"), "description": strings.ReplaceAll(o.text("description"), "\n", " "),
		"review_state": o.reviewState(), "effective": orDate(o.get("effective"), noEffective),
		"start": o.get("start"), "end": o.get("end"), "getObjSize": o.size(), "image_field": "", "image_scales": nil,
		"mime_type": "text/plain", "getRemoteUrl": nil, "head_title": nil, "nav_title": orNil(o.get("nav_title")),
	}
	if o.typ.id == "Link" {
		d["getRemoteUrl"] = o.get("remoteUrl")
	}
	if file := o.file(); file != nil {
		d["mime_type"] = file.contentType
		if o.typ.id == "Image" {
			d["image_field"] = "image"
			d["image_scales"] = dict{"image": list{c.relativeScales(o, file)}}
		}
	}
	c.addMetadata(o, d)
	if o.comment != nil {
		c.commentBrain(o, d)
	}
	return d
}

func orNil(v any) any {
	if v == "" {
		return nil
	}
	return v
}

func orDate(v any, otherwise time.Time) time.Time {
	if t, ok := v.(time.Time); ok {
		return t
	}
	return otherwise
}

// size is that of the file as the catalog words it.
func (o *object) size() string {
	size := 0
	if file := o.file(); file != nil {
		size = len(file.data)
	}
	switch {
	case size == 0:
		return "0 KB"
	case size < 1<<10:
		return "1 KB"
	case size < 1<<20:
		return fmt.Sprintf("%.1f KB", float64(size)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MB", float64(size)/(1<<20))
	}
}

// addMetadata adds the columns of the catalog that metadata_fields asks for.
func (c *call) addMetadata(o *object, d dict) {
	for _, name := range c.form.all("metadata_fields") {
		if name == "_all" {
			for name := range columns {
				c.addColumn(name, o, d)
			}
			return
		}
		c.addColumn(name, o, d)
	}
}

// columns are the metadata of the catalog beside those that every summary has.
var columns = map[string]func(*call, *object) any{
	"CreationDate":      func(_ *call, o *object) any { return o.created },
	"Creator":           func(_ *call, o *object) any { return o.creator() },
	"Date":              func(_ *call, o *object) any { return orDate(o.get("effective"), o.modified) },
	"Description":       func(_ *call, o *object) any { return o.text("description") },
	"EffectiveDate":     func(_ *call, o *object) any { return orNone(o.get("effective")) },
	"ExpirationDate":    func(_ *call, o *object) any { return orNone(o.get("expires")) },
	"Language":          func(_ *call, o *object) any { return o.get("language") },
	"ModificationDate":  func(_ *call, o *object) any { return o.modified },
	"Subject":           func(_ *call, o *object) any { return o.get("subjects") },
	"Title":             func(_ *call, o *object) any { return o.text("title") },
	"TranslationGroup":  func(_ *call, o *object) any { return orNil(translationGroup(o)) },
	"Type":              func(_ *call, o *object) any { return o.typ.title },
	"UID":               func(_ *call, o *object) any { return o.uid },
	"author_name":       none,
	"block_types":       func(_ *call, o *object) any { return blockTypesOf(o) },
	"cmf_uid":           func(_ *call, o *object) any { return o.rid },
	"commentators":      func(*call, *object) any { return list{} },
	"created":           func(_ *call, o *object) any { return o.created },
	"exclude_from_nav":  func(_ *call, o *object) any { return o.get("exclude_from_nav") },
	"expires":           func(_ *call, o *object) any { return orDate(o.get("expires"), noExpires) },
	"getIcon":           none,
	"getId":             func(_ *call, o *object) any { return o.id },
	"getPath":           func(_ *call, o *object) any { return "/Plone" + o.path() },
	"getURL":            func(c *call, o *object) any { return c.urlOf(o) },
	"hasPreviewImage":   none,
	"id":                func(_ *call, o *object) any { return o.id },
	"in_response_to":    none,
	"is_folderish":      func(_ *call, o *object) any { return o.typ.folderish },
	"is_working_copy":   none,
	"last_comment_date": none,
	"listCreators":      func(_ *call, o *object) any { return o.get("creators") },
	"location":          func(_ *call, o *object) any { return o.get("location") },
	"modified":          func(_ *call, o *object) any { return o.modified },
	"portal_type":       func(_ *call, o *object) any { return o.typ.id },
	"sync_uid":          func(_ *call, o *object) any { return o.get("sync_uid") },
	"total_comments":    func(*call, *object) any { return 0 },
}

func none(*call, *object) any { return nil }

func orNone(v any) any {
	if v == nil {
		return "None"
	}
	return v
}

func (o *object) creator() string {
	if creators, ok := o.get("creators").(list); ok && len(creators) > 0 {
		return creators[0].(string)
	}
	return ""
}

// blockTypesOf are the types of the blocks of o, nil when it has none.
func blockTypesOf(o *object) any {
	blocks, _ := o.get("blocks").(dict)
	types := dict{}
	for _, block := range blocks {
		if b, ok := block.(dict); ok {
			if name, ok := b["@type"].(string); ok {
				n, _ := types[name].(int)
				types[name] = n + 1
			}
		}
	}
	if o.typ.field("blocks") == nil {
		return nil
	}
	return types
}

// scales are the sizes that an image is offered in, by their widths.
var scales = map[string]int{
	"icon": 32, "tile": 64, "thumb": 128, "mini": 200, "preview": 400, "teaser": 600, "large": 800, "larger": 1000,
	"great": 1200, "huge": 1600, "2k": 2000, "4k": 4000,
}

// fileInfo describes the file or image in a field.
func (c *call) fileInfo(o *object, f *field, file *file) dict {
	url := c.urlOf(o) + "/"
	d := dict{"filename": orNil(file.name), "content-type": file.contentType, "size": len(file.data)}
	if f.kind == blob {
		d["download"] = url + "@@download/" + f.name
		return d
	}
	d["width"], d["height"] = file.width, file.height
	d["download"] = url + scalePath(o, f.name, file, file.width)
	d["scales"] = c.scales(o, f.name, file, url)
	return d
}

// scales describes the smaller versions of an image; those larger than the image have its size.
func (c *call) scales(o *object, name string, file *file, prefix string) dict {
	all := dict{}
	if file.width <= 0 {
		return all
	}
	for scale, width := range scales {
		w, h := file.width, file.height
		if width < w {
			w, h = width, max(1, file.height*width/file.width)
		}
		all[scale] = dict{"download": prefix + scalePath(o, name, file, width), "width": w, "height": h}
	}
	return all
}

// relativeScales is what the catalog knows about an image: only scales that are smaller than it.
func (c *call) relativeScales(o *object, file *file) dict {
	d := dict{
		"filename": orNil(file.name), "content-type": file.contentType, "size": len(file.data),
		"width": file.width, "height": file.height, "download": scalePath(o, "image", file, file.width),
	}
	smaller := c.scales(o, "image", file, "")
	for scale := range smaller {
		if scales[scale] >= file.width {
			delete(smaller, scale)
		}
	}
	d["scales"] = smaller
	return d
}

// scalePath is the address of a version of an image. It changes with the image.
func scalePath(o *object, name string, file *file, width int) string {
	extension := file.contentType[strings.LastIndexByte(file.contentType, '/')+1:]
	sum := md5.Sum(fmt.Appendf(nil, "%s %s %d %d", o.uid, name, width, file.stored.UnixNano()))
	return fmt.Sprintf("@@images/%s-%d-%s.%s", name, width, hex.EncodeToString(sum[:]), extension)
}
