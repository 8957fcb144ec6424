package transfer

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

const address = "http://plone.test/Plone"

// testForm knows the objects /a, UID aaaa, and /a/b c, UID bbbb. The UID tttt of
// the site is oooo in the folder.
func testForm() *form {
	return &form{
		site: address, language: "en",
		uid: func(path string) string {
			return map[string]string{"/": siteUID, "/a": "aaaa", "/a/b c": "bbbb", "/adopted": "tttt"}[path]
		},
		rename: func(uid string) string {
			if uid == "tttt" {
				return "oooo"
			}
			return uid
		},
	}
}

func TestForm_link(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"":                                  "",
		"https://elsewhere.example/a":       "https://elsewhere.example/a",
		"mailto:a@plone.test":               "mailto:a@plone.test",
		"#part":                             "#part",
		"/a":                                "/a",
		address:                             "/",
		address + "/":                       "/",
		address + "#top":                    "#top",
		address + "/a":                      "../resolveuid/aaaa",
		address + "/a/":                     "../resolveuid/aaaa",
		address + "/a#part":                 "../resolveuid/aaaa#part",
		address + "/a?x=1#part":             "../resolveuid/aaaa?x=1#part",
		address + "/a/b%20c":                "../resolveuid/bbbb",
		address + "/a/@@images/image/large": "../resolveuid/aaaa/@@images/image/large",
		address + "/a/b%20c/@@download/f#p": "../resolveuid/bbbb/@@download/f#p",
		address + "/gone/@@view":            "/gone/@@view",
		address + "/adopted":                "../resolveuid/oooo",
		address + "x/a":                     address + "x/a",
		"http://plone.test/Plon":            "http://plone.test/Plon",
		"../resolveuid/aaaa#part":           "../resolveuid/aaaa#part",
		"../../resolveUid/tttt/@@images/x":  "../resolveuid/oooo/@@images/x",
		"resolveuid/dead":                   "../resolveuid/dead",
	} {
		assert.Equal(t, want, testForm().link(link), link)
	}
}

// formed is an object of a site in the form of a folder.
func formed(t *testing.T, fields map[string]any, schema map[string]client.FieldSchema) item {
	t.Helper()
	text, err := json.Marshal(fields)
	require.NoError(t, err)
	i, err := testForm().item(text, schema)
	require.NoError(t, err)
	return i
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(strings.ReplaceAll(text, "{site}", address)))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v))
	return v
}

