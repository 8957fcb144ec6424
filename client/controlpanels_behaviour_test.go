package client_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestBehaviour_ControlPanels(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s = s.own(t)
		c := s.client(t)

		panels, err := c.ControlPanels.List(t.Context())
		require.NoError(t, err)
		names := map[string]client.PanelSummary{}
		for _, p := range panels.Value {
			names[p.Name()] = p
		}
		assert.Equal(t, client.PanelSummary{URL: s.url + "/@controlpanels/editing", Title: "Editing", Group: "Content",
			SearchableText: names["editing"].SearchableText}, names["editing"])
		if s.has(t, panelTexts) {
			assert.Contains(t, names["editing"].SearchableText, "Default editor")
		}
		assert.Contains(t, names, "dexterity-types")

		editing, err := c.ControlPanels.Get(t.Context(), "editing")
		require.NoError(t, err)
		assert.Equal(t, "Editing", editing.Value.Title)
		assert.Equal(t, "boolean", editing.Value.Schema.Properties["ext_editor"].Type)
		assert.Contains(t, editing.Value.Schema.Required, "default_editor")
		var settings struct {
			Editor   client.Term `json:"default_editor"`
			External bool        `json:"ext_editor"`
		}
		require.NoError(t, editing.Value.Decode(&settings))
		assert.Equal(t, "TinyMCE", settings.Editor.Token)
		assert.False(t, settings.External)

		_, err = c.ControlPanels.Update(t.Context(), "editing", client.Fields{"ext_editor": true, "default_editor": client.Term{Token: "None"}})
		require.NoError(t, err)
		editing, err = c.ControlPanels.Get(t.Context(), "editing")
		require.NoError(t, err)
		require.NoError(t, editing.Value.Decode(&settings))
		assert.Equal(t, "None", settings.Editor.Token)
		assert.True(t, settings.External)

		_, err = c.ControlPanels.Update(t.Context(), "editing", client.Fields{"default_editor": "nope", "ext_editor": false})
		require.ErrorIs(t, err, errors.ErrValidation)
		e, _ := errors.AsType[*errors.StatusError](err)
		require.Len(t, e.Fields, 1)
		assert.Equal(t, "default_editor", e.Fields[0].Field)
		_, err = c.ControlPanels.Update(t.Context(), "mail", client.Fields{"smtp_port": "x"})
		require.ErrorIs(t, err, errors.ErrValidation)
		_, err = c.ControlPanels.Update(t.Context(), "editing", client.Fields{"nope": 1})
		require.ErrorIs(t, err, errors.ErrNoField)
		_, err = c.ControlPanels.Update(t.Context(), "dexterity-types", client.Fields{"title": 1})
		require.ErrorIs(t, err, errors.ErrNoField)
		_, err = c.ControlPanels.Update(t.Context(), "nope", client.Fields{})
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = c.ControlPanels.Get(t.Context(), "nope")
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = s.anonymous(t).ControlPanels.List(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)

		// A password in the settings does not print.
		_, err = c.ControlPanels.Update(t.Context(), "mail", client.Fields{"smtp_pass": "hush-hush"})
		require.NoError(t, err)
		mail, err := c.ControlPanels.Get(t.Context(), "mail")
		require.NoError(t, err)
		assert.Contains(t, string(mail.Value.Data["smtp_pass"]), "hush-hush")
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			printed := fmt.Sprintf(verb, mail.Value.Data) + fmt.Sprintf(verb, mail.Value)
			assert.NotContains(t, printed, "hush-hush", verb)
			assert.Contains(t, printed, "smtp_pass", verb)
		}
	})
}

