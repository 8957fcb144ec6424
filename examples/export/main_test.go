package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun_writesEveryObject(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, config{}, folder))
	assert.Contains(t, out.String(), "save      /news/a\n")
	assert.Contains(t, out.String(), "problems: none\n")
	records, err := filepath.Glob(filepath.Join(folder, "content", "*", "data.json"))
	require.NoError(t, err)
	assert.Len(t, records, 4, "the site, /news, /news/a and /news/b")
	_, err = os.Stat(filepath.Join(folder, "content", "__metadata__.json"))
	assert.NoError(t, err)
}
