package errors

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadLiteral_values(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want any
	}{
		"single quotes":          {`'a "b"'`, `a "b"`},
		"double quotes":          {`"it's"`, `it's`},
		"triple single quotes":   {"'''a\n'b'''", "a\n'b"},
		"triple double quotes":   {`"""a "b" c"""`, `a "b" c`},
		"empty":                  {`''`, ``},
		"text prefix":            {`u'ä'`, `ä`},
		"bytes prefix":           {`b'a\xc3\xa4'`, `aä`},
		"bytes octal":            {`b'\303\244'`, `ä`},
		"no such prefix":         {`f'a'`, nil},
		"adjacent strings":       {"'a' \"b\"\n u'c'", `abc`},
		"adjacent after prefix":  {`b'\xe4' '\xe4'`, "\uFFFDä"},
		"escapes":                {`'\a\b\f\n\r\t\v\\\'\"\/'`, "\a\b\f\n\r\t\v\\'\"/"},
		"hex":                    {`'\x41\xe4'`, `Aä`},
		"u":                      {`'\u00e4\u20ac'`, `ä€`},
		"U":                      {`'\U0001f600'`, `😀`},
		"U beyond Unicode":       {`'\U00110000'`, "\uFFFD"},
		"U beyond an int":        {`'\Uffffffff'`, `\Uffffffff`},
		"octal":                  {`'\101\0\7a\378'`, "A\x00\aa\x1f8"},
		"octal, three digits":    {`'\1011'`, `A1`},
		"octal, not 8":           {`'\8'`, `\8`},
		"JSON pair":              {`"\ud83d\ude00!"`, `😀!`},
		"lone high half":         {`"\ud83dx"`, "\uFFFDx"},
		"lone high half, escape": {`"\ud83d\u0041"`, "\uFFFDA"},
		"high half at the end":   {`"\ud83d`, nil},
		"high half, backslash":   {`"\ud83d\`, nil},
		"high half, no escape":   {`"\ud83dxude00"`, "\uFFFDxude00"},
		"lone low half":          {`"\ude00x"`, "\uFFFDx"},
		"unknown escape":         {`'\q\N{DASH}'`, `\q\N{DASH}`},
		"short hex":              {`'\x4'`, `\x4`},
		"short hex at the end":   {`'\x4`, nil},
		"continued line":         {"'a\\\nb'", `ab`},
		"raw newline":            {"'a\nb'", "a\nb"},
		"not UTF-8":              {"'a\xff'", "a\uFFFD"},
		"unterminated":           {`'a`, nil},
		"unterminated triple":    {`'''a''`, nil},
		"backslash at the end":   {`'a\`, nil},
		"quote at the end":       {`'`, nil},
		"prefix at the end":      {`u`, nil},

		"True":          {`True`, true},
		"False":         {`False`, false},
		"None":          {`[None]`, []any{nil}},
		"true":          {`true`, true},
		"false":         {`false`, false},
		"null":          {`[null]`, []any{nil}},
		"int":           {`0`, pyNumber("0")},
		"negative":      {`-9`, pyNumber("-9")},
		"float":         {`2.5e+3,`, pyNumber("2.5e+3")},
		"hex number":    {`0xff`, pyNumber("0xff")},
		"imaginary":     {`[1j]`, []any{pyNumber("1j")}},
		"grouped":       {`1_000`, pyNumber("1_000")},
		"minus alone":   {`-`, nil},
		"minus a name":  {`-a`, nil},
		"dot":           {`.5`, nil},
		"slash is none": {`/`, nil},
		"colon is none": {`:`, nil},

		"list":                 {` [ 'a' , 'b' ] `, []any{"a", "b"}},
		"empty list":           {`[]`, []any(nil)},
		"trailing comma":       {`['a',]`, []any{"a"}},
		"no comma":             {`['a' 1]`, nil},
		"two commas":           {`['a',,]`, nil},
		"only a comma":         {`[,]`, nil},
		"wrong bracket":        {`['a')`, nil},
		"cut off":              {`['a', `, nil},
		"cut off at once":      {`[`, nil},
		"tuple":                {`('a', 1)`, []any{"a", pyNumber("1")}},
		"tuple of one":         {`('a',)`, []any{"a"}},
		"empty tuple":          {`()`, []any(nil)},
		"brackets":             {`('a' 'b')`, "ab"},
		"bad tuple":            {`('a' 1`, nil},
		"bad tuple of one":     {`('a'`, nil},
		"dict":                 {`{'a': 1, "b" : [2]}`, pyDict{{"a", pyNumber("1")}, {"b", []any{pyNumber("2")}}}},
		"dict, trailing comma": {`{'a': 1,}`, pyDict{{"a", pyNumber("1")}}},
		"dict, odd keys":       {`{('a',): 1, None: 2}`, pyDict{{[]any{"a"}, pyNumber("1")}, {nil, pyNumber("2")}}},
		"empty dict":           {`{}`, pyDict(nil)},
		"dict without value":   {`{'a': }`, nil},
		"dict without comma":   {`{'a': 1 'b': 2}`, nil},
		"dict cut off":         {`{'a': 1`, nil},
		"dict of garbage":      {`{@}`, nil},
		"set":                  {`{'a', 1}`, []any{"a", pyNumber("1")}},
		"set of one":           {`{'a'}`, []any{"a"}},
		"neither dict nor set": {`{'a': 1, 'b'}`, nil},

		"call":              {`RequiredMissing('text')`, pyCall{"RequiredMissing", []any{"text"}}},
		"call of nothing":   {`Unauthorized()`, pyCall{"Unauthorized", nil}},
		"call, one left":    {`Invalid('a',)`, pyCall{"Invalid", []any{"a"}}},
		"call with a space": {`A ( 1 )`, pyCall{"A", []any{pyNumber("1")}}},
		"dotted call":       {`datetime.datetime(2020, 1, tzinfo = None)`, pyCall{"datetime.datetime", []any{pyNumber("2020"), pyNumber("1"), pyPair{"tzinfo", nil}}}},
		"call in call":      {`A(B('c'), d=E())`, pyCall{"A", []any{pyCall{"B", []any{"c"}}, pyPair{"d", pyCall{"E", nil}}}}},
		"call, other name":  {`ÀGröße_1('a')`, pyCall{"ÀGröße_1", []any{"a"}}},
		"keyword, no value": {`A(b=)`, nil},
		"call cut off":      {`A('b'`, nil},
		"bare name":         {`plone`, nil},
		"list of bare name": {`[plone, volto]`, nil},

		"object":               {`WrongType(5, <class 'str'>, 'age')`, pyCall{"WrongType", []any{pyNumber("5"), nil, "age"}}},
		"object in object":     {`[<function <lambda> at 0x7f>, 1]`, []any{nil, pyNumber("1")}},
		"object of nothing":    {`[<>]`, []any{nil}},
		"object cut off alone": {`<class`, nil},
		"object cut off":       {`[<class 'str'`, nil},
		"object, two opens":    {`[<a <b>`, nil},

		"trailing garbage": {`['a'] and more`, []any{"a"}},
		"nothing":          {``, nil},
		"blanks":           {" \t\r\n\f", nil},
		"garbage":          {`@`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := readLiteral(c.in)
			assert.Equal(t, c.want != nil, ok)
			if ok {
				assert.Equal(t, c.want, got)
			}
		})
	}
}

