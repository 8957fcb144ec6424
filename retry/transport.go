// Package retry repeats HTTP requests exactly when repeating them is right.
//
// The class of the status decides: a 5xx may be repeated, a 4xx never is. Two
// refinements keep that from doing harm, or from being in vain:
//
//	                               GET HEAD OPTIONS PUT DELETE   POST PATCH and other calls
//	what happened                  and calls that are Repeatable  that are Once
//	2xx 3xx 4xx 501                no                             no
//	429                            if the policy says so          if the policy says so
//	2xx whose body breaks off      GET HEAD OPTIONS, see          no
//	                               Call.Read
//	1xx, 600 and above             no                             no, and nobody knows
//	500 503 raised by Plone        yes                            yes: it was rolled back
//	... with KeyError and the like no                             no: it would fail again
//	any other 5xx, no answer       yes                            no, but see Call.Verify
//	not even a connection          yes                            yes
//	no login, by package auth      as the answer to the login     the same: a login is Safe
//
// What became of a write is judged by what was sent. Once there was a connection,
// no error proves that nothing was done, whatever its type or text. That there was
// none tells net/http (see [httptrace.ClientTrace]); of a transport that does not
// report to it, the types of errors that come before there is a connection do,
// such as that of a dial or a certificate. A 5xx proves something when Plone has
// raised it (see [errors.StatusError.Raised]).
//
// A [Transport] does this for any http.Client. The loop is that of
// go-retryablehttp; every decision is made here.
package retry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/failure"
)

// maxDrain is how much of an answer is read to get its connection back for the
// next try. Dialing anew is cheaper than reading more.
const maxDrain = 256 << 10

// Call is what a caller knows about a request that its method does not tell. The
// zero Call knows nothing.
type Call struct {
	// Kind says how the call may be repeated.
	Kind Kind

	// Verify, when set, makes a call of kind Once repeatable. It is asked before
	// a repeat, when an earlier try may have been carried out, whether it was:
	//   - a response: it was, and this is the answer of the call, with a body;
	//   - nil and nil: it was not, the request is sent again;
	//   - an error: nobody knows. The call ends with this error and the last
	//     failure, and matches errors.ErrOutcomeUnknown.
	// Its context is that of the call without this Call, so it may send requests
	// through the same Transport.
	Verify func(context.Context) (*http.Response, error)

	// Read, when set, reads the body of a 2xx to a call of kind Safe as a part of
	// the attempt: when it returns an error, the attempt failed like one without a
	// response. After the last attempt, RoundTrip returns the response all the
	// same, and Read has told the caller what went wrong.
	Read func(*http.Response) error
}

// WithCall returns a context for the requests of call.
func WithCall(ctx context.Context, call Call) context.Context {
	return &callContext{Context: ctx, call: call}
}

// callContext saves an allocation over context.WithValue.
type callContext struct {
	context.Context
	call Call
}

type callKey struct{}

// OfRequest says that the login which a request needs does not have the value.
func (callKey) OfRequest() {}

// Value implements context.Context.
func (c *callContext) Value(key any) any {
	if key == (callKey{}) {
		return &c.call
	}
	return c.Context.Value(key)
}

// Transport is an http.RoundTripper that repeats requests as its [Policy] says.
// It is safe for concurrent use. All of its requests share one budget: it allows
// ten repeats, and one more for every five answers below 5xx. A site that
// answers nothing for a while is not asked four times as much as usual then.
//
// When Plone reports that writes were in conflict with each other, fewer of them
// run at the same time; the others wait for their turn. The number grows again
// with each write that goes well.
type Transport struct {
	policy  Policy
	budget  budget
	writers writers
	loop    retryablehttp.Client

	noHeader http.Header // empty, and stays so
}

