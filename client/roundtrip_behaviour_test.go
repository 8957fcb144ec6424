package client_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// onePixel is an image.
var onePixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00" +
	"\x00\x00\rIDATx\xdacd\xf8\xcfP\x0f\x00\x03\x86\x01\x80Z4}k\x00\x00\x00\x00IEND\xaeB`\x82")

// roundTrip reads the object at path as a T, writes it back whole, and checks
// that T had a home for all of it and that nothing has changed. It returns what
// was read.
func roundTrip[T any](t *testing.T, c *client.Client, path string, but ...string) T {
	t.Helper()
	read := func() map[string]json.RawMessage {
		raw, err := client.Call[json.RawMessage](t.Context(), c, client.Request{Path: path})
		require.NoError(t, err)
		requireStrict(t, raw.Value, new(T))
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(raw.Value, &fields))
		for _, name := range append(but, "modified") {
			delete(fields, name)
		}
		return fields
	}
	objects := client.ContentAs[T](c)
	before := read()
	got, err := objects.Get(t.Context(), path)
	require.NoError(t, err)
	_, err = objects.Update(t.Context(), path, got.Value)
	require.NoError(t, err)
	after := read()
	assert.ElementsMatch(t, slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after)))
	for name, value := range before {
		assert.JSONEq(t, string(value), string(after[name]), name)
	}
	return got.Value
}

// everything is a Content with all fields that can be written.
func everything(t *testing.T, contentType, related string) client.Content {
	t.Helper()
	content := client.Content{
		Type: contentType, Title: "Ünder <b> & \"c\"", Description: "first\nsecond", NavTitle: "Short",
		Subjects: []string{"one", "zwei"}, Creators: []string{"admin", "ada"}, Contributors: []string{"bob"},
		Rights: "CC0", Language: client.Term{Token: "en"},
		Effective:      client.NewTime(time.Date(2026, 1, 2, 3, 4, 0, 0, time.FixedZone("", 3600))),
		Expires:        client.NewTime(time.Date(2030, 5, 6, 7, 8, 0, 0, time.UTC)),
		ExcludeFromNav: true, VersioningEnabled: true, ChangeNote: "why",
		RelatedItems:     []client.Summary{{URL: related}},
		PreviewImageLink: client.Summary{URL: related}, PreviewCaptionLink: "caption",
	}
	inner := client.BlockTree{}
	inner.AppendBlock(newBlock(t, client.Fields{"@type": "slate", "plaintext": "inside", "value": []any{}}))
	content.AppendBlock(newBlock(t, client.Fields{"@type": "title"}))
	content.AppendBlock(newBlock(t, client.Fields{
		"@type": "slate", "plaintext": "Hello",
		"value": []any{client.Fields{"type": "p", "children": []any{client.Fields{"text": "Hello <&>"}}}},
	}))
	content.AppendBlock(newBlock(t, client.Fields{"@type": "gridBlock", "big": 9007199254740993}).WithInner(inner))
	return content
}

