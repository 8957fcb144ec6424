package client

// TranslationService links objects in several languages. It needs plone.app.multilingual. It is safe for concurrent use.
type TranslationService struct{ client *Client }