// NewTransport returns a Transport that sends through base; nil stands for
// [http.DefaultTransport]. It never closes the idle connections of base. A field
// of p that is out of range counts as zero, and no wait is longer than MaxWait;
// [Policy.Validate] tells beforehand.
func NewTransport(base http.RoundTripper, p Policy) *Transport {
	if base == nil {
		base = http.DefaultTransport
	}
	t := &Transport{policy: p.withDefaults(), noHeader: http.Header{}}
	t.budget.init(t.policy.MaxAttempts)
	t.loop = retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: sender{base}},
		RetryMax:     t.policy.MaxAttempts, // not reached, check stops before
		CheckRetry:   check,
		Backoff:      backoff,
		PrepareRetry: prepare,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return t
}

// RoundTrip implements http.RoundTripper. It returns the last answer, whatever
// its status, with its body unread; [Attempts] tells how many tries it took, and
// [OutcomeUnknown] whether a write may have been carried out all the same.
//
// A body is sent again by req.GetBody; a request with a body and without GetBody
// is sent once. Nothing is held in memory.
//
// Errors: *errors.TransportError when the last try got no answer; it matches
// errors.ErrOutcomeUnknown when the request may have been carried out.
// *errors.StatusError when the context ended in the wait after an answer; it
// matches the error of the context too. An error of package errors that comes
// from below, as that of a login does, is passed on as it is; what it says about
// the outcome counts when package auth has made it, as that of a login.
//
// A panic of base, or of a function of the policy or the call, goes on to the
// caller, and leaves nothing open and no other write waiting.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	r := &run{Context: req.Context(), transport: t}
	defer r.abandon()
	if call, ok := req.Context().Value(callKey{}).(*Call); ok {
		r.call = *call
	}
	r.call.Kind = r.call.Kind.Of(req.Method)
	r.wire.init(req)
	r.outgoing = req.WithContext(httptrace.WithClientTrace(r, &r.wire.trace))
	// This one is not sent. The loop's client would copy header and URL each time.
	r.looped = *r.outgoing
	r.request.Request = &r.looped
	r.request.Header, r.request.Host, r.request.Body = t.noHeader, "", nil
	_, err := t.loop.Do(&r.request)
	r.request.Header, r.request.Host = req.Header, req.Host
	resp, err := r.result(err)
	r.over = true
	return resp, err
}

// abandon closes what is open when a panic, or runtime.Goexit, ends the run.
func (r *run) abandon() {
	if r.over {
		return
	}
	if r.resp != nil && r.resp.Body != nil {
		_ = r.resp.Body.Close()
	}
	if r.below && r.outgoing.Body != nil {
		_ = r.outgoing.Body.Close()
	}
}

// Attempts returns how many tries resp took, at least 1. For a response that did
// not come through a [Transport] it is 1.
func Attempts(resp *http.Response) int {
	if r := runOf(resp); r != nil {
		return r.attempts
	}
	return 1
}

// AttemptNumber returns the number of the attempt that a request is sent for, from
// 1, for the context of a request below a [Transport]; 0 for any other context.
func AttemptNumber(ctx context.Context) int {
	if r := runIn(ctx); r != nil {
		return int(r.number.Load())
	}
	return 0
}

// OutcomeUnknown reports whether resp is no 2xx, although some try of its
// request may have been carried out: it was lost, or answered by a proxy, and
// nothing after it proves the opposite. It is false for a request that changes
// nothing and for a response that did not come through a [Transport].
//
// A 4xx counts too: a DELETE that is answered 404 after a lost try was probably
// done by that.
func OutcomeUnknown(resp *http.Response) bool {
	r := runOf(resp)
	return r != nil && r.uncertain && resp.StatusCode/100 != 2
}

// runOf returns the run that resp came from, nil when there is none.
func runOf(resp *http.Response) *run {
	if resp == nil || resp.Request == nil {
		return nil
	}
	return runIn(resp.Request.Context())
}

