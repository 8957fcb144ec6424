package client

// WorkflowService reads the workflow of an object and fires its transitions. It is safe for concurrent use.
type WorkflowService struct{ client *Client }
