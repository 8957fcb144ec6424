// Package demo is what the examples for files share: a site to talk to, and a
// progress bar.
package demo

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/plonetest"
)

// Config says which site to talk to; an in-memory one of package plonetest when
// URL is empty. Without a User it is talked to as a visitor.
type Config struct{ URL, User, Password string }

// Connect returns a client of the site. The caller calls done in the end.
func Connect(cfg Config) (c *client.Client, done func(), err error) {
	done = func() {}
	if cfg.URL == "" {
		fake := plonetest.NewServer()
		cfg, done = Config{fake.URL, "admin", "secret"}, fake.Close
	}
	var source auth.Source
	if cfg.User != "" {
		source = auth.Login(cfg.User, cfg.Password)
	}
	c, err = client.New(cfg.URL, client.WithAuth(source))
	return c, done, err
}

// Progress returns a function for the Progress of a transfer that draws a bar.
func Progress(out io.Writer, title string) func(done, total int64) {
	bar := progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(title),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetSpinnerChangeInterval(0), // its goroutine reads without a lock,
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetWidth(30),
		progressbar.OptionOnCompletion(func() { _, _ = io.WriteString(out, "\n") }),
	)
	return func(done, total int64) {
		bar.ChangeMax64(total)
		_ = bar.Set64(done) // a bar that cannot be drawn stops no transfer
	}
}
