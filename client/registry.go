package client

// RegistryService reads and changes single records of the settings. It is safe for concurrent use.
type RegistryService struct{ client *Client }
