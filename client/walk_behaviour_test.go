package client_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// tree makes a folder with objects in folders and returns its path and the
// addresses of all.
func (s *site) tree(t *testing.T, folders, each int) (root string, ids []string) {
	t.Helper()
	root = s.folder(t)
	ids = append(ids, s.url+root)
	c := s.client(t)
	for f := range folders {
		folder, err := c.Content.Create(t.Context(), root, client.Fields{"@type": "Document", "id": fmt.Sprint("f", f), "title": "F"})
		require.NoError(t, err)
		ids = append(ids, folder.Value.URL)
		for d := range each {
			doc, err := c.Content.Create(t.Context(), folder.Value.URL, client.Fields{"@type": "Document", "id": fmt.Sprint("d", d), "title": "D", "description": "text"})
			require.NoError(t, err)
			ids = append(ids, doc.Value.URL)
		}
	}
	return root, ids
}

func TestBehaviour_Walk(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		root, want := s.tree(t, 3, 4)
		c := s.client(t)
		for _, o := range []client.WalkOptions{{}, {PageSize: 1}, {PageSize: 7}, {Summaries: true}, {PageSize: 2, Concurrency: 4}} {
			var got []string
			for object, err := range c.Content.Walk(t.Context(), root, o) {
				require.NoError(t, err)
				got = append(got, object.URL)
				assert.Len(t, object.UID, 32)
				if !o.Summaries {
					assert.False(t, object.Created.IsZero(), "a whole object")
				}
			}
			assert.ElementsMatch(t, want, got, "%+v", o)
		}
		var some []string
		for object, err := range c.Content.Walk(t.Context(), root, client.WalkOptions{Query: url.Values{"getId": {"d1"}}}) {
			require.NoError(t, err)
			some = append(some, object.URL)
		}
		assert.Len(t, some, 3)
		for range c.Content.Walk(t.Context(), root, client.WalkOptions{PageSize: 1, Concurrency: 3}) {
			break // leaves nothing behind
		}
		for _, err := range c.Content.Walk(t.Context(), root+"/nope", client.WalkOptions{}) {
			require.ErrorIs(t, err, errors.ErrNotFound)
		}
	})
}

// While the walk goes on, others add, rename and remove. What was there all along
// comes exactly once, and the walk says that the tree has changed.
func TestBehaviour_Walk_whileOthersWrite(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folders, each := 20, 99 // 2,000 objects
		if s.live && os.Getenv("PLONE_LONG") == "" {
			folders, each = 4, 24
		}
		root, all := s.tree(t, folders, each)
		c := s.client(t)

		// The last object of each folder goes, the one before gets another name.
		stays := map[string]int{}
		for _, id := range all {
			if !strings.HasSuffix(id, fmt.Sprint("/d", each-1)) && !strings.HasSuffix(id, fmt.Sprint("/d", each-2)) {
				stays[id] = 0
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var writer sync.WaitGroup
		started := make(chan struct{})
		writer.Go(func() {
			for f := range folders {
				folder := fmt.Sprintf("%s/f%d", root, f)
				if _, err := c.Content.Delete(ctx, fmt.Sprintf("%s/d%d", folder, each-1)); !assert.NoError(t, err) {
					break
				}
				if _, err := c.Content.Update(ctx, fmt.Sprintf("%s/d%d", folder, each-2), client.Fields{"id": "renamed"}); !assert.NoError(t, err) {
					break
				}
				if _, err := c.Content.Create(ctx, folder, client.Fields{"@type": "Document", "id": "new", "title": "N"}); !assert.NoError(t, err) {
					break
				}
				if f == 0 {
					close(started)
				}
			}
		})
		uids := map[string]bool{}
		var last error
		for object, err := range c.Content.Walk(t.Context(), root, client.WalkOptions{PageSize: 20}) {
			if len(uids) == 0 {
				<-started
			}
			if err != nil {
				last = err
				continue
			}
			assert.False(t, uids[object.UID], "%s came twice", object.URL)
			uids[object.UID] = true
			if _, found := stays[object.URL]; found {
				stays[object.URL]++
			}
		}
		writer.Wait()
		for id, n := range stays {
			assert.Equal(t, 1, n, id)
		}
		require.ErrorIs(t, last, errors.ErrListChanged)
	})
}

// One object that the server cannot give does not take the others with it.
func TestBehaviour_Walk_brokenObject(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		root, want := s.tree(t, 1, 6)
		c := s.client(t)
		// Plone stores this, and cannot serialize it afterwards.
		_, err := c.Content.Update(t.Context(), root+"/f0/d3", client.Fields{"blocks": nil})
		require.NoError(t, err)
		_, err = c.Content.Get(t.Context(), root+"/f0/d3")
		require.ErrorIs(t, err, errors.ErrInternalServer)

		var got []string
		var failed []error
		for object, err := range c.Content.Walk(t.Context(), root, client.WalkOptions{}) {
			if err != nil {
				failed = append(failed, err)
				continue
			}
			got = append(got, object.URL)
		}
		assert.Len(t, got, len(want)-1)
		assert.NotContains(t, got, s.url+root+"/f0/d3")
		require.Len(t, failed, 1)
		e, found := errors.AsType[*client.WalkError](failed[0])
		require.True(t, found, "%v", failed[0])
		assert.Len(t, e.UID, 32)
		require.ErrorIs(t, e, errors.ErrInternalServer)
	})
}
