package client_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

const blocksPage = `{
	"blocks": {
		"t": {"@type": "title"},
		"s": {"@type": "slate", "plaintext": "old", "value": [
			{"type": "p", "children": [{"text": "Hello "}, {"type": "strong", "children": [{"text": "Ada"}]}, {"text": "!"}]},
			{"type": "ul", "children": [{"type": "li", "children": [{"text": "one"}]}, {"type": "li", "children": [{"text": "two"}]}]}
		]},
		"g": {"@type": "gridBlock", "n": 12345678901234567890, "blocks": {
			"g1": {"@type": "slate", "plaintext": "in the grid"},
			"g2": {"@type": "accordion", "data": {"k": 1, "blocks": {
				"a1": {"@type": "accordionPanel", "title": "Panel", "blocks": {"p1": {"@type": "text", "text": {"blocks": [{"text": "draft"}]}}},
					"blocks_layout": {"items": ["p1"]}}
			}, "blocks_layout": {"items": ["a1"]}}}
		}, "blocks_layout": {"items": ["g2", "g1"]}},
		"x": {"@type": "hidden"},
		"odd": "no object",
		"listing": {"@type": "listing", "data": [1], "value": 7, "text": "t", "table": "t", "blocks": []}
	},
	"blocks_layout": {"items": ["t", "g", "missing", "s", "odd", "listing"]}
}`

func readBlocks(t *testing.T, data string) client.BlockTree {
	t.Helper()
	var tree client.BlockTree
	requireStrict(t, []byte(data), &tree)
	return tree
}

func walkIDs(tree *client.BlockTree) []string {
	var ids []string
	for id := range tree.WalkBlocks() {
		ids = append(ids, id)
	}
	return ids
}

func newBlock(t *testing.T, v any) client.Block {
	t.Helper()
	block, err := client.NewBlock(v)
	require.NoError(t, err)
	return block
}

func TestBlockTree_Walk(t *testing.T) {
	t.Parallel()
	tree := readBlocks(t, blocksPage)
	assert.Equal(t, []string{"t", "g", "g2", "a1", "p1", "g1", "s", "odd", "listing"}, walkIDs(&tree))
	for stop := 1; stop <= 9; stop++ {
		n := 0
		for range tree.WalkBlocks() {
			if n++; n == stop {
				break
			}
		}
		assert.Equal(t, stop, n)
	}
	assert.Empty(t, walkIDs(&client.BlockTree{}))
}

func TestBlockTree_Text(t *testing.T) {
	t.Parallel()
	tree := readBlocks(t, blocksPage)
	assert.Equal(t, "draft\nin the grid\nHello Ada!\none\ntwo", tree.BlocksText())
}

