package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// Ensured is the outcome of a call that makes something so, whatever it was.
type Ensured[T any] struct {
	Value   T        // as it is now
	Created bool     // it was not there
	Changed []string // names of what was changed in one that was there, sorted; nil when all was so already
}

// EnsureError is the error of a call that makes something so and did a part of it:
// what Err says came after that. Another try goes on from there.
type EnsureError struct {
	Name    string   // id or path of what was to be
	Created bool     // it was not there, and was made
	Changed []string // names of what was changed before, sorted
	Missing []string // names of what the server took, and did not store; Err matches [errors.ErrNotDone] then
	Err     error
}

// Error implements error.
func (e *EnsureError) Error() string {
	did := fmt.Sprintf("%q changed", e.Changed)
	switch {
	case e.Created:
		did = "created"
	case len(e.Changed) == 0:
		did = "unchanged"
	}
	if e.Missing != nil {
		return fmt.Sprintf("plone: %s (%s) did not get %q: %v", e.Name, did, e.Missing, e.Err)
	}
	return fmt.Sprintf("plone: %s (%s): %v", e.Name, did, e.Err)
}

// Unwrap returns Err.
func (e *EnsureError) Unwrap() error { return e.Err }

// failed is err, with what was done before, if anything was.
func (r *Ensured[T]) failed(name string, err error) error {
	if !r.Created && r.Changed == nil {
		return err
	}
	return &EnsureError{Name: name, Created: r.Created, Changed: r.Changed, Err: err}
}

// lacking is the error of values that the server took and does not have.
func (r *Ensured[T]) lacking(name string, missing []string) error {
	return &EnsureError{Name: name, Created: r.Created, Changed: r.Changed, Missing: missing, Err: errors.ErrNotDone}
}

// InState makes Ensure bring the object into a state of its workflow too, like
// "published"; see [WorkflowService.To].
func InState(state string) CallOption { return func(r *request) { r.state = state } }

