package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// Settings are read into a struct with the fields that matter, and written by
// their names.
func ExampleControlPanelService_Update() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := c.ControlPanels.Update(ctx, "mail", client.Fields{"smtp_port": 587}); err != nil {
		log.Fatal(err)
	}
	panel, err := c.ControlPanels.Get(ctx, "mail")
	if err != nil {
		log.Fatal(err)
	}
	var mail struct {
		Host string `json:"smtp_host"`
		Port int    `json:"smtp_port"`
	}
	if err := panel.Value.Decode(&mail); err != nil {
		log.Fatal(err)
	}
	fmt.Println(mail.Host, mail.Port)

	// The server would say that all is well.
	_, err = c.ControlPanels.Update(ctx, "mail", client.Fields{"smtp_prot": 587})
	fmt.Println(err != nil)
	// Output:
	// localhost 587
	// true
}
