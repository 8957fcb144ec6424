package restapi_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/retry"
	"plone.example/restapi/transfer"
)

// The code of the README, which is checked against this file.

// must ends an example that fails.
func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func Example_refused() {
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	must(err)
	ctx := context.Background()

	_, err = c.Content.Create(ctx, "/news", client.Fields{"@type": "Link", "title": "To nowhere"})
	switch {
	case errors.Is(err, errors.ErrValidation):
		if e, ok := errors.AsType[*errors.StatusError](err); ok {
			fmt.Println(e.Status, e.Fields)
		}
	case errors.Is(err, errors.ErrAlreadyExists):
		fmt.Println("the id is taken")
	case errors.Is(err, errors.ErrOutcomeUnknown):
		fmt.Println("look whether it is there")
	case errors.Is(err, errors.ErrClient):
		fmt.Println("our fault:", err)
	case err != nil:
		fmt.Println("not our fault:", err)
	}
	// Output: 400 Bad Request [{remoteUrl Required input is missing.}]
}

func Example_retry() {
	site := plonetest.NewServer()
	defer site.Close()
	site.FailNext(http.StatusInternalServerError, 1)
	siteURL := site.URL

	c, err := client.New(siteURL, client.WithRetry(retry.Policy{
		MaxAttempts: 3,
		MinWait:     10 * time.Millisecond,
		OnRetry: func(_ context.Context, a retry.Attempt) {
			fmt.Println("try", a.Number, "failed with", a.Status)
		},
	}))

	must(err)
	news, err := c.Content.Get(context.Background(), "/news")
	must(err)
	fmt.Println(news.Attempts, "tries")
	// Output:
	// try 1 failed with 500
	// 2 tries
}

func Example_exactlyOnce() {
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	must(err)
	ctx := context.Background()
	site.Drop(1) // the answer gets lost, the page is there

	page, err := c.Content.Create(ctx, "/news",
		client.Fields{"@type": "Document", "id": "launch", "title": "Launch"},
		client.ExactlyOnce())

	must(err)
	fmt.Println(page.StatusCode, page.Value.Title)
	// Output: 201 Launch
}

func Example_login() {
	site := plonetest.NewServer(plonetest.WithUser("ada", "lovelace-1815"))
	defer site.Close()
	siteURL, password := site.URL, "lovelace-1815"

	c, err := client.New(siteURL, client.WithAuth(auth.Login("ada", password)))

	must(err)
	_, err = c.Content.Get(context.Background(), "/news")
	must(err)
	fmt.Println(site.Requests()[0].Path)
	// Output: /@login
}

func Example_contentTypes() {
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	must(err)
	ctx := context.Background()

	type Event struct {
		client.Content
		Start    client.Time `json:"start"`
		End      client.Time `json:"end"`
		Location string      `json:"location"`
	}
	events := client.ContentAs[Event](c)
	party, err := events.Create(ctx, "/news", client.Fields{
		"@type": "Event", "id": "party", "title": "Party",
		"start": "2027-05-01T19:00:00Z", "end": "2027-05-02T02:00:00Z",
		"location": "Hall 1",
	})

	must(err)
	fmt.Println(party.Value.Title, party.Value.Location, party.Value.Start)

	var wholeDay bool
	err = party.Value.Extra("whole_day", &wholeDay)

	must(err)
	fmt.Println(wholeDay)

	type EventChange struct {
		Title    client.Opt[string] `json:"title,omitzero"`
		Location client.Opt[string] `json:"location,omitzero"`
	}
	_, err = events.Update(ctx, "/news/party", EventChange{
		Location: client.Null[string](), // reset; the title stays
	})

	must(err)
	again, err := events.Get(ctx, party.Value.URL)
	must(err)
	fmt.Printf("%s %q\n", again.Value.Title, again.Value.Location)
	// Output:
	// Party Hall 1 2027-05-01T19:00:00+00:00
	// false
	// Party ""
}

func titles(ctx context.Context, c *client.Client, folder string) ([]string, error) {
	var titles []string
	for hit, err := range c.Search.All(ctx, folder, client.SearchOptions{
		Types:  []string{"Document"},
		SortOn: []string{"sortable_title"},
	}) {
		if err != nil {
			return nil, err
		}
		titles = append(titles, hit.Title)
	}
	return titles, nil
}

func Example_search() {
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL)
	must(err)
	found, err := titles(context.Background(), c, "/news")
	must(err)
	fmt.Println(found)
	// Output: [a b]
}

func Example_call() {
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	must(err)
	ctx := context.Background()

	type Type struct {
		Title   string `json:"title"`
		Addable bool   `json:"addable"`
	}
	types, err := client.Call[[]Type](ctx, c, client.Request{Path: "/news/@types"})

	must(err)
	fmt.Println(types.StatusCode, types.Value[0].Title != "")
	// Output: 200 true
}

