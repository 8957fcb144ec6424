package transfer_test

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
)

// breaking is a client for which the server fails over an object, as long as that
// is on.
func (s *site) breaking(t *testing.T, uid string, on *atomic.Bool) *client.Client {
	t.Helper()
	return s.as(t, auth.Basic("admin", "secret"), client.WithTransport(transport(func(r *http.Request) (*http.Response, error) {
		if !on.Load() || !slices.Contains(r.URL.Query()["UID"], uid) {
			return http.DefaultTransport.RoundTrip(r)
		}
		return &http.Response{
			StatusCode: http.StatusInternalServerError, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
			Body: io.NopCloser(strings.NewReader(`{"type":"TypeError","message":"broken","traceback":["File x"]}`)),
		}, nil
	})))
}

// An object that cannot be read is not one that is gone: nothing of it is removed,
// and it is read again the next time.
func TestSync_unreadable(t *testing.T) {
	t.Parallel()
	a, b := small(t), newSite(t)
	b.remove(t, "/news")
	dir := t.TempDir()
	var broken atomic.Bool
	from := a.breaking(t, a.uid(t, "/en/c"), &broken)
	sync := func(dir string) (*transfer.Report, error) {
		return transfer.Sync(t.Context(), from, b.client, dir, transfer.SyncOptions{Import: transfer.ImportOptions{Delete: true}})
	}
	_, err := sync(dir)
	require.NoError(t, err)

	broken.Store(true)
	a.change(t, "/en/c", client.Fields{"title": "New"})
	for name, dir := range map[string]string{"again": dir, "into a new folder": t.TempDir()} {
		report, err := sync(dir)
		require.ErrorIs(t, err, transfer.ErrIncomplete, name)
		require.Len(t, report.Problems, 1)
		assert.Equal(t, "/en/c", report.Problems[0].Path)
		assert.Zero(t, report.Changes[transfer.Delete])
		assert.Equal(t, a.uid(t, "/en/c"), b.uid(t, "/en/c"), name)
	}
	assert.FileExists(t, filepath.Join(dir, "content", a.uid(t, "/en/c"), "data.json"))

	broken.Store(false)
	report, err := sync(dir)
	require.NoError(t, err)
	assert.Equal(t, map[transfer.Action]int{transfer.Update: 1}, report.Changes)
	a.remove(t, "/en/c")
	report, err = sync(dir)
	require.NoError(t, err)
	assert.Equal(t, map[transfer.Action]int{transfer.Delete: 1}, report.Changes)
}

// Nor is an object of the target that cannot be read one that is to be made.
func TestImport_unreadable(t *testing.T) {
	t.Parallel()
	a, b := small(t), newSite(t)
	b.remove(t, "/news")
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	b.take(t, dir, transfer.ImportOptions{})
	b.change(t, "/en/a", client.Fields{"title": "Other"})
	var broken atomic.Bool
	broken.Store(true)
	to := b.breaking(t, b.uid(t, "/en/c"), &broken)
	report, err := transfer.Import(t.Context(), to, dir, transfer.ImportOptions{})
	require.ErrorIs(t, err, transfer.ErrIncomplete)
	require.Len(t, report.Problems, 1)
	assert.Equal(t, "/en/c", report.Problems[0].Path)
	assert.Equal(t, map[transfer.Action]int{transfer.Update: 1}, report.Changes)
}

