package client_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestAddons_notDone(t *testing.T) {
	t.Parallel()
	const (
		absent  = `{"id":"a","uninstall_profile_id":"a:uninstall","upgrade_info":{}}`
		present = `{"id":"a","is_installed":true,"uninstall_profile_id":"a:uninstall","upgrade_info":{"required":true,"installedVersion":"1","newVersion":"2"}}`
		fixed   = `{"id":"a","is_installed":true,"upgrade_info":{}}`
	)
	list := func(addon string) string { return `{"items":[` + addon + `]}` }
	type call func(*client.AddonService) (*client.OK[client.Addon], error)
	install := func(s *client.AddonService) (*client.OK[client.Addon], error) { return s.Install(t.Context(), "a") }
	uninstall := func(s *client.AddonService) (*client.OK[client.Addon], error) { return s.Uninstall(t.Context(), "a") }
	upgrade := func(s *client.AddonService) (*client.OK[client.Addon], error) { return s.Upgrade(t.Context(), "a") }
	tests := []struct {
		name, before string
		status       int
		after        string
		call         call
		want         error
		sent         int // POST
	}{
		{"install", absent, 200, list(absent), install, errors.ErrNotDone, 1},
		{"install, empty answer", absent, 204, "", install, errors.ErrNotDone, 1},
		{"install, and it is gone", absent, 200, list(""), install, errors.ErrNotDone, 1},
		{"install what is installed", present, 200, list(present), install, errors.ErrAlreadyExists, 0},
		{"install what is unknown", `[]`, 204, "", install, errors.ErrNotFound, 0},
		{"uninstall", present, 200, list(present), uninstall, errors.ErrNotDone, 1},
		{"uninstall without a profile", fixed, 204, "", uninstall, errors.ErrNotDone, 0},
		{"uninstall what is not installed", absent, 204, "", uninstall, errors.ErrNotFound, 0},
		{"upgrade", present, 200, list(present), upgrade, errors.ErrNotDone, 1},
		{"upgrade what is not installed", absent, 204, "", upgrade, errors.ErrNotFound, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			m.RegisterResponder("GET", mockSite+"/@addons/a", jsonAnswer(200, tt.before))
			const action = `=~/@addons/a/(un)?(install|upgrade)$`
			m.RegisterResponder("POST", action, jsonAnswer(tt.status, tt.after))
			result, err := tt.call(c.Addons)
			require.ErrorIs(t, err, tt.want)
			assert.Nil(t, result)
			assert.Equal(t, tt.sent, m.GetCallCountInfo()["POST "+action])
		})
	}
}

func TestAddons_oddAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `null`, `{"id":""}`, `"a"`} {
		c, m := mock(t)
		m.RegisterResponder("GET", mockSite+"/@addons/a", jsonAnswer(200, body))
		m.RegisterResponder("GET", mockSite+"/@addons", jsonAnswer(200, body))
		_, err := c.Addons.Get(t.Context(), "a")
		_, ok := errors.AsType[*errors.DecodeError](err)
		assert.True(t, ok, "%s: %v", body, err)
		_, err = c.Addons.List(t.Context(), client.AddonOptions{})
		_, ok = errors.AsType[*errors.DecodeError](err)
		assert.True(t, ok, "%s: %v", body, err)
	}
}

func TestUpgrade_Run_notDone(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/@upgrade", jsonAnswer(200, `{"@id":"x","versions":{"fs":"2","instance":"1"}}`))
	m.RegisterResponder("POST", mockSite+"/@upgrade", jsonAnswer(200, `{"@id":"x","report":"it broke","upgraded":false,"versions":{"fs":"2","instance":"1"}}`))
	_, err := c.Upgrade.Run(t.Context(), "1")
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.Equal(t, 0, m.GetCallCountInfo()["POST "+mockSite+"/@upgrade"])
	result, err := c.Upgrade.Run(t.Context(), "2")
	require.ErrorIs(t, err, errors.ErrNotDone)
	assert.Equal(t, "it broke", result.Value.Report)
}

