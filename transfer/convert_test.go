package transfer_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
)

// pixel is a GIF of one pixel.
var pixel = []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x00;")

// oldSite is an export of collective.exportimport 1.16 of a Plone 5.2 at
// http://localhost:8080/Plone, in files by their names.
func oldSite() map[string]any {
	const site = "http://localhost:8080/Plone"
	object := func(id, uid, typ, parent string, more map[string]any) map[string]any {
		o := map[string]any{
			"@id": site + parent + "/" + id, "@type": typ, "UID": uid, "id": id, "title": "The " + id,
			"parent":       map[string]any{"@id": site + parent, "@type": "Folder", "UID": "11111111111111111111111111111111"},
			"review_state": "published", "language": "en", "is_folderish": typ == "Folder", "version": "current",
			"workflow_history": map[string]any{"simple_publication_workflow": []any{}},
		}
		if parent == "" {
			o["parent"] = map[string]any{"@id": site, "@type": "Plone Site", "UID": nil}
		}
		if typ == "Image" || typ == "File" {
			o["review_state"] = nil
		}
		for name, value := range more {
			o[name] = value
		}
		return o
	}
	return map[string]any{
		"Plone.json": []any{
			object("archive", "11111111111111111111111111111111", "Folder", "", nil),
			object("b", "22222222222222222222222222222222", "Document", "/archive", map[string]any{
				"text": map[string]any{
					"content-type": "text/html", "encoding": "utf-8",
					"data": `<p><a href="` + site + `/archive/a">a</a> <a href="resolveuid/11111111111111111111111111111111">up</a></p>`,
				},
				"allow_discussion":      true,
				"exportimport.versions": map[string]any{"0": map[string]any{"title": "old"}},
				"relatedItems":          []any{map[string]any{"@id": site + "/archive/a", "@type": "Document"}},
			}),
			object("a", "33333333333333333333333333333333", "Document", "/archive", nil),
			object("logo.gif", "44444444444444444444444444444444", "Image", "/archive", map[string]any{
				"image": map[string]any{
					"filename": "logo.gif", "content-type": "image/gif", "encoding": "base64",
					"data": base64.StdEncoding.EncodeToString(pixel),
				},
			}),
			object("big.bin", "55555555555555555555555555555555", "File", "/archive", map[string]any{
				"file": map[string]any{"filename": "big.bin", "content-type": "application/octet-stream", "size": 5, "blob_path": "0x00/0x01/0x02.blob"},
			}),
			object("gone.bin", "66666666666666666666666666666666", "Document", "/archive", map[string]any{
				"preview_image": map[string]any{"filename": "gone.png", "content-type": "image/png", "size": 5, "blob_path": "0x00/0x09.blob"},
			}),
			map[string]any{"unexported_paths": []any{map[string]any{"path": site + "/broken", "message": "Error exporting " + site + "/broken"}}},
		},
		"export_members.json": map[string]any{
			"groups": []any{map[string]any{"groupid": "editors", "roles": []any{"Editor"}, "groups": []any{}, "title": "Editors", "description": nil, "email": "", "principals": []any{"ann"}}},
			"members": []any{map[string]any{
				"username": "ann", "password": "{SSHA}AAAA", "roles": []any{"Member"}, "groups": []any{"editors"}, "email": "ann@example.org",
				"fullname": "Ann", "home_page": nil, "location": "", "description": nil, "listed": true, "login_time": "2020-01-01T00:00:00",
			}},
		},
		"export_relations.json": []any{
			map[string]any{"from_uuid": "22222222222222222222222222222222", "to_uuid": "33333333333333333333333333333333", "relationship": "relatesTo"},
		},
		"export_localroles.json": []any{
			map[string]any{"uuid": "22222222222222222222222222222222", "localroles": map[string]any{"ann": []any{"Reader"}}},
		},
		"export_ordering.json": []any{
			map[string]any{"uuid": "33333333333333333333333333333333", "order": 0},
			map[string]any{"uuid": "22222222222222222222222222222222", "order": 1},
		},
		"export_defaultpages.json": []any{
			map[string]any{"uuid": "11111111111111111111111111111111", "default_page": "a", "default_page_uuid": "33333333333333333333333333333333"},
		},
		"export_discussion.json": []any{
			map[string]any{"uuid": "22222222222222222222222222222222", "conversation": map[string]any{"items_total": 1, "items": []any{map[string]any{
				"@id": site + "/archive/b/@comments/1", "@type": "Discussion Item", "@parent": nil, "comment_id": "1", "in_reply_to": nil,
				"text": map[string]any{"data": "Nice", "mime-type": "text/plain"}, "user_notification": nil,
				"author_name": "Ann", "author_username": "ann", "creation_date": "2020-01-01T00:00:00", "modification_date": "2020-01-01T00:00:00",
			}}}},
		},
		"export_redirects.json": map[string]any{"/Plone/old": "/Plone/archive/a"},
		"export_portlets.json": []any{
			map[string]any{"@id": site + "/archive", "uuid": "11111111111111111111111111111111", "portlets": map[string]any{},
				"blacklist_status": []any{map[string]any{"manager": "plone.leftcolumn", "category": "context", "status": "block"}}},
		},
	}
}

