package main

import (
	"fmt"
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

var (
	shellBlock = regexp.MustCompile("(?s)\n```sh\n(.*?)```\n")
	transcript = regexp.MustCompile("(?s)\n```console\n(.*?)```\n")
	moment     = regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
)

// TestReadme_linesRun does what the README says: it builds the program, and runs
// each command in one folder, against plonetest. What they print must be what
// stands there, apart from the address of the site and the time.
func TestReadme_linesRun(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	site := plonetest.NewServer()
	defer site.Close()
	home := t.TempDir()
	env := append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME=", "PLONE_URL=", "PLONE_USER=", "PLONE_PASSWORD=secret",
		"PATH="+filepath.Join(home, "bin")+":"+os.Getenv("PATH"))
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		require.NoError(t, err)
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	sh := func(dir, line string) string {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(line, "https://plone.example", site.URL))
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", line, out)
		return moment.ReplaceAllString(strings.ReplaceAll(string(out), site.URL, "https://plone.example"), "TIME")
	}

	blocks := shellBlock.FindAllStringSubmatch(string(readme), -1)
	require.Len(t, blocks, 1)
	sh(".", blocks[0][1])
	lines := 0
	for _, block := range transcript.FindAllStringSubmatch(string(readme), -1) {
		for _, step := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			command, want, _ := strings.Cut(strings.TrimSuffix(step, "\n")+"\n", "\n")
			assert.Equal(t, moment.ReplaceAllString(want, "TIME"), sh(home, command), command)
			lines++
		}
	}
	assert.Greater(t, lines, 15)
	assert.Equal(t, 2*(len(blocks)+strings.Count(string(readme), "```console\n")+1), strings.Count(string(readme), "```"), "the settings aside, all blocks are run")
}

// TestReadme_tables: the tables are those of the program.
func TestReadme_tables(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for name, want := range map[string]string{"commands": commandTable(), "exit-codes": exitTable(), "settings": settingsTable()} {
		assert.Contains(t, string(readme), fmt.Sprintf("<!-- %s:begin -->\n%s<!-- %s:end -->\n", name, want, name))
	}
}

func commandTable() string {
	var b strings.Builder
	b.WriteString("| command | what it does |\n| --- | --- |\n")
	root := new(app).root()
	for _, group := range root.Groups() {
		for _, command := range root.Commands() {
			if command.GroupID == group.ID {
				fmt.Fprintf(&b, "| `plone %s` | %s |\n", strings.ReplaceAll(command.Use, "|", `\|`), command.Short)
			}
		}
	}
	return b.String()
}

func exitTable() string {
	var b strings.Builder
	b.WriteString("| code | class | meaning |\n| ---: | --- | --- |\n")
	for line := range strings.Lines(exitCodes()) {
		code, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, meaning, _ := strings.Cut(strings.TrimSpace(rest), " ")
		fmt.Fprintf(&b, "| %s | %s | %s |\n", code, name, strings.TrimSpace(meaning))
	}
	return b.String()
}

func settingsTable() string {
	return "```text\n" + strings.TrimSpace(settingsTopic().Long) + "\n```\n"
}

// TestHelp_everyCommandTellsHow: each command has an explanation, and the
// commands of its examples exist.
func TestHelp_everyCommandTellsHow(t *testing.T) {
	t.Parallel()
	root := new(app).root()
	for _, command := range root.Commands() {
		if command.Runnable() {
			assert.NotEmpty(t, command.Short, command.Name())
			assert.NotEmpty(t, command.GroupID, command.Name())
		}
		for line := range strings.Lines(command.Example) {
			for _, words := range regexp.MustCompile(`plone ([a-z]+)`).FindAllStringSubmatch(line, -1) {
				found, _, err := root.Find([]string{words[1]})
				require.NoError(t, err, line)
				assert.NotSame(t, root, found, line)
			}
		}
	}
}
