package transfer

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// Steps about users and groups name them with what they are.
const (
	groupPrefix   = "group:"
	userPrefix    = "user:"
	membersPrefix = "members:"
)

// principalSteps yields the groups, then the users, then who is in which group.
func (im *importer) principalSteps(context.Context) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		var waves [3][]string
		for _, g := range im.principals.Groups {
			waves[0] = append(waves[0], groupPrefix+g.ID)
			if len(g.Principals) > 0 {
				waves[2] = append(waves[2], membersPrefix+g.ID)
			}
		}
		for _, m := range im.principals.Members {
			waves[1] = append(waves[1], userPrefix+m.Username)
		}
		for wave, ids := range waves {
			for batch := range slices.Chunk(ids, importSize) {
				if !yield(Step{Phase: PhasePrincipals, Wave: wave, UIDs: batch, Path: batch[0]}, nil) {
					return
				}
			}
		}
	}
}

func (im *importer) principal(ctx context.Context, s Step, r *Result) error {
	for _, name := range s.UIDs {
		kind, id, _ := strings.Cut(name, ":")
		var err error
		switch kind + ":" {
		case groupPrefix:
			err = im.group(ctx, id, r)
		case userPrefix:
			err = im.user(ctx, id, r)
		case membersPrefix:
			err = im.members(ctx, id, r)
		}
		if fatal(err) {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err != nil {
			r.problem(problem(PhasePrincipals, name, "", err))
		}
		r.done(1, 0)
	}
	return nil
}

func (p *principals) group(id string) (group, error) {
	n := slices.IndexFunc(p.Groups, func(g group) bool { return g.ID == id })
	if n < 0 {
		return group{}, fmt.Errorf("%w: principals.json has no such group", errors.ErrInvalidInput)
	}
	return p.Groups[n], nil
}

func (im *importer) group(ctx context.Context, id string, r *Result) error {
	g, err := im.principals.group(id)
	if err != nil {
		return err
	}
	want := client.NewGroup{Name: g.ID, Title: string(g.Title), Description: string(g.Description), Email: string(g.Email), Roles: g.Roles}
	if im.options.DryRun {
		have, err := im.site.client.Groups.Get(ctx, id)
		if errors.Is(err, errors.ErrNotFound) {
			r.change(Change{Action: AddGroup, Path: id})
			return nil
		}
		if err != nil {
			return err
		}
		for _, field := range [][3]string{
			{"title", have.Value.Title, want.Title}, {"description", have.Value.Description, want.Description},
			{"email", have.Value.Email, want.Email},
		} {
			im.differs(r, AddGroup, id, field)
		}
		im.lacks(r, AddGroup, id, have.Value.Roles, want.Roles)
		return nil
	}
	got, err := im.site.client.Groups.Ensure(ctx, want)
	if got != nil {
		ensured(r, AddGroup, id, got.Created, got.Changed)
	}
	return err
}

// ensured tells what was made of a user or group.
func ensured(r *Result, action Action, id string, created bool, changed []string) {
	if created {
		r.change(Change{Action: action, Path: id})
	}
	for _, field := range changed {
		r.change(Change{Action: action, Path: id, Field: field})
	}
}

// differs tells of a property, {name, is, is to be}, that would be changed.
func (im *importer) differs(r *Result, action Action, id string, field [3]string) {
	if field[2] != "" && field[1] != field[2] {
		r.change(Change{Action: action, Path: id, Field: field[0], From: value(field[1]), To: value(field[2])})
	}
}

// lacks tells of roles that would be given.
func (im *importer) lacks(r *Result, action Action, id string, have, want []string) {
	if missing := without(want, have...); len(missing) > 0 {
		r.change(Change{Action: action, Path: id, Field: "roles", From: value(have), To: value(want)})
	}
}

func (im *importer) user(ctx context.Context, id string, r *Result) error {
	n := slices.IndexFunc(im.principals.Members, func(m member) bool { return m.Username == id })
	if n < 0 {
		return fmt.Errorf("%w: principals.json has no such user", errors.ErrInvalidInput)
	}
	m := im.principals.Members[n]
	if m.LoginName != "" && m.LoginName != m.Username {
		r.problem(Problem{Phase: PhasePrincipals, Path: userPrefix + id, Field: "login_name",
			Message: fmt.Sprintf("a new user logs in with the id; change it to %s afterwards", m.LoginName)})
	}
	if im.options.DryRun {
		have, err := im.site.client.Users.Get(ctx, id)
		if errors.Is(err, errors.ErrNotFound) {
			r.lose(LossPasswords)
			r.change(Change{Action: AddUser, Path: id})
			return nil
		}
		if err != nil {
			return err
		}
		for _, field := range [][3]string{
			{"fullname", have.Value.Fullname, m.Fullname}, {"email", have.Value.Email, m.Email},
			{"home_page", have.Value.HomePage, m.HomePage}, {"location", have.Value.Location, m.Location},
			{"description", have.Value.Description, m.Description},
		} {
			im.differs(r, AddUser, id, field)
		}
		im.lacks(r, AddUser, id, have.Value.Roles, m.Roles)
		return nil
	}
	got, err := im.site.client.Users.Ensure(ctx, client.NewUser{
		Username: m.Username, Email: m.Email, Password: client.Secret(rand.Text()), Roles: m.Roles,
		Fullname: m.Fullname, HomePage: m.HomePage, Description: m.Description, Location: m.Location,
	})
	if got != nil {
		ensured(r, AddUser, id, got.Created, got.Changed)
		if got.Created {
			r.lose(LossPasswords)
		}
	}
	return err
}

func (im *importer) members(ctx context.Context, id string, r *Result) error {
	g, err := im.principals.group(id)
	if err != nil {
		return err
	}
	want := map[string]bool{}
	for _, p := range g.Principals {
		want[p] = true
	}
	if im.options.DryRun {
		for have, err := range im.site.client.Groups.Members(ctx, id) {
			if errors.Is(err, errors.ErrNotFound) {
				break
			}
			if err != nil {
				return err
			}
			delete(want, have)
		}
		for _, missing := range slices.Sorted(maps.Keys(want)) {
			r.change(Change{Action: AddGroup, Path: id, Field: "members", To: missing})
		}
		return nil
	}
	ensured, err := im.site.client.Groups.EnsureMembers(ctx, id, want)
	var changed []string
	if partly, is := errors.AsType[*client.EnsureError](err); is {
		changed = partly.Changed
	} else if err == nil {
		changed = ensured.Changed
	}
	for _, member := range changed {
		r.change(Change{Action: AddGroup, Path: id, Field: "members", To: member})
	}
	return err
}

// translationSteps yields one step for each group of translations.
func (im *importer) translationSteps(context.Context) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		for _, t := range im.translated {
			r := im.record(t.Canonical)
			if r != nil && !yield(Step{Phase: PhaseTranslations, UIDs: []string{t.Canonical}, Path: r.path}, nil) {
				return
			}
		}
	}
}

