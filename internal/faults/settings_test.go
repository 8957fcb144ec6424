package faults

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

// settingOperations write settings of the site, and link translations.
var settingOperations = []operation{
	{method: "Registry.Set", heals: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		const record = "plone.site_title"
		name := unique()
		keep(t, c, record)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Registry.Set(ctx, map[string]any{record: name})
				return err
			},
			done: recorded(record, name),
		}
	}},
	{method: "ControlPanels.Update", heals: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		const record = "plone.site_title"
		name := unique()
		keep(t, c, record)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.ControlPanels.Update(ctx, "site", client.Fields{"site_title": name})
				return err
			},
			done: recorded(record, name),
		}
	}},
	{method: "ControlPanels.AddChild", prepare: func(t *testing.T, _ *client.Client, _ string) act {
		name := unique()
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.ControlPanels.AddChild(ctx, "dexterity-types", client.NewType{Title: "Fault", ID: name})
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
	{method: "ControlPanels.DeleteChild", prepare: func(t *testing.T, c *client.Client, _ string) act {
		name := addType(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.ControlPanels.DeleteChild(ctx, "dexterity-types", name)
				return err
			},
			done: func(ctx context.Context, c *client.Client) (int, error) {
				_, err := c.TypePanels.Get(ctx, name)
				n, err := found(err, func() bool { return true })
				return 1 - n, err
			},
		}
	}},
	{method: "Translations.Link", prepare: func(t *testing.T, c *client.Client, _ string) act {
		english, german := page(t, c, "/en"), page(t, c, "/de")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Translations.Link(ctx, english, german)
				return err
			},
			done: translations(english),
		}
	}},
	{method: "Translations.Unlink", prepare: func(t *testing.T, c *client.Client, _ string) act {
		english, german := page(t, c, "/en"), page(t, c, "/de")
		_, err := c.Translations.Link(t.Context(), english, german)
		require.NoError(t, err)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Translations.Unlink(ctx, english, "de")
				return err
			},
			done: without(translations(english)),
		}
	}},
}

// keep puts a record back at the end of the test.
func keep(t *testing.T, c *client.Client, record string) {
	t.Helper()
	before, err := c.Registry.Get(t.Context(), record)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := c.Registry.Set(context.WithoutCancel(t.Context()), map[string]any{record: before.Value})
		require.NoError(t, err)
	})
}

// recorded is 1 when the record has that value.
func recorded(record, value string) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		got, err := client.RegistryValue[string](ctx, c, record)
		if err != nil {
			return 0, err
		}
		return one(got.Value == value), nil
	}
}

// page makes a document in the folder of a language, which goes away with the test.
func page(t *testing.T, c *client.Client, language string) string {
	t.Helper()
	path := add(t, c, language, unique())
	t.Cleanup(func() {
		_, err := c.Content.Delete(context.WithoutCancel(t.Context()), path)
		require.NoError(t, err)
	})
	return path
}

// translations counts those of the object at path.
func translations(path string) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		got, err := c.Translations.Get(ctx, path)
		if err != nil {
			return 0, err
		}
		return len(got.Value.Items), nil
	}
}
