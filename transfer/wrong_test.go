package transfer_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/transfer"
)

// What is not the file of an object is not stored as its file, for small files and
// for those that resume; the rest of the site is exported, and the next run gets it.
func TestExport_wrongBytes(t *testing.T) {
	t.Parallel()
	small, large := bytes.Repeat([]byte("twelve bytes"), 1000), bytes.Repeat([]byte("0123456789abcdef"), 1<<20+1)
	body := func(resp *http.Response, data []byte, length int64) {
		_ = resp.Body.Close()
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(data)), length
		resp.Header.Del("Content-Length")
	}
	for name, tt := range map[string]struct {
		change func(t *testing.T, resp *http.Response, data []byte)
		right  bool
	}{
		"page": {func(_ *testing.T, resp *http.Response, _ []byte) {
			resp.Header.Set("Content-Type", "text/html")
			resp.Header.Del("Content-Disposition")
			body(resp, []byte("<html/>"), 7)
		}, false},
		"another type": {func(_ *testing.T, resp *http.Response, _ []byte) { resp.Header.Set("Content-Type", "text/plain") }, false},
		"short":        {func(_ *testing.T, resp *http.Response, data []byte) { body(resp, data[:5000], -1) }, false},
		"cut":          {func(_ *testing.T, resp *http.Response, data []byte) { body(resp, data[:5000], int64(len(data))) }, false},
		"less":         {func(_ *testing.T, resp *http.Response, data []byte) { body(resp, data[:5000], 5000) }, false},
		"more":         {func(_ *testing.T, resp *http.Response, data []byte) { body(resp, append(bytes.Clone(data), 'x'), -1) }, false},
		"brotli":       {func(_ *testing.T, resp *http.Response, _ []byte) { resp.Header.Set("Content-Encoding", "br") }, false},
		"gzip": {func(t *testing.T, resp *http.Response, data []byte) {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, err := w.Write(data)
			require.NoError(t, err)
			require.NoError(t, w.Close())
			resp.Header.Set("Content-Encoding", "gzip")
			body(resp, b.Bytes(), int64(b.Len()))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newSite(t)
			files := map[string][]byte{"/en/small": small, "/en/large": large}
			for at, data := range files {
				a.add(t, at, client.Fields{"@type": "File", "file": client.NewNamedFile("f.bin", "application/x-foo", data)})
			}
			a.add(t, "/en/z", nil)
			faulty := a.as(t, auth.Basic("admin", "secret"), client.WithTransport(transport(func(r *http.Request) (*http.Response, error) {
				resp, err := http.DefaultTransport.RoundTrip(r)
				if at, _, found := strings.Cut(strings.TrimPrefix(r.URL.Path, "/Plone"), "/@@download"); err == nil && found {
					r.Header.Del("Range")
					tt.change(t, resp, files[at])
				}
				return resp, err
			})))
			dir := t.TempDir()
			stored := func(at string) (record map[string]any, blob []byte) {
				content := filepath.Join(dir, "content")
				text, err := os.ReadFile(filepath.Join(content, a.uid(t, at), "data.json"))
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal(text, &record))
				if f, found := record["file"].(map[string]any); found {
					blob, err = os.ReadFile(filepath.Join(content, f["blob_path"].(string)))
					require.NoError(t, err)
					sum := sha256.Sum256(blob)
					assert.Equal(t, hex.EncodeToString(sum[:]), f["sha256"])
					assert.EqualValues(t, len(blob), f["size"])
				}
				return record, blob
			}
			report, err := transfer.Export(t.Context(), faulty, dir, transfer.ExportOptions{})
			if tt.right {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, transfer.ErrIncomplete)
				named := map[string]string{}
				for _, p := range report.Problems {
					named[p.Path] = p.Field
				}
				assert.Equal(t, map[string]string{"/en/small": "file", "/en/large": "file"}, named)
				for at := range files {
					record, _ := stored(at)
					assert.NotContains(t, record, "file")
				}
				left, err := filepath.Glob(filepath.Join(dir, "content", "*", "*", "*"))
				require.NoError(t, err)
				for _, name := range left {
					assert.True(t, strings.HasSuffix(name, ".part"), name)
				}
				a.later(t)
				a.export(t, dir, transfer.ExportOptions{})
			}
			stored("/en/z")
			for at, data := range files {
				_, blob := stored(at)
				assert.True(t, bytes.Equal(data, blob), at)
			}
		})
	}
}

// A file that is a page is carried as it is, without the script that Plone puts
// into the pages of users that are logged in.
func TestTransfer_htmlFile(t *testing.T) {
	t.Parallel()
	const page = "<html><body><p>Hello</p></body></html>"
	a, b := newSite(t), newSite(t)
	a.add(t, "/en/page.html", client.Fields{"@type": "File", "file": client.NewNamedFile("page.html", "text/html", []byte(page))})
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	for range 2 { // the second run compares the bytes
		b.take(t, dir, transfer.ImportOptions{})
		d, err := b.client.Files.Download(t.Context(), "/en/page.html", client.DownloadOptions{})
		require.NoError(t, err)
		got, err := io.ReadAll(d)
		require.NoError(t, err)
		require.NoError(t, d.Close())
		assert.Equal(t, page, string(got))
	}
}