// run is a request with all its tries. It is the context of the loop's request,
// which is how the functions of the loop, and those that read a response, find it.
type run struct {
	context.Context // of the request

	transport *Transport
	call      Call                  // its Kind is not ByMethod
	request   retryablehttp.Request // what the loop repeats
	looped    http.Request          // in it: without header and body
	outgoing  *http.Request         // what is sent

	// Of all tries.
	attempts  int
	number    atomic.Int64 // attempts, for whoever is still at work for the last one
	uncertain bool         // some try may have been carried out

	// Of the last try.
	wire   wire                // what an http.Transport did
	resp   *http.Response      // the answer; nil when there is none or it was discarded
	status *errors.StatusError // the answer, when it is 5xx or 429; or that of a login below
	err    error               // what kept it from being answered, or its body from being read
	wait   time.Duration       // until the next
	below  bool                // base has the request
	over   bool                // the run has its result

	standIn http.Response
}

type runKey struct{}

// OfRequest says that the login which a request needs does not have the value.
func (runKey) OfRequest() {}

// Value implements context.Context.
func (r *run) Value(key any) any {
	if key == (runKey{}) {
		return r
	}
	return r.Context.Value(key)
}

// runIn returns the run that ctx belongs to, nil when there is none.
func runIn(ctx context.Context) *run {
	r, _ := ctx.Value(runKey{}).(*run)
	return r
}

// sender makes one try. It hides that base can close its idle connections, which
// the loop would do whenever it gives up.
type sender struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper. What came of the try is left in the
// run, and the loop sees an empty answer in its place. So it can neither follow
// a redirect, nor wrap an error, nor cut a body, and all of its functions learn
// which run they are asked about.
func (s sender) RoundTrip(req *http.Request) (*http.Response, error) {
	r := runIn(req.Context())
	r.attempts++
	r.number.Store(int64(r.attempts))
	r.wire.reset()
	r.status = nil
	r.send(s.base)
	switch {
	case r.err != nil:
		r.resp = nil
	case r.resp == nil:
		r.err = errors.New("the transport gave neither an answer nor an error")
	default:
		r.uncertain = r.uncertain || OutcomeUnknown(r.resp) // by another Transport below
		r.resp.Request = req
		switch {
		case r.resp.Body == nil:
			r.resp.Body = http.NoBody
		case r.resp.StatusCode == http.StatusSwitchingProtocols: // it is the connection, which need not end
			_ = r.resp.Body.Close()
			r.resp.Body = http.NoBody
		}
	}
	r.standIn = http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}
	return &r.standIn, nil
}

// send is a try. A write waits for its turn.
func (r *run) send(base http.RoundTripper) {
	if r.call.Kind == Safe {
		r.roundTrip(base)
		return
	}
	err := r.Err() // net/http would not say that it sent nothing
	writers := &r.transport.writers
	if err == nil {
		err = writers.enter(r)
	}
	if err != nil {
		if r.outgoing.Body != nil {
			_ = r.outgoing.Body.Close()
		}
		r.resp, r.err = nil, heldError{err}
		return
	}
	conflict := false
	defer func() { writers.leave(conflict) }()
	r.roundTrip(base)
	conflict = r.err == nil && isConflict(r.resp)
}

// roundTrip hands the request to base.
func (r *run) roundTrip(base http.RoundTripper) {
	r.below = true
	r.resp, r.err = base.RoundTrip(r.outgoing)
	r.below = false
	if r.err != nil && r.wire.wasCut() {
		r.err = errCut
	}
}

// heldError is that of a write whose turn did not come: nothing was sent.
type heldError struct{ error }

// Unwrap returns the error of the context.
func (e heldError) Unwrap() error { return e.error }

// isConflict reports whether resp is Plone's error for writes in each other's way.
func isConflict(resp *http.Response) bool {
	return resp != nil && resp.StatusCode == http.StatusInternalServerError && errors.Is(errors.FromResponse(resp), errors.ErrConflict)
}

// check is the CheckRetry of the loop.
func check(ctx context.Context, _ *http.Response, refused error) (bool, error) {
	if refused != nil { // by http.Client, before sender
		return false, nil
	}
	return runIn(ctx).again()
}

