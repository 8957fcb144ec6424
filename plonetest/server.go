package plonetest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is an in-memory Plone site that listens on a free port of 127.0.0.1, or on that of [WithListener]. Its methods
// are safe for concurrent use; close it after use.
type Server struct {
	// URL is the address of the site, http://127.0.0.1:PORT/Plone.
	URL string

	http     *httptest.Server
	listener net.Listener  // nil for one on a free port
	done     chan struct{} // closed by Close: ends all delays
	once     sync.Once

	mu       sync.Mutex
	site     *site
	faults   []*Fault
	delay    time.Duration
	requests []Request
	keep     int

	processes []map[string]*tusUpload // what each of them has of uploads; one when empty
	next      int                     // of the processes
	limit     int64                   // of a body; 0 for none
}

// Request is what arrived at a [Server], and how it was answered.
type Request struct {
	Method string
	// Path is the unescaped path below the site, "" for its root and "/news/a/@lock" for a service. Requests that
	// went elsewhere have the whole path.
	Path   string
	Query  url.Values
	Header http.Header // of the request, without Host
	Body   []byte      // at most the first 64 KiB
	Status int         // of the answer; it was made also when a fault kept it from being sent
	// Fault says that a fault of [Server.Inject] hit this request.
	Fault bool
}

// keptBody is how much of a body [Server.Requests] shows.
const keptBody = 64 << 10

// Option changes how [NewServer] makes a site. A nil Option changes nothing.
type Option func(*Server)

// WithUser adds a user to the site. The id is the login name. Without roles the user is a Member; roles replace that
// one. The first admin is always there.
func WithUser(name, password string, roles ...string) Option {
	return func(s *Server) {
		if len(roles) == 0 {
			roles = []string{"Member"}
		}
		s.site.users[name] = &user{id: name, login: name, password: password, roles: slices.Clone(roles)}
	}
}

// WithTokenLifetime sets how long tokens of @login are good, 12 hours by default. 0 makes tokens without an end.
func WithTokenLifetime(d time.Duration) Option {
	return func(s *Server) { s.site.life = d }
}

// WithStoredTokens makes the site keep a list of the tokens that it issues, as its JWT plugin does when it is set to
// store tokens: a token that was renewed or logged out is worthless at once.
func WithStoredTokens() Option {
	return func(s *Server) { s.site.tokens = map[string]bool{} }
}

// WithoutAddons makes the site what a new Volto site is: comments, translations and working copies are not installed,
// and no Folder may be added.
func WithoutAddons() Option {
	return func(s *Server) { s.site.makePlain() }
}

// WithRequests sets how many requests [Server.Requests] remembers, 10,000 by default; older ones are forgotten. 0
// remembers none.
func WithRequests(n int) Option {
	return func(s *Server) { s.keep = max(n, 0) }
}

// WithLanguages gives the site a published folder for each language, with the id of the language, in which content has
// that language. The folders are translations of each other.
func WithLanguages(codes ...string) Option {
	return func(s *Server) { s.site.addLanguages(codes) }
}

// WithDocuments gives the site n documents more, 100 in each of the documents /many/0, /many/1 and so on, which count.
// It is much faster than to create them.
func WithDocuments(n int) Option {
	return func(s *Server) { s.site.addDocuments(n) }
}

// WithProcesses makes the site run in n processes behind a load balancer that gives each request to the next one. Each
// keeps the uploads that began with it to itself, as processes on several machines do without a common
// TUS_TMP_FILE_DIR. A response names its process in the cookie [BalancerCookie]; requests that bring it back go there.
func WithProcesses(n int) Option {
	return func(s *Server) {
		for range n {
			s.processes = append(s.processes, map[string]*tusUpload{})
		}
	}
}

// BalancerCookie is the cookie of [WithProcesses].
const BalancerCookie = "balancer"

// WithBodyLimit puts a proxy before the site that answers 413 to requests with a larger body, in bytes, as nginx does to
// more than its client_max_body_size. They do not reach the site.
func WithBodyLimit(bytes int64) Option {
	return func(s *Server) { s.limit = bytes }
}

// WithListener makes the server listen on l, instead of on a free port of 127.0.0.1: for a server that other programs
// find at a known address. The addresses that the site sends are those of l. Close closes it.
func WithListener(l net.Listener) Option {
	return func(s *Server) { s.listener = l }
}

