package client_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/auth"
	"plone.example/restapi/client"
	"plone.example/restapi/errors"
	"plone.example/restapi/retry"
)

// The recordings are made with the tests of plone.restapi and ship with it: pairs
// of a request (.req) and its answer (.resp). They are read where they are
// installed; nothing of them is kept here.
const (
	recordedSite = "http://localhost:55001/plone"
	// As many pairs at least must be replayed.
	leastReplayed = 255
	// About so many values of an answer are changed one at a time.
	mostChanges = 200
)

// TestReplay makes for each recorded pair the call that asks what was asked there,
// answers it as it was answered there, and compares both ends with the recording.
// Then it changes the values of the answer, one after the other: each must change
// the result as well, or make the call fail.
func TestReplay(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("PLONE_HTTP_EXAMPLES")
	if folder == "" {
		t.Skip("PLONE_HTTP_EXAMPLES is not set: it is the folder tests/http-examples of an installed plone.restapi (see scripts/plone)")
	}
	pairs := readExchanges(t, folder)
	for name := range pairs {
		_, replayed := replays[name]
		_, left := leftOut[name]
		assert.NotEqual(t, replayed, left, "%s is either replayed or left out", name)
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(replays)), slices.Collect(maps.Keys(leftOut))) {
		assert.Contains(t, pairs, name, "there is no such pair")
	}
	var replayed, changes, refused atomic.Int64
	t.Cleanup(func() {
		fmt.Printf("replay: %d of %d pairs, %d left out; %d values changed, of which %d made the call fail\n",
			replayed.Load(), len(pairs), len(leftOut), changes.Load(), refused.Load())
		assert.GreaterOrEqual(t, int(replayed.Load()), leastReplayed)
	})
	for name, r := range replays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := pairs[name]
			require.NotNil(t, x)
			got, err := x.replay(t.Context(), pairs, r, x.answer)
			require.NoError(t, err, "the call")
			require.Empty(t, got.asked, "the request is another one")
			recorded := x.tree()
			require.Empty(t, got.compare(x, recorded), "the result is another one")
			replayed.Add(1)
			for change := range changesOf(x.tree()) {
				changes.Add(1)
				got, err := x.replay(t.Context(), pairs, r, change.bytes)
				if err != nil {
					refused.Add(1)
					continue
				}
				assert.Empty(t, got.compare(x, change.answer), "a result after the change of %s", change.at)
				assert.NotEmpty(t, got.compare(x, recorded), "the change of %s changes nothing", change.at)
			}
		})
	}
}

// exchange is a recorded pair.
type exchange struct {
	name string

	method string
	url    *url.URL
	header http.Header
	body   []byte

	status       int
	answerHeader http.Header
	answer       []byte
}

// tree is the answer as decoded JSON, or its bytes when it is none.
func (x *exchange) tree() any {
	if v := decoded(x.answer); v != nil {
		return v
	}
	return x.answer
}

// into decodes the body of the request into v, so that it needs not be repeated
// here. What v loses of it is missing in the request that is made with it.
func (x *exchange) into(v any) error { return json.Unmarshal(x.body, v) }

// fields are the members of the body of the request.
func (x *exchange) fields() client.Fields {
	var fields client.Fields
	_ = x.into(&fields) // without fields the request is another one
	return fields
}

// file is the only file of a form.
func (x *exchange) file() (*multipart.Part, error) {
	return formFile(x.header.Get("Content-Type"), x.body)
}

func formFile(contentType string, body []byte) (*multipart.Part, error) {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, err
	}
	return multipart.NewReader(bytes.NewReader(body), params["boundary"]).NextPart()
}

