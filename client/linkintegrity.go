package client

// LinkIntegrityService tells which links a removal would break. It is safe for concurrent use.
type LinkIntegrityService struct{ client *Client }
