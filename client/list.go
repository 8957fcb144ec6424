package client

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/spawn"
	"plone.example/restapi/internal/wire"
)

// Batch is one page of a list.
type Batch[T any] struct {
	Response
	URL        string    // address of the list, without its paging
	Items      []T       // each item of a list comes once, however often the server sends it
	Errors     []error   // for each item that cannot be read, which Items lacks: a [errors.DecodeError] or a [WalkError]
	ItemsTotal int       // of all pages, as the server counts, without what is left out; -1 when it does not say
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

const (
	defaultPageSize = 100
	maxPageSize     = math.MaxInt32 // more cannot come
)

// list reads a list that the server cuts into batches. It counts the batches
// itself, since not every link that the server names leads on.
type list[T any] struct {
	client  *Client
	request request
	size    int // items per request
	start   int // items to pass over
	// catalog is a search of the catalog: objects that are equal in its order need a
	// second key, and its second half is read from the end.
	catalog bool
	others  bool          // without the object that the list is asked of
	whole   bool          // every request brings all items
	wanted  func(*T) bool // what the server was told to leave out, but may send; nil for all
	// paging puts the place of a batch where the service looks for it; nil for
	// b_start and b_size in the query.
	paging func(r *request, start, size int)
	check  func(*Querystring) error // of a search: whether the site knows what it is about
	// columns of the catalog that the caller asks for beside those of Summary.
	columns []string
	full    bool // of whole objects
	// broken tells the error of a page that one item on it causes; nil when none is
	// known.
	broken func(error) bool
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

// page returns the batch at the start of the list.
func (l *list[T]) page(ctx context.Context, opts []CallOption) (*Batch[T], error) {
	var page *Batch[T]
	size := cmp.Or(l.size, defaultPageSize)
	err := l.read(ctx, false, opts, func(batch *Batch[T]) bool {
		if page == nil {
			page = batch
		} else { // one for the object that was left out
			page.Items = append(page.Items, batch.Items[:min(size-len(page.Items), len(batch.Items))]...)
		}
		return len(page.Items) < size
	})
	if err != nil && (page == nil || !errors.Is(err, errors.ErrListChanged)) {
		return nil, err
	}
	return page, nil
}

// itemsOf yields the items of batches, and an error for each that cannot be read.
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
			for _, err := range batch.Errors {
				if !yield(nil, err) {
					return
				}
			}
		}
	}
}

// ready returns the list with what belongs to the request of each of its pages.
func (l *list[T]) ready(ctx context.Context, opts []CallOption) (*list[T], error) {
	read := *l
	r := read.request.apply(opts)
	switch {
	case ctx == nil:
		return nil, invalid("a nil context")
	case r.err != nil:
		return nil, r.err
	case l.size < 0 || l.start < 0:
		return nil, invalid("a negative PageSize or Start")
	case r.Query.Has("b_start") || r.Query.Has("b_size"):
		return nil, invalid("b_start or b_size in the query of a list; use PageSize and Start")
	}
	read.size = min(cmp.Or(l.size, defaultPageSize), maxPageSize)
	if l.catalog {
		r.Query = maps.Clone(r.Query)
		orderTotally(r.Query)
		read.check = func(q *Querystring) error { return q.checkSearch(r.Query) }
	}
	if read.check != nil {
		if err := l.client.checkOffer(ctx, r.Path, read.check); err != nil {
			return nil, err
		}
	}
	return &read, nil
}

// sorted reports whether the list is a search in an order that can be turned round.
func (l *list[T]) sorted() bool {
	_, sorted := parameter(l.request.Query, "sort_on")
	return l.catalog && sorted
}

