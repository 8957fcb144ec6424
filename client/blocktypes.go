package client

import (
	"context"
	"net/http"
	"net/url"
)

// BlockTypeService counts where blocks are used. It needs plone.volto. It is safe
// for concurrent use.
type BlockTypeService struct{ client *Client }

var (
	countBlocks = declare(operation{
		name: "BlockTypes.Counts", method: http.MethodGet, path: "/{path}/@blocktypes", want: http.StatusOK,
	})
	findBlocks = declare(operation{
		name: "BlockTypes.Find", method: http.MethodGet, path: "/{path}/@blocktypes/{type}", want: http.StatusOK,
	})
)

// BlockUse is an object with blocks of a type.
type BlockUse struct {
	URL   string `json:"@id"`
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
func (s *BlockTypeService) Counts(ctx context.Context, under string, opts ...CallOption) (*OK[map[string]int], error) {
	return ok[map[string]int](ctx, s.client, countBlocks.below(under), opts)
}

// Find returns the objects with blocks of a type, like "image"; none when the
// type is unknown. For under see Counts.
//
// Errors: as Counts.
//
// Source: plone.volto.
func (s *BlockTypeService) Find(ctx context.Context, under, blockType string, opts ...CallOption) (*OK[[]BlockUse], error) {
	return okArray[BlockUse](ctx, s.client, findBlocks.below(under, blockType), opts)
}

// below is at for the site, or for what is below a path in its database.
func (op *operation) below(path string, names ...string) request {
	r := op.at("", names...)
	if path != "" {
		r.Query = url.Values{"path": {path}}
	}
	return r
}
