package restapi_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/plonetest"
)

var goBlock = regexp.MustCompile("(?s)\n```go\n(.*?)\n```\n")

// TestReadme_codeIsTested holds every Go block of the README against the code
// that is tested: it stands in example_test.go, apart from indentation, or it is
// a program, which runs against plonetest.
func TestReadme_codeIsTested(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	examples, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	tested := unindented(string(examples))

	programs, snippets := 0, 0
	for _, match := range goBlock.FindAllStringSubmatch(string(readme), -1) {
		code := match[1]
		if strings.HasPrefix(code, "package main\n") {
			programs++
			assert.Equal(t, "201 /hello\n", runProgram(t, code))
			continue
		}
		snippets++
		assert.Contains(t, tested, unindented(code))
	}
	assert.Equal(t, 1, programs)
	assert.Positive(t, snippets)
	assert.Equal(t, programs+snippets, strings.Count(string(readme), "```go\n"))
}

// unindented is code, one line after a line end each, without indentation.
func unindented(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		b.WriteString("\n" + strings.TrimSpace(line))
	}
	return b.String() + "\n"
}

func runProgram(t *testing.T, code string) string {
	t.Helper()
	site := plonetest.NewServer()
	defer site.Close()
	file := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(file, []byte(code), 0o600))
	cmd := exec.CommandContext(t.Context(), "go", "run", file)
	cmd.Env = append(os.Environ(), "PLONE_URL="+site.URL, "PLONE_USER=admin", "PLONE_PASSWORD=secret")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	return strings.ReplaceAll(string(out), site.URL, "")
}