// read fetches batch after batch until the end or until yield wants no more.
// With split, a batch that is large comes in pieces.
func (l *list[T]) read(ctx context.Context, split bool, opts []CallOption, yield func(*Batch[T]) bool) error {
	l, err := l.ready(ctx, opts)
	if err != nil {
		return err
	}
	var self object
	if l.others {
		self.same = l.client.sameObject(l.request.Path)
	}
	start, total, err := l.position(ctx, &self)
	if err != nil {
		return err
	}
	seen := seen{seed: maphash.MakeSeed()}
	moved := false
	// The server may have more than it counts: some count the items of the page.
	further, largest := false, 0
	size := l.size
	for {
		page := page[T]{size: size, ItemsTotal: -1}
		received, fresh, stopped := 0, 0, false
		of, from, count := l, start, size
		backwards := l.sorted() && start > 0 && 2*start > total && start < total
		if backwards {
			of, count = l.reverse(), min(size, total-start)
			from = total - start - count
		}
		batch := &Batch[T]{}
		var strange error // about the columns
		page.take = func(items []T, unread []error) bool {
			received += len(items) + len(unread)
			if backwards {
				slices.Reverse(items)
			}
			if strange == nil && received == len(items)+len(unread) && len(items) > 0 {
				strange = l.client.checkColumns(&items[0], l.columns)
			}
			if strange == nil && l.full {
				strange = checkWhole(items)
			}
			if strange != nil {
				return false
			}
			seen.grow(len(items))
			unread = slices.DeleteFunc(unread, func(err error) bool { return !seen.add(unreadItem{err}) })
			fresh += len(unread)
			wanted := items[:0]
			for i := range items {
				if !seen.add(&items[i]) {
					moved = moved || !further
					continue
				}
				fresh++
				if self.is(&items[i]) {
					self = object{hit: true}
					continue
				}
				if l.wanted == nil || l.wanted(&items[i]) {
					wanted = append(wanted, items[i])
				}
			}
			switch {
			case len(wanted)+len(unread) == 0:
			case split:
				stopped = !yield(&Batch[T]{Items: wanted, Errors: unread})
			case batch.Items == nil:
				batch.Items, batch.Errors = wanted, append(batch.Errors, unread...)
			default:
				batch.Items, batch.Errors = append(batch.Items, wanted...), append(batch.Errors, unread...)
			}
			return !stopped
		}
		resp, err := of.fetch(ctx, from, count, &page)
		if err != nil && l.broken != nil && l.broken(err) {
			// One item is to blame; halving finds it.
			if count > 1 {
				size = (count + 1) / 2
				continue
			}
			if !yield(&Batch[T]{Errors: []error{of.itemError(ctx, from, err)}}) {
				return nil
			}
			start, size = start+1, l.size
			if total >= 0 && start >= total {
				return nil
			}
			continue
		}
		if err := cmp.Or(err, strange); err != nil || stopped {
			return err
		}
		if gone := min(count, int(page.ItemsTotal)-from) - received; gone > 0 && l.full && l.broken != nil {
			ghosts, err := of.ghosts(ctx, from, count, seen)
			if err != nil {
				return err
			}
			received += len(ghosts)
			fresh += len(ghosts)
			batch.Errors = append(batch.Errors, ghosts...)
			if split && len(ghosts) > 0 && !yield(&Batch[T]{Errors: ghosts}) {
				return nil
			}
		}
		if page.Batching != nil || int(page.ItemsTotal) > received {
			l.client.counts.Store(true)
		}
		switch {
		case further && int(page.ItemsTotal) <= received:
			page.ItemsTotal = -1 // it is that of the page
		case total >= 0 && int(page.ItemsTotal) != total:
			moved = moved || !further
		}
		start, total = start+received, int(page.ItemsTotal)
		if !split {
			if start < total {
				if err := l.settle(ctx, &self); err != nil {
					return err
				}
			}
			batch.Response, batch.URL, batch.ItemsTotal, batch.Batching = summary(resp), page.URL, total, page.Batching
			if self.hit && total > 0 {
				batch.ItemsTotal--
			}
			if (!further || fresh > 0) && !yield(batch) {
				return nil
			}
		}
		switch {
		case further && fresh == 0:
			return nil
		case received > 0 && fresh == 0:
			return fmt.Errorf("plone: %w: a page brought nothing new", errors.ErrListChanged)
		case total < 0 && received > 0 && page.Batching != nil && page.Batching.Next != "":
			// The server does not count, and says that there is more.
		case total >= 0 && start < total && received > 0:
		case !moved && (further || total < 0 || start == received) && l.mayGoOn(page.Batching, received, count, further, largest):
			further, largest = true, max(largest, received)
		case moved || start < total:
			return fmt.Errorf("plone: %w: read %d of %d items", errors.ErrListChanged, start, total)
		default:
			return nil
		}
	}
}

// smallestCap is the least number of items that a server is expected to cut its pages
// to, whatever it is asked for.
const smallestCap = 10

