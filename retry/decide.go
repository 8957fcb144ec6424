package retry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"slices"

	"plone.example/restapi/errors"
)

// Kind is how a call may be repeated. It travels in the context, see [WithCall].
type Kind int

// Kinds.
const (
	// ByMethod is the kind of a request that says nothing: GET, HEAD and OPTIONS
	// are Safe, PUT and DELETE are Repeatable, any other method is Once.
	ByMethod Kind = iota
	// Safe changes nothing on the site, also when its method is POST.
	Safe
	// Repeatable may be done twice: the site is then as if it were done once.
	Repeatable
	// Once must not happen twice. It is repeated when the server has rolled it
	// back or when it was not sent, and otherwise only with [Call.Verify].
	Once
	// Committing is Once, and stores its work, or sends its mail, before it may
	// answer 5xx: no answer is proof that nothing was done, so none is repeated.
	Committing
	// Resumable appends to what earlier requests have sent, like a chunk of an
	// upload. Whatever the Mode, only what was not sent is sent again: the caller
	// asks the server what it has, so the error says nothing about the outcome. A
	// 404 says that the server has lost what it had.
	Resumable
)

// Of returns k, or what it stands for with that method when it is [ByMethod].
func (k Kind) Of(method string) Kind {
	if k != ByMethod {
		return k
	}
	switch method {
	case http.MethodGet, "", http.MethodHead, http.MethodOptions:
		return Safe
	case http.MethodPut, http.MethodDelete:
		return Repeatable
	}
	return Once
}

// outcome is what became of one try.
type outcome int

const (
	answered outcome = iota // there is a status
	lost                    // no answer; the request may have been carried out
	unsent                  // no answer; the site never got the request
	hopeless                // unsent, and the same would happen again
)

// try is everything that the decision about a repeat depends on.
type try struct {
	mode       Mode
	kind       Kind // not ByMethod
	tooMany    bool // a 429 is repeated
	verifiable bool // Call.Verify is there
	replayable bool // the body, if any, can be sent again
	outcome    outcome
	status     int    // when answered; or what the error says in its place
	raised     bool   // the body is an exception that Plone raised (E1)
	errorType  string // Plone's name of the error, if the body has one
}

// verdict is the decision about a try.
type verdict struct {
	repeat    bool // another try is right
	uncertain bool // the request may have been carried out, and nothing tells
}

// decide is the whole policy of what to repeat.
func decide(t try) verdict {
	v := whenSafe(t)
	switch {
	case t.kind == Resumable && t.outcome != unsent && (t.outcome != answered || t.status != http.StatusTooManyRequests):
		return verdict{}
	case t.mode == Never || !t.replayable:
		v.repeat = false
	case t.status == http.StatusTooManyRequests:
		v.repeat = t.tooMany
	case t.status/100 == 4:
		v.repeat = false
	case t.mode == Every5xx:
		v.repeat = t.outcome == lost || t.outcome == unsent || t.outcome == answered && t.status/100 == 5
	}
	return v
}

// whenSafe decides for a request that can be sent again.
func whenSafe(t try) verdict {
	write := t.kind != Safe
	idempotent := t.kind == Safe || t.kind == Repeatable
	plone := t.status == http.StatusInternalServerError || t.status == http.StatusServiceUnavailable
	switch {
	case t.outcome == hopeless:
		return verdict{}
	case t.outcome == unsent:
		return verdict{repeat: true}
	case t.outcome == lost:
		return verdict{repeat: idempotent || t.verifiable, uncertain: write}
	case t.status < 200, t.status >= 600: // which no server of HTTP ends a call with
		return verdict{uncertain: write}
	case t.status < 500, t.status == http.StatusNotImplemented:
		return verdict{}
	case t.kind == Committing:
		return verdict{uncertain: true}
	case plone && t.raised:
		return verdict{repeat: !sameNextTime[t.errorType]}
	}
	return verdict{repeat: idempotent || t.verifiable, uncertain: write}
}

// sameNextTime holds the types of the errors that Plone raises, with 500 or 503,
// over a request that it cannot make sense of: the same request fails again.
//
// Left out on purpose: ConflictError and its kin, which end when the other
// writer is done, and names that say nothing, like Exception.
var sameNextTime = map[string]bool{
	// Python's own, from input that the code did not expect.
	"ArithmeticError": true, "AssertionError": true, "AttributeError": true, "ImportError": true,
	"IndexError": true, "KeyError": true, "LookupError": true, "ModuleNotFoundError": true,
	"NameError": true, "NotImplementedError": true, "OverflowError": true, "TypeError": true,
	"UnboundLocalError": true, "UnicodeDecodeError": true, "UnicodeEncodeError": true,
	"ValueError": true, "ZeroDivisionError": true,
	// Bodies and parameters that cannot be read. Error is that of base64.
	"DeserializationError": true, "Error": true, "InvalidIntLiteral": true, "JSONDecodeError": true,
	"QueryParsingError": true, "WrongType": true,
	// What is asked for is not there, not possible, or not installed.
	"ArchivistRetrieveError": true, "BadZipFile": true, "CopyError": true, "HTTPNotAcceptable": true,
	"Not Implemented": true, "NotImplemented": true, "Unsupported": true,
	"WidgetActionExecutionError": true,
}

