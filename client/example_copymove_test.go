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

	_, err = c.Content.Copy(ctx, "/news", []string{"/news/a", "/news/nope"})
	if e, found := errors.AsType[*client.MissingSourcesError](err); found {
		fmt.Println("missing:", e.Sources)
		fmt.Println("copied to:", strings.TrimPrefix(e.Pasted[0].Target, c.SiteURL()))
	} else if err != nil {
		log.Fatal(err)
	}

	// Output:
	// missing: [/news/nope]
	// copied to: /news/copy_of_a
}
