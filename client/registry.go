package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// RegistryService reads and changes single records of the settings. It is safe
// for concurrent use.
type RegistryService struct{ client *Client }

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
func (r *Record) Decode(v any) error { return json.Unmarshal(r.Value, v) }

// RegistryOptions say which records to list. The zero value lists all of them,
// some thousands.
type RegistryOptions struct {
	PageSize int    // records per request; 0 for 100
	Prefix   string // of the names, like "plone."
}

// All walks the records, ordered by name.
//
// Errors: [errors.ErrUnauthorized] when the user is not a manager,
// [errors.ErrListChanged] at the end when records came or went underneath.
//
// Source: plone.restapi documentation, "Registry".
//
//plone:operation GET /@registry 200
func (s *RegistryService) All(ctx context.Context, o RegistryOptions) iter.Seq2[Record, error] {
	r := request{Request: Request{Query: url.Values{}}, service: []string{"@registry"}}
	if o.Prefix != "" {
		r.Query.Set("q", o.Prefix)
	}
	return (&list[Record]{client: s.client, size: o.PageSize, request: r}).items(ctx)
}

// Get returns the value of a record as JSON. See [RegistryValue] for one of a
// type that is known.
//
// Errors: [errors.ErrNotFound] when there is no such record, which the server
// answers with 503; [errors.ErrUnauthorized] when the user is not a manager.
//
// Source: plone.restapi documentation, "Registry".
//
//plone:operation GET /@registry/{record} 200
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
//
//plone:operation GET /@registry/{record} 200
func RegistryValue[T any](ctx context.Context, c *Client, record string, opts ...CallOption) (*OK[T], error) {
	return ok[T](ctx, c, request{service: []string{"@registry", record}, lookup: true}, opts)
}

// Set changes records, all of them or none. It cannot add any.
//
// Errors: [errors.ErrNotFound] when one of them does not exist and
// [errors.ErrValidation] when a value has the wrong type, both of which the server
// answers with 500; [errors.ErrUnauthorized] when the user is not a manager.
//
// Source: plone.restapi documentation, "Registry".
//
//plone:operation PATCH /@registry 204
func (s *RegistryService) Set(ctx context.Context, values map[string]any, opts ...CallOption) (*NoContent, error) {
	if len(values) == 0 {
		return nil, invalid("Set of no records")
	}
	r := request{
		Request: Request{Method: http.MethodPatch, Body: values},
		service: []string{"@registry"},
		kind:    retry.Repeatable,
	}
	result, err := noContent(ctx, s.client, r, opts)
	err = raised(err, "NotImplementedError", errors.ErrNotFound)
	return result, raised(err, "WrongType", errors.ErrValidation)
}

// raised makes an error match target when it is that exception of the server.
func raised(err error, exception string, target error) error {
	if e, found := errors.AsType[*errors.StatusError](err); found && e.Raised() && e.Type == exception {
		e.Also = append(e.Also, target)
	}
	return err
}
