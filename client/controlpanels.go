package client

// ControlPanelService reads and changes the settings of the site. It is safe for concurrent use.
type ControlPanelService struct{ client *Client }
