package retry

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plone.example/restapi/errors"
)

// The columns of the tables below: what is decided for a status. "r" stands for
// repeat, "u" for uncertain, "-" for neither. Statuses below 500 and 501 are
// never repeated.
type columns struct{ s500, s503, other string }

// bodies are what a 5xx may say.
var bodies = map[string]try{
	"none":           {},
	"raised":         {raised: true, errorType: "ConflictError"},
	"returned":       {errorType: "InternalServerError"},
	"raised, same":   {raised: true, errorType: "KeyError"},
	"returned, same": {errorType: "ImportError"},
}

// whenSafeTable is the policy as documented.
var whenSafeTable = map[Kind]map[string]columns{
	Safe: {
		"none": {"r", "r", "r"}, "raised": {"r", "r", "r"}, "returned": {"r", "r", "r"},
		"raised, same": {"-", "-", "r"}, "returned, same": {"-", "-", "r"},
	},
	Repeatable: {
		"none": {"ru", "ru", "ru"}, "raised": {"r", "r", "ru"}, "returned": {"ru", "ru", "ru"},
		"raised, same": {"-", "-", "ru"}, "returned, same": {"-", "-", "ru"},
	},
	Once: {
		"none": {"u", "u", "u"}, "raised": {"r", "r", "u"}, "returned": {"u", "u", "u"},
		"raised, same": {"-", "-", "u"}, "returned, same": {"-", "-", "u"},
	},
	Committing: {
		"none": {"u", "u", "u"}, "raised": {"u", "u", "u"}, "returned": {"u", "u", "u"},
		"raised, same": {"u", "u", "u"}, "returned, same": {"u", "u", "u"},
	},
}

// kindOfMethod is the policy as documented.
var kindOfMethod = map[string]Kind{
	"": Safe, http.MethodGet: Safe, http.MethodHead: Safe, http.MethodOptions: Safe,
	http.MethodPut: Repeatable, http.MethodDelete: Repeatable,
	http.MethodPost: Once, http.MethodPatch: Once, http.MethodTrace: Once, "PROPFIND": Once, "get": Once,
}

// letters writes a verdict as in the tables.
func letters(v verdict) string {
	s := ""
	if v.repeat {
		s += "r"
	}
	if v.uncertain {
		s += "u"
	}
	if s == "" {
		return "-"
	}
	return s
}

// documented looks a try with a status up in the table.
func documented(t try, body string) string {
	if t.status < 500 || t.status > 599 {
		return "-"
	}
	row := whenSafeTable[t.kind][body]
	want := row.other
	switch t.status {
	case 500:
		want = row.s500
	case 501:
		want = "-"
	case 503:
		want = row.s503
	}
	if want == "u" && t.verifiable && t.kind == Once {
		want = "ru"
	}
	unknown := strings.Contains(want, "u")
	switch {
	case t.mode == Never || !t.replayable:
		return letters(verdict{uncertain: unknown})
	case t.mode == Every5xx:
		return letters(verdict{repeat: true, uncertain: unknown})
	}
	return want
}

func TestDecide_everyMethodAndStatus(t *testing.T) {
	t.Parallel()
	for method, kind := range kindOfMethod {
		assert.Equal(t, kind, ByMethod.Of(method), method)
	}
	cases := 0
	for kind := range whenSafeTable {
		assert.Equal(t, kind, kind.Of(http.MethodGet), "a kind that is given stands above the method")
		for status := 100; status <= 600; status++ {
			for body, said := range bodies {
				for _, mode := range []Mode{WhenSafe, Every5xx, Never} {
					for i := range 4 {
						c := said
						c.kind, c.status, c.mode = kind, status, mode
						c.verifiable, c.replayable = i&1 == 0, i&2 == 0
						if got, want := letters(decide(c)), documented(c, body); got != want {
							t.Errorf("%+v: %s, want %s", c, got, want)
						}
						cases++
					}
				}
			}
		}
	}
	assert.Equal(t, 4*501*5*3*4, cases)
}

func TestDecide_noAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		outcome    outcome
		kind       Kind
		verifiable bool
		mode       Mode
		want       string
	}{
		{lost, Safe, false, WhenSafe, "r"},
		{lost, Repeatable, false, WhenSafe, "ru"},
		{lost, Once, false, WhenSafe, "u"},
		{lost, Once, true, WhenSafe, "ru"},
		{lost, Committing, false, WhenSafe, "u"},
		{lost, Committing, true, WhenSafe, "ru"},
		{lost, Once, false, Every5xx, "ru"},
		{lost, Repeatable, true, Never, "u"},
		{unsent, Safe, false, WhenSafe, "r"},
		{unsent, Repeatable, false, WhenSafe, "r"},
		{unsent, Once, false, WhenSafe, "r"},
		{unsent, Committing, false, WhenSafe, "r"},
		{unsent, Once, false, Every5xx, "r"},
		{unsent, Safe, false, Never, "-"},
		{hopeless, Safe, false, WhenSafe, "-"},
		{hopeless, Once, true, WhenSafe, "-"},
		{hopeless, Repeatable, false, Every5xx, "-"},
	}
	for _, tt := range tests {
		c := try{outcome: tt.outcome, kind: tt.kind, verifiable: tt.verifiable, mode: tt.mode, replayable: true}
		assert.Equal(t, tt.want, letters(decide(c)), "%+v", c)
		c.replayable = false
		assert.False(t, decide(c).repeat, "a body that cannot be sent again: %+v", c)
	}
}

