package transfer

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// opened is the journal at path with the report of it.
func opened(t *testing.T, path string) (*journal, *Report) {
	t.Helper()
	report := newReport(map[Loss]int{LossDates: 0})
	j, err := openJournal(path, report)
	require.NoError(t, err)
	t.Cleanup(func() { _ = j.close() })
	return j, report
}

func TestJournal_resumes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state", "run.jsonl")
	j, report := opened(t, path)
	assert.False(t, j.resumed)
	require.NoError(t, j.finish("one", &Result{Items: 2, Bytes: 10, Counts: map[Action]int{Create: 2}, Losses: map[Loss]int{LossDates: 2}}))
	require.NoError(t, j.finish("two", &Result{Items: 1, Counts: map[Action]int{Create: 1}, Problems: []Problem{{Path: "/a", Message: "m"}}}))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)

	// At whatever byte the machine stops, the line before it counts.
	first := len(whole)
	for n, b := range whole {
		if b == '\n' {
			first = n + 1
			break
		}
	}
	for cut := range len(whole) + 1 {
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o666))
		j, report := opened(t, path)
		assert.Equal(t, cut >= first, j.done["one"], cut)
		assert.Equal(t, cut == len(whole), j.done["two"], cut)
		assert.Equal(t, cut >= first, j.resumed)
		if cut >= first {
			assert.GreaterOrEqual(t, report.Changes[Create], 2)
			assert.Equal(t, 2, report.Losses[LossDates])
		}
		require.NoError(t, j.finish("three", &Result{Items: 1}))
		require.NoError(t, j.close())
		again, _ := opened(t, path)
		assert.True(t, again.done["three"], "what follows a cut line is read, too: %d", cut)
		assert.Equal(t, cut >= first, again.done["one"], cut)
		require.NoError(t, again.close())
	}
	assert.Equal(t, 3, report.Changes[Create])
	assert.Len(t, report.Problems, 1)
}

func TestJournal_startsAnewAfterTheEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "run.jsonl")
	j, _ := opened(t, path)
	require.NoError(t, j.finish("one", &Result{Items: 2, Counts: map[Action]int{Create: 2}}))
	require.NoError(t, j.append(line{End: true}))
	require.NoError(t, j.close())
	j, report := opened(t, path)
	assert.False(t, j.resumed)
	assert.Empty(t, j.done)
	assert.Zero(t, report.Items)
	assert.Empty(t, report.Changes)
	require.NoError(t, j.finish("two", &Result{}))
	require.NoError(t, j.close())
	j, _ = opened(t, path)
	assert.Equal(t, map[string]bool{"two": true}, j.done)
}

func TestJournal_sameStepTwice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "run.jsonl")
	j, _ := opened(t, path)
	for range 2 {
		require.NoError(t, j.finish("one", &Result{Items: 2}))
	}
	_, report := opened(t, path)
	assert.Equal(t, 2, report.Items, "a step that was done again counts once")
}
