package fleet

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
)

// plan is a job that exists on paper.
type plan struct {
	steps []transfer.Step
	do    func(context.Context, transfer.Step) (*transfer.Result, error)
	reset map[string]bool // paths of steps whose outcome is gone

	mu   sync.Mutex
	done []string // paths of steps, in the order in which they were begun
}

func (p *plan) Phases() []transfer.Phase {
	var phases []transfer.Phase
	for _, s := range p.steps {
		phases = append(phases, s.Phase)
	}
	return slices.Compact(phases)
}

func (p *plan) Steps(_ context.Context, phase transfer.Phase) iter.Seq2[transfer.Step, error] {
	return func(yield func(transfer.Step, error) bool) {
		for _, s := range p.steps {
			if s.Phase == phase && !yield(s, nil) {
				return
			}
		}
	}
}

func (p *plan) Do(ctx context.Context, s transfer.Step) (*transfer.Result, error) {
	p.mu.Lock()
	p.done = append(p.done, s.Path)
	p.mu.Unlock()
	if p.do != nil {
		return p.do(ctx, s)
	}
	return did(s), nil
}

func (p *plan) Holds(s transfer.Step) bool { return !p.reset[s.Path] }

func (p *plan) Report() *transfer.Report {
	return &transfer.Report{Changes: map[transfer.Action]int{}, Losses: map[transfer.Loss]int{}}
}

// begun returns how often each path was begun.
func (p *plan) begun() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts := map[string]int{}
	for _, path := range p.done {
		counts[path]++
	}
	return counts
}

// did is the result of a step without incidents.
func did(s transfer.Step) *transfer.Result {
	return &transfer.Result{Items: 1, Bytes: 10, Counts: map[transfer.Action]int{transfer.Create: 1}}
}

// steps returns n steps in each of the waves.
func steps(phase transfer.Phase, waves, n int) []transfer.Step {
	var all []transfer.Step
	for wave := range waves {
		for i := range n {
			name := fmt.Sprintf("%s-%d-%d", phase, wave, i)
			all = append(all, transfer.Step{Phase: phase, Wave: wave, UIDs: []string{name}, Path: "/" + name})
		}
	}
	return all
}

// once is what begun returns when nothing was done twice.
func once(all []transfer.Step) map[string]int {
	counts := map[string]int{}
	for _, s := range all {
		counts[s.Path] = 1
	}
	return counts
}

func newEngine(t *testing.T) *Engine {
	t.Helper()
	e, err := Open(t.Context(), EngineOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

// workers starts n of them, and ends and awaits them at the end of the test.
func workers(t *testing.T, n int, conn *nats.Conn, j job, o Options) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if err := work(ctx, conn, j, o); err != nil {
				assert.ErrorIs(t, err, context.Canceled)
			}
		})
	}
	stop = func() { cancel(); all.Wait() }
	t.Cleanup(stop)
	return stop
}

// queued returns how many steps are in the queue.
func queued(t *testing.T, conn *nats.Conn, name string) uint64 {
	t.Helper()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), "plone-"+name)
	require.NoError(t, err)
	return stream.CachedInfo().State.Msgs
}

func TestRun_doesEveryStepOnceAndWaveByWave(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	p := &plan{steps: append(steps("content", 3, 20), steps("order", 1, 5)...)}
	workers(t, 3, e.Conn(), p, Options{Name: "a"})

	report, err := coordinate(t.Context(), e.Conn(), p, Options{Name: "a"})
	require.NoError(t, err)
	assert.Equal(t, 65, report.Items)
	assert.Equal(t, int64(650), report.Bytes)
	assert.Equal(t, map[transfer.Action]int{transfer.Create: 65}, report.Changes)
	assert.False(t, report.Resumed)
	assert.Positive(t, report.Elapsed)
	assert.Equal(t, once(p.steps), p.begun())
	require.Eventually(t, func() bool { return queued(t, e.Conn(), "a") == 0 }, time.Minute, time.Millisecond)
	for i, path := range p.done {
		part := i / 20
		assert.Equal(t, []string{"/content-0", "/content-1", "/content-2", "/order-0"}[part], path[:len("/order-0")+map[bool]int{true: 0, false: 2}[part == 3]], path)
	}
}

