package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// pixel is the smallest PNG.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

func TestUpload(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		text := s.writeFile(t, "Some Text.txt", "first")
		assert.Equal(t, "DIR/Some Text.txt is stored as FOLDER/some-text.txt\n", s.run(t, "upload", text, "FOLDER").ok(t))
		file := decode[client.Content](t, s.run(t, "get", "FOLDER/some-text.txt", "--json").ok(t))
		assert.Equal(t, "File", file.Type)
		assert.Equal(t, "first", s.run(t, "download", "FOLDER/some-text.txt", "-").ok(t))

		// Into the object that is there.
		better := s.writeFile(t, "better.txt", "second")
		s.run(t, "upload", better, "FOLDER/some-text.txt").ok(t)
		assert.Equal(t, "second", s.run(t, "download", "FOLDER/some-text.txt", "-").ok(t))

		png, err := base64.StdEncoding.DecodeString(pixel)
		require.NoError(t, err)
		image := decode[client.Content](t, s.run(t, "upload", s.writeFile(t, "dot.png", string(png)), "FOLDER", "--json").ok(t))
		assert.Equal(t, "Image", image.Type)
		forced := decode[client.Content](t, s.run(t, "upload", s.writeFile(t, "dot2.png", string(png)), "FOLDER", "--json", "--type", "File", "--filename", "x.bin").ok(t))
		assert.Equal(t, "File", forced.Type)
		assert.Equal(t, "x.bin", forced.ID)

		assert.Equal(t, "dump.sql is stored as FOLDER/dump.sql\n", s.feed(t, "piped", "upload", "-", "FOLDER", "--filename", "dump.sql").ok(t))
		assert.Equal(t, "piped", s.run(t, "download", "FOLDER/dump.sql", "-").ok(t))

		s.feed(t, "x", "upload", "-", "FOLDER").fails(t, 2, "--filename")
		s.run(t, "upload", filepath.Join(s.dir, "nope"), "FOLDER").fails(t, 2, "DIR/nope")
		s.run(t, "upload", s.dir, "FOLDER").fails(t, 2, "DIR is no file")
		s.run(t, "upload", text, "FOLDER/nope").fails(t, 4, "FOLDER/nope")
		s.run(t, "upload", text, "FOLDER", "--type", "Nonsense").fails(t, 3, "FOLDER")
		s.run(t, "upload", text, "FOLDER", "--type", "Image").fails(t, 2, "plone: DIR/Some Text.txt: PATCH SITEFOLDER/@tus-upload/", "plone: image: Invalid image file\n")
		s.run(t, "upload", text, "FOLDER/dot.png", "--type", "File").fails(t, 2, "type")
		left, err := filepath.Glob(filepath.Join(s.dir, "uploads", "*"))
		require.NoError(t, err)
		assert.Empty(t, left)
	})
}

// stopper ends a context when a text is written to it.
type stopper struct {
	bytes.Buffer
	at   string
	stop context.CancelFunc
}

func (s *stopper) Write(p []byte) (int, error) {
	n, err := s.Buffer.Write(p)
	if strings.Contains(s.String(), s.at) {
		s.stop()
	}
	return n, err
}

// interrupted runs the program until a text is on standard error.
func (s *site) interrupted(t *testing.T, at string, args ...string) result {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stderr := &stopper{at: at, stop: stop}
	var stdout bytes.Buffer
	env := s.environment()
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "FOLDER", s.folder)
	}
	code := run(ctx, args, strings.NewReader(""), &stdout, stderr, func(name string) string { return env[name] })
	s.requireNoSecret(t, env, stdout.String()+stderr.String())
	r := result{code, s.mask(stdout.String()), s.mask(stderr.String())}
	t.Logf("plone %s: %d\n%s%s", s.mask(strings.Join(args, " ")), code, r.out, r.err)
	return r
}

func TestUpload_interrupted(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		data := make([]byte, 5<<20)
		_, _ = rand.Read(data)
		file := s.writeFile(t, "big.bin", string(data))
		r := s.interrupted(t, "40 %", "upload", file, "FOLDER", "--chunk", "1")
		assert.Equal(t, 130, r.code, r.err)
		assert.Contains(t, r.err, "big.bin: 40 % of 5242880 bytes\n")
		assert.Contains(t, r.err, "plone: stopped: ")
		assert.True(t, strings.HasSuffix(r.err, "plone: Run the same command again to resume.\n"), r.err)
		assert.Empty(t, r.out)

		r = s.run(t, "upload", file, "FOLDER", "--chunk", "1")
		assert.Zero(t, r.code, r.err)
		assert.NotContains(t, r.err, "10 %", "it goes on")
		assert.Contains(t, r.err, "100 %")
		assert.Equal(t, "DIR/big.bin is stored as FOLDER/big.bin\n", r.out)
		assert.Equal(t, "big.bin\n", s.run(t, "ls", "FOLDER").ok(t))
		left, err := filepath.Glob(filepath.Join(s.dir, "uploads", "*"))
		require.NoError(t, err)
		assert.Empty(t, left)

		// And back again.
		saved := filepath.Join(s.dir, "saved.bin")
		r = s.interrupted(t, "30 %", "download", "FOLDER/big.bin", saved)
		assert.Equal(t, 130, r.code, r.err)
		assert.True(t, strings.HasSuffix(r.err, "plone: the same command fetches only what is missing\n"), r.err)
		assert.NoFileExists(t, saved)
		r = s.run(t, "download", "FOLDER/big.bin", saved)
		assert.Zero(t, r.code, r.err)
		assert.NotContains(t, r.err, "10 %", "it goes on")
		got, err := os.ReadFile(saved)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(data, got))
		s.run(t, "download", "FOLDER/big.bin", saved, "-q").ok(t)
	})
}