// backoff is the Backoff of the loop.
func backoff(_, _ time.Duration, _ int, standIn *http.Response) time.Duration {
	return runIn(standIn.Request.Context()).wait
}

// prepare is the PrepareRetry of the loop: it comes after the wait.
func prepare(req *http.Request) error {
	return runIn(req.Context()).prepare()
}

// again decides whether there is to be another try. If so, it is paid for and
// the answer is gone. An error ends the run; then too.
func (r *run) again() (bool, error) {
	policy := r.transport.policy
	limited := false // by a rate
	if r.resp != nil && r.resp.StatusCode/100 >= 2 && r.resp.StatusCode < http.StatusInternalServerError {
		limited = policy.OnTooManyRequests && r.resp.StatusCode == http.StatusTooManyRequests
		if !r.breaks() {
			r.transport.budget.answered()
			if !limited {
				return false, nil
			}
		}
	}
	v := decide(r.classify())
	r.uncertain = r.uncertain || v.uncertain
	if !v.repeat || r.attempts >= policy.MaxAttempts {
		return false, nil
	}
	if err := r.Err(); err != nil {
		r.discard()
		return false, err
	}
	var atLeast time.Duration
	if r.status != nil {
		atLeast = r.status.RetryAfter
	}
	var another bool
	if r.wait, another = r.transport.next(r.Context, r.attempts, atLeast); !another {
		return false, nil
	}
	if !limited && !r.transport.budget.take() { // a site with a rate limit is not in trouble
		return false, nil
	}
	if policy.OnRetry != nil {
		policy.OnRetry(r.Context, r.attempt())
	}
	r.discard()
	return true, nil
}

// breaks reports whether the body of the answer to a read cannot be read.
func (r *run) breaks() bool {
	if r.call.Read == nil || r.call.Kind != Safe || r.resp.StatusCode/100 != 2 {
		return false
	}
	r.err = r.call.Read(r.resp)
	return r.err != nil
}

// next returns the wait before the attempt after that number, and whether there is
// to be one at all, as far as the policy and the deadline say.
func (t *Transport) next(ctx context.Context, number int, atLeast time.Duration) (wait time.Duration, another bool) {
	wait, another = t.policy.Next(number, atLeast)
	deadline, bounded := ctx.Deadline()
	return wait, another && (!bounded || wait < time.Until(deadline))
}

// Wait waits before the attempt that follows a, as RoundTrip does, and takes it from
// the same budget. It is for loops of their own, such as that of a download which
// resumes. Of a, it needs the Number, what OnRetry is to report, and the Err; atLeast
// is the wait that the server asks for. A Number of 1, the first failure since
// something got through, is paid for by that.
//
// Errors: a.Err when there is to be no further attempt; when ctx ends, it matches the
// cause of that too.
func (t *Transport) Wait(ctx context.Context, a Attempt, atLeast time.Duration) error {
	if ctx.Err() != nil {
		return errors.Join(a.Err, context.Cause(ctx))
	}
	if a.Number == 1 { // something got through since the last failure
		t.budget.giveBack()
	}
	var another bool
	if a.Wait, another = t.next(ctx, a.Number, atLeast); !another || !t.budget.take() {
		return a.Err
	}
	if t.policy.OnRetry != nil {
		t.policy.OnRetry(ctx, a)
	}
	timer := time.NewTimer(a.Wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errors.Join(a.Err, context.Cause(ctx))
	}
}

