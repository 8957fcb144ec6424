package client_test

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

func TestBehaviour_StrictFields(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder := s.folder(t)
		c := s.client(t, client.WithStrict())
		created, err := c.Content.Create(t.Context(), folder, client.Fields{"@type": "Document", "id": "a", "title": "A", "subjects": []string{"x"}, "nav_title": "n"})
		require.NoError(t, err)

		for name, body := range map[string]any{
			"misspelt":    client.Fields{"titel": "B"},
			"server only": client.Fields{"review_state": "published"},
			"a reader":    strings.NewReader(`{"title": "B"}`),
			"an array":    []string{"title"},
		} {
			_, err := c.Content.Update(t.Context(), folder+"/a", body)
			require.ErrorIs(t, err, errors.ErrInvalidInput, name)
			_, err = c.Content.UpdateGet(t.Context(), folder+"/a", body)
			require.ErrorIs(t, err, errors.ErrInvalidInput, name)
		}
		_, err = c.Content.Create(t.Context(), folder, client.Fields{"@type": "Document", "title": "B", "titel": "B", "tittle": 1})
		require.ErrorIs(t, err, errors.ErrNoField)
		assert.ErrorContains(t, err, "titel, tittle")

		// What was read can go back as a whole.
		_, err = c.Content.Update(t.Context(), folder+"/a", created.Value)
		require.NoError(t, err)
		_, err = c.Content.Update(t.Context(), folder+"/a", client.Fields{"title": "B"})
		require.NoError(t, err)
		got, err := c.Content.Get(t.Context(), folder+"/a")
		require.NoError(t, err)
		assert.Equal(t, "B", got.Value.Title)
		// Without it, the server says nothing.
		_, err = s.client(t).Content.Update(t.Context(), folder+"/a", client.Fields{"titel": "B"})
		require.NoError(t, err)
	})
}

func TestBehaviour_KnownUser(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		// The site's front page is open to everybody, so that a wrong password does
		// not show.
		wrong := auth.Basic(s.user, "wrong-password")
		_, err := s.as(t, wrong).Content.Get(t.Context(), "/")
		require.NoError(t, err)
		c := s.as(t, wrong, client.WithKnownUser())
		for range 2 {
			_, err = c.Content.Get(t.Context(), "/")
			require.ErrorIs(t, err, errors.ErrInvalidCredentials)
		}
		_, err = s.client(t, client.WithKnownUser()).Content.Get(t.Context(), "/")
		require.NoError(t, err)
		_, err = s.as(t, nil, client.WithKnownUser()).Content.Get(t.Context(), "/")
		require.NoError(t, err, "without credentials nobody is expected")
	})
}

func TestKnownUser_asksOnce(t *testing.T) {
	t.Parallel()
	server := plonetest.NewServer()
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")), client.WithKnownUser())
	require.NoError(t, err)
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			_, err := c.Content.Get(t.Context(), "/news")
			assert.NoError(t, err)
		})
	}
	calls.Wait()
	asked := 0
	for _, r := range server.Requests() {
		if r.Path == "/@types" {
			asked++
		}
	}
	assert.Equal(t, 1, asked)

	// A renewal is a call like any other.
	c, err = client.New(server.URL, client.WithAuth(auth.Basic("admin", "wrong")), client.WithKnownUser())
	require.NoError(t, err)
	before := len(server.Requests())
	_, err = c.Auth.Renew(t.Context())
	require.ErrorIs(t, err, errors.ErrInvalidCredentials)
	assert.Equal(t, "/@types", server.Requests()[before].Path)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Content.Get(ended, "/news")
	require.ErrorIs(t, err, context.Canceled)
}

// What is computed differs between two readings of an object that did not change.
func TestBehaviour_Computed(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		path := folder + "/a"
		_, err := c.Content.Create(t.Context(), folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		require.NoError(t, err)
		own := func(opts ...client.CallOption) (all, own map[string]json.RawMessage) {
			got, err := c.Content.Get(t.Context(), path, opts...)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(got.Value.Raw(), &all))
			own = maps.Clone(all)
			maps.DeleteFunc(own, func(name string, _ json.RawMessage) bool { return client.Computed(name) })
			return all, own
		}
		all, before := own()
		_, err = c.Content.Create(t.Context(), folder, client.Fields{"@type": "Document", "id": "b", "title": "B"})
		require.NoError(t, err)
		_, err = c.Locking.Lock(t.Context(), path, client.LockOptions{})
		require.NoError(t, err)
		again, after := own(client.Expand("breadcrumbs"))
		assert.NotEqual(t, all, again)
		assert.Equal(t, before, after)
		assert.Contains(t, after, "modified")
	})
}
