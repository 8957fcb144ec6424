package client_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// noise returns n bytes that are the same each time.
func noise(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data) // never fails
	return data
}

// picture is an image of that width, with some noise.
func picture(t *testing.T, width int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, width, width/2))
	copy(m.Pix, noise(len(m.Pix)))
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return b.Bytes()
}

// stored downloads the file at path.
func stored(t *testing.T, c *client.Client, path string, o client.DownloadOptions) []byte {
	t.Helper()
	d, err := c.Files.Download(t.Context(), path, o)
	require.NoError(t, err)
	defer d.Close()
	data, err := io.ReadAll(d)
	require.NoError(t, err)
	return data
}

// same compares bytes without printing them.
func same(t *testing.T, want, got []byte) {
	t.Helper()
	assert.Equal(t, sha256.Sum256(want), sha256.Sum256(got), "%d bytes, not the %d expected", len(got), len(want))
}

func fileOf(t *testing.T, c *client.Content) client.NamedFile {
	t.Helper()
	var f client.NamedFile
	require.NoError(t, c.Extra("file", &f))
	return f
}

// quick repeats without long waits.
func quick() client.Option {
	return client.WithRetry(retry.Policy{MinWait: 10 * time.Millisecond, MaxWait: time.Second})
}

// tripper is a transport made of a function.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// through is a client whose requests go through f, and from there to the site.
func (s *site) through(t *testing.T, f func(next http.RoundTripper, req *http.Request) (*http.Response, error)) *client.Client {
	t.Helper()
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	return s.as(t, auth.Basic(s.user, s.password), quick(),
		client.WithTransport(tripper(func(req *http.Request) (*http.Response, error) { return f(base, req) })))
}

func TestBehaviour_Files_Options(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder := s.folder(t)
		o, err := s.client(t).Files.Options(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, &client.TusOptions{Resumable: "1.0.0", Versions: []string{"1.0.0"}, Extensions: []string{"creation", "expiration"}}, o)

		_, err = s.anonymous(t).Files.Options(t.Context(), folder)
		assert.ErrorIs(t, err, errors.ErrUnauthorized)
		_, err = s.client(t).Files.Options(t.Context(), folder+"/nowhere")
		assert.ErrorIs(t, err, errors.ErrNotFound)
	})
}

func TestBehaviour_Files_Upload(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		// A time limit for calls is none for uploads.
		c, folder, data := s.client(t, client.WithTimeout(time.Minute)), s.folder(t), noise(300_001)
		for _, chunk := range []int64{0, 100_000, 300_001, 300_000} {
			var progress []int64
			created, err := c.Files.Upload(t.Context(), folder, bytes.NewReader(data), int64(len(data)), client.UploadOptions{
				Filename: "Ünder b.bin", ContentType: "application/x-foo", ChunkSize: chunk,
				Progress: func(done, total int64) {
					assert.EqualValues(t, len(data), total)
					progress = append(progress, done)
				},
			})
			require.NoError(t, err)
			assert.Equal(t, http.StatusNoContent, created.StatusCode)
			assert.Equal(t, created.Object.URL, created.Location.String())
			assert.True(t, strings.HasPrefix(created.Object.URL, s.url+folder+"/under-b"), created.Object.URL)
			assert.Equal(t, "File", created.Object.Type)
			f := fileOf(t, &created.Object)
			assert.Equal(t, "Ünder b.bin", f.Filename)
			assert.Equal(t, "application/x-foo", f.ContentType)
			assert.EqualValues(t, len(data), f.Size)
			if !s.live { // where other tests write, everything may have to go out again
				assert.IsIncreasing(t, progress)
			}
			assert.EqualValues(t, len(data), progress[len(progress)-1])
			same(t, data, stored(t, c, created.Object.URL, client.DownloadOptions{}))
			same(t, data, stored(t, c, f.Download, client.DownloadOptions{}))
		}
	})
}

