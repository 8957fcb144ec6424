package client_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// Conditions are made by the indexes, each of which knows its own operations.
func ExampleSearchService_All() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL)
	if err != nil {
		log.Print(err)
		return
	}
	for item, err := range c.Search.All(context.Background(), "/news", client.SearchOptions{
		Where: []client.Condition{
			client.IndexReviewState.Is("published"),
			client.IndexModified.Since(time.Now().AddDate(0, 0, -7)),
		},
		SortOn: []string{"sortable_title"},
	}) {
		if err != nil {
			log.Print(err)
			return
		}
		fmt.Println(item.Title)
	}
	// Output:
	// a
	// b
}

// Whole objects come with the hits, without a request for each of them.
func ExampleContentService_Search() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL)
	if err != nil {
		log.Print(err)
		return
	}
	pages := client.ContentAs[client.Document](c)
	for page, err := range pages.Search(context.Background(), "/", client.SearchOptions{Types: []string{"Document"}, Depth: 1}) {
		if err != nil {
			log.Print(err)
			return
		}
		fmt.Println(page.Title, page.Layout)
	}
	// Output:
	// News document_view
}
