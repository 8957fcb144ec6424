package transfer

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

// formatVersion is that of the folders which are written and read here.
//
// Source: plone.exportimport 2.2.0, ExportImportMetadata.
const formatVersion = "1.0.0"

const (
	siteUID      = "plone_site_root" // stands for the site's own UID in a folder
	siteType     = "Plone Site"
	metadataFile = "content/__metadata__.json"
	// What the transfer itself keeps in a folder. Plone's importer reads only the
	// files that it knows.
	stateDir = ".transfer"
	// Files that are being written. Each has a name of its own, since two processes
	// may write the same one.
	partsDir = stateDir + "/parts"
)

type defaultPage struct {
	ID  string `json:"default_page"`
	UID string `json:"default_page_uuid,omitempty"`
}

type localRoles struct {
	Roles map[string][]string `json:"local_roles,omitempty"` // by the id of the user or group
	Block int                 `json:"block,omitempty"`       // 1 when roles from above do not count
}

// any reports whether they are other than those of an object that was just made.
func (r localRoles) any() bool { return len(r.Roles) > 0 || r.Block != 0 }

// relation is an element of relations.json.
type relation struct {
	Attribute string `json:"from_attribute"`
	From      string `json:"from_uuid"`
	To        string `json:"to_uuid"`
}

// translation is an element of translations.json.
type translation struct {
	Canonical    string            `json:"canonical"`
	Translations map[string]string `json:"translations"` // UIDs by language
}

// conversation is a member of discussions.json.
type conversation struct {
	Items []comment `json:"items"`
	Total int       `json:"items_total"`
}

type comment struct {
	URL         string      `json:"@id"`
	Type        string      `json:"@type"`
	Parent      string      `json:"@parent,omitempty"`
	CommentID   string      `json:"comment_id"`
	InReplyTo   string      `json:"in_reply_to,omitempty"`
	Text        commentText `json:"text"`
	Notify      bool        `json:"user_notification"`
	AuthorName  string      `json:"author_name"`
	Author      string      `json:"author_username"`
	Created     string      `json:"creation_date"`
	Modified    string      `json:"modification_date"`
	AuthorImage string      `json:"author_image,omitempty"`
}

type commentText struct {
	Data     string `json:"data"`
	MIMEType string `json:"mime-type"`
}

// UnmarshalJSON implements json.Unmarshaler. Plone writes a text that needs no
// transform as a string, and null for what is missing.
func (t *commentText) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		t.MIMEType = "text/plain"
		return json.Unmarshal(data, &t.Data)
	}
	type plain commentText
	return json.Unmarshal(data, (*plain)(t))
}

// principals is principals.json.
type principals struct {
	Groups  []group  `json:"groups"`
	Members []member `json:"members"`
}

type group struct {
	ID          string   `json:"groupid"`
	Title       text     `json:"title"`
	Description text     `json:"description"`
	Email       text     `json:"email"`
	Roles       []string `json:"roles"`
	Groups      []string `json:"groups"`     // that it is a member of
	Principals  []string `json:"principals"` // its members, users and groups
}

// text is null when it is empty, as a property that was never set.
type text string

