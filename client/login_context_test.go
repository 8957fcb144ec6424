package client_test

import (
	"context"
	"net/http"
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

type traceKey struct{}

// A login has the values of the context that needed it, and is no operation.
func TestLogin_context(t *testing.T) {
	t.Parallel()
	server := plonetest.NewServer()
	t.Cleanup(server.Close)
	type seen struct {
		trace     any
		operation string
		attempt   int
	}
	got := map[string]seen{}
	spy := roundTripper(func(req *http.Request) (*http.Response, error) {
		ctx := req.Context()
		got[path.Base(req.URL.Path)] = seen{ctx.Value(traceKey{}), client.OperationName(ctx), retry.AttemptNumber(ctx)}
		return http.DefaultTransport.RoundTrip(req)
	})
	c, err := client.New(server.URL, client.WithAuth(auth.Login("admin", "secret")), client.WithTransport(spy))
	require.NoError(t, err)
	_, err = c.Content.Get(context.WithValue(t.Context(), traceKey{}, "t"), "/news")
	require.NoError(t, err)
	assert.Equal(t, map[string]seen{"@login": {"t", "", 0}, "news": {"t", "Content.Get", 1}}, got)
}
