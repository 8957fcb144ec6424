package client_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

// A source that the server leaves out in silence is an error here.
func ExampleContentService_Copy() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	copied, err := c.Content.Copy(ctx, "/news", "/news/a", "/news/nope")
	if e, found := errors.AsType[*client.MissingSourcesError](err); found {
		fmt.Println("missing:", e.Sources)
	} else if err != nil {
		log.Fatal(err)
	}
	fmt.Println("copied to:", strings.TrimPrefix(copied.Value[0].Target, c.SiteURL()))

	// Output:
	// missing: [/news/nope]
	// copied to: /news/copy_of_a
}
