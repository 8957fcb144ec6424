package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/wire"
)

var (
	exportUsers = declare(operation{
		name: "Users.ExportCSV", method: http.MethodGet, path: "/@users", want: http.StatusOK, media: "text/csv",
	})
	importUsers = declare(operation{
		name: "Users.ImportCSV", method: http.MethodPost, path: "/@users", media: "text/csv",
		want: http.StatusCreated, or: http.StatusBadRequest, // a report, see readImport
		unbounded: true,
	})
)

// ExportCSV returns the users of the site as CSV with a line of titles: id,
// username, fullname, email, roles and groups, the last two as lists with commas.
// Read it with encoding/csv. The caller closes it.
//
// Errors: [errors.ErrUnauthorized] for users who may not manage users.
//
// Source: plone.restapi documentation, "Users", "List users as CSV".
func (s *UserService) ExportCSV(ctx context.Context, opts ...CallOption) (*Download, error) {
	r := exportUsers.at("")
	return s.client.download(ctx, r.apply(opts), expected{mediaType: exportUsers.media})
}

// UserImportError is the error of an import of which some rows were refused. The
// others have been imported. It matches what the rows match.
type UserImportError struct {
	Users []User     // that were added
	Rows  []RowError // that were refused, in their order
}

// RowError is a row that was refused.
type RowError struct {
	Row int   // counted from 1, the line of titles left out
	Err error // a StatusError
}

// Error implements error.
func (e *UserImportError) Error() string {
	first := e.Rows[0]
	return fmt.Sprintf("plone: %d of %d users were not imported; row %d: %v", len(e.Rows), len(e.Rows)+len(e.Users), first.Row, first.Err)
}

// Unwrap returns the errors of the rows.
func (e *UserImportError) Unwrap() []error {
	causes := make([]error, len(e.Rows))
	for i, row := range e.Rows {
		causes[i] = row.Err
	}
	return causes
}

// importedUsers is the answer to an import: users, and errors for rows that were
// refused.
type importedUsers struct {
	Items      []json.RawMessage `json:"items"`
	ItemsTotal int               `json:"items_total"` // 0 when the server does not say
}

// ImportCSV adds the users of table, CSV with a line of titles: username, email,
// password or sendPasswordReset, roles (a list with commas) and the properties of
// users. The server ignores other columns, groups among them. The table is sent
// while it is read, once, and without a time limit but that of ctx.
//
// The server adds row by row. What it has added stays, though others fail.
//
// Errors: a [UserImportError] when rows were refused, which tells who was added;
// [errors.ErrValidation] when a column is missing in any row, and nothing was
// added; [errors.ErrForbidden] for users who may not add users,
// [errors.ErrOutcomeUnknown] when no answer came, or none that can be used.
//
// Source: plone.restapi documentation, "Users", "Create users from CSV".
func (s *UserService) ImportCSV(ctx context.Context, table io.Reader, opts ...CallOption) (*Created[[]User], error) {
	if table == nil {
		return nil, invalid("an import without a table")
	}
	body, contentType := csvForm(table)
	r := importUsers.at("").with(body)
	r.Header = http.Header{"Content-Type": {contentType}}
	var answer importedUsers
	resp, err := s.client.call(ctx, r.apply(opts), func(_ context.Context, resp *http.Response) error {
		return s.readImport(resp, &r, &answer)
	})
	if err != nil {
		return nil, err
	}
	users, err := answer.users(s.client, resp, &r)
	if err != nil {
		return nil, err
	}
	return &Created[[]User]{Response: summary(resp), Value: users}, nil
}

// readImport reads the answer to an import. When its last row was refused, it has
// the status 400, and tells about the other rows all the same.
func (s *UserService) readImport(resp *http.Response, r *request, answer *importedUsers) error {
	c := s.client
	if resp.StatusCode == http.StatusCreated {
		return c.decode(resp, answer)
	}
	var data bytes.Buffer
	if err := c.read(resp, &data); err != nil {
		return c.decodeError(resp, data.Bytes(), err)
	}
	if wire.Unmarshal(wire.Clean(data.Bytes()), answer) == nil && answer.check() == nil {
		return nil
	}
	resp.Body = newBody(data.Bytes())
	return c.explain(r, errors.FromResponse(resp), resp)
}

func (i *importedUsers) check() error {
	if i.Items == nil {
		return errMissing("items")
	}
	if i.ItemsTotal != 0 && i.ItemsTotal != len(i.Items) {
		return fmt.Errorf("the answer has %d of %d items", len(i.Items), i.ItemsTotal)
	}
	return nil
}

// users decodes the rows of the answer.
func (i *importedUsers) users(c *Client, resp *http.Response, r *request) ([]User, error) {
	failed := UserImportError{Users: make([]User, 0, len(i.Items))}
	for n, item := range i.Items {
		var row struct {
			User
			Error json.RawMessage `json:"error"`
		}
		err := wire.Unmarshal(item, &row)
		if err == nil && row.Error == nil {
			err = row.check()
		}
		switch {
		case err != nil:
			failed.Rows = append(failed.Rows, RowError{n + 1, err})
		case row.Error != nil:
			failed.Rows = append(failed.Rows, RowError{n + 1, c.explain(r, errors.FromResponse(&http.Response{
				StatusCode: http.StatusBadRequest,
				Header:     http.Header{"Content-Type": {"application/json"}},
				Body:       newBody(item),
				Request:    resp.Request,
			}), resp)})
		default:
			row.keep(origin{&answer{body: item}, whole})
			failed.Users = append(failed.Users, row.User)
		}
	}
	if len(failed.Rows) > 0 {
		return nil, &failed
	}
	return failed.Users, nil
}

// csvForm is a form with table as its only file. It reads table when it is read.
func csvForm(table io.Reader) (body io.Reader, contentType string) {
	var frame bytes.Buffer
	form := multipart.NewWriter(&frame)
	// Writing to a buffer cannot fail.
	_, _ = form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="users.csv"`},
		"Content-Type":        {"text/csv"},
	})
	head := frame.Len()
	_ = form.Close()
	before, after := frame.Bytes()[:head], frame.Bytes()[head:]
	return io.MultiReader(bytes.NewReader(before), table, bytes.NewReader(after)), form.FormDataContentType()
}
