package client

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// ContentService reads and writes content objects as T: [Content], one of the
// stock types such as [Document], or a type of your own that embeds Content.
// It is safe for concurrent use.
type ContentService[T any] struct{ client *Client }

var (
	getContent = declare(operation{
		name: "Content.Get", method: http.MethodGet, path: "/{path}", want: http.StatusOK, here: true,
	})
	listChildren = declare(operation{
		name: "Content.Children", method: http.MethodGet, path: "/{path}", want: http.StatusOK,
	})
	createContent = declare(operation{
		name: "Content.Create", method: http.MethodPost, path: "/{path}", want: http.StatusCreated, body: ofNewObject,
	})
	updateContent = declare(operation{
		name: "Content.Update", method: http.MethodPatch, path: "/{path}", want: http.StatusNoContent,
		kind: retry.Repeatable, body: ofObject,
	})
	updateAndGetContent = declare(operation{
		name: "Content.UpdateGet", method: http.MethodPatch, path: "/{path}", want: http.StatusOK,
		kind: retry.Repeatable, body: ofObject,
	})
	reorderChildren = declare(operation{
		name: "Content.Reorder", method: http.MethodPatch, path: "/{path}", want: http.StatusNoContent, kind: retry.Repeatable,
	})
	sortChildren = declare(operation{
		name: "Content.SortChildren", method: http.MethodPatch, path: "/{path}", want: http.StatusNoContent, kind: retry.Repeatable,
	})
	deleteContent = declare(operation{
		name: "Content.Delete", method: http.MethodDelete, path: "/{path}", want: http.StatusNoContent,
	})
)

// ContentAs returns the content service of c for objects of type T, which embeds
// [Content] and adds the fields of a content type:
//
//	type Talk struct {
//		client.Content
//		Speaker string `json:"speaker"`
//	}
//	talks := client.ContentAs[Talk](c)
func ContentAs[T any](c *Client) *ContentService[T] { return &ContentService[T]{client: c} }

// Fields is a request body by the names of the fields, for those who need no
// type of their own: client.Fields{"@type": "Document", "title": "News"}. A date is a
// [Time], client.NewTime(t), or a [Date] for a day alone, or text in the form of RFC 3339, like
// "2027-05-01T19:00:00+02:00"; the server takes one without a zone for UTC. nil resets
// a field.
type Fields map[string]any

// Get returns the object at path, with the first batch of its children when it
// is a container.
//
// Errors: [errors.ErrNotFound] when there is none, as an [AcquiredError] when the
// server sends another object in its place; [errors.ErrUnauthorized] when the
// user may not see it. An old address is followed to the new one.
//
// Behind a virtual host, the server gives an object of another site an address inside
// this one. Get tells them apart with [Expand] of "breadcrumbs", and not without.
//
// Source: plone.restapi documentation, "Reading a Resource with GET".
func (s *ContentService[T]) Get(ctx context.Context, path string, opts ...CallOption) (*OK[T], error) {
	return ok[T](ctx, s.client, getContent.at(path), opts)
}

// Create adds an object to the folder at path and returns it, its address in
// Location. body needs an "@type"; the id is chosen by the server when there is
// none. See [ExactlyOnce] for a create that may be repeated.
//
// Errors: [errors.ErrValidation] when fields are refused, [errors.ErrAlreadyExists]
// when the id is taken (both are 400), [errors.ErrForbidden] when the type is
// unknown or not allowed here, [errors.ErrUnauthorized] when the user may not add
// here, [errors.ErrNotFound] when there is no such folder,
// [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Creating a Resource with POST".
func (s *ContentService[T]) Create(ctx context.Context, folder string, body any, opts ...CallOption) (*Created[T], error) {
	r := createContent.at(folder).with(body)
	if r.apply(opts).exactlyOnce {
		return createOnce[T](ctx, s.client, r)
	}
	return created[T](ctx, s.client, r, nil)
}

// Update changes the fields that body has; see [Opt] for the difference between
// a field left out and null. The server ignores names that it does not know, and
// those that may not be written. A body with an "id" renames the object; when
// that id is taken, the server makes it unique: see UpdateGet.
//
// Errors: [errors.ErrValidation] when fields are refused, [errors.ErrLocked] when
// somebody holds a lock (pass [LockToken]), [errors.ErrUnauthorized],
// [errors.ErrNotFound], as an [AcquiredError] when the server would change another
// object, [errors.ErrConflict] when others write at the same time. An object that has moved is a [errors.RedirectError]; see [FollowMoved].
//
// Source: plone.restapi documentation, "Updating a Resource with PATCH".
func (s *ContentService[T]) Update(ctx context.Context, path string, body any, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, updateContent.at(path).with(body), opts)
}