func TestBehaviour_Files_Upload_kinds(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)

		empty, err := c.Files.Upload(t.Context(), folder, bytes.NewReader(nil), 0, client.UploadOptions{Filename: "empty.bin"})
		require.NoError(t, err)
		f := fileOf(t, &empty.Object)
		assert.Zero(t, f.Size)
		assert.Equal(t, "empty.bin", f.Filename)
		assert.Empty(t, stored(t, c, empty.Object.URL, client.DownloadOptions{}))

		// A text stays a file, and a file needs no name.
		text, err := c.Files.Upload(t.Context(), folder, strings.NewReader("plain"), 5, client.UploadOptions{})
		require.NoError(t, err)
		assert.Equal(t, "File", text.Object.Type)
		assert.Equal(t, "text/plain", fileOf(t, &text.Object).ContentType)

		data := picture(t, 40)
		pic, err := c.Files.Upload(t.Context(), folder, bytes.NewReader(data), int64(len(data)), client.UploadOptions{Type: "Image", Filename: "p.png"})
		require.NoError(t, err)
		var image client.NamedImage
		require.NoError(t, pic.Object.Extra("image", &image))
		assert.Equal(t, 40, image.Width)
		assert.Equal(t, "image/png", image.ContentType)
	})
}

func TestBehaviour_Files_Upload_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t, quick()), s.folder(t)
		for _, tt := range []struct {
			name    string
			folder  string
			options client.UploadOptions
			want    error
		}{
			{"unknown type", folder, client.UploadOptions{Type: "Nope"}, errors.ErrUnauthorized},
			{"type without a field for files", folder, client.UploadOptions{Type: "Document"}, errors.ErrNotDone},
			{"field that the type has not", folder, client.UploadOptions{Field: "nope"}, errors.ErrNotDone},
			{"field for texts", folder, client.UploadOptions{Type: "Document", Field: "title"}, errors.ErrValidation},
			{"no image", folder, client.UploadOptions{Type: "Image"}, errors.ErrValidation},
			{"no folder", folder + "/nowhere", client.UploadOptions{}, errors.ErrNotFound},
			{"name that is not UTF-8", folder, client.UploadOptions{Filename: "\xff"}, errors.ErrInvalidInput},
			{"chunks below nothing", folder, client.UploadOptions{ChunkSize: -1}, errors.ErrInvalidInput},
		} {
			t.Run(tt.name, func(t *testing.T) {
				_, err := c.Files.Upload(t.Context(), tt.folder, strings.NewReader("hello"), 5, tt.options)
				assert.ErrorIs(t, err, tt.want)
				assert.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
			})
		}
		_, err := s.anonymous(t).Files.Upload(t.Context(), folder, strings.NewReader("hello"), 5, client.UploadOptions{})
		assert.ErrorIs(t, err, errors.ErrUnauthorized)
		// A file that is shorter than it was said to be.
		_, err = c.Files.Upload(t.Context(), folder, strings.NewReader("hello"), 1000, client.UploadOptions{ContentType: "text/plain"})
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	})
}

func TestBehaviour_Files_Replace(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		old, err := c.Files.Upload(t.Context(), folder, strings.NewReader("old"), 3, client.UploadOptions{Filename: "a.txt"})
		require.NoError(t, err)
		data := noise(5000)
		replaced, err := c.Files.Replace(t.Context(), old.Object.URL, bytes.NewReader(data), 5000, client.ReplaceOptions{Filename: "b.bin", ChunkSize: 2000})
		require.NoError(t, err)
		assert.Equal(t, old.Object.UID, replaced.Object.UID)
		assert.Equal(t, "b.bin", fileOf(t, &replaced.Object).Filename)
		same(t, data, stored(t, c, old.Object.URL, client.DownloadOptions{}))

		_, err = c.Files.Replace(t.Context(), folder, bytes.NewReader(data), 5000, client.ReplaceOptions{})
		assert.ErrorIs(t, err, errors.ErrNotDone, "a page has no field for it")
		_, err = s.anonymous(t).Files.Replace(t.Context(), old.Object.URL, bytes.NewReader(data), 5000, client.ReplaceOptions{})
		assert.ErrorIs(t, err, errors.ErrUnauthorized)
	})
}

