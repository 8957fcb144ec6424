package gotypes_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/cmd/plone/internal/gotypes"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

// site is a Plone, or what stands for one.
type site struct {
	url, user, password string
	live                bool
	client              *client.Client
}

// onEachSite runs a test on plonetest and, when PLONE_URL, PLONE_USER and
// PLONE_PASSWORD are set, on a real Plone.
func onEachSite(t *testing.T, run func(t *testing.T, s *site)) {
	t.Helper()
	connect := func(t *testing.T, s site) *site {
		c, err := client.New(s.url, client.WithAuth(auth.Basic(s.user, s.password)))
		require.NoError(t, err)
		s.client = c
		return &s
	}
	t.Run("plonetest", func(t *testing.T) {
		t.Parallel()
		server := plonetest.NewServer(plonetest.WithLanguages("en", "de"))
		t.Cleanup(server.Close)
		run(t, connect(t, site{url: server.URL, user: "admin", password: "secret"}))
	})
	if address := os.Getenv("PLONE_URL"); address != "" {
		t.Run("plone", func(t *testing.T) {
			run(t, connect(t, site{url: address, user: os.Getenv("PLONE_USER"), password: os.Getenv("PLONE_PASSWORD"), live: true}))
		})
	}
}

// contentType makes a content type and returns its id.
func (s *site) contentType(t *testing.T, settings client.Fields) string {
	t.Helper()
	id := "type_" + strings.ToLower(rand.Text()[:10])
	const panel = "/@controlpanels/dexterity-types"
	_, err := client.Call[any](t.Context(), s.client, client.Request{
		Method: http.MethodPost, Path: panel, Body: client.Fields{"title": "Every kind", "id": id},
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := client.Call[any](context.WithoutCancel(t.Context()), s.client, client.Request{Method: http.MethodDelete, Path: panel + "/" + id})
		require.NoError(t, err)
	})
	if settings != nil {
		_, err = client.Call[any](t.Context(), s.client, client.Request{Method: http.MethodPatch, Path: panel + "/" + id, Body: settings})
		require.NoError(t, err)
	}
	return id
}

// behaviors bring the fields that no type has at first.
var behaviors = client.Fields{
	"plone.leadimage": true, "plone.tableofcontents": true, "plone.richtext": true, "plone.eventbasic": true,
	"plone.thumb_icon": true, "plone.nextprevioustoggle": true, "plone.allowdiscussion": true, "plone.relateditems": true,
	"plone.collection": true, "plone.shortname": true, "plone.versioning": true, "volto.preview_image": true,
	"volto.head_title": true, "volto.kicker": true, "volto.blocks": true,
}

// everyKind makes a type with all kinds of fields that can be added.
func (s *site) everyKind(t *testing.T) string {
	t.Helper()
	id := s.contentType(t, nil)
	for name, factory := range map[string]string{
		"line": client.FactoryTextLine, "lines": client.FactoryText, "rich_text": client.FactoryRichText,
		"count": client.FactoryInteger, "price": client.FactoryFloat, "done": client.FactoryBool,
		"day": client.FactoryDate, "moment": client.FactoryDatetime, "color": client.FactoryChoice,
		"colors": client.FactoryMultipleChoice, "an_email": client.FactoryEmail, "a_url": client.FactoryURL,
		"secret": client.FactoryPassword, "a_file": client.FactoryFile, "picture": client.FactoryImage,
		"target": client.FactoryRelationChoice, "targets": client.FactoryRelationList, "any_json": client.FactoryJSON,
		// Names that Go or Content has already.
		"type": client.FactoryTextLine, "raw": client.FactoryInteger, "content": client.FactoryTextLine, "func": client.FactoryTextLine,
	} {
		_, err := s.client.Types.AddField(t.Context(), id, client.NewField{
			ID: name, Title: "The `" + name + "`", Description: "What\n*/ it is; \u202ereally", Factory: factory, Required: name == "count",
		})
		require.NoError(t, err, name)
	}
	for _, name := range []string{"color", "colors"} {
		_, err := s.client.Types.UpdateField(t.Context(), id, name, client.FieldUpdate{Values: []string{"red", "Red", "blå \"\\", "1"}})
		require.NoError(t, err)
	}
	_, err := s.client.Types.UpdateField(t.Context(), id, "count", client.FieldUpdate{Minimum: client.Set[any](1), Maximum: client.Set[any](10)})
	require.NoError(t, err)
	_, err = s.client.Types.UpdateField(t.Context(), id, "line", client.FieldUpdate{MinLength: client.Set(2), MaxLength: client.Set(80)})
	require.NoError(t, err)
	return id
}

