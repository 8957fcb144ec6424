package specimen_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/internal/specimen"
)

// export are the files of a small export. The folder of the language has the UID
// that lrf names.
func export(lrf string) map[string]string {
	files := map[string]string{
		"content/__metadata__.json": `{"__version__": "1.0.0",
			"_data_files_": ["plone_site_root/data.json", "{lrf}/data.json", "aaaa/data.json", "bbbb/data.json"],
			"_blob_files_": ["bbbb/file/x.bin"],
			"default_page": {"{lrf}": {"default_page": "a", "default_page_uuid": "aaaa"}},
			"local_permissions": {"aaaa": {}},
			"local_roles": {"aaaa": {"local_roles": {"admin": ["Owner"], "anna": ["Reader", "Editor"]}, "block": 1}},
			"ordering": {"{lrf}": 7, "aaaa": 3, "bbbb": 5}}`,
		"content/plone_site_root/data.json": `{"@id": "/Plone", "@type": "Plone Site", "UID": "plone_site_root", "title": "Site"}`,
		"content/{lrf}/data.json":           `{"@id": "/en", "@type": "LRF", "UID": "{lrf}", "title": "English"}`,
		"content/aaaa/data.json": `{"@id": "/en/a", "@type": "Document", "UID": "aaaa", "title": "A", "created": "2020-01-01",
			"allow_discussion": null, "effective": "2020-01-02T03:04:05+00:00", "language": {"token": "en", "title": "English"},
			"workflow_history": {"x": []}, "blocks": {"1": {"url": "../resolveuid/{lrf}"}}}`,
		"content/bbbb/data.json": `{"@id": "/en/b", "@type": "File", "UID": "bbbb",
			"file": {"blob_path": "bbbb/file/x.bin", "filename": "x.bin", "size": 5}}`,
		"content/bbbb/file/x.bin": "bytes",
		"principals.json": `{"groups": [{"groupid": "staff", "principals": ["anna", "olaf"]}],
			"members": [{"username": "anna", "fullname": "Anna", "password": "secret", "roles": ["Member"]}]}`,
		"relations.json": `[{"from_uuid": "aaaa", "to_uuid": "bbbb", "from_attribute": "likes"},
			{"from_uuid": "aaaa", "to_uuid": "{lrf}", "from_attribute": "likes"}]`,
		"redirects.json":    `{"/Plone/old": "/Plone/en/a"}`,
		"translations.json": `[{"canonical": "aaaa", "translations": {"de": "bbbb"}}]`,
		"discussions.json": `{"bbbb": {"items": []}, "aaaa": {"items": [
			{"comment_id": "1", "in_reply_to": null, "text": "First", "creation_date": "2020"},
			{"comment_id": "2", "in_reply_to": "1", "text": "Reply"}]}}`,
	}
	written := map[string]string{}
	for name, text := range files {
		written[strings.ReplaceAll(name, "{lrf}", lrf)] = strings.ReplaceAll(text, "{lrf}", lrf)
	}
	return written
}

// write writes files into a new folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o644))
	}
	return root
}

const (
	lrfHere  = "11111111111111111111111111111111"
	lrfThere = "22222222222222222222222222222222"
)

