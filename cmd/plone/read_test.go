package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

func TestGet(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		create(t, s.client(t), s.folder, client.Fields{
			"@type": "Document", "id": "a", "title": "A & B", "description": "two\nlines\x1b[31m", "subjects": []string{"x", "y"},
		})
		out := s.run(t, "get", "FOLDER/a").ok(t)
		lines := strings.Split(out, "\n")
		for _, want := range []string{"@id=SITEFOLDER/a", "@type=Document", "id=a", "title=A & B", `subjects:=["x","y"]`, "review_state=private"} {
			assert.Contains(t, lines, want)
		}
		assert.Contains(t, out, `description:="two`)
		assert.NotContains(t, out, "\x1b")
		assert.NotContains(t, out, "@components")
		assert.Equal(t, out, s.run(t, "get", "FOLDER/a").ok(t), "the same every time")

		object := decode[map[string]any](t, s.run(t, "get", s.url+s.path("a"), "--json", "--expand", "breadcrumbs").ok(t))
		assert.Equal(t, "A & B", object["title"])
		assert.Contains(t, object["@components"].(map[string]any)["breadcrumbs"], "items")

		s.run(t, "get", "FOLDER/nope").fails(t, 4, "GET SITEFOLDER/nope", "404")
		s.run(t, "get", "FOLDER/"+s.folder[1:]).fails(t, 4, "nothing at ") // it would be acquired
		s.runWith(t, map[string]string{"PLONE_URL": s.url}, "", "get", "FOLDER").fails(t, 3, "GET SITEFOLDER", "plone login")

		r := s.run(t, "get", "FOLDER/nope", "--json")
		require.Equal(t, 4, r.code)
		failed := decode[map[string]failure](t, r.err)["error"]
		assert.Equal(t, failure{
			Exit: 4, Class: "not-found", Message: failed.Message, Status: 404, Type: failed.Type, Method: "GET", URL: "SITEFOLDER/nope",
		}, failed)
	})
}

// TestGet_oneRequest: with a token, a command makes no request but its own.
func TestGet_oneRequest(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		if s.fake == nil {
			return
		}
		s.run(t, "login").ok(t)
		before := len(s.fake.Requests())
		s.runWith(t, map[string]string{"PLONE_CONFIG": s.environment()["PLONE_CONFIG"]}, "", "get", "FOLDER").ok(t)
		assert.Len(t, s.fake.Requests(), before+1)
	})
}

func TestLs(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		assert.Empty(t, s.run(t, "ls", "FOLDER").ok(t))
		assert.Equal(t, "[]\n", s.run(t, "ls", "FOLDER", "--json").ok(t))
		create(t, c, s.folder, client.Fields{"@type": "Document", "id": "b", "title": "Second\tone"})
		create(t, c, s.folder, client.Fields{"@type": "Link", "id": "a", "title": "First", "remoteUrl": "https://plone.example"})
		assert.Equal(t, "b\na\n", s.run(t, "ls", "FOLDER").ok(t))

		long := strings.Split(strings.TrimSpace(s.run(t, "ls", "-l", "FOLDER").ok(t)), "\n")
		require.Len(t, long, 2)
		assert.Regexp(t, `^Document  private  20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ  b  Second\x{FFFD}one$`, long[0])
		assert.Regexp(t, `^Link      private  20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ  a  First$`, long[1])

		items := decode[[]struct {
			URL      string `json:"@id"`
			Type     string `json:"@type"`
			Modified string
		}](t, s.run(t, "ls", "FOLDER", "--json").ok(t))
		require.Len(t, items, 2)
		assert.Equal(t, "SITEFOLDER/a", items[1].URL)
		assert.Equal(t, "Link", items[1].Type)
		assert.NotEmpty(t, items[1].Modified)

		assert.Contains(t, s.run(t, "ls").ok(t), s.folder[1:]+"\n")
		s.run(t, "ls", "FOLDER/nope").fails(t, 4, "FOLDER/nope")
	})
}

func TestRaw(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		found := decode[struct {
			Total int `json:"items_total"`
		}](t, s.run(t, "raw", "get", "FOLDER/@search?UID=nope").ok(t))
		assert.Zero(t, found.Total)

		created := s.feed(t, `{"@type": "Document", "id": "a", "title": "A"}`, "raw", "POST", "FOLDER", "-i").ok(t)
		assert.True(t, strings.HasPrefix(created, "HTTP 201 Created\n"), created)
		assert.Contains(t, created, "\nLocation: SITEFOLDER/a\n")
		assert.Contains(t, created, "\n\n{")

		changed := s.feed(t, `{"title": "B"}`, "raw", "PATCH", "FOLDER/a", "-H", "Prefer: return=representation").ok(t)
		assert.Equal(t, "B", decode[client.Content](t, changed).Title)
		assert.Empty(t, s.feed(t, `{"title": "C"}`, "raw", "PATCH", "FOLDER/a").ok(t))

		answer := decode[struct {
			Status int
			Header map[string][]string
			Body   json.RawMessage
		}](t, s.run(t, "raw", "GET", "FOLDER/a", "--json").ok(t))
		assert.Equal(t, 200, answer.Status)
		assert.NotEmpty(t, answer.Header["Content-Type"])
		assert.Equal(t, "C", decode[client.Content](t, string(answer.Body)).Title)

		r := s.run(t, "raw", "GET", "FOLDER/nope", "-i")
		r.fails(t, 4, "GET SITEFOLDER/nope")
		assert.True(t, strings.HasPrefix(r.out, "HTTP 404 Not Found\n"), r.out)
		assert.Contains(t, r.out, `"type"`)

		s.run(t, "raw", "DELETE", "/").fails(t, 2, "site root")
		s.run(t, "raw", "GET", "FOLDER", "-H", "nonsense").fails(t, 2, `"nonsense" has no colon`)
		s.run(t, "raw", "GET", "FOLDER?%zz").fails(t, 2, "query")
		assert.Empty(t, s.run(t, "raw", "DELETE", "FOLDER/a").ok(t))
	})
}
