package client

// PrincipalService finds users and groups together. It is safe for concurrent use.
type PrincipalService struct{ client *Client }
