package transfer_test

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
)

// The service for relations does not know the name that the site itself has in a
// folder: what leads from or to the front page has the site's own UID there.
func TestImport_relationsOfTheSite(t *testing.T) {
	t.Parallel()
	a, b := newSite(t), newSite(t)
	a.remove(t, "/news") // which each site has under UIDs of its own
	b.remove(t, "/news")
	page := a.add(t, "/page", nil)
	a.change(t, "", client.Fields{
		"blocks":        map[string]any{"a": map[string]any{"@type": "teaser", "href": []any{map[string]any{"@id": "resolveuid/" + page}}}},
		"blocks_layout": map[string]any{"items": []string{"a"}},
	})
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	report := b.take(t, dir, transfer.ImportOptions{})
	assert.Empty(t, report.Problems)

	root, err := b.client.Content.Get(t.Context(), "")
	require.NoError(t, err)
	found, err := b.client.Relations.Find(t.Context(), client.RelationQuery{Source: root.Value.UID})
	require.NoError(t, err)
	assert.Len(t, found.Value.Relations["isReferencing"].Items, 1)

	report = b.take(t, dir, transfer.ImportOptions{})
	assert.Empty(t, report.Problems)
	assert.Empty(t, report.Changes)
}

// others is a folder as others than this package write them, with these records.
func others(t *testing.T, records map[string]string, files map[string]string) string {
	t.Helper()
	uids := ""
	all := map[string]string{"relations.json": "[]"}
	for uid, record := range records {
		uids += " " + uid
		all["content/"+uid+"/data.json"] = record
	}
	all["content/__metadata__.json"] = listed(uids)
	for name, text := range files {
		all[name] = text
	}
	return written(t, all)
}

// pictured shows a site whose documents can have a picture.
type pictured struct{}

func (pictured) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/@types/Document") {
		return resp, err
	}
	text, err := io.ReadAll(resp.Body)
	text = bytes.Replace(text, []byte(`"properties": {`), []byte(`"properties": {"picture":{"factory":"Image"},`), 1)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	resp.Header.Del("Content-Length")
	return resp, err
}

// A file that is missing costs its field, and neither the object nor what is in it;
// and nothing at all where the type has no such field. Without a field that it needs,
// an object cannot be made.
func TestImport_missingFiles(t *testing.T) {
	t.Parallel()
	const gone = `{"content-type":"image/png","filename":"a.png","blob_path":"aaaa/picture/a.png"}`
	b := newSite(t)
	dir := others(t, map[string]string{
		"aaaa": `{"@id":"/a","@type":"Document","UID":"aaaa","title":"A","picture":` + gone + `,"unknown":` + gone + `}`,
		"bbbb": `{"@id":"/a/b","@type":"Document","UID":"bbbb","title":"B"}`,
		"cccc": `{"@id":"/n","@type":"Document","UID":"cccc","title":"N","picture":` + gone + `}`,
		"dddd": `{"@id":"/f","@type":"File","UID":"dddd","title":"F","file":` + gone + `}`,
		"eeee": `{"@id":"/short","@type":"Document","UID":"eeee","title":"S","picture":{"content-type":"image/png","filename":"a.png","size":7,"blob_path":"eeee/picture/a.png"}}`,
	}, map[string]string{"content/eeee/picture/a.png": "cut"})
	b.client = b.as(t, auth.Basic("admin", "secret"), client.WithTransport(pictured{}))
	report := b.take(t, dir, transfer.ImportOptions{})
	for _, at := range []string{"/a", "/a/b", "/n", "/short"} {
		assert.NotEmpty(t, b.uid(t, at), at)
	}
	assert.Empty(t, b.uid(t, "/f"))
	var said []string
	for _, p := range report.Problems {
		said = append(said, p.Path+" "+p.Field)
		if p.Path == "/n" || p.Path == "/f" {
			assert.ErrorIs(t, p, fs.ErrNotExist)
			assert.Contains(t, p.Message, "missing")
			assert.NotErrorIs(t, p, errors.ErrDamaged)
		}
	}
	assert.ElementsMatch(t, []string{"/a picture", "/a unknown", "/n picture", "/f file", "/short picture"}, said)

	// When the object is there already, its file stays as it is.
	file := filepath.Join(dir, "content/aaaa/picture/a.png")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o777))
	require.NoError(t, os.WriteFile(file, []byte("a"), 0o666))
	b.take(t, dir, transfer.ImportOptions{})
	require.NotEmpty(t, b.uid(t, "/f"))
	require.NoError(t, os.Remove(file))
	report = b.take(t, dir, transfer.ImportOptions{})
	assert.Empty(t, report.Changes)
	assert.Contains(t, strings.Join(lines(report), "; "), "/f (file): missing")
}