// Ensure makes the object at path be as body says: it adds it when there is
// nothing, in the folder that the rest of path names, changes the fields of body
// that differ when it is there, and sends nothing when all is so already. To add it,
// body needs an "@type"; its id is the last element of path. Fields that body does
// not have stay as they are, and null empties one. It may be called again after any
// error, and by several programs at once. T must be [Content] or embed it.
//
// What counts is what the server stores: dates are compared as moments, relations
// by what they lead to, terms of vocabularies by their tokens, files by their bytes
// (which are read when the size is the same), links on the site by their paths, and
// rich text without regard to entities. Where the server stores still another form
// of rich text, blocks, or the order of a set, Ensure sends them again, which Plone
// takes for no change; Changed names what is another value afterwards than before.
//
// Ensure takes no lock and does not see what others change at the same moment; see
// Modify. An object that has moved away is a [errors.RedirectError], as in Update;
// with [FollowMoved] it is looked for where it is. When no response comes to a
// write, Ensure looks at what is there, and Created says that nothing was before.
//
// Errors: those of Get, Create, Update and, with [InState], of [WorkflowService.To];
// [errors.ErrNotFound] and [errors.ErrInvalidInput] when there is nothing and body has no
// "@type"; [errors.ErrAlreadyExists] when there is an object of another type or with
// another UID than body says. An [EnsureError] tells what was done before the error;
// it matches [errors.ErrNotDone] when the server took a value that is not there
// afterwards, as of a field that it does not know.
func (s *ContentService[T]) Ensure(ctx context.Context, path string, body any, opts ...CallOption) (*Ensured[T], error) {
	e, err := s.ensuring(path, body, opts)
	if err != nil {
		return nil, err
	}
	wrote, err := e.find(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	for updated := false; ; updated = true {
		fields, err := e.differing(ctx)
		if err != nil {
			return nil, e.result.failed(path, err)
		}
		if wrote {
			maps.DeleteFunc(fields, e.settled)
		}
		if len(fields) == 0 {
			break
		}
		if updated {
			return nil, e.result.lacking(path, slices.Sorted(maps.Keys(fields)))
		}
		// Of a new object too: some values are not taken at once, like a language.
		if err := e.update(ctx, fields); err != nil {
			return nil, e.result.failed(path, err)
		}
		wrote = true
	}
	if err := e.transit(ctx); err != nil {
		return nil, e.result.failed(path, err)
	}
	return &e.result, nil
}

// ensuring is an Ensure.
type ensuring[T any] struct {
	service *ContentService[T]
	path    string
	want    map[string]any // of the body
	state   string         // of the workflow; empty for any
	stays   bool
	opts    []CallOption // for each call
	have    map[string]any
	result  Ensured[T]
}

func (s *ContentService[T]) ensuring(path string, body any, opts []CallOption) (*ensuring[T], error) {
	e := &ensuring[T]{service: s, path: path}
	if _, embeds := any(&e.result.Value).(interface{ Raw() json.RawMessage }); !embeds {
		return nil, invalid("Ensure needs a type that embeds Content")
	}
	asked := new(request).apply(opts)
	if asked.err != nil {
		return nil, asked.err
	}
	e.state, e.stays = asked.state, !asked.followMoved
	e.opts = append(slices.Clone(opts), func(r *request) { r.state = "" })
	data, err := wire.Marshal(body)
	if err != nil {
		return nil, invalid("the body cannot be marshalled: %w", err)
	}
	if err := wire.Unmarshal(data, &e.want); err != nil || e.want == nil {
		return nil, invalid("Ensure needs a body that is a JSON object")
	}
	for _, name := range []string{"ordering", "sort"} {
		if _, found := e.want[name]; found {
			return nil, invalid("%q in the body is no field; see Reorder and SortChildren", name)
		}
	}
	if _, read := e.want["@id"]; read { // by a Get, for one
		maps.DeleteFunc(e.want, func(name string, _ any) bool { return serverOnly(name) })
	}
	return e, nil
}

// find reads the object, or makes it. It reports whether what was read is the
// response to that.
func (e *ensuring[T]) find(ctx context.Context) (fresh bool, err error) {
	err = e.look(ctx)
	if !errors.Is(err, errors.ErrNotFound) {
		return false, err
	}
	where, pathErr := e.service.client.Path(e.path)
	if pathErr != nil {
		return false, pathErr
	}
	id := path.Base(where)
	if given, _ := e.want["id"].(string); given != "" && given != id {
		return false, invalid("the id %q for the object at %s", given, e.path)
	}
	if kind, _ := e.want["@type"].(string); kind == "" {
		return false, fmt.Errorf("plone: %w: the body has no \"@type\" to make the object of: %w", errors.ErrInvalidInput, err)
	}
	body := maps.Clone(e.want)
	body["id"] = id
	r := createContent.at(path.Dir(where)).with(body)
	r.kind = retry.Repeatable // the server refuses a second object with the id
	made, err := created[T](ctx, e.service.client, r, e.opts)
	switch {
	case err == nil:
		e.result.Created = true
		return true, e.read(&made.Value)
	case !errors.Is(err, errors.ErrOutcomeUnknown) && !errors.Is(err, errors.ErrAlreadyExists):
		return false, err
	case e.look(ctx) != nil:
		return false, err
	}
	// Somebody was faster, or our own attempt whose response was lost.
	refused, answered := errors.AsType[*errors.StatusError](err)
	e.result.Created = !answered || refused.Attempts > 1
	return false, nil
}

// look reads the object.
func (e *ensuring[T]) look(ctx context.Context) error {
	r := getContent.at(e.path)
	r.stays = e.stays
	found, err := ok[T](ctx, e.service.client, r, append(slices.Clone(e.opts), Expand("breadcrumbs"))) // which tell the site too
	if err != nil {
		return err
	}
	return e.read(&found.Value)
}

// read keeps an object that the server sent.
func (e *ensuring[T]) read(object *T) error {
	e.result.Value, e.have = *object, nil
	return wire.Unmarshal(any(object).(interface{ Raw() json.RawMessage }).Raw(), &e.have)
}

// check refuses an object that cannot become the one that is wanted.
func (e *ensuring[T]) check() error {
	for _, name := range []string{"@type", "UID"} {
		if want := e.want[name]; want != nil && want != "" && want != e.have[name] {
			return fmt.Errorf("plone: %w: at %s is an object with the %s %v, not %v", errors.ErrAlreadyExists, e.path, name, e.have[name], want)
		}
	}
	if want := e.want["id"]; want != nil && want != "" && want != e.have["id"] {
		return invalid("the id %q for the object at %s", want, e.path)
	}
	return nil
}

// differing are the fields that are not as they are wanted.
func (e *ensuring[T]) differing(ctx context.Context) (map[string]any, error) {
	fields := map[string]any{}
	for name, want := range e.want {
		switch name {
		case "@id", "@type", "UID", "id":
			continue
		case "translation_of": // of a new object only; no object shows it
			continue
		}
		same, err := e.sameField(ctx, name, want)
		if err != nil {
			return nil, err
		}
		if !same {
			fields[name] = want
		}
	}
	return fields, nil
}

// update changes the fields, and reads what the server made of them.
func (e *ensuring[T]) update(ctx context.Context, fields map[string]any) error {
	before := e.have
	opts := append(slices.Clone(e.opts), alreadyPlaced)
	updated, err := e.service.UpdateGet(ctx, e.path, fields, opts...)
	switch {
	case err == nil:
		err = e.read(&updated.Value)
	case errors.Is(err, errors.ErrOutcomeUnknown):
		if e.look(ctx) != nil {
			return err
		}
		left, lookErr := e.differing(ctx)
		if lookErr != nil || len(left) == len(fields) {
			return err
		}
		err = nil
	}
	if err != nil {
		return err
	}
	if e.result.Created {
		return nil
	}
	left, err := e.differing(ctx)
	if err != nil {
		return err
	}
	for name := range fields {
		if _, differs := left[name]; !differs || !reflect.DeepEqual(before[name], e.have[name]) {
			e.result.Changed = append(e.result.Changed, name)
		}
	}
	slices.Sort(e.result.Changed)
	return nil
}

// transit brings the object into the state that is wanted.
func (e *ensuring[T]) transit(ctx context.Context) error {
	if e.state == "" || e.have["review_state"] == e.state {
		return nil
	}
	moved, err := e.service.client.Workflow.To(ctx, e.path, e.state, TransitionOptions{}, e.opts...)
	if err != nil {
		return err
	}
	if moved.Changed != nil && !e.result.Created {
		e.result.Changed = append(e.result.Changed, moved.Changed...)
		slices.Sort(e.result.Changed)
	}
	return e.look(ctx)
}

// sameField reports whether a field is as it is wanted.
func (e *ensuring[T]) sameField(ctx context.Context, name string, want any) (bool, error) {
	have := e.have[name]
	if list, several := have.([]any); several && len(list) > 0 && want != nil {
		if _, several := want.([]any); !several {
			want = []any{want} // as the server does
		}
	}
	if file, is := have.(map[string]any); is && file["download"] != nil {
		return e.sameFile(ctx, name, file, want)
	}
	switch name {
	case "allow_discussion":
		if have == false {
			have = nil // the server says false also where nothing was chosen
		}
		if want == false {
			want = nil
		}
	case "effective", "expires":
		have, want = minute(have), minute(want) // the server drops the rest
	}
	return e.service.client.same(have, want), nil
}

// minute is a date without its seconds.
func minute(date any) any {
	if moment, is := moment(date); is {
		return moment.Truncate(time.Minute).Format(time.RFC3339)
	}
	return date
}

// sameFile reports whether the file in a field has the name, type and bytes that
// are wanted.
func (e *ensuring[T]) sameFile(ctx context.Context, field string, have map[string]any, want any) (bool, error) {
	file, is := want.(map[string]any)
	text, inline := file["data"].(string)
	if is && !inline {
		return true, nil // it came from the server, and is left alone by it
	}
	data := []byte(text)
	if file["encoding"] == "base64" {
		var err error
		if data, err = base64.StdEncoding.DecodeString(text); err != nil {
			return false, nil
		}
	} else if file["encoding"] != nil {
		return false, nil
	}
	kind := file["content-type"]
	if kind == nil {
		kind = "application/octet-stream"
	}
	if !is || have["size"] != float64(len(data)) || have["filename"] != file["filename"] || have["content-type"] != kind {
		return false, nil
	}
	known := NamedFile{Size: int64(len(data))}
	known.Filename, _ = have["filename"].(string)
	known.ContentType, _ = have["content-type"].(string)
	known.Download, _ = have["download"].(string)
	download, err := e.service.client.Files.Download(ctx, e.path, DownloadOptions{Field: field, Known: &known})
	if err != nil {
		return false, err
	}
	defer download.Close()
	stored, err := io.ReadAll(download)
	return bytes.Equal(stored, data), err
}

// same reports whether what the server has is what is wanted, in the one form or
// the other.
func (c *Client) same(have, want any) bool {
	if isEmpty(have) && isEmpty(want) {
		return true
	}
	object, is := have.(map[string]any)
	if is && object["token"] != nil { // of a vocabulary
		have = object["token"]
		if term, is := want.(map[string]any); is {
			want = term["token"]
		}
	}
	switch want := want.(type) {
	case string:
		switch {
		case !is || object["token"] != nil:
			text, is := have.(string)
			return is && c.sameText(text, want)
		case object["data"] != nil:
			return c.sameHTML(object["data"], want)
		}
		return object["UID"] == want || c.samePlace(object["@id"], want)
	case []any:
		list, is := have.([]any)
		return is && slices.EqualFunc(list, want, c.same)
	case map[string]any:
		return is && c.sameMembers(object, want)
	}
	return have == want
}

// sameMembers is same for JSON objects. Those with an address are known by it.
func (c *Client) sameMembers(have, want map[string]any) bool {
	if data, rich := have["data"].(string); rich && want["data"] != nil && have["content-type"] != nil {
		kind := want["content-type"]
		return (kind == nil || kind == have["content-type"]) && c.sameHTML(data, want["data"])
	}
	if have["@id"] != nil && have["@type"] != nil && want["@id"] != nil {
		return have["UID"] != nil && have["UID"] == want["UID"] || c.samePlace(have["@id"], want["@id"])
	}
	for name := range have {
		if _, wanted := want[name]; !wanted && !fromTarget(want, name) && !isEmpty(have[name]) {
			return false
		}
	}
	for name := range want {
		if !fromTarget(want, name) && !c.same(have[name], want[name]) {
			return false
		}
	}
	return true
}

// fromTarget reports whether the server computes a member of a block from what the
// block leads to.
//
// Source: plone.restapi, serializer/blocks.py, TeaserBlockSerializerBase.
func fromTarget(block map[string]any, name string) bool {
	overwrite, chosen := block["overwrite"]
	switch {
	case name == "image_scales":
		return true
	case block["@type"] != "teaser":
		return false
	case !chosen:
		return name == "overwrite" // the server adds it
	}
	return isFalse(overwrite) && (name == "title" || name == "description" || name == "head_title")
}

func isFalse(value any) bool { return value == false || value == nil }

// isEmpty reports whether a value is an empty one.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0 || v["data"] == ""
	}
	return false
}

