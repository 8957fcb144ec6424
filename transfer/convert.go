package transfer

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

// ConvertOptions say how to read an export of collective.exportimport. The zero
// value is right for most of them.
type ConvertOptions struct {
	// Blobs is the folder that the paths of files in the export begin in, the
	// blobstorage of the site. Empty for an export that has its files in it.
	Blobs string
	// Site is the address of the site in the export, which is needed when nothing in
	// it lies directly in the site, as in an export of one folder.
	Site     string
	Progress func(Event) // if not nil, receives events, one at a time
}

// PhaseConvert is the only phase of a conversion.
const PhaseConvert Phase = "convert"

// Convert turns an export of collective.exportimport, with which Plone 4 and 5 are
// left, into the folder dir that [Import] and plone-importer read. dir is made; it
// must be empty or hold an earlier conversion, which is replaced.
//
// source is a JSON file with objects, as one array or one after the other, or a
// folder with such files. Beside them, export_members.json, export_relations.json,
// export_translations.json, export_localroles.json, export_ordering.json,
// export_defaultpages.json, export_discussion.json, export_portlets.json and
// export_redirects.json are read where they are. Files are in the objects as base64,
// or in [ConvertOptions].Blobs. No more than one object is in memory at a time.
//
// What cannot be converted is a problem of the report: a file that is missing costs
// only its field.
//
// Errors: [ErrIncomplete] together with the report when there are problems;
// [ErrNoExport] for a source without objects, or a dir with something else in it;
// [errors.ErrDamaged] for a file that is not JSON; [errors.ErrInvalidInput] when the
// address of the site is needed.
//
// Source: collective.exportimport 1.16, export_content.py and export_other.py.
func Convert(ctx context.Context, source, dir string, o ConvertOptions) (_ *Report, err error) {
	begun := time.Now()
	c := &conversion{options: o, at: map[string]string{}, seen: map[string]int{}}
	if err := c.open(source, dir); err != nil {
		return nil, fmt.Errorf("transfer: %w", err)
	}
	defer func() { err = errors.Join(err, c.close()) }()
	for _, step := range []func(context.Context) error{c.survey, c.objects, c.rest} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("transfer: %w", err)
		}
	}
	report := newReport(map[Loss]int{LossHistory: 0, LossPasswords: 0})
	report.Add(&c.result)
	report.Elapsed = time.Since(begun)
	if len(report.Problems) > 0 {
		return report, ErrIncomplete
	}
	return report, nil
}

// conversion is an export of collective.exportimport that becomes a folder.
type conversion struct {
	options ConvertOptions
	base    string   // folder of the source
	sources []string // files with objects
	blobs   *os.Root // nil when there are none
	folder  *folder
	form    form
	prefix  string // what the database calls the site, like "/Plone"
	result  Result

	at    map[string]string // UIDs by the path below the site
	seen  map[string]int    // by UID: index in all
	all   []converted
	found int // objects in the sources
}

// converted is what the files about the whole tell of an object.
type converted struct {
	uid, path string
	position  int
	files     []string
}

// The files beside the objects, by what they hold.
const (
	besideMembers      = "export_members.json"
	besideRelations    = "export_relations.json"
	besideTranslations = "export_translations.json"
	besideRoles        = "export_localroles.json"
	besideOrder        = "export_ordering.json"
	besidePages        = "export_defaultpages.json"
	besideComments     = "export_discussion.json"
	besidePortlets     = "export_portlets.json"
	besideRedirects    = "export_redirects.json"
	besideErrors       = "errors.json"
)

var besides = []string{
	besideMembers, besideRelations, besideTranslations, besideRoles, besideOrder, besidePages, besideComments,
	besidePortlets, besideRedirects, besideErrors,
}

