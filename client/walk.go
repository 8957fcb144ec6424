package client

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"slices"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/spawn"
)

// WalkOptions say how to walk a tree.
type WalkOptions struct {
	PageSize int // objects per request; 0 for 50
	// Summaries fills in only what a [Summary] has, which is cheaper by far.
	Summaries bool
	// Concurrency is the most requests that are under way at once; 0 for 1. The
	// walk uses more than one only as long as that makes it faster, which on a
	// Plone of one process it does not.
	Concurrency int
	Where       []Condition // all of them must hold, as in SearchOptions
	Query       url.Values  // parameters as they are sent, as in SearchOptions
}

const (
	defaultWalkSize = 50
	// As many hits as one listing of a tree asks for. One listing is one state of
	// the database, so that up to here nothing can move while it is read.
	listingSize = 5000
	// So often a larger tree is listed again when it moves meanwhile.
	maxListings = 3
)

// WalkError is the error of one object in a walk, or in a search for whole objects,
// which goes on after it: the server cannot give it, or the catalog has an entry of an
// object that is gone, which matches [errors.ErrNotFound].
type WalkError struct {
	UID string // of the object; empty when it is not known
	URL string // its address; empty when it is not known
	Err error  // what the server said, or a [errors.DecodeError] of what cannot be read
}

// Error implements error.
func (e *WalkError) Error() string {
	return fmt.Sprintf("object %s: %v", cmp.Or(e.URL, e.UID, "without a name"), e.Err)
}

// Unwrap returns what the server said.
func (e *WalkError) Unwrap() error { return e.Err }

// Walk yields the object at path and everything below it that the user may see
// and the catalog knows: first what was created first. Each object comes once at
// most, whatever others do meanwhile: the walk lists the tree at the start, and
// then reads the objects by their UIDs, a batch ahead of the caller. An object
// that is renamed meanwhile comes under its new address, one that is new does
// not come.
//
// Errors: a [WalkError] for an object that the server cannot give, after which
// the walk goes on; [errors.ErrListChanged] at the end when objects came into the
// tree or left it meanwhile, all others having been yielded; any other error ends
// the walk.
//
// Source: plone.restapi documentation, "Search", "Retrieving full objects".
func (s *ContentService[T]) Walk(ctx context.Context, path string, o WalkOptions, opts ...CallOption) iter.Seq2[*T, error] {
	w := &walk[T]{client: s.client, path: path, options: o, opts: opts}
	batches := ahead(ctx, w.run)
	return func(yield func(*T, error) bool) {
		for batch, err := range batches {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range batch.items {
				if !yield(&batch.items[i], nil) {
					return
				}
			}
			for _, err := range batch.errs {
				if !yield(nil, err) {
					return
				}
			}
		}
	}
}

// walk is one walk through a tree.
type walk[T any] struct {
	client  *Client
	path    string
	options WalkOptions
	opts    []CallOption
	query   url.Values // of its options
}

// walked is a batch of objects on its way to the caller.
type walked[T any] struct {
	items   []T
	errs    []error // of single objects
	missing int     // objects that have left the tree
}

func (w *walk[T]) run(ctx context.Context, yield func(walked[T]) bool) error {
	size, limit := w.options.PageSize, w.options.Concurrency
	switch {
	case size < 0 || limit < 0:
		return invalid("a negative PageSize or Concurrency")
	case size == 0:
		size = defaultWalkSize
	}
	var err error
	if w.query, err = (SearchOptions{Where: w.options.Where, Query: w.options.Query}).query(); err != nil {
		return err
	}
	uids, unread, err := w.list(ctx)
	if err != nil {
		return err
	}
	if len(unread) > 0 && !yield(walked[T]{errs: unread}) {
		return nil
	}
	missing := 0
	for batch, err := range w.fetchAll(ctx, slices.Chunk(uids, size), max(limit, 1)) {
		if err != nil {
			return err
		}
		missing += batch.missing
		if !yield(batch) {
			return nil
		}
	}
	after, _, err := w.list(ctx)
	if err != nil {
		return err
	}
	if came, went := difference(uids, after); came > 0 || went > 0 || missing > 0 {
		return fmt.Errorf("plone: %w: %d objects came, %d went", errors.ErrListChanged, came, max(went, missing))
	}
	return nil
}

// list returns the UIDs of the tree, in a stable order. It lists again what
// moved while it was read, and returns all that was ever seen, and an error for each
// hit that names no object.
func (w *walk[T]) list(ctx context.Context) (uids []string, unread []error, err error) {
	seen := map[string]bool{}
	for range maxListings {
		l := &list[Summary]{client: w.client, size: listingSize, catalog: true, request: w.search(url.Values{"metadata_fields": {"UID"}})}
		err, unread = nil, nil
		for page, pageErr := range l.pages(ctx, w.opts) {
			if err = pageErr; err != nil {
				break
			}
			for _, err := range page.Errors {
				if uid := uidOf(err); uid == "" {
					unread = append(unread, &WalkError{Err: err})
				} else if !seen[uid] {
					seen[uid] = true
					uids = append(uids, uid)
				}
			}
			for i := range page.Items {
				if uid := page.Items[i].UID; uid != "" && !seen[uid] {
					seen[uid] = true
					uids = append(uids, uid)
				}
			}
		}
		if !errors.Is(err, errors.ErrListChanged) {
			return uids, unread, err
		}
	}
	return uids, unread, nil
}

