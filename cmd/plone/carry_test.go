package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// target is an empty site to carry to, with a profile of the name "target" in the
// configuration of s.
func (s *site) target(t *testing.T, opts ...plonetest.Option) *site {
	t.Helper()
	server := plonetest.NewServer(opts...)
	t.Cleanup(server.Close)
	password := s.writeFile(t, "password", "secret\n")
	data, err := json.Marshal(config{Profiles: map[string]layer{"target": {URL: server.URL, User: "admin", PasswordFile: password}}})
	require.NoError(t, err)
	s.writeFile(t, "config.json", string(data))
	return &site{url: server.URL, user: "admin", password: "secret", fake: server, dir: s.dir, folder: s.folder}
}

func TestExport(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		create(t, s.client(t), s.folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		dir := filepath.Join(s.dir, "out")
		r := s.run(t, "export", dir, "--no-local-roles")
		require.Contains(t, []int{0, 8}, r.code, "%s%s", r.out, r.err) // 8 when another test has left something odd
		assert.Contains(t, r.out, "\nnot carried: passwords")
		assert.Contains(t, r.err, "content: ")
		records, err := filepath.Glob(filepath.Join(dir, "content", "*", "data.json"))
		require.NoError(t, err)
		found := 0
		for _, name := range records {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			found += strings.Count(string(data), `"@id": "`+s.path("a")+`"`)
		}
		assert.Equal(t, 1, found)

		// Again, only what has changed.
		_, err = s.client(t).Content.Update(t.Context(), s.path("a"), client.Fields{"title": "B"})
		require.NoError(t, err)
		r = s.run(t, "export", dir, "--no-local-roles", "--json")
		require.Contains(t, []int{0, 8}, r.code)
		got := decode[outcome](t, r.out)
		assert.Positive(t, got.Changes["save"])
		s.run(t, "export").fails(t, 2, "usage: plone export DIR")
		s.run(t, "export", s.writeFile(t, "file", "")+"/x").fails(t, 1, "DIR/file")
	})
}

func TestImport(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		// The site itself is the target: of an export of a small one.
		origin := s.target(t)
		create(t, origin.client(t), "/", client.Fields{"@type": "Document", "id": s.folder[1:], "title": "Folder"})
		create(t, origin.client(t), s.folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		dir := filepath.Join(s.dir, "out")
		r := origin.run(t, "export", dir, "--quiet")
		require.Zero(t, r.code, r.err)
		require.Empty(t, r.err)
		onlyBelow(t, dir, s.folder)

		planned := s.run(t, "import", dir, "--dry-run", "--adopt", "--quiet")
		require.Zero(t, planned.code, planned.err)
		assert.Contains(t, planned.out, "create    FOLDER/a\n")
		plan := decode[outcome](t, s.run(t, "import", dir, "-n", "--adopt", "--json").out)
		require.NotEmpty(t, plan.Plan)
		assert.Equal(t, "FOLDER/a", plan.Plan[len(plan.Plan)-1].Path)
		s.run(t, "get", "FOLDER/a").fails(t, 4, "FOLDER/a")

		s.run(t, "import", dir, "--quiet").fails(t, 8, "content FOLDER: other content has the same path")
		r = s.run(t, "import", dir, "--adopt")
		require.Zero(t, r.code, r.err)
		assert.Contains(t, r.out, "create: 1\n")
		assert.Contains(t, r.out, "problems: none\n")
		assert.Contains(t, s.run(t, "get", "FOLDER/a").ok(t), "title=A\n")

		s.run(t, "import", s.dir).fails(t, 2, "not an export")
		s.run(t, "import", filepath.Join(s.dir, "nope")).fails(t, 2, "not an export")
	})
}

// onlyBelow leaves of an export the site and what is in one tree, so that it can
// be imported into a site that others use too.
func onlyBelow(t *testing.T, dir, tree string) {
	t.Helper()
	name := filepath.Join(dir, "content", "__metadata__.json")
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(data, &m))
	var kept []any
	for _, file := range m["_data_files_"].([]any) {
		data, err := os.ReadFile(filepath.Join(dir, "content", file.(string)))
		require.NoError(t, err)
		if strings.Contains(string(data), `"@id": "`+tree) {
			kept = append(kept, file)
		}
	}
	require.Len(t, kept, 2)
	m["_data_files_"] = kept
	data, err = json.Marshal(m)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, data, 0o600))
	require.NoError(t, os.Remove(filepath.Join(dir, "principals.json")))
}

func TestSync(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		target := s.target(t)
		create(t, s.client(t), s.folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		dir := filepath.Join(s.dir, "between")
		args := []string{"sync", dir, "--to", "target", "--adopt", "--no-local-roles", "--quiet"}
		planned := s.run(t, append(args, "--dry-run")...)
		assert.Contains(t, planned.out, "create    FOLDER/a\n")
		assert.NotContains(t, planned.out, "save      FOLDER/a")
		target.run(t, "get", "FOLDER/a").fails(t, 4, "FOLDER/a")

		s.run(t, args...)
		assert.Contains(t, target.run(t, "get", "FOLDER/a").ok(t), "title=A\n")
		_, err := s.client(t).Content.Delete(t.Context(), s.path("a"))
		require.NoError(t, err)
		s.run(t, append(args, "--delete")...)
		target.run(t, "get", "FOLDER/a").fails(t, 4, "FOLDER/a")

		s.run(t, "sync", dir).fails(t, 2, "--to names no profile")
		s.run(t, "sync", dir, "--to", "nope").fails(t, 2, `no profile "nope"`)
	})
}

