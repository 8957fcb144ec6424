package transfer_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/transfer"
)

// trouble answers some requests in the place of the site.
type trouble struct {
	base   http.RoundTripper
	hits   func(*http.Request) bool
	status int    // 0 for no answer
	body   string // JSON, or a page
	n      atomic.Int64
	over   atomic.Bool
}

func (x *trouble) RoundTrip(req *http.Request) (*http.Response, error) {
	if x.over.Load() || !x.hits(req) {
		return x.base.RoundTrip(req)
	}
	x.n.Add(1)
	if req.Body != nil {
		_ = req.Body.Close()
	}
	if x.status == 0 {
		return nil, errors.New("connection reset")
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if strings.HasPrefix(x.body, "<") {
		header.Set("Content-Type", "text/html")
	}
	return &http.Response{
		StatusCode: x.status, Header: header, Body: io.NopCloser(strings.NewReader(x.body)),
		ContentLength: int64(len(x.body)), Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

const page = "<html>a proxy</html>"

// troubles are what may come of a request about one object.
var troubles = map[string]struct {
	status int
	body   string
	fatal  bool
}{
	"400":             {400, `{"type":"BadRequest","message":"x"}`, false},
	"400, one field":  {400, `{"type":"BadRequest","message":"[{'message': 'x', 'field': 'title', 'error': 'ValidationError'}]"}`, false},
	"401":             {401, `{"type":"Unauthorized","message":"x"}`, false},
	"403":             {403, `{"type":"Forbidden","message":"x"}`, false},
	"404":             {404, `{"type":"NotFound","message":"x"}`, false},
	"409":             {409, `{"type":"Conflict","message":"x"}`, false},
	"422":             {422, `{"type":"Unprocessable","message":"x"}`, false},
	"429 of a proxy":  {429, page, false},
	"500 of Plone":    {500, `{"type":"AttributeError","message":"x"}`, false},
	"500, a conflict": {500, `{"type":"ConflictError","message":"x"}`, false},
	"501":             {501, page, false},
	"302":             {302, "", false},
	"not JSON":        {200, page, false},
	"JSON, but what":  {200, `[[]]`, false},
	"500 of a proxy":  {500, page, true},
	"502":             {502, page, true},
	"503 of a proxy":  {503, page, true},
	"no answer":       {0, "", true},
}

// about says whether a request asks for one of the objects: by its path, or its UID
// in a search.
func about(uid string, paths ...string) func(*http.Request) bool {
	return func(req *http.Request) bool {
		q, _ := url.ParseQuery(req.URL.RawQuery)
		for _, one := range q["UID"] {
			if uid != "" && one == uid {
				return true
			}
		}
		for _, at := range paths {
			method, at, _ := strings.Cut(at, " ")
			if (method == "*" || method == req.Method) && strings.TrimSuffix(req.URL.Path, "/") == strings.TrimSuffix("/Plone"+at, "/") {
				return true
			}
		}
		return false
	}
}

// No error about one object ends a run, whatever it is and wherever it comes. The
// rest is carried, and the next run tries again. When the site is lost the run
// stops, and the same call resumes it.
func TestTransfer_errorsOfOneObject(t *testing.T) {
	t.Parallel()
	for name, kind := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := small(t)
			a.change(t, "/en/a/x", client.Fields{"allow_discussion": true})
			_, err := a.client.Comments.Add(t.Context(), "/en/a/x", client.NewComment{Text: "hello"})
			require.NoError(t, err)
			_, err = a.client.Workflow.Transition(t.Context(), "/en/a/x", "publish", client.TransitionOptions{})
			require.NoError(t, err)
			whole := t.TempDir()
			a.export(t, whole, transfer.ExportOptions{})
			uid := a.uid(t, "/en/a/x")
			for phase, hits := range map[string]func(*http.Request) bool{
				"object":      about(uid),
				"local roles": about("", "GET /en/a/x/@sharing"),
				"comments":    about("", "GET /en/a/x/@comments"),
				"file":        about("", "GET /en/b/file/@@download/file"),
				"type":        about("", "GET /@types/File"),
				"the site":    about("", "GET "),
				"relations":   about("", "GET /@relations"),
				"redirects":   about("", "GET /@aliases"),
				"users":       about("", "GET /@users"),
				"groups":      about("", "GET /@groups"),
			} {
				if phase == "file" && kind.status == http.StatusOK {
					continue // bytes: a file may hold anything
				}
				t.Run("export, "+phase, func(t *testing.T) {
					x := &trouble{base: http.DefaultTransport, hits: hits, status: kind.status, body: kind.body}
					x.over.Store(phase == "the site")
					dir := t.TempDir()
					run := func() (*transfer.Report, error) {
						return transfer.Export(t.Context(), a.as(t, auth.Basic("admin", "secret"), client.WithTransport(x)), dir, transfer.ExportOptions{
							Progress: func(e transfer.Event) {
								if e.Phase == transfer.PhaseContent { // the run itself begins with a look at the site
									x.over.Store(false)
								}
							},
						})
					}
					report, err := run()
					assert.Positive(t, x.n.Load(), "the trouble came")
					if kind.fatal {
						require.Error(t, err)
						require.NotErrorIs(t, err, transfer.ErrIncomplete)
					} else if err != nil {
						require.ErrorIs(t, err, transfer.ErrIncomplete, "%v", err)
						require.NotEmpty(t, report.Problems)
						assert.FileExists(t, dir+"/content/"+a.uid(t, "/en/c")+"/data.json")
					}
					x.hits = func(*http.Request) bool { return false }
					_, err = run()
					require.NoError(t, err)
					assert.Equal(t, folder(t, whole), folder(t, dir))
				})
			}
			for phase, hits := range map[string]func(*http.Request) bool{
				"create":      about("", "POST /en/a"),
				"create file": about("", "POST /en/b"),
				"update":      about("", "PATCH /en/c", "GET /en/c"),
				"type":        about("", "GET /@types/File"),
				"state":       about("", "GET /en/a/x/@workflow", "POST /en/a/x/@workflow/publish"),
				"comments":    about("", "POST /en/a/x/@comments", "GET /en/a/x/@comments"),
				"object":      about(uid),
			} {
				t.Run("import, "+phase, func(t *testing.T) {
					b := newSite(t)
					b.remove(t, "/news")
					if phase == "update" || phase == "object" {
						b.take(t, whole, transfer.ImportOptions{})
						b.change(t, "/en/c", client.Fields{"title": "other"})
						b.change(t, "/en/a/x", client.Fields{"title": "other"})
					}
					x := &trouble{base: http.DefaultTransport, hits: hits, status: kind.status, body: kind.body}
					run := func() (*transfer.Report, error) {
						return transfer.Import(t.Context(), b.as(t, auth.Basic("admin", "secret"), client.WithTransport(x)), whole, transfer.ImportOptions{})
					}
					report, err := run()
					assert.Positive(t, x.n.Load(), "the trouble came")
					if kind.fatal {
						require.Error(t, err)
						require.NotErrorIs(t, err, transfer.ErrIncomplete)
					} else if err != nil {
						require.ErrorIs(t, err, transfer.ErrIncomplete, "%v", err)
						require.NotEmpty(t, report.Problems)
						assert.NotEmpty(t, b.uid(t, "/en/b"), "the rest is carried")
					}
					x.over.Store(true)
					report, err = run()
					require.NoError(t, err, "%v", report)
					assert.Equal(t, a.paths(t), b.paths(t))
					got, err := b.client.Content.Get(t.Context(), "/en/a/x")
					require.NoError(t, err)
					assert.Equal(t, "published", got.Value.ReviewState)
					assert.Equal(t, "X", got.Value.Title)
				})
			}
		})
	}
}

