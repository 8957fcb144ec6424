package transfer

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// ExportOptions say how to export a site. The zero value exports all of it.
type ExportOptions struct {
	PageSize int // objects per request; 0 for 25
	Parallel int // steps at once; 0 for 1. More than one is slower on a Plone of one process
	// NoLocalRoles leaves out who has which roles where. The server tells them only
	// for one object at a time, which takes about as long as all the rest.
	NoLocalRoles bool
	Observe      func(Event) // hears how far it is, one event at a time; nil for nobody
}

// The phases of an export.
const (
	PhaseList         Phase = "list"         // what there is, and what is there no more
	PhaseContent      Phase = "content"      // objects with their files, comments and local roles; also of an import
	PhaseTranslations Phase = "translations" // also of an import
	PhaseRelations    Phase = "relations"    // of objects to others; also of an import
	PhaseRedirects    Phase = "redirects"    // also of an import
	PhasePrincipals   Phase = "principals"   // users and groups; also of an import
	PhaseSummary      Phase = "summary"      // the files about the whole
)

const (
	listFile     = stateDir + "/list.jsonl"     // the site as this run lists it
	previousFile = stateDir + "/previous.jsonl" // as the last complete run did
	originFile   = stateDir + "/origin.json"    // whose export it is
	freeFile     = stateDir + "/relations.json" // relations that are in no field

	defaultPageSize = 25
	// From this size on, a download that breaks is taken up where it broke. That
	// costs a request.
	resumableSize = 16 << 20
)

// Export writes the site to the folder dir, which it makes when there is none. In
// a folder with an earlier export of the same site, it writes what has changed
// since, and removes what the site has no more. A run that was stopped is gone on
// with.
//
// Errors: [ErrIncomplete] together with the report when something could not be
// read; [ErrNoExport] for a folder with something else in it; any other error, of
// the site or the disk, when the run stopped and can be gone on with.
//
// Source: plone.exportimport 2.2, its format 1.0.0.
func Export(ctx context.Context, c *client.Client, dir string, o ExportOptions) (*Report, error) {
	job, err := NewExport(ctx, c, dir, o)
	if err != nil {
		return nil, err
	}
	report, err := job.Run(ctx)
	return report, errors.Join(err, job.Close())
}

// NewExport returns the export of a site as a [Job]. Everybody who does steps of it
// needs the same folder.
//
// Errors: those of reading the site; [ErrNoExport] for a folder with something
// else in it; [errors.ErrInvalidInput] for negative options.
func NewExport(ctx context.Context, c *client.Client, dir string, o ExportOptions) (*Job, error) {
	if o.PageSize < 0 || o.Parallel < 0 {
		return nil, fmt.Errorf("transfer: %w: a negative PageSize or Parallel", errors.ErrInvalidInput)
	}
	if o.PageSize == 0 {
		o.PageSize = defaultPageSize
	}
	if err := os.MkdirAll(filepath.Join(dir, stateDir), 0o777); err != nil {
		return nil, fmt.Errorf("transfer: %w", err)
	}
	folder, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("transfer: %w", err)
	}
	e := &exporter{options: o, folder: folder}
	if err := e.open(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("transfer: %w", err), folder.root.Close())
	}
	return &Job{
		journal:  filepath.Join(dir, stateDir, "export.jsonl"),
		parallel: o.Parallel,
		observe:  o.Observe,
		folder:   folder,
		known:    e.site.known,
		losses:   []Loss{LossHistory, LossPasswords, LossPermissions, LossConstrains, LossPortlets, LossOwners, LossRawText, LossPortraits},
		phases: []phase{
			single(PhaseList, e.list),
			{name: PhaseContent, steps: e.contentSteps, do: e.content},
			single(PhaseTranslations, e.translations),
			single(PhaseRelations, e.relations),
			single(PhaseRedirects, e.redirects),
			single(PhasePrincipals, e.principals),
			single(PhaseSummary, e.summary),
		},
	}, nil
}

// exporter does the steps of an export. Its only memory is the folder.
type exporter struct {
	options ExportOptions
	folder  *folder
	site    *site
	schemas schemas

	mu      sync.Mutex
	entries []entry           // of listFile; nil before they are needed
	uids    map[string]string // by path
}

