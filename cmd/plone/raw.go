package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func (a *app) rawCommand() *cobra.Command {
	var headers []string
	var include bool
	cmd := &cobra.Command{
		Use:   "raw METHOD PATH",
		Short: "Send any request and show the answer as it is",
		Long: `Send any request, with the credentials, repeats and errors of all commands, and
show the body of the answer as it is, also that of an error. The body of a
POST, PUT, PATCH or DELETE is what standard input gives.

The path may have a query behind a question mark.`,
		Example:           "  plone raw GET '/news/@search?SearchableText=party'\n  echo '{\"title\": \"A\"}' | plone raw PATCH /news/a -H 'Prefer: return=representation'",
		Args:              arguments(2, 2),
		ValidArgsFunction: a.paths(second),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			r, err := a.request(strings.ToUpper(args[0]), args[1], headers)
			if err != nil {
				return err
			}
			answer, err := client.Open(ctx, c, r)
			if e, refused := errors.AsType[*errors.StatusError](err); refused && e.Status != 0 {
				answer = &client.Download{
					ReadCloser: io.NopCloser(bytes.NewReader(e.Body)),
					Response:   client.Response{StatusCode: int(e.Status), Header: e.Header},
				}
			}
			if answer == nil {
				return err
			}
			defer answer.Close()
			return errors.Join(a.printAnswer(answer, include), err)
		}),
	}
	cmd.Flags().StringArrayVarP(&headers, "header", "H", nil, "header field to send, as in 'Name: value'")
	cmd.Flags().BoolVarP(&include, "include", "i", false, "show status and header, too")
	return cmd
}

// request reads what is to be sent.
func (a *app) request(method, path string, headers []string) (client.Request, error) {
	path, query, _ := strings.Cut(path, "?")
	r := client.Request{Method: method, Path: path, Header: http.Header{}}
	var err error
	if r.Query, err = url.ParseQuery(query); err != nil {
		return r, usage(fmt.Sprintf("the query %q cannot be read", query))
	}
	for _, field := range headers {
		name, value, found := strings.Cut(field, ":")
		if !found {
			return r, usage(fmt.Sprintf("the header %q has no colon", field))
		}
		r.Header.Add(name, strings.TrimSpace(value))
	}
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		body, err := a.input()
		if err != nil || len(body) == 0 {
			return r, err
		}
		r.Body = bytes.NewReader(body)
		if r.Header.Get("Content-Type") == "" {
			r.Header.Set("Content-Type", "application/json; charset=utf-8")
		}
	}
	return r, nil
}

// input is what standard input gives: nothing when it is a terminal.
func (a *app) input() ([]byte, error) {
	if isTerminal(a.stdin) {
		return nil, nil
	}
	return io.ReadAll(a.stdin)
}

func (a *app) printAnswer(answer *client.Download, include bool) error {
	if a.json {
		body, err := io.ReadAll(answer)
		if err != nil {
			return err
		}
		var value any = string(body)
		if json.Valid(body) {
			value = json.RawMessage(body)
		}
		return a.print(map[string]any{"status": answer.StatusCode, "header": answer.Header, "body": value}, nil)
	}
	if include {
		fmt.Fprintf(a.stdout, "HTTP %d %s\n", answer.StatusCode, http.StatusText(answer.StatusCode))
		for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
			for _, value := range answer.Header[name] {
				fmt.Fprintf(a.stdout, "%s: %s\n", name, plain(value))
			}
		}
		fmt.Fprintln(a.stdout)
	}
	_, err := io.Copy(a.stdout, answer)
	return err
}
