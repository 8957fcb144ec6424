package retry_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// What a transport below says about a write proves nothing, whatever type its
// error has: only package auth can tell that a login has failed.
func TestTransport_errorsFromBelowAreNoLogins(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, docURL, nil)
	require.NoError(t, err)
	status := &errors.StatusError{Status: 503, Attempts: 1}
	for name, below := range map[string]error{
		"TransportError":       errors.NewTransportError(req, 1, io.ErrUnexpectedEOF),
		"TransportError, once": errors.NewTransportError(req, 1, fmt.Errorf("%w (%w)", io.EOF, errors.ErrOutcomeUnknown)),
		"StatusError":          status,
		"UnauthorizedError":    &errors.UnauthorizedError{StatusError: &errors.StatusError{Status: 401, Attempts: 1}},
		"DecodeError":          &errors.DecodeError{Err: io.ErrUnexpectedEOF},
		"Reason":               errors.ErrInvalidInput,
		"expired":              fmt.Errorf("below: %w", auth.ErrExpired),
		"joined":               errors.Join(io.ErrUnexpectedEOF, &net.OpError{Op: "dial", Err: errors.New("refused")}),
		"wrapped":              fmt.Errorf("below: %w", status),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := &script{steps: []step{{err: below}}}
				_, _, err := send(t, retry.NewTransport(site, retry.Policy{}), t.Context(), "POST", "{}")
				require.ErrorIs(t, err, below)
				require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
				assert.Equal(t, 1, site.tries())
				assert.Equal(t, 1, strings.Count(err.Error(), string(errors.ErrOutcomeUnknown)), "%v", err)
			})
		})
	}
}

// A 4xx that comes as an error is a 4xx.
func TestTransport_errorOf4xxIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, mode := range []retry.Mode{retry.WhenSafe, retry.Every5xx} {
		for _, method := range []string{"GET", "DELETE"} {
			site := &script{steps: []step{{err: &errors.StatusError{Status: 404, Attempts: 1}}}}
			_, _, err := send(t, retry.NewTransport(site, retry.Policy{Mode: mode}), t.Context(), method, "")
			require.ErrorIs(t, err, errors.ErrNotFound)
			assert.Equal(t, 1, site.tries())
		}
	}
}

// A second retry transport below says by its response what it does not know.
func TestTransport_onTopOfAnother(t *testing.T) {
	t.Parallel()
	cut := errors.New("unexpected EOF")
	for name, tt := range map[string]struct {
		method  string
		steps   []step
		tries   int
		unknown bool
	}{
		"POST lost":                  {"POST", []step{{err: cut}}, 1, true},
		"POST never sent":            {"POST", []step{{err: &net.OpError{Op: "dial", Err: cut}}}, 4, false},
		"DELETE lost, then gone":     {"DELETE", []step{{err: cut}, {status: 404}}, 2, true},
		"DELETE lost, then refused":  {"DELETE", []step{{err: cut}, {status: 500, body: keyError}}, 2, true},
		"DELETE lost, then done":     {"DELETE", []step{{err: cut}, {status: 204}}, 2, false},
		"POST rolled back, then 400": {"POST", []step{{status: 500, body: conflict}, {status: 400}}, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := &script{steps: tt.steps}
				rt := retry.NewTransport(retry.NewTransport(site, retry.Policy{MaxAttempts: 2}), retry.Policy{MaxAttempts: 2})
				resp, _, err := send(t, rt, t.Context(), tt.method, "")
				assert.Equal(t, tt.tries, site.tries())
				assert.Equal(t, tt.unknown, errors.Is(err, errors.ErrOutcomeUnknown) || retry.OutcomeUnknown(resp), "%v", err)
			})
		})
	}
}

// carriedOut is a server that has done what it was asked for, and then writes
// raw instead of a response. It counts what it has done.
func carriedOut(t *testing.T, wrap func(net.Listener) net.Listener, raw string) (address string, done *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address = listener.Addr().String()
	if wrap != nil {
		listener = wrap(listener)
	}
	done = new(atomic.Int64)
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if readRequest(conn) {
				done.Add(1)
				_, _ = io.WriteString(conn, raw)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-served
	})
	return address, done
}

// readRequest reads a request whose body is "{}".
func readRequest(conn net.Conn) bool {
	var all []byte
	buf := make([]byte, 1<<10)
	for !strings.Contains(string(all), "{}") {
		n, err := conn.Read(buf)
		if err != nil {
			return false
		}
		all = append(all, buf[:n]...)
	}
	return true
}

// post sends "{}", and returns the error.
func post(t *testing.T, rt http.RoundTripper, url string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	require.NoError(t, err)
	resp, err := rt.RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
		if retry.OutcomeUnknown(resp) {
			err = errors.ErrOutcomeUnknown
		}
	}
	return err
}

