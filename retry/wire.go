package retry

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// progress is how far net/http came with an attempt.
type progress int

const (
	unreported progress = iota // below is no transport of net/http, or none that reports
	dialing                    // it looked for a connection, and has written to none
	fresh                      // it has a connection that no request was sent on before, and no response
	used                       // it has a connection
)

// errCut is the error of an attempt that net/http would have sent again.
var errCut = fmt.Errorf("the connection was lost before the response: %w", io.ErrUnexpectedEOF)

// wire follows what net/http does with a request, and keeps it from sending
// the request again by itself where the first one may have been carried out. It
// does so when a connection that it used before ends without a response, for the
// methods that change nothing and for whatever has an Idempotency-Key. Where it
// knows that nothing was carried out, it may: it has not written a byte, or HTTP/2
// has said so.
//
// A transport between this package and net/http may send other requests with the
// same context, and these are reported here too.
type wire struct {
	trace    httptrace.ClientTrace
	replayed bool // net/http would send the request again

	mu     sync.Mutex
	reach  progress
	host   string // that the connection is for
	reused bool   // it is not a new one
	wrote  bool   // a request, or a part of it, to any connection
	heard  bool   // there was a byte of a response
	nested bool   // another Transport below sends requests
	again  bool   // net/http begins anew
	cut    bool   // that was stopped
}

// init makes w ready for the attempts of req.
func (w *wire) init(req *http.Request) {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		w.replayed = true
	default:
		_, key := req.Header["Idempotency-Key"]
		_, other := req.Header["X-Idempotency-Key"]
		w.replayed = key || other
	}
	w.trace = httptrace.ClientTrace{
		GetConn: w.getConn,
		GotConn: w.gotConn,
	}
	w.trace.WroteHeaders = w.advanced
	w.trace.GotFirstResponseByte = w.trace.WroteHeaders // one allocation less than another method
	if outer := runIn(req.Context()); outer != nil {
		outer.wire.mu.Lock()
		defer outer.wire.mu.Unlock()
		outer.wire.nested = true
	}
}

// reset begins another attempt.
func (w *wire) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reach, w.wrote, w.heard, w.nested, w.again, w.cut = unreported, false, false, false, false, false
}

// reached returns how far the attempt came.
func (w *wire) reached() progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reach
}

// wasCut reports whether net/http was kept from sending the request again.
func (w *wire) wasCut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut
}

// getConn is told that net/http looks for a connection.
func (w *wire) getConn(host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !w.wrote:
		w.reach = dialing
	case w.replayed && w.reused && !w.heard && !w.nested && host == w.host:
		w.again = true
	}
	w.host, w.heard = host, false
}

// gotConn is told that net/http has a connection, and is about to write to it. A
// hook cannot refuse that, but nothing can be written to a connection that is closed.
func (w *wire) gotConn(info httptrace.GotConnInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reused = info.Reused
	switch {
	case w.again && !isHTTP2(info.Conn):
		w.cut = true
		_ = info.Conn.Close()
	case w.reused || w.wrote:
		w.reach = used
	default:
		w.reach = fresh
	}
}

// advanced is told that net/http has written, and then that a response begins.
func (w *wire) advanced() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wrote {
		w.reach, w.heard = used, true
	}
	w.wrote = true
}

// isHTTP2 reports whether other requests share the connection.
func isHTTP2(conn net.Conn) bool {
	c, secure := conn.(interface{ ConnectionState() tls.ConnectionState })
	return secure && c.ConnectionState().NegotiatedProtocol == "h2"
}
