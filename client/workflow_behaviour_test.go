package client_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// names are the transitions that can be fired.
func names(w client.Workflow) []string {
	names := []string{}
	for _, t := range w.Transitions {
		names = append(names, t.Name())
	}
	return names
}

func TestBehaviour_Workflow(t *testing.T) {
	t.Parallel()
	withMember(t, func(t *testing.T, s *site, other member) {
		c, folder := s.client(t), s.folder(t)

		got, err := c.Workflow.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, s.url+folder+"/@workflow", got.Value.URL)
		assert.Equal(t, client.WorkflowState{ID: "private", Title: "Private"}, got.Value.State)
		assert.Equal(t, []client.WorkflowTransition{
			{s.url + folder + "/@workflow/publish", "Publish"}, {s.url + folder + "/@workflow/submit", "Submit for publication"},
		}, got.Value.Transitions)
		require.Len(t, got.Value.History, 1)
		created := got.Value.History[0]
		assert.False(t, created.Time.IsZero())
		created.Time = client.Time{}
		assert.Equal(t, client.WorkflowEntry{Actor: s.user, ReviewState: "private", Title: "Private"}, created)

		day := client.NewTime(time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC))
		fired, err := c.Workflow.Transition(t.Context(), folder, "submit", client.TransitionOptions{Comment: "please", Effective: client.Set(day), Expires: client.Set(client.NewTime(day.AddDate(1, 0, 0)))})
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, fired.StatusCode)
		assert.Equal(t, "submit", fired.Value.Action)
		assert.Equal(t, "please", fired.Value.Comments)
		assert.Equal(t, "pending", fired.Value.ReviewState)
		assert.Equal(t, "Pending review", fired.Value.Title)
		object, err := c.Content.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.True(t, object.Value.Effective.Equal(day.Time), object.Value.Effective)
		assert.True(t, object.Value.Expires.Equal(day.AddDate(1, 0, 0)), object.Value.Expires)

		got, err = c.Workflow.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, []string{"publish", "reject", "retract"}, names(got.Value))
		fired, err = c.Workflow.Transition(t.Context(), folder, "publish", client.TransitionOptions{})
		require.NoError(t, err)
		got, err = c.Workflow.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, []string{"reject", "retract"}, names(got.Value))

		// In the target state already: nothing happens, and the answer is the old one.
		again, err := c.Workflow.Transition(t.Context(), folder, "publish", client.TransitionOptions{Comment: "again"})
		require.NoError(t, err)
		assert.Equal(t, fired.Value, again.Value)

		// Anybody sees the state, and who may do nothing sees no more.
		got, err = s.anonymous(t).Workflow.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, "published", got.Value.State.ID)
		assert.Empty(t, got.Value.History)
		assert.Empty(t, got.Value.Transitions)

		_, err = c.Sharing.Ensure(t.Context(), folder, []client.LocalRoles{{ID: other.id, Roles: []string{"Editor"}}})
		require.NoError(t, err)
		_, err = c.Workflow.Transition(t.Context(), folder, "retract", client.TransitionOptions{})
		require.NoError(t, err)
		got, err = other.Workflow.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, []string{"submit"}, names(got.Value), "an editor does not publish")

		expanded, err := c.Content.Get(t.Context(), folder, client.Expand("workflow"))
		require.NoError(t, err)
		require.NotNil(t, expanded.Value.Components.Workflow.Value)
		assert.Equal(t, []string{"publish", "submit"}, names(*expanded.Value.Components.Workflow.Value))
	})
}

func TestBehaviour_Workflow_without(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		root, err := c.Workflow.Get(t.Context(), "/")
		require.NoError(t, err)
		assert.Equal(t, client.Workflow{URL: s.url + "/@workflow", History: []client.WorkflowEntry{}, Transitions: []client.WorkflowTransition{}}, root.Value)
		_, err = c.Workflow.Transition(t.Context(), "/", "publish", client.TransitionOptions{})
		require.ErrorIs(t, err, errors.ErrBadRequest)

		file := s.add(t, folder, client.Fields{"@type": "File", "file": client.Fields{"data": "x", "filename": "x.txt", "content-type": "text/plain"}})
		got, err := c.Workflow.Get(t.Context(), file)
		require.NoError(t, err)
		assert.Empty(t, got.Value.State)
		assert.Empty(t, got.Value.Transitions)
		_, err = c.Workflow.Transition(t.Context(), file, "publish", client.TransitionOptions{})
		require.ErrorIs(t, err, errors.ErrBadRequest)
	})
}