func TestEmail_Send(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		var body string
		status, reply := 204, ""
		m.RegisterResponder("POST", mockSite+"/@email-send", func(req *http.Request) (*http.Response, error) {
			data, err := io.ReadAll(req.Body)
			body = string(data)
			require.NoError(t, err)
			return jsonAnswer(status, reply)(req)
		})
		mail := client.Mail{From: "a@example.org", Message: "Note: private"}

		// The server takes what is above the first empty line for headers.
		_, err := c.Email.Send(t.Context(), "b@example.org", mail)
		require.NoError(t, err)
		assert.JSONEq(t, `{"to":"b@example.org","from":"a@example.org","name":"","subject":"","message":"\nNote: private"}`, body)

		// It answers with the mail to those who may not send one.
		for _, status = range []int{401, 403} {
			reply = `{"error":{"type":"Forbidden","message":"\nNote: private"}}`
			_, err = c.Email.Send(t.Context(), "b@example.org", mail)
			require.ErrorIs(t, err, errors.Status(status))
			assert.NotContains(t, err.Error(), "private")
		}
		status, reply = 400, `{"error":{"type":"BadRequest","message":"MailHost is not configured."}}`
		_, err = c.Email.Send(t.Context(), "b@example.org", mail)
		assert.ErrorContains(t, err, "MailHost is not configured.")

		// A mail may have gone out before the error.
		m.ZeroCallCounters()
		for _, status = range []int{500, 502, 503} {
			reply = `{"type":"ConflictError","message":"x","context":null}`
			_, err = c.Email.Send(t.Context(), "b@example.org", mail)
			require.ErrorIs(t, err, errors.ErrOutcomeUnknown, status)
		}
		assert.Equal(t, 3, m.GetTotalCallCount())
	})
}

func TestRules_list(t *testing.T) {
	t.Parallel()
	tests := []struct {
		items string
		want  []string // nil for a DecodeError
	}{
		{`[[{"id":"a"},{"id":"b"}]]`, []string{"a", "b"}},
		{`[[]]`, []string{}},
		{`[]`, []string{}},
		{`[{"id":"a"}]`, []string{"a"}}, // as it ought to be
		{`[[{"id":"a"}],[{"id":"b"}]]`, nil},
		{`{}`, nil},
		{`null`, nil},
	}
	for _, tt := range tests {
		c, m := mock(t)
		m.RegisterResponder("GET", mockSite+"/@controlpanels/content-rules", jsonAnswer(200, `{"@id":"x","items":`+tt.items+`}`))
		rules, err := c.Rules.List(t.Context())
		if tt.want == nil {
			_, ok := errors.AsType[*errors.DecodeError](err)
			assert.True(t, ok, "%s: %v", tt.items, err)
			continue
		}
		require.NoError(t, err, tt.items)
		names := []string{}
		for _, r := range rules.Value.Items {
			names = append(names, r.ID)
		}
		assert.Equal(t, tt.want, names, tt.items)
	}
}

// Settings of a rule that were left out would be turned off.
func TestUpdateRule_sendsEverything(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	var body []byte
	m.RegisterResponder("PATCH", mockSite+"/@controlpanels/content-rules/a", func(req *http.Request) (*http.Response, error) {
		body, _ = io.ReadAll(req.Body)
		return httpmock.NewStringResponse(204, ""), nil
	})
	_, err := c.Rules.Update(t.Context(), "a", client.RuleSettings{Stop: true})
	require.NoError(t, err)
	assert.JSONEq(t, `{"title":"","description":"","enabled":false,"stopExecuting":true,"cascading":false}`, string(body))
}

// What a second try would do to another element is not repeated.
func TestRuleElement_notRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		url := mockSite + "/@controlpanels/content-rules/a/action/1"
		page := httpmock.NewStringResponder(502, "<html>")
		m.RegisterResponder("PATCH", url, page)
		m.RegisterResponder("DELETE", url, page)
		_, err := c.Rules.MoveElement(t.Context(), "a", client.RuleActions, 1, client.MoveElementOptions{})
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
		_, err = c.Rules.DeleteElement(t.Context(), "a", client.RuleActions, 1)
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
		assert.Equal(t, 2, m.GetTotalCallCount())
	})
}

func TestControlPanels_Update_refusedBody(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/@controlpanels/mail", jsonAnswer(200, `{"@id":"x","schema":{"properties":{"a":{}}}}`))
	for _, body := range []any{nil, []int{1}, "a", make(chan int)} {
		_, err := c.ControlPanels.Update(t.Context(), "mail", body)
		require.ErrorIs(t, err, errors.ErrInvalidInput, "%T", body)
	}
	assert.Zero(t, m.GetCallCountInfo()["PATCH "+mockSite+"/@controlpanels/mail"])
}

