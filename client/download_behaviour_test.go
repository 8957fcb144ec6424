package client_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// proxied is a client that reaches the site through a proxy, which changes the
// answers that have bytes of files.
func (s *site) proxied(t *testing.T, change func(resp *http.Response)) *client.Client {
	t.Helper()
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(*httputil.ProxyRequest) {}, // the request names the site
		ModifyResponse: func(resp *http.Response) error {
			if strings.Contains(resp.Request.URL.Path, "/@@") {
				change(resp)
			}
			return nil
		},
	})
	t.Cleanup(proxy.Close)
	at, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	base := &http.Transport{Proxy: http.ProxyURL(at)}
	t.Cleanup(base.CloseIdleConnections)
	return s.as(t, auth.Basic(s.user, s.password), quick(), client.WithTransport(base))
}

// replaceBody gives an answer another body, whose end is its length or, without
// one, that of the connection.
func replaceBody(resp *http.Response, body []byte, length bool) {
	_ = resp.Body.Close()
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	if !length {
		resp.ContentLength = -1
		resp.Header.Del("Content-Length")
		resp.Header.Set("Transfer-Encoding", "identity")
	}
}

func redirect(resp *http.Response, to string) {
	replaceBody(resp, nil, true)
	resp.StatusCode = http.StatusFound
	resp.Header = http.Header{"Location": {to}, "Content-Length": {"0"}}
}

