package faults

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// siteOperations write what belongs to the site: users, groups and types. Each
// case has names of its own.
var siteOperations = []operation{
	{method: "Users.Create", prepare: func(t *testing.T, _ *client.Client, _ string) act {
		id := unique()
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Users.Create(ctx, client.NewUser{Username: id, Email: id + "@plone.example", Password: password})
				return err
			},
			done: user(t, id, func(*client.User) bool { return true }),
		}
	}},
	{method: "Users.Update", heals: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		id := addUser(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Users.Update(ctx, id, client.UserUpdate{Fullname: client.Set("Changed")})
				return err
			},
			done: user(t, id, func(u *client.User) bool { return u.Fullname == "Changed" }),
		}
	}},
	{method: "Users.Delete", prepare: func(t *testing.T, c *client.Client, _ string) act {
		id := addUser(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Users.Delete(ctx, id, client.DeleteUserOptions{})
				return err
			},
			done: without(user(t, id, func(*client.User) bool { return true })),
		}
	}},
	{method: "Groups.Create", prepare: func(t *testing.T, _ *client.Client, _ string) act {
		id := unique()
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Groups.Create(ctx, client.NewGroup{Name: id})
				return err
			},
			done: group(t, id, func(*client.Group) bool { return true }),
		}
	}},
	{method: "Groups.Update", heals: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		id := addGroup(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Groups.Update(ctx, id, client.GroupUpdate{Title: client.Set("Changed")})
				return err
			},
			done: group(t, id, func(g *client.Group) bool { return g.Title == "Changed" }),
		}
	}},
	{method: "Groups.Delete", prepare: func(t *testing.T, c *client.Client, _ string) act {
		id := addGroup(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Groups.Delete(ctx, id)
				return err
			},
			done: without(group(t, id, func(*client.Group) bool { return true })),
		}
	}},
	{method: "TypePanels.Add", prepare: func(t *testing.T, _ *client.Client, _ string) act {
		name := unique()
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.TypePanels.Add(ctx, client.NewType{Title: "Fault", ID: name})
				return err
			},
			done: there(t, func(ctx context.Context, c *client.Client) error {
				_, err := c.TypePanels.Get(ctx, name)
				return err
			}, func(ctx context.Context, c *client.Client) error {
				_, err := c.TypePanels.Delete(ctx, name)
				return err
			}),
		}
	}},
	{method: "TypePanels.Delete", prepare: func(t *testing.T, c *client.Client, _ string) act {
		name := addType(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.TypePanels.Delete(ctx, name)
				return err
			},
			done: func(ctx context.Context, c *client.Client) (int, error) {
				_, err := c.TypePanels.Get(ctx, name)
				if errors.Is(err, errors.ErrNotFound) {
					return 1, nil
				}
				return 0, err
			},
		}
	}},
	{method: "TypePanels.Update", heals: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		name := addType(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.TypePanels.Update(ctx, name, client.Fields{"title": "Changed"})
				return err
			},
			done: func(ctx context.Context, c *client.Client) (int, error) {
				found, err := c.TypePanels.Get(ctx, name)
				if err != nil || found.Value.Title != "Changed" {
					return 0, err
				}
				return 1, nil
			},
		}
	}},
	{method: "Types.AddField", prepare: func(t *testing.T, c *client.Client, _ string) act {
		name := addType(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Types.AddField(ctx, name, client.NewField{ID: "fault", Title: "Fault", Factory: client.FactoryTextLine})
				return err
			},
			done: field(name, func(*client.FieldSchema) bool { return true }),
		}
	}},
	{method: "Types.AddFieldset", prepare: func(t *testing.T, c *client.Client, _ string) act {
		name := addType(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Types.AddFieldset(ctx, name, client.NewFieldset{ID: "faults", Title: "Faults"})
				return err
			},
			done: fieldset(name, func(*client.Fieldset) bool { return true }),
		}
	}},
	{method: "Types.Update", heals: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		name := addField(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Types.Update(ctx, name, client.TypeUpdate{
					Properties: map[string]client.FieldUpdate{"fault": {Title: client.Set("Changed")}},
				})
				return err
			},
			done: field(name, func(f *client.FieldSchema) bool { return f.Title == "Changed" }),
		}
	}},
	{method: "Types.UpdateField", heals: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		name := addField(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Types.UpdateField(ctx, name, "fault", client.FieldUpdate{Title: client.Set("Changed")})
				return err
			},
			done: field(name, func(f *client.FieldSchema) bool { return f.Title == "Changed" }),
		}
	}},
	{method: "Types.UpdateFieldset", heals: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		name := addFieldset(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Types.UpdateFieldset(ctx, name, client.Fieldset{ID: "faults", Title: "Changed"})
				return err
			},
			done: fieldset(name, func(f *client.Fieldset) bool { return f.Title == "Changed" }),
		}
	}},
	{method: "Types.ReplaceSchema", heals: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		name := addField(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Types.ReplaceSchema(ctx, name, noFields, client.DeleteOtherFields)
				return err
			},
			done: without(field(name, func(*client.FieldSchema) bool { return true })),
		}
	}},
	{method: "Types.DeleteField", heals: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		name := addField(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Types.DeleteField(ctx, name, "fault")
				return err
			},
			done: without(field(name, func(*client.FieldSchema) bool { return true })),
		}
	}},
	{method: "Types.DeleteFieldset", heals: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		name := addFieldset(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Types.DeleteFieldset(ctx, name, "faults")
				return err
			},
			done: without(fieldset(name, func(*client.Fieldset) bool { return true })),
		}
	}},
}

