package faults

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// ruleOperations write content rules, what is in them, and where they apply.
var ruleOperations = []operation{
	{method: "Rules.Add", prepare: func(t *testing.T, _ *client.Client, _ string) act {
		title := unique()
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Rules.Add(ctx, client.NewRule{Title: title, Event: "Comment added"})
				return err
			},
			done: func(ctx context.Context, c *client.Client) (n int, err error) {
				rules, err := c.Rules.List(ctx)
				if err != nil {
					return 0, err
				}
				for _, rule := range rules.Value.Items {
					if rule.Title == title {
						n++
						removeRule(t, c, rule.ID)
					}
				}
				return n, nil
			},
		}
	}},
	onRule("Update", true, func(ctx context.Context, c *client.RuleService, rule string) error {
		_, err := c.Update(ctx, rule, client.RuleSettings{Title: "Changed"})
		return err
	}, func(r *client.Rule) int { return one(r.Title == "Changed") }),
	onRule("Apply", true, func(ctx context.Context, c *client.RuleService, rule string) error {
		_, err := c.Apply(ctx, rule)
		return err
	}, func(r *client.Rule) int { return len(r.Assignments) }),
	{method: "Rules.Delete", prepare: func(t *testing.T, c *client.Client, _ string) act {
		rule := addRule(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Rules.Delete(ctx, rule)
				return err
			},
			done: func(ctx context.Context, c *client.Client) (int, error) {
				_, err := c.Rules.Get(ctx, rule)
				if errors.Is(err, errors.ErrNotFound) {
					return 1, nil
				}
				return 0, err
			},
		}
	}},
	onRule("AddElement", false, func(ctx context.Context, c *client.RuleService, rule string) error {
		_, err := c.AddElement(ctx, rule, client.RuleActions, "plone.actions.Delete", nil)
		return err
	}, func(r *client.Rule) int { return len(r.Actions) - len(messages) }),
	onRule("UpdateElement", true, func(ctx context.Context, c *client.RuleService, rule string) error {
		_, err := c.UpdateElement(ctx, rule, client.RuleActions, 0, client.Fields{"message": "changed"})
		return err
	}, func(r *client.Rule) int { return 1 + actionAt(r, "changed") }),
	onRule("MoveElement", false, func(ctx context.Context, c *client.RuleService, rule string) error {
		_, err := c.MoveElement(ctx, rule, client.RuleActions, 0, client.MoveElementOptions{})
		return err
	}, func(r *client.Rule) int { return actionAt(r, messages[0]) }),
	onRule("DeleteElement", false, func(ctx context.Context, c *client.RuleService, rule string) error {
		_, err := c.DeleteElement(ctx, rule, client.RuleActions, 0)
		return err
	}, func(r *client.Rule) int { return len(messages) - len(r.Actions) }),

	{method: "ContentRules.Assign", prepare: func(t *testing.T, c *client.Client, folder string) act {
		rule := addRule(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.ContentRules.Assign(ctx, folder, rule)
				return err
			},
			done: assigned(folder, func(rules []client.ContentRule) int { return len(rules) }),
		}
	}},
	onAssigned("Unassign", func(ctx context.Context, c *client.ContentRuleService, path string, rules []string) error {
		_, err := c.Unassign(ctx, path, rules[:1])
		return err
	}, func(rules []client.ContentRule, _ string) int { return 3 - len(rules) }),
	onAssigned("Disable", func(ctx context.Context, c *client.ContentRuleService, path string, rules []string) error {
		_, err := c.Disable(ctx, path, rules[:1])
		return err
	}, func(rules []client.ContentRule, _ string) int { return one(!rules[0].Enabled) }),
	onAssigned("Enable", func(ctx context.Context, c *client.ContentRuleService, path string, rules []string) error {
		_, err := c.Enable(ctx, path, rules[1:2])
		return err
	}, func(rules []client.ContentRule, _ string) int { return one(rules[1].Enabled) }),
	onAssigned("NoBubble", func(ctx context.Context, c *client.ContentRuleService, path string, rules []string) error {
		_, err := c.NoBubble(ctx, path, rules[:1])
		return err
	}, func(rules []client.ContentRule, _ string) int { return one(!rules[0].Bubbles) }),
	onAssigned("Bubble", func(ctx context.Context, c *client.ContentRuleService, path string, rules []string) error {
		_, err := c.Bubble(ctx, path, rules[1:2])
		return err
	}, func(rules []client.ContentRule, _ string) int { return one(rules[1].Bubbles) }),
	onAssigned("MoveDown", func(ctx context.Context, c *client.ContentRuleService, path string, rules []string) error {
		_, err := c.MoveDown(ctx, path, rules[0])
		return err
	}, func(rules []client.ContentRule, first string) int {
		return slices.IndexFunc(rules, func(r client.ContentRule) bool { return r.ID == first })
	}),
	onAssigned("MoveUp", func(ctx context.Context, c *client.ContentRuleService, path string, rules []string) error {
		_, err := c.MoveUp(ctx, path, rules[2])
		return err
	}, func(rules []client.ContentRule, first string) int {
		last := slices.IndexFunc(rules, func(r client.ContentRule) bool { return r.Title == lastRule })
		if rules[0].ID != first { // moved up twice
			return 2
		}
		return 2 - last
	}),
}