// A disk of macOS writes names in another form of Unicode than the record says.
func TestImport_namesInOtherForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ record, disk string }{
		"decomposed on the disk":   {"\u00dcbersicht f\u00fcr \u00c5.txt", "U\u0308bersicht fu\u0308r A\u030a.txt"},
		"decomposed in the record": {"U\u0308bersicht fu\u0308r A\u030a.txt", "\u00dcbersicht f\u00fcr \u00c5.txt"},
		"without other letters":    {"\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newSite(t)
			dir := others(t, map[string]string{
				"aaaa": `{"@id":"/a","@type":"File","UID":"aaaa","title":"A","file":{"content-type":"text/plain","filename":"` + c.record + `","size":4,"blob_path":"aaaa/file/` + c.record + `"}}`,
			}, map[string]string{
				"content/aaaa/file/" + c.disk:             "this",
				"content/aaaa/file/other " + c.disk + "x": "that",
			})
			report := b.take(t, dir, transfer.ImportOptions{})
			assert.Empty(t, lines(report))
			report = b.take(t, dir, transfer.ImportOptions{})
			assert.Empty(t, lines(report))
			assert.Empty(t, report.Changes)
		})
	}
}

// What others wrote is compared as the server stores it, and what it shows in another
// way is not sent again: a second import changes nothing.
func TestImport_othersTwice(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	dir := others(t, map[string]string{
		"aaaa": `{"@id":"/a","@type":"Document","UID":"aaaa","title":"A","allow_discussion":false,"effective":null,"review_state":"published","language":"",
			"description":"one\r\ntwo","expires":"2030-01-01T10:00:59",
			"blocks":{"1":{"@type":"teaser","href":[{"@id":"/b","title":"computed"}]},"2":{"@type":"slate","value":[{"type":"link","data":{"url":"/b#x"}}]},
				"3":{"@type":"teaser","overwrite":false,"title":"of another time","href":[{"@id":"../../resolveuid/bbbb"}]}},
			"blocks_layout":{"items":["1","2","3"]}}`,
		"bbbb": `{"@id":"/b","@type":"Document","UID":"bbbb","title":"B"}`,
		"cccc": `{"@id":"/c","@type":"News Item","UID":"cccc","title":"C"}`,
	}, map[string]string{"relations.json": `[{"from_attribute":"isReferencing","from_uuid":"aaaa","to_uuid":"cccc"}]`})
	report := b.take(t, dir, transfer.ImportOptions{})
	for _, p := range report.Problems {
		assert.Equal(t, transfer.PhaseCheck, p.Phase, p)
	}
	got, err := b.client.Content.Get(t.Context(), "/a")
	require.NoError(t, err)
	assert.True(t, got.Value.Effective.IsZero(), "published, and no date of now")
	assert.Equal(t, "published", got.Value.ReviewState)

	now := b.now()
	plan := b.take(t, dir, transfer.ImportOptions{DryRun: true})
	assert.Empty(t, plan.Changes)
	report = b.take(t, dir, transfer.ImportOptions{})
	assert.Empty(t, report.Changes)
	assert.Empty(t, lines(report))
	assert.Empty(t, b.asked(now, writes))

	// What somebody changed there, or in the folder, is sent.
	b.change(t, "/a", client.Fields{"description": "three"})
	b.change(t, "/c", client.Fields{"title": "D"})
	report = b.take(t, dir, transfer.ImportOptions{})
	assert.Equal(t, 2, report.Changes[transfer.Update])
	assert.Empty(t, b.take(t, dir, transfer.ImportOptions{}).Changes)
}

