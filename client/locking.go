package client

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/spawn"
	"plone.example/restapi/retry"
)

// LockingService locks objects against other editors. A lock keeps everybody who
// does not have its token from changing an object by PATCH, its owner too, and
// all from removing and moving it. It does not keep anybody from adding children
// or changing roles and states. It is safe for concurrent use.
type LockingService struct{ client *Client }

var (
	getLock = declare(operation{
		name: "Locking.Get", method: http.MethodGet, path: "/{path}/@lock", want: http.StatusOK,
	})
	lockObject = declare(operation{
		name: "Locking.Lock", method: http.MethodPost, path: "/{path}/@lock", want: http.StatusOK, means: switchedOff,
		kind: retry.Once, // a second POST would look like that of another
	})
	// Two refreshes or unlocks in a row are as one.
	refreshLock = declare(operation{
		name: "Locking.Refresh", method: http.MethodPatch, path: "/{path}/@lock", want: http.StatusOK, kind: retry.Repeatable,
	})
	unlockObject = declare(operation{
		name: "Locking.Unlock", method: http.MethodDelete, path: "/{path}/@lock", want: http.StatusOK, kind: retry.Repeatable,
	})

	// The server stumbles over its own lock, which is not there where the site has
	// locking switched off.
	switchedOff = []meaning{{raised: "AttributeError", says: "setTimeout", is: errors.ErrUnsupported}}
)

