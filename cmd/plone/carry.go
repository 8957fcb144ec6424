package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
)

// outcome is a report as --json prints it.
type outcome struct {
	Plan     []transfer.Change       `json:"plan,omitempty"` // of a dry run
	Items    int                     `json:"items"`
	Bytes    int64                   `json:"bytes"`
	Changes  map[transfer.Action]int `json:"changes"`
	Losses   map[transfer.Loss]int   `json:"not_carried"`
	Problems []transfer.Problem      `json:"problems"`
	Resumed  bool                    `json:"resumed"`
	Seconds  float64                 `json:"seconds"`
}

// carry runs a transfer, shows how far it is, and prints its report. A plan is
// summary change by change.
func (a *app) carry(plan bool, do func(observe func(transfer.Event)) (*transfer.Report, error)) error {
	var planned []transfer.Change
	show, end := a.phases()
	report, err := do(func(e transfer.Event) {
		switch {
		case e.Change != nil && plan && a.json:
			planned = append(planned, *e.Change)
		case e.Change != nil && plan:
			fmt.Fprintln(a.stdout, plain(e.Change.String()))
		}
		show(e)
	})
	end()
	if report == nil {
		return err
	}
	if err != nil && !errors.Is(err, transfer.ErrIncomplete) {
		return hinted{err, "Run the same command again to resume."}
	}
	summary := outcome{
		Plan: planned, Items: report.Items, Bytes: report.Bytes, Changes: report.Changes, Losses: report.Losses,
		Problems: append([]transfer.Problem{}, report.Problems...), Resumed: report.Resumed, Seconds: report.Elapsed.Seconds(),
	}
	unprinted := a.print(summary, func(w io.Writer) {
		for line := range strings.Lines(report.String()) {
			fmt.Fprintln(w, plain(strings.TrimSuffix(line, "\n")))
		}
	})
	return errors.Join(err, unprinted)
}

// phases returns what shows how far a transfer of many items is, and what ends
// that: a bar for each phase on a terminal, lines elsewhere, nothing beside JSON.
func (a *app) phases() (show func(transfer.Event), end func()) {
	var phase transfer.Phase
	var b *progressbar.ProgressBar
	end = func() {
		if b != nil {
			fmt.Fprintln(a.stderr)
		}
	}
	switch {
	case a.quiet || a.json:
		return func(transfer.Event) {}, func() {}
	case isTerminal(a.stderr):
		return func(e transfer.Event) {
			if e.Phase != phase {
				end()
				phase = e.Phase
				b = newBar(a.stderr, int64(e.Total), fmt.Sprintf("%-14s", e.Phase), progressbar.OptionShowCount(), progressbar.OptionShowIts())
			}
			_ = b.Set(e.Done) // a bar that cannot be drawn stops no transfer
		}, end
	}
	shown := 0
	return func(e transfer.Event) {
		if e.Phase != phase {
			phase, shown = e.Phase, 0
		}
		if tenth := e.Done * 10 / max(e.Total, 1); tenth > shown && (e.Total >= fewItems || e.Done == e.Total) {
			shown = tenth
			fmt.Fprintf(a.stderr, "%s: %d of %d\n", e.Phase, e.Done, e.Total)
		}
	}, func() {}
}

// fewItems are too few for a word about each tenth of them.
const fewItems = 100

// other is a client of the site of another profile.
func (a *app) other(profile string) (*client.Client, error) {
	cfg, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	l, err := cfg.profile(profile)
	if err != nil {
		return nil, err
	}
	s, err := merge(l)
	if err != nil {
		return nil, err
	}
	if s.url == "" {
		return nil, usage(fmt.Sprintf("the profile %q names no site", profile))
	}
	return a.client(s)
}

// exportFlags adds the flags of what reads a site.
func exportFlags(cmd *cobra.Command, o *transfer.ExportOptions) {
	cmd.Flags().BoolVar(&o.NoLocalRoles, "no-local-roles", false, "leave out who has which roles where, for half the time")
}

