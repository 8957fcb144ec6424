package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// RuleService manages content rules: what the site does by itself when something
// happens. See [ContentRuleService] for where they apply. It is safe for concurrent use.
type RuleService struct{ client *Client }

var (
	listRules = declare(operation{
		name: "Rules.List", method: http.MethodGet, path: "/@controlpanels/content-rules", want: http.StatusOK,
	})
	getRule = declare(operation{
		name: "Rules.Get", method: http.MethodGet, path: "/@controlpanels/content-rules/{rule}", want: http.StatusOK,
		means: lookup,
	})
	addRule = declare(operation{
		name: "Rules.Add", method: http.MethodPost, path: "/@controlpanels/content-rules", want: http.StatusCreated,
		means: lookup,
	})
	updateRule = declare(operation{
		name: "Rules.Update", method: http.MethodPatch, path: "/@controlpanels/content-rules/{rule}",
		want: http.StatusNoContent, kind: retry.Repeatable, means: lookup,
	})
	deleteRule = declare(operation{
		name: "Rules.Delete", method: http.MethodDelete, path: "/@controlpanels/content-rules/{rule}",
		want: http.StatusNoContent, means: lookup,
	})
	getRuleElement = declare(operation{
		name: "Rules.Element", method: http.MethodGet, path: "/@controlpanels/content-rules/{rule}/{condition|action}/{n}",
		want: http.StatusOK, means: elementLookup,
	})
	addRuleElement = declare(operation{
		name: "Rules.AddElement", method: http.MethodPost, path: "/@controlpanels/content-rules/{rule}/{condition|action}",
		want: http.StatusCreated, means: lookup,
	})
	updateRuleElement = declare(operation{
		name: "Rules.UpdateElement", method: http.MethodPatch, path: "/@controlpanels/content-rules/{rule}/{condition|action}/{n}",
		want: http.StatusNoContent, kind: retry.Repeatable, means: elementLookup,
	})
	moveRuleElement = declare(operation{
		name: "Rules.MoveElement", method: http.MethodPatch, path: "/@controlpanels/content-rules/{rule}/{condition|action}/{n}",
		want:  http.StatusNoContent,
		kind:  retry.Once, // twice is two places
		means: elementLookup,
	})
	deleteRuleElement = declare(operation{
		name: "Rules.DeleteElement", method: http.MethodDelete, path: "/@controlpanels/content-rules/{rule}/{condition|action}/{n}",
		want:  http.StatusNoContent,
		kind:  retry.Once, // another one has the index then
		means: elementLookup,
	})

	// The server does not check an index either.
	elementLookup = []meaning{
		{raised: "KeyError", is: errors.ErrNotFound},
		{raised: "IndexError", is: errors.ErrNotFound},
	}
)

// Rules are the content rules of a site, as the panel "content-rules" lists them.
type Rules struct {
	URL   string   `json:"@id"`
	Title string   `json:"title"` // in the language of the request
	Group string   `json:"group"`
	Items RuleList `json:"items"`
}

func (r *Rules) check() error {
	if r.Items == nil {
		return errMissing("items")
	}
	return nil
}

// RuleList is a list of rules.
type RuleList []RuleSummary

// UnmarshalJSON implements json.Unmarshaler. The server puts the list into a list
// of its own.
func (l *RuleList) UnmarshalJSON(data []byte) error {
	var lists []json.RawMessage
	if err := wire.Unmarshal(data, &lists); err != nil {
		return err
	}
	list := make(RuleList, 0, len(lists))
	if len(lists) == 1 && bytes.HasPrefix(lists[0], []byte("[")) {
		data = lists[0]
	}
	if err := wire.Unmarshal(data, (*[]RuleSummary)(&list)); err != nil {
		return err
	}
	*l = list
	return nil
}

// RuleSummary is the short form of a rule.
type RuleSummary struct {
	URL         string `json:"@id"`
	ID          string `json:"id"` // what other calls take, like "rule-1"
	Title       string `json:"title"`
	Description string `json:"description"`
	Trigger     string `json:"trigger"` // the event, by its token, like "Comment added"
	Enabled     bool   `json:"enabled"`
	Assigned    bool   `json:"assigned"`  // somewhere; see [ContentRuleService]
	RowClass    string `json:"row_class"` // CSS classes of its row in the panel
}

// Rule is a content rule: when the event happens to an object below a container
// that the rule is assigned to, and all conditions hold, the actions are done.
type Rule struct {
	URL         string `json:"@id"`
	ID          string `json:"id"` // what other calls take, like "rule-1"
	Title       string `json:"title"`
	Description string `json:"description"`
	Group       string `json:"group"`     // of the panel
	Event       string `json:"event"`     // by its token, like "Comment added"
	Enabled     bool   `json:"enabled"`   // it is run at all
	Stop        bool   `json:"stop"`      // no other rule is run after it
	Cascading   bool   `json:"cascading"` // what its actions do can set off rules

	Conditions        []RuleElement      `json:"conditions"`
	Actions           []RuleElement      `json:"actions"` // in the order in which they are done
	AddableConditions []RuleElementType  `json:"addable_conditions"`
	AddableActions    []RuleElementType  `json:"addable_actions"`
	Assignments       []RuleAssignedHere `json:"assignments"` // containers that it is assigned to
}

