package client_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

// fake is an in-memory site with a client that repeats without long waits.
func fake(t *testing.T, opts ...client.Option) (*plonetest.Server, *client.Client) {
	t.Helper()
	server := plonetest.NewServer()
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, append([]client.Option{
		client.WithAuth(auth.Basic("admin", "secret")),
		client.WithRetry(retry.Policy{MinWait: time.Microsecond, MaxWait: time.Second}),
	}, opts...)...)
	require.NoError(t, err)
	return server, c
}

// methods are those of the requests to uploads.
func methods(s *plonetest.Server) string {
	var all []string
	for _, r := range s.Requests() {
		if strings.Contains(r.Path, "@tus-") {
			all = append(all, r.Method)
		}
	}
	return strings.Join(all, " ")
}

const place = "/news/@tus-upload/*"

// TestFiles_Upload_faults has three chunks, and something that goes wrong.
func TestFiles_Upload_faults(t *testing.T) {
	t.Parallel()
	data := noise(3000)
	for _, tt := range []struct {
		name     string
		faults   []plonetest.Fault
		want     error // nil when the upload succeeds all the same
		requests string
	}{
		{"nothing", nil, nil, "POST PATCH PATCH PATCH"},
		{"500 once in the middle", []plonetest.Fault{{Status: 500, Skip: 1}}, nil, "POST PATCH PATCH HEAD PATCH PATCH"},
		{"500 once at the end", []plonetest.Fault{{Status: 500, Skip: 2}}, nil, "POST PATCH PATCH PATCH HEAD PATCH"},
		{"502 once", []plonetest.Fault{{Status: 502}}, nil, "POST PATCH HEAD PATCH PATCH PATCH"},
		{"502 four times", []plonetest.Fault{{Status: 502, Skip: 1, Times: 4}}, errors.ErrBadGateway,
			"POST PATCH PATCH HEAD PATCH HEAD PATCH HEAD PATCH HEAD"},
		{"answer lost in the middle", []plonetest.Fault{{Drop: true, Skip: 1}}, nil, "POST PATCH PATCH HEAD PATCH"},
		{"answer lost at the end", []plonetest.Fault{{Drop: true, Skip: 2}}, nil, "POST PATCH PATCH PATCH HEAD"},
		{"404 at the end", []plonetest.Fault{{Status: 404, Skip: 2}}, nil, "POST PATCH PATCH PATCH POST PATCH PATCH PATCH"},
		{"404 in the middle", []plonetest.Fault{{Status: 404, Skip: 1}}, nil, "POST PATCH PATCH POST PATCH PATCH PATCH"},
		{"404 for ever", []plonetest.Fault{{Status: 404, Times: plonetest.Always}}, errors.ErrUploadLost, "POST PATCH POST PATCH POST PATCH POST PATCH"},
		{"413", []plonetest.Fault{{Status: 413}}, errors.Status(413), "POST PATCH"},
		{"423 at the end", []plonetest.Fault{{Status: 423, Skip: 2}}, errors.ErrLocked, "POST PATCH PATCH PATCH"},
		{"200 and a page", []plonetest.Fault{{Status: 200, Body: []byte("<html>")}}, nil, "POST PATCH HEAD PATCH PATCH PATCH"},
		{"200 and a page at the end", []plonetest.Fault{{Status: 200, Body: []byte("<html>"), Skip: 2}}, nil, "POST PATCH PATCH PATCH HEAD PATCH"},
		{"no Location", []plonetest.Fault{{Header: http.Header{"Location": nil}, Skip: 2}}, errors.ErrNotDone, "POST PATCH PATCH PATCH"},
		{"no Upload-Offset", []plonetest.Fault{{Header: http.Header{"Upload-Offset": nil}, Skip: 1}}, nil, "POST PATCH PATCH HEAD PATCH"},
		{"never arrived, and lost", []plonetest.Fault{{Status: 500, Drop: true, Skip: 2}, {Method: "HEAD", Status: 404}}, errors.ErrOutcomeUnknown,
			"POST PATCH PATCH PATCH HEAD"},
		{"lost, and still at work", []plonetest.Fault{{Drop: true, Skip: 2}, {Method: "HEAD", Status: 200, Body: []byte{}, Header: http.Header{"Upload-Offset": {"2000"}}}}, nil,
			"POST PATCH PATCH PATCH HEAD PATCH"},
		{"raised, and lost", []plonetest.Fault{{Status: 500, Skip: 2}, {Method: "HEAD", Status: 404}}, nil,
			"POST PATCH PATCH PATCH HEAD POST PATCH PATCH PATCH"},
		{"lost, and nobody to ask", []plonetest.Fault{{Drop: true, Skip: 2}, {Method: "HEAD", Status: 403}}, errors.ErrOutcomeUnknown,
			"POST PATCH PATCH PATCH HEAD"},
		{"lost in the middle, and nobody to ask", []plonetest.Fault{{Drop: true}, {Method: "HEAD", Status: 403}}, errors.ErrForbidden, "POST PATCH HEAD"},
		{"HEAD without an offset", []plonetest.Fault{{Drop: true}, {Method: "HEAD", Header: http.Header{"Upload-Offset": nil}}}, new(errors.DecodeError),
			"POST PATCH HEAD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, c := fake(t)
			for _, f := range tt.faults {
				f.Path = place
				if f.Method == "" {
					f.Method = http.MethodPatch
				}
				server.Inject(f)
			}
			created, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(data), 3000, client.UploadOptions{Filename: "f.bin", ChunkSize: 1000})
			assert.Equal(t, tt.requests, methods(server))
			if tt.want == nil {
				require.NoError(t, err)
				same(t, data, stored(t, c, created.Object.URL, client.DownloadOptions{}))
				assert.True(t, strings.HasSuffix(created.Object.URL, "/news/f.bin"), "stored once")
				return
			}
			if _, isDecode := tt.want.(*errors.DecodeError); isDecode {
				_, found := errors.AsType[*errors.DecodeError](err)
				assert.True(t, found, "%v", err)
				return
			}
			assert.ErrorIs(t, err, tt.want)
			assert.Equal(t, tt.want == errors.ErrOutcomeUnknown, errors.Is(err, errors.ErrOutcomeUnknown), "%v", err)
		})
	}
}

