package client_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// listing answers with the batch that is asked for, of the ids.
func listing(ids func() []string) httpmock.Responder {
	return func(req *http.Request) (*http.Response, error) {
		all := ids()
		start, _ := strconv.Atoi(req.URL.Query().Get("b_start"))
		size, _ := strconv.Atoi(req.URL.Query().Get("b_size"))
		return jsonAnswer(200, batch(all[min(start, len(all)):min(start+size, len(all))], len(all)))(req)
	}
}

// batch is the JSON of one, its keys in the order of the server.
func batch(ids []string, total int) string {
	items := make([]string, len(ids))
	for i, id := range ids {
		items[i] = fmt.Sprintf(`{ "@id": %q, "title": %q, "extra": {"n": %q} }`, mockSite+"/"+id, id, id)
	}
	return fmt.Sprintf("{\n  \"@id\": %q, \n  \"batching\": {\"@id\": \"x\", \"first\": \"f\", \"last\": \"l\", \"next\": \"n\"}, \n  \"items\": [\n %s\n ], \n  \"items_total\": %d, \"zzz\": {\"items\": []}\n}",
		mockSite+"/@search", strings.Join(items, ", \n"), total)
}

func ids(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint("d", i)
	}
	return ids
}

// collect reads a search to its end.
func collect(ctx context.Context, c *client.Client, size int) (titles []string, err error) {
	for item, err := range c.Search.All(ctx, "/", client.SearchOptions{PageSize: size, Self: true}) {
		if err != nil {
			return titles, err
		}
		titles = append(titles, item.Title)
	}
	return titles, nil
}

func TestList_reads(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 9, 10, 11, 20, 25} {
		c, m := mock(t)
		m.RegisterNoResponder(listing(func() []string { return ids(n) }))
		got, err := collect(t.Context(), c, 10)
		require.NoError(t, err, n)
		assert.Equal(t, ids(n), append([]string{}, got...))
		assert.Equal(t, max(1, (n+9)/10), m.GetTotalCallCount(), "no request for nothing")
	}
}

func TestList_extra(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(listing(func() []string { return ids(7) }))
	for item, err := range c.Search.All(t.Context(), "/", client.SearchOptions{PageSize: 3}) {
		require.NoError(t, err)
		var extra struct {
			N string `json:"n"`
		}
		require.NoError(t, item.Extra("extra", &extra))
		assert.Equal(t, item.Title, extra.N)
		assert.JSONEq(t, fmt.Sprintf(`{"@id": %q, "title": %q, "extra": {"n": %q}}`, item.URL, item.Title, item.Title), string(item.Raw()))
	}
	assert.Nil(t, new(client.Summary).Raw())
}

func TestList_pages(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(listing(func() []string { return ids(5) }))
	var sizes []int
	for page, err := range c.Search.Pages(t.Context(), "/", client.SearchOptions{PageSize: 2}) {
		require.NoError(t, err)
		sizes = append(sizes, len(page.Items))
		assert.Equal(t, 5, page.ItemsTotal)
		assert.Equal(t, mockSite+"/@search", page.URL)
		assert.Equal(t, &client.Batching{URL: "x", First: "f", Last: "l", Next: "n"}, page.Batching)
		assert.Equal(t, 200, page.StatusCode)
		assert.Equal(t, 1, page.Attempts)
	}
	assert.Equal(t, []int{2, 2, 1}, sizes)
}

// A server that does not know b_size sends everything at once.
func TestList_serverIgnoresPageSize(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(200, batch(ids(25), 25)))
	got, err := collect(t.Context(), c, 10)
	require.NoError(t, err)
	assert.Equal(t, ids(25), got)
	assert.Equal(t, 1, m.GetTotalCallCount())
}

func TestList_repeatsItself(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(200, batch(ids(3), 9)))
	got, err := collect(t.Context(), c, 3)
	require.ErrorIs(t, err, errors.ErrListChanged)
	assert.Equal(t, ids(3), got)
	assert.Equal(t, 2, m.GetTotalCallCount())
}