func (im *importer) translate(ctx context.Context, s Step, r *Result) error {
	return im.each(s, r, func(rec *record) error {
		n, found := slices.BinarySearchFunc(im.translated, rec.uid, func(t translation, uid string) int { return strings.Compare(t.Canonical, uid) })
		from, own, ok := im.target(rec.uid)
		if !ok || !found {
			return fmt.Errorf("%w: the target has no such item", ErrNoFolder)
		}
		for _, language := range slices.Sorted(maps.Keys(im.translated[n].Translations)) {
			uid := im.translated[n].Translations[language]
			to, other, ok := im.target(uid)
			if !ok {
				r.problem(Problem{Phase: s.Phase, Path: rec.path, UID: rec.uid, Field: language, Message: "the target has no item with the UID " + uid})
				continue
			}
			if im.there.together(own, other) {
				continue
			}
			if err := im.link(ctx, rec, from, to, language, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (im *importer) link(ctx context.Context, rec *record, from, to, language string, r *Result) error {
	if im.options.DryRun {
		r.change(Change{Action: Link, Path: rec.path, UID: rec.uid, Field: language, To: to})
		return nil
	}
	_, err := im.site.client.Translations.Link(ctx, from, to)
	if errors.Is(err, errors.ErrAlreadyExists) {
		// By a run whose journal was not written, or with another object.
		have, getErr := im.site.client.Translations.Get(ctx, from)
		if getErr != nil {
			return getErr
		}
		f := im.form()
		if slices.ContainsFunc(have.Value.Items, func(t client.Translation) bool { return f.path(t.URL) == to }) {
			return nil
		}
	}
	if err == nil {
		r.change(Change{Action: Link, Path: rec.path, UID: rec.uid, Field: language, To: to})
	}
	return err
}

func (im *importer) relationSteps(context.Context) iter.Seq2[Step, error] {
	return im.batches(PhaseRelations, func(r *record) bool { return r.related && r.bad == nil }, oneWave)
}

// relate sets the relations, now that all objects are there.
func (im *importer) relate(ctx context.Context, s Step, r *Result) error {
	current, err := im.current(ctx, s, r)
	if err != nil {
		return err
	}
	return im.each(s, r, func(rec *record) error {
		raw, ok := current[rec.uid]
		switch {
		case ok && raw == nil: // named in a problem
			return nil
		case ok:
		case im.there.isPlanned(rec.uid):
			raw = json.RawMessage("{}")
		default:
			return im.absent(rec)
		}
		schema, err := im.schemas.Schema(ctx, rec.typ)
		if err != nil {
			return err
		}
		got, err := im.form().item(raw, schema.Properties)
		if err != nil {
			return err
		}
		have := map[string][]string{}
		if err := got.into(relationsKey, &have); err != nil {
			return err
		}
		want, err := im.wantedRelations(rec)
		if err != nil {
			return err
		}
		fields := relationFields(schema.Properties)
		body := client.Fields{}
		for _, field := range fields {
			want[field] = im.present(rec, field, want[field], r)
			if slices.Equal(want[field], have[field]) {
				continue
			}
			r.change(Change{Action: Relate, Path: rec.path, UID: rec.uid, Field: field, From: value(have[field]), To: value(want[field])})
			body[field] = im.references(want[field], schema.Properties[field].Factory)
		}
		if len(body) > 0 && !im.options.DryRun {
			if err := im.setRelations(ctx, rec, body, have, want); err != nil {
				return err
			}
		}
		return im.relateFreely(ctx, rec, fields, want, r)
	})
}

// setRelations writes relation fields. There, the server refuses objects that its
// form would not offer, such as some in another language; the service for relations
// takes them.
func (im *importer) setRelations(ctx context.Context, rec *record, body client.Fields, have, want map[string][]string) error {
	_, err := im.site.client.Content.Update(ctx, rec.path, body)
	if !errors.Is(err, errors.ErrValidation) {
		return err
	}
	own, _ := im.end(rec.uid)
	var add []client.RelationName
	for _, field := range slices.Sorted(maps.Keys(body)) {
		if len(have[field]) > len(want[field]) || !slices.Equal(have[field], want[field][:len(have[field])]) {
			return err
		}
		for _, uid := range want[field][len(have[field]):] {
			to, _ := im.end(uid)
			add = append(add, client.RelationName{Relation: field, Source: own, Target: to})
		}
	}
	_, err = im.site.client.Relations.Create(ctx, add)
	return err
}

// end returns the UID that an item has in the target as an end of a relation. The
// site has its own there: the service does not know it by another name.
func (im *importer) end(uid string) (string, bool) {
	if uid == siteUID {
		return im.site.uid, true
	}
	_, own, ok := im.target(uid)
	return own, ok
}

// relationsOf returns the relations that an object has in the target: names and
// UIDs, with a space between. One of a dry run has none.
func (im *importer) relationsOf(ctx context.Context, rec *record, uid string) (map[string]bool, error) {
	there := map[string]bool{}
	if im.there.isPlanned(rec.uid) {
		return there, nil
	}
	found, err := im.site.client.Relations.Find(ctx, client.RelationQuery{Source: uid})
	if err != nil {
		return nil, err
	}
	for relation, list := range found.Value.Relations {
		for _, one := range list.Items {
			there[relation+" "+one.Target.UID] = true
		}
	}
	return there, nil
}

// relateFreely makes the relations that are in no field. Those of links to older
// objects the server has made itself; those to newer ones it could not.
func (im *importer) relateFreely(ctx context.Context, rec *record, fields []string, want map[string][]string, r *Result) error {
	own, _ := im.end(rec.uid)
	m, err := im.remembered(rec.uid)
	if err != nil {
		return err
	}
	missing := func(there map[string]bool) (add []client.RelationName) {
		for _, name := range slices.Sorted(maps.Keys(want)) {
			for _, uid := range want[name] {
				to, ok := im.end(uid)
				if ok && !slices.Contains(fields, name) && !there[name+" "+to] && m[relationPrefix+name].Sent != sumOf(want[name]) {
					add = append(add, client.RelationName{Relation: name, Source: own, Target: to})
				}
			}
		}
		return add
	}
	free := false
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if slices.Contains(fields, name) {
			continue
		}
		free = true
		if name != isReferencing { // whose targets may be gone, as links may lead nowhere
			want[name] = im.present(rec, name, want[name], r)
		}
	}
	if !free {
		return nil
	}
	there, err := im.relationsOf(ctx, rec, own)
	if err != nil {
		return err
	}
	add := missing(there)
	for _, one := range add {
		r.change(Change{Action: Relate, Path: rec.path, UID: rec.uid, Field: one.Relation, To: im.there.origin(one.Target)})
	}
	if len(add) == 0 || im.options.DryRun {
		return nil
	}
	if _, err = im.site.client.Relations.Create(ctx, add); err != nil {
		return err
	}
	if there, err = im.relationsOf(ctx, rec, own); err != nil {
		return err
	}
	// The server drops those of links that the object has no more.
	for _, one := range missing(there) {
		m[relationPrefix+one.Relation] = sentValue{Sent: sumOf(want[one.Relation]), Shown: "nothing"}
	}
	return im.remember(rec.uid, m)
}

// absent is the error of an item that is to get something and is not in the
// target. In a dry run it would be there by now.
func (im *importer) absent(rec *record) error {
	if im.options.DryRun && rec.bad == nil {
		return nil
	}
	return fmt.Errorf("%w: the item itself is not in the target", ErrNoFolder)
}

// wantedRelations returns the relations of an item in their order, which
// relations.json does not have.
func (im *importer) wantedRelations(rec *record) (map[string][]string, error) {
	var i item
	if err := im.folder.read(rec.data(), &i); err != nil {
		return nil, err
	}
	want := map[string][]string{}
	from, _ := slices.BinarySearchFunc(im.relations, rec.uid, func(r relation, uid string) int { return strings.Compare(r.From, uid) })
	for ; from < len(im.relations) && im.relations[from].From == rec.uid; from++ {
		r := im.relations[from]
		want[r.Attribute] = append(want[r.Attribute], r.To)
	}
	if err := i.into(relationsKey, &want); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errors.ErrDamaged, rec.data(), err)
	}
	return want, nil
}

// present returns those of the UIDs that the target has, and names the others.
func (im *importer) present(rec *record, field string, uids []string, r *Result) []string {
	var found []string
	for _, uid := range uids {
		if _, _, ok := im.target(uid); ok {
			found = append(found, uid)
			continue
		}
		r.problem(Problem{Phase: PhaseRelations, Path: rec.path, UID: rec.uid, Field: field, Message: "the target has no item with the UID " + uid})
	}
	return found
}

// references is the value of a relation field in a request.
func (im *importer) references(uids []string, factory string) any {
	own := []string{}
	for _, uid := range uids {
		target, _ := im.end(uid)
		own = append(own, target)
	}
	switch {
	case factory == client.FactoryRelationList:
		return own
	case len(own) == 0:
		return nil
	}
	return own[0]
}

// orderSteps yields the containers whose children are in another order than in
// the folder.
func (im *importer) orderSteps(ctx context.Context) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		places := make([]int32, len(im.all)) // by record, from 1 on; 0 for what is not there
		err := im.site.list(ctx, func(e entry) error {
			if n, ok := im.paths.find(e.Path); ok {
				places[n] = int32(e.Position) + 1
			}
			return nil
		})
		if err != nil {
			yield(Step{}, err)
			return
		}
		s := Step{Phase: PhaseOrder}
		for at, children := range im.containers() {
			container := im.recordAt(at)
			if container == nil {
				continue
			}
			last, sorted := int32(0), true
			for _, child := range children {
				n, _ := im.paths.find(child.path)
				if places[n] > 0 && child.bad == nil {
					sorted, last = sorted && places[n] > last, places[n]
				}
			}
			if sorted {
				continue
			}
			s.Path, s.UIDs = at, []string{container.uid}
			if !yield(s, nil) {
				return
			}
		}
	}
}

