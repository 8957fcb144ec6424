package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/transfer"
)

// recorder is a transport that keeps the requests that go through it, with their
// bodies and the statuses of the answers.
type recorder struct {
	next http.RoundTripper

	mu       sync.Mutex
	requests []recorded
}

type recorded struct {
	method, url string
	header      http.Header
	body        []byte
	status      int
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	one := recorded{method: req.Method, url: req.URL.String(), header: req.Header.Clone()}
	if req.Body != nil {
		var err error
		if one.body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(one.body))
	}
	resp, err := r.next.RoundTrip(req)
	if err == nil {
		one.status = resp.StatusCode
		r.mu.Lock()
		defer r.mu.Unlock()
		r.requests = append(r.requests, one)
	}
	return resp, err
}

// like returns the requests that a condition holds for.
func (r *recorder) like(want func(recorded) bool) []recorded {
	var found []recorded
	for _, one := range r.requests {
		if want(one) {
			found = append(found, one)
		}
	}
	return found
}

// loop makes requests in turn with net/http, and writes the answers to nothing.
func loop(ctx context.Context, c *http.Client, requests []recorded) error {
	for _, one := range requests {
		req, err := http.NewRequestWithContext(ctx, one.method, one.url, bytes.NewReader(one.body))
		if err != nil {
			return err
		}
		req.Header = one.header
		resp, err := c.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			return err
		}
		if resp.StatusCode != one.status {
			return fmt.Errorf("%s %s: %s instead of %d", one.method, one.url, resp.Status, one.status)
		}
	}
	return nil
}

// grove is a folder with documents and files.
type grove struct {
	client *client.Client
	path   string
}

// plant makes a grove. Its files have 20 kB each.
func plant(tb testing.TB, c *client.Client, documents, files int) grove {
	tb.Helper()
	ctx := tb.Context()
	id := fmt.Sprintf("transfer-%d", time.Now().UnixNano())
	_, err := c.Content.Create(ctx, "/", client.Fields{"@type": "Document", "id": id, "title": "Transfer"})
	require.NoError(tb, err)
	g := grove{c, "/" + id}
	for i := range documents {
		_, err := c.Content.Create(ctx, g.path, client.Fields{
			"@type": "Document", "id": fmt.Sprintf("page-%d", i), "title": fmt.Sprintf("Page %d", i),
			"description": page.(newPage).Description, "subjects": page.(newPage).Subjects,
		})
		require.NoError(tb, err)
	}
	for i := range files {
		name := fmt.Sprintf("file-%d", i)
		data := bytes.Repeat([]byte(name), 20_000/len(name))
		_, err := c.Content.Create(ctx, g.path, client.Fields{
			"@type": "File", "id": name, "title": name, "file": client.NewNamedFile(name+".bin", "application/octet-stream", data),
		})
		require.NoError(tb, err)
	}
	return g
}

// fell deletes the grove.
func (g grove) fell(ctx context.Context) error {
	_, err := g.client.Content.Delete(ctx, g.path)
	return err
}

// trees are the UIDs of the objects by their addresses.
func (g grove) trees(tb testing.TB) map[string]string {
	tb.Helper()
	found := map[string]string{}
	for hit, err := range g.client.Search.All(tb.Context(), g.path, client.SearchOptions{Self: true, PageSize: 5000, Metadata: []string{"UID"}}) {
		require.NoError(tb, err)
		found[hit.URL] = hit.UID
	}
	return found
}

// astray is how many objects were lost or are there once more.
func astray(before, after map[string]string) float64 {
	n := 0
	for address, uid := range before {
		if after[address] != uid {
			n++
		}
	}
	for address := range after {
		if before[address] == "" {
			n++
		}
	}
	return float64(n)
}

// onPlone is what was measured of transfers on a real Plone, once for all goals.
var onPlone struct {
	once                          sync.Once
	skipped                       string
	overGets, overLoop, overPosts reading
	astray                        reading
}

// moved measures the transfers when it is asked for the first time, and returns
// one of the figures.
func moved(figure *reading) func(testing.TB) reading {
	return func(tb testing.TB) reading {
		onPlone.once.Do(func() { moveOnPlone(tb) })
		if onPlone.skipped != "" {
			return skipped(onPlone.skipped)
		}
		return *figure
	}
}

