package transfer_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/internal/specimen"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/transfer"
)

// Three jobs that know nothing of each other, as in three processes, do the steps
// of a transfer in turn. The outcome is that of one job which does all.
func TestJob_stepsSharedOutAmongProcesses(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	newSite := func() *client.Client {
		server := plonetest.NewServer(plonetest.WithLanguages("en", "de"), plonetest.WithRequests(0))
		t.Cleanup(server.Close)
		c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
		require.NoError(t, err)
		_, err = c.Content.Delete(ctx, "/news") // which each site has under UIDs of its own
		require.NoError(t, err)
		return c
	}
	share := func(newJob func() (*transfer.Job, error)) []transfer.Problem {
		var jobs [3]*transfer.Job
		for n := range jobs {
			var err error
			jobs[n], err = newJob()
			require.NoError(t, err)
			defer jobs[n].Close()
		}
		report := jobs[0].Report()
		n := 0
		for _, phase := range jobs[0].Phases() {
			for s, err := range jobs[n%3].Steps(ctx, phase) {
				require.NoError(t, err)
				// Each is done twice, as after the loss of a process between the step
				// and its record.
				for range 2 {
					n++
					result, err := jobs[n%3].Do(ctx, s)
					require.NoError(t, err)
					report.Add(result)
				}
			}
		}
		return report.Problems
	}
	origin, alone, shared := newSite(), newSite(), newSite()
	require.NoError(t, specimen.Plant(ctx, origin, 80))

	dir, sharedDir := t.TempDir(), t.TempDir()
	_, err := transfer.Export(ctx, origin, dir, transfer.ExportOptions{})
	require.NoError(t, err)
	problems := share(func() (*transfer.Job, error) {
		return transfer.NewExport(ctx, origin, sharedDir, transfer.ExportOptions{PageSize: 10})
	})
	assert.Empty(t, problems)
	_, err = os.Stat(filepath.Join(sharedDir, ".transfer", "parts"))
	require.ErrorIs(t, err, fs.ErrNotExist)

	_, err = transfer.Import(ctx, alone, dir, transfer.ImportOptions{})
	if err != nil {
		require.ErrorIs(t, err, transfer.ErrIncomplete)
	}
	share(func() (*transfer.Job, error) {
		return transfer.NewImport(ctx, shared, sharedDir, transfer.ImportOptions{})
	})
	differences, err := specimen.Compare(ctx, alone, shared)
	require.NoError(t, err)
	assert.Empty(t, differences)
}

// Workers of an export begin at the same time, in a folder that is not there yet.
func TestNewExport_manyAtOnce(t *testing.T) {
	t.Parallel()
	server := plonetest.NewServer()
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	require.NoError(t, err)
	for range 10 {
		dir := filepath.Join(t.TempDir(), "new")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				job, err := transfer.NewExport(t.Context(), c, dir, transfer.ExportOptions{})
				if assert.NoError(t, err) {
					assert.NoError(t, job.Close())
				}
			})
		}
		all.Wait()
	}
}
