// Command plone-fleet exports or imports a site with several processes, on one
// machine or on many.
//
//	plone-fleet export DIR [flags]        do it, with workers on this machine
//	plone-fleet import DIR [flags]
//	plone-fleet work export DIR [flags]   be one more worker, on any machine
//	plone-fleet work import DIR [flags]
//	plone-fleet watch [flags]             show how far it is
//
// PLONE_URL, PLONE_USER and PLONE_PASSWORD are the site, and PLONE_PUBLIC_URL its
// address in what it answers when that is another. NATS_URL is a NATS
// cluster with JetStream, and NATS_CREDS a file with credentials for it; without
// NATS_URL the first process has a server inside, with its data in DIR/.transfer.
//
// When it was stopped, even by kill -9, run the same command again to resume.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	s, err := parse(os.Args[1:], os.Getenv, os.Stderr)
	if err == nil {
		s.environ = os.Environ()
		err = s.run(ctx, os.Stdin, os.Stdout, os.Stderr)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "plone-fleet:", err)
	}
	if code(err) == 130 {
		fmt.Fprintln(os.Stderr, "plone-fleet: the same command goes on from here")
	}
	os.Exit(code(err))
}

// code is what the program ends with.
func code(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, transfer.ErrIncomplete):
		return 3
	case errors.Is(err, context.Canceled):
		return 130
	}
	return 1
}
