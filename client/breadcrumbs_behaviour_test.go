package client_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestBehaviour_Components_Breadcrumbs(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		named := s.add(t, folder, client.Fields{"@type": "Document", "id": "named", "title": "Title", "nav_title": "Short"})
		below := s.add(t, named, client.Fields{"@type": "Document", "id": "below", "title": "Below"})

		got, err := c.Components.Breadcrumbs(t.Context(), below)
		require.NoError(t, err)
		assert.Equal(t, client.Breadcrumbs{
			URL: s.url + below + "/@breadcrumbs",
			Items: []client.Breadcrumb{
				{URL: s.url + folder, Title: t.Name()},
				{URL: s.url + named, Title: "Short"},
				{URL: s.url + below, Title: "Below"},
			},
			Root: s.url,
		}, got.Value)

		root, err := c.Components.Breadcrumbs(t.Context(), "/")
		require.NoError(t, err)
		assert.Empty(t, root.Value.Items)
		assert.Equal(t, s.url, root.Value.Root)
	})
}

// Components are refused in one way: those of an object that is not there, and
// those of one that the user may not see.
func TestBehaviour_Components_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder := s.folder(t)
		for name, read := range map[string]func(c *client.Client, path string) error{
			"breadcrumbs": func(c *client.Client, path string) error {
				_, err := c.Components.Breadcrumbs(t.Context(), path)
				return err
			},
			"navigation": func(c *client.Client, path string) error {
				_, err := c.Components.Navigation(t.Context(), path, 2)
				return err
			},
			"contextnavigation": func(c *client.Client, path string) error {
				_, err := c.Components.ContextNavigation(t.Context(), path, client.ContextNavigationOptions{})
				return err
			},
			"actions": func(c *client.Client, path string) error {
				_, err := c.Components.Actions(t.Context(), path, nil)
				return err
			},
			"navroot": func(c *client.Client, path string) error {
				_, err := c.Components.Navroot(t.Context(), path)
				return err
			},
			"inherit": func(c *client.Client, path string) error {
				_, err := c.Components.Inherit(t.Context(), path, []string{"plone.navigationroot"})
				return err
			},
		} {
			require.ErrorIs(t, read(s.client(t), folder+"/nope"), errors.ErrNotFound, name)
			require.ErrorIs(t, read(s.anonymous(t), folder), errors.ErrUnauthorized, name)
		}
	})
}
