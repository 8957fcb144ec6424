package plonetest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// request sends one request over the network on a connection of its own.
func request(t *testing.T, s *Server, method, path, body string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Accept", jsonType)
	req.SetBasicAuth("admin", "secret")
	req.Close = true
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp, string(text), err
}

func server(t *testing.T, opts ...Option) *Server {
	t.Helper()
	s := NewServer(opts...)
	t.Cleanup(s.Close)
	return s
}

func TestServer_FailNext_answersAndDoesNothing(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		500: `"type": "ConflictError"`,
		503: `"type": "ServiceUnavailable"`,
		404: `"type": "NotFound"`,
		502: "<html>",
		504: "Gateway Timeout",
	} {
		s := server(t)
		s.FailNext(status, 2)
		for range 2 {
			resp, body, err := request(t, s, "DELETE", "/news", "")
			require.NoError(t, err)
			assert.Equal(t, status, resp.StatusCode)
			assert.Contains(t, body, want)
		}
		resp, _, err := request(t, s, "GET", "/news", "")
		require.NoError(t, err)
		assert.Equal(t, 200, resp.StatusCode, "the object is still there")
	}
}

func TestServer_FailNext_noStatus(t *testing.T) {
	t.Parallel()
	s := server(t, nil)
	for _, status := range []int{-1, 42, 100, 199, 1000} {
		s.FailNext(status, 1)
		resp, body, err := request(t, s, http.MethodGet, "/", "")
		require.NoError(t, err, status)
		assert.Equal(t, http.StatusNotImplemented, resp.StatusCode, status)
		assert.Contains(t, body, fmt.Sprintf("%d is not the status of an answer", status))
	}
}

func TestServer_FailNext_nothing(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.FailNext(500, 0)
	s.Drop(0)
	s.Truncate(-1)
	resp, _, err := request(t, s, "GET", "/news", "")
	require.NoError(t, err)
	assert.Equal(t, 200, resp.StatusCode)
}

func TestServer_Drop_losesTheAnswerOnly(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.Drop(1)
	_, _, err := request(t, s, "POST", "/news", `{"@type": "Document", "title": "c", "id": "c"}`)
	require.Error(t, err)
	resp, _, err := request(t, s, "GET", "/news/c", "")
	require.NoError(t, err)
	assert.Equal(t, 200, resp.StatusCode)
	requests := s.Requests()
	require.Len(t, requests, 2)
	assert.Equal(t, 201, requests[0].Status)
	assert.True(t, requests[0].Fault)
	assert.False(t, requests[1].Fault)
}

func TestServer_Truncate_cutsTheBody(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.Truncate(1)
	resp, body, err := request(t, s, "GET", "/news", "")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, 200, resp.StatusCode)
	assert.NotEmpty(t, body)
	assert.Less(t, int64(len(body)), resp.ContentLength)
}

func TestServer_Delay_waits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := offline()
		s.Delay(time.Minute)
		s.Inject(Fault{Delay: time.Hour})
		start := time.Now()
		assert.Equal(t, 200, ask(s, "GET", "/news").Code)
		assert.Equal(t, 61*time.Minute, time.Since(start))
		s.Delay(0)
		assert.Equal(t, 200, ask(s, "GET", "/news").Code)
		assert.Equal(t, 61*time.Minute, time.Since(start))
	})
}

func TestServer_Close_endsDelays(t *testing.T) {
	t.Parallel()
	s := NewServer()
	s.Delay(time.Hour)
	var wg sync.WaitGroup
	wg.Go(func() { _, _, _ = request(t, s, "GET", "/news", "") })
	wg.Go(s.Close)
	wg.Wait()
	s.Close() // twice is no error
}

func TestServer_Inject_picks(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.Inject(Fault{Method: "GET", Path: "/news/*", Skip: 1, Times: 2, Status: 418})
	s.Inject(Fault{Path: "/", Status: 429, Header: http.Header{"retry-after": {"3"}}})
	s.Inject(Fault{Path: "/news", Header: http.Header{"X-New": {"1"}, "Content-Type": nil}, Body: []byte("{}")})
	var got []int
	for _, path := range []string{"/news/a", "/news/a", "/++api++/news/b/", "/news/a", "/news/a/@lock"} {
		resp, _, err := request(t, s, "GET", path, "")
		require.NoError(t, err)
		got = append(got, resp.StatusCode)
	}
	assert.Equal(t, []int{200, 418, 418, 200, 200}, got)

	resp, _, err := request(t, s, "GET", "", "")
	require.NoError(t, err)
	assert.Equal(t, 429, resp.StatusCode)
	assert.Equal(t, "3", resp.Header.Get("Retry-After"))

	resp, body, err := request(t, s, "GET", "/news", "")
	require.NoError(t, err)
	assert.Equal(t, 200, resp.StatusCode, "carried out")
	assert.Equal(t, "{}", body)
	assert.Equal(t, "1", resp.Header.Get("X-New"))

	s.Inject(Fault{Times: Always, Status: 500})
	for range 3 {
		resp, _, err := request(t, s, "GET", "/news", "")
		require.NoError(t, err)
		assert.Equal(t, 500, resp.StatusCode)
	}
	s.ClearFaults()
	resp, _, err = request(t, s, "GET", "/news", "")
	require.NoError(t, err)
	assert.Equal(t, 200, resp.StatusCode)
}

