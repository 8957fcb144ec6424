package plonetest

import (
	"maps"
	"slices"
	"time"
)

// contentType describes a type of content. A chapter that edits types changes these values.
type contentType struct {
	id, title string
	folderish bool // items can be added to it
	addable   bool // in any container
	workflow  bool
	lockable  bool
	fromFile  bool // ids come from the file name, not the title
	layouts   []string
	layout    string // the one that new items have, "" for the first
	fieldsets []fieldset
	fields    map[string]*field
	own       map[string]string // the fieldsets that were added to it, and their descriptions
}

// fieldset is a tab of the form of a type; the order of the fields is that of validation, too.
type fieldset struct {
	id, title string
	fields    []string
}

func (t *contentType) field(name string) *field { return t.fields[name] }

// kind says how a field is read, checked and written.
type kind int

const (
	textLine kind = iota
	text
	shortName // the id of the object
	boolean
	integer
	number   // with a point
	date     // with time
	day      // without time
	choice   // of a vocabulary
	choices  // several of them
	lines    // tuple of text lines
	relation // to another object, stored as its UID
	relations
	richText
	jsonObject
	blob
	picture
	address // URI
)

// field describes a field of a schema.
type field struct {
	name     string
	kind     kind
	required bool
	missing  any // what it is when it has not been set
	terms    []term
	max      int // greatest length, 0 for no limit

	title, description string
	behavior           string // "" for the type's own schema
	schema             dict   // further members of its description in @types
}

// term is an entry of a vocabulary.
type term struct {
	token, title string
	value        any
}

// has returns a copy of f that belongs to another behavior.
func (f field) has(behavior string) field {
	f.behavior = behavior
	return f
}