func TestForm_blocks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ got, want string }{
		"slate": {
			`{"@type":"slate","value":[{"type":"p","children":[{"text":"{site}/a is text"},{"type":"link","data":{"url":"{site}/a#x"},"children":[]}]}]}`,
			`{"@type":"slate","value":[{"type":"p","children":[{"text":"{site}/a is text"},{"type":"link","data":{"url":"../resolveuid/aaaa#x"},"children":[]}]}]}`,
		},
		"image with what is computed of it": {
			`{"@type":"image","url":"{site}/a/b%20c","image_scales":{"image":[{"download":"x"}]},"alt":"{site}/a"}`,
			`{"@type":"image","url":"../resolveuid/bbbb","alt":"{site}/a"}`,
		},
		"teaser": {
			`{"@type":"teaser","href":[{"@id":"{site}/a","title":"A","Description":"computed"}],"title":"own","preview_image":[{"@id":"{site}/a/b%20c","title":"B"}]}`,
			`{"@type":"teaser","href":[{"@id":"../resolveuid/aaaa"}],"title":"own","overwrite":true,"preview_image":[{"@id":"../resolveuid/bbbb","title":"B"}]}`,
		},
		"teaser of something elsewhere": {
			`{"@type":"teaser","href":[{"@id":"https://elsewhere.example","title":"E"}]}`,
			`{"@type":"teaser","href":[{"@id":"https://elsewhere.example","title":"E"}],"overwrite":true}`,
		},
		"teaser without a target": {`{"@type":"teaser","href":"{site}/a"}`, `{"@type":"teaser","href":"../resolveuid/aaaa","overwrite":true}`},
		"grid": {
			`{"@type":"gridBlock","blocks":{"1":{"@type":"image","url":"{site}/a"}},"blocks_layout":{"items":["1"]}}`,
			`{"@type":"gridBlock","blocks":{"1":{"@type":"image","url":"../resolveuid/aaaa"}},"blocks_layout":{"items":["1"]}}`,
		},
		"links in lists": {`{"@type":"x","href":["{site}/a",{"@id":"{site}/a"},1,null]}`, `{"@type":"x","href":["../resolveuid/aaaa",{"@id":"../resolveuid/aaaa"},1,null]}`},
		"URL":            {`{"@type":"x","target":{"@type":"URL","value":"{site}/a"}}`, `{"@type":"x","target":{"@type":"URL","value":"../resolveuid/aaaa"}}`},
		"numbers":        {`{"@type":"x","n":12345678901234567890,"f":1.50}`, `{"@type":"x","n":12345678901234567890,"f":1.50}`},
		"html is text":   {`{"@type":"html","html":"<a href=\"{site}/a\">x</a>"}`, `{"@type":"html","html":"<a href=\"{site}/a\">x</a>"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := strings.ReplaceAll(`{"@id":"{site}/x","blocks":{"1":`+c.got+`}}`, "{site}", address)
			i, err := testForm().item(json.RawMessage(raw), nil)
			require.NoError(t, err)
			assert.Equal(t, decoded(t, `{"1":`+c.want+`}`), i["blocks"])
		})
	}
}

func TestForm_item(t *testing.T) {
	t.Parallel()
	relation := map[string]client.FieldSchema{
		"relatedItems": {Factory: client.FactoryRelationList}, "preview": {Factory: client.FactoryRelationChoice},
	}
	i := formed(t, map[string]any{
		"@id": address + "/a/b%20c", "@type": "Document", "UID": "tttt", "id": "b c",
		"title": "About " + address + "/a", "allow_discussion": false, "language": map[string]any{"token": "en", "title": "English"},
		"layout": "x", "items": []any{}, "parent": map[string]any{}, "@components": map[string]any{}, "lock": map[string]any{},
		"text":         map[string]any{"data": `<a class="x" href="` + address + `/a#p">x</a><img src="` + address + `/a/@@images/i">`, "encoding": "utf-8", "content-type": "text/html"},
		"relatedItems": []any{map[string]any{"@id": address + "/a"}, map[string]any{"@id": address + "/adopted"}, map[string]any{"@id": address + "/gone"}},
		"preview":      nil, "subjects": []any{"b", "a"},
		"choices": []any{map[string]any{"token": "t", "title": "T"}, map[string]any{"token": "t", "other": "T"}},
	}, relation)
	assert.Equal(t, item{
		"@id": "/a/b%20c", "@type": "Document", "UID": "oooo", "id": "b c", "title": "About " + address + "/a",
		"allow_discussion": nil, "language": defaultLanguage, "layout": "x", "subjects": []any{"b", "a"},
		"text": map[string]any{
			"data":     `<a class="x" href="../resolveuid/aaaa#p">x</a><img src="../resolveuid/aaaa/@@images/i">`,
			"encoding": "utf-8", "content-type": "text/html",
		},
		relationsKey: map[string]any{"relatedItems": []any{"aaaa", "oooo"}},
		"choices":    []any{"t", map[string]any{"token": "t", "other": "T"}},
	}, i)

	for language, want := range map[string]any{"en": defaultLanguage, "de": "de", "": ""} {
		assert.Equal(t, want, formed(t, map[string]any{"language": language}, nil)["language"])
	}
	assert.NotContains(t, formed(t, map[string]any{"@id": address + "/a"}, nil), "language")
	site := formed(t, map[string]any{"@id": address, "@type": siteType, "UID": "ssss", "id": "Plone"}, nil)
	assert.Equal(t, item{"@id": "/Plone", "@type": siteType, "UID": siteUID, "id": "Plone"}, site)
	for remote, want := range map[string]string{
		address + "/a/b%20c#x": "/a/b%20c#x", "https://elsewhere.example": "https://elsewhere.example", "../resolveuid/tttt": "../resolveuid/oooo",
		address: "/",
	} {
		assert.Equal(t, want, formed(t, map[string]any{"remoteUrl": remote}, nil)["remoteUrl"])
	}
}

func TestStep_idsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]Step{}
	for _, s := range []Step{
		{Phase: PhaseContent}, {Phase: PhaseRoles}, {Phase: PhaseContent, UIDs: []string{"a"}}, {Phase: PhaseRoles, UIDs: []string{"a"}},
		{Phase: PhaseContent, UIDs: []string{"a", "b"}}, {Phase: PhaseContent, UIDs: []string{"b", "a"}}, {Phase: PhaseContent, UIDs: []string{"ab"}},
	} {
		other, ok := seen[s.ID()]
		assert.False(t, ok, "%v and %v", s, other)
		seen[s.ID()] = s
	}
}

// Nothing that a server sends, and nothing in a file of a folder, does harm.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"@id":1,"UID":[],"blocks":"x","language":{}}`,
		`{"@id":"` + address + `/a","@type":"Document","UID":"aaaa","blocks":{"1":{"@type":"teaser","href":[{"@id":"` + address + `/a"}]}}}`,
		`{"@id":"` + address + `/%zz","blocks":{"1":{"@type":"teaser","href":[null,1,"x",{"@id":"resolveuid/"}]}}}`,
		`{"file":{"content-type":"x","download":"y","size":1e99,"blob_path":"../../x"},"relatedItems":[{"@id":"` + address + `/a"},3]}`,
		`{"text":{"data":"<a href=\"` + address + `\">","encoding":1,"content-type":1}}`,
	} {
		f.Add([]byte(seed))
	}
	schema := map[string]client.FieldSchema{"relatedItems": {Factory: client.FactoryRelationList}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		i, err := testForm().item(raw, schema)
		if err != nil {
			return
		}
		text, err := json.Marshal(i)
		require.NoError(t, err)
		for _, file := range i.files() {
			file.size()
		}
		relationsOf(i)
		if _, blocks := i["blocks"]; blocks {
			again, err := testForm().item(text, nil)
			require.NoError(t, err)
			assert.Equal(t, i["blocks"], again["blocks"], "the form of a folder stays as it is")
		}
	})
}

