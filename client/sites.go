package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// SitesService lists and adds the sites of a server. It needs plone.distribution.
//
// It works above the sites: make a client for it with the address of the Zope
// server, which is reached without the rules that give a site its public address,
//
//	server, err := client.New("http://127.0.0.1:8080", client.WithAuth(auth.Basic("admin", password)))
//
// and with the credentials of a user of the server, which has no tokens. It is
// safe for concurrent use.
type SitesService struct{ client *Client }

var (
	listSites = declare(operation{
		name: "Sites.List", method: http.MethodGet, path: "{zope}/@sites", want: http.StatusOK,
	})
	getDistribution = declare(operation{
		name: "Sites.Distribution", method: http.MethodGet, path: "{zope}/@sites/{distribution}", want: http.StatusOK,
		means: []meaning{{raised: "ValueError", is: errors.ErrNotFound}},
	})
	// The server stores a site before it makes the response.
	createSite = declare(operation{
		name: "Sites.Create", method: http.MethodPost, path: "{zope}/@sites/{distribution}", want: http.StatusOK,
		kind: retry.Committing,
	})
	// The answers name the distribution.
	createSiteByAnswers = declare(operation{
		name: "Sites.CreateByAnswers", method: http.MethodPost, path: "{zope}/@sites", want: http.StatusOK, kind: retry.Committing,
	})
	logInAtServer = declare(operation{
		name: "Sites.Login", method: http.MethodPost, path: "{zope}/@login", want: http.StatusOK, kind: retry.Safe,
		means: []meaning{{status: errors.ErrUnauthorized, is: errors.ErrInvalidCredentials}},
	})
)

// Sites are the sites of a server, and what new ones can be made of.
type Sites struct {
	URL           string         `json:"@id"`
	CanManage     bool           `json:"can_manage"` // the user may add sites
	Sites         []SiteSummary  `json:"sites"`
	Distributions []Distribution `json:"distributions"` // without their schemas
}

func (s *Sites) check() error { return requireURL(s.URL) }

// SiteSummary is the short form of a site.
type SiteSummary struct {
	URL          string `json:"@id"`
	ID           string `json:"id"`
	Title        string `json:"title"`
	Description  string `json:"description"`
	Created      Time   `json:"creation_date"`
	NeedsUpgrade bool   `json:"needs_upgrade"`
	Distribution string `json:"distribution"` // name of the one that it was made with; empty when none
}

// Distribution is a kind of site.
type Distribution struct {
	URL         string `json:"@id"`
	Name        string `json:"name"` // like "volto"
	Title       string `json:"title"`
	Description string `json:"description"`
	Image       string `json:"image"` // address

	Schema        json.RawMessage            `json:"schema,omitempty"`         // JSON schema of the answers that Create needs
	UISchema      json.RawMessage            `json:"uischema,omitempty"`       // how to ask for them
	DefaultValues map[string]json.RawMessage `json:"default_values,omitempty"` // proposals of the server by the names of the schema
}

func (d *Distribution) check() error {
	if d.Name == "" {
		return errMissing("name")
	}
	return nil
}

// SiteAnswers are the answers that the stock distributions ask for.
type SiteAnswers struct {
	SiteID       string `json:"site_id"` // last element of its address
	Title        string `json:"title"`
	Description  string `json:"description,omitempty"`
	Logo         string `json:"site_logo,omitempty"`        // a data URL
	Language     string `json:"default_language,omitempty"` // like "en"
	Timezone     string `json:"portal_timezone,omitempty"`  // like "Europe/Berlin"
	SetupContent bool   `json:"setup_content"`              // with example content
}

// NewSite is a site that was added.
type NewSite struct {
	URL         string `json:"@id"`
	Type        string `json:"@type"`
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

func (s *NewSite) check() error { return requireURL(s.URL) }

// ServerSession is a login at the server, for browsers: it is no token, and good
// as a Cookie field only. It keeps itself out of %v and %#v.
type ServerSession struct {
	Cookie Secret `json:"-"` // "__ac=" and its value
}

// List returns the sites and the distributions. It needs no login.
//
// Errors: [errors.ErrNotFound] when the address is not that of a Zope server, or
// it has no plone.distribution.
//
// Source: plone.distribution.
func (s *SitesService) List(ctx context.Context, opts ...CallOption) (*OK[Sites], error) {
	return ok[Sites](ctx, s.client, listSites.at(""), opts)
}

// Distribution returns a distribution with the schema of its answers.
//
// Errors: [errors.ErrNotFound] as List, and when there is no such distribution,
// which the server answers with 500.
//
// Source: plone.distribution.
func (s *SitesService) Distribution(ctx context.Context, name string, opts ...CallOption) (*OK[Distribution], error) {
	return ok[Distribution](ctx, s.client, getDistribution.at("", name), opts)
}

// Create adds a site made with a distribution. answers is what its schema asks
// for, like [SiteAnswers]; when they have a member "distribution", the name may be
// empty. It takes seconds.
//
// Errors: [errors.ErrBadRequest] when the answers are refused,
// [errors.ErrAlreadyExists] when the id is taken, [errors.ErrNotFound] when there
// is no such distribution, [errors.ErrUnauthorized], [errors.ErrOutcomeUnknown]
// when no answer came, or a 5xx, as the site may be there by then.
//
// Source: plone.distribution.
func (s *SitesService) Create(ctx context.Context, distribution string, answers any, opts ...CallOption) (*OK[NewSite], error) {
	r := createSite.at("", distribution)
	if distribution == "" {
		r = createSiteByAnswers.at("")
	}
	return ok[NewSite](ctx, s.client, r.with(answers), opts)
}

// Login logs in at the server as browsers do. It does not change the client.
//
// Errors: [errors.ErrInvalidCredentials] (401), [errors.ErrNotFound] as List.
//
// Source: plone.distribution.
func (s *SitesService) Login(ctx context.Context, user, password string, opts ...CallOption) (*OK[ServerSession], error) {
	r := logInAtServer.at("").with(map[string]string{"login": user, "password": password})
	// The server lets nobody use this service who is not known already. Of a body
	// of exactly this type it knows the user by the login in it.
	r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": nil}
	session := new(OK[ServerSession])
	resp, err := s.client.roundTrip(ctx, r.apply(opts), &session.Value)
	if err != nil {
		return nil, err
	}
	session.Response = summary(resp)
	for _, cookie := range resp.Cookies() {
		if cookie.Name == "__ac" {
			session.Value.Cookie = Secret(cookie.Name + "=" + cookie.Value)
		}
	}
	if session.Value.Cookie == "" {
		return nil, fmt.Errorf("plone: login of %q: %w: no cookie came", user, errors.ErrNotDone)
	}
	return session, nil
}
