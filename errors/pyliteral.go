package errors

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how many values of a literal may stand in each other.
const maxDepth = 32

// A literal is the text that Python prints for a value. Plone puts it into
// messages where others would put JSON, which is nearly a literal as well: the
// reader takes the true, false, null and \/ of JSON too.
//
// The values are string, bool, nil, pyNumber, pyDict, pyCall, and []any for a
// list, a tuple or a set. The print of an object, like <class 'str'>, is nil.
type (
	pyNumber string // as written
	pyDict   []pyPair
	pyPair   struct{ key, value any }
	pyCall   struct { // of a constructor, as in RequiredMissing('title')
		name string
		args []any // a keyword argument is a pyPair
	}
)

// get returns the value of the first pair with this key; nil when there is none.
func (d pyDict) get(key string) any {
	for _, pair := range d {
		if pair.key == any(key) {
			return pair.value
		}
	}
	return nil
}

// readLiteral returns the value that s starts with; ok is false when it cannot
// be read. What follows the value does not matter.
func readLiteral(s string) (value any, ok bool) {
	r := literalReader{rest: s}
	return r.value()
}

// literalReader reads from the start of rest. Its methods skip space first.
type literalReader struct {
	rest  string
	depth int
}

func (r *literalReader) value() (value any, ok bool) {
	r.depth++
	defer func() { r.depth-- }()
	if r.depth > maxDepth {
		return nil, false
	}
	if prefix, ok := r.takePrefix(); ok {
		return r.text(prefix)
	}
	switch {
	case r.take("["):
		items, _, ok := r.items("]")
		return items, ok
	case r.take("("):
		items, commas, ok := r.items(")")
		if ok && len(items) == 1 && commas == 0 { // brackets around a value
			return items[0], true
		}
		return items, ok
	case r.take("{"):
		return r.dictOrSet()
	case r.take("<"):
		return nil, r.object()
	}
	if number := r.takeNumber(); number != "" {
		return number, true
	}
	switch name := r.takeName(); name {
	case "True", "true":
		return true, true
	case "False", "false":
		return false, true
	case "None", "null":
		return nil, true
	default:
		if name == "" || !r.take("(") {
			return nil, false
		}
		args, _, ok := r.items(")")
		return pyCall{name: name, args: args}, ok
	}
}

// items reads what stands before closing, which ends a list, a tuple or the
// arguments of a call.
func (r *literalReader) items(closing string) (items []any, commas int, ok bool) {
	for !r.take(closing) {
		item, ok := r.argument()
		if !ok {
			return nil, commas, false
		}
		items = append(items, item)
		if !r.take(",") {
			return items, commas, r.take(closing)
		}
		commas++
	}
	return items, commas, true
}

// argument reads a value, or a keyword and its value.
func (r *literalReader) argument() (any, bool) {
	start := r.rest
	if name := r.takeName(); name != "" && r.take("=") {
		value, ok := r.value()
		return pyPair{key: name, value: value}, ok
	}
	r.rest = start
	return r.value()
}

// dictOrSet reads what stands before the closing brace.
func (r *literalReader) dictOrSet() (any, bool) {
	var dict pyDict
	var set []any
	for !r.take("}") {
		key, ok := r.value()
		if !ok {
			return nil, false
		}
		if r.take(":") {
			value, ok := r.value()
			if !ok {
				return nil, false
			}
			dict = append(dict, pyPair{key: key, value: value})
		} else {
			set = append(set, key)
		}
		if !r.take(",") {
			if !r.take("}") {
				return nil, false
			}
			break
		}
	}
	if set != nil {
		return set, dict == nil
	}
	return dict, true
}

// object reads what stands before the bracket that ends the print of an object.
func (r *literalReader) object() bool {
	for open := 1; open > 0; {
		i := strings.IndexAny(r.rest, "<>")
		if i < 0 {
			return false
		}
		if r.rest[i] == '<' {
			open++
		} else {
			open--
		}
		r.rest = r.rest[i+1:]
	}
	return true
}

