package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

const (
	mebi       = 1 << 20
	chunkSize  = 16 * mebi
	largeFile  = 1024 * mebi
	uploadFile = 256 * mebi
	inlineFile = 16 * mebi
)

// fileSite takes uploads and sends files, of zeros. It keeps nothing.
type fileSite struct {
	url  string
	size int64 // of the file that is sent, or of the last upload
}

func newFileSite(tb testing.TB) *fileSite {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	s := &fileSite{url: "http://" + listener.Addr().String() + "/Plone"}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	tb.Cleanup(func() { _ = listener.Close() })
	return s
}

func (s *fileSite) serve(conn net.Conn) {
	defer conn.Close()
	in, zeros := bufio.NewReaderSize(conn, 64<<10), make([]byte, 64<<10)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := in.Discard(int(req.ContentLength)); err != nil {
			return
		}
		switch {
		case strings.HasSuffix(req.URL.Path, "@@download"):
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n", s.size)
			for left := s.size; left > 0 && err == nil; left -= int64(len(zeros)) {
				_, err = conn.Write(zeros[:min(left, int64(len(zeros)))])
			}
		case strings.HasSuffix(req.URL.Path, "@tus-upload"):
			s.size, _ = strconv.ParseInt(req.Header.Get("Upload-Length"), 10, 64)
			_, err = fmt.Fprintf(conn, "HTTP/1.1 201 Created\r\nLocation: %s/@tus-upload/1\r\nTus-Resumable: 1.0.0\r\nContent-Length: 0\r\n\r\n", s.url)
		case req.Method == http.MethodPatch:
			offset, _ := strconv.ParseInt(req.Header.Get("Upload-Offset"), 10, 64)
			place := ""
			if offset += req.ContentLength; offset == s.size {
				place = "Location: " + s.url + "/file\r\n"
			}
			_, err = fmt.Fprintf(conn, "HTTP/1.1 204 No Content\r\nTus-Resumable: 1.0.0\r\n%sUpload-Offset: %d\r\n\r\n", place, offset)
		default:
			status := map[string]string{http.MethodPost: "201 Created"}[req.Method]
			if status == "" {
				status = "200 OK"
			}
			body := fmt.Sprintf(`{"@id": "%s/file", "@type": "File", "file": {"filename": "f", "size": %d, "download": "%[1]s/file/@@download/file"}}`, s.url, s.size)
			_, err = fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
		}
		if err != nil {
			return
		}
	}
}

// zeros is a file without end.
type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}

func (s *fileSite) client(tb testing.TB) *client.Client {
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	c, err := client.New(s.url, client.WithTransport(transport))
	require.NoError(tb, err)
	return c
}

func tus(ctx context.Context, c *client.Client, size int64) error {
	_, err := c.Files.Upload(ctx, "/", zeros{}, size, client.UploadOptions{Filename: "f", ChunkSize: chunkSize})
	return err
}

// tusFloor makes the requests of an upload with net/http.
func tusFloor(ctx context.Context, c *http.Client, site string, size int64) error {
	send := func(method, url string, body io.Reader, length, want int64, value any, header ...string) error {
		req, err := http.NewRequestWithContext(ctx, method, url, body)
		if err != nil {
			return err
		}
		req.ContentLength = length
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := c.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if int64(resp.StatusCode) != want {
			return fmt.Errorf("%s %s: %s", method, url, resp.Status)
		}
		data, err := io.ReadAll(resp.Body)
		if err == nil && value != nil {
			err = json.Unmarshal(data, value)
		}
		return err
	}
	if err := send(http.MethodPost, site+"/@tus-upload", nil, 0, http.StatusCreated, nil,
		"Tus-Resumable", "1.0.0", "Upload-Length", strconv.FormatInt(size, 10)); err != nil {
		return err
	}
	for offset := int64(0); offset < size; offset += chunkSize {
		n := min(chunkSize, size-offset)
		if err := send(http.MethodPatch, site+"/@tus-upload/1", io.NewSectionReader(zeros{}, offset, n), n, http.StatusNoContent, nil,
			"Tus-Resumable", "1.0.0", "Upload-Offset", strconv.FormatInt(offset, 10),
			"Content-Type", "application/offset+octet-stream"); err != nil {
			return err
		}
	}
	return send(http.MethodGet, site+"/file", nil, 0, http.StatusOK, new(map[string]any))
}

