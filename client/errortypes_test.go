package client_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

// Every error with a status matches it and its class, and what it means; and it is a
// StatusError where the server answered with that status.
func TestErrorTypes(t *testing.T) {
	t.Parallel()
	server := plonetest.NewServer()
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	require.NoError(t, err)
	visitor, err := c.Clone(client.WithAuth(nil))
	require.NoError(t, err)
	ctx := t.Context()
	_, err = c.Content.Create(ctx, "/", client.Fields{"@type": "Document", "id": "private", "title": "x"})
	require.NoError(t, err)
	_, err = c.Locking.Lock(ctx, "/news/b", client.LockOptions{})
	require.NoError(t, err)
	for _, tt := range []struct {
		typ      any
		call     func() error
		status   errors.Status
		also     []error
		answered bool // with the status
	}{
		{new(*errors.StatusError), func() error {
			_, err := c.Content.Get(ctx, "/nope")
			return err
		}, 404, nil, true},
		{new(*errors.UnauthorizedError), func() error {
			_, err := visitor.Content.Get(ctx, "/private")
			return err
		}, 401, nil, true},
		{new(*errors.RedirectError), func() error {
			server.Inject(plonetest.Fault{Status: http.StatusMovedPermanently, Header: http.Header{"Location": {"http://elsewhere.example/"}}})
			_, err := c.Content.Get(ctx, "/news")
			return err
		}, 301, nil, true},
		{new(*client.TransitionError), func() error {
			_, err := c.Workflow.To(ctx, "/news", "frozen", client.TransitionOptions{})
			return err
		}, 400, nil, false},
		{new(*client.LockedError), func() error {
			_, err := c.Locking.Lock(ctx, "/news/b", client.LockOptions{})
			return err
		}, 423, nil, false},
		{new(*client.MissingSourcesError), func() error {
			_, err := c.Content.Copy(ctx, "/news", []string{"/nope"})
			return err
		}, 404, []error{errors.ErrNotDone}, false},
		{new(*client.FailedAliasesError), func() error {
			_, err := c.Aliases.Add(ctx, "/news", []client.Alias{{Path: "/news"}})
			return err
		}, 400, nil, false},
		{new(*client.FailedAliasesError), func() error {
			_, err := c.Aliases.Remove(ctx, "/news", []string{"/nope"})
			return err
		}, 404, nil, false},
		{new(*client.FailedRelationsError), func() error {
			_, err := c.Relations.Create(ctx, []client.RelationName{{Relation: "relatedItems", Source: "/news", Target: "/nope"}})
			return err
		}, 422, nil, true},
		{new(*client.UserImportError), func() error {
			_, err := c.Users.ImportCSV(ctx, strings.NewReader("username,email,password\na b,x,Secret-12345\n"))
			return err
		}, 400, nil, true},
	} {
		name := reflect.TypeOf(tt.typ).Elem().String()
		err := tt.call()
		require.ErrorAs(t, err, tt.typ, name)
		for _, target := range append(tt.also, tt.status, errors.Class(tt.status/100)) {
			require.ErrorIs(t, err, target, name)
		}
		for _, class := range []errors.Class{3, 4, 5} {
			assert.Equal(t, class == errors.Class(tt.status/100), errors.Is(err, class), "%s %v", name, class)
		}
		e, answered := errors.AsType[*errors.StatusError](err)
		assert.Equal(t, tt.answered, answered, name)
		if answered {
			assert.Equal(t, tt.status, e.Status, name)
		}
	}
}
