package client

import (
	"crypto/rand"
	"encoding/json"
	"iter"
	"slices"
	"strings"

	"plone.example/restapi/internal/wire"
)

// BlockTree is a page made of blocks: the blocks by their ids, and their order.
// Content embeds it. Copies of a BlockTree share the map.
type BlockTree struct {
	Blocks       Blocks       `json:"blocks,omitzero"`
	BlocksLayout BlocksLayout `json:"blocks_layout,omitzero"`
}

// Blocks are blocks by their ids.
type Blocks map[string]Block

// BlocksLayout is the order of blocks.
type BlocksLayout struct {
	Items []string `json:"items"` // ids
}

// WalkBlocks walks the blocks and their ids in the order of the layout, each
// container before the blocks in it. Blocks that the layout does not have are
// not shown on the page, and left out here.
func (t *BlockTree) WalkBlocks() iter.Seq2[string, Block] {
	return func(yield func(string, Block) bool) { t.walk(yield) }
}

func (t *BlockTree) walk(yield func(string, Block) bool) bool {
	for _, id := range t.BlocksLayout.Items {
		block, found := t.Blocks[id]
		if !found {
			continue
		}
		if !yield(id, block) {
			return false
		}
		if inner, ok := block.Inner(); ok && !inner.walk(yield) {
			return false
		}
	}
	return true
}

// BlocksText returns the text of the page without markup, for an index: that of
// each block on lines of its own.
func (t *BlockTree) BlocksText() string {
	var texts []string
	for _, block := range t.WalkBlocks() {
		texts = append(texts, block.Text())
	}
	return joinTexts(texts, "\n")
}

// AppendBlock adds block at the end of the page and returns its new id.
func (t *BlockTree) AppendBlock(block Block) string {
	return t.InsertBlock(len(t.BlocksLayout.Items), block)
}

// InsertBlock adds block at place i, 0 for the first, and returns its new id. A
// place behind the end is the end.
func (t *BlockTree) InsertBlock(i int, block Block) string {
	id := rand.Text()
	if t.Blocks == nil {
		t.Blocks = Blocks{}
	}
	t.Blocks[id] = block
	items := t.BlocksLayout.Items
	t.BlocksLayout.Items = slices.Insert(items, max(0, min(i, len(items))), id)
	return id
}

// ReplaceBlock puts block in the place of the one called id, which may be inside
// of a container. It reports whether there is such a block.
func (t *BlockTree) ReplaceBlock(id string, block Block) bool {
	return t.edit(id, func(t *BlockTree) { t.Blocks[id] = block })
}

// RemoveBlock removes the block called id, which may be inside of a container,
// with all in it. It reports whether there is such a block.
func (t *BlockTree) RemoveBlock(id string) bool {
	return t.edit(id, func(t *BlockTree) {
		delete(t.Blocks, id)
		t.BlocksLayout.Items = slices.DeleteFunc(t.BlocksLayout.Items, func(item string) bool { return item == id })
	})
}

// edit changes the tree that holds the block called id.
func (t *BlockTree) edit(id string, change func(*BlockTree)) bool {
	if _, found := t.Blocks[id]; found {
		change(t)
		return true
	}
	for key, block := range t.Blocks {
		if inner, ok := block.Inner(); ok && inner.edit(id, change) {
			t.Blocks[key] = block.WithInner(inner)
			return true
		}
	}
	return false
}

// Block is one block of a page. It is kept as the JSON that it came as, so that
// nothing is lost of a block that nobody changes. The zero Block is null.
type Block struct{ raw json.RawMessage }

// NewBlock returns v as a block: a struct or map that is marshalled to a JSON
// object with an "@type".
//
// Errors: [errors.ErrInvalidInput] for anything else.
func NewBlock(v any) (Block, error) {
	data, err := wire.Marshal(v)
	if err != nil {
		return Block{}, invalid("the block cannot be marshalled: %w", err)
	}
	block := Block{data}
	if block.Type() == "" {
		return Block{}, invalid(`a block needs an "@type"`)
	}
	return block, nil
}

// Type returns the type of the block, like "slate"; empty when it has none.
func (b Block) Type() string {
	var object struct {
		Type string `json:"@type"`
	}
	_ = b.Decode(&object)
	return object.Type
}

// Decode decodes the block into v.
//
// Errors: those of encoding/json.
func (b Block) Decode(v any) error { return wire.Unmarshal(b.raw, v) }

