package plonetest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// factories are the kinds of fields that can be added to types: what they are here, and what their description has
// beside that.
var factories = map[string]struct {
	kind   kind
	schema dict
}{
	"Text line (String)":    {textLine, nil},
	"Text":                  {text, nil},
	"Rich Text":             {richText, nil},
	"Integer":               {integer, nil},
	"Floating-point number": {number, nil},
	"Yes/No":                {boolean, nil},
	"Date":                  {day, nil},
	"Date/Time":             {date, nil},
	"Choice":                {choice, choiceSchema(nil)},
	"Multiple Choice":       {choices, dict{"items": itemSchema(nil)}},
	"Email":                 {textLine, dict{"factory": "Email", "widget": "email"}},
	"URL":                   {address, nil},
	"Password":              {textLine, dict{"factory": "Password", "widget": "password"}},
	"File Upload":           {blob, nil},
	"Image":                 {picture, nil},
	"Relation Choice":       {relation, nil},
	"Relation List":         {relations, nil},
	"JSONField":             {jsonObject, nil},
}

// editType carries out a change of a type on a copy of it, which counts when there is no error.
func (c *call) editType(edit func(*contentType) error) (*answer, error) {
	t := c.types[c.segments[0]]
	if t == nil {
		return nil, missingKey(c.segments[0])
	}
	edited := *t
	edited.fields, edited.own = maps.Clone(t.fields), maps.Clone(t.own)
	edited.fieldsets = make([]fieldset, len(t.fieldsets))
	for i, set := range t.fieldsets {
		edited.fieldsets[i] = fieldset{set.id, set.title, slices.Clone(set.fields)}
	}
	if err := edit(&edited); err != nil {
		return nil, err
	}
	*t = edited
	c.changed()
	return noContent(), nil
}

func addToType(c *call) (*answer, error) {
	if len(c.segments) == 0 {
		return nil, fail("BadRequest", "Missing parameter typename")
	}
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	c.segments = c.segments[len(c.segments)-1:] // the last one counts
	var info any
	_, err = c.editType(func(t *contentType) error {
		switch factory := textOf(data["factory"]); factory {
		case "":
			return fail("BadRequest", "Missing parameter: 'factory'")
		case "fieldset":
			id, err := t.addFieldset(data)
			info = dict{}
			if id != "default" {
				info = t.ownFieldset(id)
			}
			return err
		default:
			f, err := t.addField(data)
			if err == nil {
				info = c.jsonSchema(t, f)
			}
			return err
		}
	})
	if err != nil {
		return nil, err
	}
	a := ok(info)
	a.status = 201
	return a, nil
}

func patchType(c *call) (*answer, error) {
	if len(c.segments) == 0 {
		return nil, fail("BadRequest", "Missing parameter typename")
	}
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	if len(c.segments) > 2 {
		return nil, fail("BadRequest", "Too many parameters")
	}
	return c.editType(func(t *contentType) error {
		if len(c.segments) == 1 {
			return t.merge(data)
		}
		name := c.segments[1]
		if _, isFieldset := data["fields"]; isFieldset {
			return t.updateFieldset(name, data)
		}
		return t.updateField(name, data)
	})
}

func putType(c *call) (*answer, error) {
	if len(c.segments) == 0 {
		return nil, fail("BadRequest", "Missing parameter typename")
	}
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	return c.editType(func(t *contentType) error {
		if layouts := texts(data["layouts"]); len(layouts) > 0 {
			t.layouts = layouts
		}
		properties, _ := data["properties"].(dict)
		for name, f := range t.fields {
			if _, kept := properties[name]; !kept && f.behavior == "" {
				t.removeField(name)
			}
		}
		sets, _ := data["fieldsets"].(list)
		for id := range t.own {
			if !slices.ContainsFunc(sets, func(set any) bool { return set.(dict)["id"] == id }) {
				t.removeFieldset(id)
			}
		}
		required := texts(data["required"])
		for name, p := range properties {
			p := p.(dict)
			if behavior := textOf(p["behavior"]); t.fields[name] == nil && behavior != "" && !strings.HasPrefix(behavior, ownSchema) {
				delete(properties, name)
			} else if t.fields[name] == nil && slices.Contains(required, name) {
				p["required"] = true
			}
		}
		return t.merge(data)
	})
}

