package client_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// odd is an object of a type whose own fields have the names of others.
const odd = `{"@id": "` + mockSite + `/a", "UID": "1", "uid": "jdoe", "version": 3, "lock": true, "parent": "Ada", "start": "Monday",
	"title": {"x": 1}, "subjects": ["a", 5], "items_total": "12", "batching": [], "@components": 7, "related": 1e400,
	"created": 5, "blocks": {"b": {"@type": "slate", "x": NaN}}, "items": [{"@id": "x", "getObjSize": 14, "start": "Monday"}]}`

func TestShapes_content(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/a", jsonAnswer(200, odd))
	got, err := c.Content.Get(t.Context(), "/a")
	require.NoError(t, err)
	o := &got.Value
	assert.Equal(t, "1", o.UID)
	assert.Empty(t, o.Version)
	assert.Zero(t, o.Lock)
	assert.Zero(t, o.Parent)
	assert.Empty(t, o.Title)
	assert.Nil(t, o.Subjects, "not half of them")
	assert.Zero(t, o.ItemsTotal)
	assert.Zero(t, o.Created)
	require.Len(t, o.Items, 1)
	assert.Equal(t, "x", o.Items[0].URL)
	for name, want := range map[string]any{
		"version": 3.0, "lock": true, "parent": "Ada", "uid": "jdoe", "subjects": []any{"a", 5.0}, "related": nil,
	} {
		var extra any
		require.NoError(t, o.Extra(name, &extra), name)
		assert.Equal(t, want, extra, name)
	}
	var size int
	require.NoError(t, o.Items[0].Extra("getObjSize", &size))
	assert.Equal(t, 14, size)
	assert.True(t, json.Valid(o.Raw()), "NaN is null in it")
	var x *float64
	require.NoError(t, o.Blocks["b"].Decode(&struct {
		X **float64 `json:"x"`
	}{&x}))
	assert.Nil(t, x)
}

// What a user's own struct expects is the user's word.
func TestShapes_ofAnotherStruct(t *testing.T) {
	t.Parallel()
	type event struct {
		client.Content
		Start string `json:"start"`
		Price int    `json:"price"`
	}
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/a", jsonAnswer(200, odd))
	got, err := client.ContentAs[event](c).Get(t.Context(), "/a")
	require.NoError(t, err)
	assert.Equal(t, "Monday", got.Value.Start)

	m.RegisterResponder("GET", mockSite+"/b", jsonAnswer(200, strings.Replace(odd, `"version"`, `"price": "dear", "version"`, 1)))
	_, err = client.ContentAs[event](c).Get(t.Context(), "/b")
	_, found := errors.AsType[*errors.DecodeError](err)
	require.True(t, found, "%v", err)
	assert.ErrorContains(t, err, "/price")
	assert.NotContains(t, err.Error(), "dear")
}

func TestShapes_results(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/@users/ada", jsonAnswer(200, `{"id": "ada", "groups": [], "roles": "Manager", "fullname": 5}`))
	user, err := c.Users.Get(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, client.UserGroups{}, user.Value.Groups)
	m.RegisterResponder("GET", mockSite+"/a", jsonAnswer(200, `{"@id": "x", "lock": {"locked": true, "time": "noon", "token": "t", "creator": {}}}`))
	object, err := c.Content.Get(t.Context(), "/a")
	require.NoError(t, err)
	assert.Equal(t, client.Lock{Locked: true, Token: "t"}, object.Value.Lock)
}

// One item that cannot be read is an error of its own, in a page that is read as a
// whole as in one that is read while it arrives.
func TestShapes_oneItem(t *testing.T) {
	t.Parallel()
	for name, padding := range map[string]string{"whole": "", "stream": strings.Repeat(" ", 1<<20+1) + `"much": "` + strings.Repeat("x", 1<<20) + `", `} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			m.RegisterNoResponder(jsonAnswer(200, "\xef\xbb\xbf{"+padding+`"@id": "x", "items_total": 4, "items": [
				{"@id": "a", "getObjSize": 14, "x": -Infinity}, {"@id": 7, "title": "b"}, {"@id": "c", "start": "Monday", "x": NaN}, "d"]}`))
			var got []string
			for item, err := range c.Search.All(t.Context(), "/", client.SearchOptions{}) {
				if err != nil {
					e, found := errors.AsType[*errors.DecodeError](err)
					require.True(t, found, "%v", err)
					got = append(got, string(e.Body))
					continue
				}
				got = append(got, item.URL)
				var x any = 1
				require.NoError(t, item.Extra("x", &x))
				assert.Nil(t, x)
			}
			assert.Equal(t, []string{"a", "c", `{"@id": 7, "title": "b"}`, `"d"`}, got)
			for page, err := range c.Search.Pages(t.Context(), "/", client.SearchOptions{}) {
				require.NoError(t, err)
				assert.Len(t, page.Errors, 2)
			}
		})
	}
}

