package client_test

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

// breaking breaks the bodies off that it is told to, after some bytes.
type breaking struct {
	base  http.RoundTripper
	when  func(req *http.Request, number int64) bool
	after int64

	number atomic.Int64
}

func (b *breaking) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.base.RoundTrip(req)
	if err == nil && b.when(req, b.number.Add(1)) {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(io.LimitReader(resp.Body, b.after), errReader{io.ErrUnexpectedEOF}), resp.Body}
	}
	return resp, err
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// breakingClient is a client of a fake site with a folder of 25 documents, all of
// whose connections break as b says.
func breakingClient(t *testing.T, b *breaking, opts ...client.Option) *client.Client {
	t.Helper()
	server := plonetest.NewServer()
	t.Cleanup(server.Close)
	b.base = http.DefaultTransport
	opts = append([]client.Option{
		client.WithTransport(b), client.WithAuth(auth.Basic("admin", "secret")), client.WithTrustedPaths(),
		client.WithRetry(retry.Policy{MinWait: 1, MaxWait: 1}),
	}, opts...)
	c, err := client.New(server.URL, opts...)
	require.NoError(t, err)
	when := b.when
	b.when = func(*http.Request, int64) bool { return false }
	_, err = c.Content.Create(t.Context(), "/", client.Fields{"@type": "Folder", "id": "docs", "title": "x"})
	require.NoError(t, err)
	for i := range 25 {
		_, err = c.Content.Create(t.Context(), "/docs", client.Fields{"@type": "Document", "id": fmt.Sprint("d", i), "title": "x"})
		require.NoError(t, err)
	}
	b.when = when
	b.number.Store(0)
	return c
}

// A read whose body breaks off is sent again, as one without a response is.
func TestBrokenBody_read(t *testing.T) {
	t.Parallel()
	twice := func(_ *http.Request, number int64) bool { return number <= 2 }
	b := &breaking{when: twice, after: 10}
	c := breakingClient(t, b)
	for name, call := range map[string]func() (int, error){
		"Get": func() (int, error) { r, err := c.Content.Get(t.Context(), "/docs"); return attempts(r, err) },
		"Call": func() (int, error) {
			r, err := client.Call[client.Fields](t.Context(), c, client.Request{Path: "/docs"})
			if err != nil {
				return 0, err
			}
			return r.Attempts, nil
		},
		"a list of another form": func() (int, error) { r, err := c.Types.List(t.Context(), "/"); return attempts(r, err) },
	} {
		b.number.Store(0)
		n, err := call()
		require.NoError(t, err, name)
		assert.Equal(t, 3, n, name)
	}
	b.when = func(*http.Request, int64) bool { return true }
	b.number.Store(0)
	_, err := c.Content.Get(t.Context(), "/docs")
	e, found := errors.AsType[*errors.DecodeError](err)
	require.True(t, found, "%v", err)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
	assert.Len(t, e.Body, 10)
	assert.EqualValues(t, 4, b.number.Load())
}

func attempts[T any](r *client.OK[T], err error) (int, error) {
	if err != nil {
		return 0, err
	}
	return r.Attempts, nil
}

// What is whole and wrong is not asked for again; nor is a write that was done.
func TestBrokenBody_notRepeated(t *testing.T) {
	t.Parallel()
	b := &breaking{when: func(*http.Request, int64) bool { return false }}
	c := breakingClient(t, b)
	small, err := c.Clone(client.WithMaxResponse(10))
	require.NoError(t, err)
	_, err = small.Content.Get(t.Context(), "/docs")
	require.ErrorContains(t, err, "larger than 10 bytes")
	assert.EqualValues(t, 1, b.number.Load())

	b.when, b.after = func(*http.Request, int64) bool { return true }, 10
	b.number.Store(0)
	_, err = c.Content.Create(t.Context(), "/docs", client.Fields{"@type": "Document", "title": "once"})
	require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
	assert.EqualValues(t, 1, b.number.Load())
}

// A list asks for a page again that broke off, as long as nothing of it was yielded.
func TestBrokenBody_list(t *testing.T) {
	t.Parallel()
	for name, padding := range map[string]int{"pages in memory": 0, "pages that stream": 300_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, after := range []int64{10, 600, 1_100_000} {
				b := &breaking{after: after, when: func(req *http.Request, number int64) bool { return number%2 == 1 }}
				c := breakingClient(t, b)
				b.base = &padded{base: b.base, by: padding}
				got := 0
				for item, err := range c.Content.Children(t.Context(), "/docs", client.ListOptions{PageSize: 10}) {
					require.NoError(t, err)
					assert.Equal(t, fmt.Sprint("d", got), path.Base(item.URL))
					got++
				}
				assert.Equal(t, 25, got)
				if padding > 0 || after < 1000 {
					assert.EqualValues(t, 6, b.number.Load(), "each page twice")
				}
				got = 0
				for page, err := range c.Search.Pages(t.Context(), "/docs", client.SearchOptions{PageSize: 10}) {
					require.NoError(t, err)
					got += len(page.Items)
				}
				assert.Equal(t, 25, got)
			}
		})
	}
}

// padded makes each item of a list larger.
type padded struct {
	base http.RoundTripper
	by   int
}

func (p *padded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := p.base.RoundTrip(req)
	if err != nil || p.by == 0 {
		return resp, err
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	const document = `"@type": "Document"`
	whole := strings.ReplaceAll(string(text), document, `"padding": "`+strings.Repeat("x", p.by)+`", `+document)
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(whole)), int64(len(whole))
	return resp, err
}

// When items of a page were yielded already, it would yield them twice.
func TestBrokenBody_list_tooLate(t *testing.T) {
	t.Parallel()
	b := &breaking{after: 4_000_000, when: func(req *http.Request, number int64) bool { return true }}
	c := breakingClient(t, b)
	b.base = &padded{base: b.base, by: 300_000}
	// More than was asked for comes in pieces.
	rt := &moreThanAsked{base: b}
	c, err := c.Clone(client.WithTransport(rt))
	require.NoError(t, err)
	got := 0
	for _, err = range c.Content.Children(t.Context(), "/docs", client.ListOptions{PageSize: 5}) {
		if err != nil {
			break
		}
		got++
	}
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, 10, got)
	assert.EqualValues(t, 1, b.number.Load())
}

// moreThanAsked asks the server for larger pages.
type moreThanAsked struct{ base http.RoundTripper }

func (m *moreThanAsked) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	query := req.URL.Query()
	query.Set("b_size", "25")
	req.URL.RawQuery = query.Encode()
	return m.base.RoundTrip(req)
}
