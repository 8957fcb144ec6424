package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// site answers with canned bytes, as a Plone would. It lives in the process that
// is measured, so it allocates nothing once a connection is open: whatever is
// counted is the client's.
type site struct {
	listener net.Listener
	url      string
	answers  map[string][]byte // by method and path, like "GET /Plone/page"
}

// newSite returns a site that listens on the loopback interface until tb ends.
func newSite(tb testing.TB) *site {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	s := &site{listener: listener, url: "http://" + listener.Addr().String() + "/Plone"}
	page, missing := s.url+"/news/page", s.url+"/news/missing"
	s.answers = map[string][]byte{
		"GET /Plone/news/page":   answer(tb, http.StatusOK, "", document(s.url)),
		"POST /Plone/news":       answer(tb, http.StatusCreated, "Location: "+page+"\r\n", document(s.url)),
		"PATCH /Plone/news/page": answer(tb, http.StatusNoContent, "", nil),
		"GET /Plone/news/@breadcrumbs": answer(tb, http.StatusOK, "", object{
			"@id": s.url + "/news/@breadcrumbs", "root": s.url, "items": []object{{"@id": s.url + "/news", "title": "News"}},
		}),
		"GET /Plone/news/page/@breadcrumbs": answer(tb, http.StatusOK, "", object{
			"@id": s.url + "/news/page/@breadcrumbs", "root": s.url,
			"items": []object{{"@id": s.url + "/news", "title": "News"}, {"@id": s.url + "/news/page", "title": "Page"}},
		}),
		"DELETE /Plone/news/page": answer(tb, http.StatusNoContent, "", nil),
		"GET /Plone/news/missing": answer(tb, http.StatusNotFound, "", map[string]any{
			"context": s.url + "/news",
			"message": "Resource not found: " + missing,
			"type":    "NotFound",
		}),
	}
	for _, n := range []int{25, 1000} {
		key, all := fmt.Sprintf("GET /Plone/list-%d/@search", n), listing(s.url, n)
		s.answers[key] = answer(tb, http.StatusOK, "", all)
		// Asked for once by a client that does not know yet that the site counts.
		all["items"] = []object{}
		s.answers[key+" beyond"] = answer(tb, http.StatusOK, "", all)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	tb.Cleanup(func() { _ = listener.Close() })
	return s
}

// serve ends when the client hangs up, or sends what the site has no answer for.
func (s *site) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		key := line[:max(0, bytes.LastIndexByte(line, ' '))] // without the protocol
		if i := bytes.IndexByte(key, '?'); i >= 0 {
			query := key[i:]
			key = key[:i]
			if bytes.Contains(query, []byte("b_start=")) && !bytes.Contains(query, []byte("b_start=0")) {
				key = []byte(string(key) + " beyond")
			}
		}
		found, ok := s.answers[string(key)]
		if !ok {
			return
		}
		length, chunked := 0, false
		for {
			if line, err = in.ReadSlice('\n'); err != nil {
				return
			}
			if line = bytes.TrimSpace(line); len(line) == 0 {
				break
			}
			if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				length, _ = strconv.Atoi(string(value))
			}
			chunked = chunked || string(line) == "Transfer-Encoding: chunked"
		}
		if chunked {
			// A busy machine makes net/http send the empty body that resty gives
			// every request in this form.
			length = len("0\r\n\r\n")
		}
		if _, err := in.Discard(length); err != nil {
			return
		}
		if _, err := conn.Write(found); err != nil {
			return
		}
	}
}

