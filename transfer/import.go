package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unique"

	"crypto/sha256"
	"encoding/hex"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// ImportOptions say how to import a folder. The zero value makes and changes what
// the folder has, and leaves all else that the target has.
type ImportOptions struct {
	// DryRun changes nothing and tells in events what would be changed, field by
	// field.
	DryRun bool
	// Delete removes objects of the target that the folder does not have.
	Delete bool
	// Adopt takes an object of the same type that is already at the path of an item
	// for that item, although its UID is another one. Without it, that is a
	// problem; folders of languages, and what the site makes in them, are always
	// adopted.
	Adopt bool
	// Parallel is how many steps are done at once; 0 for 1. On a Plone of one
	// process more are slower, since writes get into each other's way; after such
	// conflicts the client makes them one after the other.
	Parallel int
	Observe  func(Event) // hears how far it is, one event at a time; nil for nobody
}

// The phases of an import that an export does not have.
const (
	PhaseClear    Phase = "clear" // objects that the folder does not have, before others come in their place
	PhaseOrder    Phase = "order" // of children
	PhaseRoles    Phase = "roles" // local ones
	PhaseComments Phase = "comments"
	PhasePages    Phase = "default pages"
	PhaseDelete   Phase = "delete" // objects that the folder does not have, with nothing in them that it has
)

// Import makes the site have what the folder dir has, which Export wrote, or
// Plone's own exporter. What is equal already is not touched. A run that was
// stopped is gone on with.
//
// Before anything is sent, the folder is checked as a whole. An item that is
// damaged there is a problem of its own, as is one that the target refuses; what
// is inside of it is left out too, the others are carried.
//
// Errors: [ErrIncomplete] together with the report when something could not be
// carried; [ErrNoExport], [ErrNewerFormat] or [errors.ErrDamaged] for a folder
// that cannot be imported; any other error, of the site or the disk, when the run
// stopped and can be gone on with.
//
// Source: plone.exportimport 2.2, its format 1.0.0.
func Import(ctx context.Context, c *client.Client, dir string, o ImportOptions) (*Report, error) {
	job, err := NewImport(ctx, c, dir, o)
	if err != nil {
		return nil, err
	}
	report, err := job.Run(ctx)
	return report, errors.Join(err, job.Close())
}

// NewImport returns the import of a folder as a [Job]. It checks the folder and
// lists the target.
//
// Errors: those of Import that are about the folder; those of reading the site.
func NewImport(ctx context.Context, c *client.Client, dir string, o ImportOptions) (*Job, error) {
	if o.Parallel < 0 {
		return nil, fmt.Errorf("transfer: %w: a negative Parallel", errors.ErrInvalidInput)
	}
	folder, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("transfer: %w: %w", ErrNoExport, err)
	}
	im := &importer{options: o, folder: folder}
	if err := im.open(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("transfer: %w", err), folder.root.Close())
	}
	name := "import"
	if o.DryRun {
		name = "plan"
	}
	target := sha256.Sum256([]byte(im.site.address))
	j := &Job{
		journal:  filepath.Join(dir, stateDir, name+"-"+hex.EncodeToString(target[:6])+".jsonl"),
		parallel: o.Parallel,
		observe:  o.Observe,
		folder:   folder,
		known:    im.site.known,
		losses:   []Loss{LossDates, LossHistory, LossOwners},
		survey:   im.survey,
	}
	if o.DryRun {
		// A plan is made as a whole.
		if err := os.Remove(j.journal); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(fmt.Errorf("transfer: %w", err), folder.root.Close())
		}
	}
	j.phases = []phase{
		{name: PhasePrincipals, steps: im.principalSteps, do: im.principal},
		im.obsolete(PhaseClear),
		{name: PhaseContent, steps: im.contentSteps, do: im.content, holds: im.holds},
		{name: PhaseTranslations, steps: im.translationSteps, do: im.translate},
		{name: PhaseRelations, steps: im.relationSteps, do: im.relate},
		{name: PhaseOrder, steps: im.orderSteps, do: im.order},
		{name: PhaseRoles, steps: im.roleSteps, do: im.share},
		{name: PhaseComments, steps: im.commentSteps, do: im.comment},
		single(PhaseRedirects, im.redirect),
		single(PhasePages, im.pages),
		im.obsolete(PhaseDelete),
	}
	return j, nil
}

