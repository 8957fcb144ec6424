package client_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

// ends are the ways in which the caller's code may end without returning.
func ends() map[string]func() {
	return map[string]func(){"panic": func() { panic(theValue) }, "Goexit": runtime.Goexit}
}

var theValue = &struct{ name string }{"the same"}

// assertEnds calls f in a goroutine, which must end as end does.
func assertEnds(t *testing.T, how string, f func()) {
	t.Helper()
	done, returned := make(chan struct{}), false
	var value any
	go func() {
		defer close(done)
		defer func() { value = recover() }()
		f()
		returned = true
	}()
	<-done
	assert.False(t, returned, "it returned")
	if how == "panic" {
		assert.Same(t, theValue, value)
	} else {
		assert.Nil(t, value)
	}
}

// endingAt ends in the requests that it is told of, once it is armed.
type endingAt struct {
	openBodies
	end   func()
	when  func(*http.Request) bool
	armed atomic.Bool
}

func (e *endingAt) RoundTrip(req *http.Request) (*http.Response, error) {
	if e.armed.Load() && e.when(req) {
		e.end()
	}
	return e.openBodies.RoundTrip(req)
}

// readAll reads a sequence to its end.
func readAll[T any](seq iter.Seq2[T, error]) (items int, err error) {
	for _, err := range seq {
		if err != nil {
			return items, err
		}
		items++
	}
	return items, nil
}

// What ends the caller's code early, ends the call; then the client works as before.
func TestEnds_transport(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *client.Client) error{
		"read": func(ctx context.Context, c *client.Client) error { _, err := c.Content.Get(ctx, "/"); return err },
		"write": func(ctx context.Context, c *client.Client) error {
			_, err := c.Content.Create(ctx, "/", client.Fields{"@type": "Document", "title": "x"})
			return err
		},
		"lock": func(ctx context.Context, c *client.Client) error {
			_, err := c.Locking.Lock(ctx, "/docs/d0", client.LockOptions{})
			return err
		},
		"list": func(ctx context.Context, c *client.Client) error {
			n, err := readAll(c.Content.Children(ctx, "/docs", client.ListOptions{PageSize: 2}))
			if err == nil && n != 9 {
				return fmt.Errorf("%d children", n)
			}
			return err
		},
		"walk": func(ctx context.Context, c *client.Client) error {
			_, err := readAll(c.Content.Walk(ctx, "/docs", client.WalkOptions{PageSize: 2}))
			return err
		},
		"upload": func(ctx context.Context, c *client.Client) error {
			_, err := c.Files.Upload(ctx, "/docs", strings.NewReader("bytes"), 5, client.UploadOptions{Filename: "a.txt"})
			return err
		},
		"known user": func(ctx context.Context, c *client.Client) error { _, err := c.Auth.Renew(ctx); return err },
	}
	for how, end := range ends() {
		for name, call := range calls {
			t.Run(how+" in "+name, func(t *testing.T) {
				t.Parallel()
				server := plonetest.NewServer()
				t.Cleanup(server.Close)
				base := &endingAt{openBodies: openBodies{base: http.DefaultTransport}, end: end, when: func(req *http.Request) bool { return !strings.HasSuffix(req.URL.Path, "/@login") }}
				c, err := client.New(server.URL, client.WithTransport(base), client.WithKnownUser(),
					client.WithAuth(auth.Login("admin", "secret")), client.WithRetry(retry.Policy{MinWait: 1, MaxWait: 1}))
				require.NoError(t, err)
				_, err = c.Content.Create(t.Context(), "/", client.Fields{"@type": "Folder", "id": "docs", "title": "x"})
				require.NoError(t, err)
				for i := range 9 {
					_, err = c.Content.Create(t.Context(), "/docs", client.Fields{"@type": "Document", "id": fmt.Sprint("d", i), "title": "x"})
					require.NoError(t, err)
				}
				base.armed.Store(true)
				assertEnds(t, how, func() { _ = call(t.Context(), c) })
				base.armed.Store(false)
				require.NoError(t, call(t.Context(), c))
				assert.Zero(t, base.n.Load(), "bodies are closed")
			})
		}
	}
}

