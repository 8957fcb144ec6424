package transfer_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/transfer"
)

// checked hears events and says what is wrong with their order.
func checked(t *testing.T) (observe func(transfer.Event), phases map[transfer.Phase]transfer.Event) {
	t.Helper()
	phases = map[transfer.Phase]transfer.Event{}
	return func(e transfer.Event) {
		last, seen := phases[e.Phase]
		assert.NotEmpty(t, e.String())
		assert.LessOrEqual(t, e.Done, e.Total, e)
		if seen {
			assert.Equal(t, last.Total, e.Total, e)
			assert.GreaterOrEqual(t, e.Done, last.Done, e)
			assert.GreaterOrEqual(t, e.Bytes, last.Bytes, e)
			assert.GreaterOrEqual(t, e.Elapsed, last.Elapsed, e)
		}
		if e.Rate > 0 {
			assert.InDelta(t, float64(e.Total-e.Done)/e.Rate, e.Remaining.Seconds(), 1e-3)
		} else {
			assert.Zero(t, e.Remaining)
		}
		phases[e.Phase] = e
	}, phases
}

func TestEvents(t *testing.T) {
	t.Parallel()
	a, b := planted(t), newSite(t)
	dir := t.TempDir()
	for _, parallel := range []int{1, 3} {
		observe, phases := checked(t)
		report, err := transfer.Export(t.Context(), a.client, dir, transfer.ExportOptions{Progress: observe, Concurrency: parallel})
		require.NoError(t, err)
		content := phases[transfer.PhaseContent]
		assert.Equal(t, content.Total, content.Done)
		assert.Equal(t, report.Bytes, content.Bytes)
		if parallel == 1 {
			assert.Equal(t, report.Changes[transfer.Saved], content.Total)
			assert.Positive(t, content.Rate)
		}
	}
	observe, phases := checked(t)
	report := b.take(t, dir, transfer.ImportOptions{Progress: observe, Concurrency: 3})
	for phase, e := range phases {
		assert.Equal(t, e.Total, e.Done, phase)
	}
	assert.Equal(t, report.Bytes, phases[transfer.PhaseContent].Bytes)
	assert.Positive(t, report.Bytes)
	assert.Positive(t, report.Elapsed)
}

