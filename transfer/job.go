package transfer

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/spawn"
)

// A Phase is a part of a transfer. Each begins when the one before is done.
type Phase string

// A Step is a piece of a transfer that can be done again without harm, by any
// process that has the same folder: it is all that a worker needs to know. Steps
// of one Wave can be done side by side, those of the next one have to wait.
type Step struct {
	Phase Phase    `json:"phase"`
	Wave  int      `json:"wave,omitempty"`
	UIDs  []string `json:"uids,omitempty"` // of its items; ids of users or groups; nil when the phase is one step
	Path  string   `json:"path,omitempty"` // of its first item
}

// ID returns a name for the step that no other step of the transfer has.
func (s Step) ID() string {
	if len(s.UIDs) == 0 {
		return string(s.Phase)
	}
	sum := sha256.Sum256([]byte(strings.Join(s.UIDs, " ")))
	return fmt.Sprintf("%s/%x", s.Phase, sum[:12])
}

// Items returns what the step counts for in the progress.
func (s Step) Items() int { return max(len(s.UIDs), 1) }

// failed says which step an error stopped; nil for nil.
func (s Step) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("transfer: %s %s: %w", s.Phase, s.Path, err)
}

// A Job is a transfer cut into steps. Run does all of them here; a program that
// shares them out among machines calls Phases, Steps and Do itself. It is safe for
// concurrent use.
type Job struct {
	phases   []phase
	journal  string // path
	parallel int    // steps at once
	observe  func(Event)
	losses   map[Loss]int // that are known from the start; 0 where they cannot be counted
	folder   *folder
	known    func(context.Context) error // reports whether the site knows the user
	// survey looks at the site again; nil when nothing of it is remembered.
	survey func(context.Context) error

	mu     sync.Mutex // for what follows
	looked bool
	phase  Phase // of the last survey
	wave   int   // of the last survey
}

type phase struct {
	name  Phase
	steps func(context.Context) iter.Seq2[Step, error]
	// ahead reads what do needs, into the result, while the step before is still
	// being done; nil when there is nothing to read.
	ahead func(context.Context, Step, *Result) error
	do    func(context.Context, Step, *Result) error
	// holds reports whether a step that an earlier run did need not be done again;
	// nil when that is always so.
	holds func(Step) bool
}

// Phases returns the phases in their order.
func (j *Job) Phases() []Phase {
	var names []Phase
	for _, p := range j.phases {
		names = append(names, p.name)
	}
	return names
}

// Steps yields the steps of a phase, wave by wave. The phases before it have to be
// done. It yields the same steps again as long as folder and site stay as they
// are, those that are done included.
//
// Errors: those of reading the folder, or the site where that is needed.
func (j *Job) Steps(ctx context.Context, name Phase) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		p, err := j.find(name)
		if err == nil {
			err = j.look(ctx, name, 0)
		}
		if err != nil {
			yield(Step{}, err)
			return
		}
		for s, err := range p.steps(ctx) {
			if !yield(s, err) {
				return
			}
		}
	}
}

func (j *Job) find(name Phase) (phase, error) {
	i := slices.IndexFunc(j.phases, func(p phase) bool { return p.name == name })
	if i < 0 {
		return phase{}, fmt.Errorf("transfer: %w: no phase %q", errors.ErrInvalidInput, name)
	}
	return j.phases[i], nil
}

// look surveys the site once for each wave: what is remembered of it does not
// have what others did in the waves before.
func (j *Job) look(ctx context.Context, name Phase, wave int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.survey == nil || j.looked && j.phase == name && j.wave == wave {
		return nil
	}
	if err := j.survey(ctx); err != nil {
		return fmt.Errorf("transfer: %s: %w", name, err)
	}
	j.looked, j.phase, j.wave = true, name, wave
	return nil
}

// Holds reports whether the outcome of a step that is done is still there. The
// target may have been reset since; then the step has to be done again.
func (j *Job) Holds(s Step) bool {
	p, err := j.find(s.Phase)
	return err == nil && (p.holds == nil || p.holds(s))
}

// Do does one step. What belongs to single items, such as a field that the target
// refuses, is in the Problems of the result.
//
// Errors: that of a site or disk which cannot go on at the moment. The step can
// be done again.
func (j *Job) Do(ctx context.Context, s Step) (*Result, error) {
	p, err := j.find(s.Phase)
	if err != nil {
		return nil, err
	}
	if err := j.look(ctx, s.Phase, s.Wave); err != nil {
		return nil, err
	}
	r := &Result{}
	if err := p.read(ctx, s, r); err != nil {
		return nil, err
	}
	return r, j.do(ctx, p, s, r)
}

func (p phase) read(ctx context.Context, s Step, r *Result) error {
	if p.ahead == nil {
		return nil
	}
	return s.failed(p.ahead(ctx, s, r))
}

func (j *Job) do(ctx context.Context, p phase, s Step, r *Result) error {
	err := p.do(ctx, s, r)
	if err == nil {
		err = j.folder.sync()
	}
	if err == nil && slices.ContainsFunc(r.Problems, general) {
		err = j.known(ctx)
	}
	return s.failed(err)
}

