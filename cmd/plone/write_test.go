package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

func TestPut(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		assert.Equal(t, "created FOLDER/a\n", s.run(t, "put", "FOLDER/a", "@type=Document", "title=First", `subjects:=["x"]`).ok(t))
		assert.Equal(t, "changed FOLDER/a\n", s.run(t, "put", "FOLDER/a", "title=Second").ok(t))
		a := decode[client.Content](t, s.run(t, "get", "FOLDER/a", "--json").ok(t))
		assert.Equal(t, "Second", a.Title)
		assert.Equal(t, []string{"x"}, a.Subjects)

		// What get prints can be put back, but not as a second object with the UID.
		printed := s.run(t, "get", "FOLDER/a", "--json").ok(t)
		printed = strings.NewReplacer("SITE", s.url, "FOLDER", s.folder).Replace(printed)
		s.feed(t, printed, "put", "FOLDER/b").fails(t, 5, "the UID "+a.UID+" is that of SITEFOLDER/a", "plone cp")
		assert.Equal(t, "changed FOLDER/a\n", s.feed(t, printed, "put", "FOLDER/a").ok(t))
		s.run(t, "rm", "FOLDER/a").ok(t)
		again := decode[client.Content](t, s.feed(t, printed, "put", "FOLDER/b", "--json").ok(t))
		assert.Equal(t, a.UID, again.UID)
		assert.Equal(t, "b", again.ID)
		assert.Equal(t, "Second", again.Title)

		s.run(t, "put", "FOLDER/b", "@type=Event").fails(t, 5, "FOLDER/b is of the type Document, not Event")
		s.run(t, "put", "FOLDER/c", "title=C").fails(t, 2, "FOLDER/c", "@type")
		s.run(t, "put", "FOLDER/c", "@type=Nonsense", "title=C").fails(t, 3, "POST SITEFOLDER")
		s.run(t, "put", "FOLDER/c", "@type=Link", "title=C").fails(t, 2, "POST SITEFOLDER", "\nplone: remoteUrl: Required input is missing.\n")
		s.run(t, "put", "FOLDER/none/c", "@type=Document", "title=C").fails(t, 4, "FOLDER/none")
		s.run(t, "put", "FOLDER/c", "@type").fails(t, 2, `"@type" is neither`)
		s.run(t, "put", "FOLDER/c", "a=1", "a=2").fails(t, 2, `"a" is there twice`)
		s.run(t, "put", "FOLDER/c", "a:={").fails(t, 2, "a:= is not JSON")
		s.run(t, "put", "FOLDER/c").fails(t, 2, "there are no fields")
		s.feed(t, "null", "put", "FOLDER/c").fails(t, 2, "not a JSON object")
		s.feed(t, `{"a": `, "put", "FOLDER/c").fails(t, 2, "not a JSON object")
		s.run(t, "put", "FOLDER/c", "@type=Document", "titel=C", "--strict").fails(t, 2, "titel")

		r := s.run(t, "put", "FOLDER/c", "@type=Link", "title=C", "--json")
		assert.Equal(t, 2, r.code)
		refused := decode[map[string]failure](t, r.err)["error"]
		require.Len(t, refused.Fields, 1)
		assert.Equal(t, "remoteUrl", refused.Fields[0].Field)
	})
}

// TestPut_lostAnswer: an answer that gets lost makes no second object.
func TestPut_lostAnswer(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		if s.fake == nil {
			return
		}
		s.fake.Inject(plonetest.Fault{Method: "POST", Path: s.folder, Drop: true})
		assert.Equal(t, "created FOLDER/a\n", s.run(t, "put", "FOLDER/a", "@type=Document", "title=A").ok(t))
		assert.Equal(t, "a\n", s.run(t, "ls", "FOLDER").ok(t))
	})
}

