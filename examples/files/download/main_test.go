package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/examples/files/internal/demo"
	"plone.example/restapi/plonetest"
)

func TestRun_showcase(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, demo.Config{}, nil))
	assert.Contains(t, out.String(), "100%")
	assert.Contains(t, out.String(), "33554432 bytes of text/plain; charset=utf-8 are saved as ")
	require.ErrorIs(t, run(t.Context(), io.Discard, demo.Config{}, []string{"/nope"}), errors.ErrNotFound)
}

func TestRun_proposedName(t *testing.T) {
	t.Chdir(t.TempDir())
	site := plonetest.NewServer()
	defer site.Close()
	cfg := demo.Config{URL: site.URL, User: "admin", Password: "secret"}
	c, done, err := demo.Connect(cfg)
	require.NoError(t, err)
	defer done()
	for name, want := range map[string]string{"../../a.txt": "a.txt", "..": ""} {
		created, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{Filename: name})
		require.NoError(t, err)
		err = run(t.Context(), io.Discard, cfg, []string{created.Object.URL})
		if want == "" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err)
		data, err := os.ReadFile(want)
		require.NoError(t, err)
		assert.Equal(t, "hello", string(data))
		require.Error(t, run(t.Context(), io.Discard, cfg, []string{created.Object.URL}), "nothing is overwritten")
	}
	names, err := filepath.Glob("*")
	require.NoError(t, err)
	assert.Equal(t, []string{"a.txt"}, names)
}