// search is a search in the tree, with more parameters.
func (w *walk[T]) search(more url.Values) request {
	query := url.Values{"sort_on": {"created"}}
	for _, values := range []url.Values{w.query, more} {
		maps.Copy(query, values)
	}
	if more.Has("UID") { // by which the walk reads what it found
		delete(query, "UID.query:tokens")
		delete(query, "UID.not")
	}
	r := searchContent.at(w.path)
	r.Query = query
	return r
}

// fetchAll reads the batches in their order, up to limit of them at once.
func (w *walk[T]) fetchAll(ctx context.Context, batches iter.Seq[[]string], limit int) iter.Seq2[walked[T], error] {
	type fetching struct {
		*spawn.Task
		batch walked[T]
		err   error
	}
	return func(yield func(walked[T], error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		next, stop := iter.Pull(batches)
		defer stop()
		var pending []*fetching
		defer func() { // also when one of them, or the loop of the caller, panics
			cancel()
			for _, f := range pending {
				<-f.Done()
			}
		}()
		pace := pace{limit: limit, width: 1, since: time.Now()}
		for more, going := true, true; more || len(pending) > 0; {
			for more && len(pending) < pace.width {
				uids, ok := next()
				if more = ok; !ok {
					break
				}
				f := &fetching{}
				f.Task = spawn.Go(func() { f.batch, f.err = w.fetch(ctx, uids) })
				pending = append(pending, f)
			}
			if len(pending) == 0 {
				return
			}
			f := pending[0]
			f.Wait()
			pending = pending[1:]
			if !going {
				continue
			}
			pace.done(len(f.batch.items), time.Now())
			if going = yield(f.batch, f.err) && f.err == nil; !going {
				more = false
				cancel()
			}
		}
	}
}

// pace finds how many requests at once are the fastest: it adds one as long as
// that brings a tenth more, and goes back by one otherwise.
type pace struct {
	limit, width int

	settled bool
	items   int // since
	batches int
	since   time.Time
	best    float64 // items a second
}

// paceBatches is how many batches for each request at once are measured.
const paceBatches = 4

func (p *pace) done(items int, now time.Time) {
	p.items += items
	p.batches++
	if p.settled || p.limit == 1 || p.batches < paceBatches*p.width {
		return
	}
	rate := float64(p.items) / max(now.Sub(p.since).Seconds(), 1e-9)
	switch {
	case rate < 1.1*p.best:
		p.width, p.settled = max(p.width-1, 1), true
	case p.width == p.limit:
		p.settled = true
	default:
		p.width++
	}
	p.best, p.items, p.batches, p.since = max(p.best, rate), 0, 0, now
}

// fetch reads the objects with these UIDs.
func (w *walk[T]) fetch(ctx context.Context, uids []string) (walked[T], error) {
	l := &list[T]{client: w.client, size: len(uids), catalog: true, request: w.search(url.Values{"UID": uids})}
	if !w.options.Summaries {
		l.request.Query.Set("fullobjects", "1")
		delete(l.request.Query, "metadata_fields")
		l.full, l.broken = true, raised
	}
	var got walked[T]
	err := l.read(ctx, false, w.opts, func(batch *Batch[T]) bool {
		got.items = append(got.items, batch.Items...)
		for _, err := range batch.Errors {
			if _, named := errors.AsType[*WalkError](err); !named {
				err = &WalkError{UID: uidOf(err), Err: err}
			}
			got.errs = append(got.errs, err)
		}
		return len(got.items)+len(got.errs) < len(uids)
	})
	got.missing = len(uids) - len(got.items) - len(got.errs)
	if errors.Is(err, errors.ErrListChanged) {
		err = nil // the walk knows itself what was to come
	}
	return got, err
}

// uidOf returns the UID of an item that cannot be read; empty when it does not tell.
func uidOf(unread error) string {
	var uid string
	if e, found := errors.AsType[*errors.DecodeError](unread); found {
		_ = decodeMember(e.Body, "UID", &uid)
	}
	return uid
}

// difference counts what is only in after, and only in before.
func difference(before, after []string) (came, went int) {
	there := make(map[string]bool, len(before))
	for _, uid := range before {
		there[uid] = true
	}
	for _, uid := range after {
		if there[uid] {
			delete(there, uid)
		} else {
			came++
		}
	}
	return came, len(there)
}
