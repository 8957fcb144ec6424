package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

// Other names of the site root do not get past the guard.
func TestDelete_siteRootByOtherNames(t *testing.T) {
	t.Parallel()
	for _, base := range []string{mockSite, mockSite + "/++api++"} {
		m := httpmock.NewMockTransport()
		m.RegisterNoResponder(jsonAnswer(204, ""))
		c, err := client.New(base, client.WithTransport(m))
		require.NoError(t, err)
		for _, path := range []string{"/++api++", "++api++/", "/++api++/++api++", mockSite + "/++api++", mockSite + "/++api++/++api++/", "/++lang++de", "/++api++/++skin++x"} {
			_, err := c.Content.Delete(t.Context(), path)
			require.ErrorIs(t, err, errors.ErrInvalidInput, "%s %s", base, path)
		}
		assert.Zero(t, m.GetTotalCallCount())
	}
}

// A refusal that is remembered is each caller's own.
func TestLogin_refusalIsNotShared(t *testing.T) {
	t.Parallel()
	server := plonetest.NewServer()
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, client.WithAuth(auth.Login("admin", "wrong-password")))
	require.NoError(t, err)
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			_, err := c.Auth.Renew(t.Context())
			assert.ErrorIs(t, err, errors.ErrInvalidCredentials)
		})
	}
	calls.Wait()
	_, err = c.Content.Get(t.Context(), "/news")
	assert.Equal(t, 1, strings.Count(err.Error(), "(invalid credentials)"), err.Error())
}

func TestCreate_contextEndedBefore(t *testing.T) {
	t.Parallel()
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Content.Create(ctx, "/", client.Fields{"@type": "Document"})
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, errors.ErrOutcomeUnknown, "nothing was sent")
}

func TestCreate_exactlyOnceIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t, client.WithTimeout(time.Second))
		m.RegisterResponder("POST", mockSite+"/", jsonAnswer(201, `{"@id":`))
		m.RegisterResponder("POST", mockSite, jsonAnswer(201, `{"@id":`))
		m.RegisterResponder("GET", mockSite+"/a", func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		start := time.Now()
		_, err := c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "id": "a"}, client.ExactlyOnce())
		require.Error(t, err)
		assert.LessOrEqual(t, time.Since(start), time.Second)
	})
}

func TestCreate_anothersObjectIsNoUnknownOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &folder{t: t, objects: map[string]string{"a": "theirs"}, lose: map[int]string{1: "before"}}
		_, err := f.client().Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "id": "a"}, client.ExactlyOnce())
		require.ErrorIs(t, err, errors.ErrAlreadyExists)
		require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
	})
}

func TestExactlyOnce_isForCreates(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	_, err := c.Content.Update(t.Context(), "/x", client.Fields{}, client.ExactlyOnce())
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	_, err = c.Content.Get(t.Context(), "/x", nil)
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.Zero(t, m.GetTotalCallCount())
}

func TestIdempotent_leavesReadsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		m.RegisterNoResponder(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
		_, err := c.Content.Get(t.Context(), "/x", client.Idempotent())
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
	})
}

// An item without an end does not fill the memory.
func TestList_endlessItem(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"items": [{"@id": "`)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
		}
	}, client.WithMaxResponse(1<<20))
	_, err := collect(t.Context(), c, 10)
	_, found := errors.AsType[*errors.DecodeError](err)
	assert.True(t, found, "%v", err)
	assert.ErrorContains(t, err, "an item is larger than 1048576 bytes")
}

// The limit is exact, whatever is around the item, and nothing of the page comes
// with the error: of a page that is larger than what was asked for, the items come
// a page at a time.
func TestList_itemLimit(t *testing.T) {
	t.Parallel()
	const limit = 1000
	item := func(id string, size int) string {
		item := fmt.Sprintf(`{"@id": %q, "title": %q, "x": ""}`, id, id)
		return strings.Replace(item, `""`, `"`+strings.Repeat("x", size-len(item))+`"`, 1)
	}
	page := func(sizes ...int) string {
		var items []string
		for i, size := range sizes {
			items = append(items, strings.Repeat(" \n", limit)+item(fmt.Sprint("d", i), size))
		}
		return fmt.Sprintf(`{"@id": "x", "items": [%s], "items_total": %d}`, strings.Join(items, " ,\r\n"), len(sizes))
	}
	tests := []struct {
		name string
		body string
		want []string
		err  string
	}{
		{"all as large as allowed", page(limit, limit, limit, limit, limit), ids(5), ""},
		{"small ones", page(50, 60, 70, 80, limit), ids(5), ""},
		{"the first too large", page(limit+1, 50), nil, "an item is larger than 1000 bytes"},
		{"the second too large", page(50, limit+1), nil, "an item is larger than 1000 bytes"},
		{"the fourth too large", page(50, 60, limit, limit+1, 50), ids(2), "an item is larger than 1000 bytes"},
		{"alone", `{"items":[` + item("d0", limit+1) + `],"items_total":1}`, nil, "an item is larger than 1000 bytes"},
		{"another member", `{"items":[],"more":` + item("x", limit+1) + `}`, nil, "a member of the list is larger than 1000 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t, client.WithMaxResponse(limit))
			m.RegisterNoResponder(jsonAnswer(200, tt.body))
			got, err := collect(t.Context(), c, 2)
			assert.Equal(t, tt.want, got)
			if tt.err == "" {
				require.NoError(t, err)
				return
			}
			_, found := errors.AsType[*errors.DecodeError](err)
			assert.True(t, found, "%v", err)
			assert.ErrorContains(t, err, tt.err)
		})
	}
}

