package retry_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

var errBroken = errors.New("the connection broke")

// TestTransport_Wait waits as a request would, and tells OnRetry.
func TestTransport_Wait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []retry.Attempt
		transport := retry.NewTransport(&script{}, retry.Policy{OnRetry: func(_ context.Context, a retry.Attempt) { told = append(told, a) }})
		start := time.Now()
		require.NoError(t, transport.Wait(t.Context(), retry.Attempt{Number: 1, Method: "GET", Err: errBroken}, 0))
		assert.GreaterOrEqual(t, time.Since(start), 250*time.Millisecond)
		start = time.Now()
		require.NoError(t, transport.Wait(t.Context(), retry.Attempt{Number: 3, Status: 503, Err: errBroken}, 7*time.Second))
		assert.Equal(t, 7*time.Second, time.Since(start))
		require.Len(t, told, 2)
		assert.Equal(t, 503, told[1].Status)
		assert.Equal(t, 7*time.Second, told[1].Wait)
	})
}

// TestTransport_Wait_refused has no sense in another attempt: no time passes.
func TestTransport_Wait_refused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		transport := retry.NewTransport(&script{}, retry.Policy{})
		never := retry.NewTransport(&script{}, retry.Policy{Mode: retry.Never})
		soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		assert.Equal(t, errBroken, transport.Wait(t.Context(), retry.Attempt{Number: 4, Err: errBroken}, 0), "the last attempt")
		assert.Equal(t, errBroken, transport.Wait(t.Context(), retry.Attempt{Number: 1, Err: errBroken}, time.Minute), "longer than MaxWait")
		assert.Equal(t, errBroken, transport.Wait(soon, retry.Attempt{Number: 1, Err: errBroken}, 0), "longer than the deadline allows")
		assert.Equal(t, errBroken, never.Wait(t.Context(), retry.Attempt{Number: 1, Err: errBroken}, 0))
		gone := errors.New("the user has gone")
		ended, end := context.WithCancelCause(t.Context())
		end(gone)
		err := transport.Wait(ended, retry.Attempt{Number: 1, Err: errBroken}, 0)
		require.ErrorIs(t, err, errBroken)
		require.ErrorIs(t, err, gone)
		assert.Zero(t, time.Since(start))
	})
}

// TestTransport_Wait_budget shares its attempts with the requests of the transport.
func TestTransport_Wait_budget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		base := &script{steps: []step{{status: 502}}}
		transport := retry.NewTransport(base, retry.Policy{})
		for range 10 {
			require.NoError(t, transport.Wait(t.Context(), retry.Attempt{Number: 2, Err: errBroken}, 0))
		}
		assert.Equal(t, errBroken, transport.Wait(t.Context(), retry.Attempt{Number: 2, Err: errBroken}, 0))
		for range 100 {
			require.NoError(t, transport.Wait(t.Context(), retry.Attempt{Number: 1, Err: errBroken}, 0), "what makes progress goes on")
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, docURL, nil)
		require.NoError(t, err)
		resp, err := transport.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Len(t, base.bodies, 1, "nothing is left for a request")
	})
}

// TestTransport_resumable sends a chunk once, but for the attempt that reached nobody.
func TestTransport_resumable(t *testing.T) {
	t.Parallel()
	base := &script{steps: []step{{status: 500, body: conflict}}}
	transport := retry.NewTransport(base, retry.Policy{Mode: retry.Every5xx, MinWait: time.Microsecond})
	ctx := retry.WithCall(t.Context(), retry.Call{Kind: retry.Resumable})
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, docURL, strings.NewReader("chunk"))
	require.NoError(t, err)
	resp, err := transport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, conflict, string(body))
	assert.Equal(t, []string{"chunk"}, base.bodies)
	assert.False(t, retry.OutcomeUnknown(resp))
}
