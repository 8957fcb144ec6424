package main

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// pasted is an object that was copied or moved.
type pasted struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

func (a *app) cpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cp SOURCE... TARGET",
		Short: "Copy objects with all that is below",
		Long: `Copy objects with all that is below them, on the server. A target that is there
is the folder for the copies; one that is not is the place and the name of the
only copy. In a folder that has such a name already, the server finds another.`,
		Example:           "  plone cp /news/a /news/b /archive\n  plone cp /news/a /news/a2",
		Args:              arguments(2, -1),
		ValidArgsFunction: a.paths(every),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			return a.paste(ctx, c, args, c.Content.Copy)
		}),
	}
}

func (a *app) mvCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "mv SOURCE... TARGET",
		Short: "Move or rename objects",
		Long: `Move objects with all that is below them. A target that is there is the folder
they go to; one that is not is the new place and name of the only source. The
old addresses lead to the new ones.`,
		Example:           "  plone mv /news/a /archive\n  plone mv /news/a /news/b",
		Args:              arguments(2, -1),
		ValidArgsFunction: a.paths(every),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			return a.paste(ctx, c, args, func(ctx context.Context, target string, sources []string, opts ...client.CallOption) (*client.OK[[]client.Pasted], error) {
				for _, source := range sources {
					if strings.HasPrefix(target+"/", source+"/") { // the server calls that a fault of its own
						return nil, fmt.Errorf("%w: %s cannot go into itself", errors.ErrInvalidInput, source)
					}
				}
				return c.Content.Move(ctx, target, sources, opts...)
			})
		}),
	}
}

// paste puts the sources where the last argument says.
func (a *app) paste(ctx context.Context, c *client.Client, args []string,
	put func(ctx context.Context, target string, sources []string, opts ...client.CallOption) (*client.OK[[]client.Pasted], error),
) error {
	sources := make([]string, len(args)-1)
	for i := range sources {
		var err error
		if _, sources[i], err = exactly(ctx, c, args[i]); err != nil {
			return err
		}
	}
	target, name, err := destination(ctx, c, args[len(args)-1], len(sources))
	if err != nil {
		return err
	}
	var done []client.Pasted
	result, err := put(ctx, target, sources)
	missing, partly := errors.AsType[*client.MissingSourcesError](err)
	switch {
	case partly:
		done = missing.Pasted
	case err != nil:
		return err
	default:
		done = result.Value
	}
	results := make([]pasted, len(done))
	for i, p := range done {
		source, err1 := c.Path(p.Source)
		target, err2 := c.Path(p.Target)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		results[i] = pasted{source, target}
	}
	if name != "" && err == nil {
		results[0].Target, err = rename(ctx, c, results[0].Target, name)
	}
	unprinted := a.print(results, func(w io.Writer) {
		for _, p := range results {
			fmt.Fprintln(w, plain(p.Source), "->", plain(p.Target))
		}
	})
	return errors.Join(err, unprinted)
}

// destination is the folder that objects go to, and the name that the only one
// has there; empty when it keeps its own.
func destination(ctx context.Context, c *client.Client, target string, objects int) (parent, name string, err error) {
	found, at, err := exactly(ctx, c, target)
	switch {
	case err == nil && found.IsFolderish:
		return at, "", nil
	case err == nil:
		return "", "", fmt.Errorf("%w: %s, which is no folder", errors.ErrAlreadyExists, at)
	case !errors.Is(err, errors.ErrNotFound) || objects > 1:
		return "", "", err
	}
	if parent, name, err = place(c, target); err != nil {
		return "", "", err
	}
	parent, err = folder(ctx, c, parent)
	return parent, name, err
}

// rename gives an object another name, and returns its path then.
func rename(ctx context.Context, c *client.Client, at, name string) (string, error) {
	if path.Base(at) == name {
		return at, nil
	}
	renamed, err := c.Content.UpdateGet(ctx, at, client.Fields{"id": name})
	if err != nil {
		return at, fmt.Errorf("it is at %s, but not renamed: %w", at, err)
	}
	now, err := c.Path(renamed.Value.URL)
	if err == nil && path.Base(now) != name {
		err = fmt.Errorf("%w: the server did not take the name %q for %s", errors.ErrNotDone, name, now)
	}
	return now, err
}
