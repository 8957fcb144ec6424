package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// A page made of blocks, which a second run leaves as it is.
func ExampleStableBlocks() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	page := client.StableBlocks([]client.Block{
		client.TitleBlock(),
		client.TextBlock("We are open all year."),
		client.HeadingBlock(2, "Hours"),
		client.TableBlock([][]string{{"Day", "Hours"}, {"Monday", "9 to 17"}}),
		client.ListBlock([]string{"no dogs", "no ice"}),
		client.LinkBlock("All news", "/news"),
		client.ImageBlock("/news/a", "A picture"),
		client.TeaserBlock("/news/b"),
	})
	for range 2 {
		got, err := c.Content.Ensure(context.Background(), "/news/visit", client.Fields{
			"@type": "Document", "title": "Your visit",
			"blocks": page.Blocks, "blocks_layout": page.BlocksLayout,
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(got.Created, got.Changed, len(got.Value.BlocksLayout.Items))
	}
	fmt.Println(page.BlocksText())

	// Output:
	// true [] 8
	// false [] 8
	// We are open all year.
	// Hours
	// Day
	// Hours
	// Monday
	// 9 to 17
	// no dogs
	// no ice
	// All news
}
