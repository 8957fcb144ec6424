package retry_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// quickly is the default policy without its waits.
func quickly(p retry.Policy) retry.Policy {
	p.MinWait, p.MaxWait = 1, 1
	return p
}

// request sends method, with body unless it is empty, and returns the response.
func request(t *testing.T, rt http.RoundTripper, method, url, body string, header http.Header) (*http.Response, error) {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, r)
	require.NoError(t, err)
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := rt.RoundTrip(req)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	return resp, err
}

// A server that refuses the certificate of the client, or the terms of the
// handshake, has got no request, although the handshake seems to be done in TLS 1.3.
func TestTransport_refusedByTLS(t *testing.T) {
	t.Parallel()
	cert, trusting := certificate(t)
	for name, server := range map[string]*tls.Config{
		"no certificate, 1.3": {ClientAuth: tls.RequireAnyClientCert},
		"no certificate, 1.2": {ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12},
		"unknown, 1.3":        {ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool()},
		"unknown, 1.2":        {ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(), MaxVersion: tls.VersionTLS12},
		"version":             {MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10},
		"protocol":            {NextProtos: []string{"gopher"}},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
			for _, traced := range []bool{true, false} {
				t.Run(fmt.Sprint(name, method, traced), func(t *testing.T) {
					t.Parallel()
					config := server.Clone()
					config.Certificates = []tls.Certificate{cert}
					listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
					require.NoError(t, err)
					var accepted, requests atomic.Int64
					served := make(chan struct{})
					go func() {
						defer close(served)
						for {
							conn, err := listener.Accept()
							if err != nil {
								return
							}
							accepted.Add(1)
							if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
								requests.Add(1)
							}
							_ = conn.(*tls.Conn).NetConn().(*net.TCPConn).CloseWrite()
							_, _ = io.Copy(io.Discard, conn.(*tls.Conn).NetConn())
							_ = conn.Close()
						}
					}()
					t.Cleanup(func() { _ = listener.Close(); <-served })
					client := trusting.Clone()
					if strings.HasPrefix(name, "unknown") {
						client.Certificates = []tls.Certificate{cert}
					}
					if name == "protocol" {
						client.NextProtos = []string{"http/1.1"}
					}
					base := &http.Transport{TLSClientConfig: client}
					t.Cleanup(base.CloseIdleConnections)
					var rt http.RoundTripper = base
					if !traced {
						rt = withoutTraces(base)
					}
					_, err = request(t, retry.NewTransport(rt, quickly(retry.Policy{})), method, "https://"+listener.Addr().String()+"/", "{}", nil)
					require.Error(t, err)
					assert.Zero(t, requests.Load())
					if traced {
						require.NotErrorIs(t, err, errors.ErrOutcomeUnknown, "%v", err)
					}
					if traced || method == http.MethodGet {
						assert.EqualValues(t, 1, accepted.Load(), "%v", err)
					}
				})
			}
		}
	}
}

// An alert that comes after a response, or on a connection that has carried a
// request before, is not about the handshake.
func TestTransport_alertAfterTheHandshakeProvesNothing(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "remote error", Err: tls.AlertError(116)}
	for name, reused := range map[string]bool{"fresh": false, "reused": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := roundTrip(func(req *http.Request) (*http.Response, error) {
				_ = req.Body.Close()
				observe(req, reused)
				return nil, refused
			})
			_, err := request(t, retry.NewTransport(base, quickly(retry.Policy{})), http.MethodPost, docURL, "{}", nil)
			require.ErrorIs(t, err, refused)
			assert.Equal(t, reused, errors.Is(err, errors.ErrOutcomeUnknown))
		})
	}
}

// A proxy that does not open a tunnel has sent nothing on. One that refuses it, by
// a 4xx, refuses it again.
func TestTransport_proxyAnswersCONNECT(t *testing.T) {
	t.Parallel()
	for status, attempts := range map[int]int64{400: 1, 403: 1, 404: 1, 405: 1, 407: 1, 429: 1, 500: 4, 502: 4, 503: 4, 504: 4} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(fmt.Sprint(status, method), func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int64
				proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					asked.Add(1)
					w.WriteHeader(status)
				}))
				t.Cleanup(proxy.Close)
				base := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }}
				_, err := request(t, retry.NewTransport(base, quickly(retry.Policy{})), method, "https://plone.test/", "{}", nil)
				require.ErrorContains(t, err, http.StatusText(status))
				require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
				assert.Equal(t, attempts, asked.Load())
			})
		}
	}
}

