// Package faultproxy is a proxy between an HTTP client and a server on this
// machine that breaks exchanges: in the way, and at the point, that a test asks
// for. It works on the bytes of connections, so that what arrives is what a
// broken network or a dying server leaves behind.
package faultproxy

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Fault is what goes wrong with one exchange.
type Fault int

// Faults. In those up to Portal the server never gets the whole request; in
// those after it, it carries the request out.
const (
	None       Fault = iota
	CutBefore        // the connection ends, the server gets nothing
	CutRequest       // the connection ends, the server gets half of the request
	Silence          // the server gets nothing; the client gets nothing either, and no end
	BadGateway       // the server gets nothing; the client gets the page of a proxy, 502
	Conflict         // the server gets nothing; the client gets Plone's error for a write conflict, 500
	Portal           // the server gets nothing; the client gets a page of HTML with 200
	CutSent          // the connection ends while the server works
	LoseAnswer       // the connection ends when the server has answered
	Reset            // as LoseAnswer, with an RST
	HalfOpen         // the answer is thrown away, the connection stays open and silent
	CutHead          // the client gets half of the head of the answer
	CutBody          // the client gets half of the body; of the head when there is no body
	Garbage          // the client gets bytes that are not HTTP
	Gateway          // the client gets the page of a proxy that gave up, 504
	Page             // the client gets a page of HTML with 200
	Delay            // the exchange takes Pause longer
	Drip             // the answer comes in small pieces
)

var names = [...]string{
	"none", "cut before", "cut request", "silence", "bad gateway", "conflict", "portal", "cut sent", "lose answer", "reset", "half-open",
	"cut head", "cut body", "garbage", "gateway", "page", "delay", "drip",
}

// String returns the name of f in words.
func (f Fault) String() string { return names[f] }

// All returns every fault, None included.
func All() []Fault {
	all := make([]Fault, len(names))
	for i := range all {
		all[i] = Fault(i)
	}
	return all
}

// Pause is how much longer an exchange with the fault Delay takes.
const Pause = 20 * time.Millisecond

// Exchange is a request that a fault is chosen for.
type Exchange struct {
	Number       int // in the order of arrival, from 1
	Method, Path string
}

// Proxy is a running proxy.
type Proxy struct {
	// Addr is where it listens, 127.0.0.1:PORT.
	Addr string

	target   string
	pick     func(Exchange) Fault
	listener net.Listener
	done     chan struct{}
	handlers sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	count int
}

// New starts a proxy for the server at the address target. It asks pick about
// each exchange, one at a time. The caller closes it.
func New(target string, pick func(Exchange) Fault) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		Addr:     listener.Addr().String(),
		target:   target,
		pick:     pick,
		listener: listener,
		done:     make(chan struct{}),
		conns:    map[net.Conn]bool{},
	}
	p.handlers.Go(p.accept)
	return p, nil
}

// Close ends the proxy. When it returns, the server has answered every request
// that was passed on to it, and gets no other one: its state is settled.
func (p *Proxy) Close() {
	close(p.done)
	_ = p.listener.Close()
	p.mu.Lock()
	for conn := range p.conns {
		_ = conn.SetReadDeadline(time.Now())
	}
	p.mu.Unlock()
	p.handlers.Wait()
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.mu.Lock()
		p.conns[conn] = true
		p.mu.Unlock()
		p.handlers.Go(func() {
			defer func() {
				_ = conn.Close()
				p.mu.Lock()
				delete(p.conns, conn)
				p.mu.Unlock()
			}()
			p.serve(conn)
		})
	}
}

// serve handles the exchanges of one connection.
func (p *Proxy) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	up := &upstream{target: p.target}
	defer up.close()
	for {
		select {
		case <-p.done: // it may have come before the deadline could be set
			return
		default:
		}
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		if !p.exchange(conn, in, up, req, body) {
			return
		}
	}
}

func (p *Proxy) choose(req *http.Request) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	return p.pick(Exchange{Number: p.count, Method: req.Method, Path: req.URL.Path})
}

