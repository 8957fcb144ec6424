package plonetest

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

func tusServices() []service {
	return []service{
		{method: "OPTIONS", name: "@tus-upload", on: folderish, permission: addContent, handle: tusOptions},
		{method: "POST", name: "@tus-upload", on: folderish, permission: addContent, handle: tusUploadPost},
		{method: "POST", name: "@tus-replace", on: anyContent, permission: modify, handle: tusReplacePost},
		{method: "HEAD", name: "@tus-upload", on: siteRoot, permission: addContent, segments: true, handle: tusHead},
		{method: "HEAD", name: "@tus-upload", on: anyContent, permission: view, segments: true, handle: tusHead},
		{method: "PATCH", name: "@tus-upload", on: siteRoot, permission: addContent, segments: true, handle: tusPatch},
		{method: "PATCH", name: "@tus-upload", on: anyContent, permission: view, segments: true, handle: tusPatch},
	}
}

const tusVersion = "1.0.0"

// tusLife is how long an upload is kept after the last chunk.
const tusLife = time.Hour

// tusUpload is a file that is on its way.
type tusUpload struct {
	length   int // a negative one is complete at once, with nothing in it
	metadata map[string]string
	replace  bool
	data     []byte
	touched  time.Time
}

func tusOptions(*call) (*answer, error) {
	return noContent().with("Tus-Resumable", tusVersion).with("Tus-Version", tusVersion).
		with("Tus-Extension", "creation,expiration"), nil
}

func tusUploadPost(c *call) (*answer, error)  { return c.startUpload(false) }
func tusReplacePost(c *call) (*answer, error) { return c.startUpload(true) }

func (c *call) startUpload(replace bool) (*answer, error) {
	if a := c.otherVersion(); a != nil {
		return a, nil
	}
	length, err := strconv.Atoi(c.header.Get("Upload-Length"))
	if err != nil {
		return refuse(http.StatusBadRequest, "Bad Request", "Missing or invalid Upload-Length header"), nil
	}
	u := &tusUpload{length: length, metadata: map[string]string{}, replace: replace, touched: time.Now()}
	for item := range strings.SplitSeq(c.header.Get("Upload-Metadata"), ",") {
		if pair := strings.Fields(item); len(pair) == 2 {
			value, err := base64.StdEncoding.DecodeString(pair[1])
			if err != nil {
				return nil, fail("Error", "Incorrect padding")
			}
			u.metadata[strings.ToLower(pair[0])] = string(value)
		}
	}
	for id, old := range c.uploads {
		if time.Since(old.touched) > tusLife {
			delete(c.uploads, id)
		}
	}
	id := newUID()
	c.uploads[id] = u
	a := &answer{status: http.StatusCreated, empty: true}
	return a.with("Location", c.urlOf(c.context)+"/@tus-upload/"+id).
		with("Upload-Expires", u.expires()).with("Tus-Resumable", tusVersion), nil
}

func (u *tusUpload) expires() string { return u.touched.Add(tusLife).UTC().Format(http.TimeFormat) }

// otherVersion refuses any version of the protocol but one; nil for that.
func (c *call) otherVersion() *answer {
	if c.header.Get("Tus-Resumable") == tusVersion {
		return nil
	}
	return refuse(http.StatusPreconditionFailed, "Precondition Failed", "Unsupported version").with("Tus-Version", tusVersion)
}

// upload finds the upload that the path names. Which object stands before that does not matter.
func (c *call) upload() (*tusUpload, *answer, error) {
	var u *tusUpload
	switch len(c.segments) {
	case 0:
	case 1:
		u = c.uploads[c.segments[0]]
	default:
		return nil, nil, errNotFound
	}
	if u == nil || u.length == 0 {
		return nil, refuse(http.StatusNotFound, "Not Found", ""), nil
	}
	permission := addContent
	if u.replace {
		permission = modify
	}
	if !c.allowed(c.user, permission, c.context) {
		return nil, nil, errUnauthorized
	}
	return u, c.otherVersion(), nil
}

