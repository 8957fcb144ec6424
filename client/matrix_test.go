package client_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// TestMatrix holds every operation of every method against each of its answers: the
// good one is a result; each error that it is known to fail with, and the page of a
// proxy, is a typed error; and what is cut off or empty is never a result.
func TestMatrix(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for name, r := range matrix {
		op, good := operationOf(t, name)
		shown[fmt.Sprint(op.Name, good)] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newStage(t, op, good, r)
			m.record(t)
			if !r.heals {
				m.check(t, "as it was recorded", m.again(t, nil), r.fails)
			}
			for status, exception := range exceptions {
				if slices.Contains(op.Status, status) {
					continue // a report
				}
				body := `{"type":"` + exception + `","message":"` + http.StatusText(status) + `","context":null}`
				m.tryStatus(t, status, "application/json", body)
			}
			m.tryStatus(t, http.StatusBadGateway, "text/html", "<html><body>502 Bad Gateway</body></html>")
			for name, answer := range m.broken() {
				m.tryBroken(t, name, answer)
			}
		})
	}
	for _, op := range client.Operations() {
		for _, status := range op.Status {
			if status/100 != 2 { // a report, which has a test of its own
				continue
			}
			assert.True(t, shown[fmt.Sprint(op.Name, status)], "%s with %d has no row", op.Name, status)
		}
	}
}

// operationOf is the operation that a row is about, with the status of its good
// response: the one that the name ends with, or the first.
func operationOf(t *testing.T, name string) (op client.Operation, good int) {
	t.Helper()
	first, _, _ := strings.Cut(name, " ")
	all := client.Operations()
	at := slices.IndexFunc(all, func(op client.Operation) bool { return op.Name == first })
	require.NotEqual(t, -1, at, "no operation %s", name)
	good, err := strconv.Atoi(name[strings.LastIndex(name, " ")+1:])
	if err != nil {
		good = all[at].Status[0]
	}
	return all[at], good
}

// exceptions are types of the errors that a server answers, one for each status
// that any operation is known to fail with.
var exceptions = map[int]string{
	302: "Redirect", 400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed",
	409: "Conflict", 412: "PreconditionFailed", 422: "Unprocessable Content", 423: "ResourceLockedError",
	429: "TooManyRequests", 500: "InternalError", 501: "NotImplemented", 503: "KeyError", 504: "GatewayTimeout",
}

// A cell is how an operation is reached.
type cell struct {
	call func(a *act) (any, error)
	// prepare makes what only this operation needs.
	prepare func(t *testing.T, s *stage)
	// answer is the good answer to an operation of which plonetest has none.
	answer *reply
	// fails is the error that the method makes of a success of the server.
	fails error
	// heals: the operation is asked for when another one has failed, so that the
	// call succeeds only when calls are repeated.
	heals bool
	// null: an answer of null is a good one, or as good as an empty object.
	null bool
	// instead are errors of a status that is told by another error than that of
	// the status.
	instead map[int]error
}

// stage is a site with something of everything.
type stage struct {
	*site
	op     client.Operation
	status int // of the good response
	cell   cell
	server *plonetest.Server
	source auth.Source
	base   string // address of the client: the site, or the server above it

	comment, rule, other string // ids
	uid                  string // of /m/b

	played []exchanged
}

// act is what a call is made with.
type act struct {
	context.Context
	*client.Client
	*stage
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error // with which the body ends
}

// exchanged is a request with its answer.
type exchanged struct {
	method, url string
	of          bool // the operation
	reply
}

func newStage(t *testing.T, op client.Operation, status int, cell cell) *stage {
	t.Helper()
	server := plonetest.NewServer(plonetest.WithLanguages("en", "de"))
	t.Cleanup(server.Close)
	s := &stage{
		site: &site{url: server.URL, user: "admin", password: "secret"}, op: op, status: status, cell: cell, server: server,
		source: auth.Basic("admin", "secret"), base: server.URL,
	}
	if strings.HasPrefix(op.Path, "{zope}") {
		s.base = s.above().url
	}
	s.set(t)
	if cell.prepare != nil {
		cell.prepare(t, s)
	}
	return s
}

