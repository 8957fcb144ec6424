package client_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

// fakeWith is fake for a site with options.
func fakeWith(t *testing.T, site []plonetest.Option, opts ...client.Option) (*plonetest.Server, *client.Client) {
	t.Helper()
	server := plonetest.NewServer(site...)
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, append([]client.Option{
		client.WithAuth(auth.Basic("admin", "secret")),
		client.WithRetry(retry.Policy{MinWait: time.Microsecond, MaxWait: time.Second}),
	}, opts...)...)
	require.NoError(t, err)
	return server, c
}

// TestFiles_Upload_tooLarge has a proxy that takes no large bodies.
func TestFiles_Upload_tooLarge(t *testing.T) {
	t.Parallel()
	data := noise(1 << 20)
	server, c := fakeWith(t, []plonetest.Option{plonetest.WithBodyLimit(300 << 10)})
	created, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(data), 1<<20, client.UploadOptions{Filename: "f.bin"})
	require.NoError(t, err)
	same(t, data, stored(t, c, created.Object.URL, client.DownloadOptions{}))
	assert.Equal(t, "POST PATCH PATCH PATCH PATCH PATCH PATCH", methods(server), "1 MiB and 512 KiB are refused, then four of 256 KiB")

	replaced, err := c.Files.Replace(t.Context(), created.Object.URL, bytes.NewReader(data[1:]), 1<<20-1, client.ReplaceOptions{})
	require.NoError(t, err)
	same(t, data[1:], stored(t, c, replaced.Object.URL, client.DownloadOptions{}))

	streamed, err := c.Files.UploadReader(t.Context(), "/news", bytes.NewReader(data), 1<<20, client.UploadOptions{Filename: "s.bin"})
	require.NoError(t, err)
	same(t, data, stored(t, c, streamed.Object.URL, client.DownloadOptions{}))
}

// TestFiles_Upload_tooLargeFor64KiB has an end.
func TestFiles_Upload_tooLargeFor64KiB(t *testing.T) {
	t.Parallel()
	server, c := fakeWith(t, []plonetest.Option{plonetest.WithBodyLimit(10 << 10)})
	_, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(noise(1<<20)), 1<<20, client.UploadOptions{})
	require.ErrorIs(t, err, errors.Status(413))
	assert.Equal(t, "POST PATCH PATCH PATCH PATCH PATCH", methods(server))
}

// TestFiles_Upload_processes runs two processes, each with uploads of its own.
func TestFiles_Upload_processes(t *testing.T) {
	t.Parallel()
	data := noise(3000)
	for _, tt := range []struct {
		name    string
		chunk   int64
		options []client.Option
		lost    bool
	}{
		{"one chunk", 0, nil, false},
		{"several chunks", 1000, nil, true},
		{"several chunks and the cookie", 1000, []client.Option{client.WithCookies(plonetest.BalancerCookie)}, false},
		{"one chunk and the cookie", 0, []client.Option{client.WithCookies(plonetest.BalancerCookie)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, c := fakeWith(t, []plonetest.Option{plonetest.WithProcesses(2)}, append(tt.options, client.WithTrustedPaths())...)
			created, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(data), 3000, client.UploadOptions{Filename: "f.bin", ChunkSize: tt.chunk})
			if tt.lost {
				require.ErrorIs(t, err, errors.ErrUploadLost)
				require.NotErrorIs(t, err, errors.ErrNotFound)
				assert.Contains(t, err.Error(), "TUS_TMP_FILE_DIR")
				assert.Contains(t, err.Error(), "WithCookies")
				return
			}
			require.NoError(t, err)
			same(t, data, stored(t, c, created.Object.URL, client.DownloadOptions{}))
			assert.Equal(t, server.URL+"/news/f.bin", created.Location.String())
			_, err = c.Files.Replace(t.Context(), "/news/f.bin", bytes.NewReader(data[:2000]), 2000, client.ReplaceOptions{Filename: "f.bin", ChunkSize: tt.chunk})
			require.NoError(t, err)
			same(t, data[:2000], stored(t, c, created.Object.URL, client.DownloadOptions{}))
		})
	}
}

