package retry_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/failure"
	"plone.example/restapi/retry"
)

const (
	docURL   = "http://user:secret@plone.test/a%2Fdoc?token=secret"
	conflict = `{"type":"ConflictError","message":"database conflict error"}`
	keyError = `{"type":"KeyError","message":"'nope'"}`
)

// step is one answer of a script, or the error in its place.
type step struct {
	status int
	body   string
	header http.Header
	err    error
}

// script is a base that plays its steps in turn, the last one for ever.
type script struct {
	steps []step

	mu      sync.Mutex
	bodies  []string // that were sent
	headers []http.Header
	lengths []int64
	opened  int // response bodies
	closed  atomic.Int64
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent := ""
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		_ = req.Body.Close()
		sent = string(b)
	}
	step := s.steps[min(len(s.bodies), len(s.steps)-1)]
	s.bodies = append(s.bodies, sent)
	s.headers = append(s.headers, req.Header.Clone())
	s.lengths = append(s.lengths, req.ContentLength)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if step.err != nil {
		return nil, step.err
	}
	s.opened++
	header := step.header
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: step.status, Header: header, ContentLength: -1,
		Body: &countedBody{Reader: strings.NewReader(step.body), closed: &s.closed}}, nil
}

// tries is how many requests came.
func (s *script) tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.bodies)
}

// countedBody counts when it is closed.
type countedBody struct {
	io.Reader
	once   sync.Once
	closed *atomic.Int64
}

func (b *countedBody) Close() error {
	b.once.Do(func() { b.closed.Add(1) })
	return nil
}

// send makes a request through rt, and reads and closes the answer.
func send(t *testing.T, rt http.RoundTripper, ctx context.Context, method, body string) (*http.Response, string, error) {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, docURL, r)
	require.NoError(t, err)
	resp, err := rt.RoundTrip(req)
	if err != nil {
		assert.Nil(t, resp)
		return nil, "", err
	}
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp, string(text), nil
}

func TestTransport_repeatsAndKeepsTheLastAnswer(t *testing.T) {
	t.Parallel()
	verified := func(context.Context) (*http.Response, error) { return nil, nil }
	cut := errors.New("unexpected EOF")
	tests := []struct {
		name    string
		method  string
		call    retry.Call
		policy  retry.Policy
		steps   []step
		tries   int
		status  int
		unknown bool
	}{
		{"2xx", "GET", retry.Call{}, retry.Policy{}, []step{{status: 200}}, 1, 200, false},
		{"3xx", "GET", retry.Call{}, retry.Policy{}, []step{{status: 302}}, 1, 302, false},
		{"408", "GET", retry.Call{}, retry.Policy{}, []step{{status: 408}}, 1, 408, false},
		{"429", "GET", retry.Call{}, retry.Policy{}, []step{{status: 429, header: http.Header{"Retry-After": {"1"}}}}, 1, 429, false},
		{"501", "GET", retry.Call{}, retry.Policy{}, []step{{status: 501}}, 1, 501, false},
		{"healed", "GET", retry.Call{}, retry.Policy{}, []step{{status: 502}, {status: 200}}, 2, 200, false},
		{"stays", "GET", retry.Call{}, retry.Policy{}, []step{{status: 502}}, 4, 502, false},
		{"two tries", "GET", retry.Call{}, retry.Policy{MaxAttempts: 2}, []step{{status: 502}}, 2, 502, false},
		{"never", "GET", retry.Call{}, retry.Policy{Mode: retry.Never}, []step{{status: 502}}, 1, 502, false},
		{"same next time", "GET", retry.Call{}, retry.Policy{}, []step{{status: 503, body: keyError}}, 1, 503, false},
		{"POST rolled back", "POST", retry.Call{}, retry.Policy{}, []step{{status: 500, body: conflict}, {status: 201}}, 2, 201, false},
		{"POST rolled back each time", "POST", retry.Call{}, retry.Policy{}, []step{{status: 500, body: conflict}}, 4, 500, false},
		{"POST at a proxy", "POST", retry.Call{}, retry.Policy{}, []step{{status: 502, body: "<html>"}}, 1, 502, true},
		{"POST at a proxy, every 5xx", "POST", retry.Call{}, retry.Policy{Mode: retry.Every5xx}, []step{{status: 502}, {status: 201}}, 2, 201, false},
		{"PATCH", "PATCH", retry.Call{}, retry.Policy{}, []step{{status: 504}}, 1, 504, true},
		{"PATCH of fields", "PATCH", retry.Call{Kind: retry.Repeatable}, retry.Policy{}, []step{{status: 504}, {status: 204}}, 2, 204, false},
		{"PATCH of fields, stays", "PATCH", retry.Call{Kind: retry.Repeatable}, retry.Policy{}, []step{{status: 504}}, 4, 504, true},
		{"DELETE after a lost answer", "DELETE", retry.Call{}, retry.Policy{}, []step{{err: cut}, {status: 404}}, 2, 404, true},
		{"DELETE, definite after uncertain", "DELETE", retry.Call{}, retry.Policy{}, []step{{status: 502}, {status: 500, body: keyError}}, 2, 500, true},
		{"POST that reads", "POST", retry.Call{Kind: retry.Safe}, retry.Policy{}, []step{{err: cut}, {status: 502}}, 4, 502, false},
		{"e-mail", "POST", retry.Call{Kind: retry.Committing}, retry.Policy{}, []step{{status: 500, body: conflict}}, 1, 500, true},
		{"GET that must be once", "GET", retry.Call{Kind: retry.Once}, retry.Policy{}, []step{{status: 502}}, 1, 502, true},
		{"verified not there", "POST", retry.Call{Kind: retry.Once, Verify: verified}, retry.Policy{}, []step{{status: 502}, {err: cut}, {status: 201}}, 3, 201, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := &script{steps: tt.steps}
				rt := retry.NewTransport(site, tt.policy)
				ctx := t.Context()
				if tt.call.Kind != retry.ByMethod {
					ctx = retry.WithCall(ctx, tt.call)
				}
				resp, body, err := send(t, rt, ctx, tt.method, `{"title":"x"}`)
				require.NoError(t, err)
				assert.Equal(t, tt.status, resp.StatusCode)
				assert.Equal(t, tt.tries, site.tries())
				assert.Equal(t, tt.tries, retry.Attempts(resp))
				assert.Equal(t, tt.unknown, retry.OutcomeUnknown(resp))
				last := tt.steps[min(tt.tries, len(tt.steps))-1]
				assert.Equal(t, last.body, body, "the body is unread")
				for i, sent := range site.bodies {
					assert.JSONEq(t, `{"title":"x"}`, sent)
					assert.EqualValues(t, 13, site.lengths[i])
				}
				assert.EqualValues(t, site.opened, site.closed.Load())
				assert.Equal(t, tt.method, resp.Request.Method)
				assert.Equal(t, docURL, resp.Request.URL.String())
			})
		})
	}
}

