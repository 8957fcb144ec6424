package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

// Content is an object of the site: what most content types have. Which fields
// an answer holds depends on the type, its behaviors and the permissions of the
// user; those that are absent or null are zero. Embed it in a struct of your own
// to add the fields of a type, or read them with Extra.
//
// It can be sent back as it was read: the server takes the fields that may be
// written and ignores the others. Zero fields are left out, so to reset one to
// "" or false send [Fields] or a struct with [Opt]; an empty slice is sent.
type Content struct {
	URL       string `json:"@id,omitempty"` // its address
	Type      string `json:"@type,omitempty"`
	TypeTitle string `json:"type_title,omitempty"` // in the language of the request
	UID       string `json:"UID,omitempty"`
	ID        string `json:"id,omitempty"` // last element of the address

	Title        string   `json:"title,omitempty"`
	Description  string   `json:"description,omitempty"`
	NavTitle     string   `json:"nav_title,omitempty"` // title in the navigation
	Subjects     []string `json:"subjects,omitzero"`
	Creators     []string `json:"creators,omitzero"`
	Contributors []string `json:"contributors,omitzero"`
	Rights       string   `json:"rights,omitempty"`
	Language     Term     `json:"language,omitzero"`

	Created   Time `json:"created,omitzero"`
	Modified  Time `json:"modified,omitzero"`
	Effective Time `json:"effective,omitzero"` // when it is published; the server drops the seconds
	Expires   Time `json:"expires,omitzero"`

	ReviewState       string `json:"review_state,omitempty"` // empty for types without workflow
	Version           string `json:"version,omitempty"`      // "current", or a number
	VersioningEnabled Bool   `json:"versioning_enabled,omitempty"`
	ChangeNote        string `json:"changeNote,omitempty"` // of the version that a write makes; never read
	Layout            string `json:"layout,omitempty"`
	ExcludeFromNav    Bool   `json:"exclude_from_nav,omitempty"`
	AllowDiscussion   Bool   `json:"allow_discussion,omitempty"`
	IsFolderish       bool   `json:"is_folderish,omitempty"`
	TargetURL         string `json:"targetUrl,omitempty"` // where readers are sent; of links and files

	BlockTree // the text of pages made of blocks

	// Relations. To write one, a Summary with a URL is enough, which may be an
	// address, a path or a UID here.
	RelatedItems       []Summary  `json:"relatedItems,omitzero"`
	PreviewImageLink   Summary    `json:"preview_image_link,omitzero"` // zero also when the image is gone
	PreviewCaptionLink string     `json:"preview_caption_link,omitempty"`
	PreviewImage       NamedImage `json:"preview_image,omitzero"`
	PreviewCaption     string     `json:"preview_caption,omitempty"`

	Parent        Summary     `json:"parent,omitzero"`        // zero for the site
	PreviousItem  Summary     `json:"previous_item,omitzero"` // zero at the beginning
	NextItem      Summary     `json:"next_item,omitzero"`     // zero at the end
	Lock          Lock        `json:"lock,omitzero"`
	WorkingCopy   WorkingCopy `json:"working_copy,omitzero"`    // zero when there is none
	WorkingCopyOf WorkingCopy `json:"working_copy_of,omitzero"` // zero when this is no working copy
	Components    Components  `json:"@components,omitzero"`

	Items      []Summary `json:"items,omitempty"` // first batch of the children of a container
	ItemsTotal int       `json:"items_total,omitempty"`
	Batching   *Batching `json:"batching,omitempty"` // nil when Items are all

	origin origin
}

// Extra decodes the field called name, which Content has no member for, into v.
//
// Errors: [errors.ErrNoField] when the answer has no such field; those of
// encoding/json.
func (c *Content) Extra(name string, v any) error { return c.origin.decode(name, v) }

// Component decodes the component called name, which Components has no member
// for, into v.
//
// Errors: as Extra.
func (c *Content) Component(name string, v any) error {
	var components json.RawMessage
	if err := c.Extra("@components", &components); err != nil {
		return err
	}
	return decodeMember(components, name, v)
}

// Raw returns the JSON that the object was decoded from; nil for one that was
// not. It must not be changed.
func (c *Content) Raw() json.RawMessage { return c.origin.raw() }

// unlocked says that the lock the object was read under has been given up.
func (c *Content) unlocked() { c.Lock = Lock{Stealable: c.Lock.Stealable} }

func (c *Content) check() error {
	if c.URL == "" {
		return errMissing("@id")
	}
	return nil
}

// place is where the object is; the root only when its breadcrumbs were asked for.
func (c *Content) place() Breadcrumbs {
	at := Breadcrumbs{URL: c.URL}
	if crumbs := c.Components.Breadcrumbs.Value; crumbs != nil {
		at.Root = crumbs.Root
	}
	return at
}

func (c *Content) keep(o origin) {
	c.origin = o
	if o.index == whole { // items in a list come without items of their own
		for i := range c.Items {
			c.Items[i].keep(origin{o.answer, i})
		}
	}
}

func (c *Content) identity() string { return c.URL }

// whole reports whether this is more than a summary. Comments have neither.
func (c *Content) whole() bool { return c.UID != "" || c.ID != "" || c.Type == "Discussion Item" }

