package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// TypeService reads and changes content types. It is safe for concurrent use.
//
// A type has fields of its own, and fields of its behaviors. Only its own can be
// read one by one, changed and removed here.
type TypeService struct{ client *Client }

var (
	listTypes = declare(operation{
		name: "Types.List", method: http.MethodGet, path: "/{path}/@types", want: http.StatusOK, means: lookup,
	})
	getType = declare(operation{
		name: "Types.Get", method: http.MethodGet, path: "/{path}/@types/{type}", want: http.StatusOK, means: lookup,
	})
	getField = declare(operation{
		name: "Types.GetField", method: http.MethodGet, path: "/{path}/@types/{type}/{field}", want: http.StatusOK, means: lookup,
		empty: "the type has no field of its own of that name",
	})
	getFieldset = declare(operation{
		name: "Types.GetFieldset", method: http.MethodGet, path: "/{path}/@types/{type}/{fieldset}", want: http.StatusOK, means: lookup,
		empty: "the type has no fieldset of its own of that name",
	})
	addField = declare(operation{
		name: "Types.AddField", method: http.MethodPost, path: "/@types/{type}", want: http.StatusCreated, means: refusedName,
	})
	addFieldset = declare(operation{
		name: "Types.AddFieldset", method: http.MethodPost, path: "/@types/{type}", want: http.StatusCreated, means: refusedName,
	})
	updateType = declare(operation{
		name: "Types.Update", method: http.MethodPatch, path: "/@types/{type}", want: http.StatusNoContent,
		kind: retry.Repeatable, means: lookup,
	})
	updateField = declare(operation{
		name: "Types.UpdateField", method: http.MethodPatch, path: "/@types/{type}/{field}", want: http.StatusNoContent,
		kind: retry.Repeatable, means: lookup,
	})
	updateFieldset = declare(operation{
		name: "Types.UpdateFieldset", method: http.MethodPatch, path: "/@types/{type}/{fieldset}", want: http.StatusNoContent,
		kind: retry.Repeatable, means: lookup,
	})
	replaceSchema = declare(operation{
		name: "Types.ReplaceSchema", method: http.MethodPut, path: "/@types/{type}", want: http.StatusNoContent, means: lookup,
	})
	deleteField = declare(operation{
		name: "Types.DeleteField", method: http.MethodDelete, path: "/@types/{type}/{field}", want: http.StatusNoContent, means: lookup,
	})
	deleteFieldset = declare(operation{
		name: "Types.DeleteFieldset", method: http.MethodDelete, path: "/@types/{type}/{fieldset}", want: http.StatusNoContent,
		means: lookup,
	})

	// The name is that of the type, or of what is added to it.
	refusedName = []meaning{
		{raised: "KeyError", is: errors.ErrNotFound},
		{raised: "WidgetActionExecutionError", says: "not already used", is: errors.ErrAlreadyExists},
	}
)

// TypeInfo is a content type in a list.
type TypeInfo struct {
	URL     string `json:"@id"`
	ID      string `json:"id"`    // what other calls take, like "News Item"
	Title   string `json:"title"` // in the language of the request
	Addable bool   `json:"addable"`
	// ImmediatelyAddable: it is in the menu, and not behind an item "more".
	ImmediatelyAddable bool `json:"immediately_addable"`
}

func (t *TypeInfo) check() error {
	if t.ID == "" { // its address ends in it
		element := t.URL[strings.LastIndexByte(t.URL, '/')+1:]
		if id, err := url.PathUnescape(element); err == nil {
			t.ID = id
		}
	}
	return requireURL(t.URL)
}

// TypeSchema describes the fields of a content type, or those of users.
type TypeSchema struct {
	Type       string                 `json:"type"`            // "object"
	Title      string                 `json:"title,omitempty"` // in the language of the request
	Properties map[string]FieldSchema `json:"properties"`      // by name; Fieldsets have their order
	Required   []string               `json:"required"`        // names of fields
	Fieldsets  []Fieldset             `json:"fieldsets"`
	Layouts    []string               `json:"layouts,omitempty"` // names of views, the default first
}

