package client_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestAliases_refusedInput(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	for _, err := range c.Aliases.All(t.Context(), "/", client.AliasOptions{Prefix: "news"}) {
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	}
	_, err := c.Aliases.Add(t.Context(), "/x", []client.Alias{{Path: "/a", RedirectTo: "/y"}})
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	_, err = c.Aliases.ImportCSV(t.Context(), nil)
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.Zero(t, m.GetTotalCallCount())
}

// The names in the answer are those of the server: with the path of the site, and of
// the folder of a language.
func TestAliases_failedAsTheCallerNamedThem(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder(http.MethodPost, mockSite+"/en/x/@aliases", jsonAnswer(200,
		`{"type":"error","failed":["/Plone/en/b","/Plone/en/a/b","other"]}`))
	_, err := c.Aliases.Add(t.Context(), "/en/x", []client.Alias{{Path: "/a/b"}, {Path: "/b"}, {Path: "/c"}})
	failed, found := errors.AsType[*client.FailedAliasesError](err)
	require.True(t, found, "%v", err)
	assert.Equal(t, []string{"/b", "/a/b", "other"}, failed.Failed)
	assert.Equal(t, `plone: aliases of /en/x that were not added: ["/b" "/a/b" "other"]`, err.Error())
	require.NotErrorIs(t, err, errors.ErrNotFound)
	require.ErrorIs(t, err, errors.ErrClient, "the class of what is meant")
}

func TestAliases_notWhatWasPromised(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `[]`, `null`, `{"type":"error","failed":[]}`, `<html>`} {
		c, m := mock(t)
		m.RegisterResponder(http.MethodDelete, mockSite+"/x/@aliases", jsonAnswer(200, body))
		_, err := c.Aliases.Remove(t.Context(), "/x", []string{"/a"})
		_, found := errors.AsType[*errors.DecodeError](err)
		assert.True(t, found, "%s: %v", body, err)
	}
	c, m := mock(t)
	m.RegisterResponder(http.MethodGet, mockSite+"/@aliases", answer(200, "text/html", "<html>"))
	m.RegisterResponder(http.MethodPost, mockSite+"/@aliases", jsonAnswer(200, "{}"))
	_, err := c.Aliases.ExportCSV(t.Context())
	_, found := errors.AsType[*errors.DecodeError](err)
	assert.True(t, found, "%v", err)
	_, err = c.Aliases.ImportCSV(t.Context(), strings.NewReader("/a,/b"))
	_, found = errors.AsType[*errors.DecodeError](err)
	assert.True(t, found, "%v", err)
}

// The try whose answer was lost has removed the alias.
func TestAliases_Remove_afterALostAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		m.RegisterResponder(http.MethodDelete, mockSite+"/x/@aliases",
			answer(502, "text/html", "").Then(jsonAnswer(200, `{"type":"error","failed":["/a"]}`)))
		_, err := c.Aliases.Remove(t.Context(), "/x", []string{"/a"})
		require.ErrorIs(t, err, errors.ErrNotFound)
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
		assert.Equal(t, `plone: aliases of /x that were not there to be removed: ["/a"]`, err.Error())
	})
}

// A table is sent while it is read, and once.
func TestAliases_ImportCSV_isSentOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		m.RegisterResponder(http.MethodPost, mockSite+"/@aliases", func(req *http.Request) (*http.Response, error) {
			assert.Equal(t, []string{"application/json"}, req.Header["Accept"])
			form, err := req.MultipartReader()
			require.NoError(t, err)
			part, err := form.NextPart()
			require.NoError(t, err)
			assert.Equal(t, "file", part.FormName())
			assert.Equal(t, "text/csv", part.Header.Get("Content-Type"))
			table, err := io.ReadAll(part)
			require.NoError(t, err)
			assert.Equal(t, "/a,/b\r\n", string(table))
			return jsonAnswer(500, raised)(req)
		})
		_, err := c.Aliases.ImportCSV(t.Context(), strings.NewReader("/a,/b\r\n"))
		require.ErrorIs(t, err, errors.ErrInternalServer)
		assert.Equal(t, 1, m.GetTotalCallCount())
	})
}
