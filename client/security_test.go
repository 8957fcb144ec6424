package client_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// What SECURITY.md promises and where it is shown, beside the tests below:
//
//	credentials go to the site only          auth: TestTransport_givesCredentialsToTheSiteOnly
//	redirects                                TestRedirect, TestRedirect_loop
//	the URL of a site                        TestNew_refused
//	the password goes to @login only         auth: TestLogin_wire
//	no expired token is sent                 auth: TestLogin_neverSendsAnExpiredToken, TestStatic_failsOnceExpired
//	media types, Accept                      TestRequest_headers
//	no secrets in print, of package auth     auth: TestSecrets_areInNoPrintedForm
//	... of users                             TestUsers_passwordsAreSentButNeverPrinted
//	... in the log                           TestLogger
//	... in errors                            errors: TestFromResponse_printsNoHeaderAndNoBody, TestTransportError_hidesTheQuery
//	paths                                    TestResolve_refused, TestResolve_elements, FuzzResolve
//	names of files                           TestSafeFilename
//	endless bodies, gzip bombs               TestResult_endless, TestResult_gzipBomb, TestResult_maxResponse
//	bodies of errors                         errors: TestFromResponse_hugeBody
//	answers that are not what was promised   TestResult_notWhatWasPromised, TestResult_promisedStatus
//	lists end                                TestList_repeatsItself
//	the token of a lock                      TestRequest_headers
//	values of WithHeader                     TestWithHeader, TestWithHeader_refused
//	cookies                                  TestWithCookies, TestWithCookies_logins, TestWithCookies_refused
//	results have no cookies                  TestResponse_hasNoCookies

// credentials are all ways to have some, and what must be seen of none of them.
func credentials() map[string]auth.Source {
	return map[string]auth.Source{
		"basic":  auth.Basic("ada", secretWord),
		"static": auth.Static(secretWord),
		"login":  auth.Login("ada", secretWord),
	}
}

const secretWord = "l0velace-secret"

// Redirects to places that look like the site, for each status and method, with
// each kind of credentials: nothing is sent there.
func TestSecurity_redirectsToOtherPlaces(t *testing.T) {
	t.Parallel()
	for _, location := range []string{
		"//other.example/site/new",
		"///other.example/site/new",
		"https:///site/new",
		"https://plone.example.other.example/site/new",
		"https://plone.example@other.example/site/new",
		"https://other.example#@plone.example/site/new",
		"https://plone.example:444/site/new",
		"https://plone.example:80/site/new",
		"https://plone.example./site/new",
		"http://plone.example:443/site/new",
		"ftp://plone.example/site/new",
		"file:///site/new",
		"https://plone.example/site2/new",
		"https://plone.example/site/../new",
		"../../new",
		`/\other.example/site/new`,
		`https://plone.example\.other.example/site/new`,
		"https://plone.example/site/%2e%2e%2fnew",
		"https://plone.example/site/%252e%252e/new",
		"https://plone.example/site/new%0d%0aX-A: b",
	} {
		t.Run(location, func(t *testing.T) {
			t.Parallel()
			for _, status := range []int{301, 302, 303, 307, 308} {
				for _, method := range []string{"GET", "HEAD", "POST", "PATCH", "DELETE"} {
					for name, source := range credentials() {
						c, m := mock(t, client.WithAuth(source))
						var seen []string
						m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
							seen = append(seen, req.URL.String())
							if strings.HasSuffix(req.URL.Path, "/@login") {
								return jsonAnswer(200, `{"token":"abc"}`)(req)
							}
							return answer(status, "text/html", "", "Location", location)(req)
						})
						r := client.Request{Method: method, Path: "/old", Header: http.Header{"Cookie": {"__ac=" + secretWord}}}
						_, err := client.Call[json.RawMessage](t.Context(), c, r)
						_, found := errors.AsType[*errors.RedirectError](err)
						require.True(t, found, "%v", err)
						want := []string{mockSite + "/old"}
						if name == "login" {
							want = []string{mockSite + "/@login", mockSite + "/old"}
						}
						require.Equal(t, want, seen, "%s %d %s", method, status, name)
						require.NotContains(t, printed(err), secretWord)
					}
				}
			}
		})
	}
}

