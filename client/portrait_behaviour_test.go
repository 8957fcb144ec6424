package client_test

import (
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

const pixel = "R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="

func TestBehaviour_Portrait(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		id := s.member(t)
		member := s.as(t, auth.Basic(id, userPassword))
		_, err := member.Users.OwnPortrait(t.Context())
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = member.Users.Portrait(t.Context(), unique("no"))
		require.ErrorIs(t, err, errors.ErrNotFound)

		picture, err := base64.StdEncoding.DecodeString(pixel)
		require.NoError(t, err)
		_, err = member.Users.Update(t.Context(), id, client.UserUpdate{
			Portrait: &client.Portrait{Data: picture, ContentType: "image/gif", Filename: "me.gif"},
		})
		require.NoError(t, err)
		user, err := member.Users.Get(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, s.url+"/@portrait/"+strings.ReplaceAll(id, "-", "--"), user.Value.Portrait)
		for name, get := range map[string]func() (*client.Download, error){
			"own":       func() (*client.Download, error) { return member.Users.OwnPortrait(t.Context()) },
			"anonymous": func() (*client.Download, error) { return s.anonymous(t).Users.Portrait(t.Context(), id) },
		} {
			d, err := get()
			require.NoError(t, err, name)
			data, err := io.ReadAll(d)
			require.NoError(t, err, name)
			require.NoError(t, d.Close(), name)
			assert.Equal(t, picture, data, name)
			assert.Equal(t, "image/gif", d.ContentType, name)
			assert.Empty(t, d.Filename, name)
			assert.Equal(t, int64(len(picture)), d.Size, name)
			assert.Equal(t, 200, d.StatusCode, name)
		}

		_, err = member.Users.Update(t.Context(), id, client.UserUpdate{
			Portrait: &client.Portrait{Data: []byte("<svg/>"), ContentType: "image/svg+xml"},
		})
		require.NoError(t, err)
		d, err := member.Users.Portrait(t.Context(), id)
		require.NoError(t, err)
		require.NoError(t, d.Close())
		assert.Equal(t, strings.ReplaceAll(id, "-", "--")+".svg", d.Filename) // not to be shown as a page of the site
	})
}

func TestBehaviour_UserSchema(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.anonymous(t)
		schema, err := c.Users.Schema(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "object", schema.Value.Type)
		assert.Equal(t, []client.Fieldset{{ID: "default", Title: "Default", Behavior: "plone",
			Fields: []string{"fullname", "email", "home_page", "description", "location", "portrait"}}}, schema.Value.Fieldsets)
		assert.Equal(t, []string{"email"}, schema.Value.Required)
		assert.Equal(t, client.FactoryEmail, schema.Value.Properties["email"].Factory)
		assert.Equal(t, "object", schema.Value.Properties["portrait"].Type)
		assert.Equal(t, "Filename", schema.Value.Properties["portrait"].Properties["portrait.filename"].Title)

		registration, err := c.Users.RegistrationSchema(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"email", "username", "password", "password_ctl"}, registration.Value.Required)
		assert.Equal(t, client.FactoryPassword, registration.Value.Properties["password"].Factory)
		assert.JSONEq(t, "false", string(registration.Value.Properties["mail_me"].Default))
	})
}
