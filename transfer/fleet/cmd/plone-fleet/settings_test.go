package main

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
)

func TestParse(t *testing.T) {
	t.Parallel()
	site := map[string]string{"PLONE_URL": "http://127.0.0.1/Plone", "PLONE_USER": "ann", "PLONE_PASSWORD": "hidden"}
	cluster := map[string]string{"PLONE_URL": "http://127.0.0.1/Plone", "NATS_URL": "nats://127.0.0.1"}
	for _, test := range []struct {
		args []string
		env  map[string]string
		want string // kind, dir, command, name, workers; or an error
	}{
		{[]string{"import", "dir"}, site, "import dir   import 2"},
		{[]string{"export", "dir", "-workers", "5", "-lost", "1m"}, site, "export dir   export 5"},
		{[]string{"export", "dir", "-name", "a", "-workers", "0"}, cluster, "export dir   a 0"},
		{[]string{"work", "import", "dir", "-name", "a"}, cluster, "import dir work  a 2"},
		{[]string{"watch", "-name", "a"}, cluster, "  watch  a 2"},
		{nil, site, "usage"},
		{[]string{"import"}, site, "usage"},
		{[]string{"sync", "dir"}, site, "usage"},
		{[]string{"import", "dir", "more"}, site, "usage"},
		{[]string{"import", "dir", "-workers", "-1"}, site, "usage"},
		{[]string{"import", "dir", "-no"}, site, "usage"},
		{[]string{"import", "dir", "-h"}, site, "usage"},
		{[]string{"import", "dir"}, nil, "PLONE_URL is not set"},
		{[]string{"import", "dir"}, cluster, "-name is missing"},
		{[]string{"work", "import", "dir", "-name", "a"}, site, "NATS_URL is not set"},
		{[]string{"watch"}, site, "NATS_URL is not set"},
	} {
		s, err := parse(test.args, func(name string) string { return test.env[name] }, &bytes.Buffer{})
		if err != nil {
			require.ErrorIs(t, err, errUsage)
			assert.Contains(t, err.Error(), test.want, test.args)
			assert.Equal(t, 2, code(err))
			continue
		}
		assert.Equal(t, test.want, fmt.Sprintf("%s %s %s  %s %d", s.kind, s.dir, s.command, s.options.Name, s.workers), test.args)
		assert.Positive(t, s.options.Lost)
	}
}

func TestParse_flagsOfTheWorkers(t *testing.T) {
	t.Parallel()
	s, err := parse([]string{"import", "dir", "-lost", "1m"}, func(string) string { return "http://127.0.0.1/Plone" }, &bytes.Buffer{})
	require.ErrorContains(t, err, "-name", "NATS_URL is set")
	assert.Nil(t, s)
	env := func(name string) string { return map[string]string{"PLONE_URL": "http://127.0.0.1/Plone"}[name] }
	s, err = parse([]string{"import", "dir", "-lost", "1m"}, env, &bytes.Buffer{})
	require.NoError(t, err)
	assert.Equal(t, []string{"-lost", "1m", "-name", "import"}, s.flags)
	assert.Equal(t, time.Minute, s.options.Lost)
	assert.Equal(t, []string{"NATS_URL=new", "A=b"}, secretEnv([]string{"NATS_URL=old", "A=b"}, "new"))
}

func TestCode(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 0, code(nil))
	assert.Equal(t, 3, code(fmt.Errorf("fleet: %w", transfer.ErrIncomplete)))
	assert.Equal(t, 130, code(fmt.Errorf("fleet: %w", context.Canceled)))
	assert.Equal(t, 1, code(errors.ErrDamaged))
}

func TestOutput(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	show := follow(&out)
	show(transfer.Event{Phase: "content", Total: 3})
	show(transfer.Event{Phase: "content", Done: 1, Total: 3})
	show(transfer.Event{Phase: "content", Done: 2, Total: 3, Problem: &transfer.Problem{Phase: "content", Path: "/a", Message: "no"}})
	show(transfer.Event{Phase: "content", Done: 3, Total: 3})
	summarize(&out, &transfer.Report{
		Items: 3, Bytes: 10, Elapsed: time.Second, Changes: map[transfer.Action]int{transfer.Create: 2},
		Losses: map[transfer.Loss]int{transfer.LossDates: 2}, Problems: []transfer.Problem{{Phase: "content", Path: "/a", Message: "no"}},
	})
	assert.Equal(t, `content 0/3, 0.0/s
problem   content /a: no
content 3/3, 0.0/s
3 items, 10 bytes of files, in 1s
  create    2
not carried: creation and modification dates: the server sets its own (2)
problem: content /a: no
`, out.String())
}
