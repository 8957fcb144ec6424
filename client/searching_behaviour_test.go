package client_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

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

func TestBehaviour_Search_Where(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.library(t)
		event, err := c.Content.Get(t.Context(), folder+"/d0/e")
		require.NoError(t, err)
		date := time.Date(2020, 5, 1, 10, 0, 0, 0, time.UTC)
		all := []string{"100%41 & + é", "Party", "Volume 0", "Volume 1", "Volume 2", "Volume 3"}
		tests := []struct {
			name  string
			where client.Condition
			want  []string
		}{
			{"types", client.IndexType.Is("Link", "Event"), []string{"100%41 & + é", "Party"}},
			{"not a type", client.IndexType.IsNot("Document", "News Item"), []string{"100%41 & + é", "Party"}},
			{"from", client.IndexShortName.From("e"), []string{"100%41 & + é", "Party"}},
			{"to", client.IndexShortName.To("d1"), []string{"Volume 0", "Volume 1"}},
			{"between", client.IndexShortName.Between("d1", "d2"), []string{"Volume 1", "Volume 2"}},
			{"any tag", client.IndexSubject.Any("low", "nope"), []string{"Volume 0", "Volume 1"}},
			{"all tags", client.IndexSubject.All("even", "low"), []string{"Volume 0"}},
			{"no tag", client.IndexSubject.None("low"), []string{"100%41 & + é", "Party", "Volume 2", "Volume 3"}},
			{"title", client.IndexTitle.Contains("volume 2"), []string{"Volume 2"}},
			{"begin of a word", client.IndexSearchableText.Contains("vol*"), []string{"Volume 0", "Volume 1", "Volume 2", "Volume 3"}},
			{"true", client.IndexExcludedFromNav.Is(true), []string{"Volume 3"}},
			{"false", client.IndexFolderish.Is(false), []string{"100%41 & + é"}},
			{"UID", client.IndexUID.Is(event.Value.UID), []string{"Party"}},
			{"not that UID", client.IndexUID.IsNot(event.Value.UID), []string{"100%41 & + é", "Volume 0", "Volume 1", "Volume 2", "Volume 3"}},
			{"since", client.IndexStart.Since(date), []string{"Party"}},
			{"since later", client.IndexStart.Since(date.Add(time.Hour)), nil},
			{"until", client.IndexEnd.Until(date.Add(2 * time.Hour)), []string{"Party"}},
			{"at", client.IndexStart.Between(date, date), []string{"Party"}},
			{"public", client.IndexEffectiveRange.Includes(time.Now()), all},
			{"number", client.IndexTotalComments.Is(0, 7), all},
			{"many", client.IndexTotalComments.From(1), nil},
			{"few", client.IndexTotalComments.To(1), all},
			{"some", client.IndexTotalComments.Between(0, 5), all},
		}
		for _, tt := range tests {
			got := titles(t, c, folder, client.SearchOptions{Where: []client.Condition{tt.where}})
			assert.ElementsMatch(t, tt.want, got, tt.name)
		}
		assert.ElementsMatch(t, []string{"Volume 0"}, titles(t, c, folder, client.SearchOptions{
			Where: []client.Condition{client.IndexSubject.Any("even"), client.IndexCreated.Since(date), client.IndexShortName.IsNot("d2")},
		}))

		children := []string{"100%41 & + é", "Volume 0", "Volume 1", "Volume 2", "Volume 3"}
		assert.ElementsMatch(t, children, titles(t, c, folder, client.SearchOptions{Depth: 1}))
		assert.ElementsMatch(t, []string{"Party", "Volume 1"}, titles(t, c, "/", client.SearchOptions{
			Paths: []string{"/Plone" + folder + "/d0/e", "/Plone" + folder + "/d1"},
		}))
		assert.Equal(t, []string{"Volume 2", "Volume 0", "Volume 3", "Volume 1"}, titles(t, c, folder, client.SearchOptions{
			Where:  []client.Condition{client.IndexTitle.Contains("volume")},
			SortOn: []string{"portal_type", "getId"}, Query: url.Values{"sort_order": {"ascending", "descending"}},
		}))

		var events []client.Event
		for item, err := range client.ContentAs[client.Event](c).Search(t.Context(), folder+"/d0", client.SearchOptions{PageSize: 1}) {
			require.NoError(t, err)
			events = append(events, *item)
		}
		require.Len(t, events, 1, "the context is not among the hits")
		assert.Equal(t, event.Value.UID, events[0].UID)
		assert.True(t, events[0].Start.Equal(date))
	})
}

