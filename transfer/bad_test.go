package transfer_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/transfer"
)

// written is a folder with these files; the members of the record of each item
// that are not given are filled in.
func written(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	return dir
}

// listed is a folder with items of these UIDs.
func listed(uids string) string {
	names := []string{}
	for uid := range strings.FieldsSeq(uids) {
		names = append(names, uid+"/data.json")
	}
	text, _ := json.Marshal(map[string]any{"__version__": "1.0.0", "_data_files_": names})
	return string(text)
}

// A folder that cannot be imported as a whole is refused before anything is sent.
func TestImport_badFolder(t *testing.T) {
	t.Parallel()
	const metadata = "content/__metadata__.json"
	record := func(uid, at string) string {
		return `{"@id":"` + at + `","@type":"Document","UID":"` + uid + `","title":"x"}`
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  error
		says  string
	}{
		"empty":           {nil, transfer.ErrNoExport, metadata},
		"other files":     {map[string]string{"notes.txt": "x", "content/x": "y"}, transfer.ErrNoExport, metadata},
		"newer":           {map[string]string{metadata: `{"__version__":"2.0.0","_data_files_":[]}`}, transfer.ErrNewerFormat, "2.0.0"},
		"no version":      {map[string]string{metadata: `{"_data_files_":["a/data.json"]}`}, transfer.ErrNewerFormat, metadata},
		"metadata cut":    {map[string]string{metadata: listed("aaaa")[:20]}, errors.ErrDamaged, metadata},
		"metadata a list": {map[string]string{metadata: `[]`}, errors.ErrDamaged, metadata},
		"more than one":   {map[string]string{metadata: listed("aaaa") + "{}"}, errors.ErrDamaged, metadata},
		"no items":        {map[string]string{metadata: listed("")}, transfer.ErrNoExport, metadata},
		"principals cut":  {map[string]string{metadata: listed("aaaa"), "content/aaaa/data.json": record("aaaa", "/a"), "principals.json": `{"groups":[`}, errors.ErrDamaged, "principals.json"},
		"one UID twice": {map[string]string{metadata: listed("aaaa bbbb"), "content/aaaa/data.json": record("aaaa", "/a"), "content/bbbb/data.json": record("aaaa", "/b")},
			errors.ErrDamaged, "content/bbbb/data.json have the same UID aaaa"},
		"one path twice": {map[string]string{metadata: listed("aaaa bbbb"), "content/aaaa/data.json": record("aaaa", "/a"), "content/bbbb/data.json": record("bbbb", "/a")},
			errors.ErrDamaged, "content/bbbb/data.json have the same path /a"},
		"an @id with ..":     {map[string]string{metadata: listed("aaaa"), "content/aaaa/data.json": record("aaaa", "/a/../../b")}, errors.ErrInvalidInput, "content/aaaa/data.json"},
		"an @id in the open": {map[string]string{metadata: listed("aaaa"), "content/aaaa/data.json": record("aaaa", "http://evil.example/a")}, errors.ErrInvalidInput, "content/aaaa/data.json"},
		"a record outside":   {map[string]string{metadata: `{"__version__":"1.0.0","_data_files_":["../../../etc/hostname"]}`}, nil, ""},
		"an absolute record": {map[string]string{metadata: `{"__version__":"1.0.0","_data_files_":["/etc/hostname"]}`}, nil, ""},
		"a blob outside": {map[string]string{metadata: listed("aaaa"), "content/aaaa/data.json": `{"@id":"/a","@type":"File","UID":"aaaa","file":{"content-type":"x","blob_path":"../../../../etc/hostname"}}`},
			errors.ErrInvalidInput, "content/aaaa/data.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newSite(t)
			report, err := transfer.Import(t.Context(), b.client, written(t, c.files), transfer.ImportOptions{})
			if c.want == nil { // an item that is not there, or cannot be opened
				require.ErrorIs(t, err, transfer.ErrIncomplete)
				assert.Contains(t, report.Problems[0].Path, "etc/hostname")
				return
			}
			require.ErrorIs(t, err, c.want)
			assert.ErrorContains(t, err, c.says)
			assert.Nil(t, report)
			assert.Empty(t, b.asked(0, writes))
		})
	}
	_, err := transfer.Import(t.Context(), newSite(t).client, filepath.Join(t.TempDir(), "missing"), transfer.ImportOptions{})
	assert.ErrorIs(t, err, transfer.ErrNoExport)
}