func TestList_moves(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		before, after []string
		want          []string
	}{
		{"one comes in front", ids(4), append([]string{"new"}, ids(4)...), ids(4)},
		{"one goes in front", ids(4), ids(4)[1:], []string{"d0", "d1", "d3"}},
		{"one goes and one comes", ids(4), append([]string{"new"}, ids(3)...), ids(3)},
		{"all go", ids(4), nil, ids(2)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			var asked atomic.Int64
			m.RegisterNoResponder(listing(func() []string {
				if asked.Add(1) == 1 {
					return tt.before
				}
				return tt.after
			}))
			got, err := collect(t.Context(), c, 2)
			require.ErrorIs(t, err, errors.ErrListChanged, "after all that came")
			assert.Equal(t, tt.want, got, "each once")
		})
	}
}

func TestList_notAListing(t *testing.T) {
	t.Parallel()
	whole := batch(ids(2), 2)
	tests := map[string]httpmock.Responder{
		"bare array":       jsonAnswer(200, `[]`),
		"no items":         jsonAnswer(200, `{"@id":"x","items_total":0}`),
		"items no array":   jsonAnswer(200, `{"items":{}}`),
		"null":             jsonAnswer(200, `null`),
		"empty":            jsonAnswer(200, ``),
		"page":             answer(200, "text/html", whole),
		"item without @id": jsonAnswer(200, `{"items":[{}],"items_total":1}`),
		"item of a string": jsonAnswer(200, `{"items":["x"],"items_total":1}`),
	}
	for cut := 1; cut < len(whole); cut += 7 {
		tests[fmt.Sprint("cut at ", cut)] = jsonAnswer(200, whole[:cut])
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			m.RegisterNoResponder(answer)
			_, err := collect(t.Context(), c, 2)
			_, found := errors.AsType[*errors.DecodeError](err)
			assert.True(t, found, "%v", err)
		})
	}
}

func TestList_failsInTheMiddle(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(200, batch(ids(2), 6)).Then(jsonAnswer(401, `{"type":"Unauthorized","message":"no"}`)))
	got, err := collect(t.Context(), c, 2)
	require.ErrorIs(t, err, errors.ErrUnauthorized)
	assert.Equal(t, ids(2), got)
}

func TestList_fetchesOnePageAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		fetch := listing(func() []string { return ids(10) })
		m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
			time.Sleep(time.Second) // of the fake clock
			return fetch(req)
		})
		start := time.Now()
		for _, err := range c.Search.Pages(t.Context(), "/", client.SearchOptions{PageSize: 1, Self: true}) {
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		assert.Equal(t, 11*time.Second, time.Since(start), "server and caller work side by side")
		assert.Equal(t, 10, m.GetTotalCallCount())
	})
}

func TestList_endsWithTheLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which waits for goroutines that are left
		c, m := mock(t)
		m.RegisterNoResponder(listing(func() []string { return ids(100) }))
		for range c.Search.All(t.Context(), "/", client.SearchOptions{PageSize: 1}) {
			break
		}
		synctest.Wait()
		// One handed out, one ahead, one on its way, and one begun as the loop ended.
		assert.LessOrEqual(t, m.GetTotalCallCount(), 4)

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		n := 0
		for _, err := range c.Search.All(ctx, "/", client.SearchOptions{PageSize: 1}) {
			cancel()
			last = err
			n++
		}
		require.ErrorIs(t, last, context.Canceled)
		assert.LessOrEqual(t, n, 3)
	})
}

func TestList_childrenOfTheRootComeInPagesToo(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(listing(func() []string { return ids(5) }))
	n := 0
	for _, err := range c.Content.Children(t.Context(), "/", client.ListOptions{PageSize: 2, Metadata: []string{"_all"}}) {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, 5, n)
}

func FuzzList(f *testing.F) {
	f.Add([]byte(batch(ids(3), 3)))
	for _, seed := range []string{`{`, `{"items":[`, `{"items":[{"@id":"a"}],"items_total":-1}`, `{"items":[],"items":[]}`, `[]`, `{"batching":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := httpmock.NewMockTransport()
		m.RegisterNoResponder(jsonAnswer(200, string(data)))
		c, err := client.New(mockSite, client.WithTransport(m))
		require.NoError(t, err)
		seen := map[string]bool{}
		for item, err := range c.Search.All(t.Context(), "/", client.SearchOptions{PageSize: 2, Self: true}) {
			if err != nil {
				break
			}
			require.NotEmpty(t, item.URL)
			require.False(t, seen[item.URL], "%s came twice", item.URL)
			seen[item.URL] = true
		}
	})
}
