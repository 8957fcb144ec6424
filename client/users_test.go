package client_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

const ada = `{"@id":"` + mockSite + `/@users/ada","id":"ada","username":"ada","roles":["Member"],"fullname":null,"shoe_size":42}`

// bodiesInto keeps the bodies of the requests that it lets through.
func bodiesInto(bodies *[]string, next httpmock.Responder) httpmock.Responder {
	return func(req *http.Request) (*http.Response, error) {
		data, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		*bodies = append(*bodies, string(data))
		return next(req)
	}
}

func TestUsers_passwordsAreSentButNeverPrinted(t *testing.T) {
	t.Parallel()
	const secret = "top-secret-word"
	c, m := mock(t)
	var bodies []string
	m.RegisterResponder("POST", mockSite+"/@users", bodiesInto(&bodies, jsonAnswer(201, ada)))
	m.RegisterResponder("PATCH", mockSite+"/@users/ada", bodiesInto(&bodies, jsonAnswer(204, "")))
	m.RegisterResponder("POST", mockSite+"/@users/ada/reset-password", bodiesInto(&bodies, jsonAnswer(200, "null")))
	user := client.NewUser{Username: "ada", Email: "ada@plone.example", Password: secret, Properties: client.Fields{"shoe_size": 42}}
	update := client.UserUpdate{Password: secret}

	_, err := c.Users.Create(t.Context(), user)
	require.NoError(t, err)
	_, err = c.Users.Update(t.Context(), "ada", update)
	require.NoError(t, err)
	_, err = c.Users.ResetPassword(t.Context(), "ada", "t0ken", secret)
	require.NoError(t, err)
	_, err = c.Users.ChangePassword(t.Context(), "ada", "old", secret)
	require.NoError(t, err)
	_, err = c.Users.RequestPasswordReset(t.Context(), "ada")
	require.NoError(t, err)
	require.Len(t, bodies, 5)
	assert.JSONEq(t, `{"username":"ada","email":"ada@plone.example","password":"top-secret-word","shoe_size":42}`, bodies[0])
	assert.JSONEq(t, `{"password":"top-secret-word"}`, bodies[1])
	assert.JSONEq(t, `{"reset_token":"t0ken","new_password":"top-secret-word"}`, bodies[2])
	assert.JSONEq(t, `{"old_password":"old","new_password":"top-secret-word"}`, bodies[3])
	assert.JSONEq(t, `{}`, bodies[4])

	for _, v := range []any{user, &user, update, &update} {
		data, err := json.Marshal(v)
		require.NoError(t, err)
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s %q", v, v, v, v, v)+string(data), secret)
	}
	for _, err := range []error{
		func() error { _, err := c.Users.ResetPassword(t.Context(), "ada", "", secret); return err }(),
		func() error { _, err := c.Users.ChangePassword(t.Context(), "ada", secret, ""); return err }(),
	} {
		require.ErrorIs(t, err, errors.ErrInvalidInput)
		assert.NotContains(t, err.Error(), secret)
	}
}

