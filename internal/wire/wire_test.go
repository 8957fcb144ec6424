package wire_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/internal/wire"
)

// lower is a user's type that says how it is written.
type lower string

func (l lower) MarshalJSON() ([]byte, error) { return json.Marshal(strings.ToLower(string(l))) }

func TestMarshal_writesWhatEncodingJSONWrites(t *testing.T) {
	t.Parallel()
	type embedded struct {
		ID string `json:"id,omitempty"`
	}
	type all struct {
		embedded
		Nil      []string          `json:"nil"`
		Map      map[string]string `json:"map"`
		Empty    []string          `json:"empty,omitempty"`
		Zero     int               `json:"zero,omitempty"`
		False    bool              `json:"false,omitempty"`
		Struct   struct{}          `json:"struct,omitempty"`
		Pointer  *int              `json:"pointer,omitempty"`
		Time     time.Time         `json:"time,omitzero"`
		Duration time.Duration     `json:"duration"`
		Bytes    []byte            `json:"bytes"`
		Array    [3]byte           `json:"array"`
		Quoted   int               `json:"quoted,string"`
		Bool     bool              `json:"bool,string"`
		Text     string            `json:"text,string"`
		Own      lower             `json:"own"`
		Raw      json.RawMessage   `json:"raw"`
		NoRaw    json.RawMessage   `json:"noRaw"`
		Number   json.Number       `json:"number"`
		Any      any               `json:"any"`
		Ignored  string            `json:"-"`
		Bare     float64
		hidden   int
	}
	for name, v := range map[string]any{
		"zero": all{},
		"full": all{
			embedded: embedded{"x"}, Nil: []string{}, Map: map[string]string{"b": "<&>\u2028", "a": "é\ufffd"}, Time: time.Unix(0, 5),
			Duration: time.Second, Bytes: []byte{1, 2, 3}, Quoted: 5, Bool: true, Text: "a\"b", Own: "ABC",
			Raw: json.RawMessage(` { "b" : 1.0 , "a" : [ ] , "<": 1e400 } `), Number: "1.50", Any: []any{json.Number("7"), nil, 1e21, 1e-7, 100.0}, Bare: 1e6, hidden: 1,
		},
		"map":           map[string]any{"z": nil, "a": []string(nil), "m": map[string]any(nil), "n": json.Number("")},
		"text":          "tab\tnul\x00\x7f",
		"keys":          map[int]string{3: "c", 1: "a"},
		"pointer":       &all{},
		"slice":         []any{lower("X"), (*lower)(nil), int64(math.MaxInt64), uint64(math.MaxUint64), float32(0.1)},
		"number itself": json.Number("12345678901234567890"),
		"nil":           nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := json.Marshal(v)
			require.NoError(t, err)
			got, err := wire.Marshal(v)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got))
		})
	}
}