// mortal is a file that cannot be read any more from end on, once that is set.
type mortal struct {
	*bytes.Reader
	end int64
	err error
}

func (m *mortal) ReadAt(p []byte, off int64) (int, error) {
	if m.end == 0 || off+int64(len(p)) <= m.end {
		return m.Reader.ReadAt(p, off)
	}
	n, _ := m.Reader.ReadAt(p[:max(0, m.end-off)], off)
	return n, m.err
}

// TestBehaviour_Files_Resume_killed kills an upload at every chunk boundary and
// in the middle of every chunk; another client goes on with what was kept.
func TestBehaviour_Files_Resume_killed(t *testing.T) {
	t.Parallel()
	const chunk, size = 128 << 10, 4*128<<10 - 1000
	data := noise(size)
	onEachSite(t, func(t *testing.T, s *site) {
		folder := s.folder(t)
		for kill := int64(0); kill < size; kill += chunk / 2 {
			killed := errors.New("killed")
			source := &mortal{Reader: bytes.NewReader(data), err: killed}
			var kept []byte
			options := client.UploadOptions{
				Filename: fmt.Sprintf("%d.bin", kill), ChunkSize: chunk,
				OnState: func(state client.UploadState) (err error) {
					kept, err = json.Marshal(state)
					if state.Covered > kill {
						if kill%chunk == 0 {
							return killed
						}
						source.end = kill // in this chunk
					}
					return err
				},
			}
			_, err := s.client(t, quick()).Files.Upload(t.Context(), folder, source, size, options)
			require.ErrorIs(t, err, killed)
			assert.NotErrorIs(t, err, errors.ErrOutcomeUnknown)
			assert.NotContains(t, string(kept), s.password)

			var state client.UploadState
			require.NoError(t, json.Unmarshal(kept, &state))
			first := int64(-1)
			progress := func(done, _ int64) {
				if first < 0 {
					first = done
				}
			}
			created, err := s.client(t).Files.Resume(t.Context(), state, bytes.NewReader(data),
				client.ResumeOptions{ChunkSize: options.ChunkSize, Progress: progress})
			require.NoError(t, err)
			assert.Greater(t, first, kill/chunk*chunk, "chunks that were there are not sent again")
			assert.Equal(t, fmt.Sprintf("%d.bin", kill), created.Object.Title)
			same(t, data, stored(t, s.client(t), created.Object.URL, client.DownloadOptions{}))
		}
		listed := 0
		for _, err := range s.client(t).Content.Children(t.Context(), folder, client.ListOptions{}) {
			require.NoError(t, err)
			listed++
		}
		assert.Equal(t, 8, listed, "no upload became two objects")
	})
}

func TestBehaviour_Files_Resume_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder, data := s.client(t, quick()), s.folder(t), noise(3000)
		stop := errors.New("stop")
		var state client.UploadState
		_, err := c.Files.Upload(t.Context(), folder, bytes.NewReader(data), 3000, client.UploadOptions{
			ChunkSize: 1000,
			OnState: func(u client.UploadState) error {
				if state = u; u.Covered > 1000 {
					return stop
				}
				return nil
			},
		})
		require.ErrorIs(t, err, stop)

		other := bytes.Clone(data)
		other[1500]++ // not sent yet, but about to be
		_, err = c.Files.Resume(t.Context(), state, bytes.NewReader(other), client.ResumeOptions{})
		assert.ErrorIs(t, err, errors.ErrFileChanged)
		_, err = c.Files.Resume(t.Context(), state, bytes.NewReader(data[:10]), client.ResumeOptions{})
		assert.ErrorIs(t, err, errors.ErrFileChanged)
		_, err = c.Files.Resume(t.Context(), client.UploadState{}, bytes.NewReader(data), client.ResumeOptions{})
		assert.ErrorIs(t, err, errors.ErrInvalidInput)

		lost := state
		lost.URL += "x"
		_, err = c.Files.Resume(t.Context(), lost, bytes.NewReader(data), client.ResumeOptions{})
		assert.ErrorIs(t, err, errors.ErrUploadLost)
		assert.NotErrorIs(t, err, errors.ErrNotFound)

		done, err := c.Files.Resume(t.Context(), state, bytes.NewReader(data), client.ResumeOptions{ChunkSize: 700})
		require.NoError(t, err)
		same(t, data, stored(t, c, done.Object.URL, client.DownloadOptions{}))

		// Once more: it is found, and not stored a second time.
		again, err := c.Files.Resume(t.Context(), state, bytes.NewReader(data), client.ResumeOptions{})
		require.NoError(t, err)
		assert.Equal(t, done.Object.URL, again.Object.URL)
	})
}

