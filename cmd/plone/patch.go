package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
)

func (a *app) patchCommand() *cobra.Command {
	var token string
	cmd := &cobra.Command{
		Use:   "patch PATH [FIELD=TEXT | FIELD:=JSON ...]",
		Short: "Change fields of an object",
		Long: `Change fields of an object. Without fields, standard input is a JSON object of
them. The field id renames the object. The server passes over fields that it
does not know; --strict asks first.`,
		Example:           "  plone patch /news/a title='A new title' subjects:='[\"press\"]'\n  plone patch /news/a description:=null\n  plone patch /news/a < changes.json",
		Args:              arguments(1, -1),
		ValidArgsFunction: a.paths(first),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			fields, err := a.readBody(args[1:])
			if err != nil {
				return err
			}
			_, at, err := exactly(ctx, c, args[0])
			if err != nil {
				return err
			}
			changed, err := c.Content.UpdateGet(ctx, at, fields, underLock(token)...)
			if err != nil {
				return err
			}
			return a.printObject(c, "changed", &changed.Value)
		}),
	}
	cmd.Flags().StringVar(&token, "lock-token", "", "what `plone lock` has printed")
	return cmd
}

// underLock are the options of a call under a lock, if there is one.
func underLock(token string) []client.CallOption {
	if token == "" {
		return nil
	}
	return []client.CallOption{client.LockToken(token)}
}

// printObject prints what has been done, and to which object.
func (a *app) printObject(c *client.Client, done string, object *client.Content) error {
	at, err := c.Path(object.URL)
	if err != nil {
		return err
	}
	return a.print(object.Raw(), func(w io.Writer) { fmt.Fprintln(w, done, plain(at)) })
}
