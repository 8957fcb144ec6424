package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/internal/faultproxy"
	"plone.example/restapi/internal/specimen"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/transfer"
	"plone.example/restapi/transfer/fleet"
)

const (
	asProgram = "PLONE_FLEET_AS_PROGRAM" // makes the test binary be the program
	leashAddr = "PLONE_FLEET_LEASH"      // address of a leash, for workers
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	if address := os.Getenv(leashAddr); address != "" && os.Args[1] == "work" {
		go heel(address)
	}
	main()
}

// heel kills this process when it is told to.
func heel(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return // the test is over
	}
	defer conn.Close()
	if n, _ := conn.Read(make([]byte, 1)); n == 1 {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			_ = self.Kill()
		}
	}
}

// lost is short, so that the tests do not wait long for the steps of those killed.
const lost = 1500 * time.Millisecond

// target is a site with a proxy before it, which counts the requests.
type target struct {
	client *client.Client
	env    []string // for the program
	proxy  *faultproxy.Proxy

	mu      sync.Mutex
	request func() // is called at each request
}

func newTarget(t *testing.T, address, user, password string) *target {
	t.Helper()
	site := &target{request: func() {}}
	direct, err := url.Parse(address)
	require.NoError(t, err)
	site.proxy, err = faultproxy.New(direct.Host, func(faultproxy.Exchange) faultproxy.Fault {
		site.mu.Lock()
		defer site.mu.Unlock()
		site.request()
		return faultproxy.None
	})
	require.NoError(t, err)
	t.Cleanup(site.proxy.Close)
	site.client, err = client.New(address, client.WithAuth(auth.Login(user, password)))
	require.NoError(t, err)
	through := *direct
	through.Host = site.proxy.Addr
	site.env = []string{
		"PLONE_URL=" + through.String(), "PLONE_PUBLIC_URL=" + address, "PLONE_USER=" + user, "PLONE_PASSWORD=" + password,
	}
	return site
}

func (s *target) atRequests(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.request = do
}

func newFake(t *testing.T) *target {
	t.Helper()
	server := plonetest.NewServer(plonetest.WithLanguages("en", "de"), plonetest.WithRequests(0))
	t.Cleanup(server.Close)
	site := newTarget(t, server.URL, "admin", "secret")
	_, err := site.client.Content.Delete(t.Context(), "/news") // which each site has under UIDs of its own
	require.NoError(t, err)
	return site
}

// member is a process that is started again whenever it was killed.
type member struct {
	t    *testing.T
	args []string
	env  []string
	log  *os.File

	mu     sync.Mutex
	cmd    *exec.Cmd
	killed bool
}

func newMember(t *testing.T, env []string, args ...string) *member {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%v:\n%s", args, text[max(0, len(text)-4000):])
		}
		_ = log.Close()
	})
	return &member{t: t, args: args, env: append(os.Environ(), env...), log: log}
}

// keep runs the process until it ends by itself, and returns the code.
func (m *member) keep(ctx context.Context) int {
	for {
		m.mu.Lock()
		m.killed = false
		m.cmd = exec.CommandContext(ctx, os.Args[0], m.args...)
		m.cmd.Env, m.cmd.Stdout, m.cmd.Stderr = append(m.env, asProgram+"=1"), m.log, m.log
		if !assert.NoError(m.t, m.cmd.Start()) {
			m.mu.Unlock()
			return -1
		}
		cmd := m.cmd
		m.mu.Unlock()
		_ = cmd.Wait()
		m.mu.Lock()
		m.cmd = nil
		killed := m.killed
		m.mu.Unlock()
		if !killed || ctx.Err() != nil {
			return cmd.ProcessState.ExitCode()
		}
	}
}

// kill is kill -9.
func (m *member) kill() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cmd == nil || m.killed {
		return false
	}
	m.killed = true
	return assert.NoError(m.t, m.cmd.Process.Kill())
}

