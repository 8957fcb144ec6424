package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
	"plone.example/restapi/transfer"
)

// exit is a class of errors and the code that the program ends with.
type exit struct {
	code    int
	name    string
	meaning string
	hint    string // what to do now; empty when the error says enough
	matches func(error) bool
}

// exits are in the order in which they are tried; the first one that matches
// counts. 0 and 1 are what is left over.
var exits = []exit{
	{130, "interrupted", "stopped by Ctrl-C or a signal", "",
		is(context.Canceled)},
	{8, "incomplete", "done, but for items that could not be carried; they are named", "",
		is(transfer.ErrIncomplete)},
	{7, "outcome-unknown", "a write was sent, and nothing tells whether it was done", "look at the site before you do it again",
		is(errors.ErrOutcomeUnknown)},
	{5, "conflict", "taken, locked, changed by somebody else meanwhile, or not as asked for", "",
		is(errors.ErrAlreadyExists, errors.ErrLocked, errors.ErrConflict, errors.ErrPreconditionFailed, errors.ErrListChanged, errors.ErrFileChanged)},
	{4, "not-found", "no such object or service, or it has moved", "",
		anyOf(is(errors.ErrNotFound), as[*errors.RedirectError])},
	{3, "refused", "not logged in, not allowed, or a token that has expired", "`plone whoami` tells who the site takes you for, `plone login` gets a new token",
		is(errors.ErrUnauthorized, errors.ErrForbidden, errors.ErrInvalidCredentials, auth.ErrExpired)},
	{6, "unavailable", "a fault of the server, no answer, or one that makes no sense", "",
		anyOf(is(errors.ErrServer, errors.ErrTooManyRequests, context.DeadlineExceeded), as[*errors.TransportError], as[*errors.DecodeError])},
	{2, "bad-input", "a command line, a body or a field that cannot be used", "",
		is(errors.ErrInvalidInput, errors.ErrValidation, errors.ErrNoField, errors.ErrClient, transfer.ErrNoExport, transfer.ErrNewerFormat)},
}

// failed is the class of all other errors.
var failed = exit{code: 1, name: "failed", meaning: "any other failure"}

// exitOf returns the class of an error.
func exitOf(err error) exit {
	at := slices.IndexFunc(exits, func(e exit) bool { return e.matches(err) })
	if at < 0 {
		return failed
	}
	return exits[at]
}

func is(targets ...error) func(error) bool {
	return func(err error) bool {
		return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
	}
}

func as[E error](err error) bool {
	_, found := errors.AsType[E](err)
	return found
}

func anyOf(matches ...func(error) bool) func(error) bool {
	return func(err error) bool {
		return slices.ContainsFunc(matches, func(m func(error) bool) bool { return m(err) })
	}
}

// resumable reports whether a transfer that failed may be gone on with.
func resumable(err error) bool {
	switch exitOf(err).code {
	case 6, 7, 130:
		return true
	}
	return errors.Is(err, auth.ErrExpired)
}

// hinted is an error with advice on what to do now.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// failure is an error as --json prints it.
type failure struct {
	Exit    int                 `json:"exit"`
	Class   string              `json:"class"`
	Message string              `json:"message"`
	Hint    string              `json:"hint,omitempty"`
	Status  int                 `json:"status,omitempty"` // of the answer
	Type    string              `json:"type,omitempty"`   // Plone's name for the error
	Method  string              `json:"method,omitempty"`
	URL     string              `json:"url,omitempty"`
	Fields  []errors.FieldError `json:"fields,omitempty"` // that were refused
}

// report prints err, if there is one, and returns the exit code.
func (a *app) report(err error) int {
	if err == nil {
		return 0
	}
	class := exitOf(err)
	f := failure{Exit: class.code, Class: class.name, Message: message(err), Hint: class.hint}
	if class.code == 130 {
		f.Message = "stopped: " + f.Message
		if errors.Is(err, errors.ErrOutcomeUnknown) {
			f.Hint = "what was under way may have been done"
		}
	}
	if h, found := errors.AsType[hinted](err); found {
		f.Hint = h.hint
	}
	if e, found := errors.AsType[*errors.StatusError](err); found {
		f.Status, f.Type, f.Method, f.Fields = int(e.Status), e.Type, e.Method, e.Fields
		if e.URL != nil {
			f.URL = e.URL.String()
		}
	}
	if a.json {
		_ = json.NewEncoder(a.stderr).Encode(map[string]failure{"error": f})
		return f.Exit
	}
	fmt.Fprintln(a.stderr, "plone:", f.Message)
	for _, field := range f.Fields {
		fmt.Fprintf(a.stderr, "plone: %s: %s\n", plain(field.Field), plain(field.Message))
	}
	if f.Hint != "" {
		fmt.Fprintln(a.stderr, "plone:", f.Hint)
	}
	return f.Exit
}

// message is the text of an error on one line, without the mark of the errors
// that it is made of.
func message(err error) string {
	text := strings.TrimPrefix(err.Error(), "plone: ")
	text = strings.ReplaceAll(text, ": plone: ", ": ")
	return plain(strings.ReplaceAll(text, "\n", "; ")) // of joined errors
}

// exitCodes is the table of the codes, in their order.
func exitCodes() string {
	rows := append([]exit{{code: 0, name: "ok", meaning: "all was done"}, failed}, exits...)
	slices.SortFunc(rows, func(a, b exit) int { return a.code - b.code })
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "%4d  %-16s %s\n", row.code, row.name, row.meaning)
	}
	return b.String()
}

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: "The exit code tells the class of the error, so that a script can decide:\n\n" + exitCodes() + `
With --json, the error is a line of JSON on standard error, with the code as
"exit" and the name as "class".`,
	}
}
