package auth_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
)

func TestTransport_givesCredentialsToTheSiteOnly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, site, request string
		want                bool
	}{
		{"same", "https://plone.test/Plone", "https://plone.test/Plone/x", true},
		{"another path", "https://plone.test/Plone", "https://plone.test/other", true},
		{"default port given", "https://plone.test", "https://plone.test:443/x", true},
		{"default port of the site given", "http://plone.test:80", "http://plone.test/x", true},
		{"empty port", "http://plone.test", "http://plone.test:/x", true},
		{"case of the host", "https://Plone.test", "https://pLONE.test/x", true},
		{"same port", "http://plone.test:8080", "http://plone.test:8080/x", true},
		{"IPv6", "http://[::1]:8080", "http://[::1]:8080/x", true},
		{"user info", "http://plone.test", "http://me@plone.test/x", true},
		{"another host", "https://plone.test", "https://evil.test/x", false},
		{"host as a suffix", "https://plone.test", "https://evilplone.test/x", false},
		{"host as a prefix", "https://plone.test", "https://plone.test.evil.test/x", false},
		{"below the host", "https://plone.test", "https://www.plone.test/x", false},
		{"host as user info", "https://plone.test", "https://plone.test@evil.test/x", false},
		{"another port", "https://plone.test", "https://plone.test:8443/x", false},
		{"another port than the one given", "http://plone.test:8080", "http://plone.test/x", false},
		{"port of the other scheme", "https://plone.test", "https://plone.test:80/x", false},
		{"less secure", "https://plone.test", "http://plone.test/x", false},
		{"less secure on the same port", "https://plone.test", "http://plone.test:443/x", false},
		{"more secure", "http://plone.test", "https://plone.test/x", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mock := httpmock.NewMockTransport()
			var got http.Header
			mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
				got = r.Header
				return httpmock.NewStringResponse(401, ""), nil
			})
			for _, src := range []auth.Source{auth.Basic(user, password), auth.Static("opaque")} {
				status, _, err := send(t, auth.NewTransport(mock, parse(t, tt.site), src), "GET", tt.request, nil)
				require.NoError(t, err)
				assert.Equal(t, 401, status)
				assert.Equal(t, tt.want, got.Get("Authorization") != "")
			}
			assert.Equal(t, 2, mock.GetTotalCallCount(), "a 401 is not repeated")
			if !tt.want { // a login is not even tried
				_, _, err := send(t, auth.NewTransport(mock, parse(t, tt.site), auth.Login(user, password)), "GET", tt.request, nil)
				require.NoError(t, err)
				assert.Empty(t, got.Get("Authorization"))
				assert.Equal(t, 3, mock.GetTotalCallCount())
			}
		})
	}
}

func TestTransport_leavesTheRequestAlone(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	var got *http.Request
	mock.RegisterResponder("POST", siteURL, func(r *http.Request) (*http.Response, error) {
		got = r
		return httpmock.NewStringResponse(200, ""), nil
	})
	rt := auth.NewTransport(mock, parse(t, siteURL), auth.Static("opaque"))
	for _, header := range []http.Header{nil, {}, {"Accept": {"application/json"}}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, siteURL, strings.NewReader("body"))
		require.NoError(t, err)
		req.Header = header
		before := header.Clone()
		resp, err := rt.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, before, req.Header)
		assert.Equal(t, "Bearer opaque", got.Header.Get("Authorization"))
		assert.Equal(t, header.Get("Accept"), got.Header.Get("Accept"))
		assert.Equal(t, req.Body, got.Body)
	}
}

