package client_test

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// aliasesOf are the aliases as "path → target".
func aliasesOf(t *testing.T, c *client.Client, path string, o client.AliasOptions) []string {
	t.Helper()
	found := []string{}
	for a, err := range c.Aliases.All(t.Context(), path, o) {
		require.NoError(t, err)
		found = append(found, a.Path+" → "+a.RedirectTo)
	}
	return found
}

// forget removes the aliases below a prefix when the test is over.
func (s *site) forget(t *testing.T, prefix string) {
	t.Helper()
	c := s.client(t)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		var paths []string
		for a, err := range c.Aliases.All(ctx, "/", client.AliasOptions{Prefix: prefix}) {
			if err == nil {
				paths = append(paths, a.Path)
			}
		}
		_, err := c.Aliases.Remove(ctx, "/", paths)
		require.NoError(t, err)
	})
}

func TestBehaviour_Aliases_ofAnObject(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s.needs(t, aliasDetails)
		c, path := s.client(t), s.folder(t)
		old := "/" + unique("old")
		s.forget(t, old)
		then := client.NewTime(time.Date(2022, 5, 5, 10, 0, 0, 0, time.UTC))

		_, err := c.Aliases.Add(t.Context(), path, []client.Alias{{Path: old + "-b"}, {Path: s.url + old + "-a", Datetime: then}})
		require.NoError(t, err)
		want := []string{old + "-a → " + path, old + "-b → " + path}
		for _, size := range []int{0, 1} {
			assert.Equal(t, want, aliasesOf(t, c, path, client.AliasOptions{PageSize: size}))
			assert.Equal(t, want, aliasesOf(t, c, "/", client.AliasOptions{PageSize: size, Prefix: old}))
		}
		assert.Equal(t, want[:1], aliasesOf(t, c, path, client.AliasOptions{Prefix: old + "-a"}))
		assert.Equal(t, want[:1], aliasesOf(t, c, path, client.AliasOptions{Start: then.Time, End: then.Add(time.Second)}))
		assert.Empty(t, aliasesOf(t, c, path, client.AliasOptions{End: then.Time}))
		assert.Equal(t, want, aliasesOf(t, c, path, client.AliasOptions{Manual: client.Set(true)}))
		assert.Empty(t, aliasesOf(t, c, path, client.AliasOptions{Manual: client.Set(false)}))
		for a, err := range c.Aliases.All(t.Context(), path, client.AliasOptions{Prefix: old + "-a"}) {
			require.NoError(t, err)
			assert.True(t, a.Manual)
			assert.True(t, then.Equal(a.Datetime.Time))
		}
		followed, err := c.Content.Get(t.Context(), old+"-a")
		require.NoError(t, err)
		assert.Equal(t, s.url+path, followed.Value.URL)

		_, err = c.Aliases.Add(t.Context(), path, []client.Alias{{Path: old + "-a"}, {Path: old + "-c"}, {Path: "none"}, {Path: path}, {Path: old + "/@@view"}})
		failed, partly := errors.AsType[*client.FailedAliasesError](err)
		require.True(t, partly, "%v", err)
		assert.Equal(t, []string{old + "-a", "none", path, old + "/@@view"}, failed.Failed)
		require.ErrorIs(t, err, errors.ErrBadRequest)
		assert.Equal(t, append(want, old+"-c → "+path), aliasesOf(t, c, path, client.AliasOptions{}), "the good one is stored")

		_, err = c.Aliases.Remove(t.Context(), path, []string{old + "-a", old + "-nope", s.url + old + "-b"})
		failed, partly = errors.AsType[*client.FailedAliasesError](err)
		require.True(t, partly, "%v", err)
		assert.Equal(t, []string{old + "-nope"}, failed.Failed)
		require.ErrorIs(t, err, errors.ErrNotFound)
		require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
		_, err = c.Aliases.Remove(t.Context(), path, []string{old + "-c"})
		require.NoError(t, err)
		assert.Empty(t, aliasesOf(t, c, path, client.AliasOptions{}))
	})
}

func TestBehaviour_Aliases_Ensure(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, path := s.client(t), s.folder(t)
		old := "/" + unique("old")
		s.forget(t, old)

		added, err := c.Aliases.Ensure(t.Context(), path, []string{old + "-a", old + "-b/", old + "-b"})
		require.NoError(t, err)
		assert.Equal(t, []string{old + "-a", old + "-b"}, added.Changed)
		assert.Equal(t, added.Changed, added.Value)
		added, err = c.Aliases.Ensure(t.Context(), path, []string{s.url + old + "-a", old + "-c"})
		require.NoError(t, err)
		assert.Equal(t, []string{old + "-c"}, added.Changed)
		assert.Equal(t, []string{old + "-a", old + "-b", old + "-c"}, added.Value)
		added, err = c.Aliases.Ensure(t.Context(), path, []string{old + "-a", old + "-b", old + "-c"})
		require.NoError(t, err)
		assert.Empty(t, added.Changed)

		other := s.add(t, path, client.Fields{"@type": "Document", "id": "other", "title": "Other"})
		_, err = c.Aliases.Ensure(t.Context(), other, []string{old + "-a", old + "-d"})
		require.ErrorIs(t, err, errors.ErrBadRequest, "it leads elsewhere")
		partly, found := errors.AsType[*client.EnsureError](err)
		require.True(t, found)
		assert.Equal(t, []string{old + "-d"}, partly.Changed)

		inEnglish := s.add(t, "/en", client.Fields{"@type": "Document", "id": unique("t"), "title": t.Name()})
		t.Cleanup(func() {
			_, err := c.Content.Delete(context.WithoutCancel(t.Context()), inEnglish)
			require.NoError(t, err)
		})
		s.forget(t, "/en"+old)
		added, err = c.Aliases.Ensure(t.Context(), inEnglish, []string{old, "/en" + old + "-e"})
		require.NoError(t, err)
		assert.Equal(t, []string{"/en" + old, "/en" + old + "-e"}, added.Changed)
		added, err = c.Aliases.Ensure(t.Context(), inEnglish, []string{old, old + "-e"})
		require.NoError(t, err)
		assert.Empty(t, added.Changed)
	})
}

