package retry_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/retry"
)

// roundTrip makes a function an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestTransport_allocations(t *testing.T) {
	answer := &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}}
	transport := retry.NewTransport(roundTrip(func(*http.Request) (*http.Response, error) { return answer, nil }), retry.Policy{})
	for method, most := range map[string]float64{http.MethodGet: 10, http.MethodPost: 10} {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://plone.test/doc", strings.NewReader("{}"))
		require.NoError(t, err)
		assert.LessOrEqual(t, testing.AllocsPerRun(100, func() {
			_, err = transport.RoundTrip(req)
		}), most, method)
		require.NoError(t, err)
	}
}