// NewServer starts a site with the user admin, whose password is secret and whose role is Manager, and the published
// documents /news, /news/a and /news/b. The caller closes it.
func NewServer(opts ...Option) *Server {
	s := &Server{done: make(chan struct{}), keep: 10_000}
	s.site = newSite()
	for _, opt := range opts {
		if opt != nil {
			opt(s)
		}
	}
	s.http = httptest.NewUnstartedServer(s)
	if s.listener != nil {
		_ = s.http.Listener.Close() // the one on a free port
		s.http.Listener = s.listener
	}
	s.http.Start()
	s.URL = s.http.URL + "/Plone"
	s.site.url = s.URL
	return s
}

func newSite() *site {
	s := &site{
		byUID:     map[string]*object{},
		types:     map[string]*contentType{},
		users:     map[string]*user{},
		groups:    map[string]*group{},
		aliases:   map[string]alias{},
		setup:     newSetup(),
		others:    newOthers(),
		uploads:   map[string]*tusUpload{},
		buried:    map[string]string{},
		routes:    newRoutes(),
		expanders: expanders(),
		life:      12 * time.Hour,
	}
	for _, t := range stockTypes() {
		s.types[t.id] = t
	}
	s.rotateSecret()
	s.users["admin"] = &user{id: "admin", login: "admin", password: "secret", roles: []string{"Manager"}, zope: true}
	for _, g := range []group{
		{id: "Administrators", title: "Administrators", roles: []string{"Manager"}},
		{id: "Site Administrators", title: "Site Administrators", roles: []string{"Site Administrator"}},
		{id: "Reviewers", title: "Reviewers", roles: []string{"Reviewer"}},
	} {
		s.groups[g.id] = &g
	}
	now := time.Now()
	create := func(parent *object, typ, id, title, state string) *object {
		o := &object{id: id, typ: s.types[typ], owner: "admin", created: now, modified: now, state: state}
		o.set("title", title)
		if state == "published" {
			o.set("effective", now)
			o.history = []event{{actor: "admin", comments: "", state: "private", time: now},
				{action: "publish", actor: "admin", comments: "", state: "published", time: now}}
		}
		o.save("admin", "Initial version")
		if parent != nil {
			s.add(parent, o)
			return o
		}
		o.uid = newUID()
		s.byUID[o.uid] = o
		s.catalog = append(s.catalog, o)
		return o
	}
	s.root = create(nil, "Plone Site", "Plone", "Plone", "")
	news := create(s.root, "Document", "news", "News", "published")
	create(news, "Document", "a", "a", "published")
	create(news, "Document", "b", "b", "published")
	return s
}

// addDocuments fills /many.
func (s *site) addDocuments(n int) {
	now := time.Now()
	add := func(parent *object, id string) *object {
		o := &object{id: id, typ: s.types["Document"], owner: "admin", created: now, modified: now, state: "private"}
		o.set("title", "Document "+id)
		s.add(parent, o)
		n--
		return o
	}
	if n <= 0 {
		return
	}
	many := add(s.root, "many")
	for n > 0 {
		shelf := add(many, itoa(len(many.children)))
		for n > 0 && len(shelf.children) < 100 {
			add(shelf, itoa(len(shelf.children)))
		}
	}
}

// Close ends all delays, stops the server and waits for requests that are being answered.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.done)
		s.http.Close()
	})
}

// RotateSecret makes all tokens that were handed out worthless, as Plone does when its keyring is rotated often
// enough.
func (s *Server) RotateSecret() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.site.rotateSecret()
}

func (s *site) rotateSecret() {
	s.secret = make([]byte, 32)
	_, _ = rand.Read(s.secret) // crypto/rand never fails
}

// Requests are the requests that have been answered, the oldest first. The caller may change what it gets, but not the
// maps and slices in it.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ServeHTTP answers one request. The server calls it; a test may, too, to do without the network.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := sitePath(r.URL.Path)
	s.mu.Lock()
	fault, hit := s.takeFault(r.Method, faultPath(path), r.Header)
	delay := fault.Delay + s.delay
	if tooLarge := (&Fault{Status: http.StatusRequestEntityTooLarge}); s.limit > 0 && r.ContentLength > s.limit {
		a := s.answer(r, tooLarge, nil)
		s.record(r, path, nil, a.status, false)
		s.mu.Unlock()
		w.Header().Set("Connection", "close")
		send(w, r, a, tooLarge)
		return
	}
	s.mu.Unlock()

	body, err := io.ReadAll(r.Body)
	if err != nil {
		hangUp(w) // the client went away in the middle of its request, which the application server then drops
		return
	}
	if delay > 0 {
		s.wait(r, delay)
	}
	s.mu.Lock()
	a := s.answer(r, &fault, body)
	s.record(r, path, body, a.status, hit)
	s.mu.Unlock()
	send(w, r, a, &fault)
}