// sameText compares texts, dates and links. The server strips single lines.
func (c *Client) sameText(have, want string) bool {
	if have == want || have == strings.TrimSpace(want) && !strings.Contains(have, "\n") || c.local(have) == c.local(want) {
		return true
	}
	stored, dated := moment(have)
	if !dated || len(have) == len(time.DateOnly) { // a day alone
		return false
	}
	wanted, dated := moment(want)
	return dated && stored.Equal(wanted)
}

// moment is the date that a text is. The server takes one without a zone for UTC.
func moment(value any) (time.Time, bool) {
	text, _ := value.(string)
	if len(text) < len(time.DateOnly) || text[4] != '-' {
		return time.Time{}, false
	}
	var t Time
	err := t.UnmarshalJSON([]byte(`"` + text + `"`))
	return t.Time, err == nil
}

// sameHTML compares texts with markup. The server resolves entities and gives links
// on the site their full address.
func (c *Client) sameHTML(have, want any) bool {
	stored, _ := have.(string)
	wanted, _ := want.(string)
	plain := func(text string) string {
		for _, address := range c.addresses() {
			text = strings.ReplaceAll(text, `"`+address+`/`, `"/`)
			text = strings.ReplaceAll(text, `"`+address+`"`, `"/"`)
		}
		return html.UnescapeString(text)
	}
	return plain(stored) == plain(wanted)
}