// Links of the file system do not lead out of a folder.
func TestImport_symbolicLinks(t *testing.T) {
	t.Parallel()
	outside := written(t, map[string]string{"secret/data.json": `{"@id":"/a","@type":"Document","UID":"aaaa","title":"secret"}`})
	b := newSite(t)
	dir := written(t, map[string]string{"content/__metadata__.json": listed("aaaa")})
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "content", "aaaa")))
	_, err := transfer.Import(t.Context(), b.client, dir, transfer.ImportOptions{})
	require.Error(t, err)
	assert.Empty(t, b.uid(t, "/a"))
	assert.Empty(t, b.asked(0, writes))

	a := small(t)
	dir = t.TempDir()
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "content")))
	_, err = transfer.Export(t.Context(), a.client, dir, transfer.ExportOptions{})
	require.Error(t, err)
	assert.Len(t, entries(t, outside), 1, "nothing was written there")
}

func entries(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	return list
}

// An item that cannot be carried is named with its path, what is in it is left out
// too, and all others are carried. Repaired, the next run carries the rest.
func TestImport_badItem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at    string // of the item
		harm  func(t *testing.T, dir, uid string, b *site)
		want  error
		says  string
		count int // of problems
	}{
		"a record cut in half": {"/en/a/x", func(t *testing.T, dir, uid string, _ *site) {
			cut(t, filepath.Join(dir, "content", uid, "data.json"), 2)
		}, errors.ErrDamaged, "data.json", 2},
		"no record": {"/en/a/x", func(t *testing.T, dir, uid string, _ *site) {
			require.NoError(t, os.Remove(filepath.Join(dir, "content", uid, "data.json")))
		}, os.ErrNotExist, "data.json", 2},
		"no blob": {"/en/b/file", func(t *testing.T, dir, uid string, _ *site) {
			require.NoError(t, os.RemoveAll(filepath.Join(dir, "content", uid, "file")))
		}, os.ErrNotExist, "file/a.txt", 1},
		"another blob": {"/en/b/file", func(t *testing.T, dir, uid string, _ *site) {
			cut(t, filepath.Join(dir, "content", uid, "file", "a.txt"), 2)
		}, errors.ErrDamaged, "2 bytes instead of 5", 1},
		"other content at the path": {"/en/a", func(t *testing.T, _, _ string, b *site) { b.add(t, "/en/a", nil) },
			transfer.ErrOccupied, "/en/a", 5},
		"a type that the target lacks": {"/en/b/file", func(t *testing.T, dir, uid string, _ *site) {
			replace(t, filepath.Join(dir, "content", uid, "data.json"), `"@type": "File"`, `"@type": "Ship"`)
		}, errors.ErrNotFound, `no type "Ship"`, 1},
		"a field that the type lacks": {"/en/a/y", func(t *testing.T, dir, uid string, _ *site) {
			replace(t, filepath.Join(dir, "content", uid, "data.json"), `"title"`, `"sails": 3, "title"`)
		}, errors.ErrNoField, "sails", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := small(t), newSite(t)
			b.remove(t, "/news")
			dir, good := t.TempDir(), t.TempDir()
			a.export(t, dir, transfer.ExportOptions{})
			require.NoError(t, os.CopyFS(good, os.DirFS(dir)))
			uid := a.uid(t, c.at)
			c.harm(t, dir, uid, b)
			before := len(b.paths(t))
			report, err := transfer.Import(t.Context(), b.client, dir, transfer.ImportOptions{})
			require.ErrorIs(t, err, transfer.ErrIncomplete)
			require.Len(t, report.Problems, c.count, "%q", lines(report))
			first := report.Problems[0]
			assert.ErrorIs(t, first, c.want)
			assert.Contains(t, first.Error(), c.says)
			assert.Contains(t, first.UID+first.Path, uid)
			if c.want != errors.ErrNoField {
				carried := len(a.paths(t)) - c.count - (before - 4)
				if c.want == transfer.ErrOccupied {
					carried++
				}
				assert.Len(t, b.paths(t), carried+before-4)
			}
			if c.want == transfer.ErrOccupied {
				b.remove(t, c.at)
			}
			require.NoError(t, os.RemoveAll(filepath.Join(good, ".transfer")))
			report = b.take(t, good, transfer.ImportOptions{})
			assert.Empty(t, lines(report))
			assert.ElementsMatch(t, a.paths(t), b.paths(t))
		})
	}
}

// cut leaves 1/n of a file.
func cut(t *testing.T, name string, n int64) {
	t.Helper()
	info, err := os.Stat(name)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(name, info.Size()/n))
}

func replace(t *testing.T, name, old, by string) {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Contains(t, string(text), old)
	require.NoError(t, os.WriteFile(name, []byte(strings.Replace(string(text), old, by, 1)), 0o666))
}

