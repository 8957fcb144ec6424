package client_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// library makes a folder with objects that differ in their indexes.
func (s *site) library(t *testing.T) string {
	t.Helper()
	folder := s.folder(t)
	for i := range 4 {
		s.add(t, folder, client.Fields{
			"@type": []string{"Document", "News Item"}[i%2], "id": fmt.Sprint("d", i), "title": fmt.Sprint("Volume ", i),
			"subjects":         [][]string{{"even", "low"}, {"odd", "low"}, {"even"}, {"odd"}}[i],
			"exclude_from_nav": i == 3,
		})
	}
	s.add(t, folder+"/d0", client.Fields{"@type": "Event", "id": "e", "title": "Party", "start": "2020-05-01T10:00:00Z", "end": "2020-05-01T12:00:00Z"})
	s.add(t, folder, client.Fields{"@type": "Link", "id": "l", "title": "100%41 & + é", "remoteUrl": "https://plone.example/"})
	return folder
}

func found(t *testing.T, c *client.Client, path string, o client.QueryOptions) []string {
	t.Helper()
	ids := []string{}
	for item, err := range c.Search.QueryAll(t.Context(), path, o) {
		require.NoError(t, err)
		ids = append(ids, item.URL[len(c.SiteURL()+path)+1:])
	}
	return ids
}

func TestBehaviour_Search_QueryAll(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.library(t)
		event, err := c.Content.Get(t.Context(), folder+"/d0/e")
		require.NoError(t, err)
		date := time.Date(2020, 5, 1, 10, 0, 0, 0, time.UTC)
		here := client.IndexPath.Under(folder, 0)
		tests := []struct {
			name  string
			where client.Condition
			want  []string
		}{
			{"types", client.IndexType.Is("Link", "Event"), []string{"d0/e", "l"}},
			{"not a type", client.IndexType.IsNot("Document", "News Item"), []string{"d0/e", "l"}},
			{"any tag", client.IndexSubject.Any("low", "nope"), []string{"d0", "d1"}},
			{"all tags", client.IndexSubject.All("even", "low"), []string{"d0"}},
			{"no tag", client.IndexSubject.None("low"), []string{"d0/e", "d2", "d3", "l"}},
			{"title", client.IndexTitle.Contains("volume 2"), []string{"d2"}},
			{"text", client.IndexSearchableText.Contains("vol part"), []string{}},
			{"begin of a word", client.IndexSearchableText.Contains("vol"), []string{"d0", "d1", "d2", "d3"}},
			{"true", client.IndexExcludedFromNav.Is(true), []string{"d3"}},
			{"false", client.IndexFolderish.Is(false), []string{"l"}},
			{"UID", client.IndexUID.Is(event.Value.UID), []string{"d0/e"}},
			{"since", client.IndexStart.Since(date), []string{"d0/e"}},
			{"since later", client.IndexStart.Since(date.Add(time.Hour)), []string{}},
			{"until", client.IndexEnd.Until(date.Add(2 * time.Hour)), []string{"d0/e"}},
			{"between", client.IndexStart.Between(date, date.Add(time.Hour)), []string{"d0/e"}},
			{"no longer ago", client.IndexStart.LastDays(7), []string{}},
			{"long ago", client.IndexStart.BeforeLastDays(7), []string{"d0/e"}},
			{"past", client.IndexStart.BeforeToday(), []string{"d0/e"}},
			{"future", client.IndexStart.AfterToday(), []string{}},
			{"far future", client.IndexStart.AfterNextDays(1), []string{}},
			{"near future", client.IndexStart.NextDays(1), []string{}},
			{"started today", client.IndexStart.Today(), []string{}},
			{"created today", client.IndexCreated.LastDays(1), []string{"d0", "d0/e", "d1", "d2", "d3", "l"}},
			{"by me", client.IndexCreator.CurrentUser(), []string{"d0", "d0/e", "d1", "d2", "d3", "l"}},
			{"number", client.IndexTotalComments.Is(0, 7), []string{"d0", "d0/e", "d1", "d2", "d3", "l"}},
			{"numbers", client.IndexTotalComments.Between(1, 5), []string{}},
			{"characters, by POST", client.IndexTitle.Contains(`"100%41 & + é"`), []string{"l"}},
			{"characters, by GET", client.IndexTitle.Contains(`"100%41 & + é"`), []string{"l"}},
		}
		for i, tt := range tests {
			o := client.QueryOptions{Where: []client.Condition{here, tt.where}, Cacheable: i%2 == 1}
			assert.ElementsMatch(t, tt.want, found(t, c, folder, o), tt.name)
		}

		places := []struct {
			name  string
			where []client.Condition
			want  []string
		}{
			{"children", []client.Condition{client.IndexPath.Under(folder, 1)}, []string{"d0", "d1", "d2", "d3", "l"}},
			{"an address", []client.Condition{client.IndexPath.Under(s.url+folder+"/d0", 0)}, []string{"d0", "d0/e"}},
			{"two places", []client.Condition{client.IndexPath.Under(folder+"/l", 0), client.IndexPath.Under(folder+"/d0/e", 0)}, []string{"d0/e", "l"}},
			{"relative", []client.Condition{client.IndexPath.Relative("d0", 1)}, []string{"d0/e"}},
			{"here", []client.Condition{client.IndexPath.Relative("", 0), client.IndexType.Is("Link")}, []string{"l"}},
			{"nowhere", []client.Condition{client.IndexPath.Under(folder+"/nope", 0)}, []string{}},
		}
		for _, tt := range places {
			assert.ElementsMatch(t, tt.want, found(t, c, folder, client.QueryOptions{Where: tt.where}), tt.name)
		}
	})
}

