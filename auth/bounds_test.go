package auth_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
)

// dated changes the header of responses with a date.
func dated(p *plone, path string, change func(http.Header)) {
	answer := p.answers[path]
	method, place, _ := cut(path)
	p.RegisterResponder(method, siteURL+place, func(r *http.Request) (*http.Response, error) {
		resp, err := answer(r)
		if err == nil {
			change(resp.Header)
		}
		return resp, err
	})
}

func cut(path string) (method, place string, found bool) {
	for i := range path {
		if path[i] == ' ' {
			return path[:i], path[i+1:], true
		}
	}
	return "", "", false
}

func date(offset time.Duration) func(http.Header) {
	return func(h http.Header) { h.Set("Date", time.Now().Add(offset).UTC().Format(http.TimeFormat)) }
}

// One Date that is far off, or old as that of a cache, ends no token; a later one
// corrects it.
func TestStatic_datesThatProveNothing(t *testing.T) {
	t.Parallel()
	aged := func(h http.Header) { date(30 * time.Minute)(h); h.Set("Age", "10") }
	for name, change := range map[string]func(http.Header){
		"two days ahead": date(48 * time.Hour), "two hours ahead": date(2 * time.Hour), "two days late": date(-48 * time.Hour), "of a cache": aged,
		"no date": func(h http.Header) { h.Set("Date", "soon") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPlone(t)
				rt := auth.NewTransport(p, parse(t, siteURL), auth.Static(jwt(fmt.Sprintf(`{"sub":"jane","exp":%d}`, time.Now().Add(20*time.Minute).Unix()), p.secret)))
				dated(p, "GET /private", change)
				assert.Equal(t, 200, get(t, rt, "/private"))
				time.Sleep(19 * time.Minute)
				assert.Equal(t, 200, get(t, rt, "/private"))
				time.Sleep(time.Minute)
				_, _, err := send(t, rt, "GET", siteURL+"/private", nil)
				require.ErrorIs(t, err, auth.ErrExpired)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		rt := auth.NewTransport(p, parse(t, siteURL), auth.Static(jwt(fmt.Sprintf(`{"sub":"jane","exp":%d}`, time.Now().Add(time.Hour).Unix()), p.secret)))
		dated(p, "GET /private", date(30*time.Minute))
		assert.Equal(t, 200, get(t, rt, "/private"))
		dated(p, "GET /private", date(0))
		assert.Equal(t, 200, get(t, rt, "/private"))
		time.Sleep(45 * time.Minute)
		assert.Equal(t, 200, get(t, rt, "/private"), "a later Date corrects it")
	})
}

// Whatever the Date of a login says, the token is used, and not after its expiry.
func TestLogin_datesThatProveNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(http.Header){
		"two days ahead": date(48 * time.Hour), "an hour ahead": date(time.Hour), "an hour late": date(-time.Hour), "two days late": date(-48 * time.Hour),
		"of a cache": func(h http.Header) { date(-time.Hour)(h); h.Set("Age", "3600") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPlone(t)
				p.lifetime = 2 * time.Hour
				dated(p, "POST /@login", change)
				dated(p, "POST /@login-renew", change)
				rt := loggedIn(t, p, auth.RenewBefore(0))
				for range 60 {
					time.Sleep(10 * time.Minute)
					assert.Equal(t, 200, get(t, rt, "/private"))
				}
				assert.Zero(t, p.dead)
				assert.LessOrEqual(t, count(p.requests(), "POST /@login"), 10)
			})
		})
	}
}

