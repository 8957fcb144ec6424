package client_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// racers are clients with nothing in common but the site: of n users, or of one.
func (s *site) racers(t *testing.T, folder string, n int, ofOneUser bool) []*client.Client {
	t.Helper()
	manager := s.client(t)
	racers := make([]*client.Client, n)
	for i := range racers {
		if ofOneUser {
			racers[i] = s.client(t)
			continue
		}
		name := unique("racer")
		_, err := manager.Users.Create(t.Context(), client.NewUser{Username: name, Email: name + "@plone.example", Password: "Correct-horse-9"})
		require.NoError(t, err)
		_, err = manager.Sharing.Ensure(t.Context(), folder, []client.LocalRoles{{ID: name, Roles: []string{"Editor"}}})
		require.NoError(t, err)
		racers[i] = s.as(t, auth.Basic(name, "Correct-horse-9"))
	}
	return racers
}

var racing = []struct {
	name      string
	ofOneUser bool
}{{"users", false}, {"programs of one user", true}}

// The server tells all who lock at the same time the same lock.
func TestBehaviour_Locking_race(t *testing.T) {
	t.Parallel()
	for _, tt := range racing {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onEachSite(t, func(t *testing.T, s *site) {
				folder := s.folder(t)
				racers := s.racers(t, folder, 2, tt.ofOneUser)
				for range 5 {
					var group sync.WaitGroup
					var errs [2]error
					start := make(chan struct{})
					for i, c := range racers {
						group.Go(func() {
							<-start
							_, errs[i] = c.Locking.Lock(t.Context(), folder, client.LockOptions{})
						})
					}
					close(start)
					group.Wait()
					winner := 0
					if errs[0] != nil {
						winner = 1
					}
					require.NoError(t, errs[winner])
					require.ErrorIs(t, errs[1-winner], errors.ErrLocked)
					_, err := racers[winner].Locking.Unlock(t.Context(), folder)
					require.NoError(t, err)
				}
			})
		})
	}
}

// What Modify reports as stored is there, and nothing else.
func TestBehaviour_Content_Modify_race(t *testing.T) {
	t.Parallel()
	for _, tt := range racing {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onEachSite(t, func(t *testing.T, s *site) {
				folder := s.folder(t)
				path := s.add(t, folder, client.Fields{"@type": "Document", "title": "x", "description": "0"})
				var group sync.WaitGroup
				var stored, refused atomic.Int64
				for _, c := range s.racers(t, folder, 8, tt.ofOneUser) {
					group.Go(func() {
						for range 10 {
							_, err := c.Content.Modify(t.Context(), path, func(o *client.Content) (any, error) {
								n, err := strconv.Atoi(o.Description)
								return client.Fields{"description": strconv.Itoa(n + 1)}, err
							})
							switch {
							case err == nil:
								stored.Add(1)
							case assert.ErrorIs(t, err, errors.ErrConflict): // others may always be faster
								refused.Add(1)
							}
						}
					})
				}
				group.Wait()
				object, err := s.client(t).Content.Get(t.Context(), path)
				require.NoError(t, err)
				t.Logf("%d stored, %d refused", stored.Load(), refused.Load())
				assert.Positive(t, stored.Load())
				assert.Equal(t, strconv.FormatInt(stored.Load(), 10), object.Value.Description)
				assert.False(t, object.Value.Lock.Locked)
			})
		})
	}
}

// dropping is a client that does not get the first response with that method and end
// of the path; the server has done what was asked for.
func (s *site) dropping(t *testing.T, method, suffix string, meanwhile func()) *client.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	var done atomic.Bool
	return s.as(t, auth.Basic(s.user, s.password), client.WithTransport(tripper(func(req *http.Request) (*http.Response, error) {
		resp, err := transport.RoundTrip(req)
		if err != nil || req.Method != method || !strings.HasSuffix(req.URL.Path, suffix) || done.Swap(true) {
			return resp, err
		}
		_ = resp.Body.Close()
		meanwhile()
		return nil, errors.New("connection reset by peer")
	})))
}

