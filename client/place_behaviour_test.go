package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

// No write of any method reaches an object that is elsewhere: each call is made
// below a folder that has nothing, with the objects of the call in a parent.
func TestPlace_everyWrite(t *testing.T) {
	t.Parallel()
	tried := 0
	for name, r := range matrix {
		op, good := operationOf(t, name)
		reads := op.Method == http.MethodGet || op.Method == http.MethodHead || op.Method == http.MethodOptions || strings.HasSuffix(op.Path, "/@querystring-search")
		if reads || !strings.HasPrefix(op.Path, "/{path}") || op.Name == "Site.Delete" { // which has no path
			continue
		}
		tried++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, op, good, r)
			before := len(s.server.Requests())
			elsewhere := *s.site
			elsewhere.url += "/news"
			_, err := s.call(t.Context(), elsewhere.as(t, s.source))
			acquired, found := errors.AsType[*client.AcquiredError](err)
			require.True(t, found, "%v", err)
			require.ErrorIs(t, err, errors.ErrNotFound)
			assert.Contains(t, []string{"/m", "/en"}, "/"+strings.Split(acquired.Path, "/")[1])
			for _, req := range s.server.Requests()[before:] {
				assert.Contains(t, []string{http.MethodGet, http.MethodHead}, req.Method, req.Path)
			}
		})
	}
	assert.Greater(t, tried, 35)
}

// acquired holds that err is that of a path with nothing at it.
func acquired(t *testing.T, err error, taken string) {
	t.Helper()
	e, found := errors.AsType[*client.AcquiredError](err)
	require.True(t, found, "%v", err)
	require.ErrorIs(t, err, errors.ErrNotFound)
	assert.Equal(t, taken, e.Taken)
}

func TestBehaviour_Place(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, ctx, above := s.client(t), t.Context(), s.folder(t)
		solo := s.add(t, above, client.Fields{"@type": "Document", "id": "solo", "title": "Solo"})
		box := s.add(t, above, client.Fields{"@type": "Document", "id": "box", "title": "Box"})
		at := s.add(t, above, client.Fields{"@type": "Document", "id": "@x", "title": "At"})
		before, err := c.Content.Get(ctx, solo)
		require.NoError(t, err)

		nowhere := box + "/solo"
		for name, write := range map[string]func() error{
			"publish": func() error {
				_, err := c.Workflow.Transition(ctx, nowhere, "publish", client.TransitionOptions{})
				return err
			},
			"lock": func() error { _, err := c.Locking.Lock(ctx, nowhere, client.LockOptions{}); return err },
			"create": func() error {
				_, err := c.Content.Create(ctx, nowhere, client.Fields{"@type": "Document", "title": "x"})
				return err
			},
			"once": func() error {
				_, err := c.Content.Create(ctx, nowhere, client.Fields{"@type": "Document", "id": "x"}, client.ExactlyOnce())
				return err
			},
			"follow": func() error { _, err := c.Content.Delete(ctx, nowhere, client.FollowMoved()); return err },
			"address": func() error {
				_, err := c.Content.Update(ctx, s.url+nowhere, client.Fields{"title": "y"})
				return err
			},
			"door": func() error {
				_, err := c.Content.Update(ctx, s.url+"/++api++"+nowhere, client.Fields{"title": "y"})
				return err
			},
			"call": func() error {
				_, err := client.Call[any](ctx, c, client.Request{Method: http.MethodPost, Path: nowhere + "/@workflow/publish"})
				return err
			},
			"open": func() error {
				_, err := client.Open(ctx, c, client.Request{Method: http.MethodPatch, Path: nowhere, Body: client.Fields{"title": "y"}})
				return err
			},
			"copy": func() error { _, err := c.Content.Copy(ctx, box, []string{solo, nowhere}); return err },
			"move": func() error { _, err := c.Content.Move(ctx, above, []string{nowhere}); return err },
			"into": func() error { _, err := c.Content.Move(ctx, nowhere, []string{box}); return err },
			"relate": func() error {
				_, err := c.Relations.Create(ctx, []client.RelationName{{Source: box, Target: nowhere, Relation: "relatedItems"}})
				return err
			},
			"link": func() error { _, err := c.Translations.Link(ctx, box, nowhere); return err },
			"upload": func() error {
				_, err := c.Files.Upload(ctx, nowhere, strings.NewReader("x"), 1, client.UploadOptions{Filename: "x.txt"})
				return err
			},
		} {
			err := write()
			require.Error(t, err, name)
			acquired(t, err, solo)
		}
		_, err = c.Content.Update(ctx, box+"/@x", client.Fields{"title": "y"})
		acquired(t, err, at)

		after, err := c.Content.Get(ctx, solo)
		require.NoError(t, err)
		assert.JSONEq(t, string(before.Value.Raw()), string(after.Value.Raw()))

		// What is there is changed, under any of its names, and what is not is not found.
		for _, id := range []string{"a b", "a(b)"} {
			odd := s.add(t, box, client.Fields{"@type": "Document", "id": id, "title": "x"})
			for _, name := range []string{odd, box + "/" + id, box + "//" + id + "/", s.url + "/++api++" + odd} {
				if name == odd {
					name = s.url + odd // escaped, as the server wrote it
				}
				_, err := c.Content.Update(ctx, name, client.Fields{"title": "y"})
				require.NoError(t, err, name)
			}
		}
		_, err = c.Content.Delete(ctx, box+"/nope")
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, isAcquired := errors.AsType[*client.AcquiredError](err)
		assert.False(t, isAcquired)
	})
}