// A list that ended so in its middle was not read to its end.
func TestEnds_inTheMiddleOfAList(t *testing.T) {
	t.Parallel()
	for how, end := range ends() {
		for name, read := range map[string]func(*client.Client) iter.Seq2[*client.Summary, error]{
			"children": func(c *client.Client) iter.Seq2[*client.Summary, error] {
				return c.Content.Children(t.Context(), "/docs", client.ListOptions{PageSize: 2})
			},
			"search": func(c *client.Client) iter.Seq2[*client.Summary, error] {
				return c.Search.All(t.Context(), "/docs", client.SearchOptions{PageSize: 2, Types: []string{"Document"}})
			},
		} {
			t.Run(how+" in "+name, func(t *testing.T) {
				t.Parallel()
				server := plonetest.NewServer()
				t.Cleanup(server.Close)
				base := &endingAt{openBodies: openBodies{base: http.DefaultTransport}, end: end, when: func(req *http.Request) bool { return req.URL.Query().Get("b_start") == "4" }}
				c, err := client.New(server.URL, client.WithTransport(base), client.WithAuth(auth.Basic("admin", "secret")))
				require.NoError(t, err)
				_, err = c.Content.Create(t.Context(), "/", client.Fields{"@type": "Folder", "id": "docs", "title": "x"})
				require.NoError(t, err)
				for i := range 9 {
					_, err = c.Content.Create(t.Context(), "/docs", client.Fields{"@type": "Document", "id": fmt.Sprint("d", i), "title": "x"})
					require.NoError(t, err)
				}
				base.armed.Store(true)
				assertEnds(t, how, func() { _, _ = readAll(read(c)) })
				// A consumer that stops by itself sees it as well, when it was reached.
				next, stop := iter.Pull2(read(c))
				_, _, more := next()
				assert.True(t, more)
				assertEndsOrReturns(t, stop)
				// The loop of the caller ends.
				base.armed.Store(false)
				assertEnds(t, how, func() {
					for range read(c) {
						end()
					}
				})
				n, err := readAll(read(c))
				require.NoError(t, err)
				assert.Equal(t, 9, n)
				assert.Zero(t, base.n.Load(), "bodies are closed")
			})
		}
	}
}

// assertEndsOrReturns calls f in a goroutine, and waits for its end.
func assertEndsOrReturns(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				assert.Same(t, theValue, v)
			}
		}()
		f()
	}()
	<-done
}

// net/http reads bodies in a goroutine of its own.
func TestEnds_bodies(t *testing.T) {
	t.Parallel()
	for how, end := range ends() {
		bad := endingReader{end}
		for name, call := range map[string]func(context.Context, *client.Client){
			"Progress": func(ctx context.Context, c *client.Client) {
				_, _ = c.Files.Upload(ctx, "/", strings.NewReader("bytes"), 5, client.UploadOptions{Filename: "a.txt", Progress: func(int64, int64) { end() }})
			},
			"OnState": func(ctx context.Context, c *client.Client) {
				_, _ = c.Files.Upload(ctx, "/", strings.NewReader("bytes"), 5, client.UploadOptions{Filename: "a.txt", OnState: func(client.UploadState) error { end(); return nil }})
			},
			"ReaderAt": func(ctx context.Context, c *client.Client) {
				_, _ = c.Files.Upload(ctx, "/", bad, 5, client.UploadOptions{Filename: "a.txt", ContentType: "text/plain"})
			},
			"inline": func(ctx context.Context, c *client.Client) {
				_, _ = c.Files.CreateInline(ctx, "/", client.Fields{"@type": "File"}, bad, 5, client.InlineOptions{Filename: "a.txt", ContentType: "text/plain"})
			},
			"Request": func(ctx context.Context, c *client.Client) {
				_, _ = client.Call[any](ctx, c, client.Request{Method: "POST", Path: "/", Body: bad})
			},
			"Save": func(ctx context.Context, c *client.Client) {
				_, _ = c.Files.Save(ctx, "/file", t.TempDir()+"/file", client.SaveOptions{Progress: func(int64, int64) { end() }})
			},
			"logger": func(ctx context.Context, c *client.Client) {
				c, err := c.Clone(client.WithLogger(slog.New(endingHandler{end})))
				require.NoError(t, err)
				_, _ = c.Content.Get(ctx, "/")
			},
		} {
			t.Run(how+" in "+name, func(t *testing.T) {
				t.Parallel()
				server := plonetest.NewServer()
				t.Cleanup(server.Close)
				base := &endingAt{openBodies: openBodies{base: http.DefaultTransport}}
				c, err := client.New(server.URL, client.WithTransport(base),
					client.WithAuth(auth.Basic("admin", "secret")), client.WithRetry(retry.Policy{MinWait: 1, MaxWait: 1}))
				require.NoError(t, err)
				upload := func(id string) error {
					_, err := c.Files.Upload(t.Context(), "/", bytes.NewReader([]byte("bytes")), 5, client.UploadOptions{Filename: id})
					return err
				}
				require.NoError(t, upload("file"))
				assertEnds(t, how, func() { call(t.Context(), c) })
				require.NoError(t, upload("other"), "the next one is not held up")
				assert.Zero(t, base.n.Load(), "bodies are closed")
			})
		}
	}
}

type endingReader struct{ end func() }

func (r endingReader) Read([]byte) (int, error)          { r.end(); return 0, io.EOF }
func (r endingReader) ReadAt([]byte, int64) (int, error) { r.end(); return 0, io.EOF }

type endingHandler struct{ end func() }

func (h endingHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (h endingHandler) Handle(context.Context, slog.Record) error { h.end(); return nil }
func (h endingHandler) WithAttrs([]slog.Attr) slog.Handler        { return h }
func (h endingHandler) WithGroup(string) slog.Handler             { return h }
