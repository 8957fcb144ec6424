package errors_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
)

const limit = 64 << 10

// answer is a response without a request, a header or a known length.
func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(strings.NewReader(body))}
}

// statusError is the StatusError of resp; it fails the test when there is none.
func statusError(t *testing.T, resp *http.Response) *errors.StatusError {
	t.Helper()
	e, ok := errors.AsType[*errors.StatusError](errors.FromResponse(resp))
	require.True(t, ok)
	return e
}

func TestFromResponse_bodyShapes(t *testing.T) {
	t.Parallel()
	const page = "<!DOCTYPE html>\n<html><body>Bad Gateway</body></html>"
	for name, c := range map[string]struct {
		status      int
		contentType string
		body        string
		want        errors.StatusError // Type, Message, Context, Fields and Also
		raised      bool
		traceback   []string
	}{
		"E1 exception": {
			status: 400, body: `{"context": "https://host/Plone", "message": "Property '@type' is required", "type": "BadRequest"}`,
			want:   errors.StatusError{Type: "BadRequest", Message: "Property '@type' is required", Context: "https://host/Plone"},
			raised: true,
		},
		"E1 with a traceback": {
			status: 500, body: `{"context": null, "message": "", "traceback": ["File \"a.py\", line 1", "  x()"], "type": "KeyError"}`,
			want:   errors.StatusError{Type: "KeyError"},
			raised: true, traceback: []string{`File "a.py", line 1`, "  x()"},
		},
		"E1 with a traceback of one text": {
			status: 500, body: `{"type": "Redirect", "message": "a\nb", "traceback": "ERROR: Another exception happened\nhere"}`,
			want:   errors.StatusError{Type: "Redirect", Message: "a\nb"},
			raised: true, traceback: []string{"ERROR: Another exception happened", "here"},
		},
		"E1 after others": {
			status: 500, body: `{"a": 5, "b": [], "type": "A", "message": "b", "traceback": ["c"]}`,
			want: errors.StatusError{Type: "A", Message: "b"}, raised: true, traceback: []string{"c"},
		},
		"E1 with a traceback of nothing": {
			status: 500, body: `{"type": "A", "message": "b", "traceback": [1]}`,
			want: errors.StatusError{Type: "A", Message: "b"}, raised: true,
		},
		"E1 with fields": {
			status: 400, body: `{"message": "[{'message': 'Required input is missing.', 'field': 'title', 'error': 'ValidationError'}]", "type": "BadRequest"}`,
			want: errors.StatusError{
				Type: "BadRequest", Message: "[{'message': 'Required input is missing.', 'field': 'title', 'error': 'ValidationError'}]",
				Fields: []errors.FieldError{{Field: "title", Message: "Required input is missing."}},
			},
			raised: true,
		},
		"E1 with a text like fields, not 400": {
			status: 500, body: `{"message": "[{'message': 'x', 'field': 'title'}]", "type": "ValueError"}`,
			want:   errors.StatusError{Type: "ValueError", Message: "[{'message': 'x', 'field': 'title'}]"},
			raised: true,
		},
		"E1 of a comment": {
			status: 400, body: `{"message": "{'errors': [RequiredMissing('text')]}", "type": "BadRequest"}`,
			want: errors.StatusError{
				Type: "BadRequest", Message: "{'errors': [RequiredMissing('text')]}",
				Fields: []errors.FieldError{{Field: "text", Message: "RequiredMissing"}},
			},
			raised: true,
		},
		"E1 of the history": {
			status: 400, body: `{"message": "{'errors': 'Failed'}", "type": "BadRequest"}`,
			want:   errors.StatusError{Type: "BadRequest", Message: "{'errors': 'Failed'}"},
			raised: true,
		},
		"E1 cut off after the message": {
			status: 500, body: `{"context": "https://host/Plone", "message": "database conflict", "traceback": ["File`,
			want: errors.StatusError{Message: "database conflict", Context: "https://host/Plone"},
		},
		"E1 with a message that is no text": {
			status: 400, body: `{"type": "BadRequest", "message": [{"field": "title", "message": "No."}]}`,
			want: errors.StatusError{
				Type: "BadRequest", Message: `[{"field": "title", "message": "No."}]`,
				Fields: []errors.FieldError{{Field: "title", Message: "No."}},
			},
		},
		"E1 with a message of null": {status: 400, body: `{"type": "BadRequest", "message": null}`, want: errors.StatusError{Type: "BadRequest"}},
		"E1 with a type of null":    {status: 400, body: `{"type": null, "message": "m"}`, want: errors.StatusError{Message: "m"}},
		"E1 without a message":      {status: 400, body: `{"type": "A"}`, want: errors.StatusError{Type: "A"}},
		"E1 without a type":         {status: 400, body: `{"message": "m"}`, want: errors.StatusError{Message: "m"}},
		"E1 in other case":          {status: 500, body: `{"Type": "A", "Message": "m"}`},
		"E1 beside E2": {
			status: 500, body: `{"error": {"type": "A", "message": "m"}, "type": "B", "message": "n"}`,
			want: errors.StatusError{Type: "A", Message: "m"},
		},
		"E1 in a list": {status: 500, body: `[{"type": "A", "message": "m"}]`},

		"E2": {status: 404, body: "\r\n" + ` {"error": {"type": "Not Found", "message": "No such user"}}`, want: errors.StatusError{Type: "Not Found", Message: "No such user"}},
		"E2a": {
			status: 400, body: `{"error": {"errors": [{"field": "username", "message": "Property 'User Name' is required."}], "message": "Error in fields.", "type": "WrongParameterError"}}`,
			want: errors.StatusError{
				Type: "WrongParameterError", Message: "Error in fields.",
				Fields: []errors.FieldError{{Field: "username", Message: "Property 'User Name' is required."}},
			},
		},
		"E2b": {
			status: 422, body: `{"error": {"failed": [[{"relation": "relatedItems", "source": "/nope", "target": "/x"}, "Source not found."]], "message": "Failed on creating relations", "type": "Unprocessable Content"}}`,
			want: errors.StatusError{
				Type: "Unprocessable Content", Message: "Failed on creating relations",
				Fields: []errors.FieldError{{Field: "relatedItems", Message: "Source not found."}},
			},
		},
		"E2c":            {status: 501, body: `{"error": {"message": "No serializer"}}`, want: errors.StatusError{Message: "No serializer"}},
		"E2d":            {status: 403, body: `{"error": {"type": "Forbidden"}}`, want: errors.StatusError{Type: "Forbidden"}},
		"E2 in E2":       {status: 403, body: `{"error": {"error": {"type": "Forbidden"}}}`},
		"E2 of nothing":  {status: 403, body: `{"error": null}`},
		"E2 of a number": {status: 403, body: `{"error": 5}`},
		"E3 null":        {status: 404, contentType: "application/json", body: "null"},
		"E4 empty":       {status: 404, contentType: "application/json", body: ""},
		"E5":             {status: 404, body: `{"type": "NotFound", "message": "Type \"x\" could not be found."}`, want: errors.StatusError{Type: "NotFound", Message: `Type "x" could not be found.`}, raised: true},
		"E5a": {
			status: 400, body: `{"type": "BadRequest", "message": "Found 2 errors in CSV file.", "csv_errors": [{"line": "/a;/b", "line_number": 2, "message": "No target."}]}`,
			want: errors.StatusError{
				Type: "BadRequest", Message: "Found 2 errors in CSV file.",
				Fields: []errors.FieldError{{Field: "line 2", Message: "No target."}},
			},
			raised: true,
		},
		"E7":            {status: 400, body: `{"error": "No data"}`, want: errors.StatusError{Message: "No data"}},
		"E7 with field": {status: 400, body: `{"error": "['a']"}`, want: errors.StatusError{Message: "['a']", Fields: []errors.FieldError{{Message: "a"}}}},
		"E8":            {status: 500, body: `{"error_type": "ValueError", "message": "m"}`, want: errors.StatusError{Type: "ValueError", Message: "m"}},
		"E9 HTML":       {status: 502, contentType: "text/html; charset=utf-8", body: page},
		"E9 unlabelled": {status: 502, body: page},
		"E10": {
			status: 400, contentType: "text/plain", body: "Bad Request\r\n\r\nMalformed HTTP method\r\n\r\n(generated by waitress)",
			want: errors.StatusError{Message: "Malformed HTTP method"},
		},
		"E10 with a charset":   {status: 504, contentType: "Text/Plain; charset=utf-8", body: " \n no answer ", want: errors.StatusError{Message: "no answer"}},
		"E10 of one letter":    {status: 504, contentType: "text/plain", body: "x", want: errors.StatusError{Message: "x"}},
		"E8 and more":          {status: 500, body: `{"error_type": "ValueError", "type": "ValueError", "message": "m"}`, want: errors.StatusError{Type: "ValueError", Message: "m"}},
		"E10 of 200":           {status: 504, contentType: "text/plain", body: strings.Repeat("x", 200), want: errors.StatusError{Message: strings.Repeat("x", 200)}},
		"E10 of more":          {status: 504, contentType: "text/plain", body: strings.Repeat("x", 199) + "ä", want: errors.StatusError{Message: strings.Repeat("x", 199)}},
		"E10 not UTF-8":        {status: 504, contentType: "text/plain", body: "a\xffb", want: errors.StatusError{Message: "ab"}},
		"E10 of a title":       {status: 504, contentType: "text/plain", body: "Gateway Timeout\n"},
		"E10 that is JSON":     {status: 504, contentType: "text/plain", body: `{"type": "A"}`, want: errors.StatusError{Type: "A"}},
		"not UTF-8":            {status: 500, body: "{\"type\": \"A\xff\", \"message\": \"m\xff\\n\"}", want: errors.StatusError{Type: "A\uFFFD", Message: "m\uFFFD\n"}, raised: true},
		"not UTF-8 throughout": {status: 500, body: "\xff\xfe{\x00"},
		"garbage":              {status: 500, body: `{"type" "A"}`},
		"byte order mark":      {status: 500, body: "\xef\xbb\xbf{\"type\": \"A\", \"message\": \"m\"}", want: errors.StatusError{Type: "A", Message: "m"}, raised: true},
		"number of Python":     {status: 500, body: `{"x": [NaN, -Infinity], "type": "A", "message": "NaN"}`, want: errors.StatusError{Type: "A", Message: "NaN"}, raised: true},
		"the same, cut off":    {status: 500, body: `{"x": NaN, "type": "A", "message": "m", "traceback": ["Na`, want: errors.StatusError{Type: "A", Message: "m"}, raised: true},
		"cut in a number":      {status: 500, body: `{"type": "A", "message": 40`, want: errors.StatusError{Type: "A"}},
		"names in other case":  {status: 500, body: `{"Type": "A", "MESSAGE": "m"}`},
		"Latin 1":              {status: 500, contentType: "application/json; charset=iso-8859-1", body: "{\"type\": \"A\", \"message\": \"Caf\xe9\"}", want: errors.StatusError{Type: "A", Message: "Café"}, raised: true},
		"another charset":      {status: 500, contentType: "application/json; charset=koi8-r", body: "{\"type\": \"A\", \"message\": \"m\"}", want: errors.StatusError{Type: "A", Message: "m"}, raised: true},
		"bad escape":           {status: 500, body: `{"message": "m", "type": "\q"}`, want: errors.StatusError{Message: "m"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := answer(c.status, c.body)
			if c.contentType != "" {
				resp.Header.Set("Content-Type", c.contentType)
			}
			e := statusError(t, resp)
			assert.Equal(t, errors.Status(c.status), e.Status)
			assert.Equal(t, c.want.Type, e.Type)
			assert.Equal(t, c.want.Message, e.Message)
			assert.Equal(t, c.want.Context, e.Context)
			assert.Equal(t, c.want.Fields, e.Fields)
			assert.Equal(t, c.status == 400 && len(c.want.Fields) > 0, errors.Is(e, errors.ErrValidation))
			assert.Equal(t, c.body, string(e.Body))
			assert.Equal(t, c.raised, e.Raised())
			assert.Equal(t, c.traceback, e.Traceback())
			assert.Equal(t, 1, e.Attempts)
			for _, line := range c.traceback {
				assert.NotContains(t, e.Error(), line)
			}
		})
	}
}