func TestTransfer_wrongCredentials(t *testing.T) {
	t.Parallel()
	a := small(t)
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	for _, source := range []auth.Source{auth.Basic("admin", "wrong"), auth.Login("admin", "wrong")} {
		c := a.as(t, source)
		now := a.now()
		_, err := transfer.Export(t.Context(), c, t.TempDir(), transfer.ExportOptions{})
		require.Error(t, err)
		assert.NotErrorIs(t, err, transfer.ErrIncomplete)
		_, err = transfer.Import(t.Context(), c, dir, transfer.ImportOptions{})
		require.Error(t, err)
		assert.NotErrorIs(t, err, transfer.ErrIncomplete)
		assert.Empty(t, a.asked(now, writes))
	}
}

// A token that ends in the middle is renewed, with those of auth.Login.
func TestTransfer_tokenEnds(t *testing.T) {
	t.Parallel()
	a, b := small(t), newSite(t)
	b.remove(t, "/news")
	dir := t.TempDir()
	for _, s := range []*site{a, b} {
		n := 0
		ends := func(transfer.Event) {
			if n++; n == 5 {
				s.RotateSecret()
			}
		}
		c := s.as(t, auth.Login("admin", "secret"))
		var err error
		if s == a {
			_, err = transfer.Export(t.Context(), c, dir, transfer.ExportOptions{PageSize: 2, Progress: ends})
		} else {
			_, err = transfer.Import(t.Context(), c, dir, transfer.ImportOptions{Progress: ends})
		}
		require.NoError(t, err)
		assert.Greater(t, len(s.asked(0, func(r plonetest.Request) bool { return r.Path == "/@login" })), 1)
	}
	assert.Equal(t, a.paths(t), b.paths(t))

	// One that cannot be renewed stops the run.
	c := newSite(t)
	c.remove(t, "/news")
	token, err := c.client.Auth.Login(t.Context(), "admin", "secret")
	require.NoError(t, err)
	static := c.as(t, auth.Static(string(token.Value.Token)))
	_, err = transfer.Import(t.Context(), static, dir, transfer.ImportOptions{Progress: func(e transfer.Event) {
		if e.Phase == transfer.PhaseContent && e.Done == 2 {
			c.RotateSecret()
		}
	}})
	require.Error(t, err)
	assert.NotErrorIs(t, err, transfer.ErrIncomplete)
	report := c.take(t, dir, transfer.ImportOptions{})
	assert.True(t, report.Resumed)
	assert.Empty(t, lines(report))
	assert.Equal(t, a.paths(t), c.paths(t))
}

// A user who may read the content, but not who has which roles.
func TestExport_mayNotReadAll(t *testing.T) {
	t.Parallel()
	a := newSite(t, plonetest.WithUser("ann", "secret", "Reader"))
	a.add(t, "/en/a", client.Fields{"allow_discussion": true})
	dir := t.TempDir()
	report, err := transfer.Export(t.Context(), a.as(t, auth.Basic("ann", "secret")), dir, transfer.ExportOptions{})
	require.ErrorIs(t, err, transfer.ErrIncomplete)
	named := map[string]bool{}
	for _, p := range report.Problems {
		assert.NotEmpty(t, p.Message)
		named[string(p.Phase)+" "+p.Field] = true
	}
	assert.Contains(t, named, "content local roles")
	assert.Contains(t, named, "principals ")
	assert.FileExists(t, filepath.Join(dir, "content", a.uid(t, "/en/a"), "data.json"))
	assert.Equal(t, 9, report.Changes[transfer.Saved])
}

// On a disk that is full the run stops, with nothing half-written, and can be gone
// on with when there is room.
func TestExport_diskIsFull(t *testing.T) {
	t.Parallel()
	a := planted(t)
	dir, whole := t.TempDir(), t.TempDir()
	e := errand{Do: "export", URL: a.URL, Public: a.URL, User: "admin", Password: "secret", Dir: dir, Limit: 14_000}
	cmd := e.command(t)
	out := new(limited)
	cmd.Stderr = out
	require.Error(t, cmd.Run())
	assert.Contains(t, string(*out), "transfer: content /")
	assert.Contains(t, string(*out), "file too large")
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		assert.NotContains(t, name, ".part")
		if err == nil && filepath.Base(name) == "data.json" {
			var v any
			assert.NoError(t, json.Unmarshal(text(t, "/", name), &v), name)
		}
		return err
	})
	require.NoError(t, err)
	a.export(t, dir, transfer.ExportOptions{PageSize: 5})
	a.export(t, whole, transfer.ExportOptions{})
	assert.Equal(t, folder(t, whole), folder(t, dir))
}
