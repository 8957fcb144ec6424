package errors

import "strings"

// fieldErrors returns the fields that a literal names, which is JSON or the text
// of a Python value:
//
//	[{'field': 'title', 'message': 'Required input is missing.', …}, …]
//	{'errors': [RequiredMissing('text'), …]}
//	[[{"source": …, "relation": "relatedItems"}, "Target not found."], …]
func fieldErrors(literal string) []FieldError {
	if literal == "" || strings.IndexByte("[{(", literal[0]) < 0 {
		return nil
	}
	value, _ := readLiteral(literal)
	if dict, ok := value.(pyDict); ok {
		if value = dict.get("errors"); value == nil {
			value = []any{dict}
		}
	}
	items, _ := value.([]any)
	var fields []FieldError
	for _, item := range items {
		if field := fieldError(item); field != (FieldError{}) {
			fields = append(fields, field)
		}
	}
	return fields
}

// fieldError returns what one value says about a field; zero when it says
// nothing.
func fieldError(value any) (e FieldError) {
	switch value := value.(type) {
	case string:
		e.Message = value
	case pyDict:
		e.Field, _ = value.get("field").(string)
		e.Message, _ = value.get("message").(string)
		if line, ok := value.get("line_number").(pyNumber); ok { // of a CSV file
			e.Field = "line " + string(line)
		}
		if e.Message == "" {
			e.Message = fieldError(value.get("error")).Message
		}
	case pyCall: // of a zope.schema error: its last argument is the field, after what is wrong
		e.Message = value.name[strings.LastIndexByte(value.name, '.')+1:]
		if n := len(value.args); n > 0 {
			last, _ := value.args[n-1].(string)
			if n > 1 || e.Message == "RequiredMissing" {
				e.Field = last
			} else if last != "" {
				e.Message += ": " + last
			}
		}
	case []any: // what it is about, and what is wrong with that
		if len(value) != 2 {
			return e
		}
		e = fieldError(value[1])
		switch about := value[0].(type) {
		case string:
			e.Field = about
		case pyDict:
			e.Field, _ = about.get("relation").(string)
		}
	}
	return e
}
