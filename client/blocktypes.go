package client

// BlockTypeService counts where blocks are used. It needs plone.volto. It is safe for concurrent use.
type BlockTypeService struct{ client *Client }
