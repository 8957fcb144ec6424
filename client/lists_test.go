package client_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// pageCounting is a server that counts the items of a page, tells of no other pages,
// and sends no more than cap at once.
func pageCounting(n, cap int) httpmock.Responder {
	return func(req *http.Request) (*http.Response, error) {
		all := ids(n)
		start, _ := strconv.Atoi(req.URL.Query().Get("b_start"))
		size, _ := strconv.Atoi(req.URL.Query().Get("b_size"))
		page := all[min(start, n):min(start+min(size, cap), n)]
		return jsonAnswer(200, unlinked(page, len(page)))(req)
	}
}

// unlinked is a page without addresses of others.
func unlinked(ids []string, total int) string {
	items := make([]string, len(ids))
	for i, id := range ids {
		items[i] = fmt.Sprintf(`{"@id": %q, "title": %q, "UID": "u-%s", "id": %q}`, mockSite+"/"+id, id, id, id)
	}
	return fmt.Sprintf(`{"@id": "u", "items": [%s], "items_total": %d}`, strings.Join(items, ","), total)
}

func TestList_serverCountsThePage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ n, size, cap int }{
		{105, 100, 1000}, {105, 0, 25}, {105, 0, 50}, {200, 100, 1000}, {50, 100, 25}, {100, 100, 100}, {7, 3, 100}, {1, 1, 1}, {0, 5, 5}, {5205, 0, 100},
	} {
		c, m := mock(t)
		m.RegisterNoResponder(pageCounting(tt.n, tt.cap))
		got, err := collect(t.Context(), c, tt.size)
		require.NoError(t, err, "%+v", tt)
		assert.Equal(t, ids(tt.n), append([]string{}, got...), "%+v", tt)

		n := 0
		for _, err := range c.Content.Children(t.Context(), "/", client.ListOptions{PageSize: tt.size}) {
			require.NoError(t, err, "%+v", tt)
			n++
		}
		assert.Equal(t, tt.n, n, "%+v", tt)
	}
}

// A server that counts is asked for nothing more than there is, but once.
func TestList_serverCounts(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		all := ids(30)
		if start := req.URL.Query().Get("b_start"); start != "0" {
			all = nil
		}
		return jsonAnswer(200, unlinked(all, 30))(req)
	})
	for range 3 {
		got, err := collect(t.Context(), c, 100)
		require.NoError(t, err)
		assert.Len(t, got, 30)
	}
	assert.Equal(t, 4, m.GetTotalCallCount())
}

// walked is a server with n objects, which counts the items of a page.
func TestWalk_serverCapsPages(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		q := req.URL.Query()
		all := ids(130)
		if uids := q["UID"]; len(uids) > 0 {
			all = slices.DeleteFunc(all, func(id string) bool { return !slices.Contains(uids, "u-"+id) })
		}
		start, _ := strconv.Atoi(q.Get("b_start"))
		size, _ := strconv.Atoi(q.Get("b_size"))
		page := all[min(start, len(all)):min(start+min(size, 20), len(all))]
		return jsonAnswer(200, unlinked(page, len(page)))(req)
	})
	var got []string
	for object, err := range c.Content.Walk(t.Context(), "/", client.WalkOptions{}) {
		require.NoError(t, err)
		got = append(got, object.Title)
	}
	assert.Equal(t, ids(130), got)
}

