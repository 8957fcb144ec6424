package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"plone.example/restapi/errors"
)

const (
	modifyAttempts = 6
	// The wait after the first attempt; it doubles.
	modifyWait = 200 * time.Millisecond
)

// errChanged is the error of an attempt to modify that came too late.
var errChanged = errors.New("somebody else was faster")

// Modify reads the object at path, lets fn say what to change, and changes it,
// unless somebody else did so in between: then it starts again with what is
// there now. fn returns the body of an Update, or nil when there is nothing to
// do; it may be called several times. The result is the object afterwards; its Raw
// is from before the lock was given up. T must be [Content] or embed it.
//
// The server cannot be told to change an object only if it is still as it was.
// So Modify locks it, reads it again, compares its fields, and changes it under
// the lock, which keeps off all who edit in the browser or by PATCH. Not kept off
// are changes that do not look at locks (of states, roles, versions, and uploads
// into a field); another program of the same user that locks at the same moment,
// see [LockingService.Lock]; and, for types that cannot be locked (File, Image and
// Folder), any change between the second reading and the writing. Pass [LockToken]
// to work under a lock that you hold already.
//
// Errors: [errors.ErrConflict] when others were faster 6 times within some
// seconds, with [errors.ErrLocked] when that was by a lock; the error of fn as it
// is; [errors.ErrInvalidInput] without an fn; those of Get and Update. An error together with a result is that of giving
// up the lock: the change was made.
func (s *ContentService[T]) Modify(ctx context.Context, path string, fn func(object *T) (body any, err error), opts ...CallOption) (*OK[T], error) {
	if fn == nil {
		return nil, invalid("Modify without a function")
	}
	for attempt := 1; ; attempt++ {
		found, err := s.Get(ctx, path, Expand("breadcrumbs")) // which tell the site too
		if err != nil {
			return nil, err
		}
		seen, err := fieldsOf(&found.Value)
		if err != nil {
			return nil, err
		}
		body, err := fn(&found.Value)
		if err != nil {
			return nil, err
		}
		if body == nil {
			return found, nil
		}
		result, err := s.updateIf(ctx, path, seen, body, opts)
		if result != nil || !errors.Is(err, errChanged) && !errors.Is(err, errors.ErrLocked) {
			return result, err
		}
		if attempt == modifyAttempts {
			return nil, fmt.Errorf("plone: %w: %s: %w", errors.ErrConflict, path, err)
		}
		wait := modifyWait << (attempt - 1)
		timer := time.NewTimer(wait/2 + rand.N(wait/2)) // two that meet must not meet again
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}

// updateIf is UpdateGet when the fields of the object are still those seen, under
// a lock where there can be one.
func (s *ContentService[T]) updateIf(ctx context.Context, path string, seen []byte, body any, opts []CallOption) (result *OK[T], err error) {
	update := func(ctx context.Context, opts []CallOption) error {
		found, err := s.Get(ctx, path)
		if err != nil {
			return err
		}
		fields, err := fieldsOf(&found.Value)
		if err != nil {
			return err
		}
		if !bytes.Equal(fields, seen) {
			return errChanged
		}
		result, err = s.UpdateGet(ctx, path, body, append(slices.Clone(opts), alreadyPlaced)...)
		return err
	}
	asked := new(request).apply(opts)
	if asked.Header.Get("Lock-Token") != "" {
		err = update(ctx, opts)
		return result, err
	}
	locking := []CallOption{alreadyPlaced}
	if asked.followMoved {
		locking = append(locking, FollowMoved())
	}
	err = s.client.Locking.withLock(ctx, path, locking, func(ctx context.Context, lock Lock) error {
		return update(ctx, append(slices.Clone(opts), LockToken(lock.Token)))
	})
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		err = update(ctx, opts)
	case err == nil:
		if content, embeds := any(&result.Value).(interface{ unlocked() }); embeds {
			content.unlocked()
		}
	}
	return result, err
}

// fieldsOf is the JSON of an object without what says nothing about the object
// itself: its lock, and what lies around it.
func fieldsOf(object any) ([]byte, error) {
	content, embeds := object.(interface{ Raw() json.RawMessage })
	if !embeds {
		return nil, invalid("Modify needs a type that embeds Content")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(content.Raw(), &fields); err != nil {
		return nil, err
	}
	for _, name := range []string{"lock", "@components", "parent", "previous_item", "next_item", "items", "items_total", "batching"} {
		delete(fields, name)
	}
	return json.Marshal(fields)
}