// LockOptions say how to lock. The zero value is how the editor of Plone does it.
type LockOptions struct {
	// Timeout is how long the lock holds without Refresh, in whole seconds; 0 for
	// the server's 10 minutes and up to as much again: the odd number tells the POST
	// of one from that of another.
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
// The server answers 200 with the lock that is there, whoever has made it, and
// makes no difference between two programs of one user. But the lock tells when it
// was made, and when a POST came to it last. When the two are less than 3 ms apart,
// the POST of this call has made it: the transaction of another cannot have ended
// and this one have begun in so short a time. When they are more than 150 ms apart,
// it has not. In between Lock is in doubt, and waits up to 2 seconds for a sign of
// somebody who is not, who refreshes the lock after the 150 ms; when no sign comes,
// it removes the lock and starts again, as it does when the response is lost.
// So of several that lock at the same time, in one program or in many, of one user
// or of many, exactly one gets the lock, and none is left behind; it takes 2 seconds
// more when others came in between. The nodes of a cluster need clocks that agree to
// some milliseconds.
//
// Errors: [errors.ErrLocked] (a [LockedError] that tells the lock) when the object
// is locked, [errors.ErrUnsupported] when objects of its type cannot be, or the
// site has locking switched off; [errors.ErrUnauthorized] when the user may not
// modify it, [errors.ErrNotFound], [errors.ErrInvalidInput] for a negative Timeout,
// [errors.ErrOutcomeUnknown] when no response came, or a lock that is not wanted may
// be left, [errors.ErrConflict] when the doubts came back 3 times.
//
// Source: plone.restapi documentation, "Locking".
func (s *LockingService) Lock(ctx context.Context, path string, o LockOptions, opts ...CallOption) (*OK[Lock], error) {
	result, err := s.acquire(ctx, path, o, opts)
	if err != nil {
		return nil, err
	}
	lock := result.Value
	err = s.defend(ctx, path, &result.Value, doubtfulLock)
	if err == nil && o.Timeout > 0 { // only now, so as not to shorten the lock of another
		result, err = ok[Lock](ctx, s.client, lockObject.at(path).with(o.body()), append(slices.Clone(opts), Idempotent(), alreadyPlaced))
		if err == nil && result.Value.Token != lock.Token {
			err = &LockedError{path, result.Value}
		}
	}
	if err == nil {
		return result, nil
	}
	if !errors.Is(err, errors.ErrLocked) {
		err = left(err, s.release(ctx, path, lock, false))
	}
	return nil, err
}

// left is the error of a lock that was not to stay, when giving it up may have
// failed.
func left(err, giveUp error) error {
	if giveUp == nil || errors.Is(err, errors.ErrOutcomeUnknown) {
		return errors.Join(err, giveUp)
	}
	return fmt.Errorf("%w (%w: a lock may be left): %w", err, errors.ErrOutcomeUnknown, giveUp)
}

const (
	// The ages by which a lock is known, see Lock. 0.3 ms are usual for whoever has
	// made it, and 15 ms were seen on a busy server; for all others 9 ms at least.
	freshLock    = 3 * time.Millisecond
	doubtfulLock = 150 * time.Millisecond
	// So long those in doubt wait for a sign, and so often they look.
	claimTime = 2 * time.Second
	claimLook = claimTime / 10
	// So often is a lock asked for when the responses leave doubts or do not come,
	// and so often is it given up.
	lockAttempts = 3
)

// age is how much time passed on the server between the making of the lock, which
// is part of its token, and its last change. It is false when the token does not
// tell, or the two times are not of one clock.
func (l Lock) age() (time.Duration, bool) {
	made, err := strconv.ParseFloat(l.Token[strings.LastIndexByte(l.Token, ':')+1:], 64)
	if err != nil || l.Time == 0 || made-l.Time > defaultLockTimeout.Seconds() {
		return 0, false
	}
	return time.Duration((l.Time - made) * float64(time.Second)), true
}

// youngerThan reports whether the lock was of that age when it was last changed.
// The token has whole milliseconds.
func (l Lock) youngerThan(limit time.Duration) bool {
	age, _ := l.age()
	return -time.Millisecond <= age && age < limit
}

// acquire returns the lock when this very call has made it, and otherwise leaves
// none behind.
func (s *LockingService) acquire(ctx context.Context, path string, o LockOptions, opts []CallOption) (*OK[Lock], error) {
	if o.Timeout < 0 {
		return nil, invalid("a negative Timeout")
	}
	if ctx == nil {
		return nil, invalid("a nil context")
	}
	body := o.body()
	for attempt := 1; ; attempt++ {
		before, err := s.Get(ctx, path)
		if err != nil {
			return nil, err
		}
		if before.Value.Locked { // a POST would change its Timeout
			return nil, &LockedError{path, before.Value}
		}
		const timeout = int64(defaultLockTimeout / time.Second)
		body.Timeout = timeout + 1 + rand.N(timeout) // never that of the server itself
		result, err := ok[Lock](ctx, s.client, lockObject.at(path).with(body), opts)
		var lock Lock // zero when the response is lost
		switch {
		case errors.Is(err, errors.ErrOutcomeUnknown):
		case err != nil:
			return nil, err
		case !result.Value.Locked || result.Value.Token == "":
			return nil, fmt.Errorf("plone: %s cannot be locked: %w", path, errors.ErrUnsupported)
		case result.Value.youngerThan(freshLock):
			return result, nil
		default:
			lock = result.Value
			err = fmt.Errorf("plone: %w: the server is too slow to tell whose lock of %s it was", errors.ErrConflict, path)
		}
		if settled := s.settle(ctx, path, lock); errors.Is(settled, errors.ErrLocked) {
			return nil, settled
		} else if settled != nil {
			return nil, left(err, settled)
		}
		if ended := ctx.Err(); ended != nil {
			return nil, errors.Join(fmt.Errorf("plone: no lock of %s: %w", path, ended), err)
		}
		if attempt == lockAttempts {
			return nil, err
		}
	}
}

// settle finds out about a lock that was there after a POST and may be ours; it may
// still come when lock is zero. It is removed when nobody turns out to have it. The
// error is a LockedError when somebody has. It does not stop when ctx ends.
func (s *LockingService) settle(ctx context.Context, path string, lock Lock) error {
	if !lock.youngerThan(doubtfulLock) {
		return &LockedError{path, lock}
	}
	out, done := outlive(ctx)
	defer done()
	for until := time.Now().Add(claimTime); time.Now().Before(until); {
		if err := sleep(out, claimLook, nil); err != nil {
			return err
		}
		found, err := s.Get(out, path)
		if err != nil {
			return err
		}
		now, young := found.Value, found.Value.youngerThan(doubtfulLock)
		switch {
		case now.Token == lock.Token && now.Time == lock.Time: // nothing new
		case lock.Token == "" && now.Locked && young: // ours, perhaps
			lock, until = now, time.Now().Add(claimTime)
		case now.Token == lock.Token && now.Timeout != lock.Timeout: // the POST of somebody later
			lock = now
			if young { // who is in doubt, too, and goes first
				until = time.Now().Add(claimTime * 3 / 2)
			}
		default: // a sign, another lock, or none
			return &LockedError{path, now}
		}
	}
	if lock.Token == "" {
		return nil
	}
	return s.remove(out, path) // locks of our own user only
}

// defend gives those in doubt about a lock of ours a sign, after a wait in which the
// last of them has come. When another POST has come between ours and the sign, more
// may follow that hide it: then it goes on for as long as the others wait.
func (s *LockingService) defend(ctx context.Context, path string, lock *Lock, wait time.Duration) error {
	if _, tells := lock.age(); !tells {
		return nil
	}
	ours := *lock
	var err error
	for until := time.Now().Add(claimTime); time.Now().Before(until); wait = claimTime / 8 {
		if err = sleep(ctx, wait, nil); err != nil {
			return err
		}
		var refreshed *OK[Lock]
		if refreshed, err = s.refreshOurs(ctx, path, ours); err == nil {
			*lock = refreshed.Value
		}
		if errors.Is(err, errors.ErrLocked) || err == nil && lock.Timeout == ours.Timeout {
			return err
		}
	}
	return err
}

// outlive is a context that goes on when ctx ends, for what must be left clean.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), unlockTimeout)
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
	// Plone's own lifetime of a lock.
	defaultLockTimeout = 10 * time.Minute
	// As long may giving up a lock take, with all repeats, when the program is
	// already on its way out.
	unlockTimeout = 30 * time.Second
)

