package client_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestBehaviour_Content_Copy(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		a := s.add(t, folder, client.Fields{"@type": "Document", "id": "a b", "title": "A"})
		b := s.add(t, folder, client.Fields{"@type": "Document", "id": "b", "title": "B"})
		s.add(t, b, client.Fields{"@type": "Document", "id": "below", "title": "Below"})
		target := s.add(t, folder, client.Fields{"@type": "Document", "id": "target", "title": "Target"})
		original, err := c.Content.Get(t.Context(), b)
		require.NoError(t, err)
		_, err = c.Workflow.Transition(t.Context(), b, "publish", client.TransitionOptions{})
		require.NoError(t, err)

		// A URL, in which the server does not decode blanks, and a UID.
		copied, err := c.Content.Copy(t.Context(), target, []string{s.url + a, original.Value.UID})
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, copied.StatusCode)
		assert.ElementsMatch(t, []client.Pasted{{s.url + folder + "/a b", s.url + target + "/a b"}, {s.url + b, s.url + target + "/b"}}, copied.Value)

		got, err := c.Content.Get(t.Context(), target+"/b")
		require.NoError(t, err)
		assert.Equal(t, "B", got.Value.Title)
		assert.NotEqual(t, original.Value.UID, got.Value.UID)
		assert.Equal(t, "private", got.Value.ReviewState, "not that of the original")
		require.Len(t, got.Value.Items, 1)

		// Where the id is taken, the copy gets another one.
		for _, want := range []string{"copy_of_b", "copy2_of_b"} {
			copied, err = c.Content.Copy(t.Context(), target, []string{b})
			require.NoError(t, err)
			assert.Equal(t, []client.Pasted{{s.url + b, s.url + target + "/" + want}}, copied.Value)
		}

		// An object can be copied into itself.
		copied, err = c.Content.Copy(t.Context(), b, []string{b})
		require.NoError(t, err)
		assert.Equal(t, s.url+b+"/b", copied.Value[0].Target)
	})
}

func TestBehaviour_Content_Copy_missing(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		a := s.add(t, folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})

		_, err := c.Content.Copy(t.Context(), folder, []string{folder + "/nope", a, "0123456789abcdef0123456789abcdef"})
		require.ErrorIs(t, err, errors.ErrNotFound)
		require.ErrorIs(t, err, errors.ErrNotDone)
		missing, found := errors.AsType[*client.MissingSourcesError](err)
		require.True(t, found)
		assert.Equal(t, []string{folder + "/nope", "0123456789abcdef0123456789abcdef"}, missing.Sources)
		assert.Equal(t, []client.Pasted{{s.url + a, s.url + folder + "/copy_of_a"}}, missing.Pasted, "the others were copied")

		_, err = c.Content.Copy(t.Context(), folder, []string{folder + "/nope"})
		require.ErrorIs(t, err, errors.ErrNotFound)
		missing, found = errors.AsType[*client.MissingSourcesError](err)
		require.True(t, found)
		assert.Empty(t, missing.Pasted)
	})
}

func TestBehaviour_Content_Copy_refused(t *testing.T) {
	t.Parallel()
	withMember(t, func(t *testing.T, s *site, other member) {
		c, folder := s.client(t), s.folder(t)
		a := s.add(t, folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		_, err := c.Content.Copy(t.Context(), folder+"/nope", []string{a})
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = s.anonymous(t).Content.Copy(t.Context(), "/", []string{a})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = other.Content.Copy(t.Context(), "/", []string{a})
		require.ErrorIs(t, err, errors.ErrForbidden)
		_, err = c.Content.Move(t.Context(), a, []string{folder})
		require.ErrorIs(t, err, errors.ErrInternalServer)
		e, _ := errors.AsType[*errors.StatusError](err)
		assert.Equal(t, "CopyError", e.Type)
		assert.Equal(t, 1, e.Attempts)

		// Who may add and see, but not remove.
		_, err = c.Sharing.Ensure(t.Context(), folder, []client.LocalRoles{{ID: other.id, Roles: []string{"Contributor"}}})
		require.NoError(t, err)
		_, err = other.Content.Copy(t.Context(), folder, []string{a})
		require.NoError(t, err)
		_, err = other.Content.Move(t.Context(), folder, []string{a})
		require.ErrorIs(t, err, errors.ErrForbidden)

		for body, want := range map[string]error{
			`{}`: errors.ErrBadRequest, `{"source":[]}`: errors.ErrBadRequest,
			`{"source":5}`: errors.ErrInternalServer, `{`: errors.ErrInternalServer,
			`{"source":"/"}`: errors.ErrInternalServer,
		} {
			_, err := client.Call[any](t.Context(), c, client.Request{Method: http.MethodPost, Path: folder + "/@copy", Body: rawJSON(body)})
			require.ErrorIs(t, err, want, body)
		}
	})
}

func TestBehaviour_Content_Move(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		a := s.add(t, folder, client.Fields{"@type": "Document", "id": unique("a"), "title": "A"})
		s.add(t, a, client.Fields{"@type": "Document", "id": "below", "title": "Below"})
		target := s.add(t, folder, client.Fields{"@type": "Document", "id": "target", "title": "Target"})
		before, err := c.Content.Get(t.Context(), a)
		require.NoError(t, err)

		moved, err := c.Content.Move(t.Context(), target, []string{a})
		require.NoError(t, err)
		now := s.url + target + "/" + before.Value.ID
		assert.Equal(t, []client.Pasted{{s.url + a, now}}, moved.Value)
		after, err := c.Content.Get(t.Context(), a+"/below")
		require.NoError(t, err)
		assert.Equal(t, now+"/below", after.Value.URL, "by the old address")
		after, err = c.Content.Get(t.Context(), now)
		require.NoError(t, err)
		assert.Equal(t, before.Value.UID, after.Value.UID)

		_, err = c.Content.Move(t.Context(), target, []string{a})
		require.ErrorIs(t, err, errors.ErrNotFound, "the server looks no old address up here")

		// Where it is already.
		moved, err = c.Content.Move(t.Context(), target, []string{now})
		require.NoError(t, err)
		assert.Equal(t, []client.Pasted{{now, now}}, moved.Value)

		_, err = c.Locking.Lock(t.Context(), now, client.LockOptions{})
		require.NoError(t, err)
		_, err = c.Content.Move(t.Context(), folder, []string{now})
		require.ErrorIs(t, err, errors.ErrLocked)
	})
}