// containers yields the children of each container, in their order. The records
// are sorted that way.
func (im *importer) containers() iter.Seq2[string, []record] {
	return func(yield func(string, []record) bool) {
		rest := im.all
		if im.recordAt("/") != nil {
			rest = rest[1:] // the site itself comes first
		}
		for len(rest) > 0 {
			at, end := path.Dir(rest[0].path), 1
			for end < len(rest) && path.Dir(rest[end].path) == at {
				end++
			}
			if !yield(at, rest[:end]) {
				return
			}
			rest = rest[end:]
		}
	}
}

// order moves the children of a container that are in the wrong place to the end,
// one after the other.
func (im *importer) order(ctx context.Context, s Step, r *Result) error {
	return im.each(s, r, func(rec *record) error {
		var have, want []string
		wanted := map[string]bool{}
		for at, children := range im.containers() {
			if at != rec.path {
				continue
			}
			for _, child := range children {
				if child.bad == nil {
					want = append(want, path.Base(child.path))
					wanted[path.Base(child.path)] = true
				}
			}
			break
		}
		f := im.form()
		for child, err := range im.site.client.Content.Children(ctx, rec.path, client.ListOptions{}) {
			if err != nil {
				return err
			}
			if id := path.Base(f.path(child.URL)); wanted[id] {
				have = append(have, id)
				delete(wanted, id)
			}
		}
		want = slices.DeleteFunc(want, func(id string) bool { return wanted[id] }) // those that are not there
		kept := 0
		for _, id := range have {
			if kept < len(want) && id == want[kept] {
				kept++
			}
		}
		if kept == len(want) {
			return nil
		}
		r.change(Change{Action: Order, Path: rec.path, UID: rec.uid, From: value(have), To: value(want)})
		if im.options.DryRun {
			return nil
		}
		for _, id := range want[kept:] {
			if _, err := im.site.client.Content.Reorder(ctx, rec.path, client.Position{ID: id, Delta: client.Bottom}); err != nil {
				return err
			}
		}
		return nil
	})
}

