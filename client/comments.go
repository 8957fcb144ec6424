package client

// CommentService manages comments. It needs plone.app.discussion. It is safe for concurrent use.
type CommentService struct{ client *Client }