// TestFiles_Upload_inOne loses the upload, and then the answer to the one request that
// takes its place.
func TestFiles_Upload_inOne(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fault plonetest.Fault
		want  error
	}{
		{"lost", plonetest.Fault{Drop: true}, nil},
		{"a proxy's page", plonetest.Fault{Status: 502}, errors.ErrOutcomeUnknown},
		{"a conflict", plonetest.Fault{Status: 500}, nil},
		{"refused", plonetest.Fault{Status: 400}, nil},
		{"too large", plonetest.Fault{Status: 413}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, c := fake(t)
			server.Inject(plonetest.Fault{Method: http.MethodPatch, Path: place, Status: 404})
			tt.fault.Method, tt.fault.Path = http.MethodPost, "/news"
			server.Inject(tt.fault)
			created, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{Filename: "f.txt"})
			if tt.want != nil {
				require.ErrorIs(t, err, tt.want)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, server.URL+"/news/f.txt", created.Location.String())
			same(t, []byte("hello"), stored(t, c, "/news/f.txt", client.DownloadOptions{}))
			n := 0
			for _, err := range c.Content.Children(t.Context(), "/news", client.ListOptions{}) {
				require.NoError(t, err)
				n++
			}
			assert.Equal(t, 3, n, "stored once")
		})
	}
}

// TestFiles_Upload_otherAddress has a site that calls itself by another name than the
// client.
func TestFiles_Upload_otherAddress(t *testing.T) {
	t.Parallel()
	server, c := fake(t)
	const inside = "http://backend:8080/Plone/news/f.txt"
	server.Inject(plonetest.Fault{Method: http.MethodPatch, Path: place, Header: http.Header{"Location": {inside}}})
	_, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{Filename: "f.txt"})
	require.NotErrorIs(t, err, errors.ErrInvalidInput)
	kept, isStored := errors.AsType[*client.StoredError](err)
	require.True(t, isStored, "%v", err)
	assert.Equal(t, inside, kept.Location.String())
	_, unusable := errors.AsType[*errors.DecodeError](err)
	assert.True(t, unusable, "%v", err)
	assert.Contains(t, err.Error(), "WithPublicURL")
}

// TestFiles_withoutTUS has a site that knows no uploads.
func TestFiles_withoutTUS(t *testing.T) {
	t.Parallel()
	for _, status := range []int{404, 405, 501} {
		server, c := fake(t)
		server.Inject(plonetest.Fault{Path: "/news/@tus-upload", Status: status, Times: plonetest.Always})
		server.Inject(plonetest.Fault{Path: "/news/a/@tus-replace", Status: status, Times: plonetest.Always})
		_, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{})
		require.ErrorIs(t, err, errors.ErrUnsupported)
		assert.Contains(t, err.Error(), "CreateInline")
		_, err = c.Files.Replace(t.Context(), "/news/a", strings.NewReader("hello"), 5, client.ReplaceOptions{})
		require.ErrorIs(t, err, errors.ErrUnsupported)
		_, err = c.Files.Options(t.Context(), "/news")
		require.ErrorIs(t, err, errors.ErrUnsupported)
	}
	for _, opts := range [][]client.Option{nil, {client.WithTrustedPaths()}} {
		_, c := fake(t, opts...)
		_, err := c.Files.Upload(t.Context(), "/nowhere", strings.NewReader("hello"), 5, client.UploadOptions{})
		require.ErrorIs(t, err, errors.ErrNotFound)
		require.NotErrorIs(t, err, errors.ErrUnsupported)
	}
	server, c := fake(t)
	server.Inject(plonetest.Fault{Path: "/news/@tus-upload", Status: 403})
	_, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{})
	require.ErrorIs(t, err, errors.ErrForbidden)
	require.NotErrorIs(t, err, errors.ErrUnsupported)
}

// gather is a transport that holds the requests that match until n of them are there.
// It returns how many came to it at the same time.
func gather(n int, match func(*http.Request) bool) (client.Option, *atomic.Int64) {
	var here, most, arrived atomic.Int64
	all := make(chan struct{})
	return client.WithTransport(roundTripper(func(req *http.Request) (*http.Response, error) {
		if match(req) {
			now := here.Add(1)
			for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
			}
			if arrived.Add(1) == int64(n) {
				close(all)
			}
			select {
			case <-all:
			case <-req.Context().Done():
			}
			defer here.Add(-1)
		}
		return http.DefaultTransport.RoundTrip(req)
	})), &most
}