// answer is a response on the wire, with the header fields and the layout of the
// body that Plone sends. A nil body is none.
func answer(tb testing.TB, status int, header string, body any) []byte {
	tb.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n%s", status, http.StatusText(status), header)
	var data []byte
	if body != nil {
		var err error
		data, err = json.MarshalIndent(body, "", "  ")
		require.NoError(tb, err)
		fmt.Fprintf(&b, "Content-Length: %d\r\nContent-Type: application/json\r\n", len(data))
	}
	b.WriteString("Date: Mon, 23 Nov 2026 17:41:22 GMT\r\n" +
		"Server: waitress\r\n" +
		"Via: waitress\r\n" +
		"X-Frame-Options: SAMEORIGIN\r\n" +
		"X-Powered-By: Zope (www.zope.dev), Python (www.python.org)\r\n\r\n")
	b.Write(data)
	return b.Bytes()
}

// object is a JSON object.
type object = map[string]any

// document is a page with six paragraphs, about 6 kB.
func document(site string) object {
	self := site + "/news/page"
	components := object{}
	for _, name := range []string{"actions", "aliases", "breadcrumbs", "contextnavigation", "navigation", "navroot", "translations", "types", "workflow"} {
		components[name] = object{"@id": self + "/@" + name}
	}
	blocks, order := object{}, []string{}
	for i := range 6 {
		text := strings.Repeat("The council met on Monday and spoke about the old bridge. ", 3)
		id := fmt.Sprintf("b53ff0a9-2b2e-4f4c-8d24-0a33f0a5d1e%d", i)
		blocks[id] = object{
			"@type":     "slate",
			"plaintext": text,
			"value":     []any{object{"type": "p", "children": []any{object{"text": text}}}},
		}
		order = append(order, id)
	}
	parent := summary(site+"/news", 0)
	parent["@type"], parent["type_title"] = "Folder", "Folder"
	return object{
		"@components":          components,
		"@id":                  self,
		"@type":                "Document",
		"UID":                  "58b63a7e3d75499b96801f5b7a42f1aa",
		"allow_discussion":     false,
		"blocks":               blocks,
		"blocks_layout":        object{"items": order},
		"changeNote":           "",
		"contributors":         []string{},
		"created":              "2026-11-23T17:40:30+00:00",
		"creators":             []string{"admin"},
		"description":          "What the council said about the bridge, and what it did not say.",
		"effective":            "2026-11-23T18:00:00+00:00",
		"exclude_from_nav":     false,
		"expires":              nil,
		"id":                   "page",
		"is_folderish":         true,
		"items":                []any{},
		"items_total":          0,
		"language":             object{"title": "English", "token": "en"},
		"layout":               "document_view",
		"lock":                 object{"locked": false, "stealable": true},
		"modified":             "2026-11-23T17:40:31+00:00",
		"nav_title":            nil,
		"next_item":            object{},
		"parent":               parent,
		"preview_caption_link": nil,
		"preview_image_link":   nil,
		"previous_item":        object{},
		"relatedItems":         []any{},
		"review_state":         "published",
		"rights":               "",
		"subjects":             []string{"council", "bridge"},
		"title":                "The bridge stays open",
		"type_title":           "Page",
		"version":              "current",
		"versioning_enabled":   nil,
		"working_copy":         nil,
		"working_copy_of":      nil,
	}
}

// listing is the answer to a search for all of n pages at once.
func listing(site string, n int) object {
	items := make([]object, n)
	for i := range items {
		items[i] = summary(fmt.Sprintf("%s/list-%d/page-%d", site, n, i), i)
	}
	return object{"@id": fmt.Sprintf("%s/list-%d/@search", site, n), "items": items, "items_total": n}
}

func summary(id string, i int) object {
	return object{
		"@id":          id,
		"@type":        "Document",
		"description":  "What the council said, and what it did not say.",
		"effective":    "2026-11-23T18:00:00+00:00",
		"end":          nil,
		"getObjSize":   "1.5 KB",
		"getRemoteUrl": nil,
		"head_title":   nil,
		"image_field":  "",
		"image_scales": nil,
		"mime_type":    "text/plain",
		"nav_title":    nil,
		"review_state": "published",
		"start":        nil,
		"title":        fmt.Sprintf("Minutes of meeting %d", i),
		"type_title":   "Page",
	}
}