func TestTransport_noAnswer(t *testing.T) {
	t.Parallel()
	cut := errors.New("unexpected EOF")
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	tests := []struct {
		name    string
		method  string
		steps   []step
		tries   int
		unknown bool
	}{
		{"GET", "GET", []step{{err: cut}}, 4, false},
		{"HEAD", "HEAD", []step{{err: cut}}, 4, false},
		{"OPTIONS", "OPTIONS", []step{{err: cut}}, 4, false},
		{"PUT", "PUT", []step{{err: cut}}, 4, true},
		{"DELETE", "DELETE", []step{{err: cut}}, 4, true},
		{"POST", "POST", []step{{err: cut}}, 1, true},
		{"POST never sent", "POST", []step{{err: dial}}, 4, false},
		{"DELETE never sent", "DELETE", []step{{err: dial}}, 4, false},
		{"DELETE lost once, then never sent", "DELETE", []step{{err: cut}, {err: dial}}, 4, true},
		{"DELETE refused by a proxy once, then never sent", "DELETE", []step{{status: 502}, {err: dial}}, 4, true},
		{"POST rolled back, then never sent", "POST", []step{{status: 500, body: conflict}, {err: dial}}, 4, false},
		{"POST rolled back, then lost", "POST", []step{{status: 500, body: conflict}, {err: cut}}, 2, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := &script{steps: tt.steps}
				_, _, err := send(t, retry.NewTransport(site, retry.Policy{}), t.Context(), tt.method, "")
				e, ok := errors.AsType[*errors.TransportError](err)
				require.True(t, ok, "%T", err)
				assert.Equal(t, tt.tries, site.tries())
				assert.Equal(t, tt.tries, e.Attempts)
				assert.Equal(t, tt.method, e.Method)
				require.ErrorIs(t, err, tt.steps[len(tt.steps)-1].err)
				assert.Equal(t, tt.unknown, errors.Is(err, errors.ErrOutcomeUnknown))
				assert.NotContains(t, fmt.Sprintf("%v %+v", err, err), "secret")
				assert.EqualValues(t, site.opened, site.closed.Load())
			})
		})
	}
}

func TestTransport_hopelessIsNotRepeated(t *testing.T) {
	t.Parallel()
	rt := retry.NewTransport(new(http.Transport), retry.Policy{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "gopher://plone.test/", strings.NewReader("{}"))
	require.NoError(t, err)
	resp, err := rt.RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	e, ok := errors.AsType[*errors.TransportError](err)
	require.True(t, ok)
	assert.Equal(t, 1, e.Attempts)
	require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
}

// A request that not even http.Client takes is the caller's error, not a panic.
func TestTransport_refusesARequestWithoutURL(t *testing.T) {
	t.Parallel()
	site := &script{steps: []step{{status: 200}}}
	var closed atomic.Int64
	body := &countedBody{Reader: strings.NewReader("{}"), closed: &closed}
	req := (&http.Request{Method: http.MethodPost, Body: body}).WithContext(t.Context())
	resp, err := retry.NewTransport(site, retry.Policy{}).RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	e, ok := errors.AsType[*errors.TransportError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, 1, e.Attempts)
	require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
	assert.Zero(t, site.tries())
	assert.EqualValues(t, 1, closed.Load(), "the body of a request is always closed")
	req.Body = nil
	resp, err = retry.NewTransport(site, retry.Policy{}).RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	require.Error(t, err)
}

// Transports that break their contract must not break ours.
func TestTransport_oddBases(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rt := retry.NewTransport(roundTrip(func(*http.Request) (*http.Response, error) { return nil, nil }), retry.Policy{})
		_, _, err := send(t, rt, t.Context(), "GET", "")
		e, ok := errors.AsType[*errors.TransportError](err)
		require.True(t, ok)
		assert.Equal(t, 4, e.Attempts)

		rt = retry.NewTransport(roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 503}, nil
		}), retry.Policy{})
		resp, _, err := send(t, rt, t.Context(), "GET", "")
		require.NoError(t, err)
		assert.Equal(t, 503, resp.StatusCode)

		rt = retry.NewTransport(roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200}, errors.New("both")
		}), retry.Policy{})
		_, _, err = send(t, rt, t.Context(), "GET", "")
		require.ErrorContains(t, err, "both")
	})
}