// readExchanges reads the complete pairs of a folder.
func readExchanges(t *testing.T, folder string) map[string]*exchange {
	t.Helper()
	requests, err := filepath.Glob(filepath.Join(folder, "*.req"))
	require.NoError(t, err)
	pairs := map[string]*exchange{}
	for _, file := range requests {
		x := &exchange{name: strings.TrimSuffix(filepath.Base(file), ".req")}
		answer := strings.TrimSuffix(file, ".req") + ".resp"
		if _, err := os.Stat(answer); err != nil {
			continue // only one half was recorded
		}
		var line []string
		line, x.header, x.body = readMessage(t, file)
		x.method = line[0]
		x.url, err = url.Parse(line[1])
		require.NoError(t, err, file)
		line, x.answerHeader, x.answer = readMessage(t, answer)
		_, err = fmt.Sscan(line[1], &x.status)
		require.NoError(t, err, answer)
		pairs[x.name] = x
	}
	require.NotEmpty(t, pairs, "no pairs in %s", folder)
	return pairs
}

// readMessage reads a file: the words of the first line, the header, the body.
func readMessage(t *testing.T, file string) (line []string, header http.Header, body []byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	in := textproto.NewReader(bufio.NewReader(bytes.NewReader(data)))
	first, err := in.ReadLine()
	require.NoError(t, err, file)
	fields, err := in.ReadMIMEHeader()
	if !errors.Is(err, io.EOF) { // a message without a body may end behind its header
		require.NoError(t, err, file)
	}
	body, err = io.ReadAll(in.R)
	require.NoError(t, err, file)
	if len(bytes.TrimSpace(body)) == 0 {
		body = nil
	}
	return strings.Fields(first), http.Header(fields), body
}

// A replay makes the call of a pair. Its result holds the body of the answer; one
// of which the client takes something off, or that it gives in several results,
// is put together again as an answered.
type replay struct {
	call call
	// also are the requests that the client makes beside the recorded one.
	also []beside
}

// beside is a request beside the recorded one. It is answered like another pair.
type beside struct {
	method, path string
	like         string          // name of the pair; empty for an answer that is all edit
	after        bool            // it comes after the recorded request, not before
	edit         func(body dict) // of the answer; nil leaves it as it is
}

type dict = map[string]any

// answered is what a call gives of an answer when that is not one of the types of
// results.
type answered struct {
	client.Response
	Value    any
	Location *url.URL
	Header   map[string]string // fields that the client has read
}

// outcome is what became of a call.
type outcome struct {
	result any
	err    error    // an answer that is an error, with its status
	asked  []string // how the request differs from the recorded one
}

// replay makes the call and answers it with answer.
func (x *exchange) replay(ctx context.Context, pairs map[string]*exchange, r replay, answer []byte) (*outcome, error) {
	p := &player{exchange: x, pairs: pairs, also: r.also, body: answer}
	c, err := client.New(recordedSite, client.WithTrustedPaths(), // no look was recorded

		client.WithTransport(p), client.WithAuth(x.credentials()), client.WithRetry(retry.Policy{Mode: retry.Never}))
	if err != nil {
		return nil, err
	}
	result, err := r.call(ctx, c, p)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.played {
		return nil, fmt.Errorf("the request was not made: %w, %v", err, p.asked)
	}
	_, isStatus := errors.AsType[*errors.StatusError](err)
	if err != nil && (x.status < 400 || !isStatus) {
		return nil, err
	}
	return &outcome{result, err, p.asked}, nil
}

// credentials are those of the request.
func (x *exchange) credentials() auth.Source {
	scheme, rest, _ := strings.Cut(x.header.Get("Authorization"), " ")
	switch scheme {
	case "Basic":
		plain, _ := base64.StdEncoding.DecodeString(rest)
		user, password, _ := strings.Cut(string(plain), ":")
		return auth.Basic(user, password)
	case "Bearer":
		return auth.Static(rest)
	default:
		return nil
	}
}

// player is a transport that plays the part of the server.
type player struct {
	*exchange
	pairs map[string]*exchange
	also  []beside
	body  []byte

	mu     sync.Mutex
	played bool
	asked  []string
	log    []*http.Request
}

var errNotRecorded = errors.New("nothing like this was recorded")

