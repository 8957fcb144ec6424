package client_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// To no rule the server says that it has changed "None".
func TestContentRules_none(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	for _, press := range []func(context.Context, string, []string, ...client.CallOption) (*client.OK[client.RulesMessage], error){
		c.ContentRules.Enable, c.ContentRules.Disable, c.ContentRules.Bubble, c.ContentRules.NoBubble,
	} {
		_, err := press(t.Context(), "/x", nil)
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	}
	_, err := c.ContentRules.Unassign(t.Context(), "/x", nil)
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	_, err = c.ContentRules.Assign(t.Context(), "/x", "")
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.Zero(t, m.GetTotalCallCount())
}

func TestContentRules_notWhatWasPromised(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder(http.MethodGet, mockSite+"/x/@content-rules", jsonAnswer(200, `{}`))
	m.RegisterResponder(http.MethodPost, mockSite+"/x/@content-rules/r", jsonAnswer(200, `{}`))
	_, get := c.ContentRules.Get(t.Context(), "/x")
	_, assign := c.ContentRules.Assign(t.Context(), "/x", "r")
	for _, err := range []error{get, assign} {
		_, found := errors.AsType[*errors.DecodeError](err)
		assert.True(t, found, "%v", err)
	}
}

// Moving twice is not moving once; switching on twice is.
func TestContentRules_repeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		m.RegisterResponder(http.MethodPatch, mockSite+"/x/@content-rules", answer(502, "text/html", ""))
		_, err := c.ContentRules.MoveUp(t.Context(), "/x", "r")
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
		assert.Equal(t, 1, m.GetTotalCallCount())
		_, err = c.ContentRules.Enable(t.Context(), "/x", []string{"r"})
		require.ErrorIs(t, err, errors.ErrBadGateway)
		assert.Equal(t, 5, m.GetTotalCallCount())
		m.RegisterResponder(http.MethodPost, mockSite+"/x/@content-rules/r", answer(502, "text/html", ""))
		_, err = c.ContentRules.Assign(t.Context(), "/x", "r")
		require.ErrorIs(t, err, errors.ErrBadGateway)
		assert.Equal(t, 9, m.GetTotalCallCount())
	})
}
