package client_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

const unlocked = `{"locked":false,"stealable":true}`

func locked(token string) string {
	return fmt.Sprintf(`{"locked":true,"stealable":true,"name":"plone.locking.stealable","token":%q,"creator":"ada","timeout":600}`, token)
}

// lockServer answers like a lock that nobody else wants, and counts by method.
func lockServer(m *httpmock.MockTransport) {
	m.RegisterResponder("GET", mockSite+"/x/@lock", jsonAnswer(200, unlocked))
	m.RegisterResponder("POST", mockSite+"/x/@lock", jsonAnswer(200, locked("ours")))
	m.RegisterResponder("PATCH", mockSite+"/x/@lock", jsonAnswer(200, locked("ours")))
	m.RegisterResponder("DELETE", mockSite+"/x/@lock", jsonAnswer(200, unlocked))
}

func calls(m *httpmock.MockTransport, method string) int {
	return m.GetCallCountInfo()[method+" "+mockSite+"/x/@lock"]
}

func TestLocking_WithLock_refreshes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		lockServer(m)
		err := c.Locking.WithLock(t.Context(), "/x", func(ctx context.Context, lock client.Lock) error {
			assert.Equal(t, "ours", lock.Token)
			time.Sleep(time.Hour + time.Second)
			return ctx.Err()
		})
		require.NoError(t, err)
		assert.Equal(t, 24, calls(m, "PATCH"), "four times in the life of a lock")
		assert.Equal(t, 1, calls(m, "DELETE"))
	})
}

func TestLocking_WithLock_outlivesFailingRefreshes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		lockServer(m)
		fail := jsonAnswer(401, `{"type":"Unauthorized","message":"no"}`)
		m.RegisterResponder("PATCH", mockSite+"/x/@lock", fail.Then(fail).Then(jsonAnswer(200, locked("ours"))).Then(fail))
		start := time.Now()
		err := c.Locking.WithLock(t.Context(), "/x", func(ctx context.Context, _ client.Lock) error {
			<-ctx.Done()
			return ctx.Err()
		})
		// Good until 7:30, when the third one came through, and 10 minutes more.
		assert.Equal(t, 17*time.Minute+30*time.Second, time.Since(start))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		assert.Zero(t, calls(m, "DELETE"))
	})
}

func TestLocking_WithLock_lost(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"stolen": locked("theirs"), "gone": unlocked} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, m := mock(t)
				lockServer(m)
				m.RegisterResponder("PATCH", mockSite+"/x/@lock", jsonAnswer(200, answer))
				err := c.Locking.WithLock(t.Context(), "/x", func(ctx context.Context, _ client.Lock) error {
					select {
					case <-ctx.Done():
						require.ErrorIs(t, context.Cause(ctx), errors.ErrLocked)
					case <-time.After(time.Hour):
						assert.Fail(t, "nobody told")
					}
					return nil
				})
				require.ErrorIs(t, err, errors.ErrLocked)
				assert.Zero(t, calls(m, "DELETE"), "what is there now is not ours")
			})
		})
	}
}

func TestLocking_WithLock_gaveUpInEveryCase(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	tests := []struct {
		name string
		fn   func(cancel context.CancelFunc) error
		want error
	}{
		{"nil", func(context.CancelFunc) error { return nil }, nil},
		{"error", func(context.CancelFunc) error { return boom }, boom},
		{"ended context", func(cancel context.CancelFunc) error { cancel(); return nil }, nil},
		{"panic", func(context.CancelFunc) error { panic(boom) }, nil},
		{"Goexit", func(context.CancelFunc) error { runtime.Goexit(); return nil }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			lockServer(m)
			m.RegisterResponder("DELETE", mockSite+"/x/@lock", func(req *http.Request) (*http.Response, error) {
				assert.NoError(t, req.Context().Err())
				_, bounded := req.Context().Deadline()
				assert.True(t, bounded)
				return jsonAnswer(200, unlocked)(req)
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { _ = recover() }()
				err := c.Locking.WithLock(ctx, "/x", func(context.Context, client.Lock) error { return tt.fn(cancel) })
				assert.ErrorIs(t, err, tt.want)
			}()
			<-done
			assert.Equal(t, 1, calls(m, "DELETE"))
		})
	}
}

