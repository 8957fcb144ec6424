package client

// DatabaseService tells the size of the database. It is safe for concurrent use.
type DatabaseService struct{ client *Client }
