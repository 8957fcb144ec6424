package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version of this program",
		Args:  arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			return a.print(map[string]string{"version": version()}, func(w io.Writer) { fmt.Fprintln(w, "plone", version()) })
		},
	}
}
