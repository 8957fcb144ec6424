package plonetest

import (
	"slices"
	"strings"
	"time"
)

func registryServices() []service {
	return []service{
		{method: "GET", name: "@registry", on: siteRoot, permission: managePortal, segments: true, handle: getRegistry},
		{method: "PATCH", name: "@registry", on: siteRoot, permission: managePortal, handle: patchRegistry},
	}
}

// stockRecords are some of the records that are in no panel.
func stockRecords() []setting {
	const l10n = "Products.CMFPlone.i18nl10n.override_dateformat."
	return []setting{
		{name: l10n + "Enabled", title: "Enabled", factory: "Yes/No", value: false},
		{name: l10n + "date_format_long", title: "old ZMI property: localLongTimeFormat", factory: "Text line (String)",
			value: "%Y-%m-%d %H:%M"},
		{name: l10n + "date_format_short", title: "old ZMI property: localTimeFormat", factory: "Text line (String)",
			value: "%Y-%m-%d"},
		{name: l10n + "time_format", title: "old ZMI property: localTimeOnlyFormat", factory: "Text line (String)",
			value: "%H:%M"},
		{name: "plone.app.querystring.field.path.title", title: "Title", factory: "Text line (String)", value: "Location"},
		{name: "plone.app.theming.interfaces.IThemeSettings.custom_css_timestamp", title: "Custom CSS Timestamp",
			factory: "Date/Time", value: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)},
	}
}

func getRegistry(c *call) (*answer, error) {
	switch len(c.segments) {
	case 0:
	case 1:
		record := c.setup.setting(c.segments[0])
		if record == nil {
			return nil, missingKey(c.segments[0])
		}
		return ok(record.value), nil
	default:
		return nil, fail("Exception", "Must supply exactly one parameter (dotted name ofthe record to be retrieved)")
	}
	names := c.setup.names()
	if q := str(orText(c.form["q"])); q != "" {
		names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, q) })
	}
	b, err := c.batch(len(names))
	if err != nil {
		return nil, err
	}
	records, items := c.setup.settings(), list{}
	for _, name := range names[b.from:b.to] {
		if _, isTime := records[name].value.(time.Time); isTime {
			return nil, fail("TypeError", "Object of type datetime is not JSON serializable")
		}
		items = append(items, dict{"name": name, "value": records[name].value,
			"schema": dict{"properties": records[name].schema(c)}})
	}
	d := dict{"@id": c.canonical(), "items": items, "items_total": b.total}
	if b.links != nil {
		d["batching"] = b.links
	}
	return ok(d), nil
}

// orText is "" for a parameter that was not given.
func orText(v any) any {
	if v == nil {
		return ""
	}
	return v
}

func patchRegistry(c *call) (*answer, error) {
	v, err := parseJSON(c.body)
	if err != nil {
		return nil, fail("JSONDecodeError", "Expecting value: line 1 column 1 (char 0)")
	}
	values, isDict := v.(dict)
	if !isDict {
		return nil, fail("AttributeError", "'"+className(v)+"' object has no attribute 'items'")
	}
	records := c.setup.settings()
	for name, value := range values {
		record := records[name]
		if record == nil {
			return nil, fail("NotImplementedError",
				"This endpoint is only intended to update existing records! Couldn't find key "+name)
		}
		if want := record.class(); value != nil && className(value) != want {
			return nil, fail("WrongType", "("+repr(value)+", <class '"+want+"'>, 'value')")
		}
	}
	for name, value := range values {
		records[name].value = value
	}
	c.changed()
	return noContent(), nil
}

// class is the Python class of the values of a record.
func (s *setting) class() string {
	switch s.factory {
	case "Yes/No":
		return "bool"
	case "Integer":
		return "int"
	case "List", "Tuple":
		return "list"
	default:
		return "str"
	}
}
