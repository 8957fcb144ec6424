package auth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
)

// On the wire: what @login and @login-renew get, and what they do not.
func TestLogin_wire(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		b, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintf("%s %s accept=%s type=%s length=%d authorization=%s cookie=%s %s", r.Method, r.RequestURI,
			r.Header.Get("Accept"), r.Header.Get("Content-Type"), r.ContentLength, r.Header.Get("Authorization"), r.Header.Get("Cookie"), b))
		http.SetCookie(w, &http.Cookie{Name: "__ac", Value: "x", Path: "/"})
		if r.URL.Path == "/a/Plone/x" {
			w.WriteHeader(401)
		}
		_, _ = io.WriteString(w, `{"token": "opaque"}`)
	}))
	t.Cleanup(server.Close)
	site := parse(t, server.URL+"/a/Plone/")
	rt := auth.NewTransport(server.Client().Transport, site, auth.Login("jané", `p"<&>`))
	status, _, err := send(t, rt, "GET", server.URL+"/a/Plone/x", nil)
	require.NoError(t, err)
	assert.Equal(t, 401, status)
	assert.Equal(t, []string{
		`POST /a/Plone/@login accept=application/json type=application/json; charset=utf-8 length=52 authorization= cookie= ` +
			`{"login":"jané","password":"p\"\u003c\u0026\u003e"}`,
		`GET /a/Plone/x accept= type= length=0 authorization=Bearer opaque cookie= `,
		`POST /a/Plone/@login-renew accept=application/json type= length=0 authorization=Bearer opaque cookie= `,
		got[0], // the same token again may be one that has ended
	}, got)
}

func TestLogin_withoutSite(t *testing.T) {
	t.Parallel()
	_, err := auth.Login(user, password).Token(t.Context())
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	require.EqualError(t, err, "auth: invalid input: Login has no site to log in to; give it to a client")
}

func TestLogin_sendsNothingThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	for _, source := range []auth.Source{auth.Login("jan\xe9", password), auth.Login(user, "Geheim\xe9")} {
		_, _, err := send(t, auth.NewTransport(mock, parse(t, siteURL), source), "GET", siteURL+"/x", nil)
		require.ErrorIs(t, err, errors.ErrInvalidInput)
		assert.NotContains(t, err.Error(), "Geheim")
	}
	assert.Zero(t, mock.GetTotalCallCount())
}

// A byte order mark, what Python calls numbers, and a name that only looks right.
func TestLogin_readsWhatIsNearlyJSON(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", siteURL+"/@login", httpmock.NewStringResponder(200, "\xef\xbb\xbf"+`{"token": "good", "TOKEN": "bad", "x": NaN}`))
	mock.RegisterResponder("GET", siteURL+"/x", func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "Bearer good", r.Header.Get("Authorization"))
		return httpmock.NewStringResponse(200, ""), nil
	})
	status, _, err := send(t, auth.NewTransport(mock, parse(t, siteURL), auth.Login(user, password)), "GET", siteURL+"/x", nil)
	require.NoError(t, err)
	assert.Equal(t, 200, status)
}

func TestLogin_onceForAllGoroutines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.slow("POST", "/@login", time.Second)
		src := auth.Login(user, password)
		var all sync.WaitGroup
		for i := range 200 {
			// Each transport is that of a clone, its site written in another way.
			rt := auth.NewTransport(p, parse(t, siteURL+[]string{"", "/"}[i%2]), src)
			all.Go(func() { assert.Equal(t, 200, get(t, rt, "/private")) })
		}
		all.Wait()
		log := p.requests()
		assert.Equal(t, 1, count(log, "POST /@login"))
		assert.Equal(t, 200, count(log, "GET /private jane"))
	})
}

func TestLogin_oneTokenForEachSite(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	got := map[string]string{}
	for _, site := range []string{"http://plone.test/a", "http://plone.test/b", "http://other.test/a"} {
		mock.RegisterResponder("POST", site+"/@login", httpmock.NewStringResponder(200, `{"token":"of-`+strings.NewReplacer("/", "", ":", "").Replace(site)+`"}`))
		mock.RegisterResponder("GET", site+"/x", func(r *http.Request) (*http.Response, error) {
			got[site] = r.Header.Get("Authorization")
			return httpmock.NewStringResponse(200, ""), nil
		})
	}
	src := auth.Login(user, password)
	for _, site := range []string{"http://plone.test/a", "http://plone.test/b", "http://other.test/a", "http://plone.test/a"} {
		_, _, err := send(t, auth.NewTransport(mock, parse(t, site), src), "GET", site+"/x", nil)
		require.NoError(t, err)
	}
	assert.Equal(t, map[string]string{
		"http://plone.test/a": "Bearer of-httpplone.testa",
		"http://plone.test/b": "Bearer of-httpplone.testb",
		"http://other.test/a": "Bearer of-httpother.testa",
	}, got)
	assert.Equal(t, 7, mock.GetTotalCallCount(), "three logins")
}