func TestUpload_otherFileUnderTheName(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		file := s.writeFile(t, "big.bin", strings.Repeat("a", 3<<20))
		assert.Equal(t, 130, s.interrupted(t, "60 %", "upload", file, "FOLDER", "--chunk", "1").code)
		s.writeFile(t, "big.bin", "something else")
		s.run(t, "upload", file, "FOLDER").ok(t)
		assert.Equal(t, "something else", s.run(t, "download", "FOLDER/big.bin", "-").ok(t))
	})
}

func TestDownload(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		png, err := base64.StdEncoding.DecodeString(pixel)
		require.NoError(t, err)
		s.run(t, "upload", s.writeFile(t, "dot.png", string(png)), "FOLDER").ok(t)
		create(t, s.client(t), s.folder, client.Fields{"@type": "Document", "id": "a", "title": "A"})

		to := filepath.Join(s.dir, "out")
		require.NoError(t, os.Mkdir(to, 0o700))
		assert.Equal(t, "FOLDER/dot.png is saved as DIR/out/dot.png, 70 bytes\n", s.run(t, "download", "FOLDER/dot.png", to).ok(t))
		got, err := os.ReadFile(filepath.Join(to, "dot.png"))
		require.NoError(t, err)
		assert.Equal(t, png, got)
		s.run(t, "download", "FOLDER/dot.png", to).fails(t, 5, "DIR/out/dot.png")
		assert.Equal(t, download{"FOLDER/dot.png", "DIR/x.png", 70, "image/png"},
			decode[download](t, s.run(t, "download", "FOLDER/dot.png", filepath.Join(s.dir, "x.png"), "--json").ok(t)))
		s.run(t, "download", "FOLDER/dot.png", filepath.Join(s.dir, "x.png"), "--field", "image").ok(t)
		assert.NotEmpty(t, s.run(t, "download", "FOLDER/dot.png", "-", "--scale", "preview").ok(t))

		s.run(t, "download", "FOLDER/nope", to).fails(t, 4, "FOLDER/nope")
		s.run(t, "download", "FOLDER/a", to).fails(t, 4, "FOLDER/a")
		s.run(t, "download", "FOLDER/a", "-").fails(t, 4, "FOLDER/a")
		s.run(t, "download", "FOLDER/dot.png", "-", "--scale", "nonsense").fails(t, 4, "FOLDER/dot.png")
		s.run(t, "download", "FOLDER/dot.png", filepath.Join(s.dir, "no", "such", "folder")).fails(t, 1, "FOLDER/dot.png", "DIR/no/such")
		s.run(t, "download", "/").fails(t, 2, "no name for a file")
	})
}

func TestDownload_serverFails(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		if s.fake == nil {
			return
		}
		s.run(t, "upload", s.writeFile(t, "a.txt", strings.Repeat("text ", 1000)), "FOLDER").ok(t)
		s.fake.Inject(plonetest.Fault{Method: "GET", Path: s.path("a.txt", "@@download"), Status: 500, Body: []byte(`{"type": "ValueError", "message": "no"}`)})
		s.run(t, "download", "FOLDER/a.txt", filepath.Join(s.dir, "b.txt")).fails(t, 6, "FOLDER/a.txt", "500", "the same command fetches only what is missing")
	})
}

func TestBar(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	_, end := bar(&b, "x")
	end()
	assert.Empty(t, b.String())
	show, end := bar(&b, "a.pdf")
	show(0, 2000)
	show(2000, 2000)
	end()
	assert.Contains(t, b.String(), "a.pdf 100%")
	assert.True(t, strings.HasSuffix(b.String(), "\n"))
}

func TestLines(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	show := lines(&b, "a.pdf")
	for done := int64(0); done <= 2<<20; done += 1 << 18 {
		show(done, 2<<20)
	}
	show(0, 2<<20) // from the start again
	show(5, 10)
	show(5, -1)
	assert.Equal(t, "a.pdf: 10 % of 2097152 bytes\na.pdf: 20 % of 2097152 bytes\na.pdf: 30 % of 2097152 bytes\na.pdf: 50 % of 2097152 bytes\n"+
		"a.pdf: 60 % of 2097152 bytes\na.pdf: 70 % of 2097152 bytes\na.pdf: 80 % of 2097152 bytes\na.pdf: 100 % of 2097152 bytes\n", b.String())
}

// A name that no file can have on some system is not taken for the name of the
// folder that the file is to go into.
func TestTarget(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"aux", "con.pdf", "report.", "a:b"} {
		for _, args := range [][]string{nil, {dir}} {
			_, err := target("/news/"+name, args)
			require.ErrorIs(t, err, errUsage, name)
		}
	}
	got, err := target("/news/report.pdf", []string{dir})
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(dir, "report.pdf"), got)
	got, err = target("/news/aux", []string{filepath.Join(dir, "chosen")})
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(dir, "chosen"), got)
}
