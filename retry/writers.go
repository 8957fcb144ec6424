package retry

import (
	"context"
	"slices"
	"sync"
)

// How the width of writers changes.
const (
	// regrowth is what one write adds to the width. It takes 64 writes without a
	// conflict to try one more at a time: conflicts cost far more time than it
	// takes to write one after the other.
	regrowth = 1.0 / 64
	// freeWidth is a width from which on writes are not counted any more.
	freeWidth = 64
)

// writers lets fewer writes of a Transport run at the same time when they get in
// each other's way. Plone works on all of them at once, and those that touch the
// same objects, as all do that go into one folder, have to be done again, by the
// server at first; it answers 500 with a ConflictError when that did not help.
//
// There is no limit until then. A conflict halves the number of writes that may
// run, those without one let it grow again. It is safe for concurrent use, and
// the zero value is ready.
type writers struct {
	mu    sync.Mutex
	busy  int     // writes that are running
	width float64 // how many may; 0 for any number
	queue []chan struct{}
}

// enter waits until another write may run. Each call that returns nil is followed
// by one of leave. The error is that of the context.
func (w *writers) enter(ctx context.Context) error {
	w.mu.Lock()
	if w.free() {
		w.busy++
		w.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	w.queue = append(w.queue, turn)
	w.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.queue, turn); i >= 0 {
		w.queue = slices.Delete(w.queue, i, i+1)
	} else { // the turn came at the same time
		w.busy--
		w.advance()
	}
	return ctx.Err()
}

// leave ends a write that was let in.
func (w *writers) leave(conflict bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case conflict && w.width == 0:
		w.width = max(1, float64(w.busy)/2)
	case conflict:
		w.width = max(1, min(w.width, float64(w.busy))/2)
	case w.width+regrowth >= freeWidth:
		w.width = 0
	case w.width > 0:
		w.width += regrowth
	}
	w.busy--
	w.advance()
}

// advance lets in as many as may run.
func (w *writers) advance() {
	for len(w.queue) > 0 && w.free() {
		w.busy++
		close(w.queue[0])
		w.queue = w.queue[1:]
	}
}

// free tells whether another write may run.
func (w *writers) free() bool { return w.width == 0 || w.busy < int(w.width) }
