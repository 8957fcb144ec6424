package client_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// page makes an object in the folder of a language and returns its path and UID.
func (s *site) page(t *testing.T, folder string, fields client.Fields) (path, uid string) {
	t.Helper()
	body := client.Fields{"@type": "Document", "id": unique("t"), "title": t.Name()}
	for name, value := range fields {
		body[name] = value
	}
	path = s.add(t, folder, body)
	c := s.client(t)
	t.Cleanup(func() {
		_, err := c.Content.Delete(context.WithoutCancel(t.Context()), path)
		require.NoError(t, err)
	})
	got, err := c.Content.Get(t.Context(), path)
	require.NoError(t, err)
	return path, got.Value.UID
}

func TestBehaviour_Translations(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		english, _ := s.page(t, "/en", nil)
		german, uid := s.page(t, "/de", nil)
		roots := map[string]string{"en": s.url + "/en", "de": s.url + "/de"}
		for name, other := range map[string]string{"path": german, "address": s.url + german, "UID": uid} {
			linked, err := c.Translations.Link(t.Context(), english, other)
			require.NoError(t, err, name)
			assert.Equal(t, s.url+english, linked.Location.String())
			got, err := c.Translations.Get(t.Context(), english)
			require.NoError(t, err)
			assert.Equal(t, client.Translations{
				URL:   s.url + english + "/@translations",
				Items: []client.Translation{{URL: s.url + german, Language: "de"}}, Root: roots,
			}, got.Value)
			got, err = c.Translations.Get(t.Context(), german)
			require.NoError(t, err)
			assert.Equal(t, []client.Translation{{URL: s.url + english, Language: "en"}}, got.Value.Items)

			_, err = c.Translations.Unlink(t.Context(), english, "de")
			require.NoError(t, err)
			got, err = c.Translations.Get(t.Context(), english)
			require.NoError(t, err)
			assert.Empty(t, got.Value.Items)
			assert.Equal(t, roots, got.Value.Root)
		}

		outside, err := c.Translations.Get(t.Context(), s.folder(t))
		require.NoError(t, err)
		assert.Empty(t, outside.Value.Root, "in no language")
	})
}

func TestBehaviour_Translations_create(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		english, uid := s.page(t, "/en", nil)
		folder, err := c.Translations.Locate(t.Context(), english, "de")
		require.NoError(t, err)
		assert.Equal(t, s.url+"/de", folder.Value.URL)

		german, _ := s.page(t, folder.Value.URL, client.Fields{"translation_of": uid, "language": "de"})
		got, err := c.Translations.Get(t.Context(), english)
		require.NoError(t, err)
		assert.Equal(t, []client.Translation{{URL: s.url + german, Language: "de"}}, got.Value.Items)
		_, err = c.Content.Create(t.Context(), "/de", client.Fields{"@type": "Document", "title": "Second", "translation_of": uid, "language": "de"})
		require.ErrorIs(t, err, errors.ErrUnavailable, "there is a translation")

		below := s.add(t, english, client.Fields{"@type": "Document", "id": "below", "title": "Below"})
		folder, err = c.Translations.Locate(t.Context(), below, "de")
		require.NoError(t, err)
		assert.Equal(t, s.url+german, folder.Value.URL)
		folder, err = c.Translations.Locate(t.Context(), below, "xx")
		require.NoError(t, err)
		assert.Equal(t, s.url+english, folder.Value.URL, "a language that the site does not have")
	})
}

// Translations of an event have the same times from the first change on.
func TestBehaviour_Translations_sharedFields(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		english, _ := s.page(t, "/en", client.Fields{"@type": "Event", "start": "2026-01-01T10:00:00+00:00", "end": "2026-01-01T11:00:00+00:00"})
		german, _ := s.page(t, "/de", client.Fields{"@type": "Event", "start": "2026-02-02T10:00:00+00:00", "end": "2026-02-02T11:00:00+00:00", "location": "Ulm"})
		_, err := c.Translations.Link(t.Context(), english, german)
		require.NoError(t, err)
		start := func() string {
			got, err := c.Content.Get(t.Context(), german)
			require.NoError(t, err)
			var start, location string
			require.NoError(t, got.Value.Extra("start", &start))
			require.NoError(t, got.Value.Extra("location", &location))
			assert.Equal(t, "Ulm", location)
			return start
		}
		assert.Equal(t, "2026-02-02T10:00:00+00:00", start())
		_, err = c.Content.Update(t.Context(), english, client.Fields{"description": "x"})
		require.NoError(t, err)
		assert.Equal(t, "2026-01-01T10:00:00+00:00", start())
	})
}

func TestBehaviour_Translations_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, anonymous := s.client(t), s.anonymous(t)
		english, _ := s.page(t, "/en", nil)
		german, _ := s.page(t, "/de", nil)
		_, err := c.Translations.Link(t.Context(), english, german)
		require.NoError(t, err)
		second, _ := s.page(t, "/en", nil)

		for name, other := range map[string]string{english: german, second: german} {
			_, err = c.Translations.Link(t.Context(), name, other)
			require.ErrorIs(t, err, errors.ErrAlreadyExists)
			require.ErrorIs(t, err, errors.ErrBadRequest)
		}
		for _, nobody := range []string{"/nope", "nope"} {
			_, err = c.Translations.Link(t.Context(), second, nobody)
			require.ErrorIs(t, err, errors.ErrNotFound)
		}
		_, err = c.Translations.Link(t.Context(), second, "/de")
		require.ErrorIs(t, err, errors.ErrBadRequest, "the folder of a language")
		_, err = c.Translations.Unlink(t.Context(), second, "de")
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = c.Translations.Unlink(t.Context(), "/en", "de")
		require.ErrorIs(t, err, errors.ErrBadRequest, "the folder of a language")

		calls := map[string]func(c *client.Client, path string) error{
			"Get": func(c *client.Client, path string) error {
				_, err := c.Translations.Get(t.Context(), path)
				return err
			},
			"Link": func(c *client.Client, path string) error {
				_, err := c.Translations.Link(t.Context(), path, german)
				return err
			},
			"Unlink": func(c *client.Client, path string) error {
				_, err := c.Translations.Unlink(t.Context(), path, "de")
				return err
			},
			"Locate": func(c *client.Client, path string) error {
				_, err := c.Translations.Locate(t.Context(), path, "de")
				return err
			},
		}
		for name, call := range calls {
			require.ErrorIs(t, call(c, "/"), errors.ErrInternalServer, name)
			require.ErrorIs(t, call(c, english+"/nope"), errors.ErrNotFound, name)
			require.ErrorIs(t, call(anonymous, english), errors.ErrUnauthorized, name)
		}
	})
}