func TestTransport_waits(t *testing.T) {
	t.Parallel()
	after := func(value string) http.Header { return http.Header{"Retry-After": {value}} }
	tests := []struct {
		name              string
		policy            retry.Policy
		header            http.Header
		tries             int
		shortest, longest time.Duration
	}{
		{"default", retry.Policy{}, nil, 4, 1750 * time.Millisecond, 3500 * time.Millisecond},
		{"own", retry.Policy{MinWait: 10 * time.Second, MaxWait: 20 * time.Second}, nil, 4, 25 * time.Second, 50 * time.Second},
		{"Retry-After in seconds", retry.Policy{}, after("7"), 4, 21 * time.Second, 21 * time.Second},
		{"Retry-After as a date", retry.Policy{MaxAttempts: 2}, after("Sat, 01 Jan 2000 00:00:20 GMT"), 2, 20 * time.Second, 20 * time.Second},
		{"Retry-After in the past", retry.Policy{}, after("Fri, 31 Dec 1999 00:00:00 GMT"), 4, 1750 * time.Millisecond, 3500 * time.Millisecond},
		{"Retry-After of MaxWait", retry.Policy{}, after("30"), 4, 90 * time.Second, 90 * time.Second},
		{"Retry-After above MaxWait", retry.Policy{}, after("31"), 1, 0, 0},
		{"Retry-After of a day", retry.Policy{MaxWait: time.Second}, after("86400"), 1, 0, 0},
		{"Retry-After that overflows", retry.Policy{}, after("99999999999999999999"), 1, 0, 0},
		{"Retry-After that is no number", retry.Policy{}, after("soon"), 4, 1750 * time.Millisecond, 3500 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // starts at 2000-01-01 00:00:00 UTC
				site := &script{steps: []step{{status: 502, header: tt.header}}}
				start := time.Now()
				resp, _, err := send(t, retry.NewTransport(site, tt.policy), t.Context(), "GET", "")
				require.NoError(t, err)
				assert.Equal(t, tt.tries, retry.Attempts(resp))
				assert.GreaterOrEqual(t, time.Since(start), tt.shortest)
				assert.LessOrEqual(t, time.Since(start), tt.longest)
			})
		})
	}
}

func TestTransport_deadlineTooNearForTheWait(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		bound time.Duration
		tries int
	}{{7 * time.Second, 1}, {7*time.Second + 1, 2}, {14*time.Second + 1, 3}} {
		synctest.Test(t, func(t *testing.T) {
			site := &script{steps: []step{{status: 503, body: "busy", header: http.Header{"Retry-After": {"7"}}}}}
			ctx, cancel := context.WithTimeout(t.Context(), tt.bound)
			defer cancel()
			start := time.Now()
			resp, body, err := send(t, retry.NewTransport(site, retry.Policy{}), ctx, "GET", "")
			require.NoError(t, err)
			assert.Equal(t, 503, resp.StatusCode)
			assert.Equal(t, "busy", body)
			assert.Equal(t, tt.tries, retry.Attempts(resp))
			assert.Equal(t, time.Duration(tt.tries-1)*7*time.Second, time.Since(start), "no wait in vain")
		})
	}
}

func TestTransport_contextEndsInAWait(t *testing.T) {
	t.Parallel()
	cut := errors.New("unexpected EOF")
	login := &errors.StatusError{Status: 503, Method: "POST", Attempts: 1}
	failed := &failure.Login{Err: login}
	tests := []struct {
		name    string
		method  string
		step    step
		unknown bool
	}{
		{"status", "GET", step{status: 503, body: conflict}, false},
		{"status of a proxy", "DELETE", step{status: 502}, true},
		{"no answer", "GET", step{err: cut}, false},
		{"no answer to a write", "DELETE", step{err: cut}, true},
		{"login", "DELETE", step{err: failed}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := &script{steps: []step{tt.step}}
				ctx, cancel := context.WithCancel(t.Context())
				rt := retry.NewTransport(site, retry.Policy{MinWait: 10 * time.Second, OnRetry: func(context.Context, retry.Attempt) {
					time.AfterFunc(time.Second, cancel)
				}})
				start := time.Now()
				_, _, err := send(t, rt, ctx, tt.method, "")
				assert.Equal(t, time.Second, time.Since(start))
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, tt.unknown, errors.Is(err, errors.ErrOutcomeUnknown))
				assert.Equal(t, 1, site.tries())
				assert.EqualValues(t, site.opened, site.closed.Load())
				if tt.step.status != 0 {
					e, ok := errors.AsType[*errors.StatusError](err)
					require.True(t, ok, "%T", err)
					assert.EqualValues(t, tt.step.status, e.Status)
					assert.Equal(t, 1, e.Attempts)
					assert.Equal(t, tt.step.body, string(e.Body))
				} else {
					require.ErrorIs(t, err, tt.step.err)
				}
				assert.NotContains(t, err.Error(), "\n")
				assert.NotErrorIs(t, login, errors.ErrOutcomeUnknown, "the error of the login is shared, and stays as it is")
				assert.NotErrorIs(t, login, context.Canceled)
			})
		})
	}
}

