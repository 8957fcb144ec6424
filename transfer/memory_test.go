package transfer_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/plonetest"
	"plone.example/restapi/transfer"
)

// usage is what a process needed in the end.
type usage struct {
	Heap     uint64 // the most that was in use when an event came, in bytes
	Resident string // the most of the whole process, as the system counts
	Items    int
	Seconds  float64
}

// measured are the options of a transfer that is measured, and what is found.
func measured() (observe func(transfer.Event), found *usage) {
	found = &usage{}
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	n := 0
	return func(transfer.Event) {
		if n++; n%10 == 1 {
			metrics.Read(samples)
			found.Heap = max(found.Heap, samples[0].Value.Uint64()+samples[1].Value.Uint64())
		}
	}, found
}

// tell writes the usage of this process for the one that started it.
func (u *usage) tell(report *transfer.Report) error {
	u.Items, u.Seconds = report.Items, report.Elapsed.Seconds()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	line, _, _ := strings.Cut(after, "\n")
	u.Resident = strings.TrimSpace(line)
	return json.NewEncoder(os.Stdout).Encode(u)
}

// serve is a site in a process of its own, until its input ends.
func (e errand) serve() error {
	server := plonetest.NewServer(plonetest.WithLanguages("en", "de"), plonetest.WithDocuments(e.Objects), plonetest.WithRequests(0))
	defer server.Close()
	fmt.Println(server.URL)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// served is the address of a site with so many documents, in another process.
func served(t *testing.T, objects int) string {
	t.Helper()
	cmd := errand{Do: "serve", Objects: objects}.command(t)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		assert.NoError(t, cmd.Wait())
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line)
}

// The memory of a transfer has a limit that hardly grows with the site. The long
// form, with PLONE_LONG=1, moves 10,000 and 100,000 documents.
func TestMemory(t *testing.T) {
	t.Parallel()
	sizes := []int{1_000}
	if os.Getenv("PLONE_LONG") != "" {
		sizes = []int{10_000, 100_000}
	}
	for _, size := range sizes {
		dir := t.TempDir()
		for _, e := range []errand{{Do: "export", URL: served(t, size)}, {Do: "import", URL: served(t, 0)}} {
			e.Public, e.User, e.Password, e.Dir, e.Measured = e.URL, "admin", "secret", dir, true
			cmd := e.command(t)
			cmd.Stderr = os.Stderr
			begin := time.Now()
			out, err := cmd.Output()
			require.NoError(t, err)
			var u usage
			require.NoError(t, json.Unmarshal(out, &u), string(out))
			t.Logf("%s of %d: heap %.1f MiB, resident %s, %d steps' items in %.0f s", e.Do, size, float64(u.Heap)/(1<<20), u.Resident, u.Items, time.Since(begin).Seconds())
			assert.GreaterOrEqual(t, u.Items, size)
			assert.LessOrEqual(t, u.Heap, uint64(64<<20))
		}
	}
}
