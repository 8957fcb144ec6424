package plonetest

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func controlPanelServices() []service {
	const name = "@controlpanels"
	return []service{
		{method: "GET", name: name, on: siteRoot, permission: overview, segments: true, handle: getControlPanels},
		{method: "POST", name: name, on: siteRoot, permission: overview, segments: true, handle: postControlPanel},
		{method: "PATCH", name: name, on: siteRoot, permission: overview, segments: true, handle: patchControlPanel},
		{method: "DELETE", name: name, on: siteRoot, permission: overview, segments: true, handle: deleteControlPanel},
	}
}

// panel is a page of the site setup. Its settings are records of the registry.
type panel struct {
	name, title, group string
	prefix             string // of the names of the records
	settings           []setting
}

// setting is a record of the registry, and its field in a panel.
type setting struct {
	name, title string
	factory     string
	value       any // strings, int64, bool and lists; a choice has its token
	required    bool
	terms       []term // of a choice, nil when any is good
}

// Panels whose items have handlers of their own.
const (
	typesPanel = "dexterity-types"
	rulesPanel = "content-rules"
)

func (s *site) panel(name string) *panel {
	i := slices.IndexFunc(s.setup.panels, func(p panel) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &s.setup.panels[i]
}

func getControlPanels(c *call) (*answer, error) {
	if len(c.segments) == 0 {
		panels := list{}
		for _, p := range c.setup.panels {
			texts := list{p.title, p.group}
			for _, s := range p.settings {
				texts = append(texts, s.title)
			}
			panels = append(panels, dict{"@id": c.panelURL(p.name), "title": p.title, "group": p.group,
				"searchable_text": texts})
		}
		return ok(panels), nil
	}
	p := c.panel(c.segments[0])
	switch {
	case p == nil:
		return &answer{status: 404}, nil
	case p.name == typesPanel:
		return c.getTypePanel(p, c.segments[1:])
	case p.name == rulesPanel:
		return c.getRule(p, c.segments[1:])
	case len(c.segments) > 1:
		return nil, errNotFound
	}
	properties, data, required := dict{}, dict{}, list{}
	names := list{}
	for _, s := range p.settings {
		properties[s.name], data[s.name] = s.schema(c), s.read()
		names = append(names, s.name)
		if s.required {
			required = append(required, s.name)
		}
	}
	return ok(dict{"@id": c.panelURL(p.name), "title": p.title, "group": p.group, "data": data, "schema": dict{
		"type": "object", "properties": properties, "required": required,
		"fieldsets": list{dict{"id": "default", "title": "Default", "behavior": "plone", "fields": names}},
	}}), nil
}

func postControlPanel(c *call) (*answer, error) {
	if len(c.segments) == 0 {
		return nil, fail("BadRequest", "Missing parameter controlpanelname")
	}
	switch p := c.panel(c.segments[0]); {
	case p == nil:
		return nil, fail("AttributeError", "'NoneType' object has no attribute 'add'")
	case p.name == typesPanel:
		return c.addTypePanel(p)
	case p.name == rulesPanel:
		return c.postRule(p, c.segments[1:])
	default:
		return nil, errNotFound
	}
}

func patchControlPanel(c *call) (*answer, error) {
	if len(c.segments) == 0 {
		return nil, fail("BadRequest", "Missing parameter controlpanelname")
	}
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	p := c.panel(c.segments[0])
	switch {
	case p == nil:
		return nil, fail("TypeError",
			"('Could not adapt', None, <InterfaceClass plone.restapi.interfaces.IDeserializeFromJson>)")
	case len(c.segments) == 1:
		return c.patchPanel(p, data)
	case p.name == typesPanel:
		return c.patchTypePanel(c.segments[1], data)
	case p.name == rulesPanel:
		return c.patchRule(c.segments[1:], data)
	default:
		return nil, errNotFound
	}
}

func deleteControlPanel(c *call) (*answer, error) {
	if len(c.segments) < 2 {
		return nil, fail("BadRequest", "Can't delete Control Panel: "+repr(c.segments))
	}
	switch p := c.panel(c.segments[0]); {
	case p == nil:
		return nil, fail("AttributeError", "'NoneType' object has no attribute 'delete'")
	case p.name == typesPanel:
		return c.deleteTypePanel(c.segments[1])
	case p.name == rulesPanel:
		return c.deleteRule(c.segments[1:])
	default:
		return nil, errNotFound
	}
}

// patchPanel changes settings, all or none; names that the panel does not have are ignored.
func (c *call) patchPanel(p *panel, data dict) (*answer, error) {
	changes := map[int]any{}
	var failures []pairs
	for i, s := range p.settings {
		v, given := data[s.name]
		if !given {
			continue
		}
		value, message := s.convert(v)
		if message != "" {
			failures = append(failures, fieldError(s.name, message))
		}
		changes[i] = value
	}
	if failures != nil {
		return nil, invalid(failures)
	}
	for i, value := range changes {
		p.settings[i].value = value
	}
	c.changed()
	return noContent(), nil
}

func (c *call) panelURL(name string, more ...string) string {
	return strings.Join(append([]string{c.site.url + "/@controlpanels/" + name}, more...), "/")
}

// convert is the value that the server makes of what a client sends, or a message why it takes none.
func (s *setting) convert(v any) (value any, message string) {
	if d, isDict := v.(dict); isDict && s.factory == "Choice" {
		v = d["token"]
	}
	switch text, isText := v.(string); {
	case s.factory == "Yes/No":
		b, _ := truth(v)
		return b, ""
	case s.factory == "Choice":
		if s.terms != nil && !slices.ContainsFunc(s.terms, func(t term) bool { return t.token == text }) {
			return nil, "Constraint not satisfied"
		}
		return text, ""
	case v == nil && s.required, isText && text == "" && s.required:
		return nil, "Required input is missing."
	case v == nil:
		return nil, ""
	case s.factory == "Integer":
		n, isNumber := pythonInt(v)
		if !isNumber {
			return nil, "Invalid int literal."
		}
		return int64(n), ""
	case s.factory == "List" || s.factory == "Tuple":
		items, isList := v.(list)
		if !isList {
			items = list{v}
		}
		for i, item := range items {
			if d, isDict := item.(dict); isDict {
				items[i] = d["token"]
			}
		}
		return items, ""
	case !isText:
		return nil, "Object is of wrong type."
	default:
		return text, ""
	}
}

// read is the value as a panel shows it.
func (s *setting) read() any {
	token, isText := s.value.(string)
	if s.factory != "Choice" || !isText {
		return s.value
	}
	title := token
	for _, t := range s.terms {
		if t.token == token {
			title = t.title
		}
	}
	return dict{"token": token, "title": title}
}

// schema describes the field.
func (s *setting) schema(c *call) dict {
	d := dict{"title": s.title, "description": "", "factory": s.factory, "type": "string"}
	switch s.factory {
	case "Yes/No":
		d["type"] = "boolean"
	case "Integer":
		d["type"] = "integer"
	case "List", "Tuple":
		d["type"], d["uniqueItems"], d["additionalItems"] = "array", true, true
		d["items"] = dict{"title": "", "description": "", "type": "string", "factory": "Text line (String)"}
	case "Password":
		d["widget"] = "password"
	case "Choice":
		d["vocabulary"] = dict{"@id": c.site.url + "/@sources/" + s.name}
		if s.terms == nil {
			break
		}
		choices, enum, names := list{}, list{}, list{}
		for _, t := range s.terms {
			choices, enum, names = append(choices, list{t.token, t.title}), append(enum, t.token), append(names, t.title)
		}
		d["choices"], d["enum"], d["enumNames"] = choices, enum, names
	}
	return d
}

// behaviors are those that types can have, by their names.
var behaviors = []string{"plone.allowdiscussion", "plone.basic", "plone.categorization", "plone.dublincore",
	"plone.excludefromnavigation", "plone.leadimage", "plone.locking", "plone.namefromtitle", "plone.ownership",
	"plone.publication", "plone.relateditems", "plone.richtext", "plone.shortname", "plone.tableofcontents",
	"plone.translatable", "plone.versioning", "volto.blocks", "volto.navtitle", "volto.preview_image_link"}

// typeSettings is what the panel of types knows of a type beside its fields.
type typeSettings struct {
	description string
	allowed     list // types that can be added to its objects
	filter      any  // which of all types can be
	behaviors   map[string]bool
}

// typeSettings are the settings of a type; a stock type gets them from its fields.
func (s *site) typeSettings(t *contentType) *typeSettings {
	settings := s.setup.types[t.id]
	if settings == nil {
		settings = &typeSettings{allowed: list{}, filter: "all", behaviors: map[string]bool{}}
		for _, f := range t.fields {
			settings.behaviors[f.behavior] = true
		}
		s.setup.types[t.id] = settings
	}
	return settings
}

func (c *call) getTypePanel(p *panel, segments []string) (*answer, error) {
	if !c.allowed(c.user, managePortal, c.context) {
		return nil, fail("AttributeError", "configlet") // it is hidden from everybody else
	}
	if len(segments) > 0 {
		t := c.types[segments[0]]
		if t == nil {
			return nil, missingKey(segments[0])
		}
		return ok(c.typePanel(p, t)), nil
	}
	items := list{}
	for _, t := range c.sortedTypes() {
		count := 0
		for _, o := range c.catalog {
			if o != nil && o.typ == t {
				count++
			}
		}
		items = append(items, dict{"@id": c.panelURL(p.name, t.id), "@type": t.id, "id": t.id, "title": t.title,
			"description": c.typeSettings(t).description, "meta_type": "Dexterity FTI", "count": count})
	}
	return ok(dict{"@id": c.panelURL(p.name), "title": p.title, "group": p.group, "items": items}), nil
}

// typePanel describes a type.
func (c *call) typePanel(p *panel, t *contentType) dict {
	settings := c.typeSettings(t)
	property := func(title, typ, factory string) dict {
		return dict{"title": title, "description": "", "type": typ, "factory": factory}
	}
	data := dict{"title": t.title, "description": settings.description, "allowed_content_types": settings.allowed,
		"filter_content_types": settings.filter}
	properties := dict{
		"title": property("Type Name", "string", "Text line (String)"), "description": property("Description", "string", "Text"),
		"allowed_content_types": property("Allowed Content Types", "array", "Multiple Choice"),
		"filter_content_types":  property("Filter Contained Types", "string", "Choice"),
	}
	for _, name := range behaviors {
		data[name] = settings.behaviors[name]
		properties[name] = property(name, "boolean", "Yes/No")
	}
	set := func(id, title string, fields ...string) dict {
		return dict{"id": id, "title": title, "behavior": "plone", "fields": fields}
	}
	return dict{"@id": c.panelURL(p.name, t.id), "title": t.title, "description": settings.description,
		"group": p.group, "items": list{}, "data": data, "schema": dict{
			"type": "object", "properties": properties, "required": list{"title", "filter_content_types"},
			"fieldsets": list{
				set("default", "Default", "title", "description", "allowed_content_types", "filter_content_types"),
				set("behaviors", "Behaviors", behaviors...),
			}}}
}

func (c *call) addTypePanel(p *panel) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	title, _ := data["title"].(string)
	if title == "" {
		return nil, fail("BadRequest", "Property 'title' is required")
	}
	id, _ := data["id"].(string)
	id = cmp.Or(id, strings.ReplaceAll(normalize(title), "-", "_"))
	if c.types[id] != nil {
		return nil, fail("BadRequest", `The id "`+id+`" is invalid - it is already in use.`)
	}
	t := &contentType{id: id, title: title, folderish: true, addable: true, workflow: true, layouts: []string{"view"},
		fields: map[string]*field{}, own: map[string]string{}}
	t.fieldsets = []fieldset{{"default", "Default", []string{"title", "description"}}}
	for _, name := range t.fieldsets[0].fields {
		f := c.types["Document"].field(name).has("plone.dublincore")
		t.fields[name] = &f
	}
	c.types[id] = t
	description, _ := data["description"].(string)
	c.setup.types[id] = &typeSettings{description: description, allowed: list{}, filter: true,
		behaviors: map[string]bool{"plone.dublincore": true, "plone.namefromtitle": true}}
	c.changed()
	return created(c.panelURL(p.name, id), c.typePanel(p, t)), nil
}

