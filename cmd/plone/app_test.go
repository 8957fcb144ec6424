package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

// site is where a case runs: plonetest, or the real Plone that PLONE_URL names.
type site struct {
	url, user, password string
	fake                *plonetest.Server // nil for the real one
	dir                 string            // for the configuration and other files
	folder              string            // path of a folder of the test's own
	basic               bool              // it has no @login, as a Classic one by itself
}

// onEachSite runs a case on plonetest and, when PLONE_URL, PLONE_USER and
// PLONE_PASSWORD are set, on a real Plone.
func onEachSite(t *testing.T, run func(t *testing.T, s *site)) {
	t.Helper()
	t.Run("plonetest", func(t *testing.T) {
		t.Parallel()
		server := plonetest.NewServer(plonetest.WithUser("eva", "her own word", "Editor"))
		t.Cleanup(server.Close)
		run(t, newSite(t, &site{url: server.URL, user: "admin", password: "secret", fake: server}))
	})
	if url := os.Getenv("PLONE_URL"); url != "" {
		t.Run("plone", func(t *testing.T) {
			run(t, newSite(t, &site{url: url, user: os.Getenv("PLONE_USER"), password: os.Getenv("PLONE_PASSWORD")}))
		})
	}
}

func newSite(t *testing.T, s *site) *site {
	t.Helper()
	s.dir = t.TempDir()
	s.folder = "/t" + strings.ToLower(rand.Text())
	c := s.client(t)
	if s.fake == nil {
		with, err := c.Clone(client.WithAuth(auth.Login(s.user, s.password)))
		require.NoError(t, err)
		_, err = with.Content.Get(t.Context(), "/")
		s.basic = errors.Is(err, errors.ErrNotImplemented)
	}
	folder := client.Fields{"@type": "Document", "id": s.folder[1:], "title": "Folder"}
	if made := create(t, c, "/", folder); !made.IsFolderish { // in a Classic site
		_, err := c.Content.Delete(t.Context(), s.folder)
		require.NoError(t, err)
		folder["@type"] = "Folder"
		create(t, c, "/", folder)
	}
	t.Cleanup(func() { _, _ = c.Content.Delete(context.Background(), s.folder) })
	return s
}

// client is a client of the manager.
func (s *site) client(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(s.url, client.WithAuth(auth.Basic(s.user, s.password)))
	require.NoError(t, err)
	return c
}

func create(t *testing.T, c *client.Client, folder string, body client.Fields) client.Content {
	t.Helper()
	created, err := c.Content.Create(t.Context(), folder, body)
	require.NoError(t, err)
	return created.Value
}

// path is a path in the folder of the test.
func (s *site) path(names ...string) string {
	return strings.Join(append([]string{s.folder}, names...), "/")
}

// environment is what a user sets who does not log in.
func (s *site) environment() map[string]string {
	return map[string]string{
		"PLONE_URL": s.url, "PLONE_USER": s.user, "PLONE_PASSWORD": s.password,
		"PLONE_CONFIG": filepath.Join(s.dir, "config.json"), "PLONE_BASIC": strconv.FormatBool(s.basic),
	}
}

// result is what a run has printed, with SITE and FOLDER for what differs.
type result struct {
	code     int
	out, err string
}

// run runs the program as the manager.
func (s *site) run(t *testing.T, args ...string) result {
	t.Helper()
	return s.runWith(t, s.environment(), "", args...)
}

// feed runs the program as the manager, with stdin.
func (s *site) feed(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	return s.runWith(t, s.environment(), stdin, args...)
}

func (s *site) runWith(t *testing.T, env map[string]string, stdin string, args ...string) result {
	t.Helper()
	return s.runContext(t, t.Context(), env, strings.NewReader(stdin), args...)
}

func (s *site) runContext(t *testing.T, ctx context.Context, env map[string]string, stdin io.Reader, args ...string) result {
	t.Helper()
	var out, err bytes.Buffer
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "FOLDER", s.folder)
	}
	code := run(ctx, args, stdin, &out, &err, func(name string) string { return env[name] })
	s.requireNoSecret(t, env, out.String()+err.String())
	r := result{code, s.mask(out.String()), s.mask(err.String())}
	t.Logf("plone %s: %d\n%s%s", s.mask(strings.Join(args, " ")), code, r.out, r.err)
	return r
}

// mask puts names for what is another in each run.
func (s *site) mask(text string) string {
	for name, value := range map[string]string{"SITE": s.url, "FOLDER": s.folder, "DIR": s.dir} {
		if value != "" {
			text = strings.ReplaceAll(text, value, name)
		}
	}
	return text
}

