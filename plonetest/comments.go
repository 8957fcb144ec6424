package plonetest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func commentServices() []service {
	return []service{
		{method: "GET", name: "@comments", on: anything, permission: view, segments: true, handle: getComments},
		{method: "POST", name: "@comments", on: anything, permission: view, segments: true, handle: postComment},
		{method: "PATCH", name: "@comments", on: anything, permission: editComments, segments: true, handle: patchComment},
		{method: "DELETE", name: "@comments", on: anything, permission: deleteComments, segments: true, handle: deleteComment},
	}
}

// comment is a comment on an object.
type comment struct {
	id, parent        int64 // parent is 0 for a comment on the object itself
	text, author      string
	created, modified time.Time
	entry             *object // that the catalog finds it by
}

// discussionItem is the type that comments have in the catalog. They lie in no container.
var discussionItem = &contentType{id: "Discussion Item", title: "Discussion Item", workflow: true}

// catalogComment makes the entry of a comment on o in the catalog. Its title is that of o at this time, and everybody
// finds it, also those who may not see o.
func (c *call) catalogComment(o *object, m *comment) {
	m.entry = &object{id: strconv.FormatInt(m.id, 10), uid: newUID(), typ: discussionItem, parent: o, comment: m,
		created: m.created, modified: m.created, owner: m.author, state: "published"}
	m.entry.set("title", c.fullName(m.author)+" on "+o.text("title"))
	m.entry.set("description", strings.ReplaceAll(m.text, "\n", " "))
	m.entry.set("creators", list{m.author})
	m.entry.set("effective", m.created)
	c.enter(m.entry)
}

// placed fails when the catalog cannot put hits into the order of their containers, as comments are in none: when one
// is about an object that is no container itself, and when all are about one object.
func placed(found []*object) error {
	about := map[*object]bool{}
	for _, o := range found {
		switch {
		case o.comment == nil:
			about[nil] = true
		case !o.parent.typ.folderish:
			return fail("AttributeError", "__getitem__")
		default:
			about[o.parent] = true
		}
	}
	if len(about) == 1 && !about[nil] {
		return fail("AttributeError", "'NoneType' object has no attribute 'objectIds'")
	}
	return nil
}

// commentBrain replaces what the catalog does not know of a comment, or has from its object, in a summary.
func (c *call) commentBrain(o *object, d dict) {
	for name := range d {
		switch name {
		case "CreationDate", "Date", "EffectiveDate", "ExpirationDate", "Language", "ModificationDate", "Subject",
			"TranslationGroup", "block_types", "cmf_uid", "commentators", "exclude_from_nav", "expires", "image_field",
			"listCreators", "mime_type", "total_comments":
			d[name] = nil
		case "Type":
			d[name] = "Comment"
		case "author_name":
			d[name] = c.fullName(o.owner)
		case "getIcon":
			d[name] = false
		case "in_response_to":
			_, d[name], _ = strings.Cut(o.text("title"), " on ")
		}
	}
}

// fullName is the name of a user as people know it.
func (s *site) fullName(id string) string {
	if u := s.users[id]; u != nil && u.properties["fullname"] != "" {
		return u.properties["fullname"]
	}
	return id
}

// discussed says whether an object takes comments.
func (o *object) discussed() bool { return o.get("allow_discussion") == true }

// thread are the comments below one, each before its replies.
func (o *object) thread(parent int64) []*comment {
	var thread []*comment
	for _, m := range o.comments {
		if m.parent == parent {
			thread = append(append(thread, m), o.thread(m.id)...)
		}
	}
	return thread
}

// comment is the one that the path names. Without a name, and with 0, the id is 0; an unknown one has no comment.
func (c *call) comment() (id int64, m *comment, err error) {
	if len(c.segments) == 0 {
		return 0, nil, nil
	}
	for _, segment := range c.segments {
		if id, err = strconv.ParseInt(segment, 10, 64); err != nil {
			return 0, nil, fail("BadRequest", "Invalid comment_id: Not an integer")
		}
	}
	i := slices.IndexFunc(c.context.comments, func(m *comment) bool { return m.id == id })
	if i < 0 {
		return id, nil, nil
	}
	return id, c.context.comments[i], nil
}

// getComments answers with the comments on an object, or one of them.
func getComments(c *call) (*answer, error) {
	id, m, err := c.comment()
	switch {
	case err != nil:
		return nil, err
	case m != nil:
		return ok(c.commentInfo(c.context, m)), nil
	case id != 0:
		return nil, fail("KeyError", strconv.FormatInt(id, 10))
	}
	thread := c.context.thread(0)
	b, err := c.batch(len(thread))
	if err != nil {
		return nil, err
	}
	visible := c.allowed(c.user, viewComments, c.context)
	items := list{}
	if visible {
		for _, m := range thread[b.from:b.to] {
			items = append(items, c.commentInfo(c.context, m))
		}
	}
	d := dict{"@id": c.canonical(), "items": items, "items_total": b.total, "permissions": dict{
		"view_comments": visible, "can_reply": c.allowed(c.user, replyToItem, c.context)}}
	if b.links != nil {
		d["batching"] = b.links
	}
	return ok(d), nil
}

