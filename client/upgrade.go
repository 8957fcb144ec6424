package client

// UpgradeService upgrades the site to the software it runs on. It is safe for concurrent use.
type UpgradeService struct{ client *Client }