func (c *call) patchTypePanel(id string, data dict) (*answer, error) {
	t := c.types[id]
	if t == nil {
		return nil, missingKey(id)
	}
	settings := c.typeSettings(t)
	if title, given := data["title"].(string); given {
		t.title = title
	}
	if description, given := data["description"].(string); given {
		settings.description = description
	}
	if allowed, given := data["allowed_content_types"].(list); given {
		settings.allowed = allowed
	}
	if filter, given := data["filter_content_types"]; given {
		settings.filter = filter
	}
	for _, name := range behaviors {
		if on, given := data[name].(bool); given {
			settings.behaviors[name] = on
		}
	}
	c.changed()
	return noContent(), nil
}

func (c *call) deleteTypePanel(id string) (*answer, error) {
	if c.types[id] == nil {
		return nil, fail("BadRequest", id+" does not exist")
	}
	delete(c.types, id)
	delete(c.setup.types, id)
	c.changed()
	return noContent(), nil
}

// ruleElement is a condition or an action of a content rule.
type ruleElement struct {
	typ      *ruleElementType
	settings dict
}

// ruleElementType is a kind of condition or action.
type ruleElementType struct {
	id, part           string // part is "condition" or "action"
	title, description string
	summary            string // before the first of its fields
	fields             []string
}

