package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

// Some relations of a call may fail while the others are made; the error names them.
func ExampleRelationService_Create() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	_, err = c.Relations.Create(ctx, []client.RelationName{
		{Source: "/news/a", Target: "/news/b", Relation: "relatedItems"},
		{Source: "/news/a", Target: "/gone", Relation: "relatedItems"},
	})
	if failed, partly := errors.AsType[*client.FailedRelationsError](err); partly {
		for _, f := range failed.Failed {
			fmt.Println(f.Target, "-", f.Message)
		}
	}

	found, err := c.Relations.Find(ctx, client.RelationQuery{Source: "/news/a"})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range found.Value.Relations["relatedItems"].Items {
		fmt.Println(r.Source.Title, "is related to", r.Target.Title)
	}
	// Output:
	// /gone - Failed on creating a relation. Target not found.
	// a is related to b
}
