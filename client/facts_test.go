package client_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// fact is what a site has that not every site has. The site is asked, as neither its
// version nor its kind says what is installed in it. plonetest has all.
type fact struct {
	name       string                                    // "the site lacks …"
	operations []string                                  // prefixes of the names of those that need it
	ask        func(t *testing.T, c *client.Client) bool // as the manager
}

// Facts. A service that is there refuses nobody, as nobody, or answers.
var (
	blockTypes   = service("the service @blocktypes", []string{"BlockTypes."}, http.MethodGet, "/@blocktypes", "")
	exports      = service("the service @export", []string{"Exports."}, http.MethodPost, "/@export", "")
	usersAsCSV   = service("@users as CSV", []string{"Users.ExportCSV", "Users.ImportCSV"}, http.MethodGet, "/@users", "text/csv")
	aliasDetails = fact{name: "batches and details of aliases", operations: []string{"Aliases."}, ask: func(t *testing.T, c *client.Client) bool {
		made, err := c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "title": "Asked"})
		require.NoError(t, err)
		defer func() { _, err := c.Content.Delete(t.Context(), made.Value.URL); require.NoError(t, err) }()
		_, err = c.Aliases.Add(t.Context(), made.Value.URL, []client.Alias{{Path: "/" + unique("old")}, {Path: "/" + unique("old")}})
		require.NoError(t, err)
		got, err := client.Call[struct{ Items []any }](t.Context(), c, client.Request{
			Method: http.MethodGet, Path: made.Value.URL + "/@aliases", Query: url.Values{"b_size": {"1"}}})
		require.NoError(t, err)
		return len(got.Value.Items) == 1
	}}
	folderishDocument = fact{name: "documents that are folders", ask: func(t *testing.T, c *client.Client) bool {
		made, err := c.Content.Create(t.Context(), "/", client.Fields{"@type": "Document", "title": "Asked"})
		require.NoError(t, err)
		_, err = c.Content.Delete(t.Context(), made.Value.URL)
		require.NoError(t, err)
		return made.Value.IsFolderish
	}}
	panelTexts = fact{name: "texts to find a control panel by", ask: func(t *testing.T, c *client.Client) bool {
		panels, err := c.ControlPanels.List(t.Context())
		require.NoError(t, err)
		return slices.ContainsFunc(panels.Value, func(p client.PanelSummary) bool { return len(p.SearchableText) > 0 })
	}}
	usersAsBatch = fact{name: "batches of users", ask: func(t *testing.T, c *client.Client) bool {
		_, err := client.Call[map[string]any](t.Context(), c, client.Request{Method: http.MethodGet, Path: "/@users"})
		return err == nil
	}}
	collectionSchema = fact{name: "a schema of Collection that can be read", ask: func(t *testing.T, c *client.Client) bool {
		_, err := c.Types.Get(t.Context(), "/", "Collection")
		return err == nil
	}}
)

// facts are the answers of each site, which is asked once.
var facts = struct {
	sync.Mutex
	known map[string]bool
}{known: map[string]bool{}}

// service is the fact that a site has a service: its address is neither unknown,
// nor is what it needs.
func service(name string, operations []string, method, path, accept string) fact {
	return fact{name, operations, func(t *testing.T, c *client.Client) bool {
		nobody, err := c.Clone(client.WithAuth(nil))
		require.NoError(t, err)
		header := http.Header{}
		if accept != "" {
			header.Set("Accept", accept)
		}
		opened, err := client.Open(t.Context(), nobody, client.Request{Method: method, Path: path, Header: header})
		if err == nil {
			require.NoError(t, opened.Close())
		}
		return !errors.Is(err, errors.ErrNotFound) && !errors.Is(err, errors.ErrNotImplemented)
	}}
}

// has reports whether the site is known for a fact.
func (s *site) has(t *testing.T, f fact) bool {
	t.Helper()
	if !s.live {
		return true
	}
	facts.Lock()
	defer facts.Unlock()
	key := s.url + " " + f.name
	if _, asked := facts.known[key]; !asked {
		facts.known[key] = f.ask(t, s.client(t))
	}
	return facts.known[key]
}

// needs ends a case that the site rules out, and counts it.
func (s *site) needs(t *testing.T, f fact) {
	t.Helper()
	if s.has(t, f) {
		return
	}
	for _, op := range client.Operations() {
		if slices.ContainsFunc(f.operations, func(prefix string) bool { return strings.HasPrefix(op.Name, prefix) }) {
			shown.live.Store(op.Name, true)
		}
	}
	cases.live.Add(-1)
	cases.ruledOut.Add(1)
	t.Skipf("ruled out: the site lacks %s", f.name)
}
