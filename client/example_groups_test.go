package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// EnsureMembers changes only what is not so yet.
func ExampleGroupService_EnsureMembers() {
	site := plonetest.NewServer(plonetest.WithUser("ada", "correct-horse"), plonetest.WithUser("bob", "correct-horse"))
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if _, err := c.Groups.Ensure(ctx, client.NewGroup{Name: "team", Title: "The team", Users: []string{"ada"}}); err != nil {
		log.Fatal(err)
	}
	changed, err := c.Groups.EnsureMembers(ctx, "team", map[string]bool{"ada": true, "bob": true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("changed:", changed.Changed)
	for id, err := range c.Groups.Members(ctx, "team") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("member:", id)
	}
	// Output:
	// changed: [bob]
	// member: ada
	// member: bob
}