// model has the kinds of fields that only the editor of models adds.
const model = `<model xmlns="http://namespaces.plone.org/supermodel/schema"><schema>
<field name="ascii" type="zope.schema.ASCII"/>
<field name="ascii_line" type="zope.schema.ASCIILine"/>
<field name="bytes" type="zope.schema.Bytes"/>
<field name="bytes_line" type="zope.schema.BytesLine"/>
<field name="source" type="zope.schema.SourceText"/>
<field name="an_id" type="zope.schema.Id"/>
<field name="dotted" type="zope.schema.DottedName"/>
<field name="decimal" type="zope.schema.Decimal"/>
<field name="digits" type="zope.schema.Decimal"><min>0.5</min></field>
<field name="state" type="zope.schema.Choice"><vocabulary>plone.app.vocabularies.WorkflowStates</vocabulary></field>
<field name="states" type="zope.schema.Set"><value_type type="zope.schema.Choice"><vocabulary>plone.app.vocabularies.WorkflowStates</vocabulary></value_type></field>
<field name="zone" type="zope.schema.Choice"><vocabulary>plone.app.vocabularies.CommonTimezones</vocabulary></field>
<field name="text_list" type="zope.schema.List"><value_type type="zope.schema.TextLine"/></field>
<field name="text_tuple" type="zope.schema.Tuple"><value_type type="zope.schema.TextLine"/></field>
<field name="text_set" type="zope.schema.FrozenSet"><value_type type="zope.schema.TextLine"/></field>
<field name="counts" type="zope.schema.List"><value_type type="zope.schema.Int"/></field>
<field name="prices" type="zope.schema.List"><value_type type="zope.schema.Float"/></field>
<field name="days" type="zope.schema.List"><value_type type="zope.schema.Date"/></field>
<field name="table" type="zope.schema.List"><value_type type="zope.schema.Tuple"><value_type type="zope.schema.Int"/></value_type></field>
<field name="anything" type="zope.schema.List"/>
<field name="by_name" type="zope.schema.Dict"><key_type type="zope.schema.TextLine"/><value_type type="zope.schema.Int"/></field>
<field name="by_number" type="zope.schema.Dict"><key_type type="zope.schema.Int"/><value_type type="zope.schema.Choice"><values><element>a</element><element>b</element></values></value_type></field>
<field name="named_file" type="plone.namedfile.field.NamedFile"/>
</schema></model>`

// modelled makes a type with the kinds of fields of model.
func (s *site) modelled(t *testing.T) string {
	t.Helper()
	id := s.contentType(t, nil)
	source := regexp.MustCompile(`<field name="(\w+)"([^>]*?)(/?)>`).ReplaceAllString(model, `<field name="$1"$2><title>$1</title><required>False</required>$3`)
	source = strings.ReplaceAll(source, "</required>/", "</required></field>")
	editor := s.url + "/dexterity-types/" + id + "/@@modeleditor"
	page := s.form(t, http.MethodGet, editor, nil)
	authenticator := regexp.MustCompile(`name="_authenticator" value="(\w+)"`).FindStringSubmatch(page)
	require.NotNil(t, authenticator)
	page = s.form(t, http.MethodPost, editor, url.Values{
		"source": {source}, "form.button.save": {"1"}, "_authenticator": {authenticator[1]},
	})
	require.Contains(t, page, "Changes saved")
	return id
}

// form sends a form of the site's own pages.
func (s *site) form(t *testing.T, method, address string, values url.Values) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(values.Encode()))
	require.NoError(t, err)
	request.SetBasicAuth(s.user, s.password)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	page, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	return string(page)
}

