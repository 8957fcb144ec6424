// Command export writes a site to a folder, in the format of plone.exportimport.
// Called again, it writes only what has changed since.
//
//	go run ./examples/export [folder]
//
// By itself it exports an in-memory site of package plonetest. With PLONE_URL it
// exports that site, as PLONE_USER with PLONE_PASSWORD.
package main

import (
	"context"
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
	folder := "export"
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	err := run(ctx, os.Stdout, config{
		url:      os.Getenv("PLONE_URL"),
		user:     os.Getenv("PLONE_USER"),
		password: os.Getenv("PLONE_PASSWORD"),
	}, folder)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "export:", err)
		os.Exit(1)
	}
}

// config says which site to export; plonetest when url is empty.
type config struct{ url, user, password string }

func run(ctx context.Context, out io.Writer, cfg config, folder string) error {
	if cfg.url == "" {
		fake := plonetest.NewServer()
		defer fake.Close()
		cfg = config{url: fake.URL, user: "admin", password: "secret"}
	}
	site, err := client.New(cfg.url, client.WithAuth(auth.Login(cfg.user, cfg.password)))
	if err != nil {
		return err
	}
	report, err := transfer.Export(ctx, site, folder, transfer.ExportOptions{
		Progress: func(e transfer.Event) { fmt.Fprintln(out, e) },
	})
	if report != nil {
		fmt.Fprint(out, report)
	}
	return err
}
