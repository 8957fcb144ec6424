package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func (a *app) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "Forget the token of a profile",
		Long: `Forget the token of a profile, and tell the site that it is not needed any more.
By default a site keeps no list of tokens: one that was copied is good until it
expires.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			name, err := a.logout(cmd.Context())
			if err != nil {
				return err
			}
			return a.print(map[string]string{"profile": name}, func(w io.Writer) { fmt.Fprintln(w, "profile", name, "has no token any more") })
		},
	}
}

func (a *app) logout(ctx context.Context) (string, error) {
	cfg, err := a.loadConfig()
	if err != nil {
		return "", err
	}
	file, err := a.configPath()
	if err != nil {
		return "", err
	}
	name := cmp.Or(a.profile, a.env("PLONE_PROFILE"), cfg.Default, defaultProfile)
	profile := cfg.Profiles[name]
	if profile.Token == "" {
		return "", usage(fmt.Sprintf("profile %q has no token", name))
	}
	s, err := merge(layer{Timeout: a.flags.Timeout}, layer{URL: profile.URL, PublicURL: profile.PublicURL, Token: profile.Token, Timeout: profile.Timeout})
	if err != nil {
		return "", err
	}
	profile.Token = ""
	cfg.Profiles[name] = profile
	if err := saveConfig(file, cfg); err != nil {
		return "", err
	}
	c, err := a.client(s)
	if err == nil {
		_, err = c.Auth.Logout(ctx)
	}
	if err != nil {
		a.warn("the token is forgotten here, but the site was not told: %s", message(err))
	}
	return name, nil
}
