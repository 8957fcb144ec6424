package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// layer is the settings that one place has: the command line, the environment,
// or a profile. Those that it does not have are zero.
type layer struct {
	URL          string `json:"url,omitempty"`
	PublicURL    string `json:"public_url,omitempty"`
	User         string `json:"user,omitempty"`
	PasswordFile string `json:"password_file,omitempty"`
	TokenFile    string `json:"token_file,omitempty"`
	Timeout      string `json:"timeout,omitempty"`
	Basic        bool   `json:"basic,omitempty"`
	Strict       bool   `json:"strict,omitempty"`

	Token    string `json:"token,omitempty"` // not on the command line
	Password string `json:"-"`               // in the environment only
}

// addSettings adds the flags of the settings.
func (a *app) addSettings(flags *pflag.FlagSet) {
	flags.StringVar(&a.flags.URL, "url", "", "address of the site")
	flags.StringVar(&a.flags.PublicURL, "public-url", "", "address of the site in what it answers, if that is another")
	flags.StringVarP(&a.flags.User, "user", "u", "", "name to log in with")
	flags.StringVar(&a.flags.PasswordFile, "password-file", "", "file with the password; - for standard input")
	flags.StringVar(&a.flags.TokenFile, "token-file", "", "file with a token; - for standard input")
	flags.StringVar(&a.flags.Timeout, "timeout", "", "longest time for a call, like 30s; 0 for no bound (default 5m)")
	flags.BoolVar(&a.flags.Basic, "basic", false, "send the password with each request, for sites without tokens")
	flags.BoolVar(&a.flags.Strict, "strict", false, "refuse credentials that the site does not know and fields that a type does not have, at the cost of requests")
	flags.StringVarP(&a.profile, "profile", "p", "", "profile of the configuration file")
	flags.StringVar(&a.configFile, "config", "", "configuration file")
}

// environment is the layer of the environment.
func environment(env func(string) string) (layer, error) {
	l := layer{
		URL:          env("PLONE_URL"),
		PublicURL:    env("PLONE_PUBLIC_URL"),
		User:         env("PLONE_USER"),
		PasswordFile: env("PLONE_PASSWORD_FILE"),
		TokenFile:    env("PLONE_TOKEN_FILE"),
		Timeout:      env("PLONE_TIMEOUT"),
		Token:        env("PLONE_TOKEN"),
		Password:     env("PLONE_PASSWORD"),
	}
	for name, value := range map[string]*bool{"PLONE_BASIC": &l.Basic, "PLONE_STRICT": &l.Strict} {
		if text := env(name); text != "" {
			var err error
			if *value, err = strconv.ParseBool(text); err != nil {
				return l, usage(name + " is neither true nor false")
			}
		}
	}
	return l, nil
}

// settings are what all layers come to.
type settings struct {
	url        string
	publicURL  string
	user       string
	credential layer // the one that gives the secret: a token or a password, as itself or as a file
	basic      bool
	strict     bool
	timeout    time.Duration
}

const defaultTimeout = 5 * time.Minute

// merge puts layers together, the strongest first. A secret goes nowhere but to
// the site, and stands for nobody but the user, that its own layer names.
func merge(layers ...layer) (settings, error) {
	s := settings{timeout: defaultTimeout}
	for _, l := range layers {
		s.url = cmp.Or(s.url, strings.TrimRight(l.URL, "/"))
	}
	timeout := ""
	for _, l := range layers {
		timeout = cmp.Or(timeout, l.Timeout)
		s.strict = s.strict || l.Strict
		if l.URL != "" && strings.TrimRight(l.URL, "/") != s.url {
			continue
		}
		s.publicURL = cmp.Or(s.publicURL, l.PublicURL)
		s.basic = s.basic || l.Basic
		named := s.user != ""
		s.user = cmp.Or(s.user, l.User)
		if l.User != "" && l.User != s.user || s.credential != (layer{}) {
			continue
		}
		switch {
		case (l.Token != "" || l.TokenFile != "") && (!named || l.User != ""):
			s.credential = layer{Token: l.Token, TokenFile: l.TokenFile}
		case l.Password != "" || l.PasswordFile != "":
			s.credential = layer{Password: l.Password, PasswordFile: l.PasswordFile}
		}
	}
	if timeout != "" {
		var err error
		if s.timeout, err = time.ParseDuration(timeout); err != nil || s.timeout < 0 {
			return s, usage(fmt.Sprintf("%q is no time for a timeout", timeout))
		}
	}
	return s, nil
}

// settings reads all layers.
func (a *app) settings() (settings, error) {
	env, err := environment(a.env)
	if err != nil {
		return settings{}, err
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return settings{}, err
	}
	name := cmp.Or(a.profile, a.env("PLONE_PROFILE"))
	profile := cfg.Profiles[cmp.Or(cfg.Default, defaultProfile)]
	if name != "" {
		if profile, err = cfg.profile(name); err != nil {
			return settings{}, err
		}
	}
	s, err := merge(a.flags, env, profile)
	if err == nil && s.url == "" {
		err = hinted{usage("no site is named"), "name it with --url or PLONE_URL, or log in with `plone login`"}
	}
	return s, err
}