func TestServer_Requests_shows(t *testing.T) {
	t.Parallel()
	s := server(t, WithRequests(4))
	for range 10 {
		_, _, err := request(t, s, "GET", "/news/a/?x=1", "")
		require.NoError(t, err)
	}
	_, _, err := request(t, s, "PATCH", "/news/a", `{"title": "`+strings.Repeat("x", keptBody)+`"}`)
	require.NoError(t, err)
	requests := s.Requests()
	assert.LessOrEqual(t, len(requests), 4)
	last := requests[len(requests)-1]
	assert.Equal(t, "PATCH", last.Method)
	assert.Equal(t, "/news/a", last.Path)
	assert.Len(t, last.Body, keptBody)
	assert.Equal(t, 400, last.Status, "the title is too long")
	assert.Equal(t, "1", requests[0].Query.Get("x"))
	assert.Equal(t, jsonType, requests[0].Header.Get("Accept"))

	none := server(t, WithRequests(0))
	_, _, err = request(t, none, "GET", "/news", "")
	require.NoError(t, err)
	assert.Empty(t, none.Requests())
}

func TestServer_isSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.Inject(Fault{Times: 20, Status: 503})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				_, _, err := request(t, s, "POST", "/news", `{"@type": "Document", "title": "same"}`)
				assert.NoError(t, err)
				s.Requests()
			}
		})
	}
	wg.Wait()
	var news struct {
		Total int `json:"items_total"`
	}
	require.NoError(t, json.Unmarshal(ask(s, "GET", "/news").Body.Bytes(), &news))
	assert.Equal(t, 2+80-20, news.Total)
}

// offline is a server that nobody can reach but through ServeHTTP, so that its clock can be a false one.
func offline(opts ...Option) *Server {
	s := &Server{URL: "http://plone.test/Plone", done: make(chan struct{}), keep: 100, site: newSite()}
	s.site.url = s.URL
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// with sends a request with one more header field, without the network.
func with(s *Server, method, path, body, key, value string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/Plone"+path, strings.NewReader(body))
	r.Header.Set("Accept", jsonType)
	r.Header.Set(key, value)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func tokenOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var body struct{ Token string }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body), w.Body.String())
	require.NotEmpty(t, body.Token)
	return body.Token
}

func TestLogin_tokensEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := offline(WithUser("ann", "secret"), WithTokenLifetime(time.Hour))
		token := tokenOf(t, with(s, "POST", "/@login", `{"login": "ann", "password": "secret"}`, "X", ""))
		who := func() int { return with(s, "GET", "/@users/ann", "", "Authorization", "Bearer "+token).Code }
		assert.Equal(t, 200, who())
		time.Sleep(59 * time.Minute)
		assert.Equal(t, 200, who())
		renewed := tokenOf(t, with(s, "POST", "/@login-renew", "", "Authorization", "Bearer "+token))
		time.Sleep(time.Minute)
		assert.Equal(t, 401, who(), "the first token has ended")
		token = renewed
		assert.Equal(t, 200, who())
		s.RotateSecret()
		assert.Equal(t, 401, who(), "nothing that was signed with the old secret is good")
	})
}

func TestLogin_withoutAnEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := offline(WithTokenLifetime(0))
		token := tokenOf(t, with(s, "POST", "/@login", `{"login": "admin", "password": "secret"}`, "X", ""))
		time.Sleep(10 * 365 * 24 * time.Hour)
		assert.Equal(t, 200, with(s, "GET", "/@system", "", "Authorization", "Bearer "+token).Code)
		assert.Equal(t, 401, with(s, "GET", "/@system", "", "Authorization", "Bearer "+token+"x").Code)
	})
}

func TestLogin_cookieAuthenticates(t *testing.T) {
	t.Parallel()
	s := offline()
	cookie, _, _ := strings.Cut(with(s, "POST", "/@login", `{"login": "admin", "password": "secret"}`, "X", "").
		Header().Get("Set-Cookie"), ";")
	assert.Equal(t, 200, with(s, "GET", "/@system", "", "Cookie", cookie).Code)
	assert.Equal(t, 401, with(s, "GET", "/@system", "", "Cookie", "__ac=nonsense").Code)
}

func TestLogin_credentialsInAnyBody(t *testing.T) {
	t.Parallel()
	s := offline()
	body := `{"login": "admin", "password": "secret", "title": "A"}`
	assert.Equal(t, 204, with(s, "PATCH", "/news/a", body, "Content-Type", "application/json").Code)
	assert.Equal(t, 401, with(s, "PATCH", "/news/a", body, "Content-Type", "application/json; charset=utf-8").Code)
}

