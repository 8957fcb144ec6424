package sites

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// protocols notes the versions of HTTP that answers came by.
type protocols struct {
	http.RoundTripper
	seen map[string]bool
}

func (p protocols) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := p.RoundTripper.RoundTrip(req)
	if err == nil {
		p.seen[resp.Proto] = true
	}
	return resp, err
}

// throughAPI makes a client that speaks HTTP/2 to the front end.
func throughAPI(t *testing.T, url, ca string) (*client.Client, map[string]bool) {
	t.Helper()
	pem, err := os.ReadFile(ca)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	noted := protocols{transport, map[string]bool{}}
	return open(t, url, client.WithTransport(noted)), noted.seen
}

// TestProxy_work: an object is made, read, found, changed, moved and removed the same
// by every way, and what the site returns can be passed back in.
func TestProxy_work(t *testing.T) {
	for _, name := range []string{"API", "ROOT", "GATE", "MEDIUM", "SUB", "CLOSE"} {
		t.Run(name, func(t *testing.T) {
			values := onSetUp(t, "PLONE_PROXY_"+name, "PLONE_PROXY_CA")
			c := open(t, values[0])
			var seen map[string]bool
			if name == "API" {
				c, seen = throughAPI(t, values[0], values[1])
			}
			ctx, at := t.Context(), folder(t, c)
			made, err := c.Content.Create(ctx, at, page("a"), client.ExactlyOnce())
			require.NoError(t, err)
			_, err = c.Content.Update(ctx, made.Value.URL, client.Fields{"title": "Über"})
			require.NoError(t, err)
			got, err := c.Content.Get(ctx, made.Location.String())
			require.NoError(t, err)
			assert.Equal(t, "Über", got.Value.Title)
			assert.Equal(t, made.Value.URL, got.Value.URL)
			hits := 0
			for hit, err := range c.Search.All(ctx, at, client.SearchOptions{PageSize: 1}) {
				require.NoError(t, err)
				_, err = c.Content.Get(ctx, hit.URL)
				require.NoError(t, err)
				hits++
			}
			assert.Equal(t, 1, hits)
			data := bytes.Repeat([]byte("0123456789"), 30_000)
			uploaded, err := c.Files.Upload(ctx, at, bytes.NewReader(data), int64(len(data)), client.UploadOptions{Filename: "f.bin", ChunkSize: 128 << 10})
			require.NoError(t, err)
			download, err := c.Files.Download(ctx, uploaded.Object.URL, client.DownloadOptions{})
			require.NoError(t, err)
			read, err := io.ReadAll(download)
			require.NoError(t, err)
			require.NoError(t, download.Close())
			assert.Equal(t, data, read)
			require.NoError(t, c.Locking.WithLock(ctx, made.Value.URL, func(ctx context.Context, lock client.Lock) error {
				_, err := c.Content.Update(ctx, made.Value.URL, client.Fields{"title": "x"}, client.LockToken(lock.Token))
				return err
			}))
			_, err = c.Content.Copy(ctx, at, []string{made.Value.URL})
			require.NoError(t, err)
			_, err = c.Content.Get(ctx, at+"/nope")
			require.ErrorIs(t, err, errors.ErrNotFound)
			if seen != nil {
				assert.Equal(t, map[string]bool{"HTTP/2.0": true}, seen)
			}
		})
	}
}

