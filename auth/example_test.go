package auth_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"

	"plone.example/restapi/auth"
	"plone.example/restapi/errors"
)

// A client does this by itself when it is given the source.
func ExampleNewTransport() {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/Plone/@login" {
			_, _ = io.WriteString(w, `{"token":"abc"}`)
			return
		}
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
	}))
	defer site.Close()
	u, _ := url.Parse(site.URL + "/Plone")

	c := &http.Client{Transport: auth.NewTransport(nil, u, auth.Login("jane", "secret"))}
	resp, err := c.Get(u.String() + "/news")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(string(body))
	// Output: Bearer abc
}

func ExampleStatic_expired() {
	// Its payload is {"sub":"jane","exp":1700000000}.
	src := auth.Static("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIiwiZXhwIjoxNzAwMDAwMDAwfQ.c2ln")
	_, err := src.Token(context.Background())
	fmt.Println(err)
	fmt.Println(errors.Is(err, auth.ErrExpired))
	// Output:
	// auth: token expired at 2023-11-14T22:13:20Z
	// true
}

func ExampleBearer() {
	t := auth.Bearer("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIiwiZXhwIjoxNzAwMDAwMDAwfQ.c2ln")
	fmt.Println(t)
	fmt.Println(t.Expires().UTC())
	// Output:
	// auth.Token(redacted)
	// 2023-11-14 22:13:20 +0000 UTC
}