// TestPut_notFurtherUp: neither a change nor a new object goes to an object of
// that name further up.
func TestPut_notFurtherUp(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		name := s.folder[1:]
		create(t, s.client(t), s.folder, client.Fields{"@type": "Document", "id": "sub", "title": "Sub"})
		for _, args := range [][]string{
			{"patch", "FOLDER/sub/" + name, "title=wrong"},
			{"rm", "FOLDER/sub/" + name},
			{"lock", "FOLDER/sub/" + name},
			{"unlock", "FOLDER/sub/" + name},
			{"transition", "FOLDER/sub/" + name, "publish"},
			{"cp", "FOLDER/sub/" + name, "FOLDER"},
			{"mv", "FOLDER/sub", "FOLDER/sub/" + name + "/x"},
			{"put", "FOLDER/sub/" + name + "/x", "@type=Document", "title=wrong"},
		} {
			s.run(t, args...).fails(t, 4, "nothing at ")
		}
		assert.Equal(t, "created FOLDER/sub/FOLDER\n", strings.Replace(
			s.run(t, "put", "FOLDER/sub/"+name, "@type=Document", "title=right").ok(t), "/sub"+"FOLDER", "/sub/FOLDER", 1))
		folder := decode[client.Content](t, s.run(t, "get", "FOLDER", "--json").ok(t))
		assert.Equal(t, "Folder", folder.Title)
		assert.Equal(t, "private", folder.ReviewState)
		assert.False(t, folder.Lock.Locked)
	})
}

// TestWrites_moved: a write to an old address does not reach what has moved away;
// reads do.
func TestWrites_moved(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		create(t, s.client(t), s.folder, client.Fields{"@type": "Document", "id": "old", "title": "A"})
		s.run(t, "mv", "FOLDER/old", "FOLDER/new").ok(t)
		for _, args := range [][]string{
			{"patch", "FOLDER/old", "title=wrong"},
			{"rm", "FOLDER/old"},
			{"lock", "FOLDER/old"},
			{"unlock", "FOLDER/old"},
			{"transition", "FOLDER/old", "publish"},
			{"cp", "FOLDER/old", "FOLDER/copy"},
			{"mv", "FOLDER/old", "FOLDER/other"},
			{"put", "FOLDER/old/x", "@type=Document", "title=wrong"},
			{"upload", s.writeFile(t, "x.txt", "x"), "FOLDER/old"},
		} {
			s.run(t, args...).fails(t, 4, "FOLDER/old has moved to FOLDER/new", "name it by its new path")
		}
		assert.Equal(t, "FOLDER/new\n", s.run(t, "tree", "FOLDER/old").ok(t))
		assert.Contains(t, s.run(t, "get", "FOLDER/old").ok(t), "@id=SITEFOLDER/new\n")
		assert.Equal(t, "created FOLDER/old\n", s.run(t, "put", "FOLDER/old", "@type=Document", "title=B").ok(t))
		assert.Contains(t, s.run(t, "get", "FOLDER/new").ok(t), "title=A\n")
	})
}

func TestPatch(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		create(t, s.client(t), s.folder, client.Fields{"@type": "Document", "id": "a", "title": "A", "description": "D"})
		assert.Equal(t, "changed FOLDER/a\n", s.run(t, "patch", "FOLDER/a", "title=a=b:=c", "description:=null").ok(t))
		a := decode[client.Content](t, s.run(t, "get", "FOLDER/a", "--json").ok(t))
		assert.Equal(t, "a=b:=c", a.Title)
		assert.Empty(t, a.Description)
		changed := decode[client.Content](t, s.feed(t, `{"title": "From a file"}`, "patch", "FOLDER/a", "--json").ok(t))
		assert.Equal(t, "From a file", changed.Title)
		assert.Equal(t, "changed FOLDER/b\n", s.run(t, "patch", "FOLDER/a", "id=b").ok(t))

		s.run(t, "patch", "FOLDER/nope", "title=x").fails(t, 4, "FOLDER/nope")
		s.run(t, "patch", "FOLDER/b").fails(t, 2, "there are no fields")
		s.run(t, "patch", "FOLDER/b", "title:=null").fails(t, 2, "PATCH SITEFOLDER/b", "title")
		s.run(t, "patch", "FOLDER/b", "titel=x", "--strict").fails(t, 2, "titel")
		env := s.environment()
		delete(env, "PLONE_USER")
		delete(env, "PLONE_PASSWORD")
		s.runWith(t, env, "", "patch", "FOLDER/b", "title=x").fails(t, 3, "FOLDER/b")
	})
}

