package client_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// TestWithCookies keeps the cookies that are named, for the site, and no other.
func TestWithCookies(t *testing.T) {
	t.Parallel()
	var sent []string
	set := []string{"lb=" + secretWord + "; Path=/; HttpOnly", "__ac=x; Path=/", "other=x", "secure=x; Secure"}
	transport := tripper(func(req *http.Request) (*http.Response, error) {
		sent = append(sent, req.Header.Get("Cookie"))
		resp, err := jsonAnswer(200, `{"@id":"http://plone.test/site/a"}`)(req)
		if err == nil {
			resp.Header["Set-Cookie"] = set
		}
		return resp, err
	})
	c, err := client.New("http://plone.test/site", client.WithTransport(transport), client.WithTrustedPaths(), client.WithCookies("lb", "secure"))
	require.NoError(t, err)
	get := func(c *client.Client, opts ...client.CallOption) string {
		got, err := c.Content.Get(t.Context(), "/a", opts...)
		require.NoError(t, err)
		assert.Empty(t, got.Header.Values("Set-Cookie"))
		return sent[len(sent)-1]
	}
	assert.Empty(t, get(c), "none yet")
	assert.Equal(t, "lb="+secretWord, get(c))
	assert.Equal(t, "own=1; lb="+secretWord, get(c, client.Header("Cookie", "own=1")))
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), secretWord)

	clone, err := c.Clone()
	require.NoError(t, err)
	assert.Empty(t, get(clone), "a clone has its own")

	set = []string{"lb=; Max-Age=0; Path=/"}
	get(c)
	assert.Empty(t, get(c), "it was taken back")
}

// TestWithCookies_logins keeps the cookie of the process that has made the token.
func TestWithCookies_logins(t *testing.T) {
	t.Parallel()
	server, _ := fake(t)
	var cookies []string
	transport := tripper(func(req *http.Request) (*http.Response, error) {
		cookies = append(cookies, req.Header.Get("Cookie"))
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err == nil {
			resp.Header.Add("Set-Cookie", fmt.Sprintf("lb=%d; Path=/", len(cookies)))
		}
		return resp, err
	})
	c, err := client.New(server.URL, client.WithAuth(auth.Login("admin", "secret")), client.WithTransport(transport), client.WithCookies("lb"))
	require.NoError(t, err)
	_, err = c.Content.Get(t.Context(), "/news")
	require.NoError(t, err)
	assert.Equal(t, []string{"", "lb=1"}, cookies, "that of the login")
}

func TestWithCookies_refused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "a b", "a=b", "a;b", "__ac", "__AC", "auth_token"} {
		_, err := client.New(mockSite, client.WithCookies(name))
		assert.ErrorIs(t, err, errors.ErrInvalidInput, "%q", name)
	}
	_, err := client.New(mockSite, client.WithCookies())
	assert.NoError(t, err)
}