func TestRun_moreStepsThanTheQueueHolds(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	p := &plan{steps: steps("content", 1, window+500)}
	f, err := open(t.Context(), e.Conn(), Options{Name: "a"})
	require.NoError(t, err)
	most := uint64(0)
	p.do = func(ctx context.Context, s transfer.Step) (*transfer.Result, error) {
		info, err := f.stream.Info(ctx)
		if err == nil {
			p.mu.Lock()
			most = max(most, info.State.Msgs)
			p.mu.Unlock()
		}
		return did(s), err
	}
	workers(t, 1, e.Conn(), p, Options{Name: "a", Concurrency: 4})
	report, err := coordinate(t.Context(), e.Conn(), p, Options{Name: "a"})
	require.NoError(t, err)
	assert.Equal(t, window+500, report.Items)
	assert.Equal(t, once(p.steps), p.begun())
	// Steps that are over leave the queue a moment later.
	assert.LessOrEqual(t, most, uint64(window+8))
	assert.Greater(t, most, uint64(8))
}

func TestRun_isGoneOnWith(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	p := &plan{steps: append(steps("content", 2, 10), steps("order", 1, 5)...)}
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Name: "a", Progress: func(e transfer.Event) {
		if e.Done == 7 {
			cancel()
		}
	}}
	stop := workers(t, 1, e.Conn(), p, o)
	report, err := coordinate(ctx, e.Conn(), p, o)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 7, report.Items)
	stop()

	var first transfer.Event
	o.Progress = func(e transfer.Event) {
		if first.Total == 0 {
			first = e
		}
	}
	workers(t, 2, e.Conn(), p, o)
	report, err = coordinate(t.Context(), e.Conn(), p, o)
	require.NoError(t, err)
	assert.True(t, report.Resumed)
	assert.Equal(t, 25, report.Items)
	assert.GreaterOrEqual(t, first.Done, 7)
	assert.LessOrEqual(t, first.Done, 10, "what was queued is done meanwhile, and that is one wave")
	begun := 0
	for _, n := range p.begun() {
		begun += n
	}
	// The worker that was stopped may have been at a step.
	assert.LessOrEqual(t, begun, 26)
}

func TestRun_doesAgainWhatIsGone(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	p := &plan{steps: append(steps("content", 1, 10), steps("default pages", 1, 1)...)}
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Name: "a", Progress: func(e transfer.Event) {
		if e.Phase == "default pages" {
			cancel()
		}
	}}
	stop := workers(t, 1, e.Conn(), p, o)
	_, err := coordinate(ctx, e.Conn(), p, o)
	require.ErrorIs(t, err, context.Canceled)
	stop()
	p.reset = map[string]bool{"/content-0-3": true}
	workers(t, 1, e.Conn(), p, Options{Name: "a"})
	_, err = coordinate(t.Context(), e.Conn(), p, Options{Name: "a"})
	require.NoError(t, err)
	want := once(p.steps)
	want["/content-0-3"] = 2
	assert.Equal(t, want, p.begun())
}

func TestRun_queuesNothingTwice(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	p := &plan{steps: steps("content", 2, 30)}
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan error)
		go func() {
			_, err := coordinate(ctx, e.Conn(), p, Options{Name: "a"})
			stopped <- err
		}()
		require.Eventually(t, func() bool {
			js, err := jetstream.New(e.Conn())
			require.NoError(t, err)
			stream, err := js.Stream(ctx, "plone-a")
			return err == nil && stream.CachedInfo().State.Msgs >= 30
		}, time.Minute, time.Millisecond)
		cancel()
		require.ErrorIs(t, <-stopped, context.Canceled)
	}
	assert.Equal(t, uint64(30), queued(t, e.Conn(), "a"))
	workers(t, 2, e.Conn(), p, Options{Name: "a"})
	_, err := coordinate(t.Context(), e.Conn(), p, Options{Name: "a"})
	require.NoError(t, err)
	assert.Equal(t, once(p.steps), p.begun())
}

