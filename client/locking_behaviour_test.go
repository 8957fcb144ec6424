package client_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestBehaviour_Locking(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		open, err := c.Locking.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, client.Lock{Stealable: true}, open.Value)
		_, err = c.Locking.Refresh(t.Context(), folder)
		require.ErrorIs(t, err, errors.ErrLocked, "the server says 200")

		locked, err := c.Locking.Lock(t.Context(), folder, client.LockOptions{Timeout: 90 * time.Second})
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, locked.StatusCode)
		lock := locked.Value
		assert.True(t, lock.Locked)
		assert.True(t, lock.Stealable)
		assert.Equal(t, "plone.locking.stealable", lock.Name)
		assert.Equal(t, s.user, lock.Creator)
		assert.Equal(t, s.user, lock.CreatorName)
		assert.Equal(t, s.url+"/author/"+s.user, lock.CreatorURL)
		assert.Equal(t, 90, lock.Timeout)
		assert.NotEmpty(t, lock.Token)
		assert.InDelta(t, lock.Created.Unix(), lock.Time, 1)

		object, err := c.Content.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, lock, object.Value.Lock)

		refreshed, err := c.Locking.Refresh(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, lock.Token, refreshed.Value.Token)
		assert.GreaterOrEqual(t, refreshed.Value.Time, lock.Time)
		assert.Equal(t, 90, refreshed.Value.Timeout)

		// A lock that was there is not ours, also when it is our user's.
		_, err = c.Locking.Lock(t.Context(), folder, client.LockOptions{})
		require.ErrorIs(t, err, errors.ErrLocked)
		e, found := errors.AsType[*client.LockedError](err)
		require.True(t, found)
		assert.Equal(t, lock.Token, e.Lock.Token)

		for range 2 { // the second time there is nothing to do
			unlocked, err := c.Locking.Unlock(t.Context(), folder)
			require.NoError(t, err)
			assert.Equal(t, client.Lock{Stealable: true}, unlocked.Value)
		}
	})
}

func TestBehaviour_Locking_others(t *testing.T) {
	t.Parallel()
	withMember(t, func(t *testing.T, s *site, other member) {
		c, folder := s.client(t), s.folder(t)
		_, err := c.Sharing.Ensure(t.Context(), folder, []client.LocalRoles{{ID: other.id, Roles: []string{"Editor"}}})
		require.NoError(t, err)

		_, err = other.Locking.Lock(t.Context(), folder, client.LockOptions{NotStealable: true})
		require.NoError(t, err)
		_, err = c.Locking.Lock(t.Context(), folder, client.LockOptions{})
		require.ErrorIs(t, err, errors.ErrLocked)
		_, err = c.Locking.Unlock(t.Context(), folder)
		require.ErrorIs(t, err, errors.ErrLocked)
		e, found := errors.AsType[*client.LockedError](err)
		require.True(t, found)
		assert.Equal(t, other.id, e.Lock.Creator)
		assert.False(t, e.Lock.Stealable)

		// One call only makes it one that can be taken.
		forced, err := client.Call[client.Lock](t.Context(), c, client.Request{Method: http.MethodDelete, Path: folder + "/@lock", Body: client.Fields{"force": true}})
		require.NoError(t, err)
		assert.True(t, forced.Value.Locked)
		assert.True(t, forced.Value.Stealable)
		_, err = other.Locking.Unlock(t.Context(), folder)
		require.NoError(t, err)

		_, err = other.Locking.Lock(t.Context(), folder, client.LockOptions{NotStealable: true})
		require.NoError(t, err)
		_, err = c.Locking.ForceUnlock(t.Context(), folder)
		require.NoError(t, err)
		now, err := c.Locking.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.False(t, now.Value.Locked)
	})
}

func TestBehaviour_Locking_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		_, err := c.Workflow.Transition(t.Context(), folder, "publish", client.TransitionOptions{})
		require.NoError(t, err)
		anonymous := s.anonymous(t)
		for _, call := range []func(c *client.Client, path string) error{
			func(c *client.Client, path string) error {
				_, err := c.Locking.Lock(t.Context(), path, client.LockOptions{})
				return err
			},
			func(c *client.Client, path string) error { _, err := c.Locking.Refresh(t.Context(), path); return err },
			func(c *client.Client, path string) error { _, err := c.Locking.Unlock(t.Context(), path); return err },
			func(c *client.Client, path string) error {
				_, err := c.Locking.ForceUnlock(t.Context(), path)
				return err
			},
		} {
			require.ErrorIs(t, call(anonymous, folder), errors.ErrUnauthorized)
			require.ErrorIs(t, call(c, folder+"/nope"), errors.ErrNotFound)
		}
		_, err = c.Locking.Get(t.Context(), folder+"/nope")
		require.ErrorIs(t, err, errors.ErrNotFound)

		// A type without locks.
		plain := s.add(t, folder, client.Fields{"@type": "Folder", "title": "x"})
		got, err := c.Locking.Get(t.Context(), plain)
		require.NoError(t, err)
		assert.Zero(t, got.Value)
		_, err = c.Locking.Lock(t.Context(), plain, client.LockOptions{})
		require.ErrorIs(t, err, errors.ErrUnsupported)

		_, err = client.Call[any](t.Context(), c, client.Request{Method: http.MethodPost, Path: folder + "/@lock", Body: client.Fields{"timeout": "x"}})
		require.ErrorIs(t, err, errors.ErrInternalServer)
	})
}

func TestBehaviour_Locking_WithLock(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Document", "id": unique("doc"), "title": "x"})
		ran := errors.New("ran")
		err := c.Locking.WithLock(t.Context(), path, func(ctx context.Context, lock client.Lock) error {
			_, err := c.Content.Update(ctx, path, client.Fields{"title": "y"})
			require.ErrorIs(t, err, errors.ErrLocked)
			// The object moves away together with its lock.
			_, err = c.Content.Update(ctx, path, client.Fields{"id": "renamed"}, client.LockToken(lock.Token))
			require.NoError(t, err)
			require.ErrorIs(t, c.Locking.WithLock(ctx, folder+"/renamed", func(context.Context, client.Lock) error {
				assert.Fail(t, "two at a time")
				return nil
			}), errors.ErrLocked)
			return ran
		})
		require.ErrorIs(t, err, ran)
		lock, err := c.Locking.Get(t.Context(), folder+"/renamed")
		require.NoError(t, err)
		assert.False(t, lock.Value.Locked)
	})
}
