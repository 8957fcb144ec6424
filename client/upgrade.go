package client

import (
	"context"
	"fmt"
	"net/http"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// UpgradeService upgrades the site to the software it runs on. It is safe for
// concurrent use.
type UpgradeService struct{ client *Client }

var (
	getUpgrade = declare(operation{
		name: "Upgrade.Get", method: http.MethodGet, path: "/@upgrade", want: http.StatusOK,
	})
	tryUpgrade = declare(operation{
		name: "Upgrade.DryRun", method: http.MethodPost, path: "/@upgrade", want: http.StatusOK, kind: retry.Safe,
	})
	runUpgrade = declare(operation{
		name: "Upgrade.Run", method: http.MethodPost, path: "/@upgrade", want: http.StatusOK,
	})
)

// Upgrade is what an upgrade would do.
type Upgrade struct {
	URL      string                   `json:"@id"`
	Steps    map[string][]UpgradeStep `json:"upgrade_steps"` // by the versions they lead from and to, like "6006-6007"
	Versions UpgradeVersions          `json:"versions"`
}

func (u *Upgrade) check() error { return u.Versions.check() }

// UpgradeStep is one step of an upgrade.
type UpgradeStep struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// UpgradeVersions are versions of the site's setup, not of Plone.
type UpgradeVersions struct {
	FileSystem string `json:"fs"`       // what the software needs
	Instance   string `json:"instance"` // what the site has
}

func (v *UpgradeVersions) check() error {
	if v.FileSystem == "" {
		return errMissing("versions")
	}
	return nil
}

// UpgradeReport is what an upgrade did.
type UpgradeReport struct {
	URL      string          `json:"@id"`
	Report   string          `json:"report"` // many lines, for people
	Versions UpgradeVersions `json:"versions"`
	DryRun   bool            `json:"dry_run"`  // nothing was stored
	Upgraded bool            `json:"upgraded"` // the site has the version that the software needs
}

func (r *UpgradeReport) check() error { return r.Versions.check() }

// Get returns the versions and the steps between them.
//
// Errors: [errors.ErrUnauthorized] when the user is not a manager.
//
// Source: plone.restapi documentation, "Upgrade".
func (s *UpgradeService) Get(ctx context.Context, opts ...CallOption) (*OK[Upgrade], error) {
	return ok[Upgrade](ctx, s.client, getUpgrade.at(""), opts)
}

// DryRun runs the upgrade, reports, and takes everything back.
//
// Errors: as Get.
//
// Source: plone.restapi documentation, "Upgrade".
func (s *UpgradeService) DryRun(ctx context.Context, opts ...CallOption) (*OK[UpgradeReport], error) {
	return ok[UpgradeReport](ctx, s.client, tryUpgrade.at("").with(map[string]bool{"dry_run": true}), opts)
}

// Run upgrades the site. There is no way back but a backup, so the caller names
// the version that it is to have afterwards, the FileSystem of Get, as the word
// that this is meant.
//
// Errors: [errors.ErrInvalidInput] when version is not the one that the software
// needs; nothing is changed then. [errors.ErrNotDone] together with the report when
// the site has another version afterwards, [errors.ErrUnauthorized] when the user
// is not a manager, [errors.ErrOutcomeUnknown] when no answer came: ask with Get.
//
// Source: plone.restapi documentation, "Upgrade".
func (s *UpgradeService) Run(ctx context.Context, version string, opts ...CallOption) (*OK[UpgradeReport], error) {
	before, err := s.Get(ctx)
	if err != nil {
		return nil, err
	}
	if needed := before.Value.Versions.FileSystem; version != needed {
		return nil, invalid("Run of the upgrade to version %q; the software needs %q", version, needed)
	}
	result, err := ok[UpgradeReport](ctx, s.client, runUpgrade.at("").with(map[string]bool{"dry_run": false}), opts)
	if err == nil && (!result.Value.Upgraded || result.Value.DryRun) {
		return result, fmt.Errorf("plone: upgrade to version %s: %w: the site has %s", version, errors.ErrNotDone, result.Value.Versions.Instance)
	}
	return result, err
}