func TestCompareFolders(t *testing.T) {
	t.Parallel()
	replace := func(name, old, text string) func(map[string]string) {
		return func(files map[string]string) {
			if !strings.Contains(files[name], old) {
				panic(name + " has no " + old)
			}
			files[name] = strings.Replace(files[name], old, text, 1)
		}
	}
	const a, meta = "content/aaaa/data.json", "content/__metadata__.json"
	for _, test := range []struct {
		name   string
		change func(files map[string]string)
		found  []string
	}{
		{"nothing but the UID of the folder of a language", func(map[string]string) {}, nil},
		{"a field", replace(a, `"title": "A"`, `"title": "B"`), []string{"/en/a title"}},
		{"a field that is gone", replace(a, `"title": "A",`, ``), []string{"/en/a title"}},
		{"a link", replace(a, lrfThere, "33333333333333333333333333333333"), []string{"/en/a blocks.1.url"}},
		{"a UID", func(files map[string]string) {
			for name, text := range files {
				delete(files, name)
				files[strings.ReplaceAll(name, "aaaa", "cccc")] = strings.ReplaceAll(text, "aaaa", "cccc")
			}
		}, []string{"/en/a UID", meta + " aaaa/data.json ", meta + " cccc/data.json "}},
		{"what plone.restapi cannot carry", func(files map[string]string) {
			replace(a, `"created": "2020-01-01"`, `"created": "2021-01-01"`)(files)
			replace(a, `"workflow_history": {"x": []},`, ``)(files)
			replace(a, `03:04:05`, `03:04:00`)(files)
			replace(a, `null`, `false`)(files)
			replace(meta, `["Owner"]`, `[]`)(files)
			replace("principals.json", `"secret"`, `"other"`)(files)
			replace("discussions.json", `"creation_date": "2020"`, `"creation_date": "2021"`)(files)
		}, nil},
		{"another form of the same", func(files map[string]string) {
			replace(a, `{"token": "en", "title": "English"}`, `"en"`)(files)
			replace(meta, `["Reader", "Editor"]`, `["Editor", "Reader"]`)(files)
			replace(meta, `"aaaa": 3, "bbbb": 5`, `"aaaa": 0, "bbbb": 1`)(files)
			replace("principals.json", `"anna", "olaf"`, `"olaf", "anna"`)(files)
			replace("translations.json", `"canonical": "aaaa", "translations": {"de": "bbbb"}`, `"canonical": "bbbb", "translations": {"en": "aaaa"}`)(files)
			replace("discussions.json", `"bbbb": {"items": []},`, ``)(files)
		}, nil},
		{"discussion", replace(a, `"allow_discussion": null`, `"allow_discussion": true`), []string{"/en/a allow_discussion"}},
		{"bytes", func(files map[string]string) { files["content/bbbb/file/x.bin"] = "BYTES" }, []string{"/en/b file.sha256"}},
		{"an order", replace(meta, `"bbbb": 5`, `"bbbb": 1`), []string{"/en children[0]", "/en children[1]"}},
		{"a default page", replace(meta, `"default_page": "a"`, `"default_page": "b"`), []string{"/en default page"}},
		{"a local role", replace(meta, `"Reader", "Editor"`, `"Reader"`), []string{"/en/a local roles.anna"}},
		{"roles from above", replace(meta, `, "block": 1`, ``), []string{"/en/a local roles.block"}},
		{"a permission", replace(meta, `"aaaa": {}`, `"aaaa": {"View": 1}`), []string{"/en/a local permissions.View"}},
		{"the version", replace(meta, `1.0.0`, `1.0.1`), []string{meta + "  __version__"}},
		{"an object that is gone, but not what tells of it", replace(meta, `, "aaaa/data.json"`, ``),
			[]string{"/en children", "/en/a ", meta + " aaaa/data.json ",
				"relations.json /en/a ", "relations.json aaaa ", "discussions.json /en/a ", "discussions.json aaaa ",
				"translations.json /en/a ", "translations.json aaaa ",
				"translations.json /en/b translations[0]", "translations.json /en/b translations[1]"}},
		{"a user", replace("principals.json", `"fullname": "Anna"`, `"fullname": "B"`), []string{"principals.json member anna fullname"}},
		{"a group", replace("principals.json", `["anna", "olaf"]`, `["anna"]`), []string{"principals.json group staff principals"}},
		{"a relation", replace("relations.json", `"to_uuid": "bbbb"`, `"to_uuid": "aaaa"`),
			[]string{"relations.json /en/a likes[1]"}},
		{"a redirect", replace("redirects.json", `/Plone/en/a`, `/Plone/en/b`), []string{"redirects.json /Plone/old to"}},
		{"a translation", func(files map[string]string) { files["translations.json"] = `[]` },
			[]string{"translations.json /en/a ", "translations.json /en/b "}},
		{"a comment", replace("discussions.json", `"Reply"`, `"Answer"`), []string{"discussions.json /en/a comments[0].replies[0].text"}},
		{"a reply", replace("discussions.json", `"in_reply_to": "1"`, `"in_reply_to": null`), []string{"discussions.json /en/a comments"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changed := export(lrfThere)
			test.change(changed)
			differences, err := specimen.CompareFolders(write(t, export(lrfHere)), write(t, changed))
			require.NoError(t, err)
			found := []string{}
			for _, d := range differences {
				found = append(found, d.Path+" "+d.Field)
			}
			assert.ElementsMatch(t, test.found, found, "%v", differences)
		})
	}
}

func TestCompareFolders_brokenFolder(t *testing.T) {
	t.Parallel()
	good := write(t, export(lrfHere))
	for name := range export(lrfHere) {
		missing, broken := export(lrfHere), export(lrfHere)
		delete(missing, name)
		_, err := specimen.CompareFolders(good, write(t, missing))
		assert.ErrorIs(t, err, fs.ErrNotExist, name)
		if strings.HasSuffix(name, ".json") {
			broken[name] = broken[name][:len(broken[name])/2]
			_, err = specimen.CompareFolders(write(t, broken), good)
			assert.ErrorContains(t, err, "JSON", name)
		}
	}
	twice := maps.Clone(export(lrfHere))
	twice["content/bbbb/data.json"] = twice["content/aaaa/data.json"]
	_, err := specimen.CompareFolders(good, write(t, twice))
	assert.ErrorContains(t, err, "both of /en/a")
	_, err = specimen.CompareFolders(good, filepath.Join(good, "nowhere"))
	assert.ErrorIs(t, err, fs.ErrNotExist)
}
