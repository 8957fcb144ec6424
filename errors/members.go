package errors

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Error bodies are read member by member instead of with json.Unmarshal: a body
// may be cut off and still tell something, the names must match exactly, and a
// traceback is not worth decoding.

// jsonSpace is the white space of JSON.
const jsonSpace = " \t\r\n"

// objectOf returns what follows the opening brace of data; nil when data is not
// an object.
func objectOf(data []byte) []byte {
	data = bytes.TrimLeft(data, jsonSpace)
	if len(data) == 0 || data[0] != '{' {
		return nil
	}
	return data[1:]
}

// member returns the first member of an object that [objectOf] or member has
// opened, and the rest of the object. value is empty at the end of the object,
// and where it is cut off or stops making sense.
func member(object []byte) (name, value, rest []byte) {
	name, rest = jsonValue(bytes.TrimLeft(object, jsonSpace+","))
	if len(name) == 0 || name[0] != '"' {
		return nil, nil, nil
	}
	rest = bytes.TrimLeft(rest, jsonSpace)
	if len(rest) == 0 || rest[0] != ':' {
		return nil, nil, nil
	}
	value, rest = jsonValue(bytes.TrimLeft(rest[1:], jsonSpace))
	return name[1 : len(name)-1], value, rest
}

// jsonValue splits data after the value that it starts with; value is empty when
// there is none or it is cut off. Brackets and quotes are matched, nothing is validated.
func jsonValue(data []byte) (value, rest []byte) {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i++
			for i < len(data) && data[i] != '"' {
				if data[i] == '\\' {
					i++
				}
				i++
			}
			if i >= len(data) {
				return nil, nil
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return data[:i], data[i:]
			}
			depth--
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return data[:i], data[i:]
			}
		default:
			continue // only what follows a number or a name ends it
		}
		if depth == 0 {
			return data[:i+1], data[i+1:]
		}
	}
	return nil, nil
}

// jsonText returns the text of a JSON string; "" for any other value.
func jsonText(value []byte) string {
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return strings.ToValidUTF8(string(value[1:len(value)-1]), "\uFFFD")
	}
	var text string
	_ = json.Unmarshal(value, &text) // text with a bad escape is no text
	return text
}
