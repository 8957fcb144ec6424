package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// RegistryService reads and changes single records of the settings. It is safe
// for concurrent use.
type RegistryService struct{ client *Client }

var (
	listRecords = declare(operation{
		name: "Registry.All", method: http.MethodGet, path: "/@registry", want: http.StatusOK,
		means: []meaning{{raised: "TypeError", is: errNoJSON}},
	})
	getRecord = declare(operation{
		name: "Registry.Get", method: http.MethodGet, path: "/@registry/{record}", want: http.StatusOK, means: lookup,
	})
	setRecords = declare(operation{
		name: "Registry.Set", method: http.MethodPatch, path: "/@registry", want: http.StatusNoContent, kind: retry.Repeatable,
		means: []meaning{
			{raised: "NotImplementedError", is: errors.ErrNotFound},
			{raised: "WrongType", is: errors.ErrValidation},
		},
	})
)

// errNoJSON: the server failed to write its answer as JSON.
const errNoJSON errors.Reason = "not to be written as JSON"

// Record is a setting.
type Record struct {
	Name   string          `json:"name"` // like "plone.site_title"
	Value  json.RawMessage `json:"value"`
	Schema RecordSchema    `json:"schema"`
}

// RecordSchema describes the value of a record.
type RecordSchema struct {
	Properties FieldSchema `json:"properties"` // one field, not several
}

func (r *Record) check() error {
	if r.Name == "" {
		return errMissing("name")
	}
	return nil
}

func (r *Record) identity() string { return r.Name }

// Decode decodes the value of the record into v.
//
// Errors: those of encoding/json.
func (r *Record) Decode(v any) error { return wire.Unmarshal(r.Value, v) }

// RegistryOptions say which records to list. The zero value lists all of them,
// some thousands.
type RegistryOptions struct {
	PageSize int    // records per request; 0 for 100
	Prefix   string // of the names, like "plone."
}

// All walks the records, ordered by name.
//
// The server fails on a page with a record that has a date in its value or its
// default, and Plone has one. All reads the others around it, and tells at the end;
// Get reads it, by its name.
//
// Errors: [errors.ErrUnauthorized] when the user is not a manager;
// [errors.ErrNotDone] at the end when records had to be left out,
// [errors.ErrListChanged] when records came or went underneath.
//
// Source: plone.restapi documentation, "Registry".
func (s *RegistryService) All(ctx context.Context, o RegistryOptions, opts ...CallOption) iter.Seq2[*Record, error] {
	return itemsOf(s.Pages(ctx, o, opts...))
}

// Pages is All in batches of PageSize, which tell how many records there are;
// around a record that has to be left out they are smaller.
//
// Errors: as All.
//
// Source: plone.restapi documentation, "Registry".
func (s *RegistryService) Pages(ctx context.Context, o RegistryOptions, opts ...CallOption) iter.Seq2[*Batch[Record], error] {
	r := listRecords.at("")
	if o.Prefix != "" {
		r.Query = url.Values{"q": {o.Prefix}}
	}
	l := &list[Record]{client: s.client, size: o.PageSize, request: r, broken: func(err error) bool { return errors.Is(err, errNoJSON) }}
	return func(yield func(*Batch[Record], error) bool) {
		left := 0
		for batch, err := range l.pages(ctx, opts) {
			if err != nil {
				yield(nil, err)
				return
			}
			read := slices.DeleteFunc(batch.Errors, func(err error) bool {
				_, unlisted := errors.AsType[*WalkError](err)
				return unlisted
			})
			left += len(batch.Errors) - len(read)
			if batch.Errors = read; len(batch.Items)+len(read) == 0 && left > 0 {
				continue
			}
			if !yield(batch, nil) {
				return
			}
		}
		if left > 0 {
			yield(nil, fmt.Errorf("plone: registry: %w: the server cannot list %d of the records", errors.ErrNotDone, left))
		}
	}
}

// Get returns the value of a record as JSON. See [RegistryValue] for one of a
// type that is known.
//
// Errors: [errors.ErrNotFound] when there is no such record, which the server
// answers with 503; [errors.ErrUnauthorized] when the user is not a manager.
//
// Source: plone.restapi documentation, "Registry".
func (s *RegistryService) Get(ctx context.Context, record string, opts ...CallOption) (*OK[json.RawMessage], error) {
	return RegistryValue[json.RawMessage](ctx, s.client, record, opts...)
}

// RegistryValue returns the value of a record as a T; the zero T when the record
// has none.
//
// Errors: those of Get of [RegistryService]; [errors.DecodeError] when the value is
// not a T.
//
// Source: plone.restapi documentation, "Registry".
func RegistryValue[T any](ctx context.Context, c *Client, record string, opts ...CallOption) (*OK[T], error) {
	return ok[T](ctx, c, getRecord.at("", record), opts)
}

// Set changes records, all of them or none. It cannot add any.
//
// Errors: [errors.ErrNotFound] when one of them does not exist and
// [errors.ErrValidation] when a value has the wrong type, both of which the server
// answers with 500; [errors.ErrUnauthorized] when the user is not a manager.
//
// Source: plone.restapi documentation, "Registry".
func (s *RegistryService) Set(ctx context.Context, values map[string]any, opts ...CallOption) (*NoContent, error) {
	if len(values) == 0 {
		return nil, invalid("Set of no records")
	}
	return noContent(ctx, s.client, setRecords.at("").with(values), opts)
}