// Summary is the short form of an object, in lists and search results. The zero
// Summary stands for none.
type Summary struct {
	URL         string `json:"@id,omitempty"`
	Type        string `json:"@type,omitempty"`
	TypeTitle   string `json:"type_title,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	ReviewState string `json:"review_state,omitempty"` // empty for types without workflow
	UID         string `json:"UID,omitempty"`          // only as metadata, and of related items

	Effective  Time   `json:"effective,omitzero"`
	Start      Time   `json:"start,omitzero"`
	End        Time   `json:"end,omitzero"`
	Size       string `json:"getObjSize,omitempty"` // for people, like "1.5 KB"
	RemoteURL  string `json:"getRemoteUrl,omitempty"`
	HeadTitle  string `json:"head_title,omitempty"`
	NavTitle   string `json:"nav_title,omitempty"`
	MIMEType   string `json:"mime_type,omitempty"`
	ImageField string `json:"image_field,omitempty"` // the field to take as a preview

	ImageScales ImageScales `json:"image_scales,omitempty"`

	// Only as metadata.
	Creator  string `json:"Creator,omitempty"` // user id
	Created  Time   `json:"created,omitzero"`
	Modified Time   `json:"modified,omitzero"`

	origin origin
}

// Extra decodes the field called name, which Summary has no member for, into v.
// Ask for it with Metadata.
//
// Errors: [errors.ErrNoField] when the answer has no such field; those of
// encoding/json.
func (s *Summary) Extra(name string, v any) error { return s.origin.decode(name, v) }

// Raw returns the JSON that the summary was decoded from; nil for one that was
// not, or that is part of an object. It must not be changed.
func (s *Summary) Raw() json.RawMessage { return s.origin.raw() }

func (s *Summary) check() error {
	if s.URL == "" {
		return errMissing("@id")
	}
	return nil
}

func (s *Summary) keep(o origin) { s.origin = o }

func (s *Summary) identity() string { return s.URL }

// origin is where the JSON of a value is found when somebody asks for it.
type origin struct {
	answer *answer
	index  int // among the items of the answer; whole for the answer itself
}

const whole = -1

// answer is the body of an answer, taken apart only when somebody asks.
type answer struct {
	body  []byte
	once  sync.Once
	items []json.RawMessage
}

// raw returns the JSON of the value; nil for a value that was not decoded.
func (o origin) raw() []byte {
	switch {
	case o.answer == nil:
		return nil
	case o.index == whole:
		return o.answer.body
	}
	o.answer.once.Do(func() {
		var object struct {
			Items []json.RawMessage `json:"items"`
		}
		// It was decoded once, so this cannot fail.
		_ = wire.Unmarshal(o.answer.body, &object)
		o.answer.items = object.Items
	})
	if o.index >= len(o.answer.items) {
		return nil // the answer has two members of that name
	}
	return o.answer.items[o.index]
}

// decode decodes the member called name.
func (o origin) decode(name string, v any) error { return decodeMember(o.raw(), name, v) }

// decodeMember decodes the member of object called name; object is nil for a
// value that was not decoded.
func decodeMember(object []byte, name string, v any) error {
	var members map[string]json.RawMessage
	if object != nil {
		if err := wire.Unmarshal(object, &members); err != nil {
			return err
		}
	}
	member, found := members[name]
	if !found {
		return fmt.Errorf("plone: %w: %q", errors.ErrNoField, name)
	}
	return wire.Unmarshal(member, v)
}

// errMissing is the error of an answer that lacks the member it is made of.
func errMissing(member string) error { return fmt.Errorf("the answer has no %q", member) }

// Term is a value of a vocabulary. To write one, the Token is enough.
type Term struct {
	Token string `json:"token"`
	Title string `json:"title,omitempty"` // in the language of the request; empty when the value is not in the vocabulary
}

// identity tells terms of a list apart. A source may use a token twice.
func (t *Term) identity() string { return t.Token + "\x00" + t.Title }

// UnmarshalJSON implements json.Unmarshaler. A value that its vocabulary does
// not have comes bare.
func (t *Term) UnmarshalJSON(data []byte) error {
	type plain Term
	*t = Term{}
	switch {
	case string(data) == `""` || string(data) == "null":
		return nil
	case bytes.HasPrefix(data, []byte("{")):
		return wire.Unmarshal(data, (*plain)(t))
	case bytes.HasPrefix(data, []byte(`"`)):
		return wire.Unmarshal(data, &t.Token)
	case bytes.HasPrefix(data, []byte("[")):
		return fmt.Errorf("%s is not a value of a vocabulary", shorten(string(data)))
	default: // a number, true or false
		t.Token = string(data)
		return nil
	}
}

// Lock tells who holds an object. The zero Lock is that of a type that cannot be
// locked.
type Lock struct {
	Locked      bool    `json:"locked"`
	Stealable   bool    `json:"stealable"`
	Name        string  `json:"name,omitempty"` // "plone.locking.stealable", or "iterate.lock" of a working copy
	Token       string  `json:"token,omitempty"`
	Creator     string  `json:"creator,omitempty"` // user id
	CreatorName string  `json:"creator_name,omitempty"`
	CreatorURL  string  `json:"creator_url,omitempty"`
	Created     Time    `json:"created,omitzero"`
	Time        float64 `json:"time,omitempty"`    // seconds since 1970
	Timeout     int     `json:"timeout,omitempty"` // seconds
}

// WorkingCopy is the short form of a working copy, or of the object that it is a
// copy of.
type WorkingCopy struct {
	URL         string `json:"@id,omitempty"`
	Title       string `json:"title,omitempty"`
	Created     Time   `json:"created,omitzero"` // of a working copy only, like what follows
	CreatorName string `json:"creator_name,omitempty"`
	CreatorURL  string `json:"creator_url,omitempty"`
}

// newBody is data as the body of a response.
func newBody(data []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }
