package client_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

const mockSite = "https://plone.example/site"

// mock is a client whose requests get the answers registered with the mock, and
// counts the bodies that are still open.
func mock(t *testing.T, opts ...client.Option) (*client.Client, *httpmock.MockTransport) {
	t.Helper()
	m := httpmock.NewMockTransport()
	open := &openBodies{base: m}
	t.Cleanup(func() { assert.Zero(t, open.n.Load(), "bodies left open") })
	// What the server has where is not the subject; see TestBehaviour_Place.
	c, err := client.New(mockSite, append([]client.Option{client.WithTransport(open), client.WithTrustedPaths()}, opts...)...)
	require.NoError(t, err)
	return c, m
}

// openBodies is a transport that counts answers whose body is not closed.
type openBodies struct {
	base http.RoundTripper
	n    atomic.Int64
}

func (o *openBodies) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := o.base.RoundTrip(req)
	if err == nil && resp.Body != nil {
		o.n.Add(1)
		resp.Body = &openBody{ReadCloser: resp.Body, n: &o.n}
	}
	return resp, err
}

type openBody struct {
	io.ReadCloser
	n *atomic.Int64
}

func (b *openBody) Close() error {
	if b.n != nil {
		b.n.Add(-1)
		b.n = nil
	}
	return b.ReadCloser.Close()
}

func answer(status int, contentType, body string, header ...string) httpmock.Responder {
	return func(req *http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(status, body)
		resp.Header.Set("Content-Type", contentType)
		for i := 0; i < len(header); i += 2 {
			resp.Header.Add(header[i], header[i+1])
		}
		resp.Request, resp.ContentLength = req, int64(len(body))
		return resp, nil
	}
}

func jsonAnswer(status int, body string, header ...string) httpmock.Responder {
	return answer(status, "application/json", body, header...)
}

const raised = `{"type":"ConflictError","message":"database conflict error","context":null}`

// TestCall_everyMethodAndStatus holds each answer against the promise: a 2xx is a
// result, anything else an error of its status and class; a 5xx is repeated when
// that is harmless, a 4xx never.
func TestCall_everyMethodAndStatus(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"} {
		for _, body := range []string{`{}`, raised, `<html>`, ``} {
			t.Run(method+" "+body, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					for status := 100; status <= 599; status++ {
						c, m := mock(t)
						m.RegisterResponder(method, mockSite+"/x", jsonAnswer(status, body))
						result, err := client.Call[json.RawMessage](t.Context(), c, client.Request{Method: method, Path: "/x", Body: client.Fields{}})
						want := 1
						once := method == "POST" || method == "PATCH"
						if status >= 500 && status != 501 && (!once || body == raised && (status == 500 || status == 503)) {
							want = 4
						}
						assert.Equal(t, want, m.GetTotalCallCount(), status)
						if status/100 == 2 && (status == 204 || method == "HEAD" || json.Valid([]byte(body))) {
							require.NoError(t, err, status)
							assert.Equal(t, status, result.StatusCode)
							continue
						}
						require.Error(t, err, status)
						if status/100 == 2 {
							_, found := errors.AsType[*errors.DecodeError](err)
							assert.True(t, found, "%d %v", status, err)
							continue
						}
						e, found := errors.AsType[*errors.StatusError](err)
						require.True(t, found, "%d %v", status, err)
						require.ErrorIs(t, err, errors.Status(status))
						require.ErrorIs(t, err, errors.Class(status/100))
						assert.Equal(t, status/100 == 4, errors.Is(err, errors.ErrClient))
						assert.Equal(t, status/100 == 5, errors.Is(err, errors.ErrServer))
						assert.Equal(t, want, e.Attempts, status)
						assert.Equal(t, method, e.Method)
						assert.Equal(t, mockSite+"/x", e.URL.String())
						_, unauthorized := errors.AsType[*errors.UnauthorizedError](err)
						assert.Equal(t, status == 401, unauthorized)
						_, redirect := errors.AsType[*errors.RedirectError](err)
						assert.Equal(t, status/100 == 3, redirect, status)
						write := method != "GET" && method != "HEAD" && method != "OPTIONS"
						definite := body == raised && (status == 500 || status == 503) || status == 501
						assert.Equal(t, write && (status < 200 || status >= 500) && !definite, errors.Is(err, errors.ErrOutcomeUnknown), status)
					}
				})
			})
		}
	}
}

func TestResult_promisedStatus(t *testing.T) {
	t.Parallel()
	const object = `{"@id":"https://plone.example/site/x"}`
	tests := []struct {
		name string
		call func(ctx context.Context, c *client.Client) error
		want int
	}{
		{"get", func(ctx context.Context, c *client.Client) error { _, err := c.Content.Get(ctx, "/x"); return err }, 200},
		{"create", func(ctx context.Context, c *client.Client) error {
			_, err := c.Content.Create(ctx, "/x", client.Fields{})
			return err
		}, 201},
		{"update", func(ctx context.Context, c *client.Client) error {
			_, err := c.Content.Update(ctx, "/x", client.Fields{})
			return err
		}, 204},
		{"update and get", func(ctx context.Context, c *client.Client) error {
			_, err := c.Content.UpdateGet(ctx, "/x", client.Fields{})
			return err
		}, 200},
		{"delete", func(ctx context.Context, c *client.Client) error { _, err := c.Content.Delete(ctx, "/x"); return err }, 204},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for status := 200; status < 300; status++ {
				c, m := mock(t)
				m.RegisterNoResponder(jsonAnswer(status, object))
				err := tt.call(t.Context(), c)
				if status == tt.want {
					require.NoError(t, err, status)
					continue
				}
				e, found := errors.AsType[*errors.DecodeError](err)
				require.True(t, found, "%d %v", status, err)
				assert.Equal(t, errors.Status(status), e.Status)
			}
		})
	}
}

func TestResult_notWhatWasPromised(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer httpmock.Responder
	}{
		{"a page", answer(200, "text/html; charset=utf-8", `<html><body>Please log in</body></html>`)},
		{"JSON labelled as a page", answer(200, "text/html", `{"@id":"https://plone.example/site/x"}`)},
		{"a page labelled as JSON", jsonAnswer(200, `<html>`)},
		{"cut off", jsonAnswer(200, `{"@id":"https://plone.example/si`)},
		{"empty", jsonAnswer(200, ``)},
		{"null", jsonAnswer(200, `null`)},
		{"another shape", jsonAnswer(200, `[]`)},
		{"no address", jsonAnswer(200, `{"title":"x"}`)},
		{"an address of another type", jsonAnswer(200, `{"@id":{},"title":"x"}`)},
		{"two values", jsonAnswer(200, `{"@id":"https://plone.example/site/x"} {}`)},
		{"unknown content type", answer(200, "what/;is;this", `{"@id":"https://plone.example/site/x"}`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			m.RegisterNoResponder(tt.answer)
			got, err := c.Content.Get(t.Context(), "/x")
			assert.Nil(t, got)
			e, found := errors.AsType[*errors.DecodeError](err)
			require.True(t, found, "%v", err)
			assert.Equal(t, errors.Status(200), e.Status)
			assert.Equal(t, 1, m.GetTotalCallCount())
		})
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status            int
		contentType, body string
	}{
		{200, "application/json", `{"@id": "x"}`},
		{201, "application/json", `{`},
		{200, "text/html", `<html>`},
		{204, "", ``},
	} {
		c, m := mock(t, client.WithMaxResponse(1))
		m.RegisterResponder("POST", "=~.*", answer(tt.status, tt.contentType, tt.body))
		got, err := client.Open(t.Context(), c, client.Request{Method: "POST", Path: "/x", Body: client.Fields{}})
		require.NoError(t, err)
		assert.Equal(t, tt.status, got.StatusCode)
		assert.Equal(t, tt.contentType, got.ContentType)
		body, err := io.ReadAll(got)
		require.NoError(t, err)
		require.NoError(t, got.Close())
		assert.Equal(t, tt.body, string(body))
	}
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(404, `{"type": "NotFound", "message": "x"}`))
	_, err := client.Open(t.Context(), c, client.Request{Path: "/x"})
	require.ErrorIs(t, err, errors.ErrNotFound)
}

func TestResult_schemaContentTypeIsJSON(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8", "application/json+schema", "application/problem+json", ""} {
		c, m := mock(t)
		m.RegisterNoResponder(answer(200, contentType, `{"@id":"https://plone.example/site/x"}`))
		_, err := c.Content.Get(t.Context(), "/x")
		require.NoError(t, err, contentType)
	}
}

