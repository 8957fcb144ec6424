package transfer_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/transfer"
)

// small is a site with a few documents and a file.
func small(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.remove(t, "/news")
	for _, at := range []string{"/en/a", "/en/a/x", "/en/a/x/deep", "/en/a/y", "/en/a/z", "/en/b", "/en/c"} {
		s.add(t, at, nil)
	}
	s.add(t, "/en/b/file", client.Fields{"@type": "File", "file": client.NewNamedFile("a.txt", "text/plain", []byte("first"))})
	return s
}

// later makes the clock of the server go before it changes anything again. The
// server counts seconds, and what changes twice in one is read twice.
func (s *site) later(t *testing.T) {
	t.Helper()
	s.Inject(plonetest.Fault{Times: plonetest.Always, Header: http.Header{"Date": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}})
}

// fetched are the objects that were read as a whole, by their UIDs.
func (s *site) fetched(since int) []string {
	var uids []string
	for _, r := range s.Requests()[since:] {
		if r.Query.Has("fullobjects") {
			uids = append(uids, r.Query["UID"]...)
		}
	}
	return uids
}

func TestExport_onlyWhatHasChanged(t *testing.T) {
	t.Parallel()
	a := small(t)
	dir := t.TempDir()
	first := a.export(t, dir, transfer.ExportOptions{})
	assert.Equal(t, 13, first.Changes[transfer.Saved], "the site, two languages with their assets, and eight of ours")

	x, file, gone := a.uid(t, "/en/a/x"), a.uid(t, "/en/b/file"), a.uid(t, "/en/c")
	a.change(t, "/en/a/x", client.Fields{"title": "New"})
	a.change(t, "/en/b/file", client.Fields{"file": client.NewNamedFile("b.txt", "text/plain", []byte("second"))})
	a.remove(t, "/en/c")
	a.later(t)
	var saved []string
	second := a.export(t, dir, transfer.ExportOptions{Progress: func(e transfer.Event) {
		if e.Change != nil && e.Change.Action == transfer.Saved {
			saved = append(saved, e.Change.UID)
		}
	}})
	assert.Subset(t, saved, []string{x, file})
	assert.Less(t, len(saved), 6, "only those, and what is above them")
	assert.Equal(t, 1, second.Changes[transfer.Removed])
	assert.NoDirExists(t, filepath.Join(dir, "content", gone))
	assert.NoFileExists(t, filepath.Join(dir, "content", file, "file", "a.txt"))
	assert.Equal(t, "second", string(text(t, dir, "content/"+file+"/file/b.txt")))
	whole := t.TempDir()
	a.export(t, whole, transfer.ExportOptions{})
	assert.Equal(t, folder(t, whole), folder(t, dir), "as if it had been exported anew")

	// Some seconds after the last change, what has not changed is not even read.
	now := a.now()
	third := a.export(t, dir, transfer.ExportOptions{})
	assert.Empty(t, third.Changes)
	assert.False(t, third.Resumed)
	assert.Empty(t, a.fetched(now))
	_, err := a.client.Workflow.Transition(t.Context(), "/en/a/y", "publish", client.TransitionOptions{})
	require.NoError(t, err)
	now = a.now()
	fourth := a.export(t, dir, transfer.ExportOptions{})
	assert.Equal(t, map[transfer.Action]int{transfer.Saved: 1}, fourth.Changes)
	assert.Equal(t, []string{a.uid(t, "/en/a/y")}, a.fetched(now))
}

func TestExport_ofAnotherSite(t *testing.T) {
	t.Parallel()
	a, b := newSite(t), newSite(t)
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	_, err := transfer.Export(t.Context(), b.client, dir, transfer.ExportOptions{})
	assert.ErrorIs(t, err, transfer.ErrNoExport)
	assert.ErrorContains(t, err, a.URL)
}

