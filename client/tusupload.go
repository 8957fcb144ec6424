package client

// FileService moves the bytes of files. It is safe for concurrent use.
type FileService struct{ client *Client }
