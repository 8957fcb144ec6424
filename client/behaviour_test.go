package client_test

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

// The suite of behaviour runs unchanged against plonetest and, when PLONE_URL,
// PLONE_USER and PLONE_PASSWORD are set, against a real Plone. Where the two
// differ, plonetest is wrong.

// cases counts how many cases of behaviour ran on each kind of site, and those that
// did not because of what the real one lacks.
var cases struct{ fake, live, ruledOut atomic.Int64 }

// shown holds the names of the operations that were answered on
// each kind of site.
var shown struct{ fake, live sync.Map }

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" {
		code = unanswered("plonetest", &shown.fake)
		if os.Getenv("PLONE_URL") != "" {
			code += unanswered("the real Plone", &shown.live)
		}
	}
	fmt.Printf("behaviour: %d cases on plonetest, %d on the real Plone, %d ruled out by what the site lacks\n",
		cases.fake.Load(), cases.live.Load(), cases.ruledOut.Load())
	os.Exit(code)
}

// unanswered names the operations that no case of behaviour shows on a kind of
// site. It returns the exit code.
func unanswered(kind string, names *sync.Map) (code int) {
	for _, op := range client.Operations() {
		if _, seen := names.Load(op.Name); !seen {
			fmt.Printf("no case of behaviour calls %s (%s %s) on %s\n", op.Name, op.Method, op.Path, kind)
			code = 1
		}
	}
	return code
}

// noting notes the operations that a site answers: not all of them with success, as
// no field of a stock type has a source, for one.
type noting struct {
	http.RoundTripper
	names *sync.Map
}

func (n noting) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := n.RoundTripper.RoundTrip(req)
	if err == nil {
		n.names.Store(client.OperationName(req.Context()), true)
	}
	return resp, err
}

// site is where a case of behaviour runs.
type site struct {
	url, user, password string
	live                bool
}

// onEachSite runs one case of behaviour on plonetest and on the real Plone.
func onEachSite(t *testing.T, run func(t *testing.T, s *site)) {
	t.Helper()
	t.Run("plonetest", func(t *testing.T) {
		t.Parallel()
		server := plonetest.NewServer(plonetest.WithLanguages("en", "de"))
		t.Cleanup(server.Close)
		cases.fake.Add(1)
		run(t, &site{url: server.URL, user: "admin", password: "secret"})
	})
	if url := os.Getenv("PLONE_URL"); url != "" {
		t.Run("plone", func(t *testing.T) {
			cases.live.Add(1)
			run(t, &site{url: url, user: os.Getenv("PLONE_USER"), password: os.Getenv("PLONE_PASSWORD"), live: true})
		})
	}
}

// client is a client of the manager.
func (s *site) client(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	return s.as(t, auth.Basic(s.user, s.password), opts...)
}

func (s *site) anonymous(t *testing.T) *client.Client {
	t.Helper()
	return s.as(t, nil)
}

// as is a client that closes its connections with the test: Plone has no more than
// 100, and lets others wait.
func (s *site) as(t *testing.T, source auth.Source, opts ...client.Option) *client.Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(transport.CloseIdleConnections)
	names := &shown.fake
	if s.live {
		names = &shown.live
	}
	noted := noting{transport, names}
	c, err := client.New(s.url, append([]client.Option{client.WithAuth(source), client.WithTransport(noted)}, opts...)...)
	require.NoError(t, err)
	return c
}

// folder makes a folder of the test's own and returns its path.
func (s *site) folder(t *testing.T) string {
	t.Helper()
	c := s.client(t)
	id, made := unique("t"), "Document"
	if !s.has(t, folderishDocument) {
		made = "Folder"
	}
	_, err := c.Content.Create(t.Context(), "/", client.Fields{"@type": made, "id": id, "title": t.Name()})
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := c.Content.Delete(context.WithoutCancel(t.Context()), "/"+id)
		if !errors.Is(err, errors.ErrNotFound) {
			require.NoError(t, err)
		}
	})
	return "/" + id
}

// add makes an object in the folder and returns its path. It keeps no connection: a
// test that adds many objects would use up those of Plone.
func (s *site) add(t *testing.T, folder string, fields client.Fields) string {
	t.Helper()
	c := s.client(t, client.WithTransport(&http.Transport{DisableKeepAlives: true}))
	created, err := c.Content.Create(t.Context(), folder, fields)
	require.NoError(t, err)
	return strings.TrimPrefix(created.Value.URL, s.url)
}

// unique returns an id that no other test has.
func unique(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()[:10]) }
