package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// RelationService manages relations between objects: those of fields, like
// relatedItems, links in texts ("isReferencing"), and any other name. An object is
// named by its address, a path or its UID. It is safe for concurrent use.
type RelationService struct{ client *Client }

var (
	countRelations = declare(operation{
		name: "Relations.Stats", method: http.MethodGet, path: "/@relations", want: http.StatusOK,
	})
	findRelations = declare(operation{
		name: "Relations.Find", method: http.MethodGet, path: "/@relations", want: http.StatusOK,
	})
	findBrokenRelations = declare(operation{
		name: "Relations.Broken", method: http.MethodGet, path: "/@relations",
		want: http.StatusOK, or: http.StatusNoContent, // when there are none
	})
	createRelations = declare(operation{
		name: "Relations.Create", method: http.MethodPost, path: "/@relations", want: http.StatusNoContent,
	})
	deleteRelations = declare(operation{
		name: "Relations.Delete", method: http.MethodDelete, path: "/@relations", want: http.StatusNoContent,
	})
	rebuildRelations = declare(operation{
		name: "Relations.Rebuild", method: http.MethodPost, path: "/@relations/rebuild", want: http.StatusNoContent,
		kind: retry.Committing,
	})
)

// RelationStats count the relations of the site by their names.
type RelationStats struct {
	URL    string         `json:"@id"`
	Stats  map[string]int `json:"stats"`  // relations with both ends
	Broken map[string]int `json:"broken"` // relations that lost an end
}

func (s *RelationStats) check() error {
	if s.Stats == nil {
		return errMissing("stats")
	}
	return nil
}

// Relations are relations by their names.
type Relations struct {
	URL       string                  `json:"@id"`
	Relations map[string]RelationList `json:"relations"`
}

func (r *Relations) check() error {
	if r.Relations == nil {
		return errMissing("relations")
	}
	return nil
}

// RelationList are the relations of one name.
type RelationList struct {
	Items      []Relation `json:"items"`
	ItemsTotal int        `json:"items_total"`
	// Only when the query has a name:
	ReadOnly                     bool           `json:"readonly,omitempty"`                     // the server cannot change relations
	StaticCatalogVocabularyQuery map[string]any `json:"staticCatalogVocabularyQuery,omitempty"` // which targets the name is meant for
}

// Relation leads from one object to another. Both have their UID.
type Relation struct {
	Source Summary `json:"source"`
	Target Summary `json:"target"`
}

// RelationQuery says which relations to find. Source, Target or Relation is needed.
type RelationQuery struct {
	Source   string // object that they start from
	Target   string // object that they lead to
	Relation string // their name
	Max      int    // so many at most, counted before those that the user may not see are left out; 0 for all

	SourceText string // words in the object that they start from, which stand in place of Source
	TargetText string // words in the object that they lead to, which stand in place of Target

	Metadata []string // further columns of the catalog for Summary.Extra; "_all" for all of them
}

// BrokenRelations are relations that lost an end, by their names.
type BrokenRelations struct {
	URL       string                        `json:"@id"`
	Relations map[string]BrokenRelationList `json:"relations"`
}

func (r *BrokenRelations) check() error {
	if r.Relations == nil {
		return errMissing("relations")
	}
	return nil
}

// BrokenRelationList are the broken relations of one name.
type BrokenRelationList struct {
	Items      []BrokenRelation `json:"items"`
	ItemsTotal int              `json:"items_total"`
}

// BrokenRelation is a relation that lost an end. An end that is there is named by
// its address, the other one by what is left of its path; it may be empty.
type BrokenRelation struct{ Source, Target string }

// UnmarshalJSON implements json.Unmarshaler.
func (b *BrokenRelation) UnmarshalJSON(data []byte) error {
	var ends []string // a null leaves ""
	if err := wire.Unmarshal(data, &ends); err != nil {
		return err
	}
	if len(ends) != 2 {
		return fmt.Errorf("a relation with %d ends", len(ends))
	}
	b.Source, b.Target = ends[0], ends[1]
	return nil
}

