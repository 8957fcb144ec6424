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

// A record is read as a Go value.
func ExampleRegistryValue() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	sizes, err := client.RegistryValue[[]string](ctx, c, "plone.allowed_sizes")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sizes.Value[0])

	_, err = c.Registry.Get(ctx, "plone.no_such_record")
	fmt.Println(errors.Is(err, errors.ErrNotFound))
	// Output:
	// icon 32:32
	// true
}