// moveOnPlone exports the site of PLONE_URL with a grove in it, and imports that
// after it was deleted, both in turn with what a bare program would do.
func moveOnPlone(tb testing.TB) {
	const rounds = 3
	documents, files, enough := 100, 5, time.Minute
	if os.Getenv("PLONE_LONG") == "1" {
		documents, files, enough = 1000, 50, time.Hour
	}
	// A machine that is too busy for all rounds in time is too busy for figures.
	goesOn := func(n int, start time.Time) bool { return n == 0 || n < rounds && time.Since(start) < enough }
	address := os.Getenv("PLONE_URL")
	if address == "" {
		onPlone.skipped = "PLONE_URL is not set"
		return
	}
	ctx := tb.Context()
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	bare := &http.Client{Transport: transport}
	open := func(through http.RoundTripper) *client.Client {
		login := auth.Basic(os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD"))
		c, err := client.New(address, client.WithAuth(login), client.WithTransport(through))
		require.NoError(tb, err)
		return c
	}
	c := open(transport)
	g := plant(tb, c, documents, files)
	tb.Cleanup(func() { assert.NoError(tb, g.fell(context.WithoutCancel(ctx))) })
	planted := g.trees(tb)
	require.Len(tb, planted, 1+documents+files)

	// The first export, like the first import, is recorded and warms the server.
	reads := &recorder{next: transport}
	dir := tb.TempDir()
	report, err := export(ctx, open(reads), dir)
	require.NoError(tb, err)
	gets := reads.like(func(r recorded) bool { return strings.Contains(r.url, "/@@download") })
	require.GreaterOrEqual(tb, len(gets), files)
	items := client.SearchOptions{Self: true, PageSize: 5000, Query: url.Values{"object_provides": {"plone.dexterity.interfaces.IDexterityContent"}}}
	for hit, err := range c.Search.All(ctx, "", items) {
		require.NoError(tb, err)
		gets = append(gets, recorded{method: http.MethodGet, url: hit.URL, header: reads.requests[0].header, status: http.StatusOK})
		report.Changes[transfer.Saved]--
	}
	require.Zero(tb, report.Changes[transfer.Saved], "as many objects as were exported")

	each := func() error { return loop(ctx, bare, gets) }
	same := func() error { return loop(ctx, bare, reads.requests) }
	ours := func() error { _, err := export(ctx, c, tb.TempDir()); return err }
	require.NoError(tb, each())
	var overGets, overLoop inTurn
	for n, start := 0, time.Now(); goesOn(n, start); n++ {
		get, read, exported := lasts(tb, each), lasts(tb, same), lasts(tb, ours)
		readAgain, getAgain := lasts(tb, same), lasts(tb, each)
		overGets.add(get, exported, getAgain)
		overLoop.add(read, exported, readAgain)
	}
	onPlone.overGets, onPlone.overLoop = overGets.reading(rounds), overLoop.reading(rounds)

	writes := &recorder{next: transport}
	require.NoError(tb, g.fell(ctx))
	require.NoError(tb, take(ctx, open(writes), dir))
	onPlone.astray = only(astray(planted, g.trees(tb)))
	creates := writes.like(func(r recorded) bool { return r.method == http.MethodPost && r.status == http.StatusCreated })
	require.Len(tb, creates, len(planted))
	afresh := func(run func() error) float64 {
		require.NoError(tb, g.fell(ctx))
		return lasts(tb, run)
	}
	posts := func() error { return loop(ctx, bare, creates) }
	taken := func() error { return take(ctx, c, dir) }
	var overPosts inTurn
	for n, start := 0, time.Now(); goesOn(n, start); n++ {
		overPosts.add(afresh(posts), afresh(taken), afresh(posts))
	}
	onPlone.overPosts = overPosts.reading(rounds)
}

func export(ctx context.Context, c *client.Client, dir string) (*transfer.Report, error) {
	return transfer.Export(ctx, c, dir, transfer.ExportOptions{NoLocalRoles: true})
}

func take(ctx context.Context, c *client.Client, dir string) error {
	_, err := transfer.Import(ctx, c, dir, transfer.ImportOptions{})
	return err
}

// tally is what transfers between two sites in memory take.
type tally struct {
	exports, imports float64 // requests
	astray           float64 // objects
}

// transferTally exports a site with a grove, and imports it into a new one.
func transferTally(tb testing.TB, documents, files int) tally {
	tb.Helper()
	ctx := tb.Context()
	open := func() (*plonetest.Server, *client.Client) {
		s := plonetest.NewServer(plonetest.WithRequests(100_000))
		tb.Cleanup(s.Close)
		c, err := client.New(s.URL, client.WithAuth(auth.Basic("admin", "secret")))
		require.NoError(tb, err)
		_, err = c.Content.Delete(ctx, "/news") // which each site has under UIDs of its own
		require.NoError(tb, err)
		return s, c
	}
	from, c := open()
	g := plant(tb, c, documents, files)
	to, other := open()
	dir := tb.TempDir()
	var t tally
	before := len(from.Requests())
	_, err := export(ctx, c, dir)
	require.NoError(tb, err)
	t.exports = float64(len(from.Requests()) - before)
	before = len(to.Requests())
	require.NoError(tb, take(ctx, other, dir))
	t.imports = float64(len(to.Requests()) - before)
	planted := map[string]string{}
	for address, uid := range g.trees(tb) {
		planted[to.URL+strings.TrimPrefix(address, from.URL)] = uid
	}
	t.astray = astray(planted, grove{other, g.path}.trees(tb))
	return t
}

// tallies are those that were taken, by documents and files.
var tallies = map[[2]int]tally{}

// inMemory chooses a figure of a transfer of so many documents and files.
func inMemory(documents, files int, figure func(tally) float64) func(testing.TB) reading {
	return func(tb testing.TB) reading {
		size := [2]int{documents, files}
		if _, ok := tallies[size]; !ok {
			tallies[size] = transferTally(tb, documents, files)
		}
		return only(figure(tallies[size]))
	}
}

// more is the difference that so many more documents or files make.
func more(documents, files int, figure func(tally) float64) func(testing.TB) reading {
	return func(tb testing.TB) reading {
		return only(inMemory(25+documents, 1+files, figure)(tb).value - inMemory(25, 1, figure)(tb).value)
	}
}

func exports(t tally) float64 { return t.exports }

func imports(t tally) float64 { return t.imports }

func strays(t tally) float64 { return t.astray }