func (e *exporter) open(ctx context.Context, c *client.Client) (err error) {
	if e.site, err = openSite(ctx, c); err != nil {
		return err
	}
	e.schemas.client = c
	var origin struct {
		Site string `json:"site"`
	}
	err = e.folder.read(originFile, &origin)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := e.folder.root.Stat("content"); err == nil {
			return fmt.Errorf("%w: %s has content that no export from here wrote; choose another folder", ErrNoExport, e.folder.dir)
		}
		origin.Site = e.site.address
		return e.folder.write(originFile, origin)
	case err != nil:
		return err
	case origin.Site != e.site.address:
		return fmt.Errorf("%w of %s: %s is one of %s; choose another folder", ErrNoExport, e.site.address, e.folder.dir, origin.Site)
	}
	return nil
}

// list writes down what the site has, and removes what it has no more.
func (e *exporter) list(ctx context.Context, _ Step, r *Result) error {
	entries, err := e.site.list(ctx)
	if err == nil {
		err = e.site.known(ctx)
	}
	if err != nil {
		return err
	}
	err = e.folder.replace(listFile, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		lines := json.NewEncoder(b)
		for i := range entries {
			if err := lines.Encode(&entries[i]); err != nil {
				return err
			}
		}
		return b.Flush()
	})
	if err != nil {
		return err
	}
	there := make(map[string]bool, len(entries))
	for i := range entries {
		there[entries[i].UID] = true
	}
	for old, err := range e.read(previousFile) {
		if err != nil {
			return err
		}
		if !there[old.UID] {
			if err := e.remove(old, r); err != nil {
				return err
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.entries = nil
	return nil
}

func (e *exporter) remove(gone entry, r *Result) error {
	if err := e.folder.root.RemoveAll("content/" + gone.UID); err != nil {
		return err
	}
	r.change(Change{Action: Removed, Path: gone.Path, UID: gone.UID})
	return nil
}

// read yields the entries of a list; none when there is no such file.
func (e *exporter) read(name string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		file, err := e.folder.root.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(entry{}, err)
			return
		}
		defer file.Close()
		for d := json.NewDecoder(bufio.NewReader(file)); ; {
			var one entry
			err := d.Decode(&one)
			if err == io.EOF {
				return
			}
			if err == nil && !uidRE.MatchString(one.UID) {
				err = fmt.Errorf("%w: %s: the UID %q cannot be a file name", errors.ErrDamaged, one.Path, one.UID)
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}

// load reads the list of this run.
func (e *exporter) load() ([]entry, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.entries != nil {
		return e.entries, nil
	}
	var entries []entry
	uids := map[string]string{}
	for one, err := range e.read(listFile) {
		if err != nil {
			return nil, err
		}
		entries = append(entries, one)
		uids[one.Path] = one.UID
	}
	e.entries, e.uids = entries, uids
	return entries, nil
}

// contentSteps yields what is new or has changed since the last complete run.
func (e *exporter) contentSteps(context.Context) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		entries, err := e.load()
		if err != nil {
			yield(Step{}, err)
			return
		}
		before := map[string]entry{}
		for old, err := range e.read(previousFile) {
			if err != nil {
				yield(Step{}, err)
				return
			}
			before[old.UID] = old
		}
		s := Step{Phase: PhaseContent}
		for _, one := range entries {
			// Positions and default pages are not in the record of an item.
			same := before[one.UID]
			open := same.Open
			same.Position, same.Default, same.Group, same.Open = one.Position, one.Default, one.Group, one.Open
			if same == one && !open {
				continue
			}
			if len(s.UIDs) == 0 {
				s.Path = one.Path
			}
			if s.UIDs = append(s.UIDs, one.UID); len(s.UIDs) == e.options.PageSize {
				if !yield(s, nil) {
					return
				}
				s = Step{Phase: PhaseContent}
			}
		}
		if len(s.UIDs) > 0 {
			yield(s, nil)
		}
	}
}

// content writes a batch of objects.
func (e *exporter) content(ctx context.Context, s Step, r *Result) error {
	entries, err := e.load()
	if err != nil {
		return err
	}
	wanted := map[string]entry{}
	for _, uid := range s.UIDs {
		wanted[uid] = entry{}
	}
	first, _ := slices.BinarySearchFunc(entries, s.Path, func(e entry, path string) int { return strings.Compare(e.Path, path) })
	for found := 0; first < len(entries) && found < len(wanted); first++ {
		if _, ok := wanted[entries[first].UID]; ok {
			wanted[entries[first].UID] = entries[first]
			found++
		}
	}
	f := &form{site: e.site.address, language: e.site.language, uid: func(path string) string { return e.uids[path] }}
	objects, err := e.fetch(ctx, s.UIDs, wanted, r)
	if err == nil && len(objects) < len(s.UIDs) {
		err = e.site.known(ctx)
	}
	if err != nil {
		return err
	}
	for _, uid := range s.UIDs {
		raw, ok := objects[uid]
		switch {
		case !ok:
			// Deleted since it was listed, or named in a problem.
			if err := e.remove(wanted[uid], r); err != nil {
				return err
			}
		default:
			if err := e.save(ctx, f, wanted[uid], raw, r); err != nil {
				return fmt.Errorf("%s: %w", wanted[uid].Path, err)
			}
		}
		r.done(1, 0)
	}
	return nil
}

// fetch reads objects by their UIDs. When the server fails over one of them, it
// fails over the whole batch; halving finds which.
func (e *exporter) fetch(ctx context.Context, uids []string, wanted map[string]entry, r *Result) (map[string]json.RawMessage, error) {
	got, err := fetch(ctx, e.site.client, uids)
	if err == nil || !blamesItem(err) {
		return got, err
	}
	if len(uids) == 1 {
		r.problem(problem(PhaseContent, wanted[uids[0]].Path, uids[0], err))
		return nil, nil
	}
	half := len(uids) / 2
	first, err := e.fetch(ctx, uids[:half], wanted, r)
	if err != nil {
		return nil, err
	}
	second, err := e.fetch(ctx, uids[half:], wanted, r)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(second)
	if all == nil {
		all = map[string]json.RawMessage{}
	}
	maps.Copy(all, first)
	return all, nil
}

// save writes one object, its record last, so that a record never speaks of a file
// that is not there.
func (e *exporter) save(ctx context.Context, f *form, one entry, raw json.RawMessage, r *Result) error {
	schema, err := e.schemas.of(ctx, one.Type)
	if err != nil {
		return err
	}
	i, err := f.item(raw, schema.Properties)
	if err != nil {
		return err
	}
	address := i.path() // which may have changed since the listing
	if one.UID == siteUID {
		address = "/"
	}
	if !e.options.NoLocalRoles {
		roles, err := readRoles(ctx, e.site.client, address)
		switch {
		case err == nil && (len(roles.Roles) > 0 || roles.Block != 0):
			i[rolesKey] = roles
		case err != nil && !blamesItem(err):
			return err
		case err != nil:
			p := problem(PhaseContent, address, one.UID, err)
			p.Field = "local roles"
			r.problem(p)
		}
	}
	if one.Comments > 0 {
		comments, err := e.comments(ctx, f, address)
		switch {
		case err == nil:
			i[commentsKey] = comments
		case !blamesItem(err):
			return err
		default:
			p := problem(PhaseContent, address, one.UID, err)
			p.Field = "comments"
			r.problem(p)
		}
	}
	kept := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(i.files())) {
		file := i.files()[name]
		switch err := e.download(ctx, one.UID, address, name, file, r); {
		case err == nil:
			kept[file.text("blob_path")] = true
		case !blamesItem(err):
			return err
		default:
			p := problem(PhaseContent, address, one.UID, err)
			p.Field = name
			r.problem(p)
			i[name] = nil
		}
	}
	changed, err := e.folder.update(e.folder.data(one.UID), i)
	if err != nil {
		return err
	}
	if changed {
		r.change(Change{Action: Saved, Path: one.Path, UID: one.UID})
	}
	return e.prune(one.UID, kept)
}

