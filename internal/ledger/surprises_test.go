package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tests returns the names of all tests of the module, and in which folders they
// are.
func tests(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	root := os.DirFS(moduleRoot)
	require.NoError(t, fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && outside(root, name):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		src, err := fs.ReadFile(root, name)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				found[f.Name.Name] = append(found[f.Name.Name], filepath.Dir(name))
			}
		}
		return nil
	}))
	return found
}

// TestSurprises_haveTheirTests holds each row of docs/surprises.md to a test that
// exists, in the package that the row names.
func TestSurprises_haveTheirTests(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(moduleRoot, "docs", "surprises.md"))
	require.NoError(t, err)
	known := tests(t)
	named := regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz|Example)\\w+)`")
	rows := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| # ") {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !assert.Len(t, cells, 4, line) {
			continue
		}
		shown := named.FindAllStringSubmatch(cells[3], -1)
		assert.NotEmpty(t, shown, "no test is named: %s", line)
		for _, m := range shown {
			assert.Contains(t, known[m[2]], m[1], "there is no test %s in %s", m[2], m[1])
		}
		assert.Equal(t, len(shown), strings.Count(cells[3], "`")/2, "something that is no test: %s", line)
	}
	assert.Greater(t, rows, 80)
}

// outside reports whether the go command leaves the folder out of the module.
func outside(root fs.FS, dir string) bool {
	base := path.Base(dir)
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	return err == nil || base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
}