// Lists whose server never ends them end all the same.
func TestList_neverEnds(t *testing.T) {
	t.Parallel()
	drain := func(c *client.Client) map[string]func() error {
		return map[string]func() error{
			"registry": func() error {
				_, err := yielded(c.Registry.All(t.Context(), client.RegistryOptions{PageSize: 2}))
				return err
			},
			"terms": func() error {
				_, err := yielded(c.Vocabularies.Terms(t.Context(), "/", "v", client.TermOptions{PageSize: 2}))
				return err
			},
			"source": func() error {
				_, err := yielded(c.Vocabularies.QuerySource(t.Context(), "/", "v", "x", 2))
				return err
			},
			"comments": func() error {
				_, err := yielded(c.Comments.All(t.Context(), "/a", client.CommentOptions{PageSize: 2}))
				return err
			},
			"aliases": func() error {
				_, err := yielded(c.Aliases.All(t.Context(), "/a", client.AliasOptions{PageSize: 2}))
				return err
			},
			"search": func() error {
				_, err := yielded(c.Search.All(t.Context(), "/", client.SearchOptions{PageSize: 2}))
				return err
			},
			"children": func() error {
				_, err := yielded(c.Content.Children(t.Context(), "/", client.ListOptions{PageSize: 2}))
				return err
			},
			"walk": func() error {
				_, err := yielded(c.Content.Walk(t.Context(), "/", client.WalkOptions{PageSize: 2}))
				return err
			},
		}
	}
	item := func(n int) string {
		return fmt.Sprintf(`{"@id": "%[1]s/d%[2]d", "name": "r%[2]d", "token": "t%[2]d", "title": "T", "comment_id": "%[2]d", "path": "/p%[2]d", "UID": "u%[2]d", "schema": {}, "value": 1}`, mockSite, n)
	}
	for name, body := range map[string]string{
		"no total":              `"items": [` + item(1) + `,` + item(2) + `]`,
		"no total and nothing":  `"items": []`,
		"always more":           `"items": [` + item(1) + `,` + item(2) + `], "batching": {"next": "x"}`,
		"always more, counted":  `"items": [` + item(1) + `,` + item(2) + `], "items_total": 1000000, "batching": {"next": "x"}`,
		"nothing, of a million": `"items": [], "items_total": 1000000, "batching": {"next": "x"}`,
	} {
		c, m := mock(t)
		m.RegisterNoResponder(jsonAnswer(200, `{"@id": "u", `+body+`}`))
		for list, drain := range drain(c) {
			m.ZeroCallCounters()
			err := drain()
			if list != "walk" && (strings.Contains(name, "million") || strings.Contains(name, "counted")) {
				require.ErrorIs(t, err, errors.ErrListChanged, "%s, %s", list, name)
			}
			assert.LessOrEqual(t, m.GetTotalCallCount(), 20, "%s, %s", list, name)
		}
	}
}

// TestList_rangedTwice ranges over each sequence again, and in several goroutines.
func TestList_rangedTwice(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		all := append([]string{"folder"}, ids(12)...)
		start, _ := strconv.Atoi(req.URL.Query().Get("b_start"))
		size, _ := strconv.Atoi(req.URL.Query().Get("b_size"))
		return jsonAnswer(200, batch(all[min(start, len(all)):min(start+size, len(all))], len(all)))(req)
	})
	all := c.Search.All(t.Context(), "/folder", client.SearchOptions{PageSize: 5})
	pages := c.Search.Pages(t.Context(), "/folder", client.SearchOptions{PageSize: 5})
	read := func(name string, titles iter.Seq[string]) {
		assert.Equal(t, ids(12), slices.Collect(titles), name)
	}
	once := func() {
		read("all", func(yield func(string) bool) {
			for item, err := range all {
				if !assert.NoError(t, err) || !yield(item.Title) {
					return
				}
			}
		})
		read("pages", func(yield func(string) bool) {
			for page, err := range pages {
				if !assert.NoError(t, err) {
					return
				}
				assert.Equal(t, 12, page.ItemsTotal)
				for _, item := range page.Items {
					if !yield(item.Title) {
						return
					}
				}
			}
		})
	}
	once()
	once()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(once)
	}
	wg.Wait()
}

// What a caller asks for takes no memory before it comes.
func TestList_hugePages(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	large := strings.Repeat("x", 1<<20)
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		size, err := strconv.Atoi(req.URL.Query().Get("b_size"))
		require.NoError(t, err)
		assert.LessOrEqual(t, size, 1<<31-1)
		return jsonAnswer(200, `{"@id":"u","items":[{"@id":"`+mockSite+`/a","name":"n","token":"t","title":"`+large+`"}],"items_total":1}`)(req)
	})
	huge := 1 << 40
	if strconv.IntSize == 32 {
		huge = 1<<31 - 1
	}
	for _, size := range []int{1_000_000, huge} {
		var items []int
		count := func(n int, err error) {
			require.NoError(t, err)
			items = append(items, n)
		}
		count(counted(yielded(c.Search.All(t.Context(), "/", client.SearchOptions{PageSize: size}))))
		count(counted(yielded(c.Content.Children(t.Context(), "/", client.ListOptions{PageSize: size}))))
		count(counted(yielded(c.Registry.All(t.Context(), client.RegistryOptions{PageSize: size}))))
		count(counted(yielded(c.Vocabularies.Terms(t.Context(), "/", "v", client.TermOptions{PageSize: size}))))
		assert.Equal(t, []int{1, 1, 1, 1}, items)
	}
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = yielded(c.Search.All(t.Context(), "/", client.SearchOptions{PageSize: 1_000_000}))
		}
	}).AllocedBytesPerOp()
	assert.Less(t, allocated, int64(32<<20))
}

