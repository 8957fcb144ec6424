package plonetest

import (
	"fmt"
	"math/rand/v2"
	"time"
)

func lockServices() []service {
	return []service{
		{method: "GET", name: "@lock", on: anyContent, permission: view, handle: getLock},
		{method: "POST", name: "@lock", on: anyContent, permission: modify, handle: postLock},
		{method: "PATCH", name: "@lock", on: anyContent, permission: modify, handle: patchLock},
		{method: "DELETE", name: "@lock", on: anyContent, permission: modify, handle: deleteLock},
	}
}

// lock says who edits an object.
type lock struct {
	token, creator, name string
	time                 time.Time
	timeout              time.Duration
	fixed                bool // others may not take it away
}

// betweenChanges is what Plone needs between two changes of one object by requests that come together: the second
// meets a write conflict, and waits up to a second before it begins again.
const betweenChanges = 100 * time.Millisecond

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// lockTimeout is that of a lock when nobody says another.
const lockTimeout = 10 * time.Minute

// stealableLock is the name of the lock of somebody who edits; that of a check-out has another one.
const stealableLock = "plone.locking.stealable"

func newLock(creator, name string, timeout time.Duration) *lock {
	now := time.Now()
	return &lock{creator: creator, name: name, time: now, timeout: timeout,
		token: fmt.Sprintf("%v-%v-00105A989226:%.3f", rand.Float64(), rand.Float64(), float64(now.UnixMilli())/1e3)}
}

// heldBy says whether l is the lock of u, who edits.
func (l *lock) heldBy(u *user) bool { return l.creator == u.id && l.name == stealableLock }

// lockOf is the lock of an object, nil when there is none or it has run out.
func (s *site) lockOf(o *object) *lock {
	if o.lock != nil && !time.Now().Before(o.lock.time.Add(o.lock.timeout)) {
		o.lock = nil
	}
	return o.lock
}

// lockInfo describes the lock of an object; types without locking have {}.
func (c *call) lockInfo(o *object) dict {
	if !o.typ.lockable {
		return dict{}
	}
	l := c.lockOf(o)
	if l == nil {
		return dict{"locked": false, "stealable": true}
	}
	return dict{
		"locked": true, "stealable": l.name == stealableLock && (!l.fixed || l.heldBy(c.user)),
		"creator": l.creator, "creator_name": c.fullName(l.creator), "creator_url": c.site.url + "/author/" + l.creator,
		"time": float64(l.time.UnixMicro()) / 1e6, "created": l.time,
		"token": l.token, "name": l.name, "timeout": int(l.timeout / time.Second),
	}
}

func getLock(c *call) (*answer, error) { return ok(c.lockInfo(c.context)), nil }
func postLock(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	if !c.context.typ.lockable {
		return ok(dict{}), nil
	}
	timeout := lockTimeout
	value, timed := data["timeout"]
	if timed {
		seconds, isNumber := pythonInt(value)
		if !isNumber {
			return nil, fail("TypeError", "'>' not supported between instances of 'str' and 'int'")
		}
		timeout = time.Duration(seconds) * time.Second
	}
	l := c.lockOf(c.context)
	if l == nil && c.setup.settings()["plone.lock_on_ttw_edit"].value == false {
		if timed {
			return nil, fail("AttributeError", "'NoneType' object has no attribute 'setTimeout'")
		}
		return ok(c.lockInfo(c.context)), nil
	}
	if l == nil {
		l = newLock(c.user.id, stealableLock, timeout)
		c.context.lock = l
	} else if timed {
		// Whoever holds it. No request comes to the lock earlier than the transaction of the one before has ended.
		l.time, l.timeout = latest(time.Now(), l.time.Add(betweenChanges)), timeout
	}
	if stealable, given := data["stealable"]; given && isFalse(stealable) {
		l.fixed = true
	}
	c.changed()
	return ok(c.lockInfo(c.context)), nil
}

func patchLock(c *call) (*answer, error) {
	if l := c.lockOf(c.context); l != nil && l.name == stealableLock {
		l.time = latest(time.Now(), l.time)
	}
	return ok(c.lockInfo(c.context)), nil
}

func deleteLock(c *call) (*answer, error) {
	if !c.context.typ.lockable {
		return ok(dict{}), nil // the body is not even read
	}
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	l := c.lockOf(c.context)
	if l != nil && l.name == stealableLock && (l.heldBy(c.user) || !isFalse(data["force"])) {
		if l.fixed && !l.heldBy(c.user) {
			l.fixed = false // the first call only makes it one that can be taken
		} else {
			c.context.lock = nil
		}
	}
	c.changed()
	return ok(c.lockInfo(c.context)), nil
}