func TestTransport_contextEndsInALaterWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		rt := retry.NewTransport(&script{steps: []step{{status: 502}}}, retry.Policy{OnRetry: func(_ context.Context, a retry.Attempt) {
			if a.Number == 3 {
				cancel()
			}
		}})
		_, _, err := send(t, rt, ctx, "GET", "")
		require.ErrorIs(t, err, context.Canceled)
		e, ok := errors.AsType[*errors.StatusError](err)
		require.True(t, ok)
		assert.Equal(t, 3, e.Attempts)
	})
}

// What one answer asks for does not bind the wait after a later try.
func TestTransport_retryAfterOfTheLastTryOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		rt := retry.NewTransport(&script{steps: []step{
			{status: 503, header: http.Header{"Retry-After": {"7"}}}, {err: errors.New("cut")}, {status: 200},
		}}, retry.Policy{OnRetry: func(_ context.Context, a retry.Attempt) { waits = append(waits, a.Wait) }})
		_, _, err := send(t, rt, t.Context(), "GET", "")
		require.NoError(t, err)
		require.Len(t, waits, 2)
		assert.Equal(t, 7*time.Second, waits[0])
		assert.LessOrEqual(t, waits[1], time.Second)
	})
}

func TestTransport_contextEndedDuringTheTry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		site := &script{steps: []step{{status: 502}}}
		rt := retry.NewTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
			resp, err := site.RoundTrip(req)
			cancel()
			return resp, err
		}), retry.Policy{})
		start := time.Now()
		_, _, err := send(t, rt, ctx, "DELETE", "")
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, errors.ErrBadGateway)
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
		assert.Zero(t, time.Since(start))
		assert.EqualValues(t, 1, site.closed.Load())

		// The context is what ended the try: it is named once.
		_, _, err = send(t, rt, ctx, "GET", "")
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 1, strings.Count(err.Error(), "canceled"), "%v", err)
	})
}

func TestTransport_OnRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var seen []retry.Attempt
		var at []time.Duration
		cut := errors.New("unexpected EOF")
		start := time.Now()
		rt := retry.NewTransport(&script{steps: []step{{status: 503, body: conflict}, {err: cut}, {status: 200}}}, retry.Policy{
			OnRetry: func(ctx context.Context, a retry.Attempt) {
				assert.Equal(t, "trace", ctx.Value(key{}))
				seen = append(seen, a)
				at = append(at, time.Since(start))
			},
		})
		_, _, err := send(t, rt, context.WithValue(t.Context(), key{}, "trace"), "PUT", "{}")
		require.NoError(t, err)
		require.Len(t, seen, 2)
		for i, a := range seen {
			assert.Equal(t, i+1, a.Number)
			assert.Equal(t, "PUT", a.Method)
			assert.Equal(t, "http://plone.test/a%2Fdoc", a.URL.String())
		}
		assert.Equal(t, 503, seen[0].Status)
		require.ErrorIs(t, seen[0].Err, errors.ErrUnavailable)
		assert.Zero(t, seen[1].Status)
		require.ErrorIs(t, seen[1].Err, cut)
		require.ErrorIs(t, seen[1].Err, errors.ErrOutcomeUnknown)
		assert.Equal(t, []time.Duration{0, seen[0].Wait}, at, "before each wait")
		assert.Equal(t, seen[0].Wait+seen[1].Wait, time.Since(start))
	})
}

