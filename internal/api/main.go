// Command api compares the exported names of the module with those recorded in
// docs/api.txt, so that the diff of a change shows what the change does to users.
//
//	scripts/api           # print what differs; exit status 1 if anything does
//	scripts/api --write   # record what there is
//
// There is a line for each name, and for each exported member of a type: fields
// with their tags, as those are the wire, constants with their values. Names of
// parameters count; two of the same type could change places otherwise.
package main

import (
	"flag"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// modules are the folders of the modules that programs import.
var modules = []string{".", "transfer/fleet"}

func main() {
	write := flag.Bool("write", false, "record the names instead of comparing them")
	file := flag.String("file", "docs/api.txt", "`name` of the record")
	flag.Parse()
	if err := run(os.Stdout, modules, *file, *write); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

// run compares the exported names of modules with the record, or writes it, and
// prints how many there are.
func run(out io.Writer, modules []string, file string, write bool) error {
	var now []string
	for _, module := range modules {
		packages, err := load(module)
		if err != nil {
			return err
		}
		for _, pkg := range packages {
			lines := describe(pkg)
			now = append(append(now, heading(pkg, lines)), lines...)
			fmt.Fprintln(out, heading(pkg, lines))
		}
	}
	if write {
		return os.WriteFile(file, []byte(strings.Join(now, "\n")+"\n"), 0o644)
	}
	recorded, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before := strings.Split(strings.TrimSuffix(string(recorded), "\n"), "\n")
	if slices.Equal(before, now) {
		return nil
	}
	printMissing(out, "-", before, now)
	printMissing(out, "+", now, before)
	return fmt.Errorf("the exported names differ from %s; when that is meant: scripts/api --write", file)
}

// printMissing prints the lines that others lacks.
func printMissing(out io.Writer, sign string, lines, others []string) {
	for _, line := range lines {
		if !slices.Contains(others, line) {
			fmt.Fprintln(out, sign, line)
		}
	}
}

// load returns the packages of a module that others can import, ordered by path,
// as the compiler sees them.
func load(dir string) ([]*types.Package, error) {
	const format = `{{.ImportPath}} {{.Export}} {{if not .DepOnly}}{{.Name}}{{end}}`
	cmd := exec.Command("go", "list", "-deps", "-export", "-f", format, "./...")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	list, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list in %s: %w", dir, err)
	}
	exports := map[string]string{}
	var paths []string
	for line := range strings.Lines(string(list)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		path, name := fields[0], fields[2]
		exports[path] = fields[1]
		if name != "" && name != "main" && !strings.Contains(path+"/", "/internal/") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	compiled := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	packages := make([]*types.Package, len(paths))
	for i, path := range paths {
		if packages[i], err = compiled.Import(path); err != nil {
			return nil, err
		}
	}
	return packages, nil
}

// heading is the line above those of a package. Its members are no names of the
// package itself.
func heading(pkg *types.Package, lines []string) string {
	names := 0
	for _, name := range pkg.Scope().Names() {
		if token.IsExported(name) {
			names++
		}
	}
	return fmt.Sprintf("# %s: %d names, %d with their members", pkg.Path(), names, len(lines))
}

// describe returns a line for each exported name of a package and each exported
// member of it, in order.
func describe(pkg *types.Package) []string {
	short := func(other *types.Package) string {
		if other == pkg {
			return ""
		}
		return other.Name()
	}
	var lines []string
	add := func(format string, args ...any) {
		lines = append(lines, filepath.Base(pkg.Path())+": "+fmt.Sprintf(format, args...))
	}
	for _, name := range pkg.Scope().Names() {
		if !token.IsExported(name) {
			continue
		}
		switch object := pkg.Scope().Lookup(name).(type) {
		case *types.Const:
			add("%s = %s", types.ObjectString(object, short), object.Val().ExactString())
		case *types.TypeName:
			describeType(object, short, add)
		default:
			add("%s", types.ObjectString(object, short))
		}
	}
	slices.Sort(lines)
	return lines
}

// describeType adds the lines of a type and its members.
func describeType(name *types.TypeName, short types.Qualifier, add func(format string, args ...any)) {
	whole := types.TypeString(name.Type(), short)
	if alias, ok := name.Type().(*types.Alias); ok {
		add("type %s = %s", whole, types.TypeString(alias.Rhs(), short))
		return
	}
	named := name.Type().(*types.Named) // all types of a package's scope that are no aliases
	switch form := named.Underlying().(type) {
	case *types.Struct:
		add("type %s struct", whole)
		for i := range form.NumFields() {
			if field := form.Field(i); field.Exported() {
				text := field.Name() + " " + types.TypeString(field.Type(), short)
				if field.Embedded() {
					text = types.TypeString(field.Type(), short) + " (embedded)"
				}
				if tag := form.Tag(i); tag != "" {
					text += " `" + tag + "`"
				}
				add("type %s struct, %s", name.Name(), text)
			}
		}
	case *types.Interface:
		add("type %s interface", whole)
		for i := range form.NumExplicitMethods() {
			if method := form.ExplicitMethod(i); method.Exported() {
				add("type %s interface, %s%s", name.Name(), method.Name(), strings.TrimPrefix(types.TypeString(method.Type(), short), "func"))
			}
		}
		for i := range form.NumEmbeddeds() {
			add("type %s interface, %s (embedded)", name.Name(), types.TypeString(form.EmbeddedType(i), short))
		}
	default:
		add("type %s %s", whole, types.TypeString(form, short))
	}
	for i := range named.NumMethods() {
		if method := named.Method(i); method.Exported() {
			add("%s", types.ObjectString(method, short))
		}
	}
}