func TestRm(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		for _, name := range []string{"a", "b", "c", "d"} {
			create(t, c, s.folder, client.Fields{"@type": "Document", "id": name, "title": name})
		}
		create(t, c, s.path("c"), client.Fields{"@type": "Document", "id": "x", "title": "x"})
		s.run(t, "rm", "FOLDER/a", "FOLDER/c").fails(t, 2, "there is something in FOLDER/c (1); -r removes that, too")
		s.run(t, "rm", "FOLDER/a", "FOLDER/nope").fails(t, 4, "FOLDER/nope")
		assert.Equal(t, "a\nb\nc\nd\n", s.run(t, "ls", "FOLDER").ok(t), "nothing is removed in part")
		assert.Equal(t, "removed FOLDER/a\nremoved FOLDER/c\n", s.run(t, "rm", "-r", "FOLDER/a", "FOLDER/c").ok(t))
		assert.JSONEq(t, `{"removed": ["FOLDER/b"]}`, s.run(t, "rm", "FOLDER/b", "--json").ok(t))

		s.run(t, "lock", "FOLDER/d").ok(t)
		s.run(t, "rm", "FOLDER/d").fails(t, 5, "DELETE SITEFOLDER/d")
		s.run(t, "rm", "-r", "/").fails(t, 2, "site root")
		assert.Equal(t, "d\n", s.run(t, "ls", "FOLDER").ok(t))
	})
}

func TestRm_outcomeUnknown(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		if s.fake == nil {
			return
		}
		create(t, s.client(t), s.folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		s.fake.Inject(plonetest.Fault{Method: "DELETE", Drop: true})
		s.run(t, "rm", "FOLDER/a").fails(t, 7, "DELETE SITEFOLDER/a", "look at the site before you do it again")
	})
}

func TestCp(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		for _, name := range []string{"a", "b", "into"} {
			create(t, c, s.folder, client.Fields{"@type": "Document", "id": name, "title": name})
		}
		create(t, c, s.folder, client.Fields{"@type": "Link", "id": "link", "title": "x", "remoteUrl": "https://plone.example"})
		out := s.run(t, "cp", "FOLDER/a", "FOLDER/b", "FOLDER/into").ok(t)
		assert.ElementsMatch(t, []string{"FOLDER/a -> FOLDER/into/a", "FOLDER/b -> FOLDER/into/b", ""}, strings.Split(out, "\n"))
		assert.Equal(t, "FOLDER/a -> FOLDER/into/c\n", s.run(t, "cp", "FOLDER/a", "FOLDER/into/c").ok(t))
		assert.Equal(t, []pasted{{"FOLDER/a", "FOLDER/d"}}, decode[[]pasted](t, s.run(t, "cp", "FOLDER/a", "FOLDER/d", "--json").ok(t)))
		assert.Equal(t, "a\nb\ninto\nlink\nd\n", s.run(t, "ls", "FOLDER").ok(t))

		s.run(t, "cp", "FOLDER/nope", "FOLDER/into").fails(t, 4, "FOLDER/nope")
		s.run(t, "cp", "FOLDER/a", "FOLDER/link").fails(t, 5, "FOLDER/link, which is no folder")
		s.run(t, "cp", "FOLDER/a", "FOLDER/link/x").fails(t, 2, "FOLDER/link is no folder")
		s.run(t, "put", "FOLDER/link/x", "@type=Document", "title=x").fails(t, 2, "FOLDER/link is no folder")
		s.run(t, "ls", "FOLDER/link").fails(t, 2, "FOLDER/link is no folder")
		s.run(t, "upload", s.writeFile(t, "x.txt", "x"), "FOLDER/link").fails(t, 2, "FOLDER/link is neither a folder")
		s.run(t, "cp", "FOLDER/a", "FOLDER/nope/x").fails(t, 4, "FOLDER/nope")
		s.run(t, "cp", "FOLDER/a", "FOLDER/b", "FOLDER/nope").fails(t, 4, "FOLDER/nope")
		s.run(t, "cp", "/", "FOLDER").fails(t, 2, "site root")
	})
}