// A renewal that the site answered, and a login that it did not, leave a token that
// is good.
func TestLogin_keepsATokenThatIsGoodWhenTheLoginFails(t *testing.T) {
	t.Parallel()
	root := func(p *plone) func(*http.Request, string) (int, string) {
		return func(_ *http.Request, who string) (int, string) {
			if who == "" {
				return 401, `{"error":{"type":"Invalid or expired authentication token","message":"no"}}`
			}
			return 200, fmt.Sprintf(`{"token":%q}`, jwt(`{"sub":"jane","fullname":""}`, p.secret))
		}
	}
	for name, login := range map[string]httpmock.Responder{
		"busy":    httpmock.NewStringResponder(503, ""),
		"lost":    httpmock.NewErrorResponder(errors.New("reset")),
		"limited": httpmock.NewStringResponder(429, ""),
		"refused": httpmock.NewStringResponder(401, `{"error":{"type":"Invalid credentials","message":"no"}}`),
	} {
		for _, stored := range []bool{false, true} {
			t.Run(fmt.Sprint(name, stored), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					p := newPlone(t)
					p.fullname = "null"
					rt := loggedIn(t, p)
					p.serve("POST", "/@login-renew", func(r *http.Request, who string) (int, string) {
						status, body := root(p)(r, who)
						if stored {
							p.secret = "k2" // the renewal ended the token
						}
						return status, body
					})
					p.RegisterResponder("POST", siteURL+"/@login", login)
					time.Sleep(11*time.Hour + time.Minute)
					_, _, err := send(t, rt, "GET", siteURL+"/private", nil)
					if stored {
						require.Error(t, err)
						assert.Zero(t, count(p.requests(), "GET /private"), "it is not sent: the site would take its holder for a visitor")
						return
					}
					require.NoError(t, err)
					p.requests()
					assert.Equal(t, 200, get(t, rt, "/private"))
					assert.Equal(t, []string{"GET /private jane"}, p.requests(), "not tried for every request")
				})
			})
		}
	}
}

// A login that was told to wait is not asked for again by every call.
func TestLogin_remembersHowLongToWait(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		after  string
		pause  time.Duration
	}{
		{429, "120", 2 * time.Minute},
		{503, "120", 2 * time.Minute},
		{429, "Sat, 01 Jan 2000 01:00:00 GMT", time.Hour},
		{429, "99999999999999999999", 24 * time.Hour},
		{503, "", 0},
		{429, "", 0},
		{500, "120", 0},
	} {
		t.Run(fmt.Sprint(tt.status, tt.after), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPlone(t)
				asked := 0
				p.RegisterResponder("POST", siteURL+"/@login", func(*http.Request) (*http.Response, error) {
					asked++
					resp := httpmock.NewStringResponse(tt.status, "")
					if tt.after != "" {
						resp.Header.Set("Retry-After", tt.after)
					}
					return resp, nil
				})
				rt := auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password))
				fails := func() time.Duration {
					_, _, err := send(t, rt, "GET", siteURL+"/private", nil)
					require.ErrorIs(t, err, errors.Status(tt.status))
					e, found := errors.AsType[*errors.StatusError](err)
					require.True(t, found)
					return e.RetryAfter
				}
				fails()
				if tt.pause == 0 {
					fails()
					assert.Equal(t, 2, asked)
					return
				}
				time.Sleep(tt.pause / 2)
				assert.Equal(t, tt.pause/2, fails(), "what is left of the wait")
				time.Sleep(tt.pause/2 - 1)
				fails()
				assert.Equal(t, 1, asked)
				time.Sleep(time.Nanosecond)
				p.RegisterResponder("POST", siteURL+"/@login", p.answers["POST /@login"])
				assert.Equal(t, 200, get(t, rt, "/private"))
			})
		})
	}
	synctest.Test(t, func(t *testing.T) { // a renewal too
		p := newPlone(t)
		rt := loggedIn(t, p)
		asked := 0
		p.RegisterResponder("POST", siteURL+"/@login-renew", func(*http.Request) (*http.Response, error) {
			asked++
			resp := httpmock.NewStringResponse(429, "")
			resp.Header.Set("Retry-After", "600")
			return resp, nil
		})
		time.Sleep(11*time.Hour + time.Minute)
		for range 10 {
			assert.Equal(t, 200, get(t, rt, "/private"))
			time.Sleep(59 * time.Second)
		}
		assert.Equal(t, 1, asked)
	})
}
