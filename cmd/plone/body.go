package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// body is the fields of an object as they are sent, by name.
type body map[string]json.RawMessage

// readBody reads the fields that are given as arguments, name=text and
// name:=JSON, or, without any, the JSON object that standard input gives.
func (a *app) readBody(args []string) (body, error) {
	fields := body{}
	for _, arg := range args {
		name, text, found := strings.Cut(arg, "=")
		name, isJSON := strings.CutSuffix(name, ":")
		switch {
		case !found || name == "":
			return nil, usage(fmt.Sprintf("%q is neither name=text nor name:=JSON", arg))
		case fields[name] != nil:
			return nil, usage(fmt.Sprintf("the field %q is there twice", name))
		case isJSON && !json.Valid([]byte(text)):
			return nil, usage(fmt.Sprintf("the value of %s:= is not JSON", name))
		case isJSON:
			fields[name] = json.RawMessage(text)
		default:
			fields[name], _ = json.Marshal(text)
		}
	}
	if len(args) > 0 {
		return fields, nil
	}
	data, err := a.input()
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, usage("there are no fields: give name=value, or JSON on standard input")
	}
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return nil, usage("standard input is not a JSON object")
	}
	return fields, nil
}

// text is the text in a field; empty when there is none.
func (b body) text(name string) string {
	var text string
	_ = json.Unmarshal(b[name], &text)
	return text
}

// object returns what is at a path, and its path, for a command that only reads:
// an old address leads to the new one.
func object(ctx context.Context, c *client.Client, path string) (*client.Content, string, error) {
	found, err := c.Content.Get(ctx, path)
	if err != nil {
		return nil, "", err
	}
	at, err := c.Path(found.Value.URL)
	return &found.Value, at, err
}

// exactly is object for a command that writes. It refuses what has moved away from
// the path, and it looks at all because a write would not only follow that: for a
// name that a folder does not have, the server takes an object of that name further
// up.
func exactly(ctx context.Context, c *client.Client, path string) (*client.Content, string, error) {
	asked, err := c.Path(path)
	if err != nil {
		return nil, "", err
	}
	found, at, err := object(ctx, c, asked)
	if err == nil && at != asked {
		return nil, "", hinted{fmt.Errorf("%s has moved to %s: %w", asked, at, errors.ErrNotFound), "name it by its new path"}
	}
	return found, at, err
}

// folder is exactly for an object that something is put into.
func folder(ctx context.Context, c *client.Client, path string) (string, error) {
	found, at, err := exactly(ctx, c, path)
	if err == nil && !found.IsFolderish {
		err = noFolder(at)
	}
	return at, err
}

func noFolder(at string) error { return fmt.Errorf("%w: %s is no folder", errors.ErrInvalidInput, at) }

// place is the folder and the name that a path stands for.
func place(c *client.Client, address string) (folder, name string, err error) {
	at, err := c.Path(address)
	if err != nil {
		return "", "", err
	}
	if at == "/" {
		return "", "", fmt.Errorf("%w: the site itself has no folder that it is in", errors.ErrInvalidInput)
	}
	return path.Dir(at), path.Base(at), nil
}
