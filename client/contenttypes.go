package client

// The content types that Plone comes with. Which fields they have differs
// between sites, since behaviors can be added and removed: pages are made of
// blocks on some and of a rich text on others. Fields that a site does not have
// stay zero.

// Document is a page.
type Document struct {
	Content
	Text            RichText `json:"text,omitzero"`
	TableOfContents Bool     `json:"table_of_contents,omitempty"`
}

// NewsItem is a news item.
type NewsItem struct {
	Content
	Text         RichText   `json:"text,omitzero"`
	Image        NamedImage `json:"image,omitzero"`
	ImageCaption string     `json:"image_caption,omitempty"`
}

// Event is something that happens at a time.
type Event struct {
	Content
	Text       RichText `json:"text,omitzero"`
	Start      Time     `json:"start,omitzero"`
	End        Time     `json:"end,omitzero"`
	WholeDay   Bool     `json:"whole_day,omitempty"`
	OpenEnd    Bool     `json:"open_end,omitempty"`   // End is the end of the day of Start
	Recurrence string   `json:"recurrence,omitempty"` // RFC 5545, like "RRULE:FREQ=DAILY;COUNT=5"
	SyncUID    string   `json:"sync_uid,omitempty"`   // of the event in the calendar that it comes from

	Location     string   `json:"location,omitempty"`
	Attendees    []string `json:"attendees,omitempty"`
	ContactName  string   `json:"contact_name,omitempty"`
	ContactEmail string   `json:"contact_email,omitempty"`
	ContactPhone string   `json:"contact_phone,omitempty"`
	EventURL     string   `json:"event_url,omitempty"`
}

// Link leads to another place. One inside the site is stored by the UID of its
// target, and read as an absolute URL.
type Link struct {
	Content
	RemoteURL string `json:"remoteUrl,omitempty"`
}

// File is a file to download.
type File struct {
	Content
	File NamedFile `json:"file,omitzero"`
}

// Image is a picture.
type Image struct {
	Content
	Image NamedImage `json:"image,omitzero"`
}

// Folder is a container without a text of its own.
type Folder struct {
	Content
	NextPreviousEnabled Bool `json:"nextPreviousEnabled,omitempty"` // its items know their neighbours
}

// Collection is a stored search. Its Items are the hits.
type Collection struct {
	Content
	Text             RichText    `json:"text,omitzero"`
	Query            []Criterion `json:"query,omitempty"`
	SortOn           string      `json:"sort_on,omitempty"` // a catalog index
	SortReversed     Bool        `json:"sort_reversed,omitempty"`
	Limit            int         `json:"limit,omitempty"`      // of hits
	ItemCount        int         `json:"item_count,omitempty"` // hits on one page
	CustomViewFields []Term      `json:"customViewFields,omitempty"`
}

// Criterion is one condition of a stored search.
type Criterion struct {
	Index     string `json:"i"`
	Operation string `json:"o"`           // like "plone.app.querystring.operation.selection.any"
	Value     any    `json:"v,omitempty"` // what the operation takes: a string, a number, a list, or nil
}

// Site is the site itself, the object at "/". It has no dates, no version and
// no neighbours.
type Site struct {
	Content
	Text            RichText `json:"text,omitzero"`
	TableOfContents Bool     `json:"table_of_contents,omitempty"`
}
