package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
)

func (a *app) getCommand() *cobra.Command {
	var expand []string
	cmd := &cobra.Command{
		Use:   "get PATH",
		Short: "Show an object",
		Long: `Show the fields of an object, in the form that patch takes. With --json, it is
what the server says, and can go into put.`,
		Example:           "  plone get /news/a\n  plone get /news --json --expand translations,workflow",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.paths(first),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			var options []client.CallOption
			if len(expand) > 0 {
				options = append(options, client.Expand(expand...))
			}
			object, err := c.Content.Get(ctx, args[0], options...)
			if err != nil {
				return err
			}
			return a.print(object.Value.Raw(), func(w io.Writer) { fields(w, object.Value.Raw()) })
		}),
	}
	cmd.Flags().StringSliceVar(&expand, "expand", nil, "components to add, like breadcrumbs or workflow; with --json")
	return cmd
}
