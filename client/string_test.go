package client_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"plone.example/restapi/client"
)

func TestString_isOneLine(t *testing.T) {
	t.Parallel()
	page := client.Content{Type: "Document", URL: "http://p/a", Title: "A\nb", ReviewState: "private"}
	for want, v := range map[string]any{
		`Document http://p/a "A\nb" (private)`:                      page,
		`Link http://p/l "L"`:                                       client.Summary{Type: "Link", URL: "http://p/l", Title: "L"},
		`User ada "Ada"`:                                            client.User{ID: "ada", Fullname: "Ada"},
		`Group team "The team"`:                                     client.Group{ID: "team", Title: "The team"},
		`201 Document http://p/a "A\nb" (private)`:                  client.Created[client.Content]{Response: client.Response{StatusCode: 201}, Value: page},
		`created Document http://p/a "A\nb" (private)`:              &client.Ensured[client.Content]{Value: page, Created: true},
		`changed ["title"] of Document http://p/a "A\nb" (private)`: client.Ensured[client.Content]{Value: page, Changed: []string{"title"}},
	} {
		assert.Equal(t, want, fmt.Sprint(v))
	}
}
