package client

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
	"plone.example/restapi/retry"
)

// AddonService installs add-ons. The server says that all is well also when it
// does not know the add-on or has nothing to do; the methods look before and
// after, and tell. It is safe for concurrent use.
type AddonService struct{ client *Client }

var (
	listAddons = declare(operation{
		name: "Addons.List", method: http.MethodGet, path: "/{path}/@addons", want: http.StatusOK,
	})
	getAddon = declare(operation{
		name: "Addons.Get", method: http.MethodGet, path: "/{path}/@addons/{id}", want: http.StatusOK,
	})
	installAddon = declare(operation{
		name: "Addons.Install", method: http.MethodPost, path: "/@addons/{id}/install",
		want: http.StatusOK, or: http.StatusNoContent, kind: retry.Repeatable,
	})
	uninstallAddon = declare(operation{
		name: "Addons.Uninstall", method: http.MethodPost, path: "/@addons/{id}/uninstall",
		want: http.StatusOK, or: http.StatusNoContent, kind: retry.Repeatable,
	})
	upgradeAddon = declare(operation{
		name: "Addons.Upgrade", method: http.MethodPost, path: "/@addons/{id}/upgrade",
		want: http.StatusOK, or: http.StatusNoContent, kind: retry.Repeatable,
	})
	importAddonProfile = declare(operation{
		name: "Addons.ImportProfile", method: http.MethodPost, path: "/@addons/{id}/import/{profile}",
		want: http.StatusOK, or: http.StatusNoContent, kind: retry.Once,
	})
)

// Addon is an add-on whose package the server has. The site uses it when it is
// installed.
type Addon struct {
	URL              string       `json:"@id"`
	ID               string       `json:"id"` // of the package, like "plone.session"
	Title            string       `json:"title"`
	Description      string       `json:"description"`
	Version          string       `json:"version"` // of the package
	Installed        Bool         `json:"is_installed"`
	ProfileType      string       `json:"profile_type"` // "default" when it can be installed
	InstallProfile   string       `json:"install_profile_id"`
	UninstallProfile string       `json:"uninstall_profile_id"` // empty when it cannot be uninstalled
	Upgrade          AddonUpgrade `json:"upgrade_info"`         // zero when it is not installed

	// What old servers send besides.
	InstallInfo     *AddonProfile           `json:"install_profile,omitempty"`
	UninstallInfo   *AddonProfile           `json:"uninstall_profile,omitempty"`
	UpgradeProfiles map[string]AddonProfile `json:"upgrade_profiles,omitempty"` // by version
	OtherProfiles   []AddonProfile          `json:"other_profiles,omitempty"`
}