func deleteFromType(c *call) (*answer, error) {
	switch len(c.segments) {
	case 0:
		return nil, fail("BadRequest", "Missing parameter typename")
	case 1:
		return nil, fail("BadRequest", "Missing parameter fieldname")
	case 2:
	default:
		return nil, fail("BadRequest", "Too many parameters")
	}
	return c.editType(func(t *contentType) error {
		name := c.segments[1]
		if f := t.fields[name]; f != nil && f.behavior == "" {
			t.removeField(name)
		} else {
			t.removeFieldset(name)
		}
		return nil
	})
}

// merge changes fields and fieldsets, and adds those that are new.
func (t *contentType) merge(data dict) error {
	properties, _ := data["properties"].(dict)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		p, _ := properties[name].(dict)
		if t.fields[name] == nil {
			p["id"] = name
			if _, err := t.addField(p); err != nil {
				return err
			}
		}
		if err := t.updateField(name, p); err != nil {
			return err
		}
	}
	sets, _ := data["fieldsets"].(list)
	for _, set := range sets {
		set, _ := set.(dict)
		id := textOf(set["id"])
		if !slices.ContainsFunc(t.fieldsets, func(s fieldset) bool { return s.id == id }) {
			if _, err := t.addFieldset(set); err != nil {
				return err
			}
		}
		if err := t.updateFieldset(id, set); err != nil {
			return err
		}
	}
	return nil
}

// ownSchema is what the name of the schema that a type has for its own begins with.
const ownSchema = "plone.dexterity.schema.generated"

// noName are the runs of characters that names do not have.
var noName = regexp.MustCompile(`[^a-z0-9]+`)

// nameOf is the name of a field or fieldset, made of its title if it has none.
func nameOf(data dict) string {
	if id := textOf(data["id"]); id != "" {
		return id
	}
	return strings.Trim(noName.ReplaceAllString(strings.ToLower(str(data["title"])), "_"), "_")
}

// addField adds a field at the end of the first fieldset.
func (t *contentType) addField(data dict) (*field, error) {
	factory, known := factories[textOf(data["factory"])]
	if !known {
		return nil, fail("BadRequest", "Missing/Invalid parameter factory: "+str(data["factory"]))
	}
	name := nameOf(data)
	if t.fields[name] != nil {
		return nil, fail("WidgetActionExecutionError", "('__name__', Invalid('Please select a field name that is not already used.'))")
	}
	f := &field{name: name, kind: factory.kind, schema: maps.Clone(factory.schema), title: str(data["title"]),
		description: textOf(data["description"]), required: data["required"] == true}
	if f.kind == relations {
		f.missing = list{}
	}
	t.fields[name] = f
	if len(t.fieldsets) == 0 {
		t.fieldsets = []fieldset{{"default", "Default", nil}}
	}
	t.fieldsets[0].fields = append(t.fieldsets[0].fields, name)
	return f, nil
}

// updateField changes one of the type's own fields, and no other.
func (t *contentType) updateField(name string, data dict) error {
	old := t.fields[name]
	if old == nil || old.behavior != "" {
		return nil
	}
	f := *old
	f.schema = maps.Clone(old.schema)
	if f.schema == nil {
		f.schema = dict{}
	}
	for key, v := range data {
		switch key {
		case "title":
			f.title = textOf(v)
		case "description":
			f.description = textOf(v)
		case "required":
			f.required = v == true
		case "default", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum":
			f.schema[key] = v
			if v == nil {
				delete(f.schema, key)
			}
		case "values":
			f.terms = nil
			for _, text := range texts(v) {
				f.terms = append(f.terms, term{token: unicodeEscape(text), title: text, value: text})
			}
			if f.kind == choices {
				f.schema["items"] = itemSchema(f.terms)
			} else {
				maps.Copy(f.schema, choiceSchema(f.terms))
			}
		}
	}
	t.fields[name] = &f
	return nil
}

