package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"

	"plone.example/restapi/internal/wire"
)

// object passes on the members of an object.
type object struct {
	is     bool
	member func(name, value []byte)
}

func (o *object) UnmarshalJSONFrom(in *jsontext.Decoder) (err error) {
	o.is, err = wire.Members(in, o.member)
	return err
}

func members(data []byte, member func(name, value []byte)) bool {
	o := object{member: member}
	wire.Salvage(data, &o)
	return o.is
}

func TestMembers_everyCut(t *testing.T) {
	t.Parallel()
	type pair struct{ name, value string }
	for name, c := range map[string]struct {
		in   string
		want []pair
	}{
		"no object":            {`[]`, nil},
		"nothing":              {``, nil},
		"blanks":               {` `, nil},
		"only a brace":         {`{`, nil},
		"empty":                {` {}`, nil},
		"every kind":           {"\t\r\n {\"a\":\"x\",\"b\":1.5 , \"c\" : null\n,\"d\":[1,[2]],\"e\":{\"f\":{}},\"g\":true}", []pair{{"a", `"x"`}, {"b", "1.5"}, {"c", "null"}, {"d", "[1,[2]]"}, {"e", `{"f":{}}`}, {"g", "true"}}},
		"blank after a number": {"{\"a\":1\t,\"b\":2\r,\"c\":3 }", []pair{{"a", "1"}, {"b", "2"}, {"c", "3"}}},
		"brackets in strings":  {`{"a}":"]\"}\\","b":["}"]}`, []pair{{"a}", `"]\"}\\"`}, {"b", `["}"]`}}},
		"empty texts":          {`{"":""}`, []pair{{"", `""`}}},
		"what follows":         {`{"a":1}"b":2`, []pair{{"a", "1"}}},
		"cut in a string":      {`{"a":1,"b":"x`, []pair{{"a", "1"}}},
		"cut in an escape":     {`{"a":1,"b":"x\`, []pair{{"a", "1"}}},
		"cut before the quote": {`{"a":1,"b":"x\"`, []pair{{"a", "1"}}},
		"cut in a name":        {`{"a":1,"b`, []pair{{"a", "1"}}},
		"cut after a name":     {`{"a":1,"b"`, []pair{{"a", "1"}}},
		"cut after a colon":    {`{"a":1,"b":`, []pair{{"a", "1"}}},
		"cut in a number":      {`{"a":1,"b":2`, []pair{{"a", "1"}}},
		"cut in a list":        {`{"a":1,"b":[1,2`, []pair{{"a", "1"}}},
		"cut in an object":     {`{"a":1,"b":{"c":2`, []pair{{"a", "1"}}},
		"cut after a value":    {`{"a":1,"b":[2]`, []pair{{"a", "1"}, {"b", "[2]"}}},
		"no colon":             {`{"a" 1,"b":2}`, nil},
		"no value":             {`{"a":,"b":2}`, nil},
		"no value at the end":  {`{"a":}`, nil},
		"a name that is none":  {`{a:1}`, nil},
		"a number as name":     {`{"x":1,5:1}`, []pair{{"x", "1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []pair
			members([]byte(c.in), func(name, value []byte) { got = append(got, pair{string(name), string(value)}) })
			assert.Equal(t, c.want, got)
		})
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		``:            "",
		`null`:        "",
		`5`:           "",
		`["a"]`:       "",
		`""`:          "",
		`"a"`:         "a",
		`"ä"`:         "ä",
		"\"a\xff\"":   "a\uFFFD",
		`"a\n\u00e4"`: "a\nä",
		`"\q"`:        "",
	} {
		assert.Equal(t, want, wire.Text([]byte(in)), in)
	}
}

// Whatever is a JSON object must be read as a whole is read.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{"a":1,"b":"\"","c":[{}]}`, `{"a"`, "{\"a\" :\t5\n}", `{"a":"\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := map[string]string{}
		members([]byte(s), func(name, value []byte) { got[string(name)] = string(value) })
		var object map[string]json.RawMessage
		if wire.Unmarshal([]byte(s), &object) != nil || object == nil {
			return
		}
		want := map[string]string{}
		for key, value := range object {
			want[key] = string(value)
		}
		assert.Equal(t, want, got)
	})
}
