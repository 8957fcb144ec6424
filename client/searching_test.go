package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

const noHits = `{"@id":"u","items":[],"items_total":0}`

// TestConditions_wire shows what each operation sends in either search; nil is
// one that it does not have.
func TestConditions_wire(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))
	const utc = "2026-03-04T04:06:07+00:00"
	tests := []struct {
		condition client.Condition
		search    url.Values
		criteria  string
	}{
		{client.FieldIndex("f").Is("a", "b"), url.Values{"f": {"a", "b"}}, `[{"i":"f","o":"selection.any","v":["a","b"]}]`},
		{client.FieldIndex("f").IsNot("a"), url.Values{"f.query:tokens": {""}, "f.not": {"a"}}, `[{"i":"f","o":"selection.none","v":["a"]}]`},
		{client.FieldIndex("f").From("a"), url.Values{"f.query": {"a"}, "f.range": {"min"}}, ``},
		{client.FieldIndex("f").To("b"), url.Values{"f.query": {"b"}, "f.range": {"max"}}, ``},
		{client.FieldIndex("f").Between("a", "b"), url.Values{"f.query": {"a", "b"}, "f.range": {"min:max"}}, ``},
		{client.FieldIndex("f").CurrentUser(), nil, `[{"i":"f","o":"string.currentUser"}]`},
		{client.IntIndex("n").Is(0, -1), url.Values{"n.query:int": {"0", "-1"}}, `[{"i":"n","o":"int.is","v":[0,-1]}]`},
		{client.IntIndex("n").From(1), url.Values{"n.query:int": {"1"}, "n.range": {"min"}}, `[{"i":"n","o":"int.largerThan","v":1}]`},
		{client.IntIndex("n").To(2), url.Values{"n.query:int": {"2"}, "n.range": {"max"}}, `[{"i":"n","o":"int.lessThan","v":2}]`},
		{client.IntIndex("n").Between(1, 2), url.Values{"n.query:int": {"1", "2"}, "n.range": {"min:max"}}, `[{"i":"n","o":"int.largerThan","v":1},{"i":"n","o":"int.lessThan","v":2}]`},
		{client.KeywordIndex("k").Any("a"), url.Values{"k": {"a"}}, `[{"i":"k","o":"selection.any","v":["a"]}]`},
		{client.KeywordIndex("k").All("a", "b"), url.Values{"k.query": {"a", "b"}, "k.operator": {"and"}}, `[{"i":"k","o":"selection.all","v":["a","b"]}]`},
		{client.KeywordIndex("k").None("a"), url.Values{"k.query:tokens": {""}, "k.not": {"a"}}, `[{"i":"k","o":"selection.none","v":["a"]}]`},
		{client.BoolIndex("b").Is(true), url.Values{"b": {"true"}}, `[{"i":"b","o":"boolean.isTrue"}]`},
		{client.BoolIndex("b").Is(false), url.Values{"b": {"false"}}, `[{"i":"b","o":"boolean.isFalse"}]`},
		{client.DateIndex("d").Since(at), url.Values{"d.query": {utc}, "d.range": {"min"}}, `[{"i":"d","o":"date.largerThan","v":"` + utc + `"}]`},
		{client.DateIndex("d").Until(at), url.Values{"d.query": {utc}, "d.range": {"max"}}, `[{"i":"d","o":"date.lessThan","v":"` + utc + `"}]`},
		{client.DateIndex("d").Between(at, at), url.Values{"d.query": {utc, utc}, "d.range": {"min:max"}}, `[{"i":"d","o":"date.between","v":["` + utc + `","` + utc + `"]}]`},
		{client.DateIndex("d").Today(), nil, `[{"i":"d","o":"date.today"}]`},
		{client.DateIndex("d").BeforeToday(), nil, `[{"i":"d","o":"date.beforeToday"}]`},
		{client.DateIndex("d").AfterToday(), nil, `[{"i":"d","o":"date.afterToday"}]`},
		{client.DateIndex("d").LastDays(3), nil, `[{"i":"d","o":"date.largerThanRelativeDate","v":3}]`},
		{client.DateIndex("d").NextDays(3), nil, `[{"i":"d","o":"date.lessThanRelativeDate","v":3}]`},
		{client.DateIndex("d").BeforeLastDays(3), nil, `[{"i":"d","o":"date.beforeRelativeDate","v":3}]`},
		{client.DateIndex("d").AfterNextDays(3), nil, `[{"i":"d","o":"date.afterRelativeDate","v":3}]`},
		{client.DateRangeIndex("r").Includes(at), url.Values{"r": {utc}}, ``},
		{client.TextIndex("t").Contains("a b*"), url.Values{"t": {"a b*"}}, `[{"i":"t","o":"string.contains","v":"a b*"}]`},
		{client.UIDIndex("u").Is("x"), url.Values{"u": {"x"}}, `[{"i":"u","o":"selection.any","v":["x"]}]`},
		{client.UIDIndex("u").IsNot("x"), url.Values{"u.query:tokens": {""}, "u.not": {"x"}}, `[{"i":"u","o":"selection.none","v":["x"]}]`},
		{client.IndexPath.Under("news/a b", 0), nil, `[{"i":"path","o":"string.absolutePath","v":"/news/a b"}]`},
		{client.IndexPath.Under(mockSite+"/a%20b", 2), nil, `[{"i":"path","o":"string.absolutePath","v":"/a b::2"}]`},
		{client.IndexPath.Under("/", 1), nil, `[{"i":"path","o":"string.absolutePath","v":"/::1"}]`},
		{client.IndexPath.Relative("../a", 1), nil, `[{"i":"path","o":"string.relativePath","v":"../a::1"}]`},
	}
	for _, tt := range tests {
		c, m := mock(t)
		var got url.Values
		m.RegisterResponder("GET", mockSite+"/@search", func(r *http.Request) (*http.Response, error) {
			got = r.URL.Query()
			return jsonAnswer(200, noHits)(r)
		})
		for _, err := range c.Search.All(t.Context(), "/", client.SearchOptions{Where: []client.Condition{tt.condition}}) {
			require.ErrorContains(t, err, "is one for QueryAll")
		}
		got.Del("b_start")
		got.Del("b_size")
		got.Del("metadata_fields")
		assert.Equal(t, tt.search, got)

		var body struct {
			Query []struct {
				I string `json:"i"`
				O string `json:"o"`
				V any    `json:"v,omitempty"`
			} `json:"query"`
		}
		m.RegisterResponder("POST", mockSite+"/@querystring-search", func(r *http.Request) (*http.Response, error) {
			data, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(data, &body))
			return jsonAnswer(200, noHits)(r)
		})
		for _, err := range c.Search.QueryAll(t.Context(), "/", client.QueryOptions{Where: []client.Condition{tt.condition}}) {
			require.ErrorContains(t, err, "is one for All")
		}
		if tt.criteria == "" {
			assert.Empty(t, body.Query)
			continue
		}
		for i := range body.Query {
			const prefix = "plone.app.querystring.operation."
			require.Contains(t, body.Query[i].O, prefix)
			body.Query[i].O = body.Query[i].O[len(prefix):]
		}
		data, err := json.Marshal(body.Query)
		require.NoError(t, err)
		assert.JSONEq(t, tt.criteria, string(data))
	}
}

