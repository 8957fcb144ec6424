// Package gotypes writes Go types for the content types of a site.
package gotypes

import (
	"cmp"
	"context"
	"fmt"
	"go/format"
	"go/token"
	"io"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// Options say what to write.
type Options struct {
	Package string   // name of the package
	Types   []string // ids of content types, like "News Item"; all of the site when empty
}

// maxTerms is how many terms a vocabulary may have whose tokens become constants.
const maxTerms = 100

// Generate writes a Go file with the content types of the site of c. For each of
// them it has a struct to read objects with, which embeds [client.Content] and is
// meant for [client.ContentAs]; one to write them with, of which every member is a
// [client.Opt]; and constants for the tokens of its choices. The same types always
// give the same file.
//
// The server describes the fields that the user of c may write, and titles come in
// the language of the site.
//
// Errors: [errors.ErrInvalidInput] for a Package that is no name,
// [errors.ErrNotFound] for a type that the site does not have, [errors.ErrUnauthorized]
// for anonymous.
func Generate(ctx context.Context, c *client.Client, w io.Writer, opts Options) error {
	if !token.IsIdentifier(opts.Package) || opts.Package == "_" {
		return fmt.Errorf("%w: %q is no name of a package", errors.ErrInvalidInput, opts.Package)
	}
	ids := slices.Clone(opts.Types)
	if len(ids) == 0 {
		types, err := c.Types.List(ctx, "/")
		if err != nil {
			return err
		}
		for _, t := range types.Value {
			ids = append(ids, t.ID)
		}
	}
	slices.Sort(ids)
	g := generator{client: c, content: membersOfContent(), names: scope{}, vocabularies: map[string]*vocabulary{}}
	var types []*contentType
	for _, id := range slices.Compact(ids) {
		schema, err := c.Types.Get(ctx, "/", id)
		if err != nil {
			return fmt.Errorf("type %q: %w", id, err)
		}
		name := g.names.take(exported("Type", id), "Body", "Type")
		types = append(types, &contentType{id: id, name: name, schema: schema.Value})
	}
	for _, t := range types {
		if err := g.addFields(ctx, t); err != nil {
			return fmt.Errorf("type %q: %w", t.id, err)
		}
	}
	source, err := format.Source(g.file(opts.Package, types))
	if err != nil {
		return fmt.Errorf("the types make no Go file: %w", err)
	}
	_, err = w.Write(source)
	return err
}

// asContent are the fields that the server reads and writes in a form of their own,
// and what to write. Content has what is read, whatever the schema says.
var asContent = map[string]string{
	"allow_discussion": "bool",
	"blocks":           "client.Blocks",
	"blocks_layout":    "client.BlocksLayout",
}

// generator is one run of Generate.
type generator struct {
	client       *client.Client
	content      map[string]member      // of Content, by their names in JSON
	names        scope                  // of the package
	vocabularies map[string]*vocabulary // of the site, by their names; nil for those without constants
}

// member is what Content has for a field.
type member struct{ name, typ string }

// contentType is a content type with its names in Go.
type contentType struct {
	id, name     string
	schema       client.TypeSchema
	fields       []field
	vocabularies []*vocabulary // of its own choices
}

// field is a field of a content type. Both structs have the same name for it.
type field struct {
	name, json string
	read       string // type in the struct to read; empty for one that Content has
	write      string // type in the Opt of the body; empty for one that is only read
	zero       string // option of the tag
	comment    string
}

// vocabulary is a type for the tokens of a choice, and its constants.
type vocabulary struct {
	name  string
	of    string // whose tokens they are
	terms []constant
}

type constant struct {
	name string
	term client.Term
}

func membersOfContent() map[string]member {
	members := map[string]member{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[client.Content]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			members[name] = member{f.Name, f.Type.String()}
		}
	}
	return members
}

// namesOfContent are the names that would hide something of Content.
func namesOfContent() scope {
	names := scope{"Content": true}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[client.Content]()) {
		names[f.Name] = true
	}
	methods := reflect.TypeFor[*client.Content]()
	for i := range methods.NumMethod() {
		names[methods.Method(i).Name] = true
	}
	return names
}

