package client_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// texts are the comments on an object, in their order.
func texts(t *testing.T, c *client.Client, path string, size int) []string {
	t.Helper()
	texts := []string{}
	for comment, err := range c.Comments.All(t.Context(), path, client.CommentOptions{PageSize: size}) {
		require.NoError(t, err)
		texts = append(texts, comment.Text.Data)
	}
	return texts
}

func TestBehaviour_Comments(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, path := s.client(t), s.folder(t)
		_, err := c.Content.Update(t.Context(), path, client.Fields{"allow_discussion": true})
		require.NoError(t, err)
		assert.Empty(t, texts(t, c, path, 0))

		first, err := c.Comments.Add(t.Context(), path, client.NewComment{Text: "first"})
		require.NoError(t, err)
		require.NotEmpty(t, first.CommentID)
		assert.Equal(t, s.url+path+"/@comments/"+first.CommentID, first.Location.String())
		_, err = c.Comments.Add(t.Context(), path, client.NewComment{Text: "second <b>text</b>", UserNotification: true})
		require.NoError(t, err)
		reply, err := c.Comments.Reply(t.Context(), path, first.CommentID, client.NewComment{Text: "reply"})
		require.NoError(t, err)
		require.NotEqual(t, first.CommentID, reply.CommentID)
		for _, size := range []int{0, 1, 2} {
			assert.Equal(t, []string{"first", "reply", "second <b>text</b>"}, texts(t, c, path, size), "page size %d", size)
		}

		got, err := c.Comments.Get(t.Context(), path, reply.CommentID)
		require.NoError(t, err)
		made := got.Value.CreationDate
		assert.False(t, made.IsZero())
		assert.Equal(t, client.Comment{
			URL: reply.Location.String(), Type: "Discussion Item", Parent: first.Location.String(),
			CommentID: reply.CommentID, InReplyTo: first.CommentID,
			Text:           client.CommentText{Data: "reply", MIMEType: "text/plain"},
			AuthorUsername: "admin", AuthorName: "admin", CreationDate: made, ModificationDate: made,
			IsEditable: true, IsDeletable: true, CanReply: true,
		}, got.Value)

		updated, err := c.Comments.Update(t.Context(), path, reply.CommentID, "changed")
		require.NoError(t, err)
		assert.Equal(t, reply.CommentID, updated.CommentID)
		assert.Equal(t, []string{"first", "changed", "second <b>text</b>"}, texts(t, c, path, 0))

		_, err = c.Comments.Delete(t.Context(), path, first.CommentID)
		require.NoError(t, err)
		assert.Equal(t, []string{"second <b>text</b>"}, texts(t, c, path, 0), "replies go too")

		allowed, err := c.Comments.Permissions(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, client.CommentPermissions{ViewComments: true, CanReply: true}, allowed.Value)
	})
}

func TestBehaviour_Comments_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, path := s.client(t), s.folder(t)
		text := client.NewComment{Text: "text"}

		_, err := c.Comments.Add(t.Context(), path, text)
		require.ErrorIs(t, err, errors.ErrUnsupported, "the object takes no comments")
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = c.Comments.Add(t.Context(), "/", text)
		require.ErrorIs(t, err, errors.ErrUnsupported)

		_, err = c.Content.Update(t.Context(), path, client.Fields{"allow_discussion": true})
		require.NoError(t, err)
		written, err := c.Comments.Add(t.Context(), path, text)
		require.NoError(t, err)
		_, err = c.Comments.Add(t.Context(), path, client.NewComment{})
		require.ErrorIs(t, err, errors.ErrValidation)
		e, _ := errors.AsType[*errors.StatusError](err)
		assert.Equal(t, "text", e.Fields[0].Field)
		_, err = c.Comments.Update(t.Context(), path, written.CommentID, "")
		require.ErrorIs(t, err, errors.ErrValidation)

		calls := map[string]func(c *client.Client, path, id string) error{
			"Get": func(c *client.Client, path, id string) error {
				_, err := c.Comments.Get(t.Context(), path, id)
				return err
			},
			"Reply": func(c *client.Client, path, id string) error {
				_, err := c.Comments.Reply(t.Context(), path, id, text)
				return err
			},
			"Update": func(c *client.Client, path, id string) error {
				_, err := c.Comments.Update(t.Context(), path, id, "text")
				return err
			},
			"Delete": func(c *client.Client, path, id string) error {
				_, err := c.Comments.Delete(t.Context(), path, id)
				return err
			},
		}
		for name, call := range calls {
			require.ErrorIs(t, call(c, path, "99"), errors.ErrNotFound, name)
			require.ErrorIs(t, call(c, path+"/nope", "99"), errors.ErrNotFound, name)
			require.ErrorIs(t, call(s.anonymous(t), path, written.CommentID), errors.ErrUnauthorized, name)
		}
		for _, err := range s.anonymous(t).Comments.All(t.Context(), path, client.CommentOptions{}) {
			require.ErrorIs(t, err, errors.ErrUnauthorized)
		}
		_, err = s.anonymous(t).Comments.Permissions(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		assert.Equal(t, []string{"text"}, texts(t, c, path, 0))
	})
}

func TestBehaviour_Comments_ofReaders(t *testing.T) {
	t.Parallel()
	withMember(t, func(t *testing.T, s *site, other member) {
		c, path := s.client(t), s.folder(t)
		_, err := c.Content.Update(t.Context(), path, client.Fields{"allow_discussion": true})
		require.NoError(t, err)
		_, err = c.Workflow.Transition(t.Context(), path, "publish", client.TransitionOptions{})
		require.NoError(t, err)

		written, err := other.Comments.Add(t.Context(), path, client.NewComment{Text: "mine"})
		require.NoError(t, err)
		got, err := other.Comments.Get(t.Context(), path, written.CommentID)
		require.NoError(t, err)
		assert.Equal(t, other.id, got.Value.AuthorUsername)
		_, err = s.anonymous(t).Comments.Add(t.Context(), path, client.NewComment{Text: "nobody's"})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		assert.NotErrorIs(t, err, errors.ErrUnsupported)
		allowed, err := s.anonymous(t).Comments.Permissions(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, client.CommentPermissions{ViewComments: true}, allowed.Value)
	})
}
