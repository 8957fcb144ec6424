package plonetest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the answers of the real Plone to testdata/answers.golden")

// golden holds the answers of a real Plone 6.2 to the steps of [script], with what changes from run to run replaced.
const golden = "testdata/answers.golden"

// step is one request of the script. In path, body and header ~ stands for the path of the test's own folder.
type step struct {
	as     string // "" for anonymous, admin, or one of the users that the test makes
	method string
	path   string
	body   string
	header string // "Key: value", several divided by newlines
	ignore string // keys of the answer that differ between sites, divided by blanks
}

// TestTruth sends the same requests to this package and, when PLONE_URL, PLONE_USER and PLONE_PASSWORD name one, to a
// real Plone, and compares both with the answers that are written down.
func TestTruth(t *testing.T) {
	t.Parallel()
	want := map[string]string{}
	if text, err := os.ReadFile(golden); err == nil {
		for entry := range strings.SplitSeq(strings.TrimPrefix(string(text), "=== "), "\n=== ") {
			name, answer, _ := strings.Cut(entry, "\n")
			want[name] = answer
		}
	}
	site := os.Getenv("PLONE_URL")
	if *update {
		require.NotEmpty(t, site, "-update needs PLONE_URL")
		var b bytes.Buffer
		newTarget(t, site).play(t, func(name, got string) { fmt.Fprintf(&b, "\n=== %s\n%s", name, got) })
		require.NoError(t, os.WriteFile(golden, b.Bytes()[1:], 0o644))
		return
	}
	check := func(t *testing.T, to *target) {
		count := 0
		to.play(t, func(name, got string) {
			count++
			if difference := firstDifference(want[name], got); difference != "" {
				t.Errorf("%s\n%s", name, difference)
			}
		})
		assert.Len(t, want, count, "steps that are written down")
		t.Logf("%d situations", count)
	}
	t.Run("plonetest", func(t *testing.T) {
		t.Parallel()
		check(t, newTarget(t, ""))
	})
	if site != "" {
		t.Run("plone", func(t *testing.T) {
			t.Parallel()
			check(t, newTarget(t, site))
		})
	}
}

// target is a site under test.
type target struct {
	url, folder string
	users       map[string]string // name in the script → "id:password"
	fake        *Server
	uids        []string // as they appeared
}

func newTarget(t *testing.T, url string) *target {
	t.Helper()
	to := &target{url: url, folder: "truth-" + strings.ToLower(rand.Text()[:8]), users: map[string]string{}}
	roles := map[string][]string{"member": {"Member"}, "editor": {"Member", "Editor"}, "contributor": {"Member", "Contributor"}}
	if url == "" {
		to.fake = NewServer()
		to.url = to.fake.URL
		to.users["admin"] = "admin:secret"
		t.Cleanup(to.fake.Close)
	} else {
		to.users["admin"] = os.Getenv("PLONE_USER") + ":" + os.Getenv("PLONE_PASSWORD")
	}
	for name, have := range roles {
		id := to.folder + "-" + name
		to.users[name] = id + ":correct-horse"
		if to.fake != nil {
			to.fake.site.users[id] = &user{id: id, login: id, password: "correct-horse", roles: have,
				properties: map[string]string{"email": "x@example.org", "fullname": "Full Name"}}
			continue
		}
		body, err := json.Marshal(dict{"username": id, "password": "correct-horse", "email": "x@example.org",
			"fullname": "Full Name", "roles": have})
		require.NoError(t, err)
		status, _, _ := to.send(t, step{as: "admin", method: "POST", path: "/@users", body: string(body)})
		require.Equal(t, 201, status)
		t.Cleanup(func() { to.send(t, step{as: "admin", method: "DELETE", path: "/@users/" + id}) })
	}
	status, _, body := to.send(t, step{as: "admin", method: "POST",
		body: `{"@type": "Folder", "id": "` + to.folder + `", "title": "Truth"}`})
	require.Equal(t, 201, status, string(body))
	t.Cleanup(func() { to.send(t, step{as: "admin", method: "DELETE", path: "/" + to.folder}) })
	return to
}

