package client_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// related are the relations that a query finds, as "source → target" by their names.
func (s *site) related(t *testing.T, c *client.Client, q client.RelationQuery) map[string][]string {
	t.Helper()
	found, err := c.Relations.Find(t.Context(), q)
	require.NoError(t, err)
	related := map[string][]string{}
	for name, list := range found.Value.Relations {
		assert.Len(t, list.Items, list.ItemsTotal)
		related[name] = []string{}
		for _, r := range list.Items {
			assert.NotEmpty(t, r.Target.UID)
			related[name] = append(related[name], r.Source.Title+" → "+r.Target.Title)
		}
	}
	return related
}

// three are the paths of three objects in a folder of their own.
func (s *site) three(t *testing.T) (a, b, c string) {
	t.Helper()
	folder := s.folder(t)
	var paths []string
	for _, title := range []string{"a", "b", "c"} {
		paths = append(paths, s.add(t, folder, client.Fields{"@type": "Document", "id": title, "title": title}))
	}
	return paths[0], paths[1], paths[2]
}

func TestBehaviour_Relations(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		cl := s.client(t)
		a, b, c := s.three(t)
		target, err := cl.Content.Get(t.Context(), b)
		require.NoError(t, err)
		name := unique("rel")

		_, err = cl.Relations.Create(t.Context(), []client.RelationName{
			{Source: a, Target: target.Value.UID, Relation: "relatedItems"},
			{Source: s.url + a, Target: s.url + c, Relation: name},
		})
		require.NoError(t, err)
		assert.Equal(t, map[string][]string{"relatedItems": {"a → b"}, name: {"a → c"}}, s.related(t, cl, client.RelationQuery{Source: a}))
		assert.Equal(t, map[string][]string{"relatedItems": {"a → b"}}, s.related(t, cl, client.RelationQuery{Target: target.Value.UID}))
		assert.Equal(t, map[string][]string{name: {"a → c"}}, s.related(t, cl, client.RelationQuery{Relation: name}))
		assert.Equal(t, map[string][]string{"relatedItems": {"a → b"}}, s.related(t, cl, client.RelationQuery{Source: s.url + a, Relation: "relatedItems"}))
		assert.Equal(t, map[string][]string{"no" + name: {}}, s.related(t, cl, client.RelationQuery{Relation: "no" + name}))
		assert.Empty(t, s.related(t, cl, client.RelationQuery{Source: c}))
		assert.Equal(t, map[string][]string{name: {"a → c"}}, s.related(t, cl, client.RelationQuery{Relation: name, Max: 1}))

		found, err := cl.Relations.Find(t.Context(), client.RelationQuery{Relation: name, Metadata: []string{"Creator"}})
		require.NoError(t, err)
		assert.Equal(t, "admin", found.Value.Relations[name].Items[0].Source.Creator)
		assert.False(t, found.Value.Relations[name].ReadOnly)
		field, err := cl.Content.Get(t.Context(), a)
		require.NoError(t, err)
		assert.Equal(t, target.Value.UID, field.Value.RelatedItems[0].UID, "the field has it too")

		stats, err := s.anonymous(t).Relations.Stats(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, stats.Value.Stats[name])
		assert.Equal(t, s.url+"/@relations", stats.Value.URL)

		_, err = cl.Relations.Delete(t.Context(), []client.RelationName{{Source: a, Target: c, Relation: name}})
		require.NoError(t, err)
		_, err = cl.Relations.Delete(t.Context(), []client.RelationName{{Source: a, Target: c, Relation: name}})
		require.NoError(t, err, "the server does not say that it was gone")
		assert.Equal(t, map[string][]string{"relatedItems": {"a → b"}}, s.related(t, cl, client.RelationQuery{Source: a}))
		_, err = cl.Relations.DeleteAll(t.Context(), client.RelationName{Source: s.url + a, Relation: "relatedItems"})
		require.NoError(t, err)
		assert.Empty(t, s.related(t, cl, client.RelationQuery{Source: a}))
	})
}