// TestCp_otherName: a server that takes another name than it was given.
func TestCp_otherName(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		if s.fake == nil {
			return
		}
		create(t, s.client(t), s.folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		s.fake.Inject(plonetest.Fault{Method: "PATCH", Body: []byte(`{"@type": "Document", "@id": "` + s.url + s.path("other") + `"}`)})
		r := s.run(t, "cp", "FOLDER/a", "FOLDER/b")
		r.fails(t, 1, `did not take the name "b" for FOLDER/other`)
		assert.Equal(t, "FOLDER/a -> FOLDER/other\n", r.out)
	})
}

func TestMv(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		for _, name := range []string{"a", "b", "into"} {
			create(t, c, s.folder, client.Fields{"@type": "Document", "id": name, "title": name})
		}
		assert.Equal(t, "FOLDER/a -> FOLDER/into/a\n", s.run(t, "mv", "FOLDER/a", "FOLDER/into").ok(t))
		assert.Equal(t, "FOLDER/into/a -> FOLDER/c\n", s.run(t, "mv", "FOLDER/into/a", "FOLDER/c").ok(t))
		assert.Equal(t, "FOLDER/b -> FOLDER/d\n", s.run(t, "mv", "FOLDER/b", "FOLDER/d").ok(t))
		assert.Equal(t, []pasted{{"FOLDER/d", "FOLDER/into/d"}}, decode[[]pasted](t, s.run(t, "mv", "FOLDER/d", "FOLDER/into", "--json").ok(t)))
		assert.ElementsMatch(t, []string{"into", "c", ""}, strings.Split(s.run(t, "ls", "FOLDER").ok(t), "\n"))

		s.run(t, "mv", "FOLDER/nope", "FOLDER/into").fails(t, 4, "FOLDER/nope")
		s.run(t, "mv", "FOLDER/into", "FOLDER/into").fails(t, 2, "FOLDER/into cannot go into itself")
		s.run(t, "mv", "FOLDER/into", "FOLDER/into/x").fails(t, 2, "FOLDER/into cannot go into itself")
		s.run(t, "lock", "FOLDER/c").ok(t)
		s.run(t, "mv", "FOLDER/c", "FOLDER/into").fails(t, 5, "FOLDER/into")
	})
}

func TestLock(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		create(t, c, s.folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		token := strings.TrimSpace(s.run(t, "lock", "FOLDER/a", "--for", "20m").ok(t))
		require.NotEmpty(t, token)
		held, err := c.Locking.Get(t.Context(), s.path("a"))
		require.NoError(t, err)
		assert.Equal(t, token, held.Value.Token)
		assert.Equal(t, 1200, held.Value.Timeout)

		s.run(t, "lock", "FOLDER/a").fails(t, 5, "FOLDER/a", "admin")
		s.run(t, "patch", "FOLDER/a", "title=B").fails(t, 5, "PATCH SITEFOLDER/a")
		s.run(t, "put", "FOLDER/a", "title=B").fails(t, 5, "PATCH SITEFOLDER/a")
		s.run(t, "patch", "FOLDER/a", "title=B", "--lock-token", token).ok(t)
		s.run(t, "put", "FOLDER/a", "title=C", "--lock-token", token).ok(t)
		assert.Equal(t, "unlocked FOLDER/a\n", s.run(t, "unlock", "FOLDER/a").ok(t))
		assert.Equal(t, "unlocked FOLDER/a\n", s.run(t, "unlock", "FOLDER/a").ok(t))

		lock := decode[client.Lock](t, s.run(t, "lock", "FOLDER/a", "--json").ok(t))
		assert.True(t, lock.Locked)
		assert.Equal(t, "admin", lock.Creator)
		assert.False(t, decode[client.Lock](t, s.run(t, "unlock", "FOLDER/a", "--force", "--json").ok(t)).Locked)

		create(t, c, s.folder, client.Fields{"@type": "Folder", "id": "f", "title": "F"})
		s.run(t, "lock", "FOLDER/f").fails(t, 1, "FOLDER/f cannot be locked")
		s.run(t, "lock", "FOLDER/nope").fails(t, 4, "FOLDER/nope")
		s.run(t, "unlock", "FOLDER/nope").fails(t, 4, "FOLDER/nope")
		s.run(t, "lock", "FOLDER/a", "--for", "-1s").fails(t, 2, "negative")
	})
}

