package auth

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"plone.example/restapi/errors"
	"plone.example/restapi/internal/spawn"
	"plone.example/restapi/internal/wire"
)

const (
	// loginTimeout bounds a login or a renewal, which goes on when the caller
	// that began it has gone and others wait.
	loginTimeout = 30 * time.Second
	// maxRenewBefore bounds the quarter of a lifetime that is left for renewals.
	maxRenewBefore = time.Hour
	// renewPause is how long a renewal that failed is not tried again.
	renewPause = time.Minute
	// askPause is how long a 401 stands without a question, after the site was
	// asked about the token.
	askPause = 10 * time.Second
	// refusedPause is how long a password that was refused is not tried again: a
	// site may lock the account after some tries.
	refusedPause = 15 * time.Minute
	// maxPause bounds the wait that a site asks for: no header locks a program out
	// for ever.
	maxPause = 24 * time.Hour
)

// Option changes how [Login] works.
type Option func(*login)

// RenewBefore makes the token be renewed when less than d of its lifetime is
// left, but not before half of it is over. Without it, or when d is less, that is
// a quarter of the lifetime, and one hour at most. With d = 0 a token is never
// renewed: once it has expired, the source logs in again.
func RenewBefore(d time.Duration) Option {
	return func(l *login) {
		l.renewBefore = func(lifetime time.Duration) time.Duration { return min(d, lifetime/2) }
	}
}

// Login sends the token that the site gives for the name and the password, and
// keeps it: one for each site, shared by all clients with this source.
//
// All requests that need a token wait for one login. The token is renewed ahead
// of its expiry; when that fails, it is used up before the source logs in again.
// How long it lives tells the clock of the program or that of the site, by the Date
// of the response, whichever gives it less time. The password goes nowhere but to
// @login.
//
// A user of the Zope root, such as the first admin, gets a new token by the
// password instead: @login-renew gives such a user a token of the site, which
// carries the name but not the roles.
//
// The source works with a client only: its Token, called directly, is
// [errors.ErrInvalidInput], as there is no site to log in to.
//
// Errors, of the requests that wait: [errors.ErrInvalidCredentials] when the site
// refuses the name or the password, which is remembered for 15 minutes or until
// [Transport.Forget], as a site may lock the account of one who tries again and
// again; a 429 or 503 of @login with a Retry-After, which is remembered as long as
// that says, and a day at most; [errors.ErrBadRequest] when one of them is empty; [errors.ErrNotImplemented]
// when the site issues no tokens; a [errors.StatusError], [errors.TransportError]
// or [errors.DecodeError] of @login otherwise; or the error of the context.
//
// Source: plone.restapi documentation, "JSON Web Tokens (JWT)".
func Login(user, password string, opts ...Option) Source {
	l := &login{
		user: user, password: hide(password), sessions: map[string]*session{},
		renewBefore: func(lifetime time.Duration) time.Duration { return min(lifetime/4, maxRenewBefore) },
	}
	for _, opt := range opts {
		if opt != nil {
			opt(l)
		}
	}
	return l
}

// login is a name and a password, and what they are worth at each site.
type login struct {
	user        string
	password    secret
	renewBefore func(lifetime time.Duration) time.Duration

	mu       sync.Mutex
	sessions map[string]*session // by the URL of the site
}

// Token implements Source.
func (l *login) Token(context.Context) (Token, error) {
	return Token{}, fmt.Errorf("auth: %w: Login has no site to log in to; give it to a client", errors.ErrInvalidInput)
}

// Format implements fmt.Formatter; what changes under a lock is not for printing.
func (l *login) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "auth.Login(redacted)") }

// session returns the session at site.
func (l *login) session(site *url.URL) *session {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := site.JoinPath("/").String()
	s := l.sessions[key]
	if s == nil {
		s = &session{login: l, site: site}
		l.sessions[key] = s
	}
	return s
}

