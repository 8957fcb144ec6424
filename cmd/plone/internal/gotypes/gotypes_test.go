package gotypes_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/cmd/plone/internal/gotypes"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

var update = flag.Bool("update", false, "write the file that is expected")

// odd is a site with types that no Plone begins with. Fields are given by their
// names, in the order of the form.
var odd = map[string]string{
	"My Type": `{"title": "Mein\nTyp", "required": ["need"], "fieldsets": [{"fields": [
			"title", "need", "time", "seconds", "object", "dict", "dict_of_lists", "addon_flag", "addon_count", "addon_number",
			"addon_list", "addon_thing", "decimal", "decimal_limit", "shown", "hidden", "a_b", "aB", "a-b", "version", "rights",
			"gone", "title"]}],
		"properties": {
			"title": {"title": "Title", "factory": "Text line (String)", "type": "string"},
			"need": {"title": "Need", "description": "- a\n- b\n# c", "factory": "Text line (String)", "type": "string"},
			"time": {"title": "Time", "description": ""},
			"seconds": {"title": "Duration"},
			"object": {"title": "Object", "type": "object", "factory": "File", "properties": {"object.a": {"title": "A"}}},
			"dict": {"title": "Dict", "type": "dict"},
			"dict_of_lists": {"title": "", "type": "dict", "key_type": {"schema": {"type": "string"}},
				"value_type": {"schema": {"type": "array", "factory": "List", "items": {"factory": "Date/Time", "type": "string"}}}},
			"addon_flag": {"title": "Flag", "type": "boolean", "factory": "Traffic light"},
			"addon_count": {"title": "Count!", "type": "integer", "factory": "Counter", "minimum": -5, "maximum": 5},
			"addon_number": {"title": "Number", "type": "number", "minimum": 0.5},
			"addon_list": {"title": "List", "type": "array", "factory": "Rows", "minItems": 1, "maxItems": 3,
				"items": {"type": "object", "factory": "File", "properties": {".a": {"title": "A"}}}},
			"addon_thing": {"title": "Thing", "type": "string", "factory": "Thing"},
			"decimal": {"title": "Price", "type": "number", "factory": "Floating-point number", "default": "1.50"},
			"decimal_limit": {"title": "Price", "type": "number", "factory": "Floating-point number", "maximum": "9.99"},
			"shown": {"title": "Shown", "type": "string", "factory": "Text", "mode": "display"},
			"hidden": {"title": "Hidden", "type": "string", "factory": "Text", "mode": "hidden"},
			"a_b": {"title": "1", "type": "string", "factory": "Text"},
			"aB": {"title": "2", "type": "string", "factory": "Text"},
			"a-b": {"title": "3", "type": "string", "factory": "Text"},
			"version": {"title": "Version", "type": "integer", "factory": "Integer"},
			"rights": {"title": "Rights"},
			"z_left": {"title": "Left", "type": "string", "factory": "Text"},
			"a_left": {"title": "Left", "type": "string", "factory": "Text"},
			"bad\"name` + "`" + `\n": {"title": "Bad", "type": "string", "factory": "Text"}}}`,
	"my-type": `{"title": "", "properties": {
			"few": {"title": "Few", "type": "string", "factory": "Choice", "vocabulary": {"@id": "SITE/@vocabularies/some.Few"}},
			"most": {"title": "Most", "type": "string", "factory": "Choice", "vocabulary": {"@id": "SITE/@vocabularies/some.Most"}},
			"many": {"title": "Many", "type": "string", "factory": "Choice", "vocabulary": {"@id": "SITE/@vocabularies/some.Many"}},
			"none": {"title": "None", "type": "string", "factory": "Choice", "vocabulary": {"@id": "SITE/@vocabularies/some.None"}},
			"kept": {"title": "Kept", "type": "string", "factory": "Choice", "vocabulary": {"@id": "SITE/@vocabularies/some.Kept"}},
			"lost": {"title": "Lost", "type": "string", "factory": "Choice", "vocabulary": {"@id": "SITE/@vocabularies/some%20Lost"}},
			"broken": {"title": "Broken", "type": "string", "factory": "Choice", "vocabulary": {"@id": "SITE/@vocabularies/some.Broken"}},
			"other": {"title": "Other", "type": "string", "factory": "Choice", "vocabulary": {"@id": "SITE/@vocabularies/other.Few"}},
			"search": {"title": "Search", "type": "string", "factory": "Choice", "querysource": {"@id": "SITE/@querysources/search"}},
			"source": {"title": "Source", "type": "string", "factory": "Choice", "vocabulary": {"@id": "SITE/@sources/source"}},
			"again": {"title": "Again", "type": "array", "factory": "List",
				"items": {"type": "string", "factory": "Choice", "vocabulary": {"@id": "SITE/@vocabularies/some.Few"}}},
			"own": {"title": "Own", "type": "string", "factory": "Choice",
				"choices": [["+", "Plus"], ["-", "Minus"], ["*", null], ["日本", "Japan"], ["a b", "A\u202e B"], ["a_b", "a_b"]]}}}`,
	"MyTypeBody": `{"title": "Body", "properties": {}}`,
	"Ünïcode":    `{"title": "\u202eevil */ // +build ignore", "properties": {}}`,
	"2nd":        `{"title": "Second", "properties": {"": {"title": "Nothing"}}}`,
}

