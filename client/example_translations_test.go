package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// A translation is created in the folder that the site names for it.
func ExampleTranslationService_Locate() {
	server := plonetest.NewServer(plonetest.WithLanguages("en", "de"))
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	page, err := c.Content.Create(ctx, "/en", client.Fields{"@type": "Document", "title": "Welcome"})
	if err != nil {
		log.Fatal(err)
	}

	folder, err := c.Translations.Locate(ctx, page.Value.URL, "de")
	if err != nil {
		log.Fatal(err)
	}
	_, err = c.Content.Create(ctx, folder.Value.URL, client.Fields{
		"@type": "Document", "title": "Willkommen", "language": "de", "translation_of": page.Value.UID,
	})
	if err != nil {
		log.Fatal(err)
	}
	translations, err := c.Translations.Get(ctx, page.Value.URL)
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range translations.Value.Items {
		translation, err := c.Content.Get(ctx, t.URL)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(t.Language, translation.Value.Title)
	}
	// Output: de Willkommen
}
