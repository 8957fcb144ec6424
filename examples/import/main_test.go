package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/transfer"
)

// folder is an export of a site with one document of its own.
func folder(t *testing.T) string {
	t.Helper()
	fake := plonetest.NewServer()
	t.Cleanup(fake.Close)
	c, err := client.New(fake.URL, client.WithAuth(auth.Basic("admin", "secret")))
	require.NoError(t, err)
	_, err = c.Content.Create(t.Context(), "/news", client.Fields{"@type": "Document", "id": "c", "title": "C"})
	require.NoError(t, err)
	dir := t.TempDir()
	_, err = transfer.Export(t.Context(), c, dir, transfer.ExportOptions{})
	require.NoError(t, err)
	return dir
}

func TestRun_fillsASite(t *testing.T) {
	t.Parallel()
	target := plonetest.NewServer()
	t.Cleanup(target.Close)
	c, err := client.New(target.URL, client.WithAuth(auth.Basic("admin", "secret")))
	require.NoError(t, err)
	cfg := config{url: target.URL, user: "admin", password: "secret"}
	dir := folder(t)

	var out bytes.Buffer
	planned := cfg
	planned.plan = true
	require.NoError(t, run(t.Context(), &out, planned, dir))
	assert.Contains(t, out.String(), "create    /news/c\n")
	_, err = c.Content.Get(t.Context(), "/news/c")
	assert.ErrorIs(t, err, errors.ErrNotFound, "a plan changes nothing")

	require.NoError(t, run(t.Context(), &out, cfg, dir))
	got, err := c.Content.Get(t.Context(), "/news/c")
	require.NoError(t, err)
	assert.Equal(t, "C", got.Value.Title)
}

func TestRun_refusesAFolderThatIsNoExport(t *testing.T) {
	t.Parallel()
	assert.ErrorIs(t, run(t.Context(), &bytes.Buffer{}, config{}, t.TempDir()), transfer.ErrNoExport)
}