// RelationName names a relation.
type RelationName struct {
	Source   string `json:"source"`   // object that it starts from
	Target   string `json:"target"`   // object that it leads to
	Relation string `json:"relation"` // its name
}

// FailedRelationsError is the error (422) of relations that could not be created
// or deleted. The others of the call were.
type FailedRelationsError struct {
	*errors.StatusError
	Failed []FailedRelation
}

// Unwrap returns the StatusError.
func (e *FailedRelationsError) Unwrap() error { return e.StatusError }

// FailedRelation is a relation that was left out.
type FailedRelation struct {
	RelationName
	Message string // why, in English
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *FailedRelation) UnmarshalJSON(data []byte) error {
	var parts []json.RawMessage
	if err := wire.Unmarshal(data, &parts); err != nil {
		return err
	}
	if len(parts) != 2 {
		return fmt.Errorf("%d parts of a relation and a message", len(parts))
	}
	if err := wire.Unmarshal(parts[0], &f.RelationName); err != nil {
		return err
	}
	return wire.Unmarshal(parts[1], &f.Message)
}

// Stats counts all relations of the site, for everybody.
//
// Errors: [errors.ErrNotImplemented] when the server lacks the code for it.
//
// Source: plone.restapi documentation, "Relations", "Statistics".
func (s *RelationService) Stats(ctx context.Context, opts ...CallOption) (*OK[RelationStats], error) {
	return ok[RelationStats](ctx, s.client, countRelations.at(""), opts)
}

// Find returns the relations that the user may see both ends of, all at once.
// Broken ones are left out. A name that nobody uses has no relations.
//
// Errors: [errors.ErrNotFound] when Source or Target does not exist,
// [errors.ErrUnauthorized] when the user may not see it, [errors.ErrInvalidInput]
// for a query that the server would answer with something else.
//
// Source: plone.restapi documentation, "Relations", "Querying relations".
func (s *RelationService) Find(ctx context.Context, q RelationQuery, opts ...CallOption) (*OK[Relations], error) {
	r := findRelations.at("")
	r.Query, r.err = s.query(q)
	return ok[Relations](ctx, s.client, r, opts)
}

func (s *RelationService) query(q RelationQuery) (url.Values, error) {
	query, err := s.filter(RelationName{q.Source, q.Target, q.Relation})
	if err != nil {
		return nil, err
	}
	values := url.Values{}
	for name, value := range query {
		values.Set(name, value)
	}
	for name, text := range map[string]string{"query_source": q.SourceText, "query_target": q.TargetText} {
		switch {
		case strings.HasPrefix(text, "/"):
			return nil, invalid("%q is a path, not words", text)
		case text != "":
			values.Set(name, text)
		}
	}
	switch {
	case q.Max < 0:
		return nil, invalid("Max %d is negative", q.Max)
	case q.Max > 0:
		values.Set("max", strconv.Itoa(q.Max))
	}
	if len(q.Metadata) > 0 {
		values["metadata_fields"] = q.Metadata
	}
	return values, nil
}

// filter has the members of n that are not empty, of which there must be one.
func (s *RelationService) filter(n RelationName) (map[string]string, error) {
	filter := map[string]string{}
	for name, object := range map[string]string{"source": n.Source, "target": n.Target} {
		if object == "" {
			continue
		}
		key, err := s.client.reference(object)
		if err != nil {
			return nil, err
		}
		filter[name] = key
	}
	if n.Relation != "" {
		filter["relation"] = n.Relation
	}
	if len(filter) == 0 {
		return nil, invalid("neither a source nor a target nor a relation")
	}
	return filter, nil
}

// Broken returns the relations that lost an end, when the user may see the other
// one. When there are none, the server answers 204 and the value is zero.
//
// Errors: those of the status.
//
// Source: plone.restapi documentation, "Relations", "Broken relations".
func (s *RelationService) Broken(ctx context.Context, opts ...CallOption) (*Result[BrokenRelations], error) {
	r := findBrokenRelations.at("")
	r.Query = url.Values{"onlyBroken": {"true"}}
	result := new(Result[BrokenRelations])
	resp, err := s.client.roundTrip(ctx, r.apply(opts), &result.Value)
	if err != nil {
		return nil, err
	}
	result.Response = summary(resp)
	return result, nil
}