// WithLock runs fn while the object at path is locked; fn passes the Token of the
// lock to its calls by [LockToken]. The lock is refreshed in the background and
// given up in every case: fn returns, panics, or ctx ends. When the lock gets
// lost, the context of fn ends, and [context.Cause] tells why. A lock that somebody
// else has there by then is neither refreshed nor removed.
//
//	err := c.Locking.WithLock(ctx, "/news", func(ctx context.Context, lock client.Lock) error {
//		_, err := c.Content.Update(ctx, "/news", body, client.LockToken(lock.Token))
//		return err
//	})
//
// Errors: those of Lock, then fn is not run; that of fn; [errors.ErrLocked] when
// the lock got lost, then others may have written in between; those of Unlock.
func (s *LockingService) WithLock(ctx context.Context, path string, fn func(ctx context.Context, lock Lock) error, opts ...CallOption) error {
	return s.withLock(ctx, path, opts, func(ctx context.Context, lock Lock) (bool, error) { return false, fn(ctx, lock) })
}

// withLock is WithLock with options of Lock. fn also returns whether the server has
// just shown that the lock is still there.
func (s *LockingService) withLock(ctx context.Context, path string, opts []CallOption, fn func(ctx context.Context, lock Lock) (bool, error)) (err error) {
	locked, err := s.acquire(ctx, path, LockOptions{}, opts)
	if err != nil {
		return err
	}
	inside, cancel := context.WithCancelCause(ctx)
	var lost error
	keeper := spawn.Go(func() {
		defer func() { cancel(lost) }()
		lost = s.keep(inside, path, locked.Value)
	})
	seen := false
	defer func() {
		cancel(nil)
		ending := keeper.Join()
		if lost == nil {
			lost = s.release(ctx, path, locked.Value, seen)
		}
		if lost != nil {
			err = errors.Join(err, lost)
		}
		ending.Repeat()
	}()
	seen, err = fn(inside, locked.Value)
	return err
}

// release gives up the lock; what else is there is not ours to remove. seen says
// that the server has just shown it.
func (s *LockingService) release(ctx context.Context, path string, lock Lock, seen bool) error {
	out, done := outlive(ctx)
	defer done()
	var lost error
	for range lockAttempts {
		if !seen {
			_, err := s.ours(out, path, lock)
			if lost != nil && errors.Is(err, errors.ErrLocked) {
				return nil // only the response got lost
			}
			if err != nil {
				return err
			}
		}
		if lost = s.remove(out, path); !errors.Is(lost, errors.ErrOutcomeUnknown) {
			return lost
		}
		seen = false
	}
	return lost
}

// remove is an Unlock that is not repeated, since the lock may be another by then.
func (s *LockingService) remove(ctx context.Context, path string) error {
	once := func(r *request) { r.kind = retry.Once }
	_, err := s.Unlock(ctx, path, once, FollowMoved(), alreadyPlaced) // the owner may rename what it holds
	return err
}

// ours is the lock as it is now, when it is still there. The server makes a new
// one, with its own Timeout, when the owner renames the object.
func (s *LockingService) ours(ctx context.Context, path string, lock Lock) (Lock, error) {
	r := getLock.at(path)
	var now Lock
	if _, err := s.client.roundTrip(ctx, &r, &now); err != nil {
		return now, err
	}
	renamed := r.moved && now.Creator == lock.Creator && now.lifetime() == defaultLockTimeout
	if now.Token != lock.Token && !renamed {
		return now, &LockedError{path, now}
	}
	return now, nil
}

// refreshOurs is Refresh of that lock.
func (s *LockingService) refreshOurs(ctx context.Context, path string, lock Lock) (*OK[Lock], error) {
	now, err := s.ours(ctx, path, lock)
	if err != nil {
		return nil, err
	}
	result, err := s.Refresh(ctx, path, FollowMoved(), alreadyPlaced)
	if err == nil && result.Value.Token != now.Token {
		err = &LockedError{path, result.Value}
	}
	return result, err
}

// keep refreshes a lock until ctx ends. When the lock gets lost, it returns why.
func (s *LockingService) keep(ctx context.Context, path string, lock Lock) error {
	ours, timeout := lock, lock.lifetime()
	until := time.Now().Add(timeout)
	if err := s.defend(ctx, path, &lock, claimTime/4); errors.Is(err, errors.ErrLocked) {
		return err
	}
	for {
		if sleep(ctx, timeout/4, nil) != nil { // two in a row may fail
			return nil
		}
		now := time.Now()
		result, err := s.refreshOurs(ctx, path, ours)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			timeout = result.Value.lifetime() // a POST of somebody else changes it
			until = now.Add(timeout)
		case errors.Is(err, errors.ErrLocked) || !time.Now().Before(until):
			return err // else it may get better while the lock still holds
		}
	}
}

// lifetime is how long the lock holds without Refresh.
func (l Lock) lifetime() time.Duration {
	if l.Timeout <= 0 {
		return defaultLockTimeout
	}
	return time.Duration(l.Timeout) * time.Second
}
