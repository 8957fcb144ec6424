package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// peer is a client of another language, in a folder with what it needs.
type peer struct {
	folder  string
	install [][]string // commands, in the folder; they do nothing the second time
	measure []string   // the command that gets addresses and prints nanoseconds

	once sync.Once
	err  error // of the installation
}

var (
	node = &peer{
		folder:  "peers/node",
		install: [][]string{{"npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--loglevel=error"}},
		measure: []string{"node", "measure.mjs"},
	}
	python = &peer{
		folder: "peers/python",
		install: [][]string{
			{"python3", "-m", "venv", "--without-pip", ".venv"},
			{"python3", "-m", "pip", "--python", ".venv/bin/python", "install", "--quiet", "--retries=1", "--disable-pip-version-check", "-r", "requirements.txt"},
		},
		measure: []string{".venv/bin/python", "measure.py"},
	}
)

// ready installs the peer when it is asked for the first time.
func (p *peer) ready(ctx context.Context) error {
	p.once.Do(func() {
		for _, command := range p.install {
			if _, p.err = p.run(ctx, command); p.err != nil {
				return
			}
		}
	})
	return p.err
}

// run runs a command in the peer's folder and returns what it prints.
func (p *peer) run(ctx context.Context, command []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = p.folder
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		last, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return nil, fmt.Errorf("%s: %w %.60s", command[0], err, last)
	}
	return out, nil
}

// against measures the time of a call as a multiple of the peer's, which asks the
// same site from a process of its own. The control is the call after the peer
// beside the call before it.
func (p *peer) against(c call) func(testing.TB) reading {
	return func(tb testing.TB) reading {
		ctx := tb.Context()
		if err := p.ready(ctx); err != nil {
			return skipped(err.Error())
		}
		s := newSite(tb)
		ours := c.with(tb, s)[sdk]
		before := medianTime(tb, ours)
		out, err := p.run(ctx, append(slices.Clone(p.measure), s.url+c.path+c.query))
		require.NoError(tb, err)
		var theirs []float64
		require.NoError(tb, json.Unmarshal(out, &theirs))
		require.Len(tb, theirs, 1)
		after := medianTime(tb, ours)
		r := only((before + after) / 2 / theirs[0])
		r.control = after / before
		return r
	}
}

// medianTime is how many nanoseconds run takes.
func medianTime(tb testing.TB, run func() error) float64 {
	const (
		warmUp = 50
		series = 21
		about  = 20 * time.Millisecond // of a series
	)
	lasts := func(n int) float64 {
		start := time.Now()
		repeat(tb, n, run)
		return float64(time.Since(start)) / float64(n)
	}
	n := max(1, int(float64(about)/lasts(warmUp)))
	times := make([]float64, series)
	for i := range times {
		times[i] = lasts(n)
	}
	slices.Sort(times)
	return times[series/2]
}
