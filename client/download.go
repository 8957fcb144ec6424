package client

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode"
)

// Download is bytes that the site sends as they are, while they arrive. The
// caller closes it, read to its end or not. No time limit of the client applies
// to it, only the context of the call.
type Download struct {
	io.ReadCloser
	ContentType string // as the site says it, with parameters
	// Filename is the name that the site proposes, without any folders; empty when
	// there is none. It is a stranger's word: check it before you make a file of it.
	Filename string
	Size     int64 // bytes; -1 when the site does not say
	Response
}

// download sends r and returns the answer, which must be a 200 of the given media
// type; "" takes any.
func (c *Client) download(ctx context.Context, r *request, mediaType string) (*Download, error) {
	resp, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	contentType := resp.Header.Get("Content-Type")
	got, _, _ := mime.ParseMediaType(contentType)
	switch {
	case resp.StatusCode != http.StatusOK:
		err = fmt.Errorf("the operation answers with %d", http.StatusOK)
	case mediaType != "" && got != mediaType:
		err = fmt.Errorf("the answer is %q, not %s", contentType, mediaType)
	}
	if err != nil {
		defer resp.Body.Close()
		return nil, c.decodeError(resp, nil, err)
	}
	return &Download{
		ReadCloser:  resp.Body,
		ContentType: contentType,
		Filename:    filename(resp.Header.Get("Content-Disposition")),
		Size:        resp.ContentLength,
		Response:    summary(resp),
	}, nil
}

// filename is the last element of the name in a Content-Disposition.
func filename(disposition string) string {
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil {
		return ""
	}
	name := path.Base(strings.ReplaceAll(params["filename"], `\`, "/"))
	if name == "." || name == ".." || name == "/" || strings.ContainsFunc(name, unicode.IsControl) {
		return ""
	}
	return name
}
