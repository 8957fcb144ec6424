package faults

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// relatedOperations write what belongs to objects.
var relatedOperations = []operation{
	{method: "Files.CreateInline", prepare: func(_ *testing.T, _ *client.Client, folder string) act {
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Files.CreateInline(ctx, folder, client.Fields{"@type": "File"},
					strings.NewReader("faults"), 6, client.InlineOptions{Filename: "a.txt"})
				return err
			},
			done: children(folder, 0),
		}
	}},
	{method: "Files.Upload", name: "first request", prepare: upload},
	{method: "Files.Upload", name: "last request", passing: 1, prepare: upload},
	{method: "Files.Replace", name: "first request", prepare: replace},
	{method: "Files.Replace", name: "last request", passing: 1, prepare: replace},
	{method: "Comments.Add", prepare: func(t *testing.T, c *client.Client, folder string) act {
		discuss(t, c, folder)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Comments.Add(ctx, folder, client.NewComment{Text: "Faults"})
				return err
			},
			done: comments(folder, "Faults"),
		}
	}},
	{method: "Comments.Reply", prepare: func(t *testing.T, c *client.Client, folder string) act {
		id := comment(t, c, folder)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Comments.Reply(ctx, folder, id, client.NewComment{Text: "Faults"})
				return err
			},
			done: comments(folder, "Faults"),
		}
	}},
	{method: "Comments.Update", heals: true, prepare: func(t *testing.T, c *client.Client, folder string) act {
		id := comment(t, c, folder)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Comments.Update(ctx, folder, id, "Faults")
				return err
			},
			done: comments(folder, "Faults"),
		}
	}},
	{method: "Comments.Delete", prepare: func(t *testing.T, c *client.Client, folder string) act {
		id := comment(t, c, folder)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Comments.Delete(ctx, folder, id)
				return err
			},
			done: without(comments(folder, "First")),
		}
	}},
	{method: "Aliases.Add", prepare: func(_ *testing.T, _ *client.Client, folder string) act {
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Aliases.Add(ctx, folder, []client.Alias{{Path: folder + "-old"}})
				return err
			},
			done: aliases(folder),
		}
	}},
	{method: "Aliases.AddToSite", prepare: func(_ *testing.T, _ *client.Client, folder string) act {
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Aliases.AddToSite(ctx, []client.Alias{{Path: folder + "-old", RedirectTo: folder}})
				return err
			},
			done: aliases(folder),
		}
	}},
	{method: "Aliases.Remove", prepare: func(t *testing.T, c *client.Client, folder string) act {
		_, err := c.Aliases.Add(t.Context(), folder, []client.Alias{{Path: folder + "-old"}})
		require.NoError(t, err)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Aliases.Remove(ctx, folder, []string{folder + "-old"})
				return err
			},
			done: without(aliases(folder)),
		}
	}},
	{method: "Relations.Create", prepare: func(t *testing.T, c *client.Client, folder string) act {
		add(t, c, folder, "a", "b")
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Relations.Create(ctx, related(folder))
				return err
			},
			done: relations(folder),
		}
	}},
	{method: "Relations.Delete", heals: true, prepare: func(t *testing.T, c *client.Client, folder string) act {
		relate(t, c, folder)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Relations.Delete(ctx, related(folder))
				return err
			},
			done: without(relations(folder)),
		}
	}},
	{method: "Relations.DeleteAll", heals: true, prepare: func(t *testing.T, c *client.Client, folder string) act {
		relate(t, c, folder)
		return act{
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Relations.DeleteAll(ctx, client.RelationName{Source: folder + "/a"})
				return err
			},
			done: without(relations(folder)),
		}
	}},
}

// unlessStored is nil for the error of reading what an upload has stored.
func unlessStored(err error) error {
	if _, stored := errors.AsType[*client.StoredError](err); stored {
		return nil
	}
	return err
}

// upload uploads a file in two requests.
func upload(_ *testing.T, _ *client.Client, folder string) act {
	return act{
		call: func(ctx context.Context, c *client.Client) error {
			_, err := c.Files.Upload(ctx, folder, strings.NewReader("faults"), 6, client.UploadOptions{Filename: "a.txt"})
			return unlessStored(err)
		},
		done: children(folder, 0),
	}
}

// replace replaces a file in two requests.
func replace(t *testing.T, c *client.Client, folder string) act {
	_, err := c.Files.CreateInline(t.Context(), folder, client.Fields{"@type": "File", "id": "a"},
		strings.NewReader("before"), 6, client.InlineOptions{Filename: "a.txt"})
	require.NoError(t, err)
	return act{
		call: func(ctx context.Context, c *client.Client) error {
			_, err := c.Files.Replace(ctx, folder+"/a", strings.NewReader("faults"), 6, client.ReplaceOptions{Filename: "a.txt"})
			return unlessStored(err)
		},
		done: func(ctx context.Context, c *client.Client) (int, error) {
			file, err := c.Files.Download(ctx, folder+"/a", client.DownloadOptions{})
			if err != nil {
				return 0, err
			}
			defer file.Close()
			data, err := io.ReadAll(file)
			if err != nil || string(data) != "faults" {
				return 0, err
			}
			return 1, nil
		},
	}
}

// discuss lets the object at path be commented on.
func discuss(t *testing.T, c *client.Client, path string) {
	t.Helper()
	_, err := c.Content.Update(t.Context(), path, client.Fields{"allow_discussion": true})
	require.NoError(t, err)
}

// comment puts a first comment on the object at path and returns its id.
func comment(t *testing.T, c *client.Client, path string) string {
	t.Helper()
	discuss(t, c, path)
	written, err := c.Comments.Add(t.Context(), path, client.NewComment{Text: "First"})
	require.NoError(t, err)
	return written.CommentID
}

// comments counts those with that text.
func comments(path, text string) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (n int, err error) {
		for found, err := range c.Comments.All(ctx, path, client.CommentOptions{}) {
			if err != nil {
				return 0, err
			}
			if found.Text.Data == text {
				n++
			}
		}
		return n, nil
	}
}

// aliases counts those that lead to the object at path.
func aliases(path string) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (n int, err error) {
		for _, err := range c.Aliases.All(ctx, path, client.AliasOptions{}) {
			if err != nil {
				return 0, err
			}
			n++
		}
		return n, nil
	}
}

func related(folder string) []client.RelationName {
	return []client.RelationName{{Source: folder + "/a", Target: folder + "/b", Relation: "faults"}}
}

// relate makes two documents with a relation.
func relate(t *testing.T, c *client.Client, folder string) {
	t.Helper()
	add(t, c, folder, "a", "b")
	_, err := c.Relations.Create(t.Context(), related(folder))
	require.NoError(t, err)
}

// relations counts those of [related] that are there. Two with the same ends and
// name are one to the server.
func relations(folder string) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (n int, err error) {
		found, err := c.Relations.Find(ctx, client.RelationQuery{Source: folder + "/a"})
		if err != nil {
			return 0, err
		}
		for _, items := range found.Value.Relations {
			n += len(items.Items)
		}
		return n, nil
	}
}

// without turns a count of what is to go away round: 1 when it has gone.
func without(count func(context.Context, *client.Client) (int, error)) func(context.Context, *client.Client) (int, error) {
	return func(ctx context.Context, c *client.Client) (int, error) {
		n, err := count(ctx, c)
		return 1 - n, err
	}
}
