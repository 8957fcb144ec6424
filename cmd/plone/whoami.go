package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
)

// identity is who the server takes the program for.
type identity struct {
	Anonymous bool     `json:"anonymous"`
	ID        string   `json:"id,omitempty"`
	Fullname  string   `json:"fullname,omitempty"`
	Roles     []string `json:"roles,omitempty"`
	Site      string   `json:"site"`
}

func (a *app) whoamiCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "whoami",
		Short: "Ask the site who it takes you for",
		Long: `Ask the site who it takes you for. It runs requests with credentials that it
does not know as those of a visitor; here that is an error.`,
		Args: arguments(0, 0),
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			who, err := whoAmI(ctx, c)
			if err != nil {
				return err
			}
			return a.print(who, func(w io.Writer) { fmt.Fprintln(w, who) })
		}),
	}
}

func whoAmI(ctx context.Context, c *client.Client) (identity, error) {
	who, err := c.WhoAmI(ctx)
	if err != nil {
		return identity{}, err
	}
	return identity{who.Anonymous, who.User.ID, who.User.Fullname, who.User.Roles, c.SiteURL()}, nil
}

// String is one line.
func (i identity) String() string {
	if i.Anonymous {
		return "nobody (a visitor) at " + i.Site
	}
	line := plain(i.ID)
	if i.Fullname != "" {
		line += " (" + plain(i.Fullname) + ")"
	}
	return line + " at " + i.Site + ", with the roles " + plain(strings.Join(i.Roles, ", "))
}