// mayGoOn reports whether there may be more behind a page that the server counts as
// the last one. Plone tells where the pages of a list are when there are several; others
// do not, and send and count as many items as they like to. A page with fewer than
// those before ends their list.
func (l *list[T]) mayGoOn(links *Batching, received, asked int, further bool, largest int) bool {
	switch {
	case l.whole || links != nil || received == 0:
		return false
	case further:
		return received >= largest
	default:
		return !l.client.counts.Load() && (received >= asked || received >= smallestCap)
	}
}

// object is the object that a search is made at, which the server may find too.
type object struct {
	same func(id string) bool // nil when it does not come, or is not to be left out
	hit  bool                 // it is found, and left out
}

// is reports whether item is the object.
func (o *object) is(item any) bool {
	i, ok := item.(identified)
	return o.same != nil && ok && o.same(i.identity())
}

// settle finds out whether the search finds the object that it is made at.
func (l *list[T]) settle(ctx context.Context, self *object) error {
	if self.same == nil || self.hit {
		return nil
	}
	look := l.summaries()
	for name := range look.request.Query {
		if name, _, _ = strings.Cut(name, ":"); name == "path" || name == "path.query" {
			return nil // it is not asked for below the object
		}
	}
	look.request.Query.Set("path.depth", "0")
	page := page[Summary]{size: 1, take: func(items []Summary, _ []error) bool {
		self.hit = len(items) > 0 && self.is(&items[0])
		return true
	}}
	if _, err := look.fetch(ctx, 0, 1, &page); err != nil {
		return err
	}
	if !self.hit {
		self.same = nil
	}
	return nil
}

// position returns where the server has the first item that is wanted, and how many
// items it counts, -1 where it was not asked.
func (l *list[T]) position(ctx context.Context, self *object) (start, total int, err error) {
	start, total = l.start, -1
	if start == 0 || self.same == nil && !l.sorted() {
		return start, total, nil
	}
	look := l.summaries()
	for at, before := 0, false; at <= l.start && !before; {
		size := 1 // for the total
		if self.same != nil {
			size = min(l.start+1-at, 10*defaultPageSize)
		}
		page := page[Summary]{size: size, ItemsTotal: -1, take: func(items []Summary, _ []error) bool {
			at += len(items)
			before = before || slices.ContainsFunc(items, func(s Summary) bool { return self.is(&s) })
			return true
		}}
		received := at
		if _, err := look.fetch(ctx, at, size, &page); err != nil {
			return 0, 0, err
		}
		total = int(page.ItemsTotal)
		if before {
			*self, start = object{hit: true}, start+1
		}
		if at == received || self.same == nil {
			break
		}
		if at <= l.start {
			if err := l.settle(ctx, self); err != nil {
				return 0, 0, err
			}
		}
	}
	return start, total, nil
}

// summaries is the same search for the least that there is of its hits.
func (l *list[T]) summaries() *list[Summary] {
	look := &list[Summary]{client: l.client, request: l.request}
	look.request.setQuery("metadata_fields", "UID")
	delete(look.request.Query, "fullobjects")
	if body, found := l.request.Body.(queryBody); found {
		body.FullObjects = false
		look.request.Body = body
	}
	return look
}

// checkWhole refuses summaries in the place of objects: not every server knows that
// these were asked for.
func checkWhole[T any](items []T) error {
	for i := range items {
		if object, known := any(&items[i]).(interface{ whole() bool }); !known || object.whole() {
			return nil
		}
	}
	if len(items) == 0 {
		return nil
	}
	return fmt.Errorf("plone: %w: the server sends summaries for fullobjects, not objects", errors.ErrUnsupported)
}

// raised reports whether the server itself failed over what was asked for.
func raised(err error) bool { return refused(err, errors.ErrServer) }

// itemError is the error of the item at a place, which it names when its summary can
// be read.
func (l *list[T]) itemError(ctx context.Context, at int, err error) error {
	result := &WalkError{Err: err}
	if l.full {
		page := page[Summary]{size: 1, take: func(items []Summary, _ []error) bool {
			if len(items) > 0 {
				result.UID, result.URL = items[0].UID, items[0].URL
			}
			return true
		}}
		_, _ = l.summaries().fetch(ctx, at, 1, &page)
	}
	return result
}

// ghosts returns the errors of entries of the catalog whose objects are gone, which
// the server leaves out of a page: those that have a summary, and did not come.
func (l *list[T]) ghosts(ctx context.Context, start, size int, came seen) ([]error, error) {
	var errs []error
	page := page[Summary]{size: size, take: func(items []Summary, _ []error) bool {
		for i := range items {
			if s := &items[i]; !came.has(s) {
				errs = append(errs, &WalkError{UID: s.UID, URL: s.URL, Err: fmt.Errorf("%w: the catalog lists an object that is gone", errors.ErrNotFound)})
			}
		}
		return true
	}}
	_, err := l.summaries().fetch(ctx, start, size, &page)
	return errs, err
}