func TestLogin_renewsAheadOfExpiry(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		lifetime time.Duration
		opts     []auth.Option
		renewed  time.Duration // after the login; 0 for never
	}{
		{"a quarter of an hour", time.Hour, nil, 45 * time.Minute},
		{"an hour at most", 12 * time.Hour, nil, 11 * time.Hour},
		{"as asked", 12 * time.Hour, []auth.Option{auth.RenewBefore(2 * time.Hour)}, 10 * time.Hour},
		{"not before half of it", time.Hour, []auth.Option{auth.RenewBefore(2 * time.Hour)}, 30 * time.Minute},
		{"not at all", time.Hour, []auth.Option{auth.RenewBefore(0)}, 0},
		{"never expires", 0, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPlone(t)
				p.lifetime = tt.lifetime
				rt := loggedIn(t, p, tt.opts...)
				if tt.renewed == 0 {
					time.Sleep(tt.lifetime * 9 / 10)
					get(t, rt, "/private")
					assert.Equal(t, []string{"GET /private jane"}, p.requests())
					return
				}
				time.Sleep(tt.renewed - 1)
				get(t, rt, "/private")
				assert.Equal(t, []string{"GET /private jane"}, p.requests())
				time.Sleep(time.Nanosecond)
				get(t, rt, "/private")
				assert.Equal(t, []string{"POST /@login-renew jane", "GET /private jane"}, p.requests())
				// The new one lives as long as the old.
				time.Sleep(tt.renewed - 1)
				get(t, rt, "/private")
				assert.Equal(t, []string{"GET /private jane"}, p.requests())
				assert.Zero(t, p.dead)
			})
		})
	}
}

func TestLogin_renewsOnceForAllGoroutines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		rt := loggedIn(t, p)
		p.slow("POST", "/@login-renew", time.Second)
		time.Sleep(11*time.Hour + time.Minute)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { assert.Equal(t, 200, get(t, rt, "/private")) })
		}
		all.Wait()
		log := p.requests()
		assert.Equal(t, 1, count(log, "POST /@login-renew jane"))
		assert.Len(t, log, 101)
		assert.Equal(t, "POST /@login-renew jane", log[0], "a renewal may end the token before, so nobody goes on with it")
	})
}

func TestLogin_usesTheTokenUpWhenRenewalFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.lifetime = 10 * time.Minute
		rt := loggedIn(t, p)
		p.RegisterResponder("POST", siteURL+"/@login-renew", httpmock.NewStringResponder(500, `{"type":"ConflictError","message":"x"}`))
		p.ZeroCallCounters()
		renewals := func() int { return p.GetCallCountInfo()["POST "+siteURL+"/@login-renew"] }
		time.Sleep(8 * time.Minute)
		for range 5 {
			assert.Equal(t, 200, get(t, rt, "/private"))
		}
		assert.Equal(t, 1, renewals(), "not tried for every request")
		time.Sleep(time.Minute - 1)
		get(t, rt, "/private")
		assert.Equal(t, 1, renewals())
		time.Sleep(time.Nanosecond)
		get(t, rt, "/private")
		assert.Equal(t, 2, renewals())
		assert.Zero(t, count(p.requests(), "POST /@login"))
		time.Sleep(58*time.Second - 1)
		get(t, rt, "/private")
		assert.Zero(t, count(p.requests(), "POST /@login"))
		time.Sleep(time.Nanosecond) // now it may expire on the way
		get(t, rt, "/private")
		assert.Equal(t, []string{"POST /@login", "GET /private jane"}, p.requests())
		assert.Equal(t, 2, renewals())
		assert.Zero(t, p.dead)
	})
}

// A site that stores tokens may have ended the old one, and would take its holder
// for a visitor.
func TestLogin_doesNotUseATokenThatARenewalMayHaveEnded(t *testing.T) {
	t.Parallel()
	for name, renew := range map[string]httpmock.Responder{
		"a proxy":    httpmock.NewStringResponder(503, ""),
		"no answer":  httpmock.NewErrorResponder(errors.New("reset")),
		"a page":     httpmock.NewStringResponder(200, "<html>"),
		"no message": httpmock.NewStringResponder(500, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPlone(t)
				rt := loggedIn(t, p)
				p.RegisterResponder("POST", siteURL+"/@login-renew", renew)
				time.Sleep(11*time.Hour + time.Minute)
				assert.Equal(t, 200, get(t, rt, "/private"))
				assert.Equal(t, []string{"POST /@login", "GET /private jane"}, p.requests())
			})
		})
	}
}

