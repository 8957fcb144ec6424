package client

import (
	"context"
	"net/http"

	"plone.example/restapi/errors"
)

// WorkingCopyService checks objects out and in. It needs plone.app.iterate. It is safe for concurrent use.
type WorkingCopyService struct{ client *Client }

var (
	getWorkingCopy = declare(operation{
		name: "WorkingCopies.Get", method: http.MethodGet, path: "/{path}/@workingcopy", want: http.StatusOK,
	})
	checkOut = declare(operation{
		name: "WorkingCopies.CheckOut", method: http.MethodPost, path: "/{path}/@workingcopy", want: http.StatusCreated,
	})
	checkIn = declare(operation{
		name: "WorkingCopies.CheckIn", method: http.MethodPatch, path: "/{path}/@workingcopy", want: http.StatusNoContent,
		means: notCheckedOut,
	})
	cancelCheckOut = declare(operation{
		name: "WorkingCopies.Cancel", method: http.MethodDelete, path: "/{path}/@workingcopy", want: http.StatusNoContent,
		means: notCheckedOut,
	})

	// The services do not check that there is a working copy.
	notCheckedOut = []meaning{{raised: "TypeError", says: "ICheckinCheckoutPolicy", is: errors.ErrNotFound}}
)

// CheckOut says how an object and its working copy hang together. Both are zero
// when the object is not checked out, and for those who may not edit it or check
// it out.
type CheckOut struct {
	WorkingCopy WorkingCopy `json:"working_copy"`
	Baseline    WorkingCopy `json:"working_copy_of"` // zero when the object asked for is the baseline
}

// CheckedOut is a new working copy.
type CheckedOut struct {
	URL string `json:"@id"` // address of the working copy
}

func (c *CheckedOut) check() error { return requireURL(c.URL) }

// Get returns the working copy and the baseline of the object at path, which may
// be either.
//
// Errors: [errors.ErrNotFound] when there is no such object, or the site does
// without plone.app.iterate; [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Working Copy".
func (s *WorkingCopyService) Get(ctx context.Context, path string, opts ...CallOption) (*OK[CheckOut], error) {
	return ok[CheckOut](ctx, s.client, getWorkingCopy.at(path), opts)
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
func (s *WorkingCopyService) CheckOut(ctx context.Context, path string, opts ...CallOption) (*Created[CheckedOut], error) {
	return created[CheckedOut](ctx, s.client, checkOut.at(path), opts)
}

// CheckIn puts the fields of the working copy into its baseline and removes the
// copy. path is that of either.
//
// Errors: [errors.ErrNotFound] when the object is not checked out (a 500), or
// there is none; [errors.ErrForbidden] when the user may not check in;
// [errors.ErrUnauthorized], [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Working Copy".
func (s *WorkingCopyService) CheckIn(ctx context.Context, path string, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, checkIn.at(path), opts)
}

// Cancel removes the working copy without touching its baseline. path is that of
// either.
//
// Errors: [errors.ErrNotFound] when the object is not checked out (a 500), or
// there is none; [errors.ErrForbidden], [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Working Copy".
func (s *WorkingCopyService) Cancel(ctx context.Context, path string, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, cancelCheckOut.at(path), opts)
}
