package client_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// counting counts the requests that change something.
type counting struct {
	http.RoundTripper
	writes atomic.Int64
}

func (c *counting) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet {
		c.writes.Add(1)
	}
	return c.RoundTripper.RoundTrip(req)
}

func TestBehaviour_Content_Ensure(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder, writes := s.folder(t), &counting{RoundTripper: http.DefaultTransport}
		c, ctx, path := s.client(t, client.WithTransport(writes)), t.Context(), folder+"/a"
		body := client.Fields{"@type": "Document", "title": "A", "subjects": []string{"x", "y"}}
		got, err := c.Content.Ensure(ctx, path, body)
		require.NoError(t, err)
		assert.True(t, got.Created)
		assert.Nil(t, got.Changed)
		assert.Equal(t, "A", got.Value.Title)
		assert.Equal(t, s.url+path, got.Value.URL)
		modified := got.Value.Modified

		writes.writes.Store(0)
		got, err = c.Content.Ensure(ctx, path, body)
		require.NoError(t, err)
		assert.False(t, got.Created)
		assert.Nil(t, got.Changed)
		assert.Equal(t, modified, got.Value.Modified)
		assert.Zero(t, writes.writes.Load())

		body["title"], body["subjects"], body["description"] = "B", []string{}, nil
		got, err = c.Content.Ensure(ctx, s.url+path, body)
		require.NoError(t, err)
		assert.False(t, got.Created)
		assert.Equal(t, []string{"subjects", "title"}, got.Changed)
		assert.Equal(t, "B", got.Value.Title)

		// An object that was read stands for itself.
		writes.writes.Store(0)
		got, err = c.Content.Ensure(ctx, path, got.Value)
		require.NoError(t, err)
		assert.Nil(t, got.Changed)
		assert.Zero(t, writes.writes.Load())

		got, err = c.Content.Ensure(ctx, path, client.Fields{"title": "C"}, client.InState("published"))
		require.NoError(t, err)
		assert.Equal(t, []string{"review_state", "title"}, got.Changed)
		assert.Equal(t, "published", got.Value.ReviewState)
		writes.writes.Store(0)
		got, err = c.Content.Ensure(ctx, path, client.Fields{"title": "C"}, client.InState("published"))
		require.NoError(t, err)
		assert.Nil(t, got.Changed)
		assert.Zero(t, writes.writes.Load())

		got, err = c.Content.Ensure(ctx, folder+"/b", client.Fields{"@type": "Document", "id": "b", "title": "B"}, client.InState("published"))
		require.NoError(t, err)
		assert.True(t, got.Created)
		assert.Equal(t, "published", got.Value.ReviewState)
	})
}

func TestBehaviour_Content_Ensure_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder, ctx := s.client(t), s.folder(t), t.Context()
		path := s.add(t, folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		for name, tt := range map[string]struct {
			path string
			body any
			opts []client.CallOption
			want []error
		}{
			"nothing there, and no type": {folder + "/b", client.Fields{"title": "B"}, nil, []error{errors.ErrNotFound, errors.ErrInvalidInput}},
			"no folder":                  {folder + "/b/c", client.Fields{"@type": "Document"}, nil, []error{errors.ErrNotFound}},
			"acquired folder":            {folder + "/" + folder + "/c", client.Fields{"@type": "Document"}, nil, []error{errors.ErrNotFound}},
			"another type":               {path, client.Fields{"@type": "Link"}, nil, []error{errors.ErrAlreadyExists}},
			"another UID":                {path, client.Fields{"UID": "0123456789abcdef0123456789abcdef"}, nil, []error{errors.ErrAlreadyExists}},
			"another id":                 {path, client.Fields{"id": "b"}, nil, []error{errors.ErrInvalidInput}},
			"another new id":             {folder + "/b", client.Fields{"@type": "Document", "id": "c"}, nil, []error{errors.ErrInvalidInput}},
			"no object":                  {path, nil, nil, []error{errors.ErrInvalidInput}},
			"an action":                  {folder, client.Fields{"sort": client.Sort{On: "id"}}, nil, []error{errors.ErrInvalidInput}},
			"a nil option":               {path, client.Fields{}, []client.CallOption{nil}, []error{errors.ErrInvalidInput}},
			"a field refused":            {path, client.Fields{"effective": "no date"}, nil, []error{errors.ErrBadRequest}},
			"an unknown field":           {path, client.Fields{"nope": "x"}, nil, []error{errors.ErrNotDone}},
			"an unknown state":           {path, client.Fields{}, []client.CallOption{client.InState("shredded")}, []error{errors.ErrBadRequest}},
		} {
			got, err := c.Content.Ensure(ctx, tt.path, tt.body, tt.opts...)
			assert.Nil(t, got, name)
			for _, target := range tt.want {
				require.ErrorIs(t, err, target, name)
			}
		}
		_, err := c.Content.Get(ctx, path, client.InState("published"))
		require.ErrorIs(t, err, errors.ErrInvalidInput)

		_, err = c.Content.Ensure(ctx, path, client.Fields{"title": "B", "nope": "x"})
		partly, found := errors.AsType[*client.EnsureError](err)
		require.True(t, found)
		assert.Equal(t, &client.EnsureError{Name: path, Changed: []string{"title"}, Missing: []string{"nope"}, Err: errors.ErrNotDone}, partly)
		_, err = c.Content.Ensure(ctx, folder+"/new", client.Fields{"@type": "Document", "title": "N"}, client.InState("shredded"))
		partly, found = errors.AsType[*client.EnsureError](err)
		require.True(t, found)
		assert.True(t, partly.Created)
		require.ErrorIs(t, err, errors.ErrBadRequest)
		_, err = client.ContentAs[struct{ Title string }](c).Ensure(ctx, path, client.Fields{})
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	})
}