// TestFiles_Upload_policy shows that no policy makes a chunk go out twice unasked.
func TestFiles_Upload_policy(t *testing.T) {
	t.Parallel()
	for mode, want := range map[retry.Mode]string{
		retry.Every5xx: "POST PATCH HEAD PATCH",
		retry.Never:    "POST PATCH HEAD",
	} {
		var repeats []retry.Attempt
		server, c := fake(t, client.WithRetry(retry.Policy{Mode: mode, MinWait: time.Microsecond,
			OnRetry: func(_ context.Context, a retry.Attempt) { repeats = append(repeats, a) }}))
		server.Inject(plonetest.Fault{Method: http.MethodPatch, Path: place, Status: 502})
		_, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{})
		assert.Equal(t, want, methods(server))
		if mode == retry.Never {
			assert.ErrorIs(t, err, errors.ErrBadGateway)
			assert.Empty(t, repeats)
			continue
		}
		require.NoError(t, err)
		require.Len(t, repeats, 1)
		assert.Equal(t, http.MethodPatch, repeats[0].Method)
		assert.Equal(t, 502, repeats[0].Status)
		assert.Contains(t, repeats[0].URL.Path, "/news/@tus-upload/")
	}
}

// TestFiles_Upload_damaged has something on the way that sends a chunk twice.
func TestFiles_Upload_damaged(t *testing.T) {
	t.Parallel()
	data := noise(2000)
	for _, tt := range []struct {
		name  string
		which func(n int64) bool // of the chunks, from 1
		fails bool
	}{
		{"first chunk", func(n int64) bool { return n == 1 }, false},
		{"last chunk", func(n int64) bool { return n == 2 }, false},
		{"always", func(int64) bool { return true }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, _ := fake(t)
			s := &site{url: server.URL, user: "admin", password: "secret"}
			var chunks atomic.Int64
			c := s.through(t, func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodPatch && tt.which(chunks.Add(1)) {
					body, err := io.ReadAll(req.Body)
					if err != nil {
						return nil, err
					}
					req = req.Clone(req.Context())
					req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(append(body, body...))), int64(2*len(body))
				}
				return next.RoundTrip(req)
			})
			created, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(data), 2000, client.UploadOptions{Filename: "f.bin", ChunkSize: 1000})
			if tt.fails {
				assert.ErrorIs(t, err, errors.ErrDamaged)
				return
			}
			require.NoError(t, err)
			assert.True(t, strings.HasSuffix(created.Object.URL, "/news/f.bin"), "stored once")
			same(t, data, stored(t, c, created.Object.URL, client.DownloadOptions{}))
		})
	}
}