// MarshalJSON implements json.Marshaler.
func (b Block) MarshalJSON() ([]byte, error) { return b.raw.MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (b *Block) UnmarshalJSON(data []byte) error { return b.raw.UnmarshalJSON(data) }

// Inner returns the blocks in the block, and false when it is no container.
// Grids hold theirs directly, columns and accordions in "data".
func (b Block) Inner() (BlockTree, bool) {
	var object struct {
		BlockTree
		Data json.RawMessage `json:"data"`
	}
	if b.Decode(&object) != nil {
		return BlockTree{}, false
	}
	if object.Blocks != nil {
		return object.BlockTree, true
	}
	var data BlockTree
	if wire.Unmarshal(object.Data, &data) != nil {
		return BlockTree{}, false
	}
	return data, data.Blocks != nil
}

// WithInner returns a container like b that holds other blocks. A block that is
// no container becomes one that holds them directly.
func (b Block) WithInner(inner BlockTree) Block {
	var object, data map[string]json.RawMessage
	if b.Decode(&object) != nil || object == nil {
		object = map[string]json.RawMessage{}
	}
	_ = wire.Unmarshal(object["data"], &data)
	if inner.Blocks == nil {
		inner.Blocks = Blocks{}
	}
	if inner.BlocksLayout.Items == nil {
		inner.BlocksLayout.Items = []string{}
	}
	// All of this is JSON already, so nothing here can fail.
	blocks, _ := wire.Marshal(inner.Blocks)
	layout, _ := wire.Marshal(inner.BlocksLayout)
	if _, direct := object["blocks"]; !direct && data["blocks"] != nil {
		data["blocks"], data["blocks_layout"] = blocks, layout
		object["data"], _ = wire.Marshal(data)
	} else {
		object["blocks"], object["blocks_layout"] = blocks, layout
	}
	raw, _ := wire.Marshal(object)
	return Block{raw}
}

// Text returns the text of the block without markup, for an index: what the
// block declares as such, or the text of a slate, text or table block. The
// blocks in a container are not part of it.
func (b Block) Text() string {
	type plain struct {
		Declared string          `json:"searchableText"`
		Value    json.RawMessage `json:"value"`
		Plain    string          `json:"plaintext"`
		Text     json.RawMessage `json:"text"`
		Table    struct {
			Rows []struct {
				Cells []struct {
					Value json.RawMessage `json:"value"`
				} `json:"cells"`
			} `json:"rows"`
		} `json:"table"`
	}
	// Members of other types than these are other blocks' own; they are skipped.
	var object plain
	_ = b.Decode(&object)
	if object.Declared != "" {
		return object.Declared
	}
	texts := []string{markedText(object.Value), markedText(object.Text)}
	for _, row := range object.Table.Rows {
		for _, cell := range row.Cells {
			texts = append(texts, markedText(cell.Value))
		}
	}
	if text := joinTexts(texts, "\n"); text != "" {
		return text
	}
	return object.Plain
}

// node is a node of a text in the format of Slate: text, or an element with
// other nodes in it.
type node struct {
	Text     *string `json:"text"`
	Children []node  `json:"children"`
}

// draft is a text in the format of Draft.js.
type draft struct {
	Blocks []draftBlock `json:"blocks"`
}

type draftBlock struct {
	Text string `json:"text"`
}

// markedText is the text of a value in the format of Slate or Draft.js; empty
// for any other.
func markedText(value json.RawMessage) string {
	var slate []node
	if wire.Unmarshal(value, &slate) == nil {
		return slateText(slate)
	}
	var draft draft
	_ = wire.Unmarshal(value, &draft)
	texts := make([]string, 0, len(draft.Blocks))
	for _, paragraph := range draft.Blocks {
		texts = append(texts, paragraph.Text)
	}
	return joinTexts(texts, "\n")
}

// slateText joins the text of nodes: on one line where there is text among them,
// since their elements are inline ones then, and on lines of their own otherwise.
func slateText(nodes []node) string {
	separator := "\n"
	texts := make([]string, 0, len(nodes))
	for _, n := range nodes {
		if n.Text != nil {
			separator = ""
			texts = append(texts, *n.Text)
		} else {
			texts = append(texts, slateText(n.Children))
		}
	}
	return joinTexts(texts, separator)
}

// joinTexts joins the texts that are not empty.
func joinTexts(texts []string, separator string) string {
	texts = slices.DeleteFunc(texts, func(text string) bool { return text == "" })
	return strings.Join(texts, separator)
}
