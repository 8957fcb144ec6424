// Command import makes a site have what is in a folder that the example export
// wrote, or Plone's own plone-exporter. What the site has already is not touched.
//
//	go run ./examples/import [-n] [folder]
//
// With -n it only says what it would change, field by field. By itself it fills an
// in-memory site of package plonetest; with PLONE_URL that site, as PLONE_USER with
// PLONE_PASSWORD.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
	"plone.example/restapi/transfer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	plan := flag.Bool("n", false, "only say what would be changed")
	flag.Parse()
	folder := "export"
	if flag.NArg() > 0 {
		folder = flag.Arg(0)
	}
	err := run(ctx, os.Stdout, config{
		url:      os.Getenv("PLONE_URL"),
		user:     os.Getenv("PLONE_USER"),
		password: os.Getenv("PLONE_PASSWORD"),
		plan:     *plan,
	}, folder)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "import:", err)
		os.Exit(1)
	}
}

// config says which site to fill; plonetest when url is empty.
type config struct {
	url, user, password string
	plan                bool // change nothing
}

func run(ctx context.Context, out io.Writer, cfg config, folder string) error {
	if cfg.url == "" {
		fake := plonetest.NewServer()
		defer fake.Close()
		cfg.url, cfg.user, cfg.password = fake.URL, "admin", "secret"
	}
	site, err := client.New(cfg.url, client.WithAuth(auth.Login(cfg.user, cfg.password)))
	if err != nil {
		return err
	}
	report, err := transfer.Import(ctx, site, folder, transfer.ImportOptions{
		DryRun: cfg.plan,
		Adopt:  true, // every in-memory site has its own /news
		Progress: func(e transfer.Event) {
			if e.Change != nil || e.Problem != nil {
				fmt.Fprintln(out, e)
			}
		},
	})
	if report != nil {
		fmt.Fprint(out, report)
	}
	return err
}
