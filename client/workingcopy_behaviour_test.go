package client_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestBehaviour_WorkingCopies(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Document", "id": "doc", "title": "Before"})
		got, err := c.WorkingCopies.Get(t.Context(), path)
		require.NoError(t, err)
		assert.Zero(t, got.Value)

		out, err := c.WorkingCopies.CheckOut(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, http.StatusCreated, out.StatusCode)
		assert.Equal(t, s.url+folder+"/working_copy_of_doc", out.Value.URL)
		require.NotNil(t, out.Location)
		assert.Equal(t, s.url+path, out.Location.String(), "the server points to the baseline")
		copied := strings.TrimPrefix(out.Value.URL, s.url)

		got, err = c.WorkingCopies.Get(t.Context(), path)
		require.NoError(t, err)
		assert.Zero(t, got.Value.Baseline)
		assert.Equal(t, "Before", got.Value.WorkingCopy.Title)
		assert.False(t, got.Value.WorkingCopy.Created.IsZero())
		assert.Equal(t, s.user, got.Value.WorkingCopy.CreatorName)
		assert.Equal(t, s.url+"/author/"+s.user, got.Value.WorkingCopy.CreatorURL)
		side, err := c.WorkingCopies.Get(t.Context(), copied)
		require.NoError(t, err)
		assert.Equal(t, client.CheckOut{WorkingCopy: got.Value.WorkingCopy, Baseline: client.WorkingCopy{URL: s.url + path, Title: "Before"}}, side.Value)
		object, err := c.Content.Get(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, got.Value.WorkingCopy, object.Value.WorkingCopy)

		// The baseline is locked, in a way that no force opens.
		assert.Equal(t, "iterate.lock", object.Value.Lock.Name)
		assert.False(t, object.Value.Lock.Stealable)
		_, err = c.Content.Update(t.Context(), path, client.Fields{"title": "x"})
		require.ErrorIs(t, err, errors.ErrLocked)
		_, err = c.Locking.Lock(t.Context(), path, client.LockOptions{})
		require.ErrorIs(t, err, errors.ErrLocked)
		_, err = c.Locking.Unlock(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrLocked)
		_, err = c.Locking.ForceUnlock(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrLocked)

		for _, again := range []string{path, copied} {
			_, err = c.WorkingCopies.CheckOut(t.Context(), again)
			require.ErrorIs(t, err, errors.ErrForbidden)
		}

		_, err = c.Content.Update(t.Context(), copied, client.Fields{"title": "After"})
		require.NoError(t, err)
		in, err := c.WorkingCopies.CheckIn(t.Context(), copied)
		require.NoError(t, err)
		assert.Equal(t, http.StatusNoContent, in.StatusCode)
		object, err = c.Content.Get(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, "After", object.Value.Title)
		assert.False(t, object.Value.Lock.Locked)
		_, err = c.Content.Get(t.Context(), copied)
		require.ErrorIs(t, err, errors.ErrNotFound)
	})
}

func TestBehaviour_WorkingCopies_Cancel(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Document", "title": "Before"})
		// Each of them works on either side.
		for _, baseline := range []bool{true, false} {
			out, err := c.WorkingCopies.CheckOut(t.Context(), path)
			require.NoError(t, err)
			side := out.Value.URL
			if baseline {
				side = path
			}
			_, err = c.WorkingCopies.Cancel(t.Context(), side)
			require.NoError(t, err)
			_, err = c.Content.Get(t.Context(), out.Value.URL)
			require.ErrorIs(t, err, errors.ErrNotFound)
			lock, err := c.Locking.Get(t.Context(), path)
			require.NoError(t, err)
			assert.False(t, lock.Value.Locked)
		}
		_, err := c.WorkingCopies.CheckOut(t.Context(), path)
		require.NoError(t, err)
		_, err = c.WorkingCopies.CheckIn(t.Context(), path)
		require.NoError(t, err)
	})
}

func TestBehaviour_WorkingCopies_refused(t *testing.T) {
	t.Parallel()
	withMember(t, func(t *testing.T, s *site, other member) {
		c, folder := s.client(t), s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Document", "title": "x"})
		for name, call := range map[string]func(c *client.Client, path string) error{
			"check in": func(c *client.Client, path string) error {
				_, err := c.WorkingCopies.CheckIn(t.Context(), path)
				return err
			},
			"cancel": func(c *client.Client, path string) error {
				_, err := c.WorkingCopies.Cancel(t.Context(), path)
				return err
			},
		} {
			err := call(c, path)
			require.ErrorIs(t, err, errors.ErrNotFound, name)
			require.ErrorIs(t, err, errors.ErrInternalServer, name)
			e, _ := errors.AsType[*errors.StatusError](err)
			assert.Equal(t, "TypeError", e.Type)
			assert.Equal(t, 1, e.Attempts)
			require.ErrorIs(t, call(c, folder+"/nope"), errors.ErrNotFound, name)
			require.ErrorIs(t, call(other.Client, path), errors.ErrUnauthorized, name)
		}
		_, err := other.WorkingCopies.Get(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = other.WorkingCopies.CheckOut(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrUnauthorized)

		// A type that cannot be checked out.
		plain := s.add(t, folder, client.Fields{"@type": "Folder", "title": "x"})
		_, err = c.WorkingCopies.CheckOut(t.Context(), plain)
		require.ErrorIs(t, err, errors.ErrForbidden)
		got, err := c.WorkingCopies.Get(t.Context(), plain)
		require.NoError(t, err)
		assert.Zero(t, got.Value)

		// An editor of one object who may not add beside it.
		_, err = c.Sharing.Ensure(t.Context(), path, []client.LocalRoles{{ID: other.id, Roles: []string{"Editor"}}})
		require.NoError(t, err)
		_, err = other.WorkingCopies.CheckOut(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrInternalServer)
	})
}
