package transfer

import (
	"cmp"
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
	"unique"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// ExportOptions say how to export a site. The zero value exports all of it.
type ExportOptions struct {
	PageSize    int // objects per request; 0 for 50
	Concurrency int // steps at once; 0 for 1. More than one is slower on a Plone of one process
	// NoLocalRoles leaves out who has which roles where. The server tells them only
	// for one object at a time, which takes about as long as all the rest.
	NoLocalRoles bool
	Progress     func(Event) // if not nil, receives events, one at a time
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

	defaultPageSize = 50
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
	if o.PageSize < 0 || o.Concurrency < 0 {
		return nil, fmt.Errorf("transfer: %w: a negative PageSize or Concurrency", errors.ErrInvalidInput)
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
		parallel: max(o.Concurrency, 1),
		observe:  o.Progress,
		folder:   folder,
		known:    e.site.known,
		losses: map[Loss]int{
			LossHistory: 0, LossPasswords: 0, LossPermissions: 0, LossConstrains: 0,
			LossPortlets: 0, LossOwners: 0, LossRawText: 0, LossPortraits: 0,
		},
		phases: []phase{
			single(PhaseList, e.list),
			{name: PhaseContent, steps: e.contentSteps, ahead: e.fetch, do: e.content},
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
	schemas *client.TypeService

	mu     sync.Mutex
	listed *listed // what listFile has; nil before it is needed
}

// listed is what an export keeps in mind of a list.
type listed struct {
	file    fs.FileInfo
	objects []object // in the order of the list
	uids    index    // of objects
	paths   index    // of objects
}

type object struct {
	uid, path, typ string
	position       int32
	discussed      bool // it has comments
	page           bool // it is the default page of its folder
}

// object returns the one with a UID, with nothing else in it when there is none.
func (l *listed) object(uid string) object {
	n, ok := l.uids.find(uid)
	if !ok {
		return object{uid: uid}
	}
	return l.objects[n]
}

// at returns the UID of the object at a path, "" when there is none.
func (l *listed) at(path string) string {
	n, ok := l.paths.find(path)
	if !ok {
		return ""
	}
	return l.objects[n].uid
}

func (e *exporter) open(ctx context.Context, c *client.Client) (err error) {
	if e.site, err = openSite(ctx, c); err != nil {
		return err
	}
	e.schemas = c.Types
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
	err := e.folder.writeList(listFile, func(line func(entry) error) error {
		if err := e.site.list(ctx, line); err != nil {
			return err
		}
		return e.site.known(ctx)
	})
	if err != nil {
		return err
	}
	now, err := e.load()
	if err != nil {
		return err
	}
	for old, err := range e.folder.list(previousFile) {
		if err != nil {
			return err
		}
		if _, ok := now.uids.find(old.UID); !ok {
			if err := e.remove(old.UID, old.Path, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *exporter) remove(uid, path string, r *Result) error {
	if err := e.folder.root.RemoveAll("content/" + uid); err != nil {
		return err
	}
	r.change(Change{Action: Removed, Path: path, UID: uid})
	return nil
}

// load reads the list of this run, again when another process made one.
func (e *exporter) load() (*listed, error) {
	file, err := e.folder.root.Stat(listFile)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if l := e.listed; l != nil && os.SameFile(file, l.file) && file.ModTime().Equal(l.file.ModTime()) {
		return l, nil
	}
	l := &listed{file: file}
	for one, err := range e.folder.list(listFile) {
		if err != nil {
			return nil, err
		}
		l.objects = append(l.objects, object{
			uid: one.UID, path: one.Path, typ: unique.Make(one.Type).Value(),
			position: int32(one.Position), discussed: one.Comments > 0, page: one.Default,
		})
	}
	l.objects = slices.Clip(l.objects)
	l.uids = newIndex(len(l.objects), func(n int) string { return l.objects[n].uid })
	l.paths = newIndex(len(l.objects), func(n int) string { return l.objects[n].path })
	e.listed = l
	return l, nil
}

// recorded stands for all that the record of an object tells: its position is not
// there, nor whether it is a default page, nor its translations.
func (one entry) recorded() digest {
	one.Position, one.Default, one.Group, one.Open = 0, false, "", false
	text, _ := json.Marshal(one) // strings and numbers
	return digestOf(string(text))
}

// contentSteps yields what is new or has changed since the last complete run.
func (e *exporter) contentSteps(context.Context) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		l, err := e.load()
		if err != nil {
			yield(Step{}, err)
			return
		}
		before := map[digest]bool{}
		for old, err := range e.folder.list(previousFile) {
			if err != nil {
				yield(Step{}, err)
				return
			}
			if !old.Open {
				before[old.recorded()] = true
			}
		}
		changed := make([]bool, len(l.objects))
		for one, err := range e.folder.list(listFile) {
			if err != nil {
				yield(Step{}, err)
				return
			}
			if n, ok := l.uids.find(one.UID); ok {
				changed[n] = !before[one.recorded()]
			}
		}
		s := Step{Phase: PhaseContent}
		for _, n := range l.paths.order {
			if !changed[n] {
				continue
			}
			if len(s.UIDs) == 0 {
				s.Path = l.objects[n].path
			}
			s.UIDs = append(s.UIDs, l.objects[n].uid)
			if len(s.UIDs) == e.options.PageSize {
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

// fetch reads the objects of a step. Meanwhile the step before may be written.
func (e *exporter) fetch(ctx context.Context, s Step, r *Result) error {
	l, err := e.load()
	if err != nil {
		return err
	}
	r.fetched, err = fetch(ctx, e.site.client, s.UIDs, func(uid string, err error) {
		r.problem(problem(PhaseContent, l.object(uid).path, uid, err))
	})
	if err == nil && len(r.fetched) < len(s.UIDs) {
		err = e.site.known(ctx)
	}
	return err
}

// content writes the objects of a step.
func (e *exporter) content(ctx context.Context, s Step, r *Result) error {
	l, err := e.load()
	if err != nil {
		return err
	}
	f := &form{site: e.site.address, language: e.site.language, uid: l.at}
	for _, uid := range s.UIDs {
		one := l.object(uid)
		raw, ok := r.fetched[uid]
		switch {
		case !ok || one.path == "": // deleted, or no more in a list that was made since
			err = e.remove(uid, one.path, r)
		case raw == nil:
			err = e.keep(uid)
		default:
			err = e.save(ctx, f, one, raw, r)
			if err != nil && !fatal(err) {
				r.problem(problem(PhaseContent, one.path, uid, err))
				err = e.keep(uid)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", one.path, err)
		}
		r.done(1, 0)
	}
	return nil
}

// keep leaves the record of an object that cannot be read as an earlier export
// wrote it.
func (e *exporter) keep(uid string) error {
	var i item
	err := e.folder.read(e.folder.data(uid), &i)
	if err == nil {
		i[incompleteKey] = true
		err = e.folder.write(e.folder.data(uid), i)
	}
	if fatal(err) {
		return err
	}
	return nil
}

// save writes one object, its record last, so that a record never speaks of a file
// that is not there.
func (e *exporter) save(ctx context.Context, f *form, one object, raw json.RawMessage, r *Result) error {
	schema, err := e.schemas.Schema(ctx, one.typ)
	if err != nil {
		return err
	}
	var unknown []string
	f.unknown = func(path string) { unknown = append(unknown, path) }
	i, err := f.item(raw, schema.Properties)
	if err != nil {
		return err
	}
	address := i.path() // which may have changed since the listing
	if one.uid == siteUID {
		address = "/"
	}
	// A part that cannot be read is a problem of the item, which goes without it.
	lack := func(field string, err error) {
		p := problem(PhaseContent, address, one.uid, err)
		p.Field = field
		r.problem(p)
		i[incompleteKey] = true
	}
	read := func(field string, err error) error {
		if err == nil || fatal(err) {
			return err
		}
		lack(field, err)
		return nil
	}
	for _, path := range unknown {
		lack("relations", fmt.Errorf("%w: %s came after the site was listed", errors.ErrListChanged, path))
	}
	if !e.options.NoLocalRoles {
		got, err := e.site.client.Sharing.Get(ctx, address)
		if err == nil {
			if roles := rolesOf(got.Value); roles.any() {
				i[rolesKey] = roles
			}
		}
		if err := read("local roles", err); err != nil {
			return err
		}
	}
	if one.discussed {
		comments, err := e.comments(ctx, f, address)
		if err == nil {
			i[commentsKey] = comments
		}
		if err := read("comments", err); err != nil {
			return err
		}
	}
	kept := map[string]bool{}
	files := i.files()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		err := e.download(ctx, one.uid, address, name, files[name], r)
		if err == nil {
			kept[files[name].text("blob_path")] = true
			continue
		}
		if isWrong(err) {
			lack(name, err)
		} else if err := read(name, err); err != nil {
			return err
		}
		delete(i, name)
	}
	changed, err := e.folder.update(e.folder.data(one.uid), i)
	if err != nil {
		return err
	}
	if changed {
		r.change(Change{Action: Saved, Path: one.path, UID: one.uid})
	}
	return e.prune(one.uid, kept)
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

// isWrong reports whether other bytes arrived than those of a file, or not all.
// When the site cannot be reached any more, the next request tells.
func isWrong(err error) bool {
	_, unusable := errors.AsType[*errors.DecodeError](err)
	return unusable || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errors.ErrDamaged)
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
	var size int64
	if f.size() >= resumableSize {
		if err := e.folder.root.MkdirAll("content/"+path.Dir(name), 0o777); err != nil {
			return err
		}
		o := client.SaveOptions{Field: field, Progress: func(done, _ int64) {
			r.done(0, done-size)
			size = done
		}}
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
		d, err := e.site.client.Files.Download(ctx, address, client.DownloadOptions{Field: field, Known: f.known()})
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
			URL: f.below(c.URL), Type: c.Type, CommentID: c.CommentID, InReplyTo: c.InReplyTo,
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
	type variant struct{ group, language, uid string }
	var all []variant
	for one, err := range e.folder.list(listFile) {
		if err != nil {
			return err
		}
		if one.Group != "" && one.Language != "" {
			all = append(all, variant{one.Group, one.Language, one.UID})
		}
	}
	slices.SortFunc(all, func(a, b variant) int {
		return cmp.Or(strings.Compare(a.group, b.group), strings.Compare(a.language, b.language))
	})
	list := []translation{}
	for len(all) > 0 {
		group, first := map[string]string{}, all[0]
		for len(all) > 0 && all[0].group == first.group {
			group[all[0].language], all = all[0].uid, all[1:]
		}
		if len(group) < 2 {
			continue
		}
		canonical := e.site.language
		if group[canonical] == "" {
			canonical = first.language
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
	if lacks(err) {
		return e.folder.write(freeFile, []relation{})
	}
	if err != nil {
		return e.spare(PhaseRelations, err, r)
	}
	known := map[string]bool{isReferencing: true, workingCopy: true}
	l, err := e.load()
	if err != nil {
		return err
	}
	types := map[string]bool{}
	for _, one := range l.objects {
		types[one.typ] = true
	}
	for typ := range types {
		schema, err := e.schemas.Schema(ctx, typ)
		if err != nil {
			if err := e.spare(PhaseRelations, err, r); err != nil {
				return err
			}
			continue // its objects are problems of their own
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
			return e.spare(PhaseRelations, err, r)
		}
		for _, one := range found.Value.Relations[name].Items {
			free = append(free, relation{Attribute: name, From: e.site.named(one.Source.UID), To: e.site.named(one.Target.UID)})
		}
	}
	return e.folder.write(freeFile, free)
}

// redirects writes old addresses, with the paths of the database.
func (e *exporter) redirects(ctx context.Context, _ Step, r *Result) error {
	var root item
	if err := e.folder.read(e.folder.data(siteUID), &root); err != nil {
		return e.spare(PhaseRedirects, err, r) // the site itself could not be read
	}
	prefix := root.path()
	aliases := map[string]string{}
	for alias, err := range e.site.client.Aliases.All(ctx, "", client.AliasOptions{}) {
		if errors.Is(err, errors.ErrListChanged) {
			break // those of the moment; the next export has the others
		}
		if lacks(err) {
			break
		}
		if err != nil {
			return e.spare(PhaseRedirects, err, r)
		}
		target := alias.RedirectTo
		if strings.HasPrefix(target, "/") {
			target = prefix + target
		}
		aliases[prefix+alias.Path] = target
	}
	return e.folder.write("redirects.json", aliases)
}

// lacks reports whether err says that the site does not have a service, which is a
// normal state of a site: there is nothing to export.
func lacks(err error) bool {
	return errors.Is(err, errors.ErrNotFound) || errors.Is(err, errors.ErrNotImplemented)
}

// spare turns the error of a part that this user may not read into a problem.
func (e *exporter) spare(phase Phase, err error, r *Result) error {
	if fatal(err) {
		return err
	}
	r.problem(problem(phase, "", "", err))
	return nil
}

func (e *exporter) principals(ctx context.Context, _ Step, r *Result) error {
	all := principals{Groups: []group{}, Members: []member{}}
	groups, err := e.site.client.Groups.List(ctx)
	if err != nil {
		return e.spare(PhasePrincipals, err, r)
	}
	memberOf := map[string][]string{} // groups, by the id of a member
	roles := map[string][]string{}    // by group
	for _, g := range groups.Value {
		one := group{ID: g.ID, Title: text(g.Title), Description: text(g.Description), Email: text(g.Email), Roles: []string{}, Groups: []string{}, Principals: []string{}}
		if g.ID == "AuthenticatedUsers" {
			continue
		}
		for id, err := range e.site.client.Groups.Members(ctx, g.ID) {
			if err != nil {
				return e.spare(PhasePrincipals, err, r)
			}
			one.Principals = append(one.Principals, id)
			memberOf[id] = append(memberOf[id], g.ID)
		}
		slices.Sort(one.Principals)
		one.Roles = without(g.Roles, "Authenticated")
		roles[g.ID] = one.Roles
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
		return e.spare(PhasePrincipals, err, r)
	}
	for _, u := range users.Value.Items {
		m := member{
			Username: u.ID, LoginName: u.Username, Email: u.Email, Fullname: u.Fullname, HomePage: u.HomePage,
			Description: u.Description, Location: u.Location, Password: noPassword(u.ID), Roles: without(u.Roles, "Authenticated"), Groups: []string{},
		}
		m.Groups = append(m.Groups, memberOf[u.ID]...)
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
	incomplete := map[string]bool{}
	err := e.folder.replaceAll([]string{metadataFile, "relations.json", "discussions.json"}, func(w []io.Writer) error {
		m, relations, discussions := newStream(w[0]), newStream(w[1]), newStream(w[2])
		err := e.summarize(m, relations, discussions, incomplete, r)
		return errors.Join(err, m.close(), relations.close(), discussions.close())
	})
	if err != nil {
		return err
	}
	// The list itself stays, since this step may be done again.
	err = e.folder.writeList(previousFile, func(line func(entry) error) error {
		for one, err := range e.folder.list(listFile) {
			if err != nil {
				return err
			}
			one.Open = one.Open || incomplete[one.UID] // so that it is read again
			if err := line(one); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	// What processes left behind that were killed.
	return e.folder.root.RemoveAll(partsDir)
}

// summarize goes through the records once, parents first, and notes which could not
// be read as a whole. What comes later in the metadata than the names of files is
// kept in mind till then.
func (e *exporter) summarize(m, relations, discussions *stream, incomplete map[string]bool, r *Result) error {
	l, err := e.load()
	if err != nil {
		return err
	}
	var all []object
	roles := map[string]string{} // as JSON, by UID
	pages := map[string]defaultPage{}
	m.open('{')
	m.member("__version__", formatVersion)
	m.name("_blob_files_")
	m.open('[')
	relations.open('[')
	discussions.open('{')
	for _, n := range l.paths.order {
		one := l.objects[n]
		var i item
		err := e.folder.read(e.folder.data(one.uid), &i)
		if fatal(err) {
			return err
		}
		if err != nil {
			incomplete[one.uid] = true
			if !errors.Is(err, fs.ErrNotExist) { // it could not be read, or went meanwhile
				r.problem(problem(PhaseSummary, one.path, one.uid, err))
			}
			continue
		}
		if i[incompleteKey] != nil {
			incomplete[one.uid] = true
		}
		all = append(all, one)
		var local localRoles
		if err := i.into(rolesKey, &local); err != nil {
			return err
		}
		if local.any() {
			text, err := json.Marshal(local)
			if err != nil {
				return err
			}
			roles[one.uid] = unique.Make(string(text)).Value() // many have the same
		}
		if one.page {
			pages[l.at(path.Dir(one.path))] = defaultPage{ID: path.Base(one.path), UID: one.uid}
		}
		files := i.files()
		for _, name := range slices.Sorted(maps.Keys(files)) {
			m.element(files[name].text("blob_path"))
		}
		for _, relation := range relationsOf(i) {
			relations.element(relation)
		}
		var comments []comment
		if err := i.into(commentsKey, &comments); err != nil {
			return err
		}
		if len(comments) > 0 {
			discussions.member(one.uid, conversation{Items: comments, Total: len(comments)})
		}
		r.lose(LossHistory)
		r.lose(LossOwners)
	}
	discussions.shut('}')
	err = e.folder.parse(freeFile, func(d *json.Decoder) error {
		return elements(d, func() error {
			var free relation
			err := d.Decode(&free)
			relations.element(free)
			return err
		})
	})
	if err := optional(err); err != nil {
		return err
	}
	relations.shut(']')
	m.shut(']')
	m.name("_data_files_")
	m.open('[')
	for _, one := range all {
		m.element(one.uid + "/data.json")
	}
	m.shut(']')
	m.member("default_page", pages)
	m.member("local_permissions", struct{}{})
	m.name("local_roles")
	m.open('{')
	for _, one := range all {
		if text, ok := roles[one.uid]; ok {
			m.member(one.uid, json.RawMessage(text))
		}
	}
	m.shut('}')
	// plone-importer moves the objects in the order of the members, which is right
	// only when the first come first.
	slices.SortStableFunc(all, func(a, b object) int { return int(a.position) - int(b.position) })
	m.name("ordering")
	m.open('{')
	for _, one := range all {
		if one.uid != siteUID {
			m.member(one.uid, one.position)
		}
	}
	m.shut('}')
	m.member("relations", []relation{}) // always empty
	m.shut('}')
	return nil
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
