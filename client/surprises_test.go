package client_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// Here is shown what no other test of docs/surprises.md shows. Where the client
// does not help, the test shows how the server behaves.

// For a name that a folder does not have, the server takes the object of that
// name nearest further up, for reads and for writes.
func TestSurprise_objectFurtherUp(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, above := s.client(t), s.folder(t)
		folder := s.add(t, above, client.Fields{"@type": "Document", "id": "folder", "title": "Folder"})
		path := s.add(t, above, client.Fields{"@type": "Document", "id": "page", "title": "Page"})

		_, err := c.Content.Get(t.Context(), folder+"/page")
		require.ErrorIs(t, err, errors.ErrNotFound)
		assert.EqualError(t, err, "plone: nothing at "+folder+"/page; the server would use "+path+" instead (acquired)")
		_, err = c.Content.Modify(t.Context(), folder+"/page", func(*client.Content) (any, error) {
			return client.Fields{"title": "changed"}, nil
		})
		require.ErrorIs(t, err, errors.ErrNotFound)
		for _, write := range []func(c *client.Client) error{
			func(c *client.Client) error { _, err := c.Content.Delete(t.Context(), folder+"/page"); return err },
			func(c *client.Client) error {
				_, err := c.Content.Update(t.Context(), folder+"/page", client.Fields{"title": "changed"})
				return err
			},
		} {
			err := write(c)
			acquired, found := errors.AsType[*client.AcquiredError](err)
			require.True(t, found, "%v", err)
			assert.Equal(t, folder+"/page", acquired.Path)
			assert.Equal(t, path, acquired.Taken)
			require.ErrorIs(t, err, errors.ErrNotFound)
			require.NotErrorIs(t, err, errors.ErrInvalidInput)
		}
		got, err := c.Content.Get(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, "Page", got.Value.Title)

		// That is what the server does with a client that trusts its paths.
		trusting := s.client(t, client.WithTrustedPaths())
		_, err = trusting.Content.Delete(t.Context(), folder+"/page")
		require.ErrorIs(t, err, errors.ErrInternalServer)
		_, err = trusting.Content.Update(t.Context(), folder+"/page", client.Fields{"title": "changed"})
		require.NoError(t, err)
		got, err = c.Content.Get(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, "changed", got.Value.Title)
	})
}

func TestSurprise_objectFurtherUp_addresses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path, id string
		here     bool
	}{
		{"/a/b", mockSite + "/a/b", true},
		{"/a/b", mockSite + "/++api++/a/b", true},
		{"/ä ö/b", mockSite + "/%C3%A4%20%C3%B6/b", true},
		{"/a(b)", mockSite + "/a%28b%29", true},
		{"/", mockSite, true},
		{"/", mockSite + "/", true},
		{"/a/b", "https://inside.example:8080/Plone/a/b", true},
		{"/a/b", "https://inside.example:8080/b", false},
		{"/a/b", "https://inside.example:8080/Other/a/b", false},
		{"/a/b", "HTTPS://INSIDE.example:8080/Plone/a/b", true},
		{"/a/b", strings.ToUpper(mockSite[:strings.LastIndexByte(mockSite, '/')]) + mockSite[strings.LastIndexByte(mockSite, '/'):] + "/a/b", true},
		{"/a/b", strings.Replace(mockSite, ".example", ".example:443", 1) + "/a/b", true},
		{"/a%2Fb", mockSite + "/a%252Fb", true},
		{"/++lang++de/a", mockSite + "/a", true},
		{"/Other/a", mockSite[:strings.LastIndexByte(mockSite, '/')] + "/Other/a", false},
		{"/a/b", "/b", true},
		{"/a/b", mockSite + "/b", false},
		{"/a/a", mockSite + "/a", false},
		{"/a/b/c", mockSite + "/a/c", false},
	} {
		c, m := mock(t)
		m.RegisterNoResponder(jsonAnswer(200, `{"@id":"`+tt.id+`"}`))
		m.RegisterResponder("GET", mockSite+"/@breadcrumbs", jsonAnswer(200, `{"@id":"https://inside.example:8080/Plone/@breadcrumbs"}`))
		_, err := c.Content.Get(t.Context(), tt.path)
		if tt.here {
			require.NoError(t, err, tt.id)
			continue
		}
		require.ErrorIs(t, err, errors.ErrNotFound, tt.id)
		_, acquired := errors.AsType[*client.AcquiredError](err)
		assert.True(t, acquired, "%v", err)
	}
}