func TestBehaviour_Workflow_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		_, err := c.Workflow.Get(t.Context(), folder+"/nope")
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = s.anonymous(t).Workflow.Get(t.Context(), folder)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).Workflow.Transition(t.Context(), folder, "publish", client.TransitionOptions{})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = c.Workflow.Transition(t.Context(), folder, "", client.TransitionOptions{})
		require.ErrorIs(t, err, errors.ErrInvalidInput)

		// A transition that fails leaves dates behind.
		day := client.NewTime(time.Date(2031, 1, 2, 3, 4, 0, 0, time.UTC))
		_, err = c.Workflow.Transition(t.Context(), folder, "nope", client.TransitionOptions{Effective: client.Set(day)})
		require.ErrorIs(t, err, errors.ErrBadRequest)
		e, _ := errors.AsType[*errors.StatusError](err)
		assert.Equal(t, "WorkflowException", e.Type)
		assert.Equal(t, 1, e.Attempts)
		got, err := c.Content.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.True(t, got.Value.Effective.Equal(day.Time), "committed all the same")

		_, err = client.Call[any](t.Context(), c, client.Request{Method: http.MethodPost, Path: folder + "/@workflow/publish", Body: client.Fields{"effective": "soon"}})
		require.ErrorIs(t, err, errors.ErrValidation)
		_, err = client.Call[any](t.Context(), c, client.Request{Method: http.MethodPost, Path: folder + "/@workflow/publish/x", Body: client.Fields{}})
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = client.Call[any](t.Context(), c, client.Request{Method: http.MethodPost, Path: folder + "/@workflow", Body: client.Fields{}})
		require.ErrorIs(t, err, errors.ErrBadRequest)
	})
}

func TestBehaviour_Workflow_children(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		child := s.add(t, folder, client.Fields{"@type": "Document", "title": "Child"})
		grandchild := s.add(t, child, client.Fields{"@type": "Document", "title": "Grandchild"})
		state := func(path string) string {
			got, err := c.Workflow.Get(t.Context(), path)
			require.NoError(t, err)
			return got.Value.State.ID
		}

		_, err := c.Workflow.Transition(t.Context(), folder, "publish", client.TransitionOptions{})
		require.NoError(t, err)
		assert.Equal(t, "private", state(child))
		_, err = c.Workflow.Transition(t.Context(), folder, "publish", client.TransitionOptions{IncludeChildren: true})
		require.NoError(t, err)
		assert.Equal(t, "published", state(grandchild))

		// It stops at the first that has no such transition; what is done stays.
		_, err = c.Workflow.Transition(t.Context(), folder, "retract", client.TransitionOptions{})
		require.NoError(t, err)
		_, err = c.Workflow.Transition(t.Context(), folder, "submit", client.TransitionOptions{IncludeChildren: true})
		require.ErrorIs(t, err, errors.ErrBadRequest)
		assert.Equal(t, "pending", state(folder))
		assert.Equal(t, "published", state(child))
	})
}

func TestBehaviour_Workflow_To(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		for _, step := range []struct {
			state   string
			changed bool
		}{{"private", false}, {"pending", true}, {"private", true}, {"published", true}, {"published", false}, {"private", true}} {
			changed, err := c.Workflow.To(t.Context(), folder, step.state, client.TransitionOptions{})
			require.NoError(t, err)
			assert.Equal(t, step.changed, changed.Changed != nil, step.state)
			assert.Equal(t, step.state, changed.Value.ID)
			assert.NotEmpty(t, changed.Value.Title)
			got, err := c.Workflow.Get(t.Context(), folder)
			require.NoError(t, err)
			assert.Equal(t, step.state, got.Value.State.ID)
		}

		changed, err := c.Workflow.To(t.Context(), folder, "external", client.TransitionOptions{})
		require.ErrorIs(t, err, errors.ErrBadRequest)
		assert.Nil(t, changed)
		e, found := errors.AsType[*client.TransitionError](err)
		require.True(t, found)
		assert.Equal(t, &client.TransitionError{Path: folder, State: "private", Want: "external", Transitions: []string{"publish", "submit"}}, e)
		_, err = c.Workflow.To(t.Context(), "/", "", client.TransitionOptions{})
		require.ErrorIs(t, err, errors.ErrBadRequest)
	})
}
