package sites

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// cases counts what became of the cases.
var cases struct{ run, ruledOut, failed atomic.Int64 }

func TestMain(m *testing.M) {
	code := m.Run()
	if setup := os.Getenv("PLONE_SETUP"); setup != "" {
		fmt.Printf("sites: %s: %d cases, %d ruled out by its facts, %d failed\n",
			setup, cases.run.Load(), cases.ruledOut.Load(), cases.failed.Load())
	}
	os.Exit(code)
}

// onSetUp runs a case on the set-up that gives the environment these variables, and
// nowhere else. It returns their values. Without PLONE_SETUP there is none.
func onSetUp(t *testing.T, names ...string) []string {
	t.Helper()
	values := make([]string, len(names))
	for i, name := range names {
		if values[i] = os.Getenv(name); values[i] == "" {
			t.Skipf("%s is not set: this is another set-up", name)
		}
	}
	cases.run.Add(1)
	t.Cleanup(func() {
		if t.Failed() {
			cases.failed.Add(1)
		}
	})
	return values
}

// ruleOut ends a case that the site rules out.
func ruleOut(t *testing.T, lacks string) {
	t.Helper()
	cases.run.Add(-1)
	cases.ruledOut.Add(1)
	t.Skipf("ruled out: the site lacks %s", lacks)
}

// open makes a client of the manager that closes its connections with the test.
func open(t *testing.T, url string, opts ...client.Option) *client.Client {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	opts = append([]client.Option{client.WithTransport(transport), client.WithAuth(auth.Basic(os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD")))}, opts...)
	c, err := client.New(url, opts...)
	require.NoError(t, err)
	return c
}

// folder makes a folder of the test's own and returns its path.
func folder(t *testing.T, c *client.Client) string {
	t.Helper()
	fields := client.Fields{"@type": "Document", "id": unique("t"), "title": t.Name()}
	path := "/" + fields["id"].(string)
	made, err := c.Content.Create(t.Context(), "/", fields)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := c.Content.Delete(context.WithoutCancel(t.Context()), path)
		require.NoError(t, err)
	})
	if !made.Value.IsFolderish { // in a Classic site
		_, err := c.Content.Delete(t.Context(), path)
		require.NoError(t, err)
		fields["@type"] = "Folder"
		_, err = c.Content.Create(t.Context(), "/", fields)
		require.NoError(t, err)
	}
	return path
}

func page(id string) client.Fields {
	return client.Fields{"@type": "Document", "id": id, "title": "Seite " + id}
}

func unique(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()[:10]) }

// status returns the status error in err, and fails without one.
func status(t *testing.T, err error) *errors.StatusError {
	t.Helper()
	found, ok := errors.AsType[*errors.StatusError](err)
	require.True(t, ok, "%v", err)
	return found
}