// withoutTraces is a transport of a user that net/http does not report through.
func withoutTraces(base http.RoundTripper) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		return base.RoundTrip(req.WithContext(context.Background()))
	})
}

// certificate is a server's certificate, and what a client needs to trust it.
func certificate(t *testing.T) (tls.Certificate, *tls.Config) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server.TLS.Certificates[0], &tls.Config{RootCAs: roots, ServerName: "example.com"}
}

// Once there was a connection, the words of an error prove nothing.
func TestTransport_doneAndAnsweredWithGarbage(t *testing.T) {
	t.Parallel()
	const badHeader = "HTTP/1.1 201 Created\r\ninvalid header field\r\n\r\n"
	cert, trusting := certificate(t)
	overTLS := func(l net.Listener) net.Listener {
		return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}})
	}
	// A record in plain text on a connection of TLS.
	plainAfterTLS := func(l net.Listener) net.Listener { return plainWriter{overTLS(l)} }
	// An alert of TLS: certificate required.
	alert := string([]byte{21, 3, 3, 0, 2, 2, 116})
	for name, tt := range map[string]struct {
		wrap func(net.Listener) net.Listener
		raw  string
	}{
		"header field":                  {nil, badHeader},
		"words of net/http":             {nil, "unsupported protocol scheme invalid method no Host in request URL\r\n\r\n"},
		"words of TLS":                  {nil, "x509: certificate signed by unknown authority\r\n\r\n"},
		"reset":                         {nil, ""},
		"interim response":              {nil, "HTTP/1.1 103 Early Hints\r\n\r\n"},
		"Switching Protocols":           {nil, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"},
		"no status":                     {nil, "HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n"},
		"no status either":              {nil, "HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n"},
		"no exception":                  {nil, response500("application/json", `{"type":"","message":"x"}`)},
		"a page":                        {nil, response500("text/html", `{"type":"ConflictError","message":"x"}`)},
		"a problem":                     {nil, response500("application/problem+json", `{"type":"about:blank","message":"x"}`)},
		"header field, TLS":             {overTLS, badHeader},
		"plain text on TLS":             {plainAfterTLS, "HTTP/1.1 201 Created\r\n\r\n"},
		"an alert in plain text on TLS": {plainAfterTLS, alert},
	} {
		for _, traced := range []bool{true, false} {
			t.Run(fmt.Sprint(name, traced), func(t *testing.T) {
				t.Parallel()
				address, done := carriedOut(t, tt.wrap, tt.raw)
				base := &http.Transport{TLSClientConfig: trusting}
				defer base.CloseIdleConnections()
				var rt http.RoundTripper = base
				if !traced {
					rt = withoutTraces(base)
				}
				scheme := "http://"
				if tt.wrap != nil {
					scheme = "https://"
				}
				err := post(t, retry.NewTransport(rt, retry.Policy{MinWait: 1, MaxWait: 1}), scheme+address+"/")
				require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
				assert.EqualValues(t, 1, done.Load(), "%v", err)
			})
		}
	}
}

// response500 is a response to a write that was carried out.
func response500(contentType, body string) string {
	return fmt.Sprintf("HTTP/1.1 500 x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(body), body)
}

// plainWriter reads from TLS, and writes past it.
type plainWriter struct{ net.Listener }

func (l plainWriter) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	secure := conn.(*tls.Conn)
	_ = secure.Handshake()
	return plainConn{secure.NetConn(), secure}, nil
}

type plainConn struct {
	net.Conn
	secure *tls.Conn
}

func (c plainConn) Read(p []byte) (int, error) { return c.secure.Read(p) }

// HTTP/2 refuses a header of the response with the words that it has for one of
// the request.
func TestTransport_doneAndAnsweredWithGarbage_http2(t *testing.T) {
	t.Parallel()
	cert, trusting := certificate(t)
	trusting.NextProtos = []string{"h2"}
	overTLS := func(l net.Listener) net.Listener {
		return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
	}
	settings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	// A frame of headers that ends stream 1: ":status: 200", and "x y: 1".
	headers := "\x00\x00\x08\x01\x05\x00\x00\x00\x01" + "\x88\x00\x03x y\x011"
	for name, raw := range map[string]string{
		"header field": settings + headers,
		"no HTTP/2":    "HTTP/1.1 201 Created\r\n\r\n",
		"reset":        "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, done := carriedOut(t, overTLS, raw)
			base := &http.Transport{TLSClientConfig: trusting.Clone(), ForceAttemptHTTP2: true}
			defer base.CloseIdleConnections()
			err := post(t, retry.NewTransport(base, retry.Policy{MinWait: 1, MaxWait: 1}), "https://"+address+"/")
			require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
			assert.EqualValues(t, 1, done.Load(), "%v", err)
			if name == "header field" {
				require.ErrorContains(t, err, "invalid header field")
			}
		})
	}
}