// Above the site is the server, with other sites, whose objects and names count too.
func TestBehaviour_Place_server(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		mine := s.own(t)
		other := *s
		made, err := s.above().client(t).Sites.Create(t.Context(), "classic", client.SiteAnswers{SiteID: unique("other"), Title: "Other", Language: "en", Timezone: "UTC"})
		require.NoError(t, err)
		other.url = made.Value.URL
		secret := other.add(t, "/", client.Fields{"@type": "Document", "id": "secret", "title": "Secret"})
		t.Cleanup(func() { _, _ = other.client(t).Site.Delete(t.Context(), other.url) })

		c, ctx := mine.client(t), t.Context()
		me, they := path.Base(mine.url), path.Base(other.url)
		page := mine.add(t, "/", client.Fields{"@type": "Document", "id": "page", "title": "Page"})
		nowhere := "/" + they + secret

		_, err = c.Content.Get(ctx, nowhere)
		acquired(t, err, other.url+secret)
		_, err = c.Content.Update(ctx, nowhere, client.Fields{"title": "y"})
		acquired(t, err, other.url+secret)
		_, err = c.Content.Delete(ctx, nowhere)
		acquired(t, err, other.url+secret)
		_, err = c.Content.Delete(ctx, "/"+they)
		acquired(t, err, other.url)
		_, err = c.Content.Modify(ctx, nowhere, func(*client.Content) (any, error) { return client.Fields{"title": "y"}, nil })
		acquired(t, err, other.url+secret)
		_, err = c.Content.Copy(ctx, "/", []string{nowhere})
		acquired(t, err, other.url+secret)

		// The site has more names than one, and an object of the server is no content.
		for _, alias := range []string{"/" + me, "/virtual_hosting/" + me, page + "/" + me, "/" + they + "/" + me} {
			_, err = c.Content.Delete(ctx, alias)
			acquired(t, err, "/")
			require.ErrorIs(t, err, errors.ErrInvalidInput, alias)
			_, err = c.Content.Create(ctx, alias, client.Fields{"@type": "Document", "title": "x"})
			acquired(t, err, "/")
			require.NotErrorIs(t, err, errors.ErrInvalidInput, alias)
		}
		_, err = c.Content.Delete(ctx, "/virtual_hosting")
		require.ErrorIs(t, err, errors.ErrNotFound)

		if mine.live {
			// The addresses of a virtual host do not tell one site from another.
			host := *mine
			host.url = s.above().url + "/VirtualHostBase/http/www.example:80/" + me + "/VirtualHostRoot"
			behind := host.client(t)
			_, err = behind.Content.Update(ctx, nowhere, client.Fields{"title": "y"})
			acquired(t, err, "an object of the site http://www.example/"+they)
			_, err = behind.Content.Delete(ctx, "/"+me)
			require.ErrorIs(t, err, errors.ErrNotFound)
			_, err = behind.Content.Update(ctx, page, client.Fields{"title": "Behind"})
			require.NoError(t, err)
			// What reads before it writes looks as well, and so does Get when it is told to.
			modify := func(*client.Content) (any, error) { return client.Fields{"title": "y"}, nil }
			_, err = behind.Content.Modify(ctx, nowhere, modify)
			acquired(t, err, "an object of the site http://www.example/"+they)
			_, err = behind.Content.Modify(ctx, page, modify)
			require.NoError(t, err)
			_, err = host.client(t, client.WithStrict()).Content.Update(ctx, nowhere, client.Fields{"title": "y"})
			acquired(t, err, "an object of the site http://www.example/"+they)
			_, err = behind.Content.Get(ctx, nowhere, client.Expand("breadcrumbs"))
			acquired(t, err, "an object of the site http://www.example/"+they)
			_, err = behind.Content.Get(ctx, nowhere)
			require.NoError(t, err) // its address is what was asked for
		}

		// A client of the server has the sites for its objects.
		_, err = s.above().client(t).Content.Update(ctx, nowhere, client.Fields{"title": "Changed"})
		require.NoError(t, err)
		got, err := other.client(t).Content.Get(ctx, secret)
		require.NoError(t, err)
		assert.Equal(t, "Changed", got.Value.Title)
		_, err = s.above().client(t).Content.Delete(ctx, "/"+they)
		require.NoError(t, err)
		_, err = other.client(t).Content.Get(ctx, secret)
		require.ErrorIs(t, err, errors.ErrNotFound)
		_, err = c.Content.Get(ctx, page)
		require.NoError(t, err)
	})
}

