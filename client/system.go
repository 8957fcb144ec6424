package client

import (
	"context"
	"net/http"
)

// SystemService reads the versions of the software. It is safe for concurrent use.
type SystemService struct{ client *Client }

var getSystem = declare(operation{name: "System.Get", method: http.MethodGet, path: "/@system", want: http.StatusOK})

// System are the versions of the software that the site runs on.
type System struct {
	URL                 string `json:"@id"`
	Plone               string `json:"plone_version"`
	RESTAPI             string `json:"plone_restapi_version"`
	CMF                 string `json:"cmf_version"`
	Zope                string `json:"zope_version"`
	Python              string `json:"python_version"`
	Pillow              string `json:"pil_version"`
	DebugMode           string `json:"debug_mode"` // "Yes" or "No"
	Installed           string `json:"plone_gs_metadata_version_installed"`
	FileSystem          string `json:"plone_gs_metadata_version_file_system"`
	NeedsUpgrade        bool   `json:"upgrade"`                      // Installed and FileSystem differ; see [UpgradeService]
	DistributionVersion string `json:"plone.distribution,omitempty"` // of the package plone.distribution
	Distribution        string `json:"distribution,omitempty"`       // that the site was made with, like "Plone Site (Volto) (volto)"
}

func (s *System) check() error {
	if s.Plone == "" {
		return errMissing("plone_version")
	}
	return nil
}

// Get returns the versions of the software.
//
// Errors: [errors.ErrUnauthorized] when the user may not see the site setup.
//
// Source: plone.restapi documentation, "System".
func (s *SystemService) Get(ctx context.Context, opts ...CallOption) (*OK[System], error) {
	return ok[System](ctx, s.client, getSystem.at(""), opts)
}
