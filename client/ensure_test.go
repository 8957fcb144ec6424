package client_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// Forms of values that the test sites have no field for.
func TestContent_Ensure_forms(t *testing.T) {
	t.Parallel()
	text := func(data string) string {
		return fmt.Sprintf(`{"content-type":"text/html","data":%q,"encoding":"utf-8"}`, data)
	}
	for name, tt := range map[string]struct {
		stored string // in the field
		want   any
		sent   bool // and settled by that
		fails  bool
	}{
		"rich text":                 {text("<p>a & b</p>"), "<p>a &amp; b</p>", false, false},
		"rich text as an object":    {text("<p>a</p>"), map[string]any{"data": "<p>a</p>", "content-type": "text/html", "encoding": "utf8"}, false, false},
		"another type of text":      {text("a"), map[string]any{"data": "a", "content-type": "text/plain"}, true, false},
		"links in rich text":        {text(`<a href="` + mockSite + `/a#b">`), `<a href="/a#b">`, false, false},
		"links by UID in rich text": {text(`<a href="` + mockSite + `/a#b">`), `<a href="../resolveuid/1">`, true, false},
		"no rich text":              {`null`, map[string]any{"data": ""}, false, false},
		"marks":                     {`"Café"`, "Cafe\u0301", true, false},
		"a set":                     {`["a","b"]`, []string{"b", "a"}, true, false},
		"a set of others":           {`["a","b"]`, []string{"b", "c"}, true, true},
		"terms":                     {`[{"token":"a","title":"A"}]`, []string{"a"}, false, false},
		"an unknown term":           {`{"token":"a","title":"A"}`, "b", true, true},
		"a number":                  {`1`, 1, false, false},
		"another number":            {`1`, 2, true, true},
		"a relation by its number":  {`{"@id":"` + mockSite + `/a","@type":"Document"}`, 17, true, false},
		"false where null was sent": {`false`, nil, true, false},
		"JSON":                      {`{"a":[{"b":1}],"c":null}`, map[string]any{"a": []any{map[string]any{"b": 1, "d": ""}}}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			object := jsonAnswer(200, `{"@id":"`+mockSite+`/x","id":"x","@type":"T","f":`+tt.stored+`}`)
			m.RegisterResponder("GET", mockSite+"/x", object)
			m.RegisterResponder("PATCH", mockSite+"/x", object)
			got, err := c.Content.Ensure(t.Context(), "/x", client.Fields{"f": tt.want})
			assert.Equal(t, tt.sent, m.GetTotalCallCount() == 2)
			if tt.fails {
				require.ErrorIs(t, err, errors.ErrNotDone)
				return
			}
			require.NoError(t, err)
			assert.Nil(t, got.Changed)
		})
	}
}

// The response to a write is lost, and the write was made or not.
func TestContent_Ensure_lostResponse(t *testing.T) {
	t.Parallel()
	const path = mockSite + "/x"
	absent := jsonAnswer(404, `{"type":"NotFound","message":"x"}`)
	there := func(title string) string {
		return `{"@id":"` + path + `","id":"x","@type":"Document","title":"` + title + `"}`
	}
	lost := func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") }
	taken := jsonAnswer(400, `{"type":"BadRequest","message":"The id \"x\" is invalid - it is already in use."}`)
	body := client.Fields{"@type": "Document", "title": "A"}

	t.Run("made", func(t *testing.T) {
		t.Parallel()
		c, m := mock(t)
		m.RegisterResponder("GET", path, absent.Then(jsonAnswer(200, there("A"))))
		m.RegisterResponder("POST", mockSite, lost)
		got, err := c.Content.Ensure(t.Context(), "/x", body)
		require.NoError(t, err)
		assert.True(t, got.Created)
	})
	t.Run("made, and repeated", func(t *testing.T) {
		t.Parallel()
		c, m := mock(t)
		m.RegisterResponder("GET", path, absent.Then(jsonAnswer(200, there("A"))))
		posts := 0
		m.RegisterResponder("POST", mockSite, func(req *http.Request) (*http.Response, error) {
			if posts++; posts == 1 {
				return nil, errors.New("connection reset")
			}
			return taken(req)
		})
		got, err := c.Content.Ensure(t.Context(), "/x", body)
		require.NoError(t, err)
		assert.True(t, got.Created)
	})
	t.Run("by somebody faster", func(t *testing.T) {
		t.Parallel()
		c, m := mock(t)
		m.RegisterResponder("GET", path, absent.Then(jsonAnswer(200, there("B"))))
		m.RegisterResponder("POST", mockSite, taken)
		m.RegisterResponder("PATCH", path, sent(t, `{"title":"A"}`, jsonAnswer(200, there("A"))))
		got, err := c.Content.Ensure(t.Context(), "/x", body)
		require.NoError(t, err)
		assert.False(t, got.Created)
		assert.Equal(t, []string{"title"}, got.Changed)
	})
	t.Run("not made", func(t *testing.T) {
		t.Parallel()
		c, m := mock(t)
		m.RegisterResponder("GET", path, absent)
		m.RegisterResponder("POST", mockSite, lost)
		_, err := c.Content.Ensure(t.Context(), "/x", body)
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
	})
	t.Run("changed", func(t *testing.T) {
		t.Parallel()
		c, m := mock(t)
		m.RegisterResponder("GET", path, jsonAnswer(200, there("B")).Then(jsonAnswer(200, there("A"))))
		m.RegisterResponder("PATCH", path, lost)
		got, err := c.Content.Ensure(t.Context(), "/x", body)
		require.NoError(t, err)
		assert.Equal(t, []string{"title"}, got.Changed)
	})
	t.Run("not changed", func(t *testing.T) {
		t.Parallel()
		c, m := mock(t)
		m.RegisterResponder("GET", path, jsonAnswer(200, there("B")))
		m.RegisterResponder("PATCH", path, lost)
		_, err := c.Content.Ensure(t.Context(), "/x", body)
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
	})
}