// record is what an importer remembers of an item.
type record struct {
	uid, path, typ string
	position       int
	file           string // name of its data
	bad            error  // why it cannot be carried; nil when it can
	related        bool   // it has relations that the server does not make itself
}

// importer does the steps of an import.
type importer struct {
	options    ImportOptions
	folder     *folder
	site       *site
	schemas    schemas
	languages  []string
	portal     string // path of the site in the folder, like "/Plone"
	records    []record
	byUID      map[string]int // of records
	byPath     map[string]int // of records
	metadata   metadata
	principals principals
	relations  map[string]map[string][]string // UIDs by field, by UID, of relations.json
	translated []translation
	comments   map[string]conversation
	redirects  map[string]string

	mu         sync.Mutex
	there      map[string]string // paths in the target, by UID
	uids       map[string]string // UIDs in the target, by path
	types      map[string]string // in the target, by path
	groups     map[string]string // of translations, by UID
	adopted    map[string]string // UIDs in the folder, by UID in the target
	own        map[string]string // the other way round
	planned    map[string]bool   // UIDs of items that a dry run would have made
	pagesThere map[string]bool   // UIDs of default pages in the target
}

// open checks the folder and lists the target.
func (im *importer) open(ctx context.Context, c *client.Client) error {
	if err := im.read(); err != nil {
		return err
	}
	site, err := openSite(ctx, c)
	if err != nil {
		return err
	}
	im.site, im.schemas.client = site, c
	info, err := c.Site.Get(ctx)
	if err != nil {
		return err
	}
	im.languages = info.Value.Languages
	return im.survey(ctx)
}

// read reads the files about the whole, and checks every record.
func (im *importer) read() error {
	err := im.folder.read(metadataFile, &im.metadata)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s has no %s", ErrNoExport, im.folder.dir, metadataFile)
	case err != nil:
		return err
	case im.metadata.Version != formatVersion:
		return fmt.Errorf("%w: %s says version %q, and %s is known here", ErrNewerFormat, metadataFile, im.metadata.Version, formatVersion)
	}
	var relations []relation
	for name, v := range map[string]any{
		"principals.json": &im.principals, "relations.json": &relations, "translations.json": &im.translated,
		"discussions.json": &im.comments, "redirects.json": &im.redirects,
	} {
		if err := im.folder.readOptional(name, v); err != nil {
			return err
		}
	}
	im.relations = map[string]map[string][]string{}
	for _, r := range relations {
		if r.Attribute == workingCopy {
			continue
		}
		if im.relations[r.From] == nil {
			im.relations[r.From] = map[string][]string{}
		}
		im.relations[r.From][r.Attribute] = append(im.relations[r.From][r.Attribute], r.To)
	}
	return im.check()
}