func maintenance(resp *http.Response, length bool) {
	replaceBody(resp, []byte("<html><body><h1>Down for maintenance</h1></body></html>"), length)
	resp.Header.Set("Content-Type", "text/html; charset=utf-8")
	resp.Header.Del("Content-Disposition")
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// TestBehaviour_Files_Download_wrongBytes has answers with the status 200 that are
// not the file.
func TestBehaviour_Files_Download_wrongBytes(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("twelve bytes"), 1000)
	var deflated bytes.Buffer
	w := zlib.NewWriter(&deflated)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	type fault struct {
		change func(s *site, resp *http.Response)
		early  bool // it shows before the first byte
		says   string
	}
	faults := map[string]fault{
		"page":             {func(_ *site, r *http.Response) { maintenance(r, true) }, true, "text/html"},
		"page without end": {func(_ *site, r *http.Response) { maintenance(r, false) }, true, "text/html"},
		"page of the proxy in the type of the file": {func(_ *site, r *http.Response) { replaceBody(r, []byte("down"), true) }, true, "4 bytes"},
		"another type": {func(_ *site, r *http.Response) { r.Header.Set("Content-Type", "application/json") }, true, "application/json"},
		"gzip": {func(_ *site, r *http.Response) {
			replaceBody(r, zipped(t, data), true)
			r.Header.Set("Content-Encoding", "gzip")
		}, false, ""},
		"gzip without end": {func(_ *site, r *http.Response) {
			replaceBody(r, zipped(t, data), false)
			r.Header.Set("Content-Encoding", "x-gzip")
		}, false, ""},
		"deflate": {func(_ *site, r *http.Response) {
			replaceBody(r, deflated.Bytes(), true)
			r.Header.Set("Content-Encoding", "deflate")
		}, false, ""},
		"identity": {func(_ *site, r *http.Response) { r.Header.Set("Content-Encoding", "identity") }, false, ""},
		"gzip of less": {func(_ *site, r *http.Response) {
			replaceBody(r, zipped(t, data[1:]), true)
			r.Header.Set("Content-Encoding", "gzip")
		}, false, "1 bytes are missing"},
		"gzip of more": {func(_ *site, r *http.Response) {
			replaceBody(r, zipped(t, append(bytes.Clone(data), '!')), true)
			r.Header.Set("Content-Encoding", "gzip")
		}, false, "more bytes"},
		"gzip cut": {func(_ *site, r *http.Response) {
			replaceBody(r, zipped(t, data)[:40], false)
			r.Header.Set("Content-Encoding", "gzip")
		}, false, "EOF"},
		"no gzip at all":    {func(_ *site, r *http.Response) { r.Header.Set("Content-Encoding", "gzip") }, false, "gzip"},
		"brotli":            {func(_ *site, r *http.Response) { r.Header.Set("Content-Encoding", "br") }, true, `"br"`},
		"short":             {func(_ *site, r *http.Response) { replaceBody(r, data[:5000], true) }, true, "5000 bytes"},
		"short without end": {func(_ *site, r *http.Response) { replaceBody(r, data[:5000], false) }, false, "7000 bytes are missing"},
		"long":              {func(_ *site, r *http.Response) { replaceBody(r, append(bytes.Clone(data), '!'), true) }, true, "12001 bytes"},
		"long without end":  {func(_ *site, r *http.Response) { replaceBody(r, append(bytes.Clone(data), '!'), false) }, false, "more bytes"},
		"empty":             {func(_ *site, r *http.Response) { replaceBody(r, nil, true) }, true, "0 bytes"},
		"another object":    {func(s *site, r *http.Response) { redirect(r, s.url) }, true, "redirect"},
		"part that nobody asked for": {func(_ *site, r *http.Response) {
			replaceBody(r, data[:5000], true)
			r.StatusCode = http.StatusPartialContent
			r.Header.Set("Content-Range", "bytes 0-4999/12000")
		}, true, "answers with 200"},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEachSite(t, func(t *testing.T, s *site) {
				path := s.add(t, s.folder(t), client.Fields{"@type": "File", "file": client.NewNamedFile("f.txt", "text/plain", data)})
				c := s.proxied(t, func(resp *http.Response) { fault.change(s, resp) })
				known := &client.NamedFile{Filename: "f.txt", ContentType: "text/plain", Size: 12000}
				for at, o := range map[string]client.DownloadOptions{
					path: {}, path + "/": {Field: "file"}, s.url + path + "/@@download/file": {}, s.url + path + "/@@download/file/f.txt": {Known: known},
				} {
					d, err := c.Files.Download(t.Context(), at, o)
					if fault.early {
						decode, isDecode := errors.AsType[*errors.DecodeError](err)
						require.True(t, isDecode, "%v", err)
						assert.Contains(t, decode.Error(), fault.says)
						assert.ErrorIs(t, err, errors.ErrDamaged)
						continue
					}
					require.NoError(t, err)
					got, err := io.ReadAll(d)
					require.NoError(t, d.Close())
					if fault.says == "" {
						require.NoError(t, err)
						same(t, data, got)
						assert.EqualValues(t, 12000, d.Size)
						continue
					}
					assert.ErrorIs(t, err, errors.ErrDamaged)
					_, broken := errors.AsType[*errors.TransportError](err)
					assert.True(t, broken, "%v", err)
					assert.ErrorContains(t, err, fault.says)
					_, again := d.Read(make([]byte, 1))
					assert.Equal(t, err, again, "an error stays")
				}

				target := filepath.Join(t.TempDir(), "f")
				saved, err := c.Files.Save(t.Context(), path, target, client.SaveOptions{})
				if fault.says == "" {
					require.NoError(t, err)
					assert.EqualValues(t, 12000, saved.Size)
					got, err := os.ReadFile(target)
					require.NoError(t, err)
					same(t, data, got)
					return
				}
				assert.ErrorContains(t, err, fault.says)
				left, err := filepath.Glob(target + "*")
				require.NoError(t, err)
				assert.Empty(t, left, "wrong bytes do not stay")
			})
		})
	}
}