// roleSteps yields the items that have local roles in the folder.
func (im *importer) roleSteps(context.Context) iter.Seq2[Step, error] {
	return im.batches(PhaseRoles, func(r *record) bool { return r.bad == nil && im.roles[r.uid].any() }, oneWave)
}

// given returns local roles without the ownership, which the server gives itself
// to whoever makes an object.
func given(roles map[string][]string) map[string][]string {
	rest := map[string][]string{}
	for id, names := range roles {
		if names = without(names, "Owner"); len(names) > 0 {
			rest[id] = names
		}
	}
	return rest
}

// share sets local roles. Blocking those from above gives the importing user his
// own here, so what is there is looked at twice.
func (im *importer) share(ctx context.Context, s Step, r *Result) error {
	return im.each(s, r, func(rec *record) error {
		_, own, ok := im.target(rec.uid)
		if !ok {
			return im.absent(rec)
		}
		at := im.there.address(own)
		roles := im.roles[rec.uid]
		want := roles.Roles
		if im.there.isPlanned(rec.uid) {
			r.change(Change{Action: Share, Path: rec.path, UID: rec.uid, To: value(roles)})
			return nil
		}
		for look := range 3 {
			got, err := im.site.client.Sharing.Get(ctx, at)
			if err != nil {
				return err
			}
			have := rolesOf(got.Value)
			update := client.SharingUpdate{}
			if have.Block != roles.Block {
				update.Inherit = client.Set(roles.Block == 0)
			}
			for id := range maps.Keys(have.Roles) {
				if _, ok := want[id]; !ok {
					update.Entries = append(update.Entries, client.LocalRoles{ID: id})
				}
			}
			for id, names := range want {
				// What somebody has from elsewhere hides what he has here.
				missing := without(names, append(have.Roles[id], fromElsewhere(got.Value, id)...)...)
				if len(missing) > 0 {
					hidden, err := im.globalRoles(ctx, id)
					if err != nil {
						return err
					}
					missing = without(missing, hidden...)
				}
				if more := without(have.Roles[id], names...); len(missing) > 0 || len(more) > 0 {
					update.Entries = append(update.Entries, client.LocalRoles{ID: id, Roles: names})
				}
			}
			if update.Inherit.IsZero() && len(update.Entries) == 0 {
				return nil
			}
			if look == 2 {
				return fmt.Errorf("%w: local roles %s, and the server has %s", errors.ErrNotDone, value(roles), value(have))
			}
			if look == 0 {
				r.change(Change{Action: Share, Path: rec.path, UID: rec.uid, From: value(have), To: value(roles)})
			}
			if im.options.DryRun {
				return nil
			}
			slices.SortFunc(update.Entries, func(a, b client.LocalRoles) int { return strings.Compare(a.ID, b.ID) })
			if _, err := im.site.client.Sharing.Update(ctx, at, update); err != nil {
				return err
			}
		}
		return nil
	})
}

