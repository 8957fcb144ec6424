package client_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

func TestBool(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]client.Bool{"true": true, "1": true, "false": false, "0": false, "null": false} {
		got := !want
		require.NoError(t, json.Unmarshal([]byte(data), &got), data)
		assert.Equal(t, want, got, data)
	}
	for _, data := range []string{`"true"`, "2", "[]", "{}"} {
		var got client.Bool
		assert.Error(t, json.Unmarshal([]byte(data), &got), data)
	}
	data, err := json.Marshal(client.Bool(true))
	require.NoError(t, err)
	assert.Equal(t, "true", string(data))
}

func TestFloat(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]client.Float{
		`1`: 1, `1.0`: 1, `-2.5`: -2.5, `1e21`: 1e21, `"1.50"`: 1.5, `"1E+2"`: 100, `0.1`: 0.1, `null`: 0,
	} {
		got := client.Float(7)
		require.NoError(t, json.Unmarshal([]byte(data), &got), data)
		assert.InDelta(t, float64(want), float64(got), 0, data)
	}
	for _, data := range []string{`"one"`, `""`, `true`, `[]`, `{}`} {
		var got client.Float
		assert.ErrorContains(t, json.Unmarshal([]byte(data), &got), "is not a number", data)
	}
	var got client.Float
	assert.NotPanics(t, func() { _ = got.UnmarshalJSON(nil) })
	for value, want := range map[client.Float]string{1: `"1"`, 0.1: `"0.1"`, -2.5: `"-2.5"`, 1e21: `"1e+21"`, 0: `"0"`} {
		data, err := json.Marshal(value)
		require.NoError(t, err)
		assert.Equal(t, want, string(data))
	}
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err := json.Marshal(client.Float(value))
		assert.ErrorContains(t, err, "is not a number of JSON")
	}
}

func TestTerm(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]client.Term{
		`{"token":"en","title":"English"}`: {Token: "en", Title: "English"},
		`{"token":"en","title":null}`:      {Token: "en"},
		`"xx"`:                             {Token: "xx"},
		`""`:                               {},
		`null`:                             {},
		`7`:                                {Token: "7"},
		`true`:                             {Token: "true"},
	} {
		got := client.Term{Token: "old", Title: "old"}
		require.NoError(t, json.Unmarshal([]byte(data), &got), data)
		assert.Equal(t, want, got, data)
	}
	var got client.Term
	assert.Error(t, json.Unmarshal([]byte(`["en"]`), &got))
	assert.NotPanics(t, func() { _ = got.UnmarshalJSON(nil) })
}

func TestNamedFile_json(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		file any
		want string
	}{
		{"new", client.NewNamedFile("a.txt", "text/plain", []byte("hello")),
			`{"filename":"a.txt","content-type":"text/plain","data":"aGVsbG8=","encoding":"base64"}`},
		{"new and empty", client.NewNamedFile("a.txt", "text/plain", nil),
			`{"filename":"a.txt","content-type":"text/plain","data":"","encoding":"base64"}`},
		{"image", client.NewNamedImage("a.png", "image/png", []byte{1}),
			`{"filename":"a.png","content-type":"image/png","data":"AQ==","encoding":"base64"}`},
		{"none", client.File{}, `{}`},
	}
	for _, tt := range tests {
		data, err := json.Marshal(tt.file)
		require.NoError(t, err, tt.name)
		assert.JSONEq(t, tt.want, string(data), tt.name)
	}

	// One that was read has no data, so that the stored one is kept.
	const read = `{"filename":"a.png","content-type":"image/png","size":3,"width":1,"height":2,"download":"u",
		"scales":{"icon":{"download":"v","width":1,"height":2}}}`
	var image client.NamedImage
	requireStrict(t, []byte(read), &image)
	assert.Equal(t, client.ImageScale{Download: "v", Width: 1, Height: 2}, image.Scales["icon"])
	data, err := json.Marshal(image)
	require.NoError(t, err)
	assert.JSONEq(t, read, string(data))
}

func TestRichText_arrivesAsItIs(t *testing.T) {
	t.Parallel()
	text := client.RichText{Data: `<p>&lt;b&gt; &amp;amp; "x"</p>`, ContentType: "text/html"}
	data, err := json.Marshal(text)
	require.NoError(t, err)
	var wire map[string]string
	require.NoError(t, json.Unmarshal(data, &wire))
	assert.Equal(t, map[string]string{
		"data": `<p>&amp;lt;b&amp;gt; &amp;amp;amp; "x"</p>`, "content-type": "text/html",
	}, wire, "the server unescapes once")
	var got client.Document
	requireStrict(t, []byte(`{"text":{"data":"<p>&lt;</p>","content-type":"text/html","encoding":"utf-8"}}`), &got)
	assert.Equal(t, "<p>&lt;</p>", got.Text.Data)
}

func TestContent_oddValues(t *testing.T) {
	t.Parallel()
	var got client.Collection
	requireStrict(t, []byte(`{
		"@id": "u", "title": null, "subjects": null, "language": "", "lock": {}, "previous_item": {}, "next_item": null,
		"parent": {}, "exclude_from_nav": 1, "allow_discussion": null, "versioning_enabled": 0, "effective": null,
		"blocks": null, "blocks_layout": null, "relatedItems": null, "preview_image_link": null, "preview_image": null,
		"working_copy": null, "working_copy_of": null, "review_state": null, "text": null, "query": null, "limit": null,
		"sort_reversed": null, "batching": null, "items_total": null, "@components": null,
		"items": [{"@id": "v", "getObjSize": null, "image_scales": null, "effective": null, "title": null},
			{"@id": "w", "image_scales": {}}]
	}`), &got)
	assert.True(t, bool(got.ExcludeFromNav))
	got.URL, got.ExcludeFromNav = "", false
	require.Len(t, got.Items, 2)
	got.Items = nil
	assert.Equal(t, client.Collection{}, got)
}

func TestContent_sendsWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{
		"Document": client.Document{}, "NewsItem": client.NewsItem{}, "Event": client.Event{}, "Link": client.Link{},
		"File": client.File{}, "Image": client.Image{}, "Folder": client.Folder{}, "Collection": client.Collection{},
		"Site": client.Site{},
	} {
		data, err := json.Marshal(v)
		require.NoError(t, err, name)
		assert.Equal(t, "{}", string(data), name)
	}
	data, err := json.Marshal(client.Content{Subjects: []string{}, RelatedItems: []client.Summary{{URL: "/news"}}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"subjects":[],"relatedItems":[{"@id":"/news"}]}`, string(data), "an empty list is one")
}