// TestBehaviour_Files_Download_loginPage has a site that sends everybody to its
// login page, and versions of images and portraits that are no images.
func TestBehaviour_Files_Download_loginPage(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		folder := s.folder(t)
		html := s.add(t, folder, client.Fields{"@type": "File", "file": client.NewNamedFile("f.html", "text/html", []byte("<p>Hello</p>"))})
		image := s.add(t, folder, client.Fields{"@type": "Image", "image": client.NewNamedImage("p.png", "image/png", picture(t, 300))})
		object, err := s.client(t).Content.Get(t.Context(), image)
		require.NoError(t, err)
		var named client.NamedImage
		require.NoError(t, object.Value.Extra("image", &named))
		for name, change := range map[string]func(*http.Response){
			"redirect": func(resp *http.Response) { redirect(resp, s.url+"/login?came_from="+url.QueryEscape(s.url+html)) },
			"page":     func(resp *http.Response) { maintenance(resp, true) },
			"endless":  func(resp *http.Response) { maintenance(resp, false) },
			"text": func(resp *http.Response) {
				replaceBody(resp, []byte("down"), true)
				resp.Header.Set("Content-Type", "text/plain")
			},
		} {
			c := s.proxied(t, func(resp *http.Response) {
				if resp.Request.URL.Path != "/login" {
					change(resp)
				}
			})
			for _, one := range []struct {
				path    string
				options client.DownloadOptions
			}{
				{html, client.DownloadOptions{}}, {image, client.DownloadOptions{}},
				{image, client.DownloadOptions{Scale: "preview"}}, {image, client.DownloadOptions{Width: 100}}, {image, client.DownloadOptions{Width: 1000}},
				{named.Download, client.DownloadOptions{}}, {named.Scales["icon"].Download, client.DownloadOptions{}},
				{image + "/@@images/image", client.DownloadOptions{}},
			} {
				_, err := c.Files.Download(t.Context(), one.path, one.options)
				assert.Error(t, err, "%s: %s %+v", name, one.path, one.options)
				if s.live || name != "redirect" {
					_, decode := errors.AsType[*errors.DecodeError](err)
					assert.True(t, decode, "%s: %v", name, err)
					assert.ErrorIs(t, err, errors.ErrDamaged)
				}
				target := filepath.Join(t.TempDir(), "f")
				_, err = c.Files.Save(t.Context(), one.path, target, client.SaveOptions{Scale: one.options.Scale, Width: one.options.Width})
				assert.Error(t, err, "%s: %s %+v", name, one.path, one.options)
				assert.NoFileExists(t, target)
			}
		}
	})
}