func TestBehaviour_Search_QueryPages(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.library(t)
		for _, cacheable := range []bool{false, true} {
			o := client.QueryOptions{
				PageSize: 2, SortOn: "getId", Cacheable: cacheable, Metadata: []string{"Creator"},
				Criteria: []client.Criterion{{Index: "path", Operation: "plone.app.querystring.operation.string.relativePath", Value: "::1"}},
			}
			var sizes []int
			for page, err := range c.Search.QueryPages(t.Context(), folder, o) {
				require.NoError(t, err)
				sizes = append(sizes, len(page.Items))
				assert.Equal(t, 5, page.ItemsTotal)
				var creator string
				require.NoError(t, page.Items[0].Extra("Creator", &creator))
				assert.Equal(t, s.user, creator)
			}
			assert.Equal(t, []int{2, 2, 1}, sizes)

			o.Descending = true
			assert.Equal(t, []string{"l", "d3", "d2", "d1", "d0"}, found(t, c, folder, o))
			o.Limit = 3
			for page, err := range c.Search.QueryPages(t.Context(), folder, o) {
				require.NoError(t, err)
				assert.Equal(t, 3, page.ItemsTotal)
			}
			assert.Equal(t, []string{"l", "d3", "d2"}, found(t, c, folder, o))

			var texts []string
			for item, err := range c.Content.Query(t.Context(), folder, o) {
				require.NoError(t, err)
				texts = append(texts, item.Title)
				assert.Len(t, item.UID, 32)
				assert.Equal(t, s.url+folder, item.Parent.URL)
			}
			assert.Equal(t, []string{"100%41 & + é", "Volume 3", "Volume 2"}, texts)
		}
	})
}