// UpdateGet is Update and returns the object as it is afterwards.
//
// Errors: those of Update.
//
// Source: plone.restapi documentation, "Updating a Resource with PATCH".
func (s *ContentService[T]) UpdateGet(ctx context.Context, path string, body any, opts ...CallOption) (*OK[T], error) {
	r := updateAndGetContent.at(path).with(body)
	Header("Prefer", "return=representation")(&r)
	result, err := ok[T](ctx, s.client, r, opts)
	if e, found := errors.AsType[*errors.DecodeError](err); found && e.Status == http.StatusNoContent {
		return s.Get(ctx, path, opts...) // not every server knows Prefer: it is done
	}
	return result, err
}

// Delete removes the object at path with all that is below it. It refuses the
// site root, which the server would remove too, under every name.
//
// Errors: [errors.ErrNotFound], as an [AcquiredError] when the server would remove
// another object; [errors.ErrUnauthorized], [errors.ErrLocked] when somebody holds a
// lock, [errors.ErrInvalidInput] for the site root. A 404 after a
// try whose answer was lost matches [errors.ErrOutcomeUnknown] too: most likely
// that try did the work.
//
// Source: plone.restapi documentation, "Removing a Resource with DELETE".
func (s *ContentService[T]) Delete(ctx context.Context, path string, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, deleteContent.at(path), opts)
}

// A Position says where an object goes among its siblings.
type Position struct {
	ID string `json:"obj_id"` // of the object in the folder
	// Delta is how many places it moves, down when positive; [Top] and [Bottom]
	// are the ends.
	Delta Delta `json:"delta"`
	// Among are the ids, in the order in which the caller sees them, that the
	// places are counted in; empty for all objects of the folder.
	Among []string `json:"subset_ids,omitempty"`
}

// Delta is a number of places.
type Delta int

// The ends of a folder.
const (
	Top    Delta = -1 << 31
	Bottom Delta = 1<<31 - 1
)

// MarshalJSON implements json.Marshaler.
func (d Delta) MarshalJSON() ([]byte, error) {
	switch d {
	case Top:
		return []byte(`"top"`), nil
	case Bottom:
		return []byte(`"bottom"`), nil
	default:
		return strconv.AppendInt(nil, int64(d), 10), nil
	}
}

// Reorder moves one object among its siblings in the folder at path. The server
// says nothing about an id that it does not find.
//
// Errors: [errors.ErrBadRequest] when Among does not agree with the folder's own
// order, or the folder has none; [errors.ErrUnauthorized], [errors.ErrNotFound].
//
// Source: plone.restapi documentation, "Reordering sub resources in a resource".
func (s *ContentService[T]) Reorder(ctx context.Context, folder string, to Position, opts ...CallOption) (*NoContent, error) {
	r := reorderChildren.at(folder).with(map[string]Position{"ordering": to})
	if to.Delta != Top && to.Delta != Bottom {
		r.kind = retry.Once // twice is twice as far
	}
	return noContent(ctx, s.client, r, opts)
}

// A Sort is the order of a folder's children: by the catalog index On.
type Sort struct {
	On         string
	Descending bool
}

// MarshalJSON implements json.Marshaler.
func (s Sort) MarshalJSON() ([]byte, error) {
	order := "ascending"
	if s.Descending {
		order = "descending"
	}
	return wire.Marshal(map[string]string{"on": s.On, "order": order})
}

// SortChildren puts the children of the folder at path into the order of an
// index, once; it is not kept when objects change. The server says nothing about
// an index that it does not know.
//
// Errors: as Reorder.
//
// Source: plone.restapi documentation, "Reordering sub resources in a resource".
func (s *ContentService[T]) SortChildren(ctx context.Context, folder string, sort Sort, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, sortChildren.at(folder).with(map[string]Sort{"sort": sort}), opts)
}

// Children walks the direct children of the folder at path that the user may
// see, in the order of the folder.
//
// Errors: those of Get, and [errors.ErrListChanged] at the end when the folder
// changed underneath.
//
// Source: plone.restapi documentation, "Batching".
func (s *ContentService[T]) Children(ctx context.Context, path string, o ListOptions, opts ...CallOption) iter.Seq2[*Summary, error] {
	l := &list[Summary]{client: s.client, size: o.PageSize, columns: o.Metadata, request: listChildren.at(path)}
	l.request.Query = url.Values{"metadata_fields": columns(o.Metadata)}
	return l.items(ctx, opts)
}

