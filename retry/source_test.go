package retry_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// tokenServer is a source that asks another server for its token.
type tokenServer struct{ url string }

func (s tokenServer) Token(ctx context.Context) (auth.Token, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return auth.Token{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return auth.Token{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return auth.Bearer(string(body)), err
}

// The connection of a source for its own request is none of the request.
func TestTransport_connectionOfASource(t *testing.T) {
	t.Parallel()
	for status, dials := range map[int]int{http.StatusOK: 3, http.StatusTeapot: 0} {
		tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "token")
		}))
		t.Cleanup(tokens.Close)
		dialed := 0
		base := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			dialed++
			return nil, errors.New("no route")
		}}
		site, err := url.Parse(docURL)
		require.NoError(t, err)
		rt := retry.NewTransport(auth.NewTransport(base, site, tokenServer{tokens.URL}), retry.Policy{MaxAttempts: 3, MinWait: 1, MaxWait: 1})
		err = post(t, rt, docURL)
		require.Error(t, err)
		require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
		assert.Equal(t, dials, dialed)
	}
}