// TestFiles_Upload_newToken has a site that forgets all tokens between two chunks.
func TestFiles_Upload_newToken(t *testing.T) {
	t.Parallel()
	data := noise(3000)
	server, c := fake(t, client.WithAuth(auth.Login("admin", "secret")))
	created, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(data), 3000, client.UploadOptions{
		ChunkSize: 1000,
		OnState: func(state client.UploadState) error {
			if state.Covered == 2000 {
				server.RotateSecret()
			}
			return nil
		},
	})
	require.NoError(t, err)
	same(t, data, stored(t, c, created.Object.URL, client.DownloadOptions{}))
	assert.Equal(t, "POST PATCH PATCH PATCH PATCH", methods(server))
}

// TestFiles_Upload_cutAtTheEnd breaks off in the last chunk, and the server loses
// the upload: what it never had as a whole it cannot have stored.
func TestFiles_Upload_cutAtTheEnd(t *testing.T) {
	t.Parallel()
	data := noise(2000)
	server, _ := fake(t)
	server.Inject(plonetest.Fault{Method: http.MethodHead, Path: place, Status: 404})
	s := &site{url: server.URL, user: "admin", password: "secret"}
	var chunks atomic.Int64
	c := s.through(t, func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPatch && chunks.Add(1) == 2 {
			_, _ = io.CopyN(io.Discard, req.Body, 500)
			return nil, errors.New("connection reset by peer")
		}
		return next.RoundTrip(req)
	})
	created, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(data), 2000, client.UploadOptions{Filename: "f.bin", ChunkSize: 1000})
	require.NoError(t, err)
	same(t, data, stored(t, c, created.Object.URL, client.DownloadOptions{}))
}

// TestFiles_Resume_twin has an object with the same name and bytes: it counts
// only when it is not older than the upload.
func TestFiles_Resume_twin(t *testing.T) {
	t.Parallel()
	_, c := fake(t)
	var kept client.UploadState
	twin, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{
		Filename: "f.txt", OnState: func(state client.UploadState) error { kept = state; return nil },
	})
	require.NoError(t, err)
	found, err := c.Files.Resume(t.Context(), kept, strings.NewReader("hello"), client.ResumeOptions{})
	require.NoError(t, err)
	assert.Equal(t, twin.Object.UID, found.Object.UID)
	kept.Started = twin.Object.Created.Add(time.Second)
	_, err = c.Files.Resume(t.Context(), kept, strings.NewReader("hello"), client.ResumeOptions{})
	assert.ErrorIs(t, err, errors.ErrUploadLost)
}

func TestFiles_UploadReader_lost(t *testing.T) {
	t.Parallel()
	for chunk, want := range map[int64]error{1000: errors.ErrUploadLost, 3000: nil} {
		server, c := fake(t)
		server.Inject(plonetest.Fault{Method: http.MethodPatch, Path: place, Status: 404, Skip: int(3000/chunk) - 1})
		_, err := c.Files.UploadReader(t.Context(), "/news", bytes.NewReader(noise(3000)), 3000, client.UploadOptions{ChunkSize: chunk})
		assert.ErrorIs(t, err, want)
	}
}

// TestFiles_Upload_stored has the file, but nobody who may look at it.
func TestFiles_Upload_stored(t *testing.T) {
	t.Parallel()
	server, c := fake(t)
	server.Inject(plonetest.Fault{Method: http.MethodGet, Path: "/news/f.bin", Status: 403})
	_, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{Filename: "f.bin"})
	require.ErrorIs(t, err, errors.ErrForbidden)
	stored, found := errors.AsType[*client.StoredError](err)
	require.True(t, found, "%v", err)
	assert.Equal(t, server.URL+"/news/f.bin", stored.Location.String())
}

// TestFiles_Upload_waits has an upload that ends, and another that must not at
// the same time.
func TestFiles_Upload_waits(t *testing.T) {
	t.Parallel()
	server, c := fake(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{
		Progress: func(int64, int64) {
			_, err := c.Files.Upload(ctx, "/news", strings.NewReader("other"), 5, client.UploadOptions{
				OnState: func(u client.UploadState) error {
					if u.Covered == 5 {
						cancel()
					}
					return nil
				},
			})
			assert.ErrorIs(t, err, context.Canceled)
		},
	})
	require.NoError(t, err)
	assert.Equal(t, "POST POST PATCH", methods(server))
}