// set makes what the calls are about.
func (s *stage) set(t *testing.T) {
	t.Helper()
	c, ctx := s.client(t), t.Context()
	for _, object := range []struct{ folder, id string }{
		{"/", "m"}, {"/m", "a"}, {"/m", "b"}, {"/m", "c"}, {"/en", "x"}, {"/de", "x"}, {"/en", "y"}, {"/de", "y"},
	} {
		made, err := c.Content.Create(ctx, object.folder, client.Fields{
			"@type": "Document", "id": object.id, "title": object.id, "allow_discussion": true,
			"blocks": client.Fields{"1": client.Fields{"@type": "slate"}}, "blocks_layout": client.Fields{"items": []string{"1"}},
		})
		require.NoError(t, err)
		if object.id == "b" {
			s.uid = made.Value.UID
		}
	}
	_, err := c.Content.Update(ctx, "/m/a", client.Fields{"title": "A", "changeNote": "for a version"})
	require.NoError(t, err)
	comment, err := c.Comments.Add(ctx, "/m", client.NewComment{Text: "a comment"})
	require.NoError(t, err)
	s.comment = comment.CommentID
	_, err = c.Aliases.Add(ctx, "/m", []client.Alias{{Path: "/old"}})
	require.NoError(t, err)
	_, err = c.Translations.Link(ctx, "/en/x", "/de/x")
	require.NoError(t, err)
	_, err = c.Relations.Create(ctx, []client.RelationName{{Source: "/m/a", Target: "/m/b", Relation: "relatedItems"}})
	require.NoError(t, err)
	for _, id := range []*string{&s.rule, &s.other} {
		rule, err := c.Rules.Add(ctx, client.NewRule{Title: "Rule", Event: "Comment added", Enabled: true})
		require.NoError(t, err)
		*id = rule.Value.ID
		_, err = c.ContentRules.Assign(ctx, "/m", *id)
		require.NoError(t, err)
	}
	for range 2 {
		_, err = c.Rules.AddElement(ctx, s.rule, client.RuleConditions, "plone.conditions.FileExtension", client.Fields{"file_extension": "jpg"})
		require.NoError(t, err)
		_, err = c.Rules.AddElement(ctx, s.rule, client.RuleActions, "plone.actions.Logger",
			client.Fields{"message": "jpg", "targetLogger": "Plone", "loggingLevel": 10})
		require.NoError(t, err)
	}
	_, err = c.TypePanels.Add(ctx, client.NewType{Title: "Talk", ID: "talk"})
	require.NoError(t, err)
	_, err = c.Types.AddField(ctx, "talk", client.NewField{ID: "speaker", Title: "Speaker", Factory: client.FactoryTextLine})
	require.NoError(t, err)
	_, err = c.Types.AddFieldset(ctx, "talk", client.NewFieldset{ID: "more", Title: "More"})
	require.NoError(t, err)
	_, err = c.Users.Create(ctx, client.NewUser{Username: "ada", Email: "ada@plone.example", Password: userPassword})
	require.NoError(t, err)
	_, err = c.Groups.Create(ctx, client.NewGroup{Name: "crew", Title: "Crew", Users: []string{"ada"}})
	require.NoError(t, err)
}

// withPortrait is that of ada, for ada.
func withPortrait(t *testing.T, s *stage) {
	t.Helper()
	_, err := s.client(t).Users.Update(t.Context(), "ada", client.UserUpdate{
		Portrait: &client.Portrait{Data: []byte("<svg/>"), ContentType: "image/svg+xml"},
	})
	require.NoError(t, err)
	asAda(t, s)
}

func asAda(_ *testing.T, s *stage) { s.source = auth.Basic("ada", userPassword) }

func withLock(t *testing.T, s *stage) {
	t.Helper()
	_, err := s.client(t).Locking.Lock(t.Context(), "/m/a", client.LockOptions{})
	require.NoError(t, err)
}

func withWorkingCopy(t *testing.T, s *stage) {
	t.Helper()
	_, err := s.client(t).WorkingCopies.CheckOut(t.Context(), "/m/a")
	require.NoError(t, err)
}

func withAddon(t *testing.T, s *stage) {
	t.Helper()
	_, err := s.client(t).Addons.Install(t.Context(), "plone.session")
	require.NoError(t, err)
}