func TestSurprise_renameToATakenID(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		s.add(t, folder, client.Fields{"@type": "Document", "id": "taken", "title": "A"})
		path := s.add(t, folder, client.Fields{"@type": "Document", "id": "b", "title": "B"})
		got, err := c.Content.UpdateGet(t.Context(), path, client.Fields{"id": "taken"})
		require.NoError(t, err)
		assert.Equal(t, "taken-1", got.Value.ID)
		assert.Equal(t, s.url+folder+"/taken-1", got.Value.URL)
	})
}

func TestSurprise_noSecondsInPublicationDates(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		created, err := s.client(t).Content.Create(t.Context(), s.folder(t), client.Fields{"@type": "Document", "title": "x",
			"effective": client.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
			"expires":   client.NewTime(time.Date(2030, 1, 2, 3, 4, 59, 0, time.UTC))})
		require.NoError(t, err)
		assert.True(t, created.Value.Effective.Equal(time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)), "%s", created.Value.Effective)
		assert.True(t, created.Value.Expires.Equal(time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC)), "%s", created.Value.Expires)
	})
}

// The server says 204 to an order that means nothing to it, and to a view that
// does not exist.
func TestSurprise_unknownNamesInChanges(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		s.add(t, folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		s.add(t, folder, client.Fields{"@type": "Document", "id": "b", "title": "B"})
		_, err := c.Content.Reorder(t.Context(), folder, client.Position{ID: "nope", Delta: client.Top})
		require.NoError(t, err)
		_, err = c.Content.SortChildren(t.Context(), folder, client.Sort{On: "nope"})
		require.NoError(t, err)
		var order []string
		for item, err := range c.Content.Children(t.Context(), folder, client.ListOptions{}) {
			require.NoError(t, err)
			order = append(order, item.Title)
		}
		assert.Equal(t, []string{"A", "B"}, order)
		_, err = c.Content.Update(t.Context(), folder, client.Fields{"layout": "nope"})
		require.NoError(t, err)
	})
}

// A rule about the whole object names no field.
func TestSurprise_eventThatEndsBeforeItStarts(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		_, err := s.client(t).Content.Create(t.Context(), s.folder(t), client.Fields{"@type": "Event", "title": "x",
			"start": "2026-01-02T10:00:00Z", "end": "2026-01-02T09:00:00Z"})
		require.ErrorIs(t, err, errors.ErrValidation)
		e, found := errors.AsType[*errors.StatusError](err)
		require.True(t, found)
		require.Len(t, e.Fields, 1)
		assert.Empty(t, e.Fields[0].Field)
		assert.NotEmpty(t, e.Fields[0].Message)
	})
}

// Whoever may not add types gets a 401 for the whole page.
func TestSurprise_typesExpandedForAnonymous(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		_, err := s.anonymous(t).Content.Get(t.Context(), "/", client.Expand("types"))
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).Content.Get(t.Context(), "/", client.Expand("breadcrumbs"))
		require.NoError(t, err)
	})
}

// An object that cannot be stored has no address, whatever the answer says, and a
// server without the part for files is not asked again.
func TestSurprise_addressOfAFailure(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("POST", mockSite, jsonAnswer(500,
		`{"type":"Unsupported","message":"Storing Blobs is not supported.","context":null}`, "Location", mockSite+"/file"))
	created, err := c.Content.Create(t.Context(), "/", client.Fields{"@type": "File"})
	assert.Nil(t, created)
	require.ErrorIs(t, err, errors.ErrInternalServer)
	require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
	_, redirect := errors.AsType[*errors.RedirectError](err)
	assert.False(t, redirect)
	assert.Equal(t, 1, m.GetTotalCallCount())
}

// Without the Accept of the API the server sends people to its login form.
func TestSurprise_loginFormForA401(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/x", answer(302, "text/html", "", "Location", mockSite+"/login?came_from=x"))
	m.RegisterResponder("GET", mockSite+"/login", answer(200, "text/html; charset=utf-8", "<form>"))
	_, err := c.Content.Get(t.Context(), "/x")
	_, decode := errors.AsType[*errors.DecodeError](err)
	assert.True(t, decode, "%v", err)
}

// The server closes the connection after each 204.
func TestSurprise_connectionCloses(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusNoContent)
	})
	for range 3 {
		updated, err := c.Content.Update(t.Context(), "/x", client.Fields{"title": "x"})
		require.NoError(t, err)
		assert.Equal(t, 1, updated.Attempts)
	}
}

// A query string would make the server look for a table of users.
func TestSurprise_usersAreAddedWithoutAQuery(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("POST", mockSite+"/@users", func(req *http.Request) (*http.Response, error) {
		assert.Empty(t, req.URL.RawQuery)
		return jsonAnswer(201, ada)(req)
	})
	_, err := c.Users.Create(t.Context(), client.NewUser{Username: "ada"})
	require.NoError(t, err)
}