// On a site that stores tokens, the one that a program renewed by itself is dead.
func TestLogin_takesOverTheTokenOfARenewal(t *testing.T) {
	t.Parallel()
	newToken := func(p *plone) { p.secret = "k2" } // all that were issued before end
	for name, c := range map[string]struct {
		renew func(p *plone) // instead of the site's own answer
		want  []string
	}{
		"a new token": {nil, []string{"POST /@login-renew jane", "GET /private jane"}},
		"of another user": {func(p *plone) {
			p.serve("POST", "/@login-renew", func(*http.Request, string) (int, string) {
				newToken(p)
				return 200, fmt.Sprintf(`{"token":%q}`, jwt(`{"sub":"joe","fullname":"Jane"}`, p.secret))
			})
		}, []string{"POST /@login-renew jane", "POST /@login", "GET /private jane"}},
		"lost": {func(p *plone) {
			p.RegisterResponder("POST", siteURL+"/@login-renew", func(*http.Request) (*http.Response, error) {
				p.set(newToken)
				return nil, errors.New("reset")
			})
		}, []string{"POST /@login", "GET /private jane"}},
		"dead before": {func(p *plone) { p.set(newToken) },
			[]string{"POST /@login-renew", "POST /@login", "POST /@login-renew jane", // within a second, which gives the same token
				"POST /@login", "GET /private jane"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPlone(t)
				rt := loggedIn(t, p)
				time.Sleep(time.Minute)
				if c.renew != nil {
					c.renew(p)
				}
				_, _, _ = send(t, rt, "POST", siteURL+"/@login-renew", nil)
				assert.Equal(t, 200, get(t, rt, "/private"))
				assert.Equal(t, c.want, p.requests())
			})
		})
	}
}

// Nobody sends a token that somebody is renewing or giving up.
func TestLogin_everyoneWaitsWhileAProgramRenews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		rt := loggedIn(t, p)
		time.Sleep(time.Minute)
		p.slow("POST", "/@login-renew", time.Second)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				status, _, err := send(t, rt, "POST", siteURL+"/@login-renew", nil)
				assert.NoError(t, err)
				assert.Equal(t, 200, status)
			})
		}
		time.Sleep(time.Millisecond)
		for range 5 {
			all.Go(func() { assert.Equal(t, 200, get(t, rt, "/private")) })
		}
		all.Wait()
		assert.Zero(t, p.dead)
	})
}

func TestLogin_renewalThatFindsTheTokenDeadLogsIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		rt := loggedIn(t, p)
		time.Sleep(11*time.Hour + time.Minute)
		p.set(func(p *plone) { p.secret = "k2" })
		assert.Equal(t, 200, get(t, rt, "/private"))
		assert.Equal(t, []string{"POST /@login-renew", "POST /@login", "GET /private jane"}, p.requests())
	})
}

func TestLogin_deadTokenIsNotUsedUpWhenTheLoginFailsToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		rt := loggedIn(t, p)
		time.Sleep(11*time.Hour + time.Minute)
		p.set(func(p *plone) { p.secret = "k2" })
		login := p.answers["POST /@login"]
		p.RegisterResponder("POST", siteURL+"/@login", httpmock.NewStringResponder(503, "").Then(login))
		_, _, err := send(t, rt, "GET", siteURL+"/private", nil)
		require.ErrorIs(t, err, errors.ErrUnavailable)
		assert.Equal(t, []string{"POST /@login-renew"}, p.requests())
		assert.Equal(t, 200, get(t, rt, "/private"))
		assert.Equal(t, []string{"POST /@login", "GET /private jane"}, p.requests())
	})
}