// vocabularies of the odd site: how many terms there are, or the status.
var vocabularies = map[string]int{
	"some.Few": 2, "some.Most": 100, "some.Many": 101, "some.None": 0, "some.Kept": -403, "some Lost": -404, "some.Broken": -500, "other.Few": 1,
}

// serveOdd serves the odd site and returns a client of it.
func serveOdd(t *testing.T) *client.Client {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	answer := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(strings.ReplaceAll(body, "SITE", server.URL)))
	}
	mux.HandleFunc("GET /@types", func(w http.ResponseWriter, _ *http.Request) {
		var types []string
		for id := range odd { // in any order
			data, _ := json.Marshal(map[string]string{"@id": "SITE/@types/x", "id": id, "title": id})
			types = append(types, string(data))
		}
		answer(w, "["+strings.Join(types, ",")+"]")
	})
	mux.HandleFunc("GET /@types/{type}", func(w http.ResponseWriter, r *http.Request) {
		schema, found := odd[r.PathValue("type")]
		if !found {
			w.WriteHeader(http.StatusNotFound)
			answer(w, `{"type": "NotFound", "message": "no such type"}`)
			return
		}
		answer(w, schema)
	})
	mux.HandleFunc("GET /@vocabularies/{name}", func(w http.ResponseWriter, r *http.Request) {
		n, found := vocabularies[r.PathValue("name")]
		if !found || n < 0 {
			w.WriteHeader(max(-n, 400))
			answer(w, `{"type": "X", "message": "kept"}`)
			return
		}
		var terms []string
		for i := range min(n, 100) {
			terms = append(terms, fmt.Sprintf(`{"token": "t%d", "title": "Term %[1]d"}`, n-i))
		}
		answer(w, fmt.Sprintf(`{"@id": "SITE/v", "items_total": %d, "items": [%s]}`, n, strings.Join(terms, ",")))
	})
	c, err := client.New(server.URL, client.WithRetry(retry.Policy{MaxAttempts: 1}))
	require.NoError(t, err)
	return c
}

func TestGenerate_odd(t *testing.T) {
	t.Parallel()
	c := serveOdd(t)
	source := generate(t, c, gotypes.Options{Package: "site"})
	const file = "testdata/odd.go.txt"
	if *update {
		require.NoError(t, os.WriteFile(file, source, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(source))
	for range 3 {
		require.Equal(t, string(source), string(generate(t, c, gotypes.Options{Package: "site"})), "the same each time")
	}

	// What is read goes back as it came, whatever its kind.
	output := runProgram(t, map[string][]byte{"site/site.go": source, "main.go": []byte(`package main

import (
	"encoding/json"
	"fmt"

	"roundtrip/site"
)

func main() {
	var o site.MyType
	if err := json.Unmarshal([]byte(` + "`" + `{"@id": "x", "time": "10:30:00", "seconds": 90.0, "object": {"a": 9007199254740993}, "dict": {"a": [1.0]},
		"dict_of_lists": {"a": ["2026-01-02T03:04:05+00:00"]}, "addon_thing": null, "addon_list": [null, {"a": 1.0}],
		"decimal": "1.50", "addon_number": 1.0, "version": 7, "shown": "s"}` + "`" + `), &o); err != nil {
		panic(err)
	}
	data, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(data))
	fmt.Println(o.Version, o.Content.Version == "")
}
`)}, nil)
	lines := strings.Split(strings.TrimSpace(output), "\n")
	require.GreaterOrEqual(t, len(lines), 2)
	assert.JSONEq(t, `{"@id": "x", "time": "10:30:00", "seconds": 90.0, "object": {"a": 9007199254740993}, "dict": {"a": [1.0]},
		"dict_of_lists": {"a": ["2026-01-02T03:04:05+00:00"]}, "addon_list": [null, {"a": 1.0}],
		"decimal": "1.50", "addon_number": "1", "version": 7, "shown": "s"}`, lines[len(lines)-2])
	assert.Contains(t, lines[len(lines)-2], "90.0", "digit by digit")
	assert.Equal(t, "7 true", lines[len(lines)-1])
}

func TestGenerate_refused(t *testing.T) {
	t.Parallel()
	c := serveOdd(t)
	var b bytes.Buffer
	for _, name := range []string{"", "_", "type", "two words", "a-b", "a\n"} {
		err := gotypes.Generate(t.Context(), c, &b, gotypes.Options{Package: name})
		assert.ErrorIs(t, err, errors.ErrInvalidInput, name)
	}
	err := gotypes.Generate(t.Context(), c, &b, gotypes.Options{Package: "site", Types: []string{"2nd", "Nope"}})
	assert.ErrorIs(t, err, errors.ErrNotFound)
	assert.ErrorContains(t, err, `type "Nope"`)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, gotypes.Generate(ended, c, &b, gotypes.Options{Package: "site"}), context.Canceled)
	assert.Zero(t, b.Len(), "nothing is written in part")

	source := string(generate(t, c, gotypes.Options{Package: "site", Types: []string{"2nd", "MyTypeBody", "2nd"}}))
	assert.Equal(t, 1, strings.Count(source, "type Type2nd struct"))
	assert.NotContains(t, source, "encoding/json")
}