// TestBehaviour_Files_Upload_broken loses the answers to chunks, and cuts chunks
// in half as a proxy may.
func TestBehaviour_Files_Upload_broken(t *testing.T) {
	t.Parallel()
	data := noise(4000)
	lost := errors.New("connection reset by peer")
	for name, broken := range map[string]func(http.RoundTripper, *http.Request) (*http.Response, error){
		"answer lost": func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(req)
			if err != nil {
				return nil, err
			}
			return nil, errors.Join(lost, resp.Body.Close())
		},
		"half a chunk": func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
			if req.ContentLength < 2 {
				return next.RoundTrip(req)
			}
			req = req.Clone(req.Context())
			req.ContentLength /= 2
			req.Body = io.NopCloser(io.LimitReader(req.Body, req.ContentLength))
			resp, err := next.RoundTrip(req)
			if err != nil {
				return nil, err
			}
			return nil, errors.Join(lost, resp.Body.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEachSite(t, func(t *testing.T, s *site) {
				folder := s.folder(t)
				var patches atomic.Int64
				c := s.through(t, func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
					if req.Method != http.MethodPatch || patches.Add(1)%2 == 0 {
						return next.RoundTrip(req)
					}
					return broken(next, req)
				})
				created, err := c.Files.Upload(t.Context(), folder, bytes.NewReader(data), 4000, client.UploadOptions{Filename: "f.bin", ChunkSize: 800})
				require.NoError(t, err)
				same(t, data, stored(t, c, created.Object.URL, client.DownloadOptions{}))
				assert.Equal(t, "f.bin", created.Object.Title)
				all, err := s.client(t).Content.Get(t.Context(), folder)
				require.NoError(t, err)
				assert.Equal(t, 1, all.Value.ItemsTotal)
			})
		})
	}
}

// TestBehaviour_Files_Upload_crowd has 24 uploads into one folder, 8 at a time,
// by two clients that do not wait for each other.
func TestBehaviour_Files_Upload_crowd(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder := s.folder(t)
		patient := client.WithRetry(retry.Policy{MaxAttempts: 10, MinWait: 50 * time.Millisecond})
		clients := []*client.Client{s.client(t, patient), s.client(t, patient)}
		type result struct {
			want []byte
			path string
			err  error
		}
		results, places := make(chan result, 24), make(chan struct{}, 8)
		for i := range 24 {
			go func() {
				places <- struct{}{}
				defer func() { <-places }()
				data := noise(40_000 + i)
				created, err := clients[i%2].Files.Upload(t.Context(), folder, bytes.NewReader(data), int64(len(data)),
					client.UploadOptions{Filename: fmt.Sprintf("%d.bin", i), ChunkSize: 16_000})
				if err != nil {
					results <- result{err: err}
					return
				}
				results <- result{want: data, path: created.Object.URL}
			}()
		}
		for range 24 {
			r := <-results
			require.NoError(t, r.err)
			same(t, r.want, stored(t, clients[0], r.path, client.DownloadOptions{}))
		}
		all, err := clients[0].Content.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, 24, all.Value.ItemsTotal)
	})
}