// Unknown names would be ignored, so that the search finds too much.
func TestBehaviour_Search_CheckSearch(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		s.add(t, folder, client.Fields{"@type": "Document", "id": "page", "title": "Page"})
		offer, err := c.Search.Querystring(t.Context(), "/")
		require.NoError(t, err)
		require.NoError(t, offer.Value.CheckSearch(client.SearchOptions{
			Text: "x", Types: []string{"Document"}, Depth: 1, SortOn: []string{"getObjPositionInParent", "path"}, Metadata: []string{"UID"},
			Where: []client.Condition{client.IndexUID.IsNot("x"), client.IndexTotalComments.From(1)},
			Query: url.Values{"created.query": {"2020-01-01"}, "created.range": {"min"}, "sort_limit": {"3"}},
		}))
		unknown := client.SearchOptions{Where: []client.Condition{client.FieldIndex("nope").Is("x")}}
		require.ErrorIs(t, offer.Value.CheckSearch(unknown), errors.ErrInvalidInput)
		assert.Equal(t, []string{"Page"}, titles(t, c, folder, unknown))
		require.ErrorContains(t, offer.Value.CheckSearch(client.SearchOptions{Query: url.Values{"isFolderish": {"1"}}}), "isFolderish")
		require.ErrorContains(t, offer.Value.CheckSearch(client.SearchOptions{SortOn: []string{"id", "order"}}), "order")
		require.ErrorIs(t, offer.Value.CheckSearch(client.SearchOptions{Depth: -1}), errors.ErrInvalidInput)
	})
}

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

// The catalog sorts each page anew, equal objects in another order each time.
func TestBehaviour_Search_equalObjects(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		n, sizes := 108, []int{0, 7, 25, 100}
		if s.live { // where each object and each hit takes its time
			n, sizes = 40, sizes[:3]
		}
		for i := range n {
			s.add(t, folder, client.Fields{"@type": "Document", "id": fmt.Sprint("d", 999-i*7%n), "title": fmt.Sprint("Volume ", i/60), "description": "equal"})
		}
		type order struct {
			on    []string
			query url.Values
		}
		orders := []order{
			{on: []string{"modified"}}, {on: []string{"created"}}, {on: []string{"sortable_title"}}, {on: []string{"review_state"}},
			{on: []string{"Creator"}}, {on: []string{"getObjPositionInParent"}}, {on: []string{"portal_type", "sortable_title"}},
			{on: []string{"UID"}}, {on: []string{"path"}}, {on: []string{"modified", "UID"}}, {on: []string{"nonsense"}},
			{query: url.Values{"sort_on": {"modified"}}}, {query: url.Values{"sort_on:list": {"Creator"}}},
			{on: []string{"Creator", "sortable_title"}, query: url.Values{"sort_order": {"ascending", "descending"}}},
			{on: []string{"Creator", "sortable_title", "is_folderish"}, query: url.Values{"sort_order": {"descending", "ascending"}}},
			{}, {query: url.Values{"SearchableText": {"equal"}}}, {query: url.Values{"SearchableText": {"equ* OR volume"}}},
		}
		if s.live {
			orders = orders[2:5]
		}
		for _, o := range orders {
			for _, descending := range []bool{false, true} {
				if descending && (o.on == nil || o.query != nil) {
					continue
				}
				var before []string
				for _, size := range sizes {
					options := client.SearchOptions{PageSize: size, SortOn: o.on, Descending: descending, Query: o.query, Types: []string{"Document"}}
					if size == 0 {
						options.PageSize = n
					}
					var got []string
					for item, err := range c.Search.All(t.Context(), folder, options) {
						require.NoError(t, err, "%v, %v, %d a page", o, descending, size)
						got = append(got, item.URL)
					}
					if before == nil {
						before = got
					}
					assert.Equal(t, before, got, "%v, %v, %d a page", o, descending, size)
					assert.Len(t, got, n)
				}
			}
		}

		byTitle := titles(t, c, folder, client.SearchOptions{PageSize: 25, SortOn: []string{"sortable_title"}, Descending: true})
		assert.True(t, slices.IsSortedFunc(byTitle, func(a, b string) int { return strings.Compare(b, a) }), "the caller's order comes first")

		var whole int
		for _, err := range client.ContentAs[client.Document](c).Search(t.Context(), folder, client.SearchOptions{PageSize: 25, SortOn: []string{"modified"}}) {
			require.NoError(t, err)
			whole++
		}
		assert.Equal(t, n, whole)

		for _, sortOn := range []string{"", "modified", "sortable_title", "review_state", "Creator"} {
			for _, size := range []int{7, 25, 100} {
				options := client.QueryOptions{PageSize: size, SortOn: sortOn, Where: []client.Condition{client.IndexPath.Under(folder, 1)}}
				assert.Len(t, found(t, c, folder, options), n, "%q, %d a page", sortOn, size)
			}
		}
	})
}

