package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// The largest numbers are numbers like others.
func TestOptions_largestNumbers(t *testing.T) {
	t.Parallel()
	b := &breaking{when: func(*http.Request, int64) bool { return false }}
	c := breakingClient(t, b)
	b.base = &padded{base: b.base, by: 300_000}
	c, err := c.Clone(client.WithMaxResponse(math.MaxInt64), client.WithTimeout(math.MaxInt64),
		client.WithRetry(retry.Policy{MaxAttempts: math.MaxInt, MaxWait: math.MaxInt64}))
	require.NoError(t, err)
	_, err = c.Content.Get(t.Context(), "/docs")
	require.NoError(t, err)
	n, err := readAll(c.Content.Children(t.Context(), "/docs", client.ListOptions{PageSize: math.MaxInt}))
	require.NoError(t, err)
	assert.Equal(t, 25, n)
	_, err = c.Files.Upload(t.Context(), "/docs", strings.NewReader("bytes"), 5, client.UploadOptions{Filename: "a.txt", ChunkSize: math.MaxInt64})
	require.NoError(t, err)
	_, err = c.Files.UploadReader(t.Context(), "/docs", io.MultiReader(strings.NewReader("bytes")), 5, client.UploadOptions{Filename: "b.txt", ChunkSize: math.MaxInt64})
	require.NoError(t, err)
}

// The offset of a time zone of old has seconds, which no notation has: the moment
// stays the same.
func TestNewTime_offsetInSeconds(t *testing.T) {
	t.Parallel()
	for _, offset := range []int{53*60 + 28, -(53*60 + 28), 3600, 0, 59} {
		moment := time.Date(1890, 1, 1, 12, 0, 0, 7, time.FixedZone("LMT", offset))
		data, err := json.Marshal(client.NewTime(moment))
		require.NoError(t, err)
		var back client.Time
		require.NoError(t, json.Unmarshal(data, &back))
		assert.True(t, moment.Equal(back.Time), "%s is %v", data, moment)
	}
}

// A body of bytes is sent as it is; what is no body is refused, not dereferenced.
func TestRequest_bodies(t *testing.T) {
	t.Parallel()
	var got, contentType string
	c, m := mock(t)
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		data, _ := io.ReadAll(req.Body)
		got, contentType = string(data), req.Header.Get("Content-Type")
		return jsonAnswer(200, "{}")(req)
	})
	call := func(body any, header http.Header) error {
		_, err := client.Call[client.Fields](t.Context(), c, client.Request{Method: "POST", Path: "/x", Body: body, Header: header})
		return err
	}
	const text = `{"a": 1}`
	require.NoError(t, call([]byte(text), nil))
	assert.Equal(t, text, got)
	assert.Equal(t, "application/json; charset=utf-8", contentType)
	require.NoError(t, call([]byte("a,b"), http.Header{"Content-Type": {"text/csv"}}))
	assert.Equal(t, "a,b", got)
	assert.Equal(t, "text/csv", contentType)
	require.NoError(t, call(json.RawMessage(text), nil))
	assert.JSONEq(t, text, got)

	calls := m.GetTotalCallCount()
	for _, body := range []any{(*strings.Reader)(nil), (*bytes.Reader)(nil), (*bytes.Buffer)(nil), (*io.SectionReader)(nil)} {
		require.ErrorIs(t, call(body, nil), errors.ErrInvalidInput, "%T", body)
	}
	assert.Equal(t, calls, m.GetTotalCallCount())
}

// A line of the log has each key once, and none is written for what the program
// did not want any more.
func TestWithLogger_lines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := &breaking{when: func(*http.Request, int64) bool { return false }}
	c := breakingClient(t, b)
	c, err := c.Clone(client.WithLogger(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	require.NoError(t, err)
	for range c.Content.Children(t.Context(), "/docs", client.ListOptions{PageSize: 2}) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Content.Get(ctx, "/docs")
	require.ErrorIs(t, err, context.Canceled)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.GreaterOrEqual(t, len(lines), 2)
	for i, line := range lines {
		dec := json.NewDecoder(strings.NewReader(line))
		seen, key := map[string]bool{}, true
		for dec.More() || key {
			token, err := dec.Token()
			require.NoError(t, err)
			if name, text := token.(string); text {
				assert.False(t, seen[name], "%s twice in %s", name, line)
				seen[name] = true
				var skip json.RawMessage
				require.NoError(t, dec.Decode(&skip))
			}
			key = false
		}
		assert.Equal(t, i == len(lines)-1, seen["error"], line)
	}
}
