package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"testing"

	"github.com/go-resty/resty/v2"
	"github.com/hashicorp/go-retryablehttp"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

// way is a way to make a call.
type way int

const (
	floor     way = iota // bare net/http, io.ReadAll, encoding/json
	sdk                  // this module
	retryable            // go-retryablehttp without its log, io.ReadAll, encoding/json
	restyV2              // resty v2
	numWays
)

// call is one kind of call, with what each way needs to make it.
type call struct {
	name         string
	method, path string
	query        string
	body         any          // sent as JSON; nil for none
	status       int          // that the site answers with
	plain        reflect.Type // that the body is decoded into; nil for no body
	sdk          func(context.Context, *client.Client) error
}

// page is the body of a create, for all ways alike.
var page any = newPage{
	Type:        "Document",
	ID:          "page",
	Title:       "The bridge stays open",
	Description: "What the council said about the bridge, and what it did not say.",
	Subjects:    []string{"council", "bridge"},
}

var (
	get = call{
		name: "GET", method: http.MethodGet, path: "/news/page", status: http.StatusOK,
		plain: plainContent,
		sdk: func(ctx context.Context, c *client.Client) error {
			_, err := c.Content.Get(ctx, "/news/page")
			return err
		},
	}
	create = call{
		name: "create", method: http.MethodPost, path: "/news", body: page, status: http.StatusCreated,
		plain: plainContent,
		sdk: func(ctx context.Context, c *client.Client) error {
			_, err := c.Content.Create(ctx, "/news", page)
			return err
		},
	}
	missing = call{
		name: "404", method: http.MethodGet, path: "/news/missing", status: http.StatusNotFound,
		plain: plainError,
		sdk: func(ctx context.Context, c *client.Client) error {
			_, err := c.Content.Get(ctx, "/news/missing")
			if errors.Is(err, errors.ErrNotFound) {
				return nil
			}
			return fmt.Errorf("not a 404: %w", err)
		},
	}
	remove = call{
		name: "204", method: http.MethodDelete, path: "/news/page", status: http.StatusNoContent,
		sdk: func(ctx context.Context, c *client.Client) error {
			_, err := c.Content.Delete(ctx, "/news/page")
			return err
		},
	}
	update = call{
		name: "update", method: http.MethodPatch, path: "/news/page", body: page, status: http.StatusNoContent,
		sdk: func(ctx context.Context, c *client.Client) error {
			_, err := c.Content.Update(ctx, "/news/page", page)
			return err
		},
	}
	items25   = search(25)
	items1000 = search(1000)

	calls = []call{get, items25, items1000, create, missing, remove}
)

// search reads a list of n items in one page.
func search(n int) call {
	path := fmt.Sprintf("/list-%d", n)
	return call{
		name: fmt.Sprintf("%d items", n), method: http.MethodGet, status: http.StatusOK,
		path: path + "/@search", query: fmt.Sprintf("?b_size=%d&b_start=0", n),
		plain: plainListing,
		sdk: func(ctx context.Context, c *client.Client) error {
			read := 0
			for batch, err := range c.Search.Pages(ctx, path, client.SearchOptions{PageSize: n}) {
				if err != nil {
					return err
				}
				read += len(batch.Items)
			}
			if read != n {
				return fmt.Errorf("read %d of %d items", read, n)
			}
			return nil
		},
	}
}

// looking returns functions that make the call once at a site: with a client that
// trusts its paths, and with one that looks first.
func (c call) looking(tb testing.TB, url string, source auth.Source) []func() error {
	tb.Helper()
	var runs []func() error
	for _, opts := range [][]client.Option{{client.WithTrustedPaths()}, nil} {
		t := &http.Transport{MaxIdleConnsPerHost: 16}
		tb.Cleanup(t.CloseIdleConnections)
		plone, err := client.New(url, append(opts, client.WithTransport(t), client.WithAuth(source))...)
		require.NoError(tb, err)
		runs = append(runs, func() error { return c.sdk(tb.Context(), plone) })
	}
	return runs
}

// with returns functions that make the call once, each with a client of its own
// on the same kind of transport. They fail for an answer that is not expected.
func (c call) with(tb testing.TB, s *site) [numWays]func() error {
	tb.Helper()
	ctx, url := tb.Context(), s.url+c.path+c.query
	transport := func() *http.Transport {
		t := &http.Transport{MaxIdleConnsPerHost: 16}
		tb.Cleanup(t.CloseIdleConnections)
		return t
	}
	bare := &http.Client{Transport: transport()}
	// The floor asks for nothing else either; see looking.
	plone, err := client.New(s.url, client.WithTransport(transport()), client.WithTrustedPaths())
	require.NoError(tb, err)
	hashicorp := retryablehttp.NewClient()
	hashicorp.Logger = nil
	hashicorp.HTTPClient = &http.Client{Transport: transport()}
	rest := resty.NewWithClient(&http.Client{Transport: transport()})
	return [numWays]func() error{
		floor:     func() error { return c.floor(ctx, bare, url) },
		sdk:       func() error { return c.sdk(ctx, plone) },
		retryable: func() error { return c.retryable(ctx, hashicorp, url) },
		restyV2:   func() error { return c.resty(ctx, rest, url) },
	}
}

func (c call) floor(ctx context.Context, bare *http.Client, url string) error {
	body, err := c.marshal()
	if err != nil {
		return err
	}
	var in io.Reader
	if body != nil {
		in = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, c.method, url, in)
	if err != nil {
		return err
	}
	c.setHeader(req.Header)
	resp, err := bare.Do(req)
	if err != nil {
		return err
	}
	return c.read(resp)
}

func (c call) retryable(ctx context.Context, hashicorp *retryablehttp.Client, url string) error {
	body, err := c.marshal()
	if err != nil {
		return err
	}
	var in any // an empty []byte would be a body
	if body != nil {
		in = body
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, c.method, url, in)
	if err != nil {
		return err
	}
	c.setHeader(req.Header)
	resp, err := hashicorp.Do(req)
	if err != nil {
		return err
	}
	return c.read(resp)
}

func (c call) resty(ctx context.Context, rest *resty.Client, url string) error {
	req := rest.R().SetContext(ctx).SetHeader("Accept", "application/json")
	if c.body != nil {
		req.SetBody(c.body)
	}
	if c.plain != nil {
		value := reflect.New(c.plain).Interface()
		req.SetResult(value).SetError(value)
	}
	resp, err := req.Execute(c.method, url)
	if err == nil && resp.StatusCode() != c.status {
		err = fmt.Errorf("%s %s: %s", c.method, url, resp.Status())
	}
	return err
}

func (c call) marshal() ([]byte, error) {
	if c.body == nil {
		return nil, nil
	}
	return json.Marshal(c.body)
}

func (c call) setHeader(h http.Header) {
	h.Set("Accept", "application/json")
	if c.body != nil {
		h.Set("Content-Type", "application/json")
	}
}

// read is what bare programs do with an answer.
func (c call) read(resp *http.Response) error {
	defer resp.Body.Close()
	if resp.StatusCode != c.status {
		return fmt.Errorf("%s %v: %s", c.method, resp.Request.URL, resp.Status)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || c.plain == nil {
		return err
	}
	return json.Unmarshal(body, reflect.New(c.plain).Interface())
}
