package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
	"plone.example/restapi/examples/files/internal/demo"
	"plone.example/restapi/plonetest"
)

func TestRun_madeUp(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, demo.Config{}, nil))
	assert.Contains(t, out.String(), "100%")
	assert.Contains(t, out.String(), "33554432 bytes are stored as http://127.0.0.1:")
	require.ErrorIs(t, run(t.Context(), io.Discard, demo.Config{}, []string{"nowhere"}), os.ErrNotExist)
}

func TestRun_goesOn(t *testing.T) {
	t.Parallel()
	site := plonetest.NewServer()
	defer site.Close()
	cfg := demo.Config{URL: site.URL, User: "admin", Password: "secret"}
	name := filepath.Join(t.TempDir(), "big.bin")
	require.NoError(t, os.WriteFile(name, make([]byte, 20<<20), 0o600)) // two chunks
	ctx, cancel := context.WithCancel(t.Context())
	err := run(ctx, writer(func(p []byte) {
		if strings.Contains(string(p), "90%") {
			cancel()
		}
	}), cfg, []string{name, "/news"})
	cancel()
	if err != nil {
		require.ErrorIs(t, err, context.Canceled)
		require.FileExists(t, name+".upload")
		require.NoError(t, run(t.Context(), io.Discard, cfg, []string{name, "/news"}))
	}
	assert.NoFileExists(t, name+".upload")
	starts := 0
	for _, r := range site.Requests() {
		if r.Method == "POST" && r.Path == "/news/@tus-upload" {
			starts++
		}
	}
	assert.Equal(t, 1, starts)
	require.ErrorIs(t, run(t.Context(), io.Discard, cfg, []string{name, "/nope"}), errors.ErrNotFound)
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

func TestRun_plone(t *testing.T) {
	t.Parallel()
	cfg := demo.Config{URL: os.Getenv("PLONE_URL"), User: os.Getenv("PLONE_USER"), Password: os.Getenv("PLONE_PASSWORD")}
	name := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(name, []byte("hello"), 0o600))
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, cfg, []string{name}))
	_, address, found := strings.Cut(strings.TrimSpace(out.String()), "5 bytes are stored as ")
	require.True(t, found, out.String())
	if cfg.URL == "" {
		return
	}
	c, done, err := demo.Connect(cfg)
	require.NoError(t, err)
	defer done()
	_, err = c.Content.Delete(t.Context(), address)
	require.NoError(t, err)
}
