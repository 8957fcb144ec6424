package specimen_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/internal/specimen"
)

// small fills a site with one thing of each kind, under UIDs of its own choice.
func small(t *testing.T) *client.Client {
	t.Helper()
	c, ctx := site(t), t.Context()
	create := func(folder string, fields client.Fields) {
		t.Helper()
		fields["UID"] = fmt.Sprintf("%032x", len(folder)*1000+len(fields["id"].(string))*10+int(fields["id"].(string)[0]))
		_, err := c.Content.Create(ctx, folder, fields)
		require.NoError(t, err)
	}
	must := func(_ any, err error) {
		t.Helper()
		require.NoError(t, err)
	}
	must(c.Users.Create(ctx, client.NewUser{Username: "anna", Email: "anna@example.org", Password: "correct-horse", Fullname: "Anna"}))
	must(c.Groups.Create(ctx, client.NewGroup{Name: "staff", Title: "Staff", Users: []string{"anna"}}))
	must(c.Content.Delete(ctx, "/news"))
	create("/en", client.Fields{"@type": "Folder", "id": "folder", "title": "Folder"})
	for _, id := range []string{"a", "b", "c"} {
		create("/en/folder", client.Fields{"@type": "Link", "id": id, "title": id, "remoteUrl": "https://example.org/" + id})
	}
	create("/en", client.Fields{"@type": "File", "id": "file.bin",
		"file": client.NewNamedFile("file.bin", "application/octet-stream", []byte("bytes"))})
	create("/en", client.Fields{"@type": "Document", "id": "doc", "title": "Doc", "allow_discussion": true,
		"effective": "2026-01-02T03:04:00+00:00", "relatedItems": []string{"/en/folder/b", "/en/folder/a"},
		"blocks": map[string]any{"1": map[string]any{"@type": "slate", "value": []any{
			map[string]any{"text": c.SiteURL()},
			map[string]any{"type": "link", "data": map[string]any{"url": "/en/folder"}}}}},
		"blocks_layout": map[string]any{"items": []string{"1"}}})
	create("/de", client.Fields{"@type": "Document", "id": "seite", "title": "Seite"})
	must(c.Translations.Link(ctx, "/en/doc", "/de/seite"))
	must(c.Relations.Create(ctx, []client.RelationName{{Source: "/en/doc", Target: "/de/seite", Relation: "likes"}}))
	must(c.Sharing.Update(ctx, "/en/folder", client.SharingUpdate{
		Entries: []client.LocalRoles{{ID: "anna", Roles: []string{"Editor"}}}}))
	must(c.Aliases.AddToSite(ctx, []client.Alias{{Path: "/old", RedirectTo: "/en/doc"}}))
	first, err := c.Comments.Add(ctx, "/en/doc", client.NewComment{Text: "First"})
	require.NoError(t, err)
	must(c.Comments.Reply(ctx, "/en/doc", first.CommentID, client.NewComment{Text: "Reply"}))
	return c
}

// A text that holds the address of its site is text: it is to stay as it is.
const ownAddress = `/en/doc blocks.1.value[0].text`

