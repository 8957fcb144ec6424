// Package transfer moves whole sites: between a site and a folder, and between
// two sites.
//
//	report, err := transfer.Export(ctx, site, "backup", transfer.ExportOptions{})
//	report, err = transfer.Import(ctx, other, "backup", transfer.ImportOptions{})
//	report, err = transfer.Sync(ctx, site, other, "between", transfer.SyncOptions{})
//
// The folder has the layout of plone.exportimport 2.2, version 1.0.0, so that
// Plone's own plone-importer reads what Export wrote, and Import reads what
// plone-exporter or POST @export wrote.
//
// A transfer is a sequence of phases, and each phase a set of steps. A step can be
// done twice without harm: it looks at what is there and changes only what
// differs. What was done is kept in a journal, so that a transfer that was
// stopped, even by kill -9, resumes when it is called again. No error about one
// object stops it, only a lost site, a dead login or a failing disk.
//
// What could not be carried is named in the [Report], and what plone.restapi
// cannot carry at all is counted there by [Loss]; nothing is left out silently.
package transfer