// persist uploads a stream again when the server has lost it in a conflict with
// the other tests.
func persist(t *testing.T, upload func() (*client.Uploaded, error)) *client.Uploaded {
	t.Helper()
	for range 20 {
		created, err := upload()
		if !errors.Is(err, errors.ErrUploadLost) {
			require.NoError(t, err)
			return created
		}
	}
	require.Fail(t, "lost again and again")
	return nil
}

func TestBehaviour_Files_UploadReader(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder, data := s.client(t), s.folder(t), noise(5000)
		for _, size := range []int64{5000, -1} {
			created := persist(t, func() (*client.Uploaded, error) {
				return c.Files.UploadReader(t.Context(), folder, iotest.OneByteReader(bytes.NewReader(data)), size,
					client.UploadOptions{Filename: "r.bin", ChunkSize: 600})
			})
			same(t, data, stored(t, c, created.Object.URL, client.DownloadOptions{}))
		}
		before, err := c.Content.Get(t.Context(), folder)
		require.NoError(t, err)
		for _, tt := range []struct {
			size int64
			want error
		}{{4999, errors.ErrInvalidInput}, {5001, io.ErrUnexpectedEOF}, {-2, errors.ErrInvalidInput}} {
			_, err := c.Files.UploadReader(t.Context(), folder, bytes.NewReader(data), tt.size, client.UploadOptions{ChunkSize: 600})
			assert.ErrorIs(t, err, tt.want, "%d", tt.size)
		}
		broken := errors.New("broken")
		for _, size := range []int64{5000, -1} {
			_, err = c.Files.UploadReader(t.Context(), folder, io.MultiReader(bytes.NewReader(data[:3000]), iotest.ErrReader(broken)), size,
				client.UploadOptions{ChunkSize: 600})
			assert.ErrorIs(t, err, broken)
		}
		after, err := c.Content.Get(t.Context(), folder)
		require.NoError(t, err)
		assert.Equal(t, before.Value.ItemsTotal, after.Value.ItemsTotal)

		// A chunk whose answer is lost is sent from memory.
		var patches atomic.Int64
		shaky := s.through(t, func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodPatch && patches.Add(1)%2 == 1 {
				_, _ = io.CopyN(io.Discard, req.Body, 100)
				return nil, errors.New("connection reset by peer")
			}
			return next.RoundTrip(req)
		})
		created := persist(t, func() (*client.Uploaded, error) {
			return shaky.Files.UploadReader(t.Context(), folder, bytes.NewReader(data), 5000, client.UploadOptions{ChunkSize: 600})
		})
		same(t, data, stored(t, c, created.Object.URL, client.DownloadOptions{}))
	})
}

func TestBehaviour_Files_CreateInline(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		for _, size := range []int{1, 2, 3, 4, 3072, 10_000, 100_001} {
			data, id := noise(size), fmt.Sprintf("inline-%d", size)
			created, err := c.Files.CreateInline(t.Context(), folder, client.Fields{"@type": "File", "id": id, "title": "In <line>"},
				bytes.NewReader(data), int64(size), client.InlineOptions{Filename: `q"uo\te.bin`, ContentType: "application/x-foo"})
			require.NoError(t, err)
			assert.Equal(t, s.url+folder+"/"+id, created.Value.URL)
			assert.Equal(t, "In <line>", created.Value.Title)
			f := fileOf(t, &created.Value)
			assert.Equal(t, `q"uo\te.bin`, f.Filename)
			assert.Equal(t, "application/x-foo", f.ContentType)
			same(t, data, stored(t, c, created.Value.URL, client.DownloadOptions{}))
		}
		_, err := c.Files.CreateInline(t.Context(), folder, client.Fields{"@type": "File", "id": "inline-1"}, strings.NewReader("x"), 1, client.InlineOptions{})
		assert.ErrorIs(t, err, errors.ErrAlreadyExists)
		_, err = c.Files.CreateInline(t.Context(), folder, client.Fields{"@type": "File"}, strings.NewReader(""), 0, client.InlineOptions{})
		assert.ErrorIs(t, err, errors.ErrInvalidInput)
		_, err = c.Files.CreateInline(t.Context(), folder, nil, strings.NewReader("xy"), 2, client.InlineOptions{})
		assert.ErrorIs(t, err, errors.ErrBadRequest, "it has no @type")
		_, err = c.Files.CreateInline(t.Context(), folder, client.Fields{"@type": "File"}, strings.NewReader("x"), 2000, client.InlineOptions{ContentType: "a/b"})
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	})
}

