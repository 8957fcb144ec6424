package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/plonetest"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		env := map[string]string{"PLONE_CONFIG": filepath.Join(s.dir, "new", "config.json")}
		out := s.runWith(t, env, s.password+"\n", "login", "--url", s.url+"/", "--user", s.user, "--password-file", "-").ok(t)
		assert.Regexp(t, `^logged in to SITE as admin; profile default, until 20\S+Z\n$`, out)
		info, err := os.Stat(env["PLONE_CONFIG"])
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		data, err := os.ReadFile(env["PLONE_CONFIG"])
		require.NoError(t, err)
		assert.NotContains(t, string(data), `"`+s.password+`"`)

		assert.Contains(t, s.runWith(t, env, "", "whoami").ok(t), "admin at SITE, with the roles ")
		s.runWith(t, env, "", "get", "FOLDER").ok(t)

		// A second profile, and the one that stays the default.
		file := s.writeFile(t, "password", s.password+"\r\n")
		r := decode[session](t, s.runWith(t, env, "", "login", "-p", "second", "--url", s.url, "--user", s.user, "--password-file", file, "--json").ok(t))
		assert.Equal(t, "second", r.Profile)
		assert.Equal(t, "DIR/new/config.json", r.File)
		assert.NotNil(t, r.Expires)
		s.runWith(t, env, "", "whoami", "--profile", "second").ok(t)
		data, err = os.ReadFile(env["PLONE_CONFIG"])
		require.NoError(t, err)
		assert.Equal(t, "default", decode[config](t, string(data)).Default)

		// A token of a profile goes to the site of the profile alone.
		other := plonetest.NewServer()
		defer other.Close()
		s.runWith(t, env, "", "get", "/news", "--url", other.URL).ok(t)
		for _, request := range other.Requests() {
			assert.Empty(t, request.Header.Get("Authorization"))
		}

		// Others must not read it.
		require.NoError(t, os.Chmod(env["PLONE_CONFIG"], 0o644))
		warned := s.runWith(t, env, "", "get", "FOLDER")
		assert.Zero(t, warned.code)
		assert.Equal(t, "plone: warning: others can read the secret in DIR/new/config.json; `chmod 600` it\n", warned.err)
		s.runWith(t, env, "", "get", "FOLDER", "-q").ok(t)
	})
}

func TestLogin_refused(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		env := s.environment()
		env["PLONE_PASSWORD"] = "quite wrong"
		s.runWith(t, env, "", "login").fails(t, 3, "POST SITE/@login")
		s.runWith(t, env, "", "get", "FOLDER").fails(t, 3, "POST SITE/@login")
		_, err := os.Stat(env["PLONE_CONFIG"])
		require.ErrorIs(t, err, os.ErrNotExist)

		without := maps.Clone(env)
		delete(without, "PLONE_PASSWORD")
		s.runWith(t, without, "", "login").fails(t, 2, "there is no password", "--password-file")
		s.runWith(t, without, "\n", "login", "--password-file", "-").fails(t, 2, "is empty")
		delete(without, "PLONE_USER")
		s.runWith(t, without, "", "login").fails(t, 2, "login needs --url and --user")
		s.runWith(t, map[string]string{"PLONE_URL": s.url, "PLONE_PASSWORD": "x"}, "", "get", "FOLDER").fails(t, 2, "no user")
	})
}

func TestLogout(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		env := map[string]string{"PLONE_CONFIG": s.environment()["PLONE_CONFIG"]}
		s.run(t, "login").ok(t)
		s.runWith(t, env, "", "get", "FOLDER").ok(t)
		assert.Equal(t, "profile default has no token any more\n", s.runWith(t, env, "", "logout").ok(t))
		data, err := os.ReadFile(env["PLONE_CONFIG"])
		require.NoError(t, err)
		assert.Equal(t, layer{URL: s.url, User: s.user}, decode[config](t, string(data)).Profiles["default"])
		s.runWith(t, env, "", "get", "FOLDER").fails(t, 2, `no password for "admin"`)
		s.runWith(t, env, "", "logout").fails(t, 2, `profile "default" has no token`)

		s.run(t, "login", "-p", "second").ok(t)
		assert.JSONEq(t, `{"profile": "second"}`, s.runWith(t, env, "", "logout", "-p", "second", "--json").ok(t))
	})
}

