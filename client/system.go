package client

// SystemService tells the versions of the software. It is safe for concurrent use.
type SystemService struct{ client *Client }
