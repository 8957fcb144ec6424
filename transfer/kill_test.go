package transfer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
	"plone.example/restapi/transfer"
)

// errand is what a process of its own does, which is this test binary started anew.
type errand struct {
	Do             string // "export", "import" or "serve"
	URL, Public    string // of the site
	User, Password string
	Dir            string
	Concurrency    int
	Objects        int    // that "serve" has
	Measured       bool   // it tells what memory it took
	Limit          uint64 // size of the files that can be written; 0 for any
}

const errandVariable = "TRANSFER_TEST_ERRAND"

func TestMain(m *testing.M) {
	if text := os.Getenv(errandVariable); text != "" {
		var e errand
		err := json.Unmarshal([]byte(text), &e)
		if err == nil {
			err = e.run()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// command is a process that does the errand.
func (e errand) command(t *testing.T) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(e)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), errandVariable+"="+string(text))
	return cmd
}

func (e errand) client() (*client.Client, error) {
	return client.New(e.URL, client.WithPublicURL(e.Public), client.WithAuth(auth.Basic(e.User, e.Password)),
		client.WithRetry(retry.Policy{MinWait: time.Millisecond, MaxWait: time.Millisecond}))
}

func (e errand) run() error {
	ctx := context.Background()
	if e.Do == "serve" {
		return e.serve()
	}
	c, err := e.client()
	if err != nil {
		return err
	}
	if e.Limit > 0 { // then the disk is full for what is greater
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: e.Limit, Max: e.Limit}); err != nil {
			return err
		}
	}
	var report *transfer.Report
	observe, found := measured()
	switch e.Do {
	case "export":
		o := transfer.ExportOptions{PageSize: 5, Concurrency: e.Concurrency, Progress: observe}
		if e.Measured {
			o.PageSize, o.NoLocalRoles = 0, true // each of which is a request
		}
		report, err = transfer.Export(ctx, c, e.Dir, o)
	case "import":
		report, err = transfer.Import(ctx, c, e.Dir, transfer.ImportOptions{Concurrency: e.Concurrency, Progress: observe})
	default:
		err = fmt.Errorf("no errand %q", e.Do)
	}
	switch {
	case err != nil && !errors.Is(err, transfer.ErrIncomplete): // which the parent judges
		return err
	case e.Measured:
		return found.tell(report)
	}
	return nil
}

// gate lets requests pass to a site, until it kills the process that sends them.
type gate struct {
	*httptest.Server

	site http.Handler

	mu      sync.Mutex
	count   int
	at      int  // kills at this request
	carried bool // the last request is carried out, though nobody hears of it
	process *os.Process
}

func newGate(t *testing.T, site http.Handler) *gate {
	t.Helper()
	g := &gate{site: site}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.count++
	kill, carried, process := g.count == g.at, g.carried, g.process
	dead := g.at > 0 && g.count > g.at
	g.mu.Unlock()
	switch {
	case dead:
	case !kill:
		g.site.ServeHTTP(w, r)
		return
	case carried:
		g.site.ServeHTTP(httptest.NewRecorder(), r)
		fallthrough
	default:
		_ = process.Kill()
	}
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// run does an errand, and reports how many requests it took and whether it ended by
// itself. With at, it is killed at that request.
func (g *gate) run(t *testing.T, e errand, at int, carried bool) (requests int, ended bool) {
	t.Helper()
	cmd := e.command(t)
	out := new(limited)
	cmd.Stderr = out
	g.mu.Lock()
	g.count, g.at, g.carried = 0, at, carried
	require.NoError(t, cmd.Start())
	g.process = cmd.Process
	g.mu.Unlock()
	err := cmd.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	if at > 0 && g.count >= at {
		return g.count, false
	}
	require.NoError(t, err, string(*out))
	return g.count, true
}

// limited keeps the beginning of an output.
type limited []byte

func (l *limited) Write(p []byte) (int, error) {
	*l = append(*l, p[:min(len(p), max(0, 4000-len(*l)))]...)
	return len(p), nil
}

// Processes are killed at random moments, again and again, and started again until
// one ends: nothing is lost, nothing there twice. The short form kills 10 of an
// export and 10 of an import; PLONE_LONG=1 kills 50 each, on the site of PLONE_URL
// too.
func TestKilled(t *testing.T) {
	t.Parallel()
	kills := 10
	if os.Getenv("PLONE_LONG") != "" {
		kills = 50
	}
	a := planted(t)
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	t.Run("export", func(t *testing.T) {
		g := newGate(t, a.Server)
		e := errand{Do: "export", URL: g.URL + "/Plone", Public: a.URL, User: "admin", Password: "secret"}
		want := folder(t, dir)
		killed(t, kills, g, e, func(t *testing.T) string { return t.TempDir() }, func(t *testing.T, dir string) {
			assert.Equal(t, want, folder(t, dir))
		})
	})
	t.Run("import", func(t *testing.T) {
		b := newSite(t)
		b.remove(t, "/news")
		since := 0
		importKilled(t, kills, dir, b.Server, b.URL, b.client, func() {
			doubled(t, b, since)
			since = b.now()
		})
	})
	if os.Getenv("PLONE_URL") != "" && os.Getenv("PLONE_LONG") != "" {
		t.Run("plone", func(t *testing.T) {
			public := os.Getenv("PLONE_URL")
			u, err := url.Parse(public)
			require.NoError(t, err)
			proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: u.Scheme, Host: u.Host}) }}
			c, err := client.New(public, client.WithAuth(auth.Basic(os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD"))))
			require.NoError(t, err)
			importKilled(t, kills, dir, proxy, public, c, func() {})
			// The site is as the last of the imports left it.
			whole := t.TempDir()
			_, err = transfer.Export(t.Context(), c, whole, transfer.ExportOptions{})
			require.NoError(t, err)
			want := folder(t, whole)
			g := newGate(t, proxy)
			e := errand{Do: "export", URL: g.URL + u.Path, Public: public, User: os.Getenv("PLONE_USER"), Password: os.Getenv("PLONE_PASSWORD")}
			killed(t, kills, g, e, func(t *testing.T) string { return t.TempDir() }, func(t *testing.T, dir string) {
				assert.Equal(t, want, folder(t, dir))
			})
			clear(t, c)
		})
	}
}

