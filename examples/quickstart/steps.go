package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

// step is a line of the table: a call, and what must come of it.
type step struct {
	asked string           // for the reader; "…" is the folder
	fault *plonetest.Fault // the step runs on plonetest, hit by this fault; nil for the site
	call  func(context.Context, *demo) (reply, error)
	want  cells
}

// reply is what the table tells about a result.
type reply struct {
	client.Response
	value string
}

const tries = 3

var steps = []step{
	{
		asked: "log in and GET /",
		call:  func(ctx context.Context, d *demo) (reply, error) { return ok(d.site.Content.Get(ctx, "/")) },
		want:  cells{"200 OK", "*client.OK, a Plone Site", "", 1},
	},
	{
		asked: "POST / a folder",
		call: func(ctx context.Context, d *demo) (reply, error) {
			folder := page(strings.TrimPrefix(d.folder, "/"))
			folder["@type"] = d.folderType
			return created(d.site.Content.Create(ctx, "/", folder))
		},
		want: cells{"201 Created", "*client.Created, Location …", "", 1},
	},
	{
		asked: "POST … document a",
		call: func(ctx context.Context, d *demo) (reply, error) {
			return created(d.site.Content.Create(ctx, d.folder, page("a")))
		},
		want: cells{"201 Created", "*client.Created, Location …/a", "", 1},
	},
	{
		asked: "POST … document b, ExactlyOnce",
		call: func(ctx context.Context, d *demo) (reply, error) {
			return created(d.site.Content.Create(ctx, d.folder, page("b"), client.ExactlyOnce()))
		},
		want: cells{"201 Created", "*client.Created, Location …/b", "", 1},
	},
	{
		asked: "PATCH …/a",
		call: func(ctx context.Context, d *demo) (reply, error) {
			return noContent(d.site.Content.Update(ctx, d.folder+"/a", client.Fields{"description": "changed"}))
		},
		want: cells{"204 No Content", "*client.NoContent", "", 1},
	},
	{
		asked: "GET …/@search, one hit a page",
		call:  search,
		want:  cells{"200 OK", "iter.Seq2 of 2 hits: a b", "", 1},
	},
	{
		asked: "POST … a link to nowhere",
		call: func(ctx context.Context, d *demo) (reply, error) {
			return created(d.site.Content.Create(ctx, d.folder, client.Fields{"@type": "Link", "title": "x"}))
		},
		want: cells{"400 BadRequest", "*errors.StatusError, Fields remoteUrl", "ErrValidation ErrBadRequest ErrClient", 1},
	},
	{
		asked: "POST … document a again",
		call: func(ctx context.Context, d *demo) (reply, error) {
			return created(d.site.Content.Create(ctx, d.folder, page("a")))
		},
		want: cells{"400 BadRequest", "*errors.StatusError", "ErrAlreadyExists ErrBadRequest ErrClient", 1},
	},
	{
		asked: "GET … without logging in",
		call:  func(ctx context.Context, d *demo) (reply, error) { return ok(d.visitor.Content.Get(ctx, d.folder)) },
		want:  cells{"401 Unauthorized", "*errors.UnauthorizedError, 0 challenges", "ErrUnauthorized ErrClient", 1},
	},
	{
		asked: "GET … with a wrong password",
		call:  func(ctx context.Context, d *demo) (reply, error) { return ok(d.impostor.Content.Get(ctx, d.folder)) },
		want: cells{"401 Invalid credentials", "*errors.UnauthorizedError, 0 challenges",
			"ErrInvalidCredentials ErrUnauthorized ErrClient", 1},
	},
	{
		asked: "GET /news, behind a gateway",
		fault: &plonetest.Fault{Status: http.StatusUnauthorized, Header: http.Header{
			"Www-Authenticate": {`Bearer realm="gateway"`, `Basic realm="gateway", charset="UTF-8"`},
		}},
		call: func(ctx context.Context, d *demo) (reply, error) { return ok(d.faulty.Content.Get(ctx, "/news")) },
		want: cells{"401 Unauthorized", "*errors.UnauthorizedError, 2 challenges bearer basic",
			"ErrUnauthorized ErrClient", 1},
	},
	{
		asked: "POST … an unknown type",
		call: func(ctx context.Context, d *demo) (reply, error) {
			return created(d.site.Content.Create(ctx, d.folder, client.Fields{"@type": "Nope"}))
		},
		want: cells{"403 Forbidden", "*errors.StatusError", "ErrForbidden ErrClient", 1},
	},
	{
		asked: "GET …/nope",
		call: func(ctx context.Context, d *demo) (reply, error) {
			return ok(d.site.Content.Get(ctx, d.folder+"/nope"))
		},
		want: cells{"404 NotFound", "*errors.StatusError", "ErrNotFound ErrClient", 1},
	},
	{
		asked: "PUT /news",
		fault: &plonetest.Fault{Status: http.StatusMethodNotAllowed},
		call: func(ctx context.Context, d *demo) (reply, error) {
			r, err := client.Call[json.RawMessage](ctx, d.faulty, client.Request{Method: http.MethodPut, Path: "/news"})
			if err != nil {
				return reply{}, err
			}
			return reply{r.Response, "*client.Result"}, nil
		},
		want: cells{"405 MethodNotAllowed", "*errors.StatusError", "ErrMethodNotAllowed ErrClient", 1},
	},
	{
		asked: "PATCH /news, others were faster",
		fault: &plonetest.Fault{Method: http.MethodPatch, Status: http.StatusConflict},
		call:  patchNews,
		want:  cells{"409 Conflict", "*errors.StatusError", "ErrConflict ErrClient", 1},
	},
	{
		asked: "PATCH /news, others write all the time",
		fault: &plonetest.Fault{Method: http.MethodPatch, Status: http.StatusInternalServerError, Times: tries},
		call:  patchNews,
		want:  cells{"500 ConflictError", "*errors.StatusError", "ErrConflict ErrInternalServer ErrServer", tries},
	},
	{
		asked: "POST /news, a conflict that passes",
		fault: &plonetest.Fault{Method: http.MethodPost, Status: http.StatusInternalServerError},
		call: func(ctx context.Context, d *demo) (reply, error) {
			return created(d.faulty.Content.Create(ctx, "/news", page("healed")))
		},
		want: cells{"201 Created", "*client.Created, Location /news/healed", "", 2},
	},
	{
		asked: "GET /news, a fault that stays",
		fault: &plonetest.Fault{Status: http.StatusInternalServerError, Times: tries,
			Body: []byte(`{"type": "RuntimeError", "message": "the disk is full"}`)},
		call: func(ctx context.Context, d *demo) (reply, error) { return ok(d.faulty.Content.Get(ctx, "/news")) },
		want: cells{"500 RuntimeError", "*errors.StatusError", "ErrInternalServer ErrServer", tries},
	},
	{
		asked: "POST /news, the answer is lost",
		fault: &plonetest.Fault{Method: http.MethodPost, Drop: true},
		call: func(ctx context.Context, d *demo) (reply, error) {
			return created(d.faulty.Content.Create(ctx, "/news", page("lost")))
		},
		want: cells{"nothing", "*errors.TransportError", "ErrOutcomeUnknown", 1},
	},
	{
		asked: "POST /news, the same, ExactlyOnce",
		fault: &plonetest.Fault{Method: http.MethodPost, Drop: true},
		call: func(ctx context.Context, d *demo) (reply, error) {
			return created(d.faulty.Content.Create(ctx, "/news", page("found"), client.ExactlyOnce()))
		},
		want: cells{"201 Created", "*client.Created, Location /news/found", "", 1}, // a GET found it
	},
	{
		asked: "DELETE …",
		call: func(ctx context.Context, d *demo) (reply, error) {
			return noContent(d.site.Content.Delete(ctx, d.folder))
		},
		want: cells{"204 No Content", "*client.NoContent", "", 1},
	},
}