func TestTransport_Verify(t *testing.T) {
	t.Parallel()
	cut := errors.New("unexpected EOF")
	unreachable := errors.New("cannot look")
	there := func() (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("there"))}, nil
	}
	notThere := func() (*http.Response, error) { return nil, nil }
	unsure := func() (*http.Response, error) { return nil, unreachable }
	tests := []struct {
		name   string
		steps  []step
		verify func() (*http.Response, error)
		tries  int
		asked  int
		status int   // 0 for an error
		err    error // that matches
	}{
		{"done by the lost try", []step{{err: cut}}, there, 1, 1, 200, nil},
		{"done behind a proxy's 502", []step{{status: 502}}, there, 1, 1, 200, nil},
		{"not done", []step{{err: cut}, {status: 201}}, notThere, 2, 1, 201, nil},
		{"never sure after a lost answer", []step{{err: cut}}, unsure, 1, 1, 0, cut},
		{"never sure after a 502", []step{{status: 502}}, unsure, 1, 1, 0, errors.ErrBadGateway},
		{"rolled back, no need to ask", []step{{status: 500, body: conflict}, {status: 201}}, unsure, 2, 0, 201, nil},
		{"rolled back later does not tell about the first", []step{{status: 504}, {status: 500, body: conflict}, {status: 201}}, notThere, 3, 2, 201, nil},
		{"last try lost", []step{{err: cut}}, notThere, 4, 3, 0, cut},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := &script{steps: tt.steps}
				rt := retry.NewTransport(site, retry.Policy{})
				asked := 0
				ctx := retry.WithCall(t.Context(), retry.Call{Kind: retry.Once, Verify: func(context.Context) (*http.Response, error) {
					asked++
					return tt.verify()
				}})
				resp, body, err := send(t, rt, ctx, "POST", "{}")
				assert.Equal(t, tt.tries, site.tries())
				assert.Equal(t, tt.asked, asked)
				assert.EqualValues(t, site.opened, site.closed.Load())
				if tt.status == 0 {
					require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
					require.ErrorIs(t, err, tt.err)
					if tt.tries == 1 {
						require.ErrorIs(t, err, unreachable)
					}
					return
				}
				require.NoError(t, err)
				assert.Equal(t, tt.status, resp.StatusCode)
				assert.Equal(t, tt.tries, retry.Attempts(resp))
				assert.False(t, retry.OutcomeUnknown(resp))
				if tt.status == 200 {
					assert.Equal(t, "there", body)
				}
			})
		})
	}
}

// The request of Verify goes through the same transport, and must not be taken
// for the call that it verifies.
func TestTransport_Verify_hasAContextOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := &script{steps: []step{{status: 502}, {status: 502}, {status: 200, body: "looked"}, {status: 201}}}
		rt := retry.NewTransport(site, retry.Policy{})
		ctx := retry.WithCall(t.Context(), retry.Call{Kind: retry.Once, Verify: func(ctx context.Context) (*http.Response, error) {
			resp, body, err := send(t, rt, ctx, "GET", "")
			require.NoError(t, err)
			assert.Equal(t, "looked", body)
			assert.Equal(t, 2, retry.Attempts(resp), "a GET is repeated as such")
			return nil, nil
		}})
		resp, _, err := send(t, rt, ctx, "POST", "{}")
		require.NoError(t, err)
		assert.Equal(t, 2, retry.Attempts(resp))
		assert.Equal(t, []string{"{}", "", "", "{}"}, site.bodies)
	})
}

// A login below the transport fails before the request is sent.
func TestTransport_errorsOfALogin(t *testing.T) {
	t.Parallel()
	status := func(code errors.Status) *errors.StatusError { return &errors.StatusError{Status: code, Attempts: 1} }
	noAnswer := &errors.TransportError{Attempts: 1, Err: errors.New("unexpected EOF")}
	tests := []struct {
		name  string
		err   error
		tries int
	}{
		{"unavailable", status(503), 4},
		{"bad gateway", fmt.Errorf("login: %w", status(502)), 4},
		{"not implemented", status(501), 1},
		{"bad request", status(400), 1},
		{"unauthorized", &errors.UnauthorizedError{StatusError: status(401)}, 1},
		{"lost", noAnswer, 4},
		{"not JSON", &errors.DecodeError{Err: errors.New("HTML")}, 1},
		{"expired", errors.Reason("expired"), 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tt.err = &failure.Login{Err: tt.err}
				site := &script{steps: []step{{err: tt.err}}}
				_, _, err := send(t, retry.NewTransport(site, retry.Policy{}), t.Context(), "POST", "{}")
				assert.Equal(t, tt.err, err, "as it is")
				assert.Equal(t, tt.tries, site.tries())

				// The login may fail when the request has been sent once already.
				site = &script{steps: []step{{err: errors.New("cut")}, {err: tt.err}}}
				_, _, err = send(t, retry.NewTransport(site, retry.Policy{}), t.Context(), "DELETE", "")
				require.ErrorIs(t, err, tt.err)
				require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		asked := status(503)
		asked.RetryAfter = 20 * time.Second
		site := &script{steps: []step{{err: &failure.Login{Err: asked}}, {status: 204}}}
		start := time.Now()
		_, _, err := send(t, retry.NewTransport(site, retry.Policy{}), t.Context(), "POST", "{}")
		require.NoError(t, err)
		assert.Equal(t, 20*time.Second, time.Since(start), "a login's Retry-After counts")
	})
}

func TestTransport_bodyThatCannotBeReplayed(t *testing.T) {
	t.Parallel()
	site := &script{steps: []step{{status: 500, body: conflict}}}
	var closed atomic.Int64
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, docURL, nil)
	require.NoError(t, err)
	req.Body = &countedBody{Reader: strings.NewReader("once"), closed: &closed}
	resp, err := retry.NewTransport(site, retry.Policy{}).RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, []string{"once"}, site.bodies)
	assert.EqualValues(t, 1, closed.Load())
}

