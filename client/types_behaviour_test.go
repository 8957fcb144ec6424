package client_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// contentType returns a type that the test may change: on the real Plone one of
// its own.
func (s *site) contentType(t *testing.T) string {
	t.Helper()
	if !s.live {
		return "Folder"
	}
	c := s.client(t)
	created, err := client.Call[map[string]any](t.Context(), c, client.Request{
		Method: http.MethodPost, Path: "/@controlpanels/dexterity-types", Body: client.Fields{"title": unique("type")},
	})
	require.NoError(t, err)
	path := created.Location.String()
	t.Cleanup(func() {
		_, err := client.Call[any](context.WithoutCancel(t.Context()), c, client.Request{Method: http.MethodDelete, Path: path})
		require.NoError(t, err)
	})
	return path[len(s.url+"/@controlpanels/dexterity-types/"):]
}

func TestBehaviour_Types(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		types, err := c.Types.List(t.Context(), "/")
		require.NoError(t, err)
		page := client.TypeInfo{URL: s.url + "/@types/Document", ID: "Document", Title: "Page", Addable: true, ImmediatelyAddable: true}
		assert.Contains(t, types.Value, page)
		link := s.add(t, s.folder(t), client.Fields{"@type": "Link", "title": "L", "remoteUrl": "https://plone.example/"})
		types, err = c.Types.List(t.Context(), link)
		require.NoError(t, err)
		page.Addable, page.ImmediatelyAddable = false, false // in a link
		assert.Contains(t, types.Value, page)

		schema, err := c.Types.Get(t.Context(), "/", "News Item")
		require.NoError(t, err)
		assert.Equal(t, "News Item", schema.Value.Title)
		assert.Equal(t, "object", schema.Value.Type)
		assert.Equal(t, []string{"title"}, schema.Value.Required)
		assert.Equal(t, []string{"newsitem_view"}, schema.Value.Layouts)
		assert.Equal(t, "default", schema.Value.Fieldsets[0].ID)
		assert.Contains(t, schema.Value.Fieldsets[0].Fields, "title")
		properties := schema.Value.Properties
		assert.Equal(t, 1024, properties["title"].MaxLength)
		assert.Equal(t, client.FactoryTextLine, properties["title"].Factory)
		assert.Equal(t, "datetime", properties["effective"].Widget)
		assert.Equal(t, []client.Choice{{Token: "True", Title: "Yes"}, {Token: "False", Title: "No"}}, properties["allow_discussion"].Choices)
		assert.Equal(t, []string{"True", "False"}, properties["allow_discussion"].Enum)
		assert.Equal(t, s.url+"/@vocabularies/plone.app.vocabularies.SupportedContentLanguages", properties["language"].Vocabulary.URL)
		assert.Equal(t, "Relation Choice", properties["relatedItems"].Items.Factory)
		assert.True(t, properties["subjects"].UniqueItems)
		assert.JSONEq(t, `{"items": []}`, string(properties["blocks_layout"].Default))
		assert.Nil(t, properties["title"].Default)

		for _, info := range types.Value {
			if strings.HasPrefix(info.ID, "type_") {
				continue // of a test beside this one, which may be gone by now
			}
			if info.ID == "Collection" && !s.has(t, collectionSchema) {
				continue
			}
			_, err := c.Types.Get(t.Context(), link, info.ID)
			require.NoError(t, err, info.ID)
		}
	})
}

