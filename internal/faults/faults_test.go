package faults

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/faultproxy"
	"plone.example/restapi/retry"
)

// extent is which requests of a call a fault hits.
type extent int

const (
	firstWrite  extent = iota // the first write
	everyWrite                // all writes: no repeat helps
	everyAnswer               // the first write and every read after it, so that nothing can be found out
	extents
)

func (e extent) String() string {
	return [...]string{"first write", "every write", "first write and reads after it"}[e]
}

// figures are what came of all calls.
var figures struct{ calls, done, refused, unknown, doubled, wrong atomic.Int64 }

func TestMain(m *testing.M) {
	code := m.Run()
	fmt.Printf("faults: %d calls; said done %d, not done %d, unknown %d; doubled %d, wrongly reported %d\n",
		figures.calls.Load(), figures.done.Load(), figures.refused.Load(), figures.unknown.Load(),
		figures.doubled.Load(), figures.wrong.Load())
	os.Exit(code)
}

// quick keeps the waits short; there is nobody else on the site to be spared.
var quick = retry.Policy{MinWait: time.Millisecond, MaxWait: 10 * time.Millisecond}

// silence is how long a call may take when it gets no answer at all.
func silence(s *site) time.Duration {
	if s.live {
		return time.Second
	}
	return 30 * time.Millisecond
}

// TestFaults does each write with each fault. Afterwards the state of the site is
// compared with what the SDK said:
//   - no error: it is done, once;
//   - an error that matches ErrOutcomeUnknown: it is done once or not at all;
//   - another error: it is not done.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		t.Run(op.method+" "+op.name, func(t *testing.T) {
			if os.Getenv("PLONE_URL") == "" { // the real Plone is one for all
				t.Parallel()
			}
			eachSite(t, func(t *testing.T, s *site) {
				for _, fault := range tried(s) {
					for e := range extents {
						if e != firstWrite && !again(s, fault) {
							continue
						}
						t.Run(fmt.Sprintf("%v, %v", fault, e), func(t *testing.T) { breakCall(t, s, op, fault, e) })
					}
				}
			})
		})
	}
}

// tried are the faults that a form tries. The short one leaves out those that are
// much like another, and on a real Plone, which takes its time, most.
func tried(s *site) []faultproxy.Fault {
	if long() {
		return faultproxy.All()
	}
	if s.live {
		return []faultproxy.Fault{faultproxy.CutBefore, faultproxy.LoseAnswer}
	}
	return []faultproxy.Fault{
		faultproxy.None, faultproxy.CutBefore, faultproxy.BadGateway, faultproxy.Conflict, faultproxy.CutSent,
		faultproxy.LoseAnswer, faultproxy.HalfOpen, faultproxy.CutBody, faultproxy.Page,
	}
}

// again tells whether a fault is worth being met more than once in a call.
func again(s *site, fault faultproxy.Fault) bool {
	if s.live && !long() {
		return false
	}
	switch fault {
	case faultproxy.Silence, faultproxy.HalfOpen:
		return false // there is no second request
	case faultproxy.CutBefore, faultproxy.LoseAnswer, faultproxy.Conflict:
		return true
	default:
		return long() // much like one of those
	}
}

// picker hits the requests of an extent, after so many writes that pass.
func picker(fault faultproxy.Fault, e extent, passing int) func(faultproxy.Exchange) faultproxy.Fault {
	writes := -passing
	return func(x faultproxy.Exchange) faultproxy.Fault {
		write := x.Method != "GET" && x.Method != "HEAD"
		if write {
			writes++
		}
		if write && (writes == 1 || writes > 1 && e == everyWrite) || !write && writes > 0 && e == everyAnswer {
			return fault
		}
		return faultproxy.None
	}
}

func breakCall(t *testing.T, s *site, op operation, fault faultproxy.Fault, e extent) {
	act := op.prepare(t, s.client(t), s.folder(t))
	if op.above {
		s = s.server()
	}
	broken, settle := s.behind(t, quick, picker(fault, e, op.passing))
	patience := time.Minute
	if fault == faultproxy.Silence || fault == faultproxy.HalfOpen {
		patience = silence(s)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := act.call(ctx, broken)
	settle()
	var times int
	if act.done == nil {
		times = s.mails(t, act.mail)
	} else {
		var lookErr error
		times, lookErr = act.done(t.Context(), s.client(t))
		require.NoError(t, lookErr)
	}

	unknown := errors.Is(err, errors.ErrOutcomeUnknown)
	figures.calls.Add(1)
	switch {
	case err == nil:
		figures.done.Add(1)
	case unknown:
		figures.unknown.Add(1)
	default:
		figures.refused.Add(1)
	}
	if !assert.LessOrEqual(t, times, 1, "doubled; the SDK says: %v", err) {
		figures.doubled.Add(1)
	}
	if err == nil && times == 0 || err != nil && !unknown && times > 0 {
		figures.wrong.Add(1)
		assert.Fail(t, "wrongly reported", "it is done %d times, the SDK says: %v", times, err)
	}
	switch fault {
	case faultproxy.None, faultproxy.Delay, faultproxy.Drip:
		assert.NoError(t, err, "nothing is lost")
	case faultproxy.Conflict:
		switch {
		case op.commits:
			assert.True(t, unknown, "something may have been stored or mailed before it")
		case e == firstWrite && !op.once:
			assert.NoError(t, err, "whatever was rolled back may be repeated")
		case e == everyWrite || op.once:
			assert.ErrorIs(t, err, errors.ErrConflict)
			assert.False(t, unknown, "the server has rolled it back")
		default:
		}
	case faultproxy.Silence, faultproxy.HalfOpen, faultproxy.Portal, faultproxy.Page: // no repeat
	default:
		if op.heals && e == firstWrite {
			assert.NoError(t, err, "a repeat makes good for it")
		}
	}
}
