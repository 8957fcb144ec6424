package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"plone.example/restapi/errors"
)

// WithStrictFields checks the fields of what Create and Update send against the
// schema of the content type, before anything is sent: the server says nothing
// about fields that it does not know or does not let anybody write. The schemas
// are read once for each type and kept by the client. An Update whose body names
// no "@type" costs a GET, to learn the type.
//
// A body with an "@id" is an object that was read; members that only the server
// writes may stay in it.
//
// Errors, of Create and Update: [errors.ErrNoField] and [errors.ErrInvalidInput]
// for a body with unknown fields, and for a body that is an io.Reader; those of
// Types.Get.
func WithStrictFields() Option {
	return func(c *config) error {
		c.strict = true
		return nil
	}
}

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

// schemas are the names of the fields of each type, as far as they were asked
// for.
type schemas struct {
	mu     sync.Mutex
	fields map[string]map[string]bool
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
	if !c.strict || r.op.body == ofNothing {
		return nil
	}
	if _, raw := r.Body.(io.Reader); raw {
		return invalid("strict fields cannot be checked in an io.Reader")
	}
	data, err := json.Marshal(r.Body)
	if err != nil {
		return invalid("the body cannot be marshalled: %w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return invalid("strict fields need a body that is a JSON object")
	}
	var name string
	switch err := json.Unmarshal(members["@type"], &name); {
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
	known, err := c.schemaOf(ctx, name)
	if err != nil {
		return err
	}
	_, read := members["@id"]
	var unknown []string
	for member := range members {
		if !known[member] && !writable(member) && (!read || !serverOnly(member)) {
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

// schemaOf returns the names of the fields of a type.
func (c *Client) schemaOf(ctx context.Context, name string) (map[string]bool, error) {
	c.schemas.mu.Lock()
	known, found := c.schemas.fields[name]
	c.schemas.mu.Unlock()
	if found {
		return known, nil
	}
	schema, err := c.Types.Get(ctx, "/", name)
	if err != nil {
		return nil, err
	}
	known = make(map[string]bool, len(schema.Value.Properties))
	for field := range maps.Keys(schema.Value.Properties) {
		known[field] = true
	}
	c.schemas.mu.Lock()
	defer c.schemas.mu.Unlock()
	c.schemas.fields[name] = known
	return known, nil
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
