package auth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
)

// header returns the Authorization header that a source leads to.
func header(t *testing.T, src auth.Source) (string, error) {
	t.Helper()
	mock := httpmock.NewMockTransport()
	got := ""
	mock.RegisterResponder("GET", siteURL, func(r *http.Request) (*http.Response, error) {
		got = r.Header.Get("Authorization")
		return httpmock.NewStringResponse(200, ""), nil
	})
	_, _, err := send(t, auth.NewTransport(mock, parse(t, siteURL), src), "GET", siteURL, nil)
	if err != nil {
		assert.Zero(t, mock.GetTotalCallCount(), "sent in spite of %v", err)
	}
	return got, err
}

func TestBasic_sendsNameAndPassword(t *testing.T) {
	t.Parallel()
	got, err := header(t, auth.Basic("jané", "a:b c"))
	require.NoError(t, err)
	user, password, ok := (&http.Request{Header: http.Header{"Authorization": {got}}}).BasicAuth()
	assert.True(t, ok)
	assert.Equal(t, "jané", user)
	assert.Equal(t, "a:b c", password)
}

func TestBasic_refusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, user, password, want string }{
		{"empty name", "", "x", "the user name is empty"},
		{"colon in the name", "a:b", "x", "the user name contains a colon"},
		{"line end in the name", "a\n", "x", "the user name contains a control character"},
		{"delete in the name", "a\x7f", "x", "the user name contains a control character"},
		{"line end in the password", "a", "x\r\n", "the password contains a control character"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := auth.Basic(tt.user, tt.password)
			_, err := src.Token(t.Context())
			require.ErrorIs(t, err, errors.ErrInvalidInput)
			require.EqualError(t, err, "auth: invalid input: "+tt.want)
			_, err = header(t, src)
			require.ErrorIs(t, err, errors.ErrInvalidInput)
		})
	}
}

func TestStatic_sendsTheToken(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"opaque", "a.b.c", "!~", jwt(`{"sub":"jane"}`, "s"), jwt(`{"exp":4102444800}`, "s")} {
		got, err := header(t, auth.Static(token))
		require.NoError(t, err)
		assert.Equal(t, "Bearer "+token, got)
	}
}

func TestStatic_refusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", " a", "a b", "a\n", "a\r\nX: y", "a\x00", "a\x7f", "tökén"} {
		src := auth.Static(token)
		_, err := src.Token(t.Context())
		require.ErrorIs(t, err, errors.ErrInvalidInput, "%q", token)
		_, err = header(t, src)
		require.ErrorIs(t, err, errors.ErrInvalidInput, "%q", token)
	}
	_, err := auth.Static("").Token(t.Context())
	require.EqualError(t, err, "auth: invalid input: the token is empty")
}

func TestStatic_failsOnceExpired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(time.Minute)
		src := auth.Static(jwt(fmt.Sprintf(`{"exp":%d}`, end.Unix()), "s"))
		_, err := header(t, src)
		require.NoError(t, err)
		time.Sleep(58*time.Second - 1) // fake time
		_, err = header(t, src)
		require.NoError(t, err)
		time.Sleep(time.Nanosecond) // a request takes time to arrive
		_, err = header(t, src)
		require.ErrorIs(t, err, auth.ErrExpired)
		require.EqualError(t, err, "auth: token expired at "+end.UTC().Format(time.RFC3339))
		assert.NotErrorIs(t, err, errors.ErrUnauthorized, "nothing was answered")
	})
}

func TestStatic_expiresByTheClockOfTheSite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlone(t)
		p.ahead = time.Hour
		src := auth.Static(jwt(fmt.Sprintf(`{"sub":"jane","exp":%d}`, time.Now().Add(90*time.Minute).Unix()), p.secret))
		rt := auth.NewTransport(p, parse(t, siteURL), src)
		assert.Equal(t, 200, get(t, rt, "/private"))
		// What a cache kept is dated in the past, and proves nothing.
		p.set(func(p *plone) { p.ahead = -5 * time.Hour })
		assert.Equal(t, 200, get(t, rt, "/private"))
		time.Sleep(30 * time.Minute)
		_, _, err := send(t, rt, "GET", siteURL+"/private", nil)
		require.ErrorIs(t, err, auth.ErrExpired)
		assert.Len(t, p.requests(), 2)
	})
}

func TestBearer_Expires(t *testing.T) {
	t.Parallel()
	end := time.Unix(1795497600, 0)
	tests := []struct {
		name, token string
		want        time.Time
	}{
		{"seconds", jwt(`{"exp":1795497600}`, "s"), end},
		{"fraction", jwt(`{"exp":1795497600.9}`, "s"), end},
		{"power of ten", jwt(`{"exp":17954976e2}`, "s"), end},
		{"padded", jwt(`{"exp":1795497600}`, "s")[:20] + ".eyJleHAiOjE3OTU0OTc2MDAgfQ==.s", end},
		{"zero", jwt(`{"exp":0}`, "s"), time.Unix(0, 0)},
		{"before all time", jwt(`{"exp":-1e300}`, "s"), time.Unix(0, 0)},
		{"after all time", jwt(`{"exp":1e300}`, "s"), time.Unix(1<<40, 0)},
		{"null", jwt(`{"exp":null}`, "s"), time.Time{}},
		{"a text", jwt(`{"exp":"tomorrow"}`, "s"), time.Time{}},
		{"no claim", jwt(`{"sub":"jane"}`, "s"), time.Time{}},
		{"not an object", jwt(`[1]`, "s"), time.Time{}},
		{"not JSON", jwt(`{`, "s"), time.Time{}},
		{"not base64", "a.!!.c", time.Time{}},
		{"two parts", "a.eyJleHAiOjE3OTU0OTc2MDB9", time.Time{}},
		{"four parts", jwt(`{"exp":1795497600}`, "s.t"), time.Time{}},
		{"empty", "", time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := auth.Bearer(tt.token).Expires()
			assert.True(t, tt.want.Equal(got), "%v, want %v", got, tt.want)
			assert.Equal(t, tt.want.IsZero(), got.IsZero())
		})
	}
}

