package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const moduleRoot = "../.."

func table(t *testing.T) []operation {
	t.Helper()
	ops, err := parseOperations(operationTable)
	require.NoError(t, err)
	return ops
}

// TestLedger_agreesWithTheCode is what the ledger is for.
func TestLedger_agreesWithTheCode(t *testing.T) {
	t.Parallel()
	found, problems, err := scan(os.DirFS(moduleRoot))
	require.NoError(t, err)
	for _, problem := range append(problems, check(table(t), found)...) {
		t.Error(problem)
	}
}

func TestReadme_showsTheCoverage(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(moduleRoot, "README.md"))
	require.NoError(t, err)
	_, block, _, err := splitMarkers(string(readme))
	require.NoError(t, err)
	ops := table(t)
	found, _, err := scan(os.DirFS(moduleRoot))
	require.NoError(t, err)
	assert.Equal(t, coverage(ops, found)+"\n"+summary(ops), block, "stale: go run ./internal/ledger -w README.md")
}

// registered holds the methods of each service that plone.restapi 10.0.4 registers
// in its configure.zcml files: 49 services, 95 pairs.
var registered = map[string]string{
	"":                     "GET POST PATCH DELETE",
	"@actions":             "GET",
	"@addons":              "GET POST",
	"@aliases":             "GET POST DELETE",
	"@breadcrumbs":         "GET",
	"@comments":            "GET POST PATCH DELETE",
	"@content-rules":       "GET POST PATCH DELETE",
	"@contextnavigation":   "GET",
	"@controlpanels":       "GET POST PATCH DELETE",
	"@copy":                "POST",
	"@database":            "GET",
	"@email-notification":  "POST",
	"@email-send":          "POST",
	"@groups":              "GET POST PATCH DELETE",
	"@history":             "GET PATCH",
	"@inherit":             "GET",
	"@linkintegrity":       "GET",
	"@lock":                "GET POST PATCH DELETE",
	"@login":               "GET POST",
	"@login-renew":         "POST",
	"@logout":              "POST",
	"@move":                "POST",
	"@navigation":          "GET",
	"@navroot":             "GET",
	"@portrait":            "GET",
	"@principals":          "GET",
	"@querysources":        "GET",
	"@querystring":         "GET",
	"@querystring-search":  "GET POST",
	"@registry":            "GET PATCH",
	"@relations":           "GET POST DELETE",
	"@roles":               "GET",
	"@search":              "GET",
	"@sharing":             "GET POST",
	"@site":                "GET",
	"@sources":             "GET",
	"@system":              "GET",
	"@transactions":        "GET PATCH",
	"@translation-locator": "GET",
	"@translations":        "GET POST DELETE",
	"@tus-replace":         "POST",
	"@tus-upload":          "HEAD OPTIONS POST PATCH",
	"@types":               "GET POST PUT PATCH DELETE",
	"@upgrade":             "GET POST",
	"@users":               "GET POST PATCH DELETE",
	"@userschema":          "GET",
	"@vocabularies":        "GET",
	"@workflow":            "GET POST",
	"@workingcopy":         "GET POST PATCH DELETE",
}

// added holds those of the packages that ship with Plone.
var added = map[string]string{
	"@blocktypes": "GET",
	"@export":     "POST",
	"@import":     "POST",
	"@login":      "POST", // of the Zope root
	"@sites":      "GET POST",
	"@system":     "GET", // in the place of plone.restapi's own
}

