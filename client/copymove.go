package client

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"plone.example/restapi/errors"
)

var (
	copyContent = declare(operation{
		name: "Content.Copy", method: http.MethodPost, path: "/{path}/@copy", want: http.StatusOK,
	})
	moveContent = declare(operation{
		name: "Content.Move", method: http.MethodPost, path: "/{path}/@move", want: http.StatusOK,
	})
)

// Pasted is an object that was copied or moved.
type Pasted struct {
	Source string `json:"source"` // its address before
	Target string `json:"target"` // of the copy, or its address now
}

func (p *Pasted) check() error {
	if p.Target == "" {
		return errMissing("target")
	}
	return nil
}

// MissingSourcesError is the error of a copy or move that left sources out,
// which the server does without a word. The others were copied or moved. It
// matches [errors.ErrNotFound] and [errors.ErrNotDone].
type MissingSourcesError struct {
	Target string // the folder, as the caller named it
	// Sources that were left out, as the caller named them. When a UID is among
	// them, all UIDs are: the answer does not tell which one it was.
	Sources []string
	Pasted  []Pasted // what was copied or moved
}

// Error implements error.
func (e *MissingSourcesError) Error() string {
	return fmt.Sprintf("plone: not all sources were found to put into %q: missing %q", e.Target, e.Sources)
}

// Is reports whether target is one of the two, or the class of the first.
func (e *MissingSourcesError) Is(target error) bool {
	return errors.Is(errors.ErrNotFound, target) || target == errors.ErrNotDone
}

// Copy copies the sources with all that is below them into the folder target,
// under new ids when theirs are taken. A source is a path or an @id, as
// everywhere, or a UID: what has no slash is taken for a UID. The results are in
// no particular order.
//
// Errors: [MissingSourcesError], which has the result, when sources were not
// found, [AcquiredError] when the server would take another object for a source or
// the target, then nothing is sent; [errors.ErrForbidden] when the user may not add here,
// [errors.ErrUnauthorized] when not logged in, [errors.ErrNotFound] when there is
// no such folder, [errors.ErrInternalServer] when a type is not allowed here (then
// nothing is copied), [errors.ErrInvalidInput] for no source or the site root,
// [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Copy / Move".
func (s *ContentService[T]) Copy(ctx context.Context, target string, sources []string, opts ...CallOption) (*OK[[]Pasted], error) {
	return s.client.paste(ctx, copyContent, target, sources, opts)
}

// Move moves the sources with all that is below them into the folder target. The
// old addresses lead to the new ones.
//
// Errors: those of Copy, and [errors.ErrForbidden] when the user may not delete a
// source where it is, [errors.ErrLocked] when somebody holds a lock on one;
// [errors.ErrInternalServer] also for a folder that would be put into itself. Then
// nothing is moved.
//
// Source: plone.restapi documentation, "Copy / Move".
func (s *ContentService[T]) Move(ctx context.Context, target string, sources []string, opts ...CallOption) (*OK[[]Pasted], error) {
	return s.client.paste(ctx, moveContent, target, sources, opts)
}

// paste copies or moves, and counts what came of it.
func (c *Client) paste(ctx context.Context, op *operation, target string, sources []string, opts []CallOption) (*OK[[]Pasted], error) {
	if len(sources) == 0 {
		return nil, invalid("no source to copy or move")
	}
	keys := make([]string, len(sources))
	for i, source := range sources {
		var err error
		if keys[i], err = c.sourceKey(source); err != nil {
			return nil, err
		}
	}
	r := op.at(target).with(map[string][]string{"source": keys})
	r.names = keys
	result, err := okArray[Pasted](ctx, c, r, opts)
	if err != nil {
		return nil, err
	}
	if len(result.Value) < len(sources) {
		return nil, &MissingSourcesError{Target: target, Sources: c.missing(sources, keys, result.Value), Pasted: result.Value}
	}
	return result, nil
}

// sourceKey is a source as the server looks it up; it does not decode the paths in
// addresses.
func (c *Client) sourceKey(source string) (string, error) {
	key, err := c.reference(source)
	if err == nil && key == "/" {
		err = invalid("the site root as a source")
	}
	return key, err
}

// missing are the sources that pasted does not have.
func (c *Client) missing(sources, keys []string, pasted []Pasted) []string {
	left := make([]string, 0, len(pasted)) // sources that were pasted, as keys
	for _, p := range pasted {
		if key, err := c.sourceKey(p.Source); err == nil {
			left = append(left, key)
		}
	}
	var paths, uids []string
	for i, key := range keys {
		if key[0] != '/' {
			uids = append(uids, sources[i])
		} else if at := slices.Index(left, key); at >= 0 {
			left = slices.Delete(left, at, at+1)
		} else {
			paths = append(paths, sources[i])
		}
	}
	if len(left) >= len(uids) {
		return paths
	}
	return append(paths, uids...)
}
