package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
)

// node is an object of a tree. One that the user may not see, but whose children
// are seen, has a name only.
type node struct {
	Name     string  `json:"name"`
	Type     string  `json:"type,omitempty"`
	State    string  `json:"state,omitempty"`
	Title    string  `json:"title,omitempty"`
	Children []*node `json:"children,omitempty"`

	byName map[string]*node
}

func (a *app) treeCommand() *cobra.Command {
	var depth int
	cmd := &cobra.Command{
		Use:               "tree [PATH]",
		Short:             "Show what is below an object",
		Long:              "Show what is below an object, or the site, by name. It takes a request for each\n500 objects.",
		Example:           "  plone tree --depth 2\n  plone tree /news",
		Args:              arguments(0, 1),
		ValidArgsFunction: a.paths(first),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			start := append(args, "/")[0]
			top, at, err := object(ctx, c, start)
			if err != nil {
				return err
			}
			root := &node{Name: at, Type: top.Type, State: top.ReviewState, Title: top.Title}
			options := client.SearchOptions{PageSize: 500, Depth: depth}
			for h, err := range hits(c, c.Search.All(ctx, at, options)) {
				if err != nil {
					return err
				}
				n := root.at(strings.Split(strings.Trim(strings.TrimPrefix(h.path, at), "/"), "/"))
				n.Type, n.State, n.Title = h.Type, h.ReviewState, h.Title
			}
			root.sort()
			return a.print(root, func(w io.Writer) {
				fmt.Fprintln(w, plain(root.Name))
				root.write(w, "")
			})
		}),
	}
	cmd.Flags().IntVar(&depth, "depth", 0, "how far below; 0 for all")
	return cmd
}

// at returns the node at a path below n.
func (n *node) at(names []string) *node {
	for _, name := range names {
		next := n.byName[name]
		if next == nil {
			next = &node{Name: name}
			if n.byName == nil {
				n.byName = map[string]*node{}
			}
			n.byName[name] = next
		}
		n = next
	}
	return n
}

// sort puts the children of all nodes into the order of their names.
func (n *node) sort() {
	for _, name := range slices.Sorted(maps.Keys(n.byName)) {
		n.Children = append(n.Children, n.byName[name])
		n.byName[name].sort()
	}
}

// write draws what is below n.
func (n *node) write(w io.Writer, indent string) {
	for i, child := range n.Children {
		branch, further := "├── ", "│   "
		if i == len(n.Children)-1 {
			branch, further = "└── ", "    "
		}
		fmt.Fprintf(w, "%s%s%s", indent, branch, plain(child.Name))
		if child.Type != "" {
			fmt.Fprintf(w, "  (%s) %s", plain(child.Type), plain(child.Title))
		}
		fmt.Fprintln(w)
		child.write(w, indent+further)
	}
}
