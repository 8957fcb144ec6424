package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
)

// completionTime is how long somebody who presses the tabulator waits.
const completionTime = 3 * time.Second

// paths completes the paths of objects, for the arguments that are some.
func (a *app) paths(isPath func(position int) bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if !isPath(len(args)) {
			return nil, cobra.ShellCompDirectiveDefault // names of files
		}
		s, err := a.settings()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		c, err := a.client(s)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		ctx, done := context.WithTimeout(cmd.Context(), completionTime)
		defer done()
		var found []string
		folder := begun[:strings.LastIndex(begun, "/")+1]
		for h, err := range hits(c, c.Content.Children(ctx, folder, client.ListOptions{})) {
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			if strings.HasPrefix(h.path, "/"+strings.TrimPrefix(begun, "/")) && h.path == plain(h.path) {
				found = append(found, h.path)
			}
		}
		return found, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
}

// Which arguments are paths.
func first(position int) bool  { return position == 0 }
func second(position int) bool { return position == 1 }
func every(int) bool           { return true }
