package client_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
)

// TestBehaviour_Files_Download_resumes breaks ten times, and yields each byte once.
func TestBehaviour_Files_Download_resumes(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		data := noise(1 << 20)
		path := s.add(t, s.folder(t), client.Fields{"@type": "File", "file": client.NewNamedFile("f.bin", "application/x-foo", data)})
		cuts := 0
		c := s.through(t, cutting(&cuts, 10, 90_001))
		d, err := c.Files.Download(t.Context(), path, client.DownloadOptions{})
		require.NoError(t, err)
		defer d.Close()
		got, err := io.ReadAll(d)
		require.NoError(t, err)
		assert.Equal(t, 10, cuts)
		same(t, data, got)
	})
}

// TestBehaviour_Files_Download_changed breaks, and the file is another by then.
func TestBehaviour_Files_Download_changed(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		data, other := noise(10_000), bytes.Repeat([]byte("x"), 10_001) // as modified knows seconds only
		path := s.add(t, s.folder(t), client.Fields{"@type": "File", "file": client.NewNamedFile("f.bin", "application/x-foo", data)})
		cuts := 0
		cut := cutting(&cuts, 1, 4000)
		c := s.through(t, func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
			if req.Header.Get("Range") != "" {
				_, err := s.client(t).Content.Update(t.Context(), path, client.Fields{"file": client.NewNamedFile("f.bin", "application/x-foo", other)})
				assert.NoError(t, err)
			}
			return cut(next, req)
		})
		d, err := c.Files.Download(t.Context(), path, client.DownloadOptions{})
		require.NoError(t, err)
		defer d.Close()
		got, err := io.ReadAll(d)
		assert.True(t, errors.Is(err, errors.ErrFileChanged) || errors.Is(err, errors.ErrDamaged), "%v", err)
		same(t, data[:4000], got)
	})
}

// TestFiles_Download_parts has a site that answers the request for a rest otherwise.
func TestFiles_Download_parts(t *testing.T) {
	t.Parallel()
	data := noise(1000)
	for name, fault := range map[string]plonetest.Fault{
		"403":           {Status: 403},
		"400":           {Status: 400},
		"416":           {Status: 416},
		"another range": {Header: http.Header{"Content-Range": {"bytes 499-999/1000"}}},
		"everything":    {Status: 200, Body: data, Header: http.Header{"Content-Type": {"application/octet-stream"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := fake(t)
			_, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(data), 1000, client.UploadOptions{Filename: "f.bin"})
			require.NoError(t, err)
			const address = "/news/f.bin/@@download"
			fault.Path, fault.Field, fault.Times = address, "Range", plonetest.Always
			server.Inject(fault)
			server.Inject(plonetest.Fault{Path: address, Truncate: true})
			d, err := c.Files.Download(t.Context(), "/news/f.bin", client.DownloadOptions{})
			require.NoError(t, err)
			defer d.Close()
			got, err := io.ReadAll(d)
			require.NoError(t, err)
			same(t, data, got)
		})
	}
}

// TestFiles_Download_ends breaks at the same place for ever.
func TestFiles_Download_ends(t *testing.T) {
	t.Parallel()
	server, c := fake(t)
	_, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(noise(1000)), 1000, client.UploadOptions{Filename: "f.bin"})
	require.NoError(t, err)
	server.Inject(plonetest.Fault{Path: "/news/f.bin/@@download", Truncate: true, Times: plonetest.Always, Status: 200, Body: noise(1000),
		Header: http.Header{"Content-Type": {"application/octet-stream"}}})
	d, err := c.Files.Download(t.Context(), "/news/f.bin", client.DownloadOptions{})
	require.NoError(t, err)
	defer d.Close()
	got, err := io.ReadAll(d)
	assert.Len(t, got, 500)
	_, typed := errors.AsType[*errors.TransportError](err)
	assert.True(t, typed, "%v", err)
	_, again := d.Read(make([]byte, 1))
	assert.Equal(t, err, again)
}

