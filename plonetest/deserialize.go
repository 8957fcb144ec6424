package plonetest

import (
	"encoding/base64"
	"html"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// deserialize reads the fields of a schema out of a body and checks them. What it returns is what changes; nothing has
// been changed yet. On creation everything is checked, otherwise only what was sent. Keys that are no fields are
// ignored.
func (c *call) deserialize(o *object, data dict, create bool) (map[string]any, error) {
	changes := map[string]any{}
	var problems []pairs
	for _, set := range o.typ.fieldsets {
		for _, name := range set.fields {
			f := o.typ.field(name)
			sent, given := data[name]
			switch {
			case f.kind == shortName && !c.allowed(c.user, addContent, o):
			case !given:
				if create && f.required && f.kind != date {
					problems = append(problems, fieldError(name, "Required input is missing."))
				}
			case sent == nil && f.required:
				problems = append(problems, pairs{{"field", name},
					{"message", name + " is a required field. Setting it to null is not allowed."},
					{"error", "ValidationError"}})
			case sent == nil:
				if f.kind != shortName {
					changes[name] = f.null()
				}
			default:
				value, err := c.deserializeField(o, f, sent)
				if err, wrong := err.(constraint); wrong {
					problems = append(problems, fieldError(name, string(err)))
					continue
				}
				if err != nil {
					return nil, err
				}
				changes[name] = value
			}
		}
	}
	if start, end := pick(changes, o, "start"), pick(changes, o, "end"); len(problems) == 0 {
		if s, isTime := start.(time.Time); isTime {
			if e, isTime := end.(time.Time); isTime && e.Before(s) {
				problems = append(problems, pairs{{"error", "ValidationError"},
					{"message", "End date must be after start date."}})
			}
		}
	}
	if len(problems) > 0 {
		return nil, invalid(problems)
	}
	return changes, nil
}

func pick(changes map[string]any, o *object, name string) any {
	if v, given := changes[name]; given {
		return v
	}
	return o.get(name)
}

// null is what a field becomes when null is written.
func (f *field) null() any {
	switch f.kind {
	case boolean, jsonObject:
		return nil
	default:
		return f.missing
	}
}

// constraint is why a value does not fit a field; it becomes part of the list of validation errors.
type constraint string

func (c constraint) Error() string { return string(c) }

const (
	required     constraint = "Required input is missing."
	wrongType    constraint = "Object is of wrong type."
	wrongItems   constraint = "Wrong contained type"
	notSatisfied constraint = "Constraint not satisfied"
	valueTooLong constraint = "Value is too long"
	notSafeHTML  constraint = "Not allowed to set content-type text/x-html-safe"
)

// deserializeField turns a JSON value that is not null into that of a field.
func (c *call) deserializeField(o *object, f *field, v any) (any, error) {
	switch f.kind {
	case textLine, shortName:
		value, err := line(v)
		switch {
		case err != nil:
			return nil, err
		case value == "" && f.required:
			return nil, required
		case f.max > 0 && utf8.RuneCountInString(value) > f.max:
			return nil, valueTooLong
		case value == "" && f.kind == textLine:
			return f.missing, nil
		case f.name == "remoteUrl":
			return c.toUID(o, value), nil
		}
		return value, nil
	case text:
		value, isString := v.(string)
		switch {
		case !isString:
			return nil, wrongType
		case f.max > 0 && utf8.RuneCountInString(value) > f.max:
			return nil, valueTooLong
		}
		return value, nil
	case address:
		value, err := line(v)
		if err != nil {
			return nil, err
		}
		if !strings.Contains(value, ":") {
			return nil, fail("Invalid", "URL not accepted")
		}
		return value, nil
	case boolean:
		switch v := v.(type) {
		case string:
			return v == "True" || v == "true", nil
		case dict, list:
			return nil, wrongType
		}
		return v, nil
	case integer:
		n, ok := pythonInt(v)
		if !ok {
			return nil, wrongType
		}
		return int64(n), nil
	case date:
		t, err := dateTime(v)
		if err == nil && f.behavior != "plone.eventbasic" {
			t = t.Truncate(time.Minute) // publication dates have no seconds
		}
		return t, err
	case number:
		return deserializeNumber(v)
	case day:
		return deserializeDay(v)
	case choice:
		return f.choose(v)
	case choices:
		items, isList := v.(list)
		if !isList {
			items = list{v}
		}
		values := make(list, 0, len(items))
		for _, item := range items {
			value, err := f.choose(item)
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
		return values, nil
	case lines:
		return deserializeLines(v)
	case relation:
		return c.relationTo(v)
	case relations:
		items, isList := v.(list)
		if !isList {
			items = list{v}
		}
		uids := make(list, 0, len(items))
		for _, item := range items {
			uid, err := c.relationTo(item)
			if err != nil {
				return nil, err
			}
			// In the folder of a language the field offers what is in there.
			root := o.navigationRoot()
			if target := c.byUID[str(uid)]; root.parent != nil && target.navigationRoot() != root {
				return nil, notSatisfied
			}
			uids = append(uids, uid)
		}
		return uids, nil
	case jsonObject:
		d, err := deserializeJSON(v)
		return c.storeLinks(o, "", d), err
	case richText:
		return deserializeRichText(v)
	default:
		return deserializeFile(o, f, v)
	}
}

// line is a text line: stripped, and without line breaks.
func line(v any) (string, error) {
	value, isString := v.(string)
	switch {
	case !isString:
		return "", wrongType
	case strings.ContainsAny(value, "\r\n"):
		return "", notSatisfied
	}
	return strings.TrimSpace(value), nil
}

// deserializeNumber reads a number with a point, or a string with any number.
func deserializeNumber(v any) (any, error) {
	switch v := v.(type) {
	case float64:
		return v, nil
	case string:
		n, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return nil, constraint("could not convert string to float: " + repr(v))
		}
		return n, nil
	default:
		return nil, wrongType
	}
}

// deserializeDay reads a date without a time. It is kept as it was written.
func deserializeDay(v any) (any, error) {
	s, isString := v.(string)
	if !isString {
		return nil, wrongType
	}
	if _, err := time.Parse(time.DateOnly, s); err == nil {
		return s, nil
	}
	if len(s) > len(time.DateOnly) {
		if _, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)]); err == nil {
			return nil, constraint("unconverted data remains: " + s[len(time.DateOnly):])
		}
	}
	return nil, constraint("time data " + repr(s) + " does not match format '%Y-%m-%d'")
}

