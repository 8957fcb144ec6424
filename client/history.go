package client

// HistoryService reads the versions of an object and goes back to one. It is safe for concurrent use.
type HistoryService struct{ client *Client }
