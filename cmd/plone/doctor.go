package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// finding is what one check has found.
type finding struct {
	Part   string  `json:"part"`
	Name   string  `json:"name"`
	Result verdict `json:"result"`
	Detail string  `json:"detail"`
}

// verdict is what a finding means.
type verdict string

const (
	fine     verdict = "ok"
	surprise verdict = "note" // one has to know of it
	caution  verdict = "warning"
	absent   verdict = "missing"
	broken   verdict = "failed"
	unclear  verdict = "unknown" // it could not be checked
)

// check looks at one thing. Its error says why it could not.
type check struct {
	name string
	look func(ctx context.Context, e *exam) (verdict, string, error)
}

// exam is what the checks share.
type exam struct {
	client  *client.Client
	visitor *client.Client // nobody
	site    *client.OK[client.SiteInfo]
	asked   [2]time.Time // before and after site
	who     error        // why the site does not know the user
	addons  map[string]bool
	scratch string // path of the document for the checks that write
}

func (a *app) doctorCommand() *cobra.Command {
	var write bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Tell who you are, what the site is, and how it behaves",
		Long: `Tell who the site takes you for, its versions and its clock, which optional
services it has, and how it behaves where a server may do nothing and say that
all is well. It changes nothing, unless --write lets it make a document for the
checks that need one, and remove it in the end.

The exit code is that of a site that does not answer, or does not know you.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.settings()
			if err != nil {
				return err
			}
			s.strict = false // it has to see what the site does by itself
			c, err := a.client(s)
			if err != nil {
				return err
			}
			findings, err := examine(cmd.Context(), c, write)
			if findings == nil {
				return err
			}
			return errors.Join(err, a.print(findings, func(w io.Writer) { writeFindings(w, findings) }))
		},
	}
	cmd.Flags().BoolVar(&write, "write", false, "make a document at the top of the site, try on it, and remove it")
	return cmd
}

// examine makes all checks. Without findings, the site could not be asked.
func examine(ctx context.Context, c *client.Client, write bool) (findings []finding, err error) {
	e := &exam{client: c}
	if e.visitor, err = c.Clone(client.WithAuth(nil)); err != nil {
		return nil, err
	}
	e.asked[0] = time.Now()
	if e.site, err = e.visitor.Site.Get(ctx); errors.Is(err, errors.ErrUnauthorized) {
		e.site, err = c.Site.Get(ctx)
	}
	e.asked[1] = time.Now()
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name   string
		checks []check
	}{{"site", siteChecks}, {"services", serviceChecks}, {"behaviour", behaviourChecks}} {
		findings = append(findings, e.look(ctx, part.name, part.checks)...)
	}
	if !write || e.who != nil || ctx.Err() != nil {
		return findings, errors.Join(e.who, ctx.Err())
	}
	remove, err := e.makeScratch(ctx)
	if err != nil {
		return findings, err
	}
	findings = append(findings, e.look(ctx, "behaviour on writing", writeChecks)...)
	return findings, errors.Join(remove(), ctx.Err())
}

// look makes the checks of one part, as long as ctx does not end.
func (e *exam) look(ctx context.Context, part string, checks []check) (findings []finding) {
	for _, check := range checks {
		verdict, detail, err := check.look(ctx, e)
		if ctx.Err() != nil {
			return findings
		}
		switch {
		case errors.Is(err, errors.ErrUnauthorized) || errors.Is(err, errors.ErrForbidden):
			verdict, detail = unclear, "you may not ask"
		case err != nil:
			verdict, detail = unclear, message(err)
		}
		findings = append(findings, finding{part, check.name, verdict, detail})
	}
	return findings
}

func writeFindings(w io.Writer, findings []finding) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	part := ""
	for _, f := range findings {
		if f.Part != part {
			part = f.Part
			fmt.Fprintf(table, "%s:\n", part)
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", f.Result, f.Name, plain(f.Detail))
	}
	_ = table.Flush()
}

// siteChecks are about the site and the user.
var siteChecks = []check{
	{"address", func(_ context.Context, e *exam) (verdict, string, error) {
		if _, err := e.client.Path(e.site.Value.URL); err != nil {
			return caution, e.client.SiteURL() + " calls itself " + e.site.Value.URL + ": say so with --public-url", nil
		}
		return fine, e.client.SiteURL() + " is " + e.site.Value.Title, nil
	}},
	{"you", func(ctx context.Context, e *exam) (verdict, string, error) {
		who, err := whoAmI(ctx, e.client)
		switch {
		case errors.Is(err, errors.ErrNotImplemented):
			return unclear, "the site issues no tokens, so that it cannot be asked", nil
		case err != nil:
			e.who, e.client = err, e.visitor
			return broken, message(err), nil
		}
		return fine, who.String(), nil
	}},
	{"versions", func(ctx context.Context, e *exam) (verdict, string, error) {
		system, err := e.client.System.Get(ctx)
		if err != nil {
			return "", "", err
		}
		v := system.Value
		python, _, _ := strings.Cut(v.Python, " ")
		detail := fmt.Sprintf("Plone %s, plone.restapi %s, Zope %s, Python %s", v.Plone, v.RESTAPI, v.Zope, python)
		if v.NeedsUpgrade {
			return caution, detail + "; the site is to be upgraded from " + v.Installed + " to " + v.FileSystem, nil
		}
		return fine, detail, nil
	}},
	{"clock", func(_ context.Context, e *exam) (verdict, string, error) {
		date, err := http.ParseTime(e.site.Header.Get("Date"))
		if err != nil {
			return unclear, "the site does not tell its time", nil
		}
		return skew(date, e.asked[0], e.asked[1])
	}},
}

// bearable is how far the clock of a site may be off.
const bearable = time.Minute

// skew says how the clock of the site, in whole seconds, differs from ours.
func skew(site, before, after time.Time) (verdict, string, error) {
	ahead, behind := site.Sub(after), before.Sub(site)-time.Second
	switch {
	case ahead <= 0 && behind <= 0:
		return fine, "the site's agrees with yours", nil
	case ahead > bearable:
		return caution, fmt.Sprintf("the site's is %s ahead of yours: your tokens seem to live longer than they do", ahead.Round(time.Second)), nil
	case behind > bearable:
		return caution, fmt.Sprintf("the site's is %s behind yours: your tokens seem to end early", behind.Round(time.Second)), nil
	default:
		return fine, fmt.Sprintf("the site's differs by less than %s", bearable), nil
	}
}

// serviceChecks are about what a site need not have.
var serviceChecks = []check{
	{"tokens", func(ctx context.Context, e *exam) (verdict, string, error) {
		// Nobody cannot renew a token, but only a site that has some says so.
		_, err := e.visitor.Auth.Renew(ctx)
		if status, ok := errors.AsType[*errors.StatusError](err); ok && status.Type == "Unauthorized" {
			// Nobody may ask anything, as in a Classic site: it was not about tokens.
			_, err = e.client.Auth.Renew(ctx)
		}
		switch {
		case errors.Is(err, errors.ErrNotImplemented):
			return absent, "use --basic", nil
		case err == nil, errors.Is(err, errors.ErrUnauthorized):
			return fine, "@login issues them", nil
		}
		return "", "", err
	}},
	{"resumable uploads", func(ctx context.Context, e *exam) (verdict, string, error) {
		options, err := e.client.Files.Options(ctx, "/")
		if errors.Is(err, errors.ErrNotFound) {
			return absent, "the site has no @tus-upload", nil
		}
		if err != nil {
			return "", "", err
		}
		return fine, fmt.Sprintf("TUS %s %v", options.Resumable, options.Extensions), nil
	}},
	{"translations", func(_ context.Context, e *exam) (verdict, string, error) {
		info := e.site.Value
		if !info.Features.Multilingual {
			return absent, "one language: " + info.DefaultLanguage, nil
		}
		return fine, fmt.Sprintf("%v, %s by default", info.Languages, info.DefaultLanguage), nil
	}},
	addon("comments", "plone.app.discussion"),
	addon("working copies", "plone.app.iterate"),
	addon("blocks of Volto", "plone.volto"),
	addon("caching", "plone.app.caching"),
}

// addon checks whether an add-on is installed.
func addon(name, pkg string) check {
	return check{name, func(ctx context.Context, e *exam) (verdict, string, error) {
		if e.addons == nil {
			list, err := e.client.Addons.List(ctx, client.AddonOptions{})
			if err != nil {
				return "", "", err
			}
			e.addons = map[string]bool{}
			for _, a := range list.Value.Items {
				e.addons[a.ID] = bool(a.Installed)
			}
		}
		switch installed, found := e.addons[pkg]; {
		case installed:
			return fine, pkg, nil
		case found:
			return absent, pkg + " is there, but not installed", nil
		default:
			return absent, "there is no " + pkg, nil
		}
	}}
}

// total is a search of which only the number of its hits counts.
type total struct {
	Items int `json:"items_total"`
}

// behaviourChecks are about what a server does with what it does not understand.
var behaviourChecks = []check{
	{"wrong credentials", func(ctx context.Context, e *exam) (verdict, string, error) {
		if _, err := e.visitor.Content.Get(ctx, "/"); err != nil {
			return unclear, "the site shows nothing to visitors", nil
		}
		wrong, err := e.client.Clone(client.WithAuth(auth.Static("not-a-token")))
		if err != nil {
			return "", "", err
		}
		_, err = wrong.Content.Get(ctx, "/")
		switch {
		case err == nil:
			return surprise, "are ignored, so that you see what a visitor sees; --strict refuses them", nil
		case errors.Is(err, errors.ErrUnauthorized):
			return fine, "are refused", nil
		}
		return "", "", err
	}},
	{"no permission", func(ctx context.Context, e *exam) (verdict, string, error) {
		_, err := e.visitor.Users.List(ctx, client.UserQuery{})
		refused, found := errors.AsType[*errors.UnauthorizedError](err)
		switch {
		case found && len(refused.Challenges) == 0:
			return surprise, "is 401 without a challenge, also for those who are logged in", nil
		case found:
			return fine, "is 401 with a challenge", nil
		case err != nil:
			return fine, message(err), nil
		}
		return caution, "visitors can list the users", nil
	}},
	{"names further up", func(ctx context.Context, e *exam) (verdict, string, error) {
		for child, err := range e.client.Content.Children(ctx, "/", client.ListOptions{PageSize: 1}) {
			if err != nil {
				return "", "", err
			}
			_, name, err := place(e.client, child.URL)
			if err != nil {
				return "", "", err
			}
			_, err = e.client.Content.Get(ctx, "/"+name+"/"+name)
			switch {
			case as[*client.AcquiredError](err):
				return surprise, "are found where they are not; read as not found, and writes look first", nil
			case errors.Is(err, errors.ErrNotFound):
				return fine, "are not found", nil
			case err == nil:
				return unclear, "/" + name + "/" + name + " exists", nil
			}
			return "", "", err
		}
		return unclear, "the site is empty", nil
	}},
	{"unknown indexes", func(ctx context.Context, e *exam) (verdict, string, error) {
		var found [2]int
		for i, query := range []map[string][]string{{"b_size": {"1"}}, {"b_size": {"1"}, "no_such_index": {"x"}}} {
			answer, err := client.Call[total](ctx, e.client, client.Request{Path: "/@search", Query: query})
			if err != nil {
				return "", "", err
			}
			found[i] = answer.Value.Items
		}
		if found[0] == found[1] && found[0] > 0 {
			return surprise, "are passed over by searches, which find too much; query and --sort ask first", nil
		}
		return fine, "find nothing", nil
	}},
	{"addresses of next pages", func(ctx context.Context, e *exam) (verdict, string, error) {
		options := client.QueryOptions{PageSize: 1, Where: []client.Condition{client.IndexPath.Under("/", 0)}, Cacheable: true}
		for page, err := range e.client.Search.QueryPages(ctx, "/", options) {
			if err != nil {
				return "", "", err
			}
			if page.Batching == nil || page.Batching.Next == "" || len(page.Items) == 0 {
				break
			}
			next, err := client.Call[struct {
				Items []client.Summary `json:"items"`
			}](ctx, e.client, client.Request{Path: page.Batching.Next})
			if err != nil {
				return "", "", err
			}
			if len(next.Value.Items) > 0 && next.Value.Items[0].URL == page.Items[0].URL {
				return surprise, "of @querystring-search lead to the first page again; pages are counted instead", nil
			}
			return fine, "lead to the next page", nil
		}
		return unclear, "there is too little to find", nil
	}},
	{"missing records", func(ctx context.Context, e *exam) (verdict, string, error) {
		_, err := e.client.Registry.Get(ctx, "plone.no_such_record")
		if !errors.Is(err, errors.ErrNotFound) {
			return "", "", err
		}
		if errors.Is(err, errors.ErrServer) {
			return surprise, "are a 503; read as not found, and not repeated", nil
		}
		return fine, "are a 404", nil
	}},
	{"unsupported methods", func(ctx context.Context, e *exam) (verdict, string, error) {
		_, err := client.Call[struct{}](ctx, e.client, client.Request{Method: http.MethodHead, Path: "/"})
		if errors.Is(err, errors.ErrNotFound) {
			return surprise, "are a 404, as if the object were not there", nil
		}
		if err != nil {
			return fine, message(err), nil
		}
		return fine, "HEAD is supported", nil
	}},
}