func counted[T any](items []T, err error) (int, error) { return len(items), err }

// slowBody is a large page, which is read while the caller works.
type slowBody struct {
	io.Reader
	ctx context.Context
}

func (b slowBody) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, context.Cause(b.ctx)
	}
	time.Sleep(10 * time.Millisecond) // of the fake clock
	return b.Reader.Read(p[:min(len(p), 64<<10)])
}

func (b slowBody) Close() error { return nil }

// The time of a call is not used up by the caller, who works on what came.
func TestList_timeoutIsNotTheCallers(t *testing.T) {
	t.Parallel()
	for _, server := range []time.Duration{0, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			c, m := mock(t, client.WithTimeout(10*time.Second))
			items := make([]string, 400)
			for i := range items {
				items[i] = fmt.Sprintf(`{"@id": "%s/d%d", "title": %q}`, mockSite, i, strings.Repeat("x", 10_000))
			}
			body := fmt.Sprintf(`{"@id":"u","items":[%s],"items_total":400}`, strings.Join(items, ","))
			m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
				resp, _ := jsonAnswer(200, "")(req)
				resp.Body, resp.ContentLength = slowBody{strings.NewReader(body), req.Context()}, -1
				select {
				case <-time.After(server):
				case <-req.Context().Done():
					return nil, req.Context().Err()
				}
				return resp, nil
			})
			n := 0
			for _, err := range c.Search.All(t.Context(), "/", client.SearchOptions{PageSize: 20}) {
				if server > 0 {
					require.ErrorIs(t, err, context.DeadlineExceeded)
					return
				}
				require.NoError(t, err)
				time.Sleep(time.Second)
				n++
			}
			assert.Equal(t, 400, n)
		})
	}
}

// A server that does not know fullobjects sends summaries, which are no objects.
func TestList_fullobjectsIgnored(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	summaries := `{"@id":"u","items":[{"@id":"` + mockSite + `/a","@type":"Document","title":"A","description":"","review_state":"private"}],"items_total":1}`
	m.RegisterNoResponder(jsonAnswer(200, summaries))
	_, err := yielded(c.Content.Search(t.Context(), "/", client.SearchOptions{}))
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = yielded(c.Content.Query(t.Context(), "/", client.QueryOptions{Where: []client.Condition{client.IndexType.Is("Document")}}))
	require.ErrorIs(t, err, errors.ErrUnsupported)
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		if req.URL.Query().Has("fullobjects") {
			return jsonAnswer(200, summaries)(req)
		}
		return jsonAnswer(200, strings.Replace(summaries, `"title"`, `"UID":"u","title"`, 1))(req)
	})
	_, err = yielded(c.Content.Walk(t.Context(), "/", client.WalkOptions{}))
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = yielded(c.Content.Walk(t.Context(), "/", client.WalkOptions{Summaries: true}))
	require.NoError(t, err)
}

// A redirect without the query would answer another question.
func TestRedirect_query(t *testing.T) {
	t.Parallel()
	for location, carried := range map[string]bool{
		"/site/new/@search":                                    true,
		"/site/new/@search?":                                   true,
		"/site/new/@search?b_start=0&b_size=100":               false,
		"/site/new/@search?portal_type=File":                   false,
		"/site/new/@search?portal_type=Document&came_from=old": false, // without the page
	} {
		c, m := mock(t)
		m.RegisterResponder("GET", mockSite+"/old/@search", answer(301, "text/html", "", "Location", location))
		m.RegisterResponder("GET", mockSite+"/new/@search", func(req *http.Request) (*http.Response, error) {
			assert.Equal(t, []string{"Document"}, req.URL.Query()["portal_type"], location)
			return jsonAnswer(200, noHits)(req)
		})
		_, err := yielded(c.Search.All(t.Context(), "/old", client.SearchOptions{Types: []string{"Document"}}))
		if carried {
			require.NoError(t, err, location)
			continue
		}
		_, found := errors.AsType[*errors.RedirectError](err)
		assert.True(t, found, "%s: %v", location, err)
	}
}