// allocated returns the bytes that run allocates, everything it ever held
// included.
func allocated(tb testing.TB, run func() error) float64 {
	tb.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	least := math.Inf(1)
	for range 3 {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		require.NoError(tb, run())
		runtime.ReadMemStats(&after)
		least = min(least, float64(after.TotalAlloc-before.TotalAlloc))
	}
	return least
}

// lasts returns the nanoseconds that run takes.
func lasts(tb testing.TB, run func() error) float64 {
	start := time.Now()
	require.NoError(tb, run())
	return float64(time.Since(start))
}

// downloadMemory is what a large download allocates more than a GET, in MiB.
func downloadMemory(tb testing.TB) reading {
	s := newFileSite(tb)
	c, ctx := s.client(tb), tb.Context()
	s.size = largeFile
	one := allocated(tb, func() error { _, err := c.Content.Get(ctx, "/file"); return err })
	all := allocated(tb, func() error {
		d, err := c.Files.Download(ctx, "/file", client.DownloadOptions{})
		if err != nil {
			return err
		}
		defer d.Close()
		n, err := io.Copy(io.Discard, d)
		if err == nil && n != largeFile {
			err = fmt.Errorf("%d bytes", n)
		}
		return err
	})
	return only((all - one) / mebi)
}

// uploadMemory is what an upload in chunks allocates more than one in one chunk,
// in MiB.
func uploadMemory(tb testing.TB) reading {
	s := newFileSite(tb)
	c, ctx := s.client(tb), tb.Context()
	one := allocated(tb, func() error { return tus(ctx, c, chunkSize) })
	all := allocated(tb, func() error { return tus(ctx, c, uploadFile) })
	return only((all - one) / mebi)
}

// uploadOverInline is the memory of an upload as a share of that of the same file
// inside of JSON, which is in memory to begin with.
func uploadOverInline(tb testing.TB) reading {
	s := newFileSite(tb)
	c, ctx := s.client(tb), tb.Context()
	data := make([]byte, inlineFile)
	inline := allocated(tb, func() error {
		_, err := c.Content.Create(ctx, "/", client.Fields{"@type": "File", "file": client.NewNamedFile("f", "a/b", data)})
		return err
	})
	chunks := allocated(tb, func() error {
		_, err := c.Files.Upload(ctx, "/", bytes.NewReader(data), inlineFile, client.UploadOptions{Filename: "f"})
		return err
	})
	return only(chunks / inline)
}

// uploadTime is the time of an upload as a multiple of that of a loop that makes
// the same requests.
func uploadTime(tb testing.TB) reading {
	const pairs, size = 15, 4 * chunkSize
	s := newFileSite(tb)
	c, ctx := s.client(tb), tb.Context()
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	bare := &http.Client{Transport: transport}
	ours := func() error { return tus(ctx, c, size) }
	floor := func() error { return tusFloor(ctx, bare, s.url, size) }
	lasts(tb, ours)
	var ratios, control []float64
	for i := range pairs {
		var a, b, d float64
		if i%2 == 0 {
			a, b, d = lasts(tb, floor), lasts(tb, ours), lasts(tb, floor)
		} else {
			b, a, d = lasts(tb, ours), lasts(tb, floor), lasts(tb, floor)
		}
		ratios, control = append(ratios, b/a), append(control, d/a)
	}
	slices.Sort(ratios)
	slices.Sort(control)
	r := only(ratios[pairs/2])
	r.control = control[pairs/2]
	return r
}
