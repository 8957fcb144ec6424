package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// A program that runs every night makes the page once, and changes what differs.
func ExampleContentService_Ensure() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	page := client.Fields{"@type": "Document", "title": "Opening hours", "description": "9 to 17"}
	for _, hours := range []string{"9 to 17", "9 to 17", "10 to 18"} {
		page["description"] = hours
		got, err := c.Content.Ensure(ctx, "/news/hours", page, client.InState("published"))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(got.Created, got.Changed, got.Value.ReviewState)
	}

	// Output:
	// true [] published
	// false [] published
	// false [description] published
}
