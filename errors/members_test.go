package errors

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMember_reads(t *testing.T) {
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
			for name, value, rest := member(objectOf([]byte(c.in))); len(value) > 0; name, value, rest = member(rest) {
				got = append(got, pair{string(name), string(value)})
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestJSONText_values(t *testing.T) {
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
		assert.Equal(t, want, jsonText([]byte(in)), in)
	}
}

// Whatever is a JSON object must be read as encoding/json reads it.
func FuzzMember(f *testing.F) {
	for _, seed := range []string{`{"a":1,"b":"\"","c":[{}]}`, `{"a"`, "{\"a\" :\t5\n}", `{"a":"\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := map[string]string{}
		for name, value, rest := member(objectOf([]byte(s))); len(value) > 0; name, value, rest = member(rest) {
			require.Less(t, len(rest), len(s))
			var key string
			_ = json.Unmarshal([]byte(`"`+string(name)+`"`), &key)
			got[key] = string(value)
		}
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(s), &object) != nil || object == nil {
			return
		}
		want := map[string]string{}
		for key, value := range object {
			want[key] = string(value)
		}
		assert.Equal(t, want, got)
	})
}
