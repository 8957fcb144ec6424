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

// Ensure makes a user so and says what it had to change for it.
func ExampleUserService_Ensure() {
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	ada := client.NewUser{Username: "ada", Email: "ada@plone.example", Password: "correct-horse", Fullname: "Ada"}
	for _, name := range []string{"Ada", "Ada", "Ada Lovelace"} {
		ada.Fullname = name
		user, err := c.Users.Ensure(ctx, ada)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(user.Value.Fullname, user.Created, user.Changed)
	}
	fmt.Println("with", ada.Password)
	// Output:
	// Ada true []
	// Ada false []
	// Ada Lovelace false [fullname]
	// with (secret)
}

// An import says which rows were refused. The others are in.
func ExampleUserService_ImportCSV() {
	site := plonetest.NewServer(plonetest.WithUser("ada", "correct-horse"))
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	_, err = c.Users.ImportCSV(context.Background(), strings.NewReader(`username,email,password
ada,ada@plone.example,correct-horse
bob,bob@plone.example,correct-horse
`))
	if failed, found := errors.AsType[*client.UserImportError](err); found {
		for _, row := range failed.Rows {
			fmt.Println("row", row.Row, "was refused")
		}
		for _, user := range failed.Users {
			fmt.Println(user.Username, "was added")
		}
	}
	// Output:
	// row 1 was refused
	// bob was added
}

// WhoAmI notices credentials that the site does not know; other calls would get
// what anonymous may see.
func ExampleClient_WhoAmI() {
	site := plonetest.NewServer()
	defer site.Close()
	for _, password := range []string{"secret", "wrong"} {
		c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", password)))
		if err != nil {
			log.Fatal(err)
		}
		me, err := c.WhoAmI(context.Background())
		if errors.Is(err, errors.ErrInvalidCredentials) {
			fmt.Println("wrong name or password")
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(me.User.Username, me.User.Roles)
	}
	// Output:
	// admin [Manager]
	// wrong name or password
}
