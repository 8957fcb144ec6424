package client_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
)

func TestTranslations_refusedInput(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	for _, other := range []string{"", "https://other.example/x", "/../x"} {
		_, err := c.Translations.Link(t.Context(), "/en/x", other)
		require.ErrorIs(t, err, errors.ErrInvalidInput, other)
	}
	assert.Zero(t, m.GetTotalCallCount())
}

func TestTranslations_notWhatWasPromised(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder(http.MethodGet, "=~^"+mockSite+"/en/x/@", jsonAnswer(200, `{}`))
	m.RegisterResponder(http.MethodPost, mockSite+"/en/x/@translations", jsonAnswer(200, `{}`))
	_, get := c.Translations.Get(t.Context(), "/en/x")
	_, locate := c.Translations.Locate(t.Context(), "/en/x", "de")
	_, link := c.Translations.Link(t.Context(), "/en/x", "/de/x")
	for _, err := range []error{get, locate, link} {
		_, found := errors.AsType[*errors.DecodeError](err)
		assert.True(t, found, "%v", err)
	}
}