// check reads every record, so that damage is found before anything is sent.
func (im *importer) check() error {
	im.byUID, im.byPath = map[string]int{}, map[string]int{}
	for _, name := range im.metadata.DataFiles {
		r := record{file: "content/" + name}
		var i item
		if err := im.folder.read(r.file, &i); err != nil {
			// Nothing is known of it but the name of its directory.
			if !errors.Is(err, errors.ErrDamaged) {
				err = fmt.Errorf("%w: %w", errors.ErrDamaged, err)
			}
			r.uid, r.path, r.bad = path.Dir(name), r.file, err
			im.byUID[r.uid] = len(im.records)
			im.records = append(im.records, r)
			continue
		}
		r.uid, r.path, r.typ = i.uid(), i.path(), unique.Make(i.typ()).Value()
		if dir := r.file[len("content/"):]; strings.HasPrefix(dir, r.uid) {
			r.uid = dir[:len(r.uid)] // as a part of what is in memory already
		}
		if r.typ == siteType {
			im.portal, r.uid, r.path = r.path, siteUID, "/"
		}
		switch {
		case r.uid == "" || r.path == "" || r.typ == "":
			r.bad = fmt.Errorf("%w: %s lacks its UID, @id or @type", errors.ErrDamaged, r.file)
		case !fs.ValidPath(strings.TrimPrefix(r.path, "/")) && r.path != "/" || !strings.HasPrefix(r.path, "/"):
			return fmt.Errorf("%w: %s: the path %q would leave the site", errors.ErrInvalidInput, r.file, r.path)
		case im.has(im.byUID, r.uid):
			return fmt.Errorf("%w: %s and %s have the same UID %s", errors.ErrDamaged, im.records[im.byUID[r.uid]].file, r.file, r.uid)
		case im.has(im.byPath, r.path):
			return fmt.Errorf("%w: %s and %s have the same path %s", errors.ErrDamaged, im.records[im.byPath[r.path]].file, r.file, r.path)
		}
		for field, f := range i.files() {
			blob := f.text("blob_path")
			if blob == "" || r.bad != nil {
				continue
			}
			if info, err := im.folder.root.Stat("content/" + blob); err != nil {
				if !errors.Is(err, fs.ErrNotExist) {
					return fmt.Errorf("%w: %s: the file of %s: %w", errors.ErrInvalidInput, r.file, field, err)
				}
				r.bad = fmt.Errorf("%w: the file of %s is missing: %s", errors.ErrDamaged, field, blob)
			} else if size := f.size(); size >= 0 && size != info.Size() {
				r.bad = fmt.Errorf("%w: the file of %s has %d bytes instead of %d: %s", errors.ErrDamaged, field, info.Size(), size, blob)
			}
		}
		r.position = im.metadata.Ordering[r.uid]
		r.related = i[relationsKey] != nil
		for name := range im.relations[r.uid] {
			r.related = r.related || name != isReferencing
		}
		im.byUID[r.uid], im.byPath[r.path] = len(im.records), len(im.records)
		im.records = append(im.records, r)
	}
	im.metadata.DataFiles, im.metadata.BlobFiles, im.metadata.Ordering = nil, nil, nil // a record has what it needs
	if len(im.records) == 0 {
		return fmt.Errorf("%w: %s names no items", ErrNoExport, metadataFile)
	}
	im.sort()
	for n := range im.records {
		r := &im.records[n]
		r.related = r.related || im.newer(r, im.relations[r.uid][isReferencing])
	}
	return nil
}

func (im *importer) has(index map[string]int, key string) bool {
	_, ok := index[key]
	return ok
}

// sort puts the records into the order in which they are made: by depth, so that
// parents come first, and siblings in their order.
func (im *importer) sort() {
	slices.SortFunc(im.records, func(a, b record) int {
		if d := depth(a.path) - depth(b.path); d != 0 {
			return d
		}
		if c := strings.Compare(path.Dir(a.path), path.Dir(b.path)); c != 0 {
			return c
		}
		if d := a.position - b.position; d != 0 {
			return d
		}
		return strings.Compare(a.path, b.path)
	})
	for n, r := range im.records {
		im.byUID[r.uid] = n
		if r.typ != "" {
			im.byPath[r.path] = n
		}
	}
}

// depth is 0 for the site and 1 for its children.
func depth(p string) int {
	if p == "/" {
		return 0
	}
	return strings.Count(p, "/")
}