// fromElsewhere are the roles that a user or group has on an object from the whole
// site or from further up.
func fromElsewhere(s client.Sharing, id string) []string {
	var names []string
	for _, entry := range s.Entries {
		for role, state := range entry.Roles {
			if entry.ID == id && (state == client.RoleGlobal || state == client.RoleAcquired) {
				names = append(names, role)
			}
		}
	}
	return names
}

// globalRoles are the roles that a user or group has on the whole site; none for
// nobody.
func (im *importer) globalRoles(ctx context.Context, id string) ([]string, error) {
	user, err := im.site.client.Users.Get(ctx, id)
	if err == nil {
		return user.Value.Roles, nil
	}
	if !errors.Is(err, errors.ErrNotFound) {
		return nil, err
	}
	group, err := im.site.client.Groups.Get(ctx, id)
	if err == nil {
		return group.Value.Roles, nil
	}
	if errors.Is(err, errors.ErrNotFound) {
		err = nil
	}
	return nil, err
}

func (im *importer) commentSteps(context.Context) iter.Seq2[Step, error] {
	return im.batches(PhaseComments, func(r *record) bool {
		return r.bad == nil && len(im.comments[r.uid].Items) > 0
	}, oneWave)
}

// comment writes the comments that are not there. The server knows no id of them
// that lasts, so those with the same text in the same place are taken for the same,
// as often as they occur.
func (im *importer) comment(ctx context.Context, s Step, r *Result) error {
	return im.each(s, r, func(rec *record) error {
		_, own, ok := im.target(rec.uid)
		if !ok || im.there.isPlanned(rec.uid) {
			for _, c := range im.comments[rec.uid].Items {
				r.change(Change{Action: Say, Path: rec.path, UID: rec.uid, To: value(c.Text.Data)})
			}
			return im.absent(rec)
		}
		at := im.there.address(own)
		type place struct{ parent, text string }
		there := map[place][]string{} // ids in the target
		for c, err := range im.site.client.Comments.All(ctx, at, client.CommentOptions{}) {
			if err != nil {
				return err
			}
			p := place{c.InReplyTo, strings.TrimSpace(c.Text.Data)}
			there[p] = append(there[p], c.CommentID)
		}
		ids := map[string]string{} // in the target, by those in the folder
		for _, c := range im.comments[rec.uid].Items {
			p := place{text: strings.TrimSpace(c.Text.Data)}
			if c.InReplyTo != "" && c.InReplyTo != "0" {
				if p.parent, ok = ids[c.InReplyTo]; !ok {
					r.problem(Problem{Phase: s.Phase, Path: rec.path, UID: rec.uid, Message: "the comment that " + c.CommentID + " replies to is not there, or waits for a moderator"})
					continue
				}
			}
			if found := there[p]; len(found) > 0 {
				ids[c.CommentID], there[p] = found[0], found[1:]
				continue
			}
			said := Change{Action: Say, Path: rec.path, UID: rec.uid, To: value(c.Text.Data)}
			if im.options.DryRun {
				r.change(said)
				continue
			}
			id, err := im.say(ctx, at, p.parent, c.Text.Data)
			if err != nil {
				return err
			}
			r.change(said)
			r.lose(LossAuthors)
			if id != "" {
				ids[c.CommentID] = id
			}
		}
		return nil
	})
}