func TestBehaviour_Content_roundTrip(t *testing.T) {
	t.Parallel()
	// assertCommon checks that all common fields of a type have been written, and
	// read again. Fields that the type does not have are in but.
	assertCommon := func(t *testing.T, want, got client.Content, related client.Image, but ...string) {
		t.Helper()
		has := func(field string) bool { return !slices.Contains(but, field) }
		assert.Equal(t, want.Title, got.Title)
		assert.Equal(t, want.Description, got.Description)
		assert.Equal(t, want.Subjects, got.Subjects)
		assert.Equal(t, want.Creators, got.Creators)
		assert.Equal(t, want.Contributors, got.Contributors)
		assert.Equal(t, want.Rights, got.Rights)
		assert.True(t, want.Effective.Equal(got.Effective.Time), "%s", got.Effective)
		assert.True(t, want.Expires.Equal(got.Expires.Time), "%s", got.Expires)
		if has("exclude_from_nav") {
			assert.True(t, bool(got.ExcludeFromNav))
		}
		if has("nav_title") {
			assert.Equal(t, want.NavTitle, got.NavTitle)
			assert.True(t, bool(got.VersioningEnabled))
		}
		if has("relatedItems") && assert.Len(t, got.RelatedItems, 1) {
			assert.Equal(t, related.UID, got.RelatedItems[0].UID)
			assert.Equal(t, related.URL, got.RelatedItems[0].URL)
		}
		if has("preview_image_link") {
			assert.Equal(t, related.UID, got.PreviewImageLink.UID)
			assert.Equal(t, want.PreviewCaptionLink, got.PreviewCaptionLink)
		}
		if has("blocks") {
			assert.Equal(t, want.BlocksLayout, got.BlocksLayout)
			assert.Equal(t, want.BlocksText(), got.BlocksText())
			assert.Equal(t, "Hello <&>\ninside", got.BlocksText())
			wrote, err := json.Marshal(want.Blocks)
			require.NoError(t, err)
			read, err := json.Marshal(got.Blocks)
			require.NoError(t, err)
			assert.JSONEq(t, string(wrote), string(read))
		}
	}
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		images := client.ContentAs[client.Image](c)
		created, err := images.Create(t.Context(), folder, client.Image{
			Content: client.Content{Type: "Image", Title: "Related"},
			Image:   client.NewNamedImage("related.png", "image/png", onePixel),
		})
		require.NoError(t, err)
		related := created.Value
		add := func(v any) string {
			t.Helper()
			created, err := c.Content.Create(t.Context(), folder, v)
			require.NoError(t, err)
			return strings.TrimPrefix(created.Value.URL, s.url)
		}

		// Relations can be named by path, by UID and by address.
		document := client.Document{Content: everything(t, "Document", strings.TrimPrefix(related.URL, s.url))}
		gotDocument := roundTrip[client.Document](t, c, add(document))
		assertCommon(t, document.Content, gotDocument.Content, related)

		news := client.NewsItem{Content: everything(t, "News Item", related.UID)}
		gotNews := roundTrip[client.NewsItem](t, c, add(news))
		assertCommon(t, news.Content, gotNews.Content, related)

		event := client.Event{
			Content:    everything(t, "Event", related.URL),
			Start:      client.NewTime(time.Date(2027, 3, 4, 5, 6, 7, 0, time.FixedZone("", -3600))),
			End:        client.NewTime(time.Date(2027, 3, 4, 8, 0, 0, 0, time.UTC)),
			OpenEnd:    false,
			Recurrence: "RRULE:FREQ=DAILY;COUNT=2", SyncUID: unique("sync"),
			Location: "Hall", Attendees: []string{"ada", "bob"}, ContactName: "Ada", ContactEmail: "ada@example.org",
			ContactPhone: "+1", EventURL: "https://example.org/e",
		}
		gotEvent := roundTrip[client.Event](t, c, add(event))
		assertCommon(t, event.Content, gotEvent.Content, related)
		assert.True(t, event.Start.Equal(gotEvent.Start.Time), "%s", gotEvent.Start)
		assert.True(t, event.End.Equal(gotEvent.End.Time), "%s", gotEvent.End)
		gotEvent.Content, gotEvent.Start, gotEvent.End = event.Content, event.Start, event.End
		assert.Equal(t, event, gotEvent)

		link := client.Link{Content: everything(t, "Link", related.URL), RemoteURL: related.URL}
		gotLink := roundTrip[client.Link](t, c, add(link))
		assertCommon(t, link.Content, gotLink.Content, related, "blocks", "relatedItems")
		assert.Equal(t, related.URL, gotLink.RemoteURL)

		folderish := client.Folder{Content: everything(t, "Folder", related.URL), NextPreviousEnabled: true}
		gotFolder := roundTrip[client.Folder](t, c, add(folderish))
		assertCommon(t, folderish.Content, gotFolder.Content, related, "blocks", "nav_title", "preview_image_link")
		assert.True(t, bool(gotFolder.NextPreviousEnabled))

		file := client.File{
			Content: everything(t, "File", related.URL),
			File:    client.NewNamedFile("grün.txt", "text/plain", []byte("hello")),
		}
		gotFile := roundTrip[client.File](t, c, add(file))
		assertCommon(t, file.Content, gotFile.Content, related, "blocks", "nav_title", "exclude_from_nav")
		assert.Equal(t, "grün.txt", gotFile.File.Filename)
		assert.Equal(t, "text/plain", gotFile.File.ContentType)
		assert.Equal(t, int64(5), gotFile.File.Size)

		image := client.Image{
			Content: everything(t, "Image", related.URL),
			Image:   client.NewNamedImage("dot.png", "image/png", onePixel),
		}
		path := add(image)
		gotImage := roundTrip[client.Image](t, c, path)
		assertCommon(t, image.Content, gotImage.Content, related, "blocks", "nav_title", "exclude_from_nav", "preview_image_link")
		assert.Equal(t, "dot.png", gotImage.Image.Filename)
		assert.Equal(t, int64(len(onePixel)), gotImage.Image.Size)
		assert.Equal(t, []int{1, 1}, []int{gotImage.Image.Width, gotImage.Image.Height})

		// Data replaces what is stored.
		gotImage.Image = client.NewNamedImage("other.png", "image/png", append(slices.Clone(onePixel), 0))
		updated, err := images.UpdateGet(t.Context(), path, gotImage)
		require.NoError(t, err)
		assert.Equal(t, "other.png", updated.Value.Image.Filename)
		assert.Equal(t, int64(len(onePixel)+1), updated.Value.Image.Size)
	})
}