func TestRun_beginsAnewWhenTheLastOneIsDone(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	p := &plan{steps: steps("content", 1, 10)}
	for n := 1; n <= 3; n++ {
		stop := workers(t, 2, e.Conn(), p, Options{Name: "a"})
		report, err := coordinate(t.Context(), e.Conn(), p, Options{Name: "a"})
		require.NoError(t, err)
		assert.False(t, report.Resumed)
		assert.Equal(t, 10, report.Items)
		stop()
		for path, count := range p.begun() {
			assert.Equal(t, n, count, path)
		}
	}
	js, err := jetstream.New(e.Conn())
	require.NoError(t, err)
	journal, err := js.KeyValue(t.Context(), "plone-a")
	require.NoError(t, err)
	keys, err := journal.Keys(t.Context())
	require.NoError(t, err)
	assert.Len(t, keys, 10+2, "what there was about earlier runs is gone")
}

func TestRun_namesDoNotMix(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	a, b := &plan{steps: steps("content", 2, 10)}, &plan{steps: steps("content", 1, 20)}
	workers(t, 2, e.Conn(), a, Options{Name: "a"})
	workers(t, 2, e.Conn(), b, Options{Name: "b"})
	var both sync.WaitGroup
	for name, p := range map[string]*plan{"a": a, "b": b} {
		both.Go(func() {
			_, err := coordinate(t.Context(), e.Conn(), p, Options{Name: name})
			assert.NoError(t, err)
			assert.Equal(t, once(p.steps), p.begun())
		})
	}
	both.Wait()
}

func TestRun_observesProgress(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	p := &plan{steps: steps("content", 1, 5)}
	p.do = func(_ context.Context, s transfer.Step) (*transfer.Result, error) {
		r := did(s)
		if s.Path == "/content-0-3" {
			r.Problems = []transfer.Problem{{Phase: s.Phase, Path: s.Path, Message: "no"}}
		}
		return r, nil
	}
	var events []transfer.Event
	o := Options{Name: "a", Progress: func(e transfer.Event) { events = append(events, e) }}
	workers(t, 1, e.Conn(), p, o)
	report, err := coordinate(t.Context(), e.Conn(), p, o)
	require.ErrorIs(t, err, transfer.ErrIncomplete)
	assert.ErrorContains(t, err, "content /content-0-3: no")
	require.Len(t, report.Problems, 1)
	require.Len(t, events, 7)
	problems := 0
	for i, e := range events {
		assert.Equal(t, transfer.Phase("content"), e.Phase)
		assert.Equal(t, 5, e.Total)
		if e.Problem != nil {
			problems++
			assert.Equal(t, "/content-0-3", e.Problem.Path)
			continue
		}
		assert.Equal(t, i-problems, e.Done)
		assert.Equal(t, int64(10*e.Done), e.Bytes)
		assert.Equal(t, e.Done > 0, e.Rate > 0)
		assert.Equal(t, e.Done > 0 && e.Done < 5, e.Remaining > 0)
	}
	assert.Equal(t, 1, problems)
}

func TestRun_endsWithItsConnection(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	conn, err := nats.Connect(e.URL())
	require.NoError(t, err)
	p := &plan{steps: steps("content", 1, 5)}
	o := Options{Name: "a", Progress: func(transfer.Event) { go conn.Close() }}
	_, err = coordinate(t.Context(), conn, p, o)
	require.ErrorIs(t, err, nats.ErrConnectionClosed)
	require.ErrorIs(t, work(t.Context(), conn, p, o), nats.ErrConnectionClosed)
	for _, err := range Watch(t.Context(), conn, "a") {
		require.ErrorIs(t, err, nats.ErrConnectionClosed)
	}
}

