package plonetest

import (
	"net/http"
	"time"
)

func workflowServices() []service {
	return []service{
		{method: "GET", name: "@workflow", on: anyContent, permission: view, handle: getWorkflow},
		{method: "POST", name: "@workflow", on: anyContent, permission: view, segments: true, handle: postWorkflow},
	}
}

// transition is a way out of a state of Plone's simple publication workflow, for those with a permission.
type transition struct {
	id, title, from, to, guard string
}

var transitions = []transition{
	{"publish", "Publish", "private", "published", reviewContent},
	{"submit", "Submit for publication", "private", "pending", requestReview},
	{"publish", "Publish", "pending", "published", reviewContent},
	{"reject", "Send back", "pending", "private", reviewContent},
	{"retract", "Retract", "pending", "private", requestReview},
	{"reject", "Send back", "published", "private", reviewContent},
	{"retract", "Retract", "published", "private", requestReview},
}

// stateTitle is the title of a state.
func stateTitle(state string) string {
	switch state {
	case "private":
		return "Private"
	case "pending":
		return "Pending review"
	case "published":
		return "Published"
	default:
		return ""
	}
}

// possible are the transitions that the user may fire.
func (c *call) possible(o *object) []transition {
	var possible []transition
	for _, t := range transitions {
		if o.typ.workflow && t.from == o.state && c.allowed(c.user, t.guard, o) {
			possible = append(possible, t)
		}
	}
	return possible
}

func getWorkflow(c *call) (*answer, error) {
	body, err := expandWorkflow(c, c.context)
	return ok(body), err
}

func expandWorkflow(c *call, o *object) (any, error) {
	address := c.urlOf(o) + "/@workflow"
	history, fireable := list{}, list{}
	d := dict{"@id": address}
	if o.parent != nil {
		d["state"] = dict{"id": o.state, "title": stateTitle(o.state)}
		for _, t := range c.possible(o) {
			fireable = append(fireable, dict{"@id": address + "/" + t.id, "title": t.title})
		}
		if c.allowed(c.user, requestReview, o) || c.allowed(c.user, reviewContent, o) {
			for _, e := range o.history {
				history = append(history, e.describe())
			}
		}
	}
	d["history"], d["transitions"] = history, fireable
	return d, nil
}

func (e event) describe() dict {
	return dict{"action": orNil(e.action), "actor": e.actor, "comments": e.comments, "review_state": e.state,
		"time": e.time, "title": stateTitle(e.state)}
}

func postWorkflow(c *call) (*answer, error) {
	switch len(c.segments) {
	case 0:
		return refuse(http.StatusBadRequest, "BadRequest", "Missing transition"), nil
	case 1:
	default:
		c.url = c.urlOf(c.context) + "/@workflow/" + c.segments[0] + "/" + c.segments[1]
		return nil, errNotFound
	}
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	o := c.context
	if refused := c.fire(o, c.segments[0], data); refused != nil {
		return refused, nil
	}
	if !o.typ.workflow {
		return refuse(http.StatusBadRequest, "WorkflowException", "No workflow provides '${name}' information."), nil
	}
	return ok(o.history[len(o.history)-1].describe()), nil
}

// fire does a transition. What it did before it refuses stays done.
func (c *call) fire(o *object, name string, data dict) *answer {
	defer c.changed()
	dates := dict{}
	for _, key := range []string{"effective", "expires"} {
		if v, given := data[key]; given {
			dates[key] = v
		}
	}
	if len(dates) > 0 {
		changes, err := c.deserialize(o, dates, false)
		if err != nil {
			return refuse(http.StatusBadRequest, "Bad Request", err.(*failure).message)
		}
		for name, value := range changes {
			o.set(name, value)
		}
		o.modified = time.Now()
		o.save(c.user.id, nil)
	}
	if o.parent != nil && o.get("effective") == nil {
		o.set("effective", time.Now())
	}
	if !o.typ.workflow {
		return nil
	}
	if !c.transit(o, name, data["comment"]) {
		return refuse(http.StatusBadRequest, "WorkflowException", "No workflow provides the '${action_id}' action.")
	}
	if isFalse(data["include_children"]) {
		return nil
	}
	for _, child := range o.children {
		if refused := c.fire(child, name, data); refused != nil {
			return refused
		}
	}
	return nil
}

// transit changes the state, and says whether o is in the target state of the transition then.
func (c *call) transit(o *object, name string, comment any) bool {
	for _, t := range c.possible(o) {
		if t.id == name {
			if comment == nil {
				comment = ""
			}
			o.state = t.to
			o.history = append(o.history, event{action: name, actor: c.user.id, comments: comment, state: t.to, time: time.Now()})
			return true
		}
	}
	for _, t := range transitions {
		if t.id == name && t.to == o.state {
			return true
		}
	}
	return false
}
