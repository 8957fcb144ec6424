package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// VocabularyService reads vocabularies and the sources of fields. It is safe for concurrent use.
type VocabularyService struct{ client *Client }

var (
	listVocabularies = declare(operation{
		name: "Vocabularies.List", method: http.MethodGet, path: "/{path}/@vocabularies", want: http.StatusOK,
	})
	listTerms = declare(operation{
		name: "Vocabularies.Terms", method: http.MethodGet, path: "/{path}/@vocabularies/{name}", want: http.StatusOK,
	})
	listSource = declare(operation{
		name: "Vocabularies.Source", method: http.MethodGet, path: "/{path}/@sources/{field}", want: http.StatusOK,
	})
	searchSource = declare(operation{
		name: "Vocabularies.QuerySource", method: http.MethodGet, path: "/{path}/@querysources/{field}", want: http.StatusOK,
	})
)

// VocabularyName is a vocabulary of the site.
type VocabularyName struct {
	URL   string `json:"@id"`
	Title string `json:"title"` // its name, like "plone.app.vocabularies.Roles"
}

func (n *VocabularyName) check() error { return requireURL(n.URL) }

// TermOptions say which terms of a vocabulary are wanted. The zero value is all
// of them, in the order of the vocabulary.
type TermOptions struct {
	// PageSize is how many terms a request asks for; 0 for all in one request. The
	// server works out the whole vocabulary for every request.
	PageSize    int
	Title       string   // part of the title, in any case
	Tokens      []string // whole tokens, in any case; not together with Title
	SortByTitle bool
}

// List returns the names of all vocabularies, as they are found at the object at
// path. Anonymous users may see them too.
//
// Errors: [errors.ErrNotFound] when there is no such object,
// [errors.ErrUnauthorized] when the user may not see it.
//
// Source: plone.restapi documentation, "Vocabularies", "List all vocabularies".
func (s *VocabularyService) List(ctx context.Context, path string, opts ...CallOption) (*OK[[]VocabularyName], error) {
	return okArray[VocabularyName](ctx, s.client, listVocabularies.at(path), opts)
}

// Terms walks the terms of the vocabulary called name, as they are at the object
// at path.
//
// Errors: [errors.ErrNotFound] when there is no such vocabulary or object,
// [errors.ErrForbidden] and, for anonymous users, [errors.ErrUnauthorized] when
// the vocabulary is kept from the user, like that of users and groups;
// [errors.ErrInvalidInput] for Title and Tokens together, which the server cannot
// do.
//
// Source: plone.restapi documentation, "Vocabularies", "Get a vocabulary".
func (s *VocabularyService) Terms(ctx context.Context, path, name string, o TermOptions, opts ...CallOption) iter.Seq2[*Term, error] {
	return s.list(listTerms.at(path, name), o).items(ctx, opts)
}

// TermPages is Terms in batches of PageSize, which tell how many terms there are.
//
// Errors: as Terms.
//
// Source: plone.restapi documentation, "Vocabularies", "Get a vocabulary".
func (s *VocabularyService) TermPages(ctx context.Context, path, name string, o TermOptions, opts ...CallOption) iter.Seq2[*Batch[Term], error] {
	return s.list(listTerms.at(path, name), o).pages(ctx, opts)
}

// Source walks the terms that the field of the object at path can be chosen from.
// Only a few fields have a source that can be listed; most have a vocabulary.
//
// Errors: [errors.ErrNotFound] when there is no such object or field, or the
// field has no source, [errors.ErrBadRequest] when its source cannot be listed,
// [errors.ErrInternalServer] when it is no field for a choice,
// [errors.ErrUnauthorized] without the permission "Access Plone vocabularies",
// [errors.ErrInvalidInput] for Title and Tokens together.
//
// Source: plone.restapi documentation, "Vocabularies", "Get a source".
func (s *VocabularyService) Source(ctx context.Context, path, field string, o TermOptions, opts ...CallOption) iter.Seq2[*Term, error] {
	return s.list(listSource.at(path, field), o).items(ctx, opts)
}

// SourcePages is Source in batches of PageSize, which tell how many terms there are.
//
// Errors: as Source.
//
// Source: plone.restapi documentation, "Vocabularies", "Get a source".
func (s *VocabularyService) SourcePages(ctx context.Context, path, field string, o TermOptions, opts ...CallOption) iter.Seq2[*Batch[Term], error] {
	return s.list(listSource.at(path, field), o).pages(ctx, opts)
}

// QuerySource walks the terms that the source of the field of the object at path
// finds for query; what that means is up to the source. It asks for pageSize terms
// at once; 0 is 100.
//
// Errors: [errors.ErrNotFound] when there is no such object or field, or the
// field has no source that can be searched, [errors.ErrInternalServer] when it is
// no field for a choice, [errors.ErrUnauthorized] without the permission "Access
// Plone vocabularies".
//
// Source: plone.restapi documentation, "Vocabularies", "Querying a query source".
func (s *VocabularyService) QuerySource(ctx context.Context, path, field, query string, pageSize int, opts ...CallOption) iter.Seq2[*Term, error] {
	return s.matches(path, field, query, pageSize).items(ctx, opts)
}

// QuerySourcePages is QuerySource in batches of pageSize, which tell how many terms
// were found.
//
// Errors: as QuerySource.
//
// Source: plone.restapi documentation, "Vocabularies", "Querying a query source".
func (s *VocabularyService) QuerySourcePages(ctx context.Context, path, field, query string, pageSize int, opts ...CallOption) iter.Seq2[*Batch[Term], error] {
	return s.matches(path, field, query, pageSize).pages(ctx, opts)
}

func (s *VocabularyService) matches(path, field, query string, pageSize int) *list[Term] {
	r := searchSource.at(path, field)
	r.Query = url.Values{"query": {query}}
	return &list[Term]{client: s.client, size: pageSize, request: r}
}

func (s *VocabularyService) list(r request, o TermOptions) *list[Term] {
	r.Query = url.Values{}
	if o.Title != "" {
		r.Query.Set("title", o.Title)
	}
	if len(o.Tokens) > 0 {
		r.Query["tokens"] = o.Tokens
	}
	if o.SortByTitle {
		r.Query.Set("sort_on", "title")
	}
	if o.Title != "" && len(o.Tokens) > 0 {
		r.err = invalid("terms by title and by tokens")
	}
	l := &list[Term]{client: s.client, size: o.PageSize, request: r}
	if o.PageSize == 0 {
		// The answer to this does not say how many there are: it ends the list.
		l.whole, l.paging = true, func(r *request, _, _ int) { r.setQuery("b_size", "-1") }
	}
	return l
}
