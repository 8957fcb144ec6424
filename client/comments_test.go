package client_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestComments_idThatIsNone(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "0", "00", "abc", "-1", "1_0", " 1", "1/2"} {
		c, m := mock(t)
		_, get := c.Comments.Get(t.Context(), "/x", id)
		_, reply := c.Comments.Reply(t.Context(), "/x", id, client.NewComment{Text: "text"})
		_, update := c.Comments.Update(t.Context(), "/x", id, "text")
		_, remove := c.Comments.Delete(t.Context(), "/x", id)
		for _, err := range []error{get, reply, update, remove} {
			require.ErrorIs(t, err, errors.ErrInvalidInput, id)
		}
		assert.Zero(t, m.GetTotalCallCount(), id)
	}
}

// A comment that waits for a moderator has no address: the server names the list.
func TestComments_Add_moderated(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder(http.MethodPost, mockSite+"/x/@comments", answer(204, "", "", "Location", mockSite+"/x/@comments"))
	written, err := c.Comments.Add(t.Context(), "/x", client.NewComment{Text: "text"})
	require.NoError(t, err)
	assert.Nil(t, written.Location)
	assert.Empty(t, written.CommentID)
}

func TestComments_All_hidden(t *testing.T) {
	t.Parallel()
	read := func(body string) error {
		c, m := mock(t)
		m.RegisterResponder(http.MethodGet, "=~^"+mockSite+"/x/@comments", jsonAnswer(200, body))
		for _, err := range c.Comments.All(t.Context(), "/x", client.CommentOptions{}) {
			return err
		}
		return nil
	}
	err := read(`{"@id":"x","items":[],"items_total":2,"permissions":{"view_comments":false,"can_reply":true}}`)
	require.ErrorIs(t, err, errors.ErrUnauthorized)
	err = read(`{"@id":"x","items":[],"items_total":2,"permissions":{"view_comments":true,"can_reply":true}}`)
	require.ErrorIs(t, err, errors.ErrListChanged)
	require.NoError(t, read(`{"@id":"x","items":[],"items_total":0,"permissions":{"view_comments":false,"can_reply":true}}`))
}

// Changing a text twice is changing it once; adding a comment twice is not.
func TestComments_repeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		m.RegisterResponder(http.MethodPatch, mockSite+"/x/@comments/1", answer(502, "text/html", ""))
		m.RegisterResponder(http.MethodPost, mockSite+"/x/@comments", answer(502, "text/html", ""))
		_, err := c.Comments.Update(t.Context(), "/x", "1", "text")
		require.ErrorIs(t, err, errors.ErrBadGateway)
		assert.Equal(t, 4, m.GetTotalCallCount())
		_, err = c.Comments.Add(t.Context(), "/x", client.NewComment{Text: "text"})
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
		assert.Equal(t, 5, m.GetTotalCallCount())
	})
}

func TestComments_notWhatWasPromised(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder(http.MethodGet, mockSite+"/x/@comments/1", jsonAnswer(200, `{"@id":"x","items":[]}`))
	m.RegisterResponder(http.MethodGet, mockSite+"/x/@comments", jsonAnswer(200, `{}`))
	_, err := c.Comments.Get(t.Context(), "/x", "1")
	_, decode := errors.AsType[*errors.DecodeError](err)
	assert.True(t, decode, "%v", err)
	_, err = c.Comments.Permissions(t.Context(), "/x")
	_, decode = errors.AsType[*errors.DecodeError](err)
	assert.True(t, decode, "%v", err)
}