func TestCompare_findsEachChange(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(t *testing.T, c *client.Client) error
		found  []string // path and field
	}{
		{"nothing", func(*testing.T, *client.Client) error { return nil }, nil},
		{"a field", func(t *testing.T, c *client.Client) error {
			_, err := c.Content.Update(t.Context(), "/en/folder", client.Fields{"description": "New"})
			return err
		}, []string{"/en/folder description"}},
		{"a date", func(t *testing.T, c *client.Client) error {
			_, err := c.Content.Update(t.Context(), "/en/folder", client.Fields{"expires": "2031-01-02T03:04:05+00:00"})
			return err
		}, []string{"/en/folder expires"}},
		{"a link in a block", func(t *testing.T, c *client.Client) error {
			_, err := c.Content.Update(t.Context(), "/en/doc", client.Fields{"blocks": map[string]any{"1": map[string]any{
				"@type": "slate", "value": []any{map[string]any{"text": c.SiteURL()},
					map[string]any{"type": "link", "data": map[string]any{"url": "/en/folder/a"}}}}}})
			return err
		}, []string{"/en/doc blocks.1.value[1].data.url", "/en/doc relation isReferencing"}},
		{"an object that is gone", func(t *testing.T, c *client.Client) error {
			_, err := c.Content.Delete(t.Context(), "/en/folder/c")
			return err
		}, []string{"/en/folder children", "/en/folder/c "}},
		{"an object too many, which is a default page", func(t *testing.T, c *client.Client) error {
			_, err := c.Content.Create(t.Context(), "/en/folder", client.Fields{"@type": "Document", "id": "index_html", "title": "x"})
			return err
		}, []string{"/en/folder children", "/en/folder/index_html "}},
		{"a UID and a type", func(t *testing.T, c *client.Client) error {
			if _, err := c.Content.Delete(t.Context(), "/en/folder/c"); err != nil {
				return err
			}
			_, err := c.Content.Create(t.Context(), "/en/folder", client.Fields{"@type": "Link", "id": "c", "title": "c",
				"remoteUrl": "https://example.org/c"})
			return err
		}, []string{"/en/folder/c UID"}},
		{"an order", func(t *testing.T, c *client.Client) error {
			_, err := c.Content.Reorder(t.Context(), "/en/folder", client.Position{ID: "c", Delta: client.Top})
			return err
		}, []string{"/en/folder children[0]", "/en/folder children[1]", "/en/folder children[2]"}},
		{"a state", func(t *testing.T, c *client.Client) error {
			_, err := c.Workflow.Transition(t.Context(), "/en/doc", "publish", client.TransitionOptions{})
			return err
		}, []string{"/en/doc review_state"}},
		{"a local role", func(t *testing.T, c *client.Client) error {
			_, err := c.Sharing.Update(t.Context(), "/en/folder", client.SharingUpdate{
				Entries: []client.LocalRoles{{ID: "anna", Roles: []string{"Editor", "Reader"}}}})
			return err
		}, []string{"/en/folder local roles.anna"}},
		{"roles from above", func(t *testing.T, c *client.Client) error {
			_, err := c.Sharing.Update(t.Context(), "/en/doc", client.SharingUpdate{Inherit: client.Set(false)})
			return err
		}, []string{"/en/doc local roles.inherit"}},
		{"an order of relations", func(t *testing.T, c *client.Client) error {
			_, err := c.Content.Update(t.Context(), "/en/doc", client.Fields{"relatedItems": []string{"/en/folder/a", "/en/folder/b"}})
			return err
		}, []string{"/en/doc relatedItems[0]", "/en/doc relatedItems[1]"}},
		{"a relation without a field", func(t *testing.T, c *client.Client) error {
			_, err := c.Relations.DeleteAll(t.Context(), client.RelationName{Relation: "likes"})
			return err
		}, []string{"/en/doc relation likes"}},
		{"a translation", func(t *testing.T, c *client.Client) error {
			_, err := c.Translations.Unlink(t.Context(), "/en/doc", "de")
			return err
		}, []string{"/de/seite translations", "/en/doc translations"}},
		{"the text of a comment", func(t *testing.T, c *client.Client) error {
			for comment := range c.Comments.All(t.Context(), "/en/doc", client.CommentOptions{}) {
				_, err := c.Comments.Update(t.Context(), "/en/doc", comment.CommentID, "Other")
				return err
			}
			return nil
		}, []string{"/en/doc comments[0].text.data"}},
		{"a reply", func(t *testing.T, c *client.Client) error {
			_, err := c.Comments.Add(t.Context(), "/en/doc", client.NewComment{Text: "Not a reply"})
			return err
		}, []string{"/en/doc comments"}},
		{"an alias", func(t *testing.T, c *client.Client) error {
			_, err := c.Aliases.AddToSite(t.Context(), []client.Alias{{Path: "/older", RedirectTo: "/en/folder"}})
			return err
		}, []string{"/@aliases/older "}},
		{"a user", func(t *testing.T, c *client.Client) error {
			_, err := c.Users.Update(t.Context(), "anna", client.UserUpdate{Location: client.Set("Bern"),
				Roles: map[string]bool{"Reviewer": true}})
			return err
		}, []string{"/@users/anna location", "/@users/anna roles"}},
		{"a group", func(t *testing.T, c *client.Client) error {
			_, err := c.Groups.EnsureMembers(t.Context(), "staff", map[string]bool{"anna": false})
			return err
		}, []string{"/@groups/staff all members"}},
		{"the bytes of a file", func(t *testing.T, c *client.Client) error {
			_, err := c.Content.Update(t.Context(), "/en/file.bin", client.Fields{
				"file": client.NewNamedFile("file.bin", "application/octet-stream", []byte("BYTES"))})
			return err
		}, []string{"/en/file.bin file.sha256"}},
		{"the site", func(t *testing.T, c *client.Client) error {
			_, err := c.Content.Update(t.Context(), "/", client.Fields{"description": "New"})
			return err
		}, []string{"/ description"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			want, got := small(t), small(t)
			require.NoError(t, test.change(t, got))
			differences, err := specimen.Compare(t.Context(), want, got)
			require.NoError(t, err)
			found := []string{}
			for _, d := range differences {
				found = append(found, d.Path+" "+d.Field)
			}
			assert.Contains(t, found, ownAddress)
			found = slices.DeleteFunc(found, func(where string) bool { return where == ownAddress })
			assert.ElementsMatch(t, test.found, found, "%v", differences)
		})
	}
}
