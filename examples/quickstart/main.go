// Command quickstart is the main job of the SDK in one command: it logs in,
// writes, reads and searches, meets every kind of answer that the documentation
// of plone.restapi names, cleans up, and prints what it did as a table.
//
//	go run ./examples/quickstart
//
// By itself it talks to an in-memory site of package plonetest. With PLONE_URL,
// PLONE_USER and PLONE_PASSWORD it talks to that site, as a user who may add
// folders to its root and pages to folders. It works in a folder of its own,
// which it removes. What a real site cannot be made to answer comes from
// plonetest all the same; the last column says who answered.
//
// The exit status is 1 when a line is not what it should be.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"

	"plone.example/restapi/errors"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, config{
		url:      os.Getenv("PLONE_URL"),
		user:     os.Getenv("PLONE_USER"),
		password: os.Getenv("PLONE_PASSWORD"),
	})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// config says which site to talk to; plonetest when url is empty.
type config struct{ url, user, password string }

// run takes all steps, whatever becomes of each, until ctx ends, and prints the
// table to out. Its error names the lines that are not what they should be.
func run(ctx context.Context, out io.Writer, cfg config) error {
	d, err := newDemo(ctx, cfg)
	if err != nil {
		return err
	}
	defer d.fake.Close()

	var wrong []error
	var table strings.Builder
	fmt.Fprintf(&table, "site: %s, … is %s\n\n", d.site.SiteURL(), d.folder)
	table.WriteString("\twhat was asked\tthe server said\tGo got\terrors.Is\ttries\tanswered by\n")
	for _, s := range steps {
		if ctx.Err() != nil {
			wrong = append(wrong, ctx.Err())
			break
		}
		got, mark := d.take(ctx, s), "✓"
		if got != s.want {
			mark = "✗"
			wrong = append(wrong, fmt.Errorf("%s: got %v, want %v", s.asked, got, s.want))
		}
		fmt.Fprintf(&table, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n",
			mark, s.asked, got.said, got.value, got.matches, got.tries, d.answeredBy(s))
	}
	if len(wrong) > 0 {
		wrong = append(wrong, d.cleanUp(ctx))
	}
	return errors.Join(append(wrong, align(out, table.String()))...)
}

// align prints text with its columns, which tabs separate, one below the other.
func align(out io.Writer, text string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	return w.Flush()
}

// cells are what a line of the table tells about an answer.
type cells struct {
	said    string // by the server
	value   string // that the program got: a result or an error
	matches string // targets of errors.Is
	tries   int
}

func (c cells) String() string {
	return fmt.Sprintf("%q as %s, matching %q after %d tries", c.said, c.value, c.matches, c.tries)
}

// take takes one step and tells what came of it.
func (d *demo) take(ctx context.Context, s step) cells {
	if s.fault != nil {
		d.fake.Inject(*s.fault)
	}
	r, err := s.call(ctx, d)
	got := describe(r, err)
	got.value = strings.NewReplacer(d.site.SiteURL()+d.folder, "…", d.fake.URL, "").Replace(got.value)
	return got
}

func (d *demo) answeredBy(s step) string {
	if s.fault != nil || d.site.SiteURL() == d.fake.URL {
		return "plonetest"
	}
	return "plone"
}

// describe is what a program can find out about a result or an error.
func describe(r reply, err error) cells {
	c := cells{matches: matches(err)}
	status, answered := errors.AsType[*errors.StatusError](err)
	if answered {
		c.said = fmt.Sprintf("%d %s", int(status.Status), status.Type)
		c.value, c.tries = "*errors.StatusError", status.Attempts
		for i, f := range status.Fields {
			c.value += [...]string{", Fields ", " "}[min(i, 1)] + f.Field
		}
	}
	if e, ok := errors.AsType[*errors.UnauthorizedError](err); ok {
		c.value = fmt.Sprintf("*errors.UnauthorizedError, %d challenges", len(e.Challenges))
		for _, challenge := range e.Challenges {
			c.value += " " + challenge.Scheme
		}
	} else if e, ok := errors.AsType[*errors.TransportError](err); ok {
		c.said, c.value, c.tries = "nothing", "*errors.TransportError", e.Attempts
	} else if err != nil && !answered {
		c.value = fmt.Sprintf("%T: %v", err, err)
	} else if err == nil {
		c.said, c.value, c.tries = errors.Status(r.StatusCode).Error(), r.value, r.Attempts
	}
	return c
}

// matches names the targets that err matches, the most telling ones first.
func matches(err error) string {
	var names []string
	for _, t := range []struct {
		name   string
		target error
	}{
		{"ErrAlreadyExists", errors.ErrAlreadyExists},
		{"ErrValidation", errors.ErrValidation},
		{"ErrInvalidCredentials", errors.ErrInvalidCredentials},
		{"ErrOutcomeUnknown", errors.ErrOutcomeUnknown},
		{"ErrBadRequest", errors.ErrBadRequest},
		{"ErrUnauthorized", errors.ErrUnauthorized},
		{"ErrForbidden", errors.ErrForbidden},
		{"ErrNotFound", errors.ErrNotFound},
		{"ErrMethodNotAllowed", errors.ErrMethodNotAllowed},
		{"ErrConflict", errors.ErrConflict},
		{"ErrInternalServer", errors.ErrInternalServer},
		{"ErrUnavailable", errors.ErrUnavailable},
		{"ErrClient", errors.ErrClient},
		{"ErrServer", errors.ErrServer},
	} {
		if errors.Is(err, t.target) {
			names = append(names, t.name)
		}
	}
	return strings.Join(names, " ")
}
