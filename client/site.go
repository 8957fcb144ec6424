package client

// SiteService reads what the site tells everybody. It is safe for concurrent use.
type SiteService struct{ client *Client }