func TestExport_noLocalRoles(t *testing.T) {
	t.Parallel()
	a, b := small(t), newSite(t)
	for _, s := range []*site{a, b} {
		_, err := s.client.Users.Create(t.Context(), client.NewUser{Username: "ann", Email: "ann@example.org", Password: "correct-horse"})
		require.NoError(t, err)
	}
	_, err := a.client.Sharing.Update(t.Context(), "/en/a", client.SharingUpdate{Entries: []client.LocalRoles{{ID: "ann", Type: "user", Roles: []string{"Editor"}}}})
	require.NoError(t, err)
	with, without := t.TempDir(), t.TempDir()
	now := a.now()
	a.export(t, without, transfer.ExportOptions{NoLocalRoles: true})
	sharing := func(r plonetest.Request) bool { return strings.HasSuffix(r.Path, "/@sharing") }
	assert.Empty(t, a.asked(now, sharing))
	assert.NotContains(t, string(text(t, without, "content/__metadata__.json")), "ann")
	a.export(t, with, transfer.ExportOptions{})
	assert.NotEmpty(t, a.asked(now, sharing))

	b.take(t, with, transfer.ImportOptions{})
	got, err := b.client.Sharing.Get(t.Context(), "/en/a")
	require.NoError(t, err)
	roles := func(s client.Sharing) bool {
		for _, e := range s.Entries {
			if e.ID == "ann" {
				return e.Roles["Editor"] == client.RoleLocal
			}
		}
		return false
	}
	assert.True(t, roles(got.Value))
	b.take(t, without, transfer.ImportOptions{})
	got, err = b.client.Sharing.Get(t.Context(), "/en/a")
	require.NoError(t, err)
	assert.True(t, roles(got.Value), "a folder without local roles takes none away")
}

func text(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return text
}

// paths are those of all objects, in the order of siblings, with their titles.
func (s *site) paths(t *testing.T) []string {
	t.Helper()
	var all []string
	var below func(at string)
	below = func(at string) {
		for child, err := range s.client.Content.Children(t.Context(), at, client.ListOptions{}) {
			require.NoError(t, err)
			path := strings.TrimPrefix(child.URL, s.URL)
			all = append(all, path+" "+child.Title)
			if child.Type == "Document" || child.Type == "LRF" || child.Type == "Folder" {
				below(path)
			}
		}
	}
	below("/")
	return all
}

