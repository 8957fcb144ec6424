package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestBehaviour_Content_Create(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)

		created, err := c.Content.Create(t.Context(), folder, client.Fields{
			"@type": "Document", "title": "Ünder <b>", "description": "d", "subjects": []string{"one", "two"},
		})
		require.NoError(t, err)
		assert.Equal(t, http.StatusCreated, created.StatusCode)
		assert.Equal(t, 1, created.Attempts)
		require.NotNil(t, created.Location)
		assert.Equal(t, created.Value.URL, created.Location.String())
		assert.True(t, strings.HasPrefix(created.Value.URL, s.url+folder+"/"), created.Value.URL)
		assert.Equal(t, "Ünder <b>", created.Value.Title)
		assert.Equal(t, "Document", created.Value.Type)
		assert.Equal(t, []string{"one", "two"}, created.Value.Subjects)
		assert.Equal(t, "private", created.Value.ReviewState)
		assert.Len(t, created.Value.UID, 32)
		assert.True(t, created.Value.IsFolderish)
		assert.False(t, created.Value.Created.IsZero())
		assert.True(t, created.Value.Effective.IsZero())
		assert.Equal(t, s.url+folder, created.Value.Parent.URL)

		// What the server returns can be passed back in.
		again, err := c.Content.Get(t.Context(), created.Value.URL)
		require.NoError(t, err)
		assert.Equal(t, created.Value.UID, again.Value.UID)
	})
}

func TestBehaviour_Content_Create_refused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		body   any
		want   []error
		fields []string
	}{
		{"no type", client.Fields{"title": "x"}, []error{errors.ErrBadRequest, errors.ErrClient}, nil},
		{"unknown type", client.Fields{"@type": "Nope"}, []error{errors.ErrForbidden}, nil},
		{"required field", client.Fields{"@type": "Link", "title": "x"}, []error{errors.ErrBadRequest, errors.ErrValidation}, []string{"remoteUrl"}},
		{"id with a slash", client.Fields{"@type": "Document", "title": "x", "id": "a/b"}, []error{errors.ErrBadRequest}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onEachSite(t, func(t *testing.T, s *site) {
				_, err := s.client(t).Content.Create(t.Context(), s.folder(t), tt.body)
				for _, want := range tt.want {
					require.ErrorIs(t, err, want)
				}
				e, found := errors.AsType[*errors.StatusError](err)
				require.True(t, found)
				assert.NotEmpty(t, e.Message)
				assert.Equal(t, 1, e.Attempts)
				var fields []string
				for _, f := range e.Fields {
					fields = append(fields, f.Field)
				}
				assert.Equal(t, tt.fields, fields)
			})
		})
	}
}

func TestBehaviour_Content_Create_taken(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		body := client.Fields{"@type": "Document", "id": "same", "title": "Same"}
		first, err := c.Content.Create(t.Context(), folder, body)
		require.NoError(t, err)

		_, err = c.Content.Create(t.Context(), folder, body)
		require.ErrorIs(t, err, errors.ErrAlreadyExists)
		require.ErrorIs(t, err, errors.ErrBadRequest)

		// Another program's object is not taken for ours.
		_, err = c.Content.Create(t.Context(), folder, body, client.ExactlyOnce())
		require.ErrorIs(t, err, errors.ErrAlreadyExists)

		kept, err := c.Content.Get(t.Context(), folder+"/same")
		require.NoError(t, err)
		assert.Equal(t, first.Value.UID, kept.Value.UID)
	})
}

func TestBehaviour_Content_Create_exactlyOnce(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		created, err := c.Content.Create(t.Context(), folder,
			client.Fields{"@type": "Document", "id": "once", "title": "Once"}, client.ExactlyOnce())
		require.NoError(t, err)
		assert.Equal(t, "Once", created.Value.Title)
		assert.Len(t, created.Value.UID, 32)
	})
}