// What could not be read of an object is read the next time, though the object has
// not changed.
func TestExport_partUnreadable(t *testing.T) {
	t.Parallel()
	for field, c := range map[string]struct{ at, request string }{
		"local roles": {"/en/a", "/en/a/@sharing"},
		"comments":    {"/en/a", "/en/a/@comments"},
		"file":        {"/en/b/file", "/en/b/file/@@download/file"},
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			a := small(t)
			a.change(t, "/en/a", client.Fields{"allow_discussion": true})
			_, err := a.client.Comments.Add(t.Context(), "/en/a", client.NewComment{Text: "x"})
			require.NoError(t, err)
			whole, dir := t.TempDir(), t.TempDir()
			a.export(t, whole, transfer.ExportOptions{})
			refusing := a.as(t, auth.Basic("admin", "secret"), client.WithTransport(transport(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(r.URL.Path, c.request) {
					return http.DefaultTransport.RoundTrip(r)
				}
				return &http.Response{
					StatusCode: http.StatusForbidden, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
					Body: io.NopCloser(strings.NewReader(`{"type":"Forbidden","message":"not now"}`)),
				}, nil
			})))
			a.later(t)
			report, err := transfer.Export(t.Context(), refusing, dir, transfer.ExportOptions{})
			require.ErrorIs(t, err, transfer.ErrIncomplete)
			require.Len(t, report.Problems, 1)
			assert.Equal(t, [2]string{c.at, field}, [2]string{report.Problems[0].Path, report.Problems[0].Field})
			now := a.now()
			report = a.export(t, dir, transfer.ExportOptions{})
			assert.Equal(t, 1, report.Changes[transfer.Saved])
			assert.Equal(t, []string{a.uid(t, c.at)}, a.fetched(now))
			assert.Equal(t, folder(t, whole), folder(t, dir))
		})
	}
}

// An object that is renamed after the list was made is related to by a name that
// the list does not have.
func TestExport_relatedObjectMoves(t *testing.T) {
	t.Parallel()
	a := small(t)
	a.change(t, "/en/a/z", client.Fields{"relatedItems": []string{a.uid(t, "/en/c")}})
	whole, dir := t.TempDir(), t.TempDir()
	a.later(t)
	job, err := transfer.NewExport(t.Context(), a.client, dir, transfer.ExportOptions{})
	require.NoError(t, err)
	_, err = job.Do(t.Context(), transfer.Step{Phase: transfer.PhaseList})
	require.NoError(t, err)
	a.change(t, "/en/c", client.Fields{"id": "other"})
	var problems []transfer.Problem
	for _, phase := range job.Phases()[1:] {
		for s, err := range job.Steps(t.Context(), phase) {
			require.NoError(t, err)
			r, err := job.Do(t.Context(), s)
			require.NoError(t, err)
			problems = append(problems, r.Problems...)
		}
	}
	require.NoError(t, job.Close())
	require.Len(t, problems, 1)
	assert.Equal(t, [2]string{"/en/a/z", "relations"}, [2]string{problems[0].Path, problems[0].Field})
	assert.ErrorIs(t, problems[0], errors.ErrListChanged)

	a.export(t, dir, transfer.ExportOptions{})
	a.export(t, whole, transfer.ExportOptions{})
	assert.Equal(t, folder(t, whole), folder(t, dir))
}

// A list that another process made is the one that counts.
func TestExport_listedAgain(t *testing.T) {
	t.Parallel()
	a := small(t)
	dir := t.TempDir()
	jobs := [2]*transfer.Job{}
	for n := range jobs {
		var err error
		jobs[n], err = transfer.NewExport(t.Context(), a.client, dir, transfer.ExportOptions{PageSize: 100})
		require.NoError(t, err)
	}
	list := transfer.Step{Phase: transfer.PhaseList}
	_, err := jobs[0].Do(t.Context(), list)
	require.NoError(t, err)
	added, gone := a.add(t, "/en/added", nil), a.uid(t, "/en/c")
	a.remove(t, "/en/c")
	_, err = jobs[1].Do(t.Context(), list)
	require.NoError(t, err)
	for s, err := range jobs[0].Steps(t.Context(), transfer.PhaseContent) {
		require.NoError(t, err)
		assert.Contains(t, s.UIDs, added)
		assert.NotContains(t, s.UIDs, gone)
		s.UIDs = append(s.UIDs, gone) // as in a step of the first list
		_, err := jobs[0].Do(t.Context(), s)
		require.NoError(t, err)
	}
	assert.FileExists(t, filepath.Join(dir, "content", added, "data.json"))
	assert.NoDirExists(t, filepath.Join(dir, "content", gone))
	for _, job := range jobs {
		require.NoError(t, job.Close())
	}
}

