package client_test

import (
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

// requirePages holds batches of a list against its items: each of them once, and in
// each batch how many there are.
func requirePages[T any](t *testing.T, items iter.Seq2[*T, error], pages iter.Seq2[*client.Batch[T], error]) {
	t.Helper()
	want, err := all(items)
	require.NoError(t, err)
	require.Greater(t, len(want), 1)
	batches, err := all(pages)
	require.NoError(t, err)
	require.Greater(t, len(batches), 1, "more than one batch")
	var got []*T
	for _, b := range batches {
		assert.Equal(t, len(want), b.ItemsTotal)
		assert.NotEmpty(t, b.URL)
		assert.NotNil(t, b.Batching)
		assert.Equal(t, 200, b.StatusCode)
		for i := range b.Items {
			got = append(got, &b.Items[i])
		}
	}
	assert.Equal(t, want, got)
}

func TestBehaviour_Pages(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, ctx, path := s.client(t), t.Context(), s.folder(t)
		_, err := c.Content.Update(ctx, path, client.Fields{"allow_discussion": true})
		require.NoError(t, err)
		for range 3 {
			_, err := c.Comments.Add(ctx, path, client.NewComment{Text: "x"})
			require.NoError(t, err)
			_, err = c.Aliases.Add(ctx, path, []client.Alias{{Path: "/" + unique("old")}})
			require.NoError(t, err)
		}
		requirePages(t, c.Comments.All(ctx, path, client.CommentOptions{}), c.Comments.Pages(ctx, path, client.CommentOptions{PageSize: 2}))
		if s.has(t, aliasDetails) {
			requirePages(t, c.Aliases.All(ctx, path, client.AliasOptions{}), c.Aliases.Pages(ctx, path, client.AliasOptions{PageSize: 2}))
		}
		const roles = "plone.app.vocabularies.Roles"
		requirePages(t, c.Vocabularies.Terms(ctx, path, roles, client.TermOptions{}), c.Vocabularies.TermPages(ctx, path, roles, client.TermOptions{PageSize: 2}))
		const prefix = "plone.site"
		requirePages(t, c.Registry.All(ctx, client.RegistryOptions{Prefix: prefix}), c.Registry.Pages(ctx, client.RegistryOptions{Prefix: prefix, PageSize: 2}))
	})
}
