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

// urls are the addresses of what a list yields.
func urls(items []*client.Summary) []string {
	found := []string{}
	for _, item := range items {
		found = append(found, item.URL)
	}
	return found
}

// A page is the part of all hits that begins at Start, whichever order they have and
// wherever the folder itself is among them.
func TestBehaviour_Search_Page(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		for i := range 7 {
			s.add(t, folder, client.Fields{"@type": "Document", "id": fmt.Sprint("d", i), "title": fmt.Sprint("T", i%3)})
		}
		for _, o := range []client.SearchOptions{
			{}, {SortOn: []string{"path"}, Descending: true}, {Types: []string{"File"}}, {Self: true, SortOn: []string{"created"}}, {Depth: 1}, {Text: "T1"},
		} {
			all, err := yielded(c.Search.All(t.Context(), folder, o))
			require.NoError(t, err)
			for _, o.PageSize = range []int{3, 100} {
				for _, o.Start = range []int{0, 1, 4, 7, 20} {
					page, err := c.Search.Page(t.Context(), folder, o)
					require.NoError(t, err, "%+v", o)
					want := all[min(o.Start, len(all)):min(o.Start+o.PageSize, len(all))]
					assert.Equal(t, urls(want), urls(pointers(page.Items)), "%+v", o)
					if o.Start < len(all) {
						assert.Equal(t, len(all), page.ItemsTotal, "%+v", o)
					}
					rest, err := yielded(c.Search.All(t.Context(), folder, o))
					require.NoError(t, err, "%+v", o)
					assert.Equal(t, urls(all[min(o.Start, len(all)):]), urls(rest), "%+v", o)
				}
				o.Start = 0
				for page, err := range c.Search.Pages(t.Context(), folder, o) {
					require.NoError(t, err)
					assert.Equal(t, len(all), page.ItemsTotal, "%+v", o)
				}
			}
		}
		_, err := c.Search.Page(t.Context(), folder+"/nope", client.SearchOptions{})
		require.ErrorIs(t, err, errors.ErrNotFound)
	})
}

func pointers[T any](items []T) []*T {
	var found []*T
	for i := range items {
		found = append(found, &items[i])
	}
	return found
}

// What a Summary has a member for comes unasked.
func TestBehaviour_Search_typedColumns(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		s.add(t, folder, client.Fields{"@type": "Link", "id": "l", "title": "L", "remoteUrl": "http://plone.example/x"})
		for name, list := range map[string]func() ([]*client.Summary, error){
			"search": func() ([]*client.Summary, error) {
				return yielded(c.Search.All(t.Context(), folder, client.SearchOptions{}))
			},
			"children": func() ([]*client.Summary, error) {
				return yielded(c.Content.Children(t.Context(), folder, client.ListOptions{}))
			},
			"query": func() ([]*client.Summary, error) {
				return yielded(c.Search.QueryAll(t.Context(), folder, client.QueryOptions{Where: []client.Condition{client.IndexPath.Under(folder, 1)}}))
			},
			"cacheable": func() ([]*client.Summary, error) {
				return yielded(c.Search.QueryAll(t.Context(), folder, client.QueryOptions{Cacheable: true, Where: []client.Condition{client.IndexPath.Under(folder, 1)}}))
			},
		} {
			items, err := list()
			require.NoError(t, err, name)
			require.Len(t, items, 1, name)
			assert.Equal(t, s.user, items[0].Creator, name)
			assert.Len(t, items[0].UID, 32, name)
			assert.False(t, items[0].Created.IsZero(), name)
			assert.False(t, items[0].Modified.IsZero(), name)
			assert.Equal(t, "http://plone.example/x", items[0].RemoteURL, name)
		}
	})
}

// Whatever somebody types is a search, and no failure of the server.
func TestBehaviour_Search_anyText(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		s.add(t, folder, client.Fields{"@type": "Document", "id": "a", "title": "Rock and roll"})
		s.add(t, folder, client.Fields{"@type": "Document", "id": "b", "title": "Rock or not"})
		find := func(o client.SearchOptions) []string {
			hits, err := yielded(c.Search.All(t.Context(), folder, o))
			require.NoError(t, err, "%+v", o)
			found := []string{}
			for _, hit := range hits {
				found = append(found, hit.URL[len(s.url+folder)+1:])
			}
			return found
		}
		for text, want := range map[string][]string{
			`rock "b ( AND`: {}, `rock "and`: {"a"}, `AND`: {"a"}, `rock AND`: {"a"}, `OR rock`: {"b"}, `NOT`: {"b"}, `rock NOT roll`: {}, `rock not`: {"b"},
			`rock AND NOT roll`: {"b"}, `rock OR roll`: {"a", "b"}, `"rock and"`: {"a"}, `ro*`: {"a", "b"}, `-rock`: {"a", "b"}, `rock -roll`: {"b"},
			`rock ?`: {"a", "b"}, `rock - roll`: {"a"}, `rock AND AND roll`: {"a"}, `roll)`: {"a"}, `((roll`: {"a"}, `rock ""`: {"a", "b"}, `"rock" "`: {"a", "b"},
		} {
			assert.ElementsMatch(t, want, find(client.SearchOptions{Text: text}), text)
			assert.ElementsMatch(t, want, find(client.SearchOptions{Where: []client.Condition{client.IndexSearchableText.Contains(text)}}), text)
			assert.ElementsMatch(t, want, find(client.SearchOptions{Where: []client.Condition{client.IndexTitle.Contains(text)}}), text)
		}
		for _, text := range []string{`(`, `"`, `""`, `*`, `?`, ` - `, `"*" ()`, "!!"} {
			for _, o := range []client.SearchOptions{{Text: text}, {Where: []client.Condition{client.IndexTitle.Contains(text)}}} {
				_, err := yielded(c.Search.All(t.Context(), folder, o))
				require.ErrorIs(t, err, errors.ErrInvalidInput, text)
			}
		}
	})
}

