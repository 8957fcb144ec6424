package transfer

import (
	"context"
	"fmt"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// SyncOptions say how to make one site like another. The zero value adds and
// changes, and deletes nothing.
type SyncOptions struct {
	Export ExportOptions // Progress receives the events of the first half
	Import ImportOptions // Progress receives the events of the second half
}

// Sync makes the site to have what the site from has, by way of the folder dir,
// which is the memory of the next Sync: only what has changed since is read again.
//
// The report is that of the import, with the problems and losses of the export.
//
// Errors: those of [Export] and [Import]. With [ErrIncomplete], what could be
// carried is there.
func Sync(ctx context.Context, from, to *client.Client, dir string, o SyncOptions) (*Report, error) {
	if from.SiteURL() == to.SiteURL() {
		return nil, fmt.Errorf("transfer: %w: the sites are the same: %s", errors.ErrInvalidInput, to.SiteURL())
	}
	exported, err := Export(ctx, from, dir, o.Export)
	if err != nil && !errors.Is(err, ErrIncomplete) {
		return exported, err
	}
	imported, importErr := Import(ctx, to, dir, o.Import)
	if imported == nil {
		return exported, errors.Join(err, importErr)
	}
	imported.Problems = append(exported.Problems, imported.Problems...)
	for loss, n := range exported.Losses {
		imported.Losses[loss] += n
	}
	imported.Elapsed += exported.Elapsed
	return imported, errors.Join(err, importErr)
}