// cache answers for a file as a cache before the site does that has an ETag, or a date,
// and breaks off the first response.
func cache(t *testing.T, file []byte, tags []string, name string) (*client.Client, *[]http.Header) {
	t.Helper()
	c, m := mock(t, client.WithRetry(retry.Policy{MinWait: time.Microsecond}))
	var asked []http.Header
	m.RegisterResponder("GET", mockSite+"/f/@@images/image/preview", func(req *http.Request) (*http.Response, error) {
		asked = append(asked, req.Header.Clone())
		n := min(len(asked), len(tags)) - 1
		resp, err := answer(200, "image/png", string(file[:5]))(req)
		if err != nil {
			return nil, err
		}
		resp.ContentLength = int64(len(file))
		resp.Header.Set("Date", "Mon, 30 Nov 2026 12:00:00 GMT")
		resp.Header.Set(name, tags[n])
		if len(asked) == 1 {
			resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(file[:5]), readError{io.ErrUnexpectedEOF}))
			return resp, nil
		}
		resp.Body = io.NopCloser(bytes.NewReader(file))
		if from, part := strings.CutPrefix(req.Header.Get("Range"), "bytes="); part && (req.Header.Get("If-Range") == "" || req.Header.Get("If-Range") == tags[n]) {
			start, err := strconv.Atoi(strings.TrimSuffix(from, "-"))
			require.NoError(t, err)
			resp.StatusCode, resp.ContentLength = http.StatusPartialContent, int64(len(file)-start)
			resp.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(file)-1, len(file)))
			resp.Body = io.NopCloser(bytes.NewReader(file[start:]))
		}
		return resp, nil
	})
	return c, &asked
}

type readError struct{ err error }

func (r readError) Read([]byte) (int, error) { return 0, r.err }

// TestFiles_Download_validators has nothing but what a cache says of the file.
func TestFiles_Download_validators(t *testing.T) {
	t.Parallel()
	const old = "Mon, 30 Nov 2026 11:00:00 GMT"
	for _, tt := range []struct {
		name, field string
		tags        []string
		ifRange     string
		want        error
	}{
		{"the same", "ETag", []string{`"a"`, `"a"`}, `"a"`, nil},
		{"changed", "ETag", []string{`"a"`, `"b"`}, `"a"`, errors.ErrFileChanged},
		{"weak", "ETag", []string{`W/"a"`, `W/"a"`}, "", io.ErrUnexpectedEOF},
		{"a date", "Last-Modified", []string{old, old}, old, nil},
		{"another date", "Last-Modified", []string{old, "Mon, 30 Nov 2026 11:30:00 GMT"}, old, errors.ErrFileChanged},
		{"a date of this very moment", "Last-Modified", []string{"Mon, 30 Nov 2026 12:00:00 GMT"}, "", io.ErrUnexpectedEOF},
		{"nothing", "X-Other", []string{"x"}, "", io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, asked := cache(t, []byte("hello, world"), tt.tags, tt.field)
			d, err := c.Files.Download(t.Context(), "/f", client.DownloadOptions{Scale: "preview"})
			require.NoError(t, err)
			defer d.Close()
			got, err := io.ReadAll(d)
			if tt.ifRange != "" {
				require.Len(t, *asked, 2)
				assert.Equal(t, tt.ifRange, (*asked)[1].Get("If-Range"))
			} else {
				assert.Len(t, *asked, 1)
			}
			if tt.want == nil {
				require.NoError(t, err)
				assert.Equal(t, "hello, world", string(got))
				return
			}
			require.ErrorIs(t, err, tt.want)
			assert.Equal(t, "hello", string(got), "no byte of another file")
		})
	}
}