// stockFields are the fields of the behaviors that Plone's own types use.
func stockFields() map[string]*field {
	vocabulary := func(name string) dict {
		return dict{"vocabulary": dict{"@id": "/@vocabularies/" + name}}
	}
	widget := func(name string) dict { return dict{"widgetOptions": vocabulary(name)} }
	class := func(name string) dict { return dict{"widgetOptions": dict{"klass": name}} }
	languages := []term{{"en", "English", "en"}, {"de", "Deutsch", "de"}}
	table := []field{
		{name: "title", required: true, missing: "", max: 1024, title: "Title", behavior: "plone.basic"},
		{name: "description", kind: text, missing: "", max: 10000, title: "Summary", behavior: "plone.basic",
			description: "Used in item listings and search results."},
		{name: "changeNote", missing: "", title: "Change Note", behavior: "plone.versioning",
			description: "Enter a comment that describes the changes you made."},
		{name: "versioning_enabled", kind: boolean, missing: true, title: "Versioning enabled",
			behavior: "plone.versioning", description: "Enable/disable versioning for this document.",
			schema: dict{"default": true}},
		{name: "preview_image_link", kind: relation, title: "Preview image", behavior: "volto.preview_image_link",
			description: "Select an image that will be used in listing and teaser blocks.",
			schema: dict{
				"vocabulary": dict{"@id": "/@vocabularies/plone.app.multilingual.RootCatalog"},
				"widgetOptions": dict{"frontendOptions": dict{"widget": "object_browser",
					"widgetProps": dict{"mode": "image", "return": "single"}}},
			}},
		{name: "preview_caption_link", title: "Preview image caption", behavior: "volto.preview_image_link"},
		{name: "subjects", kind: lines, missing: list{}, title: "Tags", behavior: "plone.categorization",
			description: "Tags are commonly used for ad-hoc organization of content.",
			schema:      widget("plone.app.vocabularies.Keywords")},
		{name: "language", kind: choice, missing: "", terms: languages, title: "Language",
			behavior: "plone.categorization",
			schema: dict{"default": "en",
				"vocabulary": dict{"@id": "/@vocabularies/plone.app.vocabularies.SupportedContentLanguages"}}},
		{name: "relatedItems", kind: relations, missing: list{}, title: "Related Items", behavior: "plone.relateditems",
			schema: dict{"default": list{}, "widgetOptions": dict{"pattern_options": dict{"recentlyUsed": true},
				"vocabulary": dict{"@id": "/@vocabularies/plone.app.vocabularies.Catalog"}}}},
		{name: "effective", kind: date, title: "Publishing Date", behavior: "plone.publication",
			description: "If this date is in the future, the content will not show up in listings and searches until this date."},
		{name: "expires", kind: date, title: "Expiration Date", behavior: "plone.publication",
			description: "When this date is reached, the content will no longer be visible in listings and searches."},
		{name: "creators", kind: lines, missing: list{}, title: "Creators", behavior: "plone.ownership",
			description: "Persons responsible for creating the content of this item. Please enter a list of user names, one per line. The principal creator should come first.",
			schema:      widget("plone.app.vocabularies.Users")},
		{name: "contributors", kind: lines, missing: list{}, title: "Contributors", behavior: "plone.ownership",
			description: "The names of people that have contributed to this item. Each contributor should be on a separate line.",
			schema:      widget("plone.app.vocabularies.Users")},
		{name: "rights", kind: text, missing: "", title: "Rights", behavior: "plone.ownership",
			description: "Copyright statement or other rights information on this item."},
		{name: "id", kind: shortName, title: "Short name", behavior: "plone.shortname",
			description: "This name will be displayed in the URL."},
		{name: "nav_title", title: "Navigation title", behavior: "volto.navtitle"},
		{name: "exclude_from_nav", kind: boolean, missing: false, title: "Exclude from navigation",
			behavior:    "plone.excludefromnavigation",
			description: "If selected, this item will not appear in the navigation tree", schema: dict{"default": false}},
		{name: "allow_discussion", kind: choice, title: "Allow discussion",
			terms:    []term{{"True", "Yes", true}, {"False", "No", false}},
			behavior: "plone.app.discussion.behavior.IAllowDiscussion", description: "Allow discussion for this content object.",
			schema: dict{
				"choices": list{list{"True", "Yes"}, list{"False", "No"}},
				"enum":    list{"True", "False"}, "enumNames": list{"Yes", "No"},
				"vocabulary": dict{"@id": "/@sources/allow_discussion"},
			}},
		{name: "nextPreviousEnabled", kind: boolean, missing: false, title: "Enable next previous navigation",
			behavior:    "plone.nextprevioustoggle",
			description: "This enables next/previous widget on content items contained in this folder.",
			schema:      dict{"default": false}},
		{name: "blocks", kind: jsonObject, missing: dict{}, title: "Blocks", behavior: "volto.blocks",
			description: "The JSON representation of the object blocks information. Must be a JSON object.",
			schema:      dict{"default": dict{}}},
		{name: "blocks_layout", kind: jsonObject, missing: dict{"items": list{}}, title: "Blocks Layout",
			behavior:    "volto.blocks",
			description: "The JSON representation of the object blocks layout. Must be a JSON array.",
			schema:      dict{"default": dict{"items": list{}}}},
		{name: "start", kind: date, required: true, title: "Event Starts", behavior: "plone.eventbasic",
			description: "Date and Time, when the event begins.",
			schema:      dict{"widgetOptions": dict{"default_timezone": "UTC", "klass": "event_start"}}},
		{name: "end", kind: date, required: true, title: "Event Ends", behavior: "plone.eventbasic",
			description: "Date and Time, when the event ends.",
			schema: dict{"widgetOptions": dict{"default_timezone": "UTC", "klass": "event_end",
				"pattern_options": dict{"after": "input.event_end", "behavior": "styled", "offset-days": "0.125"}}}},
		{name: "whole_day", kind: boolean, missing: false, title: "Whole Day", behavior: "plone.eventbasic",
			description: "Event lasts whole day.",
			schema:      dict{"default": false, "widgetOptions": dict{"klass": "event_whole_day"}}},
		{name: "open_end", kind: boolean, missing: false, title: "Open End", behavior: "plone.eventbasic",
			description: "This event is open ended.",
			schema:      dict{"default": false, "widgetOptions": dict{"klass": "event_open_end"}}},
		{name: "sync_uid", behavior: "plone.eventbasic", schema: dict{"mode": "hidden"}},
		{name: "recurrence", kind: text, title: "Recurrence", behavior: "plone.eventrecurrence",
			description: "Define the event recurrence rule.",
			schema: dict{"widgetOptions": dict{"first_day": 0, "klass": "event_recurrence",
				"show_repeat_forever": false, "start_field": "IEventBasic.start"}}},
		{name: "location", title: "Location", behavior: "plone.eventlocation",
			description: "Location of the event.", schema: class("event_location")},
		{name: "attendees", kind: lines, missing: list{}, title: "Attendees", behavior: "plone.eventattendees",
			description: "List of attendees.",
			schema:      dict{"default": list{}, "widgetOptions": dict{"klass": "event_attendees"}}},
		{name: "contact_name", title: "Contact Name", behavior: "plone.eventcontact",
			description: "Name of a person to contact about this event.", schema: class("event_contact_name")},
		{name: "contact_email", title: "Contact E-mail", behavior: "plone.eventcontact",
			description: "Email address to contact about this event.", schema: class("event_contact_email")},
		{name: "contact_phone", title: "Contact Phone", behavior: "plone.eventcontact",
			description: "Phone number to contact about this event.", schema: class("event_contact_phone")},
		{name: "event_url", kind: address, title: "Event URL", behavior: "plone.eventcontact",
			description: "Web address with more info about the event. Add http:// for external links.",
			schema:      class("event_url")},
		{name: "remoteUrl", required: true, title: "URL",
			description: "The link is used almost verbatim, relative links become absolute and the strings \"${navigation_root_url}\" and \"${portal_url}\" get replaced with the real navigation_root_url or portal_url. If in doubt which one to use, please use navigation_root_url.\n        "},
		{name: "file", kind: blob, required: true, title: "File"},
		{name: "image", kind: picture, required: true, title: "Image"},
		{name: "text", kind: richText, title: "Text", behavior: "plone.richtext"},
		{name: "sort_on", title: "Sort on", behavior: "plone.collection", description: "Sort the collection on this index"},
		{name: "sort_reversed", kind: boolean, title: "Reversed order", behavior: "plone.collection",
			description: "Sort the results in reversed order"},
		{name: "limit", kind: integer, missing: int64(1000), title: "Limit", behavior: "plone.collection",
			description: "Limit Search Results", schema: dict{"default": 1000, "minimum": 1}},
		{name: "item_count", kind: integer, missing: int64(30), title: "Item count", behavior: "plone.collection",
			description: "Number of items that will show up in one batch.", schema: dict{"default": 30, "minimum": 1}},
	}
	fields := make(map[string]*field, len(table))
	for i := range table {
		fields[table[i].name] = &table[i]
	}
	return fields
}