// session is a login at one site.
type session struct {
	login *login
	site  *url.URL

	mu      sync.Mutex
	token   Token     // zero for none
	renewAt time.Time // zero for never
	askedAt time.Time // when the site was last asked about the token, after a 401
	refused error     // of the last login; nil when it may be tried
	until   time.Time // when that is forgotten
	flight  *flight   // under way; nil for none
}

// flight is one login or renewal, for all who wait for it.
type flight struct {
	cancel  context.CancelFunc
	waiters int  // guarded by the session
	asked   bool // one of them had a 401; guarded by the session

	*spawn.Task       // has the rest when it is done
	token       Token // zero when there is none any more, without an error
	dead        bool  // the site did not know the token before any more
	err         error
	refused     error         // of a login
	pause       time.Duration // that the site asks for before another renewal
}

// current returns the token to send now. While it is in question everyone waits:
// a renewal may end the token before, and Plone answers a dead one as if nobody
// had logged in.
func (s *session) current(ctx context.Context, rt http.RoundTripper) (Token, error) {
	s.mu.Lock()
	now := time.Now()
	old := s.token
	if old.expired(now) {
		old = Token{}
	}
	if s.flight == nil && old.value != nil && (s.renewAt.IsZero() || now.Before(s.renewAt)) {
		s.mu.Unlock()
		return old, nil
	}
	f, err := s.join(ctx, rt, old, false)
	if err != nil {
		return Token{}, err
	}
	return f.token, nil
}

// replace returns the token to send after the one used was answered with 401, and
// whether there is any reason to.
func (s *session) replace(ctx context.Context, rt http.RoundTripper, used Token) (Token, bool, error) {
	s.mu.Lock()
	now := time.Now()
	if !s.token.is(used) || used.expired(now) {
		s.mu.Unlock()
		tok, err := s.current(ctx, rt)
		return tok, true, err
	}
	if now.Before(s.askedAt.Add(askPause)) {
		s.mu.Unlock()
		return used, false, nil
	}
	f, err := s.join(ctx, rt, used, true)
	if err != nil {
		return Token{}, false, err
	}
	return f.token, f.dead, nil
}

// forget drops all that was learnt at the site. Who waits still gets an answer.
func (s *session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.renewAt, s.askedAt, s.refused, s.flight = Token{}, time.Time{}, time.Time{}, nil, nil
}

// join waits for what is under way, and begins it when nothing is. It is called
// with the lock, and gives it back.
func (s *session) join(ctx context.Context, rt http.RoundTripper, old Token, asked bool) (*flight, error) {
	if err := ctx.Err(); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	f := s.flight
	if f == nil {
		f = s.begin(ctx, rt, old)
	}
	f.waiters++
	f.asked = f.asked || asked
	s.mu.Unlock()

	select {
	case <-f.Done():
		f.Wait()
		if f.err == nil && f.token.value == nil {
			s.mu.Lock()
			return s.join(ctx, rt, s.token, false)
		}
		return f, errors.With(f.err) // a copy: each of those who waited may fill its in
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.waiters--; f.waiters == 0 {
		f.cancel()
		if s.flight == f {
			s.flight = nil
		}
	}
	return nil, ctx.Err()
}

// begin starts to exchange old. It is not ended by the caller, since it belongs to
// everybody, and has the values of the one who needed it first, so that a trace shows
// it there. It is called with the lock.
func (s *session) begin(ctx context.Context, rt http.RoundTripper, old Token) *flight {
	ctx, cancel := context.WithCancel(values{context.WithoutCancel(ctx)})
	return s.board(&flight{cancel: cancel}, old, func(f *flight) {
		defer cancel()
		f.token, f.err = s.exchange(ctx, rt, old, f)
	})
}

// values is a context without what it says of the one request that it belongs to:
// keys with the method OfRequest, like the name of the operation.
type values struct{ context.Context }

// Value implements context.Context.
func (v values) Value(key any) any {
	if _, own := key.(interface{ OfRequest() }); own {
		return nil
	}
	return v.Context.Value(key)
}

// board runs do as the flight that everybody waits for, and settles what came out of
// it. It is called with the lock.
func (s *session) board(f *flight, old Token, do func(*flight)) *flight {
	s.flight = f
	f.Task = spawn.Go(func() {
		landed := false
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			switch {
			case s.flight != f:
			case landed:
				s.settle(f, old)
			default: // a panic, which reaches those who wait; the next begins anew
				s.flight, s.token = nil, Token{}
			}
		}()
		do(f)
		landed = true
	})
	return f
}