func (c *conversion) open(source, dir string) error {
	info, err := os.Stat(source)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoExport, err)
	}
	c.base = source
	if !info.IsDir() {
		c.base, c.sources = filepath.Dir(source), []string{source}
	} else if c.sources, err = objectFiles(source); err != nil {
		return err
	}
	if c.options.Blobs != "" {
		if c.blobs, err = os.OpenRoot(c.options.Blobs); err != nil {
			return fmt.Errorf("%w: the folder of the files: %w", errors.ErrInvalidInput, err)
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if c.folder, err = openFolder(dir); err != nil {
		return err
	}
	var origin struct {
		Converted bool `json:"converted"`
	}
	names, err := fs.ReadDir(c.folder.root.FS(), ".")
	if err != nil {
		return err
	}
	if err := optional(c.folder.read(originFile, &origin)); err != nil {
		return err
	}
	if len(names) > 0 && !origin.Converted {
		return fmt.Errorf("%w: %s has something in it that no conversion wrote; choose another folder", ErrNoExport, dir)
	}
	if err := c.folder.root.RemoveAll("content"); err != nil {
		return err
	}
	origin.Converted = true
	return c.folder.write(originFile, origin)
}

func (c *conversion) close() error {
	var errs []error
	if c.blobs != nil {
		errs = append(errs, c.blobs.Close())
	}
	return errors.Join(append(errs, c.folder.sync(), c.folder.root.RemoveAll(partsDir), c.folder.root.Close())...)
}

// objectFiles returns the files with objects below a folder, sorted.
func objectFiles(dir string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.EqualFold(filepath.Ext(name), ".json") && !slices.Contains(besides, d.Name()) {
			found = append(found, name)
		}
		return err
	})
	return found, err
}