// A state of another workflow, at the site and at a child of it, and a value that
// the target refuses.
func TestImport_whatTheTargetCannotHave(t *testing.T) {
	t.Parallel()
	a, b := small(t), newSite(t)
	b.remove(t, "/news")
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	record := func(uid string) string { return dir + "/content/" + uid + "/data.json" }
	replace(t, record("plone_site_root"), `"review_state": null`, `"review_state": "external"`)
	replace(t, record(a.uid(t, "/en/a")), `"review_state": "private"`, `"review_state": "frozen"`)
	replace(t, record(a.uid(t, "/en/c")), `"title": "C"`, `"title": {"not": "a text"}`)
	for range 2 {
		report, err := transfer.Import(t.Context(), b.client, dir, transfer.ImportOptions{})
		require.ErrorIs(t, err, transfer.ErrIncomplete)
		named := map[string]bool{}
		for _, p := range report.Problems {
			named[p.Path+" "+p.Field] = true
			assert.NotEmpty(t, p.Message)
		}
		assert.Contains(t, named, "/ review_state")
		assert.Contains(t, named, "/en/a review_state")
		assert.NotEmpty(t, b.uid(t, "/en/a/x/deep"), "what is in it is carried")
		assert.NotEmpty(t, b.uid(t, "/en/b/file"))
	}
}