// A search puts itself into the address, and a server or a proxy refuses one that
// is too long. It is refused once, and says so.
func TestSurprise_longSearch(t *testing.T) {
	t.Parallel()
	for _, status := range []int{414, 431} {
		c, m := mock(t)
		m.RegisterResponder("GET", mockSite+"/@search", answer(status, "text/plain", "too long"))
		for _, err := range c.Search.All(t.Context(), "/", client.SearchOptions{Text: strings.Repeat("word ", 1000)}) {
			require.ErrorIs(t, err, errors.Status(status))
		}
		assert.Equal(t, 1, m.GetTotalCallCount())
		// One by criteria travels in the body.
		m.RegisterResponder("POST", mockSite+"/@querystring-search", func(req *http.Request) (*http.Response, error) {
			assert.Less(t, len(req.URL.RawQuery), 500)
			return jsonAnswer(200, noHits)(req)
		})
		where := []client.Condition{client.IndexSearchableText.Contains(strings.Repeat("word ", 1000))}
		for _, err := range c.Search.QueryAll(t.Context(), "/", client.QueryOptions{Where: where}) {
			require.NoError(t, err)
		}
	}
}

// A proxy that drops the body of a DELETE leaves a lock that is not ours alone,
// and the answer tells.
func TestSurprise_bodyOfADeleteIsDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		const lock = `{"locked":true,"creator":"bob","token":"t","name":"plone.locking.stealable","stealable":true}`
		m.RegisterResponder("GET", mockSite+"/x/@lock", jsonAnswer(200, lock))
		m.RegisterResponder("DELETE", mockSite+"/x/@lock", func(req *http.Request) (*http.Response, error) {
			assert.NotNil(t, req.Body)
			return jsonAnswer(200, lock)(req)
		})
		_, err := c.Locking.ForceUnlock(t.Context(), "/x")
		require.ErrorIs(t, err, errors.ErrLocked)
	})
}

// Two objects with one UID are taken by the server; the client sets a UID for
// ExactlyOnce only, and a new one for each object.
func TestSurprise_noUIDTwice(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	var bodies []string
	m.RegisterResponder("POST", mockSite, bodiesInto(&bodies, jsonAnswer(201, `{"@id":"`+mockSite+`/a"}`)))
	for _, opts := range [][]client.CallOption{nil, {client.ExactlyOnce()}, {client.ExactlyOnce()}} {
		_, err := c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "id": "a"}, opts...)
		require.NoError(t, err)
	}
	assert.NotContains(t, bodies[0], "UID")
	assert.Contains(t, bodies[1], "UID")
	assert.NotEqual(t, bodies[1], bodies[2])
}

// A file without bytes is one all the same.
func TestSurprise_emptyUpload(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		created, err := c.Files.Upload(t.Context(), folder, strings.NewReader(""), 0, client.UploadOptions{Filename: "empty.txt"})
		require.NoError(t, err)
		assert.Zero(t, fileOf(t, &created.Object).Size)
		assert.Equal(t, s.url+folder+"/empty.txt", created.Object.URL)
	})
}

// What a removed user leaves behind would make a search fail that finds it; the
// zero options leave nothing.
func TestSurprise_removedUserIsForgotten(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, id := s.client(t), s.member(t)
		_, err := c.Users.Delete(t.Context(), id, client.DeleteUserOptions{})
		require.NoError(t, err)
		found, err := c.Principals.Search(t.Context(), id)
		require.NoError(t, err)
		assert.Empty(t, found.Value.Users)
	})
}

// An object may have the name of a service, and hides it in its folder.
func TestSurprise_objectNamedLikeAService(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/news/@search", jsonAnswer(200, `{"@id":"`+mockSite+`/news/@search","@type":"Document","title":"x"}`))
	n := 0
	for _, err := range c.Search.All(t.Context(), "/news", client.SearchOptions{}) {
		n++
		_, decode := errors.AsType[*errors.DecodeError](err)
		assert.True(t, decode, "%v", err)
	}
	assert.Equal(t, 1, n)
}

// A service of a package that is not there is not found.
func TestSurprise_servicesThatAreNotInstalled(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(httpmock.NewStringResponder(404, `{"type":"NotFound","message":"Resource not found"}`))
	_, err := c.BlockTypes.Counts(t.Context(), "")
	require.ErrorIs(t, err, errors.ErrNotFound)
}

// The server says nothing when there is no such original.
func TestSurprise_translationOfNothing(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c := s.client(t)
		page, _ := s.page(t, "/de", client.Fields{"language": "de", "translation_of": strings.Repeat("0", 32)})
		got, err := c.Translations.Get(t.Context(), page)
		require.NoError(t, err)
		assert.Empty(t, got.Value.Items)
	})
}
