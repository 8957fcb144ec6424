package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// What was overwritten comes back.
func ExampleHistoryService_Revert() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := c.Content.Update(ctx, "/news/a", client.Fields{"title": "Oops", "changeNote": "a slip"}); err != nil {
		log.Fatal(err)
	}
	history, err := c.History.Get(ctx, "/news/a")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(history.Value[0].Version, history.Value[0].Comments)

	reverted, err := c.History.Revert(ctx, "/news/a", 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reverted.Value.Message)

	// Output:
	// 1 a slip
	// a has been reverted to revision 0.
}