// AddonProfile is a profile of an add-on: steps that change the site.
type AddonProfile struct {
	ID          string `json:"id"` // like "plone.session:default"
	Product     string `json:"product"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Version     string `json:"version,omitempty"`
	Type        int    `json:"type"` // 2 for an extension of a site
	For         string `json:"for"`
	PreHandler  string `json:"pre_handler"`
	PostHandler string `json:"post_handler"`
}

func (a *Addon) check() error {
	if a.ID == "" {
		return errMissing("id")
	}
	return nil
}

// AddonUpgrade says how the setup that an add-on made stands to its package.
type AddonUpgrade struct {
	Required   bool   `json:"required"`  // the versions differ
	Available  bool   `json:"available"` // there are steps; they may have been done already
	HasProfile bool   `json:"hasProfile"`
	Installed  string `json:"installedVersion"` // of the setup
	New        string `json:"newVersion"`       // of the setup in the package
}

// Addons are the add-ons of a site.
type Addons struct {
	Items []Addon `json:"items"`

	// What old servers send besides.
	URL        string `json:"@id,omitempty"`
	ItemsTotal int    `json:"items_total,omitempty"`
}

func (a *Addons) check() error {
	if a.Items == nil {
		return errMissing("items")
	}
	return nil
}

// AddonOptions say which add-ons to list. The zero value lists all.
type AddonOptions struct {
	Upgradeable bool // only those with steps of an upgrade
}

// List returns the add-ons that can be installed or are, in the order of the
// server.
//
// Errors: [errors.ErrUnauthorized] when the user is not a manager.
//
// Source: plone.restapi documentation, "Add-ons".
func (s *AddonService) List(ctx context.Context, o AddonOptions, opts ...CallOption) (*OK[Addons], error) {
	r := listAddons.at("")
	if o.Upgradeable {
		r.Query = url.Values{"upgradeable": {"1"}}
	}
	return ok[Addons](ctx, s.client, r, opts)
}

// Get returns an add-on.
//
// Errors: [errors.ErrNotFound] when the server has no such package, or hides it;
// [errors.ErrUnauthorized] when the user is not a manager.
//
// Source: plone.restapi documentation, "Add-ons".
func (s *AddonService) Get(ctx context.Context, name string, opts ...CallOption) (*OK[Addon], error) {
	result, err := ok[addonLookup](ctx, s.client, getAddon.at("", name), opts)
	if err != nil {
		return nil, err
	}
	if !result.Value.found {
		return nil, fmt.Errorf("plone: add-on %q: %w", name, errors.ErrNotFound)
	}
	return &OK[Addon]{result.Response, result.Value.addon}, nil
}

// addonLookup is an add-on, or the empty list that the server sends instead.
type addonLookup struct {
	addon Addon
	found bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *addonLookup) UnmarshalJSON(data []byte) error {
	if l.found = !bytes.HasPrefix(data, []byte("[")); !l.found {
		return nil
	}
	return wire.Unmarshal(data, &l.addon)
}

func (l *addonLookup) check() error {
	if !l.found {
		return nil
	}
	return l.addon.check()
}

// Install installs an add-on and returns it as it is afterwards.
//
// Errors: [errors.ErrNotFound] as Get, [errors.ErrAlreadyExists] when it is
// installed already, [errors.ErrNotDone] when it is not installed afterwards, [errors.ErrUnauthorized], those of the add-on's own setup.
//
// Source: plone.restapi documentation, "Add-ons".
func (s *AddonService) Install(ctx context.Context, name string, opts ...CallOption) (*OK[Addon], error) {
	before, err := s.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	if before.Value.Installed {
		return nil, fmt.Errorf("plone: add-on %q: %w: it is installed", name, errors.ErrAlreadyExists)
	}
	after, err := s.post(ctx, installAddon.at("", name), name, opts)
	if err == nil && !after.Value.Installed {
		return nil, fmt.Errorf("plone: add-on %q: install: %w", name, errors.ErrNotDone)
	}
	return after, err
}

// Uninstall takes back what an add-on has set up and returns it as it is
// afterwards. Its package stays.
//
// Errors: [errors.ErrNotFound] as Get, and when it is not installed;
// [errors.ErrNotDone] when it cannot be uninstalled, then nothing is sent, and
// when it is installed afterwards;
// [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Add-ons".
func (s *AddonService) Uninstall(ctx context.Context, name string, opts ...CallOption) (*OK[Addon], error) {
	before, err := s.installed(ctx, name)
	if err != nil {
		return nil, err
	}
	if before.UninstallProfile == "" {
		return nil, fmt.Errorf("plone: add-on %q: uninstall: %w: it has no uninstall profile", name, errors.ErrNotDone)
	}
	after, err := s.post(ctx, uninstallAddon.at("", name), name, opts)
	if err == nil && bool(after.Value.Installed) {
		return nil, fmt.Errorf("plone: add-on %q: uninstall: %w", name, errors.ErrNotDone)
	}
	return after, err
}

// Upgrade brings what an add-on has set up to the version of its package and
// returns it as it is afterwards.
//
// Errors: [errors.ErrNotFound] as Get, and when it is not installed;
// [errors.ErrNotDone] when the versions differ afterwards, [errors.ErrUnauthorized].
//
// Source: plone.restapi documentation, "Add-ons".
func (s *AddonService) Upgrade(ctx context.Context, name string, opts ...CallOption) (*OK[Addon], error) {
	if _, err := s.installed(ctx, name); err != nil {
		return nil, err
	}
	after, err := s.post(ctx, upgradeAddon.at("", name), name, opts)
	if err == nil && after.Value.Upgrade.Required {
		return nil, fmt.Errorf("plone: add-on %q: upgrade: %w: it has version %s, not %s",
			name, errors.ErrNotDone, after.Value.Upgrade.Installed, after.Value.Upgrade.New)
	}
	return after, err
}

// ImportProfile runs a profile of an add-on, like "testing-workflows": the steps
// that change the site as it describes. The server names no profiles and says
// nothing of one that it does not know, so that is not an error here.
//
// Errors: [errors.ErrNotFound] as Get, [errors.ErrUnauthorized], those of the
// profile's own steps, [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Add-ons".
func (s *AddonService) ImportProfile(ctx context.Context, name, profile string, opts ...CallOption) (*OK[Addon], error) {
	if _, err := s.Get(ctx, name); err != nil {
		return nil, err
	}
	return s.post(ctx, importAddonProfile.at("", name, profile), name, opts)
}

// installed returns an add-on that is installed.
func (s *AddonService) installed(ctx context.Context, name string) (*Addon, error) {
	result, err := s.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	if !result.Value.Installed {
		return nil, fmt.Errorf("plone: add-on %q: %w: it is not installed", name, errors.ErrNotFound)
	}
	return &result.Value, nil
}

// post sends r, which does something with an add-on, and returns the add-on as it
// is afterwards. It asks for that in the response, and reads the add-on when the
// response is empty.
func (s *AddonService) post(ctx context.Context, r request, name string, opts []CallOption) (*OK[Addon], error) {
	r.Header = http.Header{"Prefer": {"return=representation"}}
	var list Addons
	resp, err := s.client.roundTrip(ctx, r.apply(opts), &list)
	if err != nil {
		return nil, err
	}
	result := &OK[Addon]{Response: summary(resp)}
	if resp.StatusCode == http.StatusNoContent {
		after, err := s.Get(ctx, name)
		if err != nil {
			return nil, err
		}
		result.Value = after.Value
		return result, nil
	}
	at := slices.IndexFunc(list.Items, func(a Addon) bool { return a.ID == name })
	if at < 0 {
		return nil, fmt.Errorf("plone: add-on %q: %w: it is gone", name, errors.ErrNotDone)
	}
	result.Value = list.Items[at]
	return result, nil
}