func TestDecide_namesOfErrors(t *testing.T) {
	t.Parallel()
	repeats := func(name string) bool {
		return decide(try{kind: Safe, status: 500, raised: true, errorType: name, replayable: true}).repeat
	}
	for _, name := range []string{
		"ArchivistRetrieveError", "BadZipFile", "ArithmeticError", "AssertionError", "AttributeError", "CopyError",
		"DeserializationError", "Error", "HTTPNotAcceptable", "ImportError", "IndexError", "InvalidIntLiteral",
		"JSONDecodeError", "KeyError", "LookupError", "ModuleNotFoundError", "NameError", "Not Implemented",
		"NotImplemented", "NotImplementedError", "OverflowError", "QueryParsingError", "TypeError",
		"UnboundLocalError", "UnicodeDecodeError", "UnicodeEncodeError", "Unsupported", "ValueError",
		"WidgetActionExecutionError", "WrongType", "ZeroDivisionError",
	} {
		assert.False(t, repeats(name), name)
	}
	for _, name := range []string{
		"", "ConflictError", "ReadConflictError", "BTreesConflictError", "ConnectionRefusedError", "Exception",
		"InternalServerError", "TimeoutError", "POSKeyError", "ClientDisconnected", "keyerror",
	} {
		assert.True(t, repeats(name), name)
	}
}

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	tests := []struct {
		err            error
		neverConnected bool
		want           outcome
	}{
		{errors.New("EOF"), false, lost},
		{errors.New("EOF"), true, unsent},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, false, lost},
		{&net.OpError{Op: "write", Err: errors.New("broken pipe")}, false, lost},
		{dial, false, unsent},
		{fmt.Errorf("below: %w", dial), false, unsent},
		{&net.OpError{Op: "proxyconnect", Err: errors.New("refused")}, false, unsent},
		{&net.DNSError{Err: "no such host"}, false, unsent},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}}}, true, hopeless},
		{tls.RecordHeaderError{Msg: "no TLS"}, true, hopeless},
		{x509.UnknownAuthorityError{}, false, hopeless},
		{x509.HostnameError{Certificate: &x509.Certificate{}}, false, hopeless},
		{x509.CertificateInvalidError{}, false, hopeless},
		{x509.SystemRootsError{}, false, hopeless},
		{http.ErrSchemeMismatch, true, hopeless},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, outcomeOf(tt.err, tt.neverConnected), "%T %v %v", tt.err, tt.err, tt.neverConnected)
	}
}

// net/http has no types for these errors, so the texts are taken from itself.
func TestOutcomeOf_refusedByNetHTTP(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*http.Request){
		"scheme":        func(r *http.Request) { r.URL.Scheme = "gopher" },
		"header value":  func(r *http.Request) { r.Header["X-A"] = []string{"a\nb"} },
		"header name":   func(r *http.Request) { r.Header["X A"] = []string{"a"} },
		"trailer name":  func(r *http.Request) { r.Trailer = http.Header{"X A": {"a"}} },
		"method":        func(r *http.Request) { r.Method = "A B" },
		"host":          func(r *http.Request) { r.URL.Host = "" },
		"URL":           func(r *http.Request) { r.URL = nil },
		"no header map": func(r *http.Request) { r.Header = nil },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1/", nil)
			assert.NoError(t, err)
			spoil(req)
			resp, err := new(http.Transport).RoundTrip(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			assert.Equal(t, hopeless, outcomeOf(err, true), "%v", err)
		})
	}
}

func TestOutcomeOfLogin(t *testing.T) {
	t.Parallel()
	noAnswer := func(err error) error { return &errors.TransportError{Attempts: 1, Err: err} }
	tests := []struct {
		err  error
		want outcome
	}{
		{noAnswer(errors.New("EOF")), lost},
		{noAnswer(errors.ErrOutcomeUnknown), lost},
		{noAnswer(&net.OpError{Op: "dial", Err: errors.New("refused")}), unsent},
		{noAnswer(x509.UnknownAuthorityError{}), hopeless},
		{noAnswer(errors.Reason("token expired")), hopeless},
		{errors.Reason("token expired"), hopeless},
		{&errors.DecodeError{Err: errors.New("HTML")}, hopeless},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, outcomeOfLogin(tt.err), "%v", tt.err)
	}
}
