package retry

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// progress is how far net/http came with an attempt.
type progress int32

const (
	unreported progress = iota // below is no transport of net/http, or none that reports
	dialing                    // it looked for a connection, and has none that it wrote to
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
type wire struct {
	trace    httptrace.ClientTrace
	replayed bool // net/http would send the request again

	reach atomic.Int32 // progress
	http2 atomic.Bool
	wrote atomic.Bool // the request, or a part of it
	again atomic.Bool // it may have been carried out, and net/http begins anew
	cut   atomic.Bool // that was stopped
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
		GetConn:              w.getConn,
		GotConn:              w.gotConn,
		WroteHeaders:         func() { w.wrote.Store(true) },
		GotFirstResponseByte: func() { w.reach.Store(int32(used)) },
	}
}

// reset begins another attempt.
func (w *wire) reset() {
	w.reach.Store(int32(unreported))
	w.again.Store(false)
	w.cut.Store(false)
}

// reached returns how far the attempt came.
func (w *wire) reached() progress { return progress(w.reach.Load()) }

// getConn is told that net/http looks for a connection.
func (w *wire) getConn(string) {
	first := w.reached() == unreported
	switch {
	case !first && w.wrote.Load() && (w.replayed || w.http2.Load()):
		w.again.Store(true)
	default:
		w.reach.Store(int32(dialing))
	}
	w.wrote.Store(false)
}

// gotConn is told that net/http has a connection, and is about to write to it. A
// hook cannot refuse that, but nothing can be written to a connection that is closed.
func (w *wire) gotConn(info httptrace.GotConnInfo) {
	w.http2.Store(isHTTP2(info.Conn))
	switch {
	case w.again.Load() && !w.http2.Load():
		w.cut.Store(true)
		_ = info.Conn.Close()
	case info.Reused || w.again.Load():
		w.reach.Store(int32(used))
	default:
		w.reach.Store(int32(fresh))
	}
}

// isHTTP2 reports whether other requests share the connection.
func isHTTP2(conn net.Conn) bool {
	c, secure := conn.(interface{ ConnectionState() tls.ConnectionState })
	return secure && c.ConnectionState().NegotiatedProtocol == "h2"
}
