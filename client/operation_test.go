package client_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/retry"
)

// The context of every request names its operation and the number of its attempt;
// a login has neither.
func TestOperationName(t *testing.T) {
	t.Parallel()
	type sent struct {
		service string
		name    string
		attempt int
	}
	var seen []sent
	m := httpmock.NewMockTransport()
	status := []int{503, 200, 201}
	m.RegisterResponder("POST", "http://plone.test/Plone/@login", jsonAnswer(200, `{"token":"a.e30.c"}`))
	m.RegisterResponder("GET", "http://plone.test/Plone/a", func(req *http.Request) (*http.Response, error) {
		code := status[0]
		status = status[1:]
		return jsonAnswer(code, `{"@id":"http://plone.test/Plone/a","@type":"Document"}`)(req)
	})
	m.RegisterResponder("POST", "http://plone.test/Plone", jsonAnswer(201, `{"@id":"http://plone.test/Plone/b","@type":"Document"}`))
	m.RegisterResponder("GET", "http://plone.test/Plone/x", jsonAnswer(200, `{}`))
	noting := roundTripper(func(req *http.Request) (*http.Response, error) {
		seen = append(seen, sent{req.Method + " " + req.URL.Path, client.OperationName(req.Context()), retry.AttemptNumber(req.Context())})
		return m.RoundTrip(req)
	})
	c, err := client.New("http://plone.test/Plone", client.WithTransport(noting), client.WithAuth(auth.Login("u", "p")),
		client.WithRetry(retry.Policy{MinWait: time.Microsecond}))
	require.NoError(t, err)
	_, err = c.Content.Get(t.Context(), "/a")
	require.NoError(t, err)
	_, err = c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document"})
	require.NoError(t, err)
	_, err = client.Call[any](t.Context(), c, client.Request{Path: "/x"})
	require.NoError(t, err)
	assert.Equal(t, []sent{
		{"POST /Plone/@login", "", 0},
		{"GET /Plone/a", "Content.Get", 1},
		{"GET /Plone/a", "Content.Get", 2},
		{"POST /Plone", "Content.Create", 1},
		{"GET /Plone/x", "Call", 1},
	}, seen)
	assert.Empty(t, client.OperationName(context.Background()))
	assert.Zero(t, retry.AttemptNumber(context.Background()))
}
