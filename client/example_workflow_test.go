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

// An object is brought into a state, by the one transition that leads there.
func ExampleWorkflowService_To() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	for _, state := range []string{"published", "private", "shredded"} {
		changed, err := c.Workflow.To(ctx, "/news/a", state, client.TransitionOptions{Comment: "spring cleaning"})
		if e, found := errors.AsType[*client.TransitionError](err); found {
			fmt.Println(state, "- possible are", e.Transitions)
		} else if err != nil {
			log.Fatal(err)
		} else {
			fmt.Println(state, changed.Changed)
		}
	}

	// Output:
	// published []
	// private [review_state]
	// shredded - possible are [publish submit]
}
