package client

// EmailService sends mail through the site. It is safe for concurrent use.
type EmailService struct{ client *Client }