// transport is a round trip.
type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// While a page is written, the next one is read, and no other.
func TestExport_onePageAhead(t *testing.T) {
	t.Parallel()
	a := small(t)
	next := a.uid(t, "/en/c") // comes after /en/b/file
	after := a.add(t, "/en/d", nil)
	asked := make(chan string, 100)
	c := a.as(t, auth.Basic("admin", "secret"), client.WithTransport(transport(func(r *http.Request) (*http.Response, error) {
		if uid := r.URL.Query().Get("UID"); uid != "" && r.URL.Query().Has("fullobjects") {
			asked <- uid
		}
		if strings.Contains(r.URL.Path, "@@download") {
			for uid := ""; uid != next; { // or else the file never comes
				select {
				case uid = <-asked:
					assert.NotEqual(t, after, uid)
				case <-time.After(10 * time.Second):
					return nil, errors.New("the next page is not asked for")
				}
			}
			assert.Empty(t, asked)
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	report, err := transfer.Export(t.Context(), c, t.TempDir(), transfer.ExportOptions{PageSize: 1})
	require.NoError(t, err)
	assert.Positive(t, report.Bytes)
	assert.Equal(t, after, <-asked)
}

// stopped runs until the observer has heard n events, and returns what was said.
func stopped(n int, run func(context.Context, func(transfer.Event)) (*transfer.Report, error)) (*transfer.Report, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	return run(ctx, func(transfer.Event) {
		if n--; n <= 0 {
			cancel()
		}
	})
}

// A run that is stopped again and again, and gone on with, does no step twice and
// ends with the report of one that was not.
func TestRun_resumed(t *testing.T) {
	t.Parallel()
	a, b, c := planted(t), newSite(t), newSite(t)
	b.remove(t, "/news")
	c.remove(t, "/news")
	dir, other, whole := t.TempDir(), t.TempDir(), t.TempDir()
	a.later(t)
	want := a.export(t, whole, transfer.ExportOptions{PageSize: 5})

	var got *transfer.Report
	var err error
	now, runs := a.now(), 0
	for ; runs == 0 || err != nil; runs++ {
		require.Less(t, runs, 60)
		got, err = stopped(30, func(ctx context.Context, observe func(transfer.Event)) (*transfer.Report, error) {
			return transfer.Export(ctx, a.client, dir, transfer.ExportOptions{PageSize: 5, Progress: observe})
		})
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	assert.Greater(t, runs, 3)
	assert.True(t, got.Resumed)
	assert.Equal(t, want.Losses, got.Losses)
	assert.Equal(t, want.Items, got.Items, "of all runs")
	assert.Equal(t, want.Bytes, got.Bytes)
	assert.Equal(t, folder(t, whole), folder(t, dir))
	times := map[string]int{}
	for _, uid := range a.fetched(now) {
		times[uid]++
	}
	again := 0
	for _, n := range times {
		again += n - 1
	}
	assert.LessOrEqual(t, again, 5*runs, "only the step that was stopped is done again")

	require.NoError(t, os.CopyFS(other, os.DirFS(dir)))
	plain := c.take(t, other, transfer.ImportOptions{})
	for runs = 0; runs == 0 || err != nil; runs++ {
		require.Less(t, runs, 60)
		got, err = stopped(80, func(ctx context.Context, observe func(transfer.Event)) (*transfer.Report, error) {
			return transfer.Import(ctx, b.client, dir, transfer.ImportOptions{Progress: observe})
		})
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	assert.Greater(t, runs, 3)
	assert.True(t, got.Resumed)
	assert.Empty(t, lines(got))
	assert.LessOrEqual(t, got.Changes[transfer.Create], plain.Changes[transfer.Create])
	doubled(t, b, 0)
	x, y := t.TempDir(), t.TempDir()
	b.export(t, x, transfer.ExportOptions{})
	c.export(t, y, transfer.ExportOptions{})
	assert.Equal(t, folder(t, y), folder(t, x))
}

// doubled finds what was made twice since a moment.
func doubled(t *testing.T, s *site, since int) {
	t.Helper()
	made := map[string]bool{}
	for _, r := range s.Requests()[since:] {
		if r.Method != "POST" || r.Status != 201 && r.Status != 204 || strings.Contains(r.Path, "/@") {
			continue
		}
		key := r.Path + " " + string(r.Body)
		assert.False(t, made[key], "made twice: %.200s", key)
		made[key] = true
	}
	assert.NotEmpty(t, made)
}

// Steps have ids of their own, the same each time.
func TestJob_stepIDs(t *testing.T) {
	t.Parallel()
	a, b := planted(t), newSite(t)
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	job, err := transfer.NewImport(t.Context(), b.client, dir, transfer.ImportOptions{Delete: true})
	require.NoError(t, err)
	defer job.Close()
	list := func() map[string]bool {
		seen := map[string]bool{}
		for _, phase := range job.Phases() {
			for s, err := range job.Steps(t.Context(), phase) {
				require.NoError(t, err)
				assert.False(t, seen[s.ID()], s)
				seen[s.ID()] = true
			}
		}
		return seen
	}
	first := list()
	assert.Greater(t, len(first), 15)
	assert.Equal(t, first, list())
	for _, err := range job.Steps(t.Context(), "tea") {
		assert.ErrorIs(t, err, errors.ErrInvalidInput)
	}
	_, err = job.Do(t.Context(), transfer.Step{Phase: "tea"})
	assert.ErrorIs(t, err, errors.ErrInvalidInput)
}

// A server that goes away in the middle stops the run, which can be gone on with.
func TestRun_serverGoesAway(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]plonetest.Fault{
		"vanishes":            {Times: plonetest.Always, Drop: true, Status: 502},
		"restarts":            {Times: plonetest.Always, Status: 502},
		"has no memory left":  {Times: plonetest.Always, Status: 503, Body: []byte("out of memory")},
		"lost its database":   {Times: plonetest.Always, Status: 500},
		"answers with a page": {Times: plonetest.Always, Status: 200, Body: []byte("<html>maintenance</html>")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := small(t), newSite(t)
			b.remove(t, "/news")
			dir := t.TempDir()
			fault.Skip = 9
			a.Inject(fault)
			_, err := transfer.Export(t.Context(), a.client, dir, transfer.ExportOptions{PageSize: 2})
			require.Error(t, err)
			require.NotErrorIs(t, err, transfer.ErrIncomplete)
			assert.Contains(t, err.Error(), "transfer: ")
			a.ClearFaults()
			a.export(t, dir, transfer.ExportOptions{PageSize: 2})
			whole := t.TempDir()
			a.export(t, whole, transfer.ExportOptions{})
			assert.Equal(t, folder(t, whole), folder(t, dir))

			fault.Skip = 25
			b.Inject(fault)
			report, err := transfer.Import(t.Context(), b.client, dir, transfer.ImportOptions{})
			require.Error(t, err)
			require.NotErrorIs(t, err, transfer.ErrIncomplete)
			assert.NotNil(t, report)
			b.ClearFaults()
			report = b.take(t, dir, transfer.ImportOptions{})
			assert.True(t, report.Resumed)
			assert.Empty(t, lines(report))
			assert.Equal(t, a.paths(t), b.paths(t))
			doubled(t, b, 0)
		})
	}
}

// Answers that are lost, but not for ever, do no harm.
func TestRun_answersGetLost(t *testing.T) {
	t.Parallel()
	a, b := small(t), newSite(t)
	b.remove(t, "/news")
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	for skip := range 30 {
		b.Inject(plonetest.Fault{Method: "POST", Drop: true, Skip: skip * 2})
		b.Inject(plonetest.Fault{Method: "PATCH", Drop: true, Skip: skip})
	}
	report := b.take(t, dir, transfer.ImportOptions{})
	for len(b.asked(0, func(r plonetest.Request) bool { return r.Fault })) == 0 {
		t.Fatal("no answer was lost")
	}
	assert.Empty(t, lines(report))
	assert.Equal(t, a.paths(t), b.paths(t))
	doubled(t, b, 0)
}

func TestOptions_negative(t *testing.T) {
	t.Parallel()
	a := newSite(t)
	dir := filepath.Join(t.TempDir(), "new")
	for _, o := range []transfer.ExportOptions{{PageSize: -1}, {Concurrency: -1}} {
		_, err := transfer.Export(t.Context(), a.client, dir, o)
		assert.ErrorIs(t, err, errors.ErrInvalidInput)
	}
	_, err := transfer.Import(t.Context(), a.client, dir, transfer.ImportOptions{Concurrency: -1})
	assert.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.NoDirExists(t, dir)
}
