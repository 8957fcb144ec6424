package client

// LockingService locks objects against other editors. It is safe for concurrent use.
type LockingService struct{ client *Client }
