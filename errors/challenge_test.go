package errors_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/errors"
)

func TestParseChallenges_fields(t *testing.T) {
	t.Parallel()
	basic := errors.Challenge{Scheme: "basic", Params: map[string]string{"realm": "Zope"}}
	bearer := errors.Challenge{Scheme: "bearer"}
	for name, c := range map[string]struct {
		header []string
		want   []errors.Challenge
	}{
		"no field":      {nil, nil},
		"empty field":   {[]string{""}, nil},
		"empty members": {[]string{" , ,\t,"}, nil},

		"one":              {[]string{`Basic realm="Zope"`}, []errors.Challenge{basic}},
		"scheme only":      {[]string{`Bearer`}, []errors.Challenge{bearer}},
		"blanks around":    {[]string{" \tBearer \t"}, []errors.Challenge{bearer}},
		"other case":       {[]string{`BASIC ReAlM="Zope"`}, []errors.Challenge{basic}},
		"token value":      {[]string{`Basic realm=Zope`}, []errors.Challenge{basic}},
		"blanks around =":  {[]string{"Basic realm \t= \t\"Zope\""}, []errors.Challenge{basic}},
		"several blanks":   {[]string{`Basic   realm="Zope"`}, []errors.Challenge{basic}},
		"tab after scheme": {[]string{"Basic\trealm=\"Zope\""}, []errors.Challenge{basic}},
		"quoted pairs":     {[]string{`A b="\"\\\c,=", d="e"`}, []errors.Challenge{{Scheme: "a", Params: map[string]string{"b": `"\c,=`, "d": "e"}}}},
		"empty quotes":     {[]string{`A b=""`}, []errors.Challenge{{Scheme: "a", Params: map[string]string{"b": ""}}}},
		"all of a token":   {[]string{"azAZ09!#$%&'*+-.^_`|~ x=azAZ09!#$%&'*+-.^_`|~"}, []errors.Challenge{{Scheme: "azaz09!#$%&'*+-.^_`|~", Params: map[string]string{"x": "azAZ09!#$%&'*+-.^_`|~"}}}},
		"token68":          {[]string{`Negotiate azAZ09-._~+/==`}, []errors.Challenge{{Scheme: "negotiate", Token68: "azAZ09-._~+/=="}}},
		"token68, blanks":  {[]string{`Negotiate  abc , Bearer`}, []errors.Challenge{{Scheme: "negotiate", Token68: "abc"}, bearer}},
		"token68 or param": {[]string{`A b=`, `A b==`, `A b=c`, `A b`}, []errors.Challenge{{Scheme: "a", Token68: "b="}, {Scheme: "a", Token68: "b=="}, {Scheme: "a", Params: map[string]string{"b": "c"}}, {Scheme: "a", Token68: "b"}}},

		"several in one field": {
			[]string{`Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple"`},
			[]errors.Challenge{
				{Scheme: "newauth", Params: map[string]string{"realm": "apps", "type": "1", "title": `Login to "apps"`}},
				{Scheme: "basic", Params: map[string]string{"realm": "simple"}},
			},
		},
		"several of every form": {
			[]string{`Bearer, Negotiate abc=, Basic realm="Zope",Bearer`},
			[]errors.Challenge{bearer, {Scheme: "negotiate", Token68: "abc="}, basic, bearer},
		},
		"several fields":             {[]string{`Bearer`, `Basic realm="Zope"`}, []errors.Challenge{bearer, basic}},
		"empty members between":      {[]string{`,, Basic ,, realm="Zope" ,, ,Bearer,,`}, []errors.Challenge{basic, bearer}},
		"no comma between params":    {[]string{`A b="c" d=e f=g, Bearer`}, []errors.Challenge{{Scheme: "a", Params: map[string]string{"b": "c", "d": "e", "f": "g"}}, bearer}},
		"the last of the same name":  {[]string{`A b=1, B=2`}, []errors.Challenge{{Scheme: "a", Params: map[string]string{"b": "2"}}}},
		"not ASCII in quotes":        {[]string{`A b="ä"`}, []errors.Challenge{{Scheme: "a", Params: map[string]string{"b": "ä"}}}},
		"params of the field before": {[]string{`Bearer`, `realm="Zope"`}, []errors.Challenge{bearer}},
		"params without a scheme":    {[]string{`realm="Zope", Bearer`, `realm = x, Bearer`}, nil},
		"params after a token68":     {[]string{`A b, c=d, Bearer`}, []errors.Challenge{{Scheme: "a", Token68: "b"}}},
		"garbage alone":              {[]string{`"`, `@`, `=`, `Basic"x"`, `Basic@`, "\x00", "ä"}, nil},
		"garbage after a challenge":  {[]string{`Basic realm="Zope", @, Bearer`, `Bearer`}, []errors.Challenge{basic, bearer}},
		"garbage after a param":      {[]string{`Basic realm="Zope";x=y, Bearer`}, []errors.Challenge{basic}},
		"a param without a gap":      {[]string{`Basic realm="Zope"x=y, Bearer`}, []errors.Challenge{basic}},
		"a scheme without a comma":   {[]string{`Basic realm="Zope" Bearer`, `Bearer Basic realm=x`}, []errors.Challenge{basic, bearer}},
		"a scheme without a gap":     {[]string{`Basic realm="Zope"Bearer`}, []errors.Challenge{basic}},
		"open quotes":                {[]string{`Basic realm="Zope", x="`, `Bearer x="y\`, `Bearer x="y\"`}, []errors.Challenge{basic, bearer, bearer}},
		"a value that is none":       {[]string{`Basic realm="Zope", x=@`, `Basic realm="Zope", x=`}, []errors.Challenge{basic, basic}},
		"a name that is none":        {[]string{`Basic realm="Zope", =x`}, []errors.Challenge{basic}},
		"a token68 that goes on":     {[]string{`A b==c, Bearer`}, []errors.Challenge{{Scheme: "a"}}},
		"a token68 of padding":       {[]string{`A ==`}, nil},
		"a URL without quotes": {[]string{`Bearer authorization_uri=https://login.example/t?x=1, resource_id=https://management.example/, Basic realm="Zope"`},
			[]errors.Challenge{{Scheme: "bearer", Params: map[string]string{
				"authorization_uri": "https://login.example/t?x=1", "resource_id": "https://management.example/",
			}}, basic}},
		"a slash is not part of a name": {[]string{`A/b`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, errors.ParseChallenges(c.header))
		})
	}
}

func TestParseChallenges_longFieldsStayCheap(t *testing.T) {
	t.Parallel()
	const n = 20000
	assert.Len(t, errors.ParseChallenges([]string{strings.Repeat("A,", n)}), n)
	got := errors.ParseChallenges([]string{"A " + strings.Repeat(" ,b=c", n)})
	require.Len(t, got, 1)
	assert.Equal(t, map[string]string{"b": "c"}, got[0].Params)
}

func FuzzParseChallenges(f *testing.F) {
	for _, seed := range []string{
		`Basic realm="Zope"`, `Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple"`,
		`Negotiate abc==, , Bearer`, `A b = c d="`, `,`, `=`, `"`, `A b\`, "A\tb=\"\\\x00\"", `A ==`, "ä",
	} {
		f.Add(seed)
	}
	const token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	f.Fuzz(func(t *testing.T, field string) {
		good := errors.ParseChallenges([]string{`Basic realm="Zope"`})
		challenges := errors.ParseChallenges([]string{field})
		for _, c := range challenges {
			require.NotEmpty(t, c.Scheme)
			require.Equal(t, strings.ToLower(c.Scheme), c.Scheme)
			require.Empty(t, strings.Trim(c.Scheme, token))
			require.False(t, c.Token68 != "" && c.Params != nil)
			require.True(t, c.Params == nil || len(c.Params) > 0)
			for key := range c.Params {
				require.NotEmpty(t, key)
				require.Equal(t, strings.ToLower(key), key)
				require.Empty(t, strings.Trim(key, token))
			}
		}
		// Garbage loses nothing that stands before it, in its field or another.
		with := errors.ParseChallenges([]string{`Basic realm="Zope", ` + field})
		require.NotEmpty(t, with)
		require.Equal(t, "basic", with[0].Scheme)
		require.Equal(t, append(good, challenges...), errors.ParseChallenges([]string{`Basic realm="Zope"`, field}))
	})
}
