package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"strings"

	"plone.example/restapi/errors"
)

// PhaseCheck looks at what was sent and not shown as it was, when all is there.
const PhaseCheck Phase = "check"

// memory is what a target did with the fields of an item that it took and shows in
// another way, such as a text that it filters. They are not sent again as long as
// both sides stay as they are.
type memory map[string]sentValue

// relationPrefix begins the names of relations that are in no field.
const relationPrefix = "relation "

// sentValue has the sums of two values of a field.
type sentValue struct {
	Sent  string `json:"sent"`            // as it was sent
	Shown string `json:"shown,omitempty"` // as the target shows it; empty when nobody has looked yet
}

func sumOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		text = fmt.Append(nil, v)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// accepted reports whether the target is known to show a value in this way.
func (m memory) accepted(name string, sent, got any) bool {
	one, ok := m[name]
	return ok && one == sentValue{sumOf(sent), sumOf(got)}
}

// remembered reads the memory of an item.
func (im *importer) remembered(uid string) (memory, error) {
	m := memory{}
	return m, optional(im.folder.read(im.memories+"/"+uid+".json", &m))
}

// remember writes the memory of an item.
func (im *importer) remember(uid string, m memory) error {
	name := im.memories + "/" + uid + ".json"
	if len(m) == 0 {
		return optional(im.folder.root.Remove(name))
	}
	return im.folder.write(name, m)
}

// checkSteps yields the items of which something is to be looked at again.
func (im *importer) checkSteps(ctx context.Context) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		names, err := fs.Glob(im.folder.root.FS(), im.memories+"/*.json")
		if err != nil {
			yield(Step{}, err)
			return
		}
		open := map[string]bool{}
		for _, name := range names {
			uid := strings.TrimSuffix(path.Base(name), ".json")
			m, err := im.remembered(uid)
			if err != nil {
				yield(Step{}, err)
				return
			}
			for _, one := range m {
				open[uid] = open[uid] || one.Shown == ""
			}
		}
		for s, err := range im.batches(PhaseCheck, func(r *record) bool { return open[r.uid] }, oneWave) {
			if !yield(s, err) {
				return
			}
		}
	}
}

// verify names the fields that the target took and shows in another way, and
// remembers how.
func (im *importer) verify(ctx context.Context, s Step, r *Result) error {
	current, err := im.current(ctx, s, r)
	if err != nil {
		return err
	}
	return im.each(s, r, func(rec *record) error {
		raw := current[rec.uid]
		if raw == nil {
			return nil // gone, or named in a problem
		}
		w, err := im.writing(ctx, rec, &Result{})
		if err != nil {
			return err
		}
		w.lacking() // which has been named
		got, err := im.form().item(raw, w.schema.Properties)
		if err != nil {
			return err
		}
		for name, one := range w.memory {
			if strings.HasPrefix(name, relationPrefix) {
				continue
			}
			d := compare(name, w.want[name], got[name])
			if d == nil {
				delete(w.memory, name)
				continue
			}
			// A link to what is not there is stored and not shown; that is named elsewhere.
			if one.Shown == "" && !w.dangling(w.want[name]) {
				p := problem(s.Phase, rec.path, rec.uid, fmt.Errorf("%w: %v", errors.ErrNotDone, d))
				p.Field = name
				r.problem(p)
			}
			w.memory[name] = sentValue{sumOf(w.sent(name, w.want[name])), sumOf(got[name])}
		}
		return im.remember(rec.uid, w.memory)
	})
}