// Each call is preceded by one look, and by none when it knows already.
func TestPlace_looks(t *testing.T) {
	t.Parallel()
	server := plonetest.NewServer()
	t.Cleanup(server.Close)
	s := &site{url: server.URL, user: "admin", password: "secret"}
	for _, tt := range []struct {
		name  string
		opts  []client.Option
		call  func(c *client.Client) error
		looks int
	}{
		{"update", nil, func(c *client.Client) error {
			_, err := c.Content.Update(t.Context(), "/news/a", client.Fields{"title": "x"})
			return err
		}, 1},
		{"trusted", []client.Option{client.WithTrustedPaths()}, func(c *client.Client) error {
			_, err := c.Content.Update(t.Context(), "/news/a", client.Fields{"title": "x"})
			return err
		}, 0},
		{"strict", []client.Option{client.WithStrict()}, func(c *client.Client) error {
			_, err := c.Content.Update(t.Context(), "/news/a", client.Fields{"title": "x"})
			return err
		}, 0},
		{"root", nil, func(c *client.Client) error {
			_, err := c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "title": "x"})
			return err
		}, 0},
		{"modify", nil, func(c *client.Client) error {
			_, err := c.Content.Modify(t.Context(), "/news/a", func(*client.Content) (any, error) { return client.Fields{"title": "y"}, nil })
			return err
		}, 0},
		{"with a lock", nil, func(c *client.Client) error {
			return c.Locking.WithLock(t.Context(), "/news/a", func(context.Context, client.Lock) error { return nil })
		}, 1},
		{"retried", nil, func(c *client.Client) error {
			server.Inject(plonetest.Fault{Method: http.MethodPatch, Status: http.StatusServiceUnavailable, Times: 2})
			_, err := c.Content.Update(t.Context(), "/news/a", client.Fields{"title": "x"})
			return err
		}, 1},
		{"look retried", nil, func(c *client.Client) error {
			server.Inject(plonetest.Fault{Method: http.MethodGet, Path: "/news/a/@breadcrumbs", Status: http.StatusServiceUnavailable, Times: 1})
			_, err := c.Content.Update(t.Context(), "/news/a", client.Fields{"title": "x"})
			return err
		}, 2},
		{"copy", nil, func(c *client.Client) error {
			_, err := c.Content.Copy(t.Context(), "/news", []string{"/news/a"})
			return err
		}, 2},
		{"upload", nil, func(c *client.Client) error {
			_, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("abc"), 3, client.UploadOptions{Filename: "x.txt", ChunkSize: 1})
			return err
		}, 1},
	} {
		before := len(server.Requests())
		c := s.client(t, append(tt.opts, client.WithRetry(retry.Policy{MinWait: time.Millisecond}))...)
		require.NoError(t, tt.call(c), tt.name)
		looks := 0
		for _, req := range server.Requests()[before:] {
			if strings.HasSuffix(req.Path, "/@breadcrumbs") {
				looks++
			}
		}
		assert.Equal(t, tt.looks, looks, tt.name)
	}
}