// choose finds the value of a term.
func (f *field) choose(v any) (any, error) {
	if d, isDict := v.(dict); isDict && d["token"] != nil {
		v = d["token"]
	}
	for _, t := range f.terms {
		if t.token == v || t.value == v {
			return t.value, nil
		}
	}
	if v == "" && f.missing == "" {
		return "", nil
	}
	return nil, notSatisfied
}

func deserializeLines(v any) (any, error) {
	items, isList := v.(list)
	if !isList {
		items = list{v}
	}
	values := make(list, 0, len(items))
	for _, item := range items {
		if d, isDict := item.(dict); isDict && d["token"] != nil {
			item = d["token"]
		}
		value, err := line(item)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// dateTime reads a date with a time; without a zone it is UTC.
func dateTime(v any) (time.Time, error) {
	s, isString := v.(string)
	if !isString {
		return time.Time{}, fail("TypeError", "Parser must be a string or character stream, not "+className(v))
	}
	t, err := parseDate(s)
	if err != nil {
		return time.Time{}, constraint("Invalid date: " + s)
	}
	return t, nil
}

// parseDate reads the forms of ISO 8601, and some that people write.
func parseDate(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02",
		"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006/01/02", "2006/01/02 15:04:05",
		"2006-01-02T15:04:05-0700", "2006-01-02 15:04:05 -0700", "2006/01/02 15:04:05 MST", "20060102", "2006-01",
		"2006",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, strconv.ErrSyntax
}

// relationTo finds the target of a relation and keeps its UID.
func (c *call) relationTo(v any) (any, error) {
	if d, isDict := v.(dict); isDict {
		v = d["@id"]
		if v == nil {
			v = d["UID"]
		}
	}
	key := str(v)
	if target := c.resolve(key); target != nil {
		return target.uid, nil
	}
	by := "UID"
	switch {
	case strings.HasPrefix(key, c.site.url):
		by = "URL"
	case strings.HasPrefix(key, "/"):
		by = "path"
	}
	return nil, constraint("Could not resolve object for " + key + " (resolved by " + by + ")")
}

// deserializeJSON reads a JSON object; text is read as a literal.
func deserializeJSON(v any) (any, error) {
	if s, isString := v.(string); isString {
		parsed, err := parseJSON([]byte(s))
		if err != nil {
			return nil, fail("SyntaxError", "invalid syntax (<unknown>, line 1)")
		}
		v = parsed
	}
	d, isDict := v.(dict)
	if !isDict {
		return nil, wrongItems
	}
	return d, nil
}

func deserializeRichText(v any) (any, error) {
	contentType, encoding, data := "text/html", "utf-8", v
	if d, isDict := v.(dict); isDict {
		data = d["data"]
		if s, given := d["content-type"].(string); given {
			contentType = s
		}
		if s, given := d["encoding"].(string); given {
			encoding = s
		}
	}
	if contentType == "text/x-html-safe" {
		return nil, notSafeHTML
	}
	s, isString := data.(string)
	if !isString {
		return nil, wrongType
	}
	return dict{"data": html.UnescapeString(s), "content-type": contentType, "encoding": encoding}, nil
}

// deserializeFile reads a file; an object without data leaves the stored one alone.
func deserializeFile(o *object, f *field, v any) (any, error) {
	name, contentType := "", "application/octet-stream"
	var data []byte
	switch v := v.(type) {
	case dict:
		raw, given := v["data"]
		if !given {
			if o.get(f.name) == nil && f.required {
				return nil, required
			}
			return o.get(f.name), nil
		}
		text, _ := raw.(string)
		data = []byte(text)
		switch encoding := v["encoding"]; encoding {
		case nil, "utf-8", "utf8":
		case "base64":
			data = decodeBase64(text)
		default:
			return nil, fail("LookupError", "unknown encoding: "+str(encoding))
		}
		name, _ = v["filename"].(string)
		if s, given := v["content-type"].(string); given {
			contentType = s
		}
	case string:
		data = []byte(v)
	default:
		return nil, fail("ComponentLookupError",
			"(<InterfaceClass plone.namedfile.interfaces.IStorage>, 'builtins."+className(v)+"')")
	}
	if len(data) == 0 {
		if f.required {
			return nil, required
		}
		return f.missing, nil
	}
	return newFile(data, name, contentType), nil
}

// decodeBase64 skips what is not in the alphabet, as Python does.
func decodeBase64(s string) []byte {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '/' {
			return r
		}
		return -1
	}, s)
	data, _ := base64.RawStdEncoding.DecodeString(s)
	return data
}

// className is the name of the Python class of a JSON value.
func className(v any) string {
	switch v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case string:
		return "str"
	case int, int64:
		return "int"
	case float64:
		return "float"
	case list:
		return "list"
	default:
		return "dict"
	}
}

// isFalse is Python's idea of an empty value.
func isFalse(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case int64:
		return v == 0
	case float64:
		return v == 0
	case list:
		return len(v) == 0
	case dict:
		return len(v) == 0
	}
	return false
}

func equal(a, b any) bool {
	if t, isTime := a.(time.Time); isTime {
		u, isTime := b.(time.Time)
		return isTime && t.Equal(u)
	}
	return reflect.DeepEqual(a, b)
}
