package client_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func titles(t *testing.T, c *client.Client, path string, o client.SearchOptions) []string {
	t.Helper()
	var titles []string
	for item, err := range c.Search.All(t.Context(), path, o) {
		require.NoError(t, err)
		titles = append(titles, item.Title)
	}
	return titles
}

//plone:live GET /{path}/@search
func TestBehaviour_Search_All(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		word := unique("w")
		for i := range 5 {
			s.add(t, folder, client.Fields{"@type": "Document", "id": fmt.Sprint("d", i), "title": fmt.Sprint("D", i), "description": word, "subjects": []string{"even", "odd"}[i%2 : i%2+1]})
		}
		s.add(t, folder, client.Fields{"@type": "Link", "id": "l", "title": "L", "remoteUrl": "https://plone.example/"})
		sorted := []string{"sortable_title"}

		all := []string{"D0", "D1", "D2", "D3", "D4", "L"}
		for _, size := range []int{0, 1, 2, 6} {
			assert.Equal(t, all, titles(t, c, folder, client.SearchOptions{PageSize: size, SortOn: sorted}), "page size %d", size)
		}
		assert.Equal(t, []string{"L", "D4", "D3", "D2", "D1", "D0"}, titles(t, c, folder, client.SearchOptions{SortOn: sorted, Descending: true}))
		assert.Equal(t, []string{"L"}, titles(t, c, folder, client.SearchOptions{Types: []string{"Link"}}))
		assert.Equal(t, []string{"D0", "D2", "D4"}, titles(t, c, folder, client.SearchOptions{SortOn: sorted, Query: url.Values{"Subject": {"even"}}}))
		assert.Equal(t, all[:5], titles(t, c, "/", client.SearchOptions{SortOn: sorted, Text: word}))
		assert.Empty(t, titles(t, c, folder, client.SearchOptions{Text: "no" + word}))
		assert.Len(t, titles(t, c, folder, client.SearchOptions{Self: true}), 7)
		assert.Empty(t, titles(t, s.anonymous(t), "/", client.SearchOptions{Text: word}), "nothing that is private")
	})
}

//plone:live GET /{path}/@search
func TestBehaviour_Search_Pages(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		for i := range 4 {
			s.add(t, folder, client.Fields{"@type": "Document", "id": fmt.Sprint("d", i), "title": fmt.Sprint("D", i)})
		}
		var sizes []int
		for page, err := range c.Search.Pages(t.Context(), folder, client.SearchOptions{PageSize: 2, Self: true, SortOn: []string{"path"}, Metadata: []string{"Creator"}}) {
			require.NoError(t, err)
			sizes = append(sizes, len(page.Items))
			assert.Equal(t, 5, page.ItemsTotal)
			assert.Equal(t, 200, page.StatusCode)
			require.NotNil(t, page.Batching)
			assert.NotEmpty(t, page.Batching.Last)
			var creator string
			require.NoError(t, page.Items[0].Extra("Creator", &creator))
			assert.Equal(t, s.user, creator)
		}
		assert.Equal(t, []int{2, 2, 1}, sizes)
	})
}

//plone:live GET /{path}/@search
func TestBehaviour_Search_refused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		path    string
		options client.SearchOptions
		want    error
	}{
		{"no such object", "/nope", client.SearchOptions{}, errors.ErrNotFound},
		{"bad date", "", client.SearchOptions{Query: url.Values{"created.query": {"no date"}, "created.range": {"min"}}}, errors.ErrInternalServer},
		{"empty text", "", client.SearchOptions{Query: url.Values{"SearchableText": {""}}}, errors.ErrInvalidInput},
		{"only a star", "", client.SearchOptions{Text: "*"}, errors.ErrInvalidInput},
		{"text twice", "", client.SearchOptions{Query: url.Values{"SearchableText": {"a", "b"}}}, errors.ErrInvalidInput},
		{"own paging", "", client.SearchOptions{Query: url.Values{"b_start": {"1"}}}, errors.ErrInvalidInput},
		{"page size", "", client.SearchOptions{PageSize: -1}, errors.ErrInvalidInput},
		{"descending by nothing", "", client.SearchOptions{Descending: true}, errors.ErrInvalidInput},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onEachSite(t, func(t *testing.T, s *site) {
				n := 0
				for _, err := range s.client(t).Search.All(t.Context(), tt.path, tt.options) {
					n++
					require.ErrorIs(t, err, tt.want)
				}
				assert.Equal(t, 1, n)
			})
		})
	}
}
