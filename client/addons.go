package client

// AddonService installs add-ons. It is safe for concurrent use.
type AddonService struct{ client *Client }