func TestTransport_keepsAnAuthorizationOfTheRequest(t *testing.T) {
	t.Parallel()
	for _, own := range [][]string{{"Bearer other"}, {""}, nil} {
		p := newPlone(t)
		var got []string
		p.RegisterResponder("GET", siteURL+"/private", func(r *http.Request) (*http.Response, error) {
			got = r.Header["Authorization"]
			return httpmock.NewStringResponse(401, ""), nil
		})
		rt := auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, siteURL+"/private", nil)
		require.NoError(t, err)
		req.Header["Authorization"] = own
		resp, err := rt.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, 401, resp.StatusCode)
		assert.Equal(t, own, got)
		assert.Equal(t, 1, p.GetTotalCallCount(), "no login")
	}
}

func TestTransport_withoutSourceOrSiteIsAnonymous(t *testing.T) {
	t.Parallel()
	p := newPlone(t)
	for _, rt := range []*auth.Transport{
		auth.NewTransport(p, parse(t, siteURL), nil), auth.NewTransport(p, nil, auth.Login(user, password)), auth.NewTransport(p, nil, nil),
	} {
		assert.Equal(t, 401, get(t, rt, "/private"))
		assert.Equal(t, []string{"GET /private"}, p.requests())
		rt.Forget()
	}
}

func TestTransport_leavesANilURLToTheBase(t *testing.T) {
	t.Parallel()
	rt := auth.NewTransport(nil, parse(t, siteURL), auth.Static("opaque"))
	resp, err := rt.RoundTrip(&http.Request{Header: http.Header{}})
	if resp != nil {
		_ = resp.Body.Close()
	}
	require.ErrorContains(t, err, "nil Request.URL")
}

// body is a request body that knows whether it was closed.
type body struct {
	io.Reader
	closed bool
}

func (b *body) Close() error { b.closed = true; return nil }

func TestTransport_closesTheBodyThatItDoesNotSend(t *testing.T) {
	t.Parallel()
	rt := auth.NewTransport(httpmock.NewMockTransport(), parse(t, siteURL), auth.Static(""))
	b := &body{Reader: strings.NewReader("x")}
	_, _, err := send(t, rt, "POST", siteURL, b)
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.True(t, b.closed)
}

func BenchmarkTransport(b *testing.B) {
	site := "http://plone.test/Plone"
	req, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, site, nil)
	req.Header = http.Header{"Accept": {"application/json"}, "User-Agent": {"x"}, "Accept-Language": {"de"}}
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}
	rt := auth.NewTransport(roundTripper(func(*http.Request) (*http.Response, error) { return resp, nil }), req.URL, auth.Static("opaque"))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = rt.RoundTrip(req) // there is no body to close
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// once is a body that says once only that it broke.
type once struct {
	parts []string
	err   error
}

func (o *once) Read(p []byte) (int, error) {
	if len(o.parts) == 0 {
		err := o.err
		o.err = io.EOF
		return 0, err
	}
	n := copy(p, o.parts[0])
	o.parts = o.parts[1:]
	return n, nil
}

func (o *once) Close() error { return nil }

// A body that is read ahead ends for the caller as it did then, and no later read
// gets past its first error.
func TestTransport_bodyThatBreaks(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 1<<20)
	for _, parts := range [][]string{{"[]"}, strings.SplitAfter(strings.Repeat(strings.Repeat("x", 511)+"\n", len(large)/512), "\n")} {
		mock := httpmock.NewMockTransport()
		mock.RegisterResponder("POST", siteURL+"/@login", httpmock.NewStringResponder(200, `{"token":"opaque"}`))
		mock.RegisterResponder("POST", siteURL+"/@login-renew", func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: &once{parts, io.ErrUnexpectedEOF}, Request: req}, nil
		})
		req, err := http.NewRequestWithContext(t.Context(), "POST", siteURL+"/@login-renew", nil)
		require.NoError(t, err)
		resp, err := auth.NewTransport(mock, parse(t, siteURL), auth.Login(user, password)).RoundTrip(req)
		require.NoError(t, err)
		for i := range 3 {
			body, err := io.ReadAll(resp.Body)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			assert.Equal(t, i == 0, len(body) > 0)
		}
		require.NoError(t, resp.Body.Close())
	}
}
