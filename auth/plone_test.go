package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
)

const (
	siteURL  = "http://plone.test/Plone"
	user     = "jane"
	password = "s3cret-Pa55"
)

// plone answers as a Plone site does, so far as credentials go.
type plone struct {
	*httpmock.MockTransport

	mu       sync.Mutex
	password string
	secret   string        // of the tokens
	fullname string        // in them, as JSON
	lifetime time.Duration // of them; 0 for ever
	ahead    time.Duration // its clock, of ours
	undated  bool          // without a Date header
	log      []string      // method, path and user of each request
	dead     int           // requests with a token that it does not know

	answers map[string]httpmock.Responder // by method and path
}

func newPlone(t *testing.T) *plone {
	t.Helper()
	p := &plone{
		MockTransport: httpmock.NewMockTransport(), password: password, secret: "k1", fullname: `"Jane"`, lifetime: 12 * time.Hour,
		answers: map[string]httpmock.Responder{},
	}
	p.serve("POST", "/@login", func(r *http.Request, _ string) (int, string) {
		var body struct{ Login, Password string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Login == "" || body.Password == "" {
			return 400, `{"error":{"type":"Missing credentials","message":"Login and password must be provided in body."}}`
		}
		if body.Login != user || body.Password != p.password {
			return 401, `{"error":{"type":"Invalid credentials","message":"Wrong login and/or password."}}`
		}
		return 200, p.issue(user)
	})
	p.serve("POST", "/@login-renew", func(_ *http.Request, who string) (int, string) {
		if who == "" {
			return 401, `{"error":{"type":"Invalid or expired authentication token","message":"The authentication token is invalid or expired."}}`
		}
		return 200, p.issue(who)
	})
	for _, method := range []string{"GET", "POST"} {
		p.serve(method, "/private", func(_ *http.Request, who string) (int, string) {
			if who == "" {
				return 401, `{"type":"Unauthorized","message":"no"}`
			}
			return 200, who
		})
	}
	p.serve("GET", "/managers-only", func(*http.Request, string) (int, string) {
		return 401, `{"type":"Unauthorized","message":"no"}`
	})
	return p
}

// now is the time of the site.
func (p *plone) now() time.Time { return time.Now().Add(p.ahead) }

// issue returns the body of a login; p.mu is held.
func (p *plone) issue(who string) string {
	exp := ""
	if p.lifetime != 0 {
		exp = fmt.Sprintf(`,"exp":%d`, p.now().Add(p.lifetime).Unix())
	}
	return fmt.Sprintf(`{"token": %q}`, jwt(fmt.Sprintf(`{"sub":%q,"fullname":%s%s}`, who, p.fullname, exp), p.secret))
}

// jwt returns a token with claims.
func jwt(claims, signature string) string {
	return "eyJhbGciOiJIUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "." + signature
}

// known returns who the token of a request belongs to; p.mu is held.
func (p *plone) known(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	parts := strings.Split(token, ".")
	var claims struct {
		Sub string
		Exp int64
	}
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	_ = json.Unmarshal(payload, &claims)
	if parts[2] != p.secret || claims.Exp != 0 && p.now().Unix() >= claims.Exp {
		p.dead++
		return ""
	}
	return claims.Sub
}

// serve answers the requests to a path of the site.
func (p *plone) serve(method, path string, answer func(r *http.Request, who string) (status int, body string)) {
	p.answers[method+" "+path] = func(r *http.Request) (*http.Response, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		who := p.known(r)
		p.log = append(p.log, strings.TrimSpace(method+" "+path+" "+who))
		status, body := answer(r, who)
		resp := httpmock.NewStringResponse(status, body)
		resp.Header.Set("Content-Type", "application/json")
		resp.Header.Set("Set-Cookie", "__ac=cookie")
		if !p.undated {
			resp.Header.Set("Date", p.now().UTC().Format(http.TimeFormat))
		}
		return resp, nil
	}
	p.RegisterResponder(method, siteURL+path, p.answers[method+" "+path])
}

// slow makes p answer after a while, unless the request ends before.
func (p *plone) slow(method, path string, d time.Duration) {
	p.RegisterResponder(method, siteURL+path, func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return p.answers[method+" "+path](r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	})
}

// set changes the site while it is in use.
func (p *plone) set(change func(*plone)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

// requests returns what was asked since the last time.
func (p *plone) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	log := p.log
	p.log = nil
	return log
}

// count returns how often a request is in log.
func count(log []string, request string) int {
	n := 0
	for _, r := range log {
		if r == request {
			n++
		}
	}
	return n
}

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}

// send sends a request, and returns status and body of its answer.
func send(t *testing.T, rt http.RoundTripper, method, rawURL string, body io.Reader) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, rawURL, body)
	require.NoError(t, err)
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode, string(text), nil
}

// get is send for a path of the site, when an answer is certain.
func get(t *testing.T, rt http.RoundTripper, path string) int {
	t.Helper()
	status, _, err := send(t, rt, "GET", siteURL+path, nil)
	assert.NoError(t, err)
	return status
}

// loggedIn returns a transport with a login at p, and has used it.
func loggedIn(t *testing.T, p *plone, opts ...auth.Option) *auth.Transport {
	t.Helper()
	rt := auth.NewTransport(p, parse(t, siteURL), auth.Login(user, password, opts...))
	require.Equal(t, 200, get(t, rt, "/private"))
	require.Equal(t, []string{"POST /@login", "GET /private jane"}, p.requests())
	return rt
}
