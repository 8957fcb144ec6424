package urls_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/internal/urls"
)

func TestSameOrigin(t *testing.T) {
	t.Parallel()
	parse := func(raw string) *url.URL {
		u, err := url.Parse(raw)
		require.NoError(t, err)
		return u
	}
	site := parse("https://plone.test/site")
	for raw, same := range map[string]bool{
		"https://plone.test": true, "https://plone.test:443/x?y": true, "HTTPS://PLONE.TEST/": true, "https://ada:secret@plone.test/": true,
		"http://plone.test": false, "https://plone.test:8443": false, "https://www.plone.test": false, "/site": false, "//plone.test": false,
	} {
		assert.Equal(t, same, urls.SameOrigin(parse(raw), site), raw)
		assert.Equal(t, same, urls.SameOrigin(site, parse(raw)), raw)
	}
	assert.True(t, urls.SameOrigin(parse("http://plone.test:80"), parse("http://plone.test")))
	for raw, same := range map[string]bool{
		"https://xn--bcher-kva.example/x": true, "https://BÜCHER.example:443": true, "https://bucher.example": false, "https://bücher.example:80": false,
	} {
		assert.Equal(t, same, urls.SameOrigin(parse(raw), parse("https://bücher.example")), raw)
	}
	assert.False(t, urls.SameOrigin(nil, site))
	assert.False(t, urls.SameOrigin(nil, nil))
}
