package client_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

const states = "plone.app.vocabularies.WorkflowStates"

func TestBehaviour_Vocabularies_List(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		got, err := s.anonymous(t).Vocabularies.List(t.Context(), "/")
		require.NoError(t, err)
		assert.Contains(t, got.Value, client.VocabularyName{URL: s.url + "/@vocabularies/" + states, Title: states})
		_, err = s.client(t).Vocabularies.List(t.Context(), "/nope")
		require.ErrorIs(t, err, errors.ErrNotFound)
	})
}

func TestBehaviour_Vocabularies_Terms(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		terms := func(name string, o client.TermOptions) []client.Term {
			t.Helper()
			var terms []client.Term
			for term, err := range c.Vocabularies.Terms(t.Context(), folder, name, o) {
				require.NoError(t, err)
				terms = append(terms, *term)
			}
			return terms
		}
		private := client.Term{Token: "private", Title: "Private [private]"}
		all := terms(states, client.TermOptions{})
		assert.Len(t, all, 9)
		assert.Contains(t, all, private)
		for _, size := range []int{1, 2, 9, 100} {
			assert.Equal(t, all, terms(states, client.TermOptions{PageSize: size}), "page size %d", size)
		}
		assert.Equal(t, []client.Term{private}, terms(states, client.TermOptions{Title: "PRIV"}))
		assert.Equal(t, []client.Term{private}, terms(states, client.TermOptions{Tokens: []string{"Private"}, PageSize: 1}))
		assert.Len(t, terms(states, client.TermOptions{Tokens: []string{"private", "pending", "nope"}}), 2)
		assert.Empty(t, terms(states, client.TermOptions{Title: "nope"}))
		sorted := terms("plone.app.vocabularies.SupportedContentLanguages", client.TermOptions{SortByTitle: true})
		assert.Equal(t, []client.Term{{Token: "de", Title: "Deutsch"}, {Token: "en", Title: "English"}}, sorted)

		word := unique("w")
		s.add(t, folder, client.Fields{"@type": "Document", "title": "a", "subjects": []string{word}})
		tag := client.Term{Token: base64.StdEncoding.EncodeToString([]byte(word)), Title: word}
		assert.Equal(t, []client.Term{tag}, terms("plone.app.vocabularies.Keywords", client.TermOptions{Title: word}))
	})
}

func TestBehaviour_Vocabularies_Terms_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		first := func(c *client.Client, path, name string, o client.TermOptions) error {
			for _, err := range c.Vocabularies.Terms(t.Context(), path, name, o) {
				return err
			}
			return nil
		}
		c := s.client(t)
		require.ErrorIs(t, first(c, "/", "nope", client.TermOptions{}), errors.ErrNotFound)
		require.ErrorIs(t, first(c, "/nope", states, client.TermOptions{}), errors.ErrNotFound)
		require.ErrorIs(t, first(c, "/", "", client.TermOptions{}), errors.ErrInvalidInput)
		require.ErrorIs(t, first(c, "/", states, client.TermOptions{PageSize: -1}), errors.ErrInvalidInput)
		require.ErrorIs(t, first(c, "/", states, client.TermOptions{Title: "a", Tokens: []string{"b"}}), errors.ErrInvalidInput)
		require.ErrorIs(t, first(s.anonymous(t), "/", "plone.app.vocabularies.Users", client.TermOptions{}), errors.ErrUnauthorized)
	})
}

func TestBehaviour_Vocabularies_Source_refused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		field         string
		source, query error
	}{
		{"nope", errors.ErrNotFound, errors.ErrNotFound},
		{"language", errors.ErrBadRequest, errors.ErrNotFound},
		{"title", errors.ErrInternalServer, errors.ErrInternalServer},
		{"subjects", errors.ErrInternalServer, errors.ErrInternalServer},
		{"", errors.ErrInvalidInput, errors.ErrInvalidInput},
	}
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		for _, tt := range tests {
			for _, err := range c.Vocabularies.Source(t.Context(), folder, tt.field, client.TermOptions{}) {
				require.ErrorIs(t, err, tt.source, tt.field)
			}
			for _, err := range c.Vocabularies.QuerySource(t.Context(), folder, tt.field, "a", 0) {
				require.ErrorIs(t, err, tt.query, tt.field)
			}
		}
		for _, err := range s.anonymous(t).Vocabularies.Source(t.Context(), "/", "language", client.TermOptions{}) {
			require.ErrorIs(t, err, errors.ErrUnauthorized)
		}
	})
}

// No field of a stock type has a source that can be listed or searched.
func TestVocabularies_sources(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	page := func(items, more string) string {
		return `{"@id":"u","items":[` + items + `],"items_total":2` + more + `}`
	}
	red, blue := `{"token":"r","title":"Red"}`, `{"token":"b","title":"Blue"}`
	m.RegisterResponderWithQuery("GET", mockSite+"/a/@sources/colour", "b_size=-1&tokens=r&sort_on=title", jsonAnswer(200, `{"@id":"u","items":[`+red+`]}`))
	m.RegisterResponderWithQuery("GET", mockSite+"/a/@querysources/colour", "query=e&b_start=0&b_size=1", jsonAnswer(200, page(red, "")))
	m.RegisterResponderWithQuery("GET", mockSite+"/a/@querysources/colour", "query=e&b_start=1&b_size=1", jsonAnswer(200, page(blue, "")))

	var found []string
	for term, err := range c.Vocabularies.Source(t.Context(), "/a", "colour", client.TermOptions{Tokens: []string{"r"}, SortByTitle: true}) {
		require.NoError(t, err)
		found = append(found, term.Title)
	}
	for term, err := range c.Vocabularies.QuerySource(t.Context(), "/a", "colour", "e", 1) {
		require.NoError(t, err)
		found = append(found, term.Title)
	}
	assert.Equal(t, []string{"Red", "Red", "Blue"}, found)
}
