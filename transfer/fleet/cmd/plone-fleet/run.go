package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
	"plone.example/restapi/transfer/fleet"
)

const (
	// So often the progress is shown.
	interval = time.Second
	// So long a worker has to end when it is told to, and a new one waits to begin.
	grace = 10 * time.Second
	rest  = time.Second
)

// coordinate hands out the steps, and keeps workers on this machine.
func (s *settings) coordinate(ctx context.Context, out, log io.Writer) error {
	job, err := s.job(ctx)
	if err != nil {
		return err
	}
	defer job.Close()
	engine, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer engine.Close()

	crew, dismiss := context.WithCancel(ctx)
	var all sync.WaitGroup
	for n := range s.workers {
		all.Go(func() { s.keep(crew, n+1, engine.URL(), log) })
	}
	o := s.options
	o.Progress = follow(out)
	report, err := fleet.Run(ctx, engine.Conn(), job, o)
	dismiss()
	all.Wait()
	if err == nil || errors.Is(err, transfer.ErrIncomplete) {
		summarize(out, report)
	}
	return err
}

// follow shows events, those without news once a second.
func follow(out io.Writer) func(transfer.Event) {
	var phase transfer.Phase
	var last time.Time
	return func(e transfer.Event) {
		if e.Problem == nil && e.Phase == phase && e.Done < e.Total && time.Since(last) < interval {
			return
		}
		if e.Problem == nil {
			phase, last = e.Phase, time.Now()
		}
		fmt.Fprintln(out, e)
	}
}

// summarize shows a report.
func summarize(out io.Writer, r *transfer.Report) {
	fmt.Fprintf(out, "%d items, %d bytes of files, in %v\n", r.Items, r.Bytes, r.Elapsed.Round(time.Millisecond))
	for _, action := range slices.Sorted(maps.Keys(r.Changes)) {
		fmt.Fprintf(out, "  %-9s %d\n", action, r.Changes[action])
	}
	for _, loss := range slices.Sorted(maps.Keys(r.Losses)) {
		fmt.Fprintf(out, "not carried: %s (%d)\n", loss, r.Losses[loss])
	}
	for _, p := range r.Problems {
		fmt.Fprintln(out, "problem:", p)
	}
}

// keep has one worker process at work until ctx ends or the transfer is done.
func (s *settings) keep(ctx context.Context, n int, url string, log io.Writer) {
	for ctx.Err() == nil {
		err := s.spawn(ctx, n, url, log)
		if err == nil {
			return
		}
		if ctx.Err() == nil {
			fmt.Fprintf(log, "worker %d: %v\n", n, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}

// spawn runs one worker process. It ends with its standard input, so also when this
// process is killed.
func (s *settings) spawn(ctx context.Context, n int, url string, log io.Writer) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	args := append([]string{"work", s.kind, s.dir}, s.flags...)
	cmd := exec.CommandContext(ctx, program, append(args, "-until-eof")...)
	cmd.Env = secretEnv(s.environ, url)
	cmd.Stderr = log
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	cmd.Cancel, cmd.WaitDelay = in.Close, grace
	if err := cmd.Start(); err != nil {
		return err
	}
	fmt.Fprintf(log, "worker %d is process %d\n", n, cmd.Process.Pid)
	return cmd.Wait()
}

// work does steps until the transfer is done.
func (s *settings) work(ctx context.Context, in io.Reader) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if s.untilEOF {
		go func() {
			_, _ = io.Copy(io.Discard, in)
			stop()
		}()
	}
	engine, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer engine.Close()
	job, err := s.job(ctx)
	if err != nil {
		return err
	}
	defer job.Close()
	return fleet.Work(ctx, engine.Conn(), job, s.options)
}

// watch prints how far the transfer is.
func (s *settings) watch(ctx context.Context, out io.Writer) error {
	engine, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer engine.Close()
	for e, err := range fleet.Watch(ctx, engine.Conn(), s.options.Name) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, e)
	}
	return nil
}