// @login-renew gives a user of the Zope root a token of the site, which has the
// name but not the roles.
func TestLogin_doesNotTakeATokenOfAnotherUser(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]string{"root": `{"sub":"jane","fullname":""}`, "stranger": `{"sub":"joe","fullname":null}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPlone(t)
				p.fullname = "null"
				rt := loggedIn(t, p)
				p.serve("POST", "/@login-renew", func(*http.Request, string) (int, string) {
					return 200, fmt.Sprintf(`{"token":%q}`, jwt(other, p.secret))
				})
				var sent string
				p.RegisterResponder("GET", siteURL+"/x", func(r *http.Request) (*http.Response, error) {
					sent = r.Header.Get("Authorization")
					return httpmock.NewStringResponse(401, ""), nil
				})
				time.Sleep(11*time.Hour + time.Minute)
				assert.Equal(t, 401, get(t, rt, "/x"))
				// Ahead of the expiry, and after the 401.
				assert.Equal(t, []string{"POST /@login-renew jane", "POST /@login", "POST /@login-renew jane", "POST /@login"}, p.requests())
				claims, err := base64.RawURLEncoding.DecodeString(strings.Split(sent, ".")[1])
				require.NoError(t, err)
				assert.Contains(t, string(claims), `"sub":"jane","fullname":null`)
			})
		})
	}
}

// A renewal that takes so long that the token expires must not bring it back.
func TestLogin_renewalThatOutlivesTheTokenLogsIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.lifetime = time.Minute
		rt := loggedIn(t, p)
		p.slow("POST", "/@login-renew", time.Hour)
		time.Sleep(50 * time.Second)
		assert.Equal(t, 200, get(t, rt, "/private"))
		assert.Equal(t, []string{"POST /@login", "GET /private jane"}, p.requests())
		assert.Zero(t, p.dead)
	})
}

// As the token may be dead, and Plone would answer as if nobody had logged in.
func TestLogin_everyoneWaitsWhileTheTokenIsInQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		rt := loggedIn(t, p)
		p.set(func(p *plone) { p.secret = "k2" })
		p.slow("POST", "/@login-renew", time.Second)
		var all sync.WaitGroup
		all.Go(func() { assert.Equal(t, 200, get(t, rt, "/private")) })
		time.Sleep(time.Millisecond)
		assert.Equal(t, 200, get(t, rt, "/private"))
		all.Wait()
		assert.Equal(t, 2, p.dead, "one request, and the question")
	})
}

func TestLogin_neverSendsAnExpiredToken(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{0, 900 * time.Millisecond, 5 * time.Minute, 13 * time.Hour, -5 * time.Minute, -13 * time.Hour} {
		for _, undated := range []bool{false, true} {
			if undated && ahead != 0 {
				continue
			}
			t.Run(fmt.Sprint(ahead, undated), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					p := newPlone(t)
					p.lifetime, p.ahead, p.undated = time.Minute, ahead, undated
					rt := loggedIn(t, p, auth.RenewBefore(0))
					for range 300 {
						time.Sleep(700 * time.Millisecond)
						assert.Equal(t, 200, get(t, rt, "/private"))
					}
					assert.Zero(t, p.dead)
					log := p.requests()
					assert.Equal(t, 300, count(log, "GET /private jane"))
					assert.InDelta(t, 3, count(log, "POST /@login"), 1, "one for each lifetime")
				})
			})
		}
	}
}

func TestLogin_usesATokenThatLivesForASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.lifetime = time.Second
		rt := loggedIn(t, p)
		assert.Equal(t, 200, get(t, rt, "/private"))
		assert.Equal(t, []string{"POST /@login", "GET /private jane"}, p.requests())
	})
}

func TestLogin_refusesATokenThatArrivesExpired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.lifetime = -time.Second
		_, _, err := send(t, auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password)), "GET", siteURL+"/private", nil)
		require.ErrorIs(t, err, auth.ErrExpired)
		assert.Equal(t, []string{"POST /@login"}, p.requests())
	})
}

func TestLogin_failures(t *testing.T) {
	t.Parallel()
	reset := errors.New("connection reset")
	cut := func(*http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(200, "")
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"token":`), failing{reset}))
		return resp, nil
	}
	tests := []struct {
		name   string
		answer httpmock.Responder
		want   []error
		typed  any
	}{
		{"empty name or password", httpmock.NewStringResponder(400, `{"error":{"type":"Missing credentials","message":"x"}}`), []error{errors.ErrBadRequest, errors.ErrClient}, new(*errors.StatusError)},
		{"wrong password", httpmock.NewStringResponder(401, `{"error":{"type":"Invalid credentials","message":"x"}}`), []error{errors.ErrUnauthorized, errors.ErrInvalidCredentials}, new(*errors.UnauthorizedError)},
		{"proxy wants a login of its own", httpmock.NewStringResponder(401, "").HeaderSet(http.Header{"Www-Authenticate": {"Basic"}}), []error{errors.ErrUnauthorized}, new(*errors.UnauthorizedError)},
		{"redirect", httpmock.NewStringResponder(302, "").HeaderSet(http.Header{"Location": {"http://evil.test/"}}), []error{errors.Status(302)}, new(*errors.RedirectError)},
		{"no JWT plugin", httpmock.NewStringResponder(501, `{"error":{"type":"Login failed","message":"x"}}`), []error{errors.ErrNotImplemented}, new(*errors.StatusError)},
		{"overload", httpmock.NewStringResponder(503, "<html>"), []error{errors.ErrUnavailable, errors.ErrServer}, new(*errors.StatusError)},
		{"no answer", httpmock.NewErrorResponder(reset), []error{reset}, new(*errors.TransportError)},
		{"cut off", cut, []error{reset}, new(*errors.TransportError)},
		{"a page", httpmock.NewStringResponder(200, "<html>"), nil, new(*errors.DecodeError)},
		{"nothing", httpmock.NewStringResponder(204, ""), nil, new(*errors.DecodeError)},
		{"null", httpmock.NewStringResponder(200, "null"), nil, new(*errors.DecodeError)},
		{"no token", httpmock.NewStringResponder(200, `{}`), nil, new(*errors.DecodeError)},
		{"empty token", httpmock.NewStringResponder(200, `{"token":""}`), nil, new(*errors.DecodeError)},
		{"token that is no string", httpmock.NewStringResponder(200, `{"token":["a"]}`), nil, new(*errors.DecodeError)},
		{"token that cannot be sent", httpmock.NewStringResponder(200, `{"token":"a\r\nb"}`), nil, new(*errors.DecodeError)},
		{"huge", httpmock.NewStringResponder(200, `{"token":"a","x":"`+strings.Repeat("x", 64<<10)+`"}`), nil, new(*errors.DecodeError)},
		{"endless", func(*http.Request) (*http.Response, error) {
			resp := httpmock.NewStringResponse(200, "")
			resp.Body = io.NopCloser(endless{})
			return resp, nil
		}, nil, new(*errors.DecodeError)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mock := httpmock.NewMockTransport()
			mock.RegisterResponder("POST", siteURL+"/@login", tt.answer)
			closed := 0
			rt := auth.NewTransport(countingClose(mock, &closed), parse(t, siteURL), auth.Login(user, password))
			b := &body{Reader: strings.NewReader("x")}
			_, _, err := send(t, rt, "POST", siteURL+"/x?secret", b)
			require.Error(t, err)
			for _, want := range tt.want {
				require.ErrorIs(t, err, want)
			}
			require.ErrorAs(t, err, tt.typed)
			assert.True(t, b.closed)
			assert.Equal(t, 1, mock.GetTotalCallCount())
			assert.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
			assert.Equal(t, "plone: POST http://plone.test/Plone/@login: ", err.Error()[:44])
			for _, form := range []string{"%v", "%+v", "%#v"} {
				assert.NotContains(t, fmt.Sprintf(form, err), password)
			}
			if e, ok := errors.AsType[*errors.DecodeError](err); ok {
				assert.Nil(t, e.Body, "it may hold a token")
				assert.NotErrorIs(t, err, errors.ErrInvalidInput, "the site is at fault")
				if tt.name == "a page" {
					require.EqualError(t, e.Err, "auth: no token in it")
				}
				assert.NotZero(t, e.Status)
			}
			if tt.name != "no answer" {
				assert.Equal(t, 1, closed)
			}
		})
	}
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// endless never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte(" "), len(p))), nil }