// samePlace reports whether an address is that of the object that is wanted.
func (c *Client) samePlace(have, want any) bool {
	address, _ := have.(string)
	wanted, _ := want.(string)
	if address == "" || wanted == "" {
		return false
	}
	if c.local(address) == c.local(wanted) {
		return true
	}
	there, err := c.Path(c.local(address))
	if err != nil {
		return false
	}
	place, err := c.Path(wanted)
	return err == nil && place == there
}

// local is a link to what is on the site as a path, and any other text as it is.
func (c *Client) local(link string) string {
	for _, address := range c.addresses() {
		rest, inside := strings.CutPrefix(link, address)
		if inside && (rest == "" || strings.ContainsRune("/?#", rune(rest[0]))) {
			return "/" + strings.TrimPrefix(rest, "/")
		}
	}
	return link
}

// addresses are those of the site, as far as they are known.
func (c *Client) addresses() []string {
	all := []string{c.address}
	if c.public != nil {
		all = append(all, strings.TrimSuffix(c.public.String(), "/"+apiDoor))
	}
	if base := c.places.base.Load(); base != nil {
		all = append(all, base.String())
	}
	return all
}

// settled reports whether a value that the server has just stored stands, although
// it is in a form that cannot be compared with what was sent.
func (e *ensuring[T]) settled(name string, want any) bool {
	return want == nil || e.stands(name, e.have[name], want)
}

// stands is settled for one value of a field.
func (e *ensuring[T]) stands(name string, have, want any) bool {
	switch have := have.(type) {
	case map[string]any: // rich text, a file, blocks, or what a number stands for
		return have["token"] == nil
	case []any:
		list, _ := want.([]any)
		return len(list) == len(have) && !slices.ContainsFunc(have, func(item any) bool {
			return !slices.ContainsFunc(list, func(want any) bool {
				return e.service.client.same(item, want) || e.stands(name, item, want)
			})
		})
	case string:
		text, is := want.(string)
		// The server composes letters and marks, and strips lines.
		marked := strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.M, r) })
		return is && (name == "remoteUrl" || marked || slices.Equal(strings.Fields(have), strings.Fields(text)))
	}
	return false
}
