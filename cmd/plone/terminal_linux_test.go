package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"plone.example/restapi/plonetest"
)

// asPlone makes the program of the tests be plone itself.
const asPlone = "TEST_AS_PLONE"

func TestMain(m *testing.M) {
	if os.Getenv(asPlone) != "" {
		main()
	}
	os.Exit(m.Run())
}

// plone is the program as a process of its own.
func plone(t *testing.T, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(env, asPlone+"=1", "HOME="+dir, "PLONE_CONFIG="+filepath.Join(dir, "config.json"))
	return cmd
}

// terminal returns the two ends of a terminal: the one that a person has, and the
// one that a program has.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { person.Close() })
	fd := int(person.Fd())
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	program, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	return person, program
}

// shown reads what a person sees until the program has gone.
func shown(person *os.File, begun string) string {
	var b bytes.Buffer
	b.WriteString(begun)
	_, _ = io.Copy(&b, person) // it ends with an error of the terminal
	return b.String()
}

func TestLogin_asksOnATerminal(t *testing.T) {
	t.Parallel()
	site := plonetest.NewServer(plonetest.WithUser("eva", "her own word"))
	defer site.Close()
	dir := t.TempDir()
	person, program := terminal(t)
	cmd := plone(t, dir, nil, "login", "--url", site.URL, "--user", "eva")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	require.NoError(t, cmd.Start())
	require.NoError(t, program.Close())
	question := make([]byte, 200)
	n, err := person.Read(question)
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("Password of eva at %s: ", site.URL), string(question[:n]))
	require.Eventually(t, func() bool { // as a person is slower than the program
		state, err := unix.IoctlGetTermios(int(person.Fd()), unix.TCGETS)
		return err == nil && state.Lflag&unix.ECHO == 0
	}, time.Minute, time.Millisecond)
	_, err = person.WriteString("her own word\n")
	require.NoError(t, err)
	text := shown(person, string(question[:n]))
	require.NoError(t, cmd.Wait(), text)
	assert.Contains(t, text, "logged in to "+site.URL+" as eva")
	assert.NotContains(t, text, "her own word")
}

func TestUpload_barOnATerminal(t *testing.T) {
	t.Parallel()
	site := plonetest.NewServer()
	defer site.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "big.bin")
	require.NoError(t, os.WriteFile(file, bytes.Repeat([]byte("x"), 2<<20), 0o600))
	person, program := terminal(t)
	cmd := plone(t, dir, []string{"PLONE_URL=" + site.URL, "PLONE_USER=admin", "PLONE_PASSWORD=secret"}, "upload", file, "/news")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	require.NoError(t, cmd.Start())
	require.NoError(t, program.Close())
	text := shown(person, "")
	require.NoError(t, cmd.Wait(), text)
	assert.Contains(t, text, "big.bin 100%")
	assert.True(t, strings.HasSuffix(text, "\r\n"+file+" is stored as /news/big.bin\r\n"), "%q", text)
	assert.NotContains(t, text, "%% of")
}

// TestSignal: Ctrl-C ends a command that waits for an answer, and says what may have
// happened.
func TestSignal(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]os.Signal{"interrupt": unix.SIGINT, "terminate": unix.SIGTERM} {
		written := make(chan struct{})
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.Method == http.MethodPatch {
				_, _ = io.Copy(io.Discard, r.Body) // or nobody notices that the client has gone
				close(written)
				<-r.Context().Done()
			}
			fmt.Fprintf(w, `{"@id": "http://%s/news", "@type": "Document"}`, r.Host)
		}))
		defer site.Close()
		cmd := plone(t, t.TempDir(), nil, "patch", "/news", "title=x", "--url", site.URL)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		require.NoError(t, cmd.Start(), name)
		<-written
		require.NoError(t, cmd.Process.Signal(signal), name)
		_ = cmd.Wait()
		assert.Equal(t, 130, cmd.ProcessState.ExitCode(), "%s", stderr.String())
		assert.Contains(t, stderr.String(), "plone: stopped: PATCH "+site.URL+"/news", name)
		assert.Contains(t, stderr.String(), "what was under way may have been done", name)
	}
}