// countingClose counts the bodies that are closed.
func countingClose(rt http.RoundTripper, n *int) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := rt.RoundTrip(r)
		if resp != nil {
			resp.Body = closer{resp.Body, n}
			resp.Request = nil // not every base sets it
		}
		return resp, err
	})
}

type closer struct {
	io.ReadCloser
	n *int
}

func (c closer) Close() error { *c.n++; return c.ReadCloser.Close() }

func TestLogin_aFailureIsForgottenAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlone(t)
	login := p.answers["POST /@login"]
	p.RegisterResponder("POST", siteURL+"/@login", httpmock.NewStringResponder(500, "").Then(login))
	rt := auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password))
	_, _, err := send(t, rt, "GET", siteURL+"/private", nil)
	require.ErrorIs(t, err, errors.ErrInternalServer)
	assert.Equal(t, 200, get(t, rt, "/private"))
}

func TestLogin_remembersThatThePasswordWasRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.password = "changed"
		rt := auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password))
		refused := func() []string {
			t.Helper()
			_, _, err := send(t, rt, "GET", siteURL+"/private", nil)
			require.ErrorIs(t, err, errors.ErrInvalidCredentials)
			return p.requests()
		}
		assert.Equal(t, []string{"POST /@login"}, refused())
		for range 100 {
			assert.Empty(t, refused())
		}
		time.Sleep(15*time.Minute - 1)
		assert.Empty(t, refused())
		time.Sleep(time.Nanosecond)
		assert.Equal(t, []string{"POST /@login"}, refused())
		assert.Empty(t, refused())
		time.Sleep(10 * time.Minute)
		assert.Empty(t, refused())
		p.set(func(p *plone) { p.password = password })
		rt.Forget()
		assert.Equal(t, 200, get(t, rt, "/private"))
	})
}

func TestLogin_forgetLogsInAgain(t *testing.T) {
	t.Parallel()
	p := newPlone(t)
	rt := loggedIn(t, p)
	rt.Forget()
	assert.Equal(t, 200, get(t, rt, "/private"))
	assert.Equal(t, []string{"POST /@login", "GET /private jane"}, p.requests())
}

func TestLogin_forgetForgetsThatTheTokenWasGood(t *testing.T) {
	t.Parallel()
	p := newPlone(t)
	rt := loggedIn(t, p)
	assert.Equal(t, 401, get(t, rt, "/managers-only"))
	rt.Forget()
	assert.Equal(t, 200, get(t, rt, "/private"))
	p.set(func(p *plone) { p.secret = "k2" })
	assert.Equal(t, 200, get(t, rt, "/private"))
}

func TestLogin_forgetCountsForALoginUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.slow("POST", "/@login", time.Second)
		rt := auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password))
		var first sync.WaitGroup
		first.Go(func() { assert.Equal(t, 200, get(t, rt, "/private")) })
		time.Sleep(time.Millisecond)
		rt.Forget()
		first.Wait()
		assert.Equal(t, 200, get(t, rt, "/private"))
		assert.Equal(t, 2, count(p.requests(), "POST /@login"))
	})
}

