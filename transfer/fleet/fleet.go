package fleet

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
)

// Options say how a transfer is shared out. Its coordinator and its workers need
// the same Name, Tries, Lost and Replicas.
type Options struct {
	// Name tells this transfer from others in the same engine: at most 64 letters,
	// digits, - and _.
	Name string
	// Tries is how often a step may fail before it is set aside, 0 for 8. One that
	// loses its workers is given out twice as often, since they may get lost for
	// other reasons.
	Tries int
	// Lost is the time after which the step of a silent worker goes to another one;
	// 0 for 30 seconds. A step may take longer than that: workers speak up while
	// they are at it. A single request must not: what a lost worker has sent may
	// still be going on in the site, and a comment that comes of it later is there
	// twice. Steps that failed wait between a 30th and twice of it.
	Lost time.Duration
	// Replicas is how many servers of the cluster keep the queue and the journal; 0
	// for 1.
	Replicas int
	// Concurrency is how many steps Work does at once; 0 for 1.
	Concurrency int
	// If Progress is not nil, it receives the events of Run, one at a time.
	Progress func(transfer.Event)
	// If Logger is not nil, Work reports steps that failed to it.
	Logger *slog.Logger
}

// job is what this package needs of a [transfer.Job].
type job interface {
	Phases() []transfer.Phase
	Steps(context.Context, transfer.Phase) iter.Seq2[transfer.Step, error]
	Do(context.Context, transfer.Step) (*transfer.Result, error)
	Holds(transfer.Step) bool
	Report() *transfer.Report
}

// The keys of the journal, beside one for each step that is over.
const (
	runKey      = "run"      // a run
	progressKey = "progress" // the last transfer.Event
)

// run is one pass through a transfer. A pass that was interrupted goes on under
// the same ID.
type run struct {
	ID   string `json:"id"`
	Done bool   `json:"done,omitempty"`
}

// record is what the journal has about a step that is over.
type record struct {
	Result transfer.Result `json:"result"`
	Aside  bool            `json:"aside,omitempty"` // it kept failing
}

// fleet is a transfer in an engine: a stream with the steps that are to be done,
// each under the subject prefix + run + step, and a bucket with those that are
// over, under run + step.
type fleet struct {
	Options
	conn    *nats.Conn
	js      jetstream.JetStream
	stream  jetstream.Stream
	queue   jetstream.Consumer
	journal jetstream.KeyValue
	prefix  string
}

var nameRE = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// open finds the transfer in the engine, or makes it.
func open(ctx context.Context, conn *nats.Conn, o Options) (*fleet, error) {
	if o.Tries == 0 {
		o.Tries = 8
	}
	if o.Lost == 0 {
		o.Lost = 30 * time.Second
	}
	if o.Replicas == 0 {
		o.Replicas = 1
	}
	if o.Concurrency == 0 {
		o.Concurrency = 1
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case !nameRE.MatchString(o.Name):
		return nil, fmt.Errorf("%w: Name %q", errors.ErrInvalidInput, o.Name)
	case o.Tries < 0 || o.Lost < 0 || o.Replicas < 0 || o.Concurrency < 0:
		return nil, fmt.Errorf("%w: negative Tries, Lost, Replicas or Concurrency", errors.ErrInvalidInput)
	}
	f := &fleet{Options: o, conn: conn, prefix: "plone." + o.Name + "."}
	var err error
	if f.js, err = jetstream.New(conn); err != nil {
		return nil, err
	}
	err = f.persist(ctx, func(ctx context.Context) error {
		f.stream, err = f.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			Name:        "plone-" + o.Name,
			Description: "steps of a transfer that are to be done",
			Subjects:    []string{f.prefix + ">"},
			Retention:   jetstream.WorkQueuePolicy,
			Replicas:    o.Replicas,
		})
		if err != nil {
			return err
		}
		// The server knows how often it gave a step out, but it would keep one that
		// was given out too often, and say so only to those who listen just then.
		// So it gives out without end, and workers set aside.
		f.queue, err = f.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
			Durable:    "workers",
			AckPolicy:  jetstream.AckExplicitPolicy,
			AckWait:    o.Lost,
			MaxDeliver: -1,
		})
		if err != nil {
			return err
		}
		f.journal, err = f.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket:      "plone-" + o.Name,
			Description: "steps of a transfer that are over",
			Replicas:    o.Replicas,
		})
		return err
	})
	return f, err
}