// send makes one request. It follows no redirect.
func (to *target) send(t *testing.T, s step) (int, http.Header, []byte) {
	t.Helper()
	expand := strings.NewReplacer("~", "/"+to.folder, "{site}", to.url, "{folder}", to.folder)
	req, err := http.NewRequest(s.method, to.url+expand.Replace(s.path), strings.NewReader(expand.Replace(s.body)))
	require.NoError(t, err)
	req.Header.Set("Accept", "application/json")
	if s.body != "" {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	for line := range strings.SplitSeq(s.header, "\n") {
		if key, value, found := strings.Cut(line, ": "); found {
			req.Header.Set(key, expand.Replace(value))
		}
	}
	// Plone sends a body in answer to HEAD, which would be read as the next answer.
	req.Close = s.method == http.MethodHead
	if s.as != "" {
		id, password, _ := strings.Cut(to.users[s.as], ":")
		req.SetBasicAuth(id, password)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if resp.Close && !req.Close { // the client takes the field out of the header
		resp.Header.Set("Connection", "close")
	}
	return resp.StatusCode, resp.Header, body
}

// play runs the script and reports each answer, made comparable, under the name of its step.
func (to *target) play(t *testing.T, report func(name, got string)) {
	t.Helper()
	token := ""
	for i, s := range script {
		s.header = strings.ReplaceAll(s.header, "{lock}", token)
		if s.method == "PUBLISH" {
			to.publish(t, s)
			continue
		}
		status, header, body := to.send(t, s)
		if found := regexp.MustCompile(`"token": "(0\.[^"]+)"`).FindSubmatch(body); found != nil {
			token = string(found[1])
		}
		who := s.as
		if who == "" {
			who = "anonymous"
		}
		name := strings.TrimSpace(fmt.Sprintf("%03d %s %s %s %s %s", i, who, s.method, s.path,
			strings.ReplaceAll(s.header, "\n", ", "), s.body))
		if len(name) > 160 {
			name = name[:160]
		}
		if strings.Contains(s.header, "Lock-Token: 0.") {
			name = fmt.Sprintf("%03d %s %s %s with the token", i, who, s.method, s.path)
		}
		report(name, to.comparable(t, s, status, header, body))
	}
}

// publish makes an object public.
func (to *target) publish(t *testing.T, s step) {
	if to.fake == nil {
		status, _, body := to.send(t, step{as: "admin", method: "POST", path: s.path + "/@workflow/publish"})
		require.Equal(t, 200, status, string(body))
		return
	}
	o := to.fake.site.find(strings.ReplaceAll(s.path, "~", "/"+to.folder))
	require.NotNil(t, o, s.path)
	o.state = "published"
	o.set("effective", time.Now())
	to.fake.site.changed()
}

// kept are the header fields that mean something.
var kept = []string{"Accept-Ranges", "Allow", "Connection", "Content-Disposition", "Content-Range", "Content-Type",
	"Location", "Set-Cookie", "Www-Authenticate"}

var (
	uid         = regexp.MustCompile(`\b[0-9a-f]{32}\b`)
	volatile    = regexp.MustCompile(`"(created|modified|CreationDate|ModificationDate|creation_date|modification_date|Date|time|cmf_uid)":("[^"]*"|[0-9.]+)`)
	lockToken   = regexp.MustCompile(`0\.\d+-0\.\d+-00105A989226:\d+\.\d+`)
	jwt         = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`)
	generated   = regexp.MustCompile(`Plone_5_\d+(_\d+)*_(File|Image|Link)`)
	pathIndexes = regexp.MustCompile(`<Products\.ExtendedPathIndex[^<]*(<[^>]*>[^>]*)?>|<ExtendedPathIndex at path>`)
	cookie      = regexp.MustCompile(`__ac=[^d;][^;]*`)
	stamp       = regexp.MustCompile(`file-\d{4}-\d\d-\d\d-\d+`)
	commentID   = regexp.MustCompile(`\b1\d{15}\b`)
	scale       = regexp.MustCompile(`-[0-9a-f]{32}\.`)
	// Content types that other tests make on the same site.
	foreignType = regexp.MustCompile(`,\{"@id":"\{site\}/@types/type_[^{}]*\}`)
	dates       = regexp.MustCompile(`"(effective|EffectiveDate|default)":"(\d{4}-[^"]*)"`)
)

// comparable renders an answer without what differs from run to run.
func (to *target) comparable(t *testing.T, s step, status int, header http.Header, body []byte) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, status)
	for _, key := range kept {
		for _, value := range header[key] {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	v, err := parseJSON(body)
	switch {
	case len(body) == 0:
	case err != nil && bytes.Contains(body, []byte("<html")):
		b.WriteString("{html}")
	case err != nil:
		fmt.Fprintf(&b, "%q", body)
	default:
		// Both write JSON in the same, unusual way.
		comma := serviceComma
		if d, isObject := v.(dict); isObject && d["type"] != nil && d["@id"] == nil && d["properties"] == nil && hasContext(d) {
			comma = exceptionComma
		}
		if !bytes.HasPrefix(body, []byte(`{"error_type"`)) {
			assert.Equal(t, string(appendJSON(nil, v, comma, 0)), string(body), s.path)
		}
		if d, isObject := v.(dict); isObject {
			if d["traceback"] != nil {
				d["traceback"] = "{traceback}"
			}
			for key := range strings.FieldsSeq(s.ignore) {
				delete(d, key)
			}
		}
		var buffer bytes.Buffer
		encoder := json.NewEncoder(&buffer)
		encoder.SetEscapeHTML(false)
		require.NoError(t, encoder.Encode(v))
		b.Write(bytes.TrimSpace(buffer.Bytes()))
	}
	text := foreignType.ReplaceAllString(strings.ReplaceAll(b.String(), to.url, "{site}"), "")
	for name, credentials := range to.users {
		id, _, _ := strings.Cut(credentials, ":")
		if name != "admin" {
			text = strings.ReplaceAll(text, id, "{"+name+"}")
		}
	}
	text = strings.ReplaceAll(text, to.folder, "{folder}")
	text = scale.ReplaceAllString(text, "-{hash}.")
	text = uid.ReplaceAllStringFunc(text, func(found string) string {
		i := slices.Index(to.uids, found)
		if i < 0 {
			to.uids = append(to.uids, found)
			i = len(to.uids) - 1
		}
		return fmt.Sprintf("{uid %d}", i)
	})
	text = volatile.ReplaceAllString(text, `"$1":"{now}"`)
	text = dates.ReplaceAllStringFunc(text, func(found string) string {
		part := dates.FindStringSubmatch(found)
		at, err := time.Parse(time.RFC3339, part[2])
		if err != nil || time.Since(at).Abs() > 2*time.Hour {
			return found
		}
		return `"` + part[1] + `":"{about now}"`
	})
	text = lockToken.ReplaceAllString(text, "{lock}")
	text = commentID.ReplaceAllString(text, "{comment}")
	text = jwt.ReplaceAllString(text, "{jwt}")
	text = generated.ReplaceAllString(text, "Plone_$2")
	text = pathIndexes.ReplaceAllString(text, "<path>")
	text = cookie.ReplaceAllString(text, "__ac={cookie}")
	return stamp.ReplaceAllString(text, "{name}")
}

// firstDifference shows where two texts part, "" when they do not.
func firstDifference(want, got string) string {
	if want == got {
		return ""
	}
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	cut := func(s string) string { return s[max(0, i-60):min(len(s), i+200)] }
	return fmt.Sprintf("want …%s…\n got …%s…", cut(want), cut(got))
}

func hasContext(d dict) bool {
	_, has := d["context"]
	return has
}