// demo is what the steps work with.
type demo struct {
	site       *client.Client // as the user of the configuration
	visitor    *client.Client // of the same site, not logged in
	impostor   *client.Client // of the same site when it has @login, with a wrong password
	folder     string         // path on the site
	folderType string         // what the site makes folders of

	fake   *plonetest.Server
	faulty *client.Client // of fake
}

func newDemo(ctx context.Context, cfg config) (*demo, error) {
	d := &demo{fake: plonetest.NewServer(), folder: "/quickstart-" + strings.ToLower(rand.Text()[:8])}
	if cfg.url == "" {
		cfg = config{d.fake.URL, "admin", "secret"}
	}
	var err error
	// Short waits, so that nobody has to wait for the lines that fail.
	quick := client.WithRetry(retry.Policy{MaxAttempts: tries, MinWait: 20 * time.Millisecond})
	open := func(url string, credentials auth.Source) *client.Client {
		c, failed := client.New(url, client.WithAuth(credentials), client.WithTimeout(time.Minute), quick)
		err = errors.Join(err, failed)
		return c
	}
	d.site = open(cfg.url, auth.Login(cfg.user, cfg.password))
	d.visitor = open(cfg.url, nil)
	d.impostor = open(cfg.url, auth.Login(cfg.user, "not "+cfg.password))
	d.faulty = open(d.fake.URL, auth.Basic("admin", "secret"))
	if err == nil {
		d.folderType, err = folderType(ctx, d.site)
	}
	if errors.Is(err, errors.ErrNotImplemented) { // a Classic site has no @login by itself
		err = nil
		d.site = open(cfg.url, auth.Basic(cfg.user, cfg.password))
		d.impostor = open(d.fake.URL, auth.Login("admin", "not secret"))
		if err == nil {
			d.folderType, err = folderType(ctx, d.site)
		}
	}
	if err != nil {
		d.fake.Close()
		return nil, err
	}
	return d, nil
}