// The server leaves out of an order what has no value in it, and counts it all the
// same where it looks for a page.
func TestBehaviour_Search_withoutValue(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		var want []string
		const files = 7
		for i := range 11 {
			want = append(want, fmt.Sprint("d", 99-i))
			s.add(t, folder, client.Fields{"@type": "Document", "id": want[i], "title": "Page"})
		}
		for i := range files {
			s.add(t, folder, client.Fields{"@type": "File", "id": fmt.Sprint("f", i), "title": "File", "file": client.Fields{"data": "eA==", "encoding": "base64", "filename": "f.txt"}})
		}
		slices.Sort(want)
		reverse := slices.Clone(want)
		slices.Reverse(reverse)
		for _, tt := range []struct {
			options client.SearchOptions
			want    []string
		}{
			{client.SearchOptions{SortOn: []string{"review_state"}}, want},
			{client.SearchOptions{SortOn: []string{"review_state"}, Descending: true}, reverse},
			{client.SearchOptions{SortOn: []string{"review_state", "getId"}, Query: url.Values{"sort_order": {"ascending", "descending"}}}, reverse},
			{client.SearchOptions{SortOn: []string{"portal_type", "review_state"}, Query: url.Values{"sort_order": {"descending", "ascending"}}}, reverse},
			{client.SearchOptions{Query: url.Values{"sort_on:list": {"review_state", "path"}, "sort_order": {"reverse"}}}, reverse},
		} {
			for _, size := range []int{1, 3, 7, 10, 100} {
				tt.options.PageSize = size
				var got []string
				for page, err := range c.Search.Pages(t.Context(), folder, tt.options) {
					require.NoError(t, err, "%v, %d a page", tt.options, size)
					assert.Equal(t, len(want), page.ItemsTotal, "without the folder, that is searched from")
					for _, item := range page.Items {
						got = append(got, item.URL[strings.LastIndex(item.URL, "/")+1:])
					}
				}
				assert.Equal(t, tt.want, got, "%v, %d a page", tt.options, size)
			}
		}
		for _, size := range []int{3, 7, 100} {
			for _, descending := range []bool{false, true} {
				for _, cacheable := range []bool{false, true} {
					got := found(t, c, folder, client.QueryOptions{
						PageSize: size, SortOn: "review_state", Descending: descending, Cacheable: cacheable,
						Where: []client.Condition{client.IndexPath.Under(folder, 1)},
					})
					assert.Len(t, got, len(want), "%d a page", size)
				}
			}
		}
		assert.Len(t, titles(t, c, folder, client.SearchOptions{PageSize: 3}), len(want)+files)
	})
}

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
		{"depth", "", client.SearchOptions{Depth: -1}, errors.ErrInvalidInput},
		{"zero condition", "", client.SearchOptions{Where: []client.Condition{{}}}, errors.ErrInvalidInput},
		{"no values", "", client.SearchOptions{Where: []client.Condition{client.IndexSubject.All()}}, errors.ErrInvalidInput},
		{"no words", "", client.SearchOptions{Where: []client.Condition{client.IndexTitle.Contains("")}}, errors.ErrInvalidInput},
		{"zero time", "", client.SearchOptions{Where: []client.Condition{client.IndexCreated.Since(time.Time{})}}, errors.ErrInvalidInput},
		{"no time", "", client.SearchOptions{Where: []client.Condition{client.IndexEffectiveRange.Includes(time.Time{})}}, errors.ErrInvalidInput},
		{"of the other search", "", client.SearchOptions{Where: []client.Condition{client.IndexPath.Under("/", 0)}}, errors.ErrInvalidInput},
		{"negative depth", "", client.SearchOptions{Where: []client.Condition{client.IndexPath.Relative("", -1)}}, errors.ErrInvalidInput},
		{"one index twice", "", client.SearchOptions{
			Where: []client.Condition{client.IndexCreated.Since(time.Now())}, Query: url.Values{"created.query": {"2020-01-01"}},
		}, errors.ErrInvalidInput},
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
