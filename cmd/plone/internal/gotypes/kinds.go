package gotypes

import (
	"strings"

	"plone.example/restapi/client"
)

// kind is how the values of a field look in Go.
type kind struct {
	read  string // type of the member of a struct that is read
	write string // type in the Opt of a body; [tokenType] in place of that of a choice
	zero  string // option of the tag that leaves out a value that is not there
	note  string // what the types do not say
}

// tokenType stands for the type of the tokens of a choice, which depends on its
// vocabulary.
const tokenType = "\x00"

// kinds are the fields that Plone has, by their Factory.
var kinds = map[string]kind{
	client.FactoryTextLine:       {"string", "string", "omitempty", ""},
	client.FactoryText:           {"string", "string", "omitempty", ""},
	client.FactoryEmail:          {"string", "string", "omitempty", ""},
	client.FactoryURL:            {"string", "string", "omitempty", ""},
	client.FactoryPassword:       {"string", "string", "omitempty", ""},
	client.FactoryRichText:       {"client.RichText", "client.RichText", "omitzero", ""},
	client.FactoryInteger:        {"int", "int", "omitempty", ""},
	client.FactoryFloat:          {"client.Float", "client.Float", "omitempty", ""},
	client.FactoryBool:           {"client.Bool", "bool", "omitempty", ""},
	client.FactoryDate:           {"client.Date", "client.Date", "omitzero", ""},
	client.FactoryDatetime:       {"client.Time", "client.Time", "omitzero", ""},
	client.FactoryChoice:         {"client.Term", tokenType, "omitzero", ""},
	client.FactoryRelationChoice: {"client.Summary", "string", "omitzero", "An address, path or UID is enough to write one."},
	"File":                       {"client.NamedFile", "client.NamedFile", "omitzero", ""},
	client.FactoryImage:          {"client.NamedImage", "client.NamedImage", "omitzero", ""},
	client.FactoryJSON:           {"*json.RawMessage", "any", "omitempty", ""},
}

// byType are the kinds of fields with a Factory of an add-on, by their Type, as far
// as that says how their values look.
var byType = map[string]string{
	"boolean": client.FactoryBool,
	"integer": client.FactoryInteger,
	"number":  client.FactoryFloat,
}

// decimal is the kind of numbers that are kept digit by digit.
var decimal = kind{"string", "string", "omitempty", "A decimal number, in digits."}

// unknown is the kind of a field of which the schema says too little.
var unknown = kind{"*json.RawMessage", "any", "omitempty", "The schema does not say what its JSON is like."}

// kindOf finds the kind of a field.
func kindOf(f client.FieldSchema) kind {
	switch {
	case f.Type == "array":
		return many("[]", f.Items)
	case f.Type == "dict" && f.Factory == "":
		if f.ValueType == nil {
			return many("map[string]", nil)
		}
		return many("map[string]", &f.ValueType.Schema)
	case f.Type == "object" && !isFile(f):
		k := unknown
		k.note = "The JSON of an object."
		return k
	case f.Type == "number" && (isText(f.Default) || isText(f.Minimum) || isText(f.Maximum)):
		return decimal // only they have limits that are strings
	}
	if k, found := kinds[f.Factory]; found {
		return k
	}
	if factory, found := byType[f.Type]; found {
		return kinds[factory]
	}
	return unknown
}

// many is the kind of several values; of nil items nothing is known.
func many(prefix string, items *client.FieldSchema) kind {
	item := unknown
	if items != nil {
		item = kindOf(*items)
	}
	// A null among the values is a value.
	return kind{prefix + strings.TrimPrefix(item.read, "*"), prefix + item.write, "omitzero", item.note}
}

// isFile tells the object that is a file from others, which the server calls files
// as well.
func isFile(f client.FieldSchema) bool {
	for name := range f.Properties {
		if strings.HasSuffix(name, ".data") {
			return true
		}
	}
	return false
}

// isText reports whether a value of a schema is a string.
func isText(value []byte) bool { return strings.HasPrefix(string(value), `"`) }
