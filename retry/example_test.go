package retry_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"plone.example/restapi/retry"
)

// A program behind a rate limit waits as long as the limit says, for writes too.
func ExamplePolicy_onTooManyRequests() {
	limited := true
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if limited {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		}
		limited = false
	}))
	defer site.Close()

	client := &http.Client{Transport: retry.NewTransport(nil, retry.Policy{
		MinWait:           time.Millisecond,
		OnTooManyRequests: true,
	})}
	resp, err := client.Post(site.URL, "application/json", strings.NewReader(`{"title": "x"}`))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode, "after", retry.Attempts(resp), "attempts")
	// Output: 200 after 2 attempts
}

func Example() {
	busy := true
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if busy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		busy = false
	}))
	defer site.Close()

	client := &http.Client{Transport: retry.NewTransport(nil, retry.Policy{
		MinWait: time.Millisecond,
		OnRetry: func(_ context.Context, a retry.Attempt) { fmt.Println("try", a.Number, "got", a.Status) },
	})}
	resp, err := client.Get(site.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode, "after", retry.Attempts(resp), "tries")
	// Output:
	// try 1 got 503
	// 200 after 2 tries
}
