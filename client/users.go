package client

// UserService manages users. It is safe for concurrent use.
type UserService struct{ client *Client }
