// Command ledger compares the operations that package client declares with those
// that the server offers.
//
//	go run ./internal/ledger                      # prints the coverage table
//	go run ./internal/ledger -w docs/coverage.md  # renews it between the markers in that file
//
// The last line printed is "operations: N rows, N done, N open": a row is a
// method, path and media type; one that the server offers without a declaration is
// open. What is wrong goes to standard error, and the exit status is 1.
//
// That the fake server and a real Plone answer each operation is shown by the
// tests of package client, which note the operations that they see.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"plone.example/restapi/client"
)

func main() {
	file := flag.String("w", "", "renew the coverage table in this `file` instead of printing it")
	flag.Parse()
	if err := run(os.Stdout, client.Operations(), *file); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run prints the coverage to out, or writes it into file when that is not empty.
func run(out io.Writer, ops []client.Operation, file string) error {
	rows, problems := compare(ops)
	text := coverage(rows) + "\n" + summary(rows)
	if file != "" {
		if err := renew(file, text); err != nil {
			return err
		}
		text = summary(rows)
	}
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "\n"))
	}
	return nil
}

// row is an operation of the server.
type row struct {
	method, path, media string
	chapter, needs      string
	names               []string // of the declarations; none for a row that is open
}

// compare returns the rows, and as problems what client declares and no server
// offers.
func compare(ops []client.Operation) (rows []row, problems []string) {
	offered := slices.Concat(services, added)
	declared := map[string]bool{}
	for _, op := range ops {
		found := false
		for _, s := range offered {
			if s.name != serviceOf(op.Path) || !s.offers(op.Method) {
				continue
			}
			found = true
			declared[s.name+" "+op.Method] = true
			for _, path := range alternatives(op.Path) {
				rows = add(rows, row{method: op.Method, path: path, media: op.Media, chapter: s.page(), needs: s.needs, names: []string{op.Name}})
			}
		}
		if !found {
			problems = append(problems, fmt.Sprintf("%s: no server offers %s %s", op.Name, op.Method, op.Path))
		}
	}
	for _, s := range offered {
		for method := range strings.FieldsSeq(s.methods) {
			if !declared[s.name+" "+method] {
				rows = append(rows, row{method: method, path: "/{path}/" + s.name, chapter: s.page(), needs: s.needs})
			}
		}
	}
	return rows, problems
}

// alternatives are the patterns that one with {a|b} in it stands for.
func alternatives(pattern string) []string {
	head, rest, _ := strings.Cut(pattern, "|")
	at := strings.LastIndex(head, "{")
	if rest == "" || at < 0 {
		return []string{pattern}
	}
	second, tail, _ := strings.Cut(rest, "}")
	return []string{head[:at] + head[at+1:] + tail, head[:at] + second + tail}
}

// add adds r to the rows, or its name to that of the same request.
func add(rows []row, r row) []row {
	if strings.HasPrefix(r.path, "/@controlpanels/content-rules") {
		r.needs = contentRules
	}
	at := slices.IndexFunc(rows, func(other row) bool {
		return other.method == r.method && other.path == r.path && other.media == r.media && other.needs == r.needs
	})
	if at < 0 {
		return append(rows, r)
	}
	rows[at].names = append(rows[at].names, r.names...)
	return rows
}

// coverage is a Markdown table with one line for each chapter.
func coverage(rows []row) string {
	chapters := map[string][]row{}
	for _, r := range rows {
		chapters[r.chapter] = append(chapters[r.chapter], r)
	}
	names := make([]string, 0, len(chapters))
	for name := range chapters {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("| chapter | operations | Go methods | needs | state |\n| --- | ---: | --- | --- | --- |\n")
	for _, name := range names {
		chapter := chapters[name]
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s |\n", name, len(chapter), methods(chapter), packages(chapter), state(chapter))
	}
	return b.String()
}

// methods names the Go methods of a chapter.
func methods(chapter []row) string {
	var names []string
	for _, r := range chapter {
		for _, name := range r.names {
			if name = "`" + name + "`"; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, ", ")
}

// packages names the optional packages that a chapter needs, and for how many of
// its operations when not for all.
func packages(chapter []row) string {
	count := map[string]int{}
	var names []string
	for _, r := range chapter {
		if r.needs != "" && count[r.needs] == 0 {
			names = append(names, r.needs)
		}
		count[r.needs]++
	}
	for i, name := range names {
		if count[name] < len(chapter) {
			names[i] = fmt.Sprintf("%s (%d of %d)", name, count[name], len(chapter))
		}
	}
	return strings.Join(names, ", ")
}

// state says in a word how much of a chapter is done.
func state(chapter []row) string {
	switch done := countDone(chapter); done {
	case 0:
		return "open"
	case len(chapter):
		return "done"
	default:
		return fmt.Sprintf("%d of %d done", done, len(chapter))
	}
}

func countDone(rows []row) int {
	done := 0
	for _, r := range rows {
		if len(r.names) > 0 {
			done++
		}
	}
	return done
}

// summary is the line with the totals.
func summary(rows []row) string {
	done := countDone(rows)
	return fmt.Sprintf("operations: %d rows, %d done, %d open\n", len(rows), done, len(rows)-done)
}

// The lines between which the coverage stands.
const (
	beginMarker = "<!-- coverage:begin -->\n"
	endMarker   = "<!-- coverage:end -->"
)

// splitMarkers cuts a text into what stands up to, between and from the markers.
func splitMarkers(text string) (before, block, after string, err error) {
	before, rest, begun := strings.Cut(text, beginMarker)
	block, after, ended := strings.Cut(rest, endMarker)
	if !begun || !ended {
		return "", "", "", fmt.Errorf("the coverage table has no place: want a line %s and below it a line %s",
			strings.TrimSpace(beginMarker), endMarker)
	}
	return before + beginMarker, block, endMarker + after, nil
}

// renew puts block between the markers of the file.
func renew(file, block string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, _, after, err := splitMarkers(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(before+block+after), 0o644)
}
