package client

import (
	"context"
	"net/url"
)

// BlockTypeService counts where blocks are used. It needs plone.volto. It is safe
// for concurrent use.
type BlockTypeService struct{ client *Client }

// BlockUse is an object with blocks of a type.
type BlockUse struct {
	ID    string `json:"@id"`
	Title string `json:"title"`
	Count int    `json:"count"` // of those blocks
}

// Counts returns how many blocks there are of each type, without the types that
// are not used. It counts the objects that the user may see, on the whole site or
// below the path under. That is a path in the database, "/Plone/news", whatever
// the address of the site is.
//
// Errors: [errors.ErrUnauthorized] when the user may not see block types,
// [errors.ErrNotFound] when the site has no such service.
//
// Source: plone.volto.
//
//plone:operation GET /{path}/@blocktypes 200
func (s *BlockTypeService) Counts(ctx context.Context, under string, opts ...CallOption) (*OK[map[string]int], error) {
	return ok[map[string]int](ctx, s.client, request{Request: below(under), service: []string{"@blocktypes"}}, opts)
}

// Find returns the objects with blocks of a type, like "image"; none when the
// type is unknown. For under see Counts.
//
// Errors: as Counts.
//
// Source: plone.volto.
//
//plone:operation GET /{path}/@blocktypes/{type} 200
func (s *BlockTypeService) Find(ctx context.Context, under, blockType string, opts ...CallOption) (*OK[[]BlockUse], error) {
	return okArray[BlockUse](ctx, s.client, request{Request: below(under), service: []string{"@blocktypes", blockType}}, opts)
}

func below(path string) Request {
	if path == "" {
		return Request{}
	}
	return Request{Query: url.Values{"path": {path}}}
}