// folderType is Folder where the site lets it be added. In a Volto site it does not;
// pages are folders there.
func folderType(ctx context.Context, c *client.Client) (string, error) {
	types, err := c.Types.List(ctx, "/")
	if err != nil {
		return "", err
	}
	for _, t := range types.Value {
		if t.ID == "Folder" && t.Addable {
			return t.ID, nil
		}
	}
	return "Document", nil
}

// cleanUp removes the folder, if it is there, also when ctx has ended.
func (d *demo) cleanUp(ctx context.Context) error {
	_, err := d.site.Content.Delete(context.WithoutCancel(ctx), d.folder)
	if errors.Is(err, errors.ErrNotFound) {
		return nil
	}
	return err
}

// page is the body of a create.
func page(id string) client.Fields {
	return client.Fields{"@type": "Document", "id": id, "title": id}
}

func patchNews(ctx context.Context, d *demo) (reply, error) {
	return noContent(d.faulty.Content.Update(ctx, "/news", client.Fields{"title": "News"}))
}

func search(ctx context.Context, d *demo) (reply, error) {
	var r reply
	var hits []string
	for page, err := range d.site.Search.Pages(ctx, d.folder, client.SearchOptions{PageSize: 1, SortOn: []string{"id"}}) {
		if err != nil {
			return reply{}, err
		}
		r.Response = page.Response
		for _, hit := range page.Items {
			hits = append(hits, hit.Title)
		}
	}
	r.value = fmt.Sprintf("iter.Seq2 of %d hits: %s", len(hits), strings.Join(hits, " "))
	return r, nil
}

func ok(r *client.OK[client.Content], err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	return reply{r.Response, "*client.OK, a " + r.Value.Type}, nil
}

func created(r *client.Created[client.Content], err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	return reply{r.Response, fmt.Sprintf("*client.Created, Location %v", r.Location)}, nil
}

func noContent(r *client.NoContent, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	return reply{r.Response, "*client.NoContent"}, nil
}
