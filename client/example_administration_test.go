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

// The server answers 204 to the second call, too.
func ExampleAddonService_Install() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	addon, err := c.Addons.Install(ctx, "plone.session")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(addon.Value.Title, addon.Value.Installed)
	_, err = c.Addons.Install(ctx, "plone.session")
	fmt.Println(errors.Is(err, errors.ErrAlreadyExists))
	_, err = c.Addons.Install(ctx, "plone.sesion")
	fmt.Println(errors.Is(err, errors.ErrNotFound))
	// Output:
	// Session refresh support true
	// true
	// true
}

// The last change is taken back.
func ExampleTransactionService_Undo() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := c.Content.Update(ctx, "/news", client.Fields{"title": "Mistake"}); err != nil {
		log.Fatal(err)
	}
	transactions, err := c.Transactions.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	last := transactions.Value[0]
	fmt.Println(last.Username, last.Description)
	if _, err := c.Transactions.Undo(ctx, []string{last.ID}); err != nil {
		log.Fatal(err)
	}
	news, err := c.Content.Get(ctx, "/news")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(news.Value.Title)
	// Output:
	// admin /Plone/news/PATCH_application_json_
	// News
}

// An upgrade names the version that it is to reach.
func ExampleUpgradeService_Run() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	upgrade, err := c.Upgrade.Get(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := c.Upgrade.DryRun(ctx); err != nil {
		log.Fatal(err)
	}
	report, err := c.Upgrade.Run(ctx, upgrade.Value.Versions.FileSystem)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Value.Versions.Instance, report.Value.Upgraded)
	// Output:
	// 6205 true
}

// The versions tell what the site can do.
func ExampleSystemService_Get() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	system, err := c.System.Get(ctx)
	if err != nil {
		log.Fatal(err)
	}
	database, err := c.Database.Get(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(system.Value.Plone, system.Value.RESTAPI, database.Value.Size > 0)
	// Output:
	// 6.2.2 10.0.4 true
}

// A mail goes out by the mail server of the site.
func ExampleEmailService_Send() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}

	sent, err := c.Email.Send(context.Background(), "bob@example.org", client.Mail{
		From: "ada@example.org", Name: "Ada", Subject: "Lunch", Message: "Note: at noon.",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sent.StatusCode)
	// Output:
	// 204
}

// Where a type of blocks is used.
func ExampleBlockTypeService_Counts() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	blocks := client.Fields{"blocks": client.Fields{"a": client.Fields{"@type": "image"}}}
	if _, err := c.Content.Update(ctx, "/news/a", blocks); err != nil {
		log.Fatal(err)
	}
	counts, err := c.BlockTypes.Counts(ctx, "/Plone/news")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(counts.Value)
	// Output:
	// map[image:1]
}
