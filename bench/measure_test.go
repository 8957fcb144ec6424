package bench

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// reading is what one measurement gives.
type reading struct {
	value            float64 // of the SDK
	retryable, resty float64 // of the peers; NaN where there is no such thing
	control          float64 // the floor beside itself, 1 when the machine was quiet; NaN where it does not matter
	skipped          string  // why nothing was measured; empty when something was
}

// only is a reading without peers and control.
func only(value float64) reading {
	return reading{value: value, retryable: math.NaN(), resty: math.NaN(), control: math.NaN()}
}

// skipped is the reading where there is nothing to measure with.
func skipped(why string) reading {
	r := only(math.NaN())
	r.skipped = "skipped: " + why
	return r
}

// inTurn collects times that were measured in turn: bare, ours, bare.
type inTurn struct{ ratios, control []float64 }

func (t *inTurn) add(before, ours, after float64) {
	t.ratios = append(t.ratios, 2*ours/(before+after))
	t.control = append(t.control, after/before)
}

// reading returns the medians of so many rounds. It is void when there was no time
// for all of them.
func (t *inTurn) reading(rounds int) reading {
	slices.Sort(t.ratios)
	slices.Sort(t.control)
	r := only(t.ratios[len(t.ratios)/2])
	r.control = t.control[len(t.control)/2]
	if len(t.ratios) < rounds {
		r.skipped = void
	}
	return r
}

// allocations measures how many allocations a call takes more than the floor.
func allocations(c call) func(testing.TB) reading {
	return func(tb testing.TB) reading {
		runs := c.with(tb, newSite(tb))
		allocs, _ := costs(tb, runs[:])
		over := func(w way) float64 { return allocs[w] - allocs[floor] }
		return reading{value: over(sdk), retryable: over(retryable), resty: over(restyV2), control: math.NaN()}
	}
}

// memory measures the bytes that a call allocates, as a multiple of the floor.
func memory(c call) func(testing.TB) reading {
	return func(tb testing.TB) reading {
		runs := c.with(tb, newSite(tb))
		_, bytes := costs(tb, runs[:])
		over := func(w way) float64 { return bytes[w] / bytes[floor] }
		return reading{value: over(sdk), retryable: over(retryable), resty: over(restyV2), control: math.NaN()}
	}
}

// looks measures how many allocations a write takes more when the client looks
// first whether the object is there.
func looks(c call) func(testing.TB) reading {
	return func(tb testing.TB) reading {
		allocs, _ := costs(tb, c.looking(tb, newSite(tb).url, nil))
		return only(allocs[1] - allocs[0])
	}
}

// lookTime measures the time of a write with that look as a multiple of that
// without.
func lookTime(c call) func(testing.TB) reading {
	return func(tb testing.TB) reading {
		ratios := inPairs(tb, c.looking(tb, newSite(tb).url, nil))
		return reading{value: ratios[1], retryable: math.NaN(), resty: math.NaN(), control: ratios[0]}
	}
}

// costs returns what a call allocates in each way: of several series the
// cheapest, as noise only adds. Every pool is warm, and the collector rests.
func costs(tb testing.TB, runs []func() error) (allocs, bytes []float64) {
	const (
		series   = 7
		warmUp   = 5
		measured = 20
	)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // pools are per processor
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	allocs, bytes = make([]float64, len(runs)), make([]float64, len(runs))
	for w, run := range runs {
		allocs[w], bytes[w] = math.Inf(1), math.Inf(1)
		for range series {
			runtime.GC()
			repeat(tb, warmUp, run)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			repeat(tb, measured, run)
			runtime.ReadMemStats(&after)
			allocs[w] = min(allocs[w], math.Floor(float64(after.Mallocs-before.Mallocs)/measured))
			bytes[w] = min(bytes[w], float64(after.TotalAlloc-before.TotalAlloc)/measured)
		}
	}
	return allocs, bytes
}

func repeat(tb testing.TB, n int, run func() error) {
	for range n {
		if err := run(); err != nil {
			tb.Fatal(err)
		}
	}
}

// duration measures the time of a call as a multiple of the floor.
func duration(c call) func(testing.TB) reading {
	return func(tb testing.TB) reading {
		runs := c.with(tb, newSite(tb))
		ratios := inPairs(tb, runs[:])
		return reading{value: ratios[sdk], retryable: ratios[retryable], resty: ratios[restyV2], control: ratios[floor]}
	}
}

// inPairs returns the time of each way as a multiple of the first: the median over
// pairs that are made in turn, so that a slow moment of the machine meets both.
func inPairs(tb testing.TB, runs []func() error) []float64 {
	const (
		pairs = 41
		half  = 5 * time.Millisecond // of a pair, about
	)
	lasts := func(n int, run func() error) time.Duration {
		start := time.Now()
		repeat(tb, n, run)
		return time.Since(start)
	}
	for _, run := range runs {
		repeat(tb, 5, run)
	}
	n := max(1, int(half*20/lasts(20, runs[0])))
	medians := make([]float64, len(runs))
	for w, run := range runs {
		var ratios []float64
		for i := range pairs {
			var ours, first time.Duration
			if i%2 == 0 {
				first, ours = lasts(n, runs[0]), lasts(n, run)
			} else {
				ours, first = lasts(n, run), lasts(n, runs[0])
			}
			ratios = append(ratios, float64(ours)/float64(first))
		}
		slices.Sort(ratios)
		medians[w] = ratios[pairs/2]
	}
	return medians
}

// dialsInTurn counts the connections for 10 calls that are answered and 10 that
// fail for good, one after the other.
func dialsInTurn(tb testing.TB) reading {
	// A manager's 500 comes with a traceback of this size.
	traceback := strings.Repeat(`"File \"publish.py\", line 162, in transaction_pubevents", `, 45) + `""`
	c, dials := dialing(tb, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/broken") {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`{"type": "RuntimeError", "message": "out of order", "traceback": [` + traceback + `]}`))
			return
		}
		_, _ = fmt.Fprintf(w, `{"@id": "http://%s%s"}`, r.Host, r.URL.Path)
	})
	for range 10 {
		_, err := c.Content.Get(tb.Context(), "/page")
		require.NoError(tb, err)
		_, err = c.Content.Get(tb.Context(), "/broken")
		require.ErrorIs(tb, err, errors.ErrInternalServer)
	}
	return only(float64(dials.Load()))
}

// dialsInBursts counts the connections for 50 times 16 calls at once. None is
// answered before all 16 have arrived.
func dialsInBursts(tb testing.TB) reading {
	const bursts, size = 50, 16
	var arrived sync.WaitGroup
	c, dials := dialing(tb, func(w http.ResponseWriter, r *http.Request) {
		arrived.Done()
		arrived.Wait()
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"@id": "http://%s%s"}`, r.Host, r.URL.Path)
	})
	for range bursts {
		arrived.Add(size)
		var burst sync.WaitGroup
		for range size {
			burst.Go(func() {
				_, err := c.Content.Get(tb.Context(), "/page")
				assert.NoError(tb, err)
			})
		}
		burst.Wait()
	}
	return only(float64(dials.Load()))
}

// dialing returns a client on its own transport, of a site that counts the
// connections.
func dialing(tb testing.TB, handler http.HandlerFunc) (*client.Client, *atomic.Int64) {
	tb.Helper()
	dials := new(atomic.Int64)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			dials.Add(1)
		}
	}
	server.Start()
	tb.Cleanup(server.Close)
	c, err := client.New(server.URL, client.WithRetry(retry.Policy{MinWait: time.Millisecond, MaxWait: time.Millisecond}))
	require.NoError(tb, err)
	return c, dials
}
