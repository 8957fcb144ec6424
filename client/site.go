package client

import (
	"context"
	"net/http"
	"strings"
)

// SiteService reads what the site tells everybody, and removes the site. It is
// safe for concurrent use.
type SiteService struct{ client *Client }

var (
	getSite = declare(operation{
		name: "Site.Get", method: http.MethodGet, path: "/@site", want: http.StatusOK,
	})
	deleteSite = declare(operation{
		name: "Site.Delete", method: http.MethodDelete, path: "/{path}", want: http.StatusNoContent, wholeSite: true,
	})
)

// SiteInfo is what the site tells everybody. Add-ons may add fields; read them
// with Extra.
type SiteInfo struct {
	URL             string       `json:"@id"`
	Title           string       `json:"plone.site_title"`
	Logo            string       `json:"plone.site_logo"` // address; empty when there is none
	RobotsTXT       string       `json:"plone.robots_txt"`
	AllowedSizes    []string     `json:"plone.allowed_sizes"` // scales of images, like "preview 400:65536"
	DefaultLanguage string       `json:"plone.default_language"`
	Languages       []string     `json:"plone.available_languages"`
	Timezone        string       `json:"plone.portal_timezone"` // like "Europe/Berlin"
	Features        SiteFeatures `json:"features"`

	origin origin
}

// SiteFeatures are abilities that not every site has.
type SiteFeatures struct {
	FilterAliasesByDate bool `json:"filter_aliases_by_date"`
	Multilingual        bool `json:"multilingual"` // objects have translations
}

func (i *SiteInfo) check() error { return requireURL(i.URL) }

func (i *SiteInfo) keep(o origin) { i.origin = o }

// Extra decodes the field called name, which SiteInfo has no member for, into v.
//
// Errors: [errors.ErrNoField] when the answer has no such field; those of
// encoding/json.
func (i *SiteInfo) Extra(name string, v any) error { return i.origin.decode(name, v) }

// Get returns what the site tells everybody: it needs no login.
//
// Errors: [errors.ErrNotFound] when there is no site at this address.
//
// Source: plone.restapi documentation, "Site".
func (s *SiteService) Get(ctx context.Context, opts ...CallOption) (*OK[SiteInfo], error) {
	return ok[SiteInfo](ctx, s.client, getSite.at(""), opts)
}

// Delete removes the whole site with all its content, users and settings. As the
// word that this is meant, the caller names the site: siteURL is what SiteURL of
// the client returns.
//
// Errors: [errors.ErrInvalidInput] when siteURL is anything else,
// [errors.ErrUnauthorized], [errors.ErrNotFound] when there is no site at this
// address; after a try whose answer was lost it matches [errors.ErrOutcomeUnknown]
// too: most likely that try did the work.
//
// Source: plone.restapi documentation, "Removing a Resource with DELETE".
func (s *SiteService) Delete(ctx context.Context, siteURL string, opts ...CallOption) (*NoContent, error) {
	if strings.TrimRight(siteURL, "/") != s.client.SiteURL() {
		return nil, invalid("Delete of the site %s, which was called %q", s.client.SiteURL(), siteURL)
	}
	return noContent(ctx, s.client, deleteSite.at(""), opts)
}
