package plonetest_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"

	"plone.example/restapi/plonetest"
)

// get asks for a path below the site as admin and reads the answer into v.
func get(site *plonetest.Server, path string, v any) int {
	req, err := http.NewRequest(http.MethodGet, site.URL+path, nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	req.SetBasicAuth("admin", "secret")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		log.Fatal(err)
	}
	return resp.StatusCode
}

func Example() {
	site := plonetest.NewServer()
	defer site.Close()

	var news struct {
		Title string
		Items []struct{ Title string }
	}
	fmt.Println(get(site, "/news", &news), news.Title, news.Items)
	// Output: 200 News [{a} {b}]
}

func ExampleServer_FailNext() {
	site := plonetest.NewServer()
	defer site.Close()
	site.FailNext(http.StatusInternalServerError, 1)

	var answer struct{ Type, Message, Title string }
	fmt.Println(get(site, "/news", &answer), answer.Type)
	fmt.Println(get(site, "/news", &answer), answer.Title)
	// Output:
	// 500 ConflictError
	// 200 News
}

func ExampleServer_Inject() {
	site := plonetest.NewServer()
	defer site.Close()
	site.Inject(plonetest.Fault{
		Method: http.MethodGet,
		Path:   "/news/*",
		Times:  plonetest.Always,
		Status: http.StatusTooManyRequests,
		Header: http.Header{"Retry-After": {"5"}},
		Body:   []byte(`{"message": "slowly"}`),
	})

	var answer struct{ Title, Message string }
	fmt.Println(get(site, "/news", &answer), answer.Title)
	fmt.Println(get(site, "/news/a", &answer), answer.Message)
	// Output:
	// 200 News
	// 429 slowly
}

func ExampleServer_Requests() {
	site := plonetest.NewServer(plonetest.WithUser("ann", "secret", "Editor"))
	defer site.Close()

	req, err := http.NewRequest(http.MethodPatch, site.URL+"/news/a", strings.NewReader(`{"title": "A"}`))
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	req.SetBasicAuth("ann", "secret")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close()

	for _, r := range site.Requests() {
		fmt.Println(r.Method, r.Path, string(r.Body), r.Status)
	}
	// Output: PATCH /news/a {"title": "A"} 204
}