// staleServer answers the first request of each connection. It takes the second
// one, and closes the connection without a response. It counts what it got.
func staleServer(t *testing.T) (address string, requests *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	requests = new(atomic.Int64)
	serve := func(conn net.Conn) {
		defer conn.Close()
		in := bufio.NewReader(conn)
		for number := range 2 {
			req, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			requests.Add(1)
			if number == 0 {
				_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
			}
		}
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String(), requests
}

// net/http sends some requests again by itself when a connection that it used
// before ends without a response. The retry layer is the only one that does so.
func TestTransport_onlyTheRetryLayerSendsAgain(t *testing.T) {
	t.Parallel()
	key := http.Header{"Idempotency-Key": {"1"}}
	for name, tt := range map[string]struct {
		method, body string
		header       http.Header
		policy       retry.Policy
		attempts     int
		unknown      bool
	}{
		"POST with a key":              {"POST", "{}", key, retry.Policy{}, 1, true},
		"POST with the other key":      {"POST", "{}", http.Header{"X-Idempotency-Key": {"1"}}, retry.Policy{}, 1, true},
		"POST with a key, no body":     {"POST", "", key, retry.Policy{}, 1, true},
		"POST":                         {"POST", "{}", nil, retry.Policy{}, 1, true},
		"POST without a body":          {"POST", "", nil, retry.Policy{}, 1, true},
		"PATCH with a key":             {"PATCH", "{}", key, retry.Policy{}, 1, true},
		"PUT with a key":               {"PUT", "{}", key, retry.Policy{}, 2, false},
		"DELETE":                       {"DELETE", "", nil, retry.Policy{}, 2, false},
		"GET":                          {"GET", "", nil, retry.Policy{}, 2, false},
		"HEAD":                         {"HEAD", "", nil, retry.Policy{}, 2, false},
		"OPTIONS":                      {"OPTIONS", "", nil, retry.Policy{}, 2, false},
		"GET, never":                   {"GET", "", nil, retry.Policy{Mode: retry.Never}, 1, false},
		"GET, one attempt":             {"GET", "", nil, retry.Policy{MaxAttempts: 1}, 1, false},
		"POST with a key, every 5xx":   {"POST", "{}", key, retry.Policy{Mode: retry.Every5xx}, 2, false},
		"DELETE with a key, 1 attempt": {"DELETE", "", key, retry.Policy{MaxAttempts: 1}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, requests := staleServer(t)
			base := new(http.Transport)
			t.Cleanup(base.CloseIdleConnections)
			rt := retry.NewTransport(base, quickly(tt.policy))
			_, err := request(t, rt, http.MethodGet, "http://"+address+"/", "", nil)
			require.NoError(t, err)
			requests.Store(0)
			resp, err := request(t, rt, tt.method, "http://"+address+"/", tt.body, tt.header)
			if tt.attempts == 2 {
				require.NoError(t, err)
				assert.Equal(t, 2, retry.Attempts(resp))
			} else {
				e, typed := errors.AsType[*errors.TransportError](err)
				require.True(t, typed, "%v", err)
				assert.Equal(t, 1, e.Attempts)
			}
			assert.EqualValues(t, tt.attempts, requests.Load())
			assert.Equal(t, tt.unknown, errors.Is(err, errors.ErrOutcomeUnknown), "%v", err)
		})
	}
}

// What net/http knows was not sent, it may send: of a connection that takes no byte.
func TestTransport_closedBeforeItWasUsed(t *testing.T) {
	t.Parallel()
	address, requests := staleServer(t)
	var conns []net.Conn
	base := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		broken := &unwritable{Conn: conn}
		conns = append(conns, broken)
		return broken, err
	}}
	t.Cleanup(base.CloseIdleConnections)
	rt := retry.NewTransport(base, quickly(retry.Policy{MaxAttempts: 1}))
	for range 2 {
		_, err := request(t, rt, http.MethodPost, "http://"+address+"/", "{}", nil)
		require.NoError(t, err)
		conns[len(conns)-1].(*unwritable).now.Store(true)
	}
	assert.EqualValues(t, 2, requests.Load())
	assert.Len(t, conns, 2)
}

