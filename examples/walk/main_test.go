package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
)

func TestRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, config{}, "/news"))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 4, out.String())
	assert.Regexp(t, `^news +Document +published +0 KB +`, lines[0])
	assert.Regexp(t, `^  a +Document +published +0 KB +a$`, lines[1])
	assert.Regexp(t, `^  b +Document +published +0 KB +b$`, lines[2])
	assert.Equal(t, "3 objects", lines[3])

	require.ErrorIs(t, run(t.Context(), &out, config{}, "/nope"), errors.ErrNotFound)
	require.ErrorIs(t, run(t.Context(), &out, config{url: "plone.example"}, "/"), errors.ErrInvalidInput)
}

func TestRun_plone(t *testing.T) {
	t.Parallel()
	cfg := config{os.Getenv("PLONE_URL"), os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD")}
	var out strings.Builder
	err := run(t.Context(), &out, cfg, "/")
	if !errors.Is(err, errors.ErrListChanged) { // other tests write
		require.NoError(t, err)
	}
	assert.Contains(t, out.String(), " objects\n")
}
