package wire

import (
	"bytes"
	"cmp"
	"encoding"
	jsonv1 "encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// results is the package whose types take what a site sends for what it is.
var results = strings.TrimSuffix(reflect.TypeFor[fitter]().PkgPath(), "internal/wire") + "client"

// fit returns data with null for the members that decorate a result in v and do not fit, and
// whether all else fits.
func fit(data []byte, v any) ([]byte, bool) {
	f := fitter{in: jsontext.NewDecoder(bytes.NewBuffer(data), reading), known: map[reflect.Type]map[string]field{}}
	if _, fits := f.value(reflect.TypeOf(v)); !fits || f.err != nil {
		return nil, false
	}
	var fitting []byte
	var end int64
	for _, m := range f.misfits {
		fitting = append(append(fitting, data[end:m.start]...), null...)
		end = m.end
	}
	return append(fitting, data[end:]...), true
}

// fitter holds JSON against a type.
type fitter struct {
	in      *jsontext.Decoder
	known   map[reflect.Type]map[string]field
	misfits []span // in their order
	err     error
}

type span struct{ start, end int64 }

// field is a field of a struct, or of one that is embedded in it.
type field struct {
	reflect.Type
	ours bool
}

// decorates reports whether a field is one of ours without which the result still is
// one. Nothing is without its address, and a list, unlike an object, without items.
func decorates(name string, fields map[string]field) bool {
	_, isObject := fields["@type"]
	isList := name == "items" && fields[name].Kind() == reflect.Slice && !isObject
	return fields[name].ours && name != "@id" && !isList
}

// value reads the next value. It returns where that begins, and whether it fits t
// apart from the misfits.
func (f *fitter) value(t reflect.Type) (start int64, fits bool) {
	for t.Kind() == reflect.Pointer && !decodesItself(t) {
		t = t.Elem()
	}
	own, kind := decodesItself(t), f.in.PeekKind()
	anything := t.Kind() == reflect.Interface && t.NumMethod() == 0
	switch {
	case own:
	case kind == '{' && t.Kind() == reflect.Struct:
		fields := f.fields(t)
		return f.within(func(name string) bool {
			field, known := fields[name]
			if !known {
				f.note(f.in.SkipValue())
				return true
			}
			before := len(f.misfits)
			start, fits := f.value(field.Type)
			if !fits && decorates(name, fields) {
				f.misfits = append(f.misfits[:before], span{start, f.in.InputOffset()})
				return true
			}
			return fits
		})
	case kind == '{' && t.Kind() == reflect.Map, kind == '[' && t.Kind() == reflect.Slice:
		return f.within(func(string) bool {
			_, fits := f.value(t.Elem())
			return fits
		})
	case (kind == '{' || kind == '[') && anything:
		return f.within(func(string) bool {
			_, fits := f.value(t)
			return fits
		})
	}
	value, err := f.in.ReadValue()
	f.note(err)
	start = f.in.InputOffset() - int64(len(value))
	err = json.Unmarshal(value, reflect.New(t).Interface(), withNumbers)
	if kind == '0' && !own && (anything || t.Kind() == reflect.Float64) && errors.Is(err, strconv.ErrRange) {
		// To Python, that is an infinity.
		f.misfits = append(f.misfits, span{start, f.in.InputOffset()})
		return start, true
	}
	return start, err == nil
}

// within reads an object or an array. Each of its values is read by each.
func (f *fitter) within(each func(name string) bool) (start int64, fits bool) {
	token, err := f.in.ReadToken()
	f.note(err)
	start, fits = f.in.InputOffset()-1, true
	inObject := token.Kind() == '{'
	for f.err == nil && f.in.PeekKind() != '}' && f.in.PeekKind() != ']' {
		name := ""
		if inObject {
			token, err := f.in.ReadToken()
			f.note(err)
			name = token.String()
		}
		fits = each(name) && fits
	}
	_, err = f.in.ReadToken()
	f.note(err)
	return start, fits
}

func (f *fitter) note(err error) {
	if f.err == nil {
		f.err = err
	}
}

// fields returns the fields of a struct by their names in JSON.
func (f *fitter) fields(t reflect.Type) map[string]field {
	if fields, found := f.known[t]; found {
		return fields
	}
	fields, seen := map[string]field{}, map[reflect.Type]bool{}
	for level := []reflect.Type{t}; len(level) > 0; {
		var embedded []reflect.Type
		for _, t := range level {
			seen[t] = true
			for i := range t.NumField() {
				member := t.Field(i)
				tag := member.Tag.Get("json")
				name, _, _ := strings.Cut(tag, ",")
				inner := member.Type
				if inner.Kind() == reflect.Pointer {
					inner = inner.Elem()
				}
				switch {
				case tag == "-":
				case member.Anonymous && name == "" && inner.Kind() == reflect.Struct:
					if !seen[inner] {
						embedded = append(embedded, inner)
					}
				case member.IsExported():
					name = cmp.Or(name, member.Name)
					if _, taken := fields[name]; !taken {
						fields[name] = field{member.Type, t.PkgPath() == results}
					}
				}
			}
		}
		level = embedded
	}
	f.known[t] = fields
	return fields
}

func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[jsonv1.Unmarshaler]()) || p.Implements(reflect.TypeFor[json.UnmarshalerFrom]()) ||
		p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}