func TestTable_holdsWhatTheServerRegisters(t *testing.T) {
	t.Parallel()
	type pair struct{ service, method string }
	pairs := func(services map[string]string) map[pair]bool {
		set := map[pair]bool{}
		for service, methods := range services {
			for method := range strings.FieldsSeq(methods) {
				set[pair{service, method}] = true
			}
		}
		return set
	}
	rows := map[string]pair{}
	numbered, others := map[pair]bool{}, map[pair]bool{}
	services := map[string]bool{}
	for _, op := range table(t) {
		p := pair{op.service(), op.Method}
		number := strings.TrimRight(op.Row, "ab")
		if first, ok := rows[number]; ok {
			assert.Equal(t, first, p, "row %s is more than one pair", op.Row)
		}
		rows[number], rows[op.Row] = p, p
		if strings.HasPrefix(op.Row, "A") {
			others[p] = true
			continue
		}
		numbered[p], services[p.service] = true, true
	}
	assert.Equal(t, pairs(registered), numbered)
	assert.Len(t, numbered, 95)
	assert.Len(t, services, 49)
	assert.Equal(t, pairs(added), others)
	for n := range 95 {
		assert.Contains(t, rows, strconv.Itoa(n+1))
	}
	for n := range 7 {
		assert.Contains(t, rows, "A"+strconv.Itoa(n+1))
	}
	for _, part := range []string{"45a", "75a", "75b", "76a", "76b", "77a", "77b", "78a", "78b"} {
		assert.Contains(t, rows, part)
	}
}

func TestTable_coversAllChapters(t *testing.T) {
	t.Parallel()
	chapters := map[string]bool{}
	for _, op := range table(t) {
		chapters[op.Chapter] = true
	}
	for _, unwritten := range []string{"blocktypes", "exportimport", "sites"} {
		assert.Contains(t, chapters, unwritten)
		delete(chapters, unwritten)
	}
	assert.Len(t, chapters, 42)
}

func TestTable_linesAreSound(t *testing.T) {
	t.Parallel()
	methods := []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
	path := regexp.MustCompile(`^(/|(/\{path\}|\{zope\})?(/(@?[a-z-]+|\{[a-z]+\}))*)$`)
	seen := map[request]string{}
	for _, op := range table(t) {
		assert.Contains(t, methods, op.Method, op)
		assert.Regexp(t, path, op.Path)
		assert.Contains(t, []string{"", "text/csv"}, op.Media, op)
		assert.True(t, slices.IsSorted(op.Success) && slices.IsSorted(op.Errors), "%v: statuses not in order", op)
		for _, status := range op.Success {
			assert.Equal(t, 2, status/100, "%v: %d is not a success", op, status)
		}
		for _, status := range op.Errors {
			assert.GreaterOrEqual(t, status, 300, "%v: %d is not an error", op, status)
		}
		assert.Contains(t, op.Errors, 404, "%v: every path can be missing", op)
		if op.Row == "A7" {
			assert.Equal(t, "81", seen[op.request])
			continue
		}
		assert.NotContains(t, seen, op.request, op)
		seen[op.request] = op.Row
	}
}

func TestParseOperations(t *testing.T) {
	t.Parallel()
	ops, err := parseOperations(`
row  method  path                        media     success  errors   chapter      package            state
45   POST    /@users                     text/csv  201      400,401  users        -                  open
24   PATCH   /{path}/@workingcopy        -         200,204  404      workingcopy  plone.app.iterate  done
`)
	require.NoError(t, err)
	assert.Equal(t, []operation{
		{"45", request{"POST", "/@users", "text/csv"}, []int{201}, []int{400, 401}, "users", "", true},
		{"24", request{"PATCH", "/{path}/@workingcopy", ""}, []int{200, 204}, []int{404}, "workingcopy", "plone.app.iterate", false},
	}, ops)
}