func TestFiles_Upload_sendsWhatTUSAsksFor(t *testing.T) {
	t.Parallel()
	server, c := fake(t)
	_, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello"), 5, client.UploadOptions{Filename: "ä,b", Field: "file"})
	require.NoError(t, err)
	requests := slices.DeleteFunc(server.Requests(), func(r plonetest.Request) bool { return !strings.Contains(r.Path, "@tus-upload") })
	require.Len(t, requests, 2)
	assert.Equal(t, "filename w6QsYg==,content-type dGV4dC9wbGFpbg==,fieldname ZmlsZQ==,@type RmlsZQ==", requests[0].Header.Get("Upload-Metadata"))
	assert.Equal(t, "5", requests[0].Header.Get("Upload-Length"))
	for name, want := range map[string]string{
		"Accept": "application/json", "Content-Type": "application/offset+octet-stream", "Content-Length": "5",
		"Tus-Resumable": "1.0.0", "Upload-Offset": "0",
	} {
		assert.Equal(t, want, requests[1].Header.Get(name), name)
	}
}

func TestSafeFilename(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a b.txt": "a b.txt", "ä.txt": "ä.txt", ".profile": ".profile",
		"/etc/passwd": "passwd", "../../x": "x", `C:\x\y.txt`: "y.txt", `..\x`: "x", "a/": "a",
		"": "", ".": "", "..": "", "/": "", `\`: "", "a/..": "",
		"a\x00b": "", "a\nb": "", "a\x7fb": "", "\xff": "", "a\u202eexe.txt": "",
		"NUL": "", "con.txt": "", "Com1": "", "lpt9.a.b": "", "aux .x": "", "console": "console", "com": "com",
		"x:y": "", "a*": "", "a?": "", "<a>": "", "a|b": "", `a"b`: "",
		"a.": "", "a ": "", " a": "",
		strings.Repeat("a", 255): strings.Repeat("a", 255), strings.Repeat("a", 256): "",
	} {
		assert.Equal(t, want, client.SafeFilename(name), "%q", name)
	}
}

func TestFiles_Download_cut(t *testing.T) {
	t.Parallel()
	server, c := fake(t, client.WithRetry(retry.Policy{Mode: retry.Never}))
	file, err := c.Files.Upload(t.Context(), "/news", strings.NewReader("hello, world"), 12, client.UploadOptions{Filename: "f.bin"})
	require.NoError(t, err)
	server.Inject(plonetest.Fault{Path: "/news/f.bin/@@download", Truncate: true})
	d, err := c.Files.Download(t.Context(), file.Object.URL, client.DownloadOptions{})
	require.NoError(t, err)
	defer d.Close()
	data, err := io.ReadAll(d)
	assert.Equal(t, "hello,", string(data))
	_, typed := errors.AsType[*errors.TransportError](err)
	assert.True(t, typed, "%v", err)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
}

// TestFiles_Save_ranges has answers to the request for a rest that are not the
// rest of the file.
func TestFiles_Save_ranges(t *testing.T) {
	t.Parallel()
	data := noise(1000)
	for _, tt := range []struct {
		name  string
		fault plonetest.Fault
		fails bool
	}{
		{"as asked for", plonetest.Fault{Times: 1, Skip: 1000}, false},
		{"another part", plonetest.Fault{Header: http.Header{"Content-Range": {"bytes 499-999/1000"}}}, false},
		{"no end", plonetest.Fault{Header: http.Header{"Content-Range": {"bytes 500-998/1000"}}}, false},
		{"no range", plonetest.Fault{Header: http.Header{"Content-Range": nil}}, false},
		{"no size", plonetest.Fault{Header: http.Header{"Content-Range": {"bytes 500-999/*"}}}, false},
		{"everything", plonetest.Fault{Status: 200, Body: data, Header: http.Header{"Content-Type": {"application/octet-stream"}}}, false},
		{"404", plonetest.Fault{Status: 404}, false},
		{"416, of a cache that knows another file", plonetest.Fault{Status: 416}, false},
		{"403", plonetest.Fault{Status: 403}, false},
		{"400", plonetest.Fault{Status: 400}, false},
		{"403 to all parts", plonetest.Fault{Status: 403, Field: "Range", Times: plonetest.Always}, false},
		{"403 to all", plonetest.Fault{Status: 403, Times: plonetest.Always}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, c := fake(t)
			_, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(data), 1000, client.UploadOptions{Filename: "f.bin"})
			require.NoError(t, err)
			const address = "/news/f.bin/@@download"
			server.Inject(plonetest.Fault{Path: address, Truncate: true})
			tt.fault.Path = address
			server.Inject(tt.fault)
			target := filepath.Join(t.TempDir(), "f")
			_, err = c.Files.Save(t.Context(), "/news/f.bin", target, client.SaveOptions{})
			if tt.fails {
				require.Error(t, err)
				assert.NoFileExists(t, target)
				// What is right stays, and the next call goes on with it.
				server.ClearFaults()
				_, err = c.Files.Save(t.Context(), "/news/f.bin", target, client.SaveOptions{})
			}
			require.NoError(t, err)
			got, err := os.ReadFile(target)
			require.NoError(t, err)
			same(t, data, got)
			requests := server.Requests()
			ranges := 0
			for _, r := range requests {
				if r.Header.Get("Range") == "bytes=500-" {
					ranges++
				}
			}
			assert.Equal(t, map[bool]int{false: 1, true: 2}[tt.fails], ranges)
		})
	}
}