func TestRegistry_All_changes(t *testing.T) {
	t.Parallel()
	page := func(total int, names ...string) string {
		items := make([]string, len(names))
		for i, name := range names {
			items[i] = fmt.Sprintf(`{"name":%q,"value":1,"schema":{"properties":{}}}`, name)
		}
		return fmt.Sprintf(`{"@id":"x","items_total":%d,"items":[%s]}`, total, strings.Join(items, ","))
	}
	const broken = `{"type":"TypeError","message":"Object of type datetime is not JSON serializable","context":null}`
	tests := []struct {
		name  string
		pages map[string]string // by b_start and b_size; others are broken
		want  []string
		err   error
	}{
		{"whole", map[string]string{"0/2": page(3, "a", "b"), "2/2": page(3, "c")}, []string{"a", "b", "c"}, nil},
		{"first is broken", map[string]string{"1/2": page(3, "b", "c")}, []string{"b", "c"}, errors.ErrNotDone},
		{"last is broken", map[string]string{"0/2": page(3, "a", "b")}, []string{"a", "b"}, errors.ErrNotDone},
		{"second is broken", map[string]string{"0/1": page(3, "a"), "2/2": page(3, "c")}, []string{"a", "c"}, errors.ErrNotDone},
		{"grew", map[string]string{"0/2": page(3, "a", "b"), "2/2": page(4, "c", "d")}, []string{"a", "b", "c", "d"}, errors.ErrListChanged},
		{"ends early", map[string]string{"0/2": page(3, "a", "b"), "2/2": page(3)}, []string{"a", "b"}, errors.ErrListChanged},
		{"only one, broken", map[string]string{"1/2": page(1)}, nil, errors.ErrNotDone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			m.RegisterResponder("GET", mockSite+"/@registry", func(req *http.Request) (*http.Response, error) {
				q := req.URL.Query()
				if body, found := tt.pages[q.Get("b_start")+"/"+q.Get("b_size")]; found {
					return jsonAnswer(200, body)(req)
				}
				return jsonAnswer(500, broken)(req)
			})
			var names []string
			var last error
			for r, err := range c.Registry.All(t.Context(), client.RegistryOptions{PageSize: 2}) {
				if err != nil {
					last = err
					break
				}
				names = append(names, r.Name)
			}
			assert.Equal(t, tt.want, names)
			if tt.err == nil {
				require.NoError(t, last)
			} else {
				require.ErrorIs(t, last, tt.err)
			}
		})
	}
	c, m := mock(t)
	for _, err := range c.Registry.All(t.Context(), client.RegistryOptions{PageSize: -1}) {
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	}
	assert.Zero(t, m.GetTotalCallCount())
}

func TestExports_Import_body(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		data := bytes.Repeat([]byte("0123456789"), 20_000)
		c, m := mock(t)
		tries := 0
		m.RegisterResponder("POST", mockSite+"/@import", func(req *http.Request) (*http.Response, error) {
			tries++
			length := req.ContentLength
			sent, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			assert.EqualValues(t, len(sent), length)
			req.Body = io.NopCloser(bytes.NewReader(sent))
			file, header, err := req.FormFile("file")
			require.NoError(t, err)
			defer file.Close()
			got, err := io.ReadAll(file)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(data, got))
			assert.NotEmpty(t, header.Filename, "the server takes a part without a name for text")
			if tries == 1 {
				return nil, &net.OpError{Op: "dial", Err: io.EOF}
			}
			return jsonAnswer(200, `{"status":"success","report":["ContentImporter: Imported 1 objects"]}`)(req)
		})
		result, err := c.Exports.Import(t.Context(), bytes.NewReader(data), int64(len(data)))
		require.NoError(t, err)
		assert.Equal(t, 2, result.Attempts)
		assert.Equal(t, []string{"ContentImporter: Imported 1 objects"}, result.Value.Report)
	})
}

