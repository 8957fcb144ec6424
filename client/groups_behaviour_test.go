package client_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// group adds a group of the test's own and returns its id.
func (s *site) group(t *testing.T, users ...string) string {
	t.Helper()
	id := unique("g")
	_, err := s.client(t).Groups.Create(t.Context(), client.NewGroup{Name: id, Title: "Group " + id, Users: users})
	require.NoError(t, err)
	s.removeGroup(t, id)
	return id
}

// removeGroup removes a group at the end of the test, if it is there.
func (s *site) removeGroup(t *testing.T, id string) {
	t.Helper()
	c := s.client(t)
	t.Cleanup(func() {
		_, err := c.Groups.Delete(context.WithoutCancel(t.Context()), id)
		if !errors.Is(err, errors.ErrNotFound) {
			require.NoError(t, err)
		}
	})
}

func members(t *testing.T, c *client.Client, group string) []string {
	t.Helper()
	ids := []string{}
	for id, err := range c.Groups.Members(t.Context(), group) {
		require.NoError(t, err)
		ids = append(ids, id)
	}
	return ids
}

func TestBehaviour_Groups(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, user, inner, id := s.client(t), s.member(t), s.group(t), unique("g")
		s.removeGroup(t, id)
		created, err := c.Groups.Create(t.Context(), client.NewGroup{
			Name: id, Title: "Team", Description: "The team", Email: "team@plone.example",
			Roles: []string{"Contributor"}, Users: []string{user, unique("no")}, Groups: []string{inner},
		})
		require.NoError(t, err)
		assert.Equal(t, 201, created.StatusCode)
		require.NotNil(t, created.Location)
		assert.Equal(t, s.url+"/@groups/"+id, created.Location.String())
		both := []string{inner, user} // the server leaves out whom it does not know

		got, err := c.Groups.Get(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, client.Group{
			URL: s.url + "/@groups/" + id, ID: id, Name: id, Title: "Team", Description: "The team", Email: "team@plone.example",
			Roles:   []string{"Contributor", "Authenticated"},
			Members: client.GroupMembers{URL: s.url + "/@groups/" + id, Items: both, ItemsTotal: 2},
		}, got.Value)
		assert.Equal(t, both, members(t, c, id))

		all, err := c.Groups.List(t.Context())
		require.NoError(t, err)
		i := slices.IndexFunc(all.Value, func(g client.Group) bool { return g.ID == id })
		require.GreaterOrEqual(t, i, 0)
		assert.Equal(t, both, all.Value[i].Members.Items)
		found, err := c.Groups.Search(t.Context(), id[2:], 0)
		require.NoError(t, err)
		require.Len(t, found.Value, 1)
		assert.Equal(t, "Team", found.Value[0].Title)
		assert.Zero(t, found.Value[0].Members)

		// The groups that it is in, and those that are in it, have the same name on the wire.
		_, err = c.Groups.Update(t.Context(), inner, client.GroupUpdate{MemberOf: []string{id}})
		require.NoError(t, err)
		updated, err := c.Groups.Update(t.Context(), id, client.GroupUpdate{
			Title: client.Set("New"), Email: "new@plone.example",
			Roles: client.Set([]string{"Reader"}), Members: map[string]bool{user: false},
		})
		require.NoError(t, err)
		assert.Equal(t, 204, updated.StatusCode)
		_, err = c.Groups.Update(t.Context(), id, client.GroupUpdate{Title: client.Set("Newer"), Description: client.Set("")})
		require.ErrorIs(t, err, errors.ErrInvalidInput) // the server would keep the description
		_, err = c.Groups.Update(t.Context(), id, client.GroupUpdate{Description: client.Null[string]()})
		require.NoError(t, err)
		got, err = c.Groups.Get(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, "New", got.Value.Title)
		assert.Empty(t, got.Value.Description)
		assert.Equal(t, "new@plone.example", got.Value.Email)
		assert.Equal(t, []string{"Reader", "Authenticated"}, got.Value.Roles)
		assert.Equal(t, []string{inner}, got.Value.Members.Items)

		gone, err := c.Groups.Delete(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, 204, gone.StatusCode)
		_, err = c.Groups.Get(t.Context(), id)
		require.ErrorIs(t, err, errors.ErrNotFound)
	})
}

