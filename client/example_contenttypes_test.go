package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"strings"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// A stock type is written as a Go value, and read as one.
func ExampleContentAs() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	links := client.ContentAs[client.Link](c)
	created, err := links.Create(ctx, "/", client.Link{
		Content:   client.Content{Type: "Link", Title: "Plone", Subjects: []string{"cms"}},
		RemoteURL: "https://plone.org",
	})
	if err != nil {
		log.Fatal(err)
	}

	link := created.Value
	link.Title = "Plone CMS"
	updated, err := links.UpdateGet(ctx, link.URL, link) // what was read can be written
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(updated.Value.Title, updated.Value.RemoteURL, updated.Value.Subjects)
	// Output: Plone CMS https://plone.org [cms]
}

// A file travels inside of the JSON; without Data, the stored one is kept.
func ExampleNewNamedFile() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	files := client.ContentAs[client.File](c)
	created, err := files.Create(ctx, "/", client.File{
		Content: client.Content{Type: "File", Title: "Notes"},
		File:    client.NewNamedFile("notes.txt", "text/plain", []byte("hello")),
	})
	if err != nil {
		log.Fatal(err)
	}

	file := created.Value
	file.Title = "My notes"
	updated, err := files.UpdateGet(ctx, file.URL, file)
	if err != nil {
		log.Fatal(err)
	}
	stored := updated.Value.File
	fmt.Println(updated.Value.Title, stored.Filename, stored.Size)
	fmt.Println(strings.TrimPrefix(stored.Download, server.URL))
	// Output:
	// My notes notes.txt 5
	// /notes.txt/@@download/file
}

// Blocks are walked in the order of the page, containers first.
func ExampleBlockTree() {
	var page client.Document
	err := json.Unmarshal([]byte(`{
		"blocks": {
			"b1": {"@type": "title"},
			"b2": {"@type": "slate", "value": [{"type": "p", "children": [{"text": "Hello"}]}]},
			"b3": {"@type": "gridBlock", "blocks": {"b4": {"@type": "image", "url": "/a"}}, "blocks_layout": {"items": ["b4"]}}
		},
		"blocks_layout": {"items": ["b1", "b3", "b2"]}
	}`), &page)
	if err != nil {
		log.Fatal(err)
	}
	image, err := client.NewBlock(client.Fields{"@type": "image", "url": "/b"})
	if err != nil {
		log.Fatal(err)
	}
	page.ReplaceBlock("b4", image)
	page.RemoveBlock("b1")

	for id, block := range page.WalkBlocks() {
		fmt.Println(id, block.Type())
	}
	fmt.Println(page.BlocksText())
	// Output:
	// b3 gridBlock
	// b4 image
	// b2 slate
	// Hello
}