// addFields finds out what the fields of t are in Go, in the order of its form.
func (g *generator) addFields(ctx context.Context, t *contentType) error {
	hiding, names := namesOfContent(), namesOfContent()
	for _, id := range fieldIDs(t.schema) {
		schema := t.schema.Properties[id]
		if !validTag(id) {
			t.fields = append(t.fields, field{comment: fmt.Sprintf("Extra(%q, …) reads a field that no tag can name.", id)})
			continue
		}
		k, common := kindOf(schema), g.content[id]
		if write, found := asContent[id]; found {
			k = kind{read: common.typ, write: write}
		}
		if id == "query" && schema.Behavior == "plone.collection" {
			k = kind{"[]client.Criterion", "[]client.Criterion", "omitzero", ""}
		}
		f := field{name: common.name, json: id, read: k.read, write: k.write, zero: k.zero}
		notes := []string{k.note}
		if f.name == "" {
			f.name = exported("Field", id)
			if hiding[f.name] {
				f.name += "Field"
			}
			f.name = names.take(f.name)
		}
		if common.typ == k.read || common.name != "" && k == unknown {
			f.read = ""
		}
		if strings.Contains(k.write, tokenType) {
			tokens, note, err := g.tokens(ctx, t, f.name, schema)
			if err != nil {
				return fmt.Errorf("field %q: %w", id, err)
			}
			f.write = strings.ReplaceAll(k.write, tokenType, tokens)
			notes = append(notes, note)
		}
		if schema.Mode == "display" {
			f.write = ""
		}
		f.comment = describe(schema, slices.Contains(t.schema.Required, id), notes)
		t.fields = append(t.fields, f)
	}
	return nil
}

// fieldIDs are the fields of a type, in the order of its form.
func fieldIDs(schema client.TypeSchema) []string {
	left, ids := maps.Clone(schema.Properties), []string(nil)
	for _, set := range schema.Fieldsets {
		for _, id := range set.Fields {
			if _, found := left[id]; found {
				ids = append(ids, id)
				delete(left, id)
			}
		}
	}
	return append(ids, slices.Sorted(maps.Keys(left))...)
}

// validTag reports whether encoding/json takes name from a tag.
func validTag(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r)
	})
}

// tokens finds the type for the tokens that a field is chosen from, and what to say
// about them.
func (g *generator) tokens(ctx context.Context, t *contentType, fieldName string, f client.FieldSchema) (typ, note string, err error) {
	for f.Type == "array" || f.Type == "dict" {
		if f.Items != nil {
			f = *f.Items
		} else {
			f = f.ValueType.Schema
		}
	}
	_, name, named := strings.Cut(f.Vocabulary.URL, "/@vocabularies/")
	var found *vocabulary
	switch {
	case len(f.Choices) > 0 && len(f.Choices) <= maxTerms:
		terms := make([]client.Term, len(f.Choices))
		for i, choice := range f.Choices {
			terms[i] = client.Term(choice)
		}
		found = g.vocabulary(t.name+fieldName, t.name+"."+fieldName, terms)
		t.vocabularies = append(t.vocabularies, found)
	case named:
		if name, err = url.PathUnescape(name); err != nil {
			return "", "", err
		}
		if found, err = g.shared(ctx, name); err != nil {
			return "", "", err
		}
		note = fmt.Sprintf("Its tokens are those of the vocabulary %q.", name)
	case f.QuerySource.URL != "":
		note = "Vocabularies.QuerySource finds its tokens."
	default:
		note = "Its tokens are those of its source."
	}
	if found == nil {
		return "string", note, nil
	}
	return found.name, fmt.Sprintf("Its tokens are of type [%s].", found.name), nil
}

// shared returns the vocabulary of the site called name; nil when it is long, empty
// or kept from the user.
func (g *generator) shared(ctx context.Context, name string) (*vocabulary, error) {
	if v, known := g.vocabularies[name]; known {
		return v, nil
	}
	g.vocabularies[name] = nil
	for page, err := range g.client.Vocabularies.TermPages(ctx, "/", name, client.TermOptions{PageSize: maxTerms}) {
		switch {
		case isRefusal(err):
		case err != nil:
			return nil, err
		case page.ItemsTotal <= maxTerms && len(page.Items) > 0:
			// Some vocabularies come in an order that changes.
			slices.SortFunc(page.Items, func(a, b client.Term) int { return strings.Compare(a.Token, b.Token) })
			lastPart := name[strings.LastIndexByte(name, '.')+1:]
			g.vocabularies[name] = g.vocabulary(exported("Vocabulary", lastPart), fmt.Sprintf("the vocabulary %q", name), page.Items)
		}
		break
	}
	return g.vocabularies[name], nil
}

// isRefusal reports whether the server does not give a vocabulary, and never will.
func isRefusal(err error) bool {
	return errors.Is(err, errors.ErrUnauthorized) || errors.Is(err, errors.ErrForbidden) ||
		errors.Is(err, errors.ErrNotFound) || errors.Is(err, errors.ErrInternalServer)
}

// vocabulary gives the terms names that begin with name.
func (g *generator) vocabulary(name, of string, terms []client.Term) *vocabulary {
	v := &vocabulary{name: g.names.take(name), of: of}
	for _, term := range terms {
		words := cmp.Or(goName(term.Token), goName(term.Title), "Term")
		v.terms = append(v.terms, constant{g.names.take(v.name + words), term})
	}
	return v
}
