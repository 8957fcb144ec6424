package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/spawn"
	"plone.example/restapi/transfer"
)

// Work does steps that [Run] hands out for the same job, and returns when the
// transfer is done. It waits for one to begin when there is none. When ctx ends,
// it gives back what it was doing.
//
// Errors: that of an ended ctx or a closed connection; [errors.ErrInvalidInput]
// for options that cannot be. A step that fails is none: another worker gets it.
func Work(ctx context.Context, conn *nats.Conn, j *transfer.Job, o Options) error {
	return work(ctx, conn, j, o)
}

const (
	errLost  errors.Reason = "the step may be with another worker now"
	errKills errors.Reason = "its workers get lost"
)

// worker is Work at work.
type worker struct {
	*fleet
	job job
}

func work(ctx context.Context, conn *nats.Conn, j job, o Options) error {
	err := whileOpen(ctx, conn, func(ctx context.Context) error {
		f, err := open(ctx, conn, o)
		if err != nil {
			return err
		}
		w := &worker{fleet: f, job: j}
		runs, err := f.journal.Watch(ctx, runKey)
		if err != nil {
			return err
		}
		defer stop(runs)
		working, cancel := context.WithCancel(ctx)
		defer cancel()
		var all spawn.Group
		for range f.Concurrency {
			all.Go(func() {
				defer cancel() // a panic ends the other workers too
				w.all(working)
			})
		}
		err = w.untilDone(working, runs)
		cancel()
		all.Wait()
		return err
	})
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	return nil
}

// untilDone waits until a run that is going on is done, and one that has not begun
// as well.
func (w *worker) untilDone(ctx context.Context, runs jetstream.KeyWatcher) error {
	for active := false; ; {
		entry, err := next(ctx, runs)
		if err != nil {
			return err
		}
		if entry == nil {
			continue
		}
		var r run
		if err := json.Unmarshal(entry.Value(), &r); err != nil {
			return fmt.Errorf("%w: %s in the journal: %w", errors.ErrDamaged, runKey, err)
		}
		if active && r.Done {
			return nil
		}
		active = !r.Done
	}
}

// all does one step after the other until ctx ends.
func (w *worker) all(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		m, err := w.queue.Next(jetstream.FetchContext(ctx))
		switch {
		case err == nil:
			err = w.step(ctx, m)
		case errors.Is(err, nats.ErrTimeout), errors.Is(err, jetstream.ErrNoMessages):
			err = nil // nothing to do
		}
		if err == nil {
			failures = 0
			continue
		}
		// When the site is away, every step fails: the next one has to wait.
		failures++
		_ = pause(ctx, w.delay(failures))
	}
}

// step does the step of a message. The outcome is in the journal before the
// message is answered, so there is always one of both.
func (w *worker) step(ctx context.Context, m jetstream.Msg) error {
	var s transfer.Step
	if err := json.Unmarshal(m.Data(), &s); err != nil {
		return errors.Join(err, m.Term())
	}
	about, err := m.Metadata()
	if err != nil {
		return err
	}
	key, tries := strings.TrimPrefix(m.Subject(), w.prefix), int(about.NumDelivered)
	err = w.try(ctx, m, key, s, tries)
	if err == nil {
		return w.ack(ctx, m)
	}
	if errors.Is(err, errLost) {
		return err
	}
	if ctx.Err() != nil {
		late, cancel := w.late(ctx)
		defer cancel()
		return errors.Join(err, m.Nak(), w.conn.FlushWithContext(late))
	}
	w.Logger.WarnContext(ctx, "a step failed", "phase", s.Phase, "path", s.Path, "try", tries, "of", w.Tries, "error", err)
	if tries >= w.Tries && w.setAside(ctx, m, key, s, tries, err) == nil {
		return errors.Join(err, w.ack(ctx, m))
	}
	return errors.Join(err, m.NakWithDelay(w.delay(tries)))
}

func (w *worker) ack(ctx context.Context, m jetstream.Msg) error {
	late, cancel := w.late(ctx)
	defer cancel()
	return m.DoubleAck(late)
}

