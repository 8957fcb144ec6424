package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// Before something is removed, see who points to it.
func ExampleLinkIntegrityService_Check() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if _, err := c.Relations.Create(ctx, []client.RelationName{{Source: "/news/a", Target: "/news/b", Relation: "relatedItems"}}); err != nil {
		log.Fatal(err)
	}
	object, err := c.Content.Get(ctx, "/news/b")
	if err != nil {
		log.Fatal(err)
	}

	checked, err := c.LinkIntegrity.Check(ctx, []string{object.Value.UID})
	if err != nil {
		log.Fatal(err)
	}
	for _, item := range checked.Value {
		for _, breach := range item.Breaches {
			fmt.Println(breach.Title, "points to", item.Title)
		}
	}
	// Output: a points to b
}