// A proxy wants a slash behind the site. It is the same place.
func TestRedirect_slash(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 307, 308} {
		c, m := mock(t)
		slash := answer(status, "text/html", "<html>", "Location", mockSite+"/")
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE"} {
			m.RegisterResponder(method, mockSite, slash)
		}
		m.RegisterResponder("GET", mockSite+"/", jsonAnswer(200, `{"@id":"`+mockSite+`/","@type":"Plone Site","title":"S"}`))
		m.RegisterResponder("POST", mockSite+"/", func(req *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			assert.JSONEq(t, `{"@type":"Document"}`, string(body))
			return jsonAnswer(201, `{"@id":"`+mockSite+`/a"}`)(req)
		})
		m.RegisterResponder("PATCH", mockSite+"/", answer(204, "", ""))
		site, err := c.Content.Get(t.Context(), "/")
		require.NoError(t, err, status)
		assert.Equal(t, "S", site.Value.Title)
		assert.Equal(t, 2, m.GetTotalCallCount())
		_, err = c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document"})
		require.NoError(t, err, status)
		_, err = c.Content.Update(t.Context(), "/", client.Fields{"title": "T"})
		require.NoError(t, err, status)
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	var got url.Values
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		got = req.URL.Query()
		return jsonAnswer(200, `{"@id":"`+mockSite+`/a","items":[],"items_total":0}`)(req)
	})
	values := []string{"1", "2"}
	_, err := c.Content.Get(t.Context(), "/a", client.Query("x", values...), client.Query("y", "3"), client.Query("y"), client.WithoutItems(), client.Expand("actions"))
	require.NoError(t, err)
	assert.Equal(t, url.Values{"x": {"1", "2"}, "include_items": {"false"}, "expand": {"actions"}}, got)
	_, err = yielded(c.Content.Children(t.Context(), "/a", client.ListOptions{}, client.Query("x", "1")))
	require.NoError(t, err)
	assert.Equal(t, []string{"1"}, got["x"])

	_, err = c.Content.Get(t.Context(), "/a", client.Query("", "1"))
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	for _, name := range []string{"b_start", "b_size"} { // lists count by themselves
		_, err = yielded(c.Content.Children(t.Context(), "/a", client.ListOptions{}, client.Query(name, "1")))
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	}
	for _, o := range []client.SearchOptions{{Start: -1}, {PageSize: -1}} {
		_, err = c.Search.Page(t.Context(), "/", o)
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	}
}

// yielded returns what a sequence yields before its error.
func yielded[T any](seq iter.Seq2[T, error]) (items []T, err error) {
	for item, err := range seq {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

// What an older server, or another one, does not know of aliases is done here: who
// lists them may be about to remove them.
func TestAliases_All_filters(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		assert.Equal(t, "/news", req.URL.Query().Get("q"))
		return jsonAnswer(200, `{"@id":"u","items":[{"path":"/news/a","manual":true},{"path":"/news/b","manual":false},{"path":"/c","manual":true}],"items_total":3}`)(req)
	})
	found, err := yielded(c.Aliases.All(t.Context(), "/", client.AliasOptions{Prefix: "/news", Manual: client.Set(true)}))
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, "/news/a", found[0].Path)
}

// A site without comments does not have them, whatever its server fails over.
func TestComments_withoutTheAddon(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(500, `{"type":"KeyError","message":"'Interface `+"`plone.app.discussion.interfaces.IDiscussionSettings`"+` defines a field `+"`captcha`"+`, for which there is no record.'"}`))
	_, err := yielded(c.Comments.All(t.Context(), "/a", client.CommentOptions{}))
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = c.Comments.Get(t.Context(), "/a", "1")
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = c.Comments.Add(t.Context(), "/a", client.NewComment{Text: "x"})
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = c.Comments.Delete(t.Context(), "/a", "1")
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

// A server that does not know Prefer has changed the object all the same.
func TestContent_UpdateGet_noContent(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("PATCH", mockSite+"/a", answer(204, "", ""))
	m.RegisterResponder("GET", mockSite+"/a", jsonAnswer(200, `{"@id":"`+mockSite+`/a","title":"B"}`))
	got, err := c.Content.UpdateGet(t.Context(), "/a", client.Fields{"title": "B"})
	require.NoError(t, err)
	assert.Equal(t, "B", got.Value.Title)
}