// E6 and E11 are answers that look like a success: their status says so.
func TestFromResponse_successIsNoError(t *testing.T) {
	t.Parallel()
	for status := 200; status < 300; status++ {
		resp := answer(status, `{"type": "error", "failed": ["/a"]}`)
		body := resp.Body
		require.NoError(t, errors.FromResponse(resp))
		assert.Equal(t, body, resp.Body, "the body of a success is not touched")
	}
	require.NoError(t, errors.FromResponse(answer(200, `[]`)))
}

func TestFromResponse_everyStatus(t *testing.T) {
	t.Parallel()
	for status := 100; status < 600; status++ {
		transport := httpmock.NewMockTransport()
		transport.RegisterNoResponder(httpmock.NewStringResponder(status, "null"))
		req, err := http.NewRequest(http.MethodPatch, "https://user:pass@host/Plone/x?q=1#top", nil)
		require.NoError(t, err)
		resp, err := transport.RoundTrip(req)
		require.NoError(t, err)
		err = errors.FromResponse(resp)
		require.NoError(t, resp.Body.Close())
		if status/100 == 2 {
			require.NoError(t, err)
			continue
		}
		assert.ErrorIs(t, err, errors.Status(status))
		assert.NotErrorIs(t, err, errors.Status(status+1))
		assert.Equal(t, status/100 == 4, errors.Is(err, errors.ErrClient), status)
		assert.Equal(t, status/100 == 5, errors.Is(err, errors.ErrServer), status)
		_, ok := errors.AsType[*errors.UnauthorizedError](err)
		assert.Equal(t, status == 401, ok, status)
		_, ok = errors.AsType[*errors.RedirectError](err)
		assert.Equal(t, status/100 == 3, ok, status)
		e, ok := errors.AsType[*errors.StatusError](err)
		require.True(t, ok, status)
		assert.Equal(t, "PATCH", e.Method)
		assert.Equal(t, &url.URL{Scheme: "https", Host: "host", Path: "/Plone/x"}, e.URL)
		assert.Equal(t, fmt.Sprintf("plone: PATCH https://host/Plone/x: %v", errors.Status(status)), err.Error())
	}
	for _, status := range []int{0, 99, 600, 999} {
		assert.ErrorIs(t, errors.FromResponse(answer(status, "")), errors.Status(status))
	}
}