// each passes the objects of all sources to do, as JSON.
func (c *conversion) each(ctx context.Context, do func(json.RawMessage) error) error {
	for _, name := range c.sources {
		err := parseFile(name, func(d *json.Decoder, array bool) error {
			one := func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				var raw json.RawMessage
				if err := d.Decode(&raw); err != nil {
					return err
				}
				return do(raw)
			}
			if array {
				return elements(d, one)
			}
			for {
				if err := one(); err != nil {
					if err == io.EOF {
						return nil
					}
					return err
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// parseFile has a file outside of the folder decoded, and tells whether it holds an
// array.
func parseFile(name string, decode func(d *json.Decoder, array bool) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	b := bufio.NewReader(wire.NewReader(file))
	array := false
	for {
		mark, err := b.ReadByte()
		if err != nil {
			break // what is empty has nothing in it
		}
		if !strings.ContainsRune(" \t\r\n", rune(mark)) {
			array = mark == '['
			if err := b.UnreadByte(); err != nil {
				return err
			}
			break
		}
	}
	d := json.NewDecoder(b)
	d.UseNumber()
	err = decode(d, array)
	if _, ours := errors.AsType[*os.PathError](err); err == nil || ours || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %s: %w", errors.ErrDamaged, filepath.Base(name), err)
}

// beside decodes a file beside the objects; it leaves v as it is when there is none.
func (c *conversion) beside(name string, v any) error {
	err := parseFile(filepath.Join(c.base, name), func(d *json.Decoder, _ bool) error { return d.Decode(v) })
	return optional(err)
}

// head is what has to be known of all objects before one of them is converted.
type head struct {
	URL    string `json:"@id"`
	Type   string `json:"@type"`
	ID     string `json:"id"`
	UID    string `json:"UID"`
	Parent struct {
		URL  string `json:"@id"`
		Type string `json:"@type"`
	} `json:"parent"`
}

// survey finds the address of the site, and who is where.
func (c *conversion) survey(ctx context.Context) error {
	var heads []head
	err := c.each(ctx, func(raw json.RawMessage) error {
		var h head
		if json.Unmarshal(raw, &h) == nil && h.URL != "" { // what is wrong with it is said when it is converted
			heads = append(heads, h)
		}
		c.found++
		return nil
	})
	if err != nil {
		return err
	}
	if c.found == 0 {
		return fmt.Errorf("%w: %s has no objects in it", ErrNoExport, c.base)
	}
	c.form.site = strings.TrimSuffix(c.options.Site, "/")
	for _, h := range heads {
		if c.form.site != "" {
			break
		}
		switch siteType {
		case h.Type:
			c.form.site = strings.TrimSuffix(h.URL, "/")
		case h.Parent.Type:
			c.form.site = strings.TrimSuffix(h.Parent.URL, "/")
		}
	}
	if c.form.site == "" {
		return fmt.Errorf("%w: no object of the export lies directly in the site; say its address, as the export has it", errors.ErrInvalidInput)
	}
	if u, err := url.Parse(c.form.site); err == nil {
		c.prefix = u.Path
	}
	for _, h := range heads {
		if h.Type == siteType {
			h.UID = siteUID
		}
		if at := c.form.path(h.URL); at != "" {
			c.at[at] = h.UID
		}
	}
	c.form.uid = func(at string) string { return c.at[at] }
	return nil
}

// objects writes the records and files of all objects.
func (c *conversion) objects(ctx context.Context) error {
	related, err := c.relations()
	if err != nil {
		return err
	}
	order, err := c.order()
	if err != nil {
		return err
	}
	siblings := map[string]int{} // by the path of their container
	return c.each(ctx, func(raw json.RawMessage) error {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil {
			c.problem("", "", "", fmt.Errorf("%w: %w", errors.ErrDamaged, err))
			return nil
		}
		if errs, ok := members["unexported_paths"]; ok {
			return c.unexported(errs)
		}
		one, err := c.object(members, related)
		if err != nil {
			if fatal(err) {
				return err
			}
			var h head
			_ = json.Unmarshal(raw, &h)
			c.problem(cmp.Or(c.form.path(h.URL), h.URL), h.UID, "", err)
			return nil
		}
		container := path.Dir(one.path)
		one.position = siblings[container]
		siblings[container]++
		if position, ok := order[one.uid]; ok {
			one.position = position
		}
		c.all = append(c.all, one)
		c.done()
		return nil
	})
}

func (c *conversion) done() {
	c.result.Items++
	if c.options.Progress != nil {
		c.options.Progress(Event{Phase: PhaseConvert, Done: c.result.Items, Total: c.found, Bytes: c.result.Bytes})
	}
}

func (c *conversion) problem(at, uid, field string, err error) {
	p := problem(PhaseConvert, at, uid, err)
	p.Field = field
	c.result.problem(p)
	if c.options.Progress != nil {
		c.options.Progress(Event{Phase: PhaseConvert, Done: c.result.Items, Total: c.found, Bytes: c.result.Bytes, Problem: &p})
	}
}

// unexported names what collective.exportimport itself could not export.
func (c *conversion) unexported(raw json.RawMessage) error {
	var errs []struct {
		Path    string `json:"path"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(raw, &errs); err != nil {
		return err
	}
	for _, one := range errs {
		c.problem(cmp.Or(c.form.path(one.Path), one.Path), "", "", fmt.Errorf("the export lacks it: %s", one.Message))
	}
	return nil
}

// object writes one object.
func (c *conversion) object(members map[string]json.RawMessage, related map[string]map[string]bool) (one converted, err error) {
	// Files are taken out first, so that their text is never decoded with the rest.
	files := map[string]sourceFile{}
	for name, raw := range members {
		if f, ok := fileIn(raw); ok {
			files[name] = f
			delete(members, name)
		}
	}
	raw, err := json.Marshal(members)
	if err != nil {
		return one, err
	}
	i, err := c.form.item(raw, nil)
	if err != nil {
		return one, err
	}
	one = converted{uid: i.uid(), path: i.path()}
	if one.uid == siteUID {
		one.path = "/"
	}
	switch double, ok := c.seen[one.uid]; {
	case i.typ() == "" || one.path == "":
		return one, fmt.Errorf("%w: it lacks its @id or @type, or lies outside of %s", errors.ErrDamaged, c.form.site)
	case !uidRE.MatchString(one.uid):
		return one, fmt.Errorf("%w: the UID %q cannot be a file name", errors.ErrDamaged, one.uid)
	case ok:
		return one, fmt.Errorf("%w: %s has the same UID", errors.ErrDamaged, c.all[double].path)
	}
	for field := range related[one.uid] {
		delete(i, field) // relations.json has them
	}
	if i["exportimport.versions"] != nil {
		delete(i, "exportimport.versions")
		c.result.lose(LossHistory)
	}
	for _, field := range slices.Sorted(maps.Keys(files)) {
		stored, err := c.file(one.uid, field, i.text("id"), files[field])
		if err != nil {
			if fatal(err) {
				return one, err
			}
			c.problem(one.path, one.uid, field, err)
			continue
		}
		i[field] = map[string]any(stored)
		one.files = append(one.files, stored.text("blob_path"))
	}
	c.seen[one.uid] = len(c.all)
	return one, c.folder.write(c.folder.data(one.uid), i)
}

// sourceFile is a file field as collective.exportimport writes it.
type sourceFile struct {
	Filename    string          `json:"filename"`
	ContentType string          `json:"content-type"`
	Encoding    string          `json:"encoding"`
	Data        json.RawMessage `json:"data"`      // base64
	Blob        string          `json:"blob_path"` // in the blobstorage
	Download    string          `json:"download"`  // its address, when the export has no files
}

// fileIn reports whether the value of a field is a file.
func fileIn(raw json.RawMessage) (f sourceFile, ok bool) {
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &f) != nil {
		return f, false
	}
	return f, f.Encoding == "base64" && f.Data != nil || f.Blob != "" || f.Download != "" && f.ContentType != ""
}

// file stores the bytes of a file, and returns it in the form of a folder.
func (c *conversion) file(uid, field, id string, f sourceFile) (file, error) {
	if !fieldRE.MatchString(field) {
		return nil, fmt.Errorf("%w: the field %q cannot be a file name", errors.ErrInvalidInput, field)
	}
	bytes, err := c.bytes(f)
	if err != nil {
		return nil, err
	}
	defer bytes.Close()
	f.Filename = cmp.Or(f.Filename, id)
	name := blobName(uid, field, f.Filename)
	sum := sha256.New()
	var size int64
	err = c.folder.replace("content/"+name, func(w io.Writer) (err error) {
		size, err = io.Copy(io.MultiWriter(w, sum), bytes)
		return err
	})
	if _, broken := errors.AsType[base64.CorruptInputError](err); broken || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.Join(fmt.Errorf("%w: its base64: %w", errors.ErrDamaged, err), c.folder.root.Remove("content/"+name))
	}
	c.result.Bytes += size
	return file{
		"filename": f.Filename, "content-type": f.ContentType, "size": size, "blob_path": name,
		sumKey: hex.EncodeToString(sum.Sum(nil)),
	}, err
}

// bytes returns those of a file.
func (c *conversion) bytes(f sourceFile) (io.ReadCloser, error) {
	switch {
	case f.Blob != "" && c.blobs == nil:
		return nil, fmt.Errorf("%w: it is in a blobstorage, and none was given: %s", errors.ErrInvalidInput, f.Blob)
	case f.Blob != "":
		opened, err := c.blobs.Open(filepath.FromSlash(f.Blob))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: it is missing in the blobstorage: %s", errors.ErrNotFound, f.Blob)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errors.ErrInvalidInput, err)
		}
		return opened, nil
	case f.Data == nil:
		return nil, fmt.Errorf("%w: the export has only its address; export it again with its files: %s", errors.ErrInvalidInput, f.Download)
	}
	text := bytes.Trim(f.Data, `"`)
	if bytes.IndexByte(text, '\\') >= 0 { // line breaks
		var plain string
		if err := json.Unmarshal(f.Data, &plain); err != nil {
			return nil, err
		}
		text = []byte(plain)
	}
	return io.NopCloser(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(text))), nil
}

// relations writes relations.json, and returns the names of the fields with
// relations by the UID of their object.
func (c *conversion) relations() (map[string]map[string]bool, error) {
	var rows []struct {
		From         string `json:"from_uuid"`
		To           string `json:"to_uuid"`
		Relationship string `json:"relationship"`
		Attribute    string `json:"from_attribute"`
	}
	if err := c.beside(besideRelations, &rows); err != nil {
		return nil, err
	}
	related, all := map[string]map[string]bool{}, []relation{}
	for _, row := range rows {
		one := relation{Attribute: cmp.Or(row.Attribute, row.Relationship), From: row.From, To: row.To}
		switch one.Attribute {
		case "relatesTo": // as Archetypes called it
			one.Attribute = "relatedItems"
		case "translationOf", "Working Copy Relation": // of LinguaPlone; of a checkout
			continue
		}
		if related[one.From] == nil {
			related[one.From] = map[string]bool{}
		}
		related[one.From][one.Attribute] = true
		all = append(all, one)
	}
	return related, c.folder.write("relations.json", all)
}

// order returns the positions of objects by their UIDs.
func (c *conversion) order() (map[string]int, error) {
	var rows []struct {
		UID   string `json:"uuid"`
		Order int    `json:"order"`
	}
	if err := c.beside(besideOrder, &rows); err != nil {
		return nil, err
	}
	order := map[string]int{}
	for _, row := range rows {
		order[row.UID] = row.Order
	}
	return order, nil
}

// rest writes the files about the whole.
func (c *conversion) rest(context.Context) error {
	if len(c.all) == 0 {
		return fmt.Errorf("%w: none of the objects could be converted", ErrNoExport)
	}
	for _, write := range []func() error{c.metadata, c.translations, c.comments, c.principals, c.redirects, c.portlets} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

func (c *conversion) metadata() error {
	var roles []struct {
		UID   string              `json:"uuid"`
		Roles map[string][]string `json:"localroles"`
		Block int                 `json:"block"`
	}
	var pages []struct {
		UID     string `json:"uuid"`
		Page    string `json:"default_page"`
		PageUID string `json:"default_page_uuid"`
	}
	if err := errors.Join(c.beside(besideRoles, &roles), c.beside(besidePages, &pages)); err != nil {
		return err
	}
	local, defaults := map[string]localRoles{}, map[string]defaultPage{}
	for _, row := range roles {
		local[ofSite(row.UID)] = localRoles{Roles: row.Roles, Block: row.Block}
	}
	for _, row := range pages {
		defaults[ofSite(row.UID)] = defaultPage{ID: row.Page, UID: row.PageUID}
	}
	return c.folder.replace(metadataFile, func(w io.Writer) error {
		m := newStream(w)
		m.open('{')
		m.member("__version__", formatVersion)
		m.name("_blob_files_")
		m.open('[')
		for _, one := range c.all {
			for _, name := range one.files {
				m.element(name)
			}
		}
		m.shut(']')
		m.name("_data_files_")
		m.open('[')
		for _, one := range c.all {
			m.element(one.uid + "/data.json")
		}
		m.shut(']')
		m.member("default_page", defaults)
		m.member("local_permissions", struct{}{})
		m.member("local_roles", local)
		slices.SortStableFunc(c.all, func(a, b converted) int { return a.position - b.position })
		m.name("ordering")
		m.open('{')
		for _, one := range c.all {
			if one.uid != siteUID {
				m.member(one.uid, one.position)
			}
		}
		m.shut('}')
		m.member("relations", []relation{}) // always empty
		m.shut('}')
		return m.close()
	})
}

// ofSite returns the UID that stands for the site, where collective.exportimport
// has another name for it.
func ofSite(uid string) string {
	if uid == "<Portal>" {
		return siteUID
	}
	return uid
}

func (c *conversion) translations() error {
	var groups []map[string]string
	if err := c.beside(besideTranslations, &groups); err != nil {
		return err
	}
	list := []translation{}
	for _, group := range groups {
		languages := slices.Sorted(maps.Keys(group))
		if len(languages) < 2 {
			continue
		}
		t := translation{Canonical: group[languages[0]], Translations: group}
		delete(group, languages[0])
		list = append(list, t)
	}
	return c.folder.write("translations.json", list)
}

func (c *conversion) comments() error {
	var rows []struct {
		UID          string       `json:"uuid"`
		Conversation conversation `json:"conversation"`
	}
	if err := c.beside(besideComments, &rows); err != nil {
		return err
	}
	all := map[string]conversation{}
	for _, row := range rows {
		for n := range row.Conversation.Items {
			one := &row.Conversation.Items[n]
			one.URL, one.Parent = c.form.below(one.URL), c.form.below(one.Parent)
		}
		if row.Conversation.Total = len(row.Conversation.Items); row.Conversation.Total > 0 {
			all[row.UID] = row.Conversation
		}
	}
	return c.folder.write("discussions.json", all)
}

func (c *conversion) principals() error {
	all := principals{Groups: []group{}, Members: []member{}}
	if err := c.beside(besideMembers, &all); err != nil {
		return err
	}
	for n := range all.Members {
		m := &all.Members[n]
		m.LoginName = cmp.Or(m.LoginName, m.Username)
		m.Password = cmp.Or(m.Password, noPassword(m.Username))
		c.result.lose(LossPasswords)
	}
	return c.folder.write("principals.json", all)
}

// redirects writes old addresses below what the record of the site says it is
// called; below nothing when there is none.
func (c *conversion) redirects() error {
	var old map[string]string
	if err := c.beside(besideRedirects, &old); err != nil {
		return err
	}
	var root item
	if err := optional(c.folder.read(c.folder.data(siteUID), &root)); err != nil {
		return err
	}
	all := map[string]string{}
	for from, to := range old {
		all[c.below(from, root.path())] = c.below(to, root.path())
	}
	return c.folder.write("redirects.json", all)
}

func (c *conversion) below(physical, root string) string {
	if !strings.HasPrefix(physical, "/") {
		return physical // an address elsewhere
	}
	if rest, ok := strings.CutPrefix(physical, c.prefix); ok && strings.HasPrefix(rest, "/") {
		physical = rest
	}
	return root + physical
}

// portlets writes those for plone-importer; plone.restapi cannot set them.
func (c *conversion) portlets() error {
	var rows []map[string]any
	if err := c.beside(besidePortlets, &rows); err != nil {
		return err
	}
	for _, row := range rows {
		uid, _ := row["uuid"].(string)
		address, _ := row["@id"].(string)
		row["UID"], row["@id"] = ofSite(uid), c.form.below(address)
		delete(row, "uuid")
		if blocked, ok := row["blacklist_status"]; ok {
			row["blocked_status"] = blocked
			delete(row, "blacklist_status")
		}
		c.result.lose(LossPortlets)
	}
	if rows == nil {
		return nil
	}
	return c.folder.write("portlets.json", rows)
}