// client is a client of the site.
func (a *app) client(s settings) (*client.Client, error) {
	source, err := a.source(s)
	if err != nil {
		return nil, err
	}
	options := []client.Option{
		client.WithTransport(http.DefaultTransport), // with the proxies of the environment
		client.WithUserAgent("plone-cli"),
		client.WithTimeout(s.timeout),
		client.WithAuth(source),
	}
	if s.publicURL != "" {
		options = append(options, client.WithPublicURL(s.publicURL))
	}
	if s.strict {
		options = append(options, client.WithStrict(), client.WithKnownUser())
	}
	if a.verbose {
		options = append(options, client.WithLogger(slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	}
	return client.New(s.url, options...)
}

// source is the credentials; nil for a visitor.
func (a *app) source(s settings) (auth.Source, error) {
	token, err := a.secret(s.credential.Token, s.credential.TokenFile)
	if err != nil {
		return nil, err
	}
	password, err := a.secret(s.credential.Password, s.credential.PasswordFile)
	switch {
	case err != nil:
		return nil, err
	case token != "":
		return auth.Static(token), nil
	case s.user == "" && password == "":
		return nil, nil
	case s.user == "":
		return nil, usage("there is a password, but no user: --user or PLONE_USER")
	case password == "":
		return nil, hinted{usage(fmt.Sprintf("there is no password for %q", s.user)),
			"give it by --password-file or PLONE_PASSWORD, or log in with `plone login`"}
	case s.basic:
		return auth.Basic(s.user, password), nil
	default:
		return auth.Login(s.user, password), nil
	}
}

// secret is a value, or what a file has of it: its first line.
func (a *app) secret(value, file string) (string, error) {
	if value != "" || file == "" {
		return value, nil
	}
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(a.stdin)
	} else {
		a.checkMode(file)
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", errors.ErrInvalidInput, err)
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return "", fmt.Errorf("%w: %s is empty", errors.ErrInvalidInput, file)
	}
	return string(line), nil
}

// checkMode warns of a file with a secret that others may read.
func (a *app) checkMode(file string) {
	info, err := os.Stat(file)
	if err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		a.warn("others can read the secret in %s; `chmod 600` it", file)
	}
}

// config is the configuration file.
type config struct {
	Default  string           `json:"default,omitempty"` // name of the profile that is taken when none is named
	Profiles map[string]layer `json:"profiles"`
}

const defaultProfile = "default"

// profile returns the one of a name.
func (c *config) profile(name string) (layer, error) {
	l, found := c.Profiles[name]
	if !found {
		return l, hinted{usage(fmt.Sprintf("there is no profile %q", name)), fmt.Sprintf("`plone login --profile %s` makes it", name)}
	}
	return l, nil
}

// configPath is where the configuration file is, whether it exists or not.
func (a *app) configPath() (string, error) {
	if file := cmp.Or(a.configFile, a.env("PLONE_CONFIG")); file != "" {
		return file, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "plone", "config.json"), nil
}

// loadConfig reads the configuration file; without one it is zero.
func (a *app) loadConfig() (config, error) {
	var cfg config
	file, err := a.configPath()
	if err != nil {
		return cfg, nil // a machine without a home has no file either
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(bytes.TrimSpace(data)) == 0 {
		return cfg, nil
	}
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields() // a setting that is misspelt would be passed over
		err = decoder.Decode(&cfg)
	}
	if err != nil {
		return cfg, fmt.Errorf("%w: %s: %w", errors.ErrInvalidInput, file, err)
	}
	for _, profile := range cfg.Profiles {
		if profile.Token != "" {
			a.checkMode(file)
			break
		}
	}
	return cfg, nil
}

// saveConfig replaces the configuration file by one that nobody else can read.
func saveConfig(file string, cfg config) error {
	data, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return err
	}
	return writePrivate(file, append(data, '\n'))
}

// writePrivate replaces a file by one that nobody else can read.
func writePrivate(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return replaceFile(file, data, 0o600)
}

// replaceFile replaces a file as a whole or not at all.
func replaceFile(file string, data []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // with the mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(mode), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
	}
	return err
}

func settingsTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "settings",
		Short: "Where the site and the credentials come from",
		Long: `A setting comes from a flag, else from the environment, else from a profile of
the configuration file:

  flag             environment          profile
  --url            PLONE_URL            "url"
  --public-url     PLONE_PUBLIC_URL     "public_url"
  --user           PLONE_USER           "user"
  --password-file  PLONE_PASSWORD_FILE  "password_file"
                   PLONE_PASSWORD
  --token-file     PLONE_TOKEN_FILE     "token_file"
                   PLONE_TOKEN          "token", by plone login
  --basic          PLONE_BASIC          "basic"
  --strict         PLONE_STRICT         "strict"
  --timeout        PLONE_TIMEOUT        "timeout"
  --profile        PLONE_PROFILE        "default", beside "profiles"
  --config         PLONE_CONFIG

A password or a token that stands beside an address or a user is for those
alone: the token of a profile is not sent to the site of another --url.

Without --basic the password goes to @login only, and the token that comes back
is used. After plone login a command needs no other request than its own.

The configuration file is plone/config.json in the folder for configuration of
the system, like ~/.config:

  {
    "default": "work",
    "profiles": {
      "work": {"url": "https://plone.example", "user": "ada", "password_file": "/run/secrets/ada"},
      "test": {"url": "http://127.0.0.1:8080/Plone", "strict": true}
    }
  }`,
	}
}
