package client_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestComponent_json(t *testing.T) {
	t.Parallel()
	type crumbs = client.Component[client.Breadcrumbs]
	for data, want := range map[string]crumbs{
		`{"@id": "u"}`:              {URL: "u"},
		"{\n \"@id\" :\t\"u\"\n}":   {URL: "u"},
		`{"@id":"\u0075\""}`:        {URL: `u"`},
		`{"@id":"\u0075"}`:          {URL: "u"},
		`{"@id":""}`:                {},
		`{}`:                        {},
		`null`:                      {},
		`{"@id":"u","items":[]}`:    {URL: "u", Value: &client.Breadcrumbs{URL: "u", Items: []client.Breadcrumb{}}},
		`{"@id":"u","root":"r"}`:    {URL: "u", Value: &client.Breadcrumbs{URL: "u", Root: "r"}},
		`{"items":[{"title":"t"}]}`: {Value: &client.Breadcrumbs{Items: []client.Breadcrumb{{Title: "t"}}}},
	} {
		got := crumbs{URL: "old", Value: new(client.Breadcrumbs)}
		require.NoError(t, json.Unmarshal([]byte(data), &got), data)
		assert.Equal(t, want, got, data)
	}
	for _, data := range []string{`{"@id":"u"}`, `{"@id":"u","root":"r"}`} {
		var got crumbs
		require.NoError(t, json.Unmarshal([]byte(data), &got))
		again, err := json.Marshal(got)
		require.NoError(t, err)
		assert.JSONEq(t, data, string(again))
	}
	for _, data := range []string{`7`, `"u"`, `[]`, `{"@id":7,"items":[]}`, `{"@id":"u","items":7}`} {
		assert.Error(t, json.Unmarshal([]byte(data), new(crumbs)), data)
	}

	// Types are an object when they are not expanded, and an array otherwise.
	type list = client.Component[[]string]
	var got list
	require.NoError(t, json.Unmarshal([]byte(`["a"]`), &got))
	assert.Equal(t, list{Value: &[]string{"a"}}, got)
	require.NoError(t, json.Unmarshal([]byte(`[]`), &got))
	assert.Equal(t, list{Value: &[]string{}}, got)
}

func TestComponent_Fetch(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/a", jsonAnswer(200, `{"@id":"`+mockSite+`/a","@components":{
		"breadcrumbs":{"@id":"`+mockSite+`/a/@breadcrumbs"},"addon":{"@id":"`+mockSite+`/a/@addon","n":1}}}`))
	m.RegisterResponder("GET", mockSite+"/a/@breadcrumbs", jsonAnswer(200, `{"@id":"`+mockSite+`/a/@breadcrumbs","items":[],"root":"r"}`))
	got, err := c.Content.Get(t.Context(), "/a")
	require.NoError(t, err)

	crumbs, err := got.Value.Components.Breadcrumbs.Fetch(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, "r", crumbs.Value.Root)

	_, err = got.Value.Components.Workflow.Fetch(t.Context(), c)
	require.ErrorIs(t, err, errors.ErrInvalidInput, "the object has none")
	_, err = client.Component[client.Breadcrumbs]{URL: "https://other.example/x"}.Fetch(t.Context(), c)
	require.NotErrorIs(t, err, errors.ErrInvalidInput)
	assert.Contains(t, err.Error(), "WithPublicURL")
	assert.Equal(t, 2, m.GetTotalCallCount())

	var addon struct {
		N int `json:"n"`
	}
	require.NoError(t, got.Value.Component("addon", &addon))
	assert.Equal(t, 1, addon.N)
	require.ErrorIs(t, got.Value.Component("nope", &addon), errors.ErrNoField)
	require.ErrorIs(t, new(client.Content).Component("addon", &addon), errors.ErrNoField)
}

// The error of an answer without its address names the member of the wire.
func TestComponents_withoutAddress(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/@breadcrumbs", jsonAnswer(200, `{"items":[]}`))
	_, err := c.Components.Breadcrumbs(t.Context(), "/")
	e, found := errors.AsType[*errors.DecodeError](err)
	require.True(t, found, "%v", err)
	assert.EqualError(t, e.Err, `the answer has no "@id"`)
}
