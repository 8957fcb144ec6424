package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// Rules of the site are assigned to the containers that they are for.
func ExampleContentRuleService() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	rule, err := client.Call[struct {
		ID string `json:"id"`
	}](ctx, c, client.Request{
		Method: "POST", Path: "/@controlpanels/content-rules",
		Body: client.Fields{"title": "Tell the editors", "event": "Comment added", "enabled": true},
	})
	if err != nil {
		log.Fatal(err)
	}

	if _, err := c.ContentRules.Assign(ctx, "/news", rule.Value.ID); err != nil {
		log.Fatal(err)
	}
	if _, err := c.ContentRules.NoBubble(ctx, "/news", []string{rule.Value.ID}); err != nil {
		log.Fatal(err)
	}
	rules, err := c.ContentRules.Get(ctx, "/news")
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range rules.Value.Assigned {
		fmt.Printf("%s: on %q, enabled %t, in subfolders %t\n", r.Title, r.Trigger, r.Enabled, r.Bubbles)
	}
	// Output: Tell the editors: on "Comment added", enabled true, in subfolders false
}