// leash is how a test kills processes which it has not started itself: they do it
// themselves. Their numbers may be those of other processes by now.
type leash struct {
	listener net.Listener

	mu    sync.Mutex
	conns []net.Conn
}

func newLeash(t *testing.T) *leash {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	l := &leash{listener: listener}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			l.mu.Lock()
			l.conns = append(l.conns, conn)
			l.mu.Unlock()
			go func() {
				_, _ = conn.Read(make([]byte, 1)) // until the process is gone
				_ = conn.Close()
				l.mu.Lock()
				l.conns = slices.DeleteFunc(l.conns, func(c net.Conn) bool { return c == conn })
				l.mu.Unlock()
			}()
		}
	}()
	return l
}

// kill kills the process that has lived longest.
func (l *leash) kill() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conns) == 0 {
		return false
	}
	conn := l.conns[0]
	l.conns = l.conns[1:]
	_, err := conn.Write([]byte{1})
	return err == nil
}

// killer kills somebody every now and then, as long as there are requests.
type killer struct {
	random  *rand.Rand
	every   int // requests, on average
	most    int
	victims []interface{ kill() bool }

	mu       sync.Mutex
	requests int
	next     int
	kills    []int // by victim
	pending  sync.WaitGroup
}

func newKiller(seed uint64, every, most int, victims ...interface{ kill() bool }) *killer {
	k := &killer{random: rand.New(rand.NewPCG(seed, seed)), every: every, most: most, victims: victims, kills: make([]int, len(victims))}
	k.next = 1 + k.random.IntN(2*every)
	return k
}

func (k *killer) request() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.requests++
	if k.requests < k.next || k.total() >= k.most {
		return
	}
	k.next = k.requests + 1 + k.random.IntN(2*k.every)
	n, moment := k.random.IntN(len(k.victims)), time.Duration(k.random.IntN(40))*time.Millisecond
	k.pending.Add(1)
	time.AfterFunc(moment, func() {
		defer k.pending.Done()
		if k.victims[n].kill() {
			k.mu.Lock()
			k.kills[n]++
			k.mu.Unlock()
		}
	})
}

func (k *killer) total() int {
	n := 0
	for _, kills := range k.kills {
		n += kills
	}
	return n
}

// killCluster does a transfer with a coordinator and three workers, which are
// killed, and a cluster, which is not.
func killCluster(t *testing.T, site *target, seed uint64, every int, wait time.Duration, args ...string) (code int) {
	t.Helper()
	engine, err := fleet.Open(t.Context(), fleet.EngineOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	env := append([]string{"NATS_URL=" + engine.URL()}, site.env...)
	flags := []string{"-name", "test", "-lost", wait.String(), "-tries", "100"}
	coordinator := newMember(t, env, append(append(args, flags...), "-workers", "0")...)
	victims := []interface{ kill() bool }{coordinator}
	var workers sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 3 {
		worker := newMember(t, env, append(append([]string{"work"}, args...), flags...)...)
		victims = append(victims, worker)
		workers.Go(func() { worker.keep(ctx) })
	}
	k := newKiller(seed, every, 60, victims...)
	site.atRequests(k.request)
	begin := time.Now()
	code = coordinator.keep(t.Context())
	site.atRequests(func() {})
	k.pending.Wait()
	// A worker that came back after the end waits for the next transfer.
	cancel()
	workers.Wait()
	t.Logf("seed %d: %d requests, coordinator killed %d times, workers %v, %v", seed, k.requests, k.kills[0], k.kills[1:], time.Since(begin).Round(time.Millisecond))
	assert.Positive(t, k.kills[0], "the coordinator was killed")
	for _, kills := range k.kills[1:] {
		assert.Positive(t, kills, "each worker was killed")
	}
	// All that was queued is acknowledged, and all steps are in the journal.
	js, err := jetstream.New(engine.Conn())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		queue, err := js.Stream(t.Context(), "plone-test")
		return err == nil && queue.CachedInfo().State.Msgs == 0
	}, time.Minute, 10*time.Millisecond)
	return code
}

