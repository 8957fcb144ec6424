package plonetest

func querystringServices() []service {
	return []service{
		{method: "GET", name: "@querystring", on: anyContent, permission: view, handle: getQuerystring},
	}
}

const operationPrefix = "plone.app.querystring.operation."

// operation is what a criterion can ask for.
type operation struct{ name, title, description, function, widget string }

// offer is an index that criteria can be about.
type offer struct {
	name, title, description, group string
	enabled, sortable               bool
	vocabulary                      string
	operations                      []string
}

// getQuerystring answers with what editors can put a search together from.
func getQuerystring(c *call) (*answer, error) {
	indexes, sortable := dict{}, dict{}
	for _, o := range offers {
		names, operators, values := list{}, dict{}, dict{}
		for _, name := range o.operations {
			names = append(names, operationPrefix+name)
			for _, op := range operations {
				if op.name == name {
					operators[operationPrefix+name] = dict{"title": op.title, "description": orNil(op.description),
						"operation": "plone.app.querystring.queryparser." + op.function, "widget": orNil(op.widget)}
				}
			}
		}
		if v := vocabularies[o.vocabulary]; v.terms != nil && (v.permission == "" || c.allowed(c.user, v.permission, c.context)) {
			for _, t := range v.terms(c) {
				values[t.token] = dict{"title": t.title}
			}
		}
		d := dict{"title": o.title, "description": o.description, "group": o.group, "enabled": o.enabled,
			"sortable": o.sortable, "fetch_vocabulary": true, "vocabulary": orNil(o.vocabulary), "operations": names,
			"operators": operators, "values": values}
		indexes[o.name] = d
		if o.sortable {
			sortable[o.name] = d
		}
	}
	return ok(dict{"@id": c.urlOf(c.context) + "/@querystring", "indexes": indexes, "sortable_indexes": sortable}), nil
}

// operations are what criteria can ask for: the names without the part that all have, what editors see, the function
// that does it, and the widget for the value.
var operations = []operation{
	{"boolean.isFalse", "No", "", "_isFalse", ""},
	{"boolean.isTrue", "Yes", "", "_isTrue", ""},
	{"date.afterRelativeDate", "After relative Date", "After N days in the future", "_afterRelativeDate", "RelativeDateWidget"},
	{"date.afterToday", "After today", "After the current day", "_afterToday", ""},
	{"date.beforeRelativeDate", "Before relative Date", "Before N days in the past", "_beforeRelativeDate", "RelativeDateWidget"},
	{"date.beforeToday", "Before today", "Before the current day", "_beforeToday", ""},
	{"date.between", "Between dates", "Please use YYYY/MM/DD.", "_dateBetween", "DateRangeWidget"},
	{"date.largerThan", "After date", "Please use YYYY/MM/DD.", "_dateLargerThan", "DateWidget"},
	{"date.largerThanRelativeDate", "Within last", "Please enter the number in days.", "_moreThanRelativeDate", "RelativeDateWidget"},
	{"date.lessThan", "Before date", "Please use YYYY/MM/DD.", "_dateLessThan", "DateWidget"},
	{"date.lessThanRelativeDate", "Within next", "Please enter the number in days.", "_lessThanRelativeDate", "RelativeDateWidget"},
	{"date.today", "Today", "The current day", "_today", ""},
	{"int.is", "Equals", "", "_intEqual", "StringWidget"},
	{"int.largerThan", "Larger than", "", "_intLargerThan", "StringWidget"},
	{"int.lessThan", "Less than", "", "_intLessThan", "StringWidget"},
	{"reference.is", "Equals", "", "_referenceIs", "ReferenceWidget"},
	{"selection.all", "Matches all of", "Tip: you can use * to autocomplete.", "_all", "MultipleSelectionWidget"},
	{"selection.any", "Matches any of", "Tip: you can use * to autocomplete.", "_contains", "MultipleSelectionWidget"},
	{"selection.none", "Matches none of", "Tip: you can use * to autocomplete.", "_excludes", "MultipleSelectionWidget"},
	{"string.absolutePath", "Absolute path", "Location in the site structure", "_absolutePath", "ReferenceWidget"},
	{"string.contains", "Contains", "", "_contains", "StringWidget"},
	{"string.currentUser", "Current logged in user", "The user viewing the querystring results", "_currentUser", ""},
	{"string.is", "Is", "Tip: you can use * to autocomplete.", "_equal", "StringWidget"},
	{"string.isNot", "Is not", "Tip: you can use * to autocomplete.", "_excludes", "StringWidget"},
	{"string.path", "Navigation path", "Location in the navigation structure", "_navigationPath", "ReferenceWidget"},
	{"string.relativePath", "Relative path", "Use '../' to navigate to parent objects.", "_relativePath", "RelativePathWidget"},
	{"string.showInactive", "Show Inactive", "The user roles which are allowed to see inactive content", "_showInactive", "MultipleSelectionWidget"},
}