// commentInfo is the full description of a comment on o.
func (c *call) commentInfo(o *object, m *comment) dict {
	url := c.urlOf(o) + "/@comments/"
	d := dict{
		"@id": url + strconv.FormatInt(m.id, 10), "@type": "Discussion Item", "@parent": nil,
		"comment_id": strconv.FormatInt(m.id, 10), "in_reply_to": nil,
		"text": dict{"data": m.text, "mime-type": "text/plain"}, "user_notification": nil,
		"author_username": m.author, "author_name": c.fullName(m.author), "author_image": nil,
		"creation_date": m.created, "modification_date": m.modified,
		"is_editable":  c.allowed(c.user, editComments, o),
		"is_deletable": c.allowed(c.user, deleteComments, o),
		"can_reply":    c.allowed(c.user, replyToItem, o),
	}
	if m.parent != 0 {
		d["in_reply_to"] = strconv.FormatInt(m.parent, 10)
		d["@parent"] = url + strconv.FormatInt(m.parent, 10)
	}
	return d
}

// commentText reads the form of a comment.
func (c *call) commentText() (string, error) {
	data, err := c.json()
	if err != nil {
		return "", err
	}
	text, isString := data["text"].(string)
	switch {
	case data["text"] == nil || text == "" && isString:
		return "", fail("BadRequest", "{'errors': [RequiredMissing('text')]}")
	case !isString:
		return "", fail("BadRequest", "{'errors': [WrongType("+repr(data["text"])+", <class 'str'>, 'text')]}")
	}
	return text, nil
}

func (c *call) commented(id int64) *answer {
	return noContent().with("Location", c.urlOf(c.context)+"/@comments/"+strconv.FormatInt(id, 10))
}

// unknownComment is the answer of those who look whether there is one.
func unknownComment() *answer { return &answer{status: http.StatusNotFound} }

// postComment adds a comment, below another one if the path names it.
func postComment(c *call) (*answer, error) {
	parent, m, err := c.comment()
	if err != nil {
		return nil, err
	}
	if parent != 0 && m == nil {
		return unknownComment(), nil
	}
	text, err := c.commentText()
	switch {
	case err != nil:
		return nil, err
	case c.plain:
		return nil, fail("AttributeError", "@@conversation_view")
	case !c.context.discussed():
		return nil, fail("Unauthorized", "Discussion is not enabled for this content object.")
	case !c.allowed(c.user, replyToItem, c.context):
		return nil, fail("Unauthorized", "Anonymous user tries to post a comment, but anonymous commenting is disabled. "+
			"Or user does not have the 'reply to item' permission.")
	}
	now := time.Now()
	id := now.UnixMicro()
	if all := c.context.comments; len(all) > 0 {
		id = max(id, all[len(all)-1].id+1)
	}
	added := &comment{id: id, parent: parent, text: text, author: c.user.id, created: now, modified: now}
	c.context.comments = append(c.context.comments, added)
	c.catalogComment(c.context, added)
	c.changed()
	return c.commented(id), nil
}

// patchComment changes the text of a comment.
func patchComment(c *call) (*answer, error) {
	id, m, err := c.comment()
	switch {
	case err != nil:
		return nil, err
	case id == 0:
		return nil, fail("BadRequest", "Comment id is a required part of the url")
	case m == nil:
		return unknownComment(), nil
	}
	text, err := c.commentText()
	if err != nil {
		return nil, err
	}
	m.text, m.modified = text, time.Now()
	m.entry.set("description", strings.ReplaceAll(text, "\n", " "))
	m.entry.modified = m.modified
	c.changed()
	return c.commented(id), nil
}

// deleteComment removes a comment and the replies to it.
func deleteComment(c *call) (*answer, error) {
	id, m, err := c.comment()
	switch {
	case err != nil:
		return nil, err
	case id == 0:
		return nil, fail("BadRequest", "Comment id is a required part of the url")
	case m == nil:
		return unknownComment(), nil
	}
	gone := append(c.context.thread(id), m)
	for _, m := range gone {
		c.forget(m.entry)
	}
	c.context.comments = slices.DeleteFunc(c.context.comments, func(m *comment) bool { return slices.Contains(gone, m) })
	c.changed()
	return noContent(), nil
}
