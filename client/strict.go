package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

// WithStrict checks what the server would pass over without a word, before anything
// is sent:
//
//   - the fields of what Create and Update send, against the schema of the content
//     type. A body with an "@id" is an object that was read; members that only the
//     server writes may stay in it. An Update whose body names no "@type" costs a GET,
//     to learn the type.
//   - the indexes, the order and the content types of searches and walks, against what
//     the site offers to those who put a search together ([SearchService.Querystring])
//     and what every catalog has: a search with an index that does not exist finds
//     everything. names are the indexes, columns and types of the site that it does not
//     offer there, as those of an add-on may be.
//   - the columns of Metadata, against the first hit.
//
// Schemas and offers are read once and kept by the client; an offer is read again
// before a name is refused.
//
// Errors: [errors.ErrInvalidInput] for what is unknown, which matches
// [errors.ErrNoField] for fields and columns, and for a body that is an io.Reader;
// those of Types.Get and Search.Querystring.
func WithStrict(names ...string) Option {
	return func(c *config) error {
		if slices.Contains(names, "") {
			return invalid("WithStrict with an empty name")
		}
		c.strict = &strictness{names: slices.Clone(names)}
		return nil
	}
}

// strictness is what WithStrict was told.
type strictness struct{ names []string }

// WithKnownUser makes the client ask, before its first call, whether the server
// knows its credentials, and refuse to go on when it does not: Plone runs such
// calls as those of an anonymous visitor.
//
// It asks for the types of the site, which Plone shows to known users only; no token
// is renewed.
//
// Errors, of every call: [errors.ErrInvalidCredentials] when the server does not
// know the credentials, or they are a token of a user who may not see the site at
// all; those of Types.List.
func WithKnownUser() Option {
	return func(c *config) error {
		c.knownUser = true
		return nil
	}
}

// writable are members of a body that are no fields of a schema.
func writable(name string) bool {
	switch name {
	case "@type", "id", "UID", "layout", "ordering", "sort", "translation_of", "language", "allow_discussion":
		return true
	}
	return false
}

// Computed reports whether a member of an object, by its name, says nothing about
// the object itself: the server makes it anew for each answer from what lies around
// the object, who asks, and when, like "parent", "items" and "lock". What is left
// of an object without these can be compared with what was read another time.
//
// Source: plone.restapi documentation, "Serialization".
func Computed(name string) bool {
	switch name {
	case "@components", "batching", "items", "items_total", "lock", "next_item", "parent", "previous_item",
		"targetUrl", "working_copy", "working_copy_of":
		return true
	}
	return false
}

// serverOnly are members that an object that was read has, and that no schema
// knows.
func serverOnly(name string) bool {
	switch name {
	case "@id", "created", "is_folderish", "modified", "review_state", "type_title", "version":
		return true
	}
	return Computed(name)
}

// schemas are the schemas of the types, and the offer to those who search, as far as
// they were asked for.
type schemas struct {
	mu    sync.Mutex
	types map[string]*TypeSchema
	offer *Querystring
}

// bodyFields is whose fields the body of a request holds.
type bodyFields int

const (
	ofNothing   bodyFields = iota // it is no object of the site
	ofObject                      // the object at the path
	ofNewObject                   // an object to be
)