func TestResult_maxResponse(t *testing.T) {
	t.Parallel()
	body := `{"@id":"` + mockSite + `"}`
	for limit, fits := range map[int64]bool{int64(len(body)): true, int64(len(body)) - 1: false} {
		c, m := mock(t, client.WithMaxResponse(limit))
		m.RegisterNoResponder(jsonAnswer(200, body))
		_, err := c.Content.Get(t.Context(), "/")
		assert.Equal(t, fits, err == nil, "%v", err)
	}
}

// serve is a client of a server on the wire, below a base path.
func serve(t *testing.T, handler http.HandlerFunc, opts ...client.Option) *client.Client {
	t.Helper()
	server := httptest.NewServer(http.StripPrefix("/base/Plone", handler))
	t.Cleanup(server.Close)
	c, err := client.New(server.URL+"/base/Plone", append([]client.Option{client.WithTrustedPaths()}, opts...)...)
	require.NoError(t, err)
	return c
}

func TestResult_endless(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 404, 500} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<16)); err != nil {
					return
				}
			}
		}, client.WithMaxResponse(1<<20), client.WithRetry(retry.Policy{Mode: retry.Never}))
		_, err := c.Content.Get(t.Context(), "/x")
		if status == 200 {
			_, found := errors.AsType[*errors.DecodeError](err)
			assert.True(t, found, "%v", err)
		} else {
			assert.ErrorIs(t, err, errors.Status(status))
		}
	}
}

func TestResult_gzipBomb(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	require.NoError(t, z.Close())
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	}, client.WithMaxResponse(1<<20))
	_, err := c.Content.Get(t.Context(), "/x")
	e, found := errors.AsType[*errors.DecodeError](err)
	require.True(t, found, "%v", err)
	assert.LessOrEqual(t, len(e.Body), 64<<10)
}

func TestRequest_headers(t *testing.T) {
	t.Parallel()
	c, m := mock(t, client.WithUserAgent("importer/1.0"))
	var got *http.Request
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		got = req
		return jsonAnswer(201, `{"@id":"`+mockSite+`/x"}`)(req)
	})
	_, err := c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document"}, client.Header("accept-language", "de"), client.LockToken("t"))
	require.NoError(t, err)
	assert.Equal(t, http.Header{
		"Accept":          {"application/json"},
		"Content-Type":    {"application/json; charset=utf-8"},
		"User-Agent":      {"importer/1.0"},
		"Accept-Language": {"de"},
		"Lock-Token":      {"t"},
	}, got.Header)
	assert.Equal(t, int64(len(`{"@type":"Document"}`)), got.ContentLength)
}

func TestRequest_query(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	var got url.Values
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		got = req.URL.Query()
		return jsonAnswer(200, `{"@id":"`+mockSite+`/x"}`)(req)
	})
	_, err := c.Content.Get(t.Context(), mockSite+"/x?a=1", client.Expand("breadcrumbs", "navigation"), client.Expand("types"))
	require.NoError(t, err)
	assert.Equal(t, url.Values{"a": {"1"}, "expand": {"breadcrumbs,navigation,types"}}, got)
}

func TestRequest_refused(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(200, `{"@id":"`+mockSite+`"}`))
	var nilContext context.Context
	tests := []struct {
		name string
		call func() error
	}{
		{"nil context", func() error { _, err := c.Content.Get(nilContext, "/x"); return err }},
		{"nil context of a list", func() error {
			for _, err := range c.Content.Children(nilContext, "/x", client.ListOptions{}) {
				return err
			}
			return nil
		}},
		{"path", func() error { _, err := c.Content.Get(t.Context(), "/a/../b"); return err }},
		{"foreign URL", func() error { _, err := c.Content.Get(t.Context(), "https://other.example/"); return err }},
		{"body", func() error { _, err := c.Content.Update(t.Context(), "/x", func() {}); return err }},
		{"body once", func() error {
			_, err := c.Content.Create(t.Context(), "/x", func() {}, client.ExactlyOnce())
			return err
		}},
		{"once without an id", func() error {
			_, err := c.Content.Create(t.Context(), "/x", client.Fields{"@type": "Document"}, client.ExactlyOnce())
			return err
		}},
		{"once with an array", func() error {
			_, err := c.Content.Create(t.Context(), "/x", []int{1}, client.ExactlyOnce())
			return err
		}},
		{"header injection", func() error {
			_, err := c.Content.Get(t.Context(), "/x", client.Header("X-A", "b\r\nX-C: d"))
			return err
		}},
		{"header name", func() error { _, err := c.Content.Get(t.Context(), "/x", client.Header("a b", "c")); return err }},
		{"the site root", func() error { _, err := c.Content.Delete(t.Context(), "/"); return err }},
		{"the site root by its URL", func() error { _, err := c.Content.Delete(t.Context(), mockSite+"/"); return err }},
		{"the site root as nothing", func() error { _, err := c.Content.Delete(t.Context(), ""); return err }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.ErrorIs(t, tt.call(), errors.ErrInvalidInput)
			assert.Zero(t, m.GetTotalCallCount(), "nothing is sent")
		})
	}
}

