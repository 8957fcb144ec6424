package client

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
)

func mustNew(t testing.TB, site string, opts ...Option) *Client {
	t.Helper()
	c, err := New(site, opts...)
	require.NoError(t, err)
	return c
}

func TestResolve(t *testing.T) {
	t.Parallel()
	const plain, door = "https://plone.example/site", "https://plone.example/site/++api++"
	tests := []struct {
		name, site, path, want string
	}{
		{"root", plain, "", plain},
		{"root with a slash", plain, "/", plain},
		{"object", plain, "/news/a", plain + "/news/a"},
		{"without a slash", plain, "news", plain + "/news"},
		{"empty elements", plain, "//news//a/"[1:], plain + "/news/a"},
		{"blank", plain, "/a b", plain + "/a%20b"},
		{"a relative path is raw", plain, "/a%20b", plain + "/a%2520b"},
		{"question mark and hash", plain, "/a?b#c", plain + "/a%3Fb%23c"},
		{"not ASCII", plain, "/ü", plain + "/%C3%BC"},
		{"service", plain, "/@search", plain + "/@search"},
		{"dots in a name", plain, "/a..b/...", plain + "/a..b/..."},
		{"backslash in a name", plain, `/a\b`, plain + "/a%5Cb"},
		{"colon in the first element", plain, "a:b/c", plain + "/a:b/c"},

		{"absolute", plain, plain + "/news", plain + "/news"},
		{"absolute root", plain, plain, plain},
		{"absolute root with a slash", plain, plain + "/", plain},
		{"absolute is decoded", plain, plain + "/a%20b%2520", plain + "/a%20b%2520"},
		{"absolute with query", plain, plain + "/@search?b_start=25", plain + "/@search?b_start=25"},
		{"default port", plain, "https://plone.example:443/site/a", plain + "/a"},
		{"case of the host", plain, "https://PLONE.example/site/a", plain + "/a"},
		{"an escaped slash in an element", plain, plain + "/@users/corp%2Fann", plain + "/@users/corp%2Fann"},
		{"a host in Punycode", "https://bücher.example/site", "https://xn--bcher-kva.example/site/a", "https://b%C3%BCcher.example/site/a"},
		{"absolute through the door", plain, door + "/a", plain + "/a"},

		{"door", door, "/a", door + "/a"},
		{"door and an @id without", door, plain + "/a", door + "/a"},
		{"door and an @id with", door, door + "/a", door + "/a"},
		{"door and the root's @id", door, plain, door},
		{"a name like the door", plain, plain + "/++api++x", plain + "/++api++x"},
		{"site at the host's root", "https://plone.example", "https://plone.example/a", "https://plone.example/a"},
		{"site with an escaped name", "https://plone.example/a%20b", "/c", "https://plone.example/a%20b/c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, err := mustNew(t, tt.site).resolve(tt.path)
			require.NoError(t, err)
			assert.Equal(t, tt.want, u.String())
		})
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	const site = "https://plone.example/site"
	for _, url := range []string{site, site + "/++api++"} {
		c := mustNew(t, url, WithPublicURL("https://www.plone.example"))
		for address, want := range map[string]string{
			"":                               "/",
			site:                             "/",
			"/news/a/":                       "/news/a",
			site + "/news/a%20b":             "/news/a b",
			site + "/++api++/news":           "/news",
			"https://www.plone.example/news": "/news",
		} {
			got, err := c.Path(address)
			require.NoError(t, err, address)
			assert.Equal(t, want, got, address)
		}
		_, err := c.Path("https://elsewhere.example/news")
		require.ErrorIs(t, err, errors.ErrInvalidInput)
	}
}

func TestResolve_public(t *testing.T) {
	t.Parallel()
	c := mustNew(t, "http://127.0.0.1:8080/Plone", WithPublicURL("https://www.plone.example"))
	for path, want := range map[string]string{
		"https://www.plone.example/a":         "http://127.0.0.1:8080/Plone/a",
		"https://www.plone.example/++api++/a": "http://127.0.0.1:8080/Plone/a",
		"https://www.plone.example":           "http://127.0.0.1:8080/Plone",
		"http://127.0.0.1:8080/Plone/a":       "http://127.0.0.1:8080/Plone/a",
	} {
		u, err := c.resolve(path)
		require.NoError(t, err, path)
		assert.Equal(t, want, u.String())
	}
}

func TestResolve_elements(t *testing.T) {
	t.Parallel()
	c := mustNew(t, "https://plone.example/s i")
	u, err := c.resolve("/a/b", "@groups", "x/y z")
	require.NoError(t, err)
	assert.Equal(t, "https://plone.example/s%20i/a/b/@groups/x%2Fy%20z", u.String())
	for _, bad := range []string{"", ".", "..", "%2e%2e", "a/../b", "\n"} {
		_, err := c.resolve("", "@users", bad)
		require.ErrorIs(t, err, errors.ErrInvalidInput, "%q", bad)
	}
}

func TestResolve_refused(t *testing.T) {
	t.Parallel()
	c := mustNew(t, "https://plone.example/site")
	for _, path := range []string{
		"/..", "/a/../b", "/.", "a/..", "/%2e%2e", "/%2E.", "/%252e%252e/x", "/..%2fx", "/a%2f..%2fb", `/..\x`, `/a%5c..`,
		"https://plone.example/site/../other", "https://plone.example/site/%2e%2e/other", "https://plone.example/site/a%2f..%2f..",
		"https://plone.example/sites", "https://plone.example/", "https://plone.example:8443/site",
		"http://plone.example/site", "https://other.example/site/a", "//other.example/site", "https://user@plone.example/site/a",
		"ftp://plone.example/site", "https://plone.example/site/%zz", "/a\x00b", "/a\nb", "/\xff",
	} {
		_, err := c.resolve(path)
		assert.ErrorIs(t, err, errors.ErrInvalidInput, "%q", path)
	}
}

func TestResolve_errorHidesPassword(t *testing.T) {
	t.Parallel()
	_, err := mustNew(t, "https://plone.example").resolve("https://ada:lovelace@other.example/")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "lovelace")
}

func FuzzResolve(f *testing.F) {
	for _, seed := range []string{"/a/b", "https://plone.example/site/a", "/..", "//x", "a:b", "%2e%2e", "https://plone.example/site/%2e%2e%2f", `\..\`} {
		f.Add(seed)
	}
	c := mustNew(f, "https://plone.example/site")
	f.Fuzz(func(t *testing.T, path string) {
		u, err := c.resolve(path)
		if err != nil {
			require.ErrorIs(t, err, errors.ErrInvalidInput)
			return
		}
		sent, err := url.Parse(u.String())
		require.NoError(t, err)
		assert.Equal(t, "https://plone.example", sent.Scheme+"://"+sent.Host)
		assert.Nil(t, sent.User)
		assert.Empty(t, sent.Fragment)
		assert.True(t, sent.Path == "/site" || strings.HasPrefix(sent.Path, "/site/"), "%q became %q", path, sent.Path)
		assert.NotContains(t, strings.Split(sent.Path, "/"), "..")
		again, err := c.resolve(u.String())
		require.NoError(t, err)
		assert.Equal(t, u.String(), again.String())
	})
}
