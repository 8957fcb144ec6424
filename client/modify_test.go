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
	"plone.example/restapi/plonetest"
)

func object(title, around string) string {
	return `{"@id":"https://plone.example/site/x","title":"` + title + `","lock":{"locked":true,"token":"ours"},"parent":{"title":"` + around + `"}}`
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

func TestModify_maxAttempts(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	lockServer(m)
	reads := 0
	m.RegisterResponder("GET", mockSite+"/x", func(req *http.Request) (*http.Response, error) {
		reads++
		return jsonAnswer(200, object(string(rune('a'+reads)), ""))(req)
	})
	runs := 0
	_, err := c.Content.Modify(t.Context(), "/x", func(*client.Content) (any, error) {
		runs++
		return client.Fields{}, nil
	}, client.MaxAttempts(2))
	require.ErrorIs(t, err, errors.ErrConflict)
	assert.Equal(t, 3, runs, "once before, and at each attempt")
	_, err = c.Content.Modify(t.Context(), "/x", func(*client.Content) (any, error) { return nil, nil }, client.MaxAttempts(0))
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	_, err = c.Content.Get(t.Context(), "/x", client.MaxAttempts(2))
	require.ErrorIs(t, err, errors.ErrInvalidInput)
}

// An object that has moved is locked where it is now.
func TestModify_followMoved(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]client.CallOption{"stays": nil, "follows": {client.FollowMoved()}} {
		server, c := fake(t)
		moved, err := c.Content.Create(t.Context(), "/news", client.Fields{"@type": "Document", "id": "old", "title": "a"})
		require.NoError(t, err)
		_, err = c.Content.Update(t.Context(), moved.Value.URL, client.Fields{"id": "new"})
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
		locked bool
		runs   int
	}{{"always changed", false, 7}, {"always locked", true, 1}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, m := mock(t)
				lockServer(m)
				if tt.locked {
					m.RegisterResponder("GET", mockSite+"/x/@lock", jsonAnswer(200, locked("theirs")))
				}
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
				assert.Equal(t, tt.runs, runs)
				assert.LessOrEqual(t, time.Since(start), 11*time.Second)
				assert.Equal(t, calls(m, "POST"), calls(m, "DELETE"))
				if tt.locked {
					ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
					defer cancel()
					_, err = c.Content.Modify(ctx, "/x", func(*client.Content) (any, error) { return client.Fields{}, nil })
					require.ErrorIs(t, err, context.DeadlineExceeded)
				}
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
	assert.Nil(t, got)
	made, found := errors.AsType[*client.ModifiedError[client.Content]](err)
	require.True(t, found)
	assert.Equal(t, "b", made.Value.Title)
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

// A change is made once, whatever becomes of the response.
func TestModify_lostResponse(t *testing.T) {
	t.Parallel()
	refused := plonetest.Fault{Status: http.StatusForbidden, Body: []byte(`{"error":{"type":"Forbidden","message":"Resource is locked."}}`)}
	tests := []struct {
		name    string
		faults  []plonetest.Fault
		made    bool
		unknown bool
	}{
		{"dropped", []plonetest.Fault{{Drop: true}}, true, false},
		{"dropped each time", []plonetest.Fault{{Drop: true, Times: plonetest.Always}}, true, false},
		{"cut", []plonetest.Fault{{Truncate: true}}, true, false},
		{"replaced", []plonetest.Fault{{Body: []byte("<html>")}}, true, false},
		{"dropped, then said to be locked", []plonetest.Fault{{Drop: true}, refused}, true, false},
		{"never made", []plonetest.Fault{{Status: http.StatusBadGateway, Drop: true}, refused}, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, typ := range []string{"Document", "Folder"} {
				server, c := fake(t)
				created, err := c.Content.Create(t.Context(), "/news", client.Fields{"@type": typ, "id": "n", "title": "0", "description": "1"})
				require.NoError(t, err)
				for _, fault := range tt.faults {
					fault.Method, fault.Path = "PATCH", "/news/n"
					server.Inject(fault)
				}
				runs := 0
				got, err := c.Content.Modify(t.Context(), created.Value.URL, func(o *client.Content) (any, error) {
					runs++
					return client.Fields{"description": o.Description + "1", "subjects": []string{"a"}}, nil
				})
				assert.Equal(t, 1, runs)
				if tt.unknown {
					require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
				} else {
					require.NoError(t, err)
					assert.Equal(t, "11", got.Value.Description)
				}
				now, err := c.Content.Get(t.Context(), created.Value.URL)
				require.NoError(t, err)
				assert.Equal(t, tt.made, now.Value.Description == "11")
				assert.False(t, now.Value.Lock.Locked)
			}
		})
	}
}
