package client

import (
	"context"
	"net/http"
	"strings"
)

// TransactionService lists what was written to the database and takes it back.
// It is safe for concurrent use.
type TransactionService struct{ client *Client }

var (
	listTransactions = declare(operation{
		name: "Transactions.List", method: http.MethodGet, path: "/@transactions", want: http.StatusOK,
	})
	undoTransactions = declare(operation{
		name: "Transactions.Undo", method: http.MethodPatch, path: "/@transactions", want: http.StatusOK,
	})
)

// Transaction is what was written at once.
type Transaction struct {
	ID          string `json:"id"`   // for Undo
	Time        Time   `json:"time"` // without zone: a reading of the server's clock
	Username    string `json:"username"`
	Description string `json:"description"` // like "/Plone/POST_application_json_"
	Size        int64  `json:"size"`        // bytes
}

func (t *Transaction) check() error {
	if t.ID == "" {
		return errMissing("id")
	}
	return nil
}

// UndoResult is what the server says to Undo.
type UndoResult struct {
	Message string `json:"message"`
}

func (r *UndoResult) check() error {
	if r.Message == "" {
		return errMissing("message")
	}
	return nil
}

// List returns all transactions since the database was packed last, of all sites
// in it, the newest first. There may be very many, and the server sends them at
// once.
//
// Errors: [errors.ErrUnauthorized] when the user may not list changes.
//
// Source: plone.restapi documentation, "Transactions".
func (s *TransactionService) List(ctx context.Context, opts ...CallOption) (*OK[[]Transaction], error) {
	result, err := okArray[Transaction](ctx, s.client, listTransactions.at(""), opts)
	if err != nil {
		return nil, err
	}
	for i := range result.Value {
		// The server puts the place where the user is known before the name, and a
		// blank between the two; the place is mostly empty.
		result.Value[i].Username = strings.TrimSpace(result.Value[i].Username)
	}
	return result, nil
}

// Undo takes transactions back, all of them or none. The ids are those of List;
// their part before the first blank is enough.
//
// Errors: [errors.ErrBadRequest] when one cannot be taken back: later ones have
// changed the same objects, it is gone, or taken back already.
// [errors.ErrInvalidInput] for no ids and for empty ones, to which the server says
// that all is reverted; [errors.ErrInternalServer] for what is not an id,
// [errors.ErrUnauthorized], [errors.ErrOutcomeUnknown] when no answer came.
//
// Source: plone.restapi documentation, "Transactions".
func (s *TransactionService) Undo(ctx context.Context, ids []string, opts ...CallOption) (*OK[UndoResult], error) {
	if len(ids) == 0 {
		return nil, invalid("Undo of no transactions")
	}
	for _, id := range ids {
		if strings.TrimSpace(id) == "" {
			return nil, invalid("Undo of a transaction without an id")
		}
	}
	return ok[UndoResult](ctx, s.client, undoTransactions.at("").with(map[string][]string{"transaction_ids": ids}), opts)
}
