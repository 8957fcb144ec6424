package client

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// LockingService locks objects against other editors. A lock keeps everybody who
// does not have its token from changing an object by PATCH, its owner too, and
// all from removing and moving it. It does not keep anybody from adding children
// or changing roles and states. It is safe for concurrent use.
type LockingService struct {
	client  *Client
	looking chan struct{} // holds one: whoever looks for a lock in order to lock
}

// All may be repeated: two locks, refreshes or unlocks in a row are as one.
var (
	getLock = declare(operation{
		name: "Locking.Get", method: http.MethodGet, path: "/{path}/@lock", want: http.StatusOK,
	})
	lockObject = declare(operation{
		name: "Locking.Lock", method: http.MethodPost, path: "/{path}/@lock", want: http.StatusOK, kind: retry.Repeatable,
	})
	refreshLock = declare(operation{
		name: "Locking.Refresh", method: http.MethodPatch, path: "/{path}/@lock", want: http.StatusOK, kind: retry.Repeatable,
	})
	unlockObject = declare(operation{
		name: "Locking.Unlock", method: http.MethodDelete, path: "/{path}/@lock", want: http.StatusOK, kind: retry.Repeatable,
	})
)

// LockOptions say how to lock. The zero value is how the editor of Plone does it.
type LockOptions struct {
	// Timeout is how long the lock holds without Refresh, in whole seconds; 0 for
	// the server's 10 minutes.
	Timeout time.Duration
	// NotStealable makes it harder for others to take the lock away: they have to
	// force it twice.
	NotStealable bool
}

// lockBody is a LockOptions in the form of the server.
type lockBody struct {
	Timeout   int64     `json:"timeout,omitempty"`
	Stealable Opt[bool] `json:"stealable,omitzero"`
}

func (o LockOptions) body() lockBody {
	body := lockBody{Timeout: int64(math.Ceil(o.Timeout.Seconds()))}
	if o.NotStealable {
		body.Stealable = Set(false)
	}
	return body
}

// LockedError is the error of a lock that somebody else holds, or has taken,
// though the server answered 200. It matches [errors.ErrLocked].
type LockedError struct {
	Path string // of the object, as the caller named it
	Lock Lock   // the lock that is there; zero when ours has gone and none has come
}

// Error implements error.
func (e *LockedError) Error() string {
	if !e.Lock.Locked {
		return fmt.Sprintf("plone: %s: the lock has gone", e.Path)
	}
	return fmt.Sprintf("plone: %s: locked by %q since %v", e.Path, e.Lock.Creator, e.Lock.Created)
}

// Is reports whether target is [errors.ErrLocked], or its class.
func (e *LockedError) Is(target error) bool { return errors.Is(errors.ErrLocked, target) }

// Get returns the lock of the object at path; the zero Lock when objects of its
// type cannot be locked.
//
// Errors: [errors.ErrNotFound], [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Locking".
func (s *LockingService) Get(ctx context.Context, path string, opts ...CallOption) (*OK[Lock], error) {
	return ok[Lock](ctx, s.client, getLock.at(path), opts)
}

// Lock locks the object at path; pass the Token of the result to [LockToken].
//
// The server answers 200 with the lock that is there, whoever has it. So Lock
// looks first, and takes no lock for its own that was there before, not even one
// of the same user: it may be that of another program. Of the calls of one Client
// a single one gets the lock. Another program can still come in between looking
// and locking, for some milliseconds: if it is another user's, Unlock tells; two
// programs of one user then have the same lock.
//
// Errors: [errors.ErrLocked] (a [LockedError] that tells the lock) when the object
// is locked, [errors.ErrUnsupported] when objects of its type cannot be, or the
// site has locking switched off; [errors.ErrUnauthorized] when the user may not
// modify it, [errors.ErrNotFound], [errors.ErrInvalidInput] for a negative Timeout.
//
// Source: plone.restapi documentation, "Locking".
func (s *LockingService) Lock(ctx context.Context, path string, o LockOptions, opts ...CallOption) (*OK[Lock], error) {
	if o.Timeout < 0 {
		return nil, invalid("a negative Timeout")
	}
	if ctx == nil {
		return nil, invalid("a nil context")
	}
	select {
	case s.looking <- struct{}{}:
		defer func() { <-s.looking }()
	case <-ctx.Done():
		return nil, fmt.Errorf("plone: no lock of %s: %w", path, ctx.Err())
	}
	before, err := s.Get(ctx, path)
	if err != nil {
		return nil, err
	}
	if before.Value.Locked {
		return nil, &LockedError{path, before.Value}
	}
	result, err := ok[Lock](ctx, s.client, lockObject.at(path).with(o.body()), opts)
	if err != nil {
		return nil, err
	}
	if !result.Value.Locked || result.Value.Token == "" {
		return nil, fmt.Errorf("plone: %s cannot be locked: %w", path, errors.ErrUnsupported)
	}
	return result, nil
}

