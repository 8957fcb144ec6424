package client

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

// AliasService manages aliases: old addresses that lead to an object. The server
// makes one itself for every object that is moved or renamed. It is safe for
// concurrent use.
type AliasService struct{ client *Client }

var (
	listAliases = declare(operation{
		name: "Aliases.All", method: http.MethodGet, path: "/{path}/@aliases", want: http.StatusOK,
	})
	addAliases = declare(operation{
		name: "Aliases.Add", method: http.MethodPost, path: "/{path}/@aliases", want: http.StatusNoContent, or: http.StatusOK,
	})
	addSiteAliases = declare(operation{
		name: "Aliases.AddToSite", method: http.MethodPost, path: "/@aliases", want: http.StatusNoContent,
	})
	removeAliases = declare(operation{
		name: "Aliases.Remove", method: http.MethodDelete, path: "/{path}/@aliases", want: http.StatusNoContent, or: http.StatusOK,
	})
	exportAliases = declare(operation{
		name: "Aliases.ExportCSV", method: http.MethodGet, path: "/@aliases", want: http.StatusOK, media: "text/csv",
	})
	importAliases = declare(operation{
		name: "Aliases.ImportCSV", method: http.MethodPost, path: "/@aliases", want: http.StatusNoContent,
		media: "text/csv", unbounded: true,
	})
)

// Alias is an address that leads to another one.
type Alias struct {
	Path       string `json:"path"`                  // below the site, like "/old"
	RedirectTo string `json:"redirect-to,omitempty"` // a path below the site, or the URL of another site
	Datetime   Time   `json:"datetime,omitzero"`     // when it was made; zero in a new one for now
	Manual     bool   `json:"manual"`                // false for one that the server made; never written
}

// UnmarshalJSON implements json.Unmarshaler. The server puts a slash before the
// URL of another site.
func (a *Alias) UnmarshalJSON(data []byte) error {
	type plain Alias
	if err := wire.Unmarshal(data, (*plain)(a)); err != nil {
		return err
	}
	if target := strings.TrimPrefix(a.RedirectTo, "/"); absolute(target) {
		a.RedirectTo = target
	}
	return nil
}

func (a *Alias) check() error {
	if a.Path == "" {
		return errMissing("path")
	}
	return nil
}

func (a *Alias) identity() string { return a.Path }

// AliasOptions say which aliases to read. The zero value reads all.
type AliasOptions struct {
	PageSize int       // aliases per request; 0 for 100
	Prefix   string    // of the path, like "/news"
	Manual   Opt[bool] // those made by people, or those made by the server
	Start    time.Time // made at or after
	End      time.Time // made before
}

func (o AliasOptions) query() (url.Values, error) {
	q := url.Values{}
	if o.Prefix != "" {
		if o.Prefix[0] != '/' {
			return nil, invalid("the prefix %q does not begin with a slash", o.Prefix)
		}
		q.Set("query", o.Prefix)
		q.Set("q", o.Prefix) // the name in plone.restapi 9
	}
	if manual, given := o.Manual.Get(); given {
		q.Set("manual", strconv.FormatBool(manual))
	}
	for name, date := range map[string]time.Time{"start": o.Start, "end": o.End} {
		if !date.IsZero() {
			q.Set(name, date.Format(time.RFC3339))
		}
	}
	return q, nil
}

// wants reports whether the alias is one of those. Not every version of the server
// knows all parameters, and who lists aliases may be about to remove them.
func (o AliasOptions) wants(a *Alias) bool {
	manual, given := o.Manual.Get()
	return (o.Prefix == "" || strings.HasPrefix(a.Path, "/"+strings.Trim(o.Prefix, "/"))) && (!given || manual == a.Manual)
}

// FailedAliasesError is the error of aliases that were left out, though the server
// answered 200. The others were added or removed.
type FailedAliasesError struct {
	Path     string   // of the object, as the caller named it
	Failed   []string // the aliases that were left out, as the caller named them
	Attempts int      // tries made, at least 1

	meaning errors.Status
}

// Error implements error.
func (e *FailedAliasesError) Error() string {
	what := "not added"
	if e.meaning == errors.ErrNotFound {
		what = "not there to be removed"
	}
	return fmt.Sprintf("plone: aliases of %s that were %s: %q", e.Path, what, e.Failed)
}

// Is reports whether target is [errors.ErrBadRequest] for aliases that could not
// be added, [errors.ErrNotFound] for those that were not there to be removed,
// or the class of these. After a repeat it matches [errors.ErrOutcomeUnknown] too: most likely the try
// before it did the work.
func (e *FailedAliasesError) Is(target error) bool {
	return errors.Is(e.meaning, target) || target == errors.ErrOutcomeUnknown && e.Attempts > 1
}