func TestRun_failsWithTheSteps(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := coordinate(t.Context(), e.Conn(), unreadable{&plan{steps: steps("content", 1, 1)}}, Options{Name: "a"})
	require.ErrorIs(t, err, errors.ErrDamaged)
}

// unreadable is a job whose folder cannot be read.
type unreadable struct{ *plan }

func (unreadable) Steps(context.Context, transfer.Phase) iter.Seq2[transfer.Step, error] {
	return func(yield func(transfer.Step, error) bool) { yield(transfer.Step{}, errors.ErrDamaged) }
}

func TestWork_stepOfALostWorkerGoesToAnother(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	o := Options{Name: "a", Lost: 300 * time.Millisecond}
	p := &plan{steps: steps("content", 1, 3)}
	taken := lose(t, e, p, o, 3)
	assert.Len(t, taken, 3)
	workers(t, 1, e.Conn(), p, o)
	_, err := coordinate(t.Context(), e.Conn(), p, o)
	require.NoError(t, err)
	assert.Equal(t, once(p.steps), p.begun())
}

// lose queues the steps of a job, takes n, and is never heard of again.
func lose(t *testing.T, e *Engine, p *plan, o Options, n int) (taken []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	none := plan{steps: p.steps}
	var stopped sync.WaitGroup
	stopped.Go(func() {
		_, err := coordinate(ctx, e.Conn(), &none, o)
		assert.ErrorIs(t, err, context.Canceled)
	})
	defer stopped.Wait()
	defer cancel()
	f, err := open(t.Context(), e.Conn(), o)
	require.NoError(t, err)
	for range n {
		m, err := f.queue.Next()
		require.NoError(t, err)
		taken = append(taken, m.Subject())
	}
	return taken
}

// The worker was killed between the journal and its answer.
func TestWork_doesNotDoAgainWhatIsInTheJournal(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	o := Options{Name: "a", Lost: 300 * time.Millisecond}
	p := &plan{steps: steps("content", 1, 3)}
	f, err := open(t.Context(), e.Conn(), o)
	require.NoError(t, err)
	for _, subject := range lose(t, e, p, o, 2) {
		require.NoError(t, f.put(t.Context(), strings.TrimPrefix(subject, f.prefix), record{Result: *did(p.steps[0])}))
	}
	p.do = func(_ context.Context, s transfer.Step) (*transfer.Result, error) {
		assert.Eventually(t, func() bool { return queued(t, e.Conn(), "a") == 1 }, 10*time.Second, time.Millisecond)
		return did(s), nil
	}
	workers(t, 2, e.Conn(), p, o)
	report, err := coordinate(t.Context(), e.Conn(), p, o)
	require.NoError(t, err)
	assert.Len(t, p.begun(), 1)
	assert.Equal(t, 3, report.Items)
	assert.Zero(t, queued(t, e.Conn(), "a"))
}

func TestWork_setsAsideWhatKeepsFailing(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	o := Options{Name: "a", Lost: 300 * time.Millisecond, Tries: 3}
	p := &plan{steps: steps("content", 2, 5)}
	p.steps[2].UIDs = append(p.steps[2].UIDs, "second", "third")
	p.do = func(_ context.Context, s transfer.Step) (*transfer.Result, error) {
		switch s.UIDs[0] {
		case "second":
			return nil, errors.New("the disk has no second")
		case "third":
			return did(s), nil
		}
		if s.Path == p.steps[2].Path || s.Path == p.steps[7].Path && p.begun()[s.Path] < 3 {
			return nil, errors.New("the disk is full")
		}
		return did(s), nil
	}
	workers(t, 2, e.Conn(), p, o)
	report, err := coordinate(t.Context(), e.Conn(), p, o)
	require.ErrorIs(t, err, transfer.ErrIncomplete)
	assert.Equal(t, 10, report.Items, "all others are done, one of them at the third try, another one by itself")
	assert.Equal(t, []transfer.Problem{
		{Phase: "content", Path: "/content-0-2", UID: "content-0-2", Message: "set aside after 3 tries: the disk is full"},
		{Phase: "content", UID: "second", Message: "set aside after 3 tries: the disk has no second"},
	}, report.Problems)
	want := once(p.steps)
	want["/content-0-2"], want["/content-1-2"], want[""] = 4, 3, 2
	assert.Equal(t, want, p.begun())
	require.Eventually(t, func() bool { return queued(t, e.Conn(), "a") == 0 }, time.Minute, time.Millisecond)
}

