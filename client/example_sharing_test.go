package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// Local roles are made what they should be, and the second time there is nothing to do.
func ExampleSharingService_Ensure() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	for range 2 {
		changes, err := c.Sharing.Ensure(ctx, "/news", []client.LocalRoles{{ID: "Reviewers", Roles: []string{"Editor", "Reviewer"}}})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(changes.Changed)
	}

	// Output:
	// [Reviewers: Editor]
	// []
}
