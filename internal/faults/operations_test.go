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

// operation is a write that the faults hit.
type operation struct {
	method string // of package client
	name   string // of the case, when the method has several
	heals  bool   // a repeat makes good for any single fault
	// commits are stored, or mailed, before the end of the request: nothing tells
	// what became of one that was answered with an error.
	commits bool
	once    bool // the request cannot be sent again
	above   bool // it is an operation of the server above the sites
	// passing writes go through before the faults begin, of methods that make
	// several.
	passing int
	// prepare makes what the call needs, in a folder that is empty.
	prepare func(t *testing.T, c *client.Client, folder string) act
}

// act is a prepared write.
type act struct {
	call func(context.Context, *client.Client) error
	// done counts how often the call was done, by the state of the site. Without it,
	// the mails with this word in them count.
	done func(context.Context, *client.Client) (int, error)
	mail string
}

// operations has a row for every method that writes, see TestOperations_complete.
var operations = slices.Concat(administrationOperations, contentOperations, relatedOperations, siteOperations, ruleOperations, settingOperations)

// contentOperations write content objects.
var contentOperations = []operation{
	{method: "Content.Create", name: "by id", prepare: createNamed()},
	{method: "Content.Create", name: "exactly once", heals: true, prepare: createNamed(client.ExactlyOnce())},
	{method: "Content.Create", name: "without id", prepare: func(_ *testing.T, _ *client.Client, folder string) act {
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Content.Create(ctx, folder, document(""))
				return err
			},
			done: children(folder, 0),
		}
	}},
	{method: "Content.Update", heals: true, prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := add(t, c, folder, "a")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Content.Update(ctx, path, client.Fields{"title": "Changed"})
				return err
			},
			done: titled(path),
		}
	}},
	{method: "Content.UpdateGet", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := add(t, c, folder, "a")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Content.UpdateGet(ctx, path, client.Fields{"title": "Changed"})
				return err
			},
			done: titled(path),
		}
	}},
	{method: "Content.Delete", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := add(t, c, folder, "a")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Content.Delete(ctx, path)
				return err
			},
			done: gone(path),
		}
	}},
	{method: "Content.Reorder", name: "by one place", prepare: func(t *testing.T, c *client.Client, folder string) act {
		add(t, c, folder, "a", "b", "c", "d")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Content.Reorder(ctx, folder, client.Position{ID: "a", Delta: 1})
				return err
			},
			done: place(folder, "a"),
		}
	}},
	{method: "Content.Reorder", name: "to the top", heals: true, prepare: func(t *testing.T, c *client.Client, folder string) act {
		add(t, c, folder, "a", "b")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Content.Reorder(ctx, folder, client.Position{ID: "b", Delta: client.Top})
				return err
			},
			done: place(folder, "a"),
		}
	}},
	{method: "Content.SortChildren", heals: true, prepare: func(t *testing.T, c *client.Client, folder string) act {
		add(t, c, folder, "a", "b")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Content.SortChildren(ctx, folder, client.Sort{On: "sortable_title", Descending: true})
				return err
			},
			done: place(folder, "a"),
		}
	}},
	{method: "Content.Copy", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := add(t, c, folder, "a")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Content.Copy(ctx, folder, []string{path})
				return err
			},
			done: children(folder, 1),
		}
	}},
	{method: "Content.Move", prepare: func(t *testing.T, c *client.Client, folder string) act {
		add(t, c, folder, "a", "target")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Content.Move(ctx, folder+"/target", []string{folder + "/a"})
				return err
			},
			done: children(folder+"/target", 0),
		}
	}},
	{method: "Sharing.Update", heals: true, prepare: func(_ *testing.T, _ *client.Client, folder string) act {
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Sharing.Update(ctx, folder, client.SharingUpdate{
					Entries: []client.LocalRoles{{ID: "AuthenticatedUsers", Type: "group", Roles: []string{"Reader"}}},
				})
				return err
			},
			done: func(ctx context.Context, c *client.Client) (int, error) {
				sharing, err := c.Sharing.Get(ctx, folder)
				if err != nil {
					return 0, err
				}
				for _, entry := range sharing.Value.Entries {
					if entry.ID == "AuthenticatedUsers" && entry.Roles["Reader"] == client.RoleLocal {
						return 1, nil
					}
				}
				return 0, nil
			},
		}
	}},
	{method: "Workflow.Transition", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := add(t, c, folder, "a")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Workflow.Transition(ctx, path, "publish", client.TransitionOptions{})
				return err
			},
			done: func(ctx context.Context, c *client.Client) (int, error) {
				workflow, err := c.Workflow.Get(ctx, path)
				if err != nil {
					return 0, err
				}
				return len(workflow.Value.History) - 1, nil
			},
		}
	}},
	{method: "History.Revert", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := add(t, c, folder, "a")
		_, err := c.Content.Update(t.Context(), path, client.Fields{"title": "Changed"})
		require.NoError(t, err)
		versions := func(ctx context.Context, c *client.Client) (n int, err error) {
			history, err := c.History.Get(ctx, path)
			if err != nil {
				return 0, err
			}
			for _, entry := range history.Value {
				if entry.Type == client.HistoryVersioning {
					n++
				}
			}
			return n, nil
		}
		before, err := versions(t.Context(), c)
		require.NoError(t, err)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.History.Revert(ctx, path, 0)
				return err
			},
			done: func(ctx context.Context, c *client.Client) (int, error) {
				after, err := versions(ctx, c)
				return after - before, err
			},
		}
	}},
	{method: "Locking.Lock", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := add(t, c, folder, "a")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Locking.Lock(ctx, path, client.LockOptions{})
				return err
			},
			done: locked(path, true),
		}
	}},
	{method: "Locking.Refresh", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := lock(t, c, folder)
		before, err := c.Locking.Get(t.Context(), path)
		require.NoError(t, err)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Locking.Refresh(ctx, path)
				return err
			},
			done: func(ctx context.Context, c *client.Client) (int, error) {
				after, err := c.Locking.Get(ctx, path)
				if err != nil || after.Value.Time <= before.Value.Time {
					return 0, err
				}
				return 1, nil
			},
		}
	}},
	{method: "Locking.Unlock", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := lock(t, c, folder)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Locking.Unlock(ctx, path)
				return err
			},
			done: locked(path, false),
		}
	}},
	{method: "Locking.ForceUnlock", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := lock(t, c, folder)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Locking.ForceUnlock(ctx, path)
				return err
			},
			done: locked(path, false),
		}
	}},
	{method: "WorkingCopies.CheckOut", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path := add(t, c, folder, "a")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.WorkingCopies.CheckOut(ctx, path)
				return err
			},
			done: children(folder, 1),
		}
	}},
	{method: "WorkingCopies.CheckIn", prepare: func(t *testing.T, c *client.Client, folder string) act {
		path, copied := checkOut(t, c, folder)
		_, err := c.Content.Update(t.Context(), copied, client.Fields{"title": "Changed"})
		require.NoError(t, err)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.WorkingCopies.CheckIn(ctx, copied)
				return err
			},
			done: titled(path),
		}
	}},
	{method: "WorkingCopies.Cancel", prepare: func(t *testing.T, c *client.Client, folder string) act {
		_, copied := checkOut(t, c, folder)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.WorkingCopies.Cancel(ctx, copied)
				return err
			},
			done: gone(copied),
		}
	}},
}

