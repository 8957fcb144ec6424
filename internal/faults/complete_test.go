package faults

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"plone.example/restapi/client"
)

// reading are requests that change nothing on the site, though their method could.
var reading = []string{
	"POST /@login", "POST /@login-renew", "POST /@logout", "POST /{path}/@querystring-search", "POST /@export",
	"POST {zope}/@login",
}

// exempt are methods without a row, and why.
var exempt = map[string]string{
	"Files.Chunk":           "it is what Files.Upload and Files.Replace send",
	"Addons.Upgrade":        "the add-ons of a new site are as new as their packages, and no request makes one older",
	"Upgrade.Run":           "a new site is as new as its software, so that it changes nothing, not even a time",
	"Site.Delete":           "it would take the site away from the other cases, by the request of Content.Delete",
	"Sites.CreateByAnswers": "it is Sites.Create at another address",
	"Upgrade.DryRun":        "it takes everything back",
	"Users.ResetPassword":   "it is the request of Users.ChangePassword, with a token that is in a mail only",
}

// TestOperations_complete compares the rows with the operations that write.
func TestOperations_complete(t *testing.T) {
	t.Parallel()
	for _, op := range client.Operations() {
		reads := slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, op.Method)
		if reads || slices.Contains(reading, op.Method+" "+op.Path) {
			continue
		}
		covered := slices.ContainsFunc(operations, func(row operation) bool { return row.method == op.Name })
		assert.NotEqual(t, covered, exempt[op.Name] != "", "%s does %s %s: is a fault tried on it?", op.Name, op.Method, op.Path)
	}
}