func TestBehaviour_Content_Get(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		s.add(t, folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		s.add(t, folder, client.Fields{"@type": "Document", "id": "b", "title": "B"})

		for _, path := range []string{folder, folder + "/", strings.TrimPrefix(folder, "/"), s.url + folder} {
			got, err := c.Content.Get(t.Context(), path)
			require.NoError(t, err, path)
			assert.Equal(t, s.url+folder, got.Value.URL)
			require.Len(t, got.Value.Items, 2)
			assert.Equal(t, "A", got.Value.Items[0].Title)
			assert.Equal(t, 2, got.Value.ItemsTotal)
			assert.Equal(t, "current", got.Value.Version)

			// Nothing that came is lost, also without a member of its own.
			var layout string
			require.NoError(t, got.Value.Extra("layout", &layout))
			assert.Equal(t, got.Value.Layout, layout)
			var id string
			require.NoError(t, got.Value.Items[1].Extra("@id", &id))
			assert.Equal(t, s.url+folder+"/b", id)
			require.ErrorIs(t, got.Value.Extra("nope", &layout), errors.ErrNoField)
		}

		root, err := c.Content.Get(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, s.url, root.Value.URL)
		assert.Equal(t, "Plone Site", root.Value.Type)
	})
}

func TestBehaviour_Content_Get_expand(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		got, err := c.Content.Get(t.Context(), folder, client.Expand("breadcrumbs"))
		require.NoError(t, err)
		crumbs := got.Value.Components.Breadcrumbs
		require.NotNil(t, crumbs.Value)
		require.Len(t, crumbs.Value.Items, 1)
		assert.Equal(t, got.Value.Title, crumbs.Value.Items[0].Title)

		// What was not expanded can be fetched.
		workflow := got.Value.Components.Workflow
		assert.Equal(t, s.url+folder+"/@workflow", workflow.URL)
		require.Nil(t, workflow.Value)
		fetched, err := workflow.Fetch(t.Context(), c)
		require.NoError(t, err)
		assert.Equal(t, "private", fetched.Value.State.ID)
	})
}

func TestBehaviour_Content_Get_expandAll(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		got, err := c.Content.Get(t.Context(), s.url+folder+"?expand.inherit.behaviors=plone.navigationroot", client.Expand(
			"actions", "aliases", "breadcrumbs", "contextnavigation", "inherit", "navigation", "navroot", "types", "workflow"))
		require.NoError(t, err)
		components := got.Value.Components
		require.NotNil(t, components.Actions.Value)
		assert.NotEmpty(t, *components.Actions.Value)
		require.NotNil(t, components.Aliases.Value)
		assert.Empty(t, components.Aliases.Value.Items)
		require.NotNil(t, components.Breadcrumbs.Value)
		require.NotNil(t, components.ContextNavigation.Value)
		require.NotNil(t, components.Inherit.Value)
		require.NotNil(t, components.Navigation.Value)
		require.NotNil(t, components.Navroot.Value)
		assert.Equal(t, s.url, components.Navroot.Value.Navroot.URL)
		require.NotNil(t, components.Types.Value)
		assert.NotEmpty(t, *components.Types.Value)
		require.NotNil(t, components.Workflow.Value)
		assert.Equal(t, "private", components.Workflow.Value.State.ID)
	})
}

func TestBehaviour_Content_Get_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder := s.folder(t)
		_, err := s.client(t).Content.Get(t.Context(), folder+"/nope")
		require.ErrorIs(t, err, errors.ErrNotFound)
		e, _ := errors.AsType[*errors.StatusError](err)
		assert.Equal(t, "NotFound", e.Type)
		assert.Equal(t, "Resource not found: "+s.url+folder+"/nope", e.Message)

		// Plone sends no challenge, and answers 401 to those it does not let see.
		_, err = s.anonymous(t).Content.Get(t.Context(), folder)
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		u, found := errors.AsType[*errors.UnauthorizedError](err)
		require.True(t, found)
		assert.Empty(t, u.Challenges)
		assert.Equal(t, http.MethodGet, u.Method)
	})
}

type page struct {
	client.Content
	NavTitle string `json:"nav_title"`
}