func TestText_thatIsNotUTF8IsNotSent(t *testing.T) {
	t.Parallel()
	const latin = "Caf\xe9"
	c, m := mock(t)
	type page struct {
		Title string `json:"title"`
	}
	for name, send := range map[string]func() error{
		"fields": func() error { _, err := c.Content.Create(t.Context(), "/", client.Fields{"title": latin}); return err },
		"struct": func() error { _, err := c.Content.Update(t.Context(), "/a", page{latin}); return err },
		"raw": func() error {
			_, err := c.Content.Update(t.Context(), "/a", json.RawMessage(`{"title":"`+latin+`"}`))
			return err
		},
		"opt": func() error {
			_, err := c.Content.Update(t.Context(), "/a", client.Fields{"t": client.Set(latin)})
			return err
		},
		"richtext": func() error {
			_, err := c.Content.Update(t.Context(), "/a", client.Fields{"t": client.RichText{Data: latin}})
			return err
		},
		"once": func() error {
			_, err := c.Content.Create(t.Context(), "/", client.Fields{"id": "a", "title": latin}, client.ExactlyOnce())
			return err
		},
		"path": func() error { _, err := c.Content.Get(t.Context(), "/"+latin); return err },
		"query": func() error {
			_, err := client.Call[any](t.Context(), c, client.Request{Path: "/a", Query: url.Values{latin: {"x"}}})
			return err
		},
		"search": func() error {
			for _, err := range c.Search.All(t.Context(), "/", client.SearchOptions{Query: url.Values{"SearchableText": {latin}}}) {
				return err
			}
			return nil
		},
	} {
		assert.ErrorIs(t, send(), errors.ErrInvalidInput, name)
	}
	assert.Zero(t, m.GetTotalCallCount())

	m.RegisterResponder("PATCH", mockSite+"/a", func(req *http.Request) (*http.Response, error) {
		var body map[string]string
		require.NoError(t, json.NewDecoder(req.Body).Decode(&body))
		assert.Equal(t, "a real \ufffd", body["title"])
		return jsonAnswer(204, "")(req)
	})
	_, err := c.Content.Update(t.Context(), "/a", page{"a real \ufffd"})
	require.NoError(t, err)
}

func TestText_ofAnswers(t *testing.T) {
	t.Parallel()
	const latin = `{"@id": "x", "title": "Caf` + "\xe9" + `"}`
	c, m := mock(t)
	for contentType, says := range map[string]string{
		"application/json":                     "UTF-8",
		"application/json; charset=utf-8":      "UTF-8",
		"application/json; charset=ISO-8859-1": "",
		"application/json; charset=koi8-r":     `"koi8-r"`,
	} {
		m.RegisterResponder("GET", mockSite+"/a", answer(200, contentType, latin))
		got, err := c.Content.Get(t.Context(), "/a")
		if says == "" {
			require.NoError(t, err)
			assert.Equal(t, "Café", got.Value.Title)
			continue
		}
		_, found := errors.AsType[*errors.DecodeError](err)
		assert.True(t, found, contentType)
		assert.ErrorContains(t, err, says, contentType)
	}
	m.RegisterResponder("GET", mockSite+"/a", func(req *http.Request) (*http.Response, error) {
		resp, err := jsonAnswer(200, "\x1b\x03")(req)
		resp.Header.Set("Content-Encoding", "br")
		return resp, err
	})
	_, err := c.Content.Get(t.Context(), "/a")
	assert.ErrorContains(t, err, `the encoding "br"`)
}

// An object that a walk cannot read is an error of that object, whether its hit or
// the whole of it is odd.
func TestShapes_walk(t *testing.T) {
	t.Parallel()
	type priced struct {
		client.Content
		Price int `json:"price"`
	}
	c, m := mock(t)
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		if req.URL.Query().Get("fullobjects") == "" {
			return jsonAnswer(200, `{"@id": "x", "items_total": 4, "items": [
				{"@id": "a", "UID": "1"}, {"@id": 7, "UID": "2"}, {"@id": "c", "UID": "3", "start": "Monday"}, 4]}`)(req)
		}
		return jsonAnswer(200, `{"@id": "x", "items_total": 3, "items": [
			{"@id": "a", "UID": "1", "price": 5, "version": 3, "x": NaN}, {"@id": 7, "UID": "2"}, {"@id": "c", "UID": "3", "price": "dear"}]}`)(req)
	})
	var got, failed []string
	for object, err := range client.ContentAs[priced](c).Walk(t.Context(), "/", client.WalkOptions{}) {
		if err != nil {
			e, found := errors.AsType[*client.WalkError](err)
			require.True(t, found, "%v", err)
			failed = append(failed, e.UID)
			continue
		}
		got = append(got, object.URL)
	}
	assert.Equal(t, []string{"a"}, got)
	assert.Equal(t, []string{"", "2", "3"}, failed)
}
