package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
)

// operations is what the names of all stock operations begin with.
const operations = "plone.app.querystring.operation."

func (a *app) queryCommand() *cobra.Command {
	var list listing
	cmd := &cobra.Command{
		Use:   "query ['INDEX OPERATION [VALUE]' ...]",
		Short: "Search by conditions, as collections do",
		Long: `Search for objects that meet all conditions, as collections and listings do, and
print their paths. Without a condition, list the indexes and their operations.

Values of selection and between are separated by commas. A value may be JSON.`,
		Example: "  plone query\n  plone query 'portal_type selection.any Document,Event' 'created date.largerThan 2027-01-01'\n" +
			"  plone query 'path string.absolutePath /news::1' --sort getObjPositionInParent",
		Args: arguments(0, -1),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			known, err := c.Search.Querystring(ctx, list.in)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return a.listIndexes(known.Value.Indexes)
			}
			options := client.QueryOptions{SortOn: list.sort, Descending: list.desc, Limit: list.limit, Metadata: columns}
			for _, arg := range args {
				criterion, err := criterion(arg, known.Value.Indexes)
				if err != nil {
					return err
				}
				options.Criteria = append(options.Criteria, criterion)
			}
			if err := known.Value.Check(options); err != nil {
				return err
			}
			return a.list(c, list, c.Search.QueryAll(ctx, list.in, options))
		}),
	}
	list.addFlags(cmd)
	return cmd
}

// criterion reads a condition.
func criterion(text string, known map[string]client.QuerystringIndex) (client.Criterion, error) {
	words := strings.SplitN(strings.TrimSpace(text), " ", 3)
	if len(words) < 2 {
		return client.Criterion{}, usage(fmt.Sprintf("the condition %q is not 'INDEX OPERATION [VALUE]'", text))
	}
	index, operation := words[0], words[1]
	c := client.Criterion{Index: index, Operation: operation}
	if !strings.HasPrefix(operation, operations) {
		c.Operation = operations + operation
	}
	if has := known[index].Operations; len(has) > 0 && !slices.Contains(has, c.Operation) {
		return c, hinted{usage(fmt.Sprintf("%s has no operation %q", index, operation)), "it has " + short(has)}
	}
	if len(words) < 3 {
		return c, nil
	}
	value, kind := strings.TrimSpace(words[2]), strings.TrimPrefix(c.Operation, operations)
	number, err := strconv.Atoi(value)
	switch {
	case strings.ContainsAny(value[:min(1, len(value))], `[{"`):
		if err := json.Unmarshal([]byte(value), &c.Value); err != nil {
			return c, usage(fmt.Sprintf("the value of %q is not JSON", text))
		}
	case strings.HasPrefix(kind, "selection.") || strings.HasSuffix(kind, ".between"):
		c.Value = strings.Split(value, ",")
	case strings.HasPrefix(kind, "int.") && err == nil:
		c.Value = number
	default:
		c.Value = value
	}
	return c, nil
}

// short are the names of operations as a condition has them.
func short(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = strings.TrimPrefix(name, operations)
	}
	return strings.Join(list, " ")
}

// listIndexes prints the indexes that conditions can be about.
func (a *app) listIndexes(indexes map[string]client.QuerystringIndex) error {
	type index struct {
		Name       string   `json:"name"`
		Title      string   `json:"title"`
		Operations []string `json:"operations"`
		Sortable   bool     `json:"sortable"`
	}
	list := []index{}
	for _, name := range slices.Sorted(maps.Keys(indexes)) {
		if i := indexes[name]; i.Enabled {
			list = append(list, index{name, i.Title, i.Operations, i.Sortable})
		}
	}
	return a.print(list, func(w io.Writer) {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, i := range list {
			fmt.Fprintf(table, "%s\t%s\n", plain(i.Name), plain(short(i.Operations)))
		}
		_ = table.Flush()
	})
}