// choiceSchema is what the description of a choice has beside that of other fields.
func choiceSchema(terms []term) dict {
	pairs, tokens, titles := list{}, list{}, list{}
	for _, t := range terms {
		pairs, tokens, titles = append(pairs, list{t.token, t.title}), append(tokens, t.token), append(titles, t.title)
	}
	return dict{"choices": pairs, "enum": tokens, "enumNames": titles}
}

// itemSchema describes the items of a field with several choices.
func itemSchema(terms []term) dict {
	d := choiceSchema(terms)
	maps.Copy(d, dict{"description": "", "factory": "Choice", "title": "", "type": "string",
		"vocabulary": dict{"@id": "/@sources/"}})
	return d
}

func (t *contentType) removeField(name string) {
	delete(t.fields, name)
	t.place(name, nil)
}

// place puts a field into a fieldset, as its last one, and takes it out of all others.
func (t *contentType) place(name string, set *fieldset) {
	for i := range t.fieldsets {
		t.fieldsets[i].fields = slices.DeleteFunc(t.fieldsets[i].fields, func(field string) bool { return field == name })
	}
	if set != nil {
		set.fields = append(set.fields, name)
	}
}

// addFieldset adds a fieldset and returns its id. Nothing happens for "default".
func (t *contentType) addFieldset(data dict) (string, error) {
	id := nameOf(data)
	if id == "default" {
		return id, nil
	}
	if _, taken := t.own[id]; taken {
		return "", fail("WidgetActionExecutionError", "('__name__', Invalid('Please select a fieldset name that is not already used.'))")
	}
	if t.own == nil {
		t.own = map[string]string{}
	}
	t.own[id] = textOf(data["description"])
	t.fieldsets = append(t.fieldsets, fieldset{id, str(data["title"]), nil})
	return id, nil
}

// updateFieldset changes one of the type's own fieldsets, or the fields of the first one.
func (t *contentType) updateFieldset(id string, data dict) error {
	i := slices.IndexFunc(t.fieldsets, func(s fieldset) bool { return s.id == id })
	if _, own := t.own[id]; i < 0 || !own && id != "default" {
		return nil
	}
	set := &t.fieldsets[i]
	if title := textOf(data["title"]); title != "" && id != "default" {
		set.title = title
	}
	if description := textOf(data["description"]); description != "" && id != "default" {
		t.own[id] = description
	}
	if _, isList := data["fields"].(list); !isList {
		return fail("TypeError", "'NoneType' object is not iterable")
	}
	for _, name := range texts(data["fields"]) {
		if f := t.fields[name]; f != nil && f.behavior == "" {
			t.place(name, set)
		}
	}
	return nil
}

// removeFieldset removes one of the type's own fieldsets that has no fields.
func (t *contentType) removeFieldset(id string) {
	if _, own := t.own[id]; !own {
		return
	}
	i := slices.IndexFunc(t.fieldsets, func(s fieldset) bool { return s.id == id })
	if len(t.fieldsets[i].fields) == 0 {
		t.fieldsets = slices.Delete(t.fieldsets, i, i+1)
		delete(t.own, id)
	}
}

// ownFieldset describes one of the type's own fieldsets; it is empty for any other name.
func (t *contentType) ownFieldset(id string) dict {
	description, own := t.own[id]
	if !own {
		return dict{}
	}
	i := slices.IndexFunc(t.fieldsets, func(s fieldset) bool { return s.id == id })
	return dict{"id": id, "title": t.fieldsets[i].title, "description": description,
		"fields": t.fieldsets[i].fields, "behavior": ownSchema}
}