func withBrokenRelation(t *testing.T, s *stage) {
	t.Helper()
	_, err := s.client(t).Content.Delete(t.Context(), "/m/b")
	require.NoError(t, err)
}

// withLast makes an object that nobody has changed since.
func withLast(t *testing.T, s *stage) {
	t.Helper()
	_, err := s.client(t).Content.Create(t.Context(), "/m", client.Fields{"@type": "Document", "id": "last", "title": "Last"})
	require.NoError(t, err)
}

func withFile(t *testing.T, s *stage) {
	t.Helper()
	_, err := s.client(t).Files.CreateInline(t.Context(), "/m", client.Fields{"@type": "File", "id": "f", "title": "F"},
		strings.NewReader("before"), 6, client.InlineOptions{Filename: "f.txt"})
	require.NoError(t, err)
}

// withFailingChunk makes the first chunk of an upload fail.
func withFailingChunk(t *testing.T, s *stage) {
	t.Helper()
	withFile(t, s)
	s.server.Inject(plonetest.Fault{Method: http.MethodPatch, Path: "/m/@tus-upload/*", Status: http.StatusServiceUnavailable})
	s.server.Inject(plonetest.Fault{Method: http.MethodPatch, Path: "/m/f/@tus-upload/*", Status: http.StatusServiceUnavailable})
}

// record makes the call once, and remembers what is said.
func (s *stage) record(t *testing.T) {
	t.Helper()
	real := &http.Transport{}
	defer real.CloseIdleConnections()
	c := s.through(t, retry.Policy{MinWait: time.Millisecond}, func(req *http.Request) (*http.Response, error) {
		of := s.isOf(req)
		if of && s.cell.answer != nil {
			s.played = append(s.played, exchanged{req.Method, req.URL.String(), of, *s.cell.answer})
			return s.cell.answer.response(req), nil
		}
		resp, err := real.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		got := reply{status: resp.StatusCode, header: resp.Header, body: body}
		s.played = append(s.played, exchanged{req.Method, req.URL.String(), of, got})
		return got.response(req), nil
	})
	s.check(t, "on plonetest", c, s.cell.fails)
	good := s.good()
	require.NotNil(t, good, "the call does not ask for the operation: %+v", s.played)
	require.Equal(t, s.status, good.status)
}

// isOf reports whether req is of the operation of the stage.
func (s *stage) isOf(req *http.Request) bool {
	return client.OperationName(req.Context()) == s.op.Name
}

// good is the good answer to the operation.
func (s *stage) good() *reply {
	for _, p := range s.played {
		if p.of && p.status == s.status {
			return &p.reply
		}
	}
	return nil
}

// through is a client whose requests go through send, one at a time.
func (s *stage) through(t *testing.T, p retry.Policy, send func(req *http.Request) (*http.Response, error)) *client.Client {
	t.Helper()
	var one sync.Mutex
	open := &openBodies{base: roundTripper(func(req *http.Request) (*http.Response, error) {
		one.Lock()
		defer one.Unlock()
		return send(req)
	})}
	t.Cleanup(func() { assert.Zero(t, open.n.Load(), "bodies left open") })
	c, err := client.New(s.base, client.WithTransport(open), client.WithAuth(s.source), client.WithRetry(p))
	require.NoError(t, err)
	return c
}

