// Package soak makes calls for a long time while everything goes wrong, and looks
// whether anything is left behind.
package soak

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/internal/faultproxy"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

const workers = 8

// patience ends the calls that get no answer and no end of the connection.
const patience = 100 * time.Millisecond

// TestSoak makes 5,000 calls, 200,000 in the long form, of which every tenth
// request meets a fault.
func TestSoak(t *testing.T) {
	total := 5_000
	if os.Getenv("PLONE_LONG") == "1" {
		total = 200_000
	}
	site := &site{}
	site.renew()
	server := httptest.NewServer(site)
	defer server.Close()
	defer func() { site.current.Load().Close() }()
	u, err := url.Parse(server.URL + "/Plone")
	require.NoError(t, err)
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2))
	all := faultproxy.All()
	var faults atomic.Int64
	proxy, err := faultproxy.New(u.Host, func(faultproxy.Exchange) faultproxy.Fault {
		mu.Lock()
		defer mu.Unlock()
		if random.IntN(10) > 0 {
			return faultproxy.None
		}
		faults.Add(1)
		fault := all[random.IntN(len(all))]
		if (fault == faultproxy.Silence || fault == faultproxy.HalfOpen) && random.IntN(10) > 0 {
			return faultproxy.LoseAnswer // silence takes long
		}
		return fault
	})
	require.NoError(t, err)
	defer proxy.Close()
	u.Host = proxy.Addr

	watch := &watch{}
	transport := &http.Transport{DialContext: watch.dial, MaxIdleConnsPerHost: workers}
	watch.base = transport
	c, err := client.New(u.String(), client.WithTransport(watch), client.WithTimeout(patience),
		client.WithAuth(auth.Login("admin", "secret")), client.WithRetry(retry.Policy{MinWait: time.Millisecond, MaxWait: 5 * time.Millisecond}))
	require.NoError(t, err)

	start := time.Now()
	run(t, c, total/4)
	site.renew()
	transport.CloseIdleConnections()
	first := watch.measure()
	t.Logf("%7d calls: %v", total/4, first)
	run(t, c, total-total/4)
	site.renew()
	transport.CloseIdleConnections()
	last := watch.measure()
	t.Logf("%7d calls: %v", total, last)
	t.Logf("%d faults in %v", faults.Load(), time.Since(start).Round(time.Second/10))

	assert.Zero(t, last.bodies, "bodies that are still open")
	assert.Zero(t, last.connections, "connections that are still open")
	assert.LessOrEqual(t, last.goroutines, first.goroutines+2)
	assert.LessOrEqual(t, last.heap, first.heap+2<<20)
}

// site hands requests on to a plonetest. Like Plone it remembers every
// transaction, so what is measured is without it.
type site struct {
	current atomic.Pointer[plonetest.Server]
}

// renew starts with a new site, whose tokens are others, too.
func (s *site) renew() {
	if old := s.current.Swap(plonetest.NewServer(plonetest.WithRequests(0))); old != nil {
		old.Close()
	}
}

// ServeHTTP implements http.Handler.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.current.Load().ServeHTTP(w, r) }

// run makes n calls, which end as they end: it is a matter of what they leave.
func run(t *testing.T, c *client.Client, n int) {
	t.Helper()
	var calls, failed, unknown atomic.Int64
	did := func(err error) {
		calls.Add(1)
		switch {
		case errors.Is(err, errors.ErrOutcomeUnknown):
			unknown.Add(1)
		case err != nil:
			failed.Add(1)
		}
	}
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			ctx := t.Context()
			// The same few objects again and again: the site stays as small as it is.
			path := fmt.Sprintf("/news/soak-%d", worker)
			for calls.Load() < int64(n) {
				_, err := c.Content.Create(ctx, "/news", client.Fields{"@type": "Document", "id": path[6:], "title": "Soak"}, client.ExactlyOnce())
				did(err)
				_, err = c.Content.Get(ctx, path)
				did(err)
				_, err = c.Content.Update(ctx, path, client.Fields{"title": "Soaked"})
				did(err)
				for _, err = range c.Search.All(ctx, "/news", client.SearchOptions{PageSize: 3}) {
					if err != nil {
						break
					}
				}
				did(err)
				short, cancel := context.WithTimeout(ctx, time.Duration(calls.Load()%5)*time.Millisecond)
				_, err = c.Content.Get(short, "/news") // some are given up in the middle
				did(err)
				cancel()
				_, err = c.Content.Delete(ctx, path)
				did(err)
			}
		})
	}
	wg.Wait()
	t.Logf("%7d calls made, %d failed, the outcome of %d unknown", calls.Load(), failed.Load(), unknown.Load())
}

// watch counts what is open.
type watch struct {
	base                http.RoundTripper
	connections, bodies atomic.Int64
}

// left is what is there when nothing is going on.
type left struct {
	goroutines          int
	connections, bodies int64
	heap                uint64 // bytes
}

func (l left) String() string {
	return fmt.Sprintf("%d goroutines, %d connections, %d bodies, %d KiB of memory", l.goroutines, l.connections, l.bodies, l.heap>>10)
}

// measure waits until what is on its way out has gone.
func (w *watch) measure() left {
	var l left
	for range 100 {
		time.Sleep(10 * time.Millisecond)
		before := l.goroutines
		l = left{goroutines: runtime.NumGoroutine(), connections: w.connections.Load(), bodies: w.bodies.Load()}
		if l.goroutines == before && l.connections == 0 {
			break
		}
	}
	runtime.GC()
	runtime.GC() // pools keep what they hold for one more
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	l.heap = m.HeapAlloc
	return l
}

func (w *watch) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w.connections.Add(1)
	return &watchedConn{Conn: conn, closed: sync.OnceFunc(func() { w.connections.Add(-1) })}, nil
}

type watchedConn struct {
	net.Conn
	closed func()
}

func (c *watchedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

// RoundTrip implements http.RoundTripper.
func (w *watch) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	w.bodies.Add(1)
	resp.Body = &watchedBody{ReadCloser: resp.Body, closed: sync.OnceFunc(func() { w.bodies.Add(-1) })}
	return resp, nil
}

type watchedBody struct {
	io.ReadCloser
	closed func()
}

func (b *watchedBody) Close() error {
	b.closed()
	return b.ReadCloser.Close()
}
