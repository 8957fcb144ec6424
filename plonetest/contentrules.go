package plonetest

import (
	"slices"
	"strings"
)

func contentRuleServices() []service {
	return []service{
		{method: "GET", name: "@content-rules", on: anyContent, permission: manageRules, segments: true, handle: getContentRules},
		{method: "POST", name: "@content-rules", on: anyContent, permission: manageRules, segments: true, handle: postContentRule},
		{method: "PATCH", name: "@content-rules", on: anyContent, permission: manageRules, handle: patchContentRules},
		{method: "DELETE", name: "@content-rules", on: anyContent, permission: manageRules, handle: deleteContentRules},
	}
}

// rule is a content rule of the site.
type rule struct {
	id, title, description string
	event                  string // token of what triggers it
	enabled                bool
	stop, cascading        bool
	elements               map[string][]*ruleElement // by part, "condition" or "action"
}

// assignment says that a content rule holds for an object.
type assignment struct {
	rule             *rule
	enabled, bubbles bool
}

// assigned is the position of the assignment of a rule to o, -1 if there is none.
func (o *object) assigned(id string) int {
	return slices.IndexFunc(o.rules, func(a *assignment) bool { return a.rule.id == id })
}

// getContentRules lists the rules of an object.
func getContentRules(c *call) (*answer, error) {
	assigned, acquired, assignable := list{}, list{}, list{}
	for _, a := range c.context.rules {
		assigned = append(assigned, dict{"id": a.rule.id, "title": a.rule.title, "description": a.rule.description,
			"trigger": a.rule.event, "url": c.site.url + "/++rule++" + a.rule.id + "/@@manage-elements",
			"bubbles": a.bubbles, "enabled": a.enabled, "global_enabled": a.rule.enabled})
	}
	for at := c.context.parent; at != nil; at = at.parent {
		for _, a := range at.rules {
			if c.context.assigned(a.rule.id) < 0 && a.bubbles {
				acquired = append(acquired, dict{"id": a.rule.id, "title": a.rule.title, "description": a.rule.description,
					"trigger": a.rule.event, "url": c.urlOf(at) + "/@@manage-content-rules",
					"enabled": a.enabled && a.rule.enabled})
			}
		}
	}
	for _, r := range c.rules {
		if c.context.assigned(r.id) < 0 {
			assignable = append(assignable, dict{"id": r.id, "title": r.title, "description": r.description})
		}
	}
	return ok(dict{"content-rules": dict{
		"acquired_rules": acquired, "assigned_rules": assigned, "assignable_rules": assignable}}), nil
}

// postContentRule assigns a rule.
func postContentRule(c *call) (*answer, error) {
	if len(c.segments) == 0 {
		return nil, fail("BadRequest", "Missing parameter rule_id")
	}
	id := c.segments[0]
	i := slices.IndexFunc(c.rules, func(r *rule) bool { return r.id == id })
	if i < 0 {
		return nil, missingKey(id)
	}
	at := c.context.assigned(id)
	if at < 0 {
		at = len(c.context.rules)
		c.context.rules = append(c.context.rules, &assignment{rule: c.rules[i]})
	}
	c.context.rules[at].enabled, c.context.rules[at].bubbles = true, true
	c.changed()
	return ok(dict{"message": "Successfully assigned the rule " + id}), nil
}

// patchContentRules moves or switches rules that are assigned.
func patchContentRules(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	rules := c.context.rules
	message := ""
	operation, _ := data["operation"].(string)
	if operation != "" {
		message = "Successfully applied the " + operation
	}
	if step := map[string]int{"move_up": -1, "move_down": 1}[operation]; step != 0 {
		from := c.context.assigned(str(data["rule_id"]))
		if from < 0 {
			return nil, fail("ValueError", repr(data["rule_id"])+" is not in list")
		}
		moved := rules[from]
		rest := slices.Delete(slices.Clone(rules), from, from+1)
		to := from + step
		if to < 0 {
			to = max(len(rest)-1, 0) // Python counts from the end
		}
		c.context.rules = slices.Insert(rest, min(to, len(rest)), moved)
	}
	ids, _ := data["rule_ids"].(list)
	var names any
	if len(ids) > 0 {
		names = ids
	}
	for _, button := range []struct {
		name, done string
		press      func(*assignment)
	}{
		{"Enable", "Successfully enabled rules %s", func(a *assignment) { a.enabled = true }},
		{"Disable", "Successfully disabled rules %s", func(a *assignment) { a.enabled = false }},
		{"Bubble", "Successfully applied %s to subfolders", func(a *assignment) { a.bubbles, a.enabled = true, true }},
		{"NoBubble", "Disabled apply to subfolders for %s", func(a *assignment) { a.bubbles = false }},
	} {
		if isFalse(data["form.button."+button.name]) {
			continue
		}
		message = strings.Replace(button.done, "%s", repr(names), 1)
		for _, id := range ids {
			if c.context.assigned(str(id)) < 0 {
				return nil, fail("AttributeError", "'NoneType' object has no attribute '"+
					map[bool]string{true: "bubbles", false: "enabled"}[strings.HasSuffix(button.name, "Bubble")]+"'")
			}
		}
		for _, id := range ids {
			button.press(rules[c.context.assigned(str(id))])
		}
		break
	}
	if message == "" {
		return nil, fail("UnboundLocalError", "cannot access local variable 'message' where it is not associated with a value")
	}
	c.changed()
	return ok(dict{"message": message}), nil
}

// deleteContentRules takes rules away, all or none.
func deleteContentRules(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	ids, _ := data["rule_ids"].(list)
	if len(ids) == 0 {
		return nil, fail("BadRequest", "Missing parameter rule_ids")
	}
	for _, id := range ids {
		if c.context.assigned(str(id)) < 0 {
			return nil, missingKey(str(id))
		}
	}
	c.context.rules = slices.DeleteFunc(c.context.rules, func(a *assignment) bool { return slices.Contains(ids, any(a.rule.id)) })
	c.changed()
	return noContent().with("Content-Type", "text/html;charset=utf-8"), nil
}
