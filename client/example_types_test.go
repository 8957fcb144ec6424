package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// The fields of a type, in the order of its form.
func ExampleTypeService_Get() {
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	field := client.NewField{Title: "Short link", Factory: client.FactoryURL}
	if _, err := c.Types.AddField(ctx, "Link", field); err != nil {
		log.Fatal(err)
	}
	link, err := c.Types.Get(ctx, "/", "Link")
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range link.Value.Fieldsets[0].Fields {
		field := link.Value.Properties[name]
		fmt.Printf("%s: %s, %s\n", name, field.Title, field.Factory)
	}
	fmt.Println("required:", link.Value.Required)
	// Output:
	// title: Title, Text line (String)
	// description: Summary, Text
	// remoteUrl: URL, Text line (String)
	// changeNote: Change Note, Text line (String)
	// short_link: Short link, URL
	// required: [title remoteUrl]
}
