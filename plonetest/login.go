package plonetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

func loginServices() []service {
	return []service{
		{method: "GET", name: "@login", on: siteRoot, handle: loginOptions},
		{method: "POST", name: "@login", on: siteRoot, handle: login},
		{method: "POST", name: "@login-renew", on: siteRoot, handle: renew},
		{method: "POST", name: "@logout", on: siteRoot, handle: logout},
	}
}

func loginOptions(*call) (*answer, error) { return ok(dict{"options": list{}}), nil }
func login(c *call) (*answer, error) {
	data, err := c.json()
	if err != nil {
		return nil, err
	}
	name, named := data["login"]
	password, passworded := data["password"]
	if !named || !passworded {
		return refuse(http.StatusBadRequest, "Missing credentials", "Login and password must be provided in body."), nil
	}
	u := c.byPassword(str(name), str(password))
	if u == nil {
		return refuse(http.StatusUnauthorized, "Invalid credentials", "Wrong login and/or password."), nil
	}
	var fullname any = u.properties["fullname"]
	if u.zope {
		fullname = nil // users above the site have no properties
	}
	cookie := hex.EncodeToString([]byte(u.login)) + ":" + hex.EncodeToString([]byte(u.password))
	cookie = url.QueryEscape(url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(cookie))))
	return ok(dict{"token": c.token(u, fullname)}).with("Set-Cookie", "__ac="+cookie+"; Path=/; SameSite=Lax"), nil
}

func renew(c *call) (*answer, error) {
	if c.user.id == "" {
		return refuse(http.StatusUnauthorized, "Invalid or expired authentication token",
			"The authentication token is invalid or expired."), nil
	}
	renewed := c.token(c.user, c.user.properties["fullname"])
	// In this order: a token that is renewed within its second is renewed by itself, and ends.
	if old := c.bearer(); c.tokens[old] {
		delete(c.tokens, old)
	}
	return ok(dict{"token": renewed}), nil
}

func logout(c *call) (*answer, error) {
	if token := c.bearer(); c.tokens != nil {
		if !c.tokens[token] {
			return refuse(http.StatusBadRequest, "Logout failed", "Unknown token"), nil
		}
		delete(c.tokens, token)
	}
	a := noContent()
	if c.user.id != "" {
		a.with("Set-Cookie", "__ac=deleted; Path=/; Max-Age=0; Expires=Wed, 31 Dec 1997 23:59:59 GMT")
	}
	return a, nil
}

// bearer is the token of a request, "" without one.
func (c *call) bearer() string {
	scheme, token, _ := strings.Cut(c.header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// byPassword returns the user with a login name and a password, nil if there is none.
func (s *site) byPassword(login, password string) *user {
	for _, u := range s.users {
		if u.login == login && u.password == password {
			return u
		}
	}
	return nil
}

// authenticate finds out who sends a request. Credentials that are wrong are not refused: they make the request an
// anonymous one. A JSON object with login and password in a body that is declared as application/json, and nothing
// more, wins over the header.
func (s *site) authenticate(header http.Header, body []byte) *user {
	anonymous := &user{}
	if header.Get("Content-Type") == jsonType {
		if v, err := parseJSON(body); err == nil {
			if d, ok := v.(dict); ok && d["login"] != nil && d["password"] != nil {
				if u := s.byPassword(str(d["login"]), str(d["password"])); u != nil {
					return u
				}
				return s.byCookie(header)
			}
		}
	}
	scheme, credentials, _ := strings.Cut(header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "basic":
		decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(credentials))
		if err != nil {
			return anonymous
		}
		login, password, _ := strings.Cut(string(decoded), ":")
		if u := s.byPassword(login, password); u != nil {
			return u
		}
	case "bearer":
		if u := s.byToken(strings.TrimSpace(credentials)); u != nil {
			return u
		}
	}
	return s.byCookie(header)
}

// byCookie returns the user whom the cookie of @login names.
func (s *site) byCookie(header http.Header) *user {
	anonymous := &user{}
	cookie, err := (&http.Request{Header: header}).Cookie("__ac")
	if err != nil {
		return anonymous
	}
	value := cookie.Value
	for range 2 {
		if value, err = url.QueryUnescape(value); err != nil {
			return anonymous
		}
	}
	decoded, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return anonymous
	}
	name, word, _ := strings.Cut(string(decoded), ":")
	login, err := hex.DecodeString(name)
	if err != nil {
		return anonymous
	}
	password, err := hex.DecodeString(word)
	if err != nil {
		return anonymous
	}
	if u := s.byPassword(string(login), string(password)); u != nil {
		return u
	}
	return anonymous
}

// tokenHead is the first part of every token.
const tokenHead = `{"alg":"HS256","typ":"JWT"}`

// token makes a JSON web token for a user.
func (s *site) token(u *user, fullname any) string {
	claims := dict{"sub": u.id, "fullname": fullname}
	if s.life > 0 {
		claims["exp"] = time.Now().Add(s.life).Unix()
	}
	payload, _ := json.Marshal(claims) // strings and a number: this cannot fail
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(tokenHead)) + "." + encode(payload)
	token := signed + "." + encode(s.sign(signed))
	if s.tokens != nil {
		s.tokens[token] = true
	}
	return token
}

func (s *site) sign(text string) []byte {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// byToken returns the user whom a token names, nil if it is wrong or has ended.
func (s *site) byToken(token string) *user {
	end := strings.LastIndexByte(token, '.')
	if end < 0 || s.tokens != nil && !s.tokens[token] {
		return nil
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[end+1:])
	if err != nil || !hmac.Equal(signature, s.sign(token[:end])) {
		return nil
	}
	_, payload, _ := strings.Cut(token[:end], ".")
	decoded, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return nil
	}
	var claims struct {
		Sub string
		Exp *int64
	}
	if json.Unmarshal(decoded, &claims) != nil || claims.Exp != nil && time.Now().Unix() >= *claims.Exp {
		return nil
	}
	return s.users[claims.Sub]
}