// MarshalJSON implements json.Marshaler.
func (t text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

type member struct {
	Username    string   `json:"username"` // the id
	LoginName   string   `json:"login_name"`
	Email       string   `json:"email"`
	Fullname    string   `json:"fullname"`
	HomePage    string   `json:"home_page"`
	Description string   `json:"description"`
	Location    string   `json:"location"`
	Roles       []string `json:"roles"`
	Groups      []string `json:"groups"`
	Password    string   `json:"password"` // a hash; see noPassword
}

// noPassword returns the hash of no password that anybody could find, in the form
// in which Plone keeps them. plone-importer makes no user without one.
func noPassword(username string) string {
	sum := sha256.Sum256([]byte("no password: " + username))
	return "{SSHA}" + base64.StdEncoding.EncodeToString(sum[:24]) // 20 bytes of hash, 4 of salt
}

// folder is an export on the disk. Nothing outside of it is read or written, also
// not by way of a symbolic link.
type folder struct {
	root *os.Root
	dir  string

	syncing sync.Mutex // held by sync
	mu      sync.Mutex
	written []string // since the last sync
}

func openFolder(dir string) (*folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &folder{root: root, dir: dir}, nil
}

// read decodes a JSON file. Numbers stay as they are written.
func (f *folder) read(name string, v any) error {
	return f.parse(name, func(d *json.Decoder) error { return d.Decode(v) })
}

// parse has a JSON file decoded, all of it.
func (f *folder) parse(name string, decode func(*json.Decoder) error) error {
	file, err := f.root.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	d := json.NewDecoder(wire.NewReader(file))
	d.UseNumber()
	if err := decode(d); err != nil {
		return fmt.Errorf("%w: %s: %w", errors.ErrDamaged, name, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("%w: %s: text after the end", errors.ErrDamaged, name)
	}
	return nil
}

// optional makes nothing of the error of a file that is not there.
func optional(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// write stores v as JSON under name, all or nothing.
func (f *folder) write(name string, v any) error {
	_, err := f.update(name, v)
	return err
}

// update is write, and reports whether the file has not been like that already.
func (f *folder) update(name string, v any) (changed bool, err error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return false, err
	}
	if there, err := f.root.ReadFile(name); err == nil && bytes.Equal(there, b.Bytes()) {
		f.wrote(name) // maybe by a process that was killed before it synced
		return false, nil
	}
	return true, f.replace(name, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	})
}

// replace stores what fill writes under name, all or nothing. It is on the disk
// for good after the next sync.
func (f *folder) replace(name string, fill func(io.Writer) error) error {
	return f.replaceAll([]string{name}, func(w []io.Writer) error { return fill(w[0]) })
}

// replaceAll is replace for several files that are written side by side.
func (f *folder) replaceAll(names []string, fill func([]io.Writer) error) (err error) {
	var parts []*os.File
	var writers []io.Writer
	defer func() {
		for n, part := range parts {
			temporary := partsDir + "/" + path.Base(part.Name())
			err = errors.Join(err, part.Close())
			if err == nil {
				err = f.root.Rename(temporary, names[n])
			}
			if err != nil {
				_ = f.root.Remove(temporary)
				continue
			}
			f.wrote(names[n])
		}
	}()
	for _, name := range names {
		for _, dir := range []string{path.Dir(name), partsDir} {
			if err := f.root.MkdirAll(dir, 0o777); err != nil {
				return err
			}
		}
		part, err := f.root.Create(partsDir + "/" + rand.Text())
		if err != nil {
			return err
		}
		parts, writers = append(parts, part), append(writers, part)
	}
	return fill(writers)
}

// blob returns the path of a file below content as the disk has it.
func (f *folder) blob(file file) (string, error) {
	name := file.text("blob_path")
	info, err := f.root.Stat("content/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		if name, err = f.respelled(name); err == nil {
			info, err = f.root.Stat("content/" + name)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("missing from the folder: %s: %w", file.text("blob_path"), fs.ErrNotExist)
	}
	if err != nil {
		return "", err
	}
	if size := file.size(); size >= 0 && size != info.Size() {
		return "", fmt.Errorf("%w: %d bytes instead of %d: %s", errors.ErrDamaged, info.Size(), size, name)
	}
	return name, nil
}

// respelled finds a file whose name is written in another form of Unicode, as some
// disks do by themselves.
func (f *folder) respelled(name string) (string, error) {
	dir, err := f.root.Open("content/" + path.Dir(name))
	if err != nil {
		return "", err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return "", err
	}
	names = slices.DeleteFunc(names, func(other string) bool { return !alike(path.Base(name), other) })
	if len(names) != 1 {
		return "", fs.ErrNotExist
	}
	return path.Join(path.Dir(name), names[0]), nil
}

// alike reports whether two names may be one in two forms of Unicode. A composed
// letter is none of ASCII; decomposed it may be one with a mark after it. So all
// of ASCII that the composed form has is in the other one, in the same order, with
// nothing but letters more. Of the files of one field, that is enough to tell.
func alike(a, b string) bool {
	composed, decomposed := plainASCII(a), plainASCII(b)
	if composed == a || decomposed == b {
		return false // nothing in it has another form
	}
	if len(composed) > len(decomposed) {
		composed, decomposed = decomposed, composed
	}
	for n := range len(decomposed) {
		switch c := decomposed[n] | 0x20; {
		case composed != "" && composed[0] == decomposed[n]:
			composed = composed[1:]
		case c < 'a' || c > 'z':
			return false
		}
	}
	return composed == ""
}

// plainASCII returns a text without all that is not ASCII.
func plainASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return -1
		}
		return r
	}, text)
}

// writeList stores the entries that fill passes to line under name, all or nothing.
func (f *folder) writeList(name string, fill func(line func(entry) error) error) error {
	return f.replace(name, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		lines := json.NewEncoder(b)
		if err := fill(func(one entry) error { return lines.Encode(one) }); err != nil {
			return err
		}
		return b.Flush()
	})
}

// list yields the entries of a list; none when there is no such file.
func (f *folder) list(name string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		file, err := f.root.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(entry{}, err)
			return
		}
		defer file.Close()
		for d := json.NewDecoder(wire.NewReader(file)); ; {
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

// wrote remembers a file for the next sync.
func (f *folder) wrote(names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.written = append(f.written, names...)
}

// syncedAtOnce is how many files the disk is asked for at once. One after the
// other, each would wait for it by itself.
const syncedAtOnce = 32

// sync waits until the disk has everything that was written before, by whichever
// step.
func (f *folder) sync() error {
	f.syncing.Lock() // another sync may have the files of this step
	defer f.syncing.Unlock()
	f.mu.Lock()
	names := f.written
	f.written = nil
	f.mu.Unlock()
	for some := range slices.Chunk(names, syncedAtOnce) {
		errs := make([]error, len(some))
		var all sync.WaitGroup
		for n, name := range some {
			all.Go(func() { errs[n] = f.syncFile(name) })
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			f.wrote(names...)
			return err
		}
	}
	return nil
}

func (f *folder) syncFile(name string) error {
	mode := os.O_RDONLY // the file may be one that nobody may write
	if runtime.GOOS == "windows" {
		mode = os.O_RDWR // which syncs no file that is open for reading only
	}
	file, err := f.root.OpenFile(name, mode, 0)
	if err != nil {
		return optional(err) // it may have been removed since
	}
	return errors.Join(file.Sync(), file.Close())
}

// data returns the name of the record of an item.
func (f *folder) data(uid string) string { return "content/" + uid + "/data.json" }

// A UID becomes the name of a directory. Plone makes 32 hexadecimal digits.
var uidRE = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