// spend sends req, which may end the token that it carries, while everybody else
// waits. The token of the response is the next one. Without one, or with one of
// somebody else, or the same again, which a site that stores tokens has ended, there
// is none, and whoever needs one logs in.
func (s *session) spend(req *http.Request, rt http.RoundTripper) (resp *http.Response, err error) {
	for {
		old, err := s.current(req.Context(), rt)
		if err != nil {
			return nil, refused(req, err)
		}
		s.mu.Lock()
		if s.flight != nil || !s.token.is(old) {
			s.mu.Unlock()
			continue
		}
		f := s.board(&flight{cancel: func() {}, waiters: 1}, old, func(f *flight) {
			resp, err = rt.RoundTrip(authorized(req, old))
			if err != nil || resp.StatusCode != http.StatusOK {
				return
			}
			ahead, _ := skew(resp)
			if tok, tokenErr := tokenIn(hold(resp), ahead); tokenErr == nil && tok.follows(old) {
				f.token = tok
			}
		})
		s.mu.Unlock()
		f.Wait()
		return resp, err
	}
}

// settle keeps what came out of f. It is called with the lock.
func (s *session) settle(f *flight, old Token) {
	now := time.Now()
	s.flight, s.token, s.renewAt = nil, f.token, time.Time{}
	if pause := pauseAfter(f.refused); pause > 0 {
		s.refused, s.until = f.refused, now.Add(pause)
	}
	switch {
	case f.err != nil:
	case f.token.is(old):
		s.renewAt = now.Add(max(renewPause, min(f.pause, maxPause)))
	case !f.token.expires.IsZero():
		s.renewAt = f.token.expires.Add(-s.login.renewBefore(f.token.expires.Sub(now)))
	}
	if f.asked {
		s.askedAt = now
	}
}

// exchange returns the token that follows old, and notes in f what it learns. It
// returns old when that cannot be renewed now, but still is good.
func (s *session) exchange(ctx context.Context, rt http.RoundTripper, old Token, f *flight) (Token, error) {
	renewed := false
	if old.value != nil {
		tok, err := s.post(ctx, rt, "@login-renew", nil, old)
		f.dead = errors.Is(err, errors.ErrUnauthorized)
		renewed = err == nil
		switch {
		case renewed && tok.follows(old):
			return tok, nil
		case untouched(err) && !old.expired(time.Now()):
			e, _ := errors.AsType[*errors.StatusError](err)
			f.pause = e.RetryAfter
			return old, nil
		}
	}
	err := s.refusal()
	if err == nil {
		body, unwritable := wire.Marshal(map[string]string{"login": s.login.user, "password": s.login.password()})
		if unwritable != nil { // which may quote it
			return Token{}, fmt.Errorf("auth: %w: the name or the password is not UTF-8", errors.ErrInvalidInput)
		}
		var tok Token
		if tok, err = s.post(ctx, rt, "@login", body, Token{}); err == nil {
			return tok, nil
		}
		f.refused = err
	}
	if renewed && !old.expired(time.Now()) {
		// The site knew old, but has ended it if it stores tokens. It is good when the
		// site still knows it.
		if _, unknown := s.post(ctx, rt, "@login-renew", nil, old); unknown == nil {
			return old, nil
		}
	}
	return Token{}, err
}