// TestBehaviour_Files_CreateInline_exactlyOnce loses the answer to what was done, and to
// what was not.
func TestBehaviour_Files_CreateInline_exactlyOnce(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder, data := s.folder(t), noise(5000)
		for _, arrives := range []bool{true, false} {
			posts := 0
			c := s.through(t, func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
				if req.Method != http.MethodPost {
					return next.RoundTrip(req)
				}
				if posts++; posts > 1 {
					return next.RoundTrip(req)
				}
				if arrives {
					resp, err := next.RoundTrip(req)
					if err != nil {
						return nil, err
					}
					_ = resp.Body.Close()
				}
				return nil, errors.New("connection reset by peer")
			})
			id := fmt.Sprintf("once-%t", arrives)
			created, err := c.Files.CreateInline(t.Context(), folder, client.Fields{"@type": "File", "id": id}, bytes.NewReader(data), 5000,
				client.InlineOptions{Filename: "f.bin"}, client.ExactlyOnce())
			require.NoError(t, err)
			assert.Equal(t, s.url+folder+"/"+id, created.Value.URL)
			assert.Equal(t, map[bool]int{true: 1, false: 2}[arrives], posts)
			same(t, data, stored(t, c, created.Value.URL, client.DownloadOptions{}))
		}
	})
}

func TestBehaviour_Files_Download(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		file := s.add(t, folder, client.Fields{"@type": "File", "file": client.NewNamedFile("../ä b.txt", "text/plain", []byte("hello"))})
		for _, o := range []client.DownloadOptions{{}, {Field: "file"}} {
			d, err := c.Files.Download(t.Context(), file, o)
			require.NoError(t, err)
			assert.Equal(t, "ä b.txt", d.Filename, "no folders")
			assert.True(t, strings.HasPrefix(d.ContentType, "text/plain"), d.ContentType)
			assert.EqualValues(t, 5, d.Size)
			assert.Equal(t, http.StatusOK, d.StatusCode)
			data, err := io.ReadAll(d)
			require.NoError(t, err)
			assert.Equal(t, "hello", string(data))
			require.NoError(t, d.Close())
		}
		for _, tt := range []struct {
			path    string
			options client.DownloadOptions
			want    error
		}{
			{file, client.DownloadOptions{Field: "nope"}, errors.ErrNotFound},
			{folder, client.DownloadOptions{}, errors.ErrNotFound},
			{file + "/nope", client.DownloadOptions{}, errors.ErrNotFound},
			{file, client.DownloadOptions{Scale: "preview"}, errors.ErrNotFound},
			{file, client.DownloadOptions{Width: 5}, errors.ErrNoField},
			{file, client.DownloadOptions{Field: "file", Width: -5}, errors.ErrInvalidInput},
			{file, client.DownloadOptions{Scale: "preview", Width: 5}, errors.ErrInvalidInput},
			{file + "/@@download/file", client.DownloadOptions{Field: "file"}, errors.ErrInvalidInput},
		} {
			_, err := c.Files.Download(t.Context(), tt.path, tt.options)
			assert.ErrorIs(t, err, tt.want, "%s %+v", tt.path, tt.options)
		}
		_, err := s.anonymous(t).Files.Download(t.Context(), file, client.DownloadOptions{})
		assert.ErrorIs(t, err, errors.ErrUnauthorized, "no login form")
	})
}

