package client_test

import (
	"context"
	"fmt"
	"io"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

// example is a client of the manager of a site that is in memory only.
func example(source auth.Source) (c *client.Client, closeSite func()) {
	server := plonetest.NewServer()
	c, err := client.New(server.URL, client.WithAuth(source))
	if err != nil {
		log.Fatal(err)
	}
	return c, server.Close
}

func ExampleContentService_Create() {
	c, done := example(auth.Basic("admin", "secret"))
	defer done()
	ctx := context.Background()
	created, err := c.Content.Create(ctx, "/news", client.Fields{"@type": "Document", "id": "c", "title": "C"})
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(created.StatusCode, created.Value.Title, created.Value.ReviewState)
	_, err = c.Content.Create(ctx, "/news", client.Fields{"@type": "Document", "id": "c", "title": "C"})
	fmt.Println(errors.Is(err, errors.ErrAlreadyExists))
	// Output:
	// 201 C private
	// true
}

func ExampleContentService_Children() {
	c, done := example(nil)
	defer done()
	for child, err := range c.Content.Children(context.Background(), "/news", client.ListOptions{}) {
		if err != nil {
			log.Print(err)
			return
		}
		fmt.Println(child.Type, child.Title)
	}
	// Output:
	// Document a
	// Document b
}

func ExampleContentService_Walk() {
	c, done := example(nil)
	defer done()
	for object, err := range c.Content.Walk(context.Background(), "/news", client.WalkOptions{}) {
		if err != nil {
			log.Print(err)
			return
		}
		fmt.Println(object.Title)
	}
	// Output:
	// News
	// a
	// b
}

func ExampleAuthService_Login() {
	c, done := example(nil)
	defer done()
	token, err := c.Auth.Login(context.Background(), "admin", "secret")
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(token.StatusCode, token.Value.Token) // convert it to a string to use it
	_, err = c.Auth.Login(context.Background(), "admin", "guess")
	fmt.Println(errors.Is(err, errors.ErrInvalidCredentials))
	// Output:
	// 200 (secret)
	// true
}

func ExampleComponentService_Actions() {
	c, done := example(auth.Basic("admin", "secret"))
	defer done()
	actions, err := c.Components.Actions(context.Background(), "/news", []string{"object"})
	if err != nil {
		log.Print(err)
		return
	}
	for _, action := range actions.Value["object"][:2] {
		fmt.Println(action.ID, action.Title)
	}
	// Output:
	// view View
	// edit Edit
}

func ExampleComponentService_Breadcrumbs() {
	c, done := example(nil)
	defer done()
	crumbs, err := c.Components.Breadcrumbs(context.Background(), "/news/a")
	if err != nil {
		log.Print(err)
		return
	}
	for _, crumb := range crumbs.Value.Items {
		fmt.Println(crumb.Title)
	}
	// Output:
	// News
	// a
}

func ExampleComponentService_ContextNavigation() {
	c, done := example(nil)
	defer done()
	tree, err := c.Components.ContextNavigation(context.Background(), "/news/a", client.ContextNavigationOptions{})
	if err != nil {
		log.Print(err)
		return
	}
	for _, item := range tree.Value.Items {
		fmt.Println(item.Title)
	}
	// Output:
	// a
	// b
}

func ExampleComponentService_Navroot() {
	c, done := example(nil)
	defer done()
	root, err := c.Components.Navroot(context.Background(), "/news/a")
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(root.Value.Navroot.Type)
	// Output: Plone Site
}

func ExampleComponentService_Inherit() {
	c, done := example(nil)
	defer done()
	_, err := c.Components.Inherit(context.Background(), "/news/a", []string{"example.no_such_behavior"})
	fmt.Println(errors.Is(err, errors.ErrNotFound)) // the server answers 200, without it
	// Output: true
}

func ExampleUserService_Portrait() {
	c, done := example(auth.Basic("admin", "secret"))
	defer done()
	portrait, err := c.Users.Portrait(context.Background(), "admin")
	if errors.Is(err, errors.ErrNotFound) {
		fmt.Println("no portrait")
		return
	}
	if err != nil {
		log.Print(err)
		return
	}
	defer portrait.Close()
	_, _ = io.Copy(io.Discard, portrait) // an image of the type portrait.ContentType
	// Output: no portrait
}

func ExampleUserService_Schema() {
	c, done := example(auth.Basic("admin", "secret"))
	defer done()
	schema, err := c.Users.Schema(context.Background())
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(schema.Value.Properties["email"].Title, schema.Value.Required)
	// Output: Email [email]
}

func ExampleRoleService_List() {
	c, done := example(auth.Basic("admin", "secret"))
	defer done()
	roles, err := c.Roles.List(context.Background())
	if err != nil {
		log.Print(err)
		return
	}
	for _, role := range roles.Value[:3] {
		fmt.Println(role.ID)
	}
	// Output:
	// Contributor
	// Editor
	// Member
}

func ExamplePrincipalService_Search() {
	c, done := example(auth.Basic("admin", "secret"))
	defer done()
	found, err := c.Principals.Search(context.Background(), "review")
	if err != nil {
		log.Print(err)
		return
	}
	for _, group := range found.Value.Groups {
		fmt.Println(group.Name)
	}
	// Output: Reviewers
}

func ExampleDatabaseService_Get() {
	c, done := example(auth.Basic("admin", "secret"))
	defer done()
	database, err := c.Database.Get(context.Background())
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(database.Value.Size > 0)
	// Output: true
}
