// Package wire says how the module reads and writes JSON: names match exactly, text
// that is not UTF-8 is refused both ways, the last of two members of the same name
// counts, and what Python writes beside JSON is understood. In all else bodies are
// written as encoding/json writes them, nil slices and maps as null, and struct tags
// mean what they mean there.
package wire

import (
	"bytes"
	jsonv1 "encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	legacy "github.com/go-json-experiment/json/v1"
)

var (
	reading = json.JoinOptions(
		legacy.DefaultOptionsV1(),
		jsontext.AllowInvalidUTF8(false),
		json.MatchCaseInsensitiveNames(false),
		legacy.MergeWithLegacySemantics(false), // so that null is zero
		legacy.ReportErrorsWithLegacySemantics(false),
	)
	// withNumbers reads numbers as text as well, which costs a look at each value.
	withNumbers = json.JoinOptions(reading, json.WithUnmarshalers(json.UnmarshalFromFunc(readNumber)))
	// lenient takes struct tags that are not quite right.
	lenient = json.JoinOptions(withNumbers, legacy.ReportErrorsWithLegacySemantics(true))
	// lax takes what it can get.
	lax     = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	writing = json.JoinOptions(
		legacy.DefaultOptionsV1(),
		jsontext.AllowInvalidUTF8(false),
		json.WithMarshalers(json.MarshalToFunc(writeNumber)),
	)
)

// Marshal returns v as JSON.
func Marshal(v any, opts ...json.Options) ([]byte, error) {
	if len(opts) == 0 {
		return json.Marshal(v, writing)
	}
	return json.Marshal(v, writing, json.JoinOptions(opts...))
}

// Unmarshal reads JSON that [Clean] or [NewReader] has seen into v. A member of a
// result of this module that has another shape than expected is left zero, unless the
// result is nothing without it: its "@id", or the "items" of a list. What
// does not fit a type of somebody else is an error.
func Unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v, reading)
	misfit, found := errors.AsType[*json.SemanticError](err)
	if !found {
		return err
	}
	fitting, fits := fit(data, v)
	if !fits {
		misfit.JSONValue = nil // an error tells no secrets
		return err
	}
	return json.Unmarshal(fitting, v, lenient)
}

// NewDecoder returns a decoder of what [NewReader] returns.
func NewDecoder(in io.Reader) *jsontext.Decoder { return jsontext.NewDecoder(in, reading) }

// Valid reports whether data is JSON.
func Valid(data []byte) bool { return jsontext.Value(data).IsValid(reading) }

// Salvage reads what there is of a body that may be cut off, and whose text need not
// be UTF-8, into v, which calls [Members].
func Salvage(data []byte, v json.UnmarshalerFrom) { _ = json.Unmarshal(Clean(data), v, lax) }

// Members calls member with the members of an object, as far as it goes. It reports
// whether in holds an object.
func Members(in *jsontext.Decoder, member func(name, value []byte)) (isObject bool, err error) {
	if in.PeekKind() != '{' {
		return false, in.SkipValue()
	}
	_, err = in.ReadToken()
	for err == nil && in.PeekKind() == '"' {
		var name, value jsontext.Value
		if name, err = in.ReadValue(); err != nil {
			break
		}
		if bytes.IndexByte(name, '\\') >= 0 {
			name, _ = jsontext.AppendUnquote(nil, name)
		} else {
			name = name[1 : len(name)-1]
		}
		// A number at the end may be cut off.
		if value, err = in.ReadValue(); err == nil && (value.Kind() != '0' || in.PeekKind() != jsontext.KindInvalid) {
			member(name, value)
		}
	}
	if err == nil {
		_, err = in.ReadToken()
	}
	return true, err
}

// Text returns the text of a JSON string, with U+FFFD for what is not UTF-8; "" for
// any other value.
func Text(value []byte) string {
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return strings.ToValidUTF8(string(value[1:len(value)-1]), "\uFFFD")
	}
	var text string
	_ = json.Unmarshal(value, &text, lax) // text with a bad escape is no text
	return text
}

// The engine knows json.Number of the standard library only where they are the same.

func writeNumber(out *jsontext.Encoder, n jsonv1.Number) error {
	if n == "" {
		n = "0"
	}
	return out.WriteValue(jsontext.Value(n))
}

func readNumber(in *jsontext.Decoder, n *jsonv1.Number) error {
	value, err := in.ReadValue()
	if err != nil {
		return err
	}
	switch value.Kind() {
	case 'n':
		*n = ""
	case '0':
		*n = jsonv1.Number(value)
	default:
		return errors.New("no number")
	}
	return nil
}
