package client

import (
	"context"
	"net/http"

	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// EmailService sends mail through the site. It is safe for concurrent use.
type EmailService struct{ client *Client }

var (
	sendMail = declare(operation{
		name: "Email.Send", method: http.MethodPost, path: "/@email-send", want: http.StatusNoContent, kind: retry.Committing,
	})
	notifyOwner = declare(operation{
		name: "Email.Notify", method: http.MethodPost, path: "/@email-notification", want: http.StatusNoContent,
		kind: retry.Committing,
	})
)

// Mail is a plain text to send.
type Mail struct {
	From    string // address that answers go to; the site itself is the sender
	Name    string // of who sends it; may be empty
	Subject string // the server's words when empty
	Message string
}

// Send sends a mail to an address. The server tells above the text who sends it
// by which site.
//
// Errors: [errors.ErrBadRequest] when an address or the text is missing, or the
// site is not set up to send mail; [errors.ErrForbidden] when the user may not send
// mail, [errors.ErrUnauthorized] when not logged in; [errors.ErrInternalServer]
// when the mail server refuses it, [errors.ErrOutcomeUnknown] when it may have been
// sent all the same.
//
// Source: plone.restapi documentation, "Email Send".
func (s *EmailService) Send(ctx context.Context, to string, m Mail, opts ...CallOption) (*NoContent, error) {
	body := m.body()
	body["to"] = to
	if m.Message != "" {
		// The server reads the message as one with headers: without an empty line
		// a text that begins with "Note: " would lose its first line to them.
		body["message"] = "\n" + m.Message
	}
	result, err := noContent(ctx, s.client, sendMail.at("").with(body), opts)
	if e, refused := errors.AsType[*errors.StatusError](err); refused && e.Message == body["message"] {
		e.Message = "" // the mail comes back instead of a reason
	}
	return result, err
}

// Notify sends a mail to the owner of the site, as its contact form does. It
// needs no login.
//
// Errors: [errors.ErrBadRequest] when From or the text is missing, or the site is
// not set up to send mail; [errors.ErrInternalServer] when the mail server refuses
// it, [errors.ErrOutcomeUnknown] when it may have been sent all the same.
//
// Source: plone.restapi documentation, "Email Notification".
func (s *EmailService) Notify(ctx context.Context, m Mail, opts ...CallOption) (*NoContent, error) {
	return noContent(ctx, s.client, notifyOwner.at("").with(m.body()), opts)
}

func (m Mail) body() map[string]string {
	return map[string]string{"from": m.From, "name": m.Name, "subject": m.Subject, "message": m.Message}
}
