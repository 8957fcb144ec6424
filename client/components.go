package client

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

// Components are the parts of an object that [Expand] brings along. Those that
// an add-on defines are read with [Content.Component].
type Components struct {
	Actions           Component[Actions]           `json:"actions,omitzero"`
	Aliases           Component[Aliases]           `json:"aliases,omitzero"`
	Breadcrumbs       Component[Breadcrumbs]       `json:"breadcrumbs,omitzero"`
	ContextNavigation Component[ContextNavigation] `json:"contextnavigation,omitzero"`
	Inherit           Component[Inherited]         `json:"inherit,omitzero"`
	Navigation        Component[Navigation]        `json:"navigation,omitzero"`
	Navroot           Component[Navroot]           `json:"navroot,omitzero"`
	Translations      Component[Translations]      `json:"translations,omitzero"`
	Types             Component[[]TypeInfo]        `json:"types,omitzero"`
	Workflow          Component[Workflow]          `json:"workflow,omitzero"`
}

// Aliases are the first batch of the aliases of an object; [AliasService.All]
// reads all of them.
type Aliases struct {
	URL        string    `json:"@id"`
	Items      []Alias   `json:"items"`
	ItemsTotal int       `json:"items_total"`
	Links      *Batching `json:"links,omitempty"` // nil when Items are all
}

func (a *Aliases) check() error { return requireURL(a.URL) }

// Component is a part of an object: its address, and its value when it was
// expanded. The zero Component is one that the object does not have.
type Component[T any] struct {
	URL   string `json:"@id"` // where it is fetched from; empty for some of those that were expanded
	Value *T     `json:"-"`   // nil when it was not expanded
}

// Fetch returns the component from its address.
//
// Errors: [errors.ErrInvalidInput] for a component without address,
// [errors.DecodeError] for one whose address is outside the site, as behind a proxy
// without [WithPublicURL], and those of the method of its chapter.
//
// Source: plone.restapi documentation, "Expansion".
func (p Component[T]) Fetch(ctx context.Context, c *Client, opts ...CallOption) (*OK[T], error) {
	if p.URL == "" {
		return nil, invalid("a component without address")
	}
	if _, err := c.resolve(p.URL); err != nil { // the server's word, not the caller's
		return nil, &errors.DecodeError{Method: http.MethodGet, Status: http.StatusOK, Err: fmt.Errorf("the address of a component: %s", err.Error())}
	}
	return ok[T](ctx, c, fetchComponent.at(p.URL), opts)
}

// MarshalJSON implements json.Marshaler.
func (p Component[T]) MarshalJSON() ([]byte, error) {
	if p.Value != nil {
		return wire.Marshal(p.Value)
	}
	return wire.Marshal(map[string]string{"@id": p.URL})
}

// UnmarshalJSON implements json.Unmarshaler. A component that was not expanded
// is an object with nothing but an "@id".
func (p *Component[T]) UnmarshalJSON(data []byte) error {
	*p = Component[T]{}
	var head head
	if err := wire.Unmarshal(data, &head); err != nil {
		return err
	}
	if p.URL = head.url; head.alone {
		return nil
	}
	return wire.Unmarshal(data, &p.Value)
}

// head is what a component begins with.
type head struct {
	url   string // empty when it has none
	alone bool   // an object without anything else
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (h *head) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	more := false
	isObject, err := wire.Members(in, func(name, value []byte) {
		if string(name) == "@id" {
			h.url = wire.Text(value)
		} else {
			more = true
		}
	})
	h.alone = isObject && !more
	return err
}
