package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const source = `package shapes

import "io"

const Few, many = 3, 4

var Origin, hidden Point

type Point struct {
	X, y int ` + "`json:\"x\"`" + `
	Named
}

type Named struct{ Name string }

type List[T any] []T

type Alias = List[Point]

type Reader interface {
	io.Closer
	Read(into []byte, from int) (n int, err error)
	mark()
}

type secret struct{ Open bool }

func Move(from, to Point, opts ...func(*Point)) error { return nil }

func (p *Point) Add(other Point) {}

func (p Point) add() {}

func (secret) Tell() {}
`

const record = `# shapes.test/shapes: 8 names, 14 with their members
shapes: const Few untyped int = 3
shapes: func (*Point).Add(other Point)
shapes: func Move(from Point, to Point, opts ...func(*Point)) error
shapes: type Alias = List[Point]
shapes: type List[T any] []T
shapes: type Named struct
shapes: type Named struct, Name string
shapes: type Point struct
shapes: type Point struct, Named (embedded)
shapes: type Point struct, X int ` + "`json:\"x\"`" + `
shapes: type Reader interface
shapes: type Reader interface, Read(into []byte, from int) (n int, err error)
shapes: type Reader interface, io.Closer (embedded)
shapes: var Origin Point
`

func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	write("go.mod", "module shapes.test/shapes\n\ngo 1.26\n")
	write("shapes.go", source)
	write("internal/inside/inside.go", "package inside\n\nfunc Hidden() {}\n")
	write("cmd/shape/main.go", "package main\n\nfunc Main() {}\n\nfunc main() {}\n")
	file := filepath.Join(dir, "api.txt")
	var out bytes.Buffer

	require.ErrorIs(t, run(&out, []string{dir}, file, false), os.ErrNotExist)

	require.NoError(t, run(&out, []string{dir}, file, true))
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, record, string(got))

	out.Reset()
	require.NoError(t, run(&out, []string{dir}, file, false))
	assert.Equal(t, "# shapes.test/shapes: 8 names, 14 with their members\n", out.String())

	write("shapes.go", strings.Replace(source, "from, to Point", "to, from Point", 1))
	require.ErrorContains(t, run(&out, []string{dir}, file, false), "scripts/api --write")
	assert.Contains(t, out.String(), "\n- shapes: func Move(from Point, to Point, opts ...func(*Point)) error\n"+
		"+ shapes: func Move(to Point, from Point, opts ...func(*Point)) error\n")
}