var ruleElementTypes = []ruleElementType{
	{"plone.conditions.PortalType", "condition", "Content type",
		"Apply only when the current content object is of a particular type", "Content types are: ", []string{"check_types"}},
	{"plone.conditions.FileExtension", "condition", "File Extension",
		"Apply only to a particular file extension", "File extension is ", []string{"file_extension"}},
	{"plone.conditions.WorkflowState", "condition", "Workflow state",
		"Apply only to a objects in a particular workflow state", "Workflow states are: ", []string{"wf_states"}},
	{"plone.conditions.Group", "condition", "User's group",
		"Apply only when the current user is in the given group", "Groups are: ", []string{"group_names"}},
	{"plone.conditions.Role", "condition", "User's role",
		"Apply only when the current user has the given role", "Roles are: ", []string{"role_names"}},
	{"plone.conditions.TalesExpression", "condition", "TALES expression",
		"Apply only when the result of a TALES expression is True", "TALES expression is: ", []string{"tales_expression"}},
	{"plone.actions.Logger", "action", "Logger", "Log a particular event", "Log message ",
		[]string{"message", "targetLogger", "loggingLevel"}},
	{"plone.actions.Notify", "action", "Notify user", "Return a portal message to the user", "Notify with message ",
		[]string{"message", "message_type"}},
	{"plone.actions.Copy", "action", "Copy to folder", "Copy the triggering item to a specific folder",
		"Copy to folder ", []string{"target_folder"}},
	{"plone.actions.Move", "action", "Move to folder", "Move the triggering item to a specific folder",
		"Move to folder ", []string{"target_folder"}},
	{"plone.actions.Delete", "action", "Delete object", "Delete the triggering item", "Delete object", nil},
	{"plone.actions.Workflow", "action", "Transition workflow state",
		"Perform a workflow transition on the triggering object", "Execute transition ", []string{"transition"}},
	{"plone.actions.Mail", "action", "Send email", "Send an email on the triggering object", "Email report to ",
		[]string{"recipients", "subject", "source", "exclude_actor", "message"}},
	{"plone.actions.Versioning", "action", "Version object", "Store a new version of the object",
		"Versioning with comment ", []string{"comment"}},
}