// begin returns the ID of the run to go on with, and whether that is an old one.
func (f *fleet) begin(ctx context.Context) (id string, resumed bool, err error) {
	for {
		var last run
		revision, err := f.read(ctx, runKey, &last)
		if err != nil {
			return "", false, err
		}
		if revision > 0 && !last.Done {
			return last.ID, true, nil
		}
		if revision > 0 {
			if err := f.forget(ctx, last.ID); err != nil {
				return "", false, err
			}
		}
		next := run{ID: rand.Text()}
		text, err := json.Marshal(next)
		if err != nil {
			return "", false, err
		}
		err = f.persist(ctx, func(ctx context.Context) error {
			_, err := f.journal.Update(ctx, runKey, text, revision)
			return err
		})
		if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			continue // it is there: another coordinator was faster, or the answer got lost
		}
		return next.ID, false, err
	}
}

// forget removes what there is about a run that is done.
func (f *fleet) forget(ctx context.Context, id string) error {
	return f.persist(ctx, func(ctx context.Context) error {
		journal, err := f.js.Stream(ctx, "KV_"+f.journal.Bucket())
		if err != nil {
			return err
		}
		if err := f.journal.Purge(ctx, progressKey); err != nil {
			return err
		}
		return journal.Purge(ctx, jetstream.WithPurgeSubject("$KV."+f.journal.Bucket()+"."+id+".>"))
	})
}

// end marks a run as done, for the workers and the next Run. What is still in the
// queue is over too: its worker was lost before it could say so.
func (f *fleet) end(ctx context.Context, id string) error {
	err := f.persist(ctx, func(ctx context.Context) error {
		return f.stream.Purge(ctx, jetstream.WithPurgeSubject(f.prefix+id+".>"))
	})
	if err != nil {
		return err
	}
	return f.put(ctx, runKey, run{ID: id, Done: true})
}

// read decodes an entry of the journal. Its revision is 0 when it is not there.
func (f *fleet) read(ctx context.Context, key string, v any) (revision uint64, err error) {
	err = f.persist(ctx, func(ctx context.Context) error {
		entry, err := f.journal.Get(ctx, key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		revision = entry.Revision()
		return json.Unmarshal(entry.Value(), v)
	})
	return revision, err
}

// put stores an entry of the journal.
func (f *fleet) put(ctx context.Context, key string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return f.persist(ctx, func(ctx context.Context) error {
		_, err := f.journal.Put(ctx, key, text)
		return err
	})
}

// next waits for an entry of the journal. It is nil once, after what was there from
// the start.
func next(ctx context.Context, watcher jetstream.KeyWatcher) (jetstream.KeyValueEntry, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case entry, ok := <-watcher.Updates():
		if !ok {
			return nil, nats.ErrConnectionClosed
		}
		return entry, ctx.Err()
	}
}

// stop ends a watcher, and frees it when it is about to send.
func stop(watcher jetstream.KeyWatcher) {
	_ = watcher.Stop()
	go func() {
		for range watcher.Updates() {
			continue
		}
	}()
}

// persist does op until it ends in another way than because the engine is away.
func (f *fleet) persist(ctx context.Context, op func(context.Context) error) error {
	for n := 1; ; n++ {
		one, cancel := context.WithTimeout(ctx, f.Lost)
		err := op(one)
		cancel()
		if err == nil || !passes(err) {
			return err
		}
		if err := pause(ctx, f.delay(n)); err != nil {
			return err
		}
	}
}

// passes tells whether an error comes of an engine that is away for a while, or
// chooses another leader.
func passes(err error) bool {
	for _, target := range []error{
		context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrReconnectBufExceeded,
		nats.ErrConnectionReconnecting, jetstream.ErrNoStreamResponse,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	var answer *jetstream.APIError
	return errors.As(err, &answer) && answer.Code == 503
}

// delay is how long to wait after the nth failure in a row.
func (f *fleet) delay(n int) time.Duration {
	shortest, longest := f.Lost/30, 2*f.Lost
	if n > 10 {
		return longest
	}
	return min(shortest<<(n-1), longest)
}

// pause waits for d, or the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// whileOpen does op with a context that ends also when the connection is closed
// for good, since nothing comes from it then.
func whileOpen(ctx context.Context, conn *nats.Conn, op func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	closed := conn.StatusChanged(nats.CLOSED)
	if conn.IsClosed() {
		cancel(nats.ErrConnectionClosed) // which the channel does not tell
	}
	go func() {
		defer conn.RemoveStatusListener(closed)
		select {
		case <-ctx.Done():
		case <-closed:
			cancel(nats.ErrConnectionClosed)
		}
	}()
	err := op(ctx)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
