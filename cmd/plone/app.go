package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// app is one run of the program.
type app struct {
	stdin  io.Reader
	stdout *bufio.Writer
	stderr io.Writer
	env    func(string) string

	flags      layer // settings of the command line
	configFile string
	profile    string
	json       bool
	quiet      bool
	verbose    bool
}

// run runs the program once and returns its exit code. env is asked for the
// variables of the environment.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) string) int {
	a := &app{stdin: stdin, stdout: bufio.NewWriter(stdout), stderr: stderr, env: env}
	root := a.root()
	root.SetArgs(append([]string{}, args...))
	root.SetIn(stdin)
	root.SetOut(a.stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if flushed := a.stdout.Flush(); err == nil {
		err = flushed
	}
	return a.report(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "plone",
		Short:         "Work with the content of a Plone site",
		Long:          "plone works with the content of a Plone site over plone.restapi.",
		Version:       thisBuild().String(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			text := fmt.Sprintf("there is no command %q", args[0])
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				text += "; do you mean " + strings.Join(near, " or ") + "?"
			}
			return usage(text)
		},
	}
	root.SetVersionTemplate("{{.Version}}")
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(err.Error() + "; see " + cmd.CommandPath() + " --help")
	})
	flags := root.PersistentFlags()
	flags.BoolVar(&a.json, "json", false, "print JSON, errors too")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "print no progress and no warnings")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "print each request to standard error")
	a.addSettings(flags)
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"content", "Content:", []*cobra.Command{
			a.getCommand(), a.putCommand(), a.patchCommand(), a.rmCommand(), a.cpCommand(), a.mvCommand(),
			a.lockCommand(), a.unlockCommand(), a.transitionCommand(),
		}},
		{"find", "Find:", []*cobra.Command{a.lsCommand(), a.treeCommand(), a.searchCommand(), a.queryCommand()}},
		{"files", "Files:", []*cobra.Command{a.uploadCommand(), a.downloadCommand()}},
		{"sites", "Whole sites:", []*cobra.Command{a.exportCommand(), a.importCommand(), a.syncCommand(), a.convertCommand()}},
		{"site", "The site and you:", []*cobra.Command{
			a.loginCommand(), a.logoutCommand(), a.whoamiCommand(), a.doctorCommand(), a.typesCommand(), a.rawCommand(), a.versionCommand(),
		}},
	} {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, command := range group.commands {
			command.GroupID = group.id
			root.AddCommand(command)
		}
	}
	root.SetHelpCommandGroupID("site")
	root.SetCompletionCommandGroupID("site")
	root.AddCommand(exitCodesTopic(), settingsTopic())
	return root
}

// call is what a command does with a site: fn, with a client made of the
// settings.
func (a *app) call(fn func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		s, err := a.settings()
		if err != nil {
			return err
		}
		c, err := a.client(s)
		if err != nil {
			return err
		}
		return fn(cmd.Context(), c, args)
	}
}

// arguments is how many there must be; a max of -1 is no bound.
func arguments(min, max int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < min || max >= 0 && len(args) > max {
			return usage("usage: " + cmd.UseLine())
		}
		return nil
	}
}

// usage is the error of a command line that cannot be understood.
func usage(text string) error { return fmt.Errorf("%s: %w", text, errUsage) }

// errUsage keeps the text of usage free of the name of the reason.
var errUsage = usageReason{}

type usageReason struct{}

func (usageReason) Error() string        { return "nothing was done" }
func (usageReason) Is(target error) bool { return target == errors.ErrInvalidInput }

// warn tells of something that is no error.
func (a *app) warn(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.stderr, "plone: warning: "+format+"\n", args...)
	}
}