func (s *TypeSchema) check() error {
	if s.Properties == nil {
		return errMissing("properties")
	}
	return nil
}

// Fieldset is a tab in the form of a type.
type Fieldset struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Fields      []string `json:"fields"` // names, in their order
	Behavior    string   `json:"behavior,omitempty"`
}

// MarshalJSON implements json.Marshaler. Nil Fields are an empty array; the server
// fails on null.
func (f Fieldset) MarshalJSON() ([]byte, error) {
	type plain Fieldset
	if f.Fields == nil {
		f.Fields = []string{}
	}
	return wire.Marshal(plain(f))
}

// ownFieldset is the Behavior of fieldsets that belong to the type itself; the one
// of its fields has more behind it.
const ownFieldset = "plone.dexterity.schema.generated"

func (f *Fieldset) check() error {
	switch {
	case f.Behavior == "":
		return errMissing("behavior")
	case f.Behavior != ownFieldset:
		return fmt.Errorf("it is a field, not a fieldset: %w", errors.ErrNotFound)
	case f.ID == "":
		return errMissing("id")
	default:
		return nil
	}
}

// FieldSchema describes a field. What does not apply to its kind is zero.
type FieldSchema struct {
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Type        string          `json:"type,omitempty"`    // string, integer, number, boolean, array, object or dict; empty for kinds that have none
	Factory     string          `json:"factory,omitempty"` // kind of field, like [FactoryTextLine]
	Widget      string          `json:"widget,omitempty"`  // how it is edited, like "textarea"
	Behavior    string          `json:"behavior,omitempty"`
	Mode        string          `json:"mode,omitempty"`    // "hidden" for fields that no form shows
	Default     json.RawMessage `json:"default,omitempty"` // in the form in which the field is read; nil for none

	WidgetOptions       map[string]json.RawMessage `json:"widgetOptions,omitempty"`
	MultilingualOptions MultilingualOptions        `json:"multilingual_options,omitzero"`

	// Of text: characters.
	MinLength int `json:"minLength,omitempty"` // 0 for no limit
	MaxLength int `json:"maxLength,omitempty"` // 0 for no limit

	// Of numbers and dates: a JSON number, or a string with a date; nil for no limit.
	Minimum json.RawMessage `json:"minimum,omitempty"`
	Maximum json.RawMessage `json:"maximum,omitempty"`

	// Of arrays.
	Items           *FieldSchema `json:"items,omitempty"`    // of each item; all zero when any is good
	MinItems        int          `json:"minItems,omitempty"` // 0 for no limit
	MaxItems        int          `json:"maxItems,omitempty"` // 0 for no limit
	UniqueItems     bool         `json:"uniqueItems,omitempty"`
	AdditionalItems bool         `json:"additionalItems,omitempty"`

	// Of objects and dicts.
	Properties map[string]FieldSchema `json:"properties,omitempty"` // by name, with that of the field and a dot before
	KeyType    *TypePart              `json:"key_type,omitempty"`
	ValueType  *TypePart              `json:"value_type,omitempty"`

	// Of choices. Where the values are listed, Choices, Enum and EnumNames say the
	// same; otherwise Vocabulary or QuerySource is the address to ask.
	Vocabulary  SourceRef `json:"vocabulary,omitzero"`
	QuerySource SourceRef `json:"querysource,omitzero"` // needs a text to search for
	Choices     []Choice  `json:"choices,omitempty"`
	Enum        []string  `json:"enum,omitempty"`      // tokens
	EnumNames   []string  `json:"enumNames,omitempty"` // titles, empty for a token that has none
}

func (f *FieldSchema) check() error {
	switch f.Behavior {
	case "":
		return errMissing("behavior")
	case ownFieldset:
		return fmt.Errorf("it is a fieldset, not a field: %w", errors.ErrNotFound)
	default:
		return nil
	}
}

// MultilingualOptions say how a field behaves in translations.
type MultilingualOptions struct {
	LanguageIndependent bool `json:"language_independent"` // all translations share its value
}

// SourceRef is the address of the values of a field.
type SourceRef struct {
	URL string `json:"@id"`
}