// An address without a host is none of the site, but names nothing else either.
func TestSecurity_redirectsWithoutAHost(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"javascript:alert(1)", "https:other.example/site/new", "http:new", "mailto:ada@other.example", "data:,x"} {
		c, m := mock(t, client.WithAuth(auth.Basic("ada", secretWord)))
		m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
			assert.True(t, strings.HasPrefix(req.URL.String(), mockSite+"/"), "%v", req.URL)
			return answer(302, "text/html", "", "Location", location)(req)
		})
		_, err := c.Content.Get(t.Context(), "/old")
		_, found := errors.AsType[*errors.RedirectError](err)
		require.True(t, found, "%v", err)
		assert.Equal(t, 1, m.GetTotalCallCount(), location)
	}
}

// A chain that begins inside the site ends at its border, also for writes that
// follow.
func TestSecurity_redirectThatLeavesInTheSecondStep(t *testing.T) {
	t.Parallel()
	c, m := mock(t, client.WithAuth(auth.Basic("ada", secretWord)))
	m.RegisterResponder("PATCH", mockSite+"/old", answer(308, "text/html", "", "Location", "/site/new"))
	m.RegisterResponder("PATCH", mockSite+"/new", answer(308, "text/html", "", "Location", "https://other.example/site/new"))
	_, err := c.Content.Update(t.Context(), "/old", client.Fields{}, client.FollowMoved())
	_, found := errors.AsType[*errors.RedirectError](err)
	require.True(t, found, "%v", err)
	assert.Equal(t, 2, m.GetTotalCallCount())
}

// A login that is sent elsewhere does not take the password there.
func TestSecurity_redirectOfTheLogin(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c, m := mock(t, client.WithAuth(auth.Login("ada", secretWord)))
		m.RegisterResponder("POST", mockSite+"/@login", answer(status, "text/html", "", "Location", "https://other.example/@login"))
		_, err := c.Content.Get(t.Context(), "/x")
		require.ErrorIs(t, err, errors.Status(status))
		_, err = c.Auth.Login(t.Context(), "ada", secretWord)
		require.ErrorIs(t, err, errors.Status(status))
		assert.Equal(t, 2, m.GetTotalCallCount())
		assert.NotContains(t, printed(err), secretWord)
	}
}

// Addresses in answers are no better than redirects.
func TestSecurity_addressesOfTheServer(t *testing.T) {
	t.Parallel()
	const foreign = "https://other.example/site"
	c, m := mock(t, client.WithAuth(auth.Basic("ada", secretWord)))
	var seen []string
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		seen = append(seen, req.URL.Host)
		switch {
		case strings.HasSuffix(req.URL.Path, "/@tus-upload"):
			return jsonAnswer(201, "", "Location", foreign+"/@tus-upload/1")(req)
		case strings.Contains(req.URL.Path, "/@tus-upload/"):
			return jsonAnswer(204, "", "Upload-Offset", "1", "Location", foreign+"/x")(req)
		}
		return jsonAnswer(200, `{"@id":"`+mockSite+`","items":[{"@id":"`+foreign+`/a"}],"items_total":2,`+
			`"batching":{"next":"`+foreign+`?b_start=1"}}`)(req)
	})
	for _, err := range c.Content.Children(t.Context(), "/", client.ListOptions{}) {
		if err != nil {
			break
		}
	}
	_, _ = c.Files.Upload(t.Context(), "/", strings.NewReader("a"), 1, client.UploadOptions{Filename: "a.txt", ContentType: "text/plain"})
	require.NotEmpty(t, seen)
	for _, host := range seen {
		assert.Equal(t, "plone.example", host)
	}
	before := len(seen)
	nothing := sha256.Sum256(nil)
	state := client.UploadState{URL: foreign + "/@tus-upload/1", Target: "/", Size: 1, Filename: "a.txt", ContentType: "text/plain", Fingerprint: nothing[:]}
	_, err := c.Files.Resume(t.Context(), state, strings.NewReader("a"), client.ResumeOptions{})
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	_, err = c.Files.Download(t.Context(), foreign+"/x/@@images/a.png", client.DownloadOptions{})
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.Len(t, seen, before, "nothing is sent")
}

