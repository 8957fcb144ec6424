package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
)

// transitions is where an object stands, and where it can go.
type transitions struct {
	State       string       `json:"state"`
	Title       string       `json:"title"`
	Transitions []transition `json:"transitions"`
}

type transition struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

func (a *app) transitionCommand() *cobra.Command {
	var options client.TransitionOptions
	cmd := &cobra.Command{
		Use:               "transition PATH [NAME]",
		Short:             "Change the workflow state, or list the ways to",
		Long:              "Fire a transition of the workflow of an object. Without a name, list those that\nyou may fire now.",
		Example:           "  plone transition /news/a\n  plone transition /news/a publish --comment 'at last'",
		Args:              arguments(1, 2),
		ValidArgsFunction: a.paths(first),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			_, at, err := exactly(ctx, c, args[0])
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return a.listTransitions(ctx, c, at)
			}
			entry, err := c.Workflow.Transition(ctx, at, args[1], options)
			if err != nil {
				return err
			}
			return a.print(entry.Value, func(w io.Writer) { fmt.Fprintln(w, plain(at), "is", plain(entry.Value.ReviewState)) })
		}),
	}
	cmd.Flags().StringVar(&options.Comment, "comment", "", "for the history")
	cmd.Flags().BoolVarP(&options.IncludeChildren, "recursive", "r", false, "with all that is below")
	return cmd
}

func (a *app) listTransitions(ctx context.Context, c *client.Client, at string) error {
	workflow, err := c.Workflow.Get(ctx, at)
	if err != nil {
		return err
	}
	result := transitions{State: workflow.Value.State.ID, Title: workflow.Value.State.Title, Transitions: []transition{}}
	for _, t := range workflow.Value.Transitions {
		result.Transitions = append(result.Transitions, transition{t.Name(), t.Title})
	}
	return a.print(result, func(w io.Writer) {
		if result.State == "" {
			fmt.Fprintln(w, plain(at), "has no workflow")
			return
		}
		fmt.Fprintln(w, plain(at), "is", plain(result.State))
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, t := range result.Transitions {
			fmt.Fprintf(table, "  %s\t%s\n", plain(t.Name), plain(t.Title))
		}
		_ = table.Flush()
	})
}
