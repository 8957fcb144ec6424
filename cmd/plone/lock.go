package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
)

func (a *app) lockCommand() *cobra.Command {
	var options client.LockOptions
	cmd := &cobra.Command{
		Use:               "lock PATH",
		Short:             "Lock an object, and print the token of the lock",
		Long:              "Lock an object against changes by others, and print the token of the lock, which\npatch and put take as --lock-token.",
		Example:           "  token=$(plone lock /news/a)\n  plone patch /news/a title=New --lock-token \"$token\"\n  plone unlock /news/a",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.paths(first),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			_, at, err := exactly(ctx, c, args[0])
			if err != nil {
				return err
			}
			lock, err := c.Locking.Lock(ctx, at, options)
			if err != nil {
				return err
			}
			return a.print(lock.Value, func(w io.Writer) { fmt.Fprintln(w, lock.Value.Token) })
		}),
	}
	cmd.Flags().DurationVar(&options.Timeout, "for", 10*time.Minute, "how long the lock holds")
	return cmd
}

func (a *app) unlockCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:               "unlock PATH",
		Short:             "Give up the lock of an object",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.paths(first),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			_, at, err := exactly(ctx, c, args[0])
			if err != nil {
				return err
			}
			unlock := c.Locking.Unlock
			if force {
				unlock = c.Locking.ForceUnlock
			}
			lock, err := unlock(ctx, at)
			if err != nil {
				return err
			}
			return a.print(lock.Value, func(w io.Writer) { fmt.Fprintln(w, "unlocked", plain(at)) })
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "whoever has the lock")
	return cmd
}
