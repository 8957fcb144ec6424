package client_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"strings"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// The client of the server stands above its sites.
func ExampleSitesService_Create() {
	server := plonetest.NewServer()
	defer server.Close()
	above := strings.TrimSuffix(server.URL, "/Plone")
	c, err := client.New(above, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	created, err := c.Sites.Create(ctx, "volto", client.SiteAnswers{SiteID: "intranet", Title: "Intranet"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.TrimPrefix(created.Value.URL, above))
	sites, err := c.Sites.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, site := range sites.Value.Sites {
		fmt.Println(site.ID, site.Distribution)
	}
	// Output:
	// /intranet
	// Plone volto
	// intranet volto
}

// What was removed comes back with an import of the whole site.
func ExampleExportService_Import() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	export, err := c.Exports.Export(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer export.Close()
	data, err := io.ReadAll(export) // a file would do as well
	if err != nil {
		log.Fatal(err)
	}
	if _, err := c.Content.Delete(ctx, "/news/a"); err != nil {
		log.Fatal(err)
	}
	report, err := c.Exports.Import(ctx, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Value.Status)
	again, err := c.Content.Get(ctx, "/news/a")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(again.Value.Title)
	// Output:
	// success
	// a
}

// What the site tells everybody.
func ExampleSiteService_Get() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	info, err := c.Site.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Value.Title, info.Value.DefaultLanguage, info.Value.Features.Multilingual)
	// Output:
	// Plone en true
}