// A look that fails is the error of the call, and the write is not sent.
func TestPlace_lookFails(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{401: errors.ErrUnauthorized, 403: errors.ErrForbidden, 404: errors.ErrNotFound} {
		server := plonetest.NewServer()
		t.Cleanup(server.Close)
		server.Inject(plonetest.Fault{Method: http.MethodGet, Path: "/news/a/@breadcrumbs", Status: status})
		c := (&site{url: server.URL, user: "admin", password: "secret"}).client(t)
		_, err := c.Content.Delete(t.Context(), "/news/a")
		require.ErrorIs(t, err, want)
		require.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
		for _, req := range server.Requests() {
			assert.Equal(t, http.MethodGet, req.Method)
		}
	}
}

// A server that calls itself something else is asked once what.
func TestPlace_behindAProxy(t *testing.T) {
	t.Parallel()
	roots, writes := 0, 0
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		asked := strings.TrimPrefix(r.URL.EscapedPath(), "/api")
		switch {
		case r.Method != http.MethodGet:
			writes++
			w.WriteHeader(http.StatusNoContent)
			return
		case asked == "/@breadcrumbs":
			roots++
		case asked == "/box/solo/@breadcrumbs":
			asked = "/solo/@breadcrumbs"
		case asked == "/other/@breadcrumbs":
			_, _ = w.Write([]byte(`{"@id":"https://www.example/Other/@breadcrumbs","items":[]}`))
			return
		}
		_, _ = w.Write([]byte(`{"@id":"https://www.example/Plone` + asked + `","items":[],"root":"https://www.example/Plone"}`))
	}))
	t.Cleanup(proxy.Close)
	c, err := client.New(proxy.URL+"/api", client.WithAuth(auth.Basic("u", "p")))
	require.NoError(t, err)
	for range 3 {
		_, err = c.Content.Update(t.Context(), "/a b/ü%2F", client.Fields{"title": "x"})
		require.NoError(t, err)
	}
	assert.Equal(t, 3, writes)
	assert.Equal(t, 1, roots)
	_, err = c.Content.Update(t.Context(), "/box/solo", client.Fields{"title": "x"})
	acquired(t, err, "/solo")
	_, err = c.Content.Update(t.Context(), "/other", client.Fields{"title": "x"})
	acquired(t, err, "https://www.example/Other")
	assert.Equal(t, 3, writes)
}

// Behind a virtual host, the roots of navigation tell sites apart: a folder of
// languages in the own site from one in another.
func TestPlace_folderOfALanguage(t *testing.T) {
	t.Parallel()
	const host = "https://www.example"
	for _, tt := range []struct {
		name        string
		sites       []string // what knows @site; others answer 404
		refuse      int      // status of @site for all, when not 0
		path, taken string
		questions   int
	}{
		{"own folder", []string{"", "/Other"}, 0, "/en/page", "", 1},
		{"other site", []string{"", "/Other"}, 0, "/Other/page", host + "/Other", 2},
		{"folder in another site", []string{"", "/Other"}, 0, "/Other/en/page", host + "/Other/en", 3},
		{"deeper", []string{"", "/zope/Other"}, 0, "/zope/Other/en/page", host + "/zope/Other/en", 3},
		{"client of the server", []string{"/Other"}, 0, "/Other/en/page", "", 3},
		{"gateway", nil, http.StatusForbidden, "/en/page", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			questions, writes := 0, 0
			c, err := client.New(host, client.WithTransport(tripper(func(r *http.Request) (*http.Response, error) {
				switch where, service, _ := strings.Cut(r.URL.Path, "/@"); {
				case r.Method != http.MethodGet:
					writes++
					return jsonAnswer(http.StatusNoContent, "")(r)
				case service == "breadcrumbs":
					return jsonAnswer(http.StatusOK, `{"@id":"`+host+r.URL.Path+`","root":"`+host+path.Dir(where)+`"}`)(r)
				case tt.refuse != 0:
					return jsonAnswer(tt.refuse, `<html>no</html>`)(r)
				case slices.Contains(tt.sites, where):
					questions++
					return jsonAnswer(http.StatusOK, `{}`)(r)
				}
				questions++
				return jsonAnswer(http.StatusNotFound, `{"type":"NotFound","message":"no"}`)(r)
			})))
			require.NoError(t, err)
			for range 2 {
				_, err = c.Content.Update(t.Context(), tt.path, client.Fields{"title": "x"})
				switch {
				case tt.taken != "":
					acquired(t, err, "an object of the site "+tt.taken)
				case tt.refuse != 0:
					require.ErrorIs(t, err, errors.ErrForbidden)
				default:
					require.NoError(t, err)
				}
			}
			assert.Equal(t, tt.questions, questions, "asked once")
			assert.Equal(t, tt.taken == "" && tt.refuse == 0, writes == 2)
		})
	}
}