func TestBehaviour_Types_edit(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, name := s.client(t), s.contentType(t)
		added, err := c.Types.AddField(t.Context(), name, client.NewField{
			Title: "Author email", Description: "D", Factory: client.FactoryEmail, Required: true,
		})
		require.NoError(t, err)
		assert.Equal(t, 201, added.StatusCode)
		assert.Equal(t, "Author email", added.Value.Title)
		assert.Equal(t, "email", added.Value.Widget)
		_, err = c.Types.AddField(t.Context(), name, client.NewField{Title: "Author email", Factory: client.FactoryEmail})
		require.ErrorIs(t, err, errors.ErrAlreadyExists)
		set, err := c.Types.AddFieldset(t.Context(), name, client.NewFieldset{Title: "Contact Info", Description: "CD"})
		require.NoError(t, err)
		assert.Equal(t, client.Fieldset{ID: "contact_info", Title: "Contact Info", Description: "CD", Fields: []string{}, Behavior: "plone.dexterity.schema.generated"}, set.Value)
		_, err = c.Types.AddFieldset(t.Context(), name, client.NewFieldset{Title: "Contact Info"})
		require.ErrorIs(t, err, errors.ErrAlreadyExists)

		updated, err := c.Types.UpdateField(t.Context(), name, "author_email", client.FieldUpdate{
			Title: client.Set("E-mail"), Required: client.Set(false), MinLength: client.Set(3), MaxLength: client.Set(40),
			Default: client.Set[any]("a@plone.example"),
		})
		require.NoError(t, err)
		assert.Equal(t, 204, updated.StatusCode)
		field, err := c.Types.GetField(t.Context(), "/", name, "author_email")
		require.NoError(t, err)
		assert.Equal(t, "E-mail", field.Value.Title)
		assert.Equal(t, "D", field.Value.Description)
		assert.Equal(t, 3, field.Value.MinLength)
		assert.Equal(t, 40, field.Value.MaxLength)
		assert.JSONEq(t, `"a@plone.example"`, string(field.Value.Default))

		_, err = c.Types.UpdateFieldset(t.Context(), name, client.Fieldset{ID: "contact_info", Title: "Contact", Fields: []string{"author_email"}})
		require.NoError(t, err)
		fieldset, err := c.Types.GetFieldset(t.Context(), "/", name, "contact_info")
		require.NoError(t, err)
		assert.Equal(t, []string{"author_email"}, fieldset.Value.Fields)
		assert.Equal(t, "Contact", fieldset.Value.Title)
		_, err = c.Types.DeleteFieldset(t.Context(), name, "contact_info") // the server would answer 204
		require.ErrorIs(t, err, errors.ErrInvalidInput)

		_, err = c.Types.Update(t.Context(), name, client.TypeUpdate{
			Properties: map[string]client.FieldUpdate{
				"mood": {Factory: client.FactoryChoice, Title: client.Set("Mood"), Values: []string{"good", "bad"}},
				"age":  {Factory: client.FactoryInteger, Title: client.Set("Age"), Minimum: client.Set[any](1)},
			},
			Fieldsets: []client.Fieldset{{ID: "more", Title: "More", Fields: []string{"mood"}}, {ID: "none", Title: "None"}},
		})
		require.NoError(t, err)
		schema, err := c.Types.Get(t.Context(), "/", name)
		require.NoError(t, err)
		assert.Equal(t, []client.Choice{{Token: "good", Title: "good"}, {Token: "bad", Title: "bad"}}, schema.Value.Properties["mood"].Choices)
		assert.JSONEq(t, "1", string(schema.Value.Properties["age"].Minimum))
		assert.NotContains(t, schema.Value.Required, "author_email")
		gone, err := c.Types.DeleteFieldset(t.Context(), name, "none")
		require.NoError(t, err)
		assert.Equal(t, 204, gone.StatusCode)
		_, err = c.Types.DeleteField(t.Context(), name, "age")
		require.NoError(t, err)
		_, err = c.Types.GetField(t.Context(), "/", name, "age")
		require.ErrorIs(t, err, errors.ErrNotFound)

		// What was read can be written back, but for what is to go.
		schema, err = c.Types.Get(t.Context(), "/", name)
		require.NoError(t, err)
		delete(schema.Value.Properties, "mood")
		schema.Value.Properties["weight"] = client.FieldSchema{Title: "Weight", Factory: client.FactoryInteger}
		schema.Value.Required = append(schema.Value.Required, "weight")
		_, err = c.Types.ReplaceSchema(t.Context(), name, schema.Value, "")
		require.ErrorIs(t, err, errors.ErrInvalidInput)
		_, err = c.Types.ReplaceSchema(t.Context(), name, schema.Value, client.DeleteOtherFields)
		require.NoError(t, err)
		schema, err = c.Types.Get(t.Context(), "/", name)
		require.NoError(t, err)
		assert.NotContains(t, schema.Value.Properties, "mood")
		assert.Contains(t, schema.Value.Properties, "title", "fields of behaviors stay")
		assert.Equal(t, "E-mail", schema.Value.Properties["author_email"].Title)
		assert.Equal(t, 40, schema.Value.Properties["author_email"].MaxLength)
		assert.Contains(t, schema.Value.Required, "weight")
	})
}

