package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// folder is a folder on the wire that loses answers.
type folder struct {
	t       *testing.T
	objects map[string]string // id → UID
	lose    map[int]string    // number of a request, from 1 → "before" or "after" the work
	sent    []string
}

func (f *folder) RoundTrip(req *http.Request) (*http.Response, error) {
	f.sent = append(f.sent, req.Method)
	lose := f.lose[len(f.sent)]
	if lose == "before" {
		return nil, io.ErrUnexpectedEOF
	}
	resp := f.serve(req)
	if lose == "after" {
		return nil, io.ErrUnexpectedEOF
	}
	return resp, nil
}

func (f *folder) serve(req *http.Request) *http.Response {
	respond := func(status int, body string, header ...string) *http.Response {
		resp, err := jsonAnswer(status, body, header...)(req)
		require.NoError(f.t, err)
		return resp
	}
	switch req.Method {
	case http.MethodGet:
		uid, found := f.objects["a"]
		if !found {
			return respond(404, `{"type":"NotFound","message":"no"}`)
		}
		return respond(200, `{"@id":"`+mockSite+`/a","UID":"`+uid+`"}`)
	case http.MethodDelete:
		if _, found := f.objects["a"]; !found {
			return respond(404, `{"type":"NotFound","message":"no"}`)
		}
		delete(f.objects, "a")
		return respond(204, "")
	default:
		var body struct{ ID, UID string }
		require.NoError(f.t, json.NewDecoder(req.Body).Decode(&body))
		if _, taken := f.objects[body.ID]; taken {
			return respond(400, `{"type":"BadRequest","message":"The id \"a\" is invalid - it is already in use."}`)
		}
		f.objects[body.ID] = body.UID
		return respond(201, `{"@id":"`+mockSite+`/a","UID":"`+body.UID+`"}`, "Location", mockSite+"/a")
	}
}

func (f *folder) client() *client.Client {
	c, err := client.New(mockSite, client.WithTransport(f), client.WithTrustedPaths())
	require.NoError(f.t, err)
	return c
}

func TestContent_Create_exactlyOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		there map[string]string
		lose  map[int]string
		sent  []string
		want  error
		tries int
	}{
		{"answered", nil, nil, []string{"POST"}, nil, 1},
		{"request lost", nil, map[int]string{1: "before"}, []string{"POST", "GET", "POST"}, nil, 2},
		{"answer lost", nil, map[int]string{1: "after"}, []string{"POST", "GET"}, nil, 1},
		{"answer lost, look lost once", nil, map[int]string{1: "after", 2: "before"}, []string{"POST", "GET", "GET"}, nil, 1},
		{"request lost, then the answer", nil, map[int]string{1: "before", 3: "after"}, []string{"POST", "GET", "POST", "GET"}, nil, 2},
		{"another's object", map[string]string{"a": "theirs"}, nil, []string{"POST"}, errors.ErrAlreadyExists, 0},
		{"another's object after a loss", map[string]string{"a": "theirs"}, map[int]string{1: "before"}, []string{"POST", "GET"}, errors.ErrAlreadyExists, 0},
		{"nothing can be seen", nil, map[int]string{1: "after", 2: "before", 3: "before", 4: "before", 5: "before"},
			[]string{"POST", "GET", "GET", "GET", "GET"}, errors.ErrOutcomeUnknown, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &folder{t: t, objects: map[string]string{}, lose: tt.lose}
				for id, uid := range tt.there {
					f.objects[id] = uid
				}
				created, err := f.client().Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "id": "a"}, client.ExactlyOnce())
				assert.Equal(t, tt.sent, f.sent)
				if tt.want != nil {
					require.ErrorIs(t, err, tt.want)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, http.StatusCreated, created.StatusCode)
				assert.Equal(t, f.objects["a"], created.Value.UID)
				assert.Len(t, created.Value.UID, 32)
				assert.Equal(t, mockSite+"/a", created.Location.String())
				assert.Equal(t, tt.tries, created.Attempts)
			})
		})
	}
}

// The request that was thought lost is served after all, between the look and
// the repeat: the server refuses the second, and the client finds its own.
func TestContent_Create_exactlyOnce_late(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var uid string
		n := 0
		m := httpmock.NewMockTransport()
		m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
			n++
			switch n {
			case 1:
				var body struct{ UID string }
				if err := json.NewDecoder(req.Body).Decode(&body); err != nil {
					return nil, err
				}
				uid = body.UID
				return nil, io.ErrUnexpectedEOF
			case 2:
				return jsonAnswer(404, `{"type":"NotFound","message":"no"}`)(req)
			case 3:
				return jsonAnswer(400, `{"type":"BadRequest","message":"The id \"a\" is invalid - it is already in use."}`)(req)
			default:
				return jsonAnswer(200, `{"@id":"`+mockSite+`/a","UID":"`+uid+`"}`)(req)
			}
		})
		c, err := client.New(mockSite, client.WithTransport(m))
		require.NoError(t, err)
		created, err := c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "id": "a"}, client.ExactlyOnce())
		require.NoError(t, err)
		assert.Equal(t, uid, created.Value.UID)
		assert.Equal(t, 2, created.Attempts)
		assert.Equal(t, mockSite+"/a", created.Location.String())
	})
}

// A server that gives an object with a taken id another one is not asked for a second
// object, and what it makes is not taken for the one that was wanted.
func TestContent_Create_exactlyOnce_renamed(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("POST", mockSite, jsonAnswer(201, `{"@id":"`+mockSite+`/a-1","id":"a-1","UID":"2"}`))
	_, err := c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "id": "a"}, client.ExactlyOnce())
	require.ErrorIs(t, err, errors.ErrAlreadyExists)
	assert.ErrorContains(t, err, `"a-1"`)
}

func TestContent_Create_keepsAnOwnUID(t *testing.T) {
	t.Parallel()
	f := &folder{t: t, objects: map[string]string{}}
	_, err := f.client().Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "id": "a", "UID": "mine"}, client.ExactlyOnce())
	require.NoError(t, err)
	assert.Equal(t, "mine", f.objects["a"])
}

func TestContent_Create_once(t *testing.T) {
	t.Parallel()
	f := &folder{t: t, objects: map[string]string{}, lose: map[int]string{1: "after"}}
	_, err := f.client().Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "id": "a"})
	require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, []string{"POST"}, f.sent)
}

func TestContent_Delete_answerLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &folder{t: t, objects: map[string]string{"a": ""}, lose: map[int]string{1: "after"}}
		_, err := f.client().Content.Delete(t.Context(), "/a")
		require.ErrorIs(t, err, errors.ErrNotFound)
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown, "it is not a plain failure: the first try did it")
		assert.Equal(t, []string{"DELETE", "DELETE"}, f.sent)
	})
}
