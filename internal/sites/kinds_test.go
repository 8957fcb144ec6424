package sites

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// TestReasons: what an error means does not depend on the language and the kind of
// the site.
func TestReasons(t *testing.T) {
	for name, run := range map[string]func(t *testing.T, c *client.Client, folder string){
		"an id that is taken": func(t *testing.T, c *client.Client, folder string) {
			_, err := c.Content.Create(t.Context(), folder, page("a"))
			require.NoError(t, err)
			_, err = c.Content.Create(t.Context(), folder, page("a"))
			require.ErrorIs(t, err, errors.ErrAlreadyExists)
			require.ErrorIs(t, err, errors.ErrBadRequest)
		},
		"a field that is missing": func(t *testing.T, c *client.Client, folder string) {
			_, err := c.Content.Create(t.Context(), folder, client.Fields{"@type": "Link", "title": "x"})
			require.ErrorIs(t, err, errors.ErrValidation)
			require.Len(t, status(t, err).Fields, 1)
			assert.Equal(t, "remoteUrl", status(t, err).Fields[0].Field)
		},
		"a value of another kind": func(t *testing.T, c *client.Client, folder string) {
			_, err := c.Content.Create(t.Context(), folder, client.Fields{"@type": "Event", "title": "x", "start": "soon"})
			require.ErrorIs(t, err, errors.ErrClient)
			require.ErrorIs(t, err, errors.ErrValidation)
		},
		"an unknown type": func(t *testing.T, c *client.Client, folder string) {
			_, err := c.Content.Create(t.Context(), folder, client.Fields{"@type": "Nope"})
			require.ErrorIs(t, err, errors.ErrClient)
		},
		"nothing there": func(t *testing.T, c *client.Client, folder string) {
			_, err := c.Content.Get(t.Context(), folder+"/nope")
			require.ErrorIs(t, err, errors.ErrNotFound)
			_, err = c.Content.Delete(t.Context(), folder+"/nope")
			require.ErrorIs(t, err, errors.ErrNotFound)
		},
		"a visitor": func(t *testing.T, c *client.Client, folder string) {
			visitor, err := c.Clone(client.WithAuth(nil))
			require.NoError(t, err)
			_, err = visitor.Content.Get(t.Context(), folder)
			require.ErrorIs(t, err, errors.ErrUnauthorized)
			_, err = visitor.Content.Create(t.Context(), folder, page("a"))
			require.ErrorIs(t, err, errors.ErrUnauthorized)
		},
		"a wrong password": func(t *testing.T, c *client.Client, folder string) {
			wrong, err := c.Clone(client.WithAuth(auth.Basic("admin", "wrong")))
			require.NoError(t, err)
			_, err = wrong.Content.Get(t.Context(), folder)
			require.ErrorIs(t, err, errors.ErrUnauthorized)
		},
		"a wrong password for a token": func(t *testing.T, c *client.Client, folder string) {
			wrong, err := c.Clone(client.WithAuth(auth.Login("admin", "wrong")))
			require.NoError(t, err)
			_, err = wrong.Content.Get(t.Context(), folder)
			if errors.Is(err, errors.ErrNotImplemented) {
				ruleOut(t, "@login")
			}
			require.ErrorIs(t, err, errors.ErrInvalidCredentials)
		},
		"a transition that there is not": func(t *testing.T, c *client.Client, folder string) {
			_, err := c.Content.Create(t.Context(), folder, page("a"))
			require.NoError(t, err)
			_, err = c.Workflow.Transition(t.Context(), folder+"/a", "nope", client.TransitionOptions{})
			require.ErrorIs(t, err, errors.ErrBadRequest)
			_, err = c.Workflow.To(t.Context(), folder+"/a", "nope", client.TransitionOptions{})
			failed, ok := errors.AsType[*client.TransitionError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "private", failed.State)
		},
		"a lock of another": func(t *testing.T, c *client.Client, folder string) {
			_, err := c.Content.Create(t.Context(), folder, page("a"))
			require.NoError(t, err)
			_, err = c.Locking.Lock(t.Context(), folder+"/a", client.LockOptions{})
			require.NoError(t, err)
			_, err = c.Content.Update(t.Context(), folder+"/a", client.Fields{"title": "b"})
			require.ErrorIs(t, err, errors.ErrLocked)
			_, err = c.Locking.ForceUnlock(t.Context(), folder+"/a")
			require.NoError(t, err)
		},
		"copies of nothing": func(t *testing.T, c *client.Client, folder string) {
			_, err := c.Content.Copy(t.Context(), folder, []string{folder + "/nope"})
			_, ok := errors.AsType[*client.MissingSourcesError](err)
			require.True(t, ok, "%v", err)
		},
		"a version that there is not": func(t *testing.T, c *client.Client, folder string) {
			_, err := c.Content.Create(t.Context(), folder, page("a"))
			require.NoError(t, err)
			_, err = c.History.Version(t.Context(), folder+"/a", 99)
			require.ErrorIs(t, err, errors.ErrNotFound)
		},
		"a user who is there": func(t *testing.T, c *client.Client, _ string) {
			id := unique("u")
			user := client.NewUser{Username: id, Email: id + "@plone.example", Password: "Aßecret-12345"}
			_, err := c.Users.Create(t.Context(), user)
			require.NoError(t, err)
			t.Cleanup(func() {
				_, err := c.Users.Delete(context.WithoutCancel(t.Context()), id, client.DeleteUserOptions{})
				require.NoError(t, err)
			})
			_, err = c.Users.Create(t.Context(), user)
			require.ErrorIs(t, err, errors.ErrBadRequest)
		},
		"a comment": func(t *testing.T, c *client.Client, folder string) {
			_, err := c.Content.Create(t.Context(), folder, page("a"))
			require.NoError(t, err)
			_, err = c.Content.Update(t.Context(), folder+"/a", client.Fields{"allow_discussion": true})
			require.NoError(t, err)
			_, err = c.Comments.Add(t.Context(), folder+"/a", client.NewComment{Text: "x"})
			// The view of comments is not there, or the site has them switched off.
			if e, ok := errors.AsType[*errors.StatusError](err); ok && e.Type == "AttributeError" || errors.Is(err, errors.ErrUnsupported) {
				ruleOut(t, "comments")
			}
			require.NoError(t, err)
		},
		"a file, there and back": func(t *testing.T, c *client.Client, folder string) {
			data := bytes.Repeat([]byte("Käse\n"), 60_000)
			_, err := c.Files.Upload(t.Context(), folder, bytes.NewReader(data), int64(len(data)), client.UploadOptions{Filename: "Käse.txt"})
			require.NoError(t, err)
			found := 0
			for object, err := range c.Content.Children(t.Context(), folder, client.ListOptions{}) {
				require.NoError(t, err)
				download, err := c.Files.Download(t.Context(), object.URL, client.DownloadOptions{})
				require.NoError(t, err)
				got, err := io.ReadAll(download)
				require.NoError(t, err)
				require.NoError(t, download.Close())
				assert.Equal(t, data, got)
				found++
			}
			assert.Equal(t, 1, found)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, onSetUp(t, "PLONE_URL")[0])
			run(t, c, folder(t, c))
		})
	}
}