// classify fills in r.status, and returns what decide asks for.
func (r *run) classify() try {
	req := r.outgoing
	t := try{
		mode:       r.transport.policy.Mode,
		kind:       r.call.Kind,
		tooMany:    r.transport.policy.OnTooManyRequests,
		verifiable: r.call.Verify != nil,
		replayable: req.Body == nil || req.Body == http.NoBody || req.GetBody != nil,
	}
	if r.err == nil {
		r.status, _ = errors.AsType[*errors.StatusError](errors.FromResponse(r.resp))
	} else {
		r.status, _ = errors.AsType[*errors.StatusError](r.err)
		reached := r.wire.reached()
		if reached == unreported && t.kind == Safe {
			reached = dialing // it cannot have been carried out anyway
		}
		t.outcome = outcomeOf(req, r.err, reached)
	}
	// Not one that is wrapped: nobody but package auth can say what was done.
	if login, ok := r.err.(*failure.Login); ok && (login.Refused || r.wire.reached() <= dialing) {
		t.kind = Safe // as a login is; nothing else was done
		t.outcome = outcomeOfLogin(req, login, r.status)
	}
	if r.status != nil {
		t.status = int(r.status.Status)
		t.raised = r.status.Raised()
		t.errorType = r.status.Type
	}
	return t
}

// attempt describes the last try.
func (r *run) attempt() Attempt {
	req := r.outgoing
	a := Attempt{
		Number: r.attempts,
		Method: req.Method,
		URL:    &url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: req.URL.Path, RawPath: req.URL.RawPath},
		Err:    r.failure(),
		Wait:   r.wait,
	}
	if r.resp != nil {
		a.Status = r.resp.StatusCode
	}
	return a
}

// discard closes the answer, after reading what is left of it, so that the next
// try finds its connection.
func (r *run) discard() {
	if r.resp == nil {
		return
	}
	_, _ = io.CopyN(io.Discard, r.resp.Body, maxDrain) // at worst the next try has to dial
	_ = r.resp.Body.Close()
	r.resp = nil
}

// prepare makes the run ready for another try, or ends it with an error.
func (r *run) prepare() error {
	if r.uncertain && r.call.Verify != nil {
		resp, err := r.call.Verify(WithCall(r.Context, Call{}))
		if err != nil {
			return err
		}
		if resp != nil {
			r.transport.budget.giveBack()
			r.resp = resp
			return http.ErrUseLastResponse // ends the loop, see result
		}
	}
	if r.outgoing.GetBody == nil {
		return nil
	}
	body, err := r.outgoing.GetBody()
	// A copy, as the last try may still be reading the one before.
	r.outgoing = r.outgoing.WithContext(r.outgoing.Context())
	r.outgoing.Body = body
	return err
}

// result is what the caller gets. stopped is the error that ended the run, if
// that was not the last try itself: the context ended, nobody could verify, or
// the body could not be had again.
func (r *run) result(stopped error) (*http.Response, error) {
	switch {
	case r.resp != nil:
		r.resp.Request = r.request.Request // how Attempts finds the run
		return r.resp, nil
	case r.attempts == 0: // http.Client sent nothing
		if r.outgoing.Body != nil {
			_ = r.outgoing.Body.Close()
		}
		r.attempts, r.err = 1, stopped
		return nil, r.failure()
	case stopped != nil:
		return nil, r.failure(stopped)
	}
	return nil, r.failure()
}

// failure is the typed error of a run that ends after its last try. It matches
// each of also, and ErrOutcomeUnknown when the outcome is unknown.
func (r *run) failure(also ...error) error {
	if r.uncertain {
		also = append(also, errors.ErrOutcomeUnknown)
	}
	if r.err == nil {
		e := errors.With(r.status, also...)
		if status, ok := e.(*errors.StatusError); ok { // as r.status is
			status.Attempts = r.attempts
		}
		return e
	}
	if _, login := r.err.(*failure.Login); login || failure.IsTyped(r.err) {
		return withAlso(r.err, also)
	}
	e := errors.NewTransportError(r.outgoing, r.attempts, r.err)
	e.Err = withAlso(e.Err, also)
	return e
}

// withAlso returns an error that matches err and each of also.
func withAlso(err error, also []error) error {
	for _, a := range also {
		if !errors.Is(err, a) {
			err = fmt.Errorf("%w (%w)", err, a)
		}
	}
	return err
}