// A write that is redirected lands where it was looked.
func TestPlace_redirectedWrite(t *testing.T) {
	t.Parallel()
	server := plonetest.NewServer()
	t.Cleanup(server.Close)
	s := &site{url: server.URL, user: "admin", password: "secret"}
	above := s.folder(t)
	solo := s.add(t, above, client.Fields{"@type": "Document", "id": "solo", "title": "Solo"})
	box := s.add(t, above, client.Fields{"@type": "Document", "id": "box", "title": "Box"})
	c := s.through(t, func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPatch && strings.HasSuffix(req.URL.Path, box) {
			return jsonAnswer(http.StatusPermanentRedirect, "", "Location", s.url+box+"/solo")(req)
		}
		return next.RoundTrip(req)
	})
	_, err := c.Content.Update(t.Context(), box, client.Fields{"title": "y"}, client.FollowMoved())
	acquired(t, err, solo)
	_, err = c.Content.Update(t.Context(), box, client.Fields{"title": "y"})
	_, redirected := errors.AsType[*errors.RedirectError](err)
	require.True(t, redirected, "%v", err)
}

// A name of Call is looked at as far as it may be that of an object, and what a
// gateway says of an object is not what Plone says.
func TestBehaviour_Place_names(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, ctx, above := s.client(t), t.Context(), s.folder(t)
		solo := s.add(t, above, client.Fields{"@type": "Document", "id": "solo", "title": "Solo"})
		at := s.add(t, above, client.Fields{"@type": "Document", "id": "@box", "title": "Box"})
		for _, odd := range []string{"a b", "a@b", "@c", "a(b)"} {
			s.add(t, at, client.Fields{"@type": "Document", "id": odd, "title": "x"})
			_, err := c.Content.Update(ctx, at+"/"+odd, client.Fields{"title": "y"})
			require.NoError(t, err, odd)
			_, err = client.Call[any](ctx, c, client.Request{Method: http.MethodPost, Path: at + "/" + odd + "/@workflow/publish"})
			require.NoError(t, err, odd)
			_, err = c.Content.Update(ctx, at+"/"+odd+"/solo", client.Fields{"title": "y"})
			acquired(t, err, solo)
			_, err = client.Call[any](ctx, c, client.Request{Method: http.MethodPost, Path: at + "/" + odd + "/solo/@workflow/publish"})
			acquired(t, err, solo)
		}
		_, err := client.Call[any](ctx, c, client.Request{Method: http.MethodPost, Path: at + "/solo/@workflow/publish"})
		acquired(t, err, solo)
		// Behind a service nothing is an object.
		_, err = client.Call[any](ctx, c, client.Request{Method: http.MethodPatch, Path: "/@users/@" + s.user, Body: client.Fields{"description": "x"}})
		// There is no such user, which Plone's 500 says; the look may have found that.
		assert.True(t, errors.Is(err, errors.ErrInternalServer) || errors.Is(err, errors.ErrNotFound), "%v", err)
		got, err := c.Content.Get(ctx, solo)
		require.NoError(t, err)
		assert.Equal(t, "Solo", got.Value.Title)
		if s.live {
			assert.Equal(t, "private", got.Value.ReviewState)
		}

		// A gateway that refuses the look is no word about the source.
		blind := s.through(t, func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/solo/@breadcrumbs") {
				return answer(http.StatusForbidden, "text/html", "<html>blocked</html>")(req)
			}
			return next.RoundTrip(req)
		})
		_, err = blind.Content.Copy(ctx, above, []string{at + "/solo"})
		require.ErrorIs(t, err, errors.ErrForbidden)
	})
}
