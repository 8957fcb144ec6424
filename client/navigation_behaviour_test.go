package client_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// menu makes a folder with the objects a (with the child aa), b, hidden and a file in it.
func (s *site) menu(t *testing.T) string {
	t.Helper()
	folder := s.folder(t)
	a := s.add(t, folder, client.Fields{"@type": "Document", "id": "a", "title": "A", "description": "first", "nav_title": "Short A"})
	s.add(t, a, client.Fields{"@type": "Document", "id": "aa", "title": "AA"})
	s.add(t, folder, client.Fields{"@type": "News Item", "id": "b", "title": "B"})
	s.add(t, folder, client.Fields{"@type": "Document", "id": "hidden", "title": "Hidden", "exclude_from_nav": true})
	s.add(t, folder, client.Fields{"@type": "File", "title": "F", "file": client.Fields{"data": "x", "filename": "f.txt", "content-type": "text/plain"}})
	return folder
}

func TestBehaviour_Components_Navigation(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.menu(t)
		// Below the first level only what is in the language of the site is shown.
		_, err := c.Content.Update(t.Context(), folder+"/a", client.Fields{"language": "en"})
		require.NoError(t, err)

		find := func(depth int) client.NavigationItem {
			t.Helper()
			got, err := c.Components.Navigation(t.Context(), folder, depth)
			require.NoError(t, err)
			assert.Equal(t, s.url+folder+"/@navigation", got.Value.URL)
			assert.Equal(t, client.NavigationItem{URL: s.url, Title: "Home", Items: []client.NavigationItem{}}, got.Value.Items[0])
			for _, item := range got.Value.Items {
				if item.URL == s.url+folder {
					return item
				}
			}
			t.Fatal("the folder is not in the menu")
			return client.NavigationItem{}
		}
		assert.Equal(t, client.NavigationItem{URL: s.url + folder, Title: t.Name(), ReviewState: "private", Items: []client.NavigationItem{}}, find(0))
		assert.Equal(t, []client.NavigationItem{
			{URL: s.url + folder + "/a", Title: "Short A", Description: "first", ReviewState: "private", Items: []client.NavigationItem{}},
		}, find(3).Items)
	})
}

func TestBehaviour_Components_ContextNavigation(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.menu(t)
		tree := func(path string, o client.ContextNavigationOptions) client.ContextNavigation {
			t.Helper()
			got, err := c.Components.ContextNavigation(t.Context(), path, o)
			require.NoError(t, err)
			assert.Equal(t, s.url+path+"/@contextnavigation", got.Value.URL)
			return got.Value
		}
		none := []client.ContextNavigationItem{}
		a := client.ContextNavigationItem{
			URL: s.url + folder + "/a", Href: s.url + folder + "/a", Title: "Short A", Description: "first", Type: "document",
			NormalizedID: "a", ReviewState: "private", IsFolderish: true, Items: none,
		}
		aa := client.ContextNavigationItem{
			URL: a.URL + "/aa", Href: a.URL + "/aa", Title: "AA", Type: "document", NormalizedID: "aa", ReviewState: "private",
			IsFolderish: true, Items: none,
		}
		b := client.ContextNavigationItem{
			URL: s.url + folder + "/b", Href: s.url + folder + "/b", Title: "B", Type: "news-item", NormalizedID: "b",
			ReviewState: "private", IsFolderish: true, Items: none,
		}

		flat := tree(folder, client.ContextNavigationOptions{BottomLevel: 1})
		assert.Equal(t, []client.ContextNavigationItem{a, b}, flat.Items)
		assert.True(t, flat.Available)
		assert.Equal(t, "Navigation", flat.Title)
		assert.Equal(t, s.url+"/sitemap", flat.Href)

		onWay, current := a, aa
		onWay.IsInPath, current.IsCurrent = true, true
		onWay.Items = []client.ContextNavigationItem{current}
		assert.Equal(t, []client.ContextNavigationItem{onWay, b}, tree(folder+"/a/aa", client.ContextNavigationOptions{}).Items)

		top := tree(folder, client.ContextNavigationOptions{Name: "Here", RootPath: folder, TopLevel: client.Set(0), IncludeTop: true})
		assert.Equal(t, "Here", top.Title)
		assert.True(t, top.HasCustomName)
		assert.Equal(t, s.url+folder, top.Href)
		require.Len(t, top.Items, 3)
		assert.True(t, top.Items[0].IsCurrent)
		assert.Equal(t, t.Name(), top.Items[0].Title)

		file := tree(folder+"/f.txt", client.ContextNavigationOptions{CurrentFolderOnly: true})
		last := file.Items[len(file.Items)-1]
		assert.True(t, last.IsCurrent, "the object itself is shown, whatever its type is")
		assert.Equal(t, "/Plone/++resource++mimetype.icons/txt.png", last.Icon)
		file = tree(folder+"/f.txt", client.ContextNavigationOptions{NoIcons: true, NoThumbs: true, ThumbScale: "mini"})
		assert.Empty(t, file.Items[len(file.Items)-1].Icon)

		assert.Empty(t, tree(folder, client.ContextNavigationOptions{BottomLevel: -1}).Items)
		far := tree(folder, client.ContextNavigationOptions{TopLevel: client.Set(7)})
		assert.False(t, far.Available)
		assert.Empty(t, far.Items)
	})
}