func tusHead(c *call) (*answer, error) {
	u, refused, err := c.upload()
	if refused != nil || err != nil {
		return refused, err
	}
	a := &answer{status: http.StatusOK, empty: true}
	return a.with("Upload-Length", itoa(u.length)).with("Upload-Offset", itoa(len(u.data))).
		with("Tus-Resumable", tusVersion).with("Cache-Control", "no-store"), nil
}

// tusPatch appends the body, wherever the client says that it belongs.
func tusPatch(c *call) (*answer, error) {
	u, refused, err := c.upload()
	if refused != nil || err != nil {
		return refused, err
	}
	if c.header.Get("Content-Type") != "application/offset+octet-stream" {
		return refuse(http.StatusBadRequest, "Bad Request", "Missing or invalid Content-Type header"), nil
	}
	if _, err := strconv.Atoi(c.header.Get("Upload-Offset")); err != nil {
		return refuse(http.StatusBadRequest, "Bad Request", "Missing or invalid Upload-Offset header"), nil
	}
	u.data = append(u.data, c.body...)
	u.touched = time.Now()
	a := noContent().with("Tus-Resumable", tusVersion).with("Upload-Offset", itoa(len(u.data)))
	if len(u.data) < u.length {
		return a.with("Upload-Expires", u.expires()), nil
	}
	o, err := c.finishUpload(u)
	if err != nil {
		return nil, err
	}
	if o != nil {
		delete(c.uploads, c.segments[0])
		a.with("Location", c.urlOf(o))
	}
	return a, nil
}

// finishUpload makes content of an upload. It returns nil when no field can take the file, of which the client is told
// nothing.
func (c *call) finishUpload(u *tusUpload) (*object, error) {
	o, now := c.context, time.Now()
	if !u.replace {
		name, given := u.metadata["@type"]
		if !given {
			name = typeOf(u.metadata["content-type"])
		}
		typ := c.types[name]
		if typ == nil || !c.mayAdd(typ) {
			return nil, errUnauthorized
		}
		o = &object{typ: typ, parent: c.context, owner: c.user.id, created: now, modified: now}
		if typ.workflow {
			o.state = "private"
			o.history = []event{{actor: c.user.id, comments: "", state: "private", time: now}}
		}
	}
	name := u.metadata["fieldname"]
	if name == "" {
		if name = o.typ.primary(); name == "" {
			return nil, nil
		}
	}
	// Nothing else is checked, not even whether required fields are there.
	switch f := o.typ.field(name); {
	case f == nil: // the file is lost without a word
	case f.kind != blob && f.kind != picture:
		return nil, invalid([]pairs{fieldError(name, string(wrongType))})
	default:
		contentType := u.metadata["content-type"]
		if contentType == "" {
			contentType = "application/octet-stream"
		}
		data := u.data
		if f.kind == picture && !strings.HasPrefix(contentType, "image/") {
			u.data = nil // it has become that of a field by now
			return nil, invalid([]pairs{fieldError(name, "Invalid image file")})
		}
		o.set(name, newFile(data, u.metadata["filename"], contentType))
	}
	if u.replace {
		o.modified = now
		o.save(c.user.id, nil)
		c.changed()
		return o, nil
	}
	if err := c.choose(o, nil); err != nil {
		return nil, err
	}
	c.add(c.context, o)
	o.save(c.user.id, "Initial version")
	delete(c.aliases, o.path())
	return o, nil
}

// primary is the field for a file that comes without the name of one.
func (t *contentType) primary() string {
	for _, name := range []string{"file", "image"} {
		if f := t.field(name); f != nil && t.fromFile {
			return name
		}
	}
	return ""
}

// typeOf is the content type that Plone picks for a file when the client names none.
func typeOf(mediaType string) string {
	switch {
	case strings.HasPrefix(mediaType, "image/"):
		return "Image"
	case mediaType == "text/plain", mediaType == "text/html":
		return "Document"
	default:
		return "File"
	}
}