func (r *Rule) check() error {
	if r.URL == "" {
		return errMissing("@id")
	}
	return nil
}

// Settings are the settings of the rule, to change some of them.
func (r *Rule) Settings() RuleSettings {
	return RuleSettings{
		Title: r.Title, Description: r.Description,
		Enabled: r.Enabled, Stop: r.Stop, Cascading: r.Cascading,
	}
}

// RuleElement is a condition or an action of a rule, in words.
type RuleElement struct {
	Index       int    `json:"idx"`   // among those of its part, from 0
	Title       string `json:"title"` // in the language of the request, like what follows
	Description string `json:"description"`
	Summary     string `json:"summary"`
	First       bool   `json:"first"`
	Last        bool   `json:"last"`
	EditView    string `json:"editview"` // address of its form; empty when it has no settings
}

// RuleElementType is a kind of condition or action.
type RuleElementType struct {
	Type        string     `json:"addview"` // what AddRuleElement takes, like "plone.actions.Logger"
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Schema      TypeSchema `json:"@schema"` // of its settings
}

// RuleAssignedHere is a container that a rule is assigned to.
type RuleAssignedHere struct {
	URL         string `json:"url"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Icon        string `json:"icon"` // name
}

// RuleElementSettings are the settings of a condition or an action.
type RuleElementSettings struct {
	URL    string     `json:"@id"`
	Schema TypeSchema `json:"@schema"` // of Data
	Data   Settings   `json:"-"`       // all other members of the answer
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *RuleElementSettings) UnmarshalJSON(data []byte) error {
	type plain RuleElementSettings
	if err := wire.Unmarshal(data, (*plain)(s)); err != nil {
		return err
	}
	s.Data = nil
	if err := wire.Unmarshal(data, &s.Data); err != nil {
		return err
	}
	delete(s.Data, "@id")
	delete(s.Data, "@schema")
	return nil
}

func (s *RuleElementSettings) check() error {
	if s.URL == "" {
		return errMissing("@id")
	}
	return nil
}

// A RulePart is one of the two lists of elements that a rule has.
type RulePart string

// Parts of a rule.
const (
	RuleConditions RulePart = "condition"
	RuleActions    RulePart = "action"
)

// NewRule is a rule to add, without conditions and actions.
type NewRule struct {
	Title       string `json:"title"`
	Event       string `json:"event"` // a token of the vocabulary "plone.contentrules.events", like "Object modified"; it stays
	Description string `json:"description,omitempty"`
	Enabled     bool   `json:"enabled"`
	Stop        bool   `json:"stop"`
	Cascading   bool   `json:"cascading"`
}

// RuleSettings are all settings of a rule that can be changed. Begin with those
// that it has, [Rule.Settings]: the server turns off what it is not sent.
type RuleSettings struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Enabled     bool   `json:"enabled"`
	Stop        bool   `json:"stopExecuting"` // it is read as "stop"
	Cascading   bool   `json:"cascading"`
}

// List returns the content rules of the site.
//
// Errors: [errors.ErrUnauthorized] when the user may not see the site setup,
// [errors.ErrNotFound] when the site has no content rules.
//
// Source: plone.restapi documentation, "Control Panels", "Content Rules".
func (s *RuleService) List(ctx context.Context, opts ...CallOption) (*OK[Rules], error) {
	return ok[Rules](ctx, s.client, listRules.at(""), opts)
}

// Get returns a content rule, and what can be added to it.
//
// Errors: [errors.ErrNotFound] when there is no such rule, which the server answers
// with 503; [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Control Panels", "Content Rules".
func (s *RuleService) Get(ctx context.Context, rule string, opts ...CallOption) (*OK[Rule], error) {
	return ok[Rule](ctx, s.client, getRule.at("", rule), opts)
}

// Add adds a content rule and returns it. The server chooses its name.
//
// Errors: [errors.ErrBadRequest] when there is no title, [errors.ErrInternalServer]
// for an unknown event, [errors.ErrUnauthorized], [errors.ErrOutcomeUnknown] when
// no answer came.
//
// Source: plone.restapi documentation, "Control Panels", "Content Rules".
func (s *RuleService) Add(ctx context.Context, rule NewRule, opts ...CallOption) (*Created[Rule], error) {
	return created[Rule](ctx, s.client, addRule.at("").with(rule), opts)
}

// Update sets all settings of a rule.
//
// Errors: [errors.ErrNotFound] when there is no such rule, [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Control Panels", "Content Rules".
func (s *RuleService) Update(ctx context.Context, rule string, settings RuleSettings, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, updateRule.at("", rule).with(settings), opts)
}

// Apply assigns a rule to the whole site, and makes it apply to all folders.
//
// Errors: as Update.
//
// Source: plone.restapi documentation, "Control Panels", "Content Rules".
func (s *RuleService) Apply(ctx context.Context, rule string, opts ...CallOption) (*NoContent, error) {
	body := map[string]bool{"form.button.ApplyOnWholeSite": true}
	return noContent(ctx, s.client, updateRule.at("", rule).with(body), opts)
}

// Delete removes a rule with its assignments.
//
// Errors: as Update.
//
// Source: plone.restapi documentation, "Control Panels", "Content Rules".
func (s *RuleService) Delete(ctx context.Context, rule string, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, deleteRule.at("", rule), opts)
}

// Element returns the settings of the condition or action at index.
//
// Errors: [errors.ErrNotFound] when there is no such rule or index, which the server
// answers with 503 and 500; [errors.ErrInternalServer] for an element that has no
// settings, [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Control Panels", "Content Rules".
func (s *RuleService) Element(ctx context.Context, rule string, part RulePart, index int, opts ...CallOption) (*OK[RuleElementSettings], error) {
	return ok[RuleElementSettings](ctx, s.client, getRuleElement.element(rule, part, index), opts)
}

// AddElement adds a condition or an action behind those that the rule has, and
// returns the rule. elementType is one that the rule names as addable, like
// "plone.actions.Logger", and settings are by its schema. As with Update, the method
// reads the rule before and refuses names that the server would ignore; the server
// does not check values.
//
// Errors: [errors.ErrNotFound] when there is no such rule or type,
// [errors.ErrNoField] for a name that the type does not have,
// [errors.ErrUnauthorized], [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Control Panels", "Content Rules".
func (s *RuleService) AddElement(ctx context.Context, rule string, part RulePart, elementType string, settings Fields, opts ...CallOption) (*Created[Rule], error) {
	before, err := s.Get(ctx, rule)
	if err != nil {
		return nil, err
	}
	addable := before.Value.AddableConditions
	if part == RuleActions {
		addable = before.Value.AddableActions
	}
	at := slices.IndexFunc(addable, func(t RuleElementType) bool { return t.Type == elementType })
	if at < 0 {
		return nil, fmt.Errorf("plone: %w: %s %q of rules", errors.ErrNotFound, part, elementType)
	}
	body := Fields{}
	maps.Copy(body, settings)
	if _, err := checkNames(elementType, &addable[at].Schema, body); err != nil {
		return nil, err
	}
	body["type"] = elementType
	return created[Rule](ctx, s.client, addRuleElement.at("", rule, string(part)).with(body), opts)
}

// UpdateElement changes the settings that body has of the condition or action
// at index. As with Update, the method reads it before and refuses names that the
// server would ignore; the server does not check values.
//
// Errors: as Element, and [errors.ErrNoField] for a name that it does not have.
//
// Source: plone.restapi documentation, "Control Panels", "Content Rules".
func (s *RuleService) UpdateElement(ctx context.Context, rule string, part RulePart, index int, body any, opts ...CallOption) (*NoContent, error) {
	before, err := s.Element(ctx, rule, part, index)
	if err != nil {
		return nil, err
	}
	data, err := checkNames(before.Value.URL, &before.Value.Schema, body)
	if err != nil {
		return nil, err
	}
	return noContent(ctx, s.client, updateRuleElement.element(rule, part, index).with(data), opts)
}

// MoveElementOptions say where a condition or an action goes. The zero value is one
// place down.
type MoveElementOptions struct{ Up bool }

// MoveElement moves the condition or action at index by one place, up or down.
// The last one stays where it is when it is moved down.
//
// Errors: [errors.ErrInvalidInput] for the first one up, which the server would move
// down; those of Element.
//
// Source: plone.restapi documentation, "Control Panels", "Content Rules".
func (s *RuleService) MoveElement(ctx context.Context, rule string, part RulePart, index int, o MoveElementOptions, opts ...CallOption) (*NoContent, error) {
	body := map[string]string{"form.button.Move": "_move_down"}
	if o.Up {
		if index == 0 {
			return nil, invalid("the first %s cannot be moved up", part)
		}
		body["form.button.Move"] = "_move_up"
	}
	return noContent(ctx, s.client, moveRuleElement.element(rule, part, index).with(body), opts)
}

// DeleteElement removes the condition or action at index; those behind it move
// up.
//
// Errors: as Element, and [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Control Panels", "Content Rules".
func (s *RuleService) DeleteElement(ctx context.Context, rule string, part RulePart, index int, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, deleteRuleElement.element(rule, part, index), opts)
}

// element is at for a condition or an action of a rule. It refuses negative
// indexes, which the server counts from the end.
func (op *operation) element(rule string, part RulePart, index int) request {
	r := op.at("", rule, string(part), strconv.Itoa(index))
	if index < 0 {
		r.err = invalid("the index %d is negative", index)
	}
	return r
}
