package client

import (
	"context"
	"net/http"
	"strings"

	"plone.example/restapi/errors"
)

// WorkingCopyService checks objects out and in. It needs plone.app.iterate. It is safe for concurrent use.
type WorkingCopyService struct{ client *Client }

// CheckOut says how an object and its working copy hang together. Both are zero
// when the object is not checked out, and for those who may not edit it or check
// it out.
type CheckOut struct {
	WorkingCopy WorkingCopy `json:"working_copy"`
	Baseline    WorkingCopy `json:"working_copy_of"` // zero when the object asked for is the baseline
}

// CheckedOut is a new working copy.
type CheckedOut struct {
	ID string `json:"@id"` // address of the working copy
}

func (c *CheckedOut) check() error { return requireID(c.ID) }

// Get returns the working copy and the baseline of the object at path, which may
// be either.
//
// Errors: [errors.ErrNotFound] when there is no such object, or the site does
// without plone.app.iterate; [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Working Copy".
//
//plone:operation GET /{path}/@workingcopy 200
func (s *WorkingCopyService) Get(ctx context.Context, path string, opts ...CallOption) (*OK[CheckOut], error) {
	return ok[CheckOut](ctx, s.client, request{Request: Request{Path: path}, service: []string{"@workingcopy"}}, opts)
}

// CheckOut makes a working copy of the object at path, beside it, and locks the
// object until the copy is checked in or cancelled. The address of the copy is in
// the value; the server's Location is that of the object itself.
//
// Errors: [errors.ErrForbidden] when the object is checked out already, its type
// cannot be, or the user may not; [errors.ErrInternalServer] when the user may not
// add beside it; [errors.ErrUnauthorized], [errors.ErrNotFound],
// [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Working Copy".
//
//plone:operation POST /{path}/@workingcopy 201
func (s *WorkingCopyService) CheckOut(ctx context.Context, path string, opts ...CallOption) (*Created[CheckedOut], error) {
	return created[CheckedOut](ctx, s.client, workingCopy(http.MethodPost, path), opts)
}

// CheckIn puts the fields of the working copy into its baseline and removes the
// copy. path is that of either.
//
// Errors: [errors.ErrNotFound] when the object is not checked out (a 500), or
// there is none; [errors.ErrForbidden] when the user may not check in;
// [errors.ErrUnauthorized], [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Working Copy".
//
//plone:operation PATCH /{path}/@workingcopy 204
func (s *WorkingCopyService) CheckIn(ctx context.Context, path string, opts ...CallOption) (*NoContent, error) {
	result, err := noContent(ctx, s.client, workingCopy(http.MethodPatch, path), opts)
	return result, withoutWorkingCopy(err)
}

// Cancel removes the working copy without touching its baseline. path is that of
// either.
//
// Errors: [errors.ErrNotFound] when the object is not checked out (a 500), or
// there is none; [errors.ErrForbidden], [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Working Copy".
//
//plone:operation DELETE /{path}/@workingcopy 204
func (s *WorkingCopyService) Cancel(ctx context.Context, path string, opts ...CallOption) (*NoContent, error) {
	result, err := noContent(ctx, s.client, workingCopy(http.MethodDelete, path), opts)
	return result, withoutWorkingCopy(err)
}

func workingCopy(method, path string) request {
	return request{Request: Request{Method: method, Path: path}, service: []string{"@workingcopy"}}
}

// withoutWorkingCopy recognises the exception of a service that did not look
// whether there is a working copy.
func withoutWorkingCopy(err error) error {
	e, found := errors.AsType[*errors.StatusError](err)
	if found && e.Raised() && e.Type == "TypeError" && strings.Contains(e.Message, "ICheckinCheckoutPolicy") {
		e.Also = append(e.Also, errors.ErrNotFound)
	}
	return err
}