// A query by POST only reads, so that it is repeated like a GET, each batch with
// the whole body.
func TestSearch_QueryAll_repeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		var bodies []string
		m.RegisterResponder("POST", mockSite+"/@querystring-search", func(r *http.Request) (*http.Response, error) {
			data, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			bodies = append(bodies, r.URL.Query().Get("b_start")+string(data))
			switch len(bodies) {
			case 1:
				return jsonAnswer(502, "")(r)
			case 2:
				return jsonAnswer(200, `{"@id":"u","items":[{"@id":"a"}],"items_total":2}`)(r)
			default:
				return jsonAnswer(200, `{"@id":"u","items":[{"@id":"b"}],"items_total":2}`)(r)
			}
		})
		var ids []string
		o := client.QueryOptions{PageSize: 1, Limit: 9, Where: []client.Condition{client.IndexReviewState.Is("private")}}
		for item, err := range c.Search.QueryAll(t.Context(), "/", o) {
			require.NoError(t, err)
			ids = append(ids, item.URL)
		}
		assert.Equal(t, []string{"a", "b"}, ids)
		const body = `{"query":[{"i":"review_state","o":"plone.app.querystring.operation.selection.any","v":["private"]}],"limit":9}`
		assert.Equal(t, []string{"0" + body, "0" + body, "1" + body}, bodies)
	})
}
