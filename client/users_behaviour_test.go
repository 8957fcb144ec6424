package client_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

const userPassword = "correct-horse"

// member adds a user of the test's own and returns the id.
func (s *site) member(t *testing.T, roles ...string) string {
	t.Helper()
	id := unique("u")
	_, err := s.client(t).Users.Create(t.Context(), client.NewUser{
		Username: id, Email: id + "@plone.example", Fullname: "User " + id, Password: userPassword, Roles: roles,
	})
	require.NoError(t, err)
	s.removeUser(t, id)
	return id
}

// removeUser removes a user at the end of the test, if it is there.
func (s *site) removeUser(t *testing.T, id string) {
	t.Helper()
	c := s.client(t)
	t.Cleanup(func() {
		_, err := c.Users.Delete(context.WithoutCancel(t.Context()), id, client.DeleteUserOptions{KeepLocalRoles: true})
		if !errors.Is(err, errors.ErrNotFound) {
			require.NoError(t, err)
		}
	})
}

func TestBehaviour_Users(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, id := s.client(t), unique("u")
		s.removeUser(t, id)
		created, err := c.Users.Create(t.Context(), client.NewUser{
			Username: id, Email: id + "@plone.example", Password: userPassword, Roles: []string{"Contributor"},
			Fullname: "Noam Avram", HomePage: "https://plone.example/~noam", Description: "Linguist", Location: "Cambridge",
		})
		require.NoError(t, err)
		assert.Equal(t, 201, created.StatusCode)
		require.NotNil(t, created.Location)
		assert.Equal(t, s.url+"/@users/"+id, created.Location.String())
		groups := client.UserGroups{URL: s.url + "/@users", ItemsTotal: 1, Items: []client.GroupRef{{ID: "AuthenticatedUsers", Title: "AuthenticatedUsers"}}}
		assert.Equal(t, groups.Items, created.Value.Groups.Items)
		assert.Equal(t, groups, created.Value.Groups)
		assert.Equal(t, []string{"Contributor"}, created.Value.Roles)

		own, err := s.as(t, auth.Basic(id, userPassword)).Users.Get(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, "Noam Avram", own.Value.Fullname)
		assert.Equal(t, s.url+"/@users/"+id, own.Value.URL)
		assert.Equal(t, id, own.Value.ID)
		assert.Equal(t, id, own.Value.Username)
		assert.Equal(t, id+"@plone.example", own.Value.Email)
		assert.Equal(t, "https://plone.example/~noam", own.Value.HomePage)
		assert.Equal(t, "Linguist", own.Value.Description)
		assert.Equal(t, "Cambridge", own.Value.Location)
		assert.Empty(t, own.Value.Portrait)

		updated, err := c.Users.Update(t.Context(), id, client.UserUpdate{
			Location: client.Null[string](), Fullname: client.Set("Noam C."), Password: "another-password",
			Roles: map[string]bool{"Contributor": false, "Reader": true},
		})
		require.NoError(t, err)
		assert.Equal(t, 204, updated.StatusCode)
		_, err = s.as(t, auth.Basic(id, "another-password")).Users.Update(t.Context(), id, client.UserUpdate{
			Description: client.Set("Retired"), Properties: client.Fields{"home_page": "https://plone.example/"},
		})
		require.NoError(t, err)
		got, err := c.Users.Get(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, []string{"Reader"}, got.Value.Roles)
		assert.Equal(t, "Noam C.", got.Value.Fullname)
		assert.Equal(t, "Retired", got.Value.Description)
		assert.Equal(t, "https://plone.example/", got.Value.HomePage)
		assert.Empty(t, got.Value.Location)
		var location *string
		require.NoError(t, got.Value.Extra("location", &location))
		assert.Nil(t, location)
		require.ErrorIs(t, got.Value.Extra("shoe_size", &location), errors.ErrNoField)

		gone, err := c.Users.Delete(t.Context(), id, client.DeleteUserOptions{KeepLocalRoles: true})
		require.NoError(t, err)
		assert.Equal(t, 204, gone.StatusCode)
		_, err = c.Users.Get(t.Context(), id)
		require.ErrorIs(t, err, errors.ErrNotFound)
	})
}