// Nothing was sent either when the connection was closed before net/http wrote to
// it, and the next one is refused.
func TestTransport_closedBeforeItWasUsed_thenRefused(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for name, wrote := range map[string]bool{"nothing written": false, "something written": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := roundTrip(func(req *http.Request) (*http.Response, error) {
				_ = req.Body.Close()
				trace := httptrace.ContextClientTrace(req.Context())
				trace.GetConn("plone.test:80")
				trace.GotConn(httptrace.GotConnInfo{Reused: true})
				if wrote {
					trace.WroteHeaders()
				}
				trace.GetConn("plone.test:80")
				return nil, dial
			})
			_, err := request(t, retry.NewTransport(base, quickly(retry.Policy{})), http.MethodPost, docURL, "{}", nil)
			require.ErrorIs(t, err, dial)
			assert.Equal(t, wrote, errors.Is(err, errors.ErrOutcomeUnknown))
		})
	}
}

// What a transport below sends on its own, with the context of the request, is no
// repeat of it.
func TestTransport_otherRequestsBelow(t *testing.T) {
	t.Parallel()
	address, _ := staleServer(t)
	other, _ := staleServer(t)
	net1 := new(http.Transport)
	t.Cleanup(net1.CloseIdleConnections)
	get := func(ctx context.Context, rt http.RoundTripper, host string) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/", nil)
		require.NoError(t, err)
		resp, err := rt.RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	for name, before := range map[string]func(ctx context.Context){
		"answered": func(ctx context.Context) { assert.NoError(t, get(ctx, net1, address)) },
		"lost, elsewhere": func(ctx context.Context) {
			assert.NoError(t, get(ctx, net1, other))
			_ = get(untraced{ctx}, net1, other)
		},
		"retried from here": func(ctx context.Context) {
			inner := retry.NewTransport(net1, quickly(retry.Policy{}))
			assert.NoError(t, get(untraced{ctx}, inner, address))
			assert.NoError(t, get(ctx, inner, address)) // lost on the used connection, and repeated
		},
	} {
		t.Run(name, func(t *testing.T) {
			net1.CloseIdleConnections()
			base := roundTrip(func(req *http.Request) (*http.Response, error) {
				before(req.Context())
				net1.CloseIdleConnections()
				return net1.RoundTrip(req)
			})
			resp, err := request(t, retry.NewTransport(base, quickly(retry.Policy{MaxAttempts: 1})), http.MethodGet, "http://"+address+"/", "", nil)
			require.NoError(t, err)
			assert.Equal(t, 1, retry.Attempts(resp))
		})
	}
}

// untraced is a context whose requests are not reported.
type untraced struct{ context.Context }

func (untraced) Value(any) any { return nil }

// observe reports to the trace of req what net/http does.
func observe(req *http.Request, reused bool) {
	trace := httptrace.ContextClientTrace(req.Context())
	trace.GetConn("plone.test:443")
	trace.GotConn(httptrace.GotConnInfo{Reused: reused})
	trace.WroteHeaders()
}

// unwritable is a connection that takes no byte from a moment on.
type unwritable struct {
	net.Conn
	now atomic.Bool
}

func (c *unwritable) Write(p []byte) (int, error) {
	if c.now.Load() {
		return 0, errors.New("broken pipe")
	}
	return c.Conn.Write(p)
}

// A server that switches protocols says nothing more in HTTP, and does not end.
func TestTransport_switchingProtocols(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				body := &silent{closed: make(chan struct{})}
				base := roundTrip(func(req *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: http.StatusSwitchingProtocols, Header: http.Header{}, Body: body}, nil
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				start := time.Now()
				resp, text, err := send(t, retry.NewTransport(base, retry.Policy{}), ctx, method, "")
				require.NoError(t, err)
				assert.Zero(t, time.Since(start))
				assert.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
				assert.Empty(t, text)
				assert.Equal(t, method == http.MethodPost, retry.OutcomeUnknown(resp))
				<-body.closed
			})
		})
	}
}

// silent is the body of a 101: a connection on which nothing comes.
type silent struct{ closed chan struct{} }