func TestRequest_failingReader(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	broken := errors.New("disk on fire")
	_, err := c.Content.Update(t.Context(), "/x", iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
	_, found := errors.AsType[*errors.TransportError](err)
	assert.True(t, found)
}

func TestRequest_readerIsSentOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for body, want := range map[io.Reader]int{iotest.OneByteReader(strings.NewReader("{}")): 1, strings.NewReader("{}"): 4} {
			c, m := mock(t)
			var got []string
			m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
				data, err := io.ReadAll(req.Body)
				got = append(got, string(data))
				if err != nil {
					return nil, err
				}
				return jsonAnswer(503, `<html>`)(req)
			})
			_, err := c.Content.Update(t.Context(), "/x", body)
			require.ErrorIs(t, err, errors.ErrUnavailable)
			assert.Len(t, got, want)
			for _, sent := range got {
				assert.Equal(t, "{}", sent)
			}
		}
	})
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	const object = `{"@id":"https://plone.example/site/new"}`
	tests := []struct {
		name, method string
		status       int
		location     string
		followMoved  bool
		followed     bool
	}{
		{"GET 301", "GET", 301, mockSite + "/new", false, true},
		{"GET 302", "GET", 302, mockSite + "/new", false, true},
		{"GET 303", "GET", 303, mockSite + "/new", false, true},
		{"GET 307", "GET", 307, mockSite + "/new", false, true},
		{"GET 308", "GET", 308, mockSite + "/new", false, true},
		{"GET 304", "GET", 304, mockSite + "/new", false, false},
		{"GET relative", "GET", 302, "/site/new", false, true},
		{"GET to another host", "GET", 302, "https://other.example/site/new", false, false},
		{"GET to another port", "GET", 302, "https://plone.example:8443/site/new", false, false},
		{"GET to another scheme", "GET", 302, "http://plone.example/site/new", false, false},
		{"GET out of the site", "GET", 302, "https://plone.example/other", false, false},
		{"GET with dots", "GET", 302, "https://plone.example/site/%2e%2e/other", false, false},
		{"GET with user info", "GET", 302, "https://ada:pw@plone.example/site/new", false, false},
		{"GET to nowhere", "GET", 302, "", false, false},
		{"GET to garbage", "GET", 302, "https://[", false, false},
		{"POST 302", "POST", 302, mockSite + "/new", true, false},
		{"POST 303", "POST", 303, mockSite + "/new", true, false},
		{"POST 307", "POST", 307, mockSite + "/new", false, false},
		{"POST 307 told to", "POST", 307, mockSite + "/new", true, true},
		{"PATCH 308 told to", "PATCH", 308, mockSite + "/new", true, true},
		{"PATCH 301 told to", "PATCH", 301, mockSite + "/new", true, false},
		{"PATCH to another host told to", "PATCH", 307, "https://other.example/site/new", true, false},
		{"DELETE 307", "DELETE", 307, mockSite + "/new", false, false},
		{"DELETE 307 told to", "DELETE", 307, mockSite + "/new", true, true},
		{"DELETE that ends at the root", "DELETE", 307, mockSite, true, false},
		{"DELETE that ends at the root with a slash", "DELETE", 307, mockSite + "/", true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t, client.WithAuth(auth.Basic("ada", "lovelace")))
			m.RegisterResponder(tt.method, mockSite+"/old", answer(tt.status, "text/html", "", "Location", tt.location))
			m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
				assert.Equal(t, mockSite+"/new", req.URL.String())
				assert.Equal(t, tt.method, req.Method)
				assert.NotEmpty(t, req.Header.Get("Authorization"))
				assert.Equal(t, "application/json", req.Header.Get("Accept"))
				if tt.method == "POST" || tt.method == "PATCH" {
					body, err := io.ReadAll(req.Body)
					assert.NoError(t, err)
					assert.Equal(t, `{"title":"x"}`, string(body))
				}
				return jsonAnswer(map[string]int{"GET": 200, "POST": 201, "PATCH": 200, "DELETE": 204}[tt.method], object)(req)
			})
			var opts []client.CallOption
			if tt.followMoved {
				opts = append(opts, client.FollowMoved())
			}
			var err error
			switch tt.method {
			case "GET":
				_, err = c.Content.Get(t.Context(), "/old", opts...)
			case "POST":
				_, err = c.Content.Create(t.Context(), "/old", client.Fields{"title": "x"}, opts...)
			case "PATCH":
				_, err = c.Content.UpdateGet(t.Context(), "/old", client.Fields{"title": "x"}, opts...)
			case "DELETE":
				_, err = c.Content.Delete(t.Context(), "/old", opts...)
			}
			if tt.followed {
				require.NoError(t, err)
				assert.Equal(t, 2, m.GetTotalCallCount())
				return
			}
			e, found := errors.AsType[*errors.RedirectError](err)
			require.True(t, found, "%v", err)
			assert.Equal(t, 1, m.GetTotalCallCount())
			require.ErrorIs(t, err, errors.Status(tt.status))
			if tt.location == "" || tt.location == "https://[" {
				assert.Nil(t, e.Location)
			} else {
				assert.Equal(t, strings.Replace(tt.location, "ada:pw@", "", 1), e.Location.String())
			}
			assert.NotContains(t, err.Error(), "lovelace")
		})
	}
}