func TestBehaviour_Content_Ensure_moved(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder, ctx := s.client(t), s.folder(t), t.Context()
		path := s.add(t, folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})
		_, err := c.Content.Update(ctx, path, client.Fields{"id": "b"})
		require.NoError(t, err)
		_, err = c.Content.Ensure(ctx, path, client.Fields{"@type": "Document", "title": "B"})
		require.ErrorIs(t, err, errors.Class(3))
		got, err := c.Content.Ensure(ctx, path, client.Fields{"@type": "Document", "title": "B"}, client.FollowMoved())
		require.NoError(t, err)
		assert.Equal(t, []string{"title"}, got.Changed)
		assert.Equal(t, s.url+folder+"/b", got.Value.URL)
	})
}

// Whatever the server makes of what was sent: a second run changes nothing.
func TestBehaviour_Content_Ensure_settles(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder, writes := s.folder(t), &counting{RoundTripper: http.DefaultTransport}
		c, ctx := s.client(t, client.WithTransport(writes)), t.Context()
		target := s.add(t, folder, client.Fields{"@type": "Document", "id": "target", "title": "Target"})
		got, err := c.Content.Get(ctx, target)
		require.NoError(t, err)
		uid := got.Value.UID
		png := "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
		page := func(name string, value any) client.Fields {
			return client.Fields{"@type": "Document", "title": "A", name: value}
		}
		event := func(start, end string) client.Fields {
			return client.Fields{"@type": "Event", "title": "E", "start": start, "end": end}
		}
		for name, tt := range map[string]struct {
			body  client.Fields
			again int64 // writes of a second run
		}{
			"title with spaces":    {client.Fields{"@type": "Document", "title": "  A\t"}, 0},
			"lines":                {page("description", "a\r\nb\n"), 0},
			"dates without a zone": {page("effective", "2026-03-01T10:00:37"), 0},
			"dates with a zone":    {page("expires", "2036-03-01T10:00:00+02:00"), 0},
			"a day":                {page("effective", "2026-03-01"), 0},
			"an event":             {event("2026-03-01T10:00:00+02:00", "2026-03-01T12:00:00+02:00"), 0},
			"no date":              {page("effective", nil), 0},
			"language":             {page("language", "en"), 0},
			"language as a term":   {page("language", map[string]any{"token": "en", "title": "English"}), 0},
			"discussion":           {page("allow_discussion", nil), 0},
			"not discussed":        {page("allow_discussion", false), 0},
			"related by paths":     {page("relatedItems", []string{target}), 0},
			"related by addresses": {page("relatedItems", []string{s.url + target}), 0},
			"related by UIDs":      {page("relatedItems", []string{uid}), 0},
			"related by objects":   {page("relatedItems", []any{map[string]any{"@id": target}}), 0},
			"a single relation":    {page("relatedItems", target), 0},
			"a link inside":        {client.Fields{"@type": "Link", "title": "L", "remoteUrl": target}, 0},
			"a link by address":    {client.Fields{"@type": "Link", "title": "L", "remoteUrl": s.url + target}, 0},
			"a link by UID":        {client.Fields{"@type": "Link", "title": "L", "remoteUrl": "../resolveuid/" + uid}, 1},
			"a link elsewhere":     {client.Fields{"@type": "Link", "title": "L", "remoteUrl": "https://example.org/a?b=c#d"}, 0},
			"a file": {client.Fields{"@type": "File", "title": "F", "file": map[string]any{
				"data": base64.StdEncoding.EncodeToString([]byte("abc")), "encoding": "base64", "filename": "a.txt", "content-type": "text/plain",
			}}, 0},
			"a file as text": {client.Fields{"@type": "File", "title": "F", "file": map[string]any{"data": "abc", "filename": "a.txt", "content-type": "text/plain"}}, 0},
			"an image":       {client.Fields{"@type": "Image", "title": "I", "image": map[string]any{"data": png, "encoding": "base64", "filename": "a.png", "content-type": "image/png"}}, 0},
			"blocks": {client.Fields{
				"@type": "Document", "title": "A",
				"blocks": map[string]any{
					"t": map[string]any{"@type": "title"},
					"s": map[string]any{"@type": "slate", "plaintext": "x y", "value": []any{map[string]any{"type": "p", "children": []any{
						map[string]any{"text": "x "},
						map[string]any{"type": "link", "data": map[string]any{"url": target}, "children": []any{map[string]any{"text": "y"}}},
					}}}},
					"i": map[string]any{"@type": "image", "url": target, "alt": ""},
					"e": map[string]any{"@type": "teaser", "href": []any{map[string]any{"@id": target}}},
					"f": map[string]any{"@type": "teaser", "href": []any{map[string]any{"@id": target}}, "overwrite": false},
					"g": map[string]any{"@type": "teaser", "href": []any{map[string]any{"@id": target}}, "overwrite": true, "title": "T"},
				},
				"blocks_layout": map[string]any{"items": []string{"t", "s", "i", "e", "f", "g"}},
			}, 0},
		} {
			path := folder + "/" + "x-" + strings.ReplaceAll(name, " ", "-")
			made, err := c.Content.Ensure(ctx, path, tt.body)
			if !assert.NoError(t, err, name) {
				continue
			}
			assert.True(t, made.Created, name)
			writes.writes.Store(0)
			again, err := c.Content.Ensure(ctx, path, tt.body)
			require.NoError(t, err, name)
			assert.False(t, again.Created, name)
			assert.Nil(t, again.Changed, name)
			assert.Equal(t, made.Value.Modified, again.Value.Modified, name)
			assert.Equal(t, tt.again, writes.writes.Load(), name)
		}
	})
}

