// Package faults breaks calls of the SDK in every way that a network has, and
// compares what the SDK says afterwards with what the site has done.
package faults

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/internal/faultproxy"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

// long tells whether the long forms are to be run, see docs/reliability.md.
func long() bool { return os.Getenv("PLONE_LONG") == "1" }

// site is what is behind the proxy: plonetest, or a real Plone.
type site struct {
	url, user, password string
	live                bool
	// mails counts those with a word in them.
	mails func(t *testing.T, word string) int
}

// eachSite runs a test on plonetest, and on the real Plone, if any, that PLONE_URL,
// PLONE_USER and PLONE_PASSWORD name, and that keeps its mail in the folder
// PLONE_MAIL.
func eachSite(t *testing.T, run func(t *testing.T, s *site)) {
	t.Helper()
	t.Run("plonetest", func(t *testing.T) {
		server := plonetest.NewServer(plonetest.WithRequests(100), plonetest.WithLanguages("en", "de"))
		t.Cleanup(server.Close)
		run(t, &site{url: server.URL, user: "admin", password: "secret", mails: func(_ *testing.T, word string) (n int) {
			for _, r := range server.Requests() {
				mails := strings.HasPrefix(r.Path, "/@email-") || strings.HasSuffix(r.Path, "/reset-password")
				n += one(mails && r.Status < 300 && strings.Contains(r.Path+string(r.Body), word))
			}
			return n
		}})
	})
	if url := os.Getenv("PLONE_URL"); url != "" {
		t.Run("plone", func(t *testing.T) {
			run(t, &site{url: url, user: os.Getenv("PLONE_USER"), password: os.Getenv("PLONE_PASSWORD"), live: true, mails: queued})
		})
	}
}

// queued counts the mails of the real Plone with a word in them.
func queued(t *testing.T, word string) (n int) {
	t.Helper()
	folder := os.Getenv("PLONE_MAIL")
	require.NotEmpty(t, folder, "the folder of the mail of the real Plone, see scripts/plone")
	mails, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	for _, name := range mails {
		mail, err := os.ReadFile(name)
		require.NoError(t, err)
		n += one(strings.Contains(string(mail), word))
	}
	return n
}

// server is what is above the site.
func (s *site) server() *site {
	above := *s
	above.url = s.url[:strings.LastIndexByte(s.url, '/')]
	return &above
}

// client is a client of the site itself. It closes its connections with the test:
// Plone has no more than 100, and lets others wait.
func (s *site) client(t *testing.T) *client.Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := client.New(s.url, client.WithAuth(auth.Basic(s.user, s.password)), client.WithTransport(transport))
	require.NoError(t, err)
	return c
}

// behind starts a proxy and returns a client that talks to the site through it.
// settle ends both; the site's state does not move any more then.
func (s *site) behind(t *testing.T, policy retry.Policy, pick func(faultproxy.Exchange) faultproxy.Fault) (c *client.Client, settle func()) {
	t.Helper()
	u, err := url.Parse(s.url)
	require.NoError(t, err)
	proxy, err := faultproxy.New(u.Host, pick)
	require.NoError(t, err)
	u.Host = proxy.Addr
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	c, err = client.New(u.String(), client.WithAuth(auth.Basic(s.user, s.password)), client.WithPublicURL(s.url),
		client.WithTransport(transport), client.WithRetry(policy))
	require.NoError(t, err)
	return c, func() {
		transport.CloseIdleConnections()
		proxy.Close()
	}
}

// folder makes a folder of the test's own, which goes away with the test.
func (s *site) folder(t *testing.T) string {
	t.Helper()
	c, id := s.client(t), unique()
	_, err := c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "id": id, "title": id})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		_, err := c.Content.Delete(ctx, "/"+id)
		if !errors.Is(err, errors.ErrNotFound) {
			require.NoError(t, err)
		}
	})
	return "/" + id
}

func unique() string { return "f" + strings.ToLower(rand.Text()[:12]) }
