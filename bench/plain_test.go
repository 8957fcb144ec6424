package bench

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

// What a program without the SDK would decode into: structs with the members of
// the SDK's types, whatever those grow to, and none of their methods.
var (
	plainContent = plain(reflect.TypeFor[client.Content]())
	plainListing = plain(reflect.TypeFor[struct {
		URL        string           `json:"@id"`
		Items      []client.Summary `json:"items"`
		ItemsTotal int              `json:"items_total"`
		Batching   *client.Batching `json:"batching"`
	}]())
	plainError = reflect.TypeFor[struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	}]()
)

// stand are the types that are not what their members tell.
var stand = map[reflect.Type]reflect.Type{
	reflect.TypeFor[client.Time]():     reflect.TypeFor[time.Time](),
	reflect.TypeFor[client.Bool]():     reflect.TypeFor[bool](),
	reflect.TypeFor[client.Block]():    reflect.TypeFor[json.RawMessage](),
	reflect.TypeFor[json.RawMessage](): reflect.TypeFor[json.RawMessage](),
}

// plain returns t without methods, hidden members and embedding.
func plain(t reflect.Type) reflect.Type {
	if s, ok := stand[t]; ok {
		return s
	}
	switch t.Kind() {
	case reflect.Pointer:
		return reflect.PointerTo(plain(t.Elem()))
	case reflect.Slice:
		return reflect.SliceOf(plain(t.Elem()))
	case reflect.Map:
		return reflect.MapOf(t.Key(), plain(t.Elem()))
	case reflect.Struct:
		var fields []reflect.StructField
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() && !f.Anonymous && f.Tag.Get("json") != "-" {
				fields = append(fields, reflect.StructField{Name: f.Name, Type: plain(f.Type), Tag: f.Tag})
			}
		}
		return reflect.StructOf(fields)
	default:
		return t
	}
}

// newPage are the fields of a page that is created.
type newPage struct {
	Type        string   `json:"@type"`
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Subjects    []string `json:"subjects"`
}

// TestPlain_decodes shows that the floor does the work of the SDK: what it
// decodes becomes the same JSON.
func TestPlain_decodes(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(document("http://plone.test/Plone"))
	require.NoError(t, err)
	var theirs client.Content
	require.NoError(t, json.Unmarshal(data, &theirs))
	ours := reflect.New(plainContent).Interface()
	require.NoError(t, json.Unmarshal(data, ours))
	want, err := json.Marshal(theirs)
	require.NoError(t, err)
	got, err := json.Marshal(ours)
	require.NoError(t, err)
	var wantMembers, gotMembers map[string]any
	require.NoError(t, json.Unmarshal(want, &wantMembers))
	require.NoError(t, json.Unmarshal(got, &gotMembers))
	for _, name := range []string{"@id", "@components", "blocks", "subjects", "language", "title"} {
		assert.Contains(t, wantMembers, name)
		assert.Equal(t, wantMembers[name], gotMembers[name], name)
	}
}