// outcomeOf reads what err means for req, which it ended when it had come as far
// as reached. Once there was a connection, nothing in err counts, as it may be about
// the response: but for a server that refuses the handshake in TLS 1.3, which is
// only told by its first words.
func outcomeOf(req *http.Request, err error, reached progress) outcome {
	dials := reached == dialing
	switch {
	case errors.Is(err, errors.ErrOutcomeUnknown), reached == used, reached == fresh && !every(err, isRefusedHandshake):
		return lost
	case reached == fresh, isRefusal(req, err), every(err, isUntrusted),
		dials && (every(err, isNoTLS) || every(err, isRefusedHandshake) || every(err, isRefusedTunnel)):
		return hopeless
	case dials, every(err, isEarly):
		return unsent
	}
	return lost
}

// outcomeOfLogin is the outcome of a request by the error of its login, and by the
// status that this tells, if any.
func outcomeOfLogin(req *http.Request, err error, status *errors.StatusError) outcome {
	reason, reasoned := errors.AsType[errors.Reason](err) // no credentials that could be sent
	_, noAnswer := errors.AsType[*errors.TransportError](err)
	switch {
	case status != nil:
		return answered
	case !noAnswer, reasoned && reason != errors.ErrOutcomeUnknown:
		return hopeless
	}
	return outcomeOf(req, err, dialing) // a login that was lost has done nothing
}

// every reports whether err, or what it wraps, is so; of errors that are joined,
// whether all of them are.
func every(err error, is func(error) bool) bool {
	if err == nil || is(err) {
		return err != nil
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return every(e.Unwrap(), is)
	case interface{ Unwrap() []error }:
		inner := e.Unwrap()
		return len(inner) > 0 && !slices.ContainsFunc(inner, func(e error) bool { return !every(e, is) })
	}
	return false
}

// isEarly reports whether err comes before there is a connection.
func isEarly(err error) bool {
	switch e := err.(type) {
	case *net.OpError:
		return e.Op == "dial" || e.Op == "proxyconnect" || e.Op == "socks connect"
	case *net.DNSError, heldError:
		return true
	}
	return isUntrusted(err)
}

// isUntrusted reports whether err is that of a handshake over a certificate, which
// does not get better.
func isUntrusted(err error) bool {
	switch err.(type) {
	case *tls.CertificateVerificationError, x509.UnknownAuthorityError, x509.HostnameError,
		x509.CertificateInvalidError, x509.SystemRootsError:
		return true
	}
	return false
}

// isNoTLS reports whether err says that the other side speaks no TLS. That may
// also be what ends a connection on which the request was sent.
func isNoTLS(err error) bool {
	_, ok := err.(tls.RecordHeaderError)
	return ok || err == http.ErrSchemeMismatch
}

// isRefusedHandshake reports whether err is an alert by which a server ends a
// handshake that would end the same way again. Only crypto/tls makes such an error,
// and has no exported type for what is in it.
func isRefusedHandshake(err error) bool {
	e, ok := err.(*net.OpError)
	return ok && e.Op == "remote error" && e.Err != nil &&
		slices.ContainsFunc(refusals, func(alert tls.AlertError) bool { return e.Err.Error() == alert.Error() })
}

// refusals are the alerts over a certificate of the client, or over what the two
// sides can agree on. Left out on purpose: those over bytes that are not what they
// should be, and faults of the server.
//
// Source: RFC 8446 §6.2.
var refusals = []tls.AlertError{
	40, 42, 43, 44, 45, 46, 48, 49, 116, // handshake_failure, certificates, access_denied
	47, 70, 71, 86, 109, 110, 112, 115, 120, // parameters, versions, extensions, names
}

// isRefusedTunnel reports whether err, which came before there was a connection, is
// that of a proxy that has answered CONNECT with a 4xx. Of its status, net/http keeps
// the words; others than those of HTTP say nothing.
func isRefusedTunnel(err error) bool {
	for status := 400; status < 500; status++ {
		if text := http.StatusText(status); text != "" && err.Error() == text {
			return true
		}
	}
	return false
}

// isRefusal reports whether err is that with which net/http refuses req before it
// looks for a connection, as one without a host. net/http has no types for these
// errors, and the words alone may come from the response: so it is asked.
func isRefusal(req *http.Request, err error) bool {
	ended, cancel := context.WithCancel(context.Background())
	cancel() // this is looked at next
	probe := req.WithContext(ended)
	probe.Body, probe.GetBody = nil, nil
	resp, refusal := new(http.Transport).RoundTrip(probe)
	if refusal == nil { // which cannot be
		_ = resp.Body.Close()
		return false
	}
	return refusal != ended.Err() && every(err, func(e error) bool { return e.Error() == refusal.Error() })
}