func TestReadLiteral_depth(t *testing.T) {
	t.Parallel()
	nest := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	_, ok := readLiteral(nest(32))
	assert.True(t, ok)
	_, ok = readLiteral(nest(33))
	assert.False(t, ok)
	// Values beside each other do not add up.
	_, ok = readLiteral("[" + strings.Repeat(nest(31)+",", 100) + "]")
	assert.True(t, ok)
	_, ok = readLiteral(strings.Repeat("[{(A(b=", 10000))
	assert.False(t, ok)
}

// Whatever is JSON must be read as encoding/json reads it.
func FuzzPythonLiteral(f *testing.F) {
	for _, seed := range []string{
		`[{'message': 'Required input is missing.', 'field': 'title', 'error': 'ValidationError'}]`,
		`{'errors': [RequiredMissing('text')]}`,
		`{'errors': 'text'}`,
		`[{"field":"a","message":"\u00e4\ud83d\ude00\n"}, null, true, -1.5e-3]`,
		`('a', b'\xff', """x""", <class 'str'>, {1, 2}, {}, A.b(c=d(1)))`,
		`'\x`, `"\`, `'''`, `[[[[`, `{{{{`, `<<>`, `u'`, `-`, "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := readLiteral(s)
		fields := fieldErrors(s)
		if !utf8.ValidString(s) {
			return // how much of it one U+FFFD replaces is anybody's choice
		}
		for _, e := range fields {
			assert.True(t, utf8.ValidString(e.Field) && utf8.ValidString(e.Message))
		}
		decoder := json.NewDecoder(strings.NewReader(s))
		decoder.UseNumber()
		var want any
		if decoder.Decode(&want) != nil || decoder.More() || jsonDepth(want) > maxDepth {
			return
		}
		require.True(t, ok, "%q", s)
		assert.Equal(t, fromJSON(want), normal(got), "%q", s)
	})
}

// jsonDepth is how many values stand in each other.
func jsonDepth(value any) int {
	depth := 0
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			depth = max(depth, jsonDepth(item))
		}
	case map[string]any:
		for _, item := range value {
			depth = max(depth, jsonDepth(item))
		}
	}
	return depth + 1
}

// fromJSON and normal give both readers' values one form.
func fromJSON(value any) any {
	switch value := value.(type) {
	case json.Number:
		return pyNumber(value)
	case []any:
		items := []any{}
		for _, item := range value {
			items = append(items, fromJSON(item))
		}
		return items
	case map[string]any:
		members := map[string]any{}
		for key, item := range value {
			members[key] = fromJSON(item)
		}
		return members
	}
	return value
}

func normal(value any) any {
	switch value := value.(type) {
	case []any:
		items := []any{}
		for _, item := range value {
			items = append(items, normal(item))
		}
		return items
	case pyDict:
		members := map[string]any{}
		for _, pair := range value {
			members[pair.key.(string)] = normal(pair.value)
		}
		return members
	}
	return value
}