func publish(ctx context.Context, siteURL string) error {
	c, err := client.New(siteURL, client.WithAuth(auth.Login("admin", "secret")),
		client.WithRetry(retry.Policy{MinWait: time.Millisecond}))
	if err != nil {
		return err
	}
	_, err = c.Content.Create(ctx, "/news", client.Fields{"@type": "Document", "id": "c", "title": "C"})
	return err
}

func TestPublish_survivesAWriteConflict(t *testing.T) {
	site := plonetest.NewServer() // has /news, and the user admin with the password secret
	defer site.Close()
	site.Inject(plonetest.Fault{Method: "POST", Path: "/news", Status: 500})

	require.NoError(t, publish(t.Context(), site.URL))

	requests := site.Requests()
	last := requests[len(requests)-1]
	assert.Equal(t, "/news", last.Path)
	assert.Equal(t, http.StatusCreated, last.Status)
}

func Example_walk() {
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL)
	must(err)
	must(func() error {
		ctx := context.Background()
		for object, err := range c.Content.Walk(ctx, "/news", client.WalkOptions{}) {
			if e, ok := errors.AsType[*client.WalkError](err); ok {
				fmt.Println("skipped:", e.URL, e.Err) // the walk goes on
				continue
			}
			if err != nil {
				return err
			}
			fmt.Println(object.Type, object.Title)
		}
		return nil
	}())
	// Output:
	// Document News
	// Document a
	// Document b
}

func Example_files() {
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	must(err)
	dir, err := os.MkdirTemp("", "")
	must(err)
	defer os.RemoveAll(dir)
	target := filepath.Join(dir, "report.pdf")
	file := strings.NewReader("%PDF-1.7")
	size := file.Size()
	ctx := context.Background()

	must(func() error {
		uploaded, err := c.Files.Upload(ctx, "/news", file, size, client.UploadOptions{
			Filename: "report.pdf",
			Progress: func(done, total int64) { fmt.Println(done, "of", total) },
		})
		if err != nil {
			return err
		}
		saved, err := c.Files.Save(ctx, uploaded.Object.URL, target, client.SaveOptions{})
		if err != nil {
			return err
		}
		fmt.Println(saved.Size, "bytes of", saved.ContentType)
		return nil
	}())
	// Output:
	// 8 of 8
	// 8 bytes of application/pdf
}

func Example_change() {
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	must(err)
	ctx := context.Background()
	must(func() error {
		_, err := c.Content.Modify(ctx, "/news/a", func(page *client.Content) (any, error) {
			return client.Fields{"subjects": append(page.Subjects, "reviewed")}, nil
		})
		if err != nil {
			return err
		}
		err = c.Locking.WithLock(ctx, "/news/a", func(ctx context.Context, lock client.Lock) error {
			_, err := c.Content.Update(ctx, "/news/a", client.Fields{"title": "A"}, client.LockToken(lock.Token))
			return err
		})
		return err
	}())
	page, err := c.Content.Get(ctx, "/news/a")
	must(err)
	fmt.Println(page.Value.Title, page.Value.Subjects, page.Value.Lock.Locked)
	// Output: A [reviewed] false
}

func Example_sites() {
	source, target := plonetest.NewServer(), plonetest.NewServer()
	defer source.Close()
	defer target.Close()
	from, err := client.New(source.URL, client.WithAuth(auth.Basic("admin", "secret")))
	must(err)
	to, err := client.New(target.URL, client.WithAuth(auth.Basic("admin", "secret")))
	must(err)
	folder, err := os.MkdirTemp("", "")
	must(err)
	defer os.RemoveAll(folder)
	ctx := context.Background()
	_, err = from.Content.Create(ctx, "/news", client.Fields{"@type": "Document", "id": "c", "title": "C"})
	must(err)

	must(func() error {
		_, err := transfer.Export(ctx, from, folder, transfer.ExportOptions{})
		if err != nil {
			return err
		}
		report, err := transfer.Import(ctx, to, folder, transfer.ImportOptions{
			Adopt:    true, // the target has a /news of its own
			Progress: func(e transfer.Event) { /* draw a bar: e.Done of e.Total */ },
		})
		if errors.Is(err, transfer.ErrIncomplete) {
			for _, p := range report.Problems {
				fmt.Println(p.Path, p.Message) // everything else was carried
			}
		}
		return err
	}())
	page, err := to.Content.Get(ctx, "/news/c")
	must(err)
	fmt.Println(page.Value.Title)
	// Output: C
}

func Example_ensure() {
	site := plonetest.NewServer()
	defer site.Close()
	c, err := client.New(site.URL, client.WithAuth(auth.Basic("admin", "secret")))
	must(err)
	ctx := context.Background()
	must(func() error {
		page := client.Fields{"@type": "Document", "title": "Opening hours"}
		got, err := c.Content.Ensure(ctx, "/news/hours", page, client.InState("published"))
		if err != nil {
			return err
		}
		fmt.Println(got.Created, got.Changed) // true [], and the next time false []
		return nil
	}())
	// Output: true []
}
