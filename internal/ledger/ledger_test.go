package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

const moduleRoot = "../.."

// TestLedger_agreesWithTheServer is what the ledger is for.
func TestLedger_agreesWithTheServer(t *testing.T) {
	t.Parallel()
	rows, problems := compare(client.Operations())
	assert.Empty(t, problems)
	for _, r := range rows {
		assert.NotEmpty(t, r.names, "%s %s is not declared", r.method, r.path)
	}
	assert.Equal(t, "operations: 150 rows, 150 done, 0 open\n", summary(rows))
}

func TestReadme_showsTheCoverage(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(moduleRoot, "README.md"))
	require.NoError(t, err)
	_, block, _, err := splitMarkers(string(readme))
	require.NoError(t, err)
	rows, _ := compare(client.Operations())
	assert.Equal(t, coverage(rows)+"\n"+summary(rows), block, "stale: go run ./internal/ledger -w README.md")
}

// TestServices_areThoseOfTheServer counts what the configuration of
// plone.restapi 10.0.4 registers.
func TestServices_areThoseOfTheServer(t *testing.T) {
	t.Parallel()
	methods, chapters := 0, map[string]bool{}
	for _, s := range services {
		methods += len(strings.Fields(s.methods))
		chapters[s.page()] = true
	}
	assert.Len(t, services, 49)
	assert.Equal(t, 95, methods)
	assert.Len(t, chapters, 42)
}

// TestOperations_areSound holds every declaration to the form that the request is
// built from.
func TestOperations_areSound(t *testing.T) {
	t.Parallel()
	methods := []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
	path := regexp.MustCompile(`^(/|(/\{path\}|\{zope\})?(/(@?[a-z-]+|\{[a-z|]+\}))*)$`)
	name := regexp.MustCompile(`^[A-Z]\w+\.[A-Z]\w+$`)
	seen := map[string]bool{}
	for _, op := range client.Operations() {
		assert.Contains(t, methods, op.Method, op)
		assert.Regexp(t, path, op.Path)
		assert.Regexp(t, name, op.Name)
		assert.Contains(t, []string{"", "text/csv"}, op.Media, op)
		assert.False(t, seen[op.Name], "%s is declared twice", op.Name)
		seen[op.Name] = true
		assert.Equal(t, 2, op.Status[0]/100, "%s: %d is not a success", op.Name, op.Status[0])
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	of := func(rows []row, service string) []row {
		return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return serviceOf(r.path) != service })
	}
	rows, problems := compare([]client.Operation{
		{Name: "Users.List", Method: "GET", Path: "/@users"},
		{Name: "Users.ExportCSV", Method: "GET", Path: "/@users", Media: "text/csv"},
		{Name: "Users.Replace", Method: "PUT", Path: "/@users"},
		{Name: "System.Get", Method: "GET", Path: "/@system"},
		{Name: "Locking.Unlock", Method: "DELETE", Path: "/{path}/@lock"},
		{Name: "Rules.Element", Method: "GET", Path: "/@controlpanels/content-rules/{rule}/{condition|action}/{n}"},
		{Name: "Locking.ForceUnlock", Method: "DELETE", Path: "/{path}/@lock"},
	})
	assert.Equal(t, []string{"Users.Replace: no server offers PUT /@users"}, problems)
	assert.Equal(t, []row{
		{method: "GET", path: "/@users", chapter: "users", names: []string{"Users.List"}},
		{method: "GET", path: "/@users", media: "text/csv", chapter: "users", names: []string{"Users.ExportCSV"}},
		{method: "POST", path: "/{path}/@users", chapter: "users"},
		{method: "PATCH", path: "/{path}/@users", chapter: "users"},
		{method: "DELETE", path: "/{path}/@users", chapter: "users"},
	}, of(rows, "@users"))
	assert.Equal(t, []row{
		{method: "GET", path: "/@system", chapter: "system", names: []string{"System.Get"}},
		{method: "GET", path: "/@system", chapter: "system", needs: distribution, names: []string{"System.Get"}},
	}, of(rows, "@system"))
	assert.Equal(t, []row{
		{method: "GET", path: "/@controlpanels/content-rules/{rule}/condition/{n}", chapter: "controlpanels", needs: contentRules, names: []string{"Rules.Element"}},
		{method: "GET", path: "/@controlpanels/content-rules/{rule}/action/{n}", chapter: "controlpanels", needs: contentRules, names: []string{"Rules.Element"}},
	}, of(rows, "@controlpanels")[:2])
	assert.Equal(t, []string{"Locking.Unlock", "Locking.ForceUnlock"}, of(rows, "@lock")[0].names)
}

func TestCoverage_oneLinePerChapter(t *testing.T) {
	t.Parallel()
	rows := []row{
		{chapter: "users", names: []string{"Users.List"}},
		{chapter: "users", media: "text/csv"},
		{chapter: "system", names: []string{"System.Get"}},
		{chapter: "system", needs: distribution, names: []string{"System.Get"}},
		{chapter: "blocktypes", needs: "plone.volto"},
	}
	assert.Equal(t, `| chapter | operations | Go methods | needs | state |
| --- | ---: | --- | --- | --- |
| blocktypes | 1 |  | plone.volto | open |
| system | 2 | `+"`System.Get`"+` | plone.distribution (1 of 2) | done |
| users | 2 | `+"`Users.List`"+` |  | 1 of 2 done |
`, coverage(rows))
	assert.Equal(t, "operations: 5 rows, 3 done, 2 open\n", summary(rows))
}

func TestRun_renewsAFile(t *testing.T) {
	t.Parallel()
	ops := client.Operations()
	rows, _ := compare(ops)
	file := filepath.Join(t.TempDir(), "coverage.md")
	var out bytes.Buffer

	require.ErrorIs(t, run(&out, ops, file), os.ErrNotExist)

	for _, marker := range []string{"<!-- coverage:begin -->", "<!-- coverage:end -->"} { // one without the other
		require.NoError(t, os.WriteFile(file, []byte("# Title\n"+marker+"\n"), 0o644))
		require.ErrorContains(t, run(&out, ops, file), "has no place")
	}
	assert.Empty(t, out.String())

	require.NoError(t, os.WriteFile(file, []byte("# Title\n\n<!-- coverage:begin -->\nold\n<!-- coverage:end -->\n\nThe rest.\n"), 0o644))
	for range 2 { // the second time changes nothing
		out.Reset()
		require.NoError(t, run(&out, ops, file))
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, "# Title\n\n<!-- coverage:begin -->\n"+coverage(rows)+"\n"+summary(rows)+"<!-- coverage:end -->\n\nThe rest.\n", string(got))
		assert.Equal(t, summary(rows), out.String())
	}
}