func (p *player) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var body []byte
	if req.Body != nil {
		defer req.Body.Close()
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	p.log = append(p.log, req)
	query := req.URL.Query()
	late := p.played && query.Get("sort_order") == "descending" && !p.url.Query().Has("sort_order") // from the end
	if start := query.Get("b_start"); late || start != "" && start != "0" {
		return nil, errNotRecorded // the next page, which is fetched ahead
	}
	if req.Method == p.method && samePath(req.URL, p.url) {
		p.played = true
		p.asked = append(p.asked, differences(p.exchange, req, body)...)
		return response(req, p.status, p.answerHeader, p.body), nil
	}
	for _, b := range p.also {
		if b.method != req.Method || b.after != p.played || recordedSite+b.path != req.URL.String() {
			continue
		}
		x := &exchange{status: http.StatusOK, answerHeader: http.Header{"Content-Type": {"application/json"}}, answer: []byte(`{}`)}
		if b.like != "" {
			x = p.pairs[b.like]
		}
		return response(req, x.status, x.answerHeader, edited(x.answer, b.edit)), nil
	}
	return nil, fmt.Errorf("%w: %s %s", errNotRecorded, req.Method, req.URL)
}

// lastSent is the header of the last request with a method.
func (p *player) lastSent(method string) http.Header {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, req := range slices.Backward(p.log) {
		if req.Method == method {
			return req.Header
		}
	}
	return nil
}

func samePath(a, b *url.URL) bool {
	return strings.TrimRight(a.Path, "/") == strings.TrimRight(b.Path, "/")
}

func response(req *http.Request, status int, header http.Header, body []byte) *http.Response {
	return &http.Response{
		Status: fmt.Sprint(status, " ", http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header.Clone(), Request: req,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func edited(body []byte, edit func(dict)) []byte {
	if edit == nil {
		return body
	}
	members, isObject := decoded(body).(dict)
	if !isObject {
		return body
	}
	edit(members)
	return encoded(members)
}

// decoded is JSON with its numbers as they are written; nil for no JSON.
func decoded(data []byte) (v any) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return nil
	}
	return v
}

func encoded(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return data
}

// change is an answer with other values.
type change struct {
	at     string
	answer any // as of tree; good until the next change
	bytes  []byte
}

// changesOf yields an answer with all its values changed, and then with one of them
// at a time.
func changesOf(root any) iter.Seq[change] {
	return func(yield func(change) bool) {
		if text, isBytes := root.([]byte); isBytes {
			if len(text) > 0 {
				text = append(bytes.Clone(text), '~')
				yield(change{"the bytes", text, text})
			}
			return
		}
		var spots []spot
		findPlaces("", root, func(v any) { root = v }, &spots)
		for _, p := range spots {
			p.set(other(p.value))
		}
		more := len(spots) > 0 && yield(change{"everything", root, encoded(root)})
		for _, p := range spots {
			p.set(p.value)
		}
		// Of the longest answers, which repeat themselves, not each one alone.
		for step := 1 + len(spots)/mostChanges; more && len(spots) > 0; spots = spots[min(step, len(spots)):] {
			p := spots[0]
			p.set(other(p.value))
			more = yield(change{p.at, root, encoded(root)})
			p.set(p.value)
		}
	}
}

// spot is where a value stands in a tree.
type spot struct {
	at    string
	value any
	set   func(any)
}

// findPlaces appends the places of the values below v. null is none: what it would
// be else, the recording does not tell.
func findPlaces(at string, v any, set func(any), spots *[]spot) {
	switch v := v.(type) {
	case dict:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			findPlaces(at+"/"+name, v[name], func(w any) { v[name] = w }, spots)
		}
	case []any:
		for i := range v {
			findPlaces(at+"/"+strconv.Itoa(i), v[i], func(w any) { v[i] = w }, spots)
		}
	case nil:
	default:
		*spots = append(*spots, spot{at, v, set})
	}
}

// other is a value of the same kind.
func other(v any) any {
	switch v := v.(type) {
	case bool:
		return !v
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return json.Number(strconv.FormatInt(n+1, 10))
		}
		f, _ := v.Float64()
		return json.Number(strconv.FormatFloat(f+1, 'f', -1, 64))
	case string:
		if at, isTime := timeOf(v); isTime {
			return strings.Replace(v, at.Format("2006"), at.AddDate(4, 0, 0).Format("2006"), 1) // to a year as long
		}
		return v + "~"
	default:
		return v
	}
}
