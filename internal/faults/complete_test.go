package faults

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reading are requests that change nothing on the site, though their method could.
var reading = []string{
	"POST /@login", "POST /@login-renew", "POST /@logout", "POST /{path}/@querystring-search", "POST /@export",
	"POST {zope}/@login",
}

// exempt are methods without a row, and why.
var exempt = map[string]string{
	"FileService.Resume":        "it goes on as FileService.Upload does after a fault",
	"AddonService.Upgrade":      "the add-ons of a new site are as new as their packages, and no request makes one older",
	"UpgradeService.Run":        "a new site is as new as its software, so that it changes nothing, not even a time",
	"SiteService.Delete":        "it would take the site away from the other cases, by the request of ContentService.Delete",
	"UpgradeService.DryRun":     "it takes everything back",
	"UserService.ResetPassword": "it is the request of UserService.ChangePassword, with a token that is in a mail only",
}

// TestOperations_complete compares the rows with the directives of the methods.
func TestOperations_complete(t *testing.T) {
	t.Parallel()
	writes := directives(t)
	require.NotEmpty(t, writes)
	for method, requests := range writes {
		covered := slices.ContainsFunc(operations, func(op operation) bool { return op.method == method })
		for _, request := range requests {
			assert.NotEqual(t, covered, exempt[method] != "", "%s does %s: is a fault tried on it?", method, request)
		}
	}
	for _, op := range operations {
		assert.Contains(t, writes, op.method, "there is no such method that writes")
	}
}

// directives are the requests that write, by the method of client that sends them.
func directives(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../../client/*.go")
	require.NoError(t, err)
	found := map[string][]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Doc == nil {
				continue
			}
			for _, comment := range fn.Doc.List {
				fields := strings.Fields(strings.TrimPrefix(comment.Text, "//plone:operation "))
				if !strings.HasPrefix(comment.Text, "//plone:operation ") || slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, fields[0]) {
					continue
				}
				request := strings.Join(slices.Delete(fields, 2, 3), " ") // without the status
				if !slices.Contains(reading, request) {
					found[methodName(fn)] = append(found[methodName(fn)], request)
				}
			}
		}
	}
	return found
}

// methodName is the name of a method behind that of its receiver's type.
func methodName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	expr := fn.Recv.List[0].Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	if index, ok := expr.(*ast.IndexExpr); ok {
		expr = index.X
	}
	return expr.(*ast.Ident).Name + "." + fn.Name.Name
}
