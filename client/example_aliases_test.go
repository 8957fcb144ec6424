package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// Old addresses are kept alive; what is there already is left alone.
func ExampleAliasService_Ensure() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	for range 2 {
		added, err := c.Aliases.Ensure(ctx, "/news", []string{"/old-news", "/2024/news"})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("added:", added.Changed)
	}
	for alias, err := range c.Aliases.All(ctx, "/", client.AliasOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(alias.Path, "leads to", alias.RedirectTo)
	}
	// Output:
	// added: [/2024/news /old-news]
	// added: []
	// /2024/news leads to /news
	// /old-news leads to /news
}