// Whatever is in a record, the folder is read or refused, and nothing outside of
// it is looked at.
func FuzzImporter_read(f *testing.F) {
	for _, seed := range []string{
		`{"@id":"/a","@type":"Document","UID":"aaaa"}`, `{"@id":"/../a","@type":"Document","UID":"aaaa"}`, `{`, `7`, `{"@id":"/a/","@type":"x","UID":"/"}`,
		`{"@id":"/a","@type":"File","UID":"aaaa","file":{"content-type":"x","blob_path":"../../../etc/passwd"}}`,
		`{"@id":"/Plone","@type":"Plone Site","UID":"aaaa"}`, `{"@id":"a","@type":"Document","UID":"aaaa","restapi.relations":7}`,
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	require.NoError(f, os.MkdirAll(filepath.Join(dir, "content/aaaa"), 0o777))
	require.NoError(f, os.WriteFile(filepath.Join(dir, metadataFile), []byte(`{"__version__":"1.0.0","_data_files_":["aaaa/data.json"]}`), 0o666))
	folder, err := openFolder(dir)
	require.NoError(f, err)
	f.Cleanup(func() { folder.root.Close() })
	f.Fuzz(func(t *testing.T, record []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "content/aaaa/data.json"), record, 0o666))
		im := &importer{folder: folder}
		if im.read() == nil {
			require.Len(t, im.all, 1)
			r := im.all[0]
			assert.True(t, r.bad != nil || r.path == "/" || fs.ValidPath(strings.TrimPrefix(r.path, "/")), r.path)
		}
	})
}
