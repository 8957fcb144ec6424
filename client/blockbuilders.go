package client

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"strconv"
)

// StableBlocks returns a page of blocks in their order. Their ids are made of their
// places and types, so that the same page has the same ids each time, and Ensure
// changes nothing in a second run.
func StableBlocks(blocks []Block) BlockTree {
	tree := BlockTree{Blocks: Blocks{}, BlocksLayout: BlocksLayout{Items: []string{}}}
	for i, block := range blocks {
		sum := sha1.Sum(fmt.Appendf(nil, "plone.example/restapi block %d %s", i, block.Type()))
		sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80 // a UUID of version 5
		id := fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
		tree.Blocks[id] = block
		tree.BlocksLayout.Items = append(tree.BlocksLayout.Items, id)
	}
	return tree
}

// TitleBlock returns the block that shows the title of the page.
func TitleBlock() Block { return built(map[string]any{"@type": "title"}) }

// TextBlock returns a paragraph. Markup in text is shown as it is.
func TextBlock(text string) Block { return slateBlock(text, slate("p", textNode(text))) }

// HeadingBlock returns a heading of level 2 to 6; others become the nearest of
// these, as the title of the page has level 1.
func HeadingBlock(level int, text string) Block {
	return slateBlock(text, slate("h"+strconv.Itoa(min(max(level, 2), 6)), textNode(text)))
}

// ListBlock returns a list with bullets.
func ListBlock(items []string) Block { return listBlock("ul", items) }

// NumberedListBlock returns a list with numbers.
func NumberedListBlock(items []string) Block { return listBlock("ol", items) }

func listBlock(kind string, items []string) Block {
	nodes := make([]any, len(items))
	for i, item := range items {
		nodes[i] = slate("li", textNode(item))
	}
	return slateBlock(joinTexts(append([]string(nil), items...), " "), slate(kind, nodes...))
}

// LinkBlock returns a paragraph that is a link to url: an address, or a path on the
// site.
func LinkBlock(text, url string) Block {
	link := slate("link", textNode(text))
	link["data"] = map[string]any{"url": url}
	return slateBlock(text, slate("p", textNode(""), link, textNode("")))
}

// ImageBlock returns a picture: the Image object at url, an address or a path on the
// site. alt is what those hear who do not see it.
func ImageBlock(url, alt string) Block {
	return built(map[string]any{"@type": "image", "url": url, "alt": alt})
}

// TeaserBlock returns a preview of the object at url, an address or a path on the
// site. It shows the title and description that the object has at the time.
func TeaserBlock(url string) Block {
	return built(map[string]any{"@type": "teaser", "href": []any{map[string]any{"@id": url}}, "overwrite": false})
}

// TableBlock returns a table. The first of the rows are the headings.
func TableBlock(rows [][]string) Block {
	lines := make([]any, len(rows))
	for r, row := range rows {
		cells, kind := make([]any, len(row)), "data"
		if r == 0 {
			kind = "header"
		}
		for i, text := range row {
			cells[i] = map[string]any{"key": fmt.Sprintf("r%dc%d", r, i), "type": kind, "value": []any{slate("p", textNode(text))}}
		}
		lines[r] = map[string]any{"key": fmt.Sprintf("r%d", r), "cells": cells}
	}
	return built(map[string]any{"@type": "slateTable", "table": map[string]any{"rows": lines}})
}

// slateBlock is a block of one element; plain is its text for the index.
func slateBlock(plain string, element map[string]any) Block {
	return built(map[string]any{"@type": "slate", "plaintext": plain, "value": []any{element}})
}

func slate(kind string, children ...any) map[string]any {
	return map[string]any{"type": kind, "children": children}
}

func textNode(text string) any { return map[string]any{"text": text} }

// built is v as a block; v is made of texts alone, which always can be marshalled.
func built(v map[string]any) Block {
	raw, _ := json.Marshal(v)
	return Block{raw}
}
