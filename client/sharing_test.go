package client_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestSharing_json(t *testing.T) {
	t.Parallel()
	const states = `{"A":false,"B":"global","C":"acquired","D":true}`
	var got map[string]client.RoleState
	require.NoError(t, json.Unmarshal([]byte(states), &got))
	assert.Equal(t, map[string]client.RoleState{"A": client.RoleNone, "B": client.RoleGlobal, "C": client.RoleAcquired, "D": client.RoleLocal}, got)
	again, err := json.Marshal(got)
	require.NoError(t, err)
	assert.JSONEq(t, states, string(again))
	require.Error(t, json.Unmarshal([]byte(`{"A":"sometimes"}`), &got))

	for want, update := range map[string]client.SharingUpdate{
		`{}`:                {},
		`{"inherit":false}`: {Inherit: client.Set(false)},
		`{"entries":[{"id":"ada","type":"user","roles":{"Editor":true}},{"id":"staff","roles":{}}]}`: {Entries: []client.LocalRoles{{ID: "ada", Type: "user", Roles: []string{"Editor"}}, {ID: "staff"}}},
	} {
		body, err := json.Marshal(update)
		require.NoError(t, err)
		assert.JSONEq(t, want, string(body))
	}
}

// Somebody who has a role on the whole site is in the list only when searched for.
func TestSharing_Ensure_globalRole(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	const roles = `"available_roles":[{"id":"Editor"},{"id":"Reader"}]`
	m.RegisterResponder("GET", mockSite+"/x/@sharing", jsonAnswer(200, `{`+roles+`,"entries":[]}`))
	m.RegisterResponder("GET", mockSite+"/x/@sharing?search=ada", jsonAnswer(200, `{`+roles+`,"entries":[{"id":"ada","roles":{"Editor":"global","Reader":false}}]}`))
	changes, err := c.Sharing.Ensure(t.Context(), "/x", []client.LocalRoles{{ID: "ada", Roles: []string{"Editor"}}})
	require.NoError(t, err)
	assert.Empty(t, changes.Changed)

	m.RegisterResponder("POST", mockSite+"/x/@sharing", sent(t, `{"entries":[{"id":"ada","roles":{"Editor":true,"Reader":true}}]}`, answer(204, "", "")))
	_, err = c.Sharing.Ensure(t.Context(), "/x", []client.LocalRoles{{ID: "ada", Roles: []string{"Editor", "Reader"}}})
	require.ErrorIs(t, err, errors.ErrNotDone, "the server took it and did nothing")

	m.RegisterResponder("GET", mockSite+"/x/@sharing", jsonAnswer(200, `{`+roles+`,"entries":[]}`).
		Then(jsonAnswer(200, `{`+roles+`,"entries":[{"id":"ada","roles":{"Editor":true,"Reader":true}}]}`)))
	changes, err = c.Sharing.Ensure(t.Context(), "/x", []client.LocalRoles{{ID: "ada", Roles: []string{"Editor", "Reader"}}})
	require.NoError(t, err)
	assert.Equal(t, []string{"ada: Reader"}, changes.Changed)
}

func TestSharing_Search_refused(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	_, err := c.Sharing.Search(t.Context(), "/x", "")
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.Zero(t, m.GetTotalCallCount())
}
