package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

// planted makes some objects to find, and returns a word that is in all titles
// and nowhere else.
func planted(t *testing.T, s *site) string {
	t.Helper()
	c := s.client(t)
	word := "w" + s.folder[2:]
	create(t, c, s.folder, client.Fields{"@type": "Document", "id": "b", "title": word + " B", "subjects": []string{"red"}})
	create(t, c, s.folder, client.Fields{"@type": "Document", "id": "a", "title": word + " A", "subjects": []string{"red", "blue"}})
	create(t, c, s.path("a"), client.Fields{"@type": "Event", "id": "x", "title": word + " X", "start": "2027-05-01T19:00:00Z", "end": "2027-05-01T20:00:00Z"})
	create(t, c, s.path("a", "x"), client.Fields{"@type": "Document", "id": "deep", "title": word + " deep"})
	return word
}

func TestTree(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		word := planted(t, s)
		want := strings.ReplaceAll(`FOLDER
├── a  (Document) WORD A
│   └── x  (Event) WORD X
│       └── deep  (Document) WORD deep
└── b  (Document) WORD B
`, "WORD", word)
		assert.Equal(t, want, s.run(t, "tree", "FOLDER").ok(t))
		assert.Equal(t, "FOLDER/a\n└── x  (Event) "+word+" X\n", s.run(t, "tree", "FOLDER/a", "--depth", "1").ok(t))
		assert.Equal(t, "FOLDER/b\n", s.run(t, "tree", "FOLDER/b").ok(t))
		assert.Contains(t, s.run(t, "tree", "--depth", "1").ok(t), "── "+s.folder[1:]+"  (Document) Folder\n")

		root := decode[node](t, s.run(t, "tree", "FOLDER", "--json").ok(t))
		require.Len(t, root.Children, 2)
		assert.Equal(t, "Event", root.Children[0].Children[0].Type)
		assert.Equal(t, "private", root.Children[1].State)

		s.run(t, "tree", "FOLDER/nope").fails(t, 4, "FOLDER/nope")
		s.run(t, "tree", "FOLDER", "--depth", "-1").fails(t, 2, "epth")
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		word := planted(t, s)
		assert.Equal(t, "FOLDER/a\nFOLDER/b\nFOLDER/a/x/deep\nFOLDER/a/x\n",
			s.run(t, "search", word, "--sort", "sortable_title").ok(t))
		assert.Equal(t, "FOLDER/a/x\nFOLDER/a/x/deep\nFOLDER/b\n",
			s.run(t, "search", word, "--sort", "sortable_title", "--desc", "--limit", "3").ok(t))
		assert.Equal(t, "FOLDER/a/x\n", s.run(t, "search", "-t", "Event", "--in", "FOLDER").ok(t))
		assert.Equal(t, "FOLDER/a\nFOLDER/a/x\n", s.run(t, "search", word[:8]+"*", "--in", "FOLDER", "--sort", "getId", "--limit", "1").ok(t)+
			s.run(t, "search", word+" x", "-t", "Event", "-t", "Link").ok(t))
		assert.Regexp(t, `^Event  private  20\S+Z  FOLDER/a/x  `+word+` X\n$`, s.run(t, "search", word, "-t", "Event", "-l").ok(t))
		items := decode[[]client.Summary](t, s.run(t, "search", word, "--json", "--limit", "2").ok(t))
		require.Len(t, items, 2)
		assert.False(t, items[0].Modified.IsZero())
		assert.Empty(t, s.run(t, "search", word+"nothing").ok(t))

		s.run(t, "search").fails(t, 2, "nothing to search for")
		s.run(t, "search", "*").fails(t, 2, "invalid input")
		s.run(t, "search", word, "--sort", "nonsense").fails(t, 2, `no index "nonsense" to sort on`)
		s.run(t, "search", word, "--in", "FOLDER/nope").fails(t, 4, "FOLDER/nope")
	})
}

func TestQuery(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		planted(t, s)
		here := "path string.absolutePath FOLDER"
		assert.Equal(t, "FOLDER/a\nFOLDER/b\n",
			s.run(t, "query", here, "Subject selection.any red,green", "--sort", "sortable_title").ok(t))
		assert.Equal(t, "FOLDER/a/x\n", s.run(t, "query", here, "portal_type selection.any Event").ok(t))
		assert.Equal(t, "FOLDER/a/x\n", s.run(t, "query", here, `portal_type plone.app.querystring.operation.selection.any ["Event"]`).ok(t))
		assert.Equal(t, "FOLDER/a/x\n", s.run(t, "query", here, "start date.between 2027-04-01,2027-06-01").ok(t))
		assert.Equal(t, "FOLDER/a/x/deep\n", s.run(t, "query", here, "getId string.is deep").ok(t))
		assert.Len(t, decode[[]client.Summary](t, s.run(t, "query", here, "created date.today", "--limit", "2", "--json").ok(t)), 2)
		assert.Regexp(t, `^Event  private  20\S+Z  FOLDER/a/x  \S+ X\n$`, s.run(t, "query", here, "portal_type selection.any Event", "-l").ok(t))

		indexes := s.run(t, "query").ok(t)
		assert.Regexp(t, `(?m)^portal_type +selection\.any selection\.none$`, indexes)
		assert.Contains(t, s.run(t, "query", "--json").ok(t), `"portal_type"`)

		s.run(t, "query", "portal_type").fails(t, 2, `"portal_type" is not 'INDEX OPERATION [VALUE]'`)
		s.run(t, "query", "portal_type is Event").fails(t, 2, `portal_type has no operation "is"`, "selection.any selection.none")
		s.run(t, "query", "nonsense selection.any x").fails(t, 2, `no index "nonsense"`)
		s.run(t, "query", here, "getId string.is a", "getId string.is b").fails(t, 2, "getId")
		s.run(t, "query", here, `getId string.is ["a`).fails(t, 2, "not JSON")
		s.run(t, "query", here, "--sort", "nonsense").fails(t, 2, `no index "nonsense" to sort on`)
		s.run(t, "query", here, "--in", "FOLDER/nope").fails(t, 4, "FOLDER/nope")
	})
}