func TestBehaviour_Aliases_ofTheSite(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		s.needs(t, aliasDetails)
		c, path := s.client(t), s.folder(t)
		old := "/" + unique("old")
		s.forget(t, old)

		_, err := c.Aliases.AddToSite(t.Context(), []client.Alias{{Path: old + "-a", RedirectTo: s.url + path}, {Path: old + "-b", RedirectTo: "https://plone.example/x"}})
		require.NoError(t, err)
		want := []string{old + "-a → " + path, old + "-b → https://plone.example/x"}
		assert.Equal(t, want, aliasesOf(t, c, "/", client.AliasOptions{Prefix: old}))
		_, err = c.Content.Get(t.Context(), old+"-b")
		redirected, found := errors.AsType[*errors.RedirectError](err)
		require.True(t, found, "another site is not followed: %v", err)
		assert.Equal(t, "https://plone.example/x", redirected.Location.String())

		for name, alias := range map[string]client.Alias{
			"exists":         {Path: old + "-a", RedirectTo: path},
			"no target":      {Path: old + "-x"},
			"unknown target": {Path: old + "-x", RedirectTo: "/nope"},
			"an object":      {Path: path, RedirectTo: "/en"},
			"no path":        {RedirectTo: path},
		} {
			_, err = c.Aliases.AddToSite(t.Context(), []client.Alias{{Path: old + "-y", RedirectTo: path}, alias})
			require.ErrorIs(t, err, errors.ErrBadRequest, name)
		}
		assert.Equal(t, want, aliasesOf(t, c, "/", client.AliasOptions{Prefix: old}), "all or none")

		const titles = "old path,new path,datetime,manual\r\n"
		_, err = c.Aliases.ImportCSV(t.Context(), strings.NewReader(titles+
			old+"-c,"+path+",2022/01/01 00:00:00 GMT+0,True\r\n"+old+"-d,"+path+",,no\r\n"))
		require.NoError(t, err)
		want = append(want, old+"-c → "+path, old+"-d → "+path)
		assert.Equal(t, want, aliasesOf(t, c, "/", client.AliasOptions{Prefix: old}))
		assert.Equal(t, want[3:], aliasesOf(t, c, "/", client.AliasOptions{Prefix: old, Manual: client.Set(false)}))

		_, err = c.Aliases.ImportCSV(t.Context(), strings.NewReader(titles+
			old+"-a,"+path+",,\r\n"+old+"-z,"+path+",,\r\n"+old+"-x,/nope,,\r\nfoo\r\n"))
		require.ErrorIs(t, err, errors.ErrValidation)
		e, _ := errors.AsType[*errors.StatusError](err)
		var lines []string
		for _, f := range e.Fields {
			lines = append(lines, f.Field)
			assert.NotEmpty(t, f.Message)
		}
		assert.Equal(t, []string{"line 2", "line 4", "line 5"}, lines)
		_, err = c.Aliases.ImportCSV(t.Context(), strings.NewReader(""))
		require.ErrorIs(t, err, errors.ErrInternalServer, "no delimiter")
		assert.Equal(t, want, aliasesOf(t, c, "/", client.AliasOptions{Prefix: old}), "all or none")

		file, err := c.Aliases.ExportCSV(t.Context())
		require.NoError(t, err)
		defer file.Close()
		rows, err := csv.NewReader(file).ReadAll()
		require.NoError(t, err)
		assert.Equal(t, "redirects.csv", file.Filename)
		assert.Equal(t, []string{"old path", "new path", "datetime", "manual"}, rows[0])
		var exported []string
		for _, row := range rows {
			if strings.HasPrefix(row[0], old) {
				exported = append(exported, row[0]+" → "+row[1])
			}
		}
		assert.Equal(t, want, exported)
	})
}

func TestBehaviour_Aliases_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		path := s.folder(t)
		for name, call := range map[string]func(c *client.Client, path string) error{
			"Add": func(c *client.Client, path string) error {
				_, err := c.Aliases.Add(t.Context(), path, []client.Alias{{Path: "/x"}})
				return err
			},
			"Remove": func(c *client.Client, path string) error {
				_, err := c.Aliases.Remove(t.Context(), path, []string{"/x"})
				return err
			},
			"Ensure": func(c *client.Client, path string) error {
				_, err := c.Aliases.Ensure(t.Context(), path, []string{"/x"})
				return err
			},
			"All": func(c *client.Client, path string) error {
				for _, err := range c.Aliases.All(t.Context(), path, client.AliasOptions{}) {
					return err
				}
				return nil
			},
		} {
			require.ErrorIs(t, call(s.client(t), path+"/nope"), errors.ErrNotFound, name)
			require.ErrorIs(t, call(s.anonymous(t), path), errors.ErrUnauthorized, name)
		}
		_, err := s.anonymous(t).Aliases.AddToSite(t.Context(), []client.Alias{{Path: "/x", RedirectTo: "/en"}})
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).Aliases.ImportCSV(t.Context(), strings.NewReader("/x,/en\r\n"))
		require.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.anonymous(t).Aliases.ExportCSV(t.Context())
		require.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}