// TypePart describes the keys or the values of a dict.
type TypePart struct {
	Schema     FieldSchema `json:"schema"`
	Additional FieldSchema `json:"additional"` // the limits of Schema once more
}

// Choice is one value of a field. On the wire it is an array of two.
type Choice struct {
	Token string
	Title string // in the language of the request; empty when it has none
}

// MarshalJSON implements json.Marshaler.
func (c Choice) MarshalJSON() ([]byte, error) {
	if c.Title == "" {
		return wire.Marshal([2]any{c.Token, nil})
	}
	return wire.Marshal([2]string{c.Token, c.Title})
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Choice) UnmarshalJSON(data []byte) error {
	var pair []*string
	if err := wire.Unmarshal(data, &pair); err != nil {
		return err
	}
	if len(pair) != 2 || pair[0] == nil {
		return errors.New("a choice is not a pair of a token and a title")
	}
	*c = Choice{Token: *pair[0]}
	if pair[1] != nil {
		c.Title = *pair[1]
	}
	return nil
}

// Kinds of fields that can be added. A site with add-ons has more of them. The
// server describes a [FactoryFile] as "File".
const (
	FactoryTextLine       = "Text line (String)"
	FactoryText           = "Text"
	FactoryRichText       = "Rich Text"
	FactoryInteger        = "Integer"
	FactoryFloat          = "Floating-point number"
	FactoryBool           = "Yes/No"
	FactoryDate           = "Date"
	FactoryDatetime       = "Date/Time"
	FactoryChoice         = "Choice"
	FactoryMultipleChoice = "Multiple Choice"
	FactoryEmail          = "Email"
	FactoryURL            = "URL"
	FactoryPassword       = "Password"
	FactoryFile           = "File Upload"
	FactoryImage          = "Image"
	FactoryRelationChoice = "Relation Choice"
	FactoryRelationList   = "Relation List"
	FactoryJSON           = "JSONField"
)

// NewField is a field to add to a type.
type NewField struct {
	ID          string `json:"id,omitempty"` // made of Title when empty
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Factory     string `json:"factory"` // like [FactoryTextLine]
	Required    bool   `json:"required,omitempty"`
}

// NewFieldset is a fieldset to add to a type.
type NewFieldset struct {
	ID          string // made of Title when empty
	Title       string
	Description string
}

// FieldUpdate says what to change in a field. What is left out stays as it is.
type FieldUpdate struct {
	Title       Opt[string] `json:"title,omitzero"`
	Description Opt[string] `json:"description,omitzero"`
	Required    Opt[bool]   `json:"required,omitzero"`
	Default     Opt[any]    `json:"default,omitzero"` // in the form in which content is written
	MinLength   Opt[int]    `json:"minLength,omitzero"`
	MaxLength   Opt[int]    `json:"maxLength,omitzero"`
	MinItems    Opt[int]    `json:"minItems,omitzero"`
	MaxItems    Opt[int]    `json:"maxItems,omitzero"`
	Minimum     Opt[any]    `json:"minimum,omitzero"` // of an Integer, a whole number, of a float, one with a point
	Maximum     Opt[any]    `json:"maximum,omitzero"`
	Values      []string    `json:"values,omitempty"` // of a choice
	// Factory is the kind of a field that Update is to add; it does not change the
	// kind of one that is there.
	Factory string `json:"factory,omitempty"`
}

// TypeUpdate says what to change in a type. What is left out stays as it is, and
// what is not there yet is added.
type TypeUpdate struct {
	Properties map[string]FieldUpdate `json:"properties,omitempty"` // fields, by name
	Fieldsets  []Fieldset             `json:"fieldsets,omitempty"`
}

// Deletion is the word that a call asks for which deletes more than it names.
type Deletion string

// DeleteOtherFields says that fields and fieldsets which a new schema does not
// have are to be removed, and with them what is stored in them.
const DeleteOtherFields Deletion = "delete other fields"

