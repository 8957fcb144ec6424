package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// A page is edited beside the one that readers see.
func ExampleWorkingCopyService() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	out, err := c.WorkingCopies.CheckOut(ctx, "/news/a")
	if err != nil {
		log.Fatal(err)
	}
	draft := out.Value.URL // not out.Location, which is that of the page
	if _, err := c.Content.Update(ctx, draft, client.Fields{"title": "Rewritten"}); err != nil {
		log.Fatal(err)
	}
	if _, err := c.WorkingCopies.CheckIn(ctx, draft); err != nil {
		log.Fatal(err)
	}
	page, err := c.Content.Get(ctx, "/news/a")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Value.Title)

	// Output:
	// Rewritten
}