type roundTripper func(req *http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func (r *reply) response(req *http.Request) *http.Response {
	body := io.Reader(bytes.NewReader(r.body))
	if r.err != nil {
		body = io.MultiReader(body, failing{r.err})
	}
	return &http.Response{
		Status: strconv.Itoa(r.status) + " " + http.StatusText(r.status), StatusCode: r.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.header.Clone(), Request: req, Body: io.NopCloser(body), ContentLength: int64(len(r.body)),
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// call makes the call of the cell and reads what it returns to its end.
func (s *stage) call(ctx context.Context, c *client.Client) (any, error) {
	result, err := s.cell.call(&act{ctx, c, s})
	if d, isDownload := result.(*client.Download); isDownload && err == nil {
		defer d.Close()
		return io.ReadAll(d)
	}
	return result, err
}

// check makes the call, which succeeds but for the error that the cell has.
func (s *stage) check(t *testing.T, name string, c *client.Client, fails error) {
	t.Helper()
	result, err := s.call(t.Context(), c)
	if fails != nil {
		require.ErrorIs(t, err, fails, name)
		return
	}
	require.NoError(t, err, name)
	require.NotNil(t, result, name)
}

// again makes the call once more, with answer for that of the operation, nil for the
// one that was recorded. All other requests are answered as before.
func (s *stage) again(t *testing.T, answer *reply) *client.Client {
	t.Helper()
	used := map[int]bool{}
	return s.through(t, retry.Policy{Mode: retry.Never}, func(req *http.Request) (*http.Response, error) {
		of := s.isOf(req)
		if of && answer != nil {
			return answer.response(req), nil
		}
		for i, p := range s.played {
			if !used[i] && p.of == of && p.method == req.Method && p.url == req.URL.String() {
				used[i] = true
				return p.response(req), nil
			}
		}
		return (&reply{status: http.StatusNotFound, header: http.Header{}}).response(req), nil
	})
}

// tryStatus makes the call with an error for an answer.
func (s *stage) tryStatus(t *testing.T, status int, contentType, body string) {
	t.Helper()
	answer := &reply{status: status, header: http.Header{"Content-Type": {contentType}}, body: []byte(body)}
	_, err := s.call(t.Context(), s.again(t, answer))
	if want, other := s.cell.instead[status]; other {
		require.ErrorIs(t, err, want, status)
		return
	}
	require.ErrorIs(t, err, errors.Status(status))
	require.ErrorIs(t, err, errors.Class(status/100))
	e, found := errors.AsType[*errors.StatusError](err)
	require.True(t, found, "%d: %v", status, err)
	assert.Equal(t, 1, e.Attempts, status)
	_, unauthorized := errors.AsType[*errors.UnauthorizedError](err)
	assert.Equal(t, status == http.StatusUnauthorized, unauthorized)
	_, redirect := errors.AsType[*errors.RedirectError](err)
	assert.Equal(t, status/100 == 3, redirect)
}

// broken are answers that look like success and are none.
func (s *stage) broken() map[string]*reply {
	good := s.good()
	with := func(change func(r *reply)) *reply {
		r := *good
		r.header = good.header.Clone()
		change(&r)
		return &r
	}
	html := with(func(r *reply) {
		r.status, r.body = http.StatusOK, []byte("<html><body>Please log in</body></html>")
		r.header = http.Header{"Content-Type": {"text/html;charset=utf-8"}}
	})
	switch {
	case len(good.body) == 0 && (good.header.Get("Tus-Resumable") != ""):
		return map[string]*reply{"without its header": with(func(r *reply) { r.header = http.Header{} }), "a page": html}
	case good.status == http.StatusNoContent:
		return map[string]*reply{"a page": html, "an empty page": with(func(r *reply) { r.status = http.StatusOK })}
	}
	cut := map[string]*reply{"cut off": with(func(r *reply) { r.body = r.body[:len(r.body)/2] })}
	if mediaType(good.header) != "application/json" && mediaType(good.header) != "application/json+schema" {
		cut["cut off"].err = io.ErrUnexpectedEOF
		if mediaType(good.header) != "image/svg+xml" { // any type is good for a picture
			cut["a page"] = html
		}
		return cut
	}
	cut["a page"] = html
	cut["empty"] = with(func(r *reply) { r.body = nil })
	if !s.cell.null {
		cut["null"] = with(func(r *reply) { r.body = []byte("null") })
	}
	return cut
}

// tryBroken makes the call with an answer that cannot be used.
func (s *stage) tryBroken(t *testing.T, name string, answer *reply) {
	t.Helper()
	_, err := s.call(t.Context(), s.again(t, answer))
	require.Error(t, err, name)
	if answer.err != nil {
		require.ErrorIs(t, err, answer.err, name)
		_, found := errors.AsType[*errors.TransportError](err)
		require.True(t, found, "%s: %v", name, err)
		return
	}
	e, found := errors.AsType[*errors.DecodeError](err)
	require.True(t, found, "%s: %v", name, err)
	assert.Equal(t, errors.Status(answer.status), e.Status, name)
}