func TestLock_runsOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := offline()
		assert.Equal(t, 200, ask(s, "POST", "/news/a/@lock").Code)
		assert.Equal(t, 403, ask(s, "PATCH", "/news/a").Code)
		time.Sleep(9 * time.Minute)
		assert.Equal(t, 200, ask(s, "PATCH", "/news/a/@lock").Code, "refreshed")
		time.Sleep(9 * time.Minute)
		assert.Equal(t, 423, ask(s, "DELETE", "/news/a").Code)
		time.Sleep(time.Minute)
		assert.Equal(t, 204, ask(s, "PATCH", "/news/a").Code)
		assert.Equal(t, 204, ask(s, "DELETE", "/news/a").Code)
	})
}

func TestContent_publishedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := offline()
		soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		r := with(s, "PATCH", "/news/a", `{"effective": "`+soon+`"}`, "Authorization", "Basic YWRtaW46c2VjcmV0")
		require.Equal(t, 204, r.Code)
		listed := func() string { return with(s, "GET", "/news/@search?path.depth=1", "", "X", "").Body.String() }
		assert.Contains(t, listed(), `"items_total": 1`)
		time.Sleep(time.Hour + time.Second)
		assert.Contains(t, listed(), `"items_total": 2`)
	})
}

func TestContent_DELETE_ofTheRoot(t *testing.T) {
	t.Parallel()
	s := offline()
	assert.Equal(t, 204, ask(s, "DELETE", "").Code)
	assert.Equal(t, 404, ask(s, "GET", "").Code)
	assert.Equal(t, 404, ask(s, "GET", "/news").Code)
}

func TestSite_forgetsWhatWasRemoved(t *testing.T) {
	t.Parallel()
	s := offline()
	news := s.site.find("/news")
	for range 3000 {
		s.site.add(news, &object{id: newUID(), typ: s.site.types["Document"]})
	}
	for _, o := range append([]*object(nil), news.children[2:]...) {
		s.site.remove(o)
	}
	assert.Len(t, news.children, 2)
	assert.Len(t, s.site.byUID, 4)
	assert.Less(t, len(s.site.catalog), 2000)
	assert.Contains(t, ask(s, "GET", "/@search?sort_on=path").Body.String(), `"items_total": 4`)
}

func TestServer_HEAD_hasABodyLikePlone(t *testing.T) {
	t.Parallel()
	s := server(t)
	resp, body, err := request(t, s, "HEAD", "/news", "")
	require.NoError(t, err)
	assert.Equal(t, 404, resp.StatusCode)
	assert.Empty(t, body, "the client leaves it alone")
	assert.Positive(t, resp.ContentLength)
}

func TestRepr_isPythons(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]any{
		`None`:                   nil,
		`True`:                   true,
		`'plain'`:                "plain",
		`"it's"`:                 "it's",
		`'it\'s "so"'`:           `it's "so"`,
		`'a\\b\n\t\x00é😀\u200b'`: "a\\b\n\t\x00é😀\u200b",
		`[1, 2.0, 1e+16]`:        list{1, 2.0, 1e16},
		`{'a': [], 'b': {}}`:     dict{"b": dict{}, "a": list{}},
		`{'z': 1, 'a': Class()}`: pairs{{"z", 1}, {"a", python("Class()")}},
	} {
		assert.Equal(t, want, repr(v))
	}
}

func TestAppendJSON_isPythons(t *testing.T) {
	t.Parallel()
	v := dict{"b": list{}, "a": dict{}, "ü": "é😀\"\\\n\x7f<", "n": list{nil, true, 1, int64(2), 1.5, 2.0}}
	assert.Equal(t, "{\n  \"a\": {}, \n  \"b\": [], \n  \"n\": [\n    null, \n    true, \n    1, \n    2, \n    1.5, \n"+
		"    2.0\n  ], \n  \"\\u00fc\": \"\\u00e9\\ud83d\\ude00\\\"\\\\\\n\\u007f<\"\n}",
		string(appendJSON(nil, v, serviceComma, 0)))
}

func TestNormalize_makesIDs(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Äpfel & Birnen":         "apfel-birnen",
		"ß Œuvre Łódź":           "ss-oeuvre-lodz",
		"x y.txt":                "x-y.txt",
		"More_stuff.":            "more_stuff",
		"...":                    "",
		"a / b":                  "a-b",
		"日本":                     "",
		strings.Repeat("a", 300): strings.Repeat("a", 255),
	} {
		assert.Equal(t, want, normalize(title), title)
	}
}

func TestWithDocuments(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 103, 250} {
		with, without := offline(WithDocuments(n)), offline()
		assert.Equal(t, n, len(with.site.catalog)-len(without.site.catalog))
		assert.Equal(t, n > 102, with.site.find("/many/0/99") != nil)
	}
}
