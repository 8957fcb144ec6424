package main

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
)

// listing is what search and query have in common.
type listing struct {
	in    string
	sort  string
	desc  bool
	limit int
	long  bool
}

func (l *listing) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&l.in, "in", "/", "path of the object to look below")
	flags.StringVar(&l.sort, "sort", "", "index to sort on, like modified or sortable_title")
	flags.BoolVar(&l.desc, "desc", false, "the other way round")
	flags.IntVar(&l.limit, "limit", 0, "the most objects to list; 0 for all")
	flags.BoolVarP(&l.long, "long", "l", false, "with type, state, time of the last change and title")
}

func (a *app) searchCommand() *cobra.Command {
	var list listing
	var types []string
	cmd := &cobra.Command{
		Use:   "search [TEXT]",
		Short: "Search for words, or for objects of a type",
		Long: `Search for objects in which all words of a text occur, or for objects of a type,
and print their paths. A word may end in * for those that begin with it.`,
		Example: "  plone search 'summer party'\n  plone search --type Event --type 'News Item' --in /news --sort modified --desc -l",
		Args:    arguments(0, 1),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			options := client.SearchOptions{PageSize: min(list.limit, 100), Types: types, Descending: list.desc, Metadata: columns}
			if len(args) == 1 {
				options.Text = args[0]
			}
			if options.Text == "" && len(types) == 0 {
				return usage("there is nothing to search for: give a text or --type")
			}
			if list.sort != "" {
				options.SortOn = []string{list.sort}
				known, err := c.Search.Querystring(ctx, list.in)
				if err == nil {
					err = known.Value.CheckSearch(options) // the server would pass over an index that it does not know
				}
				if err != nil {
					return err
				}
			}
			return a.list(c, list, c.Search.All(ctx, list.in, options))
		}),
	}
	list.addFlags(cmd)
	cmd.Flags().StringArrayVarP(&types, "type", "t", nil, "content type, like Document; may be given more than once")
	return cmd
}

// list prints the objects that were found.
func (a *app) list(c *client.Client, l listing, found iter.Seq2[*client.Summary, error]) error {
	return writeList(a, atMost(l.limit, hits(c, found)), func(w io.Writer, h hit) {
		if l.long {
			fmt.Fprintln(w, h.long(h.path))
		} else {
			fmt.Fprintln(w, plain(h.path))
		}
	})
}

// atMost are the first n items; all of them when n is 0.
func atMost[T any](n int, items iter.Seq2[T, error]) iter.Seq2[T, error] {
	if n <= 0 {
		return items
	}
	return func(yield func(T, error) bool) {
		left := n
		for item, err := range items {
			if left--; !yield(item, err) || left == 0 {
				return
			}
		}
	}
}
