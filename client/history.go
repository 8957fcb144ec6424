package client

import (
	"context"
	"net/http"
	"strconv"
)

// HistoryService reads the versions of an object and goes back to one. It is safe for concurrent use.
type HistoryService struct{ client *Client }

var (
	getHistory = declare(operation{
		name: "History.Get", method: http.MethodGet, path: "/{path}/@history", want: http.StatusOK,
	})
	getVersion = declare(operation{
		name: "History.Version", method: http.MethodGet, path: "/{path}/@history/{version}", want: http.StatusOK, means: lookup,
	})
	revertToVersion = declare(operation{
		name: "History.Revert", method: http.MethodPatch, path: "/{path}/@history", want: http.StatusOK, means: lookup,
	})
)

// Kinds of entries of the history.
const (
	HistoryVersioning = "versioning"
	HistoryWorkflow   = "workflow"
)

// HistoryEntry is a version of an object, or a transition of its workflow.
type HistoryEntry struct {
	Type            string       `json:"type"`             // [HistoryVersioning] or [HistoryWorkflow]
	Action          string       `json:"action"`           // "Edited" in the language of the request, or the name of the transition
	TransitionTitle string       `json:"transition_title"` // in the language of the request
	Actor           HistoryActor `json:"actor"`
	Comments        string       `json:"comments"`
	Time            Time         `json:"time"`

	// Of versions.
	URL       string `json:"@id,omitempty"` // address of the version
	Version   int    `json:"version"`       // the first one is 0
	MayRevert bool   `json:"may_revert,omitempty"`

	// Of transitions.
	ReviewState string `json:"review_state,omitempty"` // the state it led to
	StateTitle  string `json:"state_title,omitempty"`  // in the language of the request
}

// HistoryActor is the user who did something.
type HistoryActor struct {
	URL      string `json:"@id"` // address
	ID       string `json:"id"`
	Fullname string `json:"fullname"`
	Username string `json:"username,omitempty"` // empty when the server keeps none
}

// Get returns the versions and the transitions of the object at path, newest
// first and all at once. Types without versions have transitions only.
//
// Errors: [errors.ErrUnauthorized] when the user may not see earlier versions,
// [errors.ErrNotFound].
//
// Source: plone.restapi documentation, "History".
func (s *HistoryService) Get(ctx context.Context, path string, opts ...CallOption) (*OK[[]HistoryEntry], error) {
	return okArray[HistoryEntry](ctx, s.client, getHistory.at(path), opts)
}

// Version returns the object at path as it was in a version. Its state, its lock
// and its children are those of today.
//
// Errors: [errors.ErrNotFound] when there is no such object or version (the latter
// is a 500), [errors.DecodeError] for the site root, which has no versions,
// [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "History".
func (s *HistoryService) Version(ctx context.Context, path string, version int, opts ...CallOption) (*OK[Content], error) {
	return ok[Content](ctx, s.client, getVersion.at(path, strconv.Itoa(version)), opts)
}

// Reverted is what the server says about a way back.
type Reverted struct {
	Message string `json:"message"` // for people
}

func (r *Reverted) check() error {
	if r.Message == "" {
		return errMissing("message")
	}
	return nil
}

// Revert makes the fields of the object at path those of an earlier version, as a
// new version. It does not look at locks.
//
// Errors: [errors.ErrNotFound] when there is no such object or version (the latter
// is a 500), [errors.ErrUnauthorized], [errors.ErrBadRequest] when a file is too
// large to be kept as a version, [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "History".
func (s *HistoryService) Revert(ctx context.Context, path string, version int, opts ...CallOption) (*OK[Reverted], error) {
	return ok[Reverted](ctx, s.client, revertToVersion.at(path).with(map[string]int{"version": version}), opts)
}