func TestLogin_honoursTheContextOfEveryoneWhoWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.slow("POST", "/@login", 10*time.Second)
		rt := auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password))
		start := time.Now()
		var all sync.WaitGroup
		// The first one begins the login and goes; the login goes on for the last.
		for _, patience := range []time.Duration{1 * time.Second, 2 * time.Second, time.Minute} {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				err := privateWith(ctx, rt)
				if patience == time.Minute {
					assert.NoError(t, err)
					assert.Equal(t, 10*time.Second, time.Since(start))
					return
				}
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, patience, time.Since(start))
			})
			synctest.Wait()
		}
		all.Wait()
		assert.Equal(t, []string{"POST /@login", "GET /private jane"}, p.requests())
	})
}

// privateWith gets the private page with a context.
func privateWith(ctx context.Context, rt http.RoundTripper) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, siteURL+"/private", nil)
	if err != nil {
		return err
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func TestLogin_isGivenUpWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		ended := false
		p.RegisterResponder("POST", siteURL+"/@login", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			ended = true
			return nil, r.Context().Err()
		})
		rt := auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password))
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				assert.ErrorIs(t, privateWith(ctx, rt), context.DeadlineExceeded)
			})
		}
		all.Wait()
		synctest.Wait()
		assert.True(t, ended)
		p.RegisterResponder("POST", siteURL+"/@login", p.answers["POST /@login"])
		assert.Equal(t, 200, get(t, rt, "/private"))
	})
}

// Even one that does not listen.
func TestLogin_nobodyJoinsALoginThatWasGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.slow("POST", "/@login", time.Minute)
		base := roundTripper(func(r *http.Request) (*http.Response, error) { return p.RoundTrip(r.WithContext(context.Background())) })
		rt := auth.NewTransport(base, parse(t, siteURL), auth.Login(user, password))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, privateWith(ctx, rt), context.DeadlineExceeded)
		p.slow("POST", "/@login", 0)
		start := time.Now()
		require.NoError(t, privateWith(t.Context(), rt))
		assert.Zero(t, time.Since(start))
		time.Sleep(time.Hour)
		assert.Equal(t, 2, count(p.requests(), "POST /@login"))
	})
}

func TestLogin_isBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.slow("POST", "/@login", time.Hour)
		rt := auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password))
		start := time.Now()
		err := privateWith(t.Context(), rt)
		require.EqualError(t, err, "plone: POST http://plone.test/Plone/@login: no answer: auth: nothing within 30s")
		assert.NotErrorIs(t, err, context.DeadlineExceeded, "the context of the call has not ended")
		assert.Equal(t, 30*time.Second, time.Since(start))
	})
}

func TestLogin_isNotBegunWithAnEndedContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		base := roundTripper(func(*http.Request) (*http.Response, error) { sent++; return nil, io.ErrUnexpectedEOF })
		rt := auth.NewTransport(base, parse(t, siteURL), auth.Login(user, password))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := privateWith(ctx, rt)
		require.ErrorIs(t, err, context.Canceled)
		_, ok := errors.AsType[*errors.TransportError](err)
		assert.True(t, ok)
		synctest.Wait()
		assert.Zero(t, sent)
	})
}

// A login has the values of the call that begins it, for traces, and not what is said
// of that one request.
func TestLogin_valuesOfTheContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	p := newPlone(t)
	login := p.answers["POST /@login"]
	p.RegisterResponder("POST", siteURL+"/@login", func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "of the call", r.Context().Value(key{}))
		assert.Nil(t, r.Context().Value(requestKey{}))
		return login(r)
	})
	rt := auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password))
	ctx := context.WithValue(context.WithValue(t.Context(), key{}, "of the call"), requestKey{}, "of the request")
	require.NoError(t, privateWith(ctx, rt))
}

type requestKey struct{}

func (requestKey) OfRequest() {}

func TestLogin_unauthorizedForAKnownUserStands(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		rt := loggedIn(t, p)
		time.Sleep(time.Minute) // tokens of one second are alike
		status, text, err := send(t, rt, "GET", siteURL+"/managers-only", nil)
		require.NoError(t, err)
		assert.Equal(t, 401, status)
		assert.JSONEq(t, `{"type":"Unauthorized","message":"no"}`, text, "the body is there still")
		assert.Equal(t, []string{"GET /managers-only jane", "POST /@login-renew jane"}, p.requests())
		// The site is not asked again for a while.
		for range 10 {
			time.Sleep(999 * time.Millisecond)
			assert.Equal(t, 401, get(t, rt, "/managers-only"))
		}
		assert.Equal(t, 10, count(p.requests(), "GET /managers-only jane"))
		time.Sleep(10 * time.Millisecond)
		assert.Equal(t, 401, get(t, rt, "/managers-only"))
		assert.Equal(t, []string{"GET /managers-only jane", "POST /@login-renew jane"}, p.requests())
	})
}

