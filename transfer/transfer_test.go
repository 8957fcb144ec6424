package transfer_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/internal/specimen"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
	"plone.example/restapi/transfer"
)

// site is a Plone of the test's own, with a client of its manager.
type site struct {
	*plonetest.Server

	client *client.Client
}

func newSite(t *testing.T, opts ...plonetest.Option) *site {
	t.Helper()
	server := plonetest.NewServer(append([]plonetest.Option{plonetest.WithLanguages("en", "de"), plonetest.WithRequests(200_000)}, opts...)...)
	t.Cleanup(server.Close)
	s := &site{Server: server}
	s.client = s.as(t, auth.Basic("admin", "secret"))
	return s
}

// as is a client that waits hardly between its attempts.
func (s *site) as(t *testing.T, source auth.Source, opts ...client.Option) *client.Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := client.New(s.URL, append([]client.Option{
		client.WithAuth(source), client.WithTransport(transport),
		client.WithRetry(retry.Policy{MinWait: time.Microsecond, MaxWait: time.Microsecond}),
	}, opts...)...)
	require.NoError(t, err)
	return c
}

// planted is a site with everything that a site can have.
func planted(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	require.NoError(t, specimen.Plant(t.Context(), s.client, specimen.Least))
	return s
}

// add makes a document, or what fields say, and returns its UID.
func (s *site) add(t *testing.T, at string, fields client.Fields) string {
	t.Helper()
	folder, id := filepath.Split(at)
	body := client.Fields{"@type": "Document", "id": id, "title": strings.ToUpper(id)}
	for name, v := range fields {
		body[name] = v
	}
	made, err := s.client.Content.Create(t.Context(), strings.TrimSuffix(folder, "/"), body)
	require.NoError(t, err)
	return made.Value.UID
}

func (s *site) change(t *testing.T, at string, fields client.Fields) {
	t.Helper()
	_, err := s.client.Content.Update(t.Context(), at, fields)
	require.NoError(t, err)
}

func (s *site) remove(t *testing.T, at string) {
	t.Helper()
	_, err := s.client.Content.Delete(t.Context(), at)
	require.NoError(t, err)
}

// uid is that of the object at a path, empty when there is none.
func (s *site) uid(t *testing.T, at string) string {
	t.Helper()
	got, err := s.client.Content.Get(t.Context(), at)
	if err != nil {
		return ""
	}
	return got.Value.UID
}

// asked are the requests that do returns true for, since a moment.
func (s *site) asked(since int, do func(plonetest.Request) bool) []string {
	var found []string
	for _, r := range s.Requests()[since:] {
		if do(r) {
			found = append(found, r.Method+" "+r.Path)
		}
	}
	return found
}

// now is the moment for asked.
func (s *site) now() int { return len(s.Requests()) }

// writes says that a request changes something. Queries and credentials are posted
// too.
func writes(r plonetest.Request) bool {
	return !strings.HasPrefix(r.Path, "/@login") && r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions && !strings.HasSuffix(r.Path, "search")
}

// export succeeds.
func (s *site) export(t *testing.T, dir string, o transfer.ExportOptions) *transfer.Report {
	t.Helper()
	report, err := transfer.Export(t.Context(), s.client, dir, o)
	require.NoError(t, err)
	return report
}

// take imports, and may find problems.
func (s *site) take(t *testing.T, dir string, o transfer.ImportOptions) *transfer.Report {
	t.Helper()
	report, err := transfer.Import(t.Context(), s.client, dir, o)
	if err != nil {
		require.ErrorIs(t, err, transfer.ErrIncomplete)
		require.NotEmpty(t, report.Problems)
	}
	return report
}

// folder is an export as values by the names of the files. What each site makes
// itself is left out: dates, its own UIDs and those of its language folders.
func folder(t *testing.T, dir string) map[string]any {
	t.Helper()
	files := map[string]any{}
	own := map[string]string{} // what stands for the UIDs that each site makes
	read := func(name string) any {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		if filepath.Ext(name) != ".json" {
			return string(text)
		}
		var v any
		require.NoError(t, json.Unmarshal(text, &v), name)
		return v
	}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if d.IsDir() && d.Name() == ".transfer" {
			return fs.SkipDir
		}
		if err == nil && !d.IsDir() {
			assert.NotContains(t, name, ".part", "a file that was not completed")
			v := read(name)
			files[name] = v
			if i, ok := v.(map[string]any); ok && (i["@type"] == "LRF" || i["@type"] == "LIF") {
				own[i["UID"].(string)] = "UID of " + i["@id"].(string)
			}
		}
		return err
	})
	require.NoError(t, err)
	neutral := map[string]any{}
	for name, v := range files {
		neutral[replaced(name, own)] = plain(v, own)
	}
	for _, name := range []string{"translations.json", "relations.json"} { // sorted by UIDs
		list := neutral[name].([]any)
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return neutral
}

func replaced(text string, own map[string]string) string {
	for uid, path := range own {
		text = strings.ReplaceAll(text, uid, path)
	}
	return text
}

// plain is a value without dates that the server sets, and comments without what
// the server gives them.
func plain(v any, own map[string]string) any {
	switch v := v.(type) {
	case string:
		return replaced(v, own)
	case []any:
		for n := range v {
			v[n] = plain(v[n], own)
		}
	case map[string]any:
		m := map[string]any{}
		for name, one := range v {
			switch name {
			case "created", "modified", "creation_date", "modification_date", "comment_id", "in_reply_to", "@parent",
				"author_name", "author_username", "author_image":
			case "effective": // the server drops the seconds
				text, _ := one.(string)
				m[name] = text[:min(len(text), len("2006-01-02T15:04"))]
			default:
				m[replaced(name, own)] = plain(one, own)
			}
		}
		if v["@type"] == "Discussion Item" {
			delete(m, "@id")
		}
		return m
	}
	return v
}

// lines are problems as text.
func lines(report *transfer.Report) []string {
	var all []string
	for _, p := range report.Problems {
		all = append(all, p.Error())
	}
	return all
}
