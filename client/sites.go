package client

// SitesService lists and adds the sites of a server. It needs plone.distribution. It is safe for concurrent use.
type SitesService struct{ client *Client }
