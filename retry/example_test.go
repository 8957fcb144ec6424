package retry_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"plone.example/restapi/retry"
)

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
