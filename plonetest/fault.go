package plonetest

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"
)

// Always as the Times of a [Fault] makes it last until [Server.ClearFaults].
const Always = -1

// Fault is something that goes wrong with the next requests that match it. The zero Fault changes nothing; set what
// shall happen. Several may be set: a fault with Delay and Drop waits, then closes the connection.
type Fault struct {
	// Method is the HTTP method that is hit, "" for any.
	Method string
	// Path is what is hit, below the site and as [path.Match] reads it: "/news/*" is everything in /news. "" is
	// anything. It is compared with the unescaped path, without /++api++ and a trailing slash.
	Path string
	// Field is a header field that a request must have to be hit, like "Range"; "" for none.
	Field string
	// Times says how many requests are hit: 0 means one, [Always] all of them.
	Times int
	// Skip lets so many matching requests pass first.
	Skip int

	// Delay is waited before the request is looked at. It ends early when the client goes away or the server closes.
	Delay time.Duration
	// Status is answered instead of carrying out the request. Without Body, the body is the one that Plone, or for
	// 413, 502 and 504 a proxy before it, would send. 0 carries out the request. What is no status of an answer, 42 for
	// example, is answered as 501, in words that say so.
	Status int
	// Header is set on the answer, also on that of a request that was carried out. A nil slice removes the field.
	Header http.Header
	// Body replaces the body of the answer, also that of a request that was carried out. nil leaves it alone; an
	// empty one sends none.
	Body []byte
	// Drop closes the connection instead of sending the answer. With Status 0 the request has been carried out. Go's
	// HTTP client repeats a GET by itself when that happens on a connection that served a request before.
	Drop bool
	// Truncate sends the header, with the full Content-Length, and half of the body, then closes the connection.
	Truncate bool
}

// Inject adds a fault. Faults are tried in the order in which they were added; a request is hit by the first one that
// matches, and by no other.
func (s *Server) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults removes all faults that are still waiting.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// FailNext answers the next n requests with status instead of carrying them out. The body is Plone's own error for
// most statuses (500 is a write conflict, which Plone raises when it gave up repeating the transaction itself) and a
// proxy's page for 502 and 504.
func (s *Server) FailNext(status, n int) { s.injectTimes(Fault{Status: status, Times: n}) }

// Drop loses the answers to the next n requests: each is carried out, then the connection is closed.
func (s *Server) Drop(n int) { s.injectTimes(Fault{Drop: true, Times: n}) }

// Truncate cuts the bodies of the next n answers in half.
func (s *Server) Truncate(n int) { s.injectTimes(Fault{Truncate: true, Times: n}) }

// Delay makes every following request wait for d, whatever faults hit it. 0 ends that.
func (s *Server) Delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// injectTimes leaves out what would hit nothing: a Times of 0 means one in a Fault, but none to the callers here.
func (s *Server) injectTimes(f Fault) {
	if f.Times > 0 {
		s.Inject(f)
	}
}

// takeFault returns the fault that hits a request, or the zero Fault and false. The caller holds the lock.
func (s *Server) takeFault(method, p string, header http.Header) (fault Fault, hit bool) {
	for i, f := range s.faults {
		if !f.matches(method, p, header) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			}
		}
		return *f, true
	}
	return Fault{}, false
}

func (f *Fault) matches(method, p string, header http.Header) bool {
	if f.Method != "" && f.Method != method || f.Field != "" && header.Get(f.Field) == "" {
		return false
	}
	if f.Path == "" {
		return true
	}
	ok, err := path.Match(f.Path, p)
	return ok || err != nil && f.Path == p
}

// answer is what the fault says instead of the site.
func (f *Fault) answer(url string) *answer {
	a := &answer{status: f.Status, header: http.Header{}}
	switch {
	case f.Status < 200 || f.Status > 999:
		a.status = http.StatusNotImplemented
		a.body = dict{"type": "NotImplemented", "message": fmt.Sprintf("plonetest: %d is not the status of an answer", f.Status),
			"context": url}
	case f.Status == http.StatusBadGateway, f.Status == http.StatusGatewayTimeout, f.Status == http.StatusRequestEntityTooLarge:
		a.raw = fmt.Appendf(nil, "<html><head><title>%d %s</title></head><body><h1>%[1]d %[2]s</h1></body></html>\n",
			f.Status, http.StatusText(f.Status))
		a.header.Set("Content-Type", "text/html")
	case f.Status == http.StatusInternalServerError:
		a.body = dict{"type": "ConflictError", "message": "database conflict error (a fault on demand)", "context": url}
	default:
		name := strings.ReplaceAll(http.StatusText(f.Status), " ", "")
		a.body = dict{"type": name, "message": http.StatusText(f.Status), "context": url}
	}
	return a
}