func TestSecurity_headerInjection(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(200, `{"@id":"`+mockSite+`"}`))
	for _, value := range []string{"a\r\nX-C: d", "a\nb", "a\rb", "a\x00b", "a\x7fb", "\r\n\r\nGET / HTTP/1.1", "a\x1b[0m"} {
		for name, opt := range map[string]client.CallOption{
			"header": client.Header("X-A", value), "lock": client.LockToken(value), "accept": client.Header("Accept", value),
		} {
			_, err := c.Content.Get(t.Context(), "/x", opt)
			require.ErrorIs(t, err, errors.ErrInvalidInput, "%s %q", name, value)
		}
		_, err := client.Call[json.RawMessage](t.Context(), c, client.Request{Path: "/x", Header: http.Header{"X-A": {"fine", value}}})
		require.ErrorIs(t, err, errors.ErrInvalidInput, "%q", value)
		_, err = client.New(mockSite, client.WithUserAgent(value))
		require.ErrorIs(t, err, errors.ErrInvalidInput, "%q", value)
		for _, source := range []auth.Source{auth.Basic(value, "x"), auth.Basic("ada", value), auth.Static(value)} {
			known, err := c.Clone(client.WithAuth(source))
			require.NoError(t, err)
			_, err = known.Content.Get(t.Context(), "/x")
			require.ErrorIs(t, err, errors.ErrInvalidInput, "%q", value)
			assert.NotContains(t, printed(err), value)
		}
	}
	for _, name := range []string{"", "X-A: b\r\nX-C", "X A", "X:A", "X\x00", "Ä", "X-A\n"} {
		_, err := c.Content.Get(t.Context(), "/x", client.Header(name, "a"))
		require.ErrorIs(t, err, errors.ErrInvalidInput, "%q", name)
	}
	assert.Zero(t, m.GetTotalCallCount(), "nothing is sent")
}

// raw is a client of a server that answers each request with what send writes,
// until the client has had enough.
func raw(t *testing.T, send func(io.Writer) error, opts ...client.Option) *client.Client {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		for err == nil {
			err = send(conn)
		}
	}, append(opts, client.WithRetry(retry.Policy{Mode: retry.Never}))...)
}

// The default transport reads 10 MiB of a header, and no more.
func TestSecurity_endlessHeaders(t *testing.T) {
	t.Parallel()
	for name, parts := range map[string][2]string{
		"one field":   {"HTTP/1.1 200 OK\r\nX-A: ", strings.Repeat("a", 1<<16)},
		"many fields": {"HTTP/1.1 200 OK\r\n", strings.Repeat("X-A: b\r\n", 1<<13)},
		"status line": {"HTTP/1.1 200 ", strings.Repeat("a", 1<<16)},
		"many heads":  {"", strings.Repeat("HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n", 1<<11)},
		"trailers": {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
			strings.Repeat("X-A: b\r\n", 1<<13)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var started atomic.Bool
			c := raw(t, func(w io.Writer) error {
				part := parts[1]
				if started.CompareAndSwap(false, true) {
					part = parts[0]
				}
				_, err := io.WriteString(w, part)
				return err
			})
			_, err := client.Call[json.RawMessage](t.Context(), c, client.Request{Path: "/x"})
			if name == "trailers" {
				_, found := errors.AsType[*errors.DecodeError](err)
				require.True(t, found, "%v", err)
				return
			}
			_, found := errors.AsType[*errors.TransportError](err)
			require.True(t, found, "%v", err)
			assert.Less(t, len(err.Error()), 1000)
		})
	}
}

