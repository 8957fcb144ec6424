package retry

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"
)

// Mode says which failures are repeated.
type Mode int

// Modes.
const (
	// WhenSafe repeats a 5xx, or a request without an answer, when doing it
	// again can neither do harm nor be in vain. It is the default.
	WhenSafe Mode = iota
	// Every5xx repeats every 5xx and every request without an answer, for all
	// methods: a POST may be carried out twice.
	Every5xx
	// Never sends each request once.
	Never
)

// What the zero values of a [Policy] stand for.
const (
	defaultMaxAttempts = 4
	defaultMinWait     = 500 * time.Millisecond
	defaultMaxWait     = 30 * time.Second
)

// Policy says when a request is repeated, how often, and after which wait. The
// zero value is the default policy: 4 tries when it is safe, waits of 0.5, 1 and
// 2 s, of which half is random. 4xx are never repeated, whatever the policy, but for 429
// with OnTooManyRequests.
type Policy struct {
	Mode Mode

	// MaxAttempts is the number of tries, the first one included; 0 stands for 4.
	MaxAttempts int

	// MinWait is the longest wait after the first try; each further one may be
	// twice as long, up to MaxWait. A wait is at least half of that, the rest is
	// random. 0 stands for 500 ms and 30 s. A server that asks for more time by
	// Retry-After gets it, up to MaxWait; when it asks for more than MaxWait,
	// nothing is repeated.
	MinWait, MaxWait time.Duration

	// OnTooManyRequests waits out a rate limit: a request that is answered 429 is
	// sent again after the Retry-After of the response, whatever its method, since
	// nothing was done. MaxAttempts, MaxWait and the deadline bound these waits as
	// all others; a Mode of Never sends nothing again. The zero value leaves a 429
	// to the caller, as an error with the wait in RetryAfter.
	OnTooManyRequests bool

	// OnRetry is called before each wait, with the context of the request; nil
	// for no call. Calls of several goroutines come at the same time.
	OnRetry func(context.Context, Attempt)
}

// Attempt is a try that failed and is going to be repeated.
type Attempt struct {
	Number int           // of the try, from 1
	Method string        // of the request
	URL    *url.URL      // without user info, query and fragment
	Status int           // of the answer; 0 when there was none
	Err    error         // the typed error that the call would end with here
	Wait   time.Duration // until the next try
}

// Validate returns an error that names the first field of p that is out of
// range: a number below zero, a MinWait above MaxWait (a zero of either stands
// for its default), an unknown Mode.
func (p Policy) Validate() error {
	filled := p.withDefaults()
	switch {
	case p.Mode < WhenSafe || p.Mode > Never:
		return fmt.Errorf("plone: retry.Policy: Mode %d is unknown", p.Mode)
	case p.MaxAttempts < 0:
		return fmt.Errorf("plone: retry.Policy: MaxAttempts %d is negative", p.MaxAttempts)
	case p.MinWait < 0:
		return fmt.Errorf("plone: retry.Policy: MinWait %v is negative", p.MinWait)
	case p.MaxWait < 0:
		return fmt.Errorf("plone: retry.Policy: MaxWait %v is negative", p.MaxWait)
	case filled.MinWait > filled.MaxWait:
		return fmt.Errorf("plone: retry.Policy: MinWait %v is longer than MaxWait %v", filled.MinWait, filled.MaxWait)
	}
	return nil
}

// withDefaults returns p with every number that is not above zero replaced.
func (p Policy) withDefaults() Policy {
	if p.MaxAttempts <= 0 {
		p.MaxAttempts = defaultMaxAttempts
	}
	if p.MinWait <= 0 {
		p.MinWait = defaultMinWait
	}
	if p.MaxWait <= 0 {
		p.MaxWait = defaultMaxWait
	}
	return p
}

// Next returns how long to wait after the try of that number (from 1), when the
// server asks for at least atLeast, and whether there is to be another try. It
// is for loops of their own that keep to p.
func (p Policy) Next(number int, atLeast time.Duration) (wait time.Duration, another bool) {
	p = p.withDefaults()
	wait = p.wait(number, atLeast)
	return wait, p.Mode != Never && number < p.MaxAttempts && wait <= p.MaxWait
}

// wait returns how long to wait after the try of that number (from 1), when the
// server asks for at least atLeast. Half of the wait is random, so that clients
// that failed together do not come back together.
func (p Policy) wait(number int, atLeast time.Duration) time.Duration {
	longest := min(p.MinWait, p.MaxWait)
	for i := 1; i < number; i++ {
		if longest > p.MaxWait/2 { // doubling it could overflow
			longest = p.MaxWait
			break
		}
		longest *= 2
	}
	shortest := longest / 2
	return max(atLeast, shortest+rand.N(longest-shortest+1))
}
