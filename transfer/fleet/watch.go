package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
)

// Watch yields how far the transfer of that name is, about once a second, until it
// is done. It is for a process that takes no part in it. Single problems are not
// among the events: they are in the report.
//
// Errors: [jetstream.ErrBucketNotFound] when there is no such transfer; that of an
// ended ctx or a closed connection.
func Watch(ctx context.Context, conn *nats.Conn, name string) iter.Seq2[transfer.Event, error] {
	return func(yield func(transfer.Event, error) bool) {
		err := whileOpen(ctx, conn, func(ctx context.Context) error { return watch(ctx, conn, name, yield) })
		if err != nil {
			yield(transfer.Event{}, fmt.Errorf("fleet: %w", err))
		}
	}
}

func watch(ctx context.Context, conn *nats.Conn, name string, yield func(transfer.Event, error) bool) error {
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	journal, err := js.KeyValue(ctx, "plone-"+name)
	if err != nil {
		return err
	}
	watcher, err := journal.WatchFiltered(ctx, []string{progressKey, runKey}, jetstream.IgnoreDeletes())
	if err != nil {
		return err
	}
	defer stop(watcher)
	for {
		entry, err := next(ctx, watcher)
		if err != nil {
			return err
		}
		var e transfer.Event
		var r run
		switch {
		case entry == nil: // all that was there
		case entry.Key() == runKey:
			if err := json.Unmarshal(entry.Value(), &r); err != nil {
				return fmt.Errorf("%w: %s: %w", errors.ErrDamaged, runKey, err)
			}
			if r.Done {
				return nil
			}
		default:
			if err := json.Unmarshal(entry.Value(), &e); err != nil {
				return fmt.Errorf("%w: %s: %w", errors.ErrDamaged, progressKey, err)
			}
			if !yield(e, nil) {
				return nil
			}
		}
	}
}