// goesOn gives the rest of its data after an error, as a body should not.
type goesOn struct {
	data []byte
	at   int
	err  error
}

func (g *goesOn) Read(p []byte) (int, error) {
	n := copy(p[:min(len(p), max(g.at, 0))], g.data)
	if g.at < 0 {
		n = copy(p, g.data)
	}
	g.data, g.at = g.data[n:], g.at-n
	switch {
	case g.at == 0:
		g.at = -1
		return n, g.err
	case len(g.data) == 0:
		return n, io.EOF
	default:
		return n, nil
	}
}

// What follows an error of a body is no part of it.
func TestBodies_firstErrorIsFinal(t *testing.T) {
	t.Parallel()
	failed := errors.New("the connection broke")
	body := func(data string, at int) httpmock.Responder {
		return func(req *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: -1, Request: req,
				Body: io.NopCloser(&goesOn{[]byte(data), at, failed}),
			}, nil
		}
	}
	data := batch(ids(100), 100)
	for at := 1; at < len(data); at += 97 {
		c, m := mock(t, client.WithMaxResponse(500), client.WithRetry(retry.Policy{Mode: retry.Never}))
		m.RegisterNoResponder(body(data, at))
		got, err := collect(t.Context(), c, 200)
		require.ErrorIs(t, err, failed, "%d", at)
		assert.Empty(t, got)
	}

	c, m := mock(t)
	m.RegisterNoResponder(body("0123456789", 5))
	d, err := client.Open(t.Context(), c, client.Request{Path: "/"})
	require.NoError(t, err)
	defer d.Close()
	for range 3 {
		got, err := io.ReadAll(d)
		require.ErrorIs(t, err, failed)
		assert.Contains(t, []string{"01234", ""}, string(got))
	}
}

func TestList_otherStatus(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(202, batch(ids(1), 1)))
	_, err := collect(t.Context(), c, 10)
	_, found := errors.AsType[*errors.DecodeError](err)
	assert.True(t, found, "%v", err)
}

func TestList_withoutTotal(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(jsonAnswer(200, `{"items": [{"@id": "a"}], "batching": {"next": "n"}}`).
		Then(jsonAnswer(200, `{"items": [{"@id": "b"}], "batching": {"prev": "p"}}`)))
	n := 0
	for _, err := range c.Search.All(t.Context(), "/", client.SearchOptions{PageSize: 1}) {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, 2, n)
}

func TestArrays_areChecked(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`null`, `[{}]`, `[null]`} {
		c, m := mock(t)
		m.RegisterNoResponder(jsonAnswer(200, body))
		_, roles := c.Roles.List(t.Context())
		_, types := c.Types.List(t.Context(), "/")
		_, names := c.Vocabularies.List(t.Context(), "/")
		_, panels := c.ControlPanels.List(t.Context())
		_, transactions := c.Transactions.List(t.Context())
		_, groups := c.Groups.List(t.Context())
		_, copies := c.Content.Copy(t.Context(), "/", []string{"/a"})
		for i, err := range []error{roles, types, names, panels, transactions, groups, copies} {
			_, found := errors.AsType[*errors.DecodeError](err)
			assert.True(t, found, "%s %d: %v", body, i, err)
		}
	}
}

func TestRequest_errorsHideSecretsOfURLs(t *testing.T) {
	t.Parallel()
	c, _ := mock(t)
	for _, path := range []string{"https://user:hidden@plone.example/%zz", "https://other.example/?token=hidden", "https://user:hidden@other.example/"} {
		_, err := c.Content.Get(t.Context(), path)
		require.ErrorIs(t, err, errors.ErrInvalidInput)
		assert.NotContains(t, err.Error(), "hidden")
	}
}

func TestRequest_restOfAReader(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		data, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		assert.Equal(t, "{}", string(data))
		assert.Equal(t, int64(2), req.ContentLength)
		return jsonAnswer(204, "")(req)
	})
	body := strings.NewReader("skip{}")
	_, err := body.Seek(4, io.SeekStart)
	require.NoError(t, err)
	_, err = c.Content.Update(t.Context(), "/x", body)
	require.NoError(t, err)
}

func TestRequest_addressOfAPage(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(listing(func() []string { return ids(3) }))
	n := 0
	for _, err := range c.Content.Children(t.Context(), mockSite+"/x?b_start=1&b_size=1", client.ListOptions{}) {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, 3, n, "the list begins at its beginning")
}

func TestFiles_refusedBeforeAnythingMoves(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	for _, err := range []error{
		second(c.Files.Save(t.Context(), "/x", "", client.SaveOptions{})),
		second(c.Files.Save(t.Context(), "/x", "x", client.SaveOptions{SHA256: "abc"})),
		second(c.Files.Save(t.Context(), "/x", "x", client.SaveOptions{SHA256: "no"})),
		second(c.Files.UploadReader(t.Context(), "/x", strings.NewReader("more"), 0, client.UploadOptions{Filename: "x"})),
	} {
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	}
	_, err := c.Files.UploadReader(t.Context(), "/x", iotest.ErrReader(io.ErrClosedPipe), 0, client.UploadOptions{Filename: "x"})
	require.ErrorIs(t, err, io.ErrClosedPipe)
	assert.Zero(t, m.GetTotalCallCount())
}

func second[T any](_ T, err error) error { return err }

func TestTypes_ReplaceSchema_sendsNoNull(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		data, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		assert.NotContains(t, string(data), "null")
		return jsonAnswer(204, "")(req)
	})
	_, err := c.Types.ReplaceSchema(t.Context(), "talk", client.TypeSchema{}, client.DeleteOtherFields)
	require.NoError(t, err)
}
