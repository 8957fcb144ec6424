package client_test

import (
	"context"
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
		_, copies := c.Content.Copy(t.Context(), "/", "/a")
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
		second(c.Files.Save(t.Context(), "/x", "", client.DownloadOptions{})),
		second(c.Files.Save(t.Context(), "/x", "x", client.DownloadOptions{SHA256: "abc"})),
		second(c.Files.Save(t.Context(), "/x", "x", client.DownloadOptions{SHA256: "no"})),
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