func TestRedirect_loop(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(answer(302, "text/html", "", "Location", mockSite+"/x"))
	_, err := c.Content.Get(t.Context(), "/x")
	_, found := errors.AsType[*errors.RedirectError](err)
	require.True(t, found, "%v", err)
	assert.Equal(t, 11, m.GetTotalCallCount())
}

func TestLookup_missingRecordIsNotFound(t *testing.T) {
	t.Parallel()
	// Without saying that it is a lookup, a KeyError stays what it is.
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(503, `{"type":"KeyError","message":"'x'"}`))
	_, err := client.Call[json.RawMessage](t.Context(), c, client.Request{Path: "/@registry/x"})
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.NotErrorIs(t, err, errors.ErrNotFound)
	assert.Equal(t, 1, m.GetTotalCallCount(), "it would be the same the next time")
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t, client.WithTimeout(time.Second))
		m.RegisterNoResponder(jsonAnswer(503, `<html>`, "Retry-After", "2"))
		start := time.Now()
		_, err := c.Content.Get(t.Context(), "/x")
		require.ErrorIs(t, err, errors.ErrUnavailable)
		e, _ := errors.AsType[*errors.StatusError](err)
		assert.Equal(t, 2*time.Second, e.RetryAfter)
		assert.Zero(t, time.Since(start), "a wait that cannot end in time is not begun")

		m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		_, err = c.Content.Update(t.Context(), "/x", client.Fields{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
		assert.Equal(t, time.Second, time.Since(start))
	})
}

// What carries a file may take as long as its context lets it.
func TestTimeout_notForUploads(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(context.Context, *client.Client) error{
		"inline": func(ctx context.Context, c *client.Client) error {
			_, err := c.Files.CreateInline(ctx, "/", client.Fields{"@type": "File"}, strings.NewReader("x"), 1, client.InlineOptions{})
			return err
		},
		"import": func(ctx context.Context, c *client.Client) error {
			_, err := c.Exports.Import(ctx, strings.NewReader("x"), 1)
			return err
		},
		"aliases": func(ctx context.Context, c *client.Client) error {
			_, err := c.Aliases.ImportCSV(ctx, strings.NewReader("/a,/b"))
			return err
		},
		"users": func(ctx context.Context, c *client.Client) error {
			_, err := c.Users.ImportCSV(ctx, strings.NewReader("username\r\na"))
			return err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, m := mock(t, client.WithTimeout(time.Second))
			m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
				<-req.Context().Done()
				return nil, req.Context().Err()
			})
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			require.ErrorIs(t, call(ctx, c), context.DeadlineExceeded, name)
			assert.Equal(t, time.Minute, time.Since(start), name)
		})
	}
}