// importKilled imports the folder dir, which is of a planted site, again and again.
func importKilled(t *testing.T, kills int, dir string, site http.Handler, public string, c *client.Client, check func()) {
	t.Helper()
	u, err := url.Parse(public)
	require.NoError(t, err)
	exported := func() map[string]any {
		again := t.TempDir()
		_, err := transfer.Export(t.Context(), c, again, transfer.ExportOptions{})
		require.NoError(t, err)
		return folder(t, again)
	}
	clear(t, c)
	_, err = transfer.Import(t.Context(), c, copied(t, dir), transfer.ImportOptions{})
	incomplete(t, err)
	want := exported()
	check()
	g := newGate(t, site)
	e := errand{Do: "import", URL: g.URL + u.Path, Public: public, User: "admin", Password: "secret"}
	killed(t, kills, g, e, func(t *testing.T) string {
		clear(t, c)
		return copied(t, dir)
	}, func(t *testing.T, _ string) {
		assert.Equal(t, want, exported())
		check()
	})
}

func incomplete(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		require.ErrorIs(t, err, transfer.ErrIncomplete)
	}
}

func copied(t *testing.T, dir string) string {
	t.Helper()
	other := t.TempDir()
	require.NoError(t, os.CopyFS(other, os.DirFS(dir)))
	require.NoError(t, os.RemoveAll(filepath.Join(other, ".transfer")))
	return other
}

// clear removes all content that the site has not made itself.
func clear(t *testing.T, c *client.Client) {
	t.Helper()
	for _, at := range []string{"/", "/en", "/de"} {
		var gone []string
		for child, err := range c.Content.Children(t.Context(), at, client.ListOptions{}) {
			require.NoError(t, err)
			if child.Type != "LRF" && child.Type != "LIF" {
				gone = append(gone, child.URL)
			}
		}
		for _, address := range gone {
			_, err := c.Content.Delete(t.Context(), address)
			require.NoError(t, err)
		}
	}
}

// killed does an errand from the start to the end until it has been killed often
// enough, about three times on each way.
func killed(t *testing.T, kills int, g *gate, e errand, start func(*testing.T) string, check func(*testing.T, string)) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	e.Dir = start(t)
	total, ended := g.run(t, e, 0, false)
	require.True(t, ended)
	require.Greater(t, total, 20)
	check(t, e.Dir)
	done, ways := 0, 0
	for ; done < kills; ways++ {
		e.Dir = start(t)
		e.Concurrency = ways % 3
		for ended = false; !ended; {
			at := 1 + random.IntN(total*2/3)
			if done >= kills {
				at = 0
			}
			if _, ended = g.run(t, e, at, random.IntN(2) == 0); !ended {
				done++
			}
		}
		check(t, e.Dir)
	}
	t.Logf("%s: killed %d times on %d ways of %d requests", e.Do, done, ways, total)
}
