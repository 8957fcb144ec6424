package client_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// workflowAnswer is an object in a state of a workflow.
func workflowAnswer(t *testing.T, state string, history []client.WorkflowEntry, transitions ...string) string {
	t.Helper()
	w := client.Workflow{URL: mockSite + "/x/@workflow", State: client.WorkflowState{ID: state}, History: history}
	for _, name := range transitions {
		w.Transitions = append(w.Transitions, client.WorkflowTransition{URL: mockSite + "/x/@workflow/" + name, Title: name})
	}
	body, err := json.Marshal(w)
	require.NoError(t, err)
	return string(body)
}

func TestWorkflow_To_choice(t *testing.T) {
	t.Parallel()
	created := func(state string, more ...client.WorkflowEntry) []client.WorkflowEntry {
		return append([]client.WorkflowEntry{{ReviewState: state}}, more...)
	}
	tests := []struct {
		name, state, want string
		history           []client.WorkflowEntry
		transitions       []string
		fired             string // none when empty
	}{
		{"by its name", "private", "published", created("private"), []string{"submit", "publish"}, "publish"},
		{"back to where it began", "published", "private", created("private"), []string{"reject", "retract"}, "reject"},
		{"back in an intranet", "internally_published", "internal", created("internal"), []string{"retract", "publish_externally"}, "retract"},
		{"not back to where it never was", "published", "visible", created("private"), []string{"reject", "retract"}, ""},
		{"back, without a history", "published", "private", nil, []string{"reject", "retract"}, ""},
		{"by its own history", "draft", "ready", created("draft", client.WorkflowEntry{Action: "finish", ReviewState: "ready"}, client.WorkflowEntry{Action: "reopen", ReviewState: "draft"}), []string{"finish"}, "finish"},
		{"the history knows better than the name", "a", "published", created("a", client.WorkflowEntry{Action: "publish", ReviewState: "b"}), []string{"publish"}, ""},
		{"the last time counts", "a", "c", created("a", client.WorkflowEntry{Action: "go", ReviewState: "b"}, client.WorkflowEntry{Action: "go", ReviewState: "c"}), []string{"go"}, "go"},
		{"unknown", "draft", "ready", created("draft"), []string{"finish"}, ""},
		{"escaped", "draft", "ready", created("draft", client.WorkflowEntry{Action: "a b", ReviewState: "ready"}), []string{"a%20b"}, "a b"},
		{"no state", "", "", nil, []string{"finish"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			m.RegisterResponder("GET", mockSite+"/x/@workflow", jsonAnswer(200, workflowAnswer(t, tt.state, tt.history, tt.transitions...)))
			m.RegisterResponder("POST", mockSite+"/x/@workflow/"+url.PathEscape(tt.fired), sent(t, `{"comment":"c"}`, jsonAnswer(200, `{"review_state":"`+tt.want+`"}`)))
			changed, err := c.Workflow.To(t.Context(), "/x", tt.want, client.TransitionOptions{Comment: "c"})
			if tt.fired != "" {
				require.NoError(t, err)
				assert.Equal(t, &client.Ensured[client.WorkflowState]{Value: client.WorkflowState{ID: tt.want}, Changed: []string{"review_state"}}, changed)
				return
			}
			require.ErrorIs(t, err, errors.ErrBadRequest)
			assert.Nil(t, changed)
			assert.Equal(t, 1, m.GetTotalCallCount(), "nothing is fired at a guess")
		})
	}
}

func TestWorkflow_To_elsewhere(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/x/@workflow", jsonAnswer(200, workflowAnswer(t, "private", nil, "publish")))
	m.RegisterResponder("POST", mockSite+"/x/@workflow/publish", jsonAnswer(200, `{"review_state":"checked"}`))
	changed, err := c.Workflow.To(t.Context(), "/x", "published", client.TransitionOptions{})
	require.ErrorIs(t, err, errors.ErrBadRequest)
	assert.Nil(t, changed)
	assert.Equal(t, `plone: the transition "publish" put /x into the state "checked", not "published"`, err.Error())
}

func TestWorkflow_Transition_isNotRepeated(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(answer(502, "text/html", "<html>"))
	_, err := c.Workflow.Transition(t.Context(), "/x", "publish", client.TransitionOptions{})
	require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
	assert.Equal(t, 1, m.GetTotalCallCount())
}

// An answer that lacks what it is made of is not an empty value.
func TestChapters_emptyAnswers(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("POST", mockSite+"/x/@workingcopy", jsonAnswer(201, `{}`))
	m.RegisterNoResponder(jsonAnswer(200, `{}`))
	for name, call := range map[string]func() error{
		"sharing":  func() error { _, err := c.Sharing.Get(t.Context(), "/x"); return err },
		"workflow": func() error { _, err := c.Workflow.Get(t.Context(), "/x"); return err },
		"transition": func() error {
			_, err := c.Workflow.Transition(t.Context(), "/x", "publish", client.TransitionOptions{})
			return err
		},
		"history":   func() error { _, err := c.History.Get(t.Context(), "/x"); return err },
		"version":   func() error { _, err := c.History.Version(t.Context(), "/x", 0); return err },
		"revert":    func() error { _, err := c.History.Revert(t.Context(), "/x", 0); return err },
		"check out": func() error { _, err := c.WorkingCopies.CheckOut(t.Context(), "/x"); return err },
		"copy":      func() error { _, err := c.Content.Copy(t.Context(), "/x", []string{"/y"}); return err },
	} {
		_, found := errors.AsType[*errors.DecodeError](call())
		assert.True(t, found, name)
	}
}
