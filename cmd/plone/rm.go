package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func (a *app) rmCommand() *cobra.Command {
	var recursive bool
	cmd := &cobra.Command{
		Use:               "rm PATH...",
		Short:             "Remove objects",
		Long:              "Remove objects, without a question. What has children is removed with -r only.\nWhen one of the objects is not there, nothing is removed.",
		Example:           "  plone rm /news/a /news/b\n  plone rm -r /news",
		Args:              arguments(1, -1),
		ValidArgsFunction: a.paths(every),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			paths := make([]string, len(args))
			for i, arg := range args {
				found, at, err := exactly(ctx, c, arg)
				if err != nil {
					return err
				}
				if found.ItemsTotal > 0 && !recursive {
					return fmt.Errorf("%w: there is something in %s (%d); -r removes that, too", errors.ErrInvalidInput, at, found.ItemsTotal)
				}
				paths[i] = at
			}
			removed := []string{}
			var err error
			for _, at := range paths {
				if _, err = c.Content.Delete(ctx, at); err != nil {
					break
				}
				removed = append(removed, at)
			}
			unprinted := a.print(map[string][]string{"removed": removed}, func(w io.Writer) {
				for _, at := range removed {
					fmt.Fprintln(w, "removed", plain(at))
				}
			})
			return errors.Join(err, unprinted)
		}),
	}
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "remove what is below, too")
	return cmd
}