func TestWork_setsAsideWhatKeepsLosingItsWorkers(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	o := Options{Name: "a", Lost: 200 * time.Millisecond, Tries: 2}
	p := &plan{steps: steps("content", 1, 1)}
	lose(t, e, p, o, 4)
	workers(t, 1, e.Conn(), p, o)
	report, err := coordinate(t.Context(), e.Conn(), p, o)
	require.ErrorIs(t, err, transfer.ErrIncomplete)
	require.Len(t, report.Problems, 1)
	assert.Equal(t, "set aside after 5 tries: its workers get lost", report.Problems[0].Message)
	assert.Empty(t, p.begun())
}

func TestWork_givesBackWhenItIsStopped(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	o := Options{Name: "a", Lost: time.Hour} // too long for the test to wait for
	begun := make(chan struct{})
	all := steps("content", 1, 1)
	stop := workers(t, 1, e.Conn(), &plan{do: func(ctx context.Context, _ transfer.Step) (*transfer.Result, error) {
		close(begun)
		<-ctx.Done()
		return nil, ctx.Err()
	}}, o)
	var report *transfer.Report
	var run sync.WaitGroup
	run.Go(func() {
		var err error
		report, err = coordinate(t.Context(), e.Conn(), &plan{steps: all}, o)
		assert.NoError(t, err)
	})
	<-begun
	stop()
	p := &plan{}
	workers(t, 1, e.Conn(), p, o)
	run.Wait()
	assert.Equal(t, once(all), p.begun())
	assert.Equal(t, 1, report.Items)
}

func TestWork_keepsAStepThatTakesLong(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	o := Options{Name: "a", Lost: 300 * time.Millisecond}
	p := &plan{steps: steps("content", 1, 1)}
	p.do = func(ctx context.Context, s transfer.Step) (*transfer.Result, error) {
		return did(s), pause(ctx, 4*o.Lost)
	}
	workers(t, 2, e.Conn(), p, o)
	_, err := coordinate(t.Context(), e.Conn(), p, o)
	require.NoError(t, err)
	assert.Equal(t, once(p.steps), p.begun())
}

func TestWork_stopsAStepThatMayBeWithAnother(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	far, err := nats.Connect(e.URL(), nats.MaxReconnects(-1))
	require.NoError(t, err)
	t.Cleanup(far.Close)
	o := Options{Name: "a", Lost: 300 * time.Millisecond}
	begun, cause := make(chan struct{}), make(chan error, 1)
	p := &plan{steps: steps("content", 1, 1), do: func(ctx context.Context, _ transfer.Step) (*transfer.Result, error) {
		close(begun)
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return nil, ctx.Err()
	}}
	ctx, cancel := context.WithCancel(t.Context())
	var both sync.WaitGroup
	both.Go(func() { _ = work(ctx, far, p, o) })
	both.Go(func() { _, _ = coordinate(ctx, far, p, o) })
	<-begun
	e.server.Shutdown()
	require.ErrorIs(t, <-cause, errLost)
	cancel()
	both.Wait()
}

