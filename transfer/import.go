package transfer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unique"

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
	// Concurrency is how many steps are done at once; 0 for 1. On a Plone of one
	// process more are slower, since writes get into each other's way; after such
	// conflicts the client makes them one after the other.
	Concurrency int
	Progress    func(Event) // if not nil, receives events, one at a time
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
// that cannot be imported; any other error when the run stopped, since the site was
// lost, the login is dead, the disk failed or ctx ended: call it again to resume.
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
	if o.Concurrency < 0 {
		return nil, fmt.Errorf("transfer: %w: a negative Concurrency", errors.ErrInvalidInput)
	}
	folder, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("transfer: %w: %w", ErrNoExport, err)
	}
	im := &importer{options: o, folder: folder, losses: map[Loss]int{LossDates: 0, LossHistory: 0, LossOwners: 0}}
	if err := im.open(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("transfer: %w", err), folder.root.Close())
	}
	name := "import"
	if o.DryRun {
		name = "plan"
	}
	target := sha256.Sum256([]byte(im.site.address))
	im.memories = stateDir + "/sent-" + hex.EncodeToString(target[:6])
	j := &Job{
		journal:  filepath.Join(dir, stateDir, name+"-"+hex.EncodeToString(target[:6])+".jsonl"),
		parallel: max(o.Concurrency, 1),
		observe:  o.Progress,
		folder:   folder,
		known:    im.site.known,
		losses:   im.losses,
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
		{name: PhaseRelations, steps: im.relationSteps, do: im.relate},
		// Changing one of several translations changes fields of the others too.
		{name: PhaseTranslations, steps: im.translationSteps, do: im.translate},
		{name: PhaseOrder, steps: im.orderSteps, do: im.order},
		{name: PhaseRoles, steps: im.roleSteps, do: im.share},
		{name: PhaseComments, steps: im.commentSteps, do: im.comment},
		single(PhaseRedirects, im.redirect),
		single(PhasePages, im.pages),
		im.obsolete(PhaseDelete),
		{name: PhaseCheck, steps: im.checkSteps, do: im.verify},
	}
	return j, nil
}

// importer does the steps of an import.
type importer struct {
	options ImportOptions
	folder  *folder
	site    *site
	schemas *client.TypeService
	there   *inventory
	// Directory with what this target did with what it was sent.
	memories string
	// Of what the folder has and plone.restapi cannot set.
	losses map[Loss]int

	// Of the folder.
	records
	portal     string                 // path of the site, like "/Plone"
	defaults   map[string]defaultPage // by the UID of their folder
	roles      map[string]localRoles  // without ownership
	principals principals
	relations  []relation    // those that the server does not make itself, sorted by From
	translated []translation // sorted by Canonical
	comments   map[string]conversation
	redirects  map[string]string
	unread     map[string]bool // UIDs of objects that the export could not read
}

// open checks the folder and lists the target.
func (im *importer) open(ctx context.Context, c *client.Client) (err error) {
	if err := im.read(); err != nil {
		return err
	}
	// What is written to is listed, made or looked at by this run itself.
	if c, err = c.Clone(client.WithTrustedPaths()); err != nil {
		return err
	}
	if im.site, err = openSite(ctx, c); err != nil {
		return err
	}
	im.schemas, im.there = c.Types, newInventory(&im.records, im.options.DryRun)
	return im.survey(ctx)
}

