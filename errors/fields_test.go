package errors

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFieldErrors_literals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want []FieldError
	}{
		"fields": {
			`[{'field': 'title', 'message': 'title is a required field. Setting it to null is not allowed.', 'error': 'ValidationError'}, {'message': "It's wrong.", 'field': 'subjects', 'error': 'ValidationError'}]`,
			[]FieldError{{"title", "title is a required field. Setting it to null is not allowed."}, {"subjects", "It's wrong."}},
		},
		"rule about the whole object": {
			`[{'error': 'ValidationError', 'message': 'End date must be after start date.'}]`,
			[]FieldError{{"", "End date must be after start date."}},
		},
		"error that is not masked":  {`[{'field': 'a', 'message': 'No.', 'error': Invalid('x')}]`, []FieldError{{"a", "No."}}},
		"no message, an error":      {`[{'field': 'a', 'error': WrongType(1, <class 'str'>, 'a')}]`, []FieldError{{"a", "WrongType"}}},
		"no message, an error name": {`[{'field': 'a', 'error': 'ValidationError'}]`, []FieldError{{"a", "ValidationError"}}},
		"message that is no text":   {`[{'field': 'a', 'message': None}]`, []FieldError{{"a", ""}}},
		"field that is no text":     {`[{'field': None, 'message': 'x'}]`, []FieldError{{"", "x"}}},
		"one dict":                  {`{'field': 'a', 'message': 'x'}`, []FieldError{{"a", "x"}}},
		"JSON":                      {`[{"field":"a","message":"\u00e4"}]`, []FieldError{{"a", "ä"}}},
		"tuple":                     {`({'field': 'a', 'message': 'x'},)`, []FieldError{{"a", "x"}}},

		"comment":                     {`{'errors': [RequiredMissing('text')]}`, []FieldError{{"text", "RequiredMissing"}}},
		"dotted exception":            {`[zope.schema.RequiredMissing('text')]`, []FieldError{{"text", "RequiredMissing"}}},
		"value before the field":      {`[ConstraintNotSatisfied('not an address', 'email')]`, []FieldError{{"email", "ConstraintNotSatisfied"}}},
		"value before a bound":        {`[TooShort('abc', 5)]`, []FieldError{{"", "TooShort"}}},
		"exception with a text":       {`[Invalid('End before start')]`, []FieldError{{"", "Invalid: End before start"}}},
		"exception with a number":     {`[Invalid(5)]`, []FieldError{{"", "Invalid"}}},
		"exception with nothing":      {`[Invalid()]`, []FieldError{{"", "Invalid"}}},
		"field and exception":         {`[('title', RequiredMissing('other'))]`, []FieldError{{"title", "RequiredMissing"}}},
		"field and text":              {`[('title', 'Missing.')]`, []FieldError{{"title", "Missing."}}},
		"relation":                    {`[[{"relation":"relatedItems","source":"/nope"},"Source not found."]]`, []FieldError{{"relatedItems", "Source not found."}}},
		"relation without a name":     {`[[{"source":"/nope"},"Source not found."]]`, []FieldError{{"", "Source not found."}}},
		"line of a CSV file":          {`[{"line":"/a;/b","line_number":3,"message":"No such target."}]`, []FieldError{{"line 3", "No such target."}}},
		"texts":                       {`['a', 'b c']`, []FieldError{{"", "a"}, {"", "b c"}}},
		"set of texts":                {`{'a'}`, []FieldError{{"", "a"}}},
		"some that say nothing":       {`[1, None, {}, {'x': 'y'}, (), ('a', 'b', 'c'), [''], 'z']`, []FieldError{{"", "z"}}},
		"text that follows":           {`[{'field': 'a', 'message': 'x'}] (and more)`, []FieldError{{"a", "x"}}},
		"errors that are a text":      {`{'errors': 'Failed in undoing transactions'}`, nil},
		"dict that says nothing":      {`{'a': 'b'}`, nil},
		"empty list":                  {`[]`, nil},
		"list that is cut off":        {`[{'field': 'a', 'message': 'x'}, {'fie`, nil},
		"brackets that are no list":   {`[Errno 2] No such file or directory`, nil},
		"round brackets that are not": {`(unknown) is not a type`, nil},
		"brackets around a text":      {`('a')`, nil},
		"text":                        {`Property '@type' is required`, nil},
		"quoted text":                 {`'Malformed body'`, nil},
		"nothing":                     {``, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, fieldErrors(c.in))
		})
	}
}