// general reports whether a problem of one object may be one of the whole site: then
// the site is asked before the step counts as done.
func general(p Problem) bool {
	_, page := errors.AsType[*errors.DecodeError](p)
	return page || errors.Is(p, errors.ErrUnauthorized) || errors.Is(p, errors.ErrTooManyRequests) || errors.Is(p, errors.ErrServer)
}

// Report returns an empty report, with the losses that are to be expected. Who does
// the steps of the job adds their results.
func (j *Job) Report() *Report { return newReport(j.losses) }

// Close gives up what the job holds. The job cannot be used afterwards.
func (j *Job) Close() error { return j.folder.root.Close() }

// Run does all steps that no earlier run did, as many at once as the options say.
//
// Errors: [ErrIncomplete] together with the report when something could not be
// carried; any other error, also that of an ended ctx, when the run stopped:
// call Run again to go on.
func (j *Job) Run(ctx context.Context) (*Report, error) {
	begin := time.Now()
	report := j.Report()
	book, err := openJournal(j.journal, report)
	if err != nil {
		return nil, fmt.Errorf("transfer: %w", err)
	}
	report.Resumed = book.resumed
	over := false
	defer func() {
		report.Elapsed = time.Since(begin)
		if !over { // a panic
			_ = book.close()
		}
	}()
	for _, p := range j.phases {
		r := &run{job: j, phase: p, log: book, begin: time.Now()}
		if err := r.all(ctx); err != nil {
			over = true
			return report, errors.Join(err, book.close())
		}
	}
	over = true
	err = book.append(line{End: true})
	if err = errors.Join(err, book.close()); err != nil {
		return report, fmt.Errorf("transfer: %w", err)
	}
	if n := len(report.Problems); n > 0 {
		return report, fmt.Errorf("transfer: %w: %d problems, the first is %w", ErrIncomplete, n, report.Problems[0])
	}
	return report, nil
}

// run is one phase in the hands of Run.
type run struct {
	job   *Job
	phase phase
	begin time.Time

	mu          sync.Mutex // for the log and what follows
	log         *journal
	total, done int
	earlier     int // of done, by another run
	bytes       int64
	err         error
}

func (r *run) all(ctx context.Context) error {
	var todo []Step
	for s, err := range r.phase.steps(ctx) {
		if err != nil {
			return fmt.Errorf("transfer: %s: %w", r.phase.name, err)
		}
		r.total += s.Items()
		if r.known(s) {
			r.earlier += s.Items()
		} else {
			todo = append(todo, s)
		}
	}
	r.done = r.earlier
	if len(todo) == 0 {
		return ctx.Err()
	}
	r.tell(Event{})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var workers spawn.Group
	// As many steps read ahead as are being done.
	reading, doing := make(chan struct{}, r.job.parallel), make(chan struct{}, r.job.parallel)
	wave := todo[0].Wave
	for _, s := range todo {
		if s.Wave != wave {
			workers.Wait()
			wave = s.Wave
		}
		reading <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		workers.Go(func() {
			place, returned := reading, false
			defer func() {
				if !returned { // a panic, which ends the run
					cancel()
				}
				<-place
			}()
			turn := func() {
				doing <- struct{}{}
				<-reading
				place = doing
			}
			if err := r.step(ctx, s, turn); err != nil {
				r.fail(err, cancel)
			}
			returned = true
		})
	}
	workers.Wait()
	if r.err == nil {
		r.err = ctx.Err()
	}
	return r.err
}

// known reports whether another run did a step for good.
func (r *run) known(s Step) bool {
	id := s.ID()
	if r.log.done[id] && !r.job.Holds(s) {
		r.log.forget(id)
	}
	return r.log.done[id]
}

// fail keeps the first error and stops the other workers, whose errors come of
// that.
func (r *run) fail(err error, cancel context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
	cancel()
}

// step does a step. Between reading ahead and doing, it waits for its turn.
func (r *run) step(ctx context.Context, s Step, turn func()) error {
	result := &Result{}
	told := 0
	result.changed = func(c Change) { r.locked(func() { r.tell(Event{Change: &c}) }) }
	result.report = func(p Problem) { r.locked(func() { r.tell(Event{Problem: &p}) }) }
	result.moved = func(items int, bytes int64) {
		r.locked(func() {
			told += items
			r.done += items
			r.bytes += bytes
			r.tell(Event{})
		})
	}
	err := r.phase.read(ctx, s, result)
	turn()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = r.job.do(ctx, r.phase, s, result)
	}
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done += s.Items() - told
	if err := r.log.finish(s.ID(), result); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	if told < s.Items() {
		r.tell(Event{})
	}
	return nil
}

func (r *run) locked(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

// tell completes an event and passes it on.
func (r *run) tell(e Event) {
	if r.job.observe == nil {
		return
	}
	e.Phase, e.Done, e.Total, e.Bytes = r.phase.name, r.done, r.total, r.bytes
	e.Elapsed = time.Since(r.begin)
	e.Pace(r.earlier)
	r.job.observe(e)
}

// single is a phase of one step.
func single(name Phase, do func(context.Context, Step, *Result) error) phase {
	return phase{name: name, do: do, steps: func(context.Context) iter.Seq2[Step, error] {
		return func(yield func(Step, error) bool) { yield(Step{Phase: name}, nil) }
	}}
}