func TestWork_survivesAnEngineThatIsAway(t *testing.T) {
	t.Parallel()
	options := server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true}
	start := func() *server.Server {
		o := options
		s, err := server.NewServer(&o)
		require.NoError(t, err)
		go s.Start()
		require.True(t, s.ReadyForConnections(time.Minute))
		return s
	}
	s := start()
	_, port, err := splitPort(s.Addr().String())
	require.NoError(t, err)
	options.Port = port
	conn, err := nats.Connect(s.ClientURL(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(conn.Close)

	p := &plan{steps: steps("content", 4, 25)}
	var once sync.Once
	p.do = func(_ context.Context, st transfer.Step) (*transfer.Result, error) {
		if st.Path == "/content-1-5" {
			once.Do(func() {
				s.Shutdown()
				s.WaitForShutdown()
				s = start()
			})
		}
		return did(st), nil
	}
	o := Options{Name: "a", Lost: time.Second, Tries: 100}
	workers(t, 3, conn, p, o)
	report, err := coordinate(t.Context(), conn, p, o)
	require.NoError(t, err)
	assert.Equal(t, 100, report.Items)
	assert.Len(t, p.begun(), 100)
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
}

func splitPort(address string) (host string, port int, err error) {
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == ':' {
			port, err = strconv.Atoi(address[i+1:])
			return address[:i], port, err
		}
	}
	return "", 0, errors.New("no port")
}

func TestWatch_yieldsProgressUntilTheEnd(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	p := &plan{steps: steps("content", 1, 5)}
	for _, err := range Watch(t.Context(), e.Conn(), "a") {
		require.ErrorIs(t, err, jetstream.ErrBucketNotFound)
	}
	release := make(chan struct{})
	p.do = func(_ context.Context, s transfer.Step) (*transfer.Result, error) {
		<-release
		return did(s), nil
	}
	workers(t, 1, e.Conn(), p, Options{Name: "a"})
	var run sync.WaitGroup
	run.Go(func() {
		_, err := coordinate(t.Context(), e.Conn(), p, Options{Name: "a"})
		assert.NoError(t, err)
	})
	require.Eventually(t, func() bool {
		js, err := jetstream.New(e.Conn())
		require.NoError(t, err)
		journal, err := js.KeyValue(t.Context(), "plone-a")
		if err != nil {
			return false
		}
		_, err = journal.Get(t.Context(), progressKey)
		return err == nil
	}, time.Minute, time.Millisecond)
	var last transfer.Event
	n := 0
	for event, err := range Watch(t.Context(), e.Conn(), "a") {
		require.NoError(t, err)
		if n++; n == 1 {
			assert.Equal(t, 0, event.Done)
			close(release)
		}
		last = event
	}
	assert.Equal(t, 5, last.Done)
	assert.Equal(t, 5, last.Total)
	assert.Equal(t, transfer.Phase("content"), last.Phase)
	run.Wait()
}

func TestOptions_thatCannotBe(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	for _, o := range []Options{
		{}, {Name: "a.b"}, {Name: "*"}, {Name: "a b"},
		{Name: "a", Tries: -1}, {Name: "a", Lost: -1}, {Name: "a", Replicas: -1}, {Name: "a", Concurrency: -1},
	} {
		_, err := Run(t.Context(), e.Conn(), &transfer.Job{}, o)
		require.ErrorIs(t, err, errors.ErrInvalidInput)
		require.ErrorIs(t, Work(t.Context(), e.Conn(), &transfer.Job{}, o), errors.ErrInvalidInput)
	}
}

func TestDelay_growsToItsLimit(t *testing.T) {
	t.Parallel()
	f := &fleet{Options: Options{Lost: 30 * time.Second}}
	var waits []time.Duration
	for n := 1; n <= 8; n++ {
		waits = append(waits, f.delay(n)/time.Second)
	}
	assert.Equal(t, []time.Duration{1, 2, 4, 8, 16, 32, 60, 60}, waits)
	assert.Equal(t, time.Minute, f.delay(1_000_000))
}