func TestBehaviour_Search_Query_refused(t *testing.T) {
	t.Parallel()
	id := client.IndexShortName
	tests := []struct {
		name    string
		path    string
		options client.QueryOptions
		want    error
	}{
		{"no such object", "/nope", client.QueryOptions{Where: []client.Condition{id.Is("a")}}, errors.ErrNotFound},
		{"no criteria", "", client.QueryOptions{}, errors.ErrInvalidInput},
		{"unknown operation", "", client.QueryOptions{Criteria: []client.Criterion{{Index: "getId", Operation: "nope"}}}, errors.ErrBadRequest},
		{"no operation", "", client.QueryOptions{Criteria: []client.Criterion{{Index: "getId"}}}, errors.ErrInvalidInput},
		{"order by words", "", client.QueryOptions{Where: []client.Condition{id.Is("a")}, SortOn: "Title"}, errors.ErrInternalServer},
		{"zero condition", "", client.QueryOptions{Where: []client.Condition{{}}}, errors.ErrInvalidInput},
		{"no values", "", client.QueryOptions{Where: []client.Condition{id.Is()}}, errors.ErrInvalidInput},
		{"of the other search", "", client.QueryOptions{Where: []client.Condition{id.From("a")}}, errors.ErrInvalidInput},
		{"one index twice", "", client.QueryOptions{Where: []client.Condition{id.Is("a"), id.IsNot("b")}}, errors.ErrInvalidInput},
		{"two depths", "", client.QueryOptions{Where: []client.Condition{client.IndexPath.Under("/", 1), client.IndexPath.Under("/news", 2)}}, errors.ErrInvalidInput},
		{"foreign place", "", client.QueryOptions{Where: []client.Condition{client.IndexPath.Under("https://other.example/", 0)}}, errors.ErrInvalidInput},
		{"odd place", "", client.QueryOptions{Where: []client.Condition{client.IndexPath.Under("/a::1", 0)}}, errors.ErrInvalidInput},
		{"limit", "", client.QueryOptions{Where: []client.Condition{id.Is("a")}, Limit: -1}, errors.ErrInvalidInput},
		{"descending by nothing", "", client.QueryOptions{Where: []client.Condition{id.Is("a")}, Descending: true}, errors.ErrInvalidInput},
		{"no JSON", "", client.QueryOptions{Criteria: []client.Criterion{{Index: "i", Operation: "o", Value: func() {}}}}, errors.ErrInvalidInput},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onEachSite(t, func(t *testing.T, s *site) {
				for _, cacheable := range []bool{false, true} {
					tt.options.Cacheable = cacheable
					n := 0
					for _, err := range s.client(t).Search.QueryAll(t.Context(), tt.path, tt.options) {
						n++
						require.ErrorIs(t, err, tt.want)
					}
					assert.Equal(t, 1, n)
				}
			})
		})
	}
}

func TestBehaviour_Search_Querystring(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		s.add(t, folder, client.Fields{"@type": "Document", "id": "page", "title": "Page"})
		got, err := c.Search.Querystring(t.Context(), folder)
		require.NoError(t, err)
		offer := got.Value
		assert.Equal(t, s.url+folder+"/@querystring", offer.URL)
		types := offer.Indexes["portal_type"]
		assert.Equal(t, "Type", types.Title)
		assert.Equal(t, "Metadata", types.Group)
		assert.True(t, types.Enabled && types.FetchVocabulary && !types.Sortable)
		assert.Equal(t, "plone.app.vocabularies.ReallyUserFriendlyTypes", types.Vocabulary)
		assert.Equal(t, client.QuerystringValue{Title: "Page"}, types.Values["Document"])
		const none = "plone.app.querystring.operation.selection.none"
		assert.Contains(t, types.Operations, none)
		assert.Equal(t, client.QuerystringOperation{
			Title: "Matches none of", Description: "Tip: you can use * to autocomplete.",
			Operation: "plone.app.querystring.queryparser._excludes", Widget: "MultipleSelectionWidget",
		}, types.Operators[none])
		assert.Contains(t, offer.SortableIndexes, "modified")

		known := client.QueryOptions{Where: []client.Condition{client.IndexSubject.Any("a"), client.IndexPath.Under("/", 0)}, SortOn: "getObjPositionInParent"}
		require.NoError(t, offer.Check(known))
		known.SortOn = "nope"
		require.ErrorContains(t, offer.Check(known), `"nope" to sort on`)
		for _, name := range []string{"nope", "isFolderish"} { // the second is listed, but does not exist
			unknown := client.QueryOptions{Where: []client.Condition{client.KeywordIndex(name).Any("a")}}
			require.ErrorIs(t, offer.Check(unknown), errors.ErrInvalidInput)
			assert.ErrorContains(t, offer.Check(unknown), name)
			unknown.Where = append(unknown.Where, client.IndexPath.Relative("..", 1), client.IndexShortName.Is("news"))
			assert.Empty(t, found(t, c, folder+"/page", unknown), "the server ignores it")
		}
		require.ErrorIs(t, offer.Check(client.QueryOptions{}), errors.ErrInvalidInput)

		_, err = s.anonymous(t).Search.Querystring(t.Context(), folder)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}