// stockTypes are the types of a site with blocks, in the order in which Plone lists them: by title.
func stockTypes() []*contentType {
	stock := stockFields()
	dublinCore := func(own ...string) []fieldset {
		return []fieldset{
			{"default", "Default", own},
			{"categorization", "Categorization", []string{"subjects", "language", "relatedItems"}},
			{"dates", "Dates", []string{"effective", "expires"}},
			{"ownership", "Ownership", []string{"creators", "contributors", "rights"}},
		}
	}
	preview := fieldset{"preview_image", "Preview image", []string{"preview_image_link", "preview_caption_link"}}
	settings := func(names ...string) fieldset { return fieldset{"settings", "Settings", names} }
	layout := fieldset{"layout", "Layout", []string{"blocks", "blocks_layout"}}
	event := []string{"title", "description", "start", "end", "whole_day", "open_end", "sync_uid", "recurrence",
		"location", "attendees", "contact_name", "contact_email", "contact_phone", "event_url", "changeNote"}
	link := dublinCore("title", "description", "remoteUrl", "changeNote")
	link[1].fields = []string{"subjects", "language"}
	folder := slices.Clip(dublinCore("title", "description"))
	folder[1].fields = []string{"subjects", "language"}
	folderViews := []string{"summary_view", "full_view", "tabular_view", "album_view", "folder_listing"}
	listings := []string{"album_view", "full_view", "listing_view", "summary_view", "tabular_view", "event_listing"}
	page := func(sets []fieldset, set fieldset) []fieldset {
		return append(slices.Insert(sets, 1, preview), set, layout)
	}
	types := []*contentType{
		{id: "Collection", title: "Collection", workflow: true, lockable: true, layouts: listings, layout: "listing_view",
			fieldsets: append(dublinCore("title", "description", "sort_on", "sort_reversed", "limit", "item_count", "text"),
				settings("id", "exclude_from_nav", "allow_discussion"))},
		{id: "Event", title: "Event", folderish: true, addable: true, workflow: true, lockable: true,
			layouts: []string{"event_view"},
			fieldsets: page(dublinCore(event...),
				settings("id", "nav_title", "exclude_from_nav", "allow_discussion", "versioning_enabled"))},
		{id: "File", title: "File", addable: true, fromFile: true, layouts: []string{"file_view"},
			fieldsets: append(dublinCore("title", "description", "file"), preview, settings("id", "allow_discussion"))},
		{id: "Folder", title: "Folder", folderish: true, addable: true, workflow: true, layouts: listings,
			layout: "listing_view", fieldsets: append(dublinCore("title", "description"),
				settings("exclude_from_nav", "id", "nextPreviousEnabled", "allow_discussion"))},
		{id: "Image", title: "Image", addable: true, fromFile: true, layouts: []string{"image_view"},
			fieldsets: append(dublinCore("title", "description", "image"), settings("id", "allow_discussion"))},
		{id: "LIF", title: "Language Independent Folder", folderish: true, workflow: true,
			layouts: folderViews, layout: "folder_listing", fieldsets: append(folder, settings("exclude_from_nav"))},
		{id: "LRF", title: "Language Root Folder", folderish: true, workflow: true, lockable: true,
			layouts: folderViews, layout: "folder_listing", fieldsets: append(folder, settings("exclude_from_nav"), layout)},
		{id: "Link", title: "Link", addable: true, workflow: true, layouts: []string{"link_redirect_view"},
			fieldsets: append(slices.Insert(link, 1, preview),
				settings("id", "nav_title", "exclude_from_nav", "versioning_enabled", "allow_discussion"))},
		{id: "News Item", title: "News Item", folderish: true, addable: true, workflow: true, lockable: true,
			layouts: []string{"newsitem_view"},
			fieldsets: page(dublinCore("title", "description", "changeNote"),
				settings("id", "nav_title", "exclude_from_nav", "versioning_enabled", "allow_discussion"))},
		{id: "Document", title: "Page", folderish: true, addable: true, workflow: true, lockable: true,
			layouts: []string{"document_view"},
			fieldsets: page(dublinCore("title", "description", "changeNote"),
				settings("id", "nav_title", "exclude_from_nav", "allow_discussion", "versioning_enabled"))},
		{id: "Plone Site", title: "Plone Site", folderish: true, lockable: true,
			layouts:   append([]string{"document_view"}, append(listings, "language-switcher")...),
			fieldsets: append(dublinCore("title", "description"), layout)},
	}
	for _, t := range types {
		t.fields = map[string]*field{}
		for _, set := range t.fieldsets {
			for _, name := range set.fields {
				t.fields[name] = stock[name]
			}
		}
	}
	adapt(types, stock)
	return types
}