// sourceFunc is a source of a user.
type sourceFunc func(context.Context) (auth.Token, error)

func (f sourceFunc) Token(ctx context.Context) (auth.Token, error) { return f(ctx) }

func TestSource_ofAUser(t *testing.T) {
	t.Parallel()
	broken := errors.New("vault is sealed")
	tests := []struct {
		name  string
		token auth.Token
		err   error
		want  error
	}{
		{"its token", auth.Bearer("mine"), nil, nil},
		{"its error", auth.Bearer("mine"), broken, broken},
		{"no token is not anonymous", auth.Token{}, nil, errors.ErrInvalidInput},
		{"token that cannot be sent", auth.Bearer("a\nb"), nil, errors.ErrInvalidInput},
		{"expired token", auth.Bearer(jwt(`{"exp":1}`, "s")), nil, auth.ErrExpired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := header(t, sourceFunc(func(context.Context) (auth.Token, error) { return tt.token, tt.err }))
			require.ErrorIs(t, err, tt.want)
			if tt.want == nil {
				assert.Equal(t, "Bearer mine", got)
			}
		})
	}
	_, err := header(t, sourceFunc(func(context.Context) (auth.Token, error) { return auth.Token{}, broken }))
	e, ok := errors.AsType[*errors.TransportError](err)
	require.True(t, ok)
	require.EqualError(t, e, "plone: GET http://plone.test/Plone: no answer: vault is sealed")
	assert.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
}

func TestSecrets_areInNoPrintedForm(t *testing.T) {
	t.Parallel()
	token := jwt(`{"sub":"jane"}`, "signature")
	login, base := auth.Login(user, password), roundTripper(newPlone(t).RoundTrip) // which prints its password
	loggedIn := auth.NewTransport(base, parse(t, siteURL), login)
	require.Equal(t, 200, get(t, loggedIn, "/private"))
	bad := auth.NewTransport(base, parse(t, siteURL), auth.Login(user, password+"!"))
	_, _, refused := send(t, bad, "GET", siteURL+"/private", nil)
	require.ErrorIs(t, refused, errors.ErrInvalidCredentials)
	_, badBasic := auth.Basic("a:b", password).Token(t.Context())
	_, badStatic := auth.Static(token + "\n").Token(t.Context())
	_, expired := auth.Static(jwt(`{"exp":1}`, "signature")).Token(t.Context())
	tok := auth.Bearer(token)

	for _, v := range []any{
		tok, &tok, auth.Basic(user, password), auth.Static(token), login,
		auth.NewTransport(nil, parse(t, siteURL), auth.Basic(user, password)),
		auth.NewTransport(nil, parse(t, siteURL), auth.Static(token)), loggedIn,
		refused, badBasic, badStatic, expired,
	} {
		// Methods of what is in an unexported field are not called.
		nested := struct {
			v any
			V any
			p *any
		}{v, v, &v}
		for _, printed := range []any{v, nested, &nested, []any{v}} {
			text := ""
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				text += fmt.Sprintf(verb, printed)
			}
			out, err := json.Marshal(printed)
			if err == nil {
				text += string(out)
			}
			log := new(strings.Builder)
			for _, h := range []slog.Handler{slog.NewTextHandler(log, nil), slog.NewJSONHandler(log, nil)} {
				slog.New(h).Info("x", "v", printed)
			}
			text += log.String()
			for _, secret := range []string{password, token, "eyJ", "signature", "amFuZTp", "s3cret", fmt.Sprintf("%x", password)} {
				assert.NotContains(t, text, secret, "%T", v)
			}
		}
	}
}

func TestToken_printsAsRedacted(t *testing.T) {
	t.Parallel()
	const want = "auth.Token(redacted)"
	tok := auth.Bearer("opaque")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.Equal(t, want, fmt.Sprintf(verb, tok))
		assert.Equal(t, want, fmt.Sprintf(verb, &tok))
	}
	assert.Equal(t, want, tok.String())
	assert.Equal(t, want, tok.GoString())
	assert.Equal(t, want, tok.LogValue().String())
	out, err := json.Marshal(map[string]any{"t": tok})
	require.NoError(t, err)
	assert.JSONEq(t, `{"t":"auth.Token(redacted)"}`, string(out))
}

func TestLogin_printsWhileInUse(t *testing.T) {
	t.Parallel()
	src, site := auth.Login(user, password), parse(t, siteURL)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			auth.NewTransport(nil, site, src)
		}
	}()
	rt := auth.NewTransport(nil, site, src)
	for range 100 {
		_, _ = fmt.Fprintf(io.Discard, "%v %+v %#v %v", src, src, src, rt)
	}
	<-done
	assert.Equal(t, "auth.Transport(redacted)", fmt.Sprint(rt))
	assert.Equal(t, "auth.Login(redacted)", fmt.Sprint(src))
}
