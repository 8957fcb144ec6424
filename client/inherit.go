package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

var getInherited = declare(operation{
	name: "Components.Inherit", method: http.MethodGet, path: "/{path}/@inherit", want: http.StatusOK,
})

// Inherited are the fields of behaviors of an object or, where it does not have
// one of them, of the nearest object above that does.
type Inherited struct {
	URL       string
	Behaviors map[string]InheritedBehavior // by their names
}

// InheritedBehavior is a behavior of an object.
type InheritedBehavior struct {
	From Breadcrumb                 `json:"from"` // the object that has it
	Data map[string]json.RawMessage `json:"data"` // its fields
}

// MarshalJSON implements json.Marshaler.
func (i Inherited) MarshalJSON() ([]byte, error) {
	members := map[string]any{"@id": i.URL}
	for name, behavior := range i.Behaviors {
		members[name] = behavior
	}
	return wire.Marshal(members)
}

// UnmarshalJSON implements json.Unmarshaler. The behaviors stand beside the
// address.
func (i *Inherited) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := wire.Unmarshal(data, &members); err != nil {
		return err
	}
	*i = Inherited{Behaviors: map[string]InheritedBehavior{}}
	for name, member := range members {
		if name == "@id" {
			if err := wire.Unmarshal(member, &i.URL); err != nil {
				return err
			}
			continue
		}
		var behavior InheritedBehavior
		if err := wire.Unmarshal(member, &behavior); err != nil {
			return err
		}
		i.Behaviors[name] = behavior
	}
	return nil
}

func (i *Inherited) check() error { return requireURL(i.URL) }

// Inherit returns the fields of behaviors, by names like "plone.navigationroot",
// of the object at path or of the nearest object above it that has them and that
// the user may see. Only behaviors with a marker interface can be asked for.
//
// Errors: [errors.ErrInvalidInput] without a name, [errors.ErrNotFound] when there
// is no such object, or when the answer lacks a behavior since the site or all
// objects on the way up do not have it; [errors.ErrInternalServer] for a behavior
// without a marker interface, [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Inherit".
func (s *ComponentService) Inherit(ctx context.Context, path string, behaviors []string, opts ...CallOption) (*OK[Inherited], error) {
	if len(behaviors) == 0 {
		return nil, invalid("Inherit without the name of a behavior")
	}
	for _, name := range behaviors {
		if name == "" || strings.Contains(name, ",") {
			return nil, invalid("%q is not the name of a behavior", name)
		}
	}
	r := getInherited.at(path)
	r.Query = url.Values{"expand.inherit.behaviors": {strings.Join(behaviors, ",")}}
	result, err := ok[Inherited](ctx, s.client, r, opts)
	if err != nil {
		return nil, err
	}
	for _, name := range behaviors {
		if _, found := result.Value.Behaviors[name]; !found {
			return nil, fmt.Errorf("plone: %w: no object up to the site has the behavior %q", errors.ErrNotFound, name)
		}
	}
	return result, nil
}
