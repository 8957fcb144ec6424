package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

const unlocked = `{"locked":false,"stealable":true}`

func locked(token string) string {
	return fmt.Sprintf(`{"locked":true,"stealable":true,"name":"plone.locking.stealable","token":%q,"creator":"ada","timeout":600}`, token)
}

// lockServer answers like a lock that nobody else wants.
func lockServer(m *httpmock.MockTransport) {
	var held atomic.Bool
	m.RegisterResponder("GET", mockSite+"/x/@lock", func(req *http.Request) (*http.Response, error) {
		if held.Load() {
			return jsonAnswer(200, locked("ours"))(req)
		}
		return jsonAnswer(200, unlocked)(req)
	})
	m.RegisterResponder("POST", mockSite+"/x/@lock", func(req *http.Request) (*http.Response, error) {
		held.Store(true)
		return jsonAnswer(200, locked("ours"))(req)
	})
	m.RegisterResponder("PATCH", mockSite+"/x/@lock", jsonAnswer(200, locked("ours")))
	m.RegisterResponder("DELETE", mockSite+"/x/@lock", func(req *http.Request) (*http.Response, error) {
		held.Store(false)
		return jsonAnswer(200, unlocked)(req)
	})
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

// The first POST could hit the lock of another: it does not shorten it.
func TestLocking_Lock_body(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]client.LockOptions{
		``:                                 {},
		`{"timeout":2}`:                    {Timeout: 1500 * time.Millisecond},
		`{"timeout":60,"stealable":false}`: {Timeout: time.Minute, NotStealable: true},
	} {
		c, m := mock(t)
		lockServer(m)
		posts := 0
		m.RegisterResponder("POST", mockSite+"/x/@lock", func(req *http.Request) (*http.Response, error) {
			if posts++; posts == 2 {
				return sent(t, want, jsonAnswer(200, locked("ours")))(req)
			}
			var body struct {
				Timeout   int
				Stealable *bool
			}
			require.NoError(t, json.NewDecoder(req.Body).Decode(&body))
			assert.Greater(t, body.Timeout, 600)
			assert.LessOrEqual(t, body.Timeout, 1200)
			assert.Equal(t, o.NotStealable, body.Stealable != nil && !*body.Stealable)
			return jsonAnswer(200, locked("ours"))(req)
		})
		_, err := c.Locking.Lock(t.Context(), "/x", o)
		require.NoError(t, err)
		assert.Equal(t, want != "", posts == 2)
	}
}

// One that got lost before its Timeout was set is another's.
func TestLocking_Lock_lostBeforeTimeout(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	lockServer(m)
	m.RegisterResponder("POST", mockSite+"/x/@lock", jsonAnswer(200, locked("ours")).Then(jsonAnswer(200, locked("theirs"))))
	_, err := c.Locking.Lock(t.Context(), "/x", client.LockOptions{Timeout: time.Minute})
	require.ErrorIs(t, err, errors.ErrLocked)
	assert.Zero(t, calls(m, "DELETE"))
}

// aged is a lock with the times of the real server: so long after the lock was made
// the POST that tells of it changed its timeout.
func aged(age time.Duration, timeout int) string {
	const made = 1790000000
	return fmt.Sprintf(`{"locked":true,"stealable":true,"name":"plone.locking.stealable","token":"0.1-0.2-00105A989226:%d.000","creator":"ada","timeout":%d,"time":%.6f}`,
		made, timeout, made+age.Seconds())
}