func createNamed(opts ...client.CallOption) func(*testing.T, *client.Client, string) act {
	return func(_ *testing.T, _ *client.Client, folder string) act {
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Content.Create(ctx, folder, document("a"), opts...)
				return err
			},
			done: children(folder, 0),
		}
	}
}

func document(id string) client.Fields {
	fields := client.Fields{"@type": "Document", "title": "Fault"}
	if id != "" {
		fields["id"], fields["title"] = id, strings.ToUpper(id)
	}
	return fields
}

// add makes documents in the folder and returns the path of the first one.
func add(t *testing.T, c *client.Client, folder string, ids ...string) string {
	t.Helper()
	for _, id := range ids {
		_, err := c.Content.Create(t.Context(), folder, document(id))
		require.NoError(t, err)
	}
	return folder + "/" + ids[0]
}

// lock makes a document and locks it.
func lock(t *testing.T, c *client.Client, folder string) string {
	t.Helper()
	path := add(t, c, folder, "a")
	_, err := c.Locking.Lock(t.Context(), path, client.LockOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := c.Locking.ForceUnlock(context.WithoutCancel(t.Context()), path)
		require.NoError(t, err)
	})
	return path
}

// checkOut makes a document and its working copy.
func checkOut(t *testing.T, c *client.Client, folder string) (path, copied string) {
	t.Helper()
	path = add(t, c, folder, "a")
	out, err := c.WorkingCopies.CheckOut(t.Context(), path)
	require.NoError(t, err)
	return path, strings.TrimPrefix(out.Value.URL, c.SiteURL())
}

// children counts those that the folder has on top of before.
func children(folder string, before int) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		got, err := c.Content.Get(ctx, folder)
		if err != nil {
			return 0, err
		}
		return got.Value.ItemsTotal - before, nil
	}
}

// place is where id stands in the folder, counted from 0.
func place(folder, id string) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		got, err := c.Content.Get(ctx, folder)
		if err != nil {
			return 0, err
		}
		return slices.IndexFunc(got.Value.Items, func(s client.Summary) bool { return strings.HasSuffix(s.URL, "/"+id) }), nil
	}
}

// titled is 1 when the object has the title "Changed".
func titled(path string) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		got, err := c.Content.Get(ctx, path)
		if err != nil || got.Value.Title != "Changed" {
			return 0, err
		}
		return 1, nil
	}
}

// gone is 1 when there is no such object.
func gone(path string) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		_, err := c.Content.Get(ctx, path)
		if errors.Is(err, errors.ErrNotFound) {
			return 1, nil
		}
		return 0, err
	}
}

// locked is 1 when the object is locked, or is not, as wanted.
func locked(path string, want bool) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		got, err := c.Locking.Get(ctx, path)
		if err != nil || got.Value.Locked != want {
			return 0, err
		}
		return 1, nil
	}
}
