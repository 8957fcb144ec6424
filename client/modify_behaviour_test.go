package client_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestBehaviour_Content_Modify(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"Document", "Folder"} { // with and without locks
		t.Run(typ, func(t *testing.T) {
			t.Parallel()
			onEachSite(t, func(t *testing.T, s *site) {
				c, folder := s.client(t), s.folder(t)
				path := s.add(t, folder, client.Fields{"@type": typ, "title": "x", "description": "a"})
				runs := 0
				got, err := c.Content.Modify(t.Context(), path, func(o *client.Content) (any, error) {
					runs++
					if runs == 1 { // somebody else comes in between
						_, err := c.Content.Update(t.Context(), path, client.Fields{"description": "b"})
						require.NoError(t, err)
					}
					return client.Fields{"description": o.Description + "!"}, nil
				})
				require.NoError(t, err)
				assert.Equal(t, 2, runs)
				assert.Equal(t, "b!", got.Value.Description)
				assert.False(t, got.Value.Lock.Locked && typ == "Folder")
				lock, err := c.Locking.Get(t.Context(), path)
				require.NoError(t, err)
				assert.False(t, lock.Value.Locked)

				same, err := c.Content.Modify(t.Context(), path, func(*client.Content) (any, error) { return nil, nil })
				require.NoError(t, err)
				assert.Equal(t, "b!", same.Value.Description)
				refused := errors.New("no")
				_, err = c.Content.Modify(t.Context(), path, func(*client.Content) (any, error) { return nil, refused })
				require.ErrorIs(t, err, refused)
			})
		})
	}
}

func TestBehaviour_Content_Modify_loserRepeats(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Document", "title": "x"})
		var group sync.WaitGroup
		var done [3]bool
		for i := range done {
			group.Go(func() {
				_, err := c.Content.Modify(t.Context(), path, func(o *client.Content) (any, error) {
					return client.Fields{"subjects": append(o.Subjects, fmt.Sprint(i))}, nil
				})
				if done[i] = err == nil; !done[i] { // on a slow site one of them may give up
					assert.ErrorIs(t, err, errors.ErrConflict)
				}
			})
		}
		group.Wait()
		want := []string{}
		for i, done := range done {
			if done {
				want = append(want, fmt.Sprint(i))
			}
		}
		assert.NotEmpty(t, want)
		got, err := c.Content.Get(t.Context(), path)
		require.NoError(t, err)
		assert.ElementsMatch(t, want, got.Value.Subjects, "no update is lost")
	})
}

func TestBehaviour_Content_Modify_underOwnLock(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		lock, err := c.Locking.Lock(t.Context(), folder, client.LockOptions{})
		require.NoError(t, err)
		defer func() {
			_, err := c.Locking.Unlock(t.Context(), folder)
			require.NoError(t, err)
		}()
		got, err := c.Content.Modify(t.Context(), folder, func(*client.Content) (any, error) {
			return client.Fields{"title": "mine"}, nil
		}, client.LockToken(lock.Value.Token))
		require.NoError(t, err)
		assert.Equal(t, "mine", got.Value.Title)
	})
}
