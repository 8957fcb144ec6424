// Package spawn brings what ends a function early, a panic or runtime.Goexit, to
// the goroutine of the caller. In a goroutine of the library a panic of a
// caller's function would end the program, and a Goexit would look like success.
package spawn

import (
	"runtime"
	"sync"
)

// Ending is how a function ended. The zero Ending is that of one that returned.
type Ending struct {
	early bool
	value any // of the panic; nil for runtime.Goexit
}

// catch calls f. A panic of f ends here and is kept in e; runtime.Goexit is noted
// and goes on.
func (e *Ending) catch(f func()) {
	returned := false
	defer func() {
		if !returned {
			*e = Ending{early: true, value: recover()}
		}
	}()
	f()
	returned = true
}

// Early reports whether the function has not returned.
func (e Ending) Early() bool { return e.early }

// Repeat ends the calling goroutine as the function ended its own: with a panic
// of the same value, or by runtime.Goexit. It does nothing when the function
// returned.
func (e Ending) Repeat() {
	switch {
	case !e.early:
	case e.value == nil:
		runtime.Goexit()
	default:
		panic(e.value)
	}
}

// Task is a function that runs in a goroutine of its own.
type Task struct {
	done   chan struct{}
	ending Ending
}

// Go starts f.
func Go(f func()) *Task {
	t := &Task{done: make(chan struct{})}
	go func() {
		defer close(t.done)
		t.ending.catch(f)
	}()
	return t
}

// Done returns a channel that is closed when f has ended, however it did.
func (t *Task) Done() <-chan struct{} { return t.done }

// Join waits until f has ended, and returns how.
func (t *Task) Join() Ending {
	<-t.done
	return t.ending
}

// Wait waits until f has ended. When f did not return, Wait does not either: see
// [Ending.Repeat].
func (t *Task) Wait() {
	t.Join().Repeat()
}

// Group is a number of functions that run in goroutines of their own. The zero
// Group is ready.
type Group struct {
	all    sync.WaitGroup
	mu     sync.Mutex
	ending Ending // of the first that ended early
}

// Go starts f.
func (g *Group) Go(f func()) {
	g.all.Add(1)
	go func() {
		var ending Ending
		defer g.all.Done()
		defer func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			if !g.ending.early {
				g.ending = ending
			}
		}()
		ending.catch(f)
	}()
}

// Wait waits until all have ended. When one of them did not return, Wait does not
// either: see [Ending.Repeat].
func (g *Group) Wait() {
	g.all.Wait()
	g.mu.Lock()
	ending := g.ending
	g.mu.Unlock()
	ending.Repeat()
}
