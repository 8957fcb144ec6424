package restapi_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// This is the whole promise of the SDK, as a program sees it, in the order in
// which one meets it: a client, a login, the results, the errors, the repeats.
// The server is a table of answers; what a Plone does for itself is tested in
// client, on plonetest and on a real one.

const siteURL = "https://plone.example/site"

// newClient returns a client whose requests are answered by the mock.
func newClient(t *testing.T, opts ...client.Option) (*client.Client, *httpmock.MockTransport) {
	t.Helper()
	mock := httpmock.NewMockTransport()
	// Whether the objects are there is for client to test.
	c, err := client.New(siteURL, append([]client.Option{client.WithTransport(mock), client.WithTrustedPaths()}, opts...)...)
	require.NoError(t, err)
	return c, mock
}

// answer is a JSON answer, with header fields as pairs of name and value.
func answer(status int, body string, header ...string) httpmock.Responder {
	return func(req *http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(status, body)
		resp.Request = req
		resp.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			resp.Header.Add(header[i], header[i+1])
		}
		return resp, nil
	}
}

const page = `{"@id": "https://plone.example/site/news", "@type": "Document", "UID": "1", "title": "News", "mood": "good"}`

// 1. New sends nothing, and tells at once what cannot work.

func TestNew(t *testing.T) {
	t.Parallel()
	_, mock := newClient(t)
	assert.Zero(t, mock.GetTotalCallCount())
	for _, bad := range []string{"", "plone.example", "https://ada:secret@plone.example", "https://plone.example?x"} {
		_, err := client.New(bad)
		require.ErrorIs(t, err, errors.ErrInvalidInput, bad)
		assert.NotContains(t, err.Error(), "secret")
	}
	_, err := client.New(siteURL, client.WithTimeout(-time.Second))
	require.ErrorIs(t, err, errors.ErrInvalidInput)
}

// 2. One login serves all calls. Its token goes to the site and nowhere else.

func TestLogin(t *testing.T) {
	t.Parallel()
	c, mock := newClient(t, client.WithAuth(auth.Login("ada", "lovelace")))
	mock.RegisterResponder("POST", siteURL+"/@login", func(req *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		assert.JSONEq(t, `{"login": "ada", "password": "lovelace"}`, string(body))
		return answer(200, `{"token": "`+token(time.Hour)+`"}`)(req)
	})
	mock.RegisterResponder("GET", siteURL+"/news", func(req *http.Request) (*http.Response, error) {
		assert.True(t, strings.HasPrefix(req.Header.Get("Authorization"), "Bearer "))
		return answer(200, page)(req)
	})
	for range 3 {
		_, err := c.Content.Get(t.Context(), "/news")
		require.NoError(t, err)
	}
	assert.Equal(t, 1, mock.GetCallCountInfo()["POST "+siteURL+"/@login"])

	_, err := c.Content.Get(t.Context(), "https://elsewhere.example/site/news")
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), "lovelace")
}

func TestLogin_refused(t *testing.T) {
	t.Parallel()
	c, mock := newClient(t, client.WithAuth(auth.Login("ada", "wrong")))
	mock.RegisterResponder("POST", siteURL+"/@login", answer(401, `{"error": {"type": "Invalid credentials", "message": "Wrong login and/or password."}}`))
	_, err := c.Content.Get(t.Context(), "/news")
	require.ErrorIs(t, err, errors.ErrInvalidCredentials)
	require.ErrorIs(t, err, errors.ErrUnauthorized)
}

// token is a JWT that is good for a while.
func token(life time.Duration) string {
	claims, _ := json.Marshal(map[string]any{"sub": "ada", "exp": time.Now().Add(life).Unix()})
	return "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".c2ln"
}

// 3. A success is the type of its status.

func TestResults(t *testing.T) {
	t.Parallel()
	c, mock := newClient(t)
	mock.RegisterResponder("GET", siteURL+"/news", answer(200, page))
	mock.RegisterResponder("POST", siteURL+"/news", answer(201, page, "Location", siteURL+"/news/new"))
	mock.RegisterResponder("PATCH", siteURL+"/news", answer(204, ""))
	mock.RegisterResponder("DELETE", siteURL+"/news", answer(204, ""))

	var got *client.OK[client.Content]
	got, err := c.Content.Get(t.Context(), "/news")
	require.NoError(t, err)
	assert.Equal(t, 200, got.StatusCode)
	assert.Equal(t, "News", got.Value.Title)
	assert.Equal(t, 1, got.Attempts)

	var made *client.Created[client.Content]
	made, err = c.Content.Create(t.Context(), "/news", client.Fields{"@type": "Document", "title": "New"})
	require.NoError(t, err)
	assert.Equal(t, 201, made.StatusCode)
	assert.Equal(t, siteURL+"/news/new", made.Location.String())

	var done *client.NoContent
	done, err = c.Content.Update(t.Context(), got.Value.URL, client.Fields{"title": "Old"})
	require.NoError(t, err)
	assert.Equal(t, 204, done.StatusCode)
	done, err = c.Content.Delete(t.Context(), got.Value.URL)
	require.NoError(t, err)
	assert.Equal(t, 204, done.StatusCode)
}

