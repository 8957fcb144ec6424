package transfer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A difference names its place, and shows two texts that are not the same.
func TestCompare_difference(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("lorem ", 50)
	for _, c := range []struct{ want, got, says string }{
		{`1`, `2`, `sent 1, and the server has 2`},
		{`{"a":{"value":[{"text":"x"},{"text":"y"}]}}`, `{"a":{"value":[{"text":"x"},{"text":"z"}]}}`, `a/value/1/text: sent "y", and the server has "z"`},
		{`{"a":{"value":null}}`, `{"a":{}}`, `a/value: sent null, and the server has nothing`},
		{`{"a":[1]}`, `{"a":[1,{"b":2}]}`, `a/1: sent nothing, and the server has {"b":2}`},
		{`{"a":" x"}`, `{"a":"x"}`, `a: sent " x", and the server has "x"`},
		{`{"a":"` + long + `x"}`, `{"a":"` + long + `y"}`, `a: sent …m lorem lorem lorem x", and the server has …m lorem lorem lorem y"`},
		{`{"a":"x` + long + `"}`, `{"a":"y"}`, `a: sent "x` + long[:77] + `…, and the server has "y"`},
	} {
		d := compare("blocks", decoded(t, c.want), decoded(t, c.got))
		require.NotNil(t, d, c.want)
		assert.Equal(t, c.says, d.String())
	}
}

func TestCompare_same(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, want, got string }{
		{"title", `" x "`, `"x"`},
		{"description", `"a\r\nb"`, `"a\nb"`},
		{"text", `{"data":"<p>a</p>\r\n<p>b</p>\r\n"}`, `{"data":"<p>a</p>\n<p>b</p>"}`},
		{"blocks", `{"a":{"text":"a\r\nb"}}`, `{"a":{"text":"a\nb"}}`},
		{"effective", `"2024-01-01T10:00:59"`, `"2024-01-01T10:00:00+00:00"`},
		{"effective", `"2024-01-01 10:00:00"`, `"2024-01-01T12:00:00+02:00"`},
		{"start", `"2024-01-01T10:00:59"`, `"2024-01-01T10:00:59Z"`},
		{"subjects", `[]`, `null`},
		{"language", `"##DEFAULT##"`, `""`},
	} {
		d := compare(c.name, decoded(t, c.want), decoded(t, c.got))
		assert.Nil(t, d, "%s %v", c.want, d)
	}
	for _, c := range []struct{ name, want, got string }{
		{"effective", `"2024-01-01T10:00:00"`, `"2024-01-01T09:00:00+00:00"`},
		{"start", `"2024-01-01T10:00:59"`, `"2024-01-01T10:00:00Z"`},
		{"title", `"x"`, `null`},
	} {
		assert.NotNil(t, compare(c.name, decoded(t, c.want), decoded(t, c.got)), c.want)
	}
}
