package plonetest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// pairs is a Python dict with the order in which its keys were set.
type pairs []pair

type pair struct {
	key   string
	value any
}

// python is text that stands in a repr without quotes, like the name of a class.
type python string

// repr writes v as Python's repr does. Plone puts such text into error messages.
func repr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return reprString(v)
	case python:
		return string(v)
	case float64:
		return pythonFloat(v)
	case pairs:
		parts := make([]string, len(v))
		for i, p := range v {
			parts[i] = repr(p.key) + ": " + repr(p.value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case dict:
		sorted := make(pairs, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			sorted = append(sorted, pair{key, v[key]})
		}
		return repr(sorted)
	case list:
		return reprList(v)
	case []string:
		return reprList(v)
	case []pairs:
		return reprList(v)
	default:
		return fmt.Sprint(v)
	}
}

func reprList[T any](v []T) string {
	parts := make([]string, len(v))
	for i, item := range v {
		parts[i] = repr(item)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// reprString prefers single quotes and takes double ones for text with an apostrophe and no double quote.
func reprString(s string) string {
	quote := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, r := range s {
		switch {
		case r == quote || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xff:
			b.WriteString(`\x`)
			b.WriteString(hexDigits(r, 2))
		case r <= 0xffff:
			b.WriteString(`\u`)
			b.WriteString(hexDigits(r, 4))
		default:
			b.WriteString(`\U`)
			b.WriteString(hexDigits(r, 8))
		}
	}
	b.WriteRune(quote)
	return b.String()
}

// unicodeEscape is the codec of that name, which makes the tokens of choices that a field lists itself.
func unicodeEscape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r >= ' ' && r < 0x7f:
			b.WriteRune(r)
		case r <= 0xff:
			b.WriteString(`\x` + hexDigits(r, 2))
		case r <= 0xffff:
			b.WriteString(`\u` + hexDigits(r, 4))
		default:
			b.WriteString(`\U` + hexDigits(r, 8))
		}
	}
	return b.String()
}

func hexDigits(r rune, width int) string {
	s := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", width-len(s)) + s
}