func TestBehaviour_Locking_WithLock_lostResponse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method string
		ends   bool // the context does
		runs   int
	}{{"POST", false, 1}, {"POST", true, 0}, {"DELETE", false, 1}, {"DELETE", true, 1}} {
		t.Run(tt.method+" "+strconv.FormatBool(tt.ends), func(t *testing.T) {
			t.Parallel()
			onEachSite(t, func(t *testing.T, s *site) {
				folder := s.folder(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				runs := 0
				err := s.dropping(t, tt.method, "/@lock", func() {
					if tt.ends {
						cancel()
					}
				}).Locking.WithLock(ctx, folder, func(context.Context, client.Lock) error { runs++; return nil })
				if tt.runs == 0 {
					require.ErrorIs(t, err, context.Canceled)
				} else {
					require.NoError(t, err)
				}
				assert.Equal(t, tt.runs, runs)
				now, err := s.client(t).Locking.Get(t.Context(), folder)
				require.NoError(t, err)
				assert.False(t, now.Value.Locked)
			})
		})
	}
}

// A lock that another program of the same user gets after ours is not removed by
// another DELETE.
func TestBehaviour_Locking_WithLock_lostUnlock(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		var theirs client.Lock
		err := s.dropping(t, "DELETE", "/@lock", func() {
			lock, err := c.Locking.Lock(t.Context(), folder, client.LockOptions{})
			if assert.NoError(t, err) {
				theirs = lock.Value
			}
		}).Locking.WithLock(t.Context(), folder, func(context.Context, client.Lock) error { return nil })
		require.NoError(t, err)
		now, err := c.Locking.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, theirs.Token, now.Value.Token)
		_, err = c.Locking.Unlock(t.Context(), folder)
		require.NoError(t, err)
	})
}

func TestBehaviour_Content_Modify_lostResponse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ method, suffix string }{{"PATCH", "/x"}, {"POST", "/@lock"}, {"DELETE", "/@lock"}} {
		t.Run(tt.method, func(t *testing.T) {
			t.Parallel()
			onEachSite(t, func(t *testing.T, s *site) {
				folder := s.folder(t)
				path := s.add(t, folder, client.Fields{"@type": "Document", "id": "x", "title": "x", "description": "0"})
				got, err := s.dropping(t, tt.method, tt.suffix, func() {}).Content.Modify(t.Context(), path, func(o *client.Content) (any, error) {
					return client.Fields{"description": o.Description + "1", "subjects": []string{"a"}}, nil
				})
				require.NoError(t, err)
				assert.Equal(t, "01", got.Value.Description)
				now, err := s.client(t).Content.Get(t.Context(), path)
				require.NoError(t, err)
				assert.Equal(t, "01", now.Value.Description)
				assert.False(t, now.Value.Lock.Locked)
			})
		})
	}
}

// The server gives an object that is renamed another lock.
func TestBehaviour_Content_Modify_renames(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder := s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Document", "id": "x", "title": "x"})
		c := s.client(t)
		_, err := c.Content.Modify(t.Context(), path, func(*client.Content) (any, error) {
			return client.Fields{"id": "renamed"}, nil
		})
		require.NoError(t, err)
		now, err := c.Locking.Get(t.Context(), folder+"/renamed")
		require.NoError(t, err)
		assert.False(t, now.Value.Locked)
	})
}

// Under the lock, fn sees what is there.
func TestBehaviour_Content_Modify_underTheLock(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Document", "title": "x", "description": "a"})
		var tokens []string
		modify := func(fn func(o *client.Content) (any, error)) (*client.OK[client.Content], error) {
			tokens = nil
			return c.Content.Modify(t.Context(), path, func(o *client.Content) (any, error) {
				if tokens = append(tokens, o.Lock.Token); len(tokens) == 1 {
					_, err := c.Content.Update(t.Context(), path, client.Fields{"description": o.Description + "b"})
					require.NoError(t, err)
					return client.Fields{"description": "c"}, nil
				}
				return fn(o)
			})
		}
		same, err := modify(func(*client.Content) (any, error) { return nil, nil })
		require.NoError(t, err)
		assert.Equal(t, "ab", same.Value.Description)
		assert.False(t, same.Value.Lock.Locked)
		assert.Empty(t, tokens[0])
		assert.NotEmpty(t, tokens[1])
		_, err = modify(func(o *client.Content) (any, error) {
			return nil, &client.LockedError{Path: "/elsewhere"} // no reason to start again
		})
		require.ErrorIs(t, err, errors.ErrLocked)
		require.NotErrorIs(t, err, errors.ErrConflict)
		assert.Len(t, tokens, 2)
		now, err := c.Locking.Get(t.Context(), path)
		require.NoError(t, err)
		assert.False(t, now.Value.Locked)
	})
}
