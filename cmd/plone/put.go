package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func (a *app) putCommand() *cobra.Command {
	var token string
	cmd := &cobra.Command{
		Use:   "put PATH [FIELD=TEXT | FIELD:=JSON ...]",
		Short: "Create an object, or change the one that is there",
		Long: `Create the object at a path, or change its fields when it is there. Without
fields, standard input is a JSON object of them, such as get --json prints. A new
object needs the field @type. The path tells the id, whatever the fields say.
An answer that gets lost creates nothing twice.`,
		Example:           "  plone put /news/a @type=Document title='First page'\n  plone put /news/a < a.json\n  plone get /news/a --json -p work | plone put /news/a -p test",
		Args:              arguments(1, -1),
		ValidArgsFunction: a.paths(first),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			fields, err := a.readBody(args[1:])
			if err != nil {
				return err
			}
			delete(fields, "id")
			changed, err := change(ctx, c, args[0], fields, underLock(token))
			if !errors.Is(err, errors.ErrNotFound) {
				if err != nil {
					return err
				}
				return a.printObject(c, "changed", changed)
			}
			created, err := add(ctx, c, args[0], fields)
			if errors.Is(err, errors.ErrAlreadyExists) {
				// By somebody else, in the meantime.
				if changed, again := change(ctx, c, args[0], fields, underLock(token)); again == nil {
					return a.printObject(c, "changed", changed)
				}
			}
			if err != nil {
				return err
			}
			return a.printObject(c, "created", created)
		}),
	}
	cmd.Flags().StringVar(&token, "lock-token", "", "what `plone lock` has printed")
	return cmd
}

// change changes the object at a path, if there is one of the type.
func change(ctx context.Context, c *client.Client, path string, fields body, options []client.CallOption) (*client.Content, error) {
	found, at, err := exactly(ctx, c, path)
	if err != nil {
		return nil, err
	}
	if want := fields.text("@type"); want != "" && want != found.Type {
		return nil, fmt.Errorf("%s is of the type %s, not %s: %w", at, found.Type, want, errors.ErrAlreadyExists)
	}
	changed, err := c.Content.UpdateGet(ctx, at, fields, options...)
	if err != nil {
		return nil, err
	}
	return &changed.Value, nil
}

// add makes the object at a path.
func add(ctx context.Context, c *client.Client, path string, fields body) (*client.Content, error) {
	parent, name, err := place(c, path)
	if err != nil {
		return nil, err
	}
	if fields.text("@type") == "" {
		return nil, usage(path + " is not there, and to create it the field @type is needed")
	}
	if parent, err = folder(ctx, c, parent); err != nil {
		return nil, err
	}
	if uid := fields.text("UID"); uid != "" {
		// The server would make a second object with it.
		for twin, err := range c.Search.All(ctx, "/", client.SearchOptions{Where: []client.Condition{client.IndexUID.Is(uid)}}) {
			if err != nil {
				return nil, err
			}
			return nil, hinted{fmt.Errorf("%w: the UID %s is that of %s", errors.ErrAlreadyExists, uid, twin.URL),
				"leave the UID out for another one, or use `plone cp`"}
		}
	}
	fields["id"], _ = json.Marshal(name)
	created, err := c.Content.Create(ctx, parent, fields, client.ExactlyOnce())
	if err != nil {
		return nil, err
	}
	return &created.Value, nil
}