func TestTransport_emptyBodiesAreReplayed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := &script{steps: []step{{status: 502}, {status: 204}}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, docURL, http.NoBody)
		require.NoError(t, err)
		req.GetBody = nil
		resp, err := retry.NewTransport(site, retry.Policy{}).RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, 2, site.tries())
	})
}

func TestTransport_GetBodyFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("file is gone")
		site := &script{steps: []step{{status: 503, body: conflict}}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, docURL, strings.NewReader("{}"))
		require.NoError(t, err)
		req.GetBody = func() (io.ReadCloser, error) { return nil, gone }
		resp, err := retry.NewTransport(site, retry.Policy{}).RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		require.ErrorIs(t, err, gone)
		require.ErrorIs(t, err, errors.ErrUnavailable)
		assert.Equal(t, 1, site.tries())
	})
}

func TestTransport_bodiesAreNotHeldInMemory(t *testing.T) {
	const size = 64 << 20
	var sent []int64
	opened, closed := 0, new(atomic.Int64)
	base := roundTrip(func(req *http.Request) (*http.Response, error) {
		n, err := io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
		sent = append(sent, n)
		assert.EqualValues(t, size, req.ContentLength)
		return &http.Response{StatusCode: 502, Body: http.NoBody, Header: http.Header{}}, err
	})
	rt := retry.NewTransport(base, retry.Policy{MaxAttempts: 3, MinWait: 1, MaxWait: 1})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, docURL, nil)
	require.NoError(t, err)
	data := bytes.NewReader(make([]byte, size))
	req.ContentLength = size
	req.GetBody = func() (io.ReadCloser, error) {
		opened++
		return &countedBody{Reader: io.NewSectionReader(data, 0, size), closed: closed}, nil
	}
	req.Body, err = req.GetBody()
	require.NoError(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	resp, err := rt.RoundTrip(req)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, []int64{size, size, size}, sent)
	assert.Equal(t, 3, opened, "once for each try")
	assert.EqualValues(t, 3, closed.Load())
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(256<<10))
}

// Nothing of an answer below 500 is read by the transport.
func TestTransport_streams(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 404} {
		r, w := io.Pipe()
		rt := retry.NewTransport(roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: r}, nil
		}), retry.Policy{})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, docURL, nil)
		require.NoError(t, err)
		resp, err := rt.RoundTrip(req) // would block if it read
		require.NoError(t, err)
		assert.Same(t, r, resp.Body)
		require.NoError(t, w.Close())
		require.NoError(t, resp.Body.Close())
	}
}

func TestTransport_leavesTheRequestAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := &script{steps: []step{{status: 502}, {status: 200}}}
		login := roundTrip(func(req *http.Request) (*http.Response, error) {
			req = req.Clone(req.Context())
			req.Header.Add("Authorization", "Bearer token")
			return site.RoundTrip(req)
		})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, docURL, strings.NewReader("{}"))
		require.NoError(t, err)
		req.Header.Set("Accept", "application/json")
		req.Host = "public.test"
		was := *req
		header := req.Header.Clone()
		resp, err := retry.NewTransport(login, retry.Policy{}).RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		was.GetBody, req.GetBody = nil, nil // functions do not compare
		assert.Equal(t, &was, req)
		assert.Equal(t, header, req.Header)
		for _, sent := range site.headers {
			assert.Equal(t, http.Header{"Accept": {"application/json"}, "Authorization": {"Bearer token"}}, sent,
				"user info of the URL is not sent either")
		}
		assert.Equal(t, header, resp.Request.Header)
		assert.Equal(t, "public.test", resp.Request.Host)
	})
}

func TestTransport_leavesABodyOfASafeRequestAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := &script{steps: []step{{status: 502}, {status: 200}}}
		body := &countedBody{Reader: strings.NewReader("{}"), closed: new(atomic.Int64)}
		req, err := http.NewRequestWithContext(retry.WithCall(t.Context(), retry.Call{Kind: retry.Safe}), http.MethodPost, docURL, body)
		require.NoError(t, err)
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("{}")), nil }
		resp, err := retry.NewTransport(site, retry.Policy{}).RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, []string{"{}", "{}"}, site.bodies)
		assert.Same(t, body, req.Body)
	})
}

func TestTransport_redirectsArePassedOn(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"http://plone.test/other", "://", ""} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			site := &script{steps: []step{{status: status, header: http.Header{"Location": {location}}, body: "moved"}}}
			rt := retry.NewTransport(site, retry.Policy{})
			resp, body, err := send(t, rt, t.Context(), "POST", "{}")
			require.NoError(t, err)
			assert.Equal(t, status, resp.StatusCode)
			assert.Equal(t, location, resp.Header.Get("Location"))
			assert.Equal(t, "moved", body)
			assert.Equal(t, 1, site.tries())
		}
	}
}

func TestAttempts_ofOtherResponses(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, docURL, nil)
	require.NoError(t, err)
	for _, resp := range []*http.Response{nil, {StatusCode: 502}, {StatusCode: 502, Request: req}} {
		assert.Equal(t, 1, retry.Attempts(resp))
		assert.False(t, retry.OutcomeUnknown(resp))
	}
}