func TestBehaviour_Files_Download_images(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		data := picture(t, 300)
		path := s.add(t, folder, client.Fields{"@type": "Image", "image": client.NewNamedImage("p.png", "image/png", data)})
		same(t, data, stored(t, c, path, client.DownloadOptions{}))
		same(t, data, stored(t, c, path, client.DownloadOptions{Field: "image"}))
		for _, tt := range []struct {
			options client.DownloadOptions
			width   int
		}{
			{client.DownloadOptions{Scale: "thumb"}, 128},
			{client.DownloadOptions{Field: "image", Scale: "mini"}, 200},
			{client.DownloadOptions{Width: 64}, 64},
			{client.DownloadOptions{Width: 65}, 128},
			{client.DownloadOptions{Width: 201}, 300},
			{client.DownloadOptions{Width: 4000}, 300},
		} {
			m, err := png.DecodeConfig(bytes.NewReader(stored(t, c, path, tt.options)))
			require.NoError(t, err)
			if s.live { // the other one has the image in all sizes
				assert.Equal(t, tt.width, m.Width, "%+v", tt.options)
			}
		}
		object, err := c.Content.Get(t.Context(), path)
		require.NoError(t, err)
		var image client.NamedImage
		require.NoError(t, object.Value.Extra("image", &image))
		assert.NotEmpty(t, stored(t, c, image.Scales["icon"].Download, client.DownloadOptions{}))
		_, err = c.Files.Download(t.Context(), path, client.DownloadOptions{Scale: "nope"})
		assert.ErrorIs(t, err, errors.ErrNotFound)

		// Versions of images know no ranges: what is cut begins again.
		cuts := 0
		shaky := s.through(t, cutting(&cuts, 2, 100))
		target := filepath.Join(t.TempDir(), "icon.png")
		_, err = shaky.Files.Save(t.Context(), path, target, client.SaveOptions{Scale: "icon"})
		require.NoError(t, err)
		assert.Equal(t, 2, cuts)
		saved, err := os.ReadFile(target)
		require.NoError(t, err)
		same(t, stored(t, c, path, client.DownloadOptions{Scale: "icon"}), saved)
	})
}

// cutting breaks the connection after some bytes of a file, as often as told.
func cutting(cuts *int, times int, after int64) func(http.RoundTripper, *http.Request) (*http.Response, error) {
	return func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(req)
		if err == nil && strings.Contains(req.URL.Path, "@@") && *cuts < times {
			*cuts++
			resp.Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(io.LimitReader(resp.Body, after), iotest.ErrReader(io.ErrUnexpectedEOF)), resp.Body}
		}
		return resp, err
	}
}

func TestBehaviour_Files_Save_cutTenTimes(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder, data := s.folder(t), noise(1<<20)
		created, err := s.client(t).Files.Upload(t.Context(), folder, bytes.NewReader(data), 1<<20, client.UploadOptions{Filename: "big.bin"})
		require.NoError(t, err)
		cuts, sum := 0, sha256.Sum256(data)
		c := s.through(t, cutting(&cuts, 10, 90_001))
		target := filepath.Join(t.TempDir(), "saved.bin")
		var progress []int64
		saved, err := c.Files.Save(t.Context(), created.Object.URL, target, client.SaveOptions{
			SHA256:   strings.ToUpper(hex.EncodeToString(sum[:])),
			Progress: func(done, total int64) { assert.EqualValues(t, 1<<20, total); progress = append(progress, done) },
		})
		require.NoError(t, err)
		assert.Equal(t, 10, cuts)
		assert.Equal(t, &client.SavedFile{ContentType: "application/octet-stream", Filename: "big.bin", Size: 1 << 20, Requests: 11}, saved)
		assert.IsIncreasing(t, progress, "no byte came twice")
		got, err := os.ReadFile(target)
		require.NoError(t, err)
		same(t, data, got)
		files, err := filepath.Glob(filepath.Join(filepath.Dir(target), "*"))
		require.NoError(t, err)
		assert.Equal(t, []string{target}, files)
	})
}