// TestBehaviour_Files_Download_kinds has files of which it is easy to think that
// they are something else.
func TestBehaviour_Files_Download_kinds(t *testing.T) {
	t.Parallel()
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="9" height="9"/></svg>`
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder := s.client(t), s.folder(t)
		for _, kind := range []struct {
			typ, filename, contentType string
			data                       []byte
		}{
			{"File", "page.html", "text/html", []byte("<html><body><h1>Hello</h1></body></html>")},
			{"File", "ä page.html", "Text/HTML; charset=iso-8859-1", []byte("<p>\xe4</p>")},
			{"File", "long.html", "text/html", []byte("<html><body>" + strings.Repeat("<p>text</p>", 9000) + "</body></html>")},
			{"File", "page.xhtml", "application/xhtml+xml", []byte("<html xmlns='http://www.w3.org/1999/xhtml'/>")},
			{"File", "a.svg", "image/svg+xml", []byte(svg)},
			{"File", "a.js", "application/javascript", []byte("alert(1)")},
			{"File", "a.json", "application/json", []byte(`{"type": "NotFound"}`)},
			{"File", "a.xml", "text/xml", []byte("<a/>")},
			{"File", "a.txt", "text/plain; charset=utf-8", []byte("Zürich")},
			{"File", "a.tar.gz", "application/gzip", zipped(t, []byte("hello"))},
			{"File", "a.gz", "application/x-gzip", zipped(t, []byte("hello"))},
			{"File", "noname", "", []byte("\x00\x01")},
			{"File", "x", "Application/X-Foo; a=b", []byte("x")},
			{"File", "odd", "odd", []byte("x")},
			{"Image", "p.png", "image/png", picture(t, 300)},
			{"Image", "i.svg", "image/svg+xml", []byte(svg)},
		} {
			field := strings.ToLower(kind.typ)
			path := s.add(t, folder, client.Fields{"@type": kind.typ, field: client.NewNamedFile(kind.filename, kind.contentType, kind.data)})
			object, err := c.Content.Get(t.Context(), path)
			require.NoError(t, err)
			var known client.NamedFile
			require.NoError(t, object.Value.Extra(field, &known))
			address := s.url + path + "/@@download/" + field
			for at, o := range map[string]client.DownloadOptions{
				path: {}, s.url + path: {Field: field}, path + "/": {Known: &known}, address: {}, address + "/other": {Known: &known}, known.Download: {},
			} {
				d, err := c.Files.Download(t.Context(), at, o)
				require.NoError(t, err, "%s %s", kind.filename, at)
				got, err := io.ReadAll(d)
				require.NoError(t, err, "%s %s", kind.filename, at)
				require.NoError(t, d.Close())
				assert.Equal(t, string(kind.data), string(got), "%s %s", kind.filename, at)
				assert.EqualValues(t, len(kind.data), d.Size)
				if at == path {
					assert.Equal(t, kind.filename, d.Filename)
				}
			}
			target := filepath.Join(t.TempDir(), "f")
			saved, err := c.Files.Save(t.Context(), path, target, client.SaveOptions{})
			require.NoError(t, err, kind.filename)
			assert.Equal(t, kind.filename, saved.Filename)
			got, err := os.ReadFile(target)
			require.NoError(t, err)
			same(t, kind.data, got)
			if kind.typ == "Image" {
				assert.NotEmpty(t, stored(t, c, path, client.DownloadOptions{Scale: "preview"}))
				assert.NotEmpty(t, stored(t, c, path, client.DownloadOptions{Width: 20}))
			}
		}
		_, err := c.Files.Upload(t.Context(), folder, bytes.NewReader(nil), 0, client.UploadOptions{Filename: "empty.html"})
		require.NoError(t, err)
		assert.Empty(t, stored(t, c, folder+"/empty.html", client.DownloadOptions{}))
		saved, err := c.Files.Save(t.Context(), folder+"/empty.html", filepath.Join(t.TempDir(), "f"), client.SaveOptions{})
		require.NoError(t, err)
		assert.Zero(t, saved.Size)
	})
}

// TestBehaviour_Files_Download_moved asks for files at the old addresses of their
// objects.
func TestBehaviour_Files_Download_moved(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		c, folder, data := s.client(t), s.folder(t), []byte("<p>moved</p>")
		html := s.add(t, folder, client.Fields{"@type": "File", "id": "old.html", "file": client.NewNamedFile("f.html", "text/html", data)})
		image := s.add(t, folder, client.Fields{"@type": "Image", "id": "old.png", "image": client.NewNamedImage("p.png", "image/png", picture(t, 300))})
		for old, now := range map[string]string{html: "new.html", image: "new.png"} {
			_, err := c.Content.Update(t.Context(), old, client.Fields{"id": now})
			require.NoError(t, err)
		}
		same(t, data, stored(t, c, html, client.DownloadOptions{}))
		same(t, picture(t, 300), stored(t, c, image, client.DownloadOptions{}))
		same(t, picture(t, 300), stored(t, c, image+"/@@images/image", client.DownloadOptions{}))
		assert.NotEmpty(t, stored(t, c, image, client.DownloadOptions{Scale: "icon"}))
		_, err := c.Files.Save(t.Context(), html, filepath.Join(t.TempDir(), "f"), client.SaveOptions{})
		require.NoError(t, err)
	})
}

// TestBehaviour_Files_Save_htmlInParts has a page that arrives in parts.
func TestBehaviour_Files_Save_htmlInParts(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		data := []byte("<html><body>" + strings.Repeat("<p>text</p>", 9000) + "</body></html>")
		path := s.add(t, s.folder(t), client.Fields{"@type": "File", "file": client.NewNamedFile("f.html", "text/html", data)})
		cuts, target := 0, filepath.Join(t.TempDir(), "f")
		saved, err := s.through(t, cutting(&cuts, 3, 20_000)).Files.Save(t.Context(), path, target, client.SaveOptions{})
		require.NoError(t, err)
		assert.Equal(t, 4, saved.Requests)
		assert.Equal(t, "f.html", saved.Filename)
		got, err := os.ReadFile(target)
		require.NoError(t, err)
		same(t, data, got)
	})
}

// TestBehaviour_Files_Save_wrongRest has answers to the request for a rest that
// are no rest of the file. None of them gets into it.
func TestBehaviour_Files_Save_wrongRest(t *testing.T) {
	t.Parallel()
	data := noise(12000)
	for _, tt := range []struct {
		name   string
		change func(resp *http.Response)
		fails  bool // the next Save resumes
	}{
		{"encoded", func(r *http.Response) { r.Header.Set("Content-Encoding", "gzip") }, false},
		{"of an encoded file", func(r *http.Response) {
			replaceBody(r, data[4000:5000], true)
			r.Header.Set("Content-Range", "bytes 4000-4999/5000")
		}, false},
		{"of a longer file", func(r *http.Response) {
			replaceBody(r, append(bytes.Clone(data[4000:]), '!'), true)
			r.Header.Set("Content-Range", "bytes 4000-12000/12001")
		}, false},
		{"too short", func(r *http.Response) { replaceBody(r, data[4000:5000], true) }, false},
		{"too short without end", func(r *http.Response) { replaceBody(r, data[4000:5000], false) }, false},
		{"too long without end", func(r *http.Response) { replaceBody(r, append(bytes.Clone(data[4000:]), '!'), false) }, false},
		{"several parts", func(r *http.Response) {
			replaceBody(r, []byte("--x\r\nContent-Range: bytes 4000-11999/12000\r\n\r\n--x--\r\n"), true)
			r.Header.Del("Content-Range")
			r.Header.Set("Content-Type", "multipart/byteranges; boundary=x")
		}, false},
		{"a page", func(r *http.Response) { maintenance(r, true); r.StatusCode = 200; r.Header.Del("Content-Range") }, true},
		{"everything", func(r *http.Response) { replaceBody(r, data, true); r.StatusCode = 200; r.Header.Del("Content-Range") }, false},
		{"everything, encoded", func(r *http.Response) {
			replaceBody(r, zipped(t, data), true)
			r.StatusCode = 200
			r.Header.Del("Content-Range")
			r.Header.Set("Content-Encoding", "gzip")
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onEachSite(t, func(t *testing.T, s *site) {
				path := s.add(t, s.folder(t), client.Fields{"@type": "File", "file": client.NewNamedFile("f.bin", "application/x-foo", data)})
				target := filepath.Join(t.TempDir(), "f")
				requests, ranges := 0, 0
				c := s.proxied(t, func(resp *http.Response) {
					if resp.Request.Header.Get("Range") == "bytes=4000-" {
						ranges++
					}
					switch requests++; requests {
					case 1: // the connection breaks
						resp.Body = io.NopCloser(bytes.NewReader(data[:4000]))
					case 2:
						tt.change(resp)
					}
				})
				_, err := c.Files.Save(t.Context(), path, target, client.SaveOptions{})
				if tt.fails {
					require.Error(t, err)
					assert.NoFileExists(t, target)
					_, err = c.Files.Save(t.Context(), path, target, client.SaveOptions{})
					assert.Equal(t, 2, ranges, "what is right stays")
				}
				require.NoError(t, err)
				got, err := os.ReadFile(target)
				require.NoError(t, err)
				same(t, data, got)
				left, err := filepath.Glob(target + ".*")
				require.NoError(t, err)
				assert.Empty(t, left)
			})
		})
	}
}

// TestFiles_Download_requests counts what it costs to know the file.
func TestFiles_Download_requests(t *testing.T) {
	t.Parallel()
	server, c := fake(t)
	_, err := c.Content.Create(t.Context(), "/news", client.Fields{"@type": "Image", "id": "p.png", "image": client.NewNamedImage("p.png", "image/png", picture(t, 300))})
	require.NoError(t, err)
	known := client.NamedFile{Filename: "p.png", ContentType: "image/png", Size: int64(len(picture(t, 300)))}
	for _, tt := range []struct {
		options client.DownloadOptions
		want    int
	}{
		{client.DownloadOptions{}, 2},
		{client.DownloadOptions{Field: "image"}, 2},
		{client.DownloadOptions{Known: &known}, 1},
		{client.DownloadOptions{Scale: "icon"}, 1},
		{client.DownloadOptions{Width: 20}, 2},
		{client.DownloadOptions{Width: 2000}, 2},
	} {
		before := len(server.Requests())
		stored(t, c, "/news/p.png", tt.options)
		assert.Len(t, server.Requests(), before+tt.want, "%+v", tt.options)
	}
	before := len(server.Requests())
	_, err = c.Files.Save(t.Context(), "/news/p.png", filepath.Join(t.TempDir(), "f"), client.SaveOptions{})
	require.NoError(t, err)
	assert.Len(t, server.Requests(), before+2)
}

// TestFiles_Download_severalFiles has objects whose JSON does not say which of its
// files is the primary one, or says it in another shape.
func TestFiles_Download_severalFiles(t *testing.T) {
	t.Parallel()
	const a, b = `{"filename":"a.txt","content-type":"text/plain","size":5,"download":"x"}`, `{"filename":"b.txt","content-type":"text/plain","size":6,"download":"x"}`
	for name, tt := range map[string]struct {
		json, filename, body string
		ok                   bool
	}{
		"first":             {`"a":` + a + `,"b":` + b, "a.txt", "12345", true},
		"second":            {`"a":` + a + `,"b":` + b, "b.txt", "123456", true},
		"cut":               {`"a":` + a + `,"b":` + b, "b.txt", "12345", false},
		"twins":             {`"a":` + a + `,"b":` + a, "a.txt", "1234", false},
		"two of a name":     {`"a":` + a + `,"b":` + strings.Replace(a, "5", "6", 1), "a.txt", "1234", true}, // nobody knows
		"no size":           {`"a":{"filename":"a.txt","content-type":"text/plain","download":"x"}`, "a.txt", "1234", true},
		"null":              {`"a":{"filename":null,"content-type":null,"size":null,"download":"x"}`, "a.txt", "1234", true},
		"no type":           {`"a":{"filename":"a.txt","content-type":"","size":5,"download":"x"}`, "a.txt", "12345", true},
		"another shape":     {`"a":{"filename":["a.txt"],"size":"5 kB","download":"x"},"b":["x"],"c":"x"`, "a.txt", "1234", true},
		"nothing":           {`"a":null`, "a.txt", "1234", true},
		"nothing, and page": {`"a":null`, "", "1234", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, m := mock(t)
			m.RegisterResponder("GET", mockSite+"/f", jsonAnswer(200, `{"@id":"`+mockSite+`/f","UID":"x",`+tt.json+`}`))
			m.RegisterResponder("GET", mockSite+"/f/@@download", func(req *http.Request) (*http.Response, error) {
				resp, err := answer(200, "text/plain", tt.body)(req)
				resp.ContentLength = -1
				resp.Header.Set("Content-Disposition", "attachment; filename*=UTF-8''"+tt.filename)
				if tt.filename == "" {
					resp.Header.Set("Content-Type", "text/html")
					resp.Header.Del("Content-Disposition")
				}
				return resp, err
			})
			d, err := c.Files.Download(t.Context(), "/f", client.DownloadOptions{})
			if err == nil {
				defer d.Close()
				_, err = io.ReadAll(d)
			}
			if tt.ok {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, errors.ErrDamaged)
			}
		})
	}
}

// TestUsers_Portrait_page has a login page for a portrait, and for other answers
// that are no JSON.
func TestUsers_Portrait_page(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	for _, path := range []string{"/@portrait/ada", "/@portrait", "/@users"} {
		m.RegisterResponder("GET", mockSite+path, func(req *http.Request) (*http.Response, error) {
			resp, err := answer(302, "", "")(req)
			resp.Header.Set("Location", mockSite+"/login")
			return resp, err
		})
	}
	for _, contentType := range []string{"text/html; charset=utf-8", "text/csv", "image/png"} {
		m.RegisterResponder("GET", mockSite+"/login", answer(200, contentType, "<html/>"))
		_, portrait := c.Users.Portrait(t.Context(), "ada")
		_, own := c.Users.OwnPortrait(t.Context())
		_, csv := c.Users.ExportCSV(t.Context())
		for _, err := range []error{portrait, own, csv} {
			_, decode := errors.AsType[*errors.DecodeError](err)
			assert.True(t, decode, "%v", err)
			assert.ErrorIs(t, err, errors.ErrDamaged)
		}
	}
}

// A portrait is an image, whatever else comes with 200.
func TestUsers_Portrait_noImage(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	for _, contentType := range []string{"application/json", "text/plain", "application/octet-stream", ""} {
		m.RegisterResponder("GET", mockSite+"/@portrait/ada", answer(200, contentType, "{}"))
		_, err := c.Users.Portrait(t.Context(), "ada")
		require.ErrorIs(t, err, errors.ErrDamaged, contentType)
	}
	m.RegisterResponder("GET", mockSite+"/@portrait/ada", answer(200, "image/svg+xml", "<svg/>"))
	portrait, err := c.Users.Portrait(t.Context(), "ada")
	require.NoError(t, err)
	require.NoError(t, portrait.Close())
}
