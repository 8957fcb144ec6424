package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// SITE stands for the name of the site that answered.
const table = `
   what was asked                          the server said          Go got                                                errors.Is                                        tries  answered by
✓  log in and GET /                        200 OK                   *client.OK, a Plone Site                                                                               1      SITE
✓  POST / a folder                         201 Created              *client.Created, Location …                                                                            1      SITE
✓  POST … document a                       201 Created              *client.Created, Location …/a                                                                          1      SITE
✓  POST … document b, ExactlyOnce          201 Created              *client.Created, Location …/b                                                                          1      SITE
✓  PATCH …/a                               204 No Content           *client.NoContent                                                                                      1      SITE
✓  GET …/@search, one hit a page           200 OK                   iter.Seq2 of 2 hits: a b                                                                               1      SITE
✓  POST … a link to nowhere                400 BadRequest           *errors.StatusError, Fields remoteUrl                 ErrValidation ErrBadRequest ErrClient            1      SITE
✓  POST … document a again                 400 BadRequest           *errors.StatusError                                   ErrAlreadyExists ErrBadRequest ErrClient         1      SITE
✓  GET … without logging in                401 Unauthorized         *errors.UnauthorizedError, 0 challenges               ErrUnauthorized ErrClient                        1      SITE
✓  GET … with a wrong password             401 Invalid credentials  *errors.UnauthorizedError, 0 challenges               ErrInvalidCredentials ErrUnauthorized ErrClient  1      SITE
✓  GET /news, behind a gateway             401 Unauthorized         *errors.UnauthorizedError, 2 challenges bearer basic  ErrUnauthorized ErrClient                        1      plonetest
✓  POST … an unknown type                  403 Forbidden            *errors.StatusError                                   ErrForbidden ErrClient                           1      SITE
✓  GET …/nope                              404 NotFound             *errors.StatusError                                   ErrNotFound ErrClient                            1      SITE
✓  PUT /news                               405 MethodNotAllowed     *errors.StatusError                                   ErrMethodNotAllowed ErrClient                    1      plonetest
✓  PATCH /news, others were faster         409 Conflict             *errors.StatusError                                   ErrConflict ErrClient                            1      plonetest
✓  PATCH /news, others write all the time  500 ConflictError        *errors.StatusError                                   ErrConflict ErrInternalServer ErrServer          3      plonetest
✓  POST /news, a conflict that passes      201 Created              *client.Created, Location /news/healed                                                                 2      plonetest
✓  GET /news, a fault that stays           500 RuntimeError         *errors.StatusError                                   ErrInternalServer ErrServer                      3      plonetest
✓  POST /news, the answer is lost          nothing                  *errors.TransportError                                ErrOutcomeUnknown                                1      plonetest
✓  POST /news, the same, ExactlyOnce       201 Created              *client.Created, Location /news/found                                                                  1      plonetest
✓  DELETE …                                204 No Content           *client.NoContent                                                                                      1      SITE
`

func TestRun_onPlonetest(t *testing.T) {
	t.Parallel()
	assert.Equal(t, strings.ReplaceAll(table, "SITE", "plonetest"), printed(t, config{}))
}

func TestRun_onAnySite(t *testing.T) {
	t.Parallel()
	site := plonetest.NewServer()
	defer site.Close()
	cfg := config{site.URL, "admin", "secret"}
	if url := os.Getenv("PLONE_URL"); url != "" {
		cfg = config{url, os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD")}
	}
	assert.Equal(t, strings.ReplaceAll(table, "SITE", "plone"), printed(t, cfg))
}

// printed is what run prints below the line with the address of the site.
func printed(t *testing.T, cfg config) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, cfg), &out)
	_, below, found := strings.Cut(out.String(), "\n")
	require.True(t, found)
	return below
}

func TestRun_saysWhichLineIsWrongAndCleansUp(t *testing.T) {
	t.Parallel()
	site := plonetest.NewServer()
	defer site.Close()
	site.Inject(plonetest.Fault{Method: http.MethodPatch, Status: http.StatusForbidden})
	site.Inject(plonetest.Fault{Method: http.MethodDelete, Status: http.StatusForbidden})

	var out strings.Builder
	err := run(t.Context(), &out, config{site.URL, "admin", "secret"})

	require.ErrorContains(t, err, `PATCH …/a: got "403 Forbidden"`)
	assert.NotContains(t, err.Error(), "GET …/nope")
	assert.Regexp(t, `✗  PATCH …/a `, out.String())
	assert.Regexp(t, `✓  GET …/nope `, out.String())
	assertNothingLeft(t, site)
}

func TestRun_cleansUpWhenInterrupted(t *testing.T) {
	t.Parallel()
	site := plonetest.NewServer()
	defer site.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			cancel() // in the middle of the table
		}
		site.ServeHTTP(w, r)
	}))
	defer front.Close()

	err := run(ctx, io.Discard, config{front.URL + "/Plone", "admin", "secret"})

	require.ErrorIs(t, err, context.Canceled)
	assertNothingLeft(t, site)
}

// assertNothingLeft checks that the site has its own pages only.
func assertNothingLeft(t *testing.T, site *plonetest.Server) {
	t.Helper()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	require.NoError(t, err)
	root, err := c.Content.Get(t.Context(), "/")
	require.NoError(t, err)
	assert.Len(t, root.Value.Items, 1) // news
}