// events are the tokens of what can trigger a rule.
var events = []string{"Comment added", "Comment removed", "Object added to this container", "Object modified",
	"Object removed from this container", "Workflow state changed", "User logged in", "User logged out"}

func (t *ruleElementType) schema() dict {
	properties := dict{}
	for _, name := range t.fields {
		properties[name] = dict{"title": name, "description": "", "type": "string", "factory": "Text line (String)"}
	}
	return dict{"type": "object", "properties": properties, "required": t.fields, "fieldsets": list{
		dict{"id": "default", "title": "Default", "behavior": "plone", "fields": t.fields}}}
}

func (s *site) rule(id string) (*rule, error) {
	for _, r := range s.rules {
		if r.id == id {
			return r, nil
		}
	}
	return nil, missingKey(id)
}

func (c *call) getRule(p *panel, segments []string) (*answer, error) {
	if len(segments) == 0 {
		rules := list{}
		for _, r := range c.rules {
			rules = append(rules, dict{"@id": c.panelURL(p.name, r.id), "id": r.id, "title": r.title,
				"description": r.description, "trigger": r.event, "enabled": r.enabled,
				"assigned": len(c.assignments(r)) > 0, "row_class": "trigger state assignment"})
		}
		return ok(dict{"@id": c.panelURL(p.name), "title": p.title, "group": p.group, "items": list{rules}}), nil
	}
	r, err := c.rule(segments[0])
	if err != nil {
		return nil, err
	}
	if len(segments) == 1 {
		return ok(c.rulePanel(p, r)), nil
	}
	i, err := r.element(segments[1:], "list index out of range")
	if err != nil {
		return nil, err
	}
	e := r.elements[segments[1]][i]
	if len(e.typ.fields) == 0 {
		return nil, fail("TypeError", "('Could not adapt', None, <InterfaceClass plone.restapi.interfaces.IJsonCompatible>)")
	}
	d := dict{"@id": c.panelURL(p.name, r.id, segments[1], itoa(i)), "@schema": e.typ.schema()}
	for _, name := range e.typ.fields {
		d[name] = e.settings[name]
	}
	return ok(d), nil
}

