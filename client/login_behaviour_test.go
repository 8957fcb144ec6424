package client_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
)

func TestBehaviour_Auth(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder := s.folder(t) // private
		token, err := s.anonymous(t).Auth.Login(t.Context(), s.user, s.password)
		require.NoError(t, err)
		for _, printed := range []string{fmt.Sprintf("%v %+v %#v", token, token.Value, token.Value)} {
			assert.NotContains(t, printed, string(token.Value.Token))
		}

		bearer := s.as(t, auth.Static(string(token.Value.Token)))
		_, err = bearer.Content.Get(t.Context(), folder)
		require.NoError(t, err)
		renewed, err := bearer.Auth.Renew(t.Context())
		require.NoError(t, err)
		_, err = s.as(t, auth.Static(string(renewed.Value.Token))).Content.Get(t.Context(), folder)
		require.NoError(t, err)

		session := s.as(t, auth.Login(s.user, s.password))
		_, err = session.Content.Get(t.Context(), folder)
		require.NoError(t, err)
		gone, err := session.Auth.Logout(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 204, gone.StatusCode)
		_, err = session.Content.Get(t.Context(), folder) // logs in again
		require.NoError(t, err)
	})
}

func TestBehaviour_Auth_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.anonymous(t)
		_, err := c.Auth.Login(t.Context(), s.user, "wrong-password")
		require.ErrorIs(t, err, errors.ErrInvalidCredentials)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = c.Auth.Login(t.Context(), s.user, "") // documented as 400
		require.ErrorIs(t, err, errors.ErrInvalidCredentials)
		_, err = c.Auth.Renew(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)

		_, err = s.as(t, auth.Login(s.user, "wrong-password")).Content.Get(t.Context(), "/")
		require.ErrorIs(t, err, errors.ErrInvalidCredentials)
		assert.NotContains(t, err.Error(), "wrong-password")

		// Plone takes credentials that it does not know for none at all.
		_, err = s.as(t, auth.Basic(s.user, "wrong-password")).Content.Get(t.Context(), s.folder(t))
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		require.NotErrorIs(t, err, errors.ErrInvalidCredentials)
	})
}
