package client

// TypeService reads and changes content types. It is safe for concurrent use.
type TypeService struct{ client *Client }
