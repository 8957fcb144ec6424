package plonetest

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// dict and list are JSON values. Leaves are string, bool, nil, int, int64, float64 and time.Time.
type (
	dict = map[string]any
	list = []any
)

// Separators between the entries of objects and arrays: services put a blank after the comma, though a new line
// follows, the view that renders exceptions does not.
const (
	serviceComma   = ", "
	exceptionComma = ","
)

// appendJSON writes v as Plone does: sorted keys, an indentation of two blanks and nothing but ASCII.
func appendJSON(b []byte, v any, comma string, indent int) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		return appendString(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return append(b, pythonFloat(v)...)
	case time.Time:
		return appendString(b, isoTime(v))
	case dict:
		if len(v) == 0 {
			return append(b, "{}"...)
		}
		b = append(b, '{')
		var array [48]string
		keys := slices.AppendSeq(array[:0], maps.Keys(v))
		slices.Sort(keys)
		for i, key := range keys {
			b = appendNewline(b, i, comma, indent+2)
			b = appendString(b, key)
			b = append(b, ": "...)
			b = appendJSON(b, v[key], comma, indent+2)
		}
		return append(appendNewline(b, 0, comma, indent), '}')
	case list:
		return appendList(b, v, comma, indent)
	case []string:
		return appendList(b, v, comma, indent)
	case []dict:
		return appendList(b, v, comma, indent)
	default:
		// Only a handler of this package can get here, so its author sees the mistake in the answer.
		return append(b, "\"unknown value\""...)
	}
}

func appendList[T any](b []byte, v []T, comma string, indent int) []byte {
	if len(v) == 0 {
		return append(b, "[]"...)
	}
	b = append(b, '[')
	for i, item := range v {
		b = appendNewline(b, i, comma, indent+2)
		b = appendJSON(b, item, comma, indent+2)
	}
	return append(appendNewline(b, 0, comma, indent), ']')
}

func appendNewline(b []byte, i int, comma string, indent int) []byte {
	if i > 0 {
		b = append(b, comma...)
	}
	b = append(b, '\n')
	for range indent {
		b = append(b, ' ')
	}
	return b
}

func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	unit := func(b []byte, r rune) []byte {
		return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
	}
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			i += size
			if r > 0xffff {
				r -= 0x10000
				b = unit(unit(b, 0xd800+r>>10), 0xdc00+r&0x3ff)
			} else {
				b = unit(b, r)
			}
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c < ' ' || c == 0x7f:
			b = unit(b, rune(c))
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// pythonFloat writes a number as Python's repr does: always with a point or an exponent.
func pythonFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		format = 'e'
	}
	s := strconv.FormatFloat(f, format, -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

// isoTime writes a time in UTC to the second; Plone never says Z.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }

// parseJSON reads one JSON value; numbers become int64 or float64.
func parseJSON(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, strconv.ErrSyntax
	}
	return numbers(v), nil
}

// numbers replaces every json.Number in v, in place where it can.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64() // out of range: infinite, as in Python
		return f
	case dict:
		for key, item := range v {
			v[key] = numbers(item)
		}
	case list:
		for i, item := range v {
			v[i] = numbers(item)
		}
	}
	return v
}