// everything is an export of a site with all that there can be, and a site into
// which it was imported by one process in peace.
func everything(t *testing.T, n int) (dir string, want *target) {
	t.Helper()
	origin, want := newFake(t), newFake(t)
	require.NoError(t, specimen.Plant(t.Context(), origin.client, n))
	dir = t.TempDir()
	_, err := transfer.Export(t.Context(), origin.client, dir, transfer.ExportOptions{})
	require.NoError(t, err)
	copied := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
	if _, err = transfer.Import(t.Context(), want.client, copied, transfer.ImportOptions{}); err != nil {
		require.ErrorIs(t, err, transfer.ErrIncomplete)
	}
	return dir, want
}

func assertSame(t *testing.T, want, got *target) {
	t.Helper()
	differences, err := specimen.Compare(t.Context(), want.client, got.client)
	require.NoError(t, err)
	assert.Empty(t, differences)
}

func TestImport_withProcessesThatAreKilled(t *testing.T) {
	t.Parallel()
	dir, want := everything(t, 200)
	site := newFake(t)
	code := killCluster(t, site, 1, 25, lost, "import", dir)
	assert.Contains(t, []int{0, 3}, code)
	assertSame(t, want, site)
}

func TestExport_withProcessesThatAreKilled(t *testing.T) {
	t.Parallel()
	site := newFake(t)
	require.NoError(t, specimen.Plant(t.Context(), site.client, 200))
	dir, want := t.TempDir(), t.TempDir()
	code := killCluster(t, site, 2, 15, lost, "export", dir)
	assert.Equal(t, 0, code)
	_, err := transfer.Export(t.Context(), site.client, want, transfer.ExportOptions{})
	require.NoError(t, err)
	assert.Equal(t, sums(t, want), sums(t, dir))
}

// sums returns the hashes of the files of an export, by name.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == ".transfer" {
				return fs.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		short, err := filepath.Rel(dir, name)
		sum := sha256.Sum256(data)
		found[short] = hex.EncodeToString(sum[:])
		return err
	})
	require.NoError(t, err)
	return found
}

// The server is inside the coordinator, which is killed together with it.
func TestImport_onOneMachineThatIsKilled(t *testing.T) {
	t.Parallel()
	dir, want := everything(t, 200)
	site := newFake(t)
	crew := newLeash(t)
	env := append([]string{leashAddr + "=" + crew.listener.Addr().String()}, site.env...)
	coordinator := newMember(t, env, "import", dir, "-workers", "3", "-lost", lost.String(), "-tries", "100")
	k := newKiller(3, 40, 30, coordinator, crew, crew, crew)
	site.atRequests(k.request)
	begin := time.Now()
	code := coordinator.keep(t.Context())
	site.atRequests(func() {})
	k.pending.Wait()
	t.Logf("%d requests, coordinator killed %d times, workers %v, %v", k.requests, k.kills[0], k.kills[1:], time.Since(begin).Round(time.Millisecond))
	assert.Positive(t, k.kills[0])
	assert.Positive(t, k.kills[1]+k.kills[2]+k.kills[3])
	assert.Contains(t, []int{0, 3}, code)
	assertSame(t, want, site)
}