func TestBehaviour_Users_List(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, a, b := s.client(t), s.member(t), s.member(t)
		group := s.group(t, a)
		tests := []struct {
			name  string
			query client.UserQuery
			want  []string
		}{
			{"id", client.UserQuery{ID: a[1:]}, []string{a}},
			{"full name", client.UserQuery{Search: "User " + b}, []string{b}},
			{"e-mail", client.UserQuery{Search: b + "@plone"}, []string{b}},
			{"group", client.UserQuery{Groups: []string{group, "Nope"}}, []string{a}},
			{"nobody", client.UserQuery{ID: unique("no")}, []string{}},
		}
		for _, tt := range tests {
			list, err := c.Users.List(t.Context(), tt.query)
			require.NoError(t, err, tt.name)
			ids := []string{}
			for _, u := range list.Value.Items {
				ids = append(ids, u.ID)
			}
			assert.Equal(t, tt.want, ids, tt.name)
			assert.Equal(t, len(tt.want), list.Value.ItemsTotal, tt.name)
			if s.has(t, usersAsBatch) { // elsewhere they are a bare list
				assert.Equal(t, s.url+"/@users", list.Value.URL, tt.name)
			}
		}

		all, err := c.Users.List(t.Context(), client.UserQuery{})
		require.NoError(t, err)
		assert.GreaterOrEqual(t, len(all.Value.Items), 2)
		var fullname string
		require.NoError(t, all.Value.Items[0].Extra("username", &fullname))
		assert.Equal(t, all.Value.Items[0].Username, fullname)
		one, err := c.Users.List(t.Context(), client.UserQuery{Limit: 1})
		require.NoError(t, err)
		assert.Len(t, one.Value.Items, 1)
		_, err = c.Users.List(t.Context(), client.UserQuery{Limit: -1})
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	})
}

func TestBehaviour_Users_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, id, other := s.client(t), s.member(t), s.member(t)
		member, anonymous := s.as(t, auth.Basic(id, userPassword)), s.anonymous(t)
		user := client.NewUser{Username: unique("u"), Email: "x@plone.example", Password: userPassword}
		create := func(c *client.Client, change func(*client.NewUser)) error {
			user := user
			change(&user)
			_, err := c.Users.Create(t.Context(), user)
			return err
		}
		same := func(*client.NewUser) {}
		get := func(c *client.Client, id string) error { _, err := c.Users.Get(t.Context(), id); return err }
		list := func(c *client.Client) error {
			_, err := c.Users.List(t.Context(), client.UserQuery{})
			return err
		}
		update := func(c *client.Client, id string, update client.UserUpdate) error {
			_, err := c.Users.Update(t.Context(), id, update)
			return err
		}
		remove := func(c *client.Client, id string) error {
			_, err := c.Users.Delete(t.Context(), id, client.DeleteUserOptions{})
			return err
		}
		name := client.UserUpdate{Fullname: client.Set("X")}
		tests := []struct {
			name string
			err  error
			want errors.Status
			also error
		}{
			{"anonymous list", list(anonymous), 401, nil},
			{"member list", list(member), 401, nil},
			{"unknown user", get(c, unique("no")), 404, nil},
			{"member reads another", get(member, other), 401, nil},
			{"anonymous reads", get(anonymous, id), 401, nil},
			{"nothing given", create(c, func(u *client.NewUser) { *u = client.NewUser{} }), 400, errors.ErrValidation},
			{"no password", create(c, func(u *client.NewUser) { u.Password = "" }), 400, errors.ErrValidation},
			{"password and link", create(c, func(u *client.NewUser) { u.SendPasswordReset = true }), 400, errors.ErrValidation},
			{"name taken", create(c, func(u *client.NewUser) { u.Username = id }), 400, nil},
			{"name not allowed", create(c, func(u *client.NewUser) { u.Username = "a b/" }), 400, nil},
			{"short password", create(c, func(u *client.NewUser) { u.Password = "short" }), 400, nil},
			{"bad address", create(c, func(u *client.NewUser) { u.Email = "nowhere" }), 400, nil},
			{"anonymous creates", create(anonymous, same), 403, nil},
			{"member creates", create(member, same), 403, nil},
			{"unknown user changed", update(c, unique("no"), name), 500, errors.ErrNotFound},
			{"another's data", update(member, other, name), 403, nil},
			{"anonymous changes", update(anonymous, id, name), 401, nil},
			{"unknown user removed", remove(c, unique("no")), 404, nil},
			{"member removes", remove(member, other), 401, nil},
		}
		for _, tt := range tests {
			require.ErrorIs(t, tt.err, tt.want, tt.name)
			if tt.also != nil {
				require.ErrorIs(t, tt.err, tt.also, tt.name)
			}
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", tt.err, tt.err, tt.err), userPassword, tt.name)
		}
	})
}

