package specimen_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/internal/specimen"
)

// plone runs scripts/plone for the Plone of a port.
func plone(t *testing.T, port int, args ...string) {
	t.Helper()
	script, err := filepath.Abs("../../scripts/plone")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), script, args...)
	cmd.Env = append(os.Environ(), "PLONE_PORT="+strconv.Itoa(port))
	var output bytes.Buffer
	cmd.Stderr = &output
	require.NoError(t, cmd.Run(), output.String())
}

// A real Plone takes all that Plant makes, and through a folder of Plone's own
// tools comes all but what they are known to lose. PLONE_SPARE_PORT is the first
// of two ports whose sites the test may throw away.
func TestSpecimen_throughPlone(t *testing.T) {
	t.Parallel()
	first, err := strconv.Atoi(os.Getenv("PLONE_SPARE_PORT"))
	if err != nil {
		return // no Plone to spare
	}
	var sites [2]*client.Client
	var folders [2]string
	for i := range sites {
		plone(t, first+i, "reset")
		defer plone(t, first+i, "down")
		sites[i], err = client.New("http://127.0.0.1:"+strconv.Itoa(first+i)+"/Plone", client.WithAuth(auth.Basic("admin", "secret")))
		require.NoError(t, err)
		folders[i] = t.TempDir()
	}
	require.NoError(t, specimen.Plant(t.Context(), sites[0], specimen.Least))
	differences, err := specimen.Compare(t.Context(), sites[0], sites[0])
	require.NoError(t, err)
	require.Empty(t, differences)

	plone(t, first, "export", folders[0])
	plone(t, first+1, "import", folders[0])
	differences, err = specimen.Compare(t.Context(), sites[0], sites[1])
	require.NoError(t, err)
	assert.NotEmpty(t, differences)
	assert.Empty(t, specimen.WithoutLosses(differences))

	plone(t, first+1, "export", folders[1])
	differences, err = specimen.CompareFolders(folders[0], folders[1])
	require.NoError(t, err)
	assert.Empty(t, specimen.WithoutLosses(differences))
}