// A strict client refuses what the server passes over.
func TestBehaviour_Search_strict(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder := s.folder(t)
		s.add(t, folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		wrong := []client.SearchOptions{
			{Where: []client.Condition{client.FieldIndex("Titel").Is("x")}},
			{SortOn: []string{"modifed"}},
			{Metadata: []string{"Subjet"}},
			{Types: []string{"Docment"}},
			{Where: []client.Condition{client.IndexType.Is("Docment")}},
			{Query: url.Values{"Titel": {"x"}}},
			{Query: url.Values{"Titel.query:list": {"x"}}},
		}
		right := client.SearchOptions{
			Where: []client.Condition{client.IndexReviewState.Is("private"), client.IndexCreator.Is(s.user)}, Types: []string{"Document"},
			SortOn: []string{"modified", "getId"}, Metadata: []string{"Subject", "Creator"},
		}
		loose, c := s.client(t), s.client(t, client.WithStrict())
		for _, o := range wrong {
			hits, err := yielded(loose.Search.All(t.Context(), folder, o))
			require.NoError(t, err)
			if len(o.Types) == 0 && len(o.Where) == 0 {
				assert.NotEmpty(t, hits, "everything is found")
			}
			_, err = yielded(c.Search.All(t.Context(), folder, o))
			require.ErrorIs(t, err, errors.ErrInvalidInput, "%+v", o)
			_, err = c.Search.Page(t.Context(), folder, o)
			require.ErrorIs(t, err, errors.ErrInvalidInput, "%+v", o)
			if o.Metadata == nil && o.SortOn == nil && o.Types == nil {
				_, err = yielded(c.Content.Walk(t.Context(), folder, client.WalkOptions{Where: o.Where, Query: o.Query}))
				require.ErrorIs(t, err, errors.ErrInvalidInput, "%+v", o)
			}
		}
		hits, err := yielded(c.Search.All(t.Context(), folder, right))
		require.NoError(t, err)
		assert.Len(t, hits, 1)

		query := func(c *client.Client, o client.QueryOptions) error {
			if len(o.Where) == 0 {
				o.Where = []client.Condition{client.IndexPath.Under(folder, 0)}
			}
			_, err := yielded(c.Search.QueryAll(t.Context(), folder, o))
			return err
		}
		require.NoError(t, query(c, client.QueryOptions{SortOn: "modified"}))
		require.ErrorIs(t, query(c, client.QueryOptions{SortOn: "modifed"}), errors.ErrInvalidInput)
		require.ErrorIs(t, query(c, client.QueryOptions{Metadata: []string{"Subjet"}}), errors.ErrNoField)
		require.ErrorIs(t, query(c, client.QueryOptions{Where: []client.Condition{client.FieldIndex("Titel").Is("x")}}), errors.ErrInvalidInput)
		require.ErrorIs(t, query(c, client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Docment")}}), errors.ErrInvalidInput)

		named := s.client(t, client.WithStrict("Titel", "modifed", "Subjet", "Docment"))
		for _, o := range wrong {
			_, err := yielded(named.Search.All(t.Context(), folder, o))
			require.NoError(t, err, "%+v", o)
		}
		_, err = client.New(s.url, client.WithStrict(""))
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	})
}

func TestBehaviour_Walk_where(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		root, _ := s.tree(t, 2, 3)
		c := s.client(t)
		for _, summaries := range []bool{false, true} {
			for _, where := range []client.Condition{client.IndexShortName.Is("d1"), client.IndexShortName.IsNot("d0", "d2", "f0", "f1", root[1:])} {
				objects, err := yielded(c.Content.Walk(t.Context(), root, client.WalkOptions{Summaries: summaries, Where: []client.Condition{where}}))
				require.NoError(t, err)
				assert.Len(t, objects, 2)
			}
			objects, err := yielded(c.Content.Walk(t.Context(), root, client.WalkOptions{Summaries: summaries}))
			require.NoError(t, err)
			var uid string
			for _, object := range objects {
				assert.NotEmpty(t, object.UID)
				if object.URL == s.url+root+"/f0/d1" {
					uid = object.UID
				}
			}
			objects, err = yielded(c.Content.Walk(t.Context(), root, client.WalkOptions{Summaries: summaries, Where: []client.Condition{client.IndexUID.IsNot(uid)}}))
			require.NoError(t, err)
			assert.Len(t, objects, 8)
		}
		_, err := yielded(c.Content.Walk(t.Context(), root, client.WalkOptions{Where: []client.Condition{{}}}))
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	})
}

func TestBehaviour_Get_withoutItems(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		s.add(t, folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		got, err := c.Content.Get(t.Context(), folder, client.WithoutItems())
		require.NoError(t, err)
		assert.Empty(t, got.Value.Items)
		got, err = c.Content.Get(t.Context(), folder, client.Query("metadata_fields", "Creator"))
		require.NoError(t, err)
		require.Len(t, got.Value.Items, 1)
		assert.Equal(t, s.user, got.Value.Items[0].Creator)
	})
}
