package client_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

// member is a user without any role on the site but Member.
type member struct {
	*client.Client
	id string
}

// withMember runs one case of behaviour on each site, with a second user.
func withMember(t *testing.T, run func(t *testing.T, s *site, other member)) {
	t.Helper()
	const password = "only-for-tests-1"
	t.Run("plonetest", func(t *testing.T) {
		t.Parallel()
		server := plonetest.NewServer(plonetest.WithUser("grace", password))
		t.Cleanup(server.Close)
		cases.fake.Add(1)
		s := &site{url: server.URL, user: "admin", password: "secret"}
		run(t, s, member{s.as(t, auth.Basic("grace", password)), "grace"})
	})
	if url := os.Getenv("PLONE_URL"); url != "" {
		t.Run("plone", func(t *testing.T) {
			cases.live.Add(1)
			s := &site{url: url, user: os.Getenv("PLONE_USER"), password: os.Getenv("PLONE_PASSWORD"), live: true}
			c, id := s.client(t), unique("grace")
			_, err := client.Call[any](t.Context(), c, client.Request{Method: http.MethodPost, Path: "/@users", Body: client.Fields{
				"username": id, "password": password, "email": id + "@plone.example", "roles": []string{"Member"},
			}})
			require.NoError(t, err)
			t.Cleanup(func() {
				_, err := client.Call[any](context.WithoutCancel(t.Context()), c, client.Request{Method: http.MethodDelete, Path: "/@users/" + id})
				require.NoError(t, err)
			})
			run(t, s, member{s.as(t, auth.Basic(id, password)), id})
		})
	}
}

// roles are the states of the roles of one principal.
func roles(s client.Sharing, id string) map[string]client.RoleState {
	for _, e := range s.Entries {
		if e.ID == id {
			return e.Roles
		}
	}
	return nil
}

func TestBehaviour_Sharing(t *testing.T) {
	t.Parallel()
	withMember(t, func(t *testing.T, s *site, other member) {
		c, folder := s.client(t), s.folder(t)
		child := s.add(t, folder, client.Fields{"@type": "Document", "title": "Child"})

		got, err := c.Sharing.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.True(t, got.Value.Inherit)
		assert.Equal(t, []client.AvailableRole{{"Contributor", "Can add"}, {"Editor", "Can edit"}, {"Reader", "Can view"}, {"Reviewer", "Can review"}}, got.Value.AvailableRoles)
		none := map[string]client.RoleState{"Contributor": client.RoleNone, "Editor": client.RoleNone, "Reader": client.RoleNone, "Reviewer": client.RoleNone}
		assert.Equal(t, []client.SharingEntry{{ID: "AuthenticatedUsers", Title: "Logged-in users", Type: "group", Roles: none}}, got.Value.Entries)

		found, err := c.Sharing.Search(t.Context(), folder, other.id)
		require.NoError(t, err)
		require.Len(t, found.Value.Entries, 2)
		assert.Equal(t, client.SharingEntry{ID: other.id, Login: other.id, Title: other.id, Type: "user", Roles: none}, found.Value.Entries[1])

		_, err = other.Content.Get(t.Context(), child)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		updated, err := c.Sharing.Update(t.Context(), folder, client.SharingUpdate{Entries: []client.LocalRoles{{ID: other.id, Type: "user", Roles: []string{"Reader", "Editor"}}}})
		require.NoError(t, err)
		assert.Equal(t, http.StatusNoContent, updated.StatusCode)
		_, err = other.Content.Get(t.Context(), child)
		require.NoError(t, err)

		got, err = c.Sharing.Get(t.Context(), child)
		require.NoError(t, err)
		assert.Equal(t, client.RoleAcquired, roles(got.Value, other.id)["Editor"])
		assert.Equal(t, client.RoleNone, roles(got.Value, other.id)["Reviewer"])

		// An editor may give some roles only; the others are dropped in silence.
		mine, err := other.Sharing.Get(t.Context(), child)
		require.NoError(t, err)
		assert.Equal(t, []client.AvailableRole{{"Editor", "Can edit"}, {"Reader", "Can view"}}, mine.Value.AvailableRoles)
		require.Len(t, mine.Value.Entries, 2)
		assert.True(t, mine.Value.Entries[1].Disabled, "one's own roles")
		_, err = other.Sharing.Update(t.Context(), child, client.SharingUpdate{Entries: []client.LocalRoles{{ID: "AuthenticatedUsers", Roles: []string{"Reviewer"}}}})
		require.NoError(t, err)
		got, err = c.Sharing.Get(t.Context(), child)
		require.NoError(t, err)
		assert.Equal(t, none, roles(got.Value, "AuthenticatedUsers"))

		// Who cuts off what comes from above keeps what they have.
		_, err = other.Sharing.Update(t.Context(), child, client.SharingUpdate{Inherit: client.Set(false)})
		require.NoError(t, err)
		got, err = c.Sharing.Get(t.Context(), child)
		require.NoError(t, err)
		assert.False(t, got.Value.Inherit)
		assert.Equal(t, client.RoleLocal, roles(got.Value, other.id)["Editor"])

		// What is left out is taken away.
		_, err = c.Sharing.Update(t.Context(), folder, client.SharingUpdate{Entries: []client.LocalRoles{{ID: other.id}}})
		require.NoError(t, err)
		got, err = c.Sharing.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Nil(t, roles(got.Value, other.id))
	})
}

