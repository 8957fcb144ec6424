package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
)

// window is how many steps are in the queue at most.
const window = 1000

// Run hands out the steps of a job to workers, and returns when all are over. It
// does none itself: call [Work] as well, here or elsewhere. A run that was stopped
// is gone on with; what is queued already is done also while nobody runs. There is
// one Run for a name at a time.
//
// Errors: [transfer.ErrIncomplete] together with the report when something could
// not be carried, which includes steps that were set aside;
// [errors.ErrInvalidInput] for options that cannot be; any other error, also that
// of an ended ctx, when the run stopped: call Run again to go on.
func Run(ctx context.Context, conn *nats.Conn, j *transfer.Job, o Options) (*transfer.Report, error) {
	return coordinate(ctx, conn, j, o)
}

// coordinator is Run at work.
type coordinator struct {
	*fleet
	job     job
	run     string
	watcher jetstream.KeyWatcher     // of the journal of the run
	over    map[string]bool          // steps in the journal, by their keys: counted in the progress
	queued  map[string]transfer.Step // by their keys
	report  *transfer.Report

	progress
}

// progress is that of a phase.
type progress struct {
	phase       transfer.Phase
	since       time.Time
	total, done int
	earlier     int // of done, by another Run
	bytes       int64
	told        time.Time // last, to the journal
}

func coordinate(ctx context.Context, conn *nats.Conn, j job, o Options) (*transfer.Report, error) {
	begin := time.Now()
	c := &coordinator{job: j, over: map[string]bool{}, queued: map[string]transfer.Step{}, report: j.Report()}
	err := whileOpen(ctx, conn, func(ctx context.Context) (err error) {
		if c.fleet, err = open(ctx, conn, o); err != nil {
			return err
		}
		return c.all(ctx)
	})
	c.report.Elapsed = time.Since(begin)
	if n := len(c.report.Problems); err == nil && n > 0 {
		err = fmt.Errorf("%w: %d problems, the first is %w", transfer.ErrIncomplete, n, c.report.Problems[0])
	}
	if err != nil {
		err = fmt.Errorf("fleet: %w", err)
	}
	return c.report, err
}

func (c *coordinator) all(ctx context.Context) (err error) {
	if c.run, c.report.Resumed, err = c.begin(ctx); err != nil {
		return err
	}
	if c.watcher, err = c.journal.Watch(ctx, c.run+".>"); err != nil {
		return err
	}
	defer stop(c.watcher)
	// First comes what the journal has already, and then a nil.
	for {
		entry, err := next(ctx, c.watcher)
		if err != nil {
			return err
		}
		if entry == nil {
			break
		}
		if _, err := c.enter(entry); err != nil {
			return err
		}
	}
	for _, phase := range c.job.Phases() {
		c.progress = progress{phase: phase, since: time.Now()}
		if err := c.share(ctx); err != nil {
			return fmt.Errorf("%s: %w", phase, err)
		}
	}
	return c.end(ctx, c.run)
}

// share hands out the steps of the phase.
func (c *coordinator) share(ctx context.Context) error {
	var todo []transfer.Step
	for s, err := range c.job.Steps(ctx, c.phase) {
		if err != nil {
			return err
		}
		c.total += s.Items()
		over := c.isOver(s)
		if over && !c.job.Holds(s) {
			if err := c.revoke(ctx, s); err != nil {
				return err
			}
			over = false
		}
		if !over {
			todo = append(todo, s)
		}
	}
	c.earlier = c.done
	if len(todo) == 0 {
		return ctx.Err()
	}
	if err := c.tell(ctx, transfer.Event{}); err != nil {
		return err
	}
	wave := todo[0].Wave
	for _, s := range todo {
		if c.isOver(s) { // by now: an earlier Run had queued it
			continue
		}
		room := window - 1
		if s.Wave != wave {
			room, wave = 0, s.Wave
		}
		if err := c.await(ctx, room); err != nil {
			return err
		}
		if err := c.queue(ctx, s); err != nil {
			return err
		}
	}
	return c.await(ctx, 0)
}

// isOver tells whether a step is in the journal, and counts it the first time.
func (c *coordinator) isOver(s transfer.Step) bool {
	counted, over := c.over[c.key(s)]
	if over && !counted {
		c.over[c.key(s)] = true
		c.done += s.Items()
	}
	return over
}

// key names a step in the journal.
func (c *coordinator) key(s transfer.Step) string {
	return c.run + "." + unsafeRE.ReplaceAllString(s.ID(), "_")
}

// unsafeRE is what neither subjects nor keys can have.
var unsafeRE = regexp.MustCompile(`[^A-Za-z0-9/_=-]`)

// revoke removes a step from the journal, so that it can be done again.
func (c *coordinator) revoke(ctx context.Context, s transfer.Step) error {
	var r record
	if _, err := c.read(ctx, c.key(s), &r); err != nil {
		return err
	}
	c.report.Remove(&r.Result)
	delete(c.over, c.key(s))
	c.done -= s.Items()
	return c.persist(ctx, func(ctx context.Context) error { return c.journal.Delete(ctx, c.key(s)) })
}

// queue puts a step into the queue, unless an earlier Run did.
func (c *coordinator) queue(ctx context.Context, s transfer.Step) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	c.queued[c.key(s)] = s
	return c.persist(ctx, func(ctx context.Context) error {
		// The queue has one subject for each step: however long it is there, and
		// whoever put it there, it is not put there twice.
		_, err := c.js.Publish(ctx, c.prefix+c.key(s), text, jetstream.WithExpectLastSequencePerSubject(0))
		var answer *jetstream.APIError
		if errors.As(err, &answer) && answer.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
			return nil
		}
		return err
	})
}

// await waits until there are at most n steps that are not over.
func (c *coordinator) await(ctx context.Context, n int) error {
	for len(c.queued) > n {
		entry, err := next(ctx, c.watcher)
		if err != nil {
			return err
		}
		result, err := c.enter(entry)
		if err != nil {
			return err
		}
		s, ok := c.queued[entry.Key()]
		if !ok || result == nil {
			continue
		}
		delete(c.queued, entry.Key())
		c.isOver(s)
		c.bytes += result.Bytes
		for i := range result.Problems {
			if err := c.tell(ctx, transfer.Event{Problem: &result.Problems[i]}); err != nil {
				return err
			}
		}
		if err := c.tell(ctx, transfer.Event{}); err != nil {
			return err
		}
	}
	return nil
}

// enter takes the result of a step into the report. It is nil for one that was
// there before.
func (c *coordinator) enter(entry jetstream.KeyValueEntry) (*transfer.Result, error) {
	if _, known := c.over[entry.Key()]; known || entry.Operation() != jetstream.KeyValuePut {
		return nil, nil
	}
	var r record
	if err := json.Unmarshal(entry.Value(), &r); err != nil {
		return nil, fmt.Errorf("%w: %s in the journal: %w", errors.ErrDamaged, entry.Key(), err)
	}
	c.over[entry.Key()] = false
	c.report.Add(&r.Result)
	return &r.Result, nil
}

// tell completes an event and passes it on, to the journal not more than once a
// second.
func (c *coordinator) tell(ctx context.Context, e transfer.Event) error {
	e.Phase, e.Done, e.Total, e.Bytes = c.phase, c.done, c.total, c.bytes
	e.Elapsed = time.Since(c.since)
	e.Pace(c.earlier)
	if c.Progress != nil {
		c.Progress(e)
	}
	if time.Since(c.told) < time.Second && c.done < c.total || e.Problem != nil {
		return nil
	}
	c.told = time.Now()
	return c.put(ctx, progressKey, e)
}
