package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// WorkflowService reads the workflow of an object and fires its transitions. It is safe for concurrent use.
type WorkflowService struct{ client *Client }

var (
	getWorkflow = declare(operation{
		name: "Workflow.Get", method: http.MethodGet, path: "/{path}/@workflow", want: http.StatusOK,
	})
	// A service that returns an error by itself commits what it did before.
	fireTransition = declare(operation{
		name: "Workflow.Transition", method: http.MethodPost, path: "/{path}/@workflow/{transition}", want: http.StatusOK,
		kind: retry.Once,
	})
)

// Workflow is the state of an object and the ways out of it. State and History
// are empty for the site root and for types without workflow.
type Workflow struct {
	URL         string               `json:"@id"`
	State       WorkflowState        `json:"state,omitzero"`
	History     []WorkflowEntry      `json:"history"` // oldest first; empty for those who may not see it
	Transitions []WorkflowTransition `json:"transitions"`
}

func (w *Workflow) check() error { return requireURL(w.URL) }

// WorkflowState is a state of a workflow.
type WorkflowState struct {
	ID    string `json:"id"`    // like "private"
	Title string `json:"title"` // in the language of the request
}

// WorkflowTransition is a transition that the user may fire now.
type WorkflowTransition struct {
	URL   string `json:"@id"`   // its address
	Title string `json:"title"` // in the language of the request
}

// Name is the name of the transition, like "publish": the end of its address.
func (t *WorkflowTransition) Name() string {
	name := t.URL[strings.LastIndexByte(t.URL, '/')+1:]
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

// WorkflowEntry is a transition that was fired.
type WorkflowEntry struct {
	Action      string `json:"action"` // name of the transition; empty for the creation
	Actor       string `json:"actor"`  // id of the user
	Comments    string `json:"comments"`
	ReviewState string `json:"review_state"` // the state that it led to
	Time        Time   `json:"time"`
	Title       string `json:"title"` // of that state, in the language of the request
}

func (e *WorkflowEntry) check() error {
	if e.ReviewState == "" {
		return errMissing("review_state")
	}
	return nil
}

// TransitionOptions say what goes with a transition. The zero value is that of a
// plain one.
type TransitionOptions struct {
	Comment string `json:"comment,omitempty"` // for the history
	// IncludeChildren fires the transition on all that is below too. It stops at
	// the first object that neither has the transition nor is in its target state;
	// what was done until then stays.
	IncludeChildren bool      `json:"include_children,omitempty"`
	Effective       Opt[Time] `json:"effective,omitzero"` // when the object is published; now when it has no such date
	Expires         Opt[Time] `json:"expires,omitzero"`
}

// Get returns the state of the object at path and the transitions that the user
// may fire.
//
// Errors: [errors.ErrNotFound], [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Workflow".
func (s *WorkflowService) Get(ctx context.Context, path string, opts ...CallOption) (*OK[Workflow], error) {
	return ok[Workflow](ctx, s.client, getWorkflow.at(path), opts)
}

// Transition fires the transition with that name on the object at path and
// returns the entry of the history. When the object is already in the state that
// the transition leads to, nothing is done, and the entry is the old one.
//
// Errors: [errors.ErrBadRequest] when there is no such transition now or the user
// may not fire it, and for a date that is refused, with [errors.ErrValidation];
// dates that were set, and children that were done before it, stay changed.
// [errors.ErrUnauthorized], [errors.ErrNotFound], [errors.ErrOutcomeUnknown] when
// no answer came.
//
// Source: plone.restapi documentation, "Workflow".
func (s *WorkflowService) Transition(ctx context.Context, path, transition string, o TransitionOptions, opts ...CallOption) (*OK[WorkflowEntry], error) {
	return ok[WorkflowEntry](ctx, s.client, fireTransition.at(path, transition).with(o), opts)
}

// TransitionError is the error of a state that cannot be reached in one step. It
// matches [errors.ErrBadRequest].
type TransitionError struct {
	Path        string
	State       string   // the object is in
	Want        string   // the state it was to have
	Fired       string   // the transition that led to State instead; empty when none was fired
	Transitions []string // names of those that the user may fire
}

// Error implements error.
func (e *TransitionError) Error() string {
	if e.Fired != "" {
		return fmt.Sprintf("plone: the transition %q put %s into the state %q, not %q", e.Fired, e.Path, e.State, e.Want)
	}
	return fmt.Sprintf("plone: no transition is known to lead %s from %q to %q; possible are %q", e.Path, e.State, e.Want, e.Transitions)
}

// Is reports whether target is [errors.ErrBadRequest], or its class.
func (e *TransitionError) Is(target error) bool { return errors.Is(errors.ErrBadRequest, target) }

// To brings the object at path into a state. No transition is fired when it is there
// already; Changed is "review_state" when that took one. It may be called again after
// an error.
//
// The server does not say where a transition leads. To goes by what it led to in
// the object's own history, and by the names of Plone's own workflows; it fires no
// other one, and only a single one. Of a transition that is your own and was never
// fired, use Transition.
//
// When the response of the transition is lost, To reads the state back.
//
// Errors: those of Transition, and [TransitionError] when no transition is known
// to lead to the state, or the one fired led elsewhere.
func (s *WorkflowService) To(ctx context.Context, path, state string, o TransitionOptions, opts ...CallOption) (*Ensured[WorkflowState], error) {
	workflow, err := s.Get(ctx, path, opts...)
	if err != nil {
		return nil, err
	}
	w := &workflow.Value
	if w.State.ID == state && state != "" {
		return &Ensured[WorkflowState]{Value: w.State}, nil
	}
	names := make([]string, len(w.Transitions))
	for i := range w.Transitions {
		names[i] = w.Transitions[i].Name()
	}
	at := slices.IndexFunc(names, func(name string) bool { return state != "" && w.target(name) == state })
	if at < 0 {
		return nil, &TransitionError{Path: path, State: w.State.ID, Want: state, Transitions: names}
	}
	changed := &Ensured[WorkflowState]{Changed: []string{"review_state"}}
	entry, err := s.Transition(ctx, path, names[at], o, opts...)
	if errors.Is(err, errors.ErrOutcomeUnknown) {
		now, readErr := s.Get(ctx, path, opts...)
		if readErr == nil && now.Value.State.ID == state {
			changed.Value = now.Value.State
			return changed, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if entry.Value.ReviewState != state {
		return nil, &TransitionError{Path: path, State: entry.Value.ReviewState, Want: state, Fired: names[at], Transitions: names}
	}
	changed.Value = WorkflowState{ID: state, Title: entry.Value.Title}
	return changed, nil
}

// target is the state that a transition leads to, empty when that is not known.
func (w *Workflow) target(transition string) string {
	for _, e := range slices.Backward(w.History) {
		if e.Action == transition {
			return e.ReviewState
		}
	}
	switch transition {
	case "publish":
		return "published"
	case "publish_internally":
		return "internally_published"
	case "publish_externally":
		return "external"
	case "submit":
		return "pending"
	case "hide":
		return "private"
	case "show":
		return "visible"
	case "show_internally":
		return "internal"
	case "retract", "reject":
		if len(w.History) > 0 {
			return w.History[0].ReviewState // back to where it began, in all of them
		}
	}
	return ""
}
