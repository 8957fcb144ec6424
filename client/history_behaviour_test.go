package client_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestBehaviour_History(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Document", "title": "First"})
		_, err := c.Content.Update(t.Context(), path, client.Fields{"title": "Second", "changeNote": "better"})
		require.NoError(t, err)
		_, err = c.Content.Update(t.Context(), path, client.Fields{"title": "Third"})
		require.NoError(t, err)
		_, err = c.Workflow.Transition(t.Context(), path, "publish", client.TransitionOptions{Comment: "now"})
		require.NoError(t, err)

		got, err := c.History.Get(t.Context(), path)
		require.NoError(t, err)
		var versions, transitions []string
		for _, e := range got.Value {
			assert.Equal(t, s.url+"/@users/"+s.user, e.Actor.URL)
			assert.Equal(t, s.user, e.Actor.ID)
			assert.NotEmpty(t, e.Actor.Fullname)
			assert.False(t, e.Time.IsZero())
			switch e.Type {
			case client.HistoryVersioning:
				assert.Equal(t, fmt.Sprintf("%s%s/@history/%d", s.url, path, e.Version), e.URL)
				assert.True(t, e.MayRevert)
				assert.Equal(t, "Edited", e.Action)
				versions = append(versions, fmt.Sprint(e.Version, " ", e.Comments))
			case client.HistoryWorkflow:
				transitions = append(transitions, fmt.Sprint(e.Action, "/", e.TransitionTitle, " ", e.ReviewState, "/", e.StateTitle, " ", e.Comments))
			default:
				assert.Fail(t, "another type of entry", e.Type)
			}
		}
		assert.Equal(t, []string{"2 ", "1 better", "0 Initial version"}, versions)
		assert.Equal(t, []string{"publish/Publish published/Published now", "Create/Create private/Private "}, transitions)

		for version, title := range []string{"First", "Second", "Third"} {
			old, err := c.History.Version(t.Context(), path, version)
			require.NoError(t, err)
			assert.Equal(t, title, old.Value.Title)
			assert.Equal(t, fmt.Sprint(version), old.Value.Version)
			assert.Equal(t, "published", old.Value.ReviewState, "that of today")
			assert.Empty(t, old.Value.ChangeNote)
		}

		reverted, err := c.History.Revert(t.Context(), path, 0)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, reverted.StatusCode)
		assert.Equal(t, "First has been reverted to revision 0.", reverted.Value.Message)
		now, err := c.Content.Get(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, "First", now.Value.Title)
		got, err = c.History.Get(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, 3, got.Value[0].Version)
		assert.Equal(t, "Reverted to revision 0", got.Value[0].Comments)
	})
}

func TestBehaviour_History_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		_, err := c.History.Get(t.Context(), folder+"/nope")
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = c.Workflow.Transition(t.Context(), folder, "publish", client.TransitionOptions{})
		require.NoError(t, err)
		_, err = s.anonymous(t).History.Get(t.Context(), folder)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).History.Version(t.Context(), folder, 0)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).History.Revert(t.Context(), folder, 0)
		require.ErrorIs(t, err, errors.ErrUnauthorized)

		for _, call := range []func() error{
			func() error { _, err := c.History.Version(t.Context(), folder, 99); return err },
			func() error { _, err := c.History.Revert(t.Context(), folder, 99); return err },
		} {
			err := call()
			require.ErrorIs(t, err, errors.ErrNotFound)
			require.ErrorIs(t, err, errors.ErrInternalServer)
			e, _ := errors.AsType[*errors.StatusError](err)
			assert.Equal(t, 1, e.Attempts)
		}

		// A type without versions has its workflow only.
		plain := s.add(t, folder, client.Fields{"@type": "Folder", "title": "Plain"})
		got, err := c.History.Get(t.Context(), plain)
		require.NoError(t, err)
		require.Len(t, got.Value, 1)
		assert.Equal(t, client.HistoryWorkflow, got.Value[0].Type)
		_, err = c.History.Version(t.Context(), plain, 0)
		require.ErrorIs(t, err, errors.ErrNotFound)

		// The site root has none, and says it with an empty object.
		root, err := c.History.Get(t.Context(), "/")
		require.NoError(t, err)
		assert.Empty(t, root.Value)
		_, err = c.History.Version(t.Context(), "/", 1)
		_, found := errors.AsType[*errors.DecodeError](err)
		assert.True(t, found, "%v", err)

		_, err = client.Call[any](t.Context(), c, client.Request{Path: folder + "/@history/first"})
		require.ErrorIs(t, err, errors.ErrInternalServer)
		_, err = client.Call[any](t.Context(), c, client.Request{Method: http.MethodPatch, Path: folder + "/@history", Body: client.Fields{}})
		require.ErrorIs(t, err, errors.ErrUnavailable)
	})
}