// folder makes an object that takes objects of all types, and one in it to relate
// to, and returns its path.
func (s *site) folder(t *testing.T) string {
	t.Helper()
	containerType := "Folder"
	if s.live { // the only way to some types is a container that names them
		types, err := s.client.Types.List(t.Context(), "/")
		require.NoError(t, err)
		var all []string
		for _, info := range types.Value {
			all = append(all, info.ID)
		}
		containerType = s.contentType(t, client.Fields{"filter_content_types": "some", "allowed_content_types": all, "plone.translatable": true})
	}
	id := "t-" + strings.ToLower(rand.Text()[:10])
	path := "/en/" + id // elsewhere it would have no language
	_, err := s.client.Content.Create(t.Context(), "/en", client.Fields{"@type": containerType, "id": id, "title": t.Name()})
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := s.client.Content.Delete(context.WithoutCancel(t.Context()), path)
		if !errors.Is(err, errors.ErrNotFound) {
			require.NoError(t, err)
		}
	})
	_, err = s.client.Content.Create(t.Context(), path, client.Fields{"@type": "Image", "id": "target", "title": "Target",
		"image": client.NewNamedImage("a.gif", "image/gif", []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;"))})
	require.NoError(t, err)
	return path
}

// values are expressions for what to write into fields, by their names, or by the
// types of their Opts. TARGET stands for the path of an object.
var values = map[string]string{
	"@type": "%[1]sType", "id": `"id-%[1]s"`,
	"preview_image_link": `"TARGET"`, "relatedItems": `[]string{"TARGET"}`, "target": `"TARGET"`, "targets": `[]string{"TARGET"}`,
	"an_email": `"a@plone.example"`, "contact_email": `"a@plone.example"`,
	"ascii": `"plain"`, "ascii_line": `"plain"`, "bytes": `"plain"`, "bytes_line": `"plain"`,
	"a_url": `"https://plone.example/a?b=c"`, "event_url": `"https://plone.example/"`, "remoteUrl": `"https://plone.example/"`,
	"an_id": `"https://plone.example/"`, "dotted": `"plone.example"`, "decimal": "0.1", "digits": `"12345678901234567890.10"`,
	"recurrence": `"RRULE:FREQ=DAILY;COUNT=2"`, "zone": `"Europe/Zurich"`, "sort_on": `"sortable_title"`,
	"end":           "client.NewTime(time.Date(2027, 1, 2, 5, 6, 0, 0, time.UTC))",
	"blocks":        "blocks().Blocks",
	"blocks_layout": "blocks().BlocksLayout",

	"string":                    `"Ünder <b> & \"c\""`,
	"[]string":                  `[]string{"one", "zwei"}`,
	"bool":                      "true",
	"int":                       "7",
	"[]int":                     "[]int{3, 1, 2}",
	"[][]int":                   "[][]int{{1, 2}, {}}",
	"client.Float":              "2",
	"[]client.Float":            "[]client.Float{1, 2.5}",
	"client.Date":               "client.Date{Year: 2026, Month: 2, Day: 3}",
	"[]client.Date":             "[]client.Date{{Year: 2026, Month: 2, Day: 3}}",
	"client.Time":               "client.NewTime(time.Date(2027, 1, 2, 3, 4, 0, 0, time.UTC))",
	"client.RichText":           `client.RichText{Data: "<p>a &lt; b &amp; c</p>", ContentType: "text/html"}`,
	"client.NamedFile":          `client.NewNamedFile("ä.txt", "text/plain", []byte("hello"))`,
	"client.NamedImage":         `client.NewNamedImage("a.png", "image/png", onePixel)`,
	"any":                       `map[string]any{"a": []any{1.5, nil, "x", map[string]any{"big": 9007199254740993}}}`,
	"[]any":                     `[]any{"a", 1, map[string]any{"b": 1.5}}`,
	"map[string]int":            `map[string]int{"one": 1, "two": 2}`,
	"[]client.Criterion":        `[]client.Criterion{{Index: "portal_type", Operation: "plone.app.querystring.operation.selection.any", Value: []any{"Document"}}}`,
	"[]MetadataFields":          "[]site.MetadataFields{site.MetadataFieldsTitle}",
	"WorkflowStates":            "site.WorkflowStatesPrivate",
	"[]WorkflowStates":          "[]site.WorkflowStates{site.WorkflowStatesPrivate, site.WorkflowStatesPublished}",
	"SupportedContentLanguages": "site.SupportedContentLanguagesEn",
}

// program is a Go program that checks every type of the file source.
func program(t *testing.T, source []byte, target string) (text string, checked []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "site.go", source, 0)
	require.NoError(t, err)
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\"os\"\n\"time\"\n\n\"plone.example/restapi/client\"\n\n\"roundtrip/site\"\n)\n\nvar _ = time.UTC\n\nfunc main() {\nt := newTrip()\n")
	for _, declared := range file.Decls {
		spec, isType := declared.(*ast.GenDecl).Specs[0].(*ast.TypeSpec)
		if !isType || !strings.HasSuffix(spec.Name.Name, "Body") {
			continue
		}
		name := strings.TrimSuffix(spec.Name.Name, "Body")
		checked = append(checked, name)
		fmt.Fprintf(&b, "check[site.%[1]s](t, site.%[1]sType, site.%[1]sBody{\n", name)
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			tag, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
			if tag == "@type" {
				fmt.Fprintf(&b, "Type: site.%sType,\n", name)
				continue
			}
			typ := types.ExprString(f.Type.(*ast.IndexExpr).Index)
			expression := values[tag]
			if expression == "" {
				expression = values[typ]
			}
			switch typ { // the types of its own choices
			case name + "Color":
				expression = "site." + name + "ColorRed"
			case "[]" + name + "Colors":
				expression = fmt.Sprintf("[]site.%[1]s{site.%[1]sRed, site.%[1]sRed_2, site.%[1]sBlXe5, site.%[1]s1}", name+"Colors")
			case "map[string]" + name + "ByNumber":
				expression = fmt.Sprintf(`map[string]site.%[1]s{"1": site.%[1]sA, "2": site.%[1]sB}`, name+"ByNumber")
			}
			require.NotEmpty(t, expression, "a value for %s %s of %s", tag, typ, name)
			expression = strings.ReplaceAll(strings.ReplaceAll(expression, "TARGET", target), "%[1]s", strings.ToLower(name))
			qualified := regexp.MustCompile(`(^|[\]])([A-Z])`).ReplaceAllString(typ, "${1}site.$2")
			fmt.Fprintf(&b, "%s: client.Set[%s](%s),\n", f.Names[0].Name, qualified, expression)
		}
		b.WriteString("})\n")
	}
	b.WriteString("if t.failures > 0 {\nos.Exit(1)\n}\n}\n")
	return b.String(), checked
}

