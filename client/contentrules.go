package client

import (
	"context"
	"net/http"
	"slices"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// ContentRuleService assigns content rules to containers. The rules themselves are
// in the control panel "content-rules". It needs plone.app.contentrules. It is safe
// for concurrent use.
type ContentRuleService struct{ client *Client }

var (
	getContentRules = declare(operation{
		name: "ContentRules.Get", method: http.MethodGet, path: "/{path}/@content-rules", want: http.StatusOK, means: lookup,
	})
	assignContentRule = declare(operation{
		name: "ContentRules.Assign", method: http.MethodPost, path: "/{path}/@content-rules/{rule}", want: http.StatusOK,
		kind: retry.Repeatable, means: lookup,
	})
	unassignContentRules = declare(operation{
		name: "ContentRules.Unassign", method: http.MethodDelete, path: "/{path}/@content-rules", want: http.StatusNoContent,
		means: lookup,
	})
	pressContentRules = declare(operation{
		name: "ContentRules.Enable", method: http.MethodPatch, path: "/{path}/@content-rules", want: http.StatusOK,
		kind: retry.Repeatable, means: notAssigned("AttributeError"),
	})
	moveContentRule = declare(operation{
		name: "ContentRules.MoveUp", method: http.MethodPatch, path: "/{path}/@content-rules", want: http.StatusOK,
		means: notAssigned("ValueError"),
	})
)

// notAssigned is lookup plus the exception that the server raises for a rule that
// is not assigned to the object.
func notAssigned(exception string) []meaning {
	return append(slices.Clip(lookup), meaning{raised: exception, is: errors.ErrNotFound})
}

// ContentRules are the rules that matter to an object.
type ContentRules struct {
	Assigned   []ContentRule `json:"assigned_rules"`   // here, in the order in which they run
	Acquired   []ContentRule `json:"acquired_rules"`   // from above, where they apply to subfolders
	Assignable []ContentRule `json:"assignable_rules"` // not assigned here
}

// ContentRule is a rule as an object sees it.
type ContentRule struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`

	// Of assigned and acquired rules.
	Trigger string `json:"trigger,omitempty"` // the event, by its token, like "Comment added"
	URL     string `json:"url,omitempty"`     // page where people edit the rule, or its assignment above
	Enabled bool   `json:"enabled,omitempty"` // of an acquired rule: the rule and its assignment are

	// Of assigned rules.
	Bubbles       bool `json:"bubbles,omitempty"`        // applies to subfolders
	GlobalEnabled bool `json:"global_enabled,omitempty"` // the rule itself is enabled
}

// RulesMessage is what the server says about a change of rules.
type RulesMessage struct {
	Message string `json:"message"` // for people, in English
}

func (m *RulesMessage) check() error {
	if m.Message == "" {
		return errMissing("message")
	}
	return nil
}

// Get returns the rules that matter to the object at path.
//
// Errors: [errors.ErrUnauthorized] when the user may not manage rules here,
// [errors.ErrNotFound].
//
// Source: plone.restapi documentation, "Content Rules".
func (s *ContentRuleService) Get(ctx context.Context, path string, opts ...CallOption) (*OK[ContentRules], error) {
	result, err := ok[contentRulesAnswer](ctx, s.client, getContentRules.at(path), opts)
	if err != nil {
		return nil, err
	}
	return &OK[ContentRules]{result.Response, *result.Value.Rules}, nil
}

// contentRulesAnswer wraps the rules of an object.
type contentRulesAnswer struct {
	Rules *ContentRules `json:"content-rules"`
}

func (a *contentRulesAnswer) check() error {
	if a.Rules == nil {
		return errMissing("content-rules")
	}
	return nil
}

// Assign assigns a rule to the object at path, enabled and with its subfolders. It
// makes one that is assigned already so.
//
// Errors: [errors.ErrNotFound] when there is no such object or rule (the latter is a
// 503), [errors.ErrUnauthorized] when the user may not manage rules here.
//
// Source: plone.restapi documentation, "Content Rules".
func (s *ContentRuleService) Assign(ctx context.Context, path, rule string, opts ...CallOption) (*OK[RulesMessage], error) {
	return ok[RulesMessage](ctx, s.client, assignContentRule.at(path, rule), opts)
}

// Unassign takes rules away from the object at path, all or none of them.
//
// Errors: [errors.ErrNotFound] when there is no such object, or a rule is not
// assigned to it (that is a 503); [errors.ErrUnauthorized] when the user may not
// manage rules here, [errors.ErrInvalidInput] for no rule.
//
// Source: plone.restapi documentation, "Content Rules".
func (s *ContentRuleService) Unassign(ctx context.Context, path string, rules []string, opts ...CallOption) (*NoContent, error) {
	if len(rules) == 0 {
		return nil, invalid("no rule")
	}
	return noContent(ctx, s.client, unassignContentRules.at(path).with(map[string][]string{"rule_ids": rules}), opts)
}

// Enable switches rules on that are assigned to the object at path.
//
// Errors: [errors.ErrNotFound] when there is no such object, or a rule is not
// assigned to it (that is a 500; then nothing is changed); [errors.ErrUnauthorized]
// when the user may not manage rules here, [errors.ErrInvalidInput] for no rule.
//
// Source: plone.restapi documentation, "Content Rules".
func (s *ContentRuleService) Enable(ctx context.Context, path string, rules []string, opts ...CallOption) (*OK[RulesMessage], error) {
	return s.press(ctx, path, "Enable", rules, opts)
}

// Disable switches rules off that are assigned to the object at path.
//
// Errors: those of Enable.
//
// Source: plone.restapi documentation, "Content Rules".
func (s *ContentRuleService) Disable(ctx context.Context, path string, rules []string, opts ...CallOption) (*OK[RulesMessage], error) {
	return s.press(ctx, path, "Disable", rules, opts)
}

// Bubble makes rules that are assigned to the object at path apply to its
// subfolders too. It also enables them.
//
// Errors: those of Enable.
//
// Source: plone.restapi documentation, "Content Rules".
func (s *ContentRuleService) Bubble(ctx context.Context, path string, rules []string, opts ...CallOption) (*OK[RulesMessage], error) {
	return s.press(ctx, path, "Bubble", rules, opts)
}

// NoBubble makes rules that are assigned to the object at path apply to it only.
//
// Errors: those of Enable.
//
// Source: plone.restapi documentation, "Content Rules".
func (s *ContentRuleService) NoBubble(ctx context.Context, path string, rules []string, opts ...CallOption) (*OK[RulesMessage], error) {
	return s.press(ctx, path, "NoBubble", rules, opts)
}

// press does what a button of Plone's form for rules does.
func (s *ContentRuleService) press(ctx context.Context, path, button string, rules []string, opts []CallOption) (*OK[RulesMessage], error) {
	if len(rules) == 0 {
		return nil, invalid("no rule") // to which the server says that it has changed "None"
	}
	body := map[string]any{"rule_ids": rules, "form.button." + button: true}
	return ok[RulesMessage](ctx, s.client, pressContentRules.at(path).with(body), opts)
}

// MoveUp moves a rule that is assigned to the object at path one place up. The
// first one goes to the last place but one.
//
// Errors: [errors.ErrNotFound] when there is no such object, or the rule is not
// assigned to it (that is a 500); [errors.ErrUnauthorized] when the user may not
// manage rules here, [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Content Rules".
func (s *ContentRuleService) MoveUp(ctx context.Context, path, rule string, opts ...CallOption) (*OK[RulesMessage], error) {
	return s.move(ctx, path, "move_up", rule, opts)
}

// MoveDown moves a rule that is assigned to the object at path one place down. The
// last one stays.
//
// Errors: those of MoveUp.
//
// Source: plone.restapi documentation, "Content Rules".
func (s *ContentRuleService) MoveDown(ctx context.Context, path, rule string, opts ...CallOption) (*OK[RulesMessage], error) {
	return s.move(ctx, path, "move_down", rule, opts)
}

func (s *ContentRuleService) move(ctx context.Context, path, direction, rule string, opts []CallOption) (*OK[RulesMessage], error) {
	body := map[string]string{"operation": direction, "rule_id": rule}
	return ok[RulesMessage](ctx, s.client, moveContentRule.at(path).with(body), opts)
}
