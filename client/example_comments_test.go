package client_test

import (
	"context"
	"fmt"
	"log"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// A page takes comments when its AllowDiscussion says so.
func ExampleCommentService() {
	server := plonetest.NewServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithAuth(auth.Basic("admin", "secret")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if _, err := c.Content.Update(ctx, "/news", client.Fields{"allow_discussion": true}); err != nil {
		log.Fatal(err)
	}

	question, err := c.Comments.Add(ctx, "/news", client.NewComment{Text: "Is this new?"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := c.Comments.Reply(ctx, "/news", question.CommentID, client.NewComment{Text: "It was."}); err != nil {
		log.Fatal(err)
	}
	for comment, err := range c.Comments.All(ctx, "/news", client.CommentOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %s (reply: %t)\n", comment.AuthorName, comment.Text.Data, comment.InReplyTo == question.CommentID)
	}
	// Output:
	// admin: Is this new? (reply: false)
	// admin: It was. (reply: true)
}