// importFlags adds the flags of what changes a site.
func importFlags(cmd *cobra.Command, o *transfer.ImportOptions) {
	cmd.Flags().BoolVarP(&o.DryRun, "dry-run", "n", false, "change nothing, and print what would be changed")
	cmd.Flags().BoolVar(&o.Delete, "delete", false, "remove objects that the origin does not have")
	cmd.Flags().BoolVar(&o.Adopt, "adopt", false, "take an object of the same type at the path of an item for that item")
	cmd.Flags().IntVar(&o.Concurrency, "parallel", 1, "steps at once, for sites of several processes")
}

func (a *app) exportCommand() *cobra.Command {
	var o transfer.ExportOptions
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Write the site to a folder",
		Long: `Write the site to a folder, which is made, in the format of plone.exportimport:
plone import and Plone's own plone-importer read it. In the folder of an earlier
export of the same site only what has changed is written.

After Ctrl-C or a failure, run the same command again to resume.`,
		Example: "  plone export backup",
		Args:    arguments(1, 1),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			return a.carry(false, func(observe func(transfer.Event)) (*transfer.Report, error) {
				o.Progress = observe
				return transfer.Export(ctx, c, args[0], o)
			})
		}),
	}
	exportFlags(cmd, &o)
	return cmd
}

func (a *app) importCommand() *cobra.Command {
	var o transfer.ImportOptions
	cmd := &cobra.Command{
		Use:   "import DIR",
		Short: "Make the site have what a folder has",
		Long: `Make the site have what a folder has that plone export wrote, or Plone's own
plone-exporter. What is equal already is not touched. What cannot be carried is
named at the end.

After Ctrl-C or a failure, run the same command again to resume.`,
		Example: "  plone import backup --dry-run\n  plone import backup",
		Args:    arguments(1, 1),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			return a.carry(o.DryRun, func(observe func(transfer.Event)) (*transfer.Report, error) {
				o.Progress = observe
				return transfer.Import(ctx, c, args[0], o)
			})
		}),
	}
	importFlags(cmd, &o)
	return cmd
}

func (a *app) syncCommand() *cobra.Command {
	var o transfer.SyncOptions
	var to string
	cmd := &cobra.Command{
		Use:   "sync DIR --to PROFILE",
		Short: "Make another site like this one",
		Long: `Make the site of another profile have what this one has, by way of a folder,
which is made. The folder is the memory of the next sync: only what has changed
since is read again.

After Ctrl-C or a failure, run the same command again to resume.`,
		Example: "  plone sync between --profile work --to test\n  plone sync between --profile work --to test --delete",
		Args:    arguments(1, 1),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if to == "" {
				return usage("--to names no profile")
			}
			target, err := a.other(to)
			if err != nil {
				return err
			}
			return a.carry(o.Import.DryRun, func(observe func(transfer.Event)) (*transfer.Report, error) {
				// What is read into the folder is no part of the plan for the other site.
				o.Export.Progress = func(e transfer.Event) { e.Change = nil; observe(e) }
				o.Import.Progress = observe
				return transfer.Sync(ctx, c, target, args[0], o)
			})
		}),
	}
	exportFlags(cmd, &o.Export)
	importFlags(cmd, &o.Import)
	cmd.Flags().StringVar(&to, "to", "", "profile of the site to change")
	return cmd
}

func (a *app) convertCommand() *cobra.Command {
	var o transfer.ConvertOptions
	cmd := &cobra.Command{
		Use:   "convert SOURCE DIR",
		Short: "Make a folder for import of an old site's export",
		Long: `Make of an export of collective.exportimport, with which sites of Plone 4 and 5
are left, a folder that plone import reads. No site is asked.

SOURCE is the JSON file with the objects, or a folder with such files; the files
export_members.json, export_relations.json and their kin are read from beside it.
What cannot be converted is named at the end.`,
		Example: "  plone convert Plone.json old\n  plone convert exports old --blobs var/blobstorage\n  plone import old --dry-run",
		Args:    arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.carry(false, func(observe func(transfer.Event)) (*transfer.Report, error) {
				o.Progress = observe
				return transfer.Convert(cmd.Context(), args[0], args[1], o)
			})
		},
	}
	cmd.Flags().StringVar(&o.Blobs, "blobs", "", "folder that the paths of files in the export begin in, a blobstorage")
	cmd.Flags().StringVar(&o.Site, "source-site", "", "address of the site in the export, for a part of one")
	return cmd
}