// requireNoSecret holds what was printed against all secrets that the program
// had.
func (s *site) requireNoSecret(t *testing.T, env map[string]string, printed string) {
	t.Helper()
	secrets := []string{env["PLONE_PASSWORD"], env["PLONE_TOKEN"]}
	if data, err := os.ReadFile(env["PLONE_CONFIG"]); err == nil {
		var cfg config
		if json.Unmarshal(data, &cfg) == nil {
			for _, profile := range cfg.Profiles {
				secrets = append(secrets, profile.Token)
			}
		}
	}
	for _, secret := range secrets {
		if secret != "" {
			require.NotContains(t, printed, secret, "a secret is printed")
		}
	}
}

// ok requires a success without a word on standard error, and returns what was
// printed.
func (r result) ok(t *testing.T) string {
	t.Helper()
	require.Zero(t, r.code, "%s%s", r.out, r.err)
	require.Empty(t, r.err)
	return r.out
}

// fails requires the code, and texts on standard error.
func (r result) fails(t *testing.T, code int, texts ...string) {
	t.Helper()
	require.Equal(t, code, r.code, "%s%s", r.out, r.err)
	for _, text := range texts {
		assert.Contains(t, r.err, text)
	}
	assert.True(t, strings.HasPrefix(r.err, "plone: "), r.err)
}

// decode reads what --json has printed.
func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

// writeFile writes a file that nobody else can read, and returns its name.
func (s *site) writeFile(t *testing.T, name, data string) string {
	t.Helper()
	file := filepath.Join(s.dir, name)
	require.NoError(t, os.WriteFile(file, []byte(data), 0o600))
	return file
}

func TestRun_commandLine(t *testing.T) {
	t.Parallel()
	s := &site{dir: t.TempDir()}
	env := map[string]string{"PLONE_CONFIG": filepath.Join(s.dir, "config.json")}
	for _, tt := range []struct {
		args string
		code int
		text string // on standard output after a success, on standard error otherwise
	}{
		{"", 0, "Usage:"},
		{"help", 0, "Usage:"},
		{"--help", 0, "Usage:"},
		{"help exit-codes", 0, "outcome-unknown"},
		{"help settings", 0, "PLONE_PASSWORD_FILE"},
		{"--version", 0, "plone "},
		{"version", 0, "plone "},
		{"version --json", 0, `"version": "`},
		{"completion bash", 0, "bash completion"},
		{"completion zsh", 0, "compdef"},
		{"completion fish", 0, "fish"},
		{"completion powershell", 0, "Register-ArgumentCompleter"},
		{"gett /news", 2, "do you mean get?"},
		{"nonsense", 2, `no command "nonsense"`},
		{"get", 2, "usage: plone get PATH"},
		{"get /a /b", 2, "usage: plone get PATH"},
		{"get --nope /a", 2, "unknown flag: --nope; see plone get --help"},
		{"get /news", 2, "no site is named"},
		{"get /news --url ftp://x", 2, "needs the scheme http or https"},
		{"get /news --url http://u:hidden@127.0.0.1", 2, "user info"},
		{"get /news --url http://127.0.0.1 --timeout soon", 2, `"soon" is no time`},
		{"get /news --url http://127.0.0.1 --user ada", 2, `no password for "ada"`},
		{"get /news --url http://127.0.0.1 --password-file DIR/nope", 2, "DIR/nope"},
		{"get /news --profile nope", 2, `there is no profile "nope"`},
		{"get ../news --url http://127.0.0.1", 2, "leaves the path"},
		{"get http://elsewhere.example/x --url http://127.0.0.1", 2, "is not inside the site"},
		{"get /news --timeout 100ms --url http://127.0.0.1:1", 6, "http://127.0.0.1:1/news"},
		{"get /news --timeout 100ms --url http://127.0.0.1:1 --json", 6, `"class":"unavailable"`},
	} {
		r := s.runWith(t, env, "", strings.Fields(strings.ReplaceAll(tt.args, "DIR", s.dir))...)
		assert.Equal(t, tt.code, r.code, tt.args)
		printed, other := r.out, r.err
		if tt.code != 0 {
			printed, other = other, printed
		}
		assert.Contains(t, printed, tt.text, tt.args)
		assert.Empty(t, other, tt.args)
		assert.NotContains(t, printed, "hidden")
	}
}

// TestRun_verbose: the requests are told, without what is secret or a query.
func TestRun_verbose(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		r := s.run(t, "search", "-t", "Document", "--in", "FOLDER", "-v")
		assert.Zero(t, r.code)
		assert.Contains(t, r.err, "method=GET url=SITEFOLDER/@search status=200")
		assert.NotContains(t, r.err, "portal_type")
	})
}

// brokenPipe cannot be written to.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestRun_outputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	assert.Equal(t, 1, run(t.Context(), []string{"version"}, nil, brokenPipe{}, &stderr, func(string) string { return "" }))
	assert.Equal(t, fmt.Sprintln("plone:", io.ErrClosedPipe), stderr.String())
}
