package client

// RelationService manages relations between objects. It is safe for concurrent use.
type RelationService struct{ client *Client }
