package client

// SharingService reads and sets local roles. It is safe for concurrent use.
type SharingService struct{ client *Client }