// An answer that comes a byte at a time ends with the time that the call has,
// in its header and in its body; that of a download with its context.
func TestSecurity_slowDrip(t *testing.T) {
	t.Parallel()
	const patience = time.Second // enough for the head to arrive, on any machine
	for name, head := range map[string]string{
		"header": "HTTP/1.1 200 OK\r\nX-A: ",
		"body":   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n",
		"error":  "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			drip := func(t *testing.T, opts ...client.Option) *client.Client {
				var started atomic.Bool
				tick := time.NewTicker(5 * time.Millisecond)
				t.Cleanup(tick.Stop)
				return raw(t, func(w io.Writer) error {
					part := " "
					if started.CompareAndSwap(false, true) {
						part = head
					}
					<-tick.C
					_, err := io.WriteString(w, part)
					return err
				}, opts...)
			}
			_, err := drip(t, client.WithTimeout(patience)).Content.Get(t.Context(), "/x")
			if name == "error" {
				// What came of the body is enough for the error.
				require.ErrorIs(t, err, errors.ErrNotFound)
			} else {
				require.ErrorIs(t, err, context.DeadlineExceeded)
			}

			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			d, err := drip(t).Files.Download(ctx, "/x", client.DownloadOptions{Known: &client.NamedFile{Size: -1}})
			if name == "body" {
				require.NoError(t, err)
				_, err = io.Copy(io.Discard, d)
				require.NoError(t, d.Close())
			}
			if name != "error" {
				require.ErrorIs(t, err, context.DeadlineExceeded)
			}
			require.Error(t, err)
		})
	}
}

// Save writes to the name that it was given, whatever the server calls the file.
func TestSecurity_namesOfFilesAreNoPaths(t *testing.T) {
	t.Parallel()
	for disposition, want := range map[string]string{
		`attachment; filename="../../evil.sh"`:               "evil.sh",
		`attachment; filename*=UTF-8''..%2F..%2Fevil.sh`:     "evil.sh",
		`attachment; filename*=UTF-8''../../evil.sh`:         "evil.sh",
		`attachment; filename="/etc/cron.d/evil"`:            "evil",
		`attachment; filename*=UTF-8''..%5C..%5Cevil.sh`:     "evil.sh",
		`attachment; filename="C:evil"`:                      "",
		`attachment; filename=".."`:                          "",
		`attachment; filename*=UTF-8''evil%00.sh`:            "",
		`attachment; filename*=UTF-8''evil%0D%0AX-A%3A%20b`:  "",
		`attachment; filename*=UTF-8''..%252F..%252Fevil.sh`: "..%2F..%2Fevil.sh",
	} {
		t.Run(disposition, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			m.RegisterResponder("GET", mockSite+"/x", jsonAnswer(200, `{"@id":"`+mockSite+`/x","modified":"2026-01-01T00:00:00+00:00"}`))
			m.RegisterResponder("GET", mockSite+"/x/@@download", answer(200, "text/x-sh", "rm", "Content-Disposition", disposition))
			root := t.TempDir()
			folder := filepath.Join(root, "a", "b")
			require.NoError(t, os.MkdirAll(folder, 0o700))
			saved, err := c.Files.Save(t.Context(), "/x", filepath.Join(folder, "mine"), client.SaveOptions{})
			require.NoError(t, err)
			assert.Equal(t, want, saved.Filename)
			var files []string
			require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					files = append(files, path)
				}
				return err
			}))
			assert.Equal(t, []string{filepath.Join(folder, "mine")}, files)
		})
	}
}

// printed is v in every form that a program may print it in, alone and as a part
// of something else.
func printed(v any) string {
	var b strings.Builder
	log := func(v any) {
		for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
			slog.New(h).Info("x", "v", v)
		}
	}
	fmt.Fprintf(&b, "%s %q", v, v)
	for _, v := range []any{v, []any{v}, map[string]any{"v": v}, struct{ V any }{v}, &struct{ V any }{v}} {
		fmt.Fprintf(&b, "%v %+v %#v", v, v, v)
		if data, err := json.Marshal(v); err == nil {
			b.Write(data)
		}
		log(v)
	}
	if err, isError := v.(error); isError {
		b.WriteString(err.Error())
		log(fmt.Errorf("around: %w", err))
		fmt.Fprintf(&b, "%+v %#v", errors.Join(err), fmt.Errorf("around: %w", err))
	}
	return b.String()
}