// These store a part of their work before the end of the request.
func TestCommitting(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*client.Client) error{
		"import": func(c *client.Client) error {
			_, err := c.Exports.Import(t.Context(), strings.NewReader("x"), 1)
			return err
		},
		"new site": func(c *client.Client) error {
			_, err := c.Sites.Create(t.Context(), "classic", client.SiteAnswers{SiteID: "x", Title: "X"})
			return err
		},
		"rebuild": func(c *client.Client) error {
			_, err := c.Relations.Rebuild(t.Context(), client.RebuildOptions{})
			return err
		},
		"mail": func(c *client.Client) error {
			_, err := c.Email.Notify(t.Context(), client.Mail{From: "a@plone.example", Message: "x"})
			return err
		},
	} {
		c, m := mock(t)
		m.RegisterNoResponder(jsonAnswer(500, raised))
		err := call(c)
		require.ErrorIs(t, err, errors.ErrConflict, name)
		require.ErrorIs(t, err, errors.ErrOutcomeUnknown, name)
		assert.Equal(t, 1, m.GetTotalCallCount(), name)
	}
}

// An answer that cannot be used does not tell that nothing was done.
func TestImport_brokenAnswer(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(answer(200, "text/html", "<html>"))
	_, err := c.Exports.Import(t.Context(), strings.NewReader("x"), 1)
	require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
	_, err = c.Aliases.ImportCSV(t.Context(), strings.NewReader("/a,/b"))
	require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
	_, err = c.Users.ImportCSV(t.Context(), strings.NewReader("username\r\na"))
	require.ErrorIs(t, err, errors.ErrOutcomeUnknown)
}

func TestExports_oddAnswers(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("POST", mockSite+"/@export", jsonAnswer(200, `{}`))
	m.RegisterResponder("POST", mockSite+"/@import", jsonAnswer(200, `{}`))
	_, err := c.Exports.Export(t.Context())
	_, ok := errors.AsType[*errors.DecodeError](err)
	assert.True(t, ok, "%v", err)
	_, err = c.Exports.Import(t.Context(), strings.NewReader("x"), 1)
	_, ok = errors.AsType[*errors.DecodeError](err)
	assert.True(t, ok, "%v", err)
	_, err = c.Exports.Import(t.Context(), nil, 1)
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	_, err = c.Exports.Import(t.Context(), strings.NewReader("x"), -1)
	require.ErrorIs(t, err, errors.ErrInvalidInput)
}

func TestSites_Login_wire(t *testing.T) {
	t.Parallel()
	c, m := mock(t, client.WithAuth(auth.Basic("other", "word")))
	cookie := "__ac=hush; Path=/"
	m.RegisterResponder("POST", mockSite+"/@login", func(req *http.Request) (*http.Response, error) {
		assert.Equal(t, []string{"application/json"}, req.Header["Content-Type"])
		assert.Empty(t, req.Header.Get("Authorization"), "the credentials are those in the body")
		resp, err := jsonAnswer(200, `{}`)(req)
		if cookie != "" {
			resp.Header.Set("Set-Cookie", cookie)
		}
		return resp, err
	})
	result, err := c.Sites.Login(t.Context(), "ada", "word")
	require.NoError(t, err)
	assert.Equal(t, "__ac=hush", string(result.Value.Cookie))
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		assert.NotContains(t, fmt.Sprintf(verb, *result), "hush")
	}
	cookie = ""
	_, err = c.Sites.Login(t.Context(), "ada", "word")
	require.ErrorIs(t, err, errors.ErrNotDone)
}

// Only the word for it removes the site, and nothing else is sent.
func TestSite_Delete_word(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("DELETE", mockSite, httpmock.NewStringResponder(204, ""))
	for _, wrong := range []string{"", "/", "https://plone.example", mockSite + "/news", "http" + mockSite[5:], mockSite + "?x"} {
		_, err := c.Site.Delete(t.Context(), wrong)
		require.ErrorIs(t, err, errors.ErrInvalidInput, wrong)
	}
	assert.Zero(t, m.GetTotalCallCount())
	for _, right := range []string{c.SiteURL(), mockSite + "/"} {
		_, err := c.Site.Delete(t.Context(), right)
		require.NoError(t, err)
	}
	assert.Equal(t, 2, m.GetTotalCallCount())
}

func TestTransactions_username(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/@transactions", jsonAnswer(200, `[{"id":"a\n 2026","time":"2026-11-23T18:07:55","username":" admin"},{"id":"b","username":""}]`))
	list, err := c.Transactions.List(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Value, 2)
	assert.Equal(t, "admin", list.Value[0].Username)
	assert.Equal(t, "2026-11-23T18:07:55", list.Value[0].Time.String())
	assert.True(t, list.Value[1].Time.IsZero())
}
