package main

import (
	_ "embed"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version of this program",
		Args:  arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			return a.print(b, func(w io.Writer) { fmt.Fprint(w, b) })
		},
	}
}

// build is what this program was made of.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`   // empty when nothing tells
	Modified bool   `json:"modified"` // since the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// released is the commit that a release was made from. scripts/publish fills it
// in: a program that go install made of a module knows no commit of its own.
//
//go:embed released.txt
var released string

func thisBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildOf(info, strings.TrimSpace(released))
}

// buildOf reads what the go command noted. released is the commit where it noted none.
func buildOf(info *debug.BuildInfo, released string) build {
	b := build{
		Version: info.Main.Version, Commit: released,
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Commit = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

func (b build) String() string {
	commit := b.Commit
	switch {
	case commit == "":
		commit = "unknown"
	case b.Modified:
		commit += ", with changes"
	}
	return fmt.Sprintf("plone %s\ncommit %s\n%s %s\n", b.Version, commit, b.Go, b.Platform)
}