// Where there never was a connection, nothing was sent.
func TestTransport_noConnection(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = quiet()
	secure.StartTLS()
	t.Cleanup(secure.Close)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, gone.Close())
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(proxy.Close)
	for name, tt := range map[string]struct {
		url   string
		proxy string
		dials int64
	}{
		"refused":                {"http://" + gone.Addr().String(), "", 4},
		"plain HTTP on TLS":      {strings.Replace(plain.URL, "http:", "https:", 1), "", 1},
		"certificate":            {secure.URL, "", 1},
		"a proxy refuses":        {secure.URL, proxy.URL, 4},
		"the proxy is not there": {secure.URL, "http://" + gone.Addr().String(), 4},
		"scheme":                 {"gopher://plone.test/", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var dials atomic.Int64
			base := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				dials.Add(1)
				return new(net.Dialer).DialContext(ctx, network, addr)
			}}
			if tt.proxy != "" {
				base.Proxy = func(req *http.Request) (*url.URL, error) { return url.Parse(tt.proxy) }
			}
			defer base.CloseIdleConnections()
			err := post(t, retry.NewTransport(base, retry.Policy{MinWait: 1, MaxWait: 1}), tt.url)
			require.Error(t, err)
			require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
			assert.Equal(t, tt.dials, dials.Load(), "%v", err)
		})
	}
}

// After a panic nothing is held, and the value is the same.
func TestTransport_panics(t *testing.T) {
	t.Parallel()
	value := &struct{ name string }{"the same"}
	for name, end := range map[string]func(){"panic": func() { panic(value) }, "Goexit": runtime.Goexit} {
		for _, where := range []string{"RoundTrip", "OnRetry", "Verify", "body of a conflict"} {
			t.Run(name+" in "+where, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					site := &script{steps: []step{{status: 502}}}
					policy, call := retry.Policy{}, retry.Call{Kind: retry.Once, Verify: func(context.Context) (*http.Response, error) { return nil, nil }}
					calls := 0
					base := roundTrip(func(req *http.Request) (*http.Response, error) {
						calls++
						switch {
						case where == "RoundTrip" && calls == 2:
							end()
						case calls == 1: // from now on one write at a time
							_ = req.Body.Close()
							return (&script{steps: []step{{status: 500, body: conflict}}}).RoundTrip(req)
						case where == "body of a conflict" && calls == 2:
							_ = req.Body.Close()
							return &http.Response{StatusCode: 500, Body: &endingBody{end: end, closed: &site.closed}}, nil
						}
						return site.RoundTrip(req)
					})
					switch where {
					case "OnRetry":
						policy.OnRetry = func(_ context.Context, a retry.Attempt) {
							if a.Number == 2 {
								end()
							}
						}
					case "Verify":
						call.Verify = func(context.Context) (*http.Response, error) { end(); return nil, nil }
					}
					rt := retry.NewTransport(base, policy)
					ended := make(chan any)
					var closed atomic.Int64
					go func() {
						defer func() { ended <- recover() }()
						req, _ := http.NewRequestWithContext(retry.WithCall(t.Context(), call), "POST", docURL, nil)
						req.GetBody = func() (io.ReadCloser, error) {
							return &countedBody{Reader: strings.NewReader("{}"), closed: &closed}, nil
						}
						req.Body, _ = req.GetBody()
						_, _ = rt.RoundTrip(req)
						t.Error("it returned")
					}()
					if got := <-ended; name == "panic" {
						assert.Same(t, value, got)
					} else {
						assert.Nil(t, got)
					}
					if where == "body of a conflict" {
						assert.EqualValues(t, 1, site.closed.Load(), "the body is closed")
					} else {
						assert.EqualValues(t, site.opened, site.closed.Load(), "the body is closed")
					}
					assert.EqualValues(t, 2, closed.Load(), "the bodies of the request are closed")
					// The turn was given back.
					site.steps = []step{{status: 204}}
					calls = 10
					_, _, err := send(t, rt, t.Context(), "POST", "{}")
					require.NoError(t, err)
				})
			})
		}
	}
}

// endingBody ends its reader.
type endingBody struct {
	end    func()
	closed *atomic.Int64
}

func (b *endingBody) Read([]byte) (int, error) { b.end(); return 0, io.EOF }
func (b *endingBody) Close() error             { b.closed.Add(1); return nil }
