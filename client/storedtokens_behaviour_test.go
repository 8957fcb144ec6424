package client_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

// onSitesThatStoreTokens runs one case on sites that end a token when it is renewed.
// The setting of a real site is for all tests, so that none runs beside.
func onSitesThatStoreTokens(t *testing.T, run func(t *testing.T, s *site)) {
	t.Helper()
	t.Run("plonetest", func(t *testing.T) {
		t.Parallel()
		server := plonetest.NewServer(plonetest.WithStoredTokens())
		t.Cleanup(server.Close)
		cases.fake.Add(1)
		run(t, &site{url: server.URL, user: "admin", password: "secret"})
	})
	if url := os.Getenv("PLONE_URL"); url != "" {
		t.Run("plone", func(t *testing.T) {
			cases.live.Add(1)
			s := &site{url: url, user: os.Getenv("PLONE_USER"), password: os.Getenv("PLONE_PASSWORD"), live: true}
			s.storeTokens(t, true)
			t.Cleanup(func() { s.storeTokens(t, false) })
			run(t, s)
		})
	}
}

// storeTokens makes a real site store tokens or not, by the form of its plugin.
func (s *site) storeTokens(t *testing.T, store bool) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	ask := func(method, name string, form url.Values) string {
		req, err := http.NewRequestWithContext(ctx, method, s.url+"/"+name+"?"+form.Encode(), nil)
		require.NoError(t, err)
		req.SetBasicAuth(s.user, s.password)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer func() { _ = resp.Body.Close() }()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, 200, resp.StatusCode, "%s", text)
		return string(text)
	}
	form := url.Values{
		"use_keyring": {"True"}, "token_timeout": {"43200"},
		"_authenticator": {strings.TrimSpace(ask(http.MethodGet, "@@authenticator/token", nil))},
	}
	if store {
		form.Set("store_tokens", "True")
	}
	ask(http.MethodPost, "acl_users/jwt_auth/manage_updateConfig", form)
}

// aSecondLater waits until a token is another one than that of the login: the site
// counts seconds.
func aSecondLater() { time.Sleep(1100 * time.Millisecond) }

// Asking who one is ends no token, whatever the credentials are.
func TestBehaviour_WhoAmI_storedTokens(t *testing.T) {
	onSitesThatStoreTokens(t, func(t *testing.T, s *site) {
		folder := s.folder(t) // private
		id, nobody := s.member(t, "Manager"), s.member(t)
		for _, user := range []string{id, nobody} {
			token, err := s.anonymous(t).Auth.Login(t.Context(), user, userPassword)
			require.NoError(t, err)
			for name, source := range map[string]auth.Source{
				"static": auth.Static(string(token.Value.Token)),
				"login":  auth.Login(user, userPassword),
				"basic":  auth.Basic(user, userPassword),
			} {
				c := s.as(t, source, client.WithKnownUser())
				for range 2 {
					me, err := c.WhoAmI(t.Context())
					require.NoError(t, err, name)
					assert.Equal(t, user, me.User.ID, name)
				}
				if user == id {
					_, err = c.Content.Get(t.Context(), folder)
					require.NoError(t, err, name)
				}
			}
		}
		for name, source := range map[string]auth.Source{
			"login": auth.Login(s.user, s.password), "basic": auth.Basic(s.user, s.password),
		} {
			c := s.as(t, source)
			me, err := c.WhoAmI(t.Context()) // a user of the Zope root
			require.NoError(t, err, name)
			assert.Equal(t, s.user, me.User.Username, name)
			_, err = c.Content.Get(t.Context(), folder)
			require.NoError(t, err, name)
		}
	})
}

// A client that logs in by itself goes on after a renewal and a logout, however
// they were asked for.
func TestBehaviour_Auth_storedTokens(t *testing.T) {
	onSitesThatStoreTokens(t, func(t *testing.T, s *site) {
		folder := s.folder(t)
		for _, user := range []struct{ name, password string }{{s.member(t, "Manager"), userPassword}, {s.user, s.password}} {
			c := s.as(t, auth.Login(user.name, user.password))
			seen := func(when string) {
				t.Helper()
				_, err := c.Content.Get(t.Context(), folder)
				require.NoError(t, err, when)
				me, err := c.WhoAmI(t.Context())
				require.NoError(t, err, when)
				assert.Equal(t, user.name, me.User.ID, when)
			}
			seen("at first")
			_, err := c.Auth.Renew(t.Context())
			require.NoError(t, err)
			seen("after a renewal within the second of the login")
			aSecondLater()
			_, err = c.Auth.Renew(t.Context())
			require.NoError(t, err)
			seen("after a renewal")
			aSecondLater()
			_, err = client.Call[client.LoginToken](t.Context(), c, client.Request{Method: http.MethodPost, Path: "@login-renew"})
			require.NoError(t, err)
			seen("after a renewal by hand")
			var calls sync.WaitGroup
			for range 4 {
				calls.Go(func() {
					_, err := c.Auth.Renew(t.Context())
					assert.NoError(t, err)
				})
			}
			calls.Wait()
			seen("after renewals at once")
			_, err = client.Call[struct{}](t.Context(), c, client.Request{Method: http.MethodPost, Path: "@logout"})
			if user.name != s.user { // whose token is one of the Zope root, and not on the list of the site
				require.NoError(t, err)
			}
			seen("after a logout by hand")
		}

		// A Static token is what the caller gave, and ends.
		id := s.member(t)
		token, err := s.anonymous(t).Auth.Login(t.Context(), id, userPassword)
		require.NoError(t, err)
		static := s.as(t, auth.Static(string(token.Value.Token)))
		aSecondLater()
		renewed, err := static.Auth.Renew(t.Context())
		require.NoError(t, err)
		_, err = static.WhoAmI(t.Context())
		require.ErrorIs(t, err, errors.ErrInvalidCredentials)
		_, err = s.as(t, auth.Static(string(renewed.Value.Token))).WhoAmI(t.Context())
		require.NoError(t, err)
	})
}