// untouched reports whether a renewal that ended in err has left the old token as
// it was: the site said no, or took all back. Otherwise a site that stores tokens
// may have ended it, and would take its holder for a visitor without a word.
func untouched(err error) bool {
	e, answered := errors.AsType[*errors.StatusError](err)
	return answered && e.Status != errors.ErrUnauthorized && (errors.Is(err, errors.ErrClient) || e.Status == errors.ErrNotImplemented || e.Raised())
}

// refusal returns the answer to the last login, while it is remembered.
func (s *session) refusal() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := time.Until(s.until)
	if left <= 0 {
		s.refused = nil
	}
	err := errors.With(s.refused)
	if e, answered := errors.AsType[*errors.StatusError](err); answered && e.RetryAfter > 0 {
		e.RetryAfter = left
	}
	return err
}

// pauseAfter returns how long a login is not tried again after err.
func pauseAfter(err error) time.Duration {
	e, answered := errors.AsType[*errors.StatusError](err)
	switch {
	case errors.Is(err, errors.ErrInvalidCredentials):
		return refusedPause
	case answered && (e.Status == errors.ErrTooManyRequests || e.Status == errors.ErrUnavailable):
		return min(e.RetryAfter, maxPause)
	}
	return 0
}

// post sends body to a service of the site, and returns the token of its answer.
// The answer is in no error: it may hold the token.
func (s *session) post(ctx context.Context, rt http.RoundTripper, service string, body []byte, tok Token) (Token, error) {
	// Each request has its time: a login has to be possible after a renewal that
	// took all of its own.
	ctx, cancel := context.WithTimeoutCause(ctx, loginTimeout, fmt.Errorf("auth: nothing within %v", loginTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.site.JoinPath(service).String(), bytes.NewReader(body))
	if err != nil {
		return Token{}, err
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		// Without the charset, the server searches the body for credentials itself.
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if tok.value != nil {
		req.Header.Set("Authorization", tok.value())
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return Token{}, noAnswer(ctx, req, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.Request == nil {
		resp.Request = req
	}
	if err := errors.FromResponse(resp); err != nil {
		return Token{}, err
	}
	ahead, _ := skew(resp)
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return Token{}, noAnswer(ctx, req, err)
	}
	tok, err = tokenIn(answer, ahead)
	if err == nil {
		return tok, nil
	}
	return Token{}, &errors.DecodeError{
		Method: req.Method, URL: req.URL,
		Status: errors.Status(resp.StatusCode), ContentType: resp.Header.Get("Content-Type"), Err: err,
	}
}

// tokenIn returns the token in the body of a response, by the clock of this
// program.
func tokenIn(body []byte, ahead time.Duration) (Token, error) {
	var got struct {
		Token string `json:"token"`
	}
	err := wire.Unmarshal(wire.Clean(body), &got)
	tok := Bearer(got.Token)
	now := time.Now()
	if end := tok.expires; !end.IsZero() {
		// The clock of the site may be off, and a Date may be that of a proxy. By the one
		// that gives it less time it is never sent too late, by one that gives it none it
		// would never have been issued.
		tok.expires = end.Add(-max(ahead, 0))
		if other := end.Add(-min(ahead, 0)); !now.Before(tok.expires) {
			tok.expires = other
		}
	}
	switch {
	case err != nil:
		err = errors.New("auth: no token in it") // the error of the decoder may quote it
	case tok.flaw != "":
		err = errors.New("auth: " + tok.flaw)
	case !tok.expires.IsZero() && !now.Before(tok.expires):
		err = fmt.Errorf("auth: %w on arrival", ErrExpired)
	}
	return tok, err
}

// noAnswer returns the error of a request that err ended.
func noAnswer(ctx context.Context, req *http.Request, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return errors.NewTransportError(req, 1, err)
}