// TestProxy_gate: a gateway's refusal says nothing about the credentials of Plone.
func TestProxy_gate(t *testing.T) {
	url := onSetUp(t, "PLONE_PROXY_GATE")[0]
	for name, source := range map[string]auth.Source{
		"nobody": nil, "another": auth.Basic("admin", "wrong"), "a token": auth.Login(os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD")),
	} {
		_, err := open(t, url, client.WithAuth(source)).Content.Get(t.Context(), "/")
		refused, ok := errors.AsType[*errors.UnauthorizedError](err)
		require.True(t, ok, "%s: %v", name, err)
		require.Len(t, refused.Challenges, 1, name)
		assert.Equal(t, "basic", refused.Challenges[0].Scheme, name)
		assert.Equal(t, "Intranet", refused.Challenges[0].Params["realm"], name)
		require.NotErrorIs(t, err, errors.ErrInvalidCredentials, name)
		require.ErrorIs(t, err, errors.ErrClient, name)
	}
}

// TestProxy_bodies: a body that is too long was not stored, and is not sent again;
// chunks of an upload are made smaller.
func TestProxy_bodies(t *testing.T) {
	for name, size := range map[string]int{"SMALL": 200_000, "MEDIUM": 2_000_000} {
		t.Run(name, func(t *testing.T) {
			c := open(t, onSetUp(t, "PLONE_PROXY_"+name)[0])
			at := folder(t, c)
			fields := page("long")
			fields["description"] = strings.Repeat("x", size)
			_, err := c.Content.Create(t.Context(), at, fields)
			require.ErrorIs(t, err, errors.Status(http.StatusRequestEntityTooLarge))
			require.ErrorIs(t, err, errors.ErrClient)
			require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
			assert.Equal(t, 1, status(t, err).Attempts)
			_, err = c.Content.Get(t.Context(), at+"/long")
			require.ErrorIs(t, err, errors.ErrNotFound)

			data := make([]byte, size)
			uploaded, err := c.Files.Upload(t.Context(), at, bytes.NewReader(data), int64(size), client.UploadOptions{Filename: "f.bin"})
			require.NoError(t, err, "in smaller chunks")
			stored, err := c.Files.Download(t.Context(), uploaded.Object.URL, client.DownloadOptions{})
			require.NoError(t, err)
			got, err := io.ReadAll(stored)
			require.NoError(t, errors.Join(err, stored.Close()))
			assert.Equal(t, data, got)
			_, err = c.Files.Upload(t.Context(), at, bytes.NewReader(data), int64(size), client.UploadOptions{Filename: "f.bin", ChunkSize: 90_000})
			require.NoError(t, err)
		})
	}
}

// TestProxy_rate: one who is too quick is told so: by 503, which is tried again where
// that is right, or by 429, which never is.
func TestProxy_rate(t *testing.T) {
	t.Run("503", func(t *testing.T) {
		url := onSetUp(t, "PLONE_PROXY_RATE")[0]
		once := open(t, url, client.WithRetry(retry.Policy{Mode: retry.Never}))
		err := refusal(t, func() error { _, err := once.Content.Get(t.Context(), "/"); return err })
		require.ErrorIs(t, err, errors.ErrUnavailable)
		require.ErrorIs(t, err, errors.ErrServer)
		require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)

		// It was not Plone who said that it did nothing.
		err = refusal(t, func() error {
			_, err := client.Call[any](t.Context(), open(t, url), client.Request{Method: http.MethodPost, Path: "/@login", Body: client.Fields{}})
			return err
		})
		require.ErrorIs(t, err, errors.ErrUnavailable)
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
		assert.Equal(t, 1, status(t, err).Attempts)

		got, err := open(t, url, client.WithRetry(retry.Policy{MaxAttempts: 8})).Content.Get(t.Context(), "/")
		require.NoError(t, err)
		assert.Equal(t, "Plone Site", got.Value.Type)
	})
	t.Run("429", func(t *testing.T) {
		c := open(t, onSetUp(t, "PLONE_PROXY_RATE_429")[0])
		err := refusal(t, func() error { _, err := c.Content.Get(t.Context(), "/"); return err })
		require.ErrorIs(t, err, errors.ErrTooManyRequests)
		require.ErrorIs(t, err, errors.ErrClient)
		assert.Equal(t, 1, status(t, err).Attempts)
		assert.Equal(t, time.Second, status(t, err).RetryAfter)
	})
}

// refusal makes calls at once, and returns the error of the first that the proxy
// refused.
func refusal(t *testing.T, call func() error) (refused error) {
	t.Helper()
	results := make(chan error)
	const calls = 12
	for range calls {
		go func() { results <- call() }()
	}
	for range calls {
		err := <-results
		if e, ok := errors.AsType[*errors.StatusError](err); ok && refused == nil && e.Header.Get("Via") == "" { // waitress says so
			refused = err
		}
	}
	require.Error(t, refused, "nothing was refused")
	return refused
}

// before calls a function before each request that creates something.
type before struct {
	http.RoundTripper
	create func()
}

func (b before) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodPost {
		b.create()
	}
	return b.RoundTripper.RoundTrip(req)
}

// TestProxy_slow: a gateway gives up on Plone, which carries the request out later.
func TestProxy_slow(t *testing.T) {
	values := onSetUp(t, "PLONE_PROXY_SLOW", "PLONE_PID")
	pid, err := strconv.Atoi(values[1])
	require.NoError(t, err)
	halt := func() { require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP)) }
	goOn := func() { require.NoError(t, syscall.Kill(pid, syscall.SIGCONT)) }
	c := open(t, values[0])
	at := folder(t, c)
	t.Cleanup(goOn)
	halting := client.WithTransport(before{http.DefaultTransport, halt})

	halt()
	_, err = open(t, values[0], client.WithRetry(retry.Policy{Mode: retry.Never})).Content.Get(t.Context(), at)
	goOn()
	require.ErrorIs(t, err, errors.ErrGatewayTimeout)
	require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)

	_, err = open(t, values[0], halting).Content.Create(t.Context(), at, page("unknown"))
	goOn()
	require.ErrorIs(t, err, errors.ErrGatewayTimeout)
	require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
	assert.Equal(t, 1, status(t, err).Attempts)

	patient := client.WithRetry(retry.Policy{MaxAttempts: 6, OnRetry: func(context.Context, retry.Attempt) { goOn() }})
	made, err := open(t, values[0], halting, patient).Content.Create(t.Context(), at, page("once"), client.ExactlyOnce())
	require.NoError(t, err)
	got, err := c.Content.Get(t.Context(), at+"/once")
	require.NoError(t, err)
	assert.Equal(t, made.Value.UID, got.Value.UID)
}