func TestSecurity_secretsInNoPrintedForm(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	values := map[string]any{
		"LoginToken":           client.LoginToken{Token: secretWord},
		"pointer to it":        &client.LoginToken{Token: secretWord},
		"result with it":       client.OK[client.LoginToken]{Value: client.LoginToken{Token: secretWord}},
		"Secret":               client.Secret(secretWord),
		"list of it":           []client.Secret{secretWord},
		"ServerSession":        client.ServerSession{Cookie: secretWord},
		"result with that":     &client.OK[client.ServerSession]{Value: client.ServerSession{Cookie: secretWord}},
		"NewUser":              client.NewUser{Username: "ada", Password: secretWord},
		"pointer to NewUser":   &client.NewUser{Username: "ada", Password: secretWord},
		"UserUpdate":           client.UserUpdate{Password: secretWord},
		"pointer to an update": &client.UserUpdate{Password: secretWord},
		"LockToken":            client.LockToken(secretWord),
		"Header":               client.Header("Authorization", "Bearer "+secretWord),
		"Token":                auth.Bearer(secretWord),
	}
	for name, source := range credentials() {
		c, m := mock(t, client.WithAuth(source), client.WithRetry(retry.Policy{OnRetry: func(_ context.Context, a retry.Attempt) {
			values["Attempt "+name] = a
		}, MinWait: 1, MaxWait: 1}))
		m.RegisterResponder("POST", mockSite+"/@login", jsonAnswer(200, `{"token":"`+secretWord+`"}`, "Set-Cookie", "__ac="+secretWord))
		m.RegisterResponder("GET", mockSite+"/x", jsonAnswer(200, `{"@id":"`+mockSite+`/x"}`))
		m.RegisterResponder("GET", mockSite+"/gone", jsonAnswer(404, `{"type":"NotFound","message":"`+mockSite+`/gone"}`, "X-A", secretWord))
		m.RegisterResponder("GET", mockSite+"/private", jsonAnswer(401, `{"type":"Unauthorized","message":"no"}`))
		m.RegisterResponder("POST", mockSite+"/@login-renew", jsonAnswer(401, `{"error":{"type":"`+"x"+`"}}`))
		m.RegisterResponder("GET", mockSite+"/moved", jsonAnswer(302, ``, "Location", "https://ada:"+secretWord+"@other.example/x"))
		m.RegisterResponder("GET", mockSite+"/page", answer(200, "text/html", secretWord))
		m.RegisterResponder("GET", mockSite+"/busy", answer(502, "text/html", secretWord))
		m.RegisterResponder("GET", mockSite+"/cut", func(req *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Get", URL: req.URL.String(), Err: io.ErrUnexpectedEOF}
		})
		for path, target := range map[string]any{
			"/gone": new(*errors.StatusError), "/private": new(*errors.UnauthorizedError), "/moved": new(*errors.RedirectError),
			"/page": new(*errors.DecodeError), "/cut": new(*errors.TransportError), "/busy": new(*errors.StatusError),
		} {
			_, err := client.Call[json.RawMessage](ctx, c, client.Request{Path: path, Query: url.Values{"token": {secretWord}}})
			require.ErrorAs(t, err, target, path)
			values[name+" error of "+path] = err
		}
		_, foreign := c.Content.Get(ctx, "https://ada:"+secretWord+"@other.example/")
		require.ErrorIs(t, foreign, errors.ErrInvalidInput)
		_, site := client.New("https://ada:" + secretWord + "@plone.example")
		require.ErrorIs(t, site, errors.ErrInvalidInput)
		values["error of a path "+name], values["error of a site "+name] = foreign, site
		clone, err := c.Clone()
		require.NoError(t, err)
		values["Client "+name], values["copy of a Client "+name] = c, reflect.ValueOf(clone).Elem()
		values["service of "+name], values["copy of a service of "+name] = c.Content, *c.Content
		values["source "+name], values["option "+name] = source, client.WithAuth(source)
	}
	require.Contains(t, values, "Attempt basic")
	for name, v := range values {
		text := printed(v)
		for _, secret := range []string{secretWord, "YWRhOmwwdmVsYWNl"} { // what Basic makes of it
			assert.NotContains(t, text, secret, name)
		}
	}
}

// Settings print as their names: they may hold the password of a mail server.
// Their JSON is what the site gets, so it has all.
func TestSecurity_settingsPrintTheirNames(t *testing.T) {
	t.Parallel()
	settings := client.Settings{"smtp_pass": json.RawMessage(`"` + secretWord + `"`)}
	for _, v := range []any{settings, client.Panel{Data: settings}, &client.Panel{Data: settings}, []client.Settings{settings}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			text := fmt.Sprintf(verb, v)
			assert.NotContains(t, text, secretWord, verb)
			assert.NotContains(t, text, fmt.Sprintf("%d", []byte(secretWord)), verb)
			assert.Contains(t, text, "smtp_pass", verb)
		}
	}
}

