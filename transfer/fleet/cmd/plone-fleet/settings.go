package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
	"plone.example/restapi/transfer/fleet"
)

const errUsage errors.Reason = "usage: plone-fleet export|import DIR, work export|import DIR, or watch; -h tells the flags"

const (
	exportKind = "export"
	importKind = "import"
)

// settings are what the command line and the environment say.
type settings struct {
	command string // "", "work" or "watch"
	kind    string // exportKind or importKind
	dir     string
	flags   []string // for the workers
	environ []string // for the workers

	site struct{ url, publicURL, user, password string }
	nats struct{ url, credentials string }

	workers       int
	untilEOF      bool
	delete, adopt bool
	options       fleet.Options
}

func parse(args []string, env func(string) string, usage io.Writer) (*settings, error) {
	s := &settings{}
	s.site.url, s.site.publicURL = env("PLONE_URL"), env("PLONE_PUBLIC_URL")
	s.site.user, s.site.password = env("PLONE_USER"), env("PLONE_PASSWORD")
	s.nats.url, s.nats.credentials = env("NATS_URL"), env("NATS_CREDS")
	if len(args) > 0 && (args[0] == "work" || args[0] == "watch") {
		s.command, args = args[0], args[1:]
	}
	if s.command != "watch" && len(args) > 1 {
		s.kind, s.dir, args = args[0], args[1], args[2:]
	}

	flags := flag.NewFlagSet("plone-fleet", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&s.options.Name, "name", "", "`name` of the transfer, the same for all that take part; needed with NATS_URL")
	flags.IntVar(&s.workers, "workers", 2, "processes to start on this machine")
	flags.DurationVar(&s.options.Lost, "lost", 30*time.Second, "time after which the step of a silent worker goes to another one")
	flags.IntVar(&s.options.Tries, "tries", 8, "tries of a step before it is set aside")
	flags.IntVar(&s.options.Replicas, "replicas", 1, "servers of the cluster that keep the state of the transfer")
	flags.BoolVar(&s.delete, "delete", false, "import: remove objects of the site that the folder does not have")
	flags.BoolVar(&s.adopt, "adopt", false, "import: take objects of the site at the same path for those of the folder")
	flags.BoolVar(&s.untilEOF, "until-eof", false, "work: stop when standard input ends")
	s.flags = args
	if err := flags.Parse(args); err != nil {
		return nil, fmt.Errorf("%w (%w)", errUsage, err)
	}
	switch {
	case s.command == "watch":
	case s.kind != exportKind && s.kind != importKind, flags.NArg() > 0, s.workers < 0:
		return nil, errUsage
	case s.site.url == "":
		return nil, fmt.Errorf("%w: PLONE_URL is not set", errUsage)
	}
	switch {
	case s.nats.url == "" && s.command != "":
		return nil, fmt.Errorf("%w: NATS_URL is not set", errUsage)
	case s.options.Name == "" && s.nats.url != "":
		return nil, fmt.Errorf("%w: -name is missing, which tells this transfer from others in the cluster", errUsage)
	case s.options.Name == "":
		s.options.Name = s.kind
		s.flags = append(s.flags, "-name", s.kind)
	}
	return s, nil
}

// open connects to the cluster, or starts the server of this machine.
func (s *settings) open(ctx context.Context) (*fleet.Engine, error) {
	o := fleet.EngineOptions{URL: s.nats.url, Dir: filepath.Join(s.dir, ".transfer", "fleet")}
	if s.nats.credentials != "" {
		o.Connect = append(o.Connect, nats.UserCredentials(s.nats.credentials))
	}
	return fleet.Open(ctx, o)
}

func (s *settings) job(ctx context.Context) (*transfer.Job, error) {
	var options []client.Option
	if s.site.user != "" {
		options = append(options, client.WithAuth(auth.Login(s.site.user, s.site.password)))
	}
	if s.site.publicURL != "" {
		options = append(options, client.WithPublicURL(s.site.publicURL))
	}
	c, err := client.New(s.site.url, options...)
	if err != nil {
		return nil, err
	}
	if s.kind == exportKind {
		return transfer.NewExport(ctx, c, s.dir, transfer.ExportOptions{})
	}
	return transfer.NewImport(ctx, c, s.dir, transfer.ImportOptions{Delete: s.delete, Adopt: s.adopt})
}

// run does what the command line says.
func (s *settings) run(ctx context.Context, in io.Reader, out, log io.Writer) error {
	s.options.Logger = slog.New(slog.NewTextHandler(log, nil))
	switch s.command {
	case "watch":
		return s.watch(ctx, out)
	case "work":
		return s.work(ctx, in)
	}
	return s.coordinate(ctx, out, log)
}

// secretEnv is the environment of a worker: that of this process, with the address
// of the engine, which is a secret and has no place among the arguments.
func secretEnv(env []string, url string) []string {
	kept := []string{"NATS_URL=" + url}
	for _, one := range env {
		if !strings.HasPrefix(one, "NATS_URL=") {
			kept = append(kept, one)
		}
	}
	return kept
}
