package sites

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// turns sends every request to the other process, as a balancer does that knows no
// sessions. Both are told the name of the first. It loses the responses that lose
// names.
type turns struct {
	base  http.RoundTripper
	hosts [2]string
	sent  *atomic.Int64
	lose  func(n int64, req *http.Request) bool
}

func (tr turns) RoundTrip(req *http.Request) (*http.Response, error) {
	n := tr.sent.Add(1)
	out := req.Clone(req.Context())
	out.Host, out.URL.Host = tr.hosts[0], tr.hosts[n%2]
	resp, err := tr.base.RoundTrip(out)
	if err == nil && tr.lose != nil && tr.lose(n, req) {
		_ = resp.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return resp, err
}

// inTurns makes a client of both processes, and one of the first alone.
func inTurns(t *testing.T, lose func(n int64, req *http.Request) bool) (both, first *client.Client) {
	t.Helper()
	values := onSetUp(t, "PLONE_URL", "PLONE_URL_2")
	tr := turns{base: &http.Transport{MaxIdleConnsPerHost: 8}, sent: new(atomic.Int64), lose: lose}
	t.Cleanup(tr.base.(*http.Transport).CloseIdleConnections)
	for i, value := range values {
		u, err := url.Parse(value)
		require.NoError(t, err)
		tr.hosts[i] = u.Host
	}
	return open(t, values[0], client.WithTransport(tr)), open(t, values[0])
}

// listed returns how often each id is in the folder.
func listed(t *testing.T, c *client.Client, folder string) map[string]int {
	t.Helper()
	ids := map[string]int{}
	for object, err := range c.Content.Children(t.Context(), folder, client.ListOptions{}) {
		require.NoError(t, err)
		ids[object.URL[strings.LastIndexByte(object.URL, '/')+1:]]++
	}
	return ids
}

// TestTwo_exactlyOnce: with responses lost, no create is lost, doubled or wrongly
// reported.
func TestTwo_exactlyOnce(t *testing.T) {
	both, first := inTurns(t, func(n int64, req *http.Request) bool { return req.Method == http.MethodPost && n%3 == 0 })
	at := folder(t, first)
	const writers, each = 3, 10
	var group sync.WaitGroup
	var reports sync.Map
	for w := range writers {
		group.Go(func() {
			for i := range each {
				id := fmt.Sprintf("w%d-%d", w, i)
				_, err := both.Content.Create(t.Context(), at, page(id), client.ExactlyOnce())
				reports.Store(id, err)
			}
		})
	}
	group.Wait()
	ids := listed(t, first, at)
	lost, doubled, wrong, failed := 0, 0, 0, 0
	reports.Range(func(id, reported any) bool {
		n := ids[id.(string)]
		err, _ := reported.(error)
		if err != nil {
			failed++
			t.Logf("%v: %v", id, err)
		}
		switch {
		case n > 1:
			doubled++
		case n == 0 && err == nil:
			lost++
		case n == 1 && err != nil && !errors.Is(err, errors.ErrOutcomeUnknown):
			wrong++
		}
		return true
	})
	fmt.Printf("sites: %d creates with lost responses: %d failed, %d lost, %d doubled, %d wrongly reported\n", writers*each, failed, lost, doubled, wrong)
	assert.Zero(t, lost+doubled+wrong)
	assert.LessOrEqual(t, len(ids), writers*each)
}

// TestTwo_writes: what was written and said to be is there in the end.
func TestTwo_writes(t *testing.T) {
	both, first := inTurns(t, nil)
	at := folder(t, first)
	for i := range 10 {
		path := fmt.Sprintf("%s/p%d", at, i)
		_, err := both.Content.Create(t.Context(), at, page(path[len(at)+1:]))
		require.NoError(t, err)
		_, err = both.Content.Update(t.Context(), path, client.Fields{"title": "changed"})
		require.NoError(t, err)
		got, err := both.Content.UpdateGet(t.Context(), path, client.Fields{"description": "changed"})
		require.NoError(t, err)
		assert.Equal(t, "changed", got.Value.Description)
		if i%2 == 0 {
			_, err = both.Content.Delete(t.Context(), path)
			require.NoError(t, err)
		}
	}
	assert.Len(t, listed(t, first, at), 5)
}

// TestTwo_ensure: what is ensured by one is there for the other.
func TestTwo_ensure(t *testing.T) {
	both, first := inTurns(t, nil)
	at := folder(t, first)
	for range 5 {
		id := unique("u")
		want := client.NewUser{Username: id, Email: id + "@plone.example", Password: "Aßecret-12345", Roles: []string{"Contributor"}}
		_, err := both.Users.Ensure(t.Context(), want)
		require.NoError(t, err)
		again, err := both.Users.Ensure(t.Context(), want)
		require.NoError(t, err)
		assert.False(t, again.Created)
		assert.Empty(t, again.Changed)
		_, err = first.Users.Delete(t.Context(), id, client.DeleteUserOptions{})
		require.NoError(t, err)

		alias := "/" + unique("old")
		for range 2 {
			_, err = both.Aliases.Ensure(t.Context(), at, []string{alias})
			require.NoError(t, err)
		}
	}
}

// TestTwo_modify: of changes by several programs at once none is lost.
func TestTwo_modify(t *testing.T) {
	both, first := inTurns(t, nil)
	at := folder(t, first)
	_, err := both.Content.Create(t.Context(), at, page("p"))
	require.NoError(t, err)
	const writers, each = 3, 4
	var group sync.WaitGroup
	var done atomic.Int64
	for w := range writers {
		c, err := both.Clone()
		require.NoError(t, err)
		group.Go(func() {
			for i := range each {
				_, err := c.Content.Modify(t.Context(), at+"/p", func(p *client.Content) (any, error) {
					return client.Fields{"subjects": append(p.Subjects, fmt.Sprintf("w%d-%d", w, i))}, nil
				})
				if assert.NoError(t, err) {
					done.Add(1)
				}
			}
		})
	}
	group.Wait()
	got, err := first.Content.Get(t.Context(), at+"/p")
	require.NoError(t, err)
	assert.Len(t, got.Value.Subjects, int(done.Load()))
}

// TestTwo_locks: a lock that one process gave holds at the other.
func TestTwo_locks(t *testing.T) {
	both, first := inTurns(t, nil)
	at := folder(t, first)
	_, err := both.Content.Create(t.Context(), at, page("p"))
	require.NoError(t, err)
	for range 5 {
		require.NoError(t, both.Locking.WithLock(t.Context(), at+"/p", func(ctx context.Context, lock client.Lock) error {
			for range 2 { // of both processes
				_, err := both.Content.Update(ctx, at+"/p", client.Fields{"title": "not mine"})
				require.ErrorIs(t, err, errors.ErrLocked)
			}
			_, err := both.Content.Update(ctx, at+"/p", client.Fields{"title": "mine"}, client.LockToken(lock.Token))
			return err
		}))
	}
	got, err := first.Content.Get(t.Context(), at+"/p")
	require.NoError(t, err)
	assert.Equal(t, "mine", got.Value.Title)
	assert.False(t, got.Value.Lock.Locked)
}

// TestTwo_uploads: the parts of an upload go to a process that knows nothing of it.
// What is said of it is true, and with a session at one process it succeeds.
func TestTwo_uploads(t *testing.T) {
	both, first := inTurns(t, nil)
	at := folder(t, first)
	data := bytes.Repeat([]byte("0123456789"), 10_000)
	for i, chunk := range []int64{0, 30_000, 30_000, 0} {
		name := fmt.Sprintf("f%d.bin", i)
		_, err := both.Files.Upload(t.Context(), at, bytes.NewReader(data), int64(len(data)), client.UploadOptions{Filename: name, ChunkSize: chunk})
		found, there := listed(t, first, at)[name]
		t.Logf("chunks of %d bytes: %v", chunk, err)
		switch {
		case err == nil:
			assert.Equal(t, 1, found)
			download, err := both.Files.Download(t.Context(), at+"/"+name, client.DownloadOptions{})
			require.NoError(t, err)
			got, err := io.ReadAll(download)
			require.NoError(t, err)
			require.NoError(t, download.Close())
			assert.Equal(t, data, got)
		case !errors.Is(err, errors.ErrOutcomeUnknown):
			assert.False(t, there, "%v", err)
		}
	}
	_, err := first.Files.Upload(t.Context(), at, bytes.NewReader(data), int64(len(data)), client.UploadOptions{Filename: "one.bin", ChunkSize: 30_000})
	require.NoError(t, err)
}

// TestTwo_tokens: a token of one process is good for the other.
func TestTwo_tokens(t *testing.T) {
	both, _ := inTurns(t, nil)
	c, err := both.Clone(client.WithAuth(auth.Login(os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD"))))
	require.NoError(t, err)
	for range 4 {
		_, err := c.Content.Get(t.Context(), "/")
		require.NoError(t, err)
	}
}
