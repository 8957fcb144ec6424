package specimen_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/internal/specimen"
	"plone.example/restapi/plonetest"
)

// site is a site of the fake with a client of its manager.
func site(t *testing.T) *client.Client {
	t.Helper()
	server := plonetest.NewServer(plonetest.WithLanguages("en", "de"), plonetest.WithRequests(0))
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	require.NoError(t, err)
	return c
}

func TestCompare_itself(t *testing.T) {
	t.Parallel()
	c := site(t)
	require.NoError(t, specimen.Plant(t.Context(), c, 120))
	differences, err := specimen.Compare(t.Context(), c, c)
	require.NoError(t, err)
	require.Empty(t, differences)
}

// Planting is deterministic but for what the server chooses, and for the text
// with the address of the site.
func TestPlant_twice(t *testing.T) {
	t.Parallel()
	a, b := site(t), site(t)
	require.NoError(t, specimen.Plant(t.Context(), a, 60))
	require.NoError(t, specimen.Plant(t.Context(), b, 60))
	differences, err := specimen.Compare(t.Context(), a, b)
	require.NoError(t, err)
	seen := map[string]int{}
	for _, d := range differences {
		switch {
		case d.Field == "UID", d.Field == "effective":
			seen[d.Field]++
		case strings.HasSuffix(d.Field, ".text") && strings.Contains(d.Want, a.SiteURL()) && strings.Contains(d.Got, b.SiteURL()):
			seen["address in a text"]++
		default:
			t.Error(d)
		}
	}
	require.Greater(t, seen["UID"], 60)
	require.Contains(t, seen, "address in a text")
}