// exchange handles one request, and reports whether the connection goes on.
func (p *Proxy) exchange(conn net.Conn, in *bufio.Reader, up *upstream, req *http.Request, body []byte) bool {
	fault := p.choose(req)
	switch fault {
	case CutBefore:
		return false
	case CutRequest:
		up.sendHalf(req, body)
		return false
	case Silence:
		_, _ = in.ReadByte() // until the client gives up, or the proxy ends
		return false
	case BadGateway:
		_, _ = io.WriteString(conn, page("502 Bad Gateway"))
		return false
	case Conflict:
		_, err := io.WriteString(conn, answerOf("500 Internal Server Error", "application/json",
			`{"type":"ConflictError","message":"database conflict error"}`, "keep-alive"))
		return err == nil
	case Portal:
		_, _ = io.WriteString(conn, page("200 OK"))
		return false
	case CutSent:
		_ = conn.Close()
	case Delay:
		select {
		case <-time.After(Pause):
		case <-p.done:
			return false
		}
	default:
	}
	resp, answer, err := up.roundTrip(req, body)
	if err != nil {
		return false
	}
	head := responseHead(resp, len(answer))
	switch fault {
	case CutSent, LoseAnswer:
		return false
	case Reset:
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		return false
	case HalfOpen:
		_, _ = in.ReadByte()
		return false
	case CutBody:
		if len(answer) > 0 {
			_, _ = conn.Write(append(head, answer[:len(answer)/2]...))
			return false
		}
		fallthrough
	case CutHead:
		_, _ = conn.Write(head[:len(head)/2])
		return false
	case Garbage:
		_, _ = conn.Write(bytes.Repeat([]byte{0x16, 0x03, 0x00, 0xff, '\n'}, 40))
		return false
	case Gateway:
		_, _ = io.WriteString(conn, page("504 Gateway Timeout"))
		return false
	case Page:
		_, _ = io.WriteString(conn, page("200 OK"))
		return false
	case Drip:
		return drip(conn, append(head, answer...)) && !resp.Close
	default:
		_, err := conn.Write(append(head, answer...))
		return err == nil && !resp.Close
	}
}

func page(status string) string {
	body := "<html><body><h1>" + status + "</h1></body></html>"
	return answerOf(status, "text/html", body, "close")
}

func answerOf(status, mediaType, body, connection string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n%s",
		status, mediaType, len(body), connection, body)
}

// drip sends data in at most 50 pieces.
func drip(conn net.Conn, data []byte) bool {
	size := len(data)/50 + 1
	for len(data) > 0 {
		piece := data[:min(size, len(data))]
		if _, err := conn.Write(piece); err != nil {
			return false
		}
		data = data[len(piece):]
		time.Sleep(100 * time.Microsecond)
	}
	return true
}

// upstream is the connection to the server that belongs to one of a client.
type upstream struct {
	target string
	conn   net.Conn // nil when there is none
	in     *bufio.Reader
}

func (u *upstream) close() {
	if u.conn != nil {
		_ = u.conn.Close()
		u.conn = nil
	}
}

func (u *upstream) dial() error {
	if u.conn != nil {
		return nil
	}
	conn, err := net.Dial("tcp", u.target)
	if err != nil {
		return err
	}
	u.conn, u.in = conn, bufio.NewReader(conn)
	return nil
}

// sendHalf leaves the server with half of a request.
func (u *upstream) sendHalf(req *http.Request, body []byte) {
	if u.dial() != nil {
		return
	}
	data := requestHead(req, len(body))
	if len(body) > 0 {
		data = append(data, body[:len(body)/2]...)
	} else {
		data = data[:len(data)/2]
	}
	_, _ = u.conn.Write(data)
	u.close()
}

// roundTrip passes a request on and reads the whole answer.
func (u *upstream) roundTrip(req *http.Request, body []byte) (*http.Response, []byte, error) {
	if err := u.dial(); err != nil {
		return nil, nil, err
	}
	if _, err := u.conn.Write(append(requestHead(req, len(body)), body...)); err != nil {
		u.close()
		return nil, nil, err
	}
	resp, err := http.ReadResponse(u.in, req)
	if err != nil {
		u.close()
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if resp.Close || req.Close || err != nil {
		u.close()
	}
	return resp, answer, err
}

// requestHead is the head of req with a body of size bytes.
func requestHead(req *http.Request, size int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", req.Method, req.RequestURI, req.Host)
	header := req.Header.Clone()
	if size > 0 || req.ContentLength == 0 && req.Header.Get("Content-Length") != "" {
		header.Set("Content-Length", strconv.Itoa(size))
	}
	if req.Close {
		header.Set("Connection", "close")
	}
	_ = header.Write(&b) // to memory
	b.WriteString("\r\n")
	return b.Bytes()
}

// responseHead is the head of resp with a body of size bytes.
func responseHead(resp *http.Response, size int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %s\r\n", resp.Status)
	header := resp.Header.Clone()
	if resp.StatusCode != http.StatusNoContent && resp.Request.Method != http.MethodHead {
		header.Set("Content-Length", strconv.Itoa(size))
	}
	if resp.Close {
		header.Set("Connection", "close")
	}
	_ = header.Write(&b)
	b.WriteString("\r\n")
	return b.Bytes()
}