func TestBehaviour_Files_Save_later(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder, data := s.folder(t), noise(50_000)
		file, err := s.client(t).Files.Upload(t.Context(), folder, bytes.NewReader(data), 50_000, client.UploadOptions{Filename: "f.bin"})
		require.NoError(t, err)
		target := filepath.Join(t.TempDir(), "f")
		require.NoError(t, os.WriteFile(target, []byte("before"), 0o600))
		parts := func() []string {
			names, err := filepath.Glob(target + ".*.part")
			require.NoError(t, err)
			return names
		}

		// A process that dies leaves what it has, and the file as it was.
		ctx, cancel := context.WithCancel(t.Context())
		_, err = s.client(t).Files.Save(ctx, file.Object.URL, target, client.SaveOptions{Progress: func(int64, int64) { cancel() }})
		cancel()
		if err == nil {
			t.Log("it was all there at once")
		} else {
			require.ErrorIs(t, err, context.Canceled)
			require.Len(t, parts(), 1)
			before, err := os.ReadFile(target)
			require.NoError(t, err)
			assert.Equal(t, "before", string(before))
		}
		c := s.client(t)
		first := int64(-1)
		_, err = c.Files.Save(t.Context(), file.Object.URL, target, client.SaveOptions{Progress: func(done, _ int64) {
			if first < 0 {
				first = done
			}
		}})
		require.NoError(t, err)
		got, err := os.ReadFile(target)
		require.NoError(t, err)
		same(t, data, got)
		assert.Empty(t, parts())

		// A sum that is not that of the file.
		_, err = c.Files.Save(t.Context(), file.Object.URL, target+"2", client.SaveOptions{SHA256: strings.Repeat("0", 64)})
		require.ErrorIs(t, err, errors.ErrDamaged)
		assert.NoFileExists(t, target+"2")
		left, err := filepath.Glob(target + "2*")
		require.NoError(t, err)
		assert.Empty(t, left)

		_, err = c.Files.Save(t.Context(), file.Object.URL+"/nope", target+"2", client.SaveOptions{})
		assert.ErrorIs(t, err, errors.ErrNotFound)
		_, err = c.Files.Save(t.Context(), file.Object.URL, filepath.Join(target, "nowhere"), client.SaveOptions{})
		assert.Error(t, err)
	})
}

// TestBehaviour_Files_Save_changed replaces the file by another one of the same
// size while its bytes arrive.
func TestBehaviour_Files_Save_changed(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		plain, folder, old := s.client(t), s.folder(t), noise(300_000)
		other := bytes.Clone(old)
		for i := range other {
			other[i] ^= 0xff
		}
		file, err := plain.Files.Upload(t.Context(), folder, bytes.NewReader(old), 300_000, client.UploadOptions{Filename: "f.bin"})
		require.NoError(t, err)
		// The server dates changes by the second.
		began := time.Now()
		for time.Since(began) < 1100*time.Millisecond {
			_, err := plain.Content.Get(t.Context(), folder)
			require.NoError(t, err)
		}
		cuts, replaced := 0, false
		cut := cutting(&cuts, 1, 100_000)
		c := s.through(t, func(next http.RoundTripper, req *http.Request) (*http.Response, error) {
			if cuts == 1 && !replaced {
				replaced = true
				_, err := plain.Files.Replace(req.Context(), file.Object.URL, bytes.NewReader(other), 300_000, client.ReplaceOptions{Filename: "f.bin"})
				assert.NoError(t, err)
			}
			return cut(next, req)
		})
		target := filepath.Join(t.TempDir(), "f")
		_, err = c.Files.Save(t.Context(), file.Object.URL, target, client.SaveOptions{})
		require.NoError(t, err)
		require.True(t, replaced)
		got, err := os.ReadFile(target)
		require.NoError(t, err)
		same(t, other, got)
		files, err := filepath.Glob(target + "*")
		require.NoError(t, err)
		assert.Equal(t, []string{target}, files)
	})
}