// text reads a string, and those that follow it without a comma.
func (r *literalReader) text(prefix string) (string, bool) {
	var b strings.Builder
	for ok := true; ok; prefix, ok = r.takePrefix() {
		if !r.quoted(&b, prefix == "b") {
			return "", false
		}
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD"), true
}

// quoted writes the string that rest starts with to b.
func (r *literalReader) quoted(b *strings.Builder, bytes bool) bool {
	quote := r.rest[:1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(r.rest, triple) {
		quote = triple
	}
	r.rest = r.rest[len(quote):]
	for r.rest != "" {
		switch {
		case strings.HasPrefix(r.rest, quote):
			r.rest = r.rest[len(quote):]
			return true
		case r.rest[0] != '\\' || len(r.rest) == 1:
			b.WriteByte(r.rest[0])
			r.rest = r.rest[1:]
		default:
			r.escape(b, bytes)
		}
	}
	return false
}

// escape writes what the escape that rest starts with stands for. One that
// Python does not know stands for itself.
func (r *literalReader) escape(b *strings.Builder, bytes bool) {
	const letters, controls = "abfnrtv\\'\"/", "\a\b\f\n\r\t\v\\'\"/"
	c := r.rest[1]
	if i := strings.IndexByte(letters, c); i >= 0 {
		b.WriteByte(controls[i])
		r.rest = r.rest[2:]
		return
	}
	if c == '\n' { // the string goes on in the next line
		r.rest = r.rest[2:]
		return
	}
	code, rest, ok := cutCode(r.rest)
	switch {
	case !ok:
		b.WriteByte('\\')
		r.rest = r.rest[1:]
		return
	case bytes:
		b.WriteByte(byte(code))
	case utf16.IsSurrogate(code):
		// JSON writes the characters beyond U+FFFF as two escapes.
		low, after, _ := cutCode(rest)
		if code = utf16.DecodeRune(code, low); code != utf8.RuneError {
			rest = after
		}
		b.WriteRune(code)
	default:
		b.WriteRune(code)
	}
	r.rest = rest
}

// cutCode splits s after the escape of a character by its number that it starts
// with: \x41, \u0041, \U00000041 or \101.
func cutCode(s string) (code rune, rest string, ok bool) {
	if len(s) < 2 || s[0] != '\\' {
		return 0, s, false
	}
	digits := s[2:]
	size := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
	base := 16
	if size == 0 {
		digits, base = s[1:], 8
		for size < min(len(digits), 3) && '0' <= digits[size] && digits[size] <= '7' {
			size++
		}
	}
	if size > len(digits) {
		return 0, s, false
	}
	n, err := strconv.ParseUint(digits[:size], base, 31)
	if err != nil {
		return 0, s, false
	}
	return rune(n), digits[size:], true
}

// take reports whether rest starts with token, and if so moves behind it.
func (r *literalReader) take(token string) (ok bool) {
	r.space()
	r.rest, ok = strings.CutPrefix(r.rest, token)
	return ok
}

// takePrefix reports whether rest starts with a string, and if so moves to its
// quote. prefix is the letter before that: "u", "b" or none.
func (r *literalReader) takePrefix() (prefix string, ok bool) {
	r.space()
	rest := r.rest
	if rest != "" && (rest[0] == 'u' || rest[0] == 'b') {
		rest = rest[1:]
	}
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return "", false
	}
	prefix, r.rest = r.rest[:len(r.rest)-len(rest)], rest
	return prefix, true
}

// takeNumber moves behind a number, which may be of any form: 1, -2.5e+3, 0xff, 1j.
func (r *literalReader) takeNumber() pyNumber {
	r.space()
	n := 0
	if strings.HasPrefix(r.rest, "-") {
		n++
	}
	if n == len(r.rest) || r.rest[n] < '0' || r.rest[n] > '9' {
		return ""
	}
	for n < len(r.rest) && (isAlnum(r.rest[n]) || strings.IndexByte("+-._", r.rest[n]) >= 0) {
		n++
	}
	number := r.rest[:n]
	r.rest = r.rest[n:]
	return pyNumber(number)
}

// takeName moves behind a name, which may be dotted.
func (r *literalReader) takeName() string {
	r.space()
	n := 0
	for n < len(r.rest) && (isAlnum(r.rest[n]) || r.rest[n] >= utf8.RuneSelf || strings.IndexByte("_.", r.rest[n]) >= 0) {
		n++
	}
	name := r.rest[:n]
	r.rest = r.rest[n:]
	return name
}

func (r *literalReader) space() { r.rest = strings.TrimLeft(r.rest, " \t\r\n\f") }
