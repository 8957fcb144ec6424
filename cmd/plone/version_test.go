package main

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBuildOf(t *testing.T) {
	t.Parallel()
	machine := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
	for name, c := range map[string]struct {
		info     debug.BuildInfo
		released string
		want     string
	}{
		"go run, without a commit": {debug.BuildInfo{}, "", "plone (devel)\ncommit unknown\n"},
		"go install of a release":  {debug.BuildInfo{Main: debug.Module{Version: "v0.2.0"}}, "abc", "plone v0.2.0\ncommit abc\n"},
		"go build in a checkout": {debug.BuildInfo{
			Main:     debug.Module{Version: "v0.2.0"},
			Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "false"}},
		}, "", "plone v0.2.0\ncommit abc\n"},
		"go build of changes": {debug.BuildInfo{
			Main:     debug.Module{Version: "v0.2.0+dirty"},
			Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}},
		}, "def", "plone v0.2.0+dirty\ncommit abc, with changes\n"},
	} {
		assert.Equal(t, c.want+machine, buildOf(&c.info, c.released).String(), name)
	}
}