// Refresh makes the lock of the object at path hold for its Timeout from now on.
// It does so for whoever holds it: compare the Token.
//
// Errors: [errors.ErrLocked] (a [LockedError] with the zero Lock) when there is no
// lock any more, [errors.ErrUnauthorized] when the user may not modify the object,
// [errors.ErrNotFound].
//
// Source: plone.restapi documentation, "Locking".
func (s *LockingService) Refresh(ctx context.Context, path string, opts ...CallOption) (*OK[Lock], error) {
	result, err := ok[Lock](ctx, s.client, refreshLock.at(path), opts)
	if err == nil && !result.Value.Locked {
		return nil, &LockedError{path, result.Value}
	}
	return result, err
}

// Unlock removes the lock that the user has on the object at path. Where there is
// none, there is nothing to do.
//
// Errors: [errors.ErrLocked] (a [LockedError] that tells the lock) when somebody
// else holds it, or it is that of a working copy; [errors.ErrUnauthorized] when the
// user may not modify the object, [errors.ErrNotFound].
//
// Source: plone.restapi documentation, "Locking".
func (s *LockingService) Unlock(ctx context.Context, path string, opts ...CallOption) (*OK[Lock], error) {
	return s.unlock(ctx, path, nil, opts)
}

// ForceUnlock removes the lock of the object at path, whoever has it. One that is
// not stealable takes two calls, which it makes.
//
// Errors: those of Unlock; [errors.ErrLocked] for the lock of a working copy only,
// which goes away by checking in.
//
// Source: plone.restapi documentation, "Locking".
func (s *LockingService) ForceUnlock(ctx context.Context, path string, opts ...CallOption) (*OK[Lock], error) {
	force := map[string]bool{"force": true}
	result, err := s.unlock(ctx, path, force, opts)
	if errors.Is(err, errors.ErrLocked) {
		return s.unlock(ctx, path, force, append(slices.Clone(opts), alreadyPlaced))
	}
	return result, err
}

func (s *LockingService) unlock(ctx context.Context, path string, body any, opts []CallOption) (*OK[Lock], error) {
	result, err := ok[Lock](ctx, s.client, unlockObject.at(path).with(body), opts)
	if err == nil && result.Value.Locked {
		return nil, &LockedError{path, result.Value}
	}
	return result, err
}

const (
	// Plone's own lifetime of a lock, for a server that does not tell.
	defaultLockTimeout = 10 * time.Minute
	// As long may giving up a lock take, with all repeats, when the program is
	// already on its way out.
	unlockTimeout = 30 * time.Second
)

// WithLock runs fn while the object at path is locked; fn passes the Token of the
// lock to its calls by [LockToken]. The lock is refreshed in the background and
// given up in every case: fn returns, panics, or ctx ends. When the lock gets
// lost, the context of fn ends, and [context.Cause] tells why.
//
//	err := c.Locking.WithLock(ctx, "/news", func(ctx context.Context, lock client.Lock) error {
//		_, err := c.Content.Update(ctx, "/news", body, client.LockToken(lock.Token))
//		return err
//	})
//
// Errors: those of Lock, then fn is not run; that of fn; [errors.ErrLocked] when
// the lock got lost or was never ours, then others may have written in between;
// those of Unlock.
func (s *LockingService) WithLock(ctx context.Context, path string, fn func(ctx context.Context, lock Lock) error) error {
	return s.withLock(ctx, path, nil, fn)
}

// withLock is WithLock with options of Lock.
func (s *LockingService) withLock(ctx context.Context, path string, opts []CallOption, fn func(ctx context.Context, lock Lock) error) (err error) {
	locked, err := s.Lock(ctx, path, LockOptions{}, opts...)
	if err != nil {
		return err
	}
	inside, cancel := context.WithCancelCause(ctx)
	lost := make(chan error, 1)
	go func() { lost <- s.keep(inside, path, locked.Value, cancel) }()
	defer func() {
		cancel(nil)
		if lostErr := <-lost; lostErr != nil {
			err = errors.Join(err, lostErr) // what is there now is not ours to remove
			return
		}
		out, done := context.WithTimeout(context.WithoutCancel(ctx), unlockTimeout)
		defer done()
		if _, unlockErr := s.Unlock(out, path, FollowMoved(), alreadyPlaced); unlockErr != nil {
			err = errors.Join(err, unlockErr)
		}
	}()
	return fn(inside, locked.Value)
}

// keep refreshes a lock until ctx ends. When the lock gets lost, it ends ctx and
// returns why.
func (s *LockingService) keep(ctx context.Context, path string, lock Lock, cancel context.CancelCauseFunc) error {
	timeout := time.Duration(lock.Timeout) * time.Second
	if timeout <= 0 {
		timeout = defaultLockTimeout
	}
	tick := time.NewTicker(timeout / 4) // two in a row may fail
	defer tick.Stop()
	for until := time.Now().Add(timeout); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := time.Now()
		// FollowMoved, since the owner of a lock may rename what it holds.
		result, err := s.Refresh(ctx, path, FollowMoved(), alreadyPlaced)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil && result.Value.Token != lock.Token:
			err = &LockedError{path, result.Value}
		case err == nil:
			until = now.Add(timeout)
			continue
		case !errors.Is(err, errors.ErrLocked) && time.Now().Before(until):
			continue // it may get better while the lock still holds
		}
		cancel(err)
		return err
	}
}
