package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"plone.example/restapi/client"
)

// print prints a result: as JSON, or as text writes it.
func (a *app) print(value any, text func(w io.Writer)) error {
	if !a.json {
		text(a.stdout)
		return nil
	}
	data, err := marshal(value)
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(append(data, '\n'))
	return err
}

// marshal is the JSON of a value, indented, with the members of one that came
// from the server in its order.
func marshal(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// writeList prints items one by one: as a JSON array, or a line for each.
func writeList[T any](a *app, items iter.Seq2[T, error], line func(w io.Writer, item T)) error {
	w := io.Writer(a.stdout)
	if !a.json {
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		defer table.Flush()
		w = table
	}
	separator := "["
	for item, err := range items {
		if err != nil {
			return err
		}
		if !a.json {
			line(w, item)
			continue
		}
		data, err := marshal(item)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n%s", separator, data)
		separator = ","
	}
	switch {
	case a.json && separator == "[":
		fmt.Fprintln(w, "[]")
	case a.json:
		fmt.Fprintln(w, "\n]")
	}
	return nil
}

// hit is an object of a list, and its JSON as it came.
type hit struct {
	json.RawMessage
	client.Summary
	path string
}

// hits are the objects of a list with their paths.
func hits(c *client.Client, items iter.Seq2[*client.Summary, error]) iter.Seq2[hit, error] {
	return func(yield func(hit, error) bool) {
		for item, err := range items {
			var h hit
			if err == nil {
				h.RawMessage, h.Summary = item.Raw(), *item
				h.path, err = c.Path(item.URL)
			}
			if !yield(h, err) || err != nil {
				return
			}
		}
	}
}

// columns are the metadata that the long form of a list needs.
var columns = []string{"modified"}

// long is a line of the long form of a list.
func (h hit) long(name string) string {
	modified := "-"
	if !h.Modified.IsZero() {
		modified = h.Modified.UTC().Format("2006-01-02T15:04:05Z")
	}
	state := h.ReviewState
	if state == "" {
		state = "-"
	}
	return strings.Join([]string{plain(h.Type), plain(state), modified, plain(name), plain(h.Title)}, "\t")
}

// fields prints the members of an object in the form that patch takes, those
// aside that are null or are not of the object itself. object has been decoded
// before, so that nothing can fail.
func fields(w io.Writer, object json.RawMessage) {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(object, &members)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var text string
		value := members[name]
		switch {
		case client.Computed(name) || string(value) == "null":
		case json.Unmarshal(value, &text) == nil && text == plain(text):
			fmt.Fprintf(w, "%s=%s\n", name, text)
		default:
			var b bytes.Buffer
			_ = json.Compact(&b, value)
			fmt.Fprintf(w, "%s:=%s\n", name, plain(b.String()))
		}
	}
}

// plain is text of the site without what could steer a terminal.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