func TestBehaviour_Components_Actions(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		all, err := c.Components.Actions(t.Context(), folder, nil)
		require.NoError(t, err)
		assert.Contains(t, all.Value["object"], client.Action{ID: "edit", Title: "Edit", Icon: "toolbar-action/edit", URL: s.url + folder + "/edit"})
		assert.Contains(t, all.Value, "document_actions")

		some, err := c.Components.Actions(t.Context(), folder, []string{"user"})
		require.NoError(t, err)
		assert.Equal(t, client.Actions{"user": all.Value["user"]}, some.Value)
		assert.NotEmpty(t, some.Value["user"])

		none, err := c.Components.Actions(t.Context(), folder, []string{"nope", "user"})
		require.NoError(t, err)
		assert.Equal(t, client.Actions{"nope": {}, "user": all.Value["user"]}, none.Value)

		anonymous, err := s.anonymous(t).Components.Actions(t.Context(), "/", []string{"user", "object"})
		require.NoError(t, err)
		assert.Equal(t, client.Actions{
			"user":   {{ID: "login", Title: "Log in", Icon: "plone-login", URL: s.url + "/login"}},
			"object": {{ID: "view", Title: "View", Icon: "toolbar-action/view", URL: s.url}},
		}, anonymous.Value)
	})
}

func TestBehaviour_Components_Navroot(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		site, err := c.Content.Get(t.Context(), "/")
		require.NoError(t, err)
		got, err := c.Components.Navroot(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, s.url+folder+"/@navroot", got.Value.URL)
		assert.Equal(t, site.Value.UID, got.Value.Navroot.UID)
		assert.Empty(t, got.Value.Navroot.Items)
		var layout string
		require.NoError(t, got.Value.Navroot.Extra("layout", &layout))
		assert.Equal(t, site.Value.Layout, layout)
	})
}

func TestBehaviour_Components_Inherit(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		page := s.add(t, folder, client.Fields{"@type": "Document", "id": "page", "title": "Page", "nav_title": "P"})
		file := s.add(t, page, client.Fields{"@type": "File", "title": "F", "file": client.Fields{"data": "x", "filename": "f.txt"}})

		got, err := c.Components.Inherit(t.Context(), file, []string{"plone.navigationroot", "volto.navtitle"})
		require.NoError(t, err)
		assert.Equal(t, s.url+file+"/@inherit?expand.inherit.behaviors=plone.navigationroot,volto.navtitle", got.Value.URL)
		assert.Equal(t, s.url, got.Value.Behaviors["plone.navigationroot"].From.URL)
		title := got.Value.Behaviors["volto.navtitle"]
		assert.Equal(t, client.Breadcrumb{URL: s.url + page, Title: "Page"}, title.From)
		assert.Equal(t, map[string]json.RawMessage{"nav_title": json.RawMessage(`"P"`)}, title.Data)

		for _, missing := range []string{"nope", "plone.leadimage"} {
			_, err = c.Components.Inherit(t.Context(), file, []string{"volto.navtitle", missing})
			require.ErrorIs(t, err, errors.ErrNotFound, missing)
		}
		_, err = c.Components.Inherit(t.Context(), file, []string{"plone.basic"})
		require.ErrorIs(t, err, errors.ErrInternalServer, "a behavior without a marker interface")
		for _, names := range [][]string{nil, {""}, {"a,b"}} {
			_, err = c.Components.Inherit(t.Context(), file, names)
			require.ErrorIs(t, err, errors.ErrInvalidInput)
		}
		_, err = c.Components.Navigation(t.Context(), file, -1)
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	})
}