// messages are those of the actions of the rules in [onRule].
var messages = []string{"first", "second", "third"}

// lastRule is the title of the last one of three.
const lastRule = "Last"

// onRule is a row for a method that changes a rule of three actions.
func onRule(method string, heals bool, call func(context.Context, *client.RuleService, string) error, done func(*client.Rule) int) operation {
	return operation{method: "Rules." + method, heals: heals, prepare: func(t *testing.T, c *client.Client, _ string) act {
		rule := addRule(t, c)
		for _, message := range messages {
			_, err := c.Rules.AddElement(t.Context(), rule, client.RuleActions, "plone.actions.Logger",
				client.Fields{"message": message, "targetLogger": "Plone", "loggingLevel": 10})
			require.NoError(t, err)
		}
		return act{
			call: func(ctx context.Context, c *client.Client) error { return call(ctx, c.Rules, rule) },
			done: func(ctx context.Context, c *client.Client) (int, error) {
				got, err := c.Rules.Get(ctx, rule)
				if err != nil {
					return 0, err
				}
				return done(&got.Value), nil
			},
		}
	}}
}

// actionAt is where the action with that message stands, -1 when there is none.
func actionAt(r *client.Rule, message string) int {
	return slices.IndexFunc(r.Actions, func(e client.RuleElement) bool { return strings.Contains(e.Summary, message) })
}

// onAssigned is a row for a method that changes one of three assigned rules, of
// which the second one is off and does not bubble. done gets what is assigned, and
// the first rule that was.
func onAssigned(method string, call func(context.Context, *client.ContentRuleService, string, []string) error,
	done func([]client.ContentRule, string) int,
) operation {
	return operation{method: "ContentRules." + method, prepare: func(t *testing.T, c *client.Client, folder string) act {
		rules := []string{addRule(t, c), addRule(t, c), addRule(t, c)}
		for _, rule := range rules {
			_, err := c.ContentRules.Assign(t.Context(), folder, rule)
			require.NoError(t, err)
		}
		_, err := c.Rules.Update(t.Context(), rules[2], client.RuleSettings{Title: lastRule})
		require.NoError(t, err)
		_, err = c.ContentRules.NoBubble(t.Context(), folder, rules[1:2])
		require.NoError(t, err)
		_, err = c.ContentRules.Disable(t.Context(), folder, rules[1:2])
		require.NoError(t, err)
		return act{
			call: func(ctx context.Context, c *client.Client) error { return call(ctx, c.ContentRules, folder, rules) },
			done: assigned(folder, func(got []client.ContentRule) int { return done(got, rules[0]) }),
		}
	}}
}

func assigned(path string, count func([]client.ContentRule) int) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		got, err := c.ContentRules.Get(ctx, path)
		if err != nil {
			return 0, err
		}
		return count(got.Value.Assigned), nil
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// addRule makes a rule, which goes away with the test, and returns its name.
func addRule(t *testing.T, c *client.Client) string {
	t.Helper()
	rule, err := c.Rules.Add(t.Context(), client.NewRule{Title: unique(), Event: "Comment added", Enabled: true})
	require.NoError(t, err)
	removeRule(t, c, rule.Value.ID)
	return rule.Value.ID
}

func removeRule(t *testing.T, c *client.Client, rule string) {
	t.Helper()
	t.Cleanup(func() {
		_, err := c.Rules.Delete(context.WithoutCancel(t.Context()), rule)
		if !errors.Is(err, errors.ErrNotFound) {
			require.NoError(t, err)
		}
	})
}