// TestFiles_Upload_sideBySide ends eight uploads in eight folders: none waits for
// another, or the test never ends.
func TestFiles_Upload_sideBySide(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	transport, most := gather(8, func(req *http.Request) bool { return req.Method == http.MethodPatch })
	_, c := fake(t, transport)
	var wg sync.WaitGroup
	for i := range 8 {
		folder := fmt.Sprintf("folder-%d", i)
		_, err := c.Content.Create(ctx, "/", client.Fields{"@type": "Folder", "id": folder, "title": folder})
		require.NoError(t, err)
		wg.Go(func() {
			_, err := c.Files.Upload(ctx, "/"+folder, strings.NewReader("hello"), 5, client.UploadOptions{})
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.EqualValues(t, 8, most.Load())
}

// TestLocking_sideBySide locks eight objects at once.
func TestLocking_sideBySide(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	transport, most := gather(8, func(req *http.Request) bool {
		return req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/@lock")
	})
	_, c := fake(t, transport)
	var wg sync.WaitGroup
	for i := range 8 {
		id := fmt.Sprintf("page-%d", i)
		_, err := c.Content.Create(ctx, "/", client.Fields{"@type": "Document", "id": id, "title": id})
		require.NoError(t, err)
		wg.Go(func() {
			assert.NoError(t, c.Locking.WithLock(ctx, "/"+id, func(context.Context, client.Lock) error { return nil }))
		})
	}
	wg.Wait()
	assert.EqualValues(t, 8, most.Load())
}

// TestFiles_Upload_idempotent shows that no option of a call sends a chunk twice.
func TestFiles_Upload_idempotent(t *testing.T) {
	t.Parallel()
	server, c := fake(t)
	server.Inject(plonetest.Fault{Method: http.MethodPatch, Path: place, Status: 502})
	_, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{}, client.Idempotent())
	require.NoError(t, err)
	assert.Equal(t, "POST PATCH HEAD PATCH", methods(server))
}

// TestFiles_Upload_budget has a site that takes no chunk, and a policy without end.
func TestFiles_Upload_budget(t *testing.T) {
	t.Parallel()
	server, c := fake(t, client.WithRetry(retry.Policy{MaxAttempts: 8, MinWait: time.Nanosecond, MaxWait: time.Millisecond}))
	server.Inject(plonetest.Fault{Method: http.MethodPatch, Path: place, Status: 502, Times: plonetest.Always})
	chunks := func() int { return strings.Count(methods(server), "PATCH") }
	for range 3 {
		_, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{})
		require.ErrorIs(t, err, errors.ErrBadGateway)
	}
	assert.Greater(t, chunks(), 8)
	assert.Less(t, chunks(), 3*8, "the budget of the client is that of its uploads")
}

// TestFiles_Upload_deadline is asked to wait for longer than the caller does.
func TestFiles_Upload_deadline(t *testing.T) {
	t.Parallel()
	server, c := fake(t, client.WithRetry(retry.Policy{MaxWait: 3 * time.Hour}))
	server.Inject(plonetest.Fault{Method: http.MethodPatch, Path: place, Status: 503, Header: http.Header{"Retry-After": {"7200"}}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	_, err := c.Files.Upload(ctx, "/news", strings.NewReader("hello"), 5, client.UploadOptions{})
	require.ErrorIs(t, err, errors.ErrUnavailable)
	assert.NotErrorIs(t, err, context.DeadlineExceeded)
}

// TestFiles_Upload_limiter shows that chunks wait for their turn among the writes.
func TestFiles_Upload_limiter(t *testing.T) {
	t.Parallel()
	server := plonetest.NewServer() // not in the bubble, where its listener would never be idle
	defer server.Close()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var chunks atomic.Int64
		transport := roundTripper(func(req *http.Request) (*http.Response, error) {
			switch {
			case strings.HasSuffix(req.URL.Path, "/a/@sharing"):
				<-release
			case req.Method == http.MethodPatch:
				chunks.Add(1)
			}
			w := httptest.NewRecorder()
			if req.Body == nil {
				req.Body = http.NoBody
			}
			server.ServeHTTP(w, req)
			resp := w.Result()
			resp.Request = req
			return resp, nil
		})
		c, err := client.New("http://plone.test/Plone", client.WithAuth(auth.Basic("admin", "secret")), client.WithTransport(transport),
			client.WithTrustedPaths(), client.WithRetry(retry.Policy{Mode: retry.Never}))
		require.NoError(t, err)
		server.FailNext(500, 1)
		_, err = c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "title": "x"})
		require.ErrorIs(t, err, errors.ErrConflict) // from now on one at a time
		var kept client.UploadState
		stop := errors.New("stop")
		_, err = c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{
			OnState: func(s client.UploadState) error {
				if kept = s; s.Covered > 0 {
					return stop
				}
				return nil
			},
		})
		require.ErrorIs(t, err, stop)
		go func() {
			_, _ = client.Call[any](t.Context(), c, client.Request{Method: http.MethodPost, Path: "/news/a/@sharing", Body: map[string]any{}})
		}()
		synctest.Wait()
		ended := make(chan struct{})
		go func() {
			_, _ = c.Files.Resume(t.Context(), kept, strings.NewReader("hello"), client.ResumeOptions{})
			close(ended)
		}()
		synctest.Wait()
		assert.Zero(t, chunks.Load(), "another write is running")
		close(release)
		<-ended
		assert.EqualValues(t, 1, chunks.Load())
	})
}
