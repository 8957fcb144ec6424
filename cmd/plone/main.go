// Command plone works with the content of a Plone site over plone.restapi.
//
//	plone login --url https://plone.example --user ada
//	plone ls -l /news
//	plone get /news/a --json
//	plone patch /news/a title='A new title'
//
// `plone help` lists the commands, `plone help settings` and `plone help
// exit-codes` tell what they have in common.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv))
}
