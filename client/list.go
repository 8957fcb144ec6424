package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"plone.example/restapi/errors"
)

// Batch is one page of a list.
type Batch[T any] struct {
	Response
	ID         string    // address of the list, without its paging
	Items      []T       // each item of a list comes once, however often the server sends it
	ItemsTotal int       // of all pages, as the server counts; -1 when it does not say
	Batching   *Batching // nil when this is the only page
}

// Batching are the addresses of other pages, as the server names them. They are
// not always right; the iterators count by themselves.
type Batching struct {
	ID    string `json:"@id"`
	First string `json:"first"`
	Last  string `json:"last"`
	Next  string `json:"next,omitempty"`
	Prev  string `json:"prev,omitempty"`
}

// ListOptions say how to read the children of a folder.
type ListOptions struct {
	PageSize int      // items per request; 0 for 100
	Metadata []string // further columns of the catalog for Summary.Extra; "_all" for all of them
}

const defaultPageSize = 100

// list reads a list that the server cuts into batches. It counts the batches
// itself, since not every link that the server names leads on.
type list[T any] struct {
	client  *Client
	request request
	size    int           // items per request
	without func(*T) bool // items that the caller does not want
}

// identified is an item that a list has once.
type identified interface{ identity() string }

// pages yields the batches, one of them fetched ahead.
func (l *list[T]) pages(ctx context.Context) iter.Seq2[*Batch[T], error] {
	return ahead(ctx, func(ctx context.Context, yield func(*Batch[T]) bool) error {
		return l.read(ctx, false, yield)
	})
}

