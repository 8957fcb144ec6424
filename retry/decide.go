package retry

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"strings"

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
	verifiable bool // Call.Verify is there
	replayable bool // the body, if any, can be sent again
	outcome    outcome
	status     int    // when answered
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
	case t.mode == Never || !t.replayable:
		v.repeat = false
	case t.mode == Every5xx:
		v.repeat = t.outcome == lost || t.outcome == unsent || t.status/100 == 5
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
	case t.status/100 != 5, t.status == http.StatusNotImplemented:
		return verdict{}
	case t.kind == Committing:
		return verdict{uncertain: true}
	case plone && sameNextTime[t.errorType]:
		return verdict{}
	case plone && t.raised:
		return verdict{repeat: true}
	}
	return verdict{repeat: idempotent || t.verifiable, uncertain: write}
}

// sameNextTime holds the types of the errors with which Plone answers 500 or 503
// to a request that it cannot make sense of: the same request fails again.
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

// outcomeOf reads what err means for the request that it ended. neverConnected
// tells that an http.Transport looked for a connection and got none.
func outcomeOf(err error, neverConnected bool) outcome {
	_, held := errors.AsType[heldError](err)
	switch {
	case isHopeless(err):
		return hopeless
	case held || neverConnected || isDial(err):
		return unsent
	}
	return lost
}

// outcomeOfLogin is outcomeOf for the error of a login that got no status.
func outcomeOfLogin(err error) outcome {
	reason, reasoned := errors.AsType[errors.Reason](err) // no credentials that could be sent
	_, noAnswer := errors.AsType[*errors.TransportError](err)
	if !noAnswer || reasoned && reason != errors.ErrOutcomeUnknown {
		return hopeless
	}
	return outcomeOf(err, false)
}

// isDial reports whether err tells by itself that there was no connection.
func isDial(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}

// isHopeless reports whether err refuses the request before it is sent, and
// would do so again.
func isHopeless(err error) bool {
	if errors.Is(err, http.ErrSchemeMismatch) { // HTTPS was spoken to an HTTP port
		return true
	}
	for _, refused := range []any{
		new(*tls.CertificateVerificationError), new(tls.RecordHeaderError),
		new(x509.UnknownAuthorityError), new(x509.HostnameError),
		new(x509.CertificateInvalidError), new(x509.SystemRootsError),
	} {
		if errors.As(err, refused) {
			return true
		}
	}
	// net/http has no types for these.
	for _, refused := range []string{
		"unsupported protocol scheme", "invalid header field", "invalid trailer field",
		"invalid method", "no Host in request URL", "nil Request.",
	} {
		if strings.Contains(err.Error(), refused) {
			return true
		}
	}
	return false
}