// TestLogout_withoutASite: the token is forgotten also when the site is gone.
func TestLogout_withoutASite(t *testing.T) {
	t.Parallel()
	s := &site{dir: t.TempDir()}
	file := s.writeFile(t, "config.json", `{"profiles": {"default": {"url": "http://127.0.0.1:1", "token": "abc", "timeout": "1ms"}}}`)
	r := s.runWith(t, map[string]string{"PLONE_CONFIG": file}, "", "logout", "--timeout", "100ms")
	assert.Zero(t, r.code)
	assert.Contains(t, r.err, "plone: warning: the token is forgotten here, but the site was not told: ")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.NotContains(t, string(data), "abc")
}

func TestWhoami(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		assert.Contains(t, s.run(t, "whoami").ok(t), "admin at SITE, with the roles ")
		who := decode[identity](t, s.run(t, "whoami", "--json").ok(t))
		assert.Equal(t, "admin", who.ID)
		assert.Contains(t, who.Roles, "Manager")
		assert.Contains(t, s.run(t, "whoami", "--basic").ok(t), "admin at SITE")

		visitor := map[string]string{"PLONE_URL": s.url}
		assert.Equal(t, "nobody (a visitor) at SITE\n", s.runWith(t, visitor, "", "whoami").ok(t))
		wrong := s.environment()
		wrong["PLONE_PASSWORD"] = "quite wrong"
		s.runWith(t, wrong, "", "whoami").fails(t, 3, "SITE/@login")
		s.runWith(t, wrong, "", "whoami", "--basic").fails(t, 3, "SITE/@login-renew")

		// A token that the site does not know reads as a visitor does, unless that is
		// ruled out.
		token := map[string]string{"PLONE_URL": s.url, "PLONE_TOKEN": "e30.eyJzdWIiOiJhZG1pbiJ9.bm90aGluZw"}
		s.runWith(t, token, "", "whoami").fails(t, 3)
		s.runWith(t, token, "", "get", "/", "--strict").fails(t, 3)
		expired := map[string]string{"PLONE_URL": s.url, "PLONE_TOKEN": "e30.eyJzdWIiOiJhZG1pbiIsImV4cCI6MX0.bm90aGluZw"}
		s.runWith(t, expired, "", "get", "/").fails(t, 3, "expired", "plone login")
	})
}

func TestMerge(t *testing.T) {
	t.Parallel()
	const a, b = "https://a.example", "https://b.example"
	for _, tt := range []struct {
		name                string
		flags, env, profile layer
		url, user           string
		credential          layer
	}{
		{"nothing", layer{}, layer{}, layer{}, "", "", layer{}},
		{"each from where it is", layer{URL: a}, layer{User: "ada"}, layer{PasswordFile: "p"}, a, "ada", layer{PasswordFile: "p"}},
		{"the strongest counts", layer{URL: a + "/"}, layer{URL: a, User: "ada", Password: "x"}, layer{URL: a, User: "ada", Token: "t"}, a, "ada", layer{Password: "x"}},
		{"a token before a password", layer{}, layer{URL: a, User: "ada", Password: "x", Token: "t"}, layer{}, a, "ada", layer{Token: "t"}},
		{"of another site", layer{URL: b}, layer{}, layer{URL: a, User: "ada", Token: "t"}, b, "", layer{}},
		{"the environment's of another site", layer{URL: b}, layer{URL: a, User: "ada", Password: "x"}, layer{}, b, "", layer{}},
		{"of another user", layer{User: "bob"}, layer{}, layer{URL: a, User: "ada", Token: "t"}, a, "bob", layer{}},
		{"of the same user", layer{User: "ada"}, layer{}, layer{URL: a, User: "ada", Token: "t"}, a, "ada", layer{Token: "t"}},
		{"a user and somebody's token", layer{User: "bob"}, layer{URL: a, Token: "t"}, layer{}, a, "bob", layer{}},
		{"a user and a password", layer{User: "bob"}, layer{URL: a, Password: "x"}, layer{}, a, "bob", layer{Password: "x"}},
		{"a token of the environment and a profile", layer{}, layer{Token: "e"}, layer{URL: a, User: "ada", Token: "t"}, a, "ada", layer{Token: "e"}},
	} {
		s, err := merge(tt.flags, tt.env, tt.profile)
		require.NoError(t, err, tt.name)
		assert.Equal(t, tt.url, s.url, tt.name)
		assert.Equal(t, tt.user, s.user, tt.name)
		assert.Equal(t, tt.credential, s.credential, tt.name)
	}
}

