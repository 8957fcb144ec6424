package client

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"plone.example/restapi/internal/wire"
)

// Bool is the value of a yes/no field of content. Such a field keeps a 0 or 1
// that somebody wrote into it, and the server sends it as it is; Bool reads both.
type Bool bool

// UnmarshalJSON implements json.Unmarshaler.
func (b *Bool) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "true", "1":
		*b = true
	case "false", "0", "null":
		*b = false
	default:
		return fmt.Errorf("%s is neither true nor false", shorten(string(data)))
	}
	return nil
}

// Float is the value of a field for numbers with a point. Such a field refuses 1
// where 1.0 is meant, and a decimal field is told 1.1 as the binary fraction next to
// it, so it is sent as a string, which both take. Float reads either form.
type Float float64

// MarshalJSON implements json.Marshaler.
func (f Float) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return nil, fmt.Errorf("%v is not a number of JSON", float64(f))
	}
	return []byte(`"` + strconv.FormatFloat(float64(f), 'g', -1, 64) + `"`), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Float) UnmarshalJSON(data []byte) error {
	text := string(data)
	if text == "null" {
		*f = 0
		return nil
	}
	if strings.HasPrefix(text, `"`) {
		if err := wire.Unmarshal(data, &text); err != nil {
			return err
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%s is not a number", shorten(string(data)))
	}
	*f = Float(v)
	return nil
}

// NamedFile is the file in a field. One that was read describes the file and
// has no Data; sent back, it keeps the stored file, whatever else it says. Make
// one with [NewNamedFile] to store another.
type NamedFile struct {
	Filename    string `json:"filename,omitempty"`
	ContentType string `json:"content-type,omitempty"`
	Size        int64  `json:"size,omitempty"`     // bytes
	Download    string `json:"download,omitempty"` // address of the bytes; relative in ImageScales
	payload
}

// payload is the part of a NamedFile that is only written.
type payload struct {
	Data     []byte `json:"data,omitzero"` // sent as base64
	Encoding string `json:"encoding,omitempty"`
}

// NewNamedFile returns a file to store. It travels inside of the JSON, a third
// longer than it is; for large ones there is [FileService].
func NewNamedFile(filename, contentType string, data []byte) NamedFile {
	if data == nil {
		data = []byte{} // nil would keep the stored file
	}
	return NamedFile{Filename: filename, ContentType: contentType, payload: payload{data, "base64"}}
}

// NamedImage is the image in a field, with its sizes. As with NamedFile, one
// that was read keeps the stored image when it is sent back.
type NamedImage struct {
	NamedFile
	Width  int                   `json:"width,omitempty"`  // pixels
	Height int                   `json:"height,omitempty"` // pixels
	Scales map[string]ImageScale `json:"scales,omitempty"` // by name, like "preview"
}

// NewNamedImage returns an image to store. The server finds out its width and
// height.
func NewNamedImage(filename, contentType string, data []byte) NamedImage {
	return NamedImage{NamedFile: NewNamedFile(filename, contentType, data)}
}

// ImageScale is a smaller version of an image.
type ImageScale struct {
	Download string `json:"download"` // changes with the image; relative in ImageScales
	Width    int    `json:"width"`    // pixels
	Height   int    `json:"height"`   // pixels
}

// ImageScales are the images of an object by the names of their fields, as the
// catalog has them. Their addresses are relative to that of the object.
type ImageScales map[string][]NamedImage

// RichText is a text with markup. The server sends it with unsafe tags removed.
type RichText struct {
	Data        string `json:"data"`
	ContentType string `json:"content-type,omitempty"` // text/html when empty
	Encoding    string `json:"encoding,omitempty"`     // utf-8 when empty
}

// MarshalJSON implements json.Marshaler. The server replaces the character
// references of a text once before it stores it, so that "&lt;b&gt;" would
// become a tag; this escapes them, and Data arrives as it is.
func (t RichText) MarshalJSON() ([]byte, error) {
	type plain RichText
	t.Data = strings.ReplaceAll(t.Data, "&", "&amp;")
	return wire.Marshal(plain(t))
}
