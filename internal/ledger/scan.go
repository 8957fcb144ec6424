package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The kinds of directive, as they are written behind "//plone:".
const (
	kindOperation = "operation"
	kindComposed  = "composed"
	kindFake      = "fake"
	kindLive      = "live"
)

// directive is one //plone: comment.
type directive struct {
	Kind    string
	Request request // zero for composed
	Status  int     // of an operation, otherwise 0
	Func    string  // the function in whose comment it stands, like "ContentService.Get"; may be empty
	Pos     string  // file and line
}

// parseDirective reads a comment from "//plone:" on.
func parseDirective(text string) (directive, error) {
	f := strings.Fields(strings.TrimPrefix(text, "//plone:"))
	if len(f) == 0 {
		return directive{}, errors.New("a directive has a kind: operation, composed, fake or live")
	}
	d, args := directive{Kind: f[0]}, f[1:]
	switch {
	case d.Kind == kindComposed && len(args) > 0:
		return d, nil
	case d.Kind == kindComposed:
		return d, errors.New("composed needs a reason")
	case d.Kind == kindOperation && len(args) > 2:
		status, err := strconv.Atoi(args[2])
		if err != nil {
			return d, fmt.Errorf("status: %w", err)
		}
		d.Status, args = status, slices.Delete(args, 2, 3)
	case d.Kind == kindOperation:
		return d, errors.New("want METHOD /path STATUS [media type]")
	case d.Kind != kindFake && d.Kind != kindLive:
		return d, fmt.Errorf("unknown kind %q", d.Kind)
	}
	if len(args) < 2 || len(args) > 3 {
		return d, errors.New("want METHOD /path, then the media type of a variant")
	}
	d.Request.Method, d.Request.Path = args[0], args[1]
	if len(args) == 3 {
		d.Request.Media = args[2]
	}
	return d, nil
}

// scan reads all Go files of the module at root. It returns the directives in
// them, and as problems the directives that are malformed or out of place and the
// methods that lack one.
func scan(root fs.FS) (found []directive, problems []string, err error) {
	if _, err := fs.Stat(root, "go.mod"); err != nil {
		return nil, nil, fmt.Errorf("run in the root of the module: %w", err)
	}
	err = fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if name != "." && outside(root, name) {
				return fs.SkipDir
			}
			return nil
		case path.Ext(name) != ".go":
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, p, err := scanFile(name, src)
		found, problems = append(found, f...), append(problems, p...)
		return err
	})
	return found, problems, err
}

// outside tells whether the go command leaves the folder out of the module.
func outside(root fs.FS, dir string) bool {
	base := path.Base(dir)
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	return err == nil || base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
}

func scanFile(name string, src []byte) (found []directive, problems []string, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, err
	}
	funcs := map[*ast.CommentGroup]*ast.FuncDecl{}
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Doc != nil {
			funcs[fn.Doc] = fn
		}
	}
	documented := map[string]bool{}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if !strings.HasPrefix(comment.Text, "//plone:") {
				continue
			}
			pos := fset.Position(comment.Pos()).String()
			d, err := parseDirective(comment.Text)
			if err == nil {
				err = place(d.Kind, name, funcs[group])
			}
			if err != nil {
				problems = append(problems, fmt.Sprintf("%s: %s: %v", pos, comment.Text, err))
				continue
			}
			d.Func, d.Pos = funcName(funcs[group]), pos
			documented[d.Func] = true
			found = append(found, d)
		}
	}
	if path.Dir(name) != "client" || strings.HasSuffix(name, "_test.go") {
		return found, problems, nil
	}
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && sends(fn) && !documented[funcName(fn)] {
			problems = append(problems, fmt.Sprintf("%s: %s sends a request, but its comment has no //plone:operation and no //plone:composed",
				fset.Position(fn.Pos()), funcName(fn)))
		}
	}
	return found, problems, nil
}

// place says why a directive of this kind cannot stand in this file, in the
// comment of this function; fn is nil when it stands elsewhere.
func place(kind, file string, fn *ast.FuncDecl) error {
	test := strings.HasSuffix(file, "_test.go")
	switch kind {
	case kindFake:
		if test || path.Dir(file) != "plonetest" {
			return errors.New("belongs into plonetest")
		}
	case kindLive:
		if !test {
			return errors.New("belongs into a test")
		}
	default:
		if test || path.Dir(file) != "client" || fn == nil || !exported(fn) {
			return errors.New("belongs into the comment of an exported method or function of client")
		}
	}
	return nil
}

// exported tells whether users of the package can call fn.
func exported(fn *ast.FuncDecl) bool {
	recv := receiver(fn)
	return fn.Name.IsExported() && (recv == "" || ast.IsExported(recv))
}

// sends guesses whether a caller can send a request with fn: an exported method
// of the Client or of a service that takes a context.
func sends(fn *ast.FuncDecl) bool {
	recv := receiver(fn)
	return exported(fn) && (recv == "Client" || strings.HasSuffix(recv, "Service")) &&
		slices.ContainsFunc(fn.Type.Params.List, func(param *ast.Field) bool {
			sel, ok := param.Type.(*ast.SelectorExpr)
			if !ok {
				return false
			}
			pkg, ok := sel.X.(*ast.Ident)
			return ok && pkg.Name == "context" && sel.Sel.Name == "Context"
		})
}

// funcName is the name of fn behind that of its receiver's type, empty for nil.
func funcName(fn *ast.FuncDecl) string {
	if fn == nil {
		return ""
	}
	return strings.TrimPrefix(receiver(fn)+"."+fn.Name.Name, ".")
}

// receiver is the name of the type of which fn is a method, without pointer and
// type parameters; empty for a plain function.
func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	expr := fn.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// matching returns the directives of a kind for a request.
func matching(found []directive, kind string, r request) []directive {
	var match []directive
	for _, d := range found {
		if d.Kind == kind && d.Request == r {
			match = append(match, d)
		}
	}
	return match
}

// check compares the table with the directives and returns what is wrong.
func check(ops []operation, found []directive) []string {
	var problems []string
	known := map[request][]int{}
	for _, op := range ops {
		known[op.request] = append(known[op.request], op.Success...)
		problems = append(problems, checkOperation(op, found)...)
	}
	for _, d := range found {
		statuses, ok := known[d.Request]
		switch {
		case d.Kind == kindComposed:
		case !ok:
			problems = append(problems, fmt.Sprintf("%s: //plone:%s %s: no such row", d.Pos, d.Kind, d.Request))
		case d.Kind == kindOperation && !slices.Contains(statuses, d.Status):
			problems = append(problems, fmt.Sprintf("%s: %s: %d is not a success of %s", d.Pos, d.Func, d.Status, d.Request))
		}
	}
	return problems
}

func checkOperation(op operation, found []directive) []string {
	var problems []string
	methods := matching(found, kindOperation, op.request)
	if op.Open {
		if len(methods) > 0 {
			problems = append(problems, fmt.Sprintf("row %s, %s: is marked open, but %s does it", op.Row, op.request, methods[0].Func))
		}
		return problems
	}
	for _, status := range op.Success {
		if !slices.ContainsFunc(methods, func(d directive) bool { return d.Status == status }) {
			problems = append(problems, fmt.Sprintf("row %s, %s: no method in client for %d", op.Row, op.request, status))
		}
	}
	for _, kind := range []string{kindFake, kindLive} {
		if len(matching(found, kind, op.request)) == 0 {
			problems = append(problems, fmt.Sprintf("row %s, %s: nowhere stands //plone:%s %s", op.Row, op.request, kind, op.request))
		}
	}
	return problems
}