// noFields is the schema of a type without fields of its own.
var noFields = client.TypeSchema{Properties: map[string]client.FieldSchema{}, Fieldsets: []client.Fieldset{}, Required: []string{}}

// there is 1 when get finds something, which is removed with the test.
func there(t *testing.T, get, remove func(context.Context, *client.Client) error) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		err := get(ctx, c)
		if errors.Is(err, errors.ErrNotFound) {
			return 0, nil
		}
		if err == nil {
			t.Cleanup(func() { require.NoError(t, remove(context.WithoutCancel(ctx), c)) })
		}
		return 1, err
	}
}

// found is 1 when err is nil and the value is as wanted, 0 when there is none.
func found(err error, wanted func() bool) (int, error) {
	if errors.Is(err, errors.ErrNotFound) {
		return 0, nil
	}
	if err != nil || !wanted() {
		return 0, err
	}
	return 1, nil
}

func addUser(t *testing.T, c *client.Client) string {
	t.Helper()
	id := unique()
	_, err := c.Users.Create(t.Context(), client.NewUser{Username: id, Email: id + "@plone.example", Password: password})
	require.NoError(t, err)
	return id
}

// user is 1 when the user is there as wanted; it is removed with the test.
func user(t *testing.T, id string, wanted func(*client.User) bool) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		got, err := c.Users.Get(ctx, id)
		if err == nil {
			t.Cleanup(func() {
				_, err := c.Users.Delete(context.WithoutCancel(ctx), id, client.DeleteUserOptions{})
				require.NoError(t, err)
			})
		}
		return found(err, func() bool { return wanted(&got.Value) })
	}
}

func addGroup(t *testing.T, c *client.Client) string {
	t.Helper()
	id := unique()
	_, err := c.Groups.Create(t.Context(), client.NewGroup{Name: id})
	require.NoError(t, err)
	return id
}

// group is 1 when the group is there as wanted; it is removed with the test.
func group(t *testing.T, id string, wanted func(*client.Group) bool) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		got, err := c.Groups.Get(ctx, id)
		if err == nil {
			t.Cleanup(func() {
				_, err := c.Groups.Delete(context.WithoutCancel(ctx), id)
				require.NoError(t, err)
			})
		}
		return found(err, func() bool { return wanted(&got.Value) })
	}
}

// addType makes a content type, which goes away with the test.
func addType(t *testing.T, c *client.Client) string {
	t.Helper()
	name := unique()
	_, err := c.TypePanels.Add(t.Context(), client.NewType{Title: "Fault", ID: name})
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := c.TypePanels.Delete(context.WithoutCancel(t.Context()), name)
		if !errors.Is(err, errors.ErrBadRequest) { // it has gone already
			require.NoError(t, err)
		}
	})
	return name
}

// addField makes a content type with a field.
func addField(t *testing.T, c *client.Client) string {
	t.Helper()
	name := addType(t, c)
	_, err := c.Types.AddField(t.Context(), name, client.NewField{ID: "fault", Title: "Fault", Factory: client.FactoryTextLine})
	require.NoError(t, err)
	return name
}

// addFieldset makes a content type with a fieldset.
func addFieldset(t *testing.T, c *client.Client) string {
	t.Helper()
	name := addType(t, c)
	_, err := c.Types.AddFieldset(t.Context(), name, client.NewFieldset{ID: "faults", Title: "Faults"})
	require.NoError(t, err)
	return name
}

// field is 1 when the type has its field as wanted.
func field(name string, wanted func(*client.FieldSchema) bool) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		got, err := c.Types.GetField(ctx, "", name, "fault")
		return found(err, func() bool { return wanted(&got.Value) })
	}
}

// fieldset is 1 when the type has its fieldset as wanted.
func fieldset(name string, wanted func(*client.Fieldset) bool) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		got, err := c.Types.GetFieldset(ctx, "", name, "faults")
		return found(err, func() bool { return wanted(&got.Value) })
	}
}
