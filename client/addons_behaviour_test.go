package client_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestBehaviour_Addons(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s = s.own(t)
		c := s.client(t)
		const name = "plone.session"

		addons, err := c.Addons.List(t.Context(), client.AddonOptions{})
		require.NoError(t, err)
		assert.Greater(t, len(addons.Value.Items), 3)
		upgradeable, err := c.Addons.List(t.Context(), client.AddonOptions{Upgradeable: true})
		require.NoError(t, err)
		assert.Less(t, len(upgradeable.Value.Items), len(addons.Value.Items))
		for _, a := range upgradeable.Value.Items {
			assert.True(t, a.Upgrade.Available, a.ID)
		}

		before, err := c.Addons.Get(t.Context(), name)
		require.NoError(t, err)
		assert.Equal(t, s.url+"/@addons/"+name, before.Value.URL)
		assert.False(t, bool(before.Value.Installed))
		assert.Equal(t, "plone.session:default", before.Value.InstallProfile)
		assert.Equal(t, "plone.session:uninstall", before.Value.UninstallProfile)
		assert.NotEmpty(t, before.Value.Version)
		assert.Zero(t, before.Value.Upgrade)

		_, err = c.Addons.Uninstall(t.Context(), name)
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = c.Addons.Upgrade(t.Context(), name)
		require.ErrorIs(t, err, errors.ErrNotFound)

		after, err := c.Addons.Install(t.Context(), name)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, after.StatusCode)
		assert.True(t, bool(after.Value.Installed))
		assert.Equal(t, after.Value.Upgrade.New, after.Value.Upgrade.Installed)
		_, err = c.Addons.Install(t.Context(), name)
		require.ErrorIs(t, err, errors.ErrAlreadyExists)

		after, err = c.Addons.Upgrade(t.Context(), name)
		require.NoError(t, err)
		assert.False(t, after.Value.Upgrade.Required)

		// Without the header the server sends nothing, and the client looks.
		minimal := client.Header("Prefer", "return=minimal")
		after, err = c.Addons.Uninstall(t.Context(), name, minimal)
		require.NoError(t, err)
		assert.Equal(t, http.StatusNoContent, after.StatusCode)
		assert.False(t, bool(after.Value.Installed))

		after, err = c.Addons.ImportProfile(t.Context(), name, "default")
		require.NoError(t, err)
		assert.True(t, bool(after.Value.Installed))

		for what, call := range map[string]func() error{
			"get":       func() error { _, err := c.Addons.Get(t.Context(), "nope"); return err },
			"install":   func() error { _, err := c.Addons.Install(t.Context(), "nope"); return err },
			"uninstall": func() error { _, err := c.Addons.Uninstall(t.Context(), "nope"); return err },
			"upgrade":   func() error { _, err := c.Addons.Upgrade(t.Context(), "nope"); return err },
			"import":    func() error { _, err := c.Addons.ImportProfile(t.Context(), "nope", "default"); return err },
		} {
			require.ErrorIs(t, call(), errors.ErrNotFound, what)
		}
		_, err = s.anonymous(t).Addons.List(t.Context(), client.AddonOptions{})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).Addons.Install(t.Context(), name)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}
