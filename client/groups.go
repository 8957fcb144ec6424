package client

// GroupService manages groups. It is safe for concurrent use.
type GroupService struct{ client *Client }