// checkFields checks the body of r, and keeps it as it was marshalled.
func (c *Client) checkFields(ctx context.Context, r *request) error {
	if c.strict == nil || r.op.body == ofNothing {
		return nil
	}
	if _, raw := r.Body.(io.Reader); raw {
		return invalid("strict fields cannot be checked in an io.Reader")
	}
	data, err := wire.Marshal(r.Body)
	if err != nil {
		return invalid("the body cannot be marshalled: %w", err)
	}
	var members map[string]json.RawMessage
	if err := wire.Unmarshal(data, &members); err != nil {
		return invalid("strict fields need a body that is a JSON object")
	}
	var name string
	switch err := wire.Unmarshal(members["@type"], &name); {
	case err == nil && name != "":
	case r.op.body == ofNewObject:
		return nil // the server says what is missing
	default:
		object, err := c.Content.Get(ctx, r.Path, Expand("breadcrumbs"))
		if err != nil {
			return err
		}
		name, r.placed = object.Value.Type, true
	}
	schema, err := c.Types.Schema(ctx, name)
	if err != nil {
		return err
	}
	_, read := members["@id"]
	var unknown []string
	for member := range members {
		if _, known := schema.Properties[member]; !known && !writable(member) && (!read || !serverOnly(member)) {
			unknown = append(unknown, member)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("plone: %w: %w of %s: %s", errors.ErrInvalidInput, errors.ErrNoField, name, strings.Join(unknown, ", "))
	}
	r.Body = json.RawMessage(data)
	return nil
}

// Schema returns the schema of a type as it is at the site root, like Get, but asks for
// it once only: the client keeps it. It must not be changed.
//
// Errors: those of Get.
//
// Source: plone.restapi documentation, "Content types".
func (s *TypeService) Schema(ctx context.Context, name string, opts ...CallOption) (*TypeSchema, error) {
	kept := &s.client.schemas
	kept.mu.Lock()
	schema, found := kept.types[name]
	kept.mu.Unlock()
	if found {
		return schema, nil
	}
	got, err := s.Get(ctx, "/", name, opts...)
	if err != nil {
		return nil, err
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	kept.types[name] = &got.Value
	return &got.Value, nil
}

// checkOffer checks a search with what the site offers at path: with what is kept of
// that, and with what it offers now before the search is refused.
func (c *Client) checkOffer(ctx context.Context, path string, check func(*Querystring) error) error {
	if c.strict == nil {
		return nil
	}
	c.schemas.mu.Lock()
	offer := c.schemas.offer
	c.schemas.mu.Unlock()
	if offer != nil && check(offer) == nil {
		return nil
	}
	got, err := c.Search.Querystring(ctx, path)
	if err != nil {
		return err
	}
	offer = &got.Value
	if offer.SortableIndexes == nil {
		offer.SortableIndexes = map[string]QuerystringIndex{}
	}
	for _, name := range c.strict.names {
		offer.Indexes[name] = QuerystringIndex{Enabled: true}
		offer.SortableIndexes[name] = offer.Indexes[name]
	}
	c.schemas.mu.Lock()
	c.schemas.offer = offer
	c.schemas.mu.Unlock()
	return check(offer)
}

// checkColumns refuses columns of the catalog that a hit lacks, though they were asked
// for.
func (c *Client) checkColumns(hit any, asked []string) error {
	extra, found := hit.(interface {
		Extra(name string, v any) error
	})
	if c.strict == nil || !found {
		return nil
	}
	for _, name := range asked {
		var column json.RawMessage
		err := extra.Extra(name, &column)
		if errors.Is(err, errors.ErrNoField) && name != "_all" && !slices.Contains(summaryColumns, name) && !slices.Contains(c.strict.names, name) {
			return fmt.Errorf("plone: %w: %w: the catalog has no column %q", errors.ErrInvalidInput, errors.ErrNoField, name)
		}
	}
	return nil
}

// identity is whether the server knows the credentials of a client.
type identity struct {
	asking chan struct{} // holds one token while somebody asks
	known  atomic.Bool
}

// checkIdentity asks the server whether it knows the credentials, until it does.
func (c *Client) checkIdentity(ctx context.Context) error {
	if !c.knownUser || c.source == nil || c.identity.known.Load() {
		return nil
	}
	select {
	case c.identity.asking <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-c.identity.asking }()
	if c.identity.known.Load() {
		return nil
	}
	asking, err := c.Clone(func(cfg *config) error { cfg.knownUser = false; return nil })
	if err == nil {
		_, err = asking.known(ctx, nil)
	}
	c.identity.known.Store(err == nil)
	return err
}
