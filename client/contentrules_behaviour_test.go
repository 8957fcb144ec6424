package client_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// rule makes a content rule and returns its id.
func (s *site) rule(t *testing.T, title string) string {
	t.Helper()
	c := s.client(t)
	made, err := client.Call[struct {
		ID string `json:"id"`
	}](t.Context(), c, client.Request{
		Method: http.MethodPost, Path: "/@controlpanels/content-rules",
		Body: client.Fields{"title": title, "description": "of a test", "event": "Comment added", "enabled": true},
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := client.Call[any](context.WithoutCancel(t.Context()), c, client.Request{
			Method: http.MethodDelete, Path: "/@controlpanels/content-rules/" + made.Value.ID,
		})
		require.NoError(t, err)
	})
	return made.Value.ID
}

func ruleIDs(rules []client.ContentRule) []string {
	ids := []string{}
	for _, r := range rules {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestBehaviour_ContentRules(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, path := s.client(t), s.folder(t)
		below := s.add(t, path, client.Fields{"@type": "Document", "id": "below", "title": "Below"})
		rules := []string{s.rule(t, "First"), s.rule(t, "Second"), s.rule(t, "Third")}
		get := func(path string) client.ContentRules {
			got, err := c.ContentRules.Get(t.Context(), path)
			require.NoError(t, err)
			return got.Value
		}
		assert.Subset(t, ruleIDs(get(path).Assignable), rules)
		assert.Empty(t, get(path).Assigned)

		for _, id := range rules {
			assigned, err := c.ContentRules.Assign(t.Context(), path, id)
			require.NoError(t, err)
			assert.Equal(t, "Successfully assigned the rule "+id, assigned.Value.Message)
		}
		assert.Equal(t, client.ContentRule{
			ID: rules[0], Title: "First", Description: "of a test", Trigger: "Comment added",
			URL: s.url + "/++rule++" + rules[0] + "/@@manage-elements", Enabled: true, Bubbles: true, GlobalEnabled: true,
		}, get(path).Assigned[0])
		assert.Equal(t, client.ContentRule{
			ID: rules[0], Title: "First", Description: "of a test", Trigger: "Comment added",
			URL: s.url + path + "/@@manage-content-rules", Enabled: true,
		}, get(below).Acquired[0])

		first := func() [2]bool { return [2]bool{get(path).Assigned[0].Enabled, get(path).Assigned[0].Bubbles} }
		for _, step := range []struct {
			do   func(context.Context, string, []string, ...client.CallOption) (*client.OK[client.RulesMessage], error)
			want [2]bool // enabled, bubbles
		}{
			{c.ContentRules.Disable, [2]bool{false, true}},
			{c.ContentRules.NoBubble, [2]bool{false, false}},
			{c.ContentRules.Enable, [2]bool{true, false}},
			{c.ContentRules.Disable, [2]bool{false, false}},
			{c.ContentRules.Bubble, [2]bool{true, true}},
		} {
			_, err := step.do(t.Context(), path, rules[:1])
			require.NoError(t, err)
			assert.Equal(t, step.want, first())
		}

		order := func() []string { return ruleIDs(get(path).Assigned) }
		_, err := c.ContentRules.MoveDown(t.Context(), path, rules[0])
		require.NoError(t, err)
		assert.Equal(t, []string{rules[1], rules[0], rules[2]}, order())
		_, err = c.ContentRules.MoveUp(t.Context(), path, rules[2])
		require.NoError(t, err)
		assert.Equal(t, []string{rules[1], rules[2], rules[0]}, order())
		_, err = c.ContentRules.MoveDown(t.Context(), path, rules[0])
		require.NoError(t, err)
		assert.Equal(t, []string{rules[1], rules[2], rules[0]}, order(), "the last one stays")
		_, err = c.ContentRules.MoveUp(t.Context(), path, rules[1])
		require.NoError(t, err)
		assert.Equal(t, []string{rules[2], rules[1], rules[0]}, order(), "the first one goes to the last place but one")

		_, err = c.ContentRules.Unassign(t.Context(), path, []string{rules[0], "nope"})
		require.ErrorIs(t, err, errors.ErrNotFound)
		assert.Len(t, order(), 3, "all or none")
		_, err = c.ContentRules.Unassign(t.Context(), path, rules)
		require.NoError(t, err)
		assert.Empty(t, order())
	})
}

func TestBehaviour_ContentRules_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, path := s.client(t), s.folder(t)
		calls := map[string]func(c *client.Client, path string) error{
			"Assign": func(c *client.Client, path string) error {
				_, err := c.ContentRules.Assign(t.Context(), path, "nope")
				return err
			},
			"Unassign": func(c *client.Client, path string) error {
				_, err := c.ContentRules.Unassign(t.Context(), path, []string{"nope"})
				return err
			},
			"Enable": func(c *client.Client, path string) error {
				_, err := c.ContentRules.Enable(t.Context(), path, []string{"nope"})
				return err
			},
			"NoBubble": func(c *client.Client, path string) error {
				_, err := c.ContentRules.NoBubble(t.Context(), path, []string{"nope"})
				return err
			},
			"MoveUp": func(c *client.Client, path string) error {
				_, err := c.ContentRules.MoveUp(t.Context(), path, "nope")
				return err
			},
			"MoveDown": func(c *client.Client, path string) error {
				_, err := c.ContentRules.MoveDown(t.Context(), path, "nope")
				return err
			},
		}
		for name, call := range calls {
			require.ErrorIs(t, call(c, path), errors.ErrNotFound, name)
			require.ErrorIs(t, call(c, path), errors.ErrServer, name)
			require.ErrorIs(t, call(s.anonymous(t), path), errors.ErrUnauthorized, name)
		}
		_, err := c.ContentRules.Get(t.Context(), path+"/nope")
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = s.anonymous(t).ContentRules.Get(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}
