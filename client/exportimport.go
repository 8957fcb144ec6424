package client

// ExportService exports and imports the site as a whole. It needs plone.exportimport. It is safe for concurrent use.
type ExportService struct{ client *Client }