func (s *silent) Read([]byte) (int, error)    { <-s.closed; return 0, io.EOF }
func (s *silent) Write(p []byte) (int, error) { return len(p), nil }
func (s *silent) Close() error                { close(s.closed); return nil }

// A read whose body breaks off is sent again, as one without a response is.
func TestTransport_readsTheBodyWithinTheAttempt(t *testing.T) {
	t.Parallel()
	broken := step{status: 200, body: "half"}
	for name, tt := range map[string]struct {
		method   string
		kind     retry.Kind
		policy   retry.Policy
		steps    []step
		fail     error
		attempts int
		waited   bool
	}{
		"once":          {"GET", retry.ByMethod, retry.Policy{}, []step{broken, {status: 200, body: "whole"}}, nil, 2, true},
		"503 first":     {"GET", retry.ByMethod, retry.Policy{}, []step{{status: 503}, broken, {status: 200, body: "whole"}}, nil, 3, true},
		"POST to read":  {"POST", retry.Safe, retry.Policy{}, []step{broken, {status: 200, body: "whole"}}, nil, 2, true},
		"always":        {"GET", retry.ByMethod, retry.Policy{}, []step{broken}, io.ErrUnexpectedEOF, 4, true},
		"never":         {"GET", retry.ByMethod, retry.Policy{Mode: retry.Never}, []step{broken}, io.ErrUnexpectedEOF, 1, false},
		"a write":       {"DELETE", retry.ByMethod, retry.Policy{}, []step{broken}, io.ErrUnexpectedEOF, 1, false},
		"not readable":  {"GET", retry.ByMethod, retry.Policy{}, []step{{status: 404, body: "half"}}, nil, 1, false},
		"not 2xx, then": {"GET", retry.ByMethod, retry.Policy{}, []step{broken, {status: 404, body: "whole"}}, nil, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := &script{steps: tt.steps}
				var seen []retry.Attempt
				tt.policy.OnRetry = func(_ context.Context, a retry.Attempt) { seen = append(seen, a) }
				var last error
				ctx := retry.WithCall(t.Context(), retry.Call{Kind: tt.kind, Read: func(resp *http.Response) error {
					text, err := io.ReadAll(resp.Body)
					last = err
					if err == nil && string(text) == "half" {
						last = io.ErrUnexpectedEOF
					}
					return last
				}})
				start := time.Now()
				resp, _, err := send(t, retry.NewTransport(site, tt.policy), ctx, tt.method, "")
				require.NoError(t, err)
				assert.Equal(t, tt.attempts, retry.Attempts(resp))
				assert.Equal(t, tt.attempts, site.tries())
				if resp.StatusCode == 200 && tt.method != "DELETE" {
					require.ErrorIs(t, last, tt.fail)
				}
				assert.False(t, retry.OutcomeUnknown(resp))
				assert.Equal(t, tt.waited, time.Since(start) > 0)
				assert.Len(t, seen, tt.attempts-1)
				for _, a := range seen {
					if a.Status == 200 {
						require.ErrorIs(t, a.Err, io.ErrUnexpectedEOF)
					}
				}
				assert.EqualValues(t, site.opened, site.closed.Load())
			})
		})
	}
}

// The deadline, the budget and the end of the context hold for these repeats too.
func TestTransport_readsTheBodyWithinTheAttempt_bounds(t *testing.T) {
	t.Parallel()
	read := func(*http.Response) error { return io.ErrUnexpectedEOF }
	synctest.Test(t, func(t *testing.T) {
		site := &script{steps: []step{{status: 200}}}
		ctx, cancel := context.WithTimeout(retry.WithCall(t.Context(), retry.Call{Read: read}), time.Millisecond)
		defer cancel()
		start := time.Now()
		resp, _, err := send(t, retry.NewTransport(site, retry.Policy{}), ctx, "GET", "")
		require.NoError(t, err)
		assert.Equal(t, 1, retry.Attempts(resp))
		assert.Zero(t, time.Since(start), "no wait in vain")
	})
	synctest.Test(t, func(t *testing.T) {
		site := &script{steps: []step{{status: 200}}}
		rt := retry.NewTransport(site, retry.Policy{})
		ctx := retry.WithCall(t.Context(), retry.Call{Read: read})
		for range 10 {
			_, _, err := send(t, rt, ctx, "GET", "")
			require.NoError(t, err)
		}
		assert.Equal(t, 10+10, site.tries(), "the budget")
	})
	synctest.Test(t, func(t *testing.T) {
		site := &script{steps: []step{{status: 200}}}
		ctx, cancel := context.WithCancel(retry.WithCall(t.Context(), retry.Call{Read: read}))
		defer cancel()
		rt := retry.NewTransport(site, retry.Policy{OnRetry: func(context.Context, retry.Attempt) { cancel() }})
		_, _, err := send(t, rt, ctx, "GET", "")
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.EqualValues(t, 1, site.closed.Load())
	})
}