func TestTransport_budget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := &script{steps: []step{{status: 502}}}
		rt := retry.NewTransport(site, retry.Policy{})
		var tries []int
		for range 6 {
			resp, _, err := send(t, rt, t.Context(), "GET", "")
			require.NoError(t, err)
			tries = append(tries, retry.Attempts(resp))
		}
		assert.Equal(t, []int{4, 4, 4, 2, 1, 1}, tries, "ten repeats are free")

		site.steps = []step{{status: 404}}
		for range 5 {
			_, _, err := send(t, rt, t.Context(), "GET", "")
			require.NoError(t, err)
		}
		site.steps = []step{{status: 502}}
		resp, _, err := send(t, rt, t.Context(), "GET", "")
		require.NoError(t, err)
		assert.Equal(t, 2, retry.Attempts(resp), "five answers pay for one more")
	})
}

// A call that Verify answers has not been repeated, and costs nothing.
func TestTransport_budget_isNotSpentByVerify(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rt := retry.NewTransport(&script{steps: []step{{status: 502}}}, retry.Policy{})
		ctx := retry.WithCall(t.Context(), retry.Call{Kind: retry.Once, Verify: func(context.Context) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		}})
		for range 30 {
			resp, _, err := send(t, rt, ctx, "POST", "{}")
			require.NoError(t, err)
			require.Equal(t, 200, resp.StatusCode)
		}
	})
}

func TestTransport_httpClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mock := httpmock.NewMockTransport()
		mock.RegisterResponder("GET", "http://plone.test/doc",
			httpmock.NewStringResponder(503, "").Then(httpmock.NewStringResponder(200, "{}")))
		c := &http.Client{Transport: retry.NewTransport(mock, retry.Policy{MinWait: 10 * time.Second}), Timeout: time.Minute}
		start := time.Now()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://plone.test/doc", nil)
		require.NoError(t, err)
		resp, err := c.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, 200, resp.StatusCode)
		assert.Equal(t, 2, retry.Attempts(resp))
		assert.InDelta(t, 7.5, time.Since(start).Seconds(), 2.5)
	})
}

// dials counts the connections that a transport for a test server makes.
func dials(t *testing.T, handler http.Handler) (*httptest.Server, *http.Transport, *atomic.Int64) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	var n atomic.Int64
	base := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		n.Add(1)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	t.Cleanup(base.CloseIdleConnections)
	return server, base, &n
}

// get fetches a page and reads it to the end.
func get(t *testing.T, rt http.RoundTripper, method, url string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	resp, err := rt.RoundTrip(req)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	return resp, err
}

func TestTransport_keepsTheConnection(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 4 << 10, 200 << 10, 256 << 10} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			page := strings.Repeat("x", size)
			server, base, n := dials(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/bad" {
					w.WriteHeader(http.StatusBadGateway)
					_, _ = io.WriteString(w, page)
				}
			}))
			rt := retry.NewTransport(base, retry.Policy{MaxAttempts: 2, MinWait: 1, MaxWait: 1})
			for range 10 {
				_, err := get(t, rt, http.MethodGet, server.URL+"/good")
				require.NoError(t, err)
				_, err = get(t, rt, http.MethodGet, server.URL+"/bad")
				require.NoError(t, err)
			}
			assert.EqualValues(t, 1, n.Load())
		})
	}
}

func TestTransport_doesNotReadAnEndlessAnswer(t *testing.T) {
	t.Parallel()
	served := 0
	server, base, n := dials(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served++
		if served == 2 {
			return
		}
		w.WriteHeader(http.StatusBadGateway)
		for {
			if _, err := io.WriteString(w, strings.Repeat("x", 32<<10)); err != nil {
				return
			}
		}
	}))
	rt := retry.NewTransport(base, retry.Policy{MinWait: 1, MaxWait: 1})
	resp, err := get(t, rt, http.MethodGet, server.URL)
	require.NoError(t, err)
	assert.Equal(t, 200, resp.StatusCode)
	assert.EqualValues(t, 2, n.Load(), "a new connection is cheaper")
}

// The pool belongs to the user, and other clients.
func TestTransport_neverClosesThePool(t *testing.T) {
	t.Parallel()
	base := &closer{RoundTripper: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("cut") })}
	rt := retry.NewTransport(base, retry.Policy{MinWait: 1, MaxWait: 1})
	_, _, err := send(t, rt, t.Context(), "GET", "")
	require.Error(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = send(t, rt, ctx, "GET", "")
	require.Error(t, err)
	assert.Zero(t, base.closed)
}

type closer struct {
	http.RoundTripper
	closed int
}

func (c *closer) CloseIdleConnections() { c.closed++ }

func TestTransport_onTheWire(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	server, base, _ := dials(t, http.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		panic(http.ErrAbortHandler) // the connection ends without an answer
	}))
	rt := retry.NewTransport(base, retry.Policy{MinWait: 1, MaxWait: 1})
	for _, tt := range []struct {
		method  string
		tries   int64
		unknown bool
	}{{"GET", 4, false}, {"POST", 1, true}, {"DELETE", 4, true}} {
		served.Store(0)
		_, err := get(t, rt, tt.method, server.URL)
		require.Error(t, err)
		assert.Equal(t, tt.tries, served.Load(), tt.method)
		assert.Equal(t, tt.unknown, errors.Is(err, errors.ErrOutcomeUnknown), "%s: %v", tt.method, err)
	}
}

