package client

// WorkingCopyService checks objects out and in. It needs plone.app.iterate. It is safe for concurrent use.
type WorkingCopyService struct{ client *Client }