// List returns the types of the site, and which of them can be added to the
// object at path.
//
// Errors: [errors.ErrUnauthorized] for anonymous, [errors.ErrNotFound] when there
// is no such object.
//
// Source: plone.restapi documentation, "Types".
func (s *TypeService) List(ctx context.Context, path string, opts ...CallOption) (*OK[[]TypeInfo], error) {
	return okArray[TypeInfo](ctx, s.client, listTypes.at(path), opts)
}

// Get returns the fields of the type called name, as the form for an object at
// path shows them: fields that the user may not write are left out.
//
// Errors: [errors.ErrNotFound] when there is no such type or object,
// [errors.ErrUnauthorized] for anonymous.
//
// Source: plone.restapi documentation, "Types", "Get the schema with GET".
func (s *TypeService) Get(ctx context.Context, path, name string, opts ...CallOption) (*OK[TypeSchema], error) {
	return ok[TypeSchema](ctx, s.client, getType.at(path, name), opts)
}

// GetField returns one of the type's own fields.
//
// Errors: [errors.ErrNotFound] when there is no such type, or it has no such field
// of its own (the server answers 200 with an empty object then);
// [errors.ErrForbidden] for a name that means something else to the server, such
// as "title"; [errors.ErrUnauthorized] for anonymous.
//
// Source: plone.restapi documentation, "Types", "Get the schema with GET".
func (s *TypeService) GetField(ctx context.Context, path, name, field string, opts ...CallOption) (*OK[FieldSchema], error) {
	return ok[FieldSchema](ctx, s.client, getField.at(path, name, field), opts)
}

// GetFieldset returns one of the type's own fieldsets. The one called "default"
// is not among them.
//
// Errors: as GetField.
//
// Source: plone.restapi documentation, "Types", "Get the schema with GET".
func (s *TypeService) GetFieldset(ctx context.Context, path, name, fieldset string, opts ...CallOption) (*OK[Fieldset], error) {
	return ok[Fieldset](ctx, s.client, getFieldset.at(path, name, fieldset), opts)
}

// AddField adds a field to the type called name and returns it. It comes last in
// the fieldset "default".
//
// Errors: [errors.ErrAlreadyExists] when the type has a field of that name (the
// server answers 500), [errors.ErrBadRequest] for an unknown Factory,
// [errors.ErrNotFound] when there is no such type (the server answers 503),
// [errors.ErrInvalidInput] for a field without a title,
// [errors.ErrUnauthorized] for users who may not set up the site.
//
// Source: plone.restapi documentation, "Types", "Adding a new field/fieldset with POST".
func (s *TypeService) AddField(ctx context.Context, name string, field NewField, opts ...CallOption) (*Created[FieldSchema], error) {
	if field.Title == "" {
		return nil, invalid("a field without a title") // the server would call it "None"
	}
	return created[FieldSchema](ctx, s.client, addField.at("", name).with(field), opts)
}

// AddFieldset adds a fieldset to the type called name and returns it.
//
// Errors: as AddField. The id "default" is [errors.ErrInvalidInput]; the server
// would answer 201 and do nothing.
//
// Source: plone.restapi documentation, "Types", "Adding a new field/fieldset with POST".
func (s *TypeService) AddFieldset(ctx context.Context, name string, fieldset NewFieldset, opts ...CallOption) (*Created[Fieldset], error) {
	id := fieldset.ID
	if id == "" {
		id = strings.TrimSpace(fieldset.Title)
	}
	if id == "" {
		return nil, invalid("a fieldset without a title")
	}
	if strings.EqualFold(id, "default") {
		return nil, invalid(`a second fieldset "default"`)
	}
	body := NewField{ID: fieldset.ID, Title: fieldset.Title, Description: fieldset.Description, Factory: "fieldset"}
	return created[Fieldset](ctx, s.client, addFieldset.at("", name).with(body), opts)
}

// Update changes fields and fieldsets of the type called name, and adds those
// that are not there. Fields of behaviors stay as they are; the server does not
// say so.
//
// Errors: [errors.ErrBadRequest] for a new field without a known Factory,
// [errors.ErrInternalServer] for a value that does not fit the field,
// [errors.ErrNotFound] when there is no such type (the server answers 503),
// [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Types", "Update the schema with PATCH".
func (s *TypeService) Update(ctx context.Context, name string, update TypeUpdate, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, updateType.at("", name).with(update), opts)
}