// An UploadState is kept in files: it is made of what is no secret.
func TestSecurity_uploadStateHasNoCredentials(t *testing.T) {
	t.Parallel()
	for name, source := range credentials() {
		c, m := mock(t, client.WithAuth(source), client.WithRetry(retry.Policy{Mode: retry.Never}))
		m.RegisterResponder("POST", mockSite+"/@login", jsonAnswer(200, `{"token":"`+secretWord+`"}`))
		m.RegisterResponder("POST", mockSite+"/@tus-upload", jsonAnswer(201, "", "Location", mockSite+"/@tus-upload/1", "Set-Cookie", "__ac="+secretWord))
		var states []client.UploadState
		_, _ = c.Files.Upload(t.Context(), "/", strings.NewReader("a"), 1, client.UploadOptions{
			Filename: "a.txt", ContentType: "text/plain",
			OnState: func(s client.UploadState) error { states = append(states, s); return nil },
		})
		require.NotEmpty(t, states, name)
		assert.NotContains(t, printed(states), secretWord, name)
	}
}

// No cookie that the site sets comes back to it: __ac would go on to log the
// program in when its token has been dropped.
func TestSecurity_noCookieJar(t *testing.T) {
	t.Parallel()
	for name, source := range credentials() {
		var mu sync.Mutex
		var paths []string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			paths = append(paths, r.URL.Path)
			mu.Unlock()
			assert.Empty(t, r.Header.Values("Cookie"))
			http.SetCookie(w, &http.Cookie{Name: "__ac", Value: "x", Path: "/"})
			w.Header().Set("Content-Type", "application/json")
			switch r.URL.Path {
			case "/@login":
				_, _ = io.WriteString(w, `{"token":"abc"}`)
			case "/old":
				w.Header().Set("Location", "/base/Plone/x")
				w.WriteHeader(http.StatusFound)
			default:
				_, _ = io.WriteString(w, `{"@id":"/x"}`)
			}
		}, client.WithAuth(source))
		_, err := c.Auth.Login(t.Context(), "ada", secretWord)
		require.NoError(t, err)
		for range 2 {
			_, err = c.Content.Get(t.Context(), "/old")
			require.NoError(t, err)
		}
		mu.Lock()
		assert.GreaterOrEqual(t, len(paths), 5, name)
		mu.Unlock()
	}
}

