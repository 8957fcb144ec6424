package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

func ExampleComponentService_Navigation() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL)
	if err != nil {
		log.Print(err)
		return
	}
	ctx := context.Background()
	menu, err := c.Components.Navigation(ctx, "/news/a", 1)
	if err != nil {
		log.Print(err)
		return
	}
	for _, item := range menu.Value.Items {
		fmt.Println("menu:", item.Title)
	}
	crumbs, err := c.Components.Breadcrumbs(ctx, "/news/a")
	if err != nil {
		log.Print(err)
		return
	}
	for _, crumb := range crumbs.Value.Items {
		fmt.Println("way:", crumb.Title)
	}
	// Output:
	// menu: Home
	// menu: News
	// way: News
	// way: a
}