// createOnce creates with a UID of the client's own. By it the client knows,
// before a repeat and after one that was refused, whether the object is the one
// it sent: the server itself refuses a second object with the same id.
func createOnce[T any](ctx context.Context, c *Client, r request) (*Created[T], error) {
	body, id, uid, err := withUID(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = body
	return createAs[T](ctx, c, r, id, uid)
}

// errOccupied ends a create whose id somebody else's object has by now: servers that
// give ours another id then would make two of it.
var errOccupied = fmt.Errorf("%w: another object has the id", errors.ErrAlreadyExists)

// createAs is createOnce for a body that has this id and UID.
func createAs[T any](ctx context.Context, c *Client, r request, id, uid string) (*Created[T], error) {
	if !r.op.unbounded {
		var cancel context.CancelFunc
		ctx, cancel = c.bound(ctx)
		defer cancel()
	}
	// What is there under the id: our object as a 201, nothing, or another's.
	look := func(ctx context.Context) (*http.Response, error) {
		probe := listChildren.at(r.Path)
		probe.service = []string{id}
		var found json.RawMessage
		resp, err := c.roundTrip(ctx, &probe, &found)
		if errors.Is(err, errors.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		type plain struct{ UID string }
		var object plain
		if err := wire.Unmarshal(found, &object); err != nil {
			return nil, err
		}
		if object.UID != uid {
			return nil, errOccupied
		}
		resp.StatusCode, resp.Status = http.StatusCreated, "201 Created"
		resp.Header = resp.Header.Clone()
		resp.Header.Set("Location", resp.Request.URL.String())
		resp.Body, resp.ContentLength = newBody(found), int64(len(found))
		return resp, nil
	}
	r.verify = look
	result, sent := new(Created[T]), json.RawMessage(nil)
	resp, err := c.roundTrip(ctx, &r, &sent)
	if err == nil {
		if err = decodeJSON(sent, &result.Value); err != nil {
			err = r.unusable(c.decodeError(resp, sent, err))
		}
	}
	if err == nil {
		result.Response, result.Location = summary(resp), location(resp)
		var got struct {
			ID  string `json:"id"`
			UID string `json:"UID"`
		}
		_ = wire.Unmarshal(sent, &got) // which result could be made of
		if got.ID == "" || got.ID == id || got.UID == uid {
			return result, nil
		}
		// Some servers give an object whose id is taken another one.
		err = fmt.Errorf("plone: %w: the server made %q in the place of %q", errors.ErrAlreadyExists, got.ID, id)
		if result.Attempts > 1 {
			err = fmt.Errorf("%w (%w)", err, errors.ErrOutcomeUnknown)
		}
		return nil, err
	}
	if errors.Is(err, errOccupied) { // the first request was refused then, too
		return nil, fmt.Errorf("plone: creating %q: %w", id, errOccupied)
	}
	taken, answered := errors.AsType[*errors.StatusError](err)
	_, broken := errors.AsType[*errors.DecodeError](err)
	repeated := answered && taken.Attempts > 1 && errors.Is(err, errors.ErrAlreadyExists)
	if !broken && !repeated {
		if r.unsure {
			err = errors.With(err, errors.ErrOutcomeUnknown)
		}
		return nil, err
	}
	resp, lookErr := look(ctx)
	switch {
	case errors.Is(lookErr, errOccupied): // so nothing was done
		return nil, err
	case lookErr != nil && answered:
		return nil, errors.With(err, errors.ErrOutcomeUnknown)
	case lookErr != nil, resp == nil:
		return nil, err
	}
	result = new(Created[T])
	if err := r.unusable(c.decode(resp, &result.Value)); err != nil {
		return nil, err
	}
	result.Response, result.Location = summary(resp), location(resp)
	if answered {
		result.Attempts = taken.Attempts
	}
	return result, nil
}

// withUID returns the body with a UID, and its id.
func withUID(body any) (data json.RawMessage, id, uid string, err error) {
	data, err = wire.Marshal(body)
	if err != nil {
		return nil, "", "", invalid("the body cannot be marshalled: %w", err)
	}
	var fields map[string]json.RawMessage
	if err := wire.Unmarshal(data, &fields); err != nil {
		return nil, "", "", invalid("ExactlyOnce needs a body that is a JSON object")
	}
	if wire.Unmarshal(fields["id"], &id) != nil || id == "" {
		return nil, "", "", invalid(`ExactlyOnce needs a body with an "id"`)
	}
	if wire.Unmarshal(fields["UID"], &uid) == nil && uid != "" {
		return data, id, uid, nil
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	uid = hex.EncodeToString(random[:])
	fields["UID"] = json.RawMessage(fmt.Sprintf("%q", uid))
	data, err = wire.Marshal(fields)
	return data, id, uid, err
}