// Create makes relations. One whose name is that of a relation field of the source
// goes into that field.
//
// Errors: [FailedRelationsError] names those that were not made, because an end does
// not exist, and matches [errors.ErrUnprocessable]: the others were made.
// [errors.ErrUnauthorized] when the user may not modify the site,
// [errors.ErrInvalidInput] for no relation or one that lacks a member,
// [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Relations", "Creating relations".
func (s *RelationService) Create(ctx context.Context, relations []RelationName, opts ...CallOption) (*NoContent, error) {
	return s.change(ctx, createRelations, relations, opts)
}

// Delete removes relations. The server does not say whether they were there.
//
// Errors: [FailedRelationsError] names those that were not removed, because an end
// does not exist, and matches [errors.ErrUnprocessable]: the others were removed.
// [errors.ErrUnauthorized] when the user may not modify the site,
// [errors.ErrInvalidInput] for no relation or one that lacks a member.
//
// Source: plone.restapi documentation, "Relations", "Deleting relations".
func (s *RelationService) Delete(ctx context.Context, relations []RelationName, opts ...CallOption) (*NoContent, error) {
	return s.change(ctx, deleteRelations, relations, opts)
}

// DeleteAll removes all relations that have the members of filter that are not
// empty. The server does not say whether there were any.
//
// Errors: [FailedRelationsError], matching [errors.ErrUnprocessable], when an end
// does not exist, and when a broken relation of a field is among them: it cannot be
// removed this way, see Rebuild. [errors.ErrUnauthorized] when the user may not
// modify the site, [errors.ErrInvalidInput] for an empty filter.
//
// Source: plone.restapi documentation, "Relations", "Deleting relations".
func (s *RelationService) DeleteAll(ctx context.Context, filter RelationName, opts ...CallOption) (*NoContent, error) {
	body, err := s.filter(filter)
	if err != nil {
		return nil, err
	}
	return s.send(ctx, deleteRelations.at("").with(body), []map[string]string{body}, opts)
}

func (s *RelationService) change(ctx context.Context, op *operation, relations []RelationName, opts []CallOption) (*NoContent, error) {
	if len(relations) == 0 {
		return nil, invalid("no relation")
	}
	items := make([]map[string]string, len(relations))
	for i, relation := range relations {
		item, err := s.filter(relation)
		if err != nil {
			return nil, err
		}
		if len(item) < 3 {
			return nil, invalid("a relation needs a source, a target and a name: %+v", relation)
		}
		items[i] = item
	}
	return s.send(ctx, op.at("").with(map[string]any{"items": items}), items, opts)
}

func (s *RelationService) send(ctx context.Context, r request, items []map[string]string, opts []CallOption) (*NoContent, error) {
	for _, item := range items {
		r.names = append(r.names, item["source"], item["target"])
	}
	result, err := noContent(ctx, s.client, r, opts)
	if e, answered := errors.AsType[*errors.StatusError](err); answered && e.Status == errors.ErrUnprocessable {
		var answer struct {
			Error struct {
				Failed []FailedRelation `json:"failed"`
			} `json:"error"`
		}
		if wire.Unmarshal(e.Body, &answer) == nil {
			return nil, &FailedRelationsError{e, answer.Error.Failed}
		}
	}
	return result, err
}

// RebuildOptions say what to make anew. The zero value is the catalog of relations.
type RebuildOptions struct {
	Flush bool `json:"flush"` // the ids that relations are stored by too
}

// Rebuild makes the catalog of all relations anew from what it holds, without the
// broken ones. It takes long on a large site, and changes every object that has relations.
//
// Errors: [errors.ErrForbidden] when the user may modify the site but not manage it,
// [errors.ErrUnauthorized] when not even that, [errors.ErrInternalServer] when it
// failed on the way: something may have been stored. [errors.ErrNotImplemented] when
// the server lacks the code for it, [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Relations", "Fixing relations".
func (s *RelationService) Rebuild(ctx context.Context, o RebuildOptions, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, rebuildRelations.at("").with(o), opts)
}
