package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

// importSize is how many items are one step of an import, and how many are read at
// once to compare them.
const importSize = 10

// Files up to this size go into the request that makes the object, which is then
// whole or not there at all; greater ones follow by TUS.
const inlineSize = 1 << 20

func (im *importer) contentSteps(context.Context) iter.Seq2[Step, error] {
	return im.batches(PhaseContent, func(*record) bool { return true }, func(r *record) int { return depth(r.path) })
}

// content makes the objects of a step, or makes them equal.
func (im *importer) content(ctx context.Context, s Step, r *Result) error {
	current, err := im.current(ctx, s, r)
	if err != nil {
		return err
	}
	return im.each(s, r, func(rec *record) error {
		raw, ok := current[rec.uid]
		if ok && raw == nil {
			return nil // named in a problem
		}
		return im.carry(ctx, rec, raw, r)
	})
}

// current reads what the target has of the items of a step, by the UIDs of the
// folder. What cannot be read is a problem, and nil.
func (im *importer) current(ctx context.Context, s Step, r *Result) (map[string]json.RawMessage, error) {
	asked := map[string]string{} // UIDs of the folder by those of the target
	for _, uid := range s.UIDs {
		if _, own, ok := im.target(uid); ok {
			asked[own] = uid
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	got, err := fetch(ctx, im.site.client, slices.Sorted(maps.Keys(asked)), func(own string, err error) {
		r.problem(problem(s.Phase, im.there.address(own), asked[own], err))
	})
	if err != nil {
		return nil, err
	}
	current := make(map[string]json.RawMessage, len(got))
	f := im.form()
	for own, raw := range got {
		current[asked[own]] = raw
		if raw == nil {
			continue
		}
		var head struct {
			URL string `json:"@id"`
		}
		if err := wire.Unmarshal(raw, &head); err != nil {
			r.problem(problem(s.Phase, im.there.address(own), asked[own], err))
			current[asked[own]] = nil
			continue
		}
		if was := im.there.address(own); was != "/" && was != f.path(head.URL) {
			im.there.move(was, f.path(head.URL)) // by another process
		}
	}
	return current, nil
}

// carry makes one object be as its record says.
func (im *importer) carry(ctx context.Context, rec *record, current json.RawMessage, r *Result) error {
	if rec.bad != nil {
		return rec.bad
	}
	w, err := im.writing(ctx, rec, r)
	if err != nil {
		return err
	}
	if err := im.parent(ctx, rec); err != nil {
		return err
	}
	w.lacking()
	if !w.readable(current != nil) {
		return nil // named in a problem
	}
	if current == nil {
		return w.create()
	}
	return w.update(current)
}

// parent makes sure that the folder of an item is the right one. Without that, the
// server would put the item into an object of the same name further up.
func (im *importer) parent(ctx context.Context, rec *record) error {
	if rec.path == "/" {
		return nil
	}
	at := path.Dir(rec.path)
	if parent := im.recordAt(at); parent != nil && parent.bad != nil {
		return fmt.Errorf("%w: %s", ErrNoFolder, at)
	}
	if _, _, known := im.there.occupant(at); known || at == "/" {
		return nil
	}
	// Another process may have made it.
	got, err := im.site.client.Content.Get(ctx, at)
	if errors.Is(err, errors.ErrNotFound) {
		return fmt.Errorf("%w: %s", ErrNoFolder, at)
	}
	if err != nil {
		return err
	}
	if im.form().path(got.Value.URL) != at { // the new address of what was there once
		return fmt.Errorf("%w: %s", ErrNoFolder, at)
	}
	im.there.put(got.Value.UID, at, got.Value.Type)
	return nil
}

// writing is one item on its way into the target.
type writing struct {
	*importer
	ctx    context.Context
	record *record
	want   item
	schema *client.TypeSchema
	result *Result
	memory memory
}

// writing reads what the folder has of an item, and what is known of its type and of
// earlier imports.
func (im *importer) writing(ctx context.Context, rec *record, r *Result) (*writing, error) {
	w := &writing{importer: im, ctx: ctx, record: rec, result: r}
	if err := im.folder.read(rec.data(), &w.want); err != nil {
		return nil, err
	}
	recorded(w.want, func(at string) string {
		if r := im.recordAt(im.below(at)); r != nil {
			return r.uid
		}
		return ""
	})
	var err error
	if w.schema, err = im.schemas.Schema(ctx, rec.typ); errors.Is(err, errors.ErrNotFound) {
		return nil, fmt.Errorf("the site has no type %q: %w", rec.typ, err)
	}
	if err != nil {
		return nil, err
	}
	w.memory, err = im.remembered(rec.uid)
	return w, err
}

func (w *writing) change(c Change) {
	c.Path, c.UID = w.record.path, w.record.uid
	w.result.change(c)
}

func (w *writing) problem(field string, err error) {
	p := problem(PhaseContent, w.record.path, w.record.uid, err)
	p.Field = field
	w.result.problem(p)
}

// Members of a record that are no fields, or that no request can set, besides what
// is computed.
var unset = []string{
	"@id", "@type", "UID", "id", "created", "modified", "creation_date", "modification_date", "review_state",
	"type_title", "is_folderish", "version", "changeNote", "versioning_enabled", "workflow_history", "image_scales", "sync_uid",
	constrainsKey, "exportimport.versions", "changeActor", commentsKey, relationsKey, rolesKey, incompleteKey,
}

// fields yields the fields that a request can set, except for files, with the
// values of the folder.
func (w *writing) fields() iter.Seq2[string, any] {
	files := w.want.files()
	return func(yield func(string, any) bool) {
		for _, name := range slices.Sorted(maps.Keys(w.want)) {
			if !slices.Contains(unset, name) && files[name] == nil && w.has(name) && !yield(name, w.want[name]) {
				return
			}
		}
	}
}

// has reports whether the type of the target has a field.
func (w *writing) has(name string) bool {
	_, ok := w.schema.Properties[name]
	return ok || name == "layout"
}

// lacking names the fields that the type of the target does not have, and a language
// that the target does not have: the object gets that of the site.
func (w *writing) lacking() {
	switch token := w.want.text("language"); {
	case token == "" || token == defaultLanguage:
	case token == w.site.language: // as others than plone.exportimport write it
		w.want["language"] = defaultLanguage
	case !slices.Contains(w.site.languages, token):
		w.want["language"] = defaultLanguage
		w.problem("language", fmt.Errorf("%w: the target has no language %q", errors.ErrInvalidInput, token))
	}
	for _, name := range slices.Sorted(maps.Keys(w.want)) {
		if !slices.Contains(unset, name) && !w.has(name) && !empty(w.want[name]) {
			w.problem(name, fmt.Errorf("%w: the type %s of the target has no such field", errors.ErrNoField, w.record.typ))
		}
	}
}

// readable leaves out the files that the folder does not have as its record says,
// and names them. It reports whether the object can do without them.
func (w *writing) readable(there bool) bool {
	files := w.want.files()
	for _, field := range slices.Sorted(maps.Keys(files)) {
		f := files[field]
		if f.text("blob_path") == "" || !w.has(field) {
			continue
		}
		name, err := w.folder.blob(f)
		if err == nil {
			f["blob_path"] = name
			continue
		}
		w.problem(field, err)
		if !there && slices.Contains(w.schema.Required, field) {
			return false
		}
		delete(w.want, field)
	}
	return true
}

// sent is the value of a field in a request.
func (w *writing) sent(name string, v any) any {
	switch name {
	case "language":
		if v == defaultLanguage {
			return w.site.language
		}
	case "remoteUrl":
		return w.remote(w.want.text(name))
	}
	return w.foreign(v)
}

// remote returns the address of a Link. A path to an item becomes a link to its
// UID, since the server makes nothing of the path as long as the item is not there.
func (w *writing) remote(link string) string {
	bare, rest, _ := strings.Cut(link, "#")
	if decoded, err := url.PathUnescape(bare); err == nil {
		bare = decoded
	}
	if r := w.recordAt(strings.TrimSuffix(bare, "/")); r != nil && r.uid != siteUID {
		link = resolved + r.uid
		if rest != "" {
			link += "#" + rest
		}
	}
	return w.foreign(link).(string)
}

// foreign replaces the UIDs of items that have another one in the target, and what
// the server would read as an entity of HTML.
func (w *writing) foreign(v any) any {
	switch v := v.(type) {
	case string:
		if !w.there.renames() {
			return v
		}
		return resolvedRE.ReplaceAllStringFunc(v, func(link string) string {
			_, own, _ := w.target(strings.TrimPrefix(link, "resolveuid/"))
			return "resolveuid/" + own
		})
	case []any:
		list := make([]any, len(v))
		for n := range v {
			list[n] = w.foreign(v[n])
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for name := range v {
			m[name] = w.foreign(v[name])
		}
		if data, ok := m["data"].(string); ok && m["encoding"] != nil && m["content-type"] != nil {
			m["data"] = strings.ReplaceAll(data, "&", "&amp;")
		}
		return m
	}
	return v
}

// create makes the object with its small files, in one request.
func (w *writing) create() error {
	clear(w.memory)
	body := client.Fields{"@type": w.record.typ, "id": path.Base(w.record.path), "UID": w.record.uid}
	for name, v := range w.fields() {
		if v == nil && empty(w.schema.Properties[name].Default) {
			continue
		}
		body[name] = w.sent(name, v)
	}
	later, err := w.inline(body)
	if err == nil {
		err = w.vacate()
	}
	if err != nil {
		return err
	}
	w.change(Change{Action: Create})
	w.result.lose(LossDates)
	if w.options.DryRun {
		w.settle()
		w.there.plan(w.record.uid)
		return w.finish(later, "")
	}
	var made *client.Created[client.Content]
	err = w.send(body, func() (err error) {
		made, err = w.site.client.Content.Create(w.ctx, path.Dir(w.record.path), body, client.ExactlyOnce())
		return err
	})
	if errors.Is(err, errors.ErrAlreadyExists) {
		// Another process was faster, with the same item or with another one.
		found, getErr := w.site.client.Content.Get(w.ctx, w.record.path)
		if getErr != nil {
			return err
		}
		if found.Value.UID != w.record.uid {
			return fmt.Errorf("%w: a %s with the UID %s", ErrOccupied, found.Value.Type, found.Value.UID)
		}
		w.settle()
		return w.update(found.Value.Raw())
	}
	if err != nil {
		return err
	}
	w.settle()
	if err := w.taken(made.Value.Raw(), body); err != nil {
		return err
	}
	return w.finish(later, made.Value.ReviewState)
}

// settle remembers that the object is in its place.
func (w *writing) settle() { w.there.put(w.record.uid, w.record.path, w.record.typ) }

// finish does what a new object cannot be made with.
func (w *writing) finish(later []string, state string) error {
	for _, field := range later {
		if err := w.upload(field); err != nil {
			return err
		}
	}
	return w.state(state)
}

// send sends body, without the fields that the server refuses: one bad value must
// not cost the item and all that is in it.
func (w *writing) send(body client.Fields, do func() error) error {
	for {
		err := do()
		e, answered := errors.AsType[*errors.StatusError](err)
		if !answered || !errors.Is(err, errors.ErrValidation) {
			return err
		}
		refused := w.refused(e, body)
		if len(refused) == 0 {
			return err
		}
		for _, name := range refused {
			delete(body, name)
			w.problem(name, err)
		}
	}
}

// refused returns the fields of body that an answer complains of, as far as the
// object can do without them.
func (w *writing) refused(e *errors.StatusError, body client.Fields) []string {
	var names []string
	for _, f := range e.Fields {
		name := f.Field
		if name == "" {
			// Rules about several fields do not name them. That of Plone itself is
			// about the dates.
			name = "expires"
		}
		if _, sent := body[name]; sent && !slices.Contains(w.schema.Required, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Stand-ins for a required file that is uploaded afterwards: the least that the
// server takes for an image, and for anything else.
const (
	smallImage = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
	smallFile  = "\n"
)

// inline puts the small files into body and returns the fields of the others.
func (w *writing) inline(body client.Fields) (later []string, err error) {
	files := w.want.files()
	for _, field := range slices.Sorted(maps.Keys(files)) {
		f := files[field]
		if f.text("blob_path") == "" {
			continue // a file that the export could not read; it said so
		}
		if !w.has(field) {
			continue
		}
		blob, err := w.folder.root.Open("content/" + f.text("blob_path"))
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(io.LimitReader(blob, inlineSize+1))
		if err = errors.Join(err, blob.Close()); err != nil {
			return nil, err
		}
		if len(data) > inlineSize {
			later = append(later, field)
			if !slices.Contains(w.schema.Required, field) {
				continue
			}
			data = []byte(smallFile)
			if strings.HasPrefix(f.text("content-type"), "image/") {
				data = []byte(smallImage)
			}
		} else {
			w.change(Change{Action: Upload, Field: field})
			w.result.done(0, int64(len(data)))
		}
		body[field] = client.NewNamedFile(f.text("filename"), f.text("content-type"), data)
	}
	return later, nil
}

// upload stores the file of a field by TUS.
func (w *writing) upload(field string) error {
	f := w.want.files()[field]
	w.change(Change{Action: Upload, Field: field})
	if w.options.DryRun {
		return nil
	}
	blob, err := w.folder.root.Open("content/" + f.text("blob_path"))
	if err != nil {
		return err
	}
	defer blob.Close()
	info, err := blob.Stat()
	if err != nil {
		return err
	}
	sent := int64(0)
	_, err = w.site.client.Files.Replace(w.ctx, w.record.path, blob, info.Size(), client.ReplaceOptions{
		Filename: f.text("filename"), ContentType: f.text("content-type"), Field: field,
		Progress: func(done, _ int64) { w.result.done(0, done-sent); sent = done },
	})
	return err
}

// taken remembers the fields that the server says it took and does not show as they
// were sent, to look again at the end: links are shown in full only when the other
// item is there.
func (w *writing) taken(raw json.RawMessage, body client.Fields) error {
	got, err := w.form().item(raw, w.schema.Properties)
	if err != nil {
		return err
	}
	if w.has("language") && w.want.text("language") == defaultLanguage && got.text("language") == "" {
		w.result.lose(LossLanguages)
	}
	for name, v := range w.fields() {
		sent, ok := body[name]
		if ok && compare(name, sent, got[name]) != nil && compare(name, v, got[name]) != nil {
			w.memory[name] = sentValue{Sent: sumOf(w.sent(name, v))}
		}
	}
	return w.remember(w.record.uid, w.memory)
}

// dangling reports whether a value has links to items that are not there.
func (w *writing) dangling(v any) bool {
	linked := map[string]bool{}
	collectLinks(v, linked)
	for uid := range linked {
		if _, _, ok := w.target(uid); !ok {
			return true
		}
	}
	return false
}

// update changes what differs in an object that is there.
func (w *writing) update(raw json.RawMessage) error {
	got, err := w.form().item(raw, w.schema.Properties)
	if err != nil {
		return err
	}
	if got.typ() != w.record.typ {
		return fmt.Errorf("%w: a %s instead of a %s", ErrOccupied, got.typ(), w.record.typ)
	}
	if w.record.uid != siteUID {
		at, own, _ := w.target(w.record.uid)
		if own != w.record.uid {
			w.result.lose(LossUIDs)
		}
		if err := w.move(at); err != nil {
			return err
		}
	}
	body := client.Fields{}
	for name, v := range w.fields() {
		d := compare(name, v, got[name])
		if d == nil || w.memory.accepted(name, w.sent(name, v), got[name]) {
			continue
		}
		from, to := d.excerpts()
		w.change(Change{Action: Update, Field: name, From: from, To: to})
		body[name] = w.sent(name, v)
	}
	if relations, ok := got[relationsKey].(map[string]any); ok && !w.record.related {
		for name, targets := range relations {
			w.change(Change{Action: Relate, Field: name, From: value(targets)})
			body[name] = nil
		}
	}
	if len(body) > 0 && !w.options.DryRun {
		err := w.send(body, func() error {
			_, err := w.site.client.Content.Update(w.ctx, w.record.path, body)
			return err
		})
		if err != nil {
			return err
		}
		maps.DeleteFunc(w.memory, func(name string, _ sentValue) bool { return strings.HasPrefix(name, relationPrefix) })
		for name, v := range w.fields() {
			if _, sent := body[name]; sent {
				w.memory[name] = sentValue{Sent: sumOf(w.sent(name, v))}
			}
		}
		if err := w.remember(w.record.uid, w.memory); err != nil {
			return err
		}
	}
	if err := w.updateFiles(got); err != nil {
		return err
	}
	return w.state(got.text("review_state"))
}

// updateFiles uploads the files that differ.
func (w *writing) updateFiles(got item) error {
	want, have := w.want.files(), got.files()
	for _, field := range slices.Sorted(maps.Keys(want)) {
		if want[field].text("blob_path") == "" || !w.has(field) {
			continue
		}
		equal, err := w.sameFile(field, want[field], have[field])
		if err != nil {
			return err
		}
		if !equal {
			if err := w.upload(field); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameFile compares names and sizes, and the bytes when those are equal.
func (w *writing) sameFile(field string, want, have file) (bool, error) {
	if have == nil || want.text("filename") != have.text("filename") || want.text("content-type") != have.text("content-type") {
		return false, nil
	}
	blob := "content/" + want.text("blob_path")
	info, err := w.folder.root.Stat(blob)
	if err != nil || info.Size() != have.size() {
		return false, err
	}
	_, own, _ := w.target(w.record.uid)
	d, err := w.site.client.Files.Download(w.ctx, w.there.address(own), client.DownloadOptions{Field: field, Known: have.known()})
	if err != nil {
		return false, err
	}
	defer d.Close()
	local, remote := sha256.New(), sha256.New()
	if err := w.folder.hash(blob, local); err != nil {
		return false, err
	}
	if _, err := io.Copy(remote, d); err != nil {
		return false, err
	}
	return bytes.Equal(local.Sum(nil), remote.Sum(nil)), nil
}

// move brings an object from another path to that of its record.
func (w *writing) move(at string) error {
	if at == w.record.path {
		return nil
	}
	if err := w.vacate(); err != nil {
		return err
	}
	at, _, _ = w.target(w.record.uid) // it may be in what went aside
	w.change(Change{Action: Move, From: at, To: w.record.path})
	if !w.options.DryRun {
		moved := at
		if path.Dir(at) != path.Dir(w.record.path) {
			pasted, err := w.site.client.Content.Move(w.ctx, path.Dir(w.record.path), []string{at})
			if err != nil {
				return err
			}
			moved = w.form().path(pasted.Value[0].Target) // with another name where its own is taken
		}
		if moved != w.record.path {
			if _, err := w.site.client.Content.Update(w.ctx, moved, client.Fields{"id": path.Base(w.record.path)}); err != nil {
				return err
			}
		}
	}
	w.there.move(at, w.record.path)
	return nil
}

// vacate makes the path of the item free. Another item that is there goes aside
// until it is its turn.
func (w *writing) vacate() error {
	other, _, taken := w.there.occupant(w.record.path)
	if !taken {
		return nil
	}
	origin := w.there.origin(other)
	if origin == w.record.uid {
		return nil
	}
	if r := w.records.record(origin); r == nil || r.bad != nil || r.path == w.record.path {
		return fmt.Errorf("%w: an object with the UID %s", ErrOccupied, other)
	}
	aside := path.Join(path.Dir(w.record.path), "moving-"+other)
	if !w.options.DryRun {
		if _, err := w.site.client.Content.Update(w.ctx, w.record.path, client.Fields{"id": path.Base(aside)}); err != nil {
			return err
		}
	}
	w.there.move(w.record.path, aside)
	return nil
}

// state brings the object into the workflow state of the folder.
func (w *writing) state(now string) error {
	want := w.want.text("review_state")
	if want == "" || now == want {
		return nil
	}
	publish := Change{Action: Publish, Field: "review_state", From: now, To: want}
	switch {
	case now == "" && !w.there.isPlanned(w.record.uid):
		w.problem("review_state", fmt.Errorf("%w: the target has no workflow for the item, and not the state %q", errors.ErrNotDone, want))
		return nil
	case w.options.DryRun:
		w.change(publish)
		return nil
	}
	if _, err := w.site.client.Workflow.To(w.ctx, w.record.path, want, client.TransitionOptions{}); err != nil {
		if fatal(err) {
			return err
		}
		w.problem("review_state", err)
		return nil
	}
	w.change(publish)
	if v, known := w.want["effective"]; known && empty(v) && w.has("effective") {
		// The server has just set the time of the transition.
		_, err := w.site.client.Content.Update(w.ctx, w.record.path, client.Fields{"effective": nil})
		return err
	}
	return nil
}
