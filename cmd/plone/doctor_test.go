package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// verdicts are the findings of a run with --json, by their names.
func verdicts(t *testing.T, text string) map[string]finding {
	t.Helper()
	found := map[string]finding{}
	for _, f := range decode[[]finding](t, text) {
		assert.NotContains(t, found, f.Part+"/"+f.Name)
		found[f.Part+"/"+f.Name] = f
	}
	return found
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		before := s.run(t, "ls").ok(t)
		text := s.run(t, "doctor", "--write").ok(t)
		for _, line := range []string{
			"site:\n", "services:\n", "behaviour:\n", "behaviour on writing:\n",
			"admin at SITE, with the roles ", "Plone 6.", "the site's agrees with yours",
		} {
			assert.Contains(t, text, line)
		}
		found := verdicts(t, s.run(t, "doctor", "--write", "--json").ok(t))
		assert.Len(t, found, len(siteChecks)+len(serviceChecks)+len(behaviourChecks)+len(writeChecks))
		for name, f := range found {
			// What the fake does not have: add-ons of a real server.
			if f.Part != "services" {
				assert.Contains(t, []verdict{fine, surprise}, f.Result, "%s: %s", name, f.Detail)
			}
		}
		for _, name := range []string{
			"behaviour/wrong credentials", "behaviour/no permission", "behaviour/names further up", "behaviour/unknown indexes",
			"behaviour/missing records", "behaviour on writing/ids that are taken", "behaviour on writing/unknown fields",
			"behaviour on writing/a second lock", "behaviour on writing/copies of nothing", "behaviour on writing/old addresses",
		} {
			assert.Equal(t, surprise, found[name].Result, "%s: %s", name, found[name].Detail)
		}
		assert.Equal(t, fine, found["behaviour on writing/creates"].Result)
		assert.Equal(t, fine, found["services/resumable uploads"].Result)
		assert.Equal(t, before, s.run(t, "ls").ok(t), "nothing is left behind")
	})
}

// TestDoctor_readsOnly: without --write nothing is changed.
func TestDoctor_readsOnly(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		found := verdicts(t, s.run(t, "doctor", "--json").ok(t))
		assert.Len(t, found, len(siteChecks)+len(serviceChecks)+len(behaviourChecks))
		if s.fake == nil {
			return
		}
		writes := map[string]bool{}
		for _, request := range s.fake.Requests()[1:] { // the first one made the folder
			if request.Method != "GET" && request.Method != "HEAD" && request.Method != "OPTIONS" {
				writes[request.Method+" "+request.Path] = true
			}
		}
		assert.Equal(t, map[string]bool{"POST /@login": true, "POST /@login-renew": true}, writes)
	})
}

func TestDoctor_visitor(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		env := map[string]string{"PLONE_URL": s.url}
		found := verdicts(t, s.runWith(t, env, "", "doctor", "--json").ok(t))
		assert.Equal(t, finding{"site", "you", fine, "nobody (a visitor) at SITE"}, found["site/you"])
		assert.Equal(t, finding{"site", "versions", unclear, "you may not ask"}, found["site/versions"])
		s.runWith(t, env, "", "doctor", "--write").fails(t, 3, "GET SITE/@types")

		wrong := s.environment()
		wrong["PLONE_PASSWORD"] = "quite wrong"
		r := s.runWith(t, wrong, "", "doctor", "--write")
		r.fails(t, 3, "SITE/@login")
		assert.Contains(t, r.out, "  failed   you")
		assert.NotContains(t, r.out, "behaviour on writing")
	})
}

func TestDoctor_noSite(t *testing.T) {
	t.Parallel()
	s := &site{dir: t.TempDir()}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>"))
	}))
	defer page.Close()
	s.runWith(t, nil, "", "doctor", "--config", s.dir+"/none", "--url", page.URL).fails(t, 6, page.URL+"/@site", "text/html")
}

func TestSkew(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		site  time.Duration
		want  verdict
		words string
	}{
		{0, fine, "agrees"},
		{time.Second, fine, "agrees"},
		{-900 * time.Millisecond, fine, "agrees"},
		{-30 * time.Second, fine, "less than 1m0s"},
		{40 * time.Second, fine, "less than 1m0s"},
		{2 * time.Minute, caution, "1m59s ahead"},
		{-2 * time.Minute, caution, "1m59s behind"},
	} {
		got, detail, err := skew(now.Add(tt.site), now, now.Add(time.Second))
		require.NoError(t, err)
		assert.Equal(t, tt.want, got, tt.site)
		assert.Contains(t, detail, tt.words)
	}
}
