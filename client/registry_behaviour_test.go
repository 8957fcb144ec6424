package client_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestBehaviour_Registry(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s = s.own(t)
		c := s.client(t)

		const prefix, record = "plone.email_", "plone.email_from_name"
		names := map[string]string{}
		for r, err := range c.Registry.All(t.Context(), client.RegistryOptions{Prefix: prefix, PageSize: 2}) {
			require.NoError(t, err)
			assert.NotEmpty(t, r.Schema.Properties.Title)
			var value string
			require.NoError(t, r.Decode(&value))
			names[r.Name] = value
		}
		assert.Len(t, names, 3)
		assert.Equal(t, "utf-8", names["plone.email_charset"])
		seen, dated := map[string]bool{}, "plone.app.theming.interfaces.IThemeSettings.custom_css_timestamp"
		for r, err := range c.Registry.All(t.Context(), client.RegistryOptions{PageSize: 1000}) {
			if err != nil {
				require.ErrorIs(t, err, errors.ErrNotDone)
				assert.ErrorContains(t, err, "cannot list 1 of")
				break
			}
			assert.NotContains(t, seen, r.Name)
			seen[r.Name] = true
		}
		assert.Greater(t, len(seen), 50)
		assert.NotContains(t, seen, dated)
		date, err := client.RegistryValue[client.Time](t.Context(), c, dated)
		require.NoError(t, err)
		assert.Greater(t, date.Value.Year(), 2000)
		for range c.Registry.All(t.Context(), client.RegistryOptions{Prefix: "nope"}) {
			assert.Fail(t, "a record")
		}

		changed, err := c.Registry.Set(t.Context(), map[string]any{record: "Ünder", "plone.smtp_port": 2525})
		require.NoError(t, err)
		assert.Equal(t, 204, changed.StatusCode)
		name, err := client.RegistryValue[string](t.Context(), c, record)
		require.NoError(t, err)
		assert.Equal(t, "Ünder", name.Value)
		port, err := c.Registry.Get(t.Context(), "plone.smtp_port")
		require.NoError(t, err)
		assert.JSONEq(t, "2525", string(port.Value))
		missing, err := client.RegistryValue[*string](t.Context(), c, "plone.smtp_userid")
		require.NoError(t, err)
		assert.Nil(t, missing.Value)

		_, err = c.Registry.Get(t.Context(), "nope.nope")
		require.ErrorIs(t, err, errors.ErrNotFound)
		require.ErrorIs(t, err, errors.ErrUnavailable)
		_, err = c.Registry.Set(t.Context(), map[string]any{"nope.nope": 1, record: "not set"})
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = c.Registry.Set(t.Context(), map[string]any{record: 1})
		require.ErrorIs(t, err, errors.ErrValidation)
		_, err = c.Registry.Set(t.Context(), nil)
		require.ErrorIs(t, err, errors.ErrInvalidInput)
		name, err = client.RegistryValue[string](t.Context(), c, record)
		require.NoError(t, err)
		assert.Equal(t, "Ünder", name.Value)
		_, err = client.RegistryValue[int](t.Context(), c, record)
		decode, ok := errors.AsType[*errors.DecodeError](err)
		require.True(t, ok, "%v", err)
		assert.EqualValues(t, 200, decode.Status)

		_, err = s.anonymous(t).Registry.Get(t.Context(), record)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).Registry.Set(t.Context(), map[string]any{record: "x"})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}
