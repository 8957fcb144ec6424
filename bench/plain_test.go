package bench

import (
	"encoding/json"
	"time"
)

// What a program that does without the SDK would decode into: the members of
// client.Content, client.Summary and client.Batch as plain types.

type plainContent struct {
	ID        string `json:"@id"`
	Type      string `json:"@type"`
	TypeTitle string `json:"type_title"`
	UID       string
	ShortName string `json:"id"`

	Title        string    `json:"title"`
	Description  string    `json:"description"`
	Subjects     []string  `json:"subjects"`
	Creators     []string  `json:"creators"`
	Contributors []string  `json:"contributors"`
	Rights       string    `json:"rights"`
	Language     plainTerm `json:"language"`

	Created   time.Time `json:"created"`
	Modified  time.Time `json:"modified"`
	Effective time.Time `json:"effective"`
	Expires   time.Time `json:"expires"`

	ReviewState     string `json:"review_state"`
	Version         string `json:"version"`
	Layout          string `json:"layout"`
	ExcludeFromNav  bool   `json:"exclude_from_nav"`
	AllowDiscussion bool   `json:"allow_discussion"`
	IsFolderish     bool   `json:"is_folderish"`
	TargetURL       string `json:"targetUrl"`

	Parent       plainSummary               `json:"parent"`
	PreviousItem plainSummary               `json:"previous_item"`
	NextItem     plainSummary               `json:"next_item"`
	Lock         plainLock                  `json:"lock"`
	Components   map[string]json.RawMessage `json:"@components"`

	Items      []plainSummary `json:"items"`
	ItemsTotal int            `json:"items_total"`
	Batching   *plainBatching `json:"batching"`
}

type plainSummary struct {
	ID          string `json:"@id"`
	Type        string `json:"@type"`
	TypeTitle   string `json:"type_title"`
	Title       string `json:"title"`
	Description string `json:"description"`
	ReviewState string `json:"review_state"`
	UID         string

	Effective  time.Time `json:"effective"`
	Start      time.Time `json:"start"`
	End        time.Time `json:"end"`
	Size       string    `json:"getObjSize"`
	RemoteURL  string    `json:"getRemoteUrl"`
	HeadTitle  string    `json:"head_title"`
	NavTitle   string    `json:"nav_title"`
	MIMEType   string    `json:"mime_type"`
	ImageField string    `json:"image_field"`
}

type plainListing struct {
	ID         string         `json:"@id"`
	Items      []plainSummary `json:"items"`
	ItemsTotal int            `json:"items_total"`
	Batching   *plainBatching `json:"batching"`
}

type plainTerm struct {
	Token string `json:"token"`
	Title string `json:"title"`
}

type plainLock struct {
	Locked      bool      `json:"locked"`
	Stealable   bool      `json:"stealable"`
	Name        string    `json:"name"`
	Token       string    `json:"token"`
	Creator     string    `json:"creator"`
	CreatorName string    `json:"creator_name"`
	CreatorURL  string    `json:"creator_url"`
	Created     time.Time `json:"created"`
	Time        float64   `json:"time"`
	Timeout     int       `json:"timeout"`
}

type plainBatching struct {
	ID    string `json:"@id"`
	First string `json:"first"`
	Last  string `json:"last"`
	Next  string `json:"next"`
	Prev  string `json:"prev"`
}

// plainError is the body of an error.
type plainError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// newPage are the fields of a page that is created.
type newPage struct {
	Type        string   `json:"@type"`
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Subjects    []string `json:"subjects"`
}
