package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

const (
	// So often an object may change while Modify looks at it, without MaxAttempts.
	modifyAttempts = 6
	// So long may one lock keep Modify off, and so long does it wait on average
	// before it asks again: when many ask at once, the server answers all later.
	modifyPatience = 10 * time.Second
	modifyWait     = 400 * time.Millisecond
)

// errChanged is the error of an attempt to modify that came too late.
var errChanged = errors.New("somebody else was faster")

// Modify reads the object at path, lets fn say what to change, and changes it,
// unless somebody else did so in between: then it calls fn again with what is
// there now. fn returns the body of an Update, or nil when there is nothing to
// do; it may be called several times. The result is the object afterwards; its Raw
// is from before the lock was given up. T must be [Content] or embed it.
//
// The server cannot be told to change an object only if it is still as it was.
// So Modify locks it, reads it again, compares its fields, calls fn again if they
// are others now, and changes it under the lock, which keeps off all who edit in
// the browser or by PATCH: other users, and other programs of the same user that
// lock too, see [LockingService.Lock]. Not kept off are changes that do not look at
// locks (of states, roles, versions, and uploads into a field), and, for types that
// cannot be locked (File, Image and Folder), any change between the second reading
// and the writing. Pass [LockToken] to work under a lock that you hold already.
// Modify waits as long as the lock goes from one to the next.
//
// When the response to the change is lost, Modify reads the object: it is changed
// when what was sent is there and the lock is still ours. fn is never called again
// on an object that may have its change already.
//
// Errors: [errors.ErrConflict] with [errors.ErrLocked] when somebody kept the lock
// for more than 10 seconds, and without it when the object changed 6 times, or as
// [MaxAttempts] says, while Modify looked at it; the error of fn as it is;
// [errors.ErrInvalidInput] without an fn; [errors.ErrOutcomeUnknown] when nothing
// tells whether the object was changed; those of Get and Update. A [ModifiedError]
// is that of the lock, which could not be given up or was lost: the change was made.
func (s *ContentService[T]) Modify(ctx context.Context, path string, fn func(object *T) (body any, err error), opts ...CallOption) (*OK[T], error) {
	result, err := s.modify(ctx, path, fn, opts)
	if err != nil && result != nil {
		return nil, &ModifiedError[T]{Value: result.Value, Err: err}
	}
	return result, err
}

// ModifiedError is the error of a lock that Modify could not give up, or found lost,
// after it had made the change.
type ModifiedError[T any] struct {
	Value T     // the object with the change
	Err   error // of the lock
}

// Error implements error.
func (e *ModifiedError[T]) Error() string { return "plone: changed, but: " + e.Err.Error() }

// Unwrap returns Err.
func (e *ModifiedError[T]) Unwrap() error { return e.Err }

// MaxAttempts is how often an object may change while Modify looks at it: 6 without
// it. Attempts of a request are those of the [retry.Policy].
func MaxAttempts(n int) CallOption {
	return func(r *request) {
		if n < 1 {
			r.err = invalid("%d attempts", n)
		}
		r.maxAttempts = n
	}
}

func (s *ContentService[T]) modify(ctx context.Context, path string, fn func(object *T) (body any, err error), opts []CallOption) (*OK[T], error) {
	if fn == nil {
		return nil, invalid("Modify without a function")
	}
	asked := new(request).apply(opts)
	if asked.err != nil {
		return nil, asked.err
	}
	m := modification[T]{service: s, path: path, fn: fn, attempts: modifyAttempts}
	if asked.maxAttempts > 0 {
		m.attempts = asked.maxAttempts
	}
	opts = append(slices.Clone(opts), func(r *request) { r.maxAttempts = 0 })
	found, err := s.Get(ctx, path, Expand("breadcrumbs")) // which tell the site too
	if err != nil {
		return nil, err
	}
	if _, err := m.changed(found); err != nil || m.result != nil {
		return m.result, err
	}
	if token := asked.Header.Get("Lock-Token"); token != "" {
		_, err := m.update(ctx, token, opts)
		return m.result, err
	}
	locking := []CallOption{alreadyPlaced}
	if asked.followMoved {
		locking = append(locking, FollowMoved())
	}
	since, held := time.Now(), Lock{}
	for {
		err := s.client.Locking.withLock(ctx, path, locking, func(ctx context.Context, lock Lock) (bool, error) {
			return m.update(ctx, lock.Token, append(slices.Clone(opts), LockToken(lock.Token)))
		})
		if errors.Is(err, errors.ErrUnsupported) && !m.failed {
			_, err = m.update(ctx, "", opts)
		} else if m.result != nil {
			if content, embeds := any(&m.result.Value).(interface{ unlocked() }); embeds && err == nil {
				content.unlocked()
			}
		}
		e, locked := errors.AsType[*LockedError](err)
		if m.result != nil || m.failed || !locked || errors.Is(err, errors.ErrOutcomeUnknown) {
			return m.result, err
		}
		if now := time.Now(); e.Lock.Token != held.Token {
			since, held = now, e.Lock
		} else if now.Sub(since) > modifyPatience {
			return nil, fmt.Errorf("plone: %w: %s: %w", errors.ErrConflict, path, err)
		}
		// Two that meet must not meet again.
		if err := sleep(ctx, modifyWait/2+rand.N(modifyWait), err); err != nil {
			return nil, err
		}
	}
}

