package client

// RoleService lists the roles of the site. It is safe for concurrent use.
type RoleService struct{ client *Client }