func TestBehaviour_ContentAs(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		pages, folder := client.ContentAs[page](s.client(t)), s.folder(t)
		created, err := pages.Create(t.Context(), folder, client.Fields{"@type": "Document", "title": "T", "nav_title": "Short"})
		require.NoError(t, err)
		assert.Equal(t, "Short", created.Value.NavTitle)
		assert.Equal(t, "T", created.Value.Title)

		got, err := pages.Get(t.Context(), created.Value.URL)
		require.NoError(t, err)
		assert.Equal(t, "Short", got.Value.NavTitle)
		assert.Equal(t, created.Value.UID, got.Value.UID)
		var raw string
		require.NoError(t, got.Value.Extra("nav_title", &raw))
		assert.Equal(t, "Short", raw)
	})
}

func TestBehaviour_Content_Update(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Document", "title": "Old", "description": "stays", "rights": "all"})

		updated, err := c.Content.Update(t.Context(), path, struct {
			Title       client.Opt[string] `json:"title,omitzero"`
			Description client.Opt[string] `json:"description,omitzero"`
			Rights      client.Opt[string] `json:"rights,omitzero"`
		}{Title: client.Set("New"), Rights: client.Null[string]()})
		require.NoError(t, err)
		assert.Equal(t, http.StatusNoContent, updated.StatusCode)

		got, err := c.Content.UpdateGet(t.Context(), path, client.Fields{"subjects": []string{"x"}})
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, got.StatusCode)
		assert.Equal(t, "New", got.Value.Title)
		assert.Equal(t, "stays", got.Value.Description)
		assert.Empty(t, got.Value.Rights)
		assert.Equal(t, []string{"x"}, got.Value.Subjects)
	})
}

func TestBehaviour_Content_Update_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Link", "title": "L", "remoteUrl": "https://plone.example/"})

		_, err := c.Content.Update(t.Context(), path, client.Fields{"remoteUrl": nil})
		require.ErrorIs(t, err, errors.ErrValidation)
		_, err = c.Content.Update(t.Context(), folder+"/nope", client.Fields{})
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = s.anonymous(t).Content.Update(t.Context(), path, client.Fields{"title": "x"})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		// Bad JSON is a 400 here, elsewhere a 500.
		_, err = c.Content.Update(t.Context(), path, strings.NewReader("{"))
		require.ErrorIs(t, err, errors.ErrBadRequest)
	})
}

func TestBehaviour_Content_Update_locked(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		path := s.add(t, folder, client.Fields{"@type": "Document", "title": "x"})
		lock, err := client.Call[client.Lock](t.Context(), c, client.Request{Method: http.MethodPost, Path: path + "/@lock"})
		require.NoError(t, err)
		require.True(t, lock.Value.Locked)

		// Also its owner needs the token.
		_, err = c.Content.Update(t.Context(), path, client.Fields{"title": "y"})
		require.ErrorIs(t, err, errors.ErrLocked)
		require.ErrorIs(t, err, errors.ErrForbidden)
		_, err = c.Content.Update(t.Context(), path, client.Fields{"title": "y"}, client.LockToken(lock.Value.Token))
		require.NoError(t, err)

		_, err = c.Content.Delete(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrLocked)
		require.ErrorIs(t, err, errors.Status(http.StatusLocked))
		_, err = client.Call[client.Lock](t.Context(), c, client.Request{Method: http.MethodDelete, Path: path + "/@lock"})
		require.NoError(t, err)
	})
}

func TestBehaviour_Content_Delete(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		// An id of its own: an object of that name further up would be acquired.
		path := s.add(t, folder, client.Fields{"@type": "Document", "id": unique("gone"), "title": "x"})
		child := s.add(t, path, client.Fields{"@type": "Document", "title": "y"})

		_, err := s.anonymous(t).Content.Delete(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrUnauthorized)

		deleted, err := c.Content.Delete(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, http.StatusNoContent, deleted.StatusCode)
		_, err = c.Content.Get(t.Context(), child)
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = c.Content.Delete(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrNotFound)
	})
}