// All walks the aliases that lead to the object at path, in the order of their
// paths; at the site root it walks all aliases of the site.
//
// Errors: [errors.ErrUnauthorized] when the user may not manage aliases,
// [errors.ErrNotFound], [errors.ErrInvalidInput] for a Prefix without a slash,
// [errors.ErrListChanged] at the end when aliases changed underneath.
//
// Source: plone.restapi documentation, "Aliases".
func (s *AliasService) All(ctx context.Context, path string, o AliasOptions, opts ...CallOption) iter.Seq2[*Alias, error] {
	return s.list(path, o).items(ctx, opts)
}

// Pages is All in batches of PageSize, which tell how many there are. The next one
// is fetched while the caller works with the last.
//
// Errors: as All.
//
// Source: plone.restapi documentation, "Aliases".
func (s *AliasService) Pages(ctx context.Context, path string, o AliasOptions, opts ...CallOption) iter.Seq2[*Batch[Alias], error] {
	return s.list(path, o).pages(ctx, opts)
}

func (s *AliasService) list(path string, o AliasOptions) *list[Alias] {
	l := &list[Alias]{client: s.client, size: o.PageSize, request: listAliases.at(path), wanted: o.wants}
	l.request.Query, l.request.err = o.query()
	return l
}

// Add makes aliases that lead to the object at path; their RedirectTo is empty.
// Inside the folder of a language, the server puts the path of that folder before
// every alias that does not begin with it. AddToSite makes aliases for any target.
//
// Errors: [FailedAliasesError], matching [errors.ErrBadRequest], names the aliases
// that were not made: they exist already, wherever they lead, or there is an
// object at that address, or they do not begin with a slash. The others were made.
// [errors.ErrUnauthorized] when the user may not manage aliases here,
// [errors.ErrNotFound], [errors.ErrInvalidInput] for an alias with a RedirectTo,
// [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Aliases".
func (s *AliasService) Add(ctx context.Context, path string, aliases []Alias, opts ...CallOption) (*NoContent, error) {
	items := make([]newAlias, len(aliases))
	for i, a := range aliases {
		if a.RedirectTo != "" {
			return nil, invalid("the alias %q leads to %q; see AddToSite", a.Path, a.RedirectTo)
		}
		items[i] = newAlias{Path: s.client.sitePath(a.Path), Datetime: a.Datetime}
	}
	return s.change(ctx, addAliases.at(path), items, errors.ErrBadRequest, opts)
}

// newAlias is an alias in a request.
type newAlias struct {
	Path       string `json:"path"`
	RedirectTo string `json:"redirect-to,omitempty"`
	Datetime   Time   `json:"datetime,omitzero"`
}

// AddToSite makes aliases that lead to their RedirectTo, all or none of them.
//
// Errors: [errors.ErrBadRequest] for an alias that exists or at whose address there
// is an object, and for a target that is missing or does not exist,
// [errors.ErrUnauthorized] when the user may not manage the aliases of the site,
// [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Aliases".
func (s *AliasService) AddToSite(ctx context.Context, aliases []Alias, opts ...CallOption) (*NoContent, error) {
	items := make([]newAlias, len(aliases))
	for i, a := range aliases {
		items[i] = newAlias{Path: s.client.sitePath(a.Path), RedirectTo: s.client.sitePath(a.RedirectTo), Datetime: a.Datetime}
	}
	return noContent(ctx, s.client, addSiteAliases.at("").with(map[string][]newAlias{"items": items}), opts)
}