func TestBehaviour_ControlPanels_types(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s = s.own(t)
		c := s.client(t)

		added, err := c.TypePanels.Add(t.Context(), client.NewType{Title: "My Type", Description: "d"})
		require.NoError(t, err)
		assert.Equal(t, s.url+"/@controlpanels/dexterity-types/my_type", added.Value.URL)
		require.NotNil(t, added.Location)
		assert.Equal(t, added.Value.URL, added.Location.String())
		assert.Equal(t, "My Type", added.Value.Title)
		assert.Equal(t, "d", added.Value.Description)
		assert.JSONEq(t, "true", string(added.Value.Data["plone.dublincore"]))
		_, err = c.TypePanels.Add(t.Context(), client.NewType{Title: "My Type"})
		require.ErrorIs(t, err, errors.ErrAlreadyExists)
		_, err = c.TypePanels.Add(t.Context(), client.NewType{})
		require.ErrorIs(t, err, errors.ErrBadRequest)

		_, err = c.TypePanels.Update(t.Context(), "my_type", client.Fields{"plone.richtext": true, "title": "Ours"})
		require.NoError(t, err)
		got, err := c.TypePanels.Get(t.Context(), "my_type")
		require.NoError(t, err)
		assert.Equal(t, "Ours", got.Value.Title)
		assert.JSONEq(t, "true", string(got.Value.Data["plone.richtext"]))
		_, err = c.TypePanels.Update(t.Context(), "my_type", client.Fields{"nope": true})
		require.ErrorIs(t, err, errors.ErrNoField)
		_, err = c.TypePanels.Update(t.Context(), "nope", client.Fields{})
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = c.TypePanels.Get(t.Context(), "nope")
		require.ErrorIs(t, err, errors.ErrNotFound)

		_, err = c.Content.Create(t.Context(), "/", client.Fields{"@type": "my_type", "id": "mine", "title": "Mine"})
		require.NoError(t, err)
		types, err := c.TypePanels.List(t.Context())
		require.NoError(t, err)
		var found client.TypePanelSummary
		for _, typ := range types.Value.Items {
			if typ.ID == "my_type" {
				found = typ
			}
		}
		assert.Equal(t, client.TypePanelSummary{URL: added.Value.URL, Type: "my_type", ID: "my_type", Title: "Ours",
			Description: "d", MetaType: "Dexterity FTI", Count: 1}, found)
		_, err = c.Content.Delete(t.Context(), "/mine")
		require.NoError(t, err)

		_, err = c.TypePanels.Delete(t.Context(), "my_type")
		require.NoError(t, err)
		_, err = c.TypePanels.Delete(t.Context(), "my_type")
		require.ErrorIs(t, err, errors.ErrBadRequest)

		// The methods for the panels of add-ons do the same.
		child, err := c.ControlPanels.AddChild(t.Context(), "dexterity-types", client.Fields{"title": "Child"})
		require.NoError(t, err)
		assert.Equal(t, "Child", child.Value.Title)
		_, err = c.ControlPanels.DeleteChild(t.Context(), "dexterity-types", "child")
		require.NoError(t, err)
		_, err = c.ControlPanels.AddChild(t.Context(), "editing", client.Fields{"title": "Child"})
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = c.ControlPanels.AddChild(t.Context(), "nope", client.Fields{"title": "Child"})
		require.ErrorIs(t, err, errors.ErrInternalServer)
		_, err = c.ControlPanels.DeleteChild(t.Context(), "editing", "x")
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = c.ControlPanels.DeleteChild(t.Context(), "nope", "x")
		require.ErrorIs(t, err, errors.ErrInternalServer)
		_, err = s.anonymous(t).TypePanels.Add(t.Context(), client.NewType{Title: "x"})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}

