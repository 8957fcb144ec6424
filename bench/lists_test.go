package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

// listSite is a site of numbered pages. It makes each answer while it is sent and
// keeps nothing.
type listSite struct {
	url       string
	total     int           // of pages
	unbatched bool          // b_start and b_size change nothing
	pause     time.Duration // before each answer
	busy      atomic.Int64  // nanoseconds spent on answers

	summary, whole pattern
}

// newListSite returns a site that ends with tb.
func newListSite(tb testing.TB, total int) *listSite {
	tb.Helper()
	s := &listSite{total: total}
	server := httptest.NewServer(s)
	tb.Cleanup(server.Close)
	s.url = server.URL + "/Plone"
	hit := summary(s.url+"/list/"+blank, 0)
	hit["UID"], hit["title"] = blank, "Minutes of meeting "+blank
	page := document(s.url)
	page["@id"], page["UID"] = s.url+"/list/"+blank, blank
	s.summary, s.whole = newPattern(tb, hit), newPattern(tb, page)
	return s
}

// ServeHTTP answers every request as a search.
func (s *listSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func(start time.Time) { s.busy.Add(int64(time.Since(start))) }(time.Now())
	time.Sleep(s.pause)
	query := r.URL.Query()
	total, first, n := s.total, 0, s.total
	uids := query["UID"]
	switch {
	case uids != nil:
		total, n = len(uids), len(uids)
	case !s.unbatched:
		first, _ = strconv.Atoi(query.Get("b_start"))
		size, _ := strconv.Atoi(query.Get("b_size"))
		n = max(0, min(size, total-first))
	}
	item := s.summary
	if query.Has("fullobjects") {
		item = s.whole
	}
	const comma = ",\n"
	begin := fmt.Sprintf(`{"@id": "%s/@search", "items_total": %d, "items": [`, s.url, total)
	length := len(begin) + n*len(item.text) + max(0, n-1)*len(comma) + len("]}")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(length))
	_, _ = io.WriteString(w, begin)
	text := bytes.Clone(item.text)
	for i := range n {
		if i > 0 {
			_, _ = io.WriteString(w, comma)
		}
		number := first + i
		if uids != nil {
			number, _ = strconv.Atoi(uids[i])
		}
		item.fill(text, number)
		if _, err := w.Write(text); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, "]}")
}

// pattern is the text of an object with places for its number.
type pattern struct {
	text   []byte
	places []int
}

// blank is such a place.
const blank = "########"

func newPattern(tb testing.TB, value object) pattern {
	tb.Helper()
	text, err := json.MarshalIndent(value, "    ", "  ")
	require.NoError(tb, err)
	p := pattern{text: text}
	for i := range text {
		if bytes.HasPrefix(text[i:], []byte(blank)) {
			p.places = append(p.places, i)
		}
	}
	return p
}

// fill writes the number into text, a copy of the pattern's.
func (p pattern) fill(text []byte, number int) {
	for _, place := range p.places {
		for i, n := len(blank)-1, number; i >= 0; i, n = i-1, n/10 {
			text[place+i] = byte('0' + n%10)
		}
	}
}

func (s *listSite) client(tb testing.TB) *client.Client {
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	c, err := client.New(s.url, client.WithTransport(transport))
	require.NoError(tb, err)
	return c
}

// live returns the bytes of all objects that are reachable.
func live() float64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64())
}

// livePeak reads the n items of a list and returns the most bytes that were
// reachable meanwhile, more than before. It looks after so many items again and
// again, and gives each item to keep.
func livePeak[T any](tb testing.TB, items iter.Seq2[*T, error], n, every int, keep func(*T)) float64 {
	tb.Helper()
	before, peak, read := live(), 0.0, 0
	for item, err := range items {
		require.NoError(tb, err)
		keep(item)
		if read++; read%every == 0 {
			peak = max(peak, live())
		}
	}
	require.Equal(tb, n, read)
	return peak - before
}

// searchPeak is that of a search for all pages, none of which is kept.
func (s *listSite) searchPeak(tb testing.TB, every int) float64 {
	tb.Helper()
	items := s.client(tb).Search.All(tb.Context(), "/", client.SearchOptions{})
	return livePeak(tb, items, s.total, every, func(*client.Summary) {})
}

// streamMemory is the memory for reading a listing of 61 MB that comes in one
// answer, as a share of what io.ReadAll and encoding/json hold at the end.
func streamMemory(tb testing.TB) reading {
	const size = 61_000_000
	s := newListSite(tb, 1)
	s.total, s.unbatched = size/(len(s.summary.text)+len(",\n")), true
	whole := s.readAllMemory(tb, size)
	return only(s.searchPeak(tb, 1000) / whole)
}

// readAllMemory is what a bare program has reachable when it has read a listing
// of so many bytes, about.
func (s *listSite) readAllMemory(tb testing.TB, size int) float64 {
	tb.Helper()
	before := live()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, s.url+"/@search", nil)
	require.NoError(tb, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(tb, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(tb, err)
	require.InEpsilon(tb, size, len(body), 0.001)
	values := reflect.New(plainListing).Interface()
	require.NoError(tb, json.Unmarshal(body, values))
	whole := live() - before
	runtime.KeepAlive(body)
	runtime.KeepAlive(values)
	return whole
}

// pagesMemory is what reading 400 pages of a list needs more than reading 10, in
// MiB.
func pagesMemory(tb testing.TB) reading {
	const pageSize = 100
	peak := func(pages int) float64 {
		s := newListSite(tb, pages*pageSize)
		return s.searchPeak(tb, pageSize)
	}
	few := peak(10)
	return only((peak(400) - few) / mebi)
}

// walkMemory is what a walk over 1,000 whole objects of 7 kB needs, in MiB, when
// the caller keeps them all.
func walkMemory(tb testing.TB) reading {
	const objects = 1000
	s := newListSite(tb, objects)
	kept := make([]client.Content, 0, objects)
	peak := livePeak(tb, s.client(tb).Content.Walk(tb.Context(), "/", client.WalkOptions{}), objects, 10,
		func(c *client.Content) { kept = append(kept, *c) })
	runtime.KeepAlive(kept)
	return only(peak / mebi)
}

// aheadTime is the time of a list, as a multiple of that of the site alone or of
// the consumer alone, whichever took longer. Both are slow enough for the rest
// not to matter much.
func aheadTime(tb testing.TB) reading {
	const pages, pageSize, pause = 30, 25, 20 * time.Millisecond
	s := newListSite(tb, pages*pageSize)
	s.pause = pause
	c := s.client(tb)
	var consumer time.Duration
	start := time.Now()
	for _, err := range c.Search.Pages(tb.Context(), "/", client.SearchOptions{PageSize: pageSize}) {
		require.NoError(tb, err)
		begin := time.Now()
		time.Sleep(pause)
		consumer += time.Since(begin)
	}
	all := time.Since(start)
	return only(float64(all) / float64(max(consumer, time.Duration(s.busy.Load()))))
}
