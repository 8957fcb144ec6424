package client_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestRelations_refusedInput(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	for _, q := range []client.RelationQuery{
		{},
		{Max: 1, SourceText: "words"}, // the server would count all relations
		{Relation: "x", Max: -1},
		{Relation: "x", SourceText: "/news"},
		{Relation: "x", TargetText: "/news"},
		{Source: "https://other.example/x"},
		{Target: "/../x"},
	} {
		_, err := c.Relations.Find(t.Context(), q)
		require.ErrorIs(t, err, errors.ErrInvalidInput, "%+v", q)
	}
	for _, relations := range [][]client.RelationName{nil, {{Source: "/a", Target: "/b"}}, {{Source: "/a", Relation: "x"}}, {{}}} {
		_, err := c.Relations.Create(t.Context(), relations)
		require.ErrorIs(t, err, errors.ErrInvalidInput)
		_, err = c.Relations.Delete(t.Context(), relations)
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	}
	_, err := c.Relations.DeleteAll(t.Context(), client.RelationName{})
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	_, err = c.LinkIntegrity.Check(t.Context(), nil)
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.Zero(t, m.GetTotalCallCount())
}

// Services know a path below the site, and not each form of an address.
func TestRelations_references(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"/news/a":                             "/news/a",
		"news/a/":                             "/news/a",
		mockSite + "/news/a":                  "/news/a",
		mockSite + "/++api++/news/%C3%A4":     "/news/ä",
		mockSite:                              "/",
		"/":                                   "/",
		"0123456789abcdef0123456789abcdef":    "0123456789abcdef0123456789abcdef",
		"/sub/https%3A":                       "/sub/https%3A",
		mockSite + "/resolveuid/0123456789ab": "/resolveuid/0123456789ab",
	} {
		c, m := mock(t)
		m.RegisterResponder(http.MethodDelete, mockSite+"/@relations", func(req *http.Request) (*http.Response, error) {
			var body map[string]string
			require.NoError(t, json.NewDecoder(req.Body).Decode(&body))
			assert.Equal(t, map[string]string{"source": want}, body)
			return answer(204, "", "")(req)
		})
		_, err := c.Relations.DeleteAll(t.Context(), client.RelationName{Source: name})
		require.NoError(t, err, name)
	}
}

func TestRelations_Broken_none(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder(http.MethodGet, mockSite+"/@relations?onlyBroken=true", answer(204, "", ""))
	broken, err := c.Relations.Broken(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 204, broken.StatusCode)
	assert.Empty(t, broken.Value.Relations)
}

func TestRelations_Broken_ends(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder(http.MethodGet, mockSite+"/@relations?onlyBroken=true", jsonAnswer(200,
		`{"@id":"x","relations":{"r":{"items":[["https://plone.example/site/a",null],[null,"b"]],"items_total":2}}}`))
	broken, err := c.Relations.Broken(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []client.BrokenRelation{{Source: mockSite + "/a"}, {Target: "b"}}, broken.Value.Relations["r"].Items)

	m.RegisterResponder(http.MethodGet, mockSite+"/@relations?onlyBroken=true", jsonAnswer(200,
		`{"@id":"x","relations":{"r":{"items":[["a"]],"items_total":1}}}`))
	_, err = c.Relations.Broken(t.Context())
	_, found := errors.AsType[*errors.DecodeError](err)
	assert.True(t, found, "%v", err)
}

func TestRelations_notWhatWasPromised(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder(http.MethodGet, "=~^"+mockSite+"/@relations", jsonAnswer(200, `{"@id":"x"}`))
	_, stats := c.Relations.Stats(t.Context())
	_, find := c.Relations.Find(t.Context(), client.RelationQuery{Relation: "r"})
	_, broken := c.Relations.Broken(t.Context())
	for _, err := range []error{stats, find, broken} {
		_, found := errors.AsType[*errors.DecodeError](err)
		assert.True(t, found, "%v", err)
	}
}

// What failed may be too much for an error, or not be told at all.
func TestRelations_Create_failedWithoutAList(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "<html>", `{"error":{"type":"Unprocessable Content","failed":[[{"source":"/a"},`} {
		c, m := mock(t)
		m.RegisterResponder(http.MethodPost, mockSite+"/@relations", jsonAnswer(422, body))
		_, err := c.Relations.Create(t.Context(), []client.RelationName{{Source: "/a", Target: "/b", Relation: "r"}})
		require.ErrorIs(t, err, errors.ErrUnprocessable, body)
	}
}

// It commits as it goes: nothing about it is repeated.
func TestRelations_Rebuild_isNeverRepeated(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		body   string
		target error
	}{
		{500, `{"error":{"message":"it failed"}}`, errors.ErrInternalServer},
		{500, raised, errors.ErrConflict},
		{502, "<html>", errors.ErrOutcomeUnknown},
		{403, `{"error":{"type":"Forbidden"}}`, errors.ErrForbidden},
		{501, `{"error":{"type":"ImportError","message":"x"}}`, errors.ErrNotImplemented},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, m := mock(t)
			m.RegisterResponder(http.MethodPost, mockSite+"/@relations/rebuild", jsonAnswer(tt.status, tt.body))
			_, err := c.Relations.Rebuild(t.Context(), client.RebuildOptions{Flush: true})
			require.ErrorIs(t, err, tt.target)
			assert.Equal(t, 1, m.GetTotalCallCount())
		})
	}
}

// The server answers an empty list when link integrity is switched off.
func TestLinkIntegrity_switchedOff(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder(http.MethodGet, mockSite+"/@linkintegrity?uids=u", jsonAnswer(200, `[]`))
	_, err := c.LinkIntegrity.Check(t.Context(), []string{"u"})
	require.ErrorIs(t, err, errors.ErrUnsupported)
}
