// Command plonetest serves the in-memory Plone of package plonetest until it is
// interrupted: for demos, recordings, and the tests of programs in any language.
//
//	go run ./cmd/plonetest
//	go run ./cmd/plonetest -addr 127.0.0.1:0
//
// The first line that it prints has the address of the site, the second one a user
// who may do everything. The site has the published documents /news, /news/a and
// /news/b; all else is created through the API, and gone with the program.
//
// Everybody knows the password, so that the address should be one of this machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"plone.example/restapi/plonetest"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on; port 0 is a free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *addr, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "plonetest:", err)
		os.Exit(1)
	}
}

// run serves a new site at addr until ctx ends.
func run(ctx context.Context, addr string, out io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	site := plonetest.NewServer(plonetest.WithListener(listener), plonetest.WithRequests(0))
	defer site.Close()
	if _, err := fmt.Fprintf(out, "site: %s\nuser: admin, password: secret\n", site.URL); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