// element reads the part and the index of an element in a path.
func (r *rule) element(segments []string, outOfRange string) (int, error) {
	part := segments[0]
	if part != "condition" && part != "action" {
		return 0, fail("AttributeError", "'RequestContainer' object has no attribute '"+part+"s'")
	}
	if len(segments) == 1 {
		return 0, fail("IndexError", "list index out of range")
	}
	i, err := strconv.Atoi(segments[1])
	if err != nil {
		return 0, fail("ValueError", "invalid literal for int() with base 10: "+repr(segments[1]))
	}
	n := len(r.elements[part])
	if i < 0 {
		i += n
	}
	if i < 0 || i >= n {
		return 0, fail("IndexError", outOfRange)
	}
	return i, nil
}

// assignments are the objects that a rule is assigned to.
func (c *call) assignments(r *rule) list {
	assignments := list{}
	c.root.walk(func(o *object) {
		if o.assigned(r.id) >= 0 {
			assignments = append(assignments, dict{"url": c.urlOf(o), "title": o.text("title"),
				"description": o.text("description"), "icon": "plone-home"})
		}
	})
	return assignments
}

// rulePanel describes a rule.
func (c *call) rulePanel(p *panel, r *rule) dict {
	elements := func(part string) list {
		all := list{}
		for i, e := range r.elements[part] {
			summary := e.typ.summary
			var edit any
			if len(e.typ.fields) > 0 {
				summary += str(e.settings[e.typ.fields[0]])
				edit = c.site.url + "/++rule++" + r.id + "/++" + part + "++" + itoa(i) + "/edit"
			}
			all = append(all, dict{"idx": i, "first": i == 0, "last": i == len(r.elements[part])-1, "summary": summary,
				"title": e.typ.title, "description": e.typ.description, "editview": edit})
		}
		return all
	}
	addable := func(part string) list {
		all := list{}
		for i := range ruleElementTypes {
			if t := &ruleElementTypes[i]; t.part == part {
				all = append(all, dict{"addview": t.id, "title": t.title, "description": t.description, "@schema": t.schema()})
			}
		}
		return all
	}
	return dict{"@id": c.panelURL(p.name, r.id), "id": r.id, "title": r.title, "description": r.description,
		"group": p.group, "event": r.event, "enabled": r.enabled, "stop": r.stop, "cascading": r.cascading,
		"conditions": elements("condition"), "actions": elements("action"), "addable_conditions": addable("condition"),
		"addable_actions": addable("action"), "assignments": c.assignments(r)}
}

// postRule adds a rule, or an element to one.
func (c *call) postRule(p *panel, segments []string) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	var r *rule
	switch len(segments) {
	case 0:
		if r, err = c.newRule(data); err != nil {
			return nil, err
		}
		c.rules = append(c.rules, r)
	case 1:
		return nil, fail("BadRequest", "Rule id and condition or action are required")
	default:
		part := segments[1]
		typ, given := data["type"].(string)
		if !given {
			return nil, fail("BadRequest", strings.ToUpper(part[:1])+part[1:]+" type is required")
		}
		if r, err = c.rule(segments[0]); err != nil {
			return nil, err
		}
		if part != "condition" && part != "action" {
			return nil, fail("AttributeError", "+"+part)
		}
		i := slices.IndexFunc(ruleElementTypes, func(t ruleElementType) bool { return t.id == typ && t.part == part })
		if i < 0 {
			return nil, fail("AttributeError", "'NoneType' object has no attribute 'form_instance'")
		}
		delete(data, "type")
		r.elements[part] = append(r.elements[part], &ruleElement{&ruleElementTypes[i], data})
	}
	c.changed()
	return created(c.panelURL(p.name, r.id), c.rulePanel(p, r)), nil
}

