package auth_test

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// ended runs f in a goroutine and returns what it panicked with, and whether it
// returned.
func ended(f func()) (value any, returned bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { value = recover() }()
		f()
		returned = true
	}()
	<-done
	return value, returned
}

// What ends a login early ends all who wait for it, and nothing else.
func TestLogin_panicReachesEveryoneWhoWaits(t *testing.T) {
	t.Parallel()
	value := &struct{ name string }{"the same"}
	for name, end := range map[string]func(){"panic": func() { panic(value) }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPlone(t)
				broken := true
				base := roundTripper(func(req *http.Request) (*http.Response, error) {
					if broken && strings.HasSuffix(req.URL.Path, "/@login") {
						time.Sleep(time.Second)
						end()
					}
					return p.RoundTrip(req)
				})
				rt := auth.NewTransport(base, parse(t, siteURL), auth.Login(user, password))
				ends := make(chan bool)
				address := parse(t, siteURL+"/private")
				for range 3 {
					go func() {
						b := &body{Reader: strings.NewReader("x")}
						got, returned := ended(func() {
							req := &http.Request{Method: http.MethodPost, URL: address, Body: b}
							_, _ = rt.RoundTrip(req.WithContext(t.Context())) // there is no body to close
						})
						ends <- !returned && (name == "Goexit" && got == nil || got == value) && b.closed
					}()
				}
				for range 3 {
					assert.True(t, <-ends)
				}
				broken = false
				assert.Equal(t, 200, get(t, rt, "/private"), "the next request logs in")
			})
		})
	}
}

func TestTransport_panicOfASource(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(){"panic": func() { panic("x") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rt := auth.NewTransport(httpmock.NewMockTransport(), parse(t, siteURL), sourceFunc(func(context.Context) (auth.Token, error) {
				end()
				return auth.Token{}, nil
			}))
			b := &body{Reader: strings.NewReader("x")}
			_, returned := ended(func() { _, _, _ = send(t, rt, "POST", siteURL, b) })
			assert.False(t, returned)
			assert.True(t, b.closed)
		})
	}
}

// The response that a login was to make up for is closed.
func TestLogin_panicAfterA401(t *testing.T) {
	t.Parallel()
	p := newPlone(t)
	var closed int
	broken := roundTripper(func(req *http.Request) (*http.Response, error) {
		if strings.Contains(req.URL.Path, "/@login") {
			panic("x")
		}
		return &http.Response{StatusCode: 401, Header: http.Header{}, Body: closer{io.NopCloser(strings.NewReader("")), &closed}}, nil
	})
	source := auth.Login(user, password)
	assert.Equal(t, 200, get(t, auth.NewTransport(p, parse(t, siteURL), source), "/private"))
	_, returned := ended(func() {
		_, _, _ = send(t, auth.NewTransport(broken, parse(t, siteURL), source), "POST", siteURL+"/private", strings.NewReader("x"))
	})
	assert.False(t, returned)
	assert.Equal(t, 1, closed)
}

// A write whose login fails was not carried out, and is repeated as the login may
// be, whether it was sent before, and answered with 401, or not.
func TestLogin_failureIsNoUnknownOutcome(t *testing.T) {
	t.Parallel()
	for _, posts := range []int{0, 1} {
		for status, logins := range map[int]int{400: 1, 503: 4} {
			synctest.Test(t, func(t *testing.T) {
				p := newPlone(t)
				rt := retry.NewTransport(auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password)), retry.Policy{})
				if posts == 1 {
					assert.Equal(t, 200, get(t, rt, "/private"))
				}
				p.requests() // forgets them
				p.ZeroCallCounters()
				for path, answer := range map[string]int{"/private": 401, "/@login-renew": 401, "/@login": status} {
					p.RegisterResponder("POST", siteURL+path, httpmock.NewStringResponder(answer, "{}"))
				}
				_, _, err := send(t, rt, "POST", siteURL+"/private", strings.NewReader("x"))
				require.ErrorIs(t, err, errors.Status(status))
				require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
				calls := p.GetCallCountInfo()
				assert.Equal(t, posts, calls["POST "+siteURL+"/private"])
				assert.Equal(t, logins, calls["POST "+siteURL+"/@login"])
			})
		}
	}
}