// Ensure makes those of the aliases that do not lead to the object at path yet. Value
// are all that lead to it then, as the server stores them, and Changed those that were
// made.
//
// Errors: those of All and Add. An [EnsureError] around a [FailedAliasesError] tells
// which aliases were made.
//
// Source: plone.restapi documentation, "Aliases".
func (s *AliasService) Ensure(ctx context.Context, path string, aliases []string, opts ...CallOption) (*Ensured[[]string], error) {
	root, err := s.client.Components.Navroot(ctx, path, opts...)
	if err != nil {
		return nil, err
	}
	prefix := s.client.sitePath(root.Value.Navroot.URL)
	result := new(Ensured[[]string])
	for a, err := range s.All(ctx, path, AliasOptions{}, opts...) {
		if err != nil {
			return nil, err
		}
		result.Value = append(result.Value, a.Path)
	}
	var items []Alias
	for _, alias := range aliases {
		alias = strings.TrimSuffix(s.client.sitePath(alias), "/")
		if prefix != "/" && !strings.HasPrefix(alias, prefix) && strings.HasPrefix(alias, "/") {
			alias = prefix + alias // as the server does
		}
		if !slices.Contains(result.Value, alias) {
			items, result.Value, result.Changed = append(items, Alias{Path: alias}), append(result.Value, alias), append(result.Changed, alias)
		}
	}
	slices.Sort(result.Value)
	slices.Sort(result.Changed)
	if len(items) == 0 {
		return result, nil
	}
	_, err = s.Add(ctx, path, items, opts...)
	if failed, partly := errors.AsType[*FailedAliasesError](err); partly {
		result.Changed = slices.DeleteFunc(result.Changed, func(alias string) bool { return slices.Contains(failed.Failed, alias) })
		if len(result.Changed) > 0 {
			return nil, result.failed(path, err)
		}
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// Remove removes aliases. The server does not look whether they lead to the object
// at path; that only decides whether the user may do it.
//
// Errors: [FailedAliasesError], matching [errors.ErrNotFound], names the aliases
// that there were none of; the others were removed. [errors.ErrUnauthorized] when
// the user may not manage aliases here, [errors.ErrNotFound] also when there is no
// such object.
//
// Source: plone.restapi documentation, "Aliases".
func (s *AliasService) Remove(ctx context.Context, path string, aliases []string, opts ...CallOption) (*NoContent, error) {
	items := make([]newAlias, len(aliases))
	for i, a := range aliases {
		items[i].Path = s.client.sitePath(a)
	}
	return s.change(ctx, removeAliases.at(path), items, errors.ErrNotFound, opts)
}

// failedAliases is the 200 of a change that left aliases out.
type failedAliases struct {
	Type   string   `json:"type"`
	Failed []string `json:"failed"`
}

func (f *failedAliases) check() error {
	if f.Type != "error" || len(f.Failed) == 0 {
		return errMissing("failed")
	}
	return nil
}

func (s *AliasService) change(ctx context.Context, r request, items []newAlias, failing errors.Status, opts []CallOption) (*NoContent, error) {
	r = r.with(map[string][]newAlias{"items": items})
	var failed failedAliases
	resp, err := s.client.roundTrip(ctx, r.apply(opts), &failed)
	if err != nil {
		return nil, err
	}
	result := &NoContent{summary(resp)}
	if resp.StatusCode == http.StatusNoContent {
		return result, nil
	}
	for i, name := range failed.Failed {
		failed.Failed[i] = failedItem(name, items)
	}
	return nil, &FailedAliasesError{Path: r.Path, Failed: failed.Failed, Attempts: result.Attempts, meaning: failing}
}

// failedItem is the path that the caller sent for the one in an answer, before
// which the server may have put that of the site and the folder of a language.
func failedItem(name string, items []newAlias) string {
	sent := ""
	for _, item := range items {
		if strings.HasSuffix(name, item.Path) && len(item.Path) > len(sent) {
			sent = item.Path
		}
	}
	if sent == "" {
		return name
	}
	return sent
}

// ExportCSV returns all aliases of the site as CSV with a header: old path, new path,
// datetime, manual. The caller closes it.
//
// Errors: [errors.ErrUnauthorized] when the user may not manage the aliases of the
// site, [errors.DecodeError] when the answer is no CSV.
//
// Source: plone.restapi documentation, "Aliases".
func (s *AliasService) ExportCSV(ctx context.Context, opts ...CallOption) (*Download, error) {
	r := exportAliases.at("")
	return s.client.download(ctx, r.apply(opts), expected{mediaType: "text/csv"})
}

// ImportCSV adds the aliases of table, all or none of them. Its columns are old path,
// new path, and optionally datetime and manual; a first line without slashes is taken
// for titles. The server guesses the delimiter from the first two lines, so give all
// lines as many columns; best are the titles of ExportCSV. The table is sent while it
// is read, once, and without a time limit but that of ctx.
//
// Errors: [errors.ErrValidation] with a Field like "line 3" for each line that is
// refused, for the reasons of AddToSite; [errors.ErrInternalServer] when there is
// no delimiter to be found, [errors.ErrUnauthorized] when the user may not manage the
// aliases of the site, [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Aliases".
func (s *AliasService) ImportCSV(ctx context.Context, table io.Reader, opts ...CallOption) (*NoContent, error) {
	if table == nil {
		return nil, invalid("an import without a table")
	}
	body, contentType := csvForm(table)
	r := importAliases.at("").with(body)
	r.Header = http.Header{"Content-Type": {contentType}}
	return noContent(ctx, s.client, r, opts)
}

// sitePath is the path below the site of a URL inside it; every other name stays
// as it is.
func (c *Client) sitePath(name string) string {
	if !absolute(name) {
		return name
	}
	u, err := c.resolve(name)
	if err != nil {
		return name
	}
	return "/" + strings.TrimPrefix(strings.TrimPrefix(u.Path, c.site.Path), "/")
}