// reverse returns the list in the reverse order.
func (l *list[T]) reverse() *list[T] {
	back := *l
	back.request.Query = maps.Clone(l.request.Query)
	turnOrder(back.request.Query)
	return &back
}

// fetch reads the batch that begins at start.
func (l *list[T]) fetch(ctx context.Context, start, size int, page *page[T]) (*http.Response, error) {
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
	if l.client.timeout > 0 {
		clock := newClock(ctx, l.client.timeout)
		defer clock.stop()
		take := page.take
		page.take = func(items []T, unread []error) bool {
			clock.pause() // it is the caller who works now
			defer clock.resume()
			return take(items, unread)
		}
		ctx, r.timed = clock, true
	}
	buf := l.client.buffers.Get().(*bytes.Buffer)
	defer l.client.release(buf)
	asked, empty := &r, *page
	var err error
	asked.read = func(resp *http.Response) error {
		buf.Reset()
		*page = empty
		page.unread = func(item []byte, err error) error { return l.client.decodeError(resp, item, err) }
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

// has reports whether item came.
func (s *seen) has(item identified) bool {
	_, found := s.hashes[maphash.String(s.seed, item.identity())]
	return found
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

// unreadItem is an item that cannot be read; it is known by its address, or else by
// its JSON.
type unreadItem struct{ error }

func (u unreadItem) identity() string {
	if e, found := errors.AsType[*errors.DecodeError](u.error); found {
		var address string
		if decodeMember(e.Body, "@id", &address) == nil && address != "" {
			return address
		}
		return string(e.Body)
	}
	return u.Error()
}

// page is a batch on its way in.
type page[T any] struct {
	size   int                       // items to take at once, when the batch is large
	limit  int64                     // bytes of one item
	take   func([]T, []error) bool   // owns the items, and the errors of others; false ends the reading
	taken  bool                      // it got some
	unread func([]byte, error) error // makes the error of an item
	errs   []error                   // of items

	URL        string    `json:"@id"`
	Items      []T       `json:"items"`
	ItemsTotal count     `json:"items_total"` // of all batches; -1 when the server does not say
	Batching   *Batching `json:"batching"`
	Links      *Batching `json:"links"` // what aliases call their batching
}

// count is a number of items; -1 when that is unknown.
type count int

// UnmarshalJSON implements json.Unmarshaler.
func (c *count) UnmarshalJSON(data []byte) error {
	if n := new(int); string(data) != "null" && wire.Unmarshal(data, n) == nil {
		*c = count(*n)
	} else {
		*c = -1
	}
	return nil
}

// read decodes the answer. One that does not fit into buf is decoded item by
// item while it arrives, so that neither its bytes nor its items are in memory
// at once unless the caller keeps them.
func (p *page[T]) read(resp *http.Response, body io.Reader, buf *bytes.Buffer) error {
	body, err := readable(resp.Header, body)
	if err != nil {
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
	case n > whole:
		err = p.stream(io.MultiReader(bytes.NewReader(buf.Bytes()), body))
	case !p.decode(wire.Clean(buf.Bytes())):
		err = p.stream(bytes.NewReader(buf.Bytes())) // which finds what is wrong with which item
	}
	if p.Batching == nil {
		p.Batching = p.Links
	}
	return err
}

// decode decodes a batch that is there as a whole, and reports whether it can be
// read; else it is as before.
func (p *page[T]) decode(data []byte) bool {
	got := *p
	// An array replaces this slice when it is empty, and fills it otherwise.
	got.Items = p.room(len(data))
	if wire.Unmarshal(data, &got) != nil || got.Items == nil || len(got.Items) == 0 && cap(got.Items) > 0 {
		return false
	}
	var body *answer
	for i := range got.Items {
		item := any(&got.Items[i])
		if v, ok := item.(checker); ok && v.check() != nil {
			return false
		}
		if v, ok := item.(keeper); ok {
			if body == nil {
				body = &answer{body: bytes.Clone(data)}
			}
			v.keep(origin{body, i})
		}
	}
	*p = got
	p.hand()
	return true
}

// room returns space for the items of a page of so many bytes, of which there may be
// fewer than asked for. Few items of Plone are shorter than leastItem.
func (p *page[T]) room(size int) []T {
	const leastItem = 256 // bytes
	return make([]T, 0, min(p.size, size/leastItem+1))
}

// hand gives the items away.
func (p *page[T]) hand() (more bool) {
	items, errs := p.Items, p.errs
	p.taken, p.Items, p.errs = true, nil, nil
	return p.take(items, errs)
}

// stream decodes a batch while it arrives.
func (p *page[T]) stream(body io.Reader) error {
	in := &bounded{in: wire.NewReader(body), limit: p.limit, value: "a member of the list"}
	dec := wire.NewDecoder(in)
	if t, err := dec.ReadToken(); err != nil {
		return noEOF(err)
	} else if t.Kind() != '{' {
		return errors.New("the listing is not an object")
	}
	listed := false
	for in.begin(dec); dec.PeekKind() == '"'; in.begin(dec) {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		switch name.String() {
		case "@id":
			err = decodeNext(dec, &p.URL)
		case "items_total":
			err = decodeNext(dec, &p.ItemsTotal)
		case "batching":
			err = decodeNext(dec, &p.Batching)
		case "links":
			err = decodeNext(dec, &p.Links)
		case "items":
			listed = true
			var more bool
			if more, err = p.streamItems(dec, in); err == nil && !more {
				return nil
			}
		default:
			err = dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	if !listed {
		return errMissing("items")
	}
	if len(p.Items)+len(p.errs) > 0 && !p.hand() {
		return nil
	}
	// To the end, so that the connection can be used again.
	_, _ = io.CopyN(io.Discard, body, maxErrorBody)
	return nil
}

// decodeNext decodes a member of a list, which stays as it is when it has another
// shape.
func decodeNext(dec *jsontext.Decoder, member any) error {
	value, err := dec.ReadValue()
	if err == nil {
		_ = wire.Unmarshal(value, member)
	}
	return err
}

// streamItems takes all items but the last ones, which it keeps: a page that fails
// yields none, unless it has more than was asked for. It reports whether there is
// anything left to read.
func (p *page[T]) streamItems(dec *jsontext.Decoder, in *bounded) (more bool, err error) {
	if t, err := dec.ReadToken(); err != nil {
		return false, err
	} else if t.Kind() != '[' {
		return false, errors.New("the items of the listing are not an array")
	}
	in.value = "an item"
	p.Items, p.errs = p.room(maxPooledBuffer), nil
	for in.begin(dec); dec.PeekKind() != ']'; in.begin(dec) {
		if len(p.Items)+len(p.errs) == p.size {
			if !p.hand() {
				return false, nil
			}
			p.Items = p.room(maxPooledBuffer)
		}
		value, err := dec.ReadValue()
		if err != nil {
			return false, err
		}
		p.Items = append(p.Items, *new(T))
		last := len(p.Items) - 1
		if err := decodeJSON(value, &p.Items[last]); err != nil {
			p.Items, p.errs = p.Items[:last], append(p.errs, p.unread(value, err))
		}
	}
	in.value = "a member of the list"
	_, err = dec.ReadToken()
	return true, err
}

// noEOF keeps a body that was cut off from looking like the end of a list.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// bounded reads no more than one value may have. It leaves out the space before one.
type bounded struct {
	in    io.Reader
	read  int64
	start int64  // of the value
	begun bool   // the value, and not what is before it
	limit int64  // of its size
	value string // what is read, for the error
}

// begin says that the next value of dec, which reads from b, is another one.
func (b *bounded) begin(dec *jsontext.Decoder) { b.find(dec.UnreadBuffer()) }

// find looks for the start of the value in what was read last.
func (b *bounded) find(last []byte) {
	value := bytes.TrimLeft(last, ", \t\r\n")
	b.start, b.begun = b.read-int64(len(value)), len(value) > 0
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	room := b.start + b.limit - b.read
	if room <= 0 {
		return 0, fmt.Errorf("%s is larger than %d bytes", b.value, b.limit)
	}
	n, err := b.in.Read(p[:min(int64(len(p)), room)])
	if b.begun {
		b.read += int64(n)
		return n, err
	}
	n = copy(p, bytes.TrimLeft(p[:n], " \t\r\n"))
	b.read += int64(n)
	b.find(p[:n])
	if n == 0 && err == nil && len(p) > 0 {
		return b.Read(p)
	}
	return n, err
}

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