func TestBehaviour_ControlPanels_rules(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s = s.own(t)
		c := s.client(t)

		empty, err := c.Rules.List(t.Context())
		require.NoError(t, err)
		assert.Empty(t, empty.Value.Items)
		added, err := c.Rules.Add(t.Context(), client.NewRule{
			Title: "First", Event: "Object modified", Description: "d", Enabled: true, Stop: true, Cascading: true,
		})
		require.NoError(t, err)
		rule := added.Value.ID
		assert.Equal(t, s.url+"/@controlpanels/content-rules/"+rule, added.Value.URL)
		require.NotNil(t, added.Location)
		assert.Equal(t, added.Value.URL, added.Location.String())
		assert.Equal(t, "Object modified", added.Value.Event)
		assert.Equal(t, client.RuleSettings{Title: "First", Description: "d", Enabled: true, Stop: true, Cascading: true}, added.Value.Settings())
		assert.NotEmpty(t, added.Value.AddableActions)
		assert.NotEmpty(t, added.Value.AddableConditions)
		_, err = c.Rules.Add(t.Context(), client.NewRule{Event: "Object modified"})
		require.ErrorIs(t, err, errors.ErrBadRequest)
		_, err = c.Rules.Add(t.Context(), client.NewRule{Title: "x", Event: "nope"})
		require.ErrorIs(t, err, errors.ErrInternalServer)

		settings := added.Value.Settings()
		settings.Title = "Second"
		_, err = c.Rules.Update(t.Context(), rule, settings)
		require.NoError(t, err)
		_, err = c.Rules.Apply(t.Context(), rule)
		require.NoError(t, err)
		got, err := c.Rules.Get(t.Context(), rule)
		require.NoError(t, err)
		assert.Equal(t, settings, got.Value.Settings(), "what was not changed stays")
		require.Len(t, got.Value.Assignments, 1)
		assert.Equal(t, s.url, got.Value.Assignments[0].URL)

		rules, err := c.Rules.List(t.Context())
		require.NoError(t, err)
		require.Len(t, rules.Value.Items, 1)
		summary := rules.Value.Items[0]
		assert.NotEmpty(t, summary.RowClass)
		summary.RowClass = ""
		assert.Equal(t, client.RuleSummary{URL: added.Value.URL, ID: rule, Title: "Second", Description: "d",
			Trigger: "Object modified", Enabled: true, Assigned: true}, summary)

		_, err = c.Rules.Delete(t.Context(), rule)
		require.NoError(t, err)
		for what, call := range map[string]func() error{
			"get":    func() error { _, err := c.Rules.Get(t.Context(), rule); return err },
			"update": func() error { _, err := c.Rules.Update(t.Context(), rule, settings); return err },
			"apply":  func() error { _, err := c.Rules.Apply(t.Context(), rule); return err },
			"delete": func() error { _, err := c.Rules.Delete(t.Context(), rule); return err },
		} {
			require.ErrorIs(t, call(), errors.ErrNotFound, what)
		}
		_, err = s.anonymous(t).Rules.List(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}

func TestBehaviour_ControlPanels_ruleElements(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s = s.own(t)
		c := s.client(t)
		added, err := c.Rules.Add(t.Context(), client.NewRule{Title: "Rule", Event: "Object modified"})
		require.NoError(t, err)
		rule := added.Value.ID

		for _, tt := range []struct {
			part            client.RulePart
			typ, otherType  string
			settings, other client.Fields
			field           string
		}{
			{client.RuleConditions, "plone.conditions.FileExtension", "plone.conditions.PortalType",
				client.Fields{"file_extension": "jpg"}, client.Fields{"check_types": []string{"Document"}}, "file_extension"},
			{client.RuleActions, "plone.actions.Logger", "plone.actions.Delete",
				client.Fields{"message": "jpg", "targetLogger": "Plone", "loggingLevel": 10}, nil, "message"},
		} {
			elements := func(r *client.Rule) (titles []string) {
				list := r.Conditions
				if tt.part == client.RuleActions {
					list = r.Actions
				}
				for i, e := range list {
					assert.Equal(t, i, e.Index)
					assert.Equal(t, i == 0, e.First)
					assert.Equal(t, i == len(list)-1, e.Last)
					titles = append(titles, e.Title)
				}
				return titles
			}
			read := func() []string {
				got, err := c.Rules.Get(t.Context(), rule)
				require.NoError(t, err)
				return elements(&got.Value)
			}
			_, err := c.Rules.AddElement(t.Context(), rule, tt.part, tt.typ, tt.settings)
			require.NoError(t, err)
			created, err := c.Rules.AddElement(t.Context(), rule, tt.part, tt.otherType, tt.other)
			require.NoError(t, err)
			titles := elements(&created.Value)
			require.Len(t, titles, 2)

			var value string
			got, err := c.Rules.Element(t.Context(), rule, tt.part, 0)
			require.NoError(t, err)
			assert.Equal(t, added.Value.URL+"/"+string(tt.part)+"/0", got.Value.URL)
			assert.Contains(t, got.Value.Schema.Properties, tt.field)
			assert.Len(t, got.Value.Data, len(tt.settings))
			_, err = c.Rules.UpdateElement(t.Context(), rule, tt.part, 0, client.Fields{tt.field: "png"})
			require.NoError(t, err)
			got, err = c.Rules.Element(t.Context(), rule, tt.part, 0)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(got.Value.Data[tt.field], &value))
			assert.Equal(t, "png", value)
			_, err = c.Rules.UpdateElement(t.Context(), rule, tt.part, 0, client.Fields{"nope": 1})
			require.ErrorIs(t, err, errors.ErrNoField)
			_, err = c.Rules.AddElement(t.Context(), rule, tt.part, tt.typ, client.Fields{"nope": 1})
			require.ErrorIs(t, err, errors.ErrNoField)
			_, err = c.Rules.AddElement(t.Context(), rule, tt.part, "nope", nil)
			require.ErrorIs(t, err, errors.ErrNotFound)

			_, err = c.Rules.MoveElement(t.Context(), rule, tt.part, 0, client.MoveElementOptions{})
			require.NoError(t, err)
			assert.Equal(t, []string{titles[1], titles[0]}, read())
			_, err = c.Rules.MoveElement(t.Context(), rule, tt.part, 1, client.MoveElementOptions{Up: true})
			require.NoError(t, err)
			assert.Equal(t, titles, read())
			_, err = c.Rules.MoveElement(t.Context(), rule, tt.part, 1, client.MoveElementOptions{})
			require.NoError(t, err)
			assert.Equal(t, titles, read(), "the last one stays")
			_, err = c.Rules.MoveElement(t.Context(), rule, tt.part, 0, client.MoveElementOptions{Up: true})
			require.ErrorIs(t, err, errors.ErrInvalidInput)

			for what, call := range map[string]func(rule string, n int) error{
				"get": func(rule string, n int) error {
					_, err := c.Rules.Element(t.Context(), rule, tt.part, n)
					return err
				},
				"update": func(rule string, n int) error {
					_, err := c.Rules.UpdateElement(t.Context(), rule, tt.part, n, client.Fields{})
					return err
				},
				"move": func(rule string, n int) error {
					_, err := c.Rules.MoveElement(t.Context(), rule, tt.part, n, client.MoveElementOptions{})
					return err
				},
				"delete": func(rule string, n int) error {
					_, err := c.Rules.DeleteElement(t.Context(), rule, tt.part, n)
					return err
				},
			} {
				require.ErrorIs(t, call("nope", 0), errors.ErrNotFound, what)
				require.ErrorIs(t, call(rule, 9), errors.ErrNotFound, what)
				require.ErrorIs(t, call(rule, -1), errors.ErrInvalidInput, what)
			}
			_, err = c.Rules.DeleteElement(t.Context(), rule, tt.part, 0)
			require.NoError(t, err)
			assert.Equal(t, titles[1:], read())
		}
		_, err = c.Rules.Element(t.Context(), rule, client.RuleActions, 0)
		require.ErrorIs(t, err, errors.ErrInternalServer, "an action without settings")
		require.NotErrorIs(t, err, errors.ErrNotFound)
		_, err = c.Rules.AddElement(t.Context(), "nope", client.RuleActions, "plone.actions.Delete", nil)
		require.ErrorIs(t, err, errors.ErrNotFound)
	})
}
