package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
	"plone.example/restapi/cmd/plone/internal/gotypes"
)

func (a *app) typesCommand() *cobra.Command {
	options, file := gotypes.Options{}, ""
	cmd := &cobra.Command{
		Use:   "types [TYPE...]",
		Short: "Write Go types for content types",
		Long: `Write Go types for the content types of the site, or for those that are named
by their ids: a struct to read objects with client.ContentAs, one to write them
of which every field can be left out, and constants for the values of choices.
The same content types always give the same file.`,
		Example: "  plone types --package intranet -o intranet/types.go\n  plone types Event 'News Item'",
		Args:    arguments(0, -1),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			options.Types = args
			var source bytes.Buffer
			if err := gotypes.Generate(ctx, c, &source, options); err != nil {
				return err
			}
			if file != "" {
				if err := replaceFile(file, source.Bytes(), 0o644); err != nil {
					return err
				}
			}
			result := struct {
				Package string `json:"package"`
				File    string `json:"file,omitempty"`
				Source  string `json:"source"`
			}{options.Package, file, source.String()}
			return a.print(result, func(w io.Writer) {
				if file == "" {
					fmt.Fprint(w, result.Source)
				}
			})
		}),
	}
	cmd.Flags().StringVar(&options.Package, "package", "site", "name of the Go package")
	cmd.Flags().StringVarP(&file, "output", "o", "", "file to write, in place of standard output")
	return cmd
}