func writeExport(t *testing.T, dir string, files map[string]any) {
	t.Helper()
	for name, value := range files {
		text, err := json.MarshalIndent(value, "", "    ")
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o666))
	}
}

func blobStorage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "0x00", "0x01"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "0x00", "0x01", "0x02.blob"), []byte("bytes"), 0o666))
	return dir
}

func TestConvert(t *testing.T) {
	source, dir := t.TempDir(), filepath.Join(t.TempDir(), "converted")
	writeExport(t, source, oldSite())
	var events int
	report, err := transfer.Convert(t.Context(), source, dir, transfer.ConvertOptions{
		Blobs: blobStorage(t), Progress: func(transfer.Event) { events++ },
	})
	require.ErrorIs(t, err, transfer.ErrIncomplete)
	assert.Equal(t, 6, report.Items)
	assert.EqualValues(t, 5+len(pixel), report.Bytes)
	assert.Equal(t, 8, events, "objects and problems")
	require.Len(t, report.Problems, 2)
	assert.Equal(t, "/archive/gone.bin", report.Problems[0].Path)
	assert.Equal(t, "preview_image", report.Problems[0].Field)
	assert.Contains(t, report.Problems[0].Message, "missing")
	assert.Equal(t, "/broken", report.Problems[1].Path)
	assert.Equal(t, 1, report.Losses[transfer.LossPortlets])

	record, err := os.ReadFile(filepath.Join(dir, "content", "22222222222222222222222222222222", "data.json"))
	require.NoError(t, err)
	assert.Contains(t, string(record), `<a href=\"../resolveuid/33333333333333333333333333333333\">`)
	assert.NotContains(t, string(record), "localhost:8080")

	site := newSite(t)
	c := site.client
	imported, err := transfer.Import(t.Context(), c, dir, transfer.ImportOptions{})
	require.ErrorIs(t, err, transfer.ErrIncomplete) // the default page
	for _, p := range imported.Problems {
		assert.Contains(t, []string{"default_page", "text"}, p.Field, p.Error()) // a Document of Volto has no text
	}
	b, err := c.Content.Get(t.Context(), "/archive/b")
	require.NoError(t, err)
	assert.Equal(t, "22222222222222222222222222222222", b.Value.UID)
	assert.Equal(t, "published", b.Value.ReviewState)
	var related []client.Summary
	require.NoError(t, b.Value.Extra("relatedItems", &related))
	require.Len(t, related, 1)
	assert.Equal(t, site.URL+"/archive/a", related[0].URL)
	for name, want := range map[string]string{"/archive/logo.gif": string(pixel), "/archive/big.bin": "bytes"} {
		d, err := c.Files.Download(t.Context(), name, client.DownloadOptions{})
		require.NoError(t, err)
		got, err := io.ReadAll(d)
		require.NoError(t, errors.Join(err, d.Close()))
		assert.Equal(t, want, string(got))
	}
	var order []string
	for child, err := range c.Content.Children(t.Context(), "/archive", client.ListOptions{}) {
		require.NoError(t, err)
		order = append(order, filepath.Base(child.URL))
	}
	assert.Equal(t, []string{"a", "b"}, order[:2])
	roles, err := c.Sharing.Get(t.Context(), "/archive/b")
	require.NoError(t, err)
	assert.Contains(t, fmt.Sprint(roles.Value.Entries), "ann")
	for comment, err := range c.Comments.All(t.Context(), "/archive/b", client.CommentOptions{}) {
		require.NoError(t, err)
		assert.Equal(t, "Nice", comment.Text.Data)
	}
	var old []string
	for alias, err := range c.Aliases.All(t.Context(), "/archive/a", client.AliasOptions{}) {
		require.NoError(t, err)
		old = append(old, alias.Path)
	}
	assert.Equal(t, []string{"/old"}, old)

	again, err := transfer.Import(t.Context(), c, dir, transfer.ImportOptions{})
	require.ErrorIs(t, err, transfer.ErrIncomplete)
	assert.Empty(t, again.Changes)
}