func (c *call) newRule(data dict) (*rule, error) {
	title, _ := data["title"].(string)
	if title == "" {
		return nil, fail("BadRequest", "Property 'title' is required")
	}
	event, given := data["event"].(string)
	if !given {
		return nil, missingKey("event")
	}
	if !slices.Contains(events, event) {
		return nil, fail("LookupError", event)
	}
	r := &rule{title: title, event: event, elements: map[string][]*ruleElement{}}
	r.description, _ = data["description"].(string)
	r.enabled, r.stop, r.cascading = data["enabled"] == true, data["stop"] == true, data["cascading"] == true
	for i := 1; ; i++ {
		r.id = "rule-" + itoa(i)
		if _, err := c.rule(r.id); err != nil {
			return r, nil
		}
	}
}

// patchRule changes or assigns a rule, or changes or moves an element of it.
func (c *call) patchRule(segments []string, data dict) (*answer, error) {
	r, err := c.rule(segments[0])
	if err != nil {
		return nil, err
	}
	c.changed()
	switch _, everywhere := data["form.button.ApplyOnWholeSite"]; {
	case len(segments) == 1 && everywhere:
		if c.root.assigned(r.id) < 0 {
			c.root.rules = append(c.root.rules, &assignment{rule: r})
		}
		a := c.root.rules[c.root.assigned(r.id)]
		a.enabled, a.bubbles = true, true
		return noContent(), nil
	case len(segments) == 1:
		if title, given := data["title"].(string); given {
			r.title = title
		}
		if description, given := data["description"].(string); given {
			r.description = description
		}
		r.stop, r.cascading, r.enabled = data["stopExecuting"] == true, data["cascading"] == true, data["enabled"] == true
		return noContent(), nil
	case len(segments) == 2:
		return nil, fail("BadRequest", strings.ToUpper(segments[1][:1])+segments[1][1:]+" and its index are required")
	}
	i, err := r.element(segments[1:], "list index out of range")
	if err != nil {
		return nil, err
	}
	elements := r.elements[segments[1]]
	move, _ := data["form.button.Move"].(string)
	step := map[string]int{"_move_up": -1, "_move_down": 1}[move]
	switch {
	case move != "" && step == 0:
		return nil, fail("AttributeError", "'ManageElements' object has no attribute '"+move+"'")
	case step != 0:
		e := elements[i]
		elements = slices.Delete(elements, i, i+1)
		to := i + step
		if to < 0 { // Python counts from the end, so the first one moves down
			to = max(len(elements)-1, 0)
		}
		r.elements[segments[1]] = slices.Insert(elements, min(to, len(elements)), e)
	default:
		for _, name := range elements[i].typ.fields {
			if v, given := data[name]; given {
				elements[i].settings[name] = v
			}
		}
	}
	return noContent(), nil
}

// deleteRule removes a rule or an element of it.
func (c *call) deleteRule(segments []string) (*answer, error) {
	if len(segments) == 2 {
		return nil, fail("BadRequest", strings.ToUpper(segments[1][:1])+segments[1][1:]+" index is required")
	}
	r, err := c.rule(segments[0])
	if err != nil {
		return nil, err
	}
	if len(segments) > 2 {
		i, err := r.element(segments[1:], "list assignment index out of range")
		if err != nil {
			return nil, err
		}
		r.elements[segments[1]] = slices.Delete(r.elements[segments[1]], i, i+1)
		c.changed()
		return noContent(), nil
	}
	c.rules = slices.DeleteFunc(c.rules, func(other *rule) bool { return other == r })
	c.root.walk(func(o *object) {
		o.rules = slices.DeleteFunc(o.rules, func(a *assignment) bool { return a.rule == r })
	})
	c.changed()
	return noContent(), nil
}

// setup is the part of the state that the services of the site setup share.
type setup struct {
	panels       []panel
	records      []setting // of the registry that are in no panel
	types        map[string]*typeSettings
	addons       []*addon
	transactions []*transaction // the newest last
	sites        []dict         // others on the same server
}

func newSetup() *setup {
	return &setup{panels: stockPanels(), records: stockRecords(), types: map[string]*typeSettings{}, addons: stockAddons()}
}

// setting is a record of the registry, nil if there is none.
func (s *setup) setting(name string) *setting { return s.settings()[name] }

// settings are the records of the registry by their names.
func (s *setup) settings() map[string]*setting {
	all := map[string]*setting{}
	for i := range s.records {
		all[s.records[i].name] = &s.records[i]
	}
	for _, p := range s.panels {
		for i := range p.settings {
			all[p.prefix+p.settings[i].name] = &p.settings[i]
		}
	}
	return all
}

func (s *setup) names() []string { return slices.Sorted(maps.Keys(s.settings())) }
