package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// The server ignores an index that it does not know, so a query that somebody
// typed is checked first.
func ExampleQuerystring_Check() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL)
	if err != nil {
		log.Print(err)
		return
	}
	ctx := context.Background()
	offer, err := c.Search.Querystring(ctx, "/")
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(offer.Value.Check(client.QueryOptions{
		Where: []client.Condition{client.KeywordIndex("Subjects").Any("press")},
	}))

	latest := client.QueryOptions{
		Where:  []client.Condition{client.IndexPath.Under("/news", 1), client.IndexCreated.LastDays(7)},
		SortOn: "getId",
	}
	if err := offer.Value.Check(latest); err != nil {
		log.Print(err)
		return
	}
	for item, err := range c.Search.QueryAll(ctx, "/", latest) {
		if err != nil {
			log.Print(err)
			return
		}
		fmt.Println(item.Title)
	}
	// Output:
	// plone: invalid input: the site has no index "Subjects"
	// a
	// b
}