func TestBehaviour_Groups_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, id, user := s.client(t), s.group(t), s.member(t)
		admin := s.as(t, auth.Basic(s.member(t, "Site Administrator"), userPassword))
		create := func(c *client.Client, group client.NewGroup) error {
			_, err := c.Groups.Create(t.Context(), group)
			return err
		}
		update := func(c *client.Client, id string, update client.GroupUpdate) error {
			_, err := c.Groups.Update(t.Context(), id, update)
			return err
		}
		remove := func(c *client.Client, id string) error { _, err := c.Groups.Delete(t.Context(), id); return err }
		get := func(c *client.Client, id string) error { _, err := c.Groups.Get(t.Context(), id); return err }
		search := func(text string, limit int) error {
			_, err := c.Groups.Search(t.Context(), text, limit)
			return err
		}
		principals := func(c *client.Client, text string) error {
			_, err := c.Principals.Search(t.Context(), text)
			return err
		}
		tests := []struct {
			name string
			err  error
			want []error
		}{
			{"no name", create(c, client.NewGroup{}), []error{errors.ErrBadRequest}},
			{"name taken", create(c, client.NewGroup{Name: id}), []error{errors.ErrBadRequest}},
			{"name of a user", create(c, client.NewGroup{Name: user}), []error{errors.ErrBadRequest}},
			{"managers by others", create(admin, client.NewGroup{Name: unique("g"), Roles: []string{"Manager"}}), []error{errors.ErrBadRequest}},
			{"managers by others, later", update(admin, id, client.GroupUpdate{Roles: client.Set([]string{"Manager"})}), []error{errors.ErrBadRequest}},
			{"into managers by others", update(admin, "Administrators", client.GroupUpdate{Members: map[string]bool{user: true}}), []error{errors.ErrBadRequest}},
			{"managers removed by others", remove(admin, "Administrators"), []error{errors.ErrBadRequest}},
			{"unknown", get(c, unique("no")), []error{errors.ErrNotFound}},
			{"unknown changed", update(c, unique("no"), client.GroupUpdate{}), []error{errors.ErrBadRequest, errors.ErrNotFound}},
			{"unknown removed", remove(c, unique("no")), []error{errors.ErrNotFound}},
			{"virtual removed", remove(c, "AuthenticatedUsers"), []error{errors.ErrUnavailable, errors.ErrNotFound}},
			{"search for nothing", search("", 0), []error{errors.ErrInvalidInput}},
			{"negative limit", search("x", -1), []error{errors.ErrInvalidInput}},
			{"principals by others", principals(admin, "x"), []error{errors.ErrUnauthorized}},
			{"principals for nothing", principals(c, ""), []error{errors.ErrInvalidInput}},
		}
		for _, tt := range tests {
			for _, want := range tt.want {
				require.ErrorIs(t, tt.err, want, tt.name)
			}
		}
		for _, c := range []*client.Client{s.anonymous(t), s.as(t, auth.Basic(user, userPassword))} {
			_, listErr := c.Groups.List(t.Context())
			_, roleErr := c.Roles.List(t.Context())
			for _, err := range []error{listErr, roleErr, get(c, id), create(c, client.NewGroup{Name: unique("g")}), update(c, id, client.GroupUpdate{}), remove(c, id)} {
				require.ErrorIs(t, err, errors.ErrUnauthorized)
			}
		}
	})
}

