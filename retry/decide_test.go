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
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
)

// The columns of the tables below: what is decided for a status. "r" stands for
// repeat, "u" for uncertain, "-" for neither. Statuses below 500 and 501 are
// never repeated, and those that HTTP does not end a call with say nothing.
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
		"raised, same": {"-", "-", "r"}, "returned, same": {"r", "r", "r"},
	},
	Repeatable: {
		"none": {"ru", "ru", "ru"}, "raised": {"r", "r", "ru"}, "returned": {"ru", "ru", "ru"},
		"raised, same": {"-", "-", "ru"}, "returned, same": {"ru", "ru", "ru"},
	},
	Once: {
		"none": {"u", "u", "u"}, "raised": {"r", "r", "u"}, "returned": {"u", "u", "u"},
		"raised, same": {"-", "-", "u"}, "returned, same": {"u", "u", "u"},
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
	switch {
	case t.status < 200 || t.status > 599:
		return letters(verdict{uncertain: t.kind != Safe})
	case t.status < 500:
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

// TestDecide_resumable shows that no mode and no status sends a chunk twice.
func TestDecide_resumable(t *testing.T) {
	t.Parallel()
	for status := 100; status <= 999; status++ {
		for _, mode := range []Mode{WhenSafe, Every5xx, Never} {
			for _, said := range bodies {
				said.kind, said.status, said.mode, said.replayable, said.verifiable = Resumable, status, mode, true, true
				assert.Equal(t, "-", letters(decide(said)), "%+v", said)
			}
		}
	}
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
		{lost, Resumable, true, Every5xx, "-"},
		{unsent, Resumable, false, WhenSafe, "r"},
		{hopeless, Safe, false, WhenSafe, "-"},
		{hopeless, Once, true, WhenSafe, "-"},
		{hopeless, Repeatable, false, Every5xx, "-"},
	}
	for _, tt := range tests {
		c := try{outcome: tt.outcome, kind: tt.kind, verifiable: tt.verifiable, mode: tt.mode, replayable: true}
		assert.Equal(t, tt.want, letters(decide(c)), "%+v", c)
		// A status that the error tells adds one thing: 4xx are never repeated.
		for status := 100; status <= 599; status++ {
			c.status = status
			want := tt.want
			if status/100 == 4 {
				want = letters(verdict{uncertain: strings.Contains(tt.want, "u")})
			}
			if got := letters(decide(c)); got != want {
				t.Errorf("%+v: %s, want %s", c, got, want)
			}
		}
		c.status, c.replayable = 0, false
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
	eof := errors.New("EOF")
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	untrusted := &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://plone.test/", nil)
	require.NoError(t, err)
	tests := []struct {
		err error
		// When nothing reports, when there was no connection.
		unreported, never outcome
		// When no request was on the connection before; lost when zero.
		fresh outcome
	}{
		{eof, lost, unsent, 0},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, lost, unsent, 0},
		{&net.OpError{Op: "write", Err: errors.New("broken pipe")}, lost, unsent, 0},
		{&net.OpError{Op: "remote error", Err: tls.AlertError(116)}, lost, hopeless, hopeless},
		{fmt.Errorf("below: %w", &net.OpError{Op: "remote error", Err: tls.AlertError(49)}), lost, hopeless, hopeless},
		{&net.OpError{Op: "remote error", Err: tls.AlertError(80)}, lost, unsent, 0}, // internal error
		{&net.OpError{Op: "read", Err: tls.AlertError(116)}, lost, unsent, 0},
		{errors.New("remote error: tls: certificate required"), lost, unsent, 0},
		{errors.New("Forbidden"), lost, hopeless, 0}, // the words of a proxy for its 403
		{errors.New("Proxy Authentication Required"), lost, hopeless, 0},
		{errors.New("Service Unavailable"), lost, unsent, 0},
		{errors.New(""), lost, unsent, 0},
		{&net.OpError{Op: "proxyconnect", Err: dial}, unsent, unsent, 0},
		{&net.OpError{Op: "socks connect", Err: errors.New("refused")}, unsent, unsent, 0},
		{fmt.Errorf("%w (%w)", dial, errors.ErrOutcomeUnknown), lost, lost, 0},
		{errors.ErrOutcomeUnknown, lost, lost, 0},
		{dial, unsent, unsent, 0},
		{fmt.Errorf("below: %w", dial), unsent, unsent, 0},
		{&net.OpError{Op: "proxyconnect", Err: errors.New("refused")}, unsent, unsent, 0},
		{&net.DNSError{Err: "no such host"}, unsent, unsent, 0},
		{heldError{eof}, unsent, unsent, 0},
		{errors.Join(dial, untrusted), unsent, unsent, 0},
		{errors.Join(dial, eof), lost, unsent, 0},
		{errors.Join(untrusted, eof), lost, unsent, 0},
		{untrusted, hopeless, hopeless, 0},
		{x509.UnknownAuthorityError{}, hopeless, hopeless, 0},
		{x509.HostnameError{Certificate: &x509.Certificate{}}, hopeless, hopeless, 0},
		{x509.CertificateInvalidError{}, hopeless, hopeless, 0},
		{fmt.Errorf("below: %w", x509.SystemRootsError{}), hopeless, hopeless, 0},
		{tls.RecordHeaderError{Msg: "no TLS"}, lost, hopeless, 0},
		{http.ErrSchemeMismatch, lost, hopeless, 0},
		// Words that net/http uses for requests other than this one.
		{errors.New(`net/http: invalid header field name "x y"`), lost, unsent, 0},
		{errors.New(`unsupported protocol scheme "http"`), lost, unsent, 0},
		{errors.New("http: no Host in request URL"), lost, unsent, 0},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.unreported, outcomeOf(req, tt.err, unreported), "%T %v", tt.err, tt.err)
		assert.Equal(t, tt.never, outcomeOf(req, tt.err, dialing), "%T %v", tt.err, tt.err)
		assert.Equal(t, max(lost, tt.fresh), outcomeOf(req, tt.err, fresh), "%T %v", tt.err, tt.err)
		assert.Equal(t, lost, outcomeOf(req, tt.err, used), "%T %v", tt.err, tt.err)
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
			require.NoError(t, err)
			spoil(req)
			resp, err := new(http.Transport).RoundTrip(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			assert.Equal(t, hopeless, outcomeOf(req, err, unreported), "%v", err)
			assert.Equal(t, hopeless, outcomeOf(req, fmt.Errorf("below: %w", err), unreported), "%v", err)
			assert.Equal(t, lost, outcomeOf(req, errors.New("the server says: "+err.Error()), unreported), "%v", err)
			assert.Equal(t, lost, outcomeOf(req, err, used), "%v", err)
		})
	}
}

func TestOutcomeOfLogin(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://plone.test/", nil)
	require.NoError(t, err)
	noAnswer := func(err error) error { return &errors.TransportError{Attempts: 1, Err: err} }
	tests := []struct {
		err  error
		want outcome
	}{
		{noAnswer(errors.New("EOF")), unsent},
		{noAnswer(errors.ErrOutcomeUnknown), lost},
		{noAnswer(&net.OpError{Op: "dial", Err: errors.New("refused")}), unsent},
		{noAnswer(x509.UnknownAuthorityError{}), hopeless},
		{noAnswer(errors.Reason("token expired")), hopeless},
		{errors.Reason("token expired"), hopeless},
		{&errors.DecodeError{Err: errors.New("HTML")}, hopeless},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, outcomeOfLogin(req, tt.err, nil), "%v", tt.err)
		assert.Equal(t, answered, outcomeOfLogin(req, tt.err, &errors.StatusError{}), "%v", tt.err)
	}
}
