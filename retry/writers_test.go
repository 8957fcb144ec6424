package retry

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
)

const conflictBody = `{"type":"ConflictError","message":"database conflict error"}`

// site takes a second for each request, half of one when there is a conflict, and
// notes how many it works on.
type site struct {
	mu        sync.Mutex
	busy, max int
	conflicts int // so many of the next requests are in conflict
}

func (s *site) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.busy++
	s.max = max(s.max, s.busy)
	conflict := s.conflicts > 0
	s.conflicts--
	s.mu.Unlock()
	took := time.Second
	if conflict {
		took /= 2
	}
	time.Sleep(took)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
	if conflict {
		return &http.Response{StatusCode: 500, Body: io.NopCloser(strings.NewReader(conflictBody)), Request: req}, nil
	}
	return &http.Response{StatusCode: 204, Body: http.NoBody, Request: req}, nil
}

// burst sends n requests at once and returns how many the site worked on at the
// same time, once the conflicts were over.
func (s *site) burst(t *testing.T, transport *Transport, method string, n int) int {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), method, "http://plone.test/", nil)
			if !assert.NoError(t, err) {
				return
			}
			resp, err := transport.RoundTrip(req)
			if assert.NoError(t, err) {
				assert.NoError(t, resp.Body.Close())
			}
		})
	}
	wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	most := s.max
	s.max = 0
	return most
}

func TestTransport_narrowsWritesThatConflict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		transport := NewTransport(s, Policy{})
		assert.Equal(t, 16, s.burst(t, transport, "PUT", 16), "no limit without a conflict")
		s.conflicts = 1
		s.burst(t, transport, "PUT", 16)
		assert.Equal(t, 8, s.burst(t, transport, "PUT", 16), "half of them")
		assert.Equal(t, 16, s.burst(t, transport, "GET", 16), "reads are not in the way")
		s.conflicts = 8
		s.burst(t, transport, "PUT", 16)
		assert.Equal(t, 1, s.burst(t, transport, "PUT", 16), "never less than one")
		assert.Equal(t, 2, s.burst(t, transport, "PUT", 64), "64 writes without a conflict are worth one more")
		for range 63 {
			s.burst(t, transport, "PUT", 64)
		}
		assert.Equal(t, 100, s.burst(t, transport, "PUT", 100), "as wide as ever")
	})
}

func TestTransport_givesUpWaitingForItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{conflicts: 1}
		transport := NewTransport(s, Policy{})
		s.burst(t, transport, "PUT", 1) // leaves a width of one
		done := make(chan struct{})
		go func() { s.burst(t, transport, "PUT", 1); close(done) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		body := &closing{Reader: strings.NewReader("body")}
		req, err := http.NewRequestWithContext(ctx, "POST", "http://plone.test/", body)
		require.NoError(t, err)
		resp, err := transport.RoundTrip(req) // there is no body to close
		require.Nil(t, resp)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, errors.ErrOutcomeUnknown, "nothing was sent")
		assert.True(t, body.closed)
		<-done
		assert.Equal(t, 1, s.burst(t, transport, "PUT", 4), "the place in the queue is gone")
	})
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestWriters_turnAndEndAtTheSameTime(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	outcomes := map[bool]bool{}
	for range 1000 { // select takes either
		w := &writers{width: 1, busy: 1}
		err := w.enter(turnComes{ended, w})
		if err == nil {
			w.leave(false)
		}
		require.Equal(t, 0, w.busy)
		require.Empty(t, w.queue)
		outcomes[err == nil] = true
	}
	assert.Len(t, outcomes, 2)
}

// turnComes is a context that has ended, and whoever asks it gets its turn.
type turnComes struct {
	context.Context
	w *writers
}

func (c turnComes) Done() <-chan struct{} {
	c.w.leave(false)
	return c.Context.Done()
}

// After a conflict more writes may be running than may begin.
func TestWriters_leavesTheQueue(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	w := &writers{width: 1, busy: 2}
	require.ErrorIs(t, w.enter(ended), context.Canceled)
	assert.Equal(t, 2, w.busy, "those that run")
	assert.Empty(t, w.queue)
}

func TestWriters_leave(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		busy     int
		width    float64
		conflict bool
		want     float64
	}{
		{"no limit and no conflict", 8, 0, false, 0},
		{"first conflict", 8, 0, true, 4},
		{"first conflict of one alone", 1, 0, true, 1},
		{"another conflict", 4, 4, true, 2},
		{"conflict of fewer than may run", 2, 8, true, 1},
		{"conflict of more than may run", 8, 4, true, 2},
		{"not below one", 1, 1, true, 1},
		{"grows", 1, 4, false, 4 + regrowth},
		{"grows almost to the end", 1, freeWidth - 2*regrowth, false, freeWidth - regrowth},
		{"is free", 1, freeWidth - regrowth, false, 0},
	}
	for _, tt := range tests {
		w := &writers{busy: tt.busy, width: tt.width}
		w.leave(tt.conflict)
		assert.InDelta(t, tt.want, w.width, 1e-9, tt.name)
		assert.Equal(t, tt.busy-1, w.busy, tt.name)
	}
}