func TestLogin_survivesARotationOfTheSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		rt := loggedIn(t, p)
		p.set(func(p *plone) { p.secret = "k2" })
		assert.Equal(t, 200, get(t, rt, "/private"))
		assert.Equal(t, []string{"GET /private", "POST /@login-renew", "POST /@login", "GET /private jane"}, p.requests())
		assert.Equal(t, 200, get(t, rt, "/private"))
		assert.Equal(t, []string{"GET /private jane"}, p.requests())
	})
}

func TestLogin_oneProofAndOneLoginForAllGoroutines(t *testing.T) {
	t.Parallel()
	for _, rotated := range []bool{false, true} {
		t.Run(fmt.Sprint("rotated ", rotated), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPlone(t)
				rt := loggedIn(t, p)
				time.Sleep(time.Minute)
				if rotated {
					p.set(func(p *plone) { p.secret = "k2" })
				}
				p.slow("GET", "/managers-only", time.Second) // all are on the way when the first is answered
				p.slow("POST", "/@login-renew", time.Second)
				p.slow("POST", "/@login", time.Second)
				var all sync.WaitGroup
				for range 100 {
					all.Go(func() { assert.Equal(t, 401, get(t, rt, "/managers-only")) })
				}
				all.Wait()
				log := p.requests()
				if rotated {
					assert.Equal(t, 100, count(log, "GET /managers-only"))
					assert.Equal(t, 100, count(log, "GET /managers-only jane"), "each is repeated once")
					assert.Equal(t, 1, count(log, "POST /@login-renew"))
					assert.Equal(t, 1, count(log, "POST /@login"))
					return
				}
				assert.Equal(t, 100, count(log, "GET /managers-only jane"))
				assert.Equal(t, 1, count(log, "POST /@login-renew jane"))
				assert.Len(t, log, 101)
			})
		})
	}
}

// Some sites keep tokens, and end one when it is renewed: who was on the way with
// it meets a 401 that says nothing about permissions.
func TestLogin_repeatsWhatWasSentWithAReplacedToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		rt := loggedIn(t, p)
		time.Sleep(time.Minute)
		slow := p.answers["GET /private"]
		first := true
		p.RegisterResponder("GET", siteURL+"/slow", func(r *http.Request) (*http.Response, error) {
			if first {
				first = false
				time.Sleep(time.Minute)
				return httpmock.NewStringResponse(401, ""), nil
			}
			return slow(r)
		})
		var all sync.WaitGroup
		all.Go(func() { assert.Equal(t, 200, get(t, rt, "/slow")) })
		time.Sleep(time.Second)
		assert.Equal(t, 401, get(t, rt, "/managers-only"))
		all.Wait()
		assert.Equal(t, []string{"GET /managers-only jane", "POST /@login-renew jane", "GET /private jane"}, p.requests())
	})
}

func TestLogin_unauthorizedBecauseItExpiredOnTheWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.lifetime = time.Minute
		rt := loggedIn(t, p, auth.RenewBefore(0))
		private := p.answers["GET /private"]
		p.RegisterResponder("GET", siteURL+"/queue", func(r *http.Request) (*http.Response, error) {
			time.Sleep(10 * time.Second) // in the queue of a busy site
			return private(r)
		})
		time.Sleep(55 * time.Second)
		assert.Equal(t, 200, get(t, rt, "/queue"))
		assert.Equal(t, []string{"GET /private", "POST /@login", "GET /private jane"}, p.requests(), "no proof is needed")
	})
}

func TestLogin_unauthorizedStandsWhenNobodyCanTell(t *testing.T) {
	t.Parallel()
	for name, renew := range map[string]httpmock.Responder{
		"no JWT plugin":   httpmock.NewStringResponder(501, ""),
		"a conflict":      httpmock.NewStringResponder(500, `{"type":"ConflictError","message":"x"}`),
		"no such service": httpmock.NewStringResponder(404, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPlone(t)
				rt := loggedIn(t, p)
				p.RegisterResponder("POST", siteURL+"/@login-renew", renew)
				for range 5 {
					assert.Equal(t, 401, get(t, rt, "/managers-only"))
				}
				assert.Equal(t, 1, p.GetCallCountInfo()["POST "+siteURL+"/@login-renew"])
				assert.Equal(t, 200, get(t, rt, "/private"))
				assert.Zero(t, count(p.requests(), "POST /@login"))
			})
		})
	}
}

func TestLogin_unauthorizedAndThePasswordHasChanged(t *testing.T) {
	t.Parallel()
	p := newPlone(t)
	rt := loggedIn(t, p)
	p.set(func(p *plone) { p.secret, p.password = "k2", "changed" })
	for range 3 {
		_, _, err := send(t, rt, "GET", siteURL+"/private", nil)
		require.ErrorIs(t, err, errors.ErrInvalidCredentials)
	}
	assert.Equal(t, []string{"GET /private", "POST /@login-renew", "POST /@login"}, p.requests())
}