// 4. Your own content types keep their fields; others are there on demand.

type mooded struct {
	client.Content
	Mood string `json:"mood"`
}

func TestOwnTypes(t *testing.T) {
	t.Parallel()
	c, mock := newClient(t)
	mock.RegisterResponder("GET", siteURL+"/news", answer(200, page))
	typed, err := client.ContentAs[mooded](c).Get(t.Context(), "/news")
	require.NoError(t, err)
	assert.Equal(t, "good", typed.Value.Mood)
	assert.Equal(t, "News", typed.Value.Title)

	plain, err := c.Content.Get(t.Context(), "/news")
	require.NoError(t, err)
	var mood string
	require.NoError(t, plain.Value.Extra("mood", &mood))
	assert.Equal(t, "good", mood)
}

// A body says whether a field is left out, null, or set.
func TestBodies(t *testing.T) {
	t.Parallel()
	type change struct {
		Title   client.Opt[string] `json:"title,omitzero"`
		Rights  client.Opt[string] `json:"rights,omitzero"`
		Expires client.Opt[string] `json:"expires,omitzero"`
	}
	c, mock := newClient(t)
	mock.RegisterResponder("PATCH", siteURL+"/news", func(req *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		assert.JSONEq(t, `{"title": "", "expires": null}`, string(body))
		assert.Equal(t, "application/json; charset=utf-8", req.Header.Get("Content-Type"))
		assert.Equal(t, "application/json", req.Header.Get("Accept"))
		return answer(204, "")(req)
	})
	_, err := c.Content.Update(t.Context(), "/news", change{Title: client.Set(""), Expires: client.Null[string]()})
	require.NoError(t, err)
}

// 5. Every other status is an error that matches its status, its class, and what
// the body says it means.

func TestErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status int
		body   string
		want   []error
		not    []error
	}{
		{400, `{"type": "BadRequest", "message": "Property '@type' is required"}`,
			[]error{errors.ErrBadRequest, errors.ErrClient}, []error{errors.ErrValidation, errors.ErrAlreadyExists}},
		{400, `{"type": "BadRequest", "message": "[{'field': 'title', 'message': 'Required input is missing.'}]"}`,
			[]error{errors.ErrBadRequest, errors.ErrValidation}, nil},
		{400, `{"type": "BadRequest", "message": "The id \"a\" is invalid - it is already in use."}`,
			[]error{errors.ErrBadRequest, errors.ErrAlreadyExists}, []error{errors.ErrConflict}},
		{401, `{"type": "Unauthorized", "message": "No."}`,
			[]error{errors.ErrUnauthorized, errors.ErrClient}, []error{errors.ErrInvalidCredentials}},
		{403, `{"error": {"type": "Forbidden", "message": "Invalid '@type' parameter."}}`,
			[]error{errors.ErrForbidden, errors.ErrClient}, []error{errors.ErrLocked}},
		{403, `{"error": {"type": "Forbidden", "message": "Resource is locked."}}`,
			[]error{errors.ErrForbidden, errors.ErrLocked}, nil},
		{404, `{"type": "NotFound", "message": "Resource not found"}`,
			[]error{errors.ErrNotFound, errors.ErrClient}, nil},
		{405, `{"type": "MethodNotAllowed", "message": ""}`, []error{errors.ErrMethodNotAllowed, errors.ErrClient}, nil},
		{409, `{"type": "Conflict", "message": ""}`, []error{errors.ErrConflict, errors.ErrClient}, []error{errors.ErrServer}},
		{412, `null`, []error{errors.ErrPreconditionFailed}, nil},
		{422, ``, []error{errors.ErrUnprocessable}, nil},
		{423, `{"type": "ResourceLockedError", "message": ""}`, []error{errors.ErrLocked, errors.ErrClient}, nil},
		{429, `slow down`, []error{errors.ErrTooManyRequests, errors.ErrClient}, nil},
		{500, `{"type": "ConflictError", "message": "database conflict error"}`,
			[]error{errors.ErrInternalServer, errors.ErrServer, errors.ErrConflict}, []error{errors.ErrClient, errors.ErrOutcomeUnknown}},
		{501, `{"error": {"message": "No serializer available."}}`, []error{errors.ErrNotImplemented, errors.ErrServer}, nil},
		{502, `<html>Bad gateway</html>`, []error{errors.ErrBadGateway, errors.ErrServer, errors.ErrOutcomeUnknown}, nil},
		{418, `short and stout`, []error{errors.Status(418), errors.ErrClient}, nil},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status, tt.body), func(t *testing.T) {
			t.Parallel()
			c, mock := newClient(t, client.WithRetry(retry.Policy{Mode: retry.Never}))
			mock.RegisterResponder("PATCH", siteURL+"/news", answer(tt.status, tt.body))
			_, err := c.Content.Update(t.Context(), "/news", client.Fields{})
			for _, want := range tt.want {
				require.ErrorIs(t, err, want)
			}
			for _, not := range tt.not {
				require.NotErrorIs(t, err, not)
			}
			e, found := errors.AsType[*errors.StatusError](err)
			require.True(t, found)
			assert.Equal(t, errors.Status(tt.status), e.Status)
			assert.Equal(t, tt.body, string(e.Body))
			assert.True(t, strings.HasPrefix(err.Error(), "plone: PATCH "+siteURL+"/news: "+errors.Status(tt.status).Error()), err.Error())
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestErrors_fields(t *testing.T) {
	t.Parallel()
	c, mock := newClient(t)
	mock.RegisterNoResponder(answer(400, `{"type": "BadRequest", "message": "[{'message': 'Required input is missing.', 'field': 'title', 'error': 'ValidationError'}, {'message': \"Don't.\", 'field': 'rights'}]"}`))
	_, err := c.Content.Update(t.Context(), "/news", client.Fields{})
	e, _ := errors.AsType[*errors.StatusError](err)
	assert.Equal(t, []errors.FieldError{{Field: "title", Message: "Required input is missing."}, {Field: "rights", Message: "Don't."}}, e.Fields)
}

func TestErrors_challenges(t *testing.T) {
	t.Parallel()
	c, mock := newClient(t)
	mock.RegisterNoResponder(answer(401, ``, "WWW-Authenticate", `Bearer realm="plone", error="invalid_token", Basic realm="a, b"`))
	_, err := c.Content.Get(t.Context(), "/news")
	e, found := errors.AsType[*errors.UnauthorizedError](err)
	require.True(t, found)
	assert.Equal(t, []errors.Challenge{
		{Scheme: "bearer", Params: map[string]string{"realm": "plone", "error": "invalid_token"}},
		{Scheme: "basic", Params: map[string]string{"realm": "a, b"}},
	}, e.Challenges)
}

// A write to an object that has moved does not hit it unasked.
func TestErrors_moved(t *testing.T) {
	t.Parallel()
	c, mock := newClient(t)
	mock.RegisterResponder("DELETE", siteURL+"/old", answer(307, "", "Location", siteURL+"/news"))
	_, err := c.Content.Delete(t.Context(), "/old")
	e, found := errors.AsType[*errors.RedirectError](err)
	require.True(t, found, "%v", err)
	assert.Equal(t, siteURL+"/news", e.Location.String())
	assert.Equal(t, 1, mock.GetTotalCallCount())
}

// A page with status 200 is not a result.
func TestErrors_notJSON(t *testing.T) {
	t.Parallel()
	c, mock := newClient(t)
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(200, "<html>Log in</html>")
		resp.Header.Set("Content-Type", "text/html")
		resp.Request = req
		return resp, nil
	})
	_, err := c.Content.Get(t.Context(), "/news")
	e, found := errors.AsType[*errors.DecodeError](err)
	require.True(t, found, "%v", err)
	assert.Equal(t, errors.Status(200), e.Status)
	assert.Equal(t, "text/html", e.ContentType)
}

// 6. 5xx is repeated, 4xx never; and not when it could do harm or be in vain.

func TestRetries(t *testing.T) {
	t.Parallel()
	const conflict = `{"type": "ConflictError", "message": "database conflict error"}`
	tests := []struct {
		name, method string
		fail         httpmock.Responder
		tries        int
	}{
		{"GET 503", "GET", answer(503, `<html>`), 4},
		{"GET 502", "GET", answer(502, `<html>`), 4},
		{"GET no answer", "GET", httpmock.NewErrorResponder(io.ErrUnexpectedEOF), 4},
		{"GET 404", "GET", answer(404, `{}`), 1},
		{"GET 429", "GET", answer(429, `{}`, "Retry-After", "1"), 1},
		{"GET 501", "GET", answer(501, `{}`), 1},
		{"GET 503 KeyError", "GET", answer(503, `{"type": "KeyError", "message": "'x'"}`), 1},
		{"DELETE 503", "DELETE", answer(503, `<html>`), 4},
		{"PATCH 500 conflict", "PATCH", answer(500, conflict), 4},
		{"PATCH 409", "PATCH", answer(409, `{}`), 1},
		{"POST 500 conflict", "POST", answer(500, conflict), 4},
		{"POST 502", "POST", answer(502, `<html>`), 1},
		{"POST no answer", "POST", httpmock.NewErrorResponder(io.ErrUnexpectedEOF), 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // its clock does not wait
				c, mock := newClient(t)
				mock.RegisterNoResponder(tt.fail)
				_, err := client.Call[json.RawMessage](t.Context(), c, client.Request{Method: tt.method, Path: "/news", Body: client.Fields{}})
				require.Error(t, err)
				assert.Equal(t, tt.tries, mock.GetTotalCallCount())
			})
		})
	}
}

