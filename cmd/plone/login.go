package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
)

// session is what a login came to.
type session struct {
	Site    string     `json:"site"`
	User    string     `json:"user"`
	Profile string     `json:"profile"`
	File    string     `json:"file"`
	Expires *time.Time `json:"expires,omitempty"`
}

func (a *app) loginCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "login",
		Short: "Get a token and keep it in a profile",
		Long: `Get a token for the name and the password, and keep it in a profile of the
configuration file, for all commands until it expires. The password is kept
nowhere; on a terminal it is asked for.`,
		Example: "  plone login --url https://plone.example --user ada\n  plone login --profile work --password-file secret",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.login(cmd.Context())
			if err != nil {
				return err
			}
			return a.print(s, func(w io.Writer) {
				fmt.Fprintf(w, "logged in to %s as %s; profile %s", s.Site, plain(s.User), s.Profile)
				if s.Expires != nil {
					fmt.Fprintf(w, ", until %s", s.Expires.Format(time.RFC3339))
				}
				fmt.Fprintln(w)
			})
		},
	}
}

func (a *app) login(ctx context.Context) (*session, error) {
	env, err := environment(a.env)
	if err != nil {
		return nil, err
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	file, err := a.configPath()
	if err != nil {
		return nil, err
	}
	name := cmp.Or(a.profile, a.env("PLONE_PROFILE"), cfg.Default, defaultProfile)
	profile := cfg.Profiles[name]
	profile.Token, profile.TokenFile = "", "" // they are to be replaced
	s, err := merge(a.flags, env, profile)
	switch {
	case err != nil:
		return nil, err
	case s.url == "" || s.user == "":
		return nil, usage("login needs --url and --user, or PLONE_URL and PLONE_USER")
	}
	password, err := a.secret(s.credential.Password, s.credential.PasswordFile)
	if err == nil && password == "" {
		password, err = a.ask(fmt.Sprintf("Password of %s at %s: ", s.user, s.url))
	}
	if err != nil {
		return nil, err
	}
	s.user, s.credential = "", layer{} // to ask for a token, nobody has to be anybody
	user := cmp.Or(a.flags.User, env.User, profile.User)
	s.strict = false
	c, err := a.client(s)
	if err != nil {
		return nil, err
	}
	answer, err := c.Auth.Login(ctx, user, password)
	if err != nil {
		return nil, err
	}
	token := string(answer.Value.Token)
	if profile.URL != s.url {
		profile = layer{}
	}
	profile.URL, profile.PublicURL, profile.User, profile.Token = s.url, s.publicURL, user, token
	if cfg.Profiles == nil {
		cfg.Profiles = map[string]layer{}
	}
	cfg.Profiles[name] = profile
	cfg.Default = cmp.Or(cfg.Default, name)
	if err := saveConfig(file, cfg); err != nil {
		return nil, err
	}
	result := &session{Site: s.url, User: user, Profile: name, File: file}
	if expires := auth.Bearer(token).Expires(); !expires.IsZero() {
		expires = expires.UTC()
		result.Expires = &expires
	}
	return result, nil
}

// ask asks for a secret on the terminal.
func (a *app) ask(question string) (string, error) {
	if !isTerminal(a.stdin) {
		return "", hinted{usage("there is no password"), "give it by --password-file (- for standard input) or PLONE_PASSWORD"}
	}
	fmt.Fprint(a.stderr, question)
	answer, err := term.ReadPassword(int(a.stdin.(*os.File).Fd()))
	fmt.Fprintln(a.stderr)
	if err == nil && len(answer) == 0 {
		err = fmt.Errorf("%w: an empty password", errors.ErrInvalidInput)
	}
	return string(answer), err
}