func TestBehaviour_Sharing_refused(t *testing.T) {
	t.Parallel()
	withMember(t, func(t *testing.T, s *site, other member) {
		c, folder := s.client(t), s.folder(t)
		_, err := c.Sharing.Get(t.Context(), folder+"/nope")
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = other.Sharing.Get(t.Context(), folder)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).Sharing.Get(t.Context(), "/")
		require.ErrorIs(t, err, errors.ErrForbidden)
		_, err = other.Sharing.Update(t.Context(), "/", client.SharingUpdate{})
		require.ErrorIs(t, err, errors.ErrForbidden)

		// What the types here cannot say.
		for body, want := range map[string]error{
			`{`: errors.ErrBadRequest, `[]`: errors.ErrBadRequest,
			`{"entries":[{"id":"x"}]}`:                    errors.ErrUnavailable,
			`{"entries":[{"roles":{}}]}`:                  errors.ErrUnavailable,
			`{"entries":[{"id":"x","roles":["Reader"]}]}`: errors.ErrInternalServer,
		} {
			_, err := client.Call[any](t.Context(), c, client.Request{Method: http.MethodPost, Path: folder + "/@sharing", Body: rawJSON(body)})
			require.ErrorIs(t, err, want, body)
			e, _ := errors.AsType[*errors.StatusError](err)
			assert.Equal(t, 1, e.Attempts, body)
		}
	})
}

func TestBehaviour_Sharing_Ensure(t *testing.T) {
	t.Parallel()
	withMember(t, func(t *testing.T, s *site, other member) {
		c, folder := s.client(t), s.folder(t)
		want := []client.LocalRoles{{ID: other.id, Roles: []string{"Editor", "Reader"}}, {ID: "Site Administrators", Roles: []string{"Reviewer"}}}
		changes, err := c.Sharing.Ensure(t.Context(), folder, want)
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{other.id + ": Editor", other.id + ": Reader", "Site Administrators: Reviewer"}, changes.Changed)
		assert.Equal(t, client.RoleLocal, roles(changes.Value, other.id)["Editor"])
		changes, err = c.Sharing.Ensure(t.Context(), folder, want)
		require.NoError(t, err)
		assert.Empty(t, changes.Changed)

		changes, err = c.Sharing.Ensure(t.Context(), folder, []client.LocalRoles{{ID: other.id, Roles: []string{"Contributor"}}, want[1]})
		require.NoError(t, err)
		assert.Equal(t, []string{other.id + ": Contributor", other.id + ": Editor", other.id + ": Reader"}, changes.Changed)
		assert.Equal(t, client.RoleNone, roles(changes.Value, other.id)["Editor"])

		_, err = c.Sharing.Ensure(t.Context(), folder, []client.LocalRoles{{ID: other.id}, {ID: other.id, Roles: []string{"Manager"}}})
		require.ErrorIs(t, err, errors.ErrForbidden)
		got, err := c.Sharing.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, client.RoleLocal, roles(got.Value, other.id)["Contributor"], "nothing is changed")
	})
}

// rawJSON is a body that is sent as it is, also when it is not JSON.
func rawJSON(body string) *strings.Reader { return strings.NewReader(body) }
