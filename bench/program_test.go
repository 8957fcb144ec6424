package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
)

// programs are built as the README of cmd/plone says, once.
var programs struct {
	once         sync.Once
	plone, empty string // file names
}

func build(tb testing.TB) (plone, empty string) {
	tb.Helper()
	programs.once.Do(func() {
		dir := tb.TempDir()
		source := filepath.Join(dir, "main.go")
		require.NoError(tb, os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600))
		program := func(name, folder, what string) string {
			cmd := exec.CommandContext(tb.Context(), "go", "build", "-trimpath", "-o", filepath.Join(dir, name), what)
			cmd.Dir, cmd.Env = folder, append(os.Environ(), "CGO_ENABLED=0")
			out, err := cmd.CombinedOutput()
			require.NoError(tb, err, "%s", out)
			return filepath.Join(dir, name)
		}
		programs.plone = program("plone", "../cmd/plone", ".")
		programs.empty = program("empty", dir, source)
	})
	return programs.plone, programs.empty
}

// command returns a function that runs a program with no other environment.
func command(ctx context.Context, env []string, name string, args ...string) func() error {
	return func() error {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Env = append([]string{}, env...) // nil would be that of this process
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w: %.200s", filepath.Base(name), err, out)
		}
		return nil
	}
}

// starts returns the milliseconds that plone --version takes, sorted, and the same
// as a multiple of an empty Go program.
func starts(tb testing.TB) ([]float64, reading) {
	const rounds = 21
	plone, empty := build(tb)
	version, nothing := command(tb.Context(), nil, plone, "--version"), command(tb.Context(), nil, empty)
	var times []float64
	var figures inTurn
	for range rounds {
		before, ours, after := lasts(tb, nothing), lasts(tb, version), lasts(tb, nothing)
		figures.add(before, ours, after)
		times = append(times, ours/1e6)
	}
	slices.Sort(times)
	return times, figures.reading(rounds)
}

// startLeast needs no control: what else the machine does can only add to it.
func startLeast(tb testing.TB) reading {
	times, _ := starts(tb)
	return only(times[0])
}

func startMedian(tb testing.TB) reading {
	times, r := starts(tb)
	r.value = times[len(times)/2]
	return r
}

func startOverEmpty(tb testing.TB) reading {
	_, r := starts(tb)
	return r
}

// shell is a command line of another author, which is run and never read.
var shell = &peer{
	folder: "peers/shell",
	install: [][]string{
		{"python3", "-m", "venv", "--without-pip", ".venv"},
		{"python3", "-m", "pip", "--python", ".venv/bin/python", "install", "--quiet", "--retries=1", "--disable-pip-version-check", "-r", "requirements.txt"},
	},
}

// getOverShell is the time of plone get as a multiple of that of the shell for the
// same object of a site, both from their start to their end, with one request
// each. The control is the shell after beside the shell before.
func getOverShell(tb testing.TB, site, path, user, password string) reading {
	const rounds = 5
	ctx := tb.Context()
	if err := shell.ready(ctx); err != nil {
		return skipped(err.Error())
	}
	plone, _ := build(tb)
	folder, err := filepath.Abs(shell.folder)
	require.NoError(tb, err)
	env := []string{
		"HOME=" + tb.TempDir(), "PLONE_RESTAPI_PASSWORD=" + password,
		"PLONE_URL=" + site, "PLONE_USER=" + user, "PLONE_PASSWORD=" + password, "PLONE_BASIC=true",
	}
	ours := command(ctx, env, plone, "get", path, "--json")
	theirs := command(ctx, env, filepath.Join(folder, ".venv/bin/plone-restapi"), "--site-url", site, "--auth", "basic",
		"--username", user, "--secret-source", "environment", "content", "get", "--path", path)
	for _, run := range []func() error{ours, theirs} {
		if err := run(); err != nil {
			return skipped(err.Error())
		}
	}
	var figures inTurn
	for range rounds {
		figures.add(lasts(tb, theirs), lasts(tb, ours), lasts(tb, theirs))
	}
	return figures.reading(rounds)
}

func getOverShellCanned(tb testing.TB) reading {
	return getOverShell(tb, newSite(tb).url, "/news/page", "admin", "secret")
}

func getOverShellLive(tb testing.TB) reading {
	site, user, password := os.Getenv("PLONE_URL"), os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD")
	if site == "" {
		return skipped("PLONE_URL is not set")
	}
	c, err := client.New(site, client.WithAuth(auth.Basic(user, password)))
	require.NoError(tb, err)
	g := plant(tb, c, 0, 0)
	tb.Cleanup(func() { assert.NoError(tb, g.fell(context.WithoutCancel(tb.Context()))) })
	return getOverShell(tb, site, g.path, user, password)
}