// HTTP/2 says in its own way that it has a connection.
func TestTransport_onTheWire_http2(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		assert.Equal(t, 2, r.ProtoMajor)
		served.Add(1)
		panic(http.ErrAbortHandler)
	}))
	server.Config.ErrorLog = quiet()
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	rt := retry.NewTransport(server.Client().Transport, retry.Policy{MinWait: 1, MaxWait: 1})
	for range 2 { // on a new connection and on one that is known
		served.Store(0)
		_, err := get(t, rt, http.MethodPost, server.URL)
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
		assert.EqualValues(t, 1, served.Load())
	}
}

// A try below which there was no http.Transport is not judged by an earlier one.
func TestTransport_dialOfTheLastTryOnly(t *testing.T) {
	t.Parallel()
	refused := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("refused")
	}}
	tries := 0
	rt := retry.NewTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
		if tries++; tries == 1 {
			return refused.RoundTrip(req)
		}
		return nil, errors.New("cut")
	}), retry.Policy{MinWait: 1, MaxWait: 1})
	_, err := get(t, rt, http.MethodPost, "http://plone.test/")
	require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
	assert.Equal(t, 2, tries)
}

// Whatever ends a request before there is a connection, nothing was sent.
func TestTransport_neverConnected(t *testing.T) {
	t.Parallel()
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){
		"refused": func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") },
		"TLS": func(ctx context.Context, _, _ string) (net.Conn, error) {
			client, server := net.Pipe()
			return client, server.Close() // in the middle of the handshake
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rt := retry.NewTransport(&http.Transport{DialContext: dial}, retry.Policy{MinWait: 1, MaxWait: 1})
			_, err := get(t, rt, http.MethodPost, "https://plone.test/")
			e, ok := errors.AsType[*errors.TransportError](err)
			require.True(t, ok)
			assert.Equal(t, 4, e.Attempts)
			require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
		})
	}
	t.Run("context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		rt := retry.NewTransport(&http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		}}, retry.Policy{})
		_, _, err := send(t, rt, ctx, http.MethodPost, "{}")
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
	})
	t.Run("certificate", func(t *testing.T) {
		t.Parallel()
		var n atomic.Int64
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = quiet()
		server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				n.Add(1)
			}
		}
		server.StartTLS()
		defer server.Close()
		_, err := get(t, retry.NewTransport(new(http.Transport), retry.Policy{}), http.MethodPost, server.URL)
		require.Error(t, err)
		require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
		assert.EqualValues(t, 1, n.Load(), "a certificate does not get better")
	})
}

// A try that was connected does not speak for the next one that is not.
func TestTransport_connectionOfTheLastTryOnly(t *testing.T) {
	t.Parallel()
	server, base, n := dials(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, conflict)
	}))
	dial := base.DialContext
	base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if n.Load() > 0 {
			n.Add(1)
			return nil, errors.New("no more")
		}
		return dial(ctx, network, addr)
	}
	_, err := get(t, retry.NewTransport(base, retry.Policy{MinWait: 1, MaxWait: 1}), http.MethodPost, server.URL)
	require.Error(t, err)
	require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
	assert.EqualValues(t, 4, n.Load())
}

func TestNewTransport_defaultBase(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	resp, err := get(t, retry.NewTransport(nil, retry.Policy{MaxAttempts: -1}), http.MethodGet, server.URL)
	require.NoError(t, err)
	assert.Equal(t, 200, resp.StatusCode)
}

func TestTransport_concurrent(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	server, base, _ := dials(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if served.Add(1)%10 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, conflict)
			return
		}
		_, _ = w.Write(body)
	}))
	rt := retry.NewTransport(base, retry.Policy{MaxAttempts: 10, MinWait: 1, MaxWait: 1})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				want := fmt.Sprint(g, i)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(want))
				if !assert.NoError(t, err) {
					return
				}
				resp, err := rt.RoundTrip(req)
				if !assert.NoError(t, err) {
					return
				}
				got, err := io.ReadAll(resp.Body)
				assert.NoError(t, err)
				assert.NoError(t, resp.Body.Close())
				assert.Equal(t, want, string(got))
				assert.Equal(t, 200, resp.StatusCode)
			}
		})
	}
	wg.Wait()
}

// Not parallel: it looks at what the process writes.
func TestTransport_printsNothing(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	stderr, stdout := os.Stderr, os.Stdout
	os.Stderr, os.Stdout = w, w
	rt := retry.NewTransport(&script{steps: []step{{status: 502}, {err: errors.New("cut")}}}, retry.Policy{MinWait: 1, MaxWait: 1})
	_, _, sendErr := send(t, rt, t.Context(), "GET", "")
	os.Stderr, os.Stdout = stderr, stdout
	require.Error(t, sendErr)
	require.NoError(t, w.Close())
	printed, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	assert.Empty(t, string(printed))
}

// quiet is a log for a server whose handshakes are meant to fail.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