// TestConvert_forms: one array, object after object, a byte order mark, a folder
// with a file for each object.
func TestConvert_forms(t *testing.T) {
	objects := oldSite()["Plone.json"].([]any)[:3]
	var lines strings.Builder
	single := map[string]any{}
	for n, one := range objects {
		text, err := json.Marshal(one)
		require.NoError(t, err)
		fmt.Fprintf(&lines, "%s\n", text)
		single[fmt.Sprintf("Plone/%d.json", n+1)] = one
	}
	array, err := json.Marshal(objects)
	require.NoError(t, err)
	for name, write := range map[string]func(dir string) string{
		"array":  func(dir string) string { return writeText(t, dir, "\ufeff \n"+string(array)) },
		"lines":  func(dir string) string { return writeText(t, dir, lines.String()) },
		"folder": func(dir string) string { writeExport(t, dir, single); return dir },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "converted")
			for range 2 { // the second replaces the first
				report, err := transfer.Convert(t.Context(), write(t.TempDir()), dir, transfer.ConvertOptions{})
				require.NoError(t, err)
				assert.Equal(t, 3, report.Items)
			}
			records, err := filepath.Glob(filepath.Join(dir, "content", "*", "data.json"))
			require.NoError(t, err)
			assert.Len(t, records, 3)
		})
	}
}

func writeText(t *testing.T, dir, text string) string {
	t.Helper()
	name := filepath.Join(dir, "site.json")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
	return name
}

func TestConvert_refused(t *testing.T) {
	objects := oldSite()["Plone.json"].([]any)
	inner, err := json.Marshal(objects[1:2]) // does not lie in the site itself
	require.NoError(t, err)
	twice, err := json.Marshal([]any{objects[0], objects[0]})
	require.NoError(t, err)
	escaping, err := json.Marshal([]any{objects[0], map[string]any{
		"@id": "http://localhost:8080/Plone/x", "@type": "File", "UID": "77777777777777777777777777777777", "id": "x",
		"file": map[string]any{"content-type": "text/plain", "blob_path": "../../secret"},
	}})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		text    string
		options transfer.ConvertOptions
		is      error
		problem string
	}{
		"no JSON":                 {text: "[{]", is: errors.ErrDamaged},
		"cut off":                 {text: string(twice[:len(twice)-20]), is: errors.ErrDamaged},
		"nothing":                 {text: "[]", is: transfer.ErrNoExport},
		"no address":              {text: string(inner), is: errors.ErrInvalidInput},
		"address given":           {text: string(inner), options: transfer.ConvertOptions{Site: "http://localhost:8080/Plone/"}},
		"one UID twice":           {text: string(twice), is: transfer.ErrIncomplete, problem: "the same UID"},
		"out of the blobs":        {text: string(escaping), options: transfer.ConvertOptions{Blobs: t.TempDir()}, is: transfer.ErrIncomplete, problem: "escapes"},
		"blobs that are no there": {text: string(twice), options: transfer.ConvertOptions{Blobs: "nowhere"}, is: errors.ErrInvalidInput},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := transfer.Convert(t.Context(), writeText(t, t.TempDir(), test.text), filepath.Join(t.TempDir(), "x"), test.options)
			require.ErrorIs(t, err, test.is)
			if test.problem != "" {
				require.Len(t, report.Problems, 1)
				assert.Contains(t, report.Problems[0].Message, test.problem)
			}
		})
	}

	t.Run("a folder with something else", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o666))
		_, err := transfer.Convert(t.Context(), writeText(t, t.TempDir(), string(inner)), dir, transfer.ConvertOptions{})
		require.ErrorIs(t, err, transfer.ErrNoExport)
	})
}
