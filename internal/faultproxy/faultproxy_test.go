package faultproxy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ask sends one POST through a proxy with the fault. It returns what the server
// got done, and what the client saw.
func ask(t *testing.T, fault Fault) (done int64, status int, body string, err error) {
	t.Helper()
	var count atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil || string(data) != "request body" {
			return
		}
		count.Add(1)
		_, _ = io.WriteString(w, "answer of the server")
	}))
	defer server.Close()
	proxy, err := New(strings.TrimPrefix(server.URL, "http://"), func(e Exchange) Fault {
		assert.Equal(t, Exchange{1, "POST", "/a"}, e)
		return fault
	})
	require.NoError(t, err)
	transport := &http.Transport{}
	c := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	if fault == Silence || fault == HalfOpen {
		c.Timeout = 300 * time.Millisecond
	}
	resp, err := c.Post("http://"+proxy.Addr+"/a", "text/plain", strings.NewReader("request body"))
	if err == nil {
		status = resp.StatusCode
		var data []byte
		data, err = io.ReadAll(resp.Body)
		body = string(data)
		require.NoError(t, resp.Body.Close())
	}
	transport.CloseIdleConnections()
	proxy.Close()
	return count.Load(), status, body, err
}

func TestProxy_faults(t *testing.T) {
	t.Parallel()
	whole := "answer of the server"
	for fault, want := range map[Fault]struct {
		done   int64
		status int
		body   string
		err    string
	}{
		None:       {1, 200, whole, ""},
		CutBefore:  {0, 0, "", "EOF"},
		CutRequest: {0, 0, "", "EOF"},
		Silence:    {0, 0, "", "deadline"},
		BadGateway: {0, 502, "<html><body><h1>502 Bad Gateway</h1></body></html>", ""},
		Conflict:   {0, 500, `{"type":"ConflictError","message":"database conflict error"}`, ""},
		Portal:     {0, 200, "<html><body><h1>200 OK</h1></body></html>", ""},
		CutSent:    {1, 0, "", "EOF"},
		LoseAnswer: {1, 0, "", "EOF"},
		Reset:      {1, 0, "", "reset"},
		HalfOpen:   {1, 0, "", "deadline"},
		CutHead:    {1, 0, "", "EOF"},
		CutBody:    {1, 200, whole[:len(whole)/2], "unexpected EOF"},
		Garbage:    {1, 0, "", "malformed"},
		Gateway:    {1, 504, "<html><body><h1>504 Gateway Timeout</h1></body></html>", ""},
		Page:       {1, 200, "<html><body><h1>200 OK</h1></body></html>", ""},
		Delay:      {1, 200, whole, ""},
		Drip:       {1, 200, whole, ""},
	} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			done, status, body, err := ask(t, fault)
			assert.Equal(t, want.done, done)
			assert.Equal(t, want.status, status)
			assert.Equal(t, want.body, body)
			if want.err == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, want.err)
			}
		})
	}
	assert.Len(t, All(), 18, "each has a case above")
}