// items yields the items, about one batch of them ahead. A server that sends
// more than was asked for does not make it hold more.
func (l *list[T]) items(ctx context.Context) iter.Seq2[T, error] {
	chunks := ahead(ctx, func(ctx context.Context, yield func(*Batch[T]) bool) error {
		return l.read(ctx, true, yield)
	})
	return func(yield func(T, error) bool) {
		for chunk, err := range chunks {
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, item := range chunk.Items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// read fetches batch after batch until the end or until yield wants no more.
// With split, a batch comes in pieces of at most the page size.
func (l *list[T]) read(ctx context.Context, split bool, yield func(*Batch[T]) bool) error {
	size := l.size
	switch {
	case ctx == nil:
		return invalid("a nil context")
	case size < 0:
		return invalid("PageSize %d is negative", size)
	case size == 0:
		size = defaultPageSize
	}
	seen := seen{seed: maphash.MakeSeed()}
	total, moved := -1, false
	for start := 0; ; {
		page := pageReader[T]{total: -1}
		fresh, stopped := 0, false
		batch := &Batch[T]{}
		page.item = func(item *T) bool {
			page.items++
			if !seen.add(item) {
				moved = true
				return true
			}
			fresh++
			if l.without != nil && l.without(item) {
				return true
			}
			batch.Items = append(batch.Items, *item)
			if split && len(batch.Items) == size {
				stopped = !yield(batch)
				batch = &Batch[T]{}
			}
			return !stopped
		}
		resp, err := l.fetch(ctx, start, size, &page)
		if err != nil || stopped {
			return err
		}
		if start > 0 && page.total != total {
			moved = true
		}
		total = page.total
		start += page.items
		if !split || len(batch.Items) > 0 {
			batch.Response, batch.ID, batch.ItemsTotal, batch.Batching = summary(resp), page.id, page.total, page.batching
			if !yield(batch) {
				return nil
			}
		}
		switch {
		case page.items > 0 && fresh == 0:
			return fmt.Errorf("plone: %w: a page brought nothing new", errors.ErrListChanged)
		case page.items == 0 || start >= total:
			if moved || start < total {
				return fmt.Errorf("plone: %w: read %d of %d items", errors.ErrListChanged, start, total)
			}
			return nil
		}
	}
}

// fetch reads the batch that begins at start.
func (l *list[T]) fetch(ctx context.Context, start, size int, page *pageReader[T]) (*http.Response, error) {
	r := l.request
	r.Query = make(url.Values, len(l.request.Query)+2)
	for name, values := range l.request.Query {
		r.Query[name] = values
	}
	r.Query["b_start"] = []string{strconv.Itoa(start)}
	r.Query["b_size"] = []string{strconv.Itoa(size)}
	ctx, cancel := l.client.bound(ctx)
	defer cancel()
	resp, err := l.client.send(ctx, &r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if err := page.read(resp); err != nil {
		return nil, l.client.decodeError(resp, []byte{}, err)
	}
	return resp, nil
}

// seen remembers which items came already, by a hash of their identity.
type seen struct {
	seed   maphash.Seed
	hashes map[uint64]struct{}
}

// add reports whether item is new. An item without identity always is.
func (s *seen) add(item any) bool {
	i, ok := item.(identified)
	if !ok {
		return true
	}
	h := maphash.String(s.seed, i.identity())
	if _, found := s.hashes[h]; found {
		return false
	}
	if s.hashes == nil {
		s.hashes = map[uint64]struct{}{}
	}
	s.hashes[h] = struct{}{}
	return true
}

// pageReader decodes a batch item by item while it arrives, so that neither its
// bytes nor its items are ever in memory at once unless the caller keeps them.
type pageReader[T any] struct {
	item func(*T) bool // the item is good until it returns; false ends the reading

	id       string
	items    int // in this batch
	total    int // of all batches; -1 when the server does not say
	batching *Batching
}

func (p *pageReader[T]) read(resp *http.Response) error {
	if err := checkContentType(resp.Header); err != nil {
		return err
	}
	in := &recorder{in: resp.Body}
	dec := json.NewDecoder(in)
	if t, err := dec.Token(); err != nil {
		return noEOF(err)
	} else if t != json.Delim('{') {
		return errors.New("the listing is not an object")
	}
	listed := false
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return noEOF(err)
		}
		switch key {
		case "@id":
			err = dec.Decode(&p.id)
		case "items_total":
			err = dec.Decode(&p.total)
		case "batching", "links":
			err = dec.Decode(&p.batching)
		case "items":
			listed = true
			var more bool
			if more, err = p.readItems(dec, in); err == nil && !more {
				return nil
			}
		default:
			var skip json.RawMessage
			err = dec.Decode(&skip)
		}
		if err != nil {
			return noEOF(err)
		}
		in.forget(dec.InputOffset())
	}
	if _, err := dec.Token(); err != nil {
		return noEOF(err)
	}
	if !listed {
		return errMissing("items")
	}
	// To the end, so that the connection can be used again.
	_, _ = io.CopyN(io.Discard, resp.Body, maxErrorBody)
	return nil
}

// readItems reports whether there is anything left to read.
func (p *pageReader[T]) readItems(dec *json.Decoder, in *recorder) (more bool, err error) {
	if t, err := dec.Token(); err != nil {
		return false, err
	} else if t != json.Delim('[') {
		return false, errors.New("the items of the listing are not an array")
	}
	item := new(T)
	for dec.More() {
		in.forget(dec.InputOffset())
		*item = *new(T)
		if err := dec.Decode(item); err != nil {
			return false, err
		}
		if v, ok := any(item).(checker); ok {
			if err := v.check(); err != nil {
				return false, err
			}
		}
		if v, ok := any(item).(keeper); ok {
			v.keep(bytes.Clone(in.since(dec.InputOffset())))
		}
		if !p.item(item) {
			return false, nil
		}
	}
	_, err = dec.Token()
	return true, err
}

// noEOF keeps a body that was cut off from looking like the end of a list.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// recorder remembers what was read, from a position of the decoder on.
type recorder struct {
	in     io.Reader
	record []byte
	start  int64 // position of record in the input
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	r.record = append(r.record, p[:n]...)
	return n, err
}

// forget drops what is before position.
func (r *recorder) forget(position int64) {
	n := copy(r.record, r.record[position-r.start:])
	r.record, r.start = r.record[:n], position
}

// since returns the value that ends at position, without what separates it from
// the one before.
func (r *recorder) since(position int64) []byte {
	return bytes.TrimLeft(r.record[:position-r.start], ", \t\r\n")
}

// ahead runs produce in a goroutine of its own, one value ahead of the consumer.
// The goroutine ends before the loop over the sequence does.
func ahead[T any](ctx context.Context, produce func(ctx context.Context, yield func(T) bool) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if ctx == nil {
			yield(*new(T), invalid("a nil context"))
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		values := make(chan T)
		var err error
		go func() {
			defer close(values)
			err = produce(ctx, func(v T) bool {
				select {
				case values <- v:
					return true
				case <-ctx.Done():
					return false
				}
			})
			if err == nil {
				err = ctx.Err()
			}
		}()
		defer func() {
			cancel()
			for range values { // until the producer has gone
			}
		}()
		for v := range values {
			if !yield(v, nil) {
				return
			}
		}
		if err != nil {
			yield(*new(T), err)
		}
	}
}