// wait waits for d, less if the client goes away or the server is closed.
func (s *Server) wait(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-s.done:
	}
}

// answer carries out a request, or lets the fault speak, and renders the body.
func (s *Server) answer(r *http.Request, fault *Fault, body []byte) *answer {
	var a *answer
	process := ""
	if fault.Status != 0 {
		a = fault.answer(s.URL + sitePath(r.URL.Path))
	} else {
		process = s.balance(r)
		a = s.site.publish(r, body)
	}
	if a.header == nil {
		a.header = http.Header{}
	}
	if process != "" {
		a.header.Add("Set-Cookie", BalancerCookie+"="+process+"; Path=/; HttpOnly")
	}
	a.render()
	if fault.Body != nil {
		a.raw = fault.Body
	}
	for key, values := range fault.Header {
		a.header[http.CanonicalHeaderKey(key)] = values
		if len(values) == 0 {
			a.header.Del(key)
		}
	}
	return a
}

// balance lets a process work on a request, and returns its name; empty when there is but one.
func (s *Server) balance(r *http.Request) string {
	if len(s.processes) == 0 {
		return ""
	}
	process := s.next % len(s.processes)
	s.next++
	if cookie, err := r.Cookie(BalancerCookie); err == nil {
		if n, err := strconv.Atoi(cookie.Value); err == nil && 0 <= n && n < len(s.processes) {
			process = n
		}
	}
	s.site.uploads = s.processes[process]
	return itoa(process)
}

func (s *Server) record(r *http.Request, path string, body []byte, status int, fault bool) {
	if s.keep == 0 {
		return
	}
	if len(s.requests) >= s.keep {
		s.requests = slices.Delete(s.requests, 0, len(s.requests)/8+1)
	}
	s.requests = append(s.requests, Request{
		Method: r.Method, Path: path, Query: r.URL.Query(), Header: r.Header.Clone(),
		Body: bytes.Clone(body[:min(len(body), keptBody)]), Status: status, Fault: fault,
	})
}

// sitePath is the part of a path below the site, all of it for other paths.
func sitePath(path string) string {
	if below, ok := strings.CutPrefix(path, "/Plone"); ok && (below == "" || below[0] == '/') {
		return strings.TrimSuffix(below, "/")
	}
	return path
}

// faultPath is what the pattern of a fault is compared with.
func faultPath(path string) string {
	path = strings.ReplaceAll(path, "/++api++", "")
	if path == "" {
		return "/"
	}
	return path
}

// send writes the answer, as far as the fault lets it.
func send(w http.ResponseWriter, r *http.Request, a *answer, fault *Fault) {
	if fault.Drop {
		hangUp(w)
		return
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Server", "waitress")
	if r.Method == http.MethodHead && len(a.raw) > 0 {
		sendHead(w, a)
		return
	}
	if a.status == http.StatusNoContent {
		w.Header().Set("Connection", "close") // the application server ends connections after empty answers
	} else {
		w.Header().Set("Content-Length", itoa(len(a.raw)))
	}
	w.WriteHeader(a.status)
	if a.status == http.StatusNoContent {
		return
	}
	if !fault.Truncate {
		_, _ = w.Write(a.raw) // a client that went away is no business of ours
		return
	}
	_, _ = w.Write(a.raw[:len(a.raw)/2])
	_ = http.NewResponseController(w).Flush()
	hangUp(w)
}

// sendHead answers HEAD with a body, as Plone's server does against the rules of HTTP. A client that does not end the
// connection takes the body for the next answer.
func sendHead(w http.ResponseWriter, a *answer) {
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(a.status) // no connection of our own: the server leaves the body out
		return
	}
	defer conn.Close()
	w.Header().Set("Content-Length", itoa(len(a.raw)))
	fmt.Fprintf(buffer, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	_ = w.Header().Write(buffer) // errors show when the buffer is flushed
	_, _ = buffer.WriteString("\r\n")
	_, _ = buffer.Write(a.raw)
	_ = buffer.Flush() // a client that went away is no business of ours
}

// hangUp closes the connection of an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}
