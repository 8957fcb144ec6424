package errors

import "strings"

// Challenge is one challenge of a WWW-Authenticate header.
//
// Source: RFC 9110 §11.6.1.
type Challenge struct {
	Scheme  string            // in lower case, like "basic" or "bearer"
	Token68 string            // the token68 form's value; empty when there are parameters
	Params  map[string]string // keys in lower case, values unquoted; nil when there are none
}

// ParseChallenges parses the fields of a WWW-Authenticate header, in their
// order. A value without quotes ends at a blank or a comma. What cannot be understood ends the parsing of its field; the
// challenges before it stay, and so does the scheme that it belongs to.
//
// Source: RFC 9110 §11.6.1.
func ParseChallenges(header []string) []Challenge {
	var challenges []Challenge
	for _, field := range header {
		challenges = parseChallenges(challenges, field)
	}
	return challenges
}

// blanks are the optional white space of a field.
const blanks = " \t"

// parseChallenges appends the challenges of one field.
func parseChallenges(challenges []Challenge, field string) []Challenge {
	var current *Challenge // of this field; the next parameter belongs to it
	for start := true; ; start = false {
		element := strings.TrimLeft(field, blanks+",")
		gap := field[:len(field)-len(element)]
		if gap == "" && !start {
			return challenges
		}
		if current != nil && current.Token68 == "" {
			if key, value, rest, ok := cutParam(element); ok {
				if current.Params == nil {
					current.Params = map[string]string{}
				}
				current.Params[key] = value
				field = rest
				continue
			}
		}
		// A scheme stands at the start of a list element, before a blank, a
		// comma or the end. A blank may also stand before a parameter's "=".
		scheme, rest := cutToken(element)
		next := strings.TrimLeft(rest, blanks)
		switch {
		case scheme == "", !start && !strings.Contains(gap, ","):
			return challenges
		case next == "", next[0] == ',':
		case next[0] == '=', len(next) == len(rest):
			return challenges
		}
		challenges = append(challenges, Challenge{Scheme: strings.ToLower(scheme)})
		current = &challenges[len(challenges)-1]
		current.Token68, field = cutToken68(rest)
	}
}

// cutParam splits s after the auth-param that it starts with.
func cutParam(s string) (key, value, rest string, ok bool) {
	key, rest = cutToken(s)
	rest, ok = strings.CutPrefix(strings.TrimLeft(rest, blanks), "=")
	if key == "" || !ok {
		return "", "", "", false
	}
	rest = strings.TrimLeft(rest, blanks)
	if strings.HasPrefix(rest, `"`) {
		value, rest, ok = cutQuoted(rest)
	} else {
		value, _ = cutToken(rest)
		ok = value != ""
		// A token has no ":" and no "/". Microsoft sends URLs without quotes all the same.
		if end := strings.IndexAny(rest, blanks+","); ok && end >= 0 {
			value, rest = rest[:end], rest[end:]
		} else if ok {
			value, rest = rest, ""
		}
	}
	return strings.ToLower(key), value, rest, ok
}

// cutQuoted splits s after the quoted-string that it starts with; ok is false
// when the closing quote is missing.
func cutQuoted(s string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			i++ // a quoted pair stands for its second half
			if i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// cutToken68 splits s after the blanks and the token68 that it starts with. A
// token68 is all of its list element; otherwise rest is s.
func cutToken68(s string) (token68, rest string) {
	t := strings.TrimLeft(s, blanks)
	n := 0
	for n < len(t) && (isAlnum(t[n]) || strings.IndexByte("-._~+/", t[n]) >= 0) {
		n++
	}
	if n == 0 {
		return "", s
	}
	for n < len(t) && t[n] == '=' {
		n++
	}
	next := strings.TrimLeft(t[n:], blanks)
	if next != "" && next[0] != ',' {
		return "", s
	}
	return t[:n], next
}

// cutToken splits s after the token that it starts with.
func cutToken(s string) (token, rest string) {
	n := 0
	for n < len(s) && (isAlnum(s[n]) || strings.IndexByte("!#$%&'*+-.^_`|~", s[n]) >= 0) {
		n++
	}
	return s[:n], s[n:]
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