// read reads the files about the whole, and checks every record.
func (im *importer) read() error {
	var version string
	err := im.metadata(map[string]func(*json.Decoder) error{
		"__version__": func(d *json.Decoder) error { return d.Decode(&version) },
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s has no %s", ErrNoExport, im.folder.dir, metadataFile)
	case err != nil:
		return err
	case version != formatVersion:
		return fmt.Errorf("%w: %s says version %q, and %s is known here", ErrNewerFormat, metadataFile, version, formatVersion)
	}
	for name, v := range map[string]any{
		"principals.json": &im.principals, "translations.json": &im.translated,
		"discussions.json": &im.comments, "redirects.json": &im.redirects,
	} {
		if err := optional(im.folder.read(name, v)); err != nil {
			return err
		}
	}
	err = im.folder.parse("portlets.json", func(d *json.Decoder) error {
		return elements(d, func() error { return im.lose(LossPortlets, d) })
	})
	if err := optional(err); err != nil {
		return err
	}
	slices.SortFunc(im.translated, func(a, b translation) int { return strings.Compare(a.Canonical, b.Canonical) })
	if err := im.readRecords(); err != nil {
		return err
	}
	return im.readRelations()
}

// metadata has members of the metadata decoded.
func (im *importer) metadata(want map[string]func(*json.Decoder) error) error {
	return im.folder.parse(metadataFile, func(d *json.Decoder) error {
		return members(d, func(name string) error {
			if decode, ok := want[name]; ok {
				return decode(d)
			}
			return skip(d)
		})
	})
}

// readRecords checks every record, so that damage is found before anything is sent.
func (im *importer) readRecords() error {
	var all []record
	im.roles = map[string]localRoles{}
	err := im.metadata(map[string]func(*json.Decoder) error{
		"_data_files_": func(d *json.Decoder) error {
			return elements(d, func() error {
				all = append(all, record{})
				return d.Decode(&all[len(all)-1].file)
			})
		},
		"local_roles": func(d *json.Decoder) error {
			return members(d, func(uid string) error {
				var roles localRoles
				err := d.Decode(&roles)
				if roles.Roles = given(roles.Roles); roles.any() {
					im.roles[uid] = roles
				}
				return err
			})
		},
		"default_page": func(d *json.Decoder) error { return d.Decode(&im.defaults) },
		"local_permissions": func(d *json.Decoder) error {
			return members(d, func(string) error { return im.lose(LossPermissions, d) })
		},
	})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("%w: %s names no items", ErrNoExport, metadataFile)
	}
	all = slices.Clip(all)
	for n := range all {
		if err := im.check(&all[n]); err != nil {
			return err
		}
	}
	im.records = indexed(all)
	for first, second := range im.uids.doubles() {
		if all[first].bad == nil && all[second].bad == nil {
			return fmt.Errorf("%w: %s and %s have the same UID %s", errors.ErrDamaged, all[first].data(), all[second].data(), all[first].uid)
		}
	}
	for first, second := range im.paths.doubles() {
		return fmt.Errorf("%w: %s and %s have the same path %s", errors.ErrDamaged, all[first].data(), all[second].data(), all[first].path)
	}
	err = im.metadata(map[string]func(*json.Decoder) error{
		"ordering": func(d *json.Decoder) error {
			return members(d, func(uid string) error {
				var position int32
				err := d.Decode(&position)
				if r := im.record(uid); r != nil {
					r.position = position
				}
				return err
			})
		},
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, before)
	im.records = indexed(all)
	im.unread = map[string]bool{}
	for one, err := range im.folder.list(previousFile) {
		if err != nil {
			return err
		}
		if one.Open && im.record(one.UID) == nil {
			im.unread[one.UID] = true
		}
	}
	return nil
}

// check reads a record. What is wrong with it alone is kept in it.
func (im *importer) check(r *record) error {
	name := r.data()
	var i item
	if err := im.folder.read(name, &i); err != nil {
		// Nothing is known of it but the name of its directory.
		if !errors.Is(err, errors.ErrDamaged) {
			err = fmt.Errorf("%w: %w", errors.ErrDamaged, err)
		}
		r.uid, r.path, r.bad = path.Dir(r.file), name, err
		return nil
	}
	r.uid, r.path, r.typ = i.uid(), i.path(), unique.Make(i.typ()).Value()
	if strings.HasPrefix(r.file, r.uid) {
		r.uid = r.file[:len(r.uid)] // which is in memory already
	}
	if r.typ == siteType {
		im.portal, r.uid, r.path = r.path, siteUID, "/"
	}
	for _, needed := range []string{"UID", "@id", "@type"} {
		if i.text(needed) == "" && (needed != "UID" || r.uid == "") {
			r.bad = fmt.Errorf("%w: %s: %s is %s instead of a text", errors.ErrDamaged, name, needed, value(i[needed]))
			break
		}
	}
	switch {
	case r.bad != nil:
		r.uid, r.path = cmp.Or(r.uid, path.Dir(r.file)), cmp.Or(r.path, name)
	case !fs.ValidPath(strings.TrimPrefix(r.path, "/")) && r.path != "/" || !strings.HasPrefix(r.path, "/"):
		return fmt.Errorf("%w: %s: the path %q would leave the site", errors.ErrInvalidInput, name, r.path)
	}
	for field, f := range i.files() {
		blob := f.text("blob_path")
		if blob == "" || r.bad != nil {
			continue
		}
		// One that is missing or damaged costs its field; see writing.readable.
		if _, err := im.folder.root.Stat("content/" + blob); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %s: the file of %s: %w", errors.ErrInvalidInput, name, field, err)
		}
	}
	r.related = i[relationsKey] != nil
	if !empty(i[constrainsKey]) {
		im.losses[LossConstrains]++
	}
	return nil
}