// try does a step, unless somebody did it before, and writes the result into the
// journal.
func (w *worker) try(ctx context.Context, m jetstream.Msg, key string, s transfer.Step, tries int) error {
	var known record
	if revision, err := w.read(ctx, key, &known); err != nil || revision > 0 {
		return err
	}
	if tries > 2*w.Tries {
		return errKills
	}
	result, err := w.do(ctx, m, s)
	if err != nil {
		return err
	}
	return w.finish(ctx, key, record{Result: *result})
}

// do does a step and tells the engine that it is being done.
func (w *worker) do(ctx context.Context, m jetstream.Msg, s transfer.Step) (*transfer.Result, error) {
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go w.speakUp(working, m, cancel)
	result, err := w.job.Do(working, s)
	if err != nil && context.Cause(working) == errLost {
		return nil, errLost
	}
	return result, err
}

// setAside gives up a step that keeps failing. Its items are done one by one for
// the last time, so that one of them does not cost the others; those that fail are
// problems. One that kills its workers is not done any more.
func (w *worker) setAside(ctx context.Context, m jetstream.Msg, key string, s transfer.Step, tries int, err error) error {
	r := record{Aside: true}
	for n := range s.Items() {
		one := s
		if len(s.UIDs) > 1 {
			one.UIDs = s.UIDs[n : n+1]
			if n > 0 {
				one.Path = "" // a step knows that of its first item only
			}
			if err != errKills {
				var result *transfer.Result
				if result, err = w.do(ctx, m, one); err == nil {
					merge(&r.Result, result)
					continue
				}
				if ctx.Err() != nil || err == errLost {
					return err
				}
			}
		}
		problem := transfer.Problem{Phase: one.Phase, Path: one.Path, Message: fmt.Sprintf("set aside after %d tries: %v", tries, err)}
		if len(one.UIDs) > 0 {
			problem.UID = one.UIDs[0]
		}
		r.Result.Problems = append(r.Result.Problems, problem)
	}
	return w.finish(ctx, key, r)
}

// merge adds a result to another one.
func merge(sum, r *transfer.Result) {
	sum.Items += r.Items
	sum.Bytes += r.Bytes
	sum.Problems = append(sum.Problems, r.Problems...)
	for action, n := range r.Counts {
		if sum.Counts == nil {
			sum.Counts = map[transfer.Action]int{}
		}
		sum.Counts[action] += n
	}
	for loss, n := range r.Losses {
		if sum.Losses == nil {
			sum.Losses = map[transfer.Loss]int{}
		}
		sum.Losses[loss] += n
	}
}

// late returns a context for telling what was done when ctx may have ended
// meanwhile.
func (w *worker) late(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), w.Lost)
}

// speakUp tells the engine that the step is being done, and cancels it when the
// engine cannot have heard that for so long that it gave the step to another
// worker: since it is away, or since this process was stopped for a while.
func (w *worker) speakUp(ctx context.Context, m jetstream.Msg, cancel context.CancelCauseFunc) {
	heard := time.Now()
	turn := time.NewTicker(w.Lost / 3)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
		if now := time.Now(); now.Sub(heard) < w.Lost {
			one, stop := context.WithTimeout(ctx, w.Lost/3)
			// As InProgress does it, but with an answer.
			if _, err := w.conn.RequestWithContext(one, m.Reply(), []byte("+WPI")); err == nil {
				heard = now
			}
			stop()
		}
		if time.Since(heard) >= w.Lost {
			cancel(errLost)
			return
		}
	}
}

// finish writes the outcome of a step into the journal, where the first one
// counts.
func (w *worker) finish(ctx context.Context, key string, r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	ctx, cancel := w.late(ctx)
	defer cancel()
	return w.persist(ctx, func(ctx context.Context) error {
		_, err := w.journal.Create(ctx, key, text)
		if errors.Is(err, jetstream.ErrKeyExists) {
			return nil
		}
		return err
	})
}
