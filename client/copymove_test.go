package client_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// sent checks the body of the request before it is answered.
func sent(t *testing.T, want string, next httpmock.Responder) httpmock.Responder {
	return func(req *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(req.Body)
		assert.NoError(t, err)
		assert.JSONEq(t, want, string(body))
		return next(req)
	}
}

func TestCopy_sources(t *testing.T) {
	t.Parallel()
	c, m := mock(t, client.WithPublicURL("https://public.example/"))
	m.RegisterResponder("POST", mockSite+"/to/@copy", sent(t, `{"source":["/a b/c","/rel/x","/door/y","/p","someuid"]}`, jsonAnswer(200, `[
		{"source":"https://public.example/p","target":"https://public.example/to/p"},
		{"source":"https://public.example/a b/c","target":"https://public.example/to/c"},
		{"source":"https://public.example/rel/x","target":"https://public.example/to/x"}]`)))
	_, err := c.Content.Copy(t.Context(), "/to", []string{mockSite + "/a%20b/c", "rel/x/", mockSite + "/++api++/door/y", "https://public.example/p", "someuid"})
	e, found := errors.AsType[*client.MissingSourcesError](err)
	require.True(t, found, "%v", err)
	assert.Equal(t, []string{mockSite + "/++api++/door/y", "someuid"}, e.Sources, "as the caller named them")
	assert.Len(t, e.Pasted, 3)
	assert.Equal(t, `plone: not all sources were found to put into "/to": missing ["https://plone.example/site/++api++/door/y" "someuid"]`, err.Error())
}

func TestMove_sourceTwice(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("POST", mockSite+"/to/@move", jsonAnswer(200, `[{"source":"https://plone.example/site/a","target":"https://plone.example/site/to/a"}]`))
	_, err := c.Content.Move(t.Context(), "/to", []string{"/a", "/a"})
	e, found := errors.AsType[*client.MissingSourcesError](err)
	require.True(t, found)
	assert.Equal(t, []string{"/a"}, e.Sources)
}

func TestCopy_refused(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	for _, sources := range [][]string{nil, {""}, {"/"}, {mockSite}, {"/a/../b"}, {"https://other.example/site/a"}, {"/a", "//"}} {
		_, err := c.Content.Copy(t.Context(), "/to", sources)
		require.ErrorIs(t, err, errors.ErrInvalidInput, "%q", sources)
		_, err = c.Content.Move(t.Context(), "/to", sources)
		require.ErrorIs(t, err, errors.ErrInvalidInput, "%q", sources)
	}
	assert.Zero(t, m.GetTotalCallCount())
}

func TestMove_isNotRepeated(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(answer(502, "text/html", "<html>"))
	_, err := c.Content.Move(t.Context(), "/to", []string{"/a"})
	require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
	assert.Equal(t, 1, m.GetTotalCallCount())
}