func TestTransition(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		create(t, c, s.folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		create(t, c, s.path("a"), client.Fields{"@type": "Document", "id": "x", "title": "X"})
		out := s.run(t, "transition", "FOLDER/a").ok(t)
		assert.True(t, strings.HasPrefix(out, "FOLDER/a is private\n"), out)
		assert.Contains(t, out, "  publish  Publish\n")
		ways := decode[transitions](t, s.run(t, "transition", "FOLDER/a", "--json").ok(t))
		assert.Equal(t, "private", ways.State)
		assert.Contains(t, ways.Transitions, transition{"publish", "Publish"})

		assert.Equal(t, "FOLDER/a is published\n", s.run(t, "transition", "FOLDER/a", "publish", "-r", "--comment", "done").ok(t))
		assert.Equal(t, "FOLDER/a/x is published", strings.Split(s.run(t, "transition", "FOLDER/a/x").ok(t), "\n")[0])
		entry := decode[client.WorkflowEntry](t, s.run(t, "transition", "FOLDER/a", "retract", "--json").ok(t))
		assert.Equal(t, "private", entry.ReviewState)

		s.run(t, "transition", "FOLDER/a", "nonsense").fails(t, 2, "FOLDER/a/@workflow/nonsense")
		s.run(t, "transition", "FOLDER/nope").fails(t, 4, "FOLDER/nope")
		assert.Equal(t, "/ has no workflow\n", s.run(t, "transition", "/").ok(t))
	})
}

// TestWrites_refused: nobody writes without the right to, and nothing is printed
// on standard output then.
func TestWrites_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		create(t, c, s.folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		for _, path := range []string{s.folder, s.path("a")} {
			_, err := c.Workflow.To(t.Context(), path, "published", client.TransitionOptions{})
			require.NoError(t, err)
		}
		visitor := s.environment()
		maps.DeleteFunc(visitor, func(name, _ string) bool { return name == "PLONE_USER" || name == "PLONE_PASSWORD" })
		s.runWith(t, visitor, "", "get", "FOLDER/a").ok(t)
		for _, args := range [][]string{
			{"put", "FOLDER/b", "@type=Document", "title=B"},
			{"put", "FOLDER/a", "title=B"},
			{"patch", "FOLDER/a", "title=B"},
			{"rm", "FOLDER/a"},
			{"cp", "FOLDER/a", "FOLDER"},
			{"mv", "FOLDER/a", "FOLDER/b"},
			{"lock", "FOLDER/a"},
			{"unlock", "FOLDER/a"},
		} {
			r := s.runWith(t, visitor, "", args...)
			r.fails(t, 3, "FOLDER", "plone whoami")
			assert.Empty(t, r.out)
		}
		s.runWith(t, visitor, "", "transition", "FOLDER/a", "retract").fails(t, 2, "FOLDER/a")
		_, err := c.Content.Get(t.Context(), s.path("b"))
		require.ErrorIs(t, err, errors.ErrNotFound)
	})
}
