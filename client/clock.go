package client

import (
	"context"
	"sync"
	"time"
)

// clock is a context that ends when a time is used up, like that of
// context.WithTimeout, and that can stand still.
type clock struct {
	context.Context
	end context.CancelCauseFunc

	mu    sync.Mutex
	left  time.Duration // from since on
	since time.Time     // zero while it stands still
	timer *time.Timer
}

func newClock(ctx context.Context, d time.Duration) *clock {
	c := &clock{left: d}
	c.Context, c.end = context.WithCancelCause(ctx)
	c.resume()
	return c
}

// resume lets the time go on.
func (c *clock) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since = time.Now()
	c.timer = time.AfterFunc(c.left, func() { c.end(context.DeadlineExceeded) })
}

// pause lets the time stand still.
func (c *clock) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer.Stop()
	c.left -= time.Since(c.since)
	c.since = time.Time{}
}

// stop ends the context.
func (c *clock) stop() {
	c.timer.Stop()
	c.end(nil)
}

// Deadline implements context.Context.
func (c *clock) Deadline() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, bounded := c.Context.Deadline()
	if end := c.since.Add(c.left); !c.since.IsZero() && (!bounded || end.Before(before)) {
		return end, true
	}
	return before, bounded
}

// Err implements context.Context.
func (c *clock) Err() error {
	err := c.Context.Err()
	if err != nil && context.Cause(c.Context) == context.DeadlineExceeded {
		return context.DeadlineExceeded
	}
	return err
}