// A rate limit is waited for when the policy says so, whatever the method:
// nothing was done.
func TestTransport_OnTooManyRequests(t *testing.T) {
	t.Parallel()
	limited := func(after string) step { return step{status: 429, header: http.Header{"Retry-After": {after}}} }
	on := retry.Policy{OnTooManyRequests: true}
	for name, tt := range map[string]struct {
		method   string
		kind     retry.Kind
		policy   retry.Policy
		bound    time.Duration
		steps    []step
		attempts int
		status   int
		waited   time.Duration
	}{
		"off":               {"GET", 0, retry.Policy{}, 0, []step{limited("7")}, 1, 429, 0},
		"GET":               {"GET", 0, on, 0, []step{limited("7"), {status: 200}}, 2, 200, 7 * time.Second},
		"POST":              {"POST", 0, on, 0, []step{limited("7"), {status: 201}}, 2, 201, 7 * time.Second},
		"PATCH":             {"PATCH", 0, on, 0, []step{limited("7"), {status: 204}}, 2, 204, 7 * time.Second},
		"committing":        {"POST", retry.Committing, on, 0, []step{limited("7"), {status: 204}}, 2, 204, 7 * time.Second},
		"stays":             {"POST", 0, on, 0, []step{limited("7")}, 4, 429, 21 * time.Second},
		"two attempts":      {"POST", 0, retry.Policy{OnTooManyRequests: true, MaxAttempts: 2}, 0, []step{limited("7")}, 2, 429, 7 * time.Second},
		"above MaxWait":     {"POST", 0, on, 0, []step{limited("31")}, 1, 429, 0},
		"for ever":          {"POST", 0, on, 0, []step{limited("99999999999999999999")}, 1, 429, 0},
		"past the deadline": {"POST", 0, on, 7 * time.Second, []step{limited("7")}, 1, 429, 0},
		"never":             {"POST", 0, retry.Policy{OnTooManyRequests: true, Mode: retry.Never}, 0, []step{limited("7")}, 1, 429, 0},
		"every 5xx":         {"POST", 0, retry.Policy{OnTooManyRequests: true, Mode: retry.Every5xx}, 0, []step{limited("7"), {status: 201}}, 2, 201, 7 * time.Second},
		"other 4xx":         {"GET", 0, on, 0, []step{{status: 408}}, 1, 408, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := &script{steps: tt.steps}
				ctx := retry.WithCall(t.Context(), retry.Call{Kind: tt.kind})
				if tt.bound != 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.bound)
					defer cancel()
				}
				start := time.Now()
				resp, _, err := send(t, retry.NewTransport(site, tt.policy), ctx, tt.method, "{}")
				require.NoError(t, err)
				assert.Equal(t, tt.status, resp.StatusCode)
				assert.Equal(t, tt.attempts, site.tries())
				assert.Equal(t, tt.attempts, retry.Attempts(resp))
				assert.Equal(t, tt.waited, time.Since(start))
				assert.False(t, retry.OutcomeUnknown(resp))
			})
		})
	}
}

// A program that is slower than its rate limit for long is no load on a site in
// trouble: these waits do not use up the budget.
func TestTransport_OnTooManyRequests_forLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		number := 0
		rt := retry.NewTransport(roundTrip(func(*http.Request) (*http.Response, error) {
			number++
			status := []int{429, 204}[(number+1)%2]
			return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {"1"}}, Body: http.NoBody}, nil
		}), retry.Policy{OnTooManyRequests: true})
		for range 200 {
			resp, _, err := send(t, rt, t.Context(), "POST", "")
			require.NoError(t, err)
			require.Equal(t, 204, resp.StatusCode)
		}
	})
}
