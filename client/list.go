package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/spawn"
)

// Batch is one page of a list.
type Batch[T any] struct {
	Response
	URL        string    // address of the list, without its paging
	Items      []T       // each item of a list comes once, however often the server sends it
	ItemsTotal int       // of all pages, as the server counts; -1 when it does not say
	Batching   *Batching // nil when this is the only page
}

// Batching are the addresses of other pages, as the server names them. They are
// not always right, and those in the second half of a sorted search belong to the
// reverse order, in which it is read; the iterators count by themselves.
type Batching struct {
	URL   string `json:"@id"`
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
	// turned makes the order of the query the reverse one, for the second half, which
	// is read from the end; nil to read forwards all the time.
	turned func(url.Values)
	// paging puts the place of a batch where the service looks for it; nil for
	// b_start and b_size in the query.
	paging func(r *request, start, size int)
}

// identified is an item that a list has once.
type identified interface{ identity() string }

// pages yields the batches, one of them fetched ahead.
func (l *list[T]) pages(ctx context.Context, opts []CallOption) iter.Seq2[*Batch[T], error] {
	return ahead(ctx, func(ctx context.Context, yield func(*Batch[T]) bool) error {
		return l.read(ctx, false, opts, yield)
	})
}

// items yields the items, about one batch of them ahead. A server that sends
// more than was asked for does not make it hold more.
func (l *list[T]) items(ctx context.Context, opts []CallOption) iter.Seq2[*T, error] {
	return itemsOf(ahead(ctx, func(ctx context.Context, yield func(*Batch[T]) bool) error {
		return l.read(ctx, true, opts, yield)
	}))
}

// itemsOf yields the items of batches.
func itemsOf[T any](batches iter.Seq2[*Batch[T], error]) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for batch, err := range batches {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range batch.Items {
				if !yield(&batch.Items[i], nil) {
					return
				}
			}
		}
	}
}

// read fetches batch after batch until the end or until yield wants no more.
// With split, a batch that is large comes in pieces.
func (l *list[T]) read(ctx context.Context, split bool, opts []CallOption, yield func(*Batch[T]) bool) error {
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
		page := page[T]{size: size, ItemsTotal: -1}
		received, fresh, stopped := 0, 0, false
		of, from, count := l, start, size
		backwards := l.turned != nil && total > 0 && 2*start > total
		if backwards {
			of, count = l.reverse(), min(size, total-start)
			from = total - start - count
		}
		batch := &Batch[T]{}
		page.take = func(items []T) bool {
			received += len(items)
			if backwards {
				slices.Reverse(items)
			}
			seen.grow(len(items))
			wanted := items[:0]
			for i := range items {
				if !seen.add(&items[i]) {
					moved = true
					continue
				}
				fresh++
				if l.without == nil || !l.without(&items[i]) {
					wanted = append(wanted, items[i])
				}
			}
			switch {
			case len(wanted) == 0:
			case split:
				stopped = !yield(&Batch[T]{Items: wanted})
			case batch.Items == nil:
				batch.Items = wanted
			default:
				batch.Items = append(batch.Items, wanted...)
			}
			return !stopped
		}
		resp, err := of.fetch(ctx, from, count, opts, &page)
		if err != nil || stopped {
			return err
		}
		if start > 0 && page.ItemsTotal != total {
			moved = true
		}
		total = page.ItemsTotal
		start += received
		if !split {
			batch.Response, batch.URL, batch.ItemsTotal, batch.Batching = summary(resp), page.URL, total, page.Batching
			if !yield(batch) {
				return nil
			}
		}
		switch {
		case received > 0 && fresh == 0:
			return fmt.Errorf("plone: %w: a page brought nothing new", errors.ErrListChanged)
		case total < 0 && received > 0 && page.Batching != nil && page.Batching.Next != "":
			// The server does not count, and says that there is more.
		case received == 0 || start >= total:
			if moved || start < total {
				return fmt.Errorf("plone: %w: read %d of %d items", errors.ErrListChanged, start, total)
			}
			return nil
		}
	}
}

// reverse returns the list in the reverse order.
func (l *list[T]) reverse() *list[T] {
	back := *l
	back.request.Query = maps.Clone(l.request.Query)
	l.turned(back.request.Query)
	return &back
}