// An object that is made while the site is listed comes last among its siblings.
func TestExport_newObjectComesLast(t *testing.T) {
	t.Parallel()
	a := small(t)
	var made string
	c := a.as(t, auth.Basic("admin", "secret"), client.WithTransport(transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Query().Get("b_size") == "1" && made == "" {
			made = a.add(t, "/en/aaa", nil)
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	dir := t.TempDir()
	_, err := transfer.Export(t.Context(), c, dir, transfer.ExportOptions{})
	require.NoError(t, err)
	require.NotEmpty(t, made)
	b := newSite(t)
	b.remove(t, "/news")
	b.take(t, dir, transfer.ImportOptions{})
	var order []string
	for child, err := range b.client.Content.Children(t.Context(), "/en", client.ListOptions{}) {
		require.NoError(t, err)
		order = append(order, child.URL[strings.LastIndex(child.URL, "/")+1:])
	}
	assert.Equal(t, []string{"assets", "a", "b", "c", "aaa"}, order)
}

// A dry run reads what it would have moved from where it is.
func TestImport_dryRunOfAMove(t *testing.T) {
	t.Parallel()
	a, b := small(t), newSite(t)
	b.remove(t, "/news")
	dir := t.TempDir()
	a.change(t, "/en/b", client.Fields{"allow_discussion": true})
	_, err := a.client.Comments.Add(t.Context(), "/en/b", client.NewComment{Text: "x"})
	require.NoError(t, err)
	_, err = a.client.Sharing.Ensure(t.Context(), "/en/b", []client.LocalRoles{{ID: "Reviewers", Roles: []string{"Editor"}}})
	require.NoError(t, err)
	a.export(t, dir, transfer.ExportOptions{})
	b.take(t, dir, transfer.ImportOptions{})
	a.change(t, "/en/b", client.Fields{"id": "other"})
	a.export(t, dir, transfer.ExportOptions{})
	plan, err := transfer.Import(t.Context(), b.client, dir, transfer.ImportOptions{DryRun: true})
	require.NoError(t, err)
	report := b.take(t, dir, transfer.ImportOptions{})
	delete(plan.Changes, transfer.Redirect) // Plone makes those of moved objects itself
	delete(report.Changes, transfer.Redirect)
	assert.Equal(t, map[transfer.Action]int{transfer.Move: 1}, report.Changes)
	assert.Equal(t, report.Changes, plan.Changes)
}

// The parent of an item is missing, but its address leads to another object, which
// was there once.
func TestImport_parentHasMoved(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.add(t, "/en/p", nil)
	b.change(t, "/en/p", client.Fields{"id": "other"})
	dir := written(t, map[string]string{
		"content/__metadata__.json": listed("aaaa bbbb"),
		"content/aaaa/data.json":    `{"@id":"/en/p/child","@type":"Document","UID":"aaaa","title":"x"}`,
		"content/bbbb/data.json":    `{"@id":"/en/q","@type":"Document","UID":"bbbb","title":"y"}`,
	})
	report, err := transfer.Import(t.Context(), b.client, dir, transfer.ImportOptions{})
	require.ErrorIs(t, err, transfer.ErrIncomplete)
	require.Len(t, report.Problems, 1)
	require.ErrorIs(t, report.Problems[0], transfer.ErrNoFolder)
	assert.Equal(t, "/en/p/child", report.Problems[0].Path)
	assert.NotEmpty(t, b.uid(t, "/en/q"))
}

// A run that is gone on with names a problem once.
func TestRun_resumedWithAProblem(t *testing.T) {
	t.Parallel()
	a, b := small(t), newSite(t)
	b.remove(t, "/news")
	dir := t.TempDir()
	_, err := a.client.Aliases.AddToSite(t.Context(), []client.Alias{{Path: "/old", RedirectTo: "/en/b"}})
	require.NoError(t, err)
	a.export(t, dir, transfer.ExportOptions{})
	cut(t, filepath.Join(dir, "content", a.uid(t, "/en/c"), "data.json"), 2)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = transfer.Import(ctx, b.client, dir, transfer.ImportOptions{Progress: func(e transfer.Event) {
		if e.Phase == transfer.PhaseRedirects {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	report, err := transfer.Import(t.Context(), b.client, dir, transfer.ImportOptions{})
	require.ErrorIs(t, err, transfer.ErrIncomplete)
	assert.True(t, report.Resumed)
	assert.Len(t, report.Problems, 1)
	assert.Equal(t, 8, report.Changes[transfer.Create]+len(report.Problems))
}