func TestBehaviour_Users_managersAreSafeFromSiteAdministrators(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		manager, admin := s.member(t, "Manager"), s.member(t, "Site Administrator")
		c := s.as(t, auth.Basic(admin, userPassword))
		_, err := c.Users.Update(t.Context(), manager, client.UserUpdate{Password: "another-password"})
		require.ErrorIs(t, err, errors.ErrForbidden)
		_, err = c.Users.Update(t.Context(), admin, client.UserUpdate{Roles: map[string]bool{"Manager": true}})
		require.ErrorIs(t, err, errors.ErrForbidden)
		_, err = c.Users.Delete(t.Context(), manager, client.DeleteUserOptions{})
		require.ErrorIs(t, err, errors.ErrBadRequest)
		_, err = c.Users.Create(t.Context(), client.NewUser{
			Username: unique("u"), Email: "x@plone.example", Password: userPassword, Roles: []string{"Manager"},
		})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}

func TestBehaviour_Users_Delete_ofTheZopeRoot(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		// The server answers 204.
		_, err := s.client(t).Users.Delete(t.Context(), s.user, client.DeleteUserOptions{KeepLocalRoles: true})
		require.ErrorIs(t, err, errors.ErrNotDone)
		_, err = s.client(t).Users.Get(t.Context(), s.user)
		require.NoError(t, err)
	})
}

func TestBehaviour_Users_passwords(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		id, other := s.member(t), s.member(t)
		member, anonymous := s.as(t, auth.Basic(id, userPassword)), s.anonymous(t)

		_, err := anonymous.Users.ResetPassword(t.Context(), id, "no-token", "another-password")
		require.ErrorIs(t, err, errors.ErrForbidden)
		_, err = anonymous.Users.ResetPassword(t.Context(), id, "no-token", "short")
		require.ErrorIs(t, err, errors.ErrBadRequest)
		_, err = anonymous.Users.ResetPassword(t.Context(), unique("no"), "no-token", "another-password")
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = anonymous.Users.RequestPasswordReset(t.Context(), unique("no"))
		require.ErrorIs(t, err, errors.ErrNotFound)

		_, err = member.Users.ChangePassword(t.Context(), id, "wrong-password", "another-password")
		require.ErrorIs(t, err, errors.ErrForbidden)
		_, err = member.Users.ChangePassword(t.Context(), id, userPassword, "short")
		require.ErrorIs(t, err, errors.ErrBadRequest)
		_, err = member.Users.ChangePassword(t.Context(), other, userPassword, "another-password")
		require.ErrorIs(t, err, errors.ErrForbidden)
		_, err = anonymous.Users.ChangePassword(t.Context(), id, userPassword, "another-password")
		require.ErrorIs(t, err, errors.ErrForbidden)
		changed, err := member.Users.ChangePassword(t.Context(), id, userPassword, "another-password")
		require.NoError(t, err)
		assert.Equal(t, 200, changed.StatusCode)
		_, err = s.as(t, auth.Basic(id, "another-password")).Users.Get(t.Context(), id)
		require.NoError(t, err)
	})
}

func TestBehaviour_Users_CSV(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s.needs(t, usersAsCSV)
		c, a, b := s.client(t), unique("u"), unique("u")
		s.removeUser(t, a)
		s.removeUser(t, b)
		table := fmt.Sprintf("username,email,fullname,roles,password\n%s,a@plone.example,\"A, Ü\",\"Member, Contributor\",%s\n%s,b@plone.example,,,%s\n",
			a, userPassword, b, userPassword)
		created, err := c.Users.ImportCSV(t.Context(), strings.NewReader(table))
		require.NoError(t, err)
		assert.Equal(t, 201, created.StatusCode)
		require.Len(t, created.Value, 2)
		assert.Equal(t, a, created.Value[0].ID)
		assert.Equal(t, "A, Ü", created.Value[0].Fullname)
		assert.Equal(t, []string{"Contributor", "Member"}, created.Value[0].Roles)
		assert.Equal(t, []string{"Member"}, created.Value[1].Roles)
		var email string
		require.NoError(t, created.Value[1].Extra("email", &email))
		assert.Equal(t, "b@plone.example", email)

		export, err := c.Users.ExportCSV(t.Context())
		require.NoError(t, err)
		defer export.Close()
		assert.Equal(t, "text/csv; charset=utf-8", export.ContentType)
		assert.Equal(t, "users.csv", export.Filename)
		rows, err := csv.NewReader(export).ReadAll()
		require.NoError(t, err)
		assert.Equal(t, []string{"id", "username", "fullname", "email", "roles", "groups"}, rows[0])
		assert.Contains(t, rows, []string{a, a, "A, Ü", "a@plone.example", "Contributor, Member", "AuthenticatedUsers"})
		_, err = s.anonymous(t).Users.ExportCSV(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}

func TestBehaviour_Users_ImportCSV_tellsRowsApart(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s.needs(t, usersAsCSV)
		c, taken, fresh := s.client(t), s.member(t), unique("u")
		s.removeUser(t, fresh)
		good := fresh + ",x@plone.example," + userPassword + "\n"
		bad := taken + ",y@plone.example," + userPassword + "\n"
		for row, table := range map[int]string{1: bad + good, 2: good + bad} { // the second one has the status 400
			_, err := c.Users.Delete(t.Context(), fresh, client.DeleteUserOptions{})
			if !errors.Is(err, errors.ErrNotFound) {
				require.NoError(t, err)
			}
			_, err = c.Users.ImportCSV(t.Context(), strings.NewReader("username,email,password\n"+table))
			failed, found := errors.AsType[*client.UserImportError](err)
			require.True(t, found, "%v", err)
			require.ErrorIs(t, err, errors.ErrBadRequest)
			require.Len(t, failed.Rows, 1)
			assert.Equal(t, row, failed.Rows[0].Row)
			assert.Contains(t, failed.Rows[0].Err.Error(), "already in use")
			require.Len(t, failed.Users, 1)
			assert.Equal(t, fresh, failed.Users[0].ID)
			_, err = c.Users.Get(t.Context(), fresh)
			require.NoError(t, err)
		}

		_, err := c.Users.ImportCSV(t.Context(), strings.NewReader("username,password\nx,"+userPassword+"\n"))
		require.ErrorIs(t, err, errors.ErrValidation)
		_, err = s.anonymous(t).Users.ImportCSV(t.Context(), strings.NewReader("username,email,password\n"+good))
		require.ErrorIs(t, err, errors.ErrForbidden)
		empty, err := c.Users.ImportCSV(t.Context(), strings.NewReader("username,email,password\n"))
		require.NoError(t, err)
		assert.Empty(t, empty.Value)
	})
}