// UpdateField changes one of the type's own fields. It reads the field first,
// since the server says 204 to an unknown one.
//
// Errors: those of GetField; [errors.ErrInternalServer] for a value that does not
// fit the field.
//
// Source: plone.restapi documentation, "Types", "Update the schema with PATCH".
func (s *TypeService) UpdateField(ctx context.Context, name, field string, update FieldUpdate, opts ...CallOption) (*NoContent, error) {
	if _, err := s.GetField(ctx, "", name, field); err != nil {
		return nil, err
	}
	return noContent(ctx, s.client, updateField.at("", name, field).with(update), opts)
}

// UpdateFieldset changes the title and the description of one of the type's own
// fieldsets, where they are not empty, and moves Fields into it, in their order;
// fields that it has besides stay. Only Fields counts for "default". It reads the
// fieldset first, since the server says 204 to an unknown one.
//
// Errors: those of GetFieldset.
//
// Source: plone.restapi documentation, "Types", "Update the schema with PATCH".
func (s *TypeService) UpdateFieldset(ctx context.Context, name string, fieldset Fieldset, opts ...CallOption) (*NoContent, error) {
	if fieldset.ID != "default" {
		if _, err := s.GetFieldset(ctx, "", name, fieldset.ID); err != nil {
			return nil, err
		}
	}
	return noContent(ctx, s.client, updateFieldset.at("", name, fieldset.ID).with(fieldset), opts)
}

// ReplaceSchema makes the own fields and fieldsets of the type called name those
// of schema. Every own field that schema does not have is removed, with what
// objects store in it, so it asks for a word: [DeleteOtherFields]. Fields of
// behaviors stay as they are. Required counts for fields that are new.
//
// Errors: [errors.ErrInvalidInput] without that word, [errors.ErrBadRequest] for
// a new field without a known Factory, [errors.ErrNotFound] when there is no such
// type (the server answers 503), [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Types", "Replace the schema with PUT".
func (s *TypeService) ReplaceSchema(ctx context.Context, name string, schema TypeSchema, word Deletion, opts ...CallOption) (*NoContent, error) {
	if word != DeleteOtherFields {
		return nil, invalid("ReplaceSchema deletes fields, and needs DeleteOtherFields")
	}
	// The server fails on null.
	if schema.Properties == nil {
		schema.Properties = map[string]FieldSchema{}
	}
	schema.Required = append([]string{}, schema.Required...)
	schema.Fieldsets = append([]Fieldset{}, schema.Fieldsets...)
	return noContent(ctx, s.client, replaceSchema.at("", name).with(schema), opts)
}

// DeleteField removes one of the type's own fields, with what objects store in
// it. It reads the field first, since the server says 204 to an unknown one.
//
// Errors: those of GetField.
//
// Source: plone.restapi documentation, "Types", "Delete a field/fieldset with DELETE".
func (s *TypeService) DeleteField(ctx context.Context, name, field string, opts ...CallOption) (*NoContent, error) {
	if _, err := s.GetField(ctx, "", name, field); err != nil {
		return nil, err
	}
	return noContent(ctx, s.client, deleteField.at("", name, field), opts)
}

// DeleteFieldset removes one of the type's own fieldsets, which must have no
// fields. It reads the fieldset first, since the server says 204 to an unknown one
// and to one that has fields.
//
// Errors: those of GetFieldset; [errors.ErrInvalidInput] when it has fields.
//
// Source: plone.restapi documentation, "Types", "Delete a field/fieldset with DELETE".
func (s *TypeService) DeleteFieldset(ctx context.Context, name, fieldset string, opts ...CallOption) (*NoContent, error) {
	found, err := s.GetFieldset(ctx, "", name, fieldset)
	if err != nil {
		return nil, err
	}
	if len(found.Value.Fields) > 0 {
		return nil, invalid("the fieldset %q still has the fields %q", fieldset, found.Value.Fields)
	}
	return noContent(ctx, s.client, deleteFieldset.at("", name, fieldset), opts)
}
