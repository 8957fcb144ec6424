// Command walk prints a site, or a part of it, as a tree with the size and the
// state of each object.
//
//	go run ./examples/walk [path]
//
// By itself it walks an in-memory site of package plonetest. With PLONE_URL it
// walks that site, as PLONE_USER with PLONE_PASSWORD, or as a visitor when they
// are not set.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/plonetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	path := "/"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	err := run(ctx, os.Stdout, config{
		url:      os.Getenv("PLONE_URL"),
		user:     os.Getenv("PLONE_USER"),
		password: os.Getenv("PLONE_PASSWORD"),
	}, path)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "walk:", err)
		os.Exit(1)
	}
}

// config says which site to walk; plonetest when url is empty.
type config struct{ url, user, password string }

// node is an object with a field that summaries have and whole objects do not.
type node struct {
	client.Content
	Size string `json:"getObjSize"` // for people
}

func run(ctx context.Context, out io.Writer, cfg config, path string) error {
	if cfg.url == "" {
		fake := plonetest.NewServer()
		defer fake.Close()
		cfg = config{url: fake.URL, user: "admin", password: "secret"}
	}
	var source auth.Source
	if cfg.user != "" {
		source = auth.Login(cfg.user, cfg.password)
	}
	c, err := client.New(cfg.url, client.WithAuth(source))
	if err != nil {
		return err
	}

	var nodes []node
	var failed []error
	for n, err := range client.ContentAs[node](c).Walk(ctx, path, client.WalkOptions{PageSize: 500, Summaries: true}) {
		if err != nil {
			failed = append(failed, err) // of one object, or that the tree changed
			continue
		}
		nodes = append(nodes, *n)
	}
	if len(nodes) == 0 {
		return errors.Join(failed...)
	}
	// The walk comes in the order of creation; a tree is in that of the addresses.
	slices.SortFunc(nodes, func(a, b node) int { return cmp.Compare(a.URL+"/", b.URL+"/") })
	root := strings.Count(nodes[0].URL, "/")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, n := range nodes {
		depth := strings.Count(n.URL, "/") - root
		name := n.URL[strings.LastIndex(n.URL, "/")+1:]
		fmt.Fprintf(w, "%s%s\t%s\t%s\t%s\t%s\n", strings.Repeat("  ", depth), name, n.Type, cmp.Or(n.ReviewState, "-"), cmp.Or(n.Size, "-"), n.Title)
	}
	fmt.Fprintf(w, "%d objects\n", len(nodes))
	return errors.Join(append(failed, w.Flush())...)
}