// The file is compiled and run: every type is created with all of its fields, read,
// written back as it was read, and read again.
func TestGenerate_roundTrip(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		custom := []string{s.everyKind(t)}
		if s.live {
			custom = append(custom, s.modelled(t), s.contentType(t, behaviors))
		}
		folder := s.folder(t)
		source := generate(t, s.client, gotypes.Options{Package: "site"})
		assert.Equal(t, string(source), string(generate(t, s.client, gotypes.Options{Package: "site"})), "the same each time")
		formatted, err := format.Source(source)
		require.NoError(t, err)
		assert.Equal(t, string(formatted), string(source))
		assert.NotContains(t, string(source), s.url)

		main, checked := program(t, source, folder+"/target")
		output := runProgram(t, map[string][]byte{"site/site.go": source, "main.go": []byte(main)}, []string{
			"SITE_URL=" + s.url, "SITE_USER=" + s.user, "SITE_PASSWORD=" + s.password, "SITE_FOLDER=" + folder,
		})
		assert.Subset(t, checked, []string{"Collection", "Document", "Event", "File", "Folder", "Image", "LIF", "LRF", "Link", "NewsItem"})
		refused := []string{"Collection", "LIF", "LRF"} // by plonetest
		if s.live {
			refused = nil
		}
		for _, id := range append(custom, "Collection", "Document", "Event", "File", "Folder", "Image", "LIF", "LRF", "Link", "News Item") {
			word := "ok: "
			for _, other := range refused {
				if id == other {
					word = "not addable: "
				}
			}
			assert.Contains(t, output, word+id+"\n")
		}
	})
}

func generate(t *testing.T, c *client.Client, opts gotypes.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, gotypes.Generate(t.Context(), c, &b, opts))
	return b.Bytes()
}

// runProgram vets and runs a program that uses the SDK, in a module of its own.
func runProgram(t *testing.T, files map[string][]byte, env []string) string {
	t.Helper()
	dir := t.TempDir()
	sdk, err := filepath.Abs("../../../..")
	require.NoError(t, err)
	module, err := os.ReadFile(filepath.Join(sdk, "go.mod"))
	require.NoError(t, err)
	sums, err := os.ReadFile(filepath.Join(sdk, "go.sum"))
	require.NoError(t, err)
	shared, err := os.ReadFile("testdata/roundtrip.go.txt")
	require.NoError(t, err)
	files["roundtrip.go"], files["go.sum"] = shared, sums
	files["go.mod"] = fmt.Appendf(nil, "%s\nrequire plone.example/restapi v0.0.0\n\nreplace plone.example/restapi => %s\n",
		strings.Replace(string(module), "module plone.example/restapi", "module roundtrip", 1), sdk)
	for name, data := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, data, 0o644))
	}
	command := func(args ...string) string {
		run := exec.CommandContext(t.Context(), "go", args...)
		run.Dir = dir
		run.Env = append(append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off"), env...)
		output, err := run.CombinedOutput()
		require.NoError(t, err, "go %s: %s", strings.Join(args, " "), output)
		return string(output)
	}
	command("vet", "./...")
	return command("run", ".")
}