func TestBlock_Text(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"@type":"slate","value":[{"type":"p","children":[{"text":"a"}]}],"searchableText":"said"}`:                             "said",
		`{"@type":"slate","plaintext":"plain"}`:                                                                                  "plain",
		`{"@type":"slate","plaintext":"old","value":[{"type":"p","children":[{"type":"link","children":[{"text":"new"}]}]}]}`:    "new",
		`{"@type":"slateTable","table":{"rows":[{"cells":[{"value":[{"children":[{"text":"a"}]}]},{"value":[{"text":"b"}]}]}]}}`: "a\nb",
		`{"@type":"table","table":{"rows":[{"cells":[{"value":{"blocks":[{"text":"a"},{"text":"b"}]}}]}]}}`:                      "a\nb",
		`{"@type":"text","text":{"blocks":[{"text":"a"},{"text":""},{"text":"b"}]}}`:                                             "a\nb",
		`{"@type":"teaser","href":[{"@id":"/a"}],"title":"x"}`:                                                                   "",
		`{"@type":"listing","value":7,"text":"t","table":[],"plaintext":"kept"}`:                                                 "kept",
		`null`:    "",
		`"text"`:  "",
		`[1,"a"]`: "",
	} {
		var block client.Block
		require.NoError(t, json.Unmarshal([]byte(data), &block))
		assert.Equal(t, want, block.Text(), data)
	}
	assert.Empty(t, client.Block{}.Text())
}

func TestBlockTree_edit(t *testing.T) {
	t.Parallel()
	tree := readBlocks(t, blocksPage)
	block := newBlock(t, client.Fields{"@type": "slate", "plaintext": "new"})

	last := tree.AppendBlock(block)
	first := tree.InsertBlock(-1, block)
	second := tree.InsertBlock(1, block)
	end := tree.InsertBlock(99, block)
	items := tree.BlocksLayout.Items
	assert.Equal(t, []string{first, second, "t"}, items[:3])
	assert.Equal(t, []string{last, end}, items[len(items)-2:])
	assert.Equal(t, "slate", tree.Blocks[last].Type())

	require.True(t, tree.ReplaceBlock("t", block))
	require.True(t, tree.ReplaceBlock("p1", block), "two containers down")
	require.True(t, tree.RemoveBlock("g1"))
	require.True(t, tree.RemoveBlock("listing"))
	require.False(t, tree.ReplaceBlock("nope", block))
	require.False(t, tree.RemoveBlock("g1"))
	assert.Equal(t, []string{first, second, "t", "g", "g2", "a1", "p1", "s", "odd", last, end}, walkIDs(&tree))

	// What nobody touched is as it was, down to the last digit.
	data, err := json.Marshal(tree.Blocks["g"])
	require.NoError(t, err)
	assert.Contains(t, string(data), `12345678901234567890`)
	assert.JSONEq(t, `{"@type": "gridBlock", "n": 12345678901234567890, "blocks": {
		"g2": {"@type": "accordion", "data": {"k": 1, "blocks": {
			"a1": {"@type": "accordionPanel", "title": "Panel", "blocks": {"p1": {"@type": "slate", "plaintext": "new"}},
				"blocks_layout": {"items": ["p1"]}}
		}, "blocks_layout": {"items": ["a1"]}}}
	}, "blocks_layout": {"items": ["g2"]}}`, string(data))
}

func TestBlockTree_json(t *testing.T) {
	t.Parallel()
	tree := readBlocks(t, blocksPage)
	data, err := json.Marshal(tree)
	require.NoError(t, err)
	assert.JSONEq(t, blocksPage, string(data))

	// A page that has lost its last block says so.
	var doc client.Document
	id := doc.AppendBlock(newBlock(t, client.Fields{"@type": "title"}))
	require.True(t, doc.RemoveBlock(id))
	data, err = json.Marshal(doc)
	require.NoError(t, err)
	assert.JSONEq(t, `{"blocks":{},"blocks_layout":{"items":[]}}`, string(data))
}

func TestBlock_WithInner(t *testing.T) {
	t.Parallel()
	inner := client.BlockTree{}
	inner.AppendBlock(newBlock(t, client.Fields{"@type": "title"}))
	for _, container := range []string{`{"@type":"gridBlock"}`, `{"@type":"x","data":{"blocks":{}}}`, `{"@type":"x","data":[1]}`, `null`} {
		var block client.Block
		require.NoError(t, json.Unmarshal([]byte(container), &block))
		changed := block.WithInner(inner)
		assert.Equal(t, block.Type(), changed.Type())
		got, ok := changed.Inner()
		require.True(t, ok, container)
		assert.Equal(t, inner.BlocksLayout, got.BlocksLayout)
	}
	emptied, err := json.Marshal(newBlock(t, client.Fields{"@type": "x"}).WithInner(client.BlockTree{}))
	require.NoError(t, err)
	assert.JSONEq(t, `{"@type":"x","blocks":{},"blocks_layout":{"items":[]}}`, string(emptied))
}

func TestNewBlock(t *testing.T) {
	t.Parallel()
	type teaser struct {
		Type  string `json:"@type"`
		Title string `json:"title"`
	}
	block := newBlock(t, teaser{"teaser", "<News>"})
	var got teaser
	require.NoError(t, block.Decode(&got))
	assert.Equal(t, teaser{"teaser", "<News>"}, got)
	for _, v := range []any{nil, 7, "x", []int{1}, client.Fields{}, client.Fields{"@type": 7}, func() {}} {
		_, err := client.NewBlock(v)
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	}
	data, err := json.Marshal(client.Block{})
	require.NoError(t, err)
	assert.Equal(t, "null", string(data))
	assert.Empty(t, client.Block{}.Type())
}
