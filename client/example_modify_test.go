package client_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// A word is added to what is there, whoever else is at it.
func ExampleContentService_Modify() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	changed, err := c.Content.Modify(ctx, "/news", func(news *client.Content) (any, error) {
		if slices.Contains(news.Subjects, "weekly") {
			return nil, nil // nothing to do
		}
		return client.Fields{"subjects": append(news.Subjects, "weekly")}, nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(changed.Value.Subjects)

	// Output:
	// [weekly]
}