func TestLogger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		repeats := 0
		c, m := mock(t,
			client.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
			client.WithAuth(auth.Basic("ada", "lovelace")),
			client.WithRetry(retry.Policy{OnRetry: func(context.Context, retry.Attempt) { repeats++ }}))
		m.RegisterNoResponder(jsonAnswer(503, `<html>`).Then(jsonAnswer(200, `{"@id":"`+mockSite+`/x"}`)))
		_, err := c.Content.Get(t.Context(), mockSite+"/x?token=hidden")
		require.NoError(t, err)
		assert.Equal(t, 1, repeats)
		assert.Contains(t, log.String(), "level=WARN msg=\"plone: repeat\" method=GET url=https://plone.example/site/x status=503 try=1")
		assert.Contains(t, log.String(), "level=DEBUG msg=\"plone: call\" method=GET url=https://plone.example/site/x status=200 tries=2")
		for _, secret := range []string{"lovelace", "hidden", "Basic"} {
			assert.NotContains(t, log.String(), secret)
		}
	})
}

func TestNew_refused(t *testing.T) {
	t.Parallel()
	for _, site := range []string{
		"", "plone.example", "ftp://plone.example", "https://", "https://:443", "https://ada:lovelace@plone.example", "https://ada@plone.example",
		"https://plone.example?x=1", "https://plone.example?", "https://plone.example#x", "https://plone.example/a/../b", "https://plone.example/%zz", "https://plone.example/a#",
	} {
		_, err := client.New(site)
		require.ErrorIs(t, err, errors.ErrInvalidInput, site)
		assert.NotContains(t, err.Error(), "lovelace")
	}
	for name, opt := range map[string]client.Option{
		"nil":            nil,
		"transport":      client.WithTransport(nil),
		"timeout":        client.WithTimeout(-1),
		"user agent":     client.WithUserAgent("a\nb"),
		"no user agent":  client.WithUserAgent(""),
		"max response":   client.WithMaxResponse(0),
		"public URL":     client.WithPublicURL("plone.example"),
		"retry attempts": client.WithRetry(retry.Policy{MaxAttempts: -1}),
		"retry waits":    client.WithRetry(retry.Policy{MinWait: 2, MaxWait: 1}),
	} {
		_, err := client.New(mockSite, opt)
		require.ErrorIs(t, err, errors.ErrInvalidInput, name)
	}
}

func TestClone(t *testing.T) {
	t.Parallel()
	c, m := mock(t, client.WithUserAgent("one"))
	var agents []string
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		agents = append(agents, req.UserAgent())
		return jsonAnswer(200, `{"@id":"`+mockSite+`"}`)(req)
	})
	clone, err := c.Clone(client.WithUserAgent("two"))
	require.NoError(t, err)
	_, err = clone.Clone(client.WithTimeout(-1))
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	for _, c := range []*client.Client{c, clone} {
		_, err := c.Content.Get(t.Context(), "/")
		require.NoError(t, err)
		assert.Equal(t, mockSite, c.SiteURL())
	}
	assert.Equal(t, []string{"one", "two"}, agents)
}

func TestClient_printsNoSecret(t *testing.T) {
	t.Parallel()
	c, _ := mock(t, client.WithAuth(auth.Basic("ada", "lovelace")))
	for _, printed := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%#v", struct{ C *client.Client }{c})} {
		assert.NotContains(t, printed, "lovelace")
		assert.NotContains(t, printed, "YWRhOmxvdmVsYWNl")
	}
}

// Plone sends a body with the answer to a HEAD, and the next request on that
// connection would read it.
func TestRequest_headHasItsOwnConnection(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	closed := map[string]bool{}
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		closed[req.Method] = req.Close
		return jsonAnswer(200, `{}`)(req)
	})
	for _, method := range []string{"HEAD", "GET"} {
		_, err := client.Call[json.RawMessage](t.Context(), c, client.Request{Method: method, Path: "/x"})
		require.NoError(t, err)
	}
	assert.Equal(t, map[string]bool{"HEAD": true, "GET": false}, closed)
}