func TestRetries_heal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		c, mock := newClient(t, client.WithRetry(retry.Policy{OnRetry: func(_ context.Context, a retry.Attempt) { waits = append(waits, a.Wait) }}))
		mock.RegisterResponder("GET", siteURL+"/news", answer(503, `<html>`, "Retry-After", "20").Then(answer(500, `<html>`)).Then(answer(200, page)))
		start := time.Now()
		got, err := c.Content.Get(t.Context(), "/news")
		require.NoError(t, err)
		assert.Equal(t, 3, got.Attempts)
		require.Len(t, waits, 2)
		assert.GreaterOrEqual(t, waits[0], 20*time.Second, "as the server asked")
		assert.Equal(t, waits[0]+waits[1], time.Since(start))
	})
}

// 7. A write whose answer was lost says that nobody knows, unless it can be
// repeated without doing it twice.

func TestOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, mock := newClient(t)
		mock.RegisterResponder("POST", siteURL+"/news", httpmock.NewErrorResponder(io.ErrUnexpectedEOF))
		_, err := c.Content.Create(t.Context(), "/news", client.Fields{"@type": "Document", "id": "new"})
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)

		var stored bytes.Buffer
		mock.RegisterResponder("POST", siteURL+"/news", func(req *http.Request) (*http.Response, error) {
			_, err := stored.ReadFrom(req.Body)
			require.NoError(t, err)
			return nil, io.ErrUnexpectedEOF // after the work was done
		})
		mock.RegisterResponder("GET", siteURL+"/news/new", func(req *http.Request) (*http.Response, error) {
			var body struct{ UID string }
			require.NoError(t, json.Unmarshal(stored.Bytes(), &body))
			return answer(200, `{"@id": "https://plone.example/site/news/new", "UID": "`+body.UID+`"}`)(req)
		})
		made, err := c.Content.Create(t.Context(), "/news", client.Fields{"@type": "Document", "id": "new"}, client.ExactlyOnce())
		require.NoError(t, err)
		assert.Equal(t, siteURL+"/news/new", made.Location.String())
		assert.Equal(t, 1, mock.GetCallCountInfo()["POST "+siteURL+"/news"], "not sent again: it was there")
	})
}

// 8. Lists are sequences: lazy, each item once, and the error cannot be missed.

func TestLists(t *testing.T) {
	t.Parallel()
	c, mock := newClient(t)
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		start := req.URL.Query().Get("b_start")
		return answer(200, `{"@id": "x", "items": [{"@id": "`+siteURL+`/`+start+`", "title": "`+start+`"}], "items_total": 3}`)(req)
	})
	var titles []string
	for item, err := range c.Search.All(t.Context(), "/", client.SearchOptions{PageSize: 1}) {
		require.NoError(t, err)
		titles = append(titles, item.Title)
	}
	assert.Equal(t, []string{"0", "1", "2"}, titles)

	mock.RegisterNoResponder(answer(404, `{"type": "NotFound", "message": "Resource not found"}`))
	for _, err := range c.Content.Children(t.Context(), "/nope", client.ListOptions{}) {
		require.ErrorIs(t, err, errors.ErrNotFound)
	}
}

// 9. What has no method here goes the same way.

func TestCall(t *testing.T) {
	t.Parallel()
	c, mock := newClient(t)
	mock.RegisterResponder("GET", siteURL+"/@own", answer(200, `{"answer": 42}`))
	got, err := client.Call[struct {
		Answer int `json:"answer"`
	}](t.Context(), c, client.Request{Path: "/@own"})
	require.NoError(t, err)
	assert.Equal(t, 42, got.Value.Answer)
	_, err = client.Call[struct {
		Answer int `json:"answer"`
	}](t.Context(), c, client.Request{Path: "/../@own"})
	require.ErrorIs(t, err, errors.ErrInvalidInput)
}
