// Command ledger holds the list of all operations of plone.restapi against the
// code: which method does an operation, whether the fake server knows it, and
// whether a test runs it against a real Plone.
//
//	go run ./internal/ledger               # prints the coverage table
//	go run ./internal/ledger -w README.md  # renews it between the markers in that file
//
// The last line printed is "operations: N rows, N done, N open". What is wrong
// goes to standard error, and the exit status is 1.
//
// # Directives
//
// Nothing about the code is kept by hand. It is found by comments that begin
// exactly with "//plone:" and stand on one line:
//
//	//plone:operation METHOD PATH STATUS [MEDIA]
//	//plone:composed REASON
//	//plone:fake METHOD PATH [MEDIA]
//	//plone:live METHOD PATH [MEDIA]
//
// METHOD, PATH and MEDIA are those of a row of the table, letter by letter; MEDIA
// is written only where the row has one. STATUS is one of the row's successes.
//
//	//plone:operation POST /{path} 201
//	//plone:operation GET /@users 200 text/csv
//
// An operation stands in the comment of the exported method or function of package
// client that sends it. A method may carry several, and an operation may have several
// methods; together they name every success of the row. A method that sends
// requests but no operation of its own, as it calls other methods or leaves the
// services aside, says so with composed and the reason.
//
// A fake stands in package plonetest where the request is answered, and a live in
// the test, in any package, that sends the request to a real Plone.
//
// A row that is done has a method for each success, a fake and a live test. A row
// that is open has no method; whoever writes the first one marks the row done.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	readme := flag.String("w", "", "renew the coverage table in this `file` instead of printing it")
	flag.Parse()
	if err := run(os.Stdout, ".", *readme); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run prints the coverage of the module in the folder root to out, or writes it
// into the file readme when that is not empty.
func run(out io.Writer, root, readme string) error {
	ops, err := parseOperations(operationTable)
	if err != nil {
		return err
	}
	found, problems, err := scan(os.DirFS(root))
	if err != nil {
		return err
	}
	text := coverage(ops, found) + "\n" + summary(ops)
	if readme != "" {
		if err := renew(readme, text); err != nil {
			return err
		}
		text = summary(ops)
	}
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	problems = append(problems, check(ops, found)...)
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "\n"))
	}
	return nil
}

// coverage is a Markdown table with one line for each chapter.
func coverage(ops []operation, found []directive) string {
	chapters := map[string][]operation{}
	var names []string
	for _, op := range ops {
		if chapters[op.Chapter] == nil {
			names = append(names, op.Chapter)
		}
		chapters[op.Chapter] = append(chapters[op.Chapter], op)
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("| chapter | operations | Go methods | needs | state |\n| --- | ---: | --- | --- | --- |\n")
	for _, name := range names {
		chapter := chapters[name]
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s |\n", name, len(chapter), methods(chapter, found), packages(chapter), state(chapter))
	}
	return b.String()
}

// methods names the Go methods of a chapter.
func methods(chapter []operation, found []directive) string {
	var names []string
	for _, op := range chapter {
		for _, d := range matching(found, kindOperation, op.request) {
			if name := "`" + d.Func + "`"; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, ", ")
}

// packages names the optional packages that a chapter needs, and for how many of
// its operations when not for all.
func packages(chapter []operation) string {
	count := map[string]int{}
	var names []string
	for _, op := range chapter {
		if op.Package != "" && count[op.Package] == 0 {
			names = append(names, op.Package)
		}
		count[op.Package]++
	}
	for i, name := range names {
		if count[name] < len(chapter) {
			names[i] = fmt.Sprintf("%s (%d of %d)", name, count[name], len(chapter))
		}
	}
	return strings.Join(names, ", ")
}

// state says in a word how much of a chapter is done.
func state(chapter []operation) string {
	switch done := countDone(chapter); done {
	case 0:
		return "open"
	case len(chapter):
		return "done"
	default:
		return fmt.Sprintf("%d of %d done", done, len(chapter))
	}
}

func countDone(ops []operation) int {
	done := 0
	for _, op := range ops {
		if !op.Open {
			done++
		}
	}
	return done
}

// summary is the line with the totals.
func summary(ops []operation) string {
	done := countDone(ops)
	return fmt.Sprintf("operations: %d rows, %d done, %d open\n", len(ops), done, len(ops)-done)
}

// The lines in the README between which the coverage stands.
const (
	beginMarker = "<!-- coverage:begin -->\n"
	endMarker   = "<!-- coverage:end -->"
)

// splitMarkers cuts a README into what stands up to, between and from the markers.
func splitMarkers(readme string) (before, block, after string, err error) {
	before, rest, begun := strings.Cut(readme, beginMarker)
	block, after, ended := strings.Cut(rest, endMarker)
	if !begun || !ended {
		return "", "", "", fmt.Errorf("the coverage table has no place: want a line %s and below it a line %s",
			strings.TrimSpace(beginMarker), endMarker)
	}
	return before + beginMarker, block, endMarker + after, nil
}

// renew puts block between the markers of the file.
func renew(file, block string) error {
	readme, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, _, after, err := splitMarkers(string(readme))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(before+block+after), 0o644)
}