func TestBehaviour_Relations_partly(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		cl := s.client(t)
		a, b, _ := s.three(t)
		name := unique("rel")
		good := client.RelationName{Source: a, Target: b, Relation: name}
		bad := client.RelationName{Source: a, Target: a + "/nope", Relation: name}

		_, err := cl.Relations.Create(t.Context(), []client.RelationName{bad, good})
		failed, partly := errors.AsType[*client.FailedRelationsError](err)
		require.True(t, partly, "%v", err)
		require.ErrorIs(t, err, errors.ErrUnprocessable)
		assert.Equal(t, []client.FailedRelation{{RelationName: bad, Message: "Failed on creating a relation. Target not found."}}, failed.Failed)
		assert.Equal(t, map[string][]string{name: {"a → b"}}, s.related(t, cl, client.RelationQuery{Relation: name}), "the good one is stored")

		_, err = cl.Relations.Delete(t.Context(), []client.RelationName{good, bad})
		failed, partly = errors.AsType[*client.FailedRelationsError](err)
		require.True(t, partly, "%v", err)
		assert.Equal(t, []client.FailedRelation{{RelationName: bad, Message: "Failed on deleting a relation. Target not found."}}, failed.Failed)
		assert.Equal(t, map[string][]string{name: {}}, s.related(t, cl, client.RelationQuery{Relation: name}))

		for _, filter := range []client.RelationName{{Source: "/nope"}, {Target: "nope"}} {
			_, err = cl.Relations.DeleteAll(t.Context(), filter)
			failed, partly = errors.AsType[*client.FailedRelationsError](err)
			require.True(t, partly, "%v", err)
			assert.Empty(t, failed.Failed)
		}
	})
}

// A removed target leaves a broken relation, until all are made anew.
func TestBehaviour_Relations_broken(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		cl := s.client(t)
		a, b, _ := s.three(t)
		ours := func() []client.BrokenRelation {
			broken, err := cl.Relations.Broken(t.Context())
			require.NoError(t, err)
			var found []client.BrokenRelation
			for _, r := range broken.Value.Relations["relatedItems"].Items {
				if r.Source == s.url+a {
					found = append(found, r)
				}
			}
			return found
		}
		_, err := cl.Relations.Create(t.Context(), []client.RelationName{{Source: a, Target: b, Relation: "relatedItems"}})
		require.NoError(t, err)
		assert.Empty(t, ours())
		_, err = cl.Content.Delete(t.Context(), b)
		require.NoError(t, err)
		assert.Equal(t, []client.BrokenRelation{{Source: s.url + a, Target: "b"}}, ours())
		_, err = cl.Relations.DeleteAll(t.Context(), client.RelationName{Source: a})
		require.ErrorIs(t, err, errors.ErrUnprocessable, "a broken relation cannot be removed")

		_, err = cl.Relations.Rebuild(t.Context(), client.RebuildOptions{})
		require.NoError(t, err)
		assert.Empty(t, ours())
	})
}

func TestBehaviour_Relations_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		cl, anonymous := s.client(t), s.anonymous(t)
		a, b, _ := s.three(t)
		for _, q := range []client.RelationQuery{{Source: "/nope"}, {Target: "nope"}} {
			_, err := cl.Relations.Find(t.Context(), q)
			require.ErrorIs(t, err, errors.ErrNotFound)
		}
		_, err := anonymous.Relations.Find(t.Context(), client.RelationQuery{Source: a})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		one := []client.RelationName{{Source: a, Target: b, Relation: "relatedItems"}}
		_, err = anonymous.Relations.Create(t.Context(), one)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = anonymous.Relations.Delete(t.Context(), one)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = anonymous.Relations.Rebuild(t.Context(), client.RebuildOptions{Flush: true})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}

func TestBehaviour_LinkIntegrity(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		cl := s.client(t)
		a, b, c := s.three(t)
		below := s.add(t, c, client.Fields{"@type": "Document", "id": "below", "title": "below"})
		_, err := cl.Relations.Create(t.Context(), []client.RelationName{
			{Source: a, Target: b, Relation: "relatedItems"}, {Source: a, Target: below, Relation: "relatedItems"},
		})
		require.NoError(t, err)
		uid := map[string]string{}
		for _, path := range []string{a, b, c} {
			got, err := cl.Content.Get(t.Context(), path)
			require.NoError(t, err)
			uid[path] = got.Value.UID
		}

		got, err := cl.LinkIntegrity.Check(t.Context(), []string{uid[b], uid[c]})
		require.NoError(t, err)
		require.Len(t, got.Value, 3, "two that were asked for, and one below")
		breach := []client.Breach{{URL: s.url + a, Title: "a", UID: uid[a]}}
		assert.Equal(t, s.url+b, got.Value[0].URL)
		assert.Equal(t, breach, got.Value[0].Breaches)
		assert.Equal(t, s.url+c, got.Value[1].URL)
		assert.Empty(t, got.Value[1].Breaches)
		assert.Equal(t, 1, got.Value[1].ItemsTotal)
		assert.Equal(t, s.url+below, got.Value[2].URL)
		assert.Equal(t, breach, got.Value[2].Breaches)

		_, err = cl.LinkIntegrity.Check(t.Context(), []string{uid[b], "nope"})
		require.ErrorIs(t, err, errors.ErrNotFound)
		require.ErrorIs(t, err, errors.ErrInternalServer)
		_, err = s.anonymous(t).LinkIntegrity.Check(t.Context(), []string{uid[b]})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}