func TestBehaviour_Content_moved(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		old := s.add(t, folder, client.Fields{"@type": "Document", "id": "old", "title": "x"})
		_, err := c.Content.Update(t.Context(), old, client.Fields{"id": "new"})
		require.NoError(t, err)

		// A read goes on to the new address, a write says where it is.
		got, err := c.Content.Get(t.Context(), old)
		require.NoError(t, err)
		assert.Equal(t, s.url+folder+"/new", got.Value.URL)

		_, err = c.Content.Delete(t.Context(), old)
		moved, found := errors.AsType[*errors.RedirectError](err)
		require.True(t, found, "%v", err)
		require.ErrorIs(t, err, errors.Status(http.StatusTemporaryRedirect))
		assert.Equal(t, s.url+folder+"/new", moved.Location.String())

		_, err = c.Content.Update(t.Context(), old, client.Fields{"title": "y"}, client.FollowMoved())
		require.NoError(t, err)
		got, err = c.Content.Get(t.Context(), folder+"/new")
		require.NoError(t, err)
		assert.Equal(t, "y", got.Value.Title)
	})
}

func TestBehaviour_Content_Reorder(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		for _, id := range []string{"c", "a", "b"} {
			s.add(t, folder, client.Fields{"@type": "Document", "id": id, "title": id})
		}
		order := func() string {
			var ids []string
			for item, err := range c.Content.Children(t.Context(), folder, client.ListOptions{}) {
				require.NoError(t, err)
				ids = append(ids, item.Title)
			}
			return strings.Join(ids, "")
		}
		require.Equal(t, "cab", order())
		for _, step := range []struct {
			move client.Position
			want string
		}{
			{client.Position{ID: "b", Delta: client.Top}, "bca"},
			{client.Position{ID: "b", Delta: client.Bottom}, "cab"},
			{client.Position{ID: "c", Delta: 1}, "acb"},
			{client.Position{ID: "b", Delta: -1}, "abc"},
		} {
			_, err := c.Content.Reorder(t.Context(), folder, step.move)
			require.NoError(t, err)
			assert.Equal(t, step.want, order(), "%+v", step.move)
		}
		_, err := c.Content.SortChildren(t.Context(), folder, client.Sort{On: "sortable_title", Descending: true})
		require.NoError(t, err)
		assert.Equal(t, "cba", order())

		_, err = c.Content.Reorder(t.Context(), folder, client.Position{ID: "a", Delta: 1, Among: []string{"a", "b", "c"}})
		require.ErrorIs(t, err, errors.ErrBadRequest)
	})
}

func TestBehaviour_Content_Children(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		for i := range 7 {
			s.add(t, folder, client.Fields{"@type": "Document", "id": fmt.Sprint("d", i), "title": fmt.Sprint("D ", i), "rights": "R"})
		}
		for _, size := range []int{0, 1, 3, 7, 50} {
			var titles []string
			for item, err := range c.Content.Children(t.Context(), folder, client.ListOptions{PageSize: size, Metadata: []string{"UID", "Creator"}}) {
				require.NoError(t, err)
				titles = append(titles, item.Title)
				assert.Len(t, item.UID, 32)
				var creator string
				require.NoError(t, item.Extra("Creator", &creator))
				assert.Equal(t, s.user, creator)
			}
			assert.Equal(t, []string{"D 0", "D 1", "D 2", "D 3", "D 4", "D 5", "D 6"}, titles, "page size %d", size)
		}
		for range c.Content.Children(t.Context(), folder, client.ListOptions{PageSize: 1}) {
			break // ends the requests
		}
		for _, err := range c.Content.Children(t.Context(), folder+"/nope", client.ListOptions{}) {
			require.ErrorIs(t, err, errors.ErrNotFound)
		}
	})
}

func TestBehaviour_Call(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		any, err := client.Call[json.RawMessage](t.Context(), c, client.Request{Path: folder})
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, any.StatusCode)
		assert.True(t, json.Valid(any.Value))

		// Without the exact Accept, Plone answers a write with a page and 200.
		page, err := client.Call[json.RawMessage](t.Context(), c, client.Request{
			Method: http.MethodPatch, Path: folder, Body: client.Fields{"title": "lost"}, Header: http.Header{"Accept": {"*/*"}},
		})
		decode, found := errors.AsType[*errors.DecodeError](err)
		require.True(t, found, "%v %v", page, err)
		assert.Equal(t, errors.Status(200), decode.Status)
		got, err := c.Content.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.NotEqual(t, "lost", got.Value.Title)
	})
}