func (im *importer) say(ctx context.Context, at, parent, text string) (string, error) {
	comment := client.NewComment{Text: text}
	if parent == "" {
		made, err := im.site.client.Comments.Add(ctx, at, comment)
		if err != nil {
			return "", err
		}
		return made.CommentID, nil
	}
	made, err := im.site.client.Comments.Reply(ctx, at, parent, comment)
	if err != nil {
		return "", err
	}
	return made.CommentID, nil
}

// redirect makes the aliases that are not there.
func (im *importer) redirect(ctx context.Context, _ Step, r *Result) error {
	if len(im.redirects) == 0 {
		return nil
	}
	there := map[string]string{}
	for alias, err := range im.site.client.Aliases.All(ctx, "", client.AliasOptions{}) {
		if err != nil && !errors.Is(err, errors.ErrListChanged) {
			if fatal(err) {
				return err
			}
			r.problem(problem(PhaseRedirects, "/", "", err))
			return nil
		}
		if err == nil {
			there[alias.Path] = alias.RedirectTo
		}
	}
	for _, old := range slices.Sorted(maps.Keys(im.redirects)) {
		alias := client.Alias{Path: im.below(old), RedirectTo: im.below(im.redirects[old])}
		if target, ok := there[alias.Path]; ok {
			if target != alias.RedirectTo {
				r.problem(Problem{Phase: PhaseRedirects, Path: alias.Path, Message: fmt.Sprintf("it leads to %s, and should to %s", target, alias.RedirectTo)})
			}
			continue
		}
		if !im.options.DryRun {
			_, err := im.site.client.Aliases.AddToSite(ctx, []client.Alias{alias})
			if fatal(err) {
				return err
			}
			if err != nil {
				r.problem(problem(PhaseRedirects, alias.Path, "", err))
				continue
			}
		}
		r.change(Change{Action: Redirect, Path: alias.Path, To: alias.RedirectTo})
	}
	return nil
}