// A site without add-ons has no translations and no comments, and that is no
// problem.
func TestTransfer_plainSites(t *testing.T) {
	t.Parallel()
	plain := func(opts ...plonetest.Option) *site {
		server := plonetest.NewServer(append(opts, plonetest.WithRequests(10_000))...)
		t.Cleanup(server.Close)
		s := &site{Server: server}
		s.client = s.as(t, auth.Basic("admin", "secret"))
		s.remove(t, "/news")
		return s
	}
	a := plain(plonetest.WithoutAddons())
	a.add(t, "/a", nil)
	a.add(t, "/a/x", nil)
	for _, b := range []*site{plain(plonetest.WithoutAddons()), plain()} {
		report, err := transfer.Sync(t.Context(), a.client, b.client, t.TempDir(), transfer.SyncOptions{})
		require.NoError(t, err)
		assert.Empty(t, lines(report))
		assert.Equal(t, a.paths(t), b.paths(t))
	}
}

// What the target refuses does not count as changed.
func TestImport_refusedIsNoChange(t *testing.T) {
	t.Parallel()
	a, b, dir := small(t), newSite(t), t.TempDir()
	a.change(t, "/en/a/x", client.Fields{"allow_discussion": true})
	_, err := a.client.Comments.Add(t.Context(), "/en/a/x", client.NewComment{Text: "hello"})
	require.NoError(t, err)
	_, err = a.client.Aliases.Add(t.Context(), "/en/a", []client.Alias{{Path: "/old"}})
	require.NoError(t, err)
	a.export(t, dir, transfer.ExportOptions{})
	b.remove(t, "/news")
	x := &trouble{
		base: http.DefaultTransport, status: 500, body: `{"type":"AttributeError","message":"x"}`,
		hits: about("", "POST /en/a/x/@comments", "POST /@aliases"),
	}
	report, err := transfer.Import(t.Context(), b.as(t, auth.Basic("admin", "secret"), client.WithTransport(x)), dir, transfer.ImportOptions{})
	require.ErrorIs(t, err, transfer.ErrIncomplete)
	assert.Len(t, report.Problems, 2)
	assert.Zero(t, report.Changes[transfer.Say]+report.Changes[transfer.Redirect])
	assert.Zero(t, report.Losses[transfer.LossAuthors])
}

// A language that the target does not have is named, each time, and the import that
// follows changes nothing.
func TestImport_languageOfNoSite(t *testing.T) {
	t.Parallel()
	server := plonetest.NewServer(plonetest.WithoutAddons(), plonetest.WithRequests(10_000))
	t.Cleanup(server.Close)
	b := &site{Server: server}
	b.client = b.as(t, auth.Basic("admin", "secret"))
	dir := others(t, map[string]string{"aaaa": `{"@id":"/page","@type":"Document","UID":"aaaa","title":"P","language":"de"}`}, nil)
	for i := range 2 {
		report, err := transfer.Import(t.Context(), b.client, dir, transfer.ImportOptions{})
		require.ErrorIs(t, err, transfer.ErrIncomplete)
		named := map[string]bool{}
		for _, p := range report.Problems {
			named[p.Path+" "+p.Field] = true
		}
		assert.Contains(t, named, "/page language")
		got, err := b.client.Content.Get(t.Context(), "/page")
		require.NoError(t, err)
		assert.Equal(t, "en", got.Value.Language.Token)
		assert.Zero(t, report.Changes[transfer.Update]*i, "the second import changes nothing")
	}
}
