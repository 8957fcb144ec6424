package transfer_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/transfer"
)

// The service for relations does not know the name that the site itself has in a
// folder: what leads from or to the front page has the site's own UID there.
func TestImport_relationsOfTheSite(t *testing.T) {
	t.Parallel()
	a, b := newSite(t), newSite(t)
	a.remove(t, "/news") // which each site has under UIDs of its own
	b.remove(t, "/news")
	page := a.add(t, "/page", nil)
	a.change(t, "", client.Fields{
		"blocks": map[string]any{"a": map[string]any{"@type": "teaser", "href": []any{map[string]any{"@id": "resolveuid/" + page}}}},
		"blocks_layout": map[string]any{"items": []string{"a"}},
	})
	dir := t.TempDir()
	a.export(t, dir, transfer.ExportOptions{})
	report := b.take(t, dir, transfer.ImportOptions{})
	assert.Empty(t, report.Problems)

	root, err := b.client.Content.Get(t.Context(), "")
	require.NoError(t, err)
	found, err := b.client.Relations.Find(t.Context(), client.RelationQuery{Source: root.Value.UID})
	require.NoError(t, err)
	assert.Len(t, found.Value.Relations["isReferencing"].Items, 1)

	report = b.take(t, dir, transfer.ImportOptions{})
	assert.Empty(t, report.Problems)
	assert.Empty(t, report.Changes)
}