// below returns a path of the database as one below the site.
func (im *importer) below(physical string) string {
	if rest, ok := strings.CutPrefix(physical, im.portal); ok && im.portal != "" && strings.HasPrefix(rest, "/") {
		return rest
	}
	return physical
}

// pages names the default pages that the target does not have.
func (im *importer) pages(_ context.Context, _ Step, r *Result) error {
	for _, uid := range slices.Sorted(maps.Keys(im.defaults)) {
		page := im.defaults[uid]
		_, own, ok := im.target(page.UID)
		if ok && (im.there.isPage(own) || page.ID == "index_html") {
			continue
		}
		at := page.ID
		if folder := im.record(uid); folder != nil {
			at = folder.path
		}
		r.lose(LossDefaultPage)
		r.problem(Problem{Phase: PhasePages, Path: at, UID: uid, Field: "default_page",
			Message: fmt.Sprintf("plone.restapi cannot set it; choose %s in the browser", page.ID)})
	}
	return nil
}

// obsolete is a phase that deletes the objects which the folder does not have, as
// far as nothing below them is in it. What has been in them may be moved out later,
// so there are two such phases.
func (im *importer) obsolete(name Phase) phase {
	return phase{name: name, do: im.delete, steps: func(context.Context) iter.Seq2[Step, error] { return im.obsoleteSteps(name) }}
}

func (im *importer) obsoleteSteps(name Phase) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		if !im.options.Delete {
			return
		}
		there := im.there.all()
		paths := slices.Sorted(maps.Keys(there))
		keep := map[string]bool{} // paths with something of the folder in or below them
		for _, at := range paths {
			uid, typ, _ := im.there.occupant(at)
			if im.record(im.there.origin(uid)) == nil && !madeBySite(typ) && !im.unread[uid] {
				continue
			}
			for up := at; !keep[up]; up = path.Dir(up) {
				keep[up] = true
			}
		}
		last := ""
		for _, at := range paths {
			if last != "" && strings.HasPrefix(at, last+"/") || keep[at] {
				continue
			}
			last = at
			if !yield(Step{Phase: name, UIDs: []string{there[at]}, Path: at}, nil) {
				return
			}
		}
	}
}

func (im *importer) delete(ctx context.Context, s Step, r *Result) error {
	for _, uid := range s.UIDs {
		there, ok := im.there.find(uid)
		if !ok {
			continue
		}
		at := there.path
		r.change(Change{Action: Delete, Path: at, UID: uid})
		if !im.options.DryRun {
			_, err := im.site.client.Content.Delete(ctx, at)
			if err != nil && !errors.Is(err, errors.ErrNotFound) {
				if fatal(err) {
					return err
				}
				r.problem(problem(s.Phase, at, uid, err))
				continue
			}
		}
		im.there.remove(at)
	}
	return nil
}
