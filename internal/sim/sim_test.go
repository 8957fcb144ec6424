// Package sim simulates many programs whose site is in trouble, in virtual time,
// with the transport that the SDK really uses: how much is the site asked for
// then, and how soon is everybody served again?
package sim

import (
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/retry"
)

var plot = flag.String("svg", "", "plot what was simulated into this `file`")

// The time before and after the trouble.
const (
	before = 10 * time.Second
	after  = 20 * time.Second
)

// traffic is what the programs do. Each makes calls and pauses in between, for
// 0.5 to 1.5 times a pause of its own. These pauses lie between shortest and
// longest, evenly on a logarithmic scale.
type traffic struct {
	programs          int
	shortest, longest time.Duration
	// Calls of a program begin whether or not those before have come to an end, as
	// they do when others make it call. Otherwise the pause comes after the end.
	open    bool
	trouble time.Duration
	failing float64 // which part of the requests fails in the trouble
}

// load is what came of a simulation.
type load struct {
	requests []float64     // that the site got, second by second
	served   time.Duration // how long after the trouble the last program had an answer
}

// transport makes what repeats the requests of one program.
type transport func(base http.RoundTripper) http.RoundTripper

// simulate runs the programs with a transport each. Requests that fail do so at
// once, with the page of a proxy.
func simulate(t *testing.T, tr traffic, each transport) load {
	t.Helper()
	result := load{requests: make([]float64, int((before+tr.trouble+after)/time.Second))}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := &site{start: start, traffic: tr, requests: result.requests}
		end := start.Add(before + tr.trouble + after)
		var wg sync.WaitGroup
		var mu sync.Mutex
		for n := range tr.programs {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(uint64(n), 0))
				ratio := float64(tr.longest) / float64(tr.shortest)
				pause := float64(tr.shortest) * math.Pow(ratio, (float64(n)+0.5)/float64(tr.programs))
				rest := func() { time.Sleep(time.Duration(pause * (0.5 + random.Float64()))) }
				rt, served := each(s), false
				time.Sleep(time.Duration(pause * random.Float64()))
				var calls sync.WaitGroup
				one := func() {
					answered := call(t, rt)
					mu.Lock()
					defer mu.Unlock()
					if late := time.Since(start.Add(before + tr.trouble)); answered && !served && late >= 0 {
						served = true
						result.served = max(result.served, late)
					}
				}
				for ; time.Now().Before(end); rest() {
					if tr.open {
						calls.Go(one)
					} else {
						one()
					}
				}
				calls.Wait()
				assert.True(t, served, "a program has got no answer any more")
			})
		}
		wg.Wait()
	})
	return result
}

// call makes one call and tells whether it was answered.
func call(t *testing.T, rt http.RoundTripper) bool {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://plone.test/", nil)
	if !assert.NoError(t, err) {
		return false
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// site counts requests, and fails some of them while it is in trouble.
type site struct {
	start   time.Time
	traffic traffic

	mu       sync.Mutex
	requests []float64
}

func (s *site) RoundTrip(req *http.Request) (*http.Response, error) {
	at := time.Since(s.start)
	if second := int(at / time.Second); second < len(s.requests) {
		s.mu.Lock()
		s.requests[second]++
		s.mu.Unlock()
	}
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: req}
	if at >= before && at < before+s.traffic.trouble && rand.Float64() < s.traffic.failing {
		resp.StatusCode = http.StatusBadGateway
		resp.Body = io.NopCloser(strings.NewReader("<html>502</html>"))
	}
	return resp, nil
}

// Transports.
var (
	never transport = func(base http.RoundTripper) http.RoundTripper { return base }
	sdk   transport = func(base http.RoundTripper) http.RoundTripper { return retry.NewTransport(base, retry.Policy{}) }
	peer  transport = func(base http.RoundTripper) http.RoundTripper {
		c := retryablehttp.NewClient() // as it comes, but silent
		c.Logger = nil
		c.HTTPClient = &http.Client{Transport: base}
		return &retryablehttp.RoundTripper{Client: c}
	}
)

// ratios are the loads of l by those of useful, second by second.
func (l load) ratios(useful load) []float64 {
	ratios := make([]float64, len(l.requests))
	for i, n := range l.requests {
		ratios[i] = n / useful.requests[i]
	}
	return ratios
}

// scenario is a traffic with what is expected of the SDK in it.
type scenario struct {
	name string
	traffic
	most float64 // times the useful load, in any second
}

// scenarios are those of the long form; shorter makes the short one.
var scenarios = []scenario{
	{"Outage; programs wait for their answers",
		traffic{10_000, time.Second / 4, 5 * time.Second, false, time.Minute, 1}, 1.2},
	{"Brown-out of 10 %; programs wait for their answers",
		traffic{10_000, time.Second / 4, 5 * time.Second, false, time.Minute, 0.1}, 1.2},
	{"Outage; programs call 20 times a second, whatever comes back",
		traffic{500, time.Second / 20, time.Second / 20, true, time.Minute, 1}, 1.5},
}

func (s scenario) shorter() scenario {
	s.programs /= 10
	s.trouble = 15 * time.Second
	s.most += 0.1 // there is more chance in fewer programs
	return s
}

// TestTrouble simulates each scenario with the SDK, and in the long form with
// go-retryablehttp as it comes. The useful load is that of programs that repeat
// nothing.
func TestTrouble(t *testing.T) {
	var panels []panel
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			long := os.Getenv("PLONE_LONG") == "1"
			if !long {
				s = s.shorter()
			}
			useful := simulate(t, s.traffic, never)
			ours := simulate(t, s.traffic, sdk)
			assert.LessOrEqual(t, slices.Max(ours.ratios(useful)), s.most, "times the useful load")
			assert.LessOrEqual(t, ours.served, 10*time.Second, "until the last program has an answer again")
			t.Logf("SDK: at most %.2f times the useful load, all served %v after the end",
				slices.Max(ours.ratios(useful)), ours.served.Round(time.Second/10))
			if !long {
				return
			}
			others := simulate(t, s.traffic, peer)
			t.Logf("go-retryablehttp: at most %.2f times the useful load, all served %v after the end",
				slices.Max(others.ratios(useful)), others.served.Round(time.Second/10))
			panels = append(panels, panel{fmt.Sprintf("%s (%d of them)", s.name, s.programs), useful, ours, others})
		})
	}
	if *plot != "" {
		require.NotEmpty(t, panels, "the plot needs the long form")
		require.NoError(t, os.WriteFile(*plot, draw(panels), 0o644)) // for everybody to read
	}
}

// TestPauses prints what the mixture in TestTrouble hides: programs that wait
// for their answers, by the pause between their calls.
func TestPauses(t *testing.T) {
	pauses := []time.Duration{time.Second / 2}
	if os.Getenv("PLONE_LONG") == "1" {
		pauses = []time.Duration{time.Second / 4, time.Second / 2, time.Second, 2 * time.Second, 5 * time.Second}
	}
	for _, pause := range pauses {
		tr := traffic{1000, pause, pause, false, 20 * time.Second, 1}
		ratios := simulate(t, tr, sdk).ratios(simulate(t, tr, never))
		t.Logf("outage, a pause of %v: at most %.2f times the useful load", pause, slices.Max(ratios))
		if pause <= time.Second/2 {
			assert.LessOrEqual(t, slices.Max(ratios), 1.25)
		}
		assert.LessOrEqual(t, slices.Max(ratios), 4.0, "the tries of one call")
	}
}
