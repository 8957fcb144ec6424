package plonetest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

func BenchmarkNewServer(b *testing.B) {
	for b.Loop() {
		NewServer().Close()
	}
}

// ask sends a request to the server without the network.
func ask(s *Server, method, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/Plone"+path, http.NoBody)
	r.Header.Set("Accept", jsonType)
	r.SetBasicAuth("admin", "secret")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func BenchmarkGet(b *testing.B) {
	s := NewServer()
	defer s.Close()
	for b.Loop() {
		ask(s, http.MethodGet, "/news/a")
	}
}

// BenchmarkPages reads pages of a folder with 100,000 items and of a search over them.
func BenchmarkPages(b *testing.B) {
	s := NewServer()
	defer s.Close()
	for i := range 100_000 {
		o := &object{id: fmt.Sprintf("item-%d", i), typ: s.site.types["Document"], state: "private"}
		o.set("title", o.id)
		s.site.add(s.site.root.byID["news"], o)
	}
	for name, path := range map[string]string{
		"folder": "/news?b_start=%d",
		"search": "/news/@search?sort_on=getId&b_start=%d",
	} {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				ask(s, http.MethodGet, fmt.Sprintf(path, i*25%100_000))
			}
		})
	}
}