// What is done to one site comes to the other with the next Sync.
func TestSync(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(t *testing.T, s *site)
		want map[transfer.Action]int
	}{
		"nothing": {func(*testing.T, *site) {}, map[transfer.Action]int{}},
		"a change": {func(t *testing.T, s *site) { s.change(t, "/en/a/x", client.Fields{"title": "New"}) },
			map[transfer.Action]int{transfer.Update: 1}},
		"a file": {func(t *testing.T, s *site) {
			s.change(t, "/en/b/file", client.Fields{"file": client.NewNamedFile("a.txt", "text/plain", []byte("other"))})
		}, map[transfer.Action]int{transfer.Upload: 1}},
		"a deletion": {func(t *testing.T, s *site) { s.remove(t, "/en/a") }, map[transfer.Action]int{transfer.Delete: 1}},
		"a move": {func(t *testing.T, s *site) {
			_, err := s.client.Content.Move(t.Context(), "/en/b", []string{"/en/a/x"})
			require.NoError(t, err)
		}, map[transfer.Action]int{transfer.Move: 1}},
		"a renaming": {func(t *testing.T, s *site) { s.change(t, "/en/a", client.Fields{"id": "other"}) },
			map[transfer.Action]int{transfer.Move: 1}},
		"a swap of names": {func(t *testing.T, s *site) {
			s.change(t, "/en/a", client.Fields{"id": "tmp"})
			s.change(t, "/en/c", client.Fields{"id": "a"})
			s.change(t, "/en/tmp", client.Fields{"id": "c"})
		}, map[transfer.Action]int{transfer.Move: 2}},
		"another object at the path of one that moves away": {func(t *testing.T, s *site) {
			s.change(t, "/en/a", client.Fields{"id": "zzz"})
			s.add(t, "/en/a", client.Fields{"title": "Newer"})
			_, err := s.client.Content.Reorder(t.Context(), "/en", client.Position{ID: "a", Delta: client.Top})
			require.NoError(t, err)
		}, map[transfer.Action]int{transfer.Move: 1, transfer.Create: 1, transfer.Order: 1}},
		"another order": {func(t *testing.T, s *site) {
			_, err := s.client.Content.Reorder(t.Context(), "/en/a", client.Position{ID: "x", Delta: client.Bottom})
			require.NoError(t, err)
		}, map[transfer.Action]int{transfer.Order: 1}},
		"a parent deleted whose child moved out": {func(t *testing.T, s *site) {
			_, err := s.client.Content.Move(t.Context(), "/en/b", []string{"/en/a/x"})
			require.NoError(t, err)
			s.remove(t, "/en/a")
		}, map[transfer.Action]int{transfer.Move: 1, transfer.Delete: 3}},
		"another object at the same path": {func(t *testing.T, s *site) {
			s.remove(t, "/en/a")
			s.add(t, "/en/a", client.Fields{"title": "Newer"})
		}, map[transfer.Action]int{transfer.Delete: 1, transfer.Create: 1}},
		"a new parent at the path of the old one, whose child moved in": {func(t *testing.T, s *site) {
			s.change(t, "/en/a", client.Fields{"id": "old"})
			s.add(t, "/en/a", client.Fields{"title": "Newer"})
			_, err := s.client.Content.Move(t.Context(), "/en/a", []string{"/en/old/x"})
			require.NoError(t, err)
		}, map[transfer.Action]int{transfer.Move: 2, transfer.Create: 1}},
		"a child at the path of its parent": {func(t *testing.T, s *site) {
			s.change(t, "/en/a", client.Fields{"id": "zzz"})
			_, err := s.client.Content.Move(t.Context(), "/en", []string{"/en/zzz/x"})
			require.NoError(t, err)
			s.change(t, "/en/x", client.Fields{"id": "a"})
			_, err = s.client.Content.Reorder(t.Context(), "/en", client.Position{ID: "a", Delta: client.Top})
			require.NoError(t, err)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := small(t), newSite(t)
			dir := t.TempDir()
			o := transfer.SyncOptions{Import: transfer.ImportOptions{Delete: true}}
			_, err := transfer.Sync(t.Context(), a.client, b.client, dir, o)
			require.NoError(t, err)
			require.Equal(t, a.paths(t), b.paths(t))
			deep := a.uid(t, "/en/a/x/deep")
			c.do(t, a)
			report, err := transfer.Sync(t.Context(), a.client, b.client, dir, o)
			require.NoError(t, err)
			assert.Equal(t, a.paths(t), b.paths(t))
			if c.want != nil {
				delete(report.Changes, transfer.Redirect)
				assert.Equal(t, c.want, report.Changes)
			}
			if at := a.uid(t, "/en/b/x/deep"); at != "" {
				assert.Equal(t, deep, b.uid(t, "/en/b/x/deep"), "it is still the same object")
			}
			assert.Equal(t, a.file(t), b.file(t))
		})
	}
}

func (s *site) file(t *testing.T) string {
	t.Helper()
	d, err := s.client.Files.Download(t.Context(), "/en/b/file", client.DownloadOptions{Field: "file"})
	require.NoError(t, err)
	defer d.Close()
	b, err := io.ReadAll(d)
	require.NoError(t, err)
	return string(b)
}

func TestSync_keepsWhatTheTargetHasMore(t *testing.T) {
	t.Parallel()
	a, b := small(t), newSite(t)
	b.add(t, "/en/mine", nil)
	_, err := transfer.Sync(t.Context(), a.client, b.client, t.TempDir(), transfer.SyncOptions{})
	require.NoError(t, err)
	assert.NotEmpty(t, b.uid(t, "/en/mine"))
	assert.NotEmpty(t, b.uid(t, "/news"))
	assert.NotEmpty(t, b.uid(t, "/en/a/x/deep"))
}