// What a folder has and no request can set is counted in the report.
func TestImport_lossesOfOthers(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	dir := others(t, map[string]string{
		"aaaa": `{"@id":"/a","@type":"Document","UID":"aaaa","title":"A","language":"##DEFAULT##","exportimport.constrains":{"locally_allowed_types":["Image"]}}`,
		"bbbb": `{"@id":"/en/b","@type":"Document","UID":"bbbb","title":"B","language":"en","exportimport.constrains":{}}`,
	}, map[string]string{
		"portlets.json":             `[{"@id":"/a","UID":"aaaa","portlets":{"x":[{}]}}]`,
		"content/__metadata__.json": `{"__version__":"1.0.0","_data_files_":["aaaa/data.json","bbbb/data.json"],"local_permissions":{"aaaa":{"View":{"acquire":false,"roles":[]}},"bbbb":{}}}`,
	})
	report := b.take(t, dir, transfer.ImportOptions{})
	assert.Empty(t, lines(report))
	for _, loss := range []transfer.Loss{transfer.LossPortlets, transfer.LossPermissions, transfer.LossConstrains, transfer.LossLanguages} {
		assert.Equal(t, 1, report.Losses[loss], loss)
	}
	report = b.take(t, dir, transfer.ImportOptions{})
	assert.Empty(t, report.Changes)
	assert.Equal(t, 1, report.Losses[transfer.LossPortlets], "there are as many the second time")
}

// A value of the wrong type is named with its member.
func TestImport_wrongTypes(t *testing.T) {
	t.Parallel()
	metadata := func(more string) map[string]string {
		return map[string]string{"content/__metadata__.json": `{"__version__":"1.0.0","_data_files_":["aaaa/data.json"],` + more + `}`}
	}
	good := `{"@id":"/a","@type":"Document","UID":"aaaa","title":"A","review_state":"published"}`
	for name, c := range map[string]struct {
		record string
		files  map[string]string
		says   string
	}{
		"order":     {good, metadata(`"ordering":{"aaaa":"first"}`), "ordering: aaaa: "},
		"roles":     {good, metadata(`"local_roles":{"aaaa":{"local_roles":[]}}`), "local_roles: aaaa: "},
		"a number":  {good, metadata(`"local_roles":7`), "local_roles: "},
		"relations": {good, map[string]string{"relations.json": `[{},{"from_uuid":1}]`}, "element 1: "},
		"@type":     {`{"@id":"/a","@type":7,"UID":"aaaa"}`, nil, "@type is 7 instead of a text"},
		"UID":       {`{"@id":"/a","@type":"Document"}`, nil, "UID is null instead of a text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := transfer.Import(t.Context(), newSite(t).client, others(t, map[string]string{"aaaa": c.record}, c.files), transfer.ImportOptions{})
			require.ErrorIs(t, err, errors.ErrDamaged)
			assert.ErrorContains(t, err, c.says)
		})
	}
}

// A state that an object cannot have is a problem, and no change.
func TestImport_stateWithoutWorkflow(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	dir := others(t, map[string]string{
		"aaaa": `{"@id":"/a","@type":"File","UID":"aaaa","title":"A","review_state":"published","file":{"content-type":"text/plain","filename":"a","blob_path":"aaaa/file/a"}}`,
	}, map[string]string{"content/aaaa/file/a": "a"})
	for range 2 {
		report := b.take(t, dir, transfer.ImportOptions{})
		assert.Zero(t, report.Changes[transfer.Publish])
		require.Len(t, report.Problems, 1)
		assert.ErrorIs(t, report.Problems[0], errors.ErrNotDone)
	}
	report := b.take(t, dir, transfer.ImportOptions{DryRun: true})
	assert.Empty(t, report.Changes)
	assert.Len(t, report.Problems, 1)
}
