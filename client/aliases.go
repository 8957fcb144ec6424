package client

// AliasService manages old addresses. It is safe for concurrent use.
type AliasService struct{ client *Client }