func TestSync_oneSite(t *testing.T) {
	t.Parallel()
	a := newSite(t)
	dir := t.TempDir()
	_, err := transfer.Sync(t.Context(), a.client, a.client, dir, transfer.SyncOptions{})
	assert.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.NoDirExists(t, filepath.Join(dir, "content"))
}

// A target that has the same paths under other UIDs.
func TestImport_adopt(t *testing.T) {
	t.Parallel()
	a, b := small(t), newSite(t)
	a.change(t, "/en/c", client.Fields{"blocks": map[string]any{"1": map[string]any{"@type": "teaser", "href": []any{map[string]any{"@id": a.URL + "/en/a"}}}},
		"blocks_layout": map[string]any{"items": []string{"1"}}})
	b.remove(t, "/news")
	mine := b.add(t, "/en/a", client.Fields{"title": "Mine"})
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})

	report := b.take(t, dir, transfer.ImportOptions{})
	require.Len(t, report.Problems, 5, "%q", lines(report))
	assert.ErrorIs(t, report.Problems[0], transfer.ErrOccupied)
	assert.Equal(t, "/en/a", report.Problems[0].Path)
	for _, p := range report.Problems[1:] {
		assert.ErrorIs(t, p, transfer.ErrNoFolder, "what is inside is left out, too")
		assert.True(t, strings.HasPrefix(p.Path, "/en/a/"), p.Path)
	}
	got, err := b.client.Content.Get(t.Context(), "/en/a")
	require.NoError(t, err)
	assert.Equal(t, "Mine", got.Value.Title)
	assert.NotEmpty(t, b.uid(t, "/en/b/file"), "the others are carried")

	report = b.take(t, dir, transfer.ImportOptions{Adopt: true})
	assert.Empty(t, lines(report))
	assert.Equal(t, a.paths(t)[:5], b.paths(t)[:5])
	assert.Equal(t, mine, b.uid(t, "/en/a"))
	got, err = b.client.Content.Get(t.Context(), "/en/c")
	require.NoError(t, err)
	assert.Contains(t, string(got.Value.Raw()), b.URL+"/en/a\"", "the links lead to the adopted object")
}

// A target that was set up anew after a run that stopped is filled again.
func TestImport_targetWasReset(t *testing.T) {
	t.Parallel()
	a, b := small(t), newSite(t)
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := transfer.Import(ctx, b.client, dir, transfer.ImportOptions{Progress: func(e transfer.Event) {
		if e.Phase == transfer.PhaseOrder || e.Phase == transfer.PhaseRedirects {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, len(a.paths(t)), len(b.paths(t))-3)
	for _, at := range []string{"/en/a", "/en/b", "/en/c"} {
		b.remove(t, at)
	}
	report := b.take(t, dir, transfer.ImportOptions{Delete: true})
	assert.Empty(t, lines(report))
	assert.Equal(t, a.paths(t), b.paths(t))
}

// The server makes the times of translated events equal whenever one of them is
// changed, so that nothing may be changed after they are linked.
func TestImport_translatedEvents(t *testing.T) {
	t.Parallel()
	a, b := newSite(t), newSite(t)
	b.remove(t, "/news")
	a.remove(t, "/news")
	for folder, day := range map[string]string{"/en": "2026-01-01", "/de": "2026-02-02"} {
		a.add(t, folder+"/event", client.Fields{
			"@type": "Event", "start": day + "T10:00:00+00:00", "end": day + "T11:00:00+00:00", "relatedItems": []string{a.add(t, folder+"/page", nil)},
		})
	}
	_, err := a.client.Translations.Link(t.Context(), "/en/event", "/de/event")
	require.NoError(t, err)
	dir, back := t.TempDir(), t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	b.take(t, dir, transfer.ImportOptions{})
	b.export(t, back, transfer.ExportOptions{})
	assert.Equal(t, folder(t, dir), folder(t, back))
	again := b.take(t, dir, transfer.ImportOptions{})
	assert.Empty(t, again.Changes)
}
