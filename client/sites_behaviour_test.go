package client_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// above is the server that the site is on.
func (s *site) above() *site {
	server := *s
	server.url = s.url[:strings.LastIndexByte(s.url, '/')]
	return &server
}

// own is a site that no other test sees: plonetest itself, or a new one on the
// real server.
func (s *site) own(t *testing.T) *site {
	t.Helper()
	if !s.live {
		return s
	}
	created, err := s.above().client(t).Sites.Create(t.Context(), "volto", client.SiteAnswers{
		SiteID: unique("site"), Title: t.Name(), Language: "en", Timezone: "UTC",
	})
	require.NoError(t, err)
	own := *s
	own.url = created.Value.URL
	t.Cleanup(func() {
		_, err := own.client(t).Site.Delete(context.WithoutCancel(t.Context()), own.url)
		require.NoError(t, err)
	})
	return &own
}

func TestBehaviour_Sites(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		server := s.above()
		c := server.client(t)

		sites, err := c.Sites.List(t.Context())
		require.NoError(t, err)
		assert.Equal(t, server.url+"/@sites", sites.Value.URL)
		assert.True(t, sites.Value.CanManage)
		var found *client.SiteSummary
		for i := range sites.Value.Sites {
			if sites.Value.Sites[i].URL == s.url {
				found = &sites.Value.Sites[i]
			}
		}
		require.NotNil(t, found)
		assert.Equal(t, "Plone", found.ID)
		assert.False(t, found.Created.IsZero())
		assert.False(t, found.NeedsUpgrade)
		assert.Equal(t, "volto", found.Distribution)
		require.NotEmpty(t, sites.Value.Distributions)
		assert.NotEmpty(t, sites.Value.Distributions[0].Title)

		public, err := server.anonymous(t).Sites.List(t.Context())
		require.NoError(t, err)
		assert.False(t, public.Value.CanManage)

		volto, err := c.Sites.Distribution(t.Context(), "volto")
		require.NoError(t, err)
		assert.Equal(t, "volto", volto.Value.Name)
		assert.Contains(t, string(volto.Value.Schema), "site_id")
		assert.Contains(t, volto.Value.DefaultValues, "site_id")
		_, err = c.Sites.Distribution(t.Context(), "nope")
		require.ErrorIs(t, err, errors.ErrNotFound)
		require.ErrorIs(t, err, errors.ErrInternalServer)

		id := unique("site")
		answers := client.Fields{"distribution": "classic", "site_id": id, "title": "Mine", "description": "d"}
		created, err := c.Sites.Create(t.Context(), "", answers)
		require.NoError(t, err)
		assert.Equal(t, server.url+"/"+id, created.Value.URL)
		assert.Equal(t, "Plone Site", created.Value.Type)
		assert.Equal(t, id, created.Value.ID)
		assert.Equal(t, "Mine", created.Value.Title)
		assert.Equal(t, "d", created.Value.Description)

		_, err = c.Sites.Create(t.Context(), "classic", answers)
		require.ErrorIs(t, err, errors.ErrAlreadyExists)
		_, err = c.Sites.Create(t.Context(), "classic", client.Fields{"title": "no id"})
		require.ErrorIs(t, err, errors.ErrBadRequest)
		_, err = c.Sites.Create(t.Context(), "nope", answers)
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = server.anonymous(t).Sites.Create(t.Context(), "classic", answers)
		require.ErrorIs(t, err, errors.ErrUnauthorized)

		site := *s
		site.url = created.Value.URL
		mine := site.client(t)
		for _, wrong := range []string{"", server.url, s.url, created.Value.URL + "/x", "/"} {
			_, err = mine.Site.Delete(t.Context(), wrong)
			require.ErrorIs(t, err, errors.ErrInvalidInput, wrong)
		}
		deleted, err := mine.Site.Delete(t.Context(), created.Value.URL)
		require.NoError(t, err)
		assert.Equal(t, http.StatusNoContent, deleted.StatusCode)
		sites, err = c.Sites.List(t.Context())
		require.NoError(t, err)
		for _, site := range sites.Value.Sites {
			assert.NotEqual(t, id, site.ID)
		}
		_, err = mine.Site.Delete(t.Context(), created.Value.URL)
		require.ErrorIs(t, err, errors.ErrNotFound)
	})
}

func TestBehaviour_Sites_Login(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		for name, c := range map[string]*client.Client{"anonymous": s.above().anonymous(t), "manager": s.above().client(t)} {
			result, err := c.Sites.Login(t.Context(), s.user, s.password)
			require.NoError(t, err, name)
			assert.True(t, strings.HasPrefix(string(result.Value.Cookie), "__ac="), name)
			assert.Empty(t, result.Header.Values("Set-Cookie"), name)

			_, err = c.Sites.Login(t.Context(), s.user, "wrong")
			require.ErrorIs(t, err, errors.ErrInvalidCredentials, name)
			require.ErrorIs(t, err, errors.ErrUnauthorized, name)
		}
	})
}

func TestBehaviour_Exports(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s.needs(t, exports)
		s = s.own(t)
		c := s.client(t)
		path := s.folder(t)

		download, err := c.Exports.Export(t.Context())
		require.NoError(t, err)
		data, err := io.ReadAll(download)
		require.NoError(t, err)
		require.NoError(t, download.Close())
		assert.Equal(t, "application/zip", download.ContentType)
		assert.Equal(t, "plone_export.zip", download.Filename)
		assert.EqualValues(t, len(data), download.Size)

		_, err = c.Content.Delete(t.Context(), path)
		require.NoError(t, err)
		report, err := c.Exports.Import(t.Context(), bytes.NewReader(data), int64(len(data)))
		require.NoError(t, err)
		assert.Equal(t, "success", report.Value.Status)
		assert.Contains(t, strings.Join(report.Value.Report, "\n"), "ContentImporter: Imported")
		again, err := c.Content.Get(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, t.Name(), again.Value.Title)

		_, err = c.Exports.Import(t.Context(), strings.NewReader("no zip"), 6)
		require.ErrorIs(t, err, errors.ErrInternalServer)
		_, err = s.anonymous(t).Exports.Import(t.Context(), bytes.NewReader(data), int64(len(data)))
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).Exports.Export(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}