func TestParseOperations_refusesBadLines(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ line, want string }{
		"a column short": {"1 GET /{path} - 200 404 content-types -", "8 columns"},
		"success":        {"1 GET /{path} - - 404 content-types - open", "status"},
		"errors":         {"1 GET /{path} - 200 404;500 content-types - open", "status"},
		"state":          {"1 GET /{path} - 200 404 content-types - built", `state "built"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseOperations("header\n" + tt.line)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestParseDirective(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want directive
		err  string
	}{
		"operation":      {"//plone:operation POST /{path} 201", directive{Kind: kindOperation, Request: request{"POST", "/{path}", ""}, Status: 201}, ""},
		"variant":        {"//plone:operation GET /@users 200 text/csv", directive{Kind: kindOperation, Request: request{"GET", "/@users", "text/csv"}, Status: 200}, ""},
		"fake":           {"//plone:fake GET /@users text/csv", directive{Kind: kindFake, Request: request{"GET", "/@users", "text/csv"}}, ""},
		"live":           {"//plone:live GET /@users", directive{Kind: kindLive, Request: request{"GET", "/@users", ""}}, ""},
		"composed":       {"//plone:composed calls Get and Update", directive{Kind: kindComposed}, ""},
		"no kind":        {"//plone:", directive{}, "kind"},
		"unknown kind":   {"//plone:operations GET /@users 200", directive{}, "unknown kind"},
		"no reason":      {"//plone:composed", directive{}, "reason"},
		"no status":      {"//plone:operation GET /@users", directive{}, "STATUS"},
		"status is text": {"//plone:operation GET /@users text/csv 200", directive{}, "status"},
		"no path":        {"//plone:live GET", directive{}, "METHOD /path"},
		"too much":       {"//plone:fake GET /@users text/csv twice", directive{}, "METHOD /path"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := parseDirective(tt.text)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, d)
		})
	}
}

func source(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestScan_findsDirectivesInTheirPlaces(t *testing.T) {
	t.Parallel()
	found, problems, err := scan(fstest.MapFS{
		"go.mod": source("module m"),
		"client/content.go": source(`package client

// Get gets.
//
//plone:operation GET /{path} 200
//plone:operation GET /{path}/@history/{version} 200
func (s *ContentService[T]) Get(ctx context.Context, path string) error { return nil }
`),
		"client/content_test.go": source("package client\n\n//plone:live GET /{path}\nfunc TestGet(t *testing.T) {}\n"),
		"plonetest/routes.go": source(`package plonetest

var routes = []route{
	{"GET", "", get}, //plone:fake GET /{path}
}
`),
		"bench/go.mod":       source("module bench"),
		"bench/bench.go":     source("package bench //plone:nonsense"),
		"testdata/broken.go": source("no Go"),
		".hidden/broken.go":  source("no Go"),
	})
	require.NoError(t, err)
	assert.Empty(t, problems)
	assert.Equal(t, []directive{
		{kindOperation, request{"GET", "/{path}", ""}, 200, "ContentService.Get", "client/content.go:5:1"},
		{kindOperation, request{"GET", "/{path}/@history/{version}", ""}, 200, "ContentService.Get", "client/content.go:6:1"},
		{kindLive, request{"GET", "/{path}", ""}, 0, "TestGet", "client/content_test.go:3:1"},
		{kindFake, request{"GET", "/{path}", ""}, 0, "", "plonetest/routes.go:4:20"},
	}, found)
}

func TestScan_reportsWhatIsOutOfPlaceOrMissing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ file, code, want string }{
		"method without directive":  {"client/a.go", "func (s *AService) Do(ctx context.Context) {}", "AService.Do sends a request"},
		"generic service":           {"client/a.go", "func (s *AService[T]) Do(ctx context.Context, t T) {}", "AService.Do sends a request"},
		"several type parameters":   {"client/a.go", "func (s AService[K, V]) Do(_ context.Context) {}", "AService.Do sends a request"},
		"method of Client":          {"client/a.go", "func (c *Client) WhoAmI(ctx context.Context) {}", "Client.WhoAmI sends a request"},
		"directive above a gap":     {"client/a.go", "//plone:operation GET /@a 200\n\nfunc (s *AService) Do(ctx context.Context) {}", "belongs into the comment"},
		"on an unexported method":   {"client/a.go", "//plone:operation GET /@a 200\nfunc (s *AService) do(ctx context.Context) {}", "belongs into the comment"},
		"on an unexported type":     {"client/a.go", "//plone:operation GET /@a 200\nfunc (s *aService) Do(ctx context.Context) {}", "belongs into the comment"},
		"operation in plonetest":    {"plonetest/a.go", "//plone:operation GET /@a 200\nfunc Do() {}", "belongs into the comment"},
		"operation in a test":       {"client/a_test.go", "//plone:operation GET /@a 200\nfunc TestA() {}", "belongs into the comment"},
		"fake in client":            {"client/a.go", "//plone:fake GET /@a", "belongs into plonetest"},
		"fake in a test":            {"plonetest/a_test.go", "//plone:fake GET /@a", "belongs into plonetest"},
		"live outside tests":        {"client/a.go", "//plone:live GET /@a", "belongs into a test"},
		"malformed":                 {"client/a.go", "//plone:opration GET /@a 200", "unknown kind"},
		"unexported method":         {"client/a.go", "func (s *AService) do(ctx context.Context) {}", ""},
		"method without context":    {"client/a.go", "func (s *AService) Name(n http.Header) string { return `` }", ""},
		"another type of context":   {"client/a.go", "func (s *AService) Stop(cancel context.CancelFunc) {}", ""},
		"method of a value":         {"client/a.go", "func (b *Batch) Next(ctx context.Context) {}", ""},
		"function":                  {"client/a.go", "//plone:operation GET /@a 200\nfunc As[T any](ctx context.Context) {}", ""},
		"composed method":           {"client/a.go", "//plone:composed calls Get\nfunc (s *AService) Do(ctx context.Context) {}", ""},
		"service of other packages": {"auth/a.go", "func (s *AService) Do(ctx context.Context) {}", ""},
		"indented in a comment":     {"client/a.go", "// Write:\n//\n//\t//plone:opration", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems, err := scan(fstest.MapFS{"go.mod": source(""), tt.file: source("package a\n\n" + tt.code)})
			require.NoError(t, err)
			if tt.want == "" {
				assert.Empty(t, problems)
				return
			}
			assert.Contains(t, strings.Join(problems, "\n"), tt.want)
			assert.Contains(t, strings.Join(problems, "\n"), tt.file)
		})
	}
}

func TestScan_failsWhenItCannotRead(t *testing.T) {
	t.Parallel()
	_, _, err := scan(fstest.MapFS{})
	require.ErrorContains(t, err, "root of the module")
	_, _, err = scan(fstest.MapFS{"go.mod": source(""), "client/a.go": source("no Go")})
	require.ErrorContains(t, err, "client/a.go")
}

func TestCheck(t *testing.T) {
	t.Parallel()
	patch := request{"PATCH", "/{path}", ""}
	row := operation{Row: "3", request: patch, Success: []int{200, 204}}
	open := row
	open.Open = true
	update := directive{kindOperation, patch, 204, "ContentService.Update", "client/content.go:1:1"}
	updateGet := directive{kindOperation, patch, 200, "ContentService.UpdateGet", "client/content.go:2:1"}
	fake, live := directive{Kind: kindFake, Request: patch}, directive{Kind: kindLive, Request: patch}
	foreign := request{"PUT", "/{path}", ""}
	tests := map[string]struct {
		op    operation
		found []directive
		want  []string
	}{
		"done":               {row, []directive{update, updateGet, fake, live}, nil},
		"open":               {open, nil, nil},
		"open with a fake":   {open, []directive{fake, live}, nil},
		"open with a method": {open, []directive{update}, []string{"row 3, PATCH /{path}: is marked open, but ContentService.Update does it"}},
		"done without a method": {row, []directive{fake, live}, []string{
			"row 3, PATCH /{path}: no method in client for 200", "row 3, PATCH /{path}: no method in client for 204"}},
		"a success missing":    {row, []directive{update, fake, live}, []string{"row 3, PATCH /{path}: no method in client for 200"}},
		"no fake":              {row, []directive{update, updateGet, live}, []string{"row 3, PATCH /{path}: nowhere stands //plone:fake PATCH /{path}"}},
		"no live test":         {row, []directive{update, updateGet, fake}, []string{"row 3, PATCH /{path}: nowhere stands //plone:live PATCH /{path}"}},
		"of the other variant": {open, []directive{{Kind: kindLive, Request: request{"PATCH", "/{path}", "text/csv"}}}, []string{": //plone:live PATCH /{path} text/csv: no such row"}},
		"unknown operation":    {open, []directive{{kindOperation, foreign, 204, "ContentService.Replace", "a.go:1:1"}}, []string{"a.go:1:1: //plone:operation PUT /{path}: no such row"}},
		"unknown success": {row, []directive{update, updateGet, fake, live, {kindOperation, patch, 202, "ContentService.Try", "a.go:1:1"}},
			[]string{"a.go:1:1: ContentService.Try: 202 is not a success of PATCH /{path}"}},
		"composed": {open, []directive{{Kind: kindComposed}}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, check([]operation{tt.op}, tt.found))
		})
	}
}

func TestCoverage_oneLinePerChapter(t *testing.T) {
	t.Parallel()
	list, system := request{"GET", "/@users", ""}, request{"GET", "/@system", ""}
	ops := []operation{
		{Row: "44", request: list, Chapter: "users"},
		{Row: "44", request: request{"GET", "/@users", "text/csv"}, Chapter: "users", Open: true},
		{Row: "81", request: system, Chapter: "system"},
		{Row: "A7", request: system, Chapter: "system", Package: "plone.distribution"},
		{Row: "A1", request: request{"GET", "/@blocktypes", ""}, Chapter: "blocktypes", Package: "plone.volto", Open: true},
	}
	found := []directive{
		{Kind: kindOperation, Request: list, Func: "UserService.List"},
		{Kind: kindOperation, Request: list, Func: "UserService.Search"},
		{Kind: kindOperation, Request: system, Func: "SystemService.Get"},
		{Kind: kindLive, Request: system, Func: "TestSystem"},
	}
	assert.Equal(t, `| chapter | operations | Go methods | needs | state |
| --- | ---: | --- | --- | --- |
| blocktypes | 1 |  | plone.volto | open |
| system | 2 | `+"`SystemService.Get`"+` | plone.distribution (1 of 2) | done |
| users | 2 | `+"`UserService.List`, `UserService.Search`"+` |  | 1 of 2 done |
`, coverage(ops, found))
	assert.Equal(t, "operations: 5 rows, 3 done, 2 open\n", summary(ops))
}

func TestRun_printsTheTotalsLast(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module m\n"), 0o644))
	var out bytes.Buffer
	// The folder is empty, so what the table calls done is missing in it.
	if err := run(&out, root, ""); err != nil {
		assert.ErrorContains(t, err, "no method in client")
	}
	assert.Regexp(t, `^\| chapter (?s:.*)\n\noperations: \d+ rows, \d+ done, \d+ open\n$`, out.String())
	assert.Equal(t, 1, strings.Count(out.String(), "operations:"))
}

func TestRun_renewsTheReadme(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	readme := filepath.Join(root, "README.md")
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module m\n"), 0o644))
	var out bytes.Buffer

	require.ErrorIs(t, run(&out, root, readme), os.ErrNotExist)

	for _, marker := range []string{"<!-- coverage:begin -->", "<!-- coverage:end -->"} { // one without the other
		require.NoError(t, os.WriteFile(readme, []byte("# Title\n"+marker+"\n"), 0o644))
		require.ErrorContains(t, run(&out, root, readme), "has no place")
	}
	assert.Empty(t, out.String())

	require.NoError(t, os.WriteFile(readme, []byte("# Title\n\n<!-- coverage:begin -->\nold\n<!-- coverage:end -->\n\nThe rest.\n"), 0o644))
	for range 2 { // the second time changes nothing
		out.Reset()
		if err := run(&out, root, readme); err != nil {
			assert.ErrorContains(t, err, "no method in client")
		}
		got, err := os.ReadFile(readme)
		require.NoError(t, err)
		ops := table(t)
		assert.Equal(t, "# Title\n\n<!-- coverage:begin -->\n"+coverage(ops, nil)+"\n"+summary(ops)+"<!-- coverage:end -->\n\nThe rest.\n", string(got))
		assert.Equal(t, summary(ops), out.String())
	}
}