// survey lists the target and finds who is who.
func (im *importer) survey(ctx context.Context) error {
	entries, err := im.site.list(ctx)
	if err != nil {
		return err
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.there, im.uids, im.types = map[string]string{}, map[string]string{}, map[string]string{}
	im.groups, im.pagesThere = map[string]string{}, map[string]bool{}
	im.adopted, im.own, im.planned = map[string]string{}, map[string]string{}, map[string]bool{}
	for _, e := range entries {
		im.there[e.UID], im.uids[e.Path], im.types[e.Path] = e.Path, e.UID, unique.Make(e.Type).Value()
		if e.Group != "" {
			im.groups[e.UID] = e.Group
		}
		if e.Default {
			im.pagesThere[e.UID] = true
		}
	}
	for n := range im.records {
		r := &im.records[n]
		uid, occupied := im.uids[r.path]
		_, present := im.there[r.uid]
		switch {
		case r.bad != nil || !occupied || present || r.uid == siteUID:
		case im.types[r.path] == r.typ && (im.options.Adopt || madeBySite(r.typ)):
			im.adopted[uid], im.own[r.uid] = r.uid, uid
		case im.has(im.byUID, uid), im.options.Delete && !madeBySite(im.types[r.path]):
			// It will be moved away, or deleted.
		default:
			r.bad = fmt.Errorf("%w: a %s with the UID %s", ErrOccupied, im.types[r.path], uid)
		}
	}
	return nil
}

// madeBySite reports whether the site makes objects of the type by itself, so that
// they have other UIDs on every site.
//
// Source: plone.app.multilingual, its types for the folders of languages and of
// what is independent of a language.
func madeBySite(typ string) bool { return typ == "LRF" || typ == "LIF" || typ == siteType }

// target returns the path and UID that an item has in the target.
func (im *importer) target(uid string) (at, targetUID string, ok bool) {
	im.mu.Lock()
	defer im.mu.Unlock()
	targetUID = uid
	if own, ok := im.own[uid]; ok {
		targetUID = own
	}
	at, ok = im.there[targetUID]
	return at, targetUID, ok
}

// put remembers where an object of the target is now.
func (im *importer) put(uid, at, typ string) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.there[uid], im.uids[at], im.types[at] = at, uid, typ
}

// form is how the target says things, in the terms of the folder.
func (im *importer) form() *form {
	return &form{
		site: im.site.address, language: im.site.language,
		uid: func(p string) string {
			im.mu.Lock()
			defer im.mu.Unlock()
			return im.uids[p]
		},
		rename: func(uid string) string {
			im.mu.Lock()
			defer im.mu.Unlock()
			if origin, ok := im.adopted[uid]; ok {
				return origin
			}
			if _, ok := im.own[uid]; ok {
				return "" // it leads nowhere in the target
			}
			return uid
		},
	}
}

// batches cuts the records that keep says into steps. Records of different waves
// are never in one step.
func (im *importer) batches(name Phase, keep func(*record) bool, wave func(*record) int) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		s := Step{Phase: name}
		for n := range im.records {
			r := &im.records[n]
			if !keep(r) {
				continue
			}
			w := wave(r)
			if len(s.UIDs) == importSize || len(s.UIDs) > 0 && s.Wave != w {
				if !yield(s, nil) {
					return
				}
				s = Step{Phase: name}
			}
			if len(s.UIDs) == 0 {
				s.Path, s.Wave = r.path, w
			}
			s.UIDs = append(s.UIDs, r.uid)
		}
		if len(s.UIDs) > 0 {
			yield(s, nil)
		}
	}
}

func oneWave(*record) int { return 0 }

// each does something for each item of a step. What blames the item is a problem;
// the rest stops the step.
func (im *importer) each(s Step, r *Result, do func(*record) error) error {
	for _, uid := range s.UIDs {
		n, ok := im.byUID[uid]
		if !ok {
			r.problem(Problem{Phase: s.Phase, Path: s.Path, UID: uid, Message: "the folder has no such item any more"})
			continue
		}
		rec := &im.records[n]
		if err := do(rec); err != nil {
			if !blamesItem(err) && !errors.Is(err, ErrOccupied) && !errors.Is(err, ErrNoFolder) {
				return fmt.Errorf("%s: %w", rec.path, err)
			}
			r.problem(problem(s.Phase, rec.path, uid, err))
		}
		r.done(1, 0)
	}
	return nil
}

// value shortens a value for a Change.
func value(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	const most = 80
	if cut := []rune(string(text)); len(cut) > most {
		return string(cut[:most-1]) + "…"
	}
	return string(text)
}

// holds reports whether the items of a step are still in the target: it may have
// been reset since.
func (im *importer) holds(s Step) bool {
	return !slices.ContainsFunc(s.UIDs, func(uid string) bool { _, _, ok := im.target(uid); return !ok })
}
