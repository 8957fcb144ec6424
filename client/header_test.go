package client_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// Every request has the field: calls, iterators, uploads, and the login.
func TestWithHeader(t *testing.T) {
	t.Parallel()
	server, _ := fake(t)
	c, err := client.New(server.URL, client.WithAuth(auth.Login("admin", "secret")), client.WithHeader("x-gateway", secretWord))
	require.NoError(t, err)
	_, err = c.Content.Copy(t.Context(), "/news", []string{"/news/a"})
	require.NoError(t, err)
	for _, err := range c.Content.Walk(t.Context(), "/", client.WalkOptions{}) {
		require.NoError(t, err)
	}
	_, err = c.Files.Upload(t.Context(), "/news", strings.NewReader("x"), 1, client.UploadOptions{Filename: "f.bin"})
	require.NoError(t, err)
	requests := server.Requests()
	require.Greater(t, len(requests), 5)
	for _, r := range requests {
		assert.Equal(t, []string{secretWord}, r.Header.Values("X-Gateway"), "%s %s", r.Method, r.Path)
	}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), secretWord)

	_, err = c.Content.Get(t.Context(), "/news", client.Header("X-Gateway", "of the call"))
	require.NoError(t, err)
	other, err := c.Clone(client.WithHeader("X-More", "more"))
	require.NoError(t, err)
	_, err = other.Content.Get(t.Context(), "/news")
	require.NoError(t, err)
	_, err = c.Content.Get(t.Context(), "/news")
	require.NoError(t, err)
	requests = server.Requests()[len(requests):]
	require.Len(t, requests, 3)
	assert.Equal(t, []string{"of the call"}, requests[0].Header.Values("X-Gateway"))
	for i, more := range []string{"more", ""} {
		assert.Equal(t, secretWord, requests[1+i].Header.Get("X-Gateway"))
		assert.Equal(t, more, requests[1+i].Header.Get("X-More"), "a clone leaves its original alone")
	}
}

func TestWithHeader_refused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "X Y", "X:Y", "X\r\nY", "Ü", "accept", "AUTHORIZATION", "Content-Type", "Content-Length", "Host", "User-Agent",
		"Connection", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
	} {
		_, err := client.New(mockSite, client.WithHeader(name, secretWord))
		require.ErrorIs(t, err, errors.ErrInvalidInput, name)
		assert.NotContains(t, err.Error(), secretWord)
	}
	for _, value := range []string{"a\r\nX: b", "a\nb", "a\x00b"} {
		_, err := client.New(mockSite, client.WithHeader("X", value))
		require.ErrorIs(t, err, errors.ErrInvalidInput, value)
	}
}

// The cookie of a login is a credential.
func TestResponse_hasNoCookies(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	header := http.Header{"Set-Cookie": {"__ac=" + secretWord}, "X-Other": {"x"}, "Content-Type": {"application/json"}}
	m.RegisterResponder("POST", mockSite+"/@login", func(req *http.Request) (*http.Response, error) {
		resp, err := jsonAnswer(200, `{"token":"t"}`)(req)
		resp.Header = header
		return resp, err
	})
	result, err := c.Auth.Login(t.Context(), "ada", "x")
	require.NoError(t, err)
	assert.Equal(t, http.Header{"X-Other": {"x"}, "Content-Type": {"application/json"}}, result.Header)
	assert.Len(t, header, 3, "that of a cache is left alone")
}