// dateOperations are those of all dates.
var dateOperations = []string{"date.lessThan", "date.largerThan", "date.between", "date.lessThanRelativeDate", "date.largerThanRelativeDate", "date.today", "date.beforeToday", "date.afterToday", "date.beforeRelativeDate", "date.afterRelativeDate"}

// offers are the indexes that criteria can be about.
var offers = []offer{
	{"Creator", "Creator", "The person that created an item", "Metadata", true, true, "plone.app.vocabularies.Users", []string{"string.currentUser", "selection.any", "selection.none"}},
	{"Description", "Description", "An item's description", "Text", true, false, "", []string{"string.contains"}},
	{"SearchableText", "Searchable text", "Text search of an item's contents", "Text", true, false, "", []string{"string.contains"}},
	{"Subject", "Tag", "Tags are used for organization of content", "Text", true, false, "plone.app.vocabularies.Keywords", []string{"selection.any", "selection.all", "selection.none"}},
	{"Title", "Title", "Text search of an item's title", "Text", true, false, "", []string{"string.contains"}},
	{"created", "Creation date", "The date an item was created", "Dates", true, true, "", dateOperations},
	{"effective", "Effective date", "The time and date an item was first published", "Dates", true, true, "", dateOperations},
	{"effectiveRange", "Effective range", "Querying this is undefined", "Dates", false, false, "", nil},
	{"end", "Event end date", "The end date and time of an event", "Dates", true, true, "", dateOperations},
	{"expires", "Expiration date", "The time and date an item was expired", "Dates", true, true, "", dateOperations},
	{"getId", "Short name (id)", "The short name of an item (used in the url)", "Metadata", true, true, "", []string{"string.is", "string.isNot"}},
	{"getObjPositionInParent", "Order in folder", "The order of an item in its parent folder", "Metadata", false, true, "", []string{"int.is", "int.lessThan", "int.largerThan"}},
	{"getRawRelatedItems", "Related To", "Find items related to the selected items", "Metadata", false, false, "", []string{"reference.is"}},
	{"isDefaultPage", "Default Page", "Find items that are the default view for their containing folder.", "Metadata", false, false, "", []string{"boolean.isTrue", "boolean.isFalse"}},
	{"isFolderish", "Folder-like", "Find items that can contain other objects", "Metadata", false, false, "", []string{"boolean.isTrue", "boolean.isFalse"}},
	{"modified", "Modification date", "The time and date an item was last modified", "Dates", true, true, "", dateOperations},
	{"path", "Location", "The location of an item ", "Metadata", true, false, "", []string{"string.absolutePath", "string.path", "string.relativePath"}},
	{"portal_type", "Type", "An item's type (e.g. Event)", "Metadata", true, false, "plone.app.vocabularies.ReallyUserFriendlyTypes", []string{"selection.any", "selection.none"}},
	{"review_state", "Review state", "An item's workflow state (e.g.published)", "Metadata", true, true, "plone.app.vocabularies.WorkflowStates", []string{"selection.any", "selection.none"}},
	{"show_inactive", "Show Inactive", "Select which roles have the permission to view inactive objects", "Metadata", true, false, "plone.app.vocabularies.Roles", []string{"string.showInactive"}},
	{"sortable_title", "Sortable Title", "The item's title, transformed for sorting", "Text", false, true, "", []string{"string.contains", "string.is", "string.isNot"}},
	{"start", "Event start date", "The start date and time of an event", "Dates", true, true, "", dateOperations},
}