// Whose lock is there after a POST is told by its times.
func TestLocking_Lock_ageTells(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	fresh, doubtful := aged(ms/2, 90), aged(10*ms, 90)
	tests := []struct {
		name   string
		posts  []string
		looks  []string // after a POST that is not fresh; the last one stays
		refuse error
		freed  int
		took   time.Duration
	}{
		{"ours", []string{fresh}, nil, nil, 0, 150 * ms},
		{"another's, made long before", []string{aged(time.Second, 90)}, nil, errors.ErrLocked, 0, 0},
		{"by a clock that is behind", []string{aged(-20*ms, 90)}, nil, errors.ErrLocked, 0, 0},
		{"in doubt, and nobody's", []string{doubtful, fresh}, []string{doubtful}, nil, 1, 2150 * ms},
		{"in doubt three times", []string{doubtful, doubtful, doubtful}, []string{doubtful}, errors.ErrConflict, 3, 6000 * ms},
		{"in doubt, and somebody came too late", []string{doubtful, fresh}, []string{doubtful, aged(time.Second, 91)}, nil, 1, 2150 * ms},
		{"in doubt, and refreshed", []string{doubtful}, []string{doubtful, aged(500*ms, 90)}, errors.ErrLocked, 0, 400 * ms},
		{"in doubt, too late, and refreshed", []string{doubtful}, []string{aged(500*ms, 91), aged(600*ms, 91)}, errors.ErrLocked, 0, 400 * ms},
		{"in doubt, and one in doubt after us", []string{doubtful, fresh}, []string{doubtful, aged(20*ms, 91)}, nil, 1, 3550 * ms},
		{"in doubt, and one in doubt after us removes it", []string{doubtful}, []string{aged(20*ms, 91), unlocked}, errors.ErrLocked, 0, 400 * ms},
		{"in doubt, and another lock", []string{doubtful}, []string{locked("theirs")}, errors.ErrLocked, 0, 200 * ms},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, m := mock(t)
				posts, looks, now := tt.posts, tt.looks, unlocked
				m.RegisterResponder("POST", mockSite+"/x/@lock", func(req *http.Request) (*http.Response, error) {
					now, posts = posts[0], posts[1:]
					return jsonAnswer(200, now)(req)
				})
				m.RegisterResponder("GET", mockSite+"/x/@lock", func(req *http.Request) (*http.Response, error) {
					if now == unlocked || now == fresh { // not in doubt
						return jsonAnswer(200, now)(req)
					}
					if now = looks[0]; len(looks) > 1 {
						looks = looks[1:]
					}
					return jsonAnswer(200, now)(req)
				})
				m.RegisterResponder("PATCH", mockSite+"/x/@lock", jsonAnswer(200, aged(time.Second, 90)))
				m.RegisterResponder("DELETE", mockSite+"/x/@lock", func(req *http.Request) (*http.Response, error) {
					now = unlocked
					return jsonAnswer(200, now)(req)
				})
				start := time.Now()
				_, err := c.Locking.Lock(t.Context(), "/x", client.LockOptions{})
				require.ErrorIs(t, err, tt.refuse)
				assert.Equal(t, tt.freed, calls(m, "DELETE"))
				assert.Empty(t, posts)
				assert.Equal(t, tt.took, time.Since(start))
			})
		})
	}
}

// Those in doubt see that the lock is somebody's, also behind the POSTs of others.
func TestLocking_WithLock_sign(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[int]int{90: 1, 91: 7} { // nobody else has come, or somebody has
		synctest.Test(t, func(t *testing.T) {
			c, m := mock(t)
			fresh := aged(time.Millisecond/2, 90)
			m.RegisterResponder("GET", mockSite+"/x/@lock", jsonAnswer(200, unlocked).Then(jsonAnswer(200, fresh)))
			m.RegisterResponder("POST", mockSite+"/x/@lock", jsonAnswer(200, fresh))
			m.RegisterResponder("PATCH", mockSite+"/x/@lock", jsonAnswer(200, aged(time.Second, timeout)))
			m.RegisterResponder("DELETE", mockSite+"/x/@lock", jsonAnswer(200, unlocked))
			require.NoError(t, c.Locking.WithLock(t.Context(), "/x", func(context.Context, client.Lock) error {
				time.Sleep(5 * time.Second)
				return nil
			}))
			assert.Equal(t, want, calls(m, "PATCH"))
		})
	}
}

// What ends the refreshing early comes to the caller, when the lock is given up.
func TestLocking_WithLock_refreshPanics(t *testing.T) {
	t.Parallel()
	server, c := fake(t)
	panics, err := c.Clone(client.WithTransport(tripper(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPatch {
			panic("boom")
		}
		return http.DefaultTransport.RoundTrip(req)
	})))
	require.NoError(t, err)
	assert.PanicsWithValue(t, "boom", func() {
		_ = panics.Locking.WithLock(t.Context(), "/news", func(ctx context.Context, _ client.Lock) error {
			<-ctx.Done()
			return nil
		})
	})
	requests := server.Requests()
	assert.Equal(t, "DELETE", requests[len(requests)-1].Method)
}