// A site that does not let its own new token in is not asked for ever.
func TestLogin_unauthorizedWithEveryToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		rt := loggedIn(t, p)
		p.RegisterResponder("POST", siteURL+"/@login-renew", httpmock.NewStringResponder(401, ""))
		time.Sleep(time.Minute)
		for range 5 {
			assert.Equal(t, 401, get(t, rt, "/managers-only"))
		}
		log := p.requests()
		assert.Equal(t, 1, count(log, "POST /@login"))
		assert.Equal(t, 6, count(log, "GET /managers-only jane"))
	})
}

func TestLogin_repeatsABodyThatCanBeHadAgain(t *testing.T) {
	t.Parallel()
	const text = `{"title":"x"}`
	tests := []struct {
		name    string
		body    io.Reader
		getBody func() (io.ReadCloser, error) // nil for that of NewRequest
		want    int
	}{
		{"none", nil, nil, 200},
		{"empty", http.NoBody, nil, 200},
		{"in memory", strings.NewReader(text), nil, 200},
		{"a reader", struct{ io.Reader }{strings.NewReader(text)}, nil, 401},
		{"a reader that fails to come again", strings.NewReader(text), func() (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF }, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPlone(t)
			rt := loggedIn(t, p)
			var bodies []string
			p.serve("POST", "/private", func(r *http.Request, who string) (int, string) {
				if r.Body != nil {
					b, _ := io.ReadAll(r.Body)
					bodies = append(bodies, string(b))
				}
				if who == "" {
					return 401, "{}"
				}
				return 200, ""
			})
			p.set(func(p *plone) { p.secret = "k2" })
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, siteURL+"/private", tt.body)
			require.NoError(t, err)
			if tt.getBody != nil {
				req.GetBody = tt.getBody
			}
			resp, err := rt.RoundTrip(req)
			require.NoError(t, err)
			_, err = io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, tt.want, resp.StatusCode)
			for _, b := range bodies {
				if tt.body != nil && tt.body != http.NoBody {
					assert.Equal(t, text, b)
				}
			}
			// The login was done all the same.
			assert.Equal(t, 200, get(t, rt, "/private"))
			assert.Equal(t, 1, count(p.requests(), "POST /@login"))
		})
	}
}

func TestLogin_closesTheAnswerThatItDoesNotReturn(t *testing.T) {
	t.Parallel()
	for _, now := range []string{password, "changed"} {
		p := newPlone(t)
		opened, closed := 0, 0
		base := countingClose(roundTripper(func(r *http.Request) (*http.Response, error) {
			opened++
			return p.RoundTrip(r)
		}), &closed)
		rt := auth.NewTransport(base, parse(t, siteURL), auth.Login(user, password))
		assert.Equal(t, 200, get(t, rt, "/private"))
		p.set(func(p *plone) { p.secret, p.password = "k2", now })
		_, _, err := send(t, rt, "GET", siteURL+"/private", nil)
		assert.Equal(t, now == password, err == nil)
		assert.Equal(t, opened, closed)
	}
}

// The question about a token may need the connection that the 401 came by.
func TestLogin_oneConnectionIsEnough(t *testing.T) {
	t.Parallel()
	var renewals atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/@login":
			_, _ = io.WriteString(w, `{"token":"new"}`)
		case "/@login-renew":
			renewals.Add(1)
			w.WriteHeader(401)
		default:
			w.WriteHeader(401)
			_, _ = io.WriteString(w, strings.Repeat("x", 20<<10))
		}
	}))
	t.Cleanup(server.Close)
	base := server.Client().Transport.(*http.Transport)
	base.MaxConnsPerHost = 1
	rt := auth.NewTransport(base, parse(t, server.URL), auth.Login(user, password))
	status, text, err := send(t, rt, "GET", server.URL+"/x", nil)
	require.NoError(t, err)
	assert.Equal(t, 401, status)
	assert.Len(t, text, 20<<10)
	assert.EqualValues(t, 1, renewals.Load())
}

func TestLogin_longUnauthorizedIsReturnedWhole(t *testing.T) {
	t.Parallel()
	p := newPlone(t)
	rt := loggedIn(t, p)
	long := strings.Repeat("x", 200<<10)
	p.RegisterResponder("GET", siteURL+"/long", httpmock.NewStringResponder(401, long))
	_, text, err := send(t, rt, "GET", siteURL+"/long", nil)
	require.NoError(t, err)
	assert.Equal(t, long, text)
}

func TestLogin_noAnswerToTheRequestIsReturnedAsItIs(t *testing.T) {
	t.Parallel()
	p := newPlone(t)
	rt := loggedIn(t, p)
	reset := errors.New("reset")
	p.RegisterResponder("GET", siteURL+"/private", httpmock.NewErrorResponder(reset))
	_, _, err := send(t, rt, "GET", siteURL+"/private", nil)
	require.ErrorIs(t, err, reset)
	_, typed := errors.AsType[*errors.TransportError](err)
	assert.False(t, typed, "only what kept the request from being sent is typed here")
}