// modification is a Modify.
type modification[T any] struct {
	service  *ContentService[T]
	path     string
	fn       func(object *T) (body any, err error)
	seen     []byte // the fields of the object that fn has seen
	body     any    // what fn made of it
	failed   bool   // fn returned an error
	attempts int    // so often the object may change
	result   *OK[T] // when there is nothing more to do
}

// changed reports whether the object is not as it was seen, and then calls fn.
func (m *modification[T]) changed(found *OK[T]) (bool, error) {
	fields, err := fieldsOf(&found.Value)
	if err != nil || bytes.Equal(fields, m.seen) {
		return false, err
	}
	m.seen = fields
	m.body, err = m.fn(&found.Value)
	m.failed = err != nil
	if err == nil && m.body == nil {
		m.result = found
	}
	return true, err
}

// update changes the object when it is as it was seen; else fn sees it first. It
// also returns whether the lock was still there afterwards.
func (m *modification[T]) update(ctx context.Context, token string, opts []CallOption) (held bool, err error) {
	for range m.attempts {
		found, err := m.service.Get(ctx, m.path)
		if err != nil {
			return false, err
		}
		changed, err := m.changed(found)
		if err != nil || m.result != nil {
			return false, err
		}
		if changed {
			continue
		}
		m.result, err = m.service.UpdateGet(ctx, m.path, m.body, append(slices.Clone(opts), alreadyPlaced)...)
		if errors.Is(err, errors.ErrOutcomeUnknown) {
			if found, lookErr := m.service.Get(ctx, m.path); lookErr == nil && made(&found.Value, m.seen, m.body, token) {
				m.result, err = found, nil
			}
		}
		return err == nil && tokenOf(&m.result.Value) == token, err
	}
	return false, fmt.Errorf("plone: %w: %s: %w", errors.ErrConflict, m.path, errChanged)
}

// made reports whether an update whose outcome is unknown was made: the object is
// no longer as it was seen, nobody else can have changed it, and what was sent is
// there.
func made(object any, seen []byte, body any, token string) bool {
	fields, err := fieldsOf(object)
	if err != nil || tokenOf(object) != token {
		return false
	}
	sent, err := wire.Marshal(body)
	var have, want any
	if err != nil || wire.Unmarshal(sent, &want) != nil || wire.Unmarshal(fields, &have) != nil {
		return false
	}
	return !bytes.Equal(fields, seen) && covers(have, want)
}

// covers reports whether what the server has is what was sent. It adds to objects,
// and makes objects of the tokens of vocabularies.
func covers(have, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		object, is := have.(map[string]any)
		for name, value := range want {
			is = is && covers(object[name], value)
		}
		return is
	case []any:
		return slices.EqualFunc(asList(have), want, covers)
	}
	if term, is := have.(map[string]any); is {
		have = term["token"]
	}
	return have == want
}

func asList(value any) []any {
	list, _ := value.([]any)
	return list
}

// tokenOf is the token of the lock that an object shows.
func tokenOf(object any) string {
	var shown struct {
		Lock Lock `json:"lock"`
	}
	if content, embeds := object.(interface{ Raw() json.RawMessage }); embeds {
		_ = wire.Unmarshal(content.Raw(), &shown)
	}
	return shown.Lock.Token
}

// fieldsOf is the JSON of an object without what the server computes.
func fieldsOf(object any) ([]byte, error) {
	content, embeds := object.(interface{ Raw() json.RawMessage })
	if !embeds {
		return nil, invalid("Modify needs a type that embeds Content")
	}
	var fields map[string]json.RawMessage
	if err := wire.Unmarshal(content.Raw(), &fields); err != nil {
		return nil, err
	}
	maps.DeleteFunc(fields, func(name string, _ json.RawMessage) bool { return Computed(name) })
	return wire.Marshal(fields)
}