// fetch reads the batch that begins at start.
func (l *list[T]) fetch(ctx context.Context, start, size int, opts []CallOption, page *page[T]) (*http.Response, error) {
	r := l.request
	if l.paging != nil {
		l.paging(&r, start, size)
	} else {
		r.Query = make(url.Values, len(l.request.Query)+2)
		maps.Copy(r.Query, l.request.Query)
		r.Query["b_start"] = []string{strconv.Itoa(start)}
		r.Query["b_size"] = []string{strconv.Itoa(size)}
	}
	page.limit = l.client.maxResponse
	buf := l.client.buffers.Get().(*bytes.Buffer)
	defer l.client.release(buf)
	asked, empty := r.apply(opts), *page
	var err error
	asked.read = func(resp *http.Response) error {
		buf.Reset()
		*page = empty
		body := &breakable{Reader: resp.Body}
		if err = page.read(resp, body, buf); err == nil || page.taken {
			return nil
		}
		return body.err
	}
	return l.client.call(ctx, asked, func(_ context.Context, resp *http.Response) error {
		if err != nil {
			return l.client.decodeError(resp, buf.Bytes(), err)
		}
		return nil
	})
}

// breakable keeps what broke a body off.
type breakable struct {
	io.Reader
	err error
}

// Read implements io.Reader.
func (s *breakable) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != io.EOF {
		s.err = err
	}
	return n, err
}

// seen remembers which items came already, by a hash of their identity.
type seen struct {
	seed   maphash.Seed
	hashes map[uint64]struct{}
}

// grow makes room for n more.
func (s *seen) grow(n int) {
	if s.hashes == nil {
		s.hashes = make(map[uint64]struct{}, n)
	}
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
	s.hashes[h] = struct{}{}
	return true
}

// page is a batch on its way in.
type page[T any] struct {
	size  int            // items to take at once, when the batch is large
	limit int64          // bytes of one item
	take  func([]T) bool // owns the items; false ends the reading
	taken bool           // it got some

	URL        string    `json:"@id"`
	Items      []T       `json:"items"`
	ItemsTotal int       `json:"items_total"` // of all batches; -1 when the server does not say
	Batching   *Batching `json:"batching"`
	Links      *Batching `json:"links"` // what aliases call their batching
}

// read decodes the answer. One that does not fit into buf is decoded item by
// item while it arrives, so that neither its bytes nor its items are in memory
// at once unless the caller keeps them.
func (p *page[T]) read(resp *http.Response, body io.Reader, buf *bytes.Buffer) error {
	if err := checkContentType(resp.Header); err != nil {
		return err
	}
	whole := min(maxPooledBuffer, p.limit) // no item of it can be too large
	if n := resp.ContentLength; n > 0 && n <= whole {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(body, whole+1))
	switch {
	case err != nil:
		return err
	case n <= whole:
		err = p.decode(buf.Bytes())
	default:
		err = p.stream(io.MultiReader(bytes.NewReader(buf.Bytes()), body))
	}
	if p.Batching == nil {
		p.Batching = p.Links
	}
	return err
}

// decode decodes a batch that is there as a whole.
func (p *page[T]) decode(data []byte) error {
	// An array replaces this slice when it is empty, and fills it otherwise.
	p.Items = p.room()
	if err := json.Unmarshal(data, p); err != nil {
		return err
	}
	if p.Items == nil || len(p.Items) == 0 && cap(p.Items) > 0 {
		return errMissing("items")
	}
	var body *answer
	for i := range p.Items {
		item := any(&p.Items[i])
		if v, ok := item.(checker); ok {
			if err := v.check(); err != nil {
				return err
			}
		}
		if v, ok := item.(keeper); ok {
			if body == nil {
				body = &answer{body: bytes.Clone(data)}
			}
			v.keep(origin{body, i})
		}
	}
	p.hand(p.Items)
	return nil
}

// room returns space for the items of a page, of which there may be fewer than
// asked for.
func (p *page[T]) room() []T { return make([]T, 0, min(p.size, defaultPageSize*10)) }

// hand gives items away.
func (p *page[T]) hand(items []T) (more bool) {
	p.taken = true
	return p.take(items)
}