func TestUsers_body(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	var bodies []string
	m.RegisterResponder("POST", mockSite+"/@users", bodiesInto(&bodies, jsonAnswer(201, ada)))
	m.RegisterResponder("PATCH", mockSite+"/@users/ada", bodiesInto(&bodies, jsonAnswer(204, "")))
	_, err := c.Users.Create(t.Context(), client.NewUser{
		Email: "e", SendPasswordReset: true, Roles: []string{}, Fullname: "f", HomePage: "h", Description: "d", Location: "l",
	})
	require.NoError(t, err)
	_, err = c.Users.Update(t.Context(), "ada", client.UserUpdate{
		Username: client.Set("lovelace"), Email: client.Null[string](), Roles: map[string]bool{"Reader": true, "Member": false},
		Portrait: &client.Portrait{Data: []byte("x"), ContentType: "image/png", Scale: true},
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"email":"e","sendPasswordReset":true,"roles":[],"fullname":"f","home_page":"h","description":"d","location":"l"}`, bodies[0])
	assert.JSONEq(t, `{"username":"lovelace","email":null,"roles":{"Reader":true,"Member":false},
		"portrait":{"data":"eA==","encoding":"base64","content-type":"image/png","scale":true}}`, bodies[1])
}

func TestUsers_List_inBothShapes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ body, id string }{
		"object":           {`{"@id":"` + mockSite + `/@users","items":[` + ada + `],"items_total":1}`, mockSite + "/@users"},
		"array":            {"[" + ada + "]", ""},
		"array with space": {" \n[" + ada + "]", ""},
	} {
		c, m := mock(t)
		m.RegisterResponder("GET", mockSite+"/@users", jsonAnswer(200, tt.body))
		list, err := c.Users.List(t.Context(), client.UserQuery{})
		require.NoError(t, err, name)
		assert.Equal(t, tt.id, list.Value.URL, name)
		assert.Equal(t, 1, list.Value.ItemsTotal, name)
		require.Len(t, list.Value.Items, 1, name)
		assert.Equal(t, "ada", list.Value.Items[0].ID, name)
		var size int
		require.NoError(t, list.Value.Items[0].Extra("shoe_size", &size), name)
		assert.Equal(t, 42, size, name)
	}
	for _, body := range []string{`{}`, `null`, `{"items":null}`, `[{}]`, `{"items":[{}]}`, `[1]`, `"x"`, `[`} {
		c, m := mock(t)
		m.RegisterResponder("GET", mockSite+"/@users", jsonAnswer(200, body))
		_, err := c.Users.List(t.Context(), client.UserQuery{})
		_, found := errors.AsType[*errors.DecodeError](err)
		assert.True(t, found, "%s: %v", body, err)
	}
}

func TestUsers_List_asksForAllOfThem(t *testing.T) {
	t.Parallel()
	for want, q := range map[string]client.UserQuery{
		"":                         {},
		"limit=7":                  {Limit: 7},
		"limit=0&query=a":          {ID: "a"},
		"limit=3&query=a&search=b": {ID: "a", Search: "b", Limit: 3},
		"groups-filter%3Alist=g&groups-filter%3Alist=h&limit=0": {Groups: []string{"g", "h"}},
	} {
		c, m := mock(t)
		var query string
		m.RegisterResponder("GET", mockSite+"/@users", func(req *http.Request) (*http.Response, error) {
			query = req.URL.RawQuery
			return jsonAnswer(200, `[]`)(req)
		})
		_, err := c.Users.List(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, want, query)
	}
}

func TestUsers_Update_ofNobodyIsNotRepeated(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("PATCH", mockSite+"/@users/ada",
		jsonAnswer(500, `{"type":"AttributeError","message":"'NoneType' object has no attribute 'getRoles'","context":null}`))
	_, err := c.Users.Update(t.Context(), "ada", client.UserUpdate{})
	require.ErrorIs(t, err, errors.ErrNotFound)
	require.ErrorIs(t, err, errors.ErrInternalServer)
	assert.Equal(t, 1, m.GetTotalCallCount())
}

func TestUsers_Delete_looksAfterwards(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		look httpmock.Responder
		want error
	}{
		"gone":           {jsonAnswer(404, `{"type":"NotFound","message":"x"}`), nil},
		"may not look":   {jsonAnswer(401, `{"type":"Unauthorized","message":"x"}`), nil},
		"nothing to see": {answer(502, "text/html", "<html>"), nil},
		"still there":    {jsonAnswer(200, ada), errors.ErrNotDone},
	} {
		c, m := mock(t, client.WithRetry(retry.Policy{Mode: retry.Never}))
		var query string
		m.RegisterResponder("DELETE", mockSite+"/@users/ada", func(req *http.Request) (*http.Response, error) {
			query = req.URL.RawQuery
			return jsonAnswer(204, "")(req)
		})
		m.RegisterResponder("GET", mockSite+"/@users/ada", tt.look)
		_, err := c.Users.Delete(t.Context(), "ada", client.DeleteUserOptions{KeepProperties: true})
		require.ErrorIs(t, err, tt.want, name)
		assert.Equal(t, "delete_memberareas=0", query, name)
	}
}

func TestUsers_Ensure_whenSomebodyElseWasFaster(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/@users/ada", jsonAnswer(404, `{"type":"NotFound","message":"x"}`))
	m.RegisterResponder("POST", mockSite+"/@users", jsonAnswer(400, `{"error":{"type":"MissingParameterError","message":"already in use or is not valid"}}`))
	_, err := c.Users.Ensure(t.Context(), client.NewUser{Username: "ada"})
	require.ErrorIs(t, err, errors.ErrBadRequest)

	// A user who was added and is not there cannot make it add another one.
	m.RegisterResponder("POST", mockSite+"/@users", jsonAnswer(201, ada))
	_, err = c.Users.Ensure(t.Context(), client.NewUser{Username: "ada"})
	require.ErrorIs(t, err, errors.ErrNotFound)
}

func TestUsers_ImportCSV_streams(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("POST", mockSite+"/@users", func(req *http.Request) (*http.Response, error) {
		assert.Equal(t, int64(-1), req.ContentLength)
		assert.Nil(t, req.GetBody)
		_, params, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
		require.NoError(t, err)
		part, err := multipart.NewReader(req.Body, params["boundary"]).NextPart()
		require.NoError(t, err)
		assert.Equal(t, "file", part.FormName())
		assert.Equal(t, "text/csv", part.Header.Get("Content-Type"))
		data, err := io.ReadAll(part)
		require.NoError(t, err)
		assert.Equal(t, "username\r\nada\r\n", string(data))
		return jsonAnswer(201, `{"items":[`+ada+`],"items_total":1}`)(req)
	})
	table := iotest.OneByteReader(strings.NewReader("username\r\nada\r\n"))
	result, err := c.Users.ImportCSV(t.Context(), table)
	require.NoError(t, err)
	require.Len(t, result.Value, 1)
	_, err = c.Users.ImportCSV(t.Context(), nil)
	require.ErrorIs(t, err, errors.ErrInvalidInput)
}

func TestUsers_ImportCSV_answers(t *testing.T) {
	t.Parallel()
	const refused = `{"error":{"type":"MissingParameterError","message":"too short"}}`
	many := strings.Repeat(ada+",", 2000) // more than an error keeps of its body
	tests := []struct {
		name  string
		reply httpmock.Responder
		want  error
		rows  []int // refused
		users int   // added, when rows were refused
	}{
		{"all", jsonAnswer(201, `{"items":[`+ada+`]}`), nil, nil, 0},
		{"first refused", jsonAnswer(201, `{"items":[`+refused+`,`+ada+`]}`), errors.ErrBadRequest, []int{1}, 1},
		{"last of many refused", jsonAnswer(400, `{"items":[`+many+refused+`]}`), errors.ErrBadRequest, []int{2001}, 2000},
		{"no user", jsonAnswer(201, `{"items":[{},`+ada+`,7]}`), nil, []int{1, 3}, 1},
		{"table refused", jsonAnswer(400, `{"error":{"type":"WrongParameterError","message":"x","errors":[{"field":"email","message":"y"}]}}`), errors.ErrValidation, nil, 0},
		{"page", answer(400, "text/html", "<html>"), errors.ErrBadRequest, nil, 0},
		{"not allowed", jsonAnswer(403, `{"type":"Forbidden","message":"x"}`), errors.ErrForbidden, nil, 0},
		{"no items", jsonAnswer(201, `{}`), errors.ErrOutcomeUnknown, nil, 0},
		{"cut off", jsonAnswer(201, `{"items":[`), errors.ErrOutcomeUnknown, nil, 0},
		{"wrong status", jsonAnswer(200, `{"items":[]}`), errors.ErrOutcomeUnknown, nil, 0},
		{"lost", httpmock.NewErrorResponder(io.ErrUnexpectedEOF), errors.ErrOutcomeUnknown, nil, 0},
		{"raised", jsonAnswer(500, raised), errors.ErrConflict, nil, 0},
	}
	for _, tt := range tests {
		c, m := mock(t)
		m.RegisterResponder("POST", mockSite+"/@users", tt.reply)
		_, err := c.Users.ImportCSV(t.Context(), io.MultiReader(strings.NewReader("username\nada\n")))
		if tt.want == nil && tt.rows == nil {
			require.NoError(t, err, tt.name)
			continue
		}
		require.Error(t, err, tt.name)
		if tt.want != nil {
			require.ErrorIs(t, err, tt.want, tt.name)
		}
		failed, found := errors.AsType[*client.UserImportError](err)
		assert.Equal(t, tt.rows != nil, found, tt.name)
		if found {
			assert.Len(t, failed.Users, tt.users, tt.name)
			var rows []int
			for _, row := range failed.Rows {
				rows = append(rows, row.Row)
			}
			assert.Equal(t, tt.rows, rows, tt.name)
			assert.Contains(t, err.Error(), fmt.Sprintf("%d of %d users", len(rows), len(rows)+tt.users), tt.name)
		}
		assert.Equal(t, 1, m.GetTotalCallCount(), tt.name) // the table cannot be read twice
	}
}

func TestUsers_ExportCSV_isCSV(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/@users", func(req *http.Request) (*http.Response, error) {
		assert.Equal(t, "text/csv", req.Header.Get("Accept"))
		return jsonAnswer(200, "{'@id': 'x'}")(req)
	})
	_, err := c.Users.ExportCSV(t.Context())
	_, found := errors.AsType[*errors.DecodeError](err)
	assert.True(t, found, "%v", err)
}

func TestPortrait_names(t *testing.T) {
	t.Parallel()
	for id, path := range map[string]string{
		"ada": "ada", "ada-l": "ada--l", "ada@plone.example": "ada-40plone.example", "a b+c": "a-20b-2Bc", "ä~_": "-C3-A4~_",
	} {
		c, m := mock(t)
		m.RegisterResponder("GET", mockSite+"/@portrait/"+path, answer(200, "image/png", "x"))
		d, err := c.Users.Portrait(t.Context(), id)
		require.NoError(t, err, id)
		require.NoError(t, d.Close())
	}
	c, _ := mock(t)
	_, err := c.Users.Portrait(t.Context(), "")
	require.ErrorIs(t, err, errors.ErrInvalidInput)
}

func TestWhoAmI_responses(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	types := func(m *httpmock.MockTransport, status int, body string) {
		m.RegisterResponder("GET", mockSite+"/@types", jsonAnswer(status, body))
	}
	for _, token := range []string{"x", "a.b.c", "." + encode("{") + ".", "." + encode(`{"sub":""}`) + ".", "." + encode(`{"sub":7}`) + "."} {
		c, m := mock(t, client.WithAuth(auth.Static(token)))
		types(m, 200, "[]")
		_, err := c.WhoAmI(t.Context())
		require.ErrorIs(t, err, errors.ErrUnsupported, token)
		assert.Equal(t, 1, m.GetTotalCallCount(), "nothing is renewed")

		c, m = mock(t, client.WithAuth(auth.Basic("ada", "secret")))
		types(m, 200, "[]")
		m.RegisterResponder("GET", mockSite+"/@users/ada", jsonAnswer(401, `{"type":"Unauthorized","message":"x"}`))
		m.RegisterResponder("POST", mockSite+"/@login-renew", jsonAnswer(200, `{"token":"`+token+`"}`))
		_, err = c.WhoAmI(t.Context())
		require.ErrorIs(t, err, errors.ErrUnsupported, token)
	}

	// The name is not the id: of nobody, and of somebody else.
	token := "a." + encode(`{"sub":"u1"}`) + ".c"
	for _, found := range []string{"", `{"id":"ada","username":"lovelace","roles":[]}`} {
		c, m := mock(t, client.WithAuth(auth.Basic("ada", "secret")))
		types(m, 200, "[]")
		m.RegisterResponder("GET", mockSite+"/@users/ada", jsonAnswer(404, `{"type":"NotFound","message":"x"}`))
		if found != "" {
			m.RegisterResponder("GET", mockSite+"/@users/ada", jsonAnswer(200, found))
		}
		m.RegisterResponder("GET", mockSite+"/@users/u1", jsonAnswer(200, `{"id":"u1","username":"ada","roles":[]}`))
		m.RegisterResponder("POST", mockSite+"/@login-renew", jsonAnswer(200, `{"token":"`+token+`"}`))
		me, err := c.WhoAmI(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "u1", me.User.ID)
		m.RegisterResponder("POST", mockSite+"/@login-renew", jsonAnswer(501, `{"error":{"type":"Renew failed","message":"x"}}`))
		_, err = c.WhoAmI(t.Context())
		require.ErrorIs(t, err, errors.ErrNotImplemented)
	}

	// Users who may not see the site are known all the same.
	const raised = `{"type":"Unauthorized","message":"x"}`
	c, m := mock(t, client.WithAuth(auth.Basic("ada", "secret")), client.WithKnownUser())
	types(m, 401, raised)
	m.RegisterResponder("POST", mockSite+"/@login-renew", jsonAnswer(200, `{"token":"`+token+`"}`))
	m.RegisterResponder("GET", mockSite+"/open", jsonAnswer(200, `{"@id":"x"}`))
	_, err := c.Content.Get(t.Context(), "/open")
	require.NoError(t, err)
	for _, source := range []auth.Source{auth.Basic("ada", "secret"), auth.Static(token)} {
		c, m := mock(t, client.WithAuth(source))
		types(m, 401, raised)
		m.RegisterResponder("POST", mockSite+"/@login-renew", jsonAnswer(501, `{"error":{"type":"Renew failed","message":"x"}}`))
		_, err = c.WhoAmI(t.Context())
		require.ErrorIs(t, err, errors.ErrInvalidCredentials)
		// A gateway has not said who we are.
		types(m, 401, "<html>")
		_, err = c.WhoAmI(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		require.NotErrorIs(t, err, errors.ErrInvalidCredentials)
	}
}

// A gateway in front of the site that asks for credentials of its own says nothing
// about those of Plone, nor that it takes the client for a visitor.
func TestWhoAmI_gateway(t *testing.T) {
	t.Parallel()
	gateway := httpmock.ResponderFromResponse(&http.Response{
		StatusCode: 401, Header: http.Header{"Content-Type": {"text/html"}, "Www-Authenticate": {`Basic realm="staff only"`}},
		Body: httpmock.NewRespBodyFromString("<html><head><title>401 Authorization Required</title></head></html>"),
	})
	for name, source := range map[string]auth.Source{
		"anonymous": nil, "basic": auth.Basic("ada", "secret"), "static": auth.Static("a.b.c"), "login": auth.Login("ada", "secret"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t, client.WithAuth(source))
			m.RegisterNoResponder(gateway)
			me, err := c.WhoAmI(t.Context())
			assert.Nil(t, me)
			require.ErrorIs(t, err, errors.ErrUnauthorized)
			require.NotErrorIs(t, err, errors.ErrInvalidCredentials)
			e, found := errors.AsType[*errors.UnauthorizedError](err)
			require.True(t, found)
			assert.Equal(t, []errors.Challenge{{Scheme: "basic", Params: map[string]string{"realm": "staff only"}}}, e.Challenges)
			_, err = c.Auth.Renew(t.Context())
			require.ErrorIs(t, err, errors.ErrUnauthorized)
			require.NotErrorIs(t, err, errors.ErrInvalidCredentials)
			_, err = c.Auth.Login(t.Context(), "ada", "secret")
			require.ErrorIs(t, err, errors.ErrUnauthorized)
			require.NotErrorIs(t, err, errors.ErrInvalidCredentials)
		})
	}
}

// A site without the plugin for tokens, as a classic one is made, knows users all
// the same.
func TestWhoAmI_withoutTokens(t *testing.T) {
	t.Parallel()
	c, m := mock(t, client.WithAuth(auth.Basic("ada", "secret")))
	m.RegisterResponder("GET", mockSite+"/@types", jsonAnswer(200, "[]"))
	m.RegisterResponder("GET", mockSite+"/@users/ada", jsonAnswer(200, `{"id":"ada","username":"ada","roles":[]}`))
	me, err := c.WhoAmI(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "ada", me.User.ID)
	assert.Equal(t, 2, m.GetTotalCallCount(), "no token is asked for")
}

func TestAuth_Providers(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/@login",
		jsonAnswer(200, `{"options":[{"id":"github","plugin":"p","title":"GitHub","url":"https://plone.example/login"}]}`))
	providers, err := c.Auth.Providers(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []client.LoginProvider{{ID: "github", Plugin: "p", Title: "GitHub", URL: "https://plone.example/login"}}, providers.Value.Options)
	m.RegisterResponder("GET", mockSite+"/@login", jsonAnswer(200, `{}`))
	_, err = c.Auth.Providers(t.Context())
	_, found := errors.AsType[*errors.DecodeError](err)
	assert.True(t, found, "%v", err)
}
