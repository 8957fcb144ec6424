package retry

import (
	"math"
	"sync/atomic"
)

// The budget keeps a site in trouble from being asked several times as much as
// usual. It holds for all calls of a Transport together:
//
//	repeats ≤ freeRepeats + answers / answersPerRepeat
//
// where an answer is any below 5xx. So in the long run, however many requests
// fail, a site gets at most 1.2 times the requests that the program wants to
// make, and when nothing is answered at all, repeating ends after freeRepeats.
// Time plays no part: an idle program neither gains nor loses.
const (
	// answersPerRepeat is 5 so that the load is at most 1 + 1/5 of the useful one.
	// One request in six may fail for any length of time before repeats run short.
	answersPerRepeat = 5
	// freeRepeats carries three calls through all of their default tries, and a
	// run of bad luck in between; it is small beside the calls that a program
	// makes during an outage of a minute.
	freeRepeats = 10
)

// budget counts in fifths of a repeat. It is safe for concurrent use.
type budget struct {
	left atomic.Int64
	full int64
}

// init fills b, with enough for one call of maxAttempts tries at least.
func (b *budget) init(maxAttempts int) {
	b.full = answersPerRepeat * min(int64(max(freeRepeats, maxAttempts-1)), math.MaxInt32) // any product fits
	b.left.Store(b.full)
}

// take pays for a repeat; false means that there may be none.
func (b *budget) take() bool { return b.change(-answersPerRepeat) }

// giveBack undoes take for a repeat that turned out not to be needed.
func (b *budget) giveBack() { b.change(answersPerRepeat) }

// answered notes that the site works.
func (b *budget) answered() { b.change(1) }

// change adds delta, but not beyond full; it does nothing and returns false when
// less than nothing would be left.
func (b *budget) change(delta int64) bool {
	for {
		left := b.left.Load()
		next := min(left+delta, b.full)
		if next < 0 {
			return false
		}
		if next == left || b.left.CompareAndSwap(left, next) {
			return true
		}
	}
}