// prune removes files that an earlier export wrote and the object has no more.
func (e *exporter) prune(uid string, kept map[string]bool) error {
	names, err := fs.Glob(e.folder.root.FS(), "content/"+uid+"/*/*")
	if err != nil {
		return err
	}
	for _, name := range names {
		if !kept[strings.TrimPrefix(name, "content/")] {
			if err := e.folder.root.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// A field becomes the name of a directory.
var fieldRE = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,99}$`)

// download stores the bytes of a file field, and turns the field into the form of
// a folder.
func (e *exporter) download(ctx context.Context, uid, address, field string, f file, r *Result) error {
	if !fieldRE.MatchString(field) {
		return fmt.Errorf("%w: the field %q cannot be a file name", errors.ErrInvalidInput, field)
	}
	name := blobName(uid, field, f.text("filename"))
	sum := sha256.New()
	o := client.DownloadOptions{Field: field}
	var size int64
	if f.size() >= resumableSize {
		if err := e.folder.root.MkdirAll("content/"+path.Dir(name), 0o777); err != nil {
			return err
		}
		o.Progress = func(done, _ int64) {
			r.done(0, done-size)
			size = done
		}
		target := filepath.Join(e.folder.dir, "content", filepath.FromSlash(name))
		saved, err := e.site.client.Files.Save(ctx, address, target, o)
		if err != nil {
			return err
		}
		e.folder.wrote("content/" + name)
		r.done(0, saved.Size-size)
		size = saved.Size
		if err := e.folder.hash("content/"+name, sum); err != nil {
			return err
		}
	} else {
		d, err := e.site.client.Files.Download(ctx, address, o)
		if err != nil {
			return err
		}
		defer d.Close()
		err = e.folder.replace("content/"+name, func(w io.Writer) (err error) {
			size, err = io.Copy(io.MultiWriter(w, sum), d)
			return err
		})
		if err != nil {
			return err
		}
		r.done(0, size)
	}
	delete(f, "download")
	delete(f, "scales")
	f["size"], f["blob_path"], f[sumKey] = size, name, hex.EncodeToString(sum.Sum(nil))
	return nil
}

func (e *exporter) comments(ctx context.Context, f *form, address string) ([]comment, error) {
	comments := []comment{}
	for c, err := range e.site.client.Comments.All(ctx, address, client.CommentOptions{}) {
		if err != nil {
			return nil, err
		}
		one := comment{
			ID: f.below(c.ID), Type: c.Type, CommentID: c.CommentID, InReplyTo: c.InReplyTo,
			Text: commentText{Data: c.Text.Data, MIMEType: c.Text.MIMEType}, Notify: c.UserNotification,
			AuthorName: c.AuthorName, Author: c.AuthorUsername,
			Created: c.CreationDate.String(), Modified: c.ModificationDate.String(),
		}
		if c.Parent != "" {
			one.Parent = f.below(c.Parent)
		}
		comments = append(comments, one)
	}
	return comments, nil
}

// translations writes which objects are translations of each other.
func (e *exporter) translations(context.Context, Step, *Result) error {
	entries, err := e.load()
	if err != nil {
		return err
	}
	groups := map[string]map[string]string{}
	for _, one := range entries {
		if one.Group == "" || one.Language == "" {
			continue
		}
		if groups[one.Group] == nil {
			groups[one.Group] = map[string]string{}
		}
		groups[one.Group][one.Language] = one.UID
	}
	list := []translation{}
	for _, group := range groups {
		if len(group) < 2 {
			continue
		}
		canonical := e.site.language
		if group[canonical] == "" {
			canonical = slices.Min(slices.Collect(maps.Keys(group)))
		}
		t := translation{Canonical: group[canonical], Translations: group}
		delete(group, canonical)
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b translation) int { return strings.Compare(a.Canonical, b.Canonical) })
	return e.folder.write("translations.json", list)
}

// relations writes down those that are in no field and come from no text. Those
// that do are in the records.
func (e *exporter) relations(ctx context.Context, _ Step, r *Result) error {
	stats, err := e.site.client.Relations.Stats(ctx)
	if err != nil {
		return e.optional(PhaseRelations, err, r)
	}
	known := map[string]bool{isReferencing: true, workingCopy: true}
	entries, err := e.load()
	if err != nil {
		return err
	}
	types := map[string]bool{}
	for _, one := range entries {
		types[one.Type] = true
	}
	for typ := range types {
		schema, err := e.schemas.of(ctx, typ)
		if err != nil {
			return e.optional(PhaseRelations, err, r)
		}
		for _, field := range relationFields(schema.Properties) {
			known[field] = true
		}
	}
	free := []relation{}
	for _, name := range slices.Sorted(maps.Keys(stats.Value.Stats)) {
		if known[name] {
			continue
		}
		found, err := e.site.client.Relations.Find(ctx, client.RelationQuery{Relation: name})
		if err != nil {
			return e.optional(PhaseRelations, err, r)
		}
		for _, one := range found.Value.Relations[name].Items {
			free = append(free, relation{Attribute: name, From: one.Source.UID, To: one.Target.UID})
		}
	}
	return e.folder.write(freeFile, free)
}

// redirects writes old addresses, with the paths of the database.
func (e *exporter) redirects(ctx context.Context, _ Step, r *Result) error {
	var root item
	if err := e.folder.read(e.folder.data(siteUID), &root); err != nil {
		return err
	}
	prefix := root.path()
	aliases := map[string]string{}
	for alias, err := range e.site.client.Aliases.All(ctx, "", client.AliasOptions{}) {
		if errors.Is(err, errors.ErrListChanged) {
			break // those of the moment; the next export has the others
		}
		if err != nil {
			return e.optional(PhaseRedirects, err, r)
		}
		target := alias.RedirectTo
		if strings.HasPrefix(target, "/") {
			target = prefix + target
		}
		aliases[prefix+alias.Path] = target
	}
	return e.folder.write("redirects.json", aliases)
}

// optional turns the error of a part that this user may not read, or the site does
// not have, into a problem.
func (e *exporter) optional(phase Phase, err error, r *Result) error {
	if !blamesItem(err) {
		return err
	}
	r.problem(problem(phase, "", "", err))
	return nil
}

func (e *exporter) principals(ctx context.Context, _ Step, r *Result) error {
	all := principals{Groups: []group{}, Members: []member{}}
	groups, err := e.site.client.Groups.List(ctx)
	if err != nil {
		return e.optional(PhasePrincipals, err, r)
	}
	memberOf := map[string][]string{} // groups, by the id of a member
	roles := map[string][]string{}    // by group
	for _, g := range groups.Value {
		one := group{ID: g.GroupID, Title: text(g.Title), Description: text(g.Description), Email: text(g.Email), Roles: []string{}, Groups: []string{}, Principals: []string{}}
		if g.GroupID == "AuthenticatedUsers" {
			continue
		}
		for id, err := range e.site.client.Groups.Members(ctx, g.GroupID) {
			if err != nil {
				return e.optional(PhasePrincipals, err, r)
			}
			one.Principals = append(one.Principals, id)
			memberOf[id] = append(memberOf[id], g.GroupID)
		}
		slices.Sort(one.Principals)
		one.Roles = without(g.Roles, "Authenticated")
		roles[g.GroupID] = one.Roles
		all.Groups = append(all.Groups, one)
	}
	for i := range all.Groups {
		g := &all.Groups[i]
		g.Groups = append(g.Groups, memberOf[g.ID]...)
		slices.Sort(g.Groups)
		for _, above := range g.Groups {
			g.Roles = without(g.Roles, roles[above]...)
		}
	}
	users, err := e.site.client.Users.List(ctx, client.UserQuery{})
	if err != nil {
		return e.optional(PhasePrincipals, err, r)
	}
	for _, u := range users.Value.Items {
		m := member{
			Username: u.UserID, LoginName: u.Username, Email: u.Email, Fullname: u.Fullname, HomePage: u.HomePage,
			Description: u.Description, Location: u.Location, Password: noPassword(u.UserID), Roles: without(u.Roles, "Authenticated"), Groups: []string{},
		}
		m.Groups = append(m.Groups, memberOf[u.UserID]...)
		slices.Sort(m.Groups)
		for _, g := range m.Groups {
			m.Roles = without(m.Roles, roles[g]...)
		}
		if u.Portrait != "" {
			r.lose(LossPortraits)
		}
		r.lose(LossPasswords)
		all.Members = append(all.Members, m)
	}
	slices.SortFunc(all.Groups, func(a, b group) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(all.Members, func(a, b member) int { return strings.Compare(a.Username, b.Username) })
	return e.folder.write("principals.json", all)
}

// without returns the sorted names that are not among others.
func without(names []string, others ...string) []string {
	left := []string{}
	for _, name := range names {
		if !slices.Contains(others, name) {
			left = append(left, name)
		}
	}
	slices.Sort(left)
	return left
}

// summary writes the files about all items, from the records of the items.
func (e *exporter) summary(_ context.Context, _ Step, r *Result) error {
	entries, err := e.load()
	if err != nil {
		return err
	}
	m := metadata{
		Version: formatVersion, BlobFiles: []string{}, DataFiles: []string{}, DefaultPage: map[string]defaultPage{},
		LocalPermissions: map[string]json.RawMessage{}, LocalRoles: map[string]localRoles{}, Ordering: ordering{},
		Relations: []json.RawMessage{},
	}
	relations := []relation{}
	if err := e.folder.readOptional(freeFile, &relations); err != nil {
		return err
	}
	conversations := map[string]conversation{}
	for _, one := range entries {
		var i item
		err := e.folder.read(e.folder.data(one.UID), &i)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it could not be read, or went meanwhile
		}
		if err != nil {
			return err
		}
		m.DataFiles = append(m.DataFiles, one.UID+"/data.json")
		if one.UID != siteUID {
			m.Ordering[one.UID] = one.Position
		}
		if one.Default {
			m.DefaultPage[e.uids[path.Dir(one.Path)]] = defaultPage{ID: path.Base(one.Path), UID: one.UID}
		}
		var roles localRoles
		if err := i.into(rolesKey, &roles); err != nil {
			return err
		}
		if len(roles.Roles) > 0 || roles.Block != 0 {
			m.LocalRoles[one.UID] = roles
		}
		files := i.files()
		for _, name := range slices.Sorted(maps.Keys(files)) {
			m.BlobFiles = append(m.BlobFiles, files[name].text("blob_path"))
		}
		relations = append(relations, relationsOf(i)...)
		var comments []comment
		if err := i.into(commentsKey, &comments); err != nil {
			return err
		}
		if len(comments) > 0 {
			conversations[one.UID] = conversation{Items: comments, Total: len(comments)}
		}
	}
	slices.SortStableFunc(relations, func(a, b relation) int {
		return strings.Compare(a.From+" "+a.Attribute, b.From+" "+b.Attribute)
	})
	for name, v := range map[string]any{metadataFile: m, "relations.json": relations, "discussions.json": conversations} {
		if err := e.folder.write(name, v); err != nil {
			return err
		}
	}
	for _, loss := range []Loss{LossHistory, LossOwners} {
		r.Losses = maps.Clone(r.Losses)
		if r.Losses == nil {
			r.Losses = map[Loss]int{}
		}
		r.Losses[loss] = len(m.DataFiles)
	}
	// A copy, since this step may be done again.
	list, err := e.folder.root.Open(listFile)
	if err != nil {
		return err
	}
	defer list.Close()
	err = e.folder.replace(previousFile, func(w io.Writer) error {
		_, err := io.Copy(w, list)
		return err
	})
	if err != nil {
		return err
	}
	// What processes left behind that were killed.
	return e.folder.root.RemoveAll(partsDir)
}

// Relations that Plone makes itself: of a link in a text, and of a working copy.
const (
	isReferencing = "isReferencing"
	workingCopy   = "iterate-working-copy"
)

var resolvedRE = regexp.MustCompile(`resolveuid/([A-Za-z0-9_-]+)`)

// relationsOf returns the relations that start from an item.
func relationsOf(i item) []relation {
	var found []relation
	fields, _ := i[relationsKey].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		uids, _ := fields[name].([]any)
		for _, uid := range uids {
			if uid, ok := uid.(string); ok {
				found = append(found, relation{Attribute: name, From: i.uid(), To: uid})
			}
		}
	}
	linked := map[string]bool{}
	collectLinks(map[string]any(i), linked)
	for _, uid := range slices.Sorted(maps.Keys(linked)) {
		found = append(found, relation{Attribute: isReferencing, From: i.uid(), To: uid})
	}
	return found
}

func collectLinks(v any, into map[string]bool) {
	switch v := v.(type) {
	case string:
		for _, m := range resolvedRE.FindAllStringSubmatch(v, -1) {
			into[m[1]] = true
		}
	case []any:
		for _, one := range v {
			collectLinks(one, into)
		}
	case map[string]any:
		for _, one := range v {
			collectLinks(one, into)
		}
	}
}