func TestConfig_refused(t *testing.T) {
	t.Parallel()
	s := &site{dir: t.TempDir()}
	for text, want := range map[string]string{
		`{"profiles": {"default": {"password": "hidden"}}}`: `unknown field "password"`,
		`{"profiles": `:    "unexpected EOF",
		`{"profiles": []}`: "profiles",
		`{"profile": {}}`:  `unknown field "profile"`,
	} {
		file := s.writeFile(t, "config.json", text)
		r := s.runWith(t, nil, "", "ls", "--config", file)
		r.fails(t, 2, "DIR/config.json", want)
		assert.NotContains(t, r.err, "hidden")
	}
	for _, name := range []string{"PLONE_STRICT", "PLONE_BASIC"} {
		s.runWith(t, map[string]string{name: "maybe"}, "", "ls", "--config", filepath.Join(s.dir, "none")).fails(t, 2, name)
	}
}

func TestConfig_readsTheProfileThatIsNamed(t *testing.T) {
	t.Parallel()
	onEachSite(t, func(t *testing.T, s *site) {
		password := s.writeFile(t, "password", s.password)
		text := `{"default": "main", "profiles": {
			"main": {"url": "SITE", "user": "USER", "password_file": "FILE", "timeout": "1m"},
			"visitor": {"url": "SITE"}}}`
		file := s.writeFile(t, "config.json", strings.NewReplacer("SITE", s.url, "USER", s.user, "FILE", password).Replace(text))
		env := map[string]string{"PLONE_CONFIG": file}
		assert.Contains(t, s.runWith(t, env, "", "whoami").ok(t), "admin at SITE")
		assert.Contains(t, s.runWith(t, env, "", "whoami", "-p", "visitor").ok(t), "nobody")
		env["PLONE_PROFILE"] = "visitor"
		assert.Contains(t, s.runWith(t, env, "", "whoami").ok(t), "nobody")
		assert.Contains(t, s.runWith(t, env, "", "whoami", "-p", "main").ok(t), "admin")
		require.NoError(t, os.Chmod(password, 0o640))
		assert.Contains(t, s.runWith(t, env, "", "whoami", "-p", "main").err, "others can read the secret in DIR/password")
	})
}

// TestSecrets: neither the password nor the token is in anything that a command
// prints, whatever goes wrong. All runs of the tests are held against that; here are
// all commands with all kinds of credentials.
func TestSecrets(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"type": "BadRequest", "message": "no"}`))
	}))
	defer server.Close()
	s := &site{url: server.URL, user: "ada", password: "quite-Secret-word", dir: t.TempDir()}
	token := map[string]string{"PLONE_URL": s.url, "PLONE_TOKEN": "quite-Secret-token", "PLONE_CONFIG": s.environment()["PLONE_CONFIG"]}
	for _, args := range [][]string{
		{"get", "/a"}, {"put", "/a", "title=x"}, {"patch", "/a", "title=x"}, {"rm", "/a"}, {"ls", "/a"}, {"tree", "/a"}, {"search", "x"},
		{"query", "a b"}, {"upload", s.writeFile(t, "x", "x"), "/a"}, {"download", "/a", "-"}, {"cp", "/a", "/b"}, {"mv", "/a", "/b"},
		{"lock", "/a"}, {"unlock", "/a"}, {"transition", "/a"}, {"doctor"}, {"whoami"}, {"raw", "GET", "/a"},
	} {
		for _, env := range []map[string]string{s.environment(), token} {
			for _, more := range [][]string{nil, {"--json"}, {"-v"}, {"--basic"}, {"--strict"}} {
				r := s.runWith(t, env, "", append(append([]string{}, args...), more...)...)
				assert.NotZero(t, r.code)
			}
		}
	}
}