func TestLocking_WithLock_neverOurs(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	lockServer(m)
	m.RegisterResponder("DELETE", mockSite+"/x/@lock", jsonAnswer(200, locked("ours")))
	err := c.Locking.WithLock(t.Context(), "/x", func(context.Context, client.Lock) error { return nil })
	require.ErrorIs(t, err, errors.ErrLocked)
	assert.Equal(t, `plone: /x: locked by "ada" since `, err.Error())
}

func TestLocking_Lock_lies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, before, after string
		want                error
	}{
		{"somebody's", locked("theirs"), locked("theirs"), errors.ErrLocked},
		{"cannot be locked", `{}`, `{}`, errors.ErrUnsupported},
		{"switched off", unlocked, unlocked, errors.ErrUnsupported},
		{"no token", unlocked, `{"locked":true}`, errors.ErrUnsupported},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			m.RegisterResponder("GET", mockSite+"/x/@lock", jsonAnswer(200, tt.before))
			m.RegisterResponder("POST", mockSite+"/x/@lock", jsonAnswer(200, tt.after))
			_, err := c.Locking.Lock(t.Context(), "/x", client.LockOptions{})
			require.ErrorIs(t, err, tt.want)
			require.Equal(t, tt.want == errors.ErrLocked, errors.Is(err, errors.ErrClient))
			ran := false
			err = c.Locking.WithLock(t.Context(), "/x", func(context.Context, client.Lock) error { ran = true; return nil })
			require.ErrorIs(t, err, tt.want)
			assert.False(t, ran)
		})
	}
}

func TestLocking_Lock_body(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]client.LockOptions{
		`{}`:                               {},
		`{"timeout":2}`:                    {Timeout: 1500 * time.Millisecond},
		`{"timeout":60,"stealable":false}`: {Timeout: time.Minute, NotStealable: true},
	} {
		c, m := mock(t)
		lockServer(m)
		m.RegisterResponder("POST", mockSite+"/x/@lock", sent(t, want, jsonAnswer(200, locked("ours"))))
		_, err := c.Locking.Lock(t.Context(), "/x", o)
		require.NoError(t, err)
	}
}

func TestLocking_Lock_refused(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	var nilContext context.Context
	_, err := c.Locking.Lock(nilContext, "/x", client.LockOptions{})
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	_, err = c.Locking.Lock(t.Context(), "/x", client.LockOptions{Timeout: -1})
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.Zero(t, m.GetTotalCallCount())
}

// Two calls that look at the same time would both find no lock, and be given the same one.
func TestLocking_Lock_oneOfMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		held := false
		answer := func(req *http.Request) (*http.Response, error) {
			body := unlocked
			if held = held || req.Method == http.MethodPost; held {
				body = locked("one")
			}
			time.Sleep(time.Second)
			return jsonAnswer(200, body)(req)
		}
		m.RegisterNoResponder(answer)
		var got [2]error
		var group sync.WaitGroup
		for i := range got {
			group.Go(func() { _, got[i] = c.Locking.Lock(t.Context(), "/x", client.LockOptions{}) })
		}
		ended, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		synctest.Wait()
		_, err := c.Locking.Lock(ended, "/x", client.LockOptions{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		group.Wait()
		if got[0] != nil {
			got[0], got[1] = got[1], got[0]
		}
		require.NoError(t, got[0])
		require.ErrorIs(t, got[1], errors.ErrLocked)
	})
}

func TestLocking_ForceUnlock_twice(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	force := sent(t, `{"force":true}`, jsonAnswer(200, locked("theirs")).Then(jsonAnswer(200, unlocked)))
	m.RegisterResponder("DELETE", mockSite+"/x/@lock", force)
	_, err := c.Locking.ForceUnlock(t.Context(), "/x")
	require.NoError(t, err)
	assert.Equal(t, 2, calls(m, "DELETE"))
}
