package client

// TransactionService lists what was written and undoes it. It is safe for concurrent use.
type TransactionService struct{ client *Client }