func TestImport_interrupted(t *testing.T) {
	t.Parallel()
	server := plonetest.NewServer()
	t.Cleanup(server.Close)
	s := newSite(t, &site{url: server.URL, user: "admin", password: "secret", fake: server})
	target := s.target(t)
	for _, id := range []string{"a", "b", "c"} {
		create(t, s.client(t), s.folder, client.Fields{"@type": "Document", "id": id, "title": id})
	}
	dir := filepath.Join(s.dir, "out")
	require.Zero(t, s.run(t, "export", dir).code)

	r := target.interrupted(t, "principals: ", "import", dir, "--adopt")
	assert.Equal(t, 130, r.code)
	assert.Contains(t, r.err, "plone: stopped: ")
	assert.Contains(t, r.err, "plone: Run the same command again to resume.\n")
	r = target.run(t, "import", dir, "--adopt", "--json")
	require.Zero(t, r.code, r.err)
	assert.True(t, decode[outcome](t, r.out).Resumed)
	assert.Contains(t, target.run(t, "get", "FOLDER/c").ok(t), "id=c\n")
}

// Sites of other kinds than the full one are written, read and made like another as
// that is: without translations and comments, Classic, in German. The real one has
// to be new: what other tests leave behind is no part of it.
func TestCarry_plainSite(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, s *site) {
		create(t, s.client(t), s.folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		dir := filepath.Join(s.dir, "out")
		for _, command := range []string{"export", "import"} { // the second finds all as it is
			r := s.run(t, command, dir, "--quiet")
			require.Zero(t, r.code, "%s%s", r.out, r.err)
			assert.Contains(t, r.out, "problems: none\n")
		}
		require.Zero(t, s.run(t, "doctor").code)
		info, err := s.client(t).Site.Get(t.Context())
		require.NoError(t, err)
		folder, err := s.client(t).Content.Get(t.Context(), s.folder)
		require.NoError(t, err)
		var targets [][]plonetest.Option
		if !info.Value.Features.Multilingual { // plonetest does not know all languages, nor the names of their folders
			targets = append(targets, nil)
		}
		if len(targets) > 0 && folder.Value.Type != "Folder" {
			targets = append(targets, []plonetest.Option{plonetest.WithoutAddons()}) // in which no Folder may be added
		}
		for _, opts := range targets {
			target := s.target(t, opts...)
			arrives(t, target.run(t, "import", dir, "--adopt", "--quiet"))
			assert.Contains(t, target.run(t, "get", "FOLDER/a").ok(t), "title=A\n")
			arrives(t, s.run(t, "sync", filepath.Join(s.dir, "between"), "--to", "target", "--adopt", "--quiet"))
		}
	}
	t.Run("plonetest", func(t *testing.T) {
		t.Parallel()
		server := plonetest.NewServer(plonetest.WithoutAddons())
		t.Cleanup(server.Close)
		s := newSite(t, &site{url: server.URL, user: "admin", password: "secret", fake: server})
		_, err := s.client(t).Content.Delete(t.Context(), "/news") // each fake has its own
		require.NoError(t, err)
		run(t, s)
	})
	if url := os.Getenv("PLONE_URL"); url != "" && !slices.Contains([]string{"", "full"}, os.Getenv("PLONE_SITE")) {
		s := &site{url: url, user: os.Getenv("PLONE_USER"), password: os.Getenv("PLONE_PASSWORD")}
		t.Run("plone", func(t *testing.T) { run(t, newSite(t, s)) })
	}
}

// arrives fails unless all was carried but for fields and languages that the site of
// another kind does not have.
func arrives(t *testing.T, r result) {
	t.Helper()
	require.Contains(t, []int{0, 8}, r.code, "%s%s", r.out, r.err)
	for line := range strings.Lines(r.out) {
		if strings.HasPrefix(line, "problem: ") {
			assert.Regexp(t, `: (no such field|no such language): .* of the target has no such `, line)
		}
	}
}

// TestConvert takes an export of collective.exportimport to a site.
func TestConvert(t *testing.T) {
	t.Parallel()
	server := plonetest.NewServer()
	t.Cleanup(server.Close)
	s := newSite(t, &site{url: server.URL, user: "admin", password: "secret", fake: server})
	dir := filepath.Join(s.dir, "old")
	source := s.writeFile(t, "Plone.json", `[{"@id":"http://localhost:8080/Plone/old","@type":"Document","UID":"0a0a0a0a","id":"old","title":"Old",
		"parent":{"@id":"http://localhost:8080/Plone","@type":"Plone Site"}},
		{"@id":"http://localhost:8080/Plone/old/f","@type":"File","UID":"0b0b0b0b","id":"f",
		"parent":{"@id":"http://localhost:8080/Plone/old","@type":"Document"},
		"file":{"filename":"f.txt","content-type":"text/plain","blob_path":"0x1/2.blob"}}]`)
	r := s.run(t, "convert", source, dir)
	assert.Equal(t, 8, r.code, r.err)
	assert.Contains(t, r.out, "problem: convert /old/f (file): ")
	assert.Contains(t, s.run(t, "import", dir, "-n").out, "create    /old/f\n")
	s.run(t, "convert", source).fails(t, 2, "usage: plone convert SOURCE DIR")
	s.run(t, "convert", source, filepath.Dir(source)).fails(t, 2, "choose another folder")
}