func TestTypes_List_withoutID(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(200, `[{"@id":"`+mockSite+`/@types/News%20Item","title":"N"},{"@id":"`+mockSite+`/@types/File","id":"File","title":"F"}]`))
	got, err := c.Types.List(t.Context(), "/")
	require.NoError(t, err)
	assert.Equal(t, "News Item", got.Value[0].ID)
	assert.Equal(t, "File", got.Value[1].ID)
}

// Roles are taken away by name, and looked at afterwards: not every server takes
// away what is not named, or does what it says.
func TestSharing_Ensure_readsBack(t *testing.T) {
	t.Parallel()
	for _, obeys := range []bool{true, false} {
		c, m := mock(t)
		state := func(editor, reader bool) string {
			return fmt.Sprintf(`{"available_roles":[{"id":"Editor","title":"E"},{"id":"Reader","title":"R"}],"inherit":true,"entries":[{"id":"ada","type":"user","roles":{"Editor":%v,"Reader":%v}}]}`, editor, reader)
		}
		now := state(true, false)
		m.RegisterResponder("GET", mockSite+"/a/@sharing", func(req *http.Request) (*http.Response, error) { return jsonAnswer(200, now)(req) })
		m.RegisterResponder("POST", mockSite+"/a/@sharing", func(req *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			assert.JSONEq(t, `{"entries":[{"id":"ada","roles":{"Editor":false,"Reader":true}}]}`, string(body))
			if now = state(true, true); obeys {
				now = state(false, true)
			}
			return answer(204, "", "")(req)
		})
		changes, err := c.Sharing.Ensure(t.Context(), "/a", []client.LocalRoles{{ID: "ada", Roles: []string{"Reader"}}})
		if !obeys {
			require.ErrorIs(t, err, errors.ErrNotDone)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, []string{"ada: Editor", "ada: Reader"}, changes.Changed)
	}
}

// An entry of the catalog whose object is gone is an error of its own: the server
// leaves it out of a page of whole objects, or fails over the page.
func TestList_ghost(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		c, m := mock(t)
		m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
			q := req.URL.Query()
			all := append([]string{"folder"}, ids(12)...)
			all[5] = "ghost"
			if uids := q["UID"]; len(uids) > 0 {
				all = slices.DeleteFunc(all, func(id string) bool { return !slices.Contains(uids, "u-"+id) })
			}
			if q.Get("sort_order") == "descending" {
				slices.Reverse(all)
			}
			total := len(all)
			start, _ := strconv.Atoi(q.Get("b_start"))
			size, _ := strconv.Atoi(q.Get("b_size"))
			page := all[min(start, total):min(start+size, total)]
			if q.Has("fullobjects") && slices.Contains(page, "ghost") {
				if fails {
					return jsonAnswer(500, `{"type":"ValueError","message":"No object with id \"ghost\" exists."}`)(req)
				}
				page = slices.DeleteFunc(slices.Clone(page), func(id string) bool { return id == "ghost" })
			}
			return jsonAnswer(200, strings.Replace(unlinked(page, total), `"items"`, `"batching":{"@id":"x","first":"f","last":"l"}, "items"`, 1))(req)
		})
		for name, list := range map[string]iter.Seq2[*client.Content, error]{
			"walk":           c.Content.Walk(t.Context(), "/folder", client.WalkOptions{PageSize: 5}),
			"walk at once":   c.Content.Walk(t.Context(), "/folder", client.WalkOptions{}),
			"search":         c.Content.Search(t.Context(), "/folder", client.SearchOptions{PageSize: 5, Self: true}),
			"sorted search":  c.Content.Search(t.Context(), "/folder", client.SearchOptions{PageSize: 4, Self: true, SortOn: []string{"path"}}),
			"search at once": c.Content.Search(t.Context(), "/folder", client.SearchOptions{Self: true}),
		} {
			var got []string
			var failed []error
			for object, err := range list {
				if err != nil {
					failed = append(failed, err)
					continue
				}
				got = append(got, object.Title)
			}
			assert.Len(t, got, 12, "%s, %v", name, fails)
			if assert.Len(t, failed, 1, "%s, %v", name, fails) {
				e, found := errors.AsType[*client.WalkError](failed[0])
				require.True(t, found, "%s: %v", name, failed[0])
				assert.Equal(t, "u-ghost", e.UID, name)
				assert.Equal(t, mockSite+"/ghost", e.URL, name)
				assert.Equal(t, !fails, errors.Is(e, errors.ErrNotFound), name)
			}
		}
	}
}