// adapt gives types what differs from the stock fields.
func adapt(types []*contentType, stock map[string]*field) {
	for _, t := range types {
		own := func(f field) { t.fields[f.name] = &f }
		switch t.id {
		case "File", "Image":
			title, description := *stock["title"], *stock["description"]
			title.required, title.behavior = false, ""
			description.title, description.description, description.behavior = "Description", "", ""
			own(title)
			own(description)
		case "Plone Site":
			language := *stock["language"]
			language.missing = "en"
			own(language)
		case "Folder", "Collection", "LIF", "LRF":
			for _, name := range []string{"title", "description", "subjects", "language", "effective", "expires",
				"creators", "contributors", "rights"} {
				own(stock[name].has("plone.dublincore"))
			}
		}
	}
}

// jsonSchema describes a field as @types does.
func (s *site) jsonSchema(t *contentType, f *field) dict {
	line := func() dict {
		return dict{"description": "", "factory": "Text line (String)", "title": "", "type": "string"}
	}
	behavior := f.behavior
	if behavior == "" {
		behavior = ownSchema + ".Plone_5_0_" + t.id
	}
	d := dict{"title": f.title, "description": f.description, "behavior": behavior, "type": "string"}
	switch f.kind {
	case textLine, shortName:
		d["factory"] = "Text line (String)"
	case text:
		d["factory"], d["widget"] = "Text", "textarea"
	case boolean:
		d["factory"], d["type"] = "Yes/No", "boolean"
	case integer:
		d["factory"], d["type"] = "Integer", "integer"
	case number:
		d["factory"], d["type"] = "Floating-point number", "number"
	case day:
		d["factory"], d["widget"] = "Date", "date"
	case date:
		d["factory"], d["widget"] = "Date/Time", "datetime"
		if f.required {
			d["default"] = defaultDate(f.name)
		}
	case choice:
		d["factory"] = "Choice"
	case choices:
		d["factory"], d["type"] = "Multiple Choice", "array"
		d["additionalItems"], d["uniqueItems"] = true, true
	case lines:
		d["factory"], d["type"], d["items"] = "Tuple", "array", line()
		d["additionalItems"], d["uniqueItems"] = true, true
	case relation:
		d["factory"] = "Relation Choice"
	case relations:
		d["factory"], d["type"] = "Relation List", "array"
		d["additionalItems"], d["uniqueItems"] = true, true
		d["items"] = dict{"description": "", "factory": "Relation Choice", "title": "Related", "type": "string",
			"vocabulary": dict{"@id": s.url + "/@vocabularies/plone.app.vocabularies.Catalog"}}
	case richText:
		d["factory"], d["widget"] = "Rich Text", "richtext"
	case jsonObject:
		d["factory"], d["type"], d["widget"] = "JSONField", "dict", "json"
	case address:
		d["factory"], d["widget"] = "URL", "url"
	case blob, picture:
		d["factory"], d["type"] = "File", "object"
		if f.kind == picture {
			d["factory"] = "Image"
		}
		contentType, data, filename := line(), line(), line()
		contentType["title"], contentType["default"] = "Content Type", ""
		contentType["description"] = "The content type identifies the type of data."
		data["title"], data["default"], data["description"] = "Data", "", "The actual content of the object."
		filename["title"] = "Filename"
		d["properties"] = dict{f.name + ".contentType": contentType, f.name + ".data": data, f.name + ".filename": filename}
	}
	if f.max > 0 {
		d["maxLength"] = f.max
	}
	maps.Copy(d, s.absolute(f.schema).(dict))
	return d
}

// absolute returns v with the site's address before every "@id" that begins with a slash.
func (s *site) absolute(v any) any {
	d, ok := v.(dict)
	if !ok {
		return v
	}
	copied := make(dict, len(d))
	for key, item := range d {
		if id, ok := item.(string); ok && key == "@id" {
			copied[key] = s.url + id
		} else {
			copied[key] = s.absolute(item)
		}
	}
	return copied
}

// defaultDate is the begin or the end of a new event: this hour.
func defaultDate(name string) time.Time {
	hour := time.Now().UTC().Truncate(time.Hour)
	if name == "end" {
		return hour.Add(time.Hour)
	}
	return hour
}