// stalling is a site whose file stands still after its first bytes, as often as told.
func stalling(t *testing.T, times int) *client.Client {
	t.Helper()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/f", jsonAnswer(200, `{"@id":"`+mockSite+`/f","UID":"x","modified":"2026-11-23T18:00:00+00:00"}`))
	n := 0
	m.RegisterResponder("GET", mockSite+"/f/@@download", func(req *http.Request) (*http.Response, error) {
		const file = "hello, world"
		start := 0
		resp, err := answer(200, "text/plain", file)(req)
		if err != nil {
			return nil, err
		}
		if from, part := strings.CutPrefix(req.Header.Get("Range"), "bytes="); part {
			if start, err = strconv.Atoi(strings.TrimSuffix(from, "-")); err != nil {
				return nil, err
			}
			resp.StatusCode = http.StatusPartialContent
			resp.Header.Set("Content-Range", fmt.Sprintf("bytes %d-11/12", start))
		}
		resp.ContentLength = int64(len(file) - start)
		if n++; n <= times {
			in, out := io.Pipe()
			go func() { _, _ = io.WriteString(out, file[start:start+1]) }()
			resp.Body = in
			return resp, nil
		}
		resp.Body = io.NopCloser(strings.NewReader(file[start:]))
		return resp, nil
	})
	return c
}

// TestFiles_stalled has a body that stands still without an end.
func TestFiles_stalled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		d, err := stalling(t, 3).Files.Download(t.Context(), "/f", client.DownloadOptions{})
		require.NoError(t, err)
		got, err := io.ReadAll(d)
		require.NoError(t, err)
		require.NoError(t, d.Close())
		assert.Equal(t, "hello, world", string(got))
		assert.GreaterOrEqual(t, time.Since(start), 3*client.StallTimeout)

		target := filepath.Join(t.TempDir(), "f")
		_, err = stalling(t, 3).Files.Save(t.Context(), "/f", target, client.SaveOptions{})
		require.NoError(t, err)
		got, err = os.ReadFile(target)
		require.NoError(t, err)
		assert.Equal(t, "hello, world", string(got))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = stalling(t, 3).Files.Save(ctx, "/f", target, client.SaveOptions{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// TestFiles_stalled_slowReader takes its time between reads, which is nobody's fault.
func TestFiles_stalled_slowReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, err := stalling(t, 0).Files.Download(t.Context(), "/f", client.DownloadOptions{})
		require.NoError(t, err)
		defer d.Close()
		p := make([]byte, 1)
		for range 12 {
			_, err := io.ReadFull(d, p)
			require.NoError(t, err)
			time.Sleep(2 * client.StallTimeout)
		}
	})
}

// TestFiles_Save_longNames takes every name that the file system does.
func TestFiles_Save_longNames(t *testing.T) {
	t.Parallel()
	server, c := fake(t)
	_, err := c.Files.Upload(t.Context(), "/news", bytes.NewReader(noise(1000)), 1000, client.UploadOptions{Filename: "f.bin"})
	require.NoError(t, err)
	dir := t.TempDir()
	for _, name := range []string{
		strings.Repeat("a", 233), strings.Repeat("a", 234), strings.Repeat("a", 244), strings.Repeat("a", 255), strings.Repeat("ä", 127),
	} {
		target := filepath.Join(dir, name)
		// What is there of it is found by the next Save.
		server.Inject(plonetest.Fault{Path: "/news/f.bin/@@download", Truncate: true})
		server.Inject(plonetest.Fault{Path: "/news/f.bin/@@download", Field: "Range", Status: 501})
		_, err := c.Files.Save(t.Context(), "/news/f.bin", target, client.SaveOptions{})
		require.ErrorIs(t, err, errors.ErrNotImplemented, "%d bytes", len(name))
		_, err = c.Files.Save(t.Context(), "/news/f.bin", target, client.SaveOptions{})
		require.NoError(t, err)
		requests := server.Requests()
		assert.Equal(t, "bytes=500-", requests[len(requests)-2].Header.Get("Range"))
		got, err := os.ReadFile(target)
		require.NoError(t, err)
		same(t, noise(1000), got)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.part"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// plone.restapi 9 fails over a field without a file.
func TestFiles_Download_noFile(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", `=~^`+mockSite+`/a(/|$)`, jsonAnswer(500, `{"type": "TypeError", "message": ""}`))
	_, err := c.Files.Download(t.Context(), "/a", client.DownloadOptions{Known: &client.NamedFile{Size: 5, Download: mockSite + "/a/@@download/file"}})
	require.ErrorIs(t, err, errors.ErrNotFound)
	require.ErrorIs(t, err, errors.ErrServer)
}