// What differs is seen, however alike it looks.
func TestBehaviour_Content_Ensure_differs(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder, ctx := s.client(t), s.folder(t), t.Context()
		one := s.add(t, folder, client.Fields{"@type": "Document", "id": "one", "title": "One"})
		two := s.add(t, folder, client.Fields{"@type": "Document", "id": "two", "title": "Two"})
		file := func(data, name string) any {
			return map[string]any{"data": data, "filename": name, "content-type": "text/plain"}
		}
		blocks := func(block map[string]any) any { return map[string]any{"a": block} }
		for name, tt := range map[string]struct {
			typ, field string
			a, b       any
		}{
			"case":               {"Document", "title", "a", "A"},
			"an hour":            {"Document", "effective", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00+01:00"},
			"order":              {"Document", "subjects", []string{"a", "b"}, []string{"b", "a"}},
			"one less":           {"Document", "subjects", []string{"a", "b"}, []string{"a"}},
			"relation":           {"Document", "relatedItems", []string{one}, []string{two}},
			"order of relations": {"Document", "relatedItems", []string{one, two}, []string{two, one}},
			"no relation":        {"Document", "relatedItems", []string{one}, nil},
			"bytes":              {"File", "file", file("abc", "a.txt"), file("abd", "a.txt")},
			"filename":           {"File", "file", file("abc", "a.txt"), file("abc", "b.txt")},
			"fragment":           {"Link", "remoteUrl", "https://example.org/#a", "https://example.org/#b"},
			"member of a block":  {"Document", "blocks", blocks(map[string]any{"@type": "image", "url": one, "alt": "x"}), blocks(map[string]any{"@type": "image", "url": one})},
			"link in a block":    {"Document", "blocks", blocks(map[string]any{"@type": "image", "url": one}), blocks(map[string]any{"@type": "image", "url": two})},
			"a block less":       {"Document", "blocks", map[string]any{"a": map[string]any{"@type": "title"}, "b": map[string]any{"@type": "title"}}, blocks(map[string]any{"@type": "title"})},
			"target of a teaser": {"Document", "blocks", blocks(map[string]any{"@type": "teaser", "href": []any{map[string]any{"@id": one}}}), blocks(map[string]any{"@type": "teaser", "href": []any{map[string]any{"@id": two}}})},
			"true":               {"Document", "exclude_from_nav", false, true},
		} {
			path := folder + "/" + "x-" + strings.ReplaceAll(name, " ", "-")
			body := client.Fields{"@type": tt.typ, "title": "x", tt.field: tt.a}
			_, err := c.Content.Ensure(ctx, path, body)
			require.NoError(t, err, name)
			body[tt.field] = tt.b
			got, err := c.Content.Ensure(ctx, path, body)
			require.NoError(t, err, name)
			assert.Equal(t, []string{tt.field}, got.Changed, name)
			got, err = c.Content.Ensure(ctx, path, body)
			require.NoError(t, err, name)
			assert.Nil(t, got.Changed, name)
		}
	})
}

func TestBehaviour_Content_Ensure_race(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		var group sync.WaitGroup
		var created atomic.Int64
		for range 4 {
			group.Go(func() {
				got, err := c.Content.Ensure(t.Context(), folder+"/a", client.Fields{"@type": "Document", "title": "A"})
				if assert.NoError(t, err) && got.Created {
					created.Add(1)
				}
			})
		}
		group.Wait()
		assert.EqualValues(t, 1, created.Load())
		got, err := c.Content.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, 1, got.Value.ItemsTotal)
	})
}
