package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"plone.example/restapi/errors"
)

// LinkIntegrityService tells which links a removal would break. It is safe for
// concurrent use.
type LinkIntegrityService struct{ client *Client }

var checkLinks = declare(operation{
	name: "LinkIntegrity.Check", method: http.MethodGet, path: "/@linkintegrity", want: http.StatusOK,
	means: []meaning{{raised: "AttributeError", says: "'getPhysicalPath'", is: errors.ErrNotFound}},
})

// LinkIntegrity is an object, and what points to it.
type LinkIntegrity struct {
	Summary
	Breaches   []Breach `json:"breaches"`    // objects outside of it that link or relate to it
	ItemsTotal int      `json:"items_total"` // objects below it that the user may see
}

// Breach is an object whose links would break.
type Breach struct {
	URL   string `json:"@id"` // its address
	Title string `json:"title"`
	UID   string `json:"uid"`
}

// Check returns what would break if the objects with the UIDs were removed: one
// entry for each of them in their order, and then one for every object below them
// that something points to. Removing an object does not ask for this.
//
// Errors: [errors.ErrNotFound] when there is no object with a UID (that is a 500),
// [errors.ErrUnauthorized] when the user may not see one, [errors.ErrUnsupported]
// when the site has link integrity switched off, which the server answers with an
// empty list; [errors.ErrInvalidInput] for no UID.
//
// Source: plone.restapi documentation, "Link integrity".
func (s *LinkIntegrityService) Check(ctx context.Context, uids []string, opts ...CallOption) (*OK[[]LinkIntegrity], error) {
	if len(uids) == 0 {
		return nil, invalid("no UID")
	}
	r := checkLinks.at("")
	r.Query = url.Values{"uids": uids}
	result, err := okArray[LinkIntegrity](ctx, s.client, r, opts)
	if err != nil {
		return nil, err
	}
	if len(result.Value) == 0 {
		return nil, fmt.Errorf("plone: link integrity is switched off: %w", errors.ErrUnsupported)
	}
	return result, nil
}
