package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

func ExampleVocabularyService_Terms() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL)
	if err != nil {
		log.Print(err)
		return
	}
	states := c.Vocabularies.Terms(context.Background(), "/", "plone.app.vocabularies.WorkflowStates", client.TermOptions{Title: "publ"})
	for term, err := range states {
		if err != nil {
			log.Print(err)
			return
		}
		fmt.Printf("%s: %s\n", term.Token, term.Title)
	}
	// Output:
	// internally_published: Internally published [internally_published]
	// visible: Public draft [visible]
	// published: Published [published]
}