// A DELETE whose response is lost is not repeated on the lock of somebody else.
func TestLocking_WithLock_lostUnlock(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]string{"gone": unlocked, "theirs": locked("theirs"), "still there": locked("ours")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, m := mock(t)
				lockServer(m)
				deletes := 0
				m.RegisterResponder("DELETE", mockSite+"/x/@lock", func(req *http.Request) (*http.Response, error) {
					if deletes++; deletes == 2 {
						return jsonAnswer(200, unlocked)(req)
					}
					m.RegisterResponder("GET", mockSite+"/x/@lock", jsonAnswer(200, after))
					return nil, errors.New("connection reset")
				})
				require.NoError(t, c.Locking.WithLock(t.Context(), "/x", func(context.Context, client.Lock) error { return nil }))
				assert.Equal(t, name == "still there", deletes == 2)
			})
		})
	}
}

// A site with locking switched off stumbles over the lock that it has not made.
func TestLocking_switchedOff(t *testing.T) {
	t.Parallel()
	_, c := fake(t)
	_, err := c.Registry.Set(t.Context(), map[string]any{"plone.lock_on_ttw_edit": false})
	require.NoError(t, err)
	_, err = c.Locking.Lock(t.Context(), "/news", client.LockOptions{})
	require.ErrorIs(t, err, errors.ErrUnsupported)
	got, err := c.Content.Modify(t.Context(), "/news", func(*client.Content) (any, error) { return client.Fields{"title": "a"}, nil })
	require.NoError(t, err)
	assert.Equal(t, "a", got.Value.Title)
}

// However the response to a POST gets lost, the lock is ours or is given up.
func TestLocking_WithLock_lostResponse(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]plonetest.Fault{
		"dropped": {Drop: true}, "cut": {Truncate: true}, "replaced": {Body: []byte("<html>")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := fake(t)
			fault.Method, fault.Path = "POST", "/news/@lock"
			server.Inject(fault)
			ran := 0
			require.NoError(t, c.Locking.WithLock(t.Context(), "/news", func(context.Context, client.Lock) error { ran++; return nil }))
			assert.Equal(t, 1, ran)
			now, err := c.Locking.Get(t.Context(), "/news")
			require.NoError(t, err)
			assert.False(t, now.Value.Locked)
		})
	}
}

// The context ends while the server makes the lock.
func TestLocking_WithLock_contextEndsInBetween(t *testing.T) {
	t.Parallel()
	_, c := fake(t)
	ctx, cancel := context.WithCancel(t.Context())
	ending, err := c.Clone(client.WithTransport(tripper(func(req *http.Request) (*http.Response, error) {
		resp, err := http.DefaultTransport.RoundTrip(req)
		if req.Method == http.MethodPost {
			_ = resp.Body.Close()
			cancel()
			return nil, ctx.Err()
		}
		return resp, err
	})))
	require.NoError(t, err)
	err = ending.Locking.WithLock(ctx, "/news", func(context.Context, client.Lock) error {
		assert.Fail(t, "the context has ended")
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	now, err := c.Locking.Get(t.Context(), "/news")
	require.NoError(t, err)
	assert.False(t, now.Value.Locked)
}

// What another program of the same user has there by then stays.
func TestLocking_WithLock_leavesTheLockOfOthers(t *testing.T) {
	t.Parallel()
	_, c := fake(t)
	var theirs *client.OK[client.Lock]
	err := c.Locking.WithLock(t.Context(), "/news", func(context.Context, client.Lock) (err error) {
		_, err = c.Locking.ForceUnlock(t.Context(), "/news")
		require.NoError(t, err)
		theirs, err = c.Locking.Lock(t.Context(), "/news", client.LockOptions{})
		return err
	})
	require.ErrorIs(t, err, errors.ErrLocked)
	now, err := c.Locking.Get(t.Context(), "/news")
	require.NoError(t, err)
	assert.Equal(t, theirs.Value.Token, now.Value.Token)
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

func TestLocking_ForceUnlock_twice(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	force := sent(t, `{"force":true}`, jsonAnswer(200, locked("theirs")).Then(jsonAnswer(200, unlocked)))
	m.RegisterResponder("DELETE", mockSite+"/x/@lock", force)
	_, err := c.Locking.ForceUnlock(t.Context(), "/x")
	require.NoError(t, err)
	assert.Equal(t, 2, calls(m, "DELETE"))
}