func TestBehaviour_Types_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, name := s.client(t), s.contentType(t)
		member := s.as(t, auth.Basic(s.member(t), userPassword))
		_, err := c.Types.AddFieldset(t.Context(), name, client.NewFieldset{ID: "own", Title: "Own"})
		require.NoError(t, err)
		_, err = c.Types.AddField(t.Context(), name, client.NewField{ID: "mine", Title: "Mine", Factory: client.FactoryBool})
		require.NoError(t, err)

		list := func(c *client.Client) error { _, err := c.Types.List(t.Context(), "/"); return err }
		get := func(c *client.Client, name string) error {
			_, err := c.Types.Get(t.Context(), "/", name)
			return err
		}
		field := func(c *client.Client, name, field string) error {
			_, err := c.Types.GetField(t.Context(), "/", name, field)
			return err
		}
		fieldset := func(c *client.Client, name, fieldset string) error {
			_, err := c.Types.GetFieldset(t.Context(), "/", name, fieldset)
			return err
		}
		add := func(c *client.Client, name, factory string) error {
			_, err := c.Types.AddField(t.Context(), name, client.NewField{Title: unique("f"), Factory: factory})
			return err
		}
		addSet := func(c *client.Client, name, title string) error {
			_, err := c.Types.AddFieldset(t.Context(), name, client.NewFieldset{Title: title})
			return err
		}
		update := func(c *client.Client, name string, update client.TypeUpdate) error {
			_, err := c.Types.Update(t.Context(), name, update)
			return err
		}
		replace := func(c *client.Client, name string) error {
			_, err := c.Types.ReplaceSchema(t.Context(), name, client.TypeSchema{}, client.DeleteOtherFields)
			return err
		}
		updateField := func(c *client.Client, name, field string) error {
			_, err := c.Types.UpdateField(t.Context(), name, field, client.FieldUpdate{Title: client.Set("X")})
			return err
		}
		updateSet := func(c *client.Client, name, id string) error {
			_, err := c.Types.UpdateFieldset(t.Context(), name, client.Fieldset{ID: id, Title: "X"})
			return err
		}
		remove := func(c *client.Client, name, field string) error {
			_, err := c.Types.DeleteField(t.Context(), name, field)
			return err
		}
		removeSet := func(c *client.Client, name, fieldset string) error {
			_, err := c.Types.DeleteFieldset(t.Context(), name, fieldset)
			return err
		}
		_, untitled := c.Types.AddField(t.Context(), name, client.NewField{Factory: client.FactoryText})
		tests := []struct {
			name string
			err  error
			want []error
		}{
			{"unknown type", get(c, "Nope"), []error{errors.ErrNotFound}},
			{"field of an unknown type", field(c, "Nope", "x"), []error{errors.ErrNotFound, errors.ErrUnavailable}},
			{"unknown field", field(c, name, "nope"), []error{errors.ErrNotFound}},
			{"field of a behavior", field(c, name, "subjects"), []error{errors.ErrNotFound}},
			{"name of something else", field(c, "Document", "title"), []error{errors.ErrForbidden}},
			{"fieldset as a field", field(c, name, "own"), []error{errors.ErrNotFound}},
			{"field as a fieldset", fieldset(c, name, "mine"), []error{errors.ErrNotFound}},
			{"unknown fieldset", fieldset(c, name, "nope"), []error{errors.ErrNotFound}},
			{"default fieldset", fieldset(c, name, "default"), []error{errors.ErrNotFound}},
			{"unknown factory", add(c, name, "Nope"), []error{errors.ErrBadRequest}},
			{"no title", untitled, []error{errors.ErrInvalidInput}},
			{"add to an unknown type", add(c, "Nope", client.FactoryText), []error{errors.ErrNotFound}},
			{"second default", addSet(c, name, " Default "), []error{errors.ErrInvalidInput}},
			{"fieldset without a title", addSet(c, name, ""), []error{errors.ErrInvalidInput}},
			{"new field without a factory", update(c, name, client.TypeUpdate{Properties: map[string]client.FieldUpdate{"x": {}}}), []error{errors.ErrBadRequest}},
			{"update of an unknown type", update(c, "Nope", client.TypeUpdate{}), []error{errors.ErrNotFound}},
			{"replacement of an unknown type", replace(c, "Nope"), []error{errors.ErrNotFound}},
			{"update of an unknown field", updateField(c, name, "nope"), []error{errors.ErrNotFound}},
			{"update of an unknown fieldset", updateSet(c, name, "nope"), []error{errors.ErrNotFound}},
			{"update of the default fieldset of an unknown type", updateSet(c, "Nope", "default"), []error{errors.ErrNotFound}},
			{"removal of an unknown field", remove(c, name, "nope"), []error{errors.ErrNotFound}},
			{"removal of an unknown fieldset", removeSet(c, name, "nope"), []error{errors.ErrNotFound}},

			{"anonymous list", list(s.anonymous(t)), []error{errors.ErrUnauthorized}},
			{"anonymous get", get(s.anonymous(t), name), []error{errors.ErrUnauthorized}},
			{"anonymous field", field(s.anonymous(t), name, "mine"), []error{errors.ErrUnauthorized}},
			{"anonymous fieldset", fieldset(s.anonymous(t), name, "own"), []error{errors.ErrUnauthorized}},
			{"member adds", add(member, name, client.FactoryText), []error{errors.ErrUnauthorized}},
			{"member updates", update(member, name, client.TypeUpdate{}), []error{errors.ErrUnauthorized}},
			{"member updates a field", updateField(member, name, "mine"), []error{errors.ErrUnauthorized}},
			{"member updates a fieldset", updateSet(member, name, "own"), []error{errors.ErrUnauthorized}},
			{"member replaces", replace(member, name), []error{errors.ErrUnauthorized}},
			{"member removes a field", remove(member, name, "mine"), []error{errors.ErrUnauthorized}},
			{"member removes a fieldset", removeSet(member, name, "own"), []error{errors.ErrUnauthorized}},
		}
		for _, tt := range tests {
			for _, want := range tt.want {
				require.ErrorIs(t, tt.err, want, tt.name)
			}
		}
	})
}

