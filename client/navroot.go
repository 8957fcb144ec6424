package client

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"plone.example/restapi/internal/wire"
)

var getNavroot = declare(operation{
	name: "Components.Navroot", method: http.MethodGet, path: "/{path}/@navroot", want: http.StatusOK,
})

// Navroot tells the navigation root of an object: the site, the folder of a
// language, or another object that is the root of a part of the site.
type Navroot struct {
	URL     string `json:"@id"`
	Navroot Site   `json:"navroot"` // whatever its type is; without Items and Components
}

// UnmarshalJSON implements json.Unmarshaler; it lets Navroot.Extra read the
// fields that Site has no member for.
func (n *Navroot) UnmarshalJSON(data []byte) error {
	var members struct {
		URL     string          `json:"@id"`
		Navroot json.RawMessage `json:"navroot"`
	}
	if err := wire.Unmarshal(data, &members); err != nil {
		return err
	}
	*n = Navroot{URL: members.URL}
	if members.Navroot == nil {
		return nil // check finds that there is none
	}
	if err := wire.Unmarshal(members.Navroot, &n.Navroot); err != nil {
		return err
	}
	n.Navroot.keep(origin{&answer{body: bytes.Clone(members.Navroot)}, whole})
	return nil
}

func (n *Navroot) check() error {
	if n.Navroot.URL == "" {
		return errMissing("navroot")
	}
	return requireURL(n.URL)
}

// Navroot returns the navigation root of the object at path.
//
// Errors: [errors.ErrNotFound] when there is no such object,
// [errors.ErrUnauthorized] when the user may not see it.
//
// Source: plone.restapi documentation, "Navigation root".
func (s *ComponentService) Navroot(ctx context.Context, path string, opts ...CallOption) (*OK[Navroot], error) {
	return ok[Navroot](ctx, s.client, getNavroot.at(path), opts)
}