func TestFromResponse_meanings(t *testing.T) {
	t.Parallel()
	all := []error{errors.ErrAlreadyExists, errors.ErrValidation, errors.ErrInvalidCredentials, errors.ErrOutcomeUnknown}
	for status := range codes {
		all = append(all, status)
	}
	for name, c := range map[string]struct {
		status int
		body   string
		want   error // beside the status; nil for none
	}{
		"taken id":             {400, `{"type": "BadRequest", "message": "The id \"a\" is invalid - it is already in use."}`, errors.ErrAlreadyExists},
		"taken id, wrapped":    {400, `{"error": {"message": "The id \"a\" is invalid - it is already in use."}}`, errors.ErrAlreadyExists},
		"taken id, not 400":    {500, `{"message": "The id \"a\" is invalid - it is already in use."}`, nil},
		"a value in use":       {400, `{"type": "BadRequest", "message": "[{'field': 'email', 'message': 'This address is already in use.'}]"}`, errors.ErrValidation},
		"an address in use":    {400, `{"type": "BadRequest", "message": "This address is already in use."}`, nil},
		"taken or invalid":     {400, `{"error": {"message": "The login name you selected is already in use or is not valid. Please choose another."}}`, nil},
		"other 400":            {400, `{"type": "BadRequest", "message": "No."}`, nil},
		"fields":               {400, `{"message": "[{'field': 'a', 'message': 'x'}]"}`, errors.ErrValidation},
		"relations":            {422, `{"error": {"failed": [[{"relation": "a"}, "x"]]}}`, nil},
		"login":                {401, `{"error": {"message": "Wrong login and/or password.", "type": "Invalid credentials"}}`, errors.ErrInvalidCredentials},
		"login, not 401":       {400, `{"error": {"type": "Invalid credentials"}}`, nil},
		"other 401":            {401, `{"error": {"message": "Invalid credentials", "type": "Unauthorized"}}`, nil},
		"locked":               {403, `{"error": {"type": "Forbidden", "message": "Resource is locked."}}`, errors.ErrLocked},
		"locked, not 403":      {404, `{"error": {"type": "Forbidden", "message": "Resource is locked."}}`, nil},
		"other 403":            {403, `{"error": {"type": "Forbidden", "message": "Resource is locked. Not."}}`, nil},
		"locked by 423":        {423, `{"type": "ResourceLockedError", "message": "Object \"a\" is locked."}`, nil},
		"write conflict":       {500, `{"type": "ConflictError", "message": "database conflict error"}`, errors.ErrConflict},
		"read conflict":        {500, `{"type": "ReadConflictError", "message": "x"}`, errors.ErrConflict},
		"conflict in a tree":   {500, `{"type": "BTreesConflictError", "message": "x"}`, errors.ErrConflict},
		"conflict, not 500":    {503, `{"type": "ConflictError", "message": "x"}`, nil},
		"conflict, other name": {500, `{"type": "ConflictErrors", "message": "ConflictError"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := errors.FromResponse(answer(c.status, c.body))
			for _, target := range all {
				want := target == c.want || target == errors.Status(c.status)
				assert.Equal(t, want, errors.Is(err, target), target)
			}
			assert.Equal(t, c.status < 500, errors.Is(err, errors.ErrClient))
		})
	}
}

func TestFromResponse_request(t *testing.T) {
	t.Parallel()
	resp := answer(404, "")
	e := statusError(t, resp)
	assert.Empty(t, e.Method)
	assert.Equal(t, &url.URL{}, e.URL)
	assert.EqualError(t, e, "plone: 404 Not Found")

	resp.Request = &http.Request{} // what net/http sends as GET, before it notices
	e = statusError(t, resp)
	assert.Equal(t, http.MethodGet, e.Method)
	assert.Equal(t, &url.URL{}, e.URL)

	u, err := url.Parse("https://user:pass@host/a%2Fb?q#f")
	require.NoError(t, err)
	resp.Request = &http.Request{Method: http.MethodHead, URL: u, Header: http.Header{"Authorization": {"secret"}}}
	e = statusError(t, resp)
	assert.Equal(t, http.MethodHead, e.Method)
	assert.Equal(t, &url.URL{Scheme: "https", Host: "host", Path: "/a/b", RawPath: "/a%2Fb"}, e.URL)
	e.URL.Host = "other"
	assert.Equal(t, "host", u.Host)
	assertSilent(t, e, "secret", "pass", "user")
}

func TestFromResponse_printsNoHeaderAndNoBody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{302, 401, 500} {
		resp := answer(status, `{"type": "A", "traceback": ["secret"], "token": "secret"}`)
		resp.Header.Set("Set-Cookie", "__ac=secret")
		assertSilent(t, errors.FromResponse(resp), "secret", "0x73, 0x65")
	}
}

func TestFromResponse_challenges(t *testing.T) {
	t.Parallel()
	resp := answer(401, "")
	e, ok := errors.AsType[*errors.UnauthorizedError](errors.FromResponse(resp))
	require.True(t, ok)
	assert.Empty(t, e.Challenges)

	resp.Header.Add("WWW-Authenticate", `Basic realm="Zope"`)
	resp.Header.Add("WWW-Authenticate", `Bearer`)
	e, ok = errors.AsType[*errors.UnauthorizedError](errors.FromResponse(resp))
	require.True(t, ok)
	assert.Equal(t, []errors.Challenge{{Scheme: "basic", Params: map[string]string{"realm": "Zope"}}, {Scheme: "bearer"}}, e.Challenges)
	assert.ErrorIs(t, e, errors.ErrUnauthorized)
	assert.ErrorIs(t, e, errors.ErrClient)
	assert.Equal(t, resp.Header, e.Header)
}

func TestFromResponse_location(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ request, location, want string }{
		"absolute":          {"https://host/Plone/a", "https://other/b?c=d", "https://other/b?c=d"},
		"path":              {"https://host/Plone/a", "/Plone/b", "https://host/Plone/b"},
		"relative":          {"https://host/Plone/a", "b", "https://host/Plone/b"},
		"user stays behind": {"https://user:pass@host/Plone/a", "/Plone/b", "https://host/Plone/b"},
		"user of its own":   {"https://host/Plone/a", "https://user:pass@host/b", "https://host/b"},
		"no request":        {"", "https://host/b", "https://host/b"},
		"absent":            {"https://host/Plone/a", "", ""},
		"unparsable":        {"https://host/Plone/a", "https://[::1", ""},
		"unparsable escape": {"https://host/Plone/a", "/%zz", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := answer(307, "")
			resp.Header.Set("Location", c.location)
			if c.request != "" {
				resp.Request = httptest.NewRequest(http.MethodDelete, c.request, nil)
			}
			e, ok := errors.AsType[*errors.RedirectError](errors.FromResponse(resp))
			require.True(t, ok)
			assert.ErrorIs(t, e, errors.Status(307))
			if c.want == "" {
				assert.Nil(t, e.Location)
				return
			}
			require.NotNil(t, e.Location)
			assert.Equal(t, c.want, e.Location.String())
		})
	}
}

func TestFromResponse_retryAfter(t *testing.T) {
	t.Parallel()
	const longest = math.MaxInt64 / int64(time.Second)
	for name, c := range map[string]struct {
		value, date string
		want        time.Duration
	}{
		"absent":                 {"", "", 0},
		"seconds":                {"120", "", 2 * time.Minute},
		"one second":             {"1", "", time.Second},
		"blanks":                 {" 5 ", "", 5 * time.Second},
		"none":                   {"0", "", 0},
		"negative":               {"-1", "", 0},
		"very negative":          {"-99999999999999999999", "", 0},
		"longest":                {strconv.FormatInt(longest, 10), "", time.Duration(longest) * time.Second},
		"longer":                 {strconv.FormatInt(longest+1, 10), "", time.Duration(longest) * time.Second},
		"longest integer":        {"9223372036854775807", "", time.Duration(longest) * time.Second},
		"longer than an integer": {"99999999999999999999", "", time.Duration(longest) * time.Second},
		"fraction":               {"1.5", "", 0},
		"garbage":                {"soon", "", 0},
		"date":                   {"Sat, 01 Jan 2000 00:01:00 GMT", "", time.Minute},
		"date, RFC 850":          {"Saturday, 01-Jan-00 00:01:00 GMT", "", time.Minute},
		"date, asctime":          {"Sat Jan  1 00:01:00 2000", "", time.Minute},
		"date that has passed":   {"Fri, 31 Dec 1999 23:59:59 GMT", "", 0},
		"date of now":            {"Sat, 01 Jan 2000 00:00:00 GMT", "", 0},
		"date far away":          {"Fri, 31 Dec 9999 23:59:59 GMT", "", math.MaxInt64},
		"by another clock":       {"Sun, 02 Jan 2000 00:01:00 GMT", "Sun, 02 Jan 2000 00:00:00 GMT", time.Minute},
		"passed on that clock":   {"Sun, 02 Jan 2000 00:01:00 GMT", "Sun, 02 Jan 2000 00:02:00 GMT", 0},
		"by a broken clock":      {"Sat, 01 Jan 2000 00:01:00 GMT", "today", time.Minute},
		"seconds need no clock":  {"60", "Sun, 02 Jan 2000 00:00:00 GMT", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // begins at midnight UTC 2000-01-01
				for _, status := range []int{302, 401, 404, 429, 500, 503} {
					resp := answer(status, "")
					if c.value != "" {
						resp.Header.Set("Retry-After", c.value)
					}
					if c.date != "" {
						resp.Header.Set("Date", c.date)
					}
					assert.Equal(t, c.want, statusError(t, resp).RetryAfter)
				}
			})
		})
	}
}

// body records how it is used.
type body struct {
	io.Reader
	read, closed int
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.read += n
	return n, err
}

func (b *body) Close() error {
	b.closed++
	return io.ErrClosedPipe
}

func TestFromResponse_bodyCanBeReadAgain(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 511, 512, 513, limit - 1, limit, limit + 1, 3 * limit} {
		for _, length := range []int64{-1, 0, 1, int64(size) - 1, int64(size), int64(size) + 1, limit, math.MaxInt64} {
			for name, wrap := range map[string]func(io.Reader) io.Reader{
				"whole":    func(r io.Reader) io.Reader { return r },
				"halves":   iotest.HalfReader,
				"with EOF": iotest.DataErrReader,
			} {
				text := strings.Repeat("0123456789abcdef", size/16+1)[:size]
				original := &body{Reader: wrap(strings.NewReader(text))}
				resp := answer(500, "")
				resp.Body, resp.ContentLength = original, length
				e := statusError(t, resp)
				require.Equal(t, text[:min(size, limit)], string(e.Body), "%s %d %d", name, size, length)
				require.LessOrEqual(t, original.read, limit)
				require.Zero(t, original.closed)

				// And once more, as the error of a try and that of the call.
				require.Equal(t, e.Body, statusError(t, resp).Body)
				again, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.Equal(t, text, string(again), "%s %d %d", name, size, length)
				require.Equal(t, io.ErrClosedPipe, resp.Body.Close())
				require.Equal(t, 1, original.closed)
			}
		}
	}
}

func TestFromResponse_bodyThatFails(t *testing.T) {
	t.Parallel()
	const text = `{"error": {"type": "Forbidden", "message": "Resource is locked."}}`
	for name, r := range map[string]io.Reader{
		"after its end": io.MultiReader(strings.NewReader(text), iotest.ErrReader(io.ErrUnexpectedEOF)),
		"once":          &failsOnce{io.MultiReader(strings.NewReader(text), iotest.ErrReader(io.ErrUnexpectedEOF)), strings.NewReader("more")},
	} {
		resp := answer(403, "")
		resp.Body = io.NopCloser(r)
		e := statusError(t, resp)
		assert.ErrorIs(t, e, errors.ErrForbidden, name)
		assert.ErrorIs(t, e, errors.ErrLocked, name)
		again, err := io.ReadAll(resp.Body)
		assert.Equal(t, io.ErrUnexpectedEOF, err, name)
		assert.Equal(t, text, string(again), name)
	}

	resp := answer(502, "")
	resp.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	e := statusError(t, resp)
	assert.ErrorIs(t, e, errors.ErrBadGateway)
	assert.Empty(t, e.Body)

	resp.Body = nil
	e = statusError(t, resp)
	assert.ErrorIs(t, e, errors.ErrBadGateway)
	assert.Empty(t, e.Body)
	assert.Nil(t, e.Traceback())
}

// failsOnce goes on after its first error, as a body should not.
type failsOnce struct{ first, then io.Reader }

func (f *failsOnce) Read(p []byte) (int, error) {
	n, err := f.first.Read(p)
	if err != nil {
		f.first = f.then
	}
	return n, err
}

func TestFromResponse_hugeBody(t *testing.T) {
	t.Parallel()
	resp := answer(500, "")
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"message": "m", "traceback": ["`), endless{}))
	e := statusError(t, resp)
	assert.Len(t, e.Body, limit)
	assert.Equal(t, "m", e.Message)
	assert.Nil(t, e.Traceback())
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestFromResponse_fromTheWire(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000") // more than comes
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"message": "m", "type": "ConflictError", "traceback": ["`)
	}))
	defer server.Close()
	resp, err := http.Get(server.URL + "/Plone?q=secret")
	require.NoError(t, err)
	defer resp.Body.Close()
	err = errors.FromResponse(resp)
	assert.EqualError(t, err, "plone: GET "+server.URL+"/Plone: 500 Internal Server Error: ConflictError: m (409 Conflict)")
	_, err = io.ReadAll(resp.Body)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestFromResponse_deepBodiesStayCheap(t *testing.T) {
	t.Parallel()
	for _, part := range []string{`{"error":`, `{"message":`, `[`, `{"errors":[`, `{"message":"[[[[`} {
		e := statusError(t, answer(400, strings.Repeat(part, limit/len(part))))
		assert.Empty(t, e.Fields)
	}
}