// Fields that a site adds by itself are stricter than those that Plone comes with.
func TestBehaviour_Types_values(t *testing.T) {
	t.Parallel()
	type body struct {
		Type   string                    `json:"@type,omitempty"`
		Title  client.Opt[string]        `json:"title,omitzero"`
		Number client.Opt[client.Float]  `json:"number,omitzero"`
		Day    client.Opt[client.Date]   `json:"day,omitzero"`
		Mood   client.Opt[client.Term]   `json:"mood,omitzero"`
		Moods  client.Opt[[]client.Term] `json:"moods,omitzero"`
	}
	type object struct {
		client.Content
		Number client.Float  `json:"number,omitempty"`
		Day    client.Date   `json:"day,omitzero"`
		Mood   client.Term   `json:"mood,omitzero"`
		Moods  []client.Term `json:"moods,omitzero"`
	}
	onEachSite(t, func(t *testing.T, s *site) {
		c, name := s.client(t), s.contentType(t)
		for id, factory := range map[string]string{
			"number": client.FactoryFloat, "day": client.FactoryDate, "mood": client.FactoryChoice, "moods": client.FactoryMultipleChoice,
		} {
			_, err := c.Types.AddField(t.Context(), name, client.NewField{ID: id, Title: id, Factory: factory})
			require.NoError(t, err)
		}
		for _, id := range []string{"mood", "moods"} {
			_, err := c.Types.UpdateField(t.Context(), name, id, client.FieldUpdate{Values: []string{"good", "schön \\"}})
			require.NoError(t, err)
		}
		schema, err := c.Types.Get(t.Context(), "/", name)
		require.NoError(t, err)
		choices := []client.Choice{{Token: "good", Title: "good"}, {Token: `sch\xf6n \\`, Title: `schön \`}}
		assert.Equal(t, choices, schema.Value.Properties["mood"].Choices)
		assert.Equal(t, choices, schema.Value.Properties["moods"].Items.Choices)

		good, nice := client.Term{Token: "good", Title: "good"}, client.Term{Token: `sch\xf6n \\`, Title: `schön \`}
		objects := client.ContentAs[object](c)
		path := s.add(t, s.folder(t), client.Fields{"@type": name, "title": "T"})
		_, err = objects.Update(t.Context(), path, body{
			Number: client.Set[client.Float](1), Day: client.Set(client.Date{Year: 2026, Month: 2, Day: 3}),
			Mood: client.Set(client.Term{Token: nice.Token}), Moods: client.Set([]client.Term{{Token: "good"}, {Token: nice.Token}}),
		})
		require.NoError(t, err)
		check := func() object {
			got, err := objects.Get(t.Context(), path)
			require.NoError(t, err)
			assert.InDelta(t, 1, float64(got.Value.Number), 0)
			assert.Equal(t, client.Date{Year: 2026, Month: 2, Day: 3}, got.Value.Day)
			assert.Equal(t, nice, got.Value.Mood)
			assert.ElementsMatch(t, []client.Term{good, nice}, got.Value.Moods)
			return got.Value
		}
		_, err = objects.Update(t.Context(), path, check())
		require.NoError(t, err)
		check()

		for _, wrong := range []struct {
			field   string
			value   any
			message string
		}{
			{"number", 1, "Object is of wrong type."},
			{"number", "one", "could not convert string to float: 'one'"},
			{"number", true, "Object is of wrong type."},
			{"day", client.NewTime(check().Day.In(time.UTC)), "unconverted data remains: T00:00:00+00:00"},
			{"day", "", "time data '' does not match format '%Y-%m-%d'"},
			{"day", 5, "Object is of wrong type."},
			{"mood", "bad", "Constraint not satisfied"},
			{"moods", []string{"bad"}, "Constraint not satisfied"},
		} {
			_, err := c.Content.Update(t.Context(), path, client.Fields{wrong.field: wrong.value})
			refused, _ := errors.AsType[*errors.StatusError](err)
			require.NotNil(t, refused, wrong)
			assert.Equal(t, []errors.FieldError{{Field: wrong.field, Message: wrong.message}}, refused.Fields)
		}
	})
}
