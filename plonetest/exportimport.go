package plonetest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"time"
)

func exportServices() []service {
	return []service{
		{method: "POST", name: "@export", on: siteRoot, permission: managePortal, handle: postExport},
		{method: "POST", name: "@import", on: siteRoot, permission: managePortal, handle: postImport},
	}
}

// postExport makes a file of all objects. It holds what this package itself imports again, and no more.
func postExport(c *call) (*answer, error) {
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	add := func(name string, v any) {
		f, _ := w.Create(name) // a buffer takes everything
		_, _ = f.Write(appendJSON(nil, v, serviceComma, 0))
	}
	paths := list{}
	c.root.walk(func(o *object) {
		if o.parent != nil {
			paths = append(paths, o.uid)
			add("content/"+o.uid+"/data.json", dict{"@id": "/Plone" + o.path(), "@type": o.typ.id, "id": o.id, "UID": o.uid,
				"title": o.text("title")})
		}
	})
	add("content/__metadata__.json", dict{"__version__": "1.0.0", "_data_files_": paths})
	_ = w.Close()
	a := &answer{status: http.StatusOK, raw: file.Bytes()}
	return a.with("Content-Type", "application/zip").with("Content-Disposition", `attachment; filename="plone_export.zip"`), nil
}

// postImport adds the objects of a file that are not there.
func postImport(c *call) (*answer, error) {
	data, refused := c.uploaded()
	if refused != "" {
		return &answer{status: http.StatusBadRequest, body: dict{"error": refused}}, nil
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fail("BadZipFile", "File is not a zip file")
	}
	n := 0
	for _, f := range archive.File {
		if path.Base(f.Name) != "data.json" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, fail("BadZipFile", "File is not a zip file")
		}
		content, err := io.ReadAll(r)
		_ = r.Close()
		v, jsonErr := parseJSON(content)
		object, isDict := v.(dict)
		if err != nil || jsonErr != nil || !isDict {
			return nil, fail("BadZipFile", "Bad CRC-32 for file "+repr(f.Name))
		}
		n += c.importObject(object)
	}
	c.changed()
	return ok(dict{"status": "success", "report": list{fmt.Sprintf("ContentImporter: Imported %d objects", n)}}), nil
}

func (c *call) importObject(d dict) int {
	where := strings.TrimPrefix(str(d["@id"]), "/Plone")
	parent, typ := c.find(path.Dir(where)), c.types[str(d["@type"])]
	if parent == nil || typ == nil {
		return 0
	}
	o := c.find(where)
	if o == nil {
		now := time.Now()
		o = &object{id: str(d["id"]), uid: str(d["UID"]), typ: typ, owner: c.user.id, created: now, modified: now, state: "private"}
		c.add(parent, o)
	}
	o.set("title", str(d["title"]))
	return 1
}

// uploaded is the part "file" of a form, or the words with which it is refused.
func (c *call) uploaded() (data []byte, refused string) {
	_, params, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	if err != nil {
		return nil, "No file provided"
	}
	form := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, "No file provided"
		}
		if part.FormName() != "file" {
			continue
		}
		if part.FileName() == "" {
			return nil, "Invalid file format"
		}
		data, err = io.ReadAll(part)
		if err != nil {
			return nil, "No file provided"
		}
		return data, ""
	}
}
