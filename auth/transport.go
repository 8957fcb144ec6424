package auth

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"path"
	"sync/atomic"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/failure"
	"plone.example/restapi/internal/urls"
)

// maxBody bounds what is read of an answer.
const maxBody = 64 << 10

// maxSkew is how far apart two clocks are believed to be: one that was set to
// another zone, but no more. A Date that is further off is wrong.
const maxSkew = time.Hour

// Transport sends requests with the credentials of a source. It is safe for
// concurrent use.
type Transport struct {
	base    http.RoundTripper
	site    *url.URL
	source  Source
	session *session // of a Login source, otherwise nil

	// ahead is how far the clock of the site was last seen ahead of ours.
	ahead atomic.Int64
}

// NewTransport returns a transport that gives the requests to the scheme, host and
// port of site the credentials of src, and sends them with base. Requests to any
// other place are sent as they are.
//
// A nil base is [http.DefaultTransport], a nil src has no credentials, and a nil
// site owns no request. All transports with the same [Login] and the same site
// share its token.
func NewTransport(base http.RoundTripper, site *url.URL, src Source) *Transport {
	if base == nil {
		base = http.DefaultTransport
	}
	t := &Transport{base: base, source: src}
	if site == nil {
		return t
	}
	t.site = &url.URL{Scheme: site.Scheme, Host: site.Host, Path: site.Path, RawPath: site.RawPath}
	if l, ok := src.(*login); ok {
		t.session = l.session(t.site)
	}
	return t
}

// Format implements fmt.Formatter; what changes under a lock is not for printing.
func (t *Transport) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "auth.Transport(redacted)") }

// RoundTrip sends req with credentials, unless it has an Authorization header of
// its own, which is left alone even when it has no value.
//
// When the site answers 401 to a token of [Login], the site is asked whether it
// still knows the token, as Plone answers so to a known user without permission
// too. If not, the source logs in again, and the request is sent once more if its
// body can be had again.
//
// A POST to @login-renew or @logout may end the token that it carries. Other
// requests with the same [Login] wait meanwhile; afterwards they carry the new
// token, or that of a new login.
//
// Errors: when there are no credentials to send, req was not sent, or answered
// with 401. [ErrExpired] and [errors.ErrInvalidInput] when they cannot be sent;
// those of [Login]; or an [errors.TransportError] around what else the source
// returned. Those of base are passed on as they are.
//
// A panic of the source or of base reaches every caller that waits for it.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, own := req.Header["Authorization"]; own || t.source == nil || !urls.SameOrigin(req.URL, t.site) {
		return t.base.RoundTrip(req)
	}
	if t.session != nil && endsToken(req) {
		resp, err := t.session.spend(req, t.base)
		if err == nil && resp.StatusCode == http.StatusUnauthorized {
			// The token was dead already, and is gone now.
			if again, ok := rewound(req); ok {
				_ = resp.Body.Close()
				return t.session.spend(again, t.base)
			}
		}
		return resp, err
	}
	handedOn := false
	defer func() { // also after a panic
		if !handedOn && req.Body != nil {
			_ = req.Body.Close()
		}
	}()
	tok, err := t.Token(req.Context())
	if err != nil {
		return nil, loginError(req, err, false)
	}
	handedOn = true
	resp, err := t.base.RoundTrip(authorized(req, tok))
	if err != nil {
		return nil, err
	}
	if t.session == nil {
		t.observe(resp, tok)
		return resp, nil
	}
	if resp.StatusCode != http.StatusUnauthorized {
		return resp, nil
	}
	return t.secondTry(req, resp, tok)
}

// Forget drops the token of a [Login], and that its password was refused; the next
// request logs in. Other sources have nothing to forget.
func (t *Transport) Forget() {
	if t.session != nil {
		t.session.forget()
	}
}

// Token returns the credentials to send now; the zero Token without a source.
//
// Errors: those of RoundTrip about credentials.
func (t *Transport) Token(ctx context.Context) (Token, error) {
	switch {
	case t.session != nil:
		return t.session.current(ctx, t.base)
	case t.source == nil:
		return Token{}, nil
	}
	tok, err := t.source.Token(untraced{ctx})
	if err != nil {
		return Token{}, err
	}
	return tok, tok.check(time.Now().Add(time.Duration(t.ahead.Load())))
}