func TestBehaviour_Content_roundTrip_language(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		// Where a site has a folder for each language, what is elsewhere has none.
		c, folder := s.client(t), "/en"
		if _, err := c.Content.Get(t.Context(), folder); err != nil {
			require.ErrorIs(t, err, errors.ErrNotFound)
			folder = "/"
		}
		created, err := c.Content.Create(t.Context(), folder, client.Content{
			Type: "Document", ID: unique("t"), Title: "x", Language: client.Term{Token: "en"},
		})
		require.NoError(t, err)
		t.Cleanup(func() {
			_, err := c.Content.Delete(context.WithoutCancel(t.Context()), created.Value.URL)
			assert.NoError(t, err)
		})
		got := roundTrip[client.Document](t, c, created.Value.URL)
		assert.Equal(t, client.Term{Token: "en", Title: "English"}, got.Language)
	})
}

func TestBehaviour_Content_roundTrip_site(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		// Other tests come and go below the root.
		got := roundTrip[client.Site](t, s.client(t), "/", "items", "items_total", "batching")
		assert.Equal(t, "Plone Site", got.Type)
		assert.Equal(t, s.url, got.URL)
		assert.True(t, got.Modified.IsZero())
		assert.Zero(t, got.Parent)
		if s.live {
			root := roundTrip[client.Content](t, s.client(t), "/en", "items", "items_total", "batching")
			assert.Equal(t, "LRF", root.Type)
		}
	})
}

func TestBehaviour_Content_numbersAsBooleans(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		path := s.add(t, s.folder(t), client.Fields{"@type": "Document", "title": "x", "exclude_from_nav": 1, "versioning_enabled": 0})
		got, err := s.client(t).Content.Get(t.Context(), path)
		require.NoError(t, err)
		assert.True(t, bool(got.Value.ExcludeFromNav))
		assert.False(t, bool(got.Value.VersioningEnabled))
		var raw any
		require.NoError(t, got.Value.Extra("exclude_from_nav", &raw))
		assert.InDelta(t, 1, raw, 0, "the server keeps what it was given")
	})
}