// TestFiles_Save_uselessPart has a cache that cuts the file and then refuses to
// give the rest.
func TestFiles_Save_uselessPart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, m := mock(t)
		m.RegisterResponder("GET", mockSite+"/f", jsonAnswer(200, `{"@id":"`+mockSite+`/f","UID":"x","modified":"2026-11-23T18:00:00+00:00"}`))
		m.RegisterResponder("GET", mockSite+"/f/@@download", func(req *http.Request) (*http.Response, error) {
			if req.Header.Get("Range") != "" {
				return answer(416, "text/html", "")(req)
			}
			resp, err := answer(200, "text/plain", "hello,")(req)
			resp.ContentLength = 12
			return resp, err
		})
		dir := t.TempDir()
		_, err := c.Files.Save(t.Context(), "/f", filepath.Join(dir, "f"), client.SaveOptions{})
		require.Error(t, err, "it ends")
		assert.Less(t, m.GetTotalCallCount(), 20)
		m.RegisterResponder("GET", mockSite+"/f/@@download", func(req *http.Request) (*http.Response, error) {
			if req.Header.Get("Range") != "" {
				return answer(416, "text/html", "")(req)
			}
			return answer(200, "text/plain", "hello, world")(req)
		})
		_, err = c.Files.Save(t.Context(), "/f", filepath.Join(dir, "f"), client.SaveOptions{})
		require.NoError(t, err)
		data, err := os.ReadFile(filepath.Join(dir, "f"))
		require.NoError(t, err)
		assert.Equal(t, "hello, world", string(data))
	})
}

// TestFiles_Save_restless has an object that changes all the time.
// TestFiles_Save_stopped: what has arrived already is not written once the context
// has ended, and the next Save goes on from there.
func TestFiles_Save_stopped(t *testing.T) {
	t.Parallel()
	_, c := fake(t)
	data := noise(1 << 20)
	_, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(data), int64(len(data)), client.UploadOptions{Filename: "f.bin"})
	require.NoError(t, err)
	target := filepath.Join(t.TempDir(), "f")
	ctx, stop := context.WithCancel(t.Context())
	calls, arrived := 0, int64(0)
	_, err = c.Files.Save(ctx, "/news/f.bin", target, client.SaveOptions{Progress: func(done, _ int64) {
		calls++
		arrived = done
		stop()
	}})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 1, calls)
	assert.NoFileExists(t, target)
	first := int64(0)
	_, err = c.Files.Save(t.Context(), "/news/f.bin", target, client.SaveOptions{Progress: func(done, _ int64) {
		if first == 0 {
			first = done
		}
	}})
	require.NoError(t, err)
	assert.Greater(t, first, arrived, "it goes on")
	got, err := os.ReadFile(target)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(data, got))
}

func TestFiles_Save_restless(t *testing.T) {
	t.Parallel()
	server, c := fake(t)
	_, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(noise(1000)), 1000, client.UploadOptions{Filename: "f.bin"})
	require.NoError(t, err)
	server.Inject(plonetest.Fault{Path: "/news/f.bin/@@download", Truncate: true, Times: plonetest.Always})
	for i := range 50 {
		server.Inject(plonetest.Fault{Path: "/news/f.bin", Body: fmt.Appendf(nil, `{"@id": "x", "UID": "x", "modified": "2026-11-23T18:00:%02d+00:00"}`, i)})
	}
	target := filepath.Join(t.TempDir(), "f")
	_, err = c.Files.Save(t.Context(), "/news/f.bin", target, client.SaveOptions{})
	require.ErrorIs(t, err, errors.ErrFileChanged)
	assert.NoFileExists(t, target)
}
