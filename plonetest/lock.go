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
	name := l.creator
	if u := c.users[l.creator]; u != nil && u.properties["fullname"] != "" {
		name = u.properties["fullname"]
	}
	return dict{
		"locked": true, "stealable": !l.fixed || l.creator == c.user.id, "creator": l.creator, "creator_name": name,
		"creator_url": c.site.url + "/author/" + l.creator, "time": float64(l.time.UnixMicro()) / 1e6, "created": l.time,
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
	timeout := 10 * time.Minute
	if v, given := data["timeout"]; given {
		seconds, isNumber := pythonInt(v)
		if !isNumber {
			return nil, fail("TypeError", "'>' not supported between instances of 'str' and 'int'")
		}
		timeout = time.Duration(seconds) * time.Second
	}
	l := c.lockOf(c.context)
	if l == nil {
		now := time.Now()
		l = &lock{creator: c.user.id, name: "plone.locking.stealable", time: now, timeout: timeout,
			token: fmt.Sprintf("%v-%v-00105A989226:%.3f", rand.Float64(), rand.Float64(), float64(now.UnixMilli())/1e3)}
		c.context.lock = l
	} else if _, given := data["timeout"]; given {
		l.timeout = timeout
	}
	if stealable, given := data["stealable"]; given && isFalse(stealable) {
		l.fixed = true
	}
	c.changed()
	return ok(c.lockInfo(c.context)), nil
}

func patchLock(c *call) (*answer, error) {
	if l := c.lockOf(c.context); l != nil {
		l.time = time.Now()
	}
	return ok(c.lockInfo(c.context)), nil
}

func deleteLock(c *call) (*answer, error) {
	if !c.context.typ.lockable {
		return ok(dict{}), nil
	}
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	l := c.lockOf(c.context)
	if l != nil && (l.creator == c.user.id || !isFalse(data["force"])) {
		if l.fixed && l.creator != c.user.id {
			l.fixed = false // the first call only makes it one that can be taken
		} else {
			c.context.lock = nil
		}
	}
	c.changed()
	return ok(c.lockInfo(c.context)), nil
}