// Not parallel: it changes the environment. 0.0.0.0 is this machine, but net/http
// does not count it among the addresses that need no proxy.
func TestSecurity_proxiesOfTheEnvironment(t *testing.T) {
	var proxied atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"@id":"/"}`)
	}))
	defer site.Close()
	_, port, err := net.SplitHostPort(site.Listener.Addr().String())
	require.NoError(t, err)
	c, err := client.New("http://0.0.0.0:" + port)
	require.NoError(t, err)
	_, err = c.Content.Get(t.Context(), "/")
	require.NoError(t, err)
	assert.Zero(t, proxied.Load())
}

// libraryFolders hold the code that runs inside other programs.
var libraryFolders = []string{"errors", "retry", "auth", "client", "plonetest"}

// library parses the code of a folder.
func library(t *testing.T, folder string) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
	require.NoError(t, err)
	fset, files := token.NewFileSet(), map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files[folder+"/"+filepath.Base(name)] = file
	}
	require.NotEmpty(t, files, folder)
	return fset, files
}

// touches are the names of packages that reach out of the program, or change all
// of it, by their import paths; an empty list stands for the whole package.
var touches = map[string][]string{
	"os":        {},
	"os/exec":   {},
	"os/signal": {},
	"os/user":   {},
	"syscall":   {},
	"io/ioutil": {},
	"unsafe":    {},
	"log":       {},
	"flag":      {},
	"expvar":    {},
	"plugin":    {},
	"fmt":       {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	"log/slog": {"Default", "SetDefault", "SetLogLoggerLevel", "Log", "LogAttrs", "Debug", "DebugContext", "Info", "InfoContext",
		"Warn", "WarnContext", "Error", "ErrorContext"},
	"net/http": {"DefaultClient", "DefaultServeMux", "Get", "Head", "Post", "PostForm", "Handle", "HandleFunc", "ProxyFromEnvironment"},
}

// touched are the places where that is meant.
var touched = map[string]string{
	"client/save.go os.File":                 "Save writes the file that the program names",
	"client/save.go os.OpenFile":             "the bytes that have arrived, beside that file",
	"client/save.go os.O_RDWR":               "the same",
	"client/save.go os.O_CREATE":             "the same",
	"client/save.go os.Remove":               "the same, when they are of no use",
	"client/save.go os.Rename":               "the same, when all are there",
	"client/files.go os.CreateTemp":          "UploadReader spools a stream of unknown size",
	"client/files.go os.Remove":              "the same, afterwards",
	"client/fetch.go os.ErrDeadlineExceeded": "an error only",
}

func TestSecurity_libraryTouchesNothingElse(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, folder := range libraryFolders {
		fset, files := library(t, folder)
		for name, file := range files {
			imported := map[string]string{} // local name → path
			for _, spec := range file.Imports {
				path, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				local := path[strings.LastIndex(path, "/")+1:]
				if spec.Name != nil {
					local = spec.Name.Name
				}
				assert.NotEqual(t, ".", local, fset.Position(spec.Pos()))
				imported[local] = path
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					assert.False(t, n.Recv == nil && n.Name.Name == "init", "%v: func init", fset.Position(n.Pos()))
				case *ast.CallExpr:
					if f, ok := n.Fun.(*ast.Ident); ok {
						assert.NotContains(t, []string{"print", "println"}, f.Name, fset.Position(n.Pos()))
					}
				case *ast.SelectorExpr:
					pkg, ok := n.X.(*ast.Ident)
					if !ok {
						return true
					}
					names, reaches := touches[imported[pkg.Name]]
					if !reaches || len(names) > 0 && !slices.Contains(names, n.Sel.Name) {
						return true
					}
					place := name + " " + imported[pkg.Name] + "." + n.Sel.Name
					used[place] = true
					assert.Contains(t, touched, place, fset.Position(n.Pos()))
				}
				return true
			})
		}
	}
	for place := range touched {
		assert.True(t, used[place], "%s is not there any more", place)
	}
}

// packageVariables are all variables of the library that belong to no value, and
// why they are no state. Each of them is set once, by its declaration.
var packageVariables = map[string]string{
	"errors.ErrUnsupported":           "the target of the standard library",
	"errors.meanings":                 "a table",
	"errors.classes":                  "a table",
	"retry.sameNextTime":              "a table",
	"retry.refusals":                  "a table",
	"retry.errCut":                    "a failure",
	"client.declared":                 "all operations, complete before the program starts",
	"client.devices":                  "a table",
	"client.stockIndexes":             "a table",
	"client.undiscussed":              "a table",
	"client.summaryColumns":           "a table",
	"client.hiddenTypes":              "a table",
	"client.notForAll":                "a table",
	"client.errChanged":               "a target",
	"client.errUnwanted":              "a target",
	"client.errOccupied":              "a target",
	"client.errPassed":                "a target",
	"client.errReading":               "a target",
	"plonetest.behaviors":             "a table",
	"plonetest.ruleElementTypes":      "a table",
	"plonetest.events":                "a table",
	"plonetest.siteRoles":             "a table",
	"plonetest.operations":            "a table",
	"plonetest.dateOperations":        "a table",
	"plonetest.offers":                "a table",
	"plonetest.relationFields":        "a table",
	"plonetest.indexes":               "a table",
	"plonetest.sortKeys":              "a table",
	"plonetest.columns":               "a table",
	"plonetest.scales":                "a table",
	"plonetest.sharedRoles":           "a table",
	"plonetest.distributions":         "a table",
	"plonetest.discussionItem":        "a type that nobody changes",
	"plonetest.languageNames":         "a table",
	"plonetest.linkKeys":              "a table",
	"plonetest.factories":             "a table",
	"plonetest.userProperties":        "a table",
	"plonetest.vocabularies":          "a table",
	"plonetest.transitions":           "a table",
	"plonetest.copyPrefix":            "a pattern, which regexp keeps safe for concurrent use",
	"plonetest.noName":                "a pattern",
	"plonetest.memberID":              "a pattern",
	"plonetest.nameEscaper":           "a strings.Replacer, safe for concurrent use",
	"plonetest.htmlEscaper":           "a strings.Replacer",
	"plonetest.portraitName":          "a strings.Replacer",
	"plonetest.errNotFound":           "a failure",
	"plonetest.errUnauthorized":       "a failure",
	"plonetest.errWithoutWorkingCopy": "a failure",
	"plonetest.noEffective":           "a date",
	"plonetest.noExpires":             "a date",
}

func TestSecurity_libraryHasNoState(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	declarations, calls := 0, 0
	for _, folder := range libraryFolders {
		fset, files := library(t, folder)
		variables := map[string]bool{}
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(ast.Expr); ok && declares(call) {
					calls++
				}
				return true
			})
		}
		for _, file := range files {
			for _, decl := range file.Decls {
				group, ok := decl.(*ast.GenDecl)
				if !ok || group.Tok != token.VAR {
					continue
				}
				for _, spec := range group.Specs {
					for i, name := range spec.(*ast.ValueSpec).Names {
						if name.Name == "_" { // a check of the compiler
							continue
						}
						variables[name.Name] = true
						if values := spec.(*ast.ValueSpec).Values; i < len(values) && declares(values[i]) {
							declarations++
							continue
						} else if i < len(values) && tells(values[i]) {
							continue
						}
						seen[folder+"."+name.Name] = true
						assert.Contains(t, packageVariables, folder+"."+name.Name, fset.Position(name.Pos()))
					}
				}
			}
		}
		for _, file := range files {
			for _, decl := range file.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok && fn.Name.Name == "declare" {
					continue // counted below
				}
				for _, name := range assigned(decl) {
					assert.False(t, variables[name.Name], "%v: %s is set", fset.Position(name.Pos()), name.Name)
				}
			}
		}
	}
	for name := range packageVariables {
		assert.True(t, seen[name], "%s is not there any more", name)
	}
	// Nothing but the variables calls declare: the list is whole before the program
	// starts, and stays as it is.
	assert.Len(t, client.Operations(), declarations)
	assert.Equal(t, declarations, calls, "calls of declare")
}

// tells reports whether a variable is a table of what refusals mean, or belongs to
// a call that is no operation of the API.
func tells(value ast.Expr) bool {
	if pointer, ok := value.(*ast.UnaryExpr); ok {
		value = pointer.X
	}
	table, ok := value.(*ast.CompositeLit)
	if !ok {
		return false
	}
	if name, ok := table.Type.(*ast.Ident); ok {
		return name.Name == "operation" // one that is no operation of the API
	}
	array, ok := table.Type.(*ast.ArrayType)
	if !ok {
		return false
	}
	element, ok := array.Elt.(*ast.Ident)
	return ok && element.Name == "meaning"
}

// declares reports whether a variable is an operation.
func declares(value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	fun, ok := call.Fun.(*ast.Ident)
	return ok && fun.Name == "declare"
}

// assigned are the variables that decl sets, itself or in part, and does not
// declare.
func assigned(decl ast.Decl) []*ast.Ident {
	var names []*ast.Ident
	local := map[string]bool{}
	set := func(e ast.Expr) {
		for {
			switch inner := e.(type) {
			case *ast.IndexExpr:
				e = inner.X
			case *ast.SelectorExpr:
				e = inner.X
			case *ast.StarExpr:
				e = inner.X
			case *ast.Ident:
				names = append(names, inner)
				return
			default:
				return
			}
		}
	}
	declare := func(list ...ast.Expr) {
		for _, e := range list {
			if name, ok := e.(*ast.Ident); ok {
				local[name.Name] = true
			}
		}
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				declare(n.Lhs...)
				break
			}
			for _, e := range n.Lhs {
				set(e)
			}
		case *ast.RangeStmt:
			declare(n.Key, n.Value)
		case *ast.ValueSpec:
			for _, name := range n.Names {
				declare(name)
			}
		case *ast.Field:
			for _, name := range n.Names {
				declare(name)
			}
		case *ast.IncDecStmt:
			set(n.X)
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") {
				set(n.Args[0])
			}
		}
		return true
	})
	return slices.DeleteFunc(names, func(name *ast.Ident) bool { return local[name.Name] })
}
