package faults

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// administrationOperations administer the site as a whole, its users' passwords
// and its mail. They come first, as some look at all transactions of the site.
var administrationOperations = []operation{
	{method: "Users.ImportCSV", once: true, prepare: func(t *testing.T, _ *client.Client, _ string) act {
		id := unique()
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Users.ImportCSV(ctx, strings.NewReader("username,email,password\r\n"+id+","+id+"@plone.example,"+password+"\r\n"))
				return err
			},
			done: user(t, id, func(*client.User) bool { return true }),
		}
	}},
	{method: "Users.RequestPasswordReset", prepare: func(t *testing.T, c *client.Client, _ string) act {
		id := addUser(t, c)
		removeUser(t, c, id)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Users.RequestPasswordReset(ctx, id)
				return err
			},
			mail: id,
		}
	}},
	{method: "Users.ChangePassword", prepare: func(t *testing.T, c *client.Client, _ string) act {
		id := addUser(t, c)
		removeUser(t, c, id)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				own, err := c.Clone(client.WithAuth(auth.Basic(id, password)))
				if err != nil {
					return err
				}
				_, err = own.Users.ChangePassword(ctx, id, password, "changed secret")
				return err
			},
			done: func(ctx context.Context, c *client.Client) (int, error) {
				_, err := c.Auth.Login(ctx, id, "changed secret")
				if errors.Is(err, errors.ErrInvalidCredentials) {
					return 0, nil
				}
				return 1, err
			},
		}
	}},
	{method: "Aliases.ImportCSV", once: true, prepare: func(_ *testing.T, _ *client.Client, folder string) act {
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Aliases.ImportCSV(ctx, strings.NewReader("old path,new path\r\n"+folder+"-old,"+folder+"\r\n"))
				return err
			},
			done: aliases(folder),
		}
	}},
	{method: "Relations.Rebuild", commits: true, prepare: func(t *testing.T, c *client.Client, _ string) act {
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Relations.Rebuild(ctx, client.RebuildOptions{Flush: true})
				return err
			},
			done: transactions(t, c, "POST_application_json_@relations"),
		}
	}},
	{method: "Transactions.Undo", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := add(t, c, folder, "a")
		_, err := c.Content.Update(t.Context(), path, client.Fields{"title": "Changed"})
		require.NoError(t, err)
		all, err := c.Transactions.List(t.Context())
		require.NoError(t, err)
		change := all.Value[0]
		require.Contains(t, change.Description, path)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Transactions.Undo(ctx, []string{change.ID})
				return err
			},
			done: without(titled(path)),
		}
	}},
	{method: "Addons.Install", prepare: func(t *testing.T, c *client.Client, _ string) act {
		uninstall(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Addons.Install(ctx, addon)
				return err
			},
			done: installed,
		}
	}},
	{method: "Addons.Uninstall", prepare: func(t *testing.T, c *client.Client, _ string) act {
		uninstall(t, c)
		_, err := c.Addons.Install(t.Context(), addon)
		require.NoError(t, err)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Addons.Uninstall(ctx, addon)
				return err
			},
			done: without(installed),
		}
	}},
	{method: "Addons.ImportProfile", prepare: func(t *testing.T, c *client.Client, _ string) act {
		uninstall(t, c)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Addons.ImportProfile(ctx, addon, "default")
				return err
			},
			done: transactions(t, c, "@addons"),
		}
	}},
	{method: "Email.Send", commits: true, prepare: func(*testing.T, *client.Client, string) act {
		to := unique()
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Email.Send(ctx, to+"@plone.example", client.Mail{From: "ada@plone.example", Message: "Faults"})
				return err
			},
			mail: to,
		}
	}},
	{method: "Email.Notify", commits: true, prepare: func(*testing.T, *client.Client, string) act {
		subject := unique()
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Email.Notify(ctx, client.Mail{From: "ada@plone.example", Subject: subject, Message: "Faults"})
				return err
			},
			mail: subject,
		}
	}},
	{method: "Exports.Import", commits: true, prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := add(t, c, folder, "a")
		file, err := c.Exports.Export(t.Context())
		require.NoError(t, err)
		defer func() { assert.NoError(t, file.Close()) }()
		data, err := io.ReadAll(file)
		require.NoError(t, err)
		_, err = c.Content.Delete(t.Context(), path)
		require.NoError(t, err)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Exports.Import(ctx, bytes.NewReader(data), int64(len(data)))
				return err
			},
			done: children(folder, 0),
		}
	}},
	{method: "Sites.Create", commits: true, above: true, prepare: func(t *testing.T, _ *client.Client, _ string) act {
		id := unique()
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Sites.Create(ctx, "classic", client.SiteAnswers{SiteID: id, Title: "Faults"})
				return err
			},
			done: sites(t, id),
		}
	}},
}

const password = "secret secret"

// addon is one that a new site does not have installed.
const addon = "plone.session"

// installed is 1 when the add-on is.
func installed(ctx context.Context, c *client.Client) (int, error) {
	got, err := c.Addons.Get(ctx, addon)
	if err != nil {
		return 0, err
	}
	return one(bool(got.Value.Installed)), nil
}

// uninstall takes the add-on away at the end of the test.
func uninstall(t *testing.T, c *client.Client) {
	t.Helper()
	t.Cleanup(func() {
		_, err := c.Addons.Uninstall(context.WithoutCancel(t.Context()), addon)
		if !errors.Is(err, errors.ErrNotFound) {
			require.NoError(t, err)
		}
	})
}

func removeUser(t *testing.T, c *client.Client, id string) {
	t.Helper()
	t.Cleanup(func() {
		_, err := c.Users.Delete(context.WithoutCancel(t.Context()), id, client.DeleteUserOptions{})
		require.NoError(t, err)
	})
}

// transactions counts those of a service from now on.
func transactions(t *testing.T, c *client.Client, service string) func(context.Context, *client.Client) (int, error) {
	t.Helper()
	count := func(ctx context.Context, c *client.Client) (n int, err error) {
		all, err := c.Transactions.List(ctx)
		if err != nil {
			return 0, err
		}
		for _, transaction := range all.Value {
			n += one(strings.HasSuffix(transaction.Description, service))
		}
		return n, nil
	}
	before, err := count(t.Context(), c)
	require.NoError(t, err)
	return func(ctx context.Context, c *client.Client) (int, error) {
		after, err := count(ctx, c)
		return after - before, err
	}
}

// sites counts those with that id, which are removed with the test.
func sites(t *testing.T, id string) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (n int, err error) {
		all, err := c.Sites.List(ctx)
		if err != nil {
			return 0, err
		}
		for _, site := range all.Value.Sites {
			if site.ID != id {
				continue
			}
			n++
			t.Cleanup(func() {
				_, err := c.Content.Delete(context.WithoutCancel(ctx), "/"+id)
				require.NoError(t, err)
			})
		}
		return n, nil
	}
}
