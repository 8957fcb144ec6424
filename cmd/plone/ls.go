package main

import (
	"context"
	"fmt"
	"io"
	"path"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func (a *app) lsCommand() *cobra.Command {
	var long bool
	cmd := &cobra.Command{
		Use:               "ls [PATH]",
		Short:             "List the children of an object",
		Long:              "List the children of an object, or of the site, in the order of the folder.",
		Example:           "  plone ls\n  plone ls -l /news",
		Args:              arguments(0, 1),
		ValidArgsFunction: a.paths(first),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			folder := append(args, "/")[0]
			options := client.ListOptions{}
			if long || a.json {
				options.Metadata = columns
			}
			err := writeList(a, hits(c, c.Content.Children(ctx, folder, options)), func(w io.Writer, h hit) {
				name := path.Base(h.path)
				if long {
					fmt.Fprintln(w, h.long(name))
				} else {
					fmt.Fprintln(w, plain(name))
				}
			})
			if as[*errors.DecodeError](err) {
				if found, at, lookErr := object(ctx, c, folder); lookErr == nil && !found.IsFolderish {
					return noFolder(at)
				}
			}
			return err
		}),
	}
	cmd.Flags().BoolVarP(&long, "long", "l", false, "with type, state, time of the last change and title")
	return cmd
}