func TestBehaviour_Users_Ensure(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, id := s.client(t), unique("u")
		s.removeUser(t, id)
		want := client.NewUser{
			Username: id, Email: id + "@plone.example", Password: userPassword, Roles: []string{"Reader"},
			Properties: client.Fields{"location": "Bonn"},
		}
		first, err := c.Users.Ensure(t.Context(), want)
		require.NoError(t, err)
		assert.True(t, first.Created)
		assert.Nil(t, first.Changed)
		assert.Equal(t, "Bonn", first.Value.Location)

		again, err := c.Users.Ensure(t.Context(), want)
		require.NoError(t, err)
		assert.False(t, again.Created)
		assert.Nil(t, again.Changed)

		want.Fullname, want.Roles, want.Properties = "New Name", []string{"Reader", "Editor"}, client.Fields{"location": "Berlin"}
		changed, err := c.Users.Ensure(t.Context(), want)
		require.NoError(t, err)
		assert.Equal(t, []string{"fullname", "location", "roles"}, changed.Changed)
		assert.Equal(t, "New Name", changed.Value.Fullname)
		assert.Equal(t, "Berlin", changed.Value.Location)
		assert.Equal(t, []string{"Editor", "Reader"}, changed.Value.Roles)

		// The server says 204 to properties that nobody has.
		want.Properties = client.Fields{"shoe_size": 42}
		_, err = c.Users.Ensure(t.Context(), want)
		require.ErrorIs(t, err, errors.ErrNotDone)
		assert.ErrorContains(t, err, "shoe_size")
		_, err = c.Users.Ensure(t.Context(), client.NewUser{})
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	})
}

func TestBehaviour_WhoAmI(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		id := s.member(t)
		token, err := s.anonymous(t).Auth.Login(t.Context(), id, userPassword)
		require.NoError(t, err)
		for name, source := range map[string]auth.Source{
			"basic":  auth.Basic(id, userPassword),
			"login":  auth.Login(id, userPassword),
			"bearer": auth.Static(string(token.Value.Token)),
		} {
			me, err := s.as(t, source).WhoAmI(t.Context())
			require.NoError(t, err, name)
			assert.False(t, me.Anonymous, name)
			assert.Equal(t, id, me.User.ID, name)
			assert.Equal(t, []string{"Member"}, me.User.Roles, name)
		}

		root, err := s.client(t).WhoAmI(t.Context())
		require.NoError(t, err)
		assert.Equal(t, s.user, root.User.Username)

		nobody, err := s.anonymous(t).WhoAmI(t.Context())
		require.NoError(t, err)
		assert.Equal(t, &client.Identity{Anonymous: true}, nobody)

		// The server ignores credentials that it does not know.
		_, err = s.as(t, auth.Basic(id, "wrong-password")).WhoAmI(t.Context())
		require.ErrorIs(t, err, errors.ErrInvalidCredentials)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}

func TestBehaviour_Auth_Providers(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		providers, err := s.anonymous(t).Auth.Providers(t.Context())
		require.NoError(t, err)
		assert.Empty(t, providers.Value.Options)
	})
}
