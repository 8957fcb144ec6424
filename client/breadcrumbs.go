package client

// ComponentService reads the components of an object, one at a time; [Expand] brings them with it. It is safe for concurrent use.
type ComponentService struct{ client *Client }