// A real Plone has other things in it, and they stay as they are: what is imported
// is one folder.
func TestImport_ofAFolderWithProcessesThatAreKilled(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var site *target
	if address := os.Getenv("PLONE_URL"); address != "" {
		site = newTarget(t, address, os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD"))
	} else {
		site = newFake(t)
	}
	name := "/fleet-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	dir, paths, comments := oneFolder(t, name)
	t.Cleanup(func() {
		_, err := site.client.Content.Delete(context.WithoutCancel(ctx), name)
		assert.NoError(t, err)
	})
	every, wait := 12, lost
	if os.Getenv("PLONE_URL") != "" {
		// Each process that begins anew takes seconds there, and so may a request that
		// was sent by one that was killed.
		every, wait = 40, 10*time.Second
	}
	code := killCluster(t, site, 4, every, wait, "import", dir)
	assert.Equal(t, 0, code)

	found := map[string]string{} // paths by UID
	for hit, err := range site.client.Search.All(ctx, name, client.SearchOptions{Metadata: []string{"UID"}, Self: true}) {
		require.NoError(t, err)
		path := hit.URL[strings.Index(hit.URL, name):]
		if strings.Contains(path, "/++conversation++") {
			continue
		}
		assert.NotContains(t, found, hit.UID)
		found[hit.UID] = path
	}
	assert.Equal(t, paths, found, "nothing is lost, and nothing doubled")
	for path, want := range comments {
		got := 0
		for _, err := range site.client.Comments.All(ctx, path, client.CommentOptions{}) {
			require.NoError(t, err)
			got++
		}
		assert.Equal(t, want, got, path)
	}
	// One that is done in peace finds nothing that it has to change.
	report, err := transfer.Import(ctx, site.client, dir, transfer.ImportOptions{})
	require.NoError(t, err)
	assert.Empty(t, report.Changes)
}

// oneFolder returns an export of nothing but a folder, the paths in it by UID, and
// the numbers of comments by path.
func oneFolder(t *testing.T, name string) (dir string, paths map[string]string, comments map[string]int) {
	t.Helper()
	ctx := t.Context()
	origin := newFake(t)
	paths, comments = map[string]string{}, map[string]int{}
	create := func(in, id string, fields client.Fields) string {
		fields["id"], fields["title"] = id, "Title of "+id
		made, err := origin.client.Content.Create(ctx, in, fields)
		require.NoError(t, err)
		path := in + "/" + id
		paths[made.Value.UID] = path
		return path
	}
	create("", name[1:], client.Fields{"@type": "Document"})
	for a := range 8 {
		part := create(name, fmt.Sprintf("part-%d", a), client.Fields{"@type": "Document", "description": "A part"})
		for b := range 12 {
			one := create(part, fmt.Sprintf("page-%d", b), client.Fields{"@type": "Document", "allow_discussion": true})
			if b%3 == 0 {
				comments[one] = 3
			}
			if b%4 == 0 {
				_, err := origin.client.Workflow.To(ctx, one, "published", client.TransitionOptions{})
				require.NoError(t, err)
			}
		}
		for b, size := range []int{10, 10_000, 1_500_000} {
			data := bytes.Repeat([]byte{byte('a' + a)}, size)
			create(part, fmt.Sprintf("file-%d", b), client.Fields{"@type": "File", "file": client.NewNamedFile("a.txt", "text/plain", data)})
		}
	}
	dir = t.TempDir()
	_, err := transfer.Export(ctx, origin.client, dir, transfer.ExportOptions{})
	require.NoError(t, err)

	metadata := filepath.Join(dir, "content", "__metadata__.json")
	text, err := os.ReadFile(metadata)
	require.NoError(t, err)
	about := map[string]any{}
	require.NoError(t, json.Unmarshal(text, &about))
	about["_data_files_"] = slices.DeleteFunc(about["_data_files_"].([]any), func(file any) bool {
		uid, _, _ := strings.Cut(file.(string), "/")
		return paths[uid] == ""
	})
	text, err = json.Marshal(about)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(metadata, text, 0o600))
	require.NoError(t, os.Remove(filepath.Join(dir, "principals.json")))

	discussions := map[string]any{}
	for uid, path := range paths {
		var items []any
		for n := range comments[path] {
			items = append(items, map[string]any{
				"comment_id": strconv.Itoa(n + 1), "text": map[string]string{"data": fmt.Sprintf("Comment %d", n), "mime-type": "text/plain"},
			})
		}
		if items != nil {
			discussions[uid] = map[string]any{"items": items, "items_total": len(items)}
		}
	}
	text, err = json.Marshal(discussions)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "discussions.json"), text, 0o600))
	return dir, paths, comments
}
