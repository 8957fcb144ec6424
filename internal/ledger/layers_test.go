package main

import (
	"go/build"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	module = "plone.example/restapi"
	retry  = "github.com/hashicorp/go-retryablehttp"
	json   = "github.com/go-json-experiment/json"
)

// TestLayers_importNothingAbove proves it for the direct imports of each package;
// as all packages of the module are held to it, it holds for the indirect ones.
func TestLayers_importNothingAbove(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"internal/wire":    {json, json + "/jsontext", json + "/v1"},
		"errors":           {module + "/internal/wire", json + "/jsontext"},
		"internal/failure": {module + "/errors"},
		"internal/urls":    {},
		"internal/spawn":   nil,
		"retry":            {module + "/errors", module + "/internal/failure", retry},
		"auth":             {module + "/errors", module + "/internal/failure", module + "/internal/spawn", module + "/internal/urls", module + "/internal/wire"},
		"client": {
			module + "/errors", module + "/internal/failure", module + "/internal/spawn", module + "/internal/urls", module + "/internal/wire",
			module + "/retry", module + "/auth", json + "/jsontext",
		},
		"plonetest":       nil,
		"internal/ledger": {module + "/client"},
	}
	for dir, allowed := range tests {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			pkg, err := build.ImportDir(filepath.Join(moduleRoot, dir), 0)
			require.NoError(t, err)
			for _, path := range pkg.Imports {
				host, _, _ := strings.Cut(path, "/")
				if strings.Contains(host, ".") { // else from the standard library
					assert.Contains(t, allowed, path, "%s is not below %s", path, dir)
				}
			}
		})
	}
}
