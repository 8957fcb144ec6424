package client_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// memberPages answers for a group of total members in pages of at most three. A
// page that is named in repeat has the members of the first one.
func memberPages(t *testing.T, total int, repeat string) func(*http.Request) (*http.Response, error) {
	return func(req *http.Request) (*http.Response, error) {
		start, err := strconv.Atoi(req.URL.Query().Get("b_start"))
		require.NoError(t, err)
		if req.URL.Query().Get("b_start") == repeat {
			start = 0
		}
		items := []string{}
		for i := start; i < min(start+3, total); i++ {
			items = append(items, strconv.Itoa(i))
		}
		data, err := json.Marshal(map[string]any{"id": "g", "members": map[string]any{"items": items, "items_total": total}})
		require.NoError(t, err)
		return jsonAnswer(200, string(data))(req)
	}
}

func TestGroups_Members(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		total  int
		repeat string
		want   []string
		err    error
		calls  int
	}{
		"none":      {0, "", nil, nil, 1},
		"one page":  {3, "", []string{"0", "1", "2"}, nil, 1},
		"all pages": {7, "", []string{"0", "1", "2", "3", "4", "5", "6"}, nil, 3},
		"moved":     {6, "3", []string{"0", "1", "2"}, errors.ErrListChanged, 2},
	} {
		c, m := mock(t)
		m.RegisterResponder("GET", mockSite+"/@groups/g", memberPages(t, tt.total, tt.repeat))
		var got []string
		var last error
		for id, err := range c.Groups.Members(t.Context(), "g") {
			if last = err; err == nil {
				got = append(got, id)
			}
		}
		require.ErrorIs(t, last, tt.err, name)
		assert.Equal(t, tt.want, got, name)
		assert.Equal(t, tt.calls, m.GetTotalCallCount(), name)
	}
}

func TestGroups_Members_stopsWhenNobodyListens(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/@groups/g", memberPages(t, 9, ""))
	for range c.Groups.Members(t.Context(), "g") {
		break
	}
	assert.Equal(t, 1, m.GetTotalCallCount())
}

func TestGroups_Update_refusesWhatTheServerWouldForget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		update client.GroupUpdate
		body   string // empty when it is refused
	}{
		{"nothing", client.GroupUpdate{}, `{}`},
		{"texts", client.GroupUpdate{Title: client.Set("t"), Description: client.Set("d"), Email: "e"}, `{"title":"t","description":"d","email":"e"}`},
		{"emptied", client.GroupUpdate{Title: client.Set(""), Description: client.Null[string]()}, `{"title":"","description":null}`},
		{"others", client.GroupUpdate{Title: client.Set(""), Roles: client.Set([]string{}), Members: map[string]bool{"a": true}, MemberOf: []string{"h"}},
			`{"title":"","roles":[],"users":{"a":true},"groups":["h"]}`},
		{"emptied and set", client.GroupUpdate{Title: client.Set(""), Description: client.Set("d")}, ""},
		{"null and set", client.GroupUpdate{Description: client.Null[string](), Email: "e"}, ""},
	}
	for _, tt := range tests {
		c, m := mock(t)
		var bodies []string
		m.RegisterResponder("PATCH", mockSite+"/@groups/g", bodiesInto(&bodies, jsonAnswer(204, "")))
		_, err := c.Groups.Update(t.Context(), "g", tt.update)
		if tt.body == "" {
			require.ErrorIs(t, err, errors.ErrInvalidInput, tt.name)
			assert.Empty(t, bodies, tt.name)
			continue
		}
		require.NoError(t, err, tt.name)
		assert.JSONEq(t, tt.body, bodies[0], tt.name)
	}
}

func TestGroups_refuseAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	for _, body := range []string{`{}`, `null`, `[]`} {
		m.RegisterResponder("GET", mockSite+"/@groups/g", jsonAnswer(200, body))
		m.RegisterResponder("GET", mockSite+"/@principals", jsonAnswer(200, body))
		_, err := c.Groups.Get(t.Context(), "g")
		_, found := errors.AsType[*errors.DecodeError](err)
		assert.True(t, found, "%s: %v", body, err)
		_, err = c.Principals.Search(t.Context(), "x")
		_, found = errors.AsType[*errors.DecodeError](err)
		assert.True(t, found, "%s: %v", body, err)
	}
}
