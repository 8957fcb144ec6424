package client_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func object(title, around string) string {
	return `{"@id":"https://plone.example/site/x","title":"` + title + `","lock":{"locked":true},"parent":{"title":"` + around + `"}}`
}

func TestModify_underTheLock(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	lockServer(m)
	// What lies around the object may change.
	m.RegisterResponder("GET", mockSite+"/x", jsonAnswer(200, object("a", "p")).Then(jsonAnswer(200, object("a", "q"))))
	m.RegisterResponder("PATCH", mockSite+"/x", func(req *http.Request) (*http.Response, error) {
		assert.Equal(t, "ours", req.Header.Get("Lock-Token"))
		assert.Equal(t, "return=representation", req.Header.Get("Prefer"))
		assert.Zero(t, calls(m, "DELETE"))
		return sent(t, `{"title":"aa"}`, jsonAnswer(200, object("aa", "q")))(req)
	})
	got, err := c.Content.Modify(t.Context(), "/x", func(o *client.Content) (any, error) {
		return client.Fields{"title": o.Title + o.Title}, nil
	})
	require.NoError(t, err)
	assert.Equal(t, "aa", got.Value.Title)
	assert.Equal(t, 1, calls(m, "POST"))
	assert.Equal(t, 1, calls(m, "DELETE"))
}

// The result does not tell of the lock that was given up.
func TestModify_result(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	lockServer(m)
	m.RegisterResponder("GET", mockSite+"/x", jsonAnswer(200, object("a", "")))
	m.RegisterResponder("PATCH", mockSite+"/x", jsonAnswer(200,
		`{"@id":"https://plone.example/site/x","lock":{"locked":true,"stealable":true,"token":"ours"}}`))
	got, err := c.Content.Modify(t.Context(), "/x", func(*client.Content) (any, error) { return client.Fields{}, nil })
	require.NoError(t, err)
	assert.Equal(t, client.Lock{Stealable: true}, got.Value.Lock)

	_, err = c.Content.Modify(t.Context(), "/x", nil)
	require.ErrorIs(t, err, errors.ErrInvalidInput)
}

// An object that has moved is locked where it is now.
func TestModify_followMoved(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]client.CallOption{"stays": nil, "follows": {client.FollowMoved()}} {
		server, c := fake(t)
		moved, err := c.Content.Create(t.Context(), "/news", client.Fields{"@type": "Document", "id": "old", "title": "a"})
		require.NoError(t, err)
		_, err = c.Content.Update(t.Context(), moved.Value.ID, client.Fields{"id": "new"})
		require.NoError(t, err)
		_, err = c.Content.Modify(t.Context(), "/news/old", func(o *client.Content) (any, error) {
			return client.Fields{"title": o.Title + "!"}, nil
		}, opts...)
		if opts == nil {
			_, redirected := errors.AsType[*errors.RedirectError](err)
			assert.True(t, redirected, "%s: %v", name, err)
			continue
		}
		require.NoError(t, err)
		got, err := c.Content.Get(t.Context(), "/news/new")
		require.NoError(t, err)
		assert.Equal(t, "a!", got.Value.Title)
		assert.False(t, got.Value.Lock.Locked)
		for _, r := range server.Requests() {
			assert.True(t, r.Method != "PATCH" || r.Path != "/news/new" || r.Header.Get("Lock-Token") != "", "changed without the lock")
		}
	}
}

func TestModify_givesUp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		before string // lock that is there
		locked bool
	}{{"always changed", unlocked, false}, {"always locked", locked("theirs"), true}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, m := mock(t)
				lockServer(m)
				m.RegisterResponder("GET", mockSite+"/x/@lock", jsonAnswer(200, tt.before))
				reads := 0
				m.RegisterResponder("GET", mockSite+"/x", func(req *http.Request) (*http.Response, error) {
					reads++
					return jsonAnswer(200, object(string(rune('a'+reads)), ""))(req)
				})
				runs, start := 0, time.Now()
				_, err := c.Content.Modify(t.Context(), "/x", func(*client.Content) (any, error) {
					runs++
					return client.Fields{}, nil
				})
				require.ErrorIs(t, err, errors.ErrConflict)
				assert.Equal(t, tt.locked, errors.Is(err, errors.ErrLocked))
				assert.Equal(t, 6, runs)
				assert.LessOrEqual(t, time.Since(start), 10*time.Second)
				assert.Equal(t, calls(m, "POST"), calls(m, "DELETE"))

				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				defer cancel()
				_, err = c.Content.Modify(ctx, "/x", func(*client.Content) (any, error) { return client.Fields{}, nil })
				require.ErrorIs(t, err, context.DeadlineExceeded)
			})
		})
	}
}

func TestModify_changeStaysWhenUnlockFails(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	lockServer(m)
	m.RegisterResponder("GET", mockSite+"/x", jsonAnswer(200, object("a", "")))
	m.RegisterResponder("PATCH", mockSite+"/x", jsonAnswer(200, object("b", "")))
	m.RegisterResponder("DELETE", mockSite+"/x/@lock", jsonAnswer(200, locked("theirs")))
	got, err := c.Content.Modify(t.Context(), "/x", func(*client.Content) (any, error) { return client.Fields{}, nil })
	require.ErrorIs(t, err, errors.ErrLocked)
	require.NotErrorIs(t, err, errors.ErrConflict)
	require.NotNil(t, got)
	assert.Equal(t, "b", got.Value.Title)
	assert.Equal(t, 1, m.GetCallCountInfo()["PATCH "+mockSite+"/x"])
}

func TestModify_needsContent(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(200, object("a", "")))
	_, err := client.ContentAs[struct{ Title string }](c).Modify(t.Context(), "/x", func(*struct{ Title string }) (any, error) {
		assert.Fail(t, "nothing is to be done")
		return client.Fields{}, nil
	})
	require.ErrorIs(t, err, errors.ErrInvalidInput)
}
