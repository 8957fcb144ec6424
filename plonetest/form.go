package plonetest

import (
	"net/url"
	"strconv"
	"strings"
)

// form is the query of a request as Zope reads it: a value that was given once is a string, one that was repeated is a
// list; the suffixes :list, :int, :float, :boolean and :string say otherwise.
type form map[string]any

// parseForm fails when a value is not what its suffix says.
func parseForm(query string) (form, error) {
	f := form{}
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(key)
		if err != nil {
			continue
		}
		if value, err = url.QueryUnescape(value); err != nil {
			continue
		}
		if err := f.add(key, value); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f form) add(key, text string) error {
	name, suffixes, _ := strings.Cut(key, ":")
	var value any = text
	repeated := false
	for suffix := range strings.SplitSeq(suffixes, ":") {
		switch suffix {
		case "tokens": // the words of the text
			words := list{}
			for _, word := range strings.Fields(text) {
				words = append(words, word)
			}
			f[name] = words
			return nil
		case "list", "tuple":
			repeated = true
		case "int", "long":
			i, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			if err != nil {
				return fail("ValueError", "An integer was expected in the value "+repr(text))
			}
			value = i
		case "float":
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				return fail("ValueError", "A floating-point number was expected in the value "+repr(text))
			}
			value = v
		case "boolean":
			value = text != "" && text != "False"
		}
	}
	switch old := f[name].(type) {
	case nil:
		if repeated {
			value = list{value}
		}
		f[name] = value
	case list:
		f[name] = append(old, value)
	default:
		f[name] = list{old, value}
	}
	return nil
}

// has says whether a parameter was given at all.
func (f form) has(name string) bool {
	_, ok := f[name]
	return ok
}

// all are the values of a parameter, however often it was given.
func (f form) all(name string) []string {
	switch v := f[name].(type) {
	case nil:
		return nil
	case list:
		texts := make([]string, 0, len(v))
		for _, item := range v {
			texts = append(texts, str(item))
		}
		return texts
	default:
		return []string{str(v)}
	}
}

// str is Python's str: text without quotes, anything else as its repr.
func str(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return repr(v)
}

// truth reads the words that Plone takes for true and false.
func truth(v any) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(str(v))) {
	case "1", "y", "yes", "t", "true", "active", "enabled", "on":
		return true, true
	case "0", "n", "no", "f", "false", "inactive", "disabled", "off":
		return false, true
	}
	return false, false
}

// pythonInt is Python's int.
func pythonInt(v any) (int, bool) {
	switch v := v.(type) {
	case int64:
		return int(v), true
	case float64:
		return int(v), true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case string:
		i, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(v), "_", ""))
		return i, err == nil
	}
	return 0, false
}

// json reads the body, which has to be an object; an empty one is {}.
func (c *call) json() (dict, error) {
	if len(c.body) == 0 {
		return dict{}, nil
	}
	v, err := parseJSON(c.body)
	if err != nil {
		return nil, fail("DeserializationError", repr("No JSON object could be decoded"))
	}
	d, ok := v.(dict)
	if !ok {
		return nil, fail("DeserializationError", repr("Malformed body"))
	}
	return d, nil
}