func TestMarshal_refusesWhatIsNotUTF8(t *testing.T) {
	t.Parallel()
	const latin = "Caf\xe9"
	for name, v := range map[string]any{
		"text":    latin,
		"map":     map[string]any{"a": []any{latin}},
		"name":    map[string]int{latin: 1},
		"struct":  struct{ Title string }{latin},
		"raw":     json.RawMessage(`{"a":"` + latin + `"}`),
		"pointer": new(latin),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := wire.Marshal(v)
			require.ErrorContains(t, err, "UTF-8")
		})
	}
	data, err := wire.Marshal("a real \ufffd")
	require.NoError(t, err)
	assert.Equal(t, `"a real `+"\ufffd"+`"`, string(data))
	_, err = wire.Marshal(json.Number("1;2"))
	require.Error(t, err)
}

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	type value struct {
		UID    string      `json:"UID"`
		Number json.Number `json:"number"`
		Any    any         `json:"any"`
		Price  float64     `json:"price"`
		Count  int         `json:"count,string"`
	}
	tests := []struct {
		name, in, fails string
		want            value
	}{
		{name: "exact names", in: `{"uid": "jdoe", "UID": "1", "Uid": 5}`, want: value{UID: "1"}},
		{name: "the last of two", in: `{"UID": "1", "UID": "2"}`, want: value{UID: "2"}},
		{name: "a number as text", in: `{"number": 1.50, "any": 1}`, want: value{Number: "1.50", Any: 1.0}},
		{name: "null", in: `{"number": null, "UID": null}`},
		{name: "a quoted number", in: `{"count": "12"}`, want: value{Count: 12}},
		{name: "a number that is too large", in: `{"any": {"a": [1e400, 1]}, "price": -1e400}`,
			want: value{Any: map[string]any{"a": []any{nil, 1.0}}}},
		{name: "a member of somebody else", in: `{"price": "dear"}`, fails: "/price"},
		{name: "not UTF-8", in: "{\"UID\": \"Caf\xe9\"}", fails: "UTF-8"},
		{name: "cut off", in: `{"UID": "1"`, fails: "EOF"},
		{name: "empty", fails: "EOF"},
		{name: "two values", in: `{} {}`, fails: "after top-level value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got value
			err := wire.Unmarshal([]byte(tt.in), &got)
			if tt.fails != "" {
				require.ErrorContains(t, err, tt.fails)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		``:                     ``,
		"\xef\xbb\xbf":         ``,
		"\xef\xbb\xbf{}":       `{}`,
		"\xef\xbb\xbf[NaN]":    `[null]`,
		`NaN`:                  `null`,
		`[NaN,-1,-Infinity]`:   `[null,-1,null]`,
		`{"NaN":Infinity}`:     `{"NaN":null}`,
		`["\"NaN", "\\",NaN ]`: `["\"NaN", "\\",null ]`,
		`{"a":"Infinity`:       `{"a":"Infinity`,
		`{"a":NaN,"b":"cut`:    `{"a":null,"b":"cut`,
		`[-Infinit`:            `[-Infinit`,
	} {
		assert.Equal(t, want, string(wire.Clean([]byte(in))), in)
		got, err := io.ReadAll(wire.NewReader(iotest.OneByteReader(strings.NewReader(in))))
		require.NoError(t, err)
		assert.Equal(t, want, string(got), in)
	}
	data := []byte(`{"plain": 1, "text": "Nan"}`)
	assert.Same(t, &data[0], &wire.Clean(data)[0], "copied for nothing")
}

func TestNewReader_longBodies(t *testing.T) {
	t.Parallel()
	item := `{"x": NaN, "text": "` + strings.Repeat(`NaN \" `, 5000) + `"},`
	want := strings.Replace(item, "NaN", "null", 1)
	got, err := io.ReadAll(wire.NewReader(strings.NewReader(strings.Repeat(item, 50))))
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat(want, 50), string(got))
	_, err = io.ReadAll(wire.NewReader(iotest.ErrReader(io.ErrUnexpectedEOF)))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestMembers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a": 1, "b": {"c": [2]}, "a": "x"}`: `a=1 b={"c": [2]} a="x" `,
		`{"a": 1, "b": "cut`:                  `a=1 `,
		`{"a": 1, "b`:                         `a=1 `,
		`{"a": NaN, "b": [1`:                  `a=null `,
		"\xef\xbb\xbf {\"a\": \"Caf\xe9\"}":   "a=\"Caf\xe9\" ",
		`{"\u0061": 1} {`:                     `a=1 `,
		`{}`:                                  ``,
		`{`:                                   ``,
	} {
		var got bytes.Buffer
		assert.True(t, members([]byte(in), func(name, value []byte) { got.WriteString(string(name) + "=" + string(value) + " ") }), in)
		assert.Equal(t, want, got.String(), in)
	}
	for _, in := range []string{``, `[1]`, `"a"`, `null`, `<html>`} {
		assert.False(t, members([]byte(in), func([]byte, []byte) { t.Error("a member") }), in)
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{`[NaN,"NaN",-Infinity,-1]`, "\xef\xbb\xbf{}", `{"a":"\"`, `"\\",Infinity`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		clean := wire.Clean(data)
		if wire.Valid(data) && !bytes.Equal(clean, data) {
			t.Errorf("%q became %q", data, clean)
		}
		streamed, err := io.ReadAll(wire.NewReader(iotest.HalfReader(bytes.NewReader(data))))
		if err != nil || !bytes.Equal(clean, streamed) {
			t.Errorf("%q in a stream, %q as a whole, %v", streamed, clean, err)
		}
	})
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "application/json", "application/json; charset=UTF-8", `application/json; charset="us-ascii"`, "nonsense;;"} {
		got, err := wire.Decode(contentType, strings.NewReader("é"))
		require.NoError(t, err)
		text, _ := io.ReadAll(got)
		assert.Equal(t, "é", string(text), contentType)
	}
	got, err := wire.Decode("application/json; charset=ISO-8859-1", iotest.DataErrReader(strings.NewReader("Caf\xe9 \xe9\xe9")))
	require.NoError(t, err)
	text, err := io.ReadAll(iotest.OneByteReader(got))
	require.NoError(t, err)
	assert.Equal(t, "Café éé", string(text))
	_, err = wire.Decode("application/json; charset=Shift_JIS", nil)
	require.ErrorContains(t, err, "shift_jis")
}
