package client

// ContentRuleService assigns content rules to containers. It needs plone.app.contentrules. It is safe for concurrent use.
type ContentRuleService struct{ client *Client }