func FuzzFromResponse(f *testing.F) {
	for _, seed := range []string{
		`{"context": null, "message": "a", "traceback": ["b"], "type": "NotFound"}`,
		`{"message": "[{'message': 'Required input is missing.', 'field': 'title'}]"}`,
		`{"error": {"type": "Forbidden", "message": "Resource is locked.", "failed": [[{"relation": "a"}, "b"]]}}`,
		`{"error": "x"}`, `{"error_type": "KeyError"}`, `null`, ``, "<html>", "Bad Request\r\n\r\nno\n", `{"csv_errors":[{"line_number":1,"message":"a"}]}`, "\xff",
	} {
		for _, status := range []int{307, 400, 401, 403, 500} {
			f.Add(status, "application/json", "3", "/a", `Basic realm="x"`, []byte(seed))
		}
		f.Add(502, "text/plain", "Sat, 01 Jan 2000 00:01:00 GMT", "%zz", "@", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, contentType, wait, location, challenge string, text []byte) {
		resp := answer(status, string(text))
		resp.Header = http.Header{
			"Content-Type": {contentType}, "Retry-After": {wait}, "Location": {location}, "Www-Authenticate": {challenge},
		}
		resp.Request = &http.Request{Method: http.MethodPost, URL: &url.URL{Scheme: "https", Host: "host", Path: "/Plone", RawQuery: "q=secret"}}
		err := errors.FromResponse(resp)
		again, readErr := io.ReadAll(resp.Body)
		require.NoError(t, readErr)
		require.True(t, bytes.Equal(text, again))
		if status/100 == 2 {
			require.NoError(t, err)
			return
		}
		require.ErrorIs(t, err, errors.Status(status))
		e, ok := errors.AsType[*errors.StatusError](err)
		require.True(t, ok)
		require.Equal(t, text[:min(len(text), limit)], append([]byte{}, e.Body...))
		require.GreaterOrEqual(t, e.RetryAfter, time.Duration(0))
		require.NotContains(t, err.Error(), "\n")
		e.Traceback()
		if utf8.Valid(text) {
			require.True(t, utf8.ValidString(err.Error()))
		}
		for _, field := range e.Fields {
			require.NotEqual(t, errors.FieldError{}, field)
		}
	})
}

// notFound returns a function that makes an error of the most common answer.
func notFound() func() error {
	const text = `{
  "context": "https://host/Plone",
  "message": "Resource not found: https://host/Plone/nope",
  "type": "NotFound"
}`
	reader := strings.NewReader(text)
	closer := io.NopCloser(reader)
	resp := answer(404, "")
	resp.ContentLength = int64(len(text))
	resp.Request = &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "https", Host: "host", Path: "/Plone/nope"}}
	return func() error {
		reader.Reset(text)
		resp.Body = closer
		return errors.FromResponse(resp)
	}
}

// The error with the body of the answer, its URL, Type, Message, Context and Body.
func TestFromResponse_allocations(t *testing.T) {
	fromResponse := notFound()
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _ = fromResponse() }), 7.0)
}

func BenchmarkFromResponse_notFound(b *testing.B) {
	fromResponse := notFound()
	b.ReportAllocs()
	for b.Loop() {
		if fromResponse() == nil {
			b.Fatal("no error")
		}
	}
}