func TestBehaviour_Groups_EnsureMembers(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, a, b, inner := s.client(t), s.member(t), s.member(t), s.group(t)
		id := s.group(t, a)
		changed, err := c.Groups.EnsureMembers(t.Context(), id, map[string]bool{a: false, b: true, inner: true, unique("no"): false})
		require.NoError(t, err)
		want := []string{a, b, inner}
		slices.Sort(want)
		assert.Equal(t, want, changed.Changed)
		want = []string{b, inner}
		slices.Sort(want)
		assert.Equal(t, want, members(t, c, id))
		assert.Equal(t, want, changed.Value)

		changed, err = c.Groups.EnsureMembers(t.Context(), id, map[string]bool{a: false, b: true})
		require.NoError(t, err)
		assert.Empty(t, changed.Changed)

		// The server says 204 to users whom it does not know.
		no := unique("no")
		_, err = c.Groups.EnsureMembers(t.Context(), id, map[string]bool{no: true, b: false})
		require.ErrorIs(t, err, errors.ErrNotDone)
		partly, found := errors.AsType[*client.EnsureError](err)
		require.True(t, found)
		assert.Equal(t, &client.EnsureError{Name: id, Changed: []string{b}, Missing: []string{no}, Err: errors.ErrNotDone}, partly)
		_, err = c.Groups.EnsureMembers(t.Context(), unique("no"), map[string]bool{a: true})
		require.ErrorIs(t, err, errors.ErrNotFound)
	})
}

func TestBehaviour_Groups_Ensure(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, a, b, inner, id := s.client(t), s.member(t), s.member(t), s.group(t), unique("g")
		s.removeGroup(t, id)
		want := client.NewGroup{Name: id, Title: "Team", Roles: []string{"Reader"}, Users: []string{a}, Groups: []string{inner}}
		first, err := c.Groups.Ensure(t.Context(), want)
		require.NoError(t, err)
		assert.True(t, first.Created)
		again, err := c.Groups.Ensure(t.Context(), want)
		require.NoError(t, err)
		assert.False(t, again.Created)
		assert.Nil(t, again.Changed)

		changed, err := c.Groups.Ensure(t.Context(), client.NewGroup{
			Name: id, Description: "D", Email: "team@plone.example", Roles: []string{"Editor"}, Users: []string{a, b},
		})
		require.NoError(t, err)
		assert.Equal(t, []string{"description", "email", "members", "roles"}, changed.Changed)
		assert.Equal(t, "Team", changed.Value.Title)
		assert.ElementsMatch(t, []string{"Editor", "Reader", "Authenticated"}, changed.Value.Roles)
		assert.ElementsMatch(t, []string{a, b, inner}, changed.Value.Members.Items)

		_, err = c.Groups.Ensure(t.Context(), client.NewGroup{Name: id, Users: []string{unique("no")}})
		require.ErrorIs(t, err, errors.ErrNotDone)
		assert.ErrorContains(t, err, "members")
	})
}

func TestBehaviour_Roles(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		roles, err := s.client(t).Roles.List(t.Context())
		require.NoError(t, err)
		assert.Contains(t, roles.Value, client.Role{URL: s.url + "/@roles/Site Administrator", Type: "role", ID: "Site Administrator", Title: "Site Administrator"})
		assert.NotContains(t, roles.Value, client.Role{URL: s.url + "/@roles/Owner", Type: "role", ID: "Owner", Title: "Owner"})
	})
}

func TestBehaviour_Principals(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, user, group := s.client(t), s.member(t), s.group(t)
		found, err := c.Principals.Search(t.Context(), user)
		require.NoError(t, err)
		assert.Empty(t, found.Value.Groups)
		require.Len(t, found.Value.Users, 1)
		assert.Equal(t, "User "+user, found.Value.Users[0].Fullname)
		assert.Zero(t, found.Value.Users[0].Groups)
		found, err = c.Principals.Search(t.Context(), group)
		require.NoError(t, err)
		assert.Empty(t, found.Value.Users)
		require.Len(t, found.Value.Groups, 1)
		assert.Equal(t, "Group "+group, found.Value.Groups[0].Title)
		assert.Zero(t, found.Value.Groups[0].Members)
	})
}
