package bench

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
)

// walkTime is the time of a walk over whole objects on a real Plone, as a
// multiple of that of one GET for each. It is measured in turn on a folder of
// its own, on the site of PLONE_URL, PLONE_USER and PLONE_PASSWORD.
func walkTime(tb testing.TB) reading {
	const objects, rounds = 100, 5
	url := os.Getenv("PLONE_URL")
	if url == "" {
		return skipped("PLONE_URL is not set")
	}
	ctx := tb.Context()
	c, err := client.New(url, client.WithAuth(auth.Basic(os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD"))))
	require.NoError(tb, err)
	create := func(parent, title string) string {
		created, err := c.Content.Create(ctx, parent, client.Fields{"@type": "Document", "title": title, "description": page.(newPage).Description})
		require.NoError(tb, err)
		return strings.TrimPrefix(created.Value.URL, strings.TrimSuffix(url, "/"))
	}
	folder := create("/", fmt.Sprintf("Walk %d", time.Now().UnixNano()))
	tb.Cleanup(func() {
		_, err := c.Content.Delete(context.WithoutCancel(ctx), folder)
		assert.NoError(tb, err)
	})
	paths := []string{folder}
	for i := range objects - 1 {
		paths = append(paths, create(folder, fmt.Sprintf("Page %d", i)))
	}
	walk := func() error {
		read := 0
		for _, err := range c.Content.Walk(ctx, folder, client.WalkOptions{}) {
			if err != nil {
				return err
			}
			read++
		}
		if read != objects {
			return fmt.Errorf("walked over %d of %d objects", read, objects)
		}
		return nil
	}
	gets := func() error {
		for _, path := range paths {
			if _, err := c.Content.Get(ctx, path); err != nil {
				return err
			}
		}
		return nil
	}
	var figures inTurn
	for range rounds {
		figures.add(lasts(tb, gets), lasts(tb, walk), lasts(tb, gets))
	}
	return figures.reading(rounds)
}

// lookTimeLive is the time of a write on a real Plone with a look before it, as a
// multiple of that without.
func lookTimeLive(method string) func(testing.TB) reading {
	const rounds = 15
	return func(tb testing.TB) reading {
		url := os.Getenv("PLONE_URL")
		if url == "" {
			return skipped("PLONE_URL is not set")
		}
		source := auth.Basic(os.Getenv("PLONE_USER"), os.Getenv("PLONE_PASSWORD"))
		c, err := client.New(url, client.WithAuth(source))
		require.NoError(tb, err)
		made, err := c.Content.Create(tb.Context(), "/", client.Fields{"@type": "Document", "title": fmt.Sprintf("Look %d", time.Now().UnixNano())})
		require.NoError(tb, err)
		tb.Cleanup(func() {
			_, err := c.Content.Delete(context.WithoutCancel(tb.Context()), made.Value.URL)
			assert.NoError(tb, err)
		})
		write := call{sdk: func(ctx context.Context, c *client.Client) error {
			_, err := client.Call[any](ctx, c, client.Request{
				Method: method, Path: made.Value.URL, Body: client.Fields{"@type": "Document", "title": "Page", "description": "Text"},
			})
			return err
		}}
		runs := write.looking(tb, url, source)
		var figure inTurn
		for range rounds {
			figure.add(lasts(tb, runs[0]), lasts(tb, runs[1]), lasts(tb, runs[0]))
		}
		return figure.reading(rounds)
	}
}