// untraced is a context without a trace. Connections that a source makes are not
// those of the request, whose trace tells whether it was sent.
type untraced struct{ context.Context }

// Value implements context.Context.
func (c untraced) Value(key any) any {
	value := c.Context.Value(key)
	if _, trace := value.(*httptrace.ClientTrace); trace {
		return nil
	}
	return value
}

// MayRenew reports whether @login-renew can be asked for another token in the place
// of tok, one of Token: a site that stores tokens ends the one that is renewed, so
// it has to be one that a [Login] replaces, or no bearer token at all.
func (t *Transport) MayRenew(tok Token) bool {
	return t.session != nil || tok.value == nil || tok.login != ""
}

// observe compares the clock of the site with ours, for tokens that expire.
func (t *Transport) observe(resp *http.Response, tok Token) {
	if tok.expires.IsZero() {
		return
	}
	ahead, told := skew(resp)
	if told && ahead.Abs() <= maxSkew {
		t.ahead.Store(int64(max(ahead, 0)))
	}
}

// secondTry answers a 401 to a request that carried the token used.
func (t *Transport) secondTry(req *http.Request, refused *http.Response, used Token) (resp *http.Response, err error) {
	closed := false
	defer func() { // also after a panic
		if resp != refused && !closed {
			_ = refused.Body.Close()
		}
	}()
	// Whoever asks about the token may need this connection.
	hold(refused)
	tok, replaced, err := t.session.replace(req.Context(), t.base, used)
	if err != nil {
		// The site has refused the request: it was not carried out.
		return nil, loginError(req, err, true)
	}
	if !replaced {
		return refused, nil
	}
	again, ok := rewound(req)
	if !ok {
		return refused, nil
	}
	closed = true
	_ = refused.Body.Close()
	return t.base.RoundTrip(authorized(again, tok))
}

// loginError is the error of req, for which err has left no credentials.
func loginError(req *http.Request, err error, refused bool) error {
	if _, reasoned := errors.AsType[errors.Reason](err); !reasoned {
		err = failure.Typed(req, err)
	}
	return &failure.Login{Err: err, Refused: refused}
}

// endsToken reports whether the site may end the token that req carries.
func endsToken(req *http.Request) bool {
	service := path.Base(req.URL.Path)
	return req.Method == http.MethodPost && (service == "@login-renew" || service == "@logout")
}

// rewound returns a copy of req with its body from the start, if that can be had
// again.
func rewound(req *http.Request) (*http.Request, bool) {
	again := req.WithContext(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return again, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	again.Body = body
	return again, err == nil
}

// refused closes the body of req and returns why it was not sent.
func refused(req *http.Request, err error) error {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	return loginError(req, err, false)
}

// hold reads the body of resp ahead, as far as it is short, and returns that. What
// ended it early ends it for the next reader, too.
func hold(resp *http.Response) []byte {
	head, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	resp.Body = &held{Reader: io.MultiReader(bytes.NewReader(head), &rest{resp.Body, err}), Closer: resp.Body}
	return head
}

// held is a body of which the head has been read already.
type held struct {
	io.Reader
	io.Closer
}

// rest is what follows the head of a body, up to its first error.
type rest struct {
	in  io.Reader
	err error
}

// Read implements io.Reader.
func (r *rest) Read(p []byte) (n int, err error) {
	if r.err == nil {
		n, r.err = r.in.Read(p)
	}
	return n, r.err
}

// authorized returns a copy of req with the credentials; a RoundTripper must not
// change what it is given.
func authorized(req *http.Request, tok Token) *http.Request {
	req = req.WithContext(req.Context())
	req.Header = maps.Clone(req.Header)
	if req.Header == nil {
		req.Header = make(http.Header, 1)
	}
	req.Header["Authorization"] = []string{tok.value()}
	return req
}

// skew returns how far the clock that dated resp is ahead of ours, if it tells: a
// response from a cache does not.
func skew(resp *http.Response) (ahead time.Duration, told bool) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || resp.Header.Get("Age") != "" {
		return 0, false
	}
	return time.Until(date), true
}
