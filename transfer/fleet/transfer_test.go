package fleet_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/internal/specimen"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
	"plone.example/restapi/transfer"
	"plone.example/restapi/transfer/fleet"
)

// newSite returns a site of the fake, and clients of it that repeat nothing.
func newSite(t *testing.T) (*plonetest.Server, func() *client.Client) {
	t.Helper()
	server := plonetest.NewServer(plonetest.WithLanguages("en", "de"), plonetest.WithRequests(0))
	t.Cleanup(server.Close)
	newClient := func() *client.Client {
		c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")), client.WithRetry(retry.Policy{Mode: retry.Never}))
		require.NoError(t, err)
		return c
	}
	_, err := newClient().Content.Delete(t.Context(), "/news") // which each site has under UIDs of its own
	require.NoError(t, err)
	return server, newClient
}

// share does a job with three workers. Each has a job of its own, as in processes
// of their own.
func share(t *testing.T, o fleet.Options, newJob func() (*transfer.Job, error)) (*transfer.Report, error) {
	t.Helper()
	engine, err := fleet.Open(t.Context(), fleet.EngineOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	var workers sync.WaitGroup
	defer workers.Wait()
	for range 3 {
		job, err := newJob()
		require.NoError(t, err)
		workers.Go(func() {
			assert.NoError(t, fleet.Work(t.Context(), engine.Conn(), job, o))
			assert.NoError(t, job.Close())
		})
	}
	job, err := newJob()
	require.NoError(t, err)
	defer job.Close()
	return fleet.Run(t.Context(), engine.Conn(), job, o)
}

func TestRun_sameAsOneProcess(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	_, origin := newSite(t)
	_, alone := newSite(t)
	_, shared := newSite(t)
	require.NoError(t, specimen.Plant(ctx, origin(), 80))

	dir := t.TempDir()
	exported, err := share(t, fleet.Options{Name: "export"}, func() (*transfer.Job, error) {
		return transfer.NewExport(ctx, origin(), dir, transfer.ExportOptions{PageSize: 5})
	})
	if err != nil {
		require.ErrorIs(t, err, transfer.ErrIncomplete)
	}
	assert.Greater(t, exported.Changes[transfer.Saved], 80)

	want, wantErr := transfer.Import(ctx, alone(), dir, transfer.ImportOptions{})
	require.NotNil(t, want)
	got, err := share(t, fleet.Options{Name: "import"}, func() (*transfer.Job, error) {
		return transfer.NewImport(ctx, shared(), dir, transfer.ImportOptions{})
	})
	assert.Equal(t, wantErr == nil, err == nil)
	assert.Equal(t, want.Losses, got.Losses)
	assert.Len(t, got.Problems, len(want.Problems))
	for _, action := range []transfer.Action{transfer.Create, transfer.Upload, transfer.Relate, transfer.Share, transfer.Link} {
		assert.Equal(t, want.Changes[action], got.Changes[action], action)
	}
	differences, err := specimen.Compare(ctx, alone(), shared())
	require.NoError(t, err)
	assert.Empty(t, differences)
}

func TestRun_namesTheItemsOfAStepThatKeepsFailing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	_, origin := newSite(t)
	faulty, target := newSite(t)
	root, err := origin().Content.Create(ctx, "", client.Fields{"@type": "Document", "id": "bad", "title": "Bad"})
	require.NoError(t, err)
	for _, id := range []string{"a", "b"} {
		_, err := origin().Content.Create(ctx, "/bad", client.Fields{"@type": "Document", "id": id, "title": id})
		require.NoError(t, err)
	}
	dir := t.TempDir()
	_, err = transfer.Export(ctx, origin(), dir, transfer.ExportOptions{})
	require.NoError(t, err)

	// The site breaks down whenever something is added to that folder.
	faulty.Inject(plonetest.Fault{Method: http.MethodPost, Path: "/bad", Times: plonetest.Always, Status: http.StatusBadGateway})
	report, err := share(t, fleet.Options{Name: "import", Lost: 300 * time.Millisecond, Tries: 3}, func() (*transfer.Job, error) {
		return transfer.NewImport(ctx, target(), dir, transfer.ImportOptions{})
	})
	require.ErrorIs(t, err, transfer.ErrIncomplete)
	var named []string
	for _, p := range report.Problems {
		named = append(named, p.UID)
		assert.Contains(t, p.Message, "set aside after 3 tries")
		assert.Contains(t, p.Message, "502")
	}
	assert.Len(t, named, 2)
	assert.NotContains(t, named, root.Value.UID)
	_, err = target().Content.Get(ctx, "/bad")
	require.NoError(t, err, "the rest goes on")
}