// lose counts a value that cannot be set, when it says something.
func (im *importer) lose(l Loss, d *json.Decoder) error {
	var v any
	err := d.Decode(&v)
	if !empty(v) {
		im.losses[l]++
	}
	return err
}

// readRelations reads the relations that are not in the records.
func (im *importer) readRelations() error {
	err := im.folder.parse("relations.json", func(d *json.Decoder) error {
		return elements(d, func() error {
			var one relation
			err := d.Decode(&one)
			from := im.record(one.From)
			// The server makes the relations of links to older objects itself.
			if from == nil || one.Attribute == workingCopy || one.Attribute == isReferencing && !im.newer(from, one.To) {
				return err
			}
			from.related = true
			one.From, one.Attribute = from.uid, unique.Make(one.Attribute).Value() // which are in memory already
			if to := im.record(one.To); to != nil {
				one.To = to.uid
			}
			im.relations = append(im.relations, one)
			return err
		})
	})
	slices.SortStableFunc(im.relations, func(a, b relation) int { return strings.Compare(a.From, b.From) })
	return optional(err)
}

// newer reports whether an item is made after rec.
func (im *importer) newer(rec *record, uid string) bool {
	other := im.record(uid)
	return other != nil && before(*rec, *other) < 0
}

// before sorts records into the order in which they are made: by depth, so that
// parents come first, and siblings in their order.
func before(a, b record) int {
	return cmp.Or(
		depth(a.path)-depth(b.path), strings.Compare(path.Dir(a.path), path.Dir(b.path)),
		int(a.position)-int(b.position), strings.Compare(a.path, b.path),
	)
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
	there := newInventory(&im.records, im.options.DryRun)
	err := im.site.list(ctx, func(e entry) error {
		if r := im.record(e.UID); r != nil {
			e.UID = r.uid // which is in memory already
		}
		there.put(e.UID, e.Path, e.Type)
		if e.Group != "" {
			there.groups[e.UID] = e.Group
		}
		if e.Default {
			there.pages[e.UID] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	for n := range im.all {
		r := &im.all[n]
		uid, typ, occupied := there.occupant(r.path)
		_, present := there.find(r.uid)
		switch {
		case r.bad != nil || !occupied || present || r.uid == siteUID:
		case typ == r.typ && (im.options.Adopt || madeBySite(r.typ)):
			there.adopt(uid, r.uid)
		case im.record(uid) != nil, im.options.Delete && !madeBySite(typ):
			// It will be moved away, or deleted.
		default:
			r.bad = fmt.Errorf("%w: a %s with the UID %s", ErrOccupied, typ, uid)
		}
	}
	im.there.take(there)
	return nil
}

// madeBySite reports whether the site makes objects of the type by itself, so that
// they have other UIDs on every site.
//
// Source: plone.app.multilingual, its types for the folders of languages and of
// what is independent of a language.
func madeBySite(typ string) bool { return typ == "LRF" || typ == "LIF" || typ == siteType }

// target returns the path and UID that an item has in the target.
func (im *importer) target(uid string) (at, targetUID string, ok bool) { return im.there.target(uid) }

// form is how the target says things, in the terms of the folder.
func (im *importer) form() *form {
	return &form{
		site: im.site.address, language: im.site.language, rename: im.there.origin,
		uid: func(at string) string {
			uid, _, _ := im.there.occupant(at)
			return uid
		},
	}
}

// batches cuts the records that keep says into steps. Records of different waves
// are never in one step.
func (im *importer) batches(name Phase, keep func(*record) bool, wave func(*record) int) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		s := Step{Phase: name}
		for n := range im.all {
			r := &im.all[n]
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

// each does something for each item of a step. Only a fatal error stops the step;
// any other is a problem of the item.
func (im *importer) each(s Step, r *Result, do func(*record) error) error {
	for _, uid := range s.UIDs {
		rec := im.record(uid)
		if rec == nil {
			r.problem(Problem{Phase: s.Phase, Path: s.Path, UID: uid, Message: "the folder has no such item any more"})
			continue
		}
		if err := do(rec); err != nil {
			if fatal(err) {
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
// been reset since. One that cannot be carried was never there.
func (im *importer) holds(s Step) bool {
	return !slices.ContainsFunc(s.UIDs, func(uid string) bool {
		rec := im.record(uid)
		_, _, ok := im.target(uid)
		return !ok && rec != nil && rec.bad == nil
	})
}