// stream decodes a batch while it arrives.
func (p *page[T]) stream(body io.Reader) error {
	in := &recorder{in: body, limit: p.limit, value: "a member of the list"}
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
			err = dec.Decode(&p.URL)
		case "items_total":
			err = dec.Decode(&p.ItemsTotal)
		case "batching":
			err = dec.Decode(&p.Batching)
		case "links":
			err = dec.Decode(&p.Links)
		case "items":
			listed = true
			var more bool
			if more, err = p.streamItems(dec, in); err == nil && !more {
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
	if len(p.Items) > 0 && !p.hand(p.Items) {
		return nil
	}
	// To the end, so that the connection can be used again.
	_, _ = io.CopyN(io.Discard, body, maxErrorBody)
	return nil
}

// streamItems takes all items but the last ones, which it keeps: a page that fails
// yields none, unless it has more than was asked for. It reports whether there is
// anything left to read.
func (p *page[T]) streamItems(dec *json.Decoder, in *recorder) (more bool, err error) {
	if t, err := dec.Token(); err != nil {
		return false, err
	} else if t != json.Delim('[') {
		return false, errors.New("the items of the listing are not an array")
	}
	in.forget(dec.InputOffset())
	in.value = "an item"
	p.Items = p.room()
	for dec.More() {
		if len(p.Items) == p.size {
			if !p.hand(p.Items) {
				return false, nil
			}
			p.Items = p.room()
		}
		p.Items = append(p.Items, *new(T))
		item := any(&p.Items[len(p.Items)-1])
		if err := dec.Decode(item); err != nil {
			return false, err
		}
		if v, ok := item.(checker); ok {
			if err := v.check(); err != nil {
				return false, err
			}
		}
		if v, ok := item.(keeper); ok {
			v.keep(origin{&answer{body: bytes.Clone(in.since(dec.InputOffset()))}, whole})
		}
		in.forget(dec.InputOffset())
	}
	in.value = "a member of the list"
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

// recorder remembers what was read, from a position of the decoder on. It reads
// no more than one value may have, and nothing after its first error.
type recorder struct {
	in     io.Reader
	record []byte
	start  int64  // position of record in the input
	limit  int64  // of record
	value  string // what is read, for the error
	err    error
}

// Read implements io.Reader.
func (r *recorder) Read(p []byte) (int, error) {
	r.forget(r.start + int64(len(r.record)-len(withoutSeparators(r.record))))
	room := r.limit - int64(len(r.record))
	if r.err == nil && room == 0 {
		r.err = fmt.Errorf("%s is larger than %d bytes", r.value, r.limit)
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.in.Read(p[:min(int64(len(p)), room)])
	r.record, r.err = append(r.record, p[:n]...), err
	return n, err
}

// forget drops what is before position.
func (r *recorder) forget(position int64) {
	if n := position - r.start; n > 0 {
		r.record, r.start = r.record[:copy(r.record, r.record[n:])], position
	}
}

// since returns the value that ends at position.
func (r *recorder) since(position int64) []byte {
	return withoutSeparators(r.record[:position-r.start])
}

// withoutSeparators cuts off what is between a value and the one before.
func withoutSeparators(data []byte) []byte { return bytes.TrimLeft(data, ", \t\r\n") }

// errUnwanted ends what was fetched ahead for a loop that has ended.
var errUnwanted = errors.New("the loop over the list has ended")

// ahead runs produce in a goroutine of its own, one value ahead of the consumer.
// The goroutine ends before the loop over the sequence does. When it panics, or
// ends by runtime.Goexit, so does the consumer: that is no end of the list.
func ahead[T any](ctx context.Context, produce func(ctx context.Context, yield func(T) bool) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if ctx == nil {
			yield(*new(T), invalid("a nil context"))
			return
		}
		ctx, stop := context.WithCancelCause(ctx)
		cancel := func() { stop(errUnwanted) }
		values := make(chan T)
		var err error
		producer := spawn.Go(func() {
			defer close(values)
			err = produce(ctx, func(v T) bool {
				if ctx.Err() != nil { // of two that are ready, select takes any
					return false
				}
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
		})
		defer func() { // also when the loop of the caller panics
			cancel()
			<-producer.Done()
		}()
		for v := range values {
			if !yield(v, nil) {
				cancel()
				producer.Wait()
				return
			}
		}
		producer.Wait()
		if err != nil {
			yield(*new(T), err)
		}
	}
}
