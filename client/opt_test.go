package client_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

type optional struct {
	Text  client.Opt[string]   `json:"text,omitzero"`
	Count client.Opt[int]      `json:"count,omitzero"`
	List  client.Opt[[]string] `json:"list,omitzero"`
}

func TestOpt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		body optional
		want string
	}{
		{"left out", optional{}, `{}`},
		{"null", optional{Text: client.Null[string](), Count: client.Null[int]()}, `{"text":null,"count":null}`},
		{"zero values", optional{Text: client.Set(""), Count: client.Set(0), List: client.Set([]string{})}, `{"text":"","count":0,"list":[]}`},
		{"values", optional{Text: client.Set("a"), Count: client.Set(-1), List: client.Set([]string{"b"})}, `{"text":"a","count":-1,"list":["b"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, err := json.Marshal(tt.body)
			require.NoError(t, err)
			assert.Equal(t, tt.want, string(data))
			var back optional
			require.NoError(t, json.Unmarshal(data, &back))
			assert.Equal(t, tt.body, back)
		})
	}
}

func TestOpt_Get(t *testing.T) {
	t.Parallel()
	v, set := client.Set(7).Get()
	assert.Equal(t, 7, v)
	assert.True(t, set)
	for _, unset := range []client.Opt[int]{{}, client.Null[int]()} {
		v, set := unset.Get()
		assert.Zero(t, v)
		assert.False(t, set)
	}
	assert.True(t, client.Null[int]().IsNull())
	assert.False(t, client.Set(0).IsNull())
	assert.False(t, client.Opt[int]{}.IsNull())
	require.Error(t, new(client.Opt[int]).UnmarshalJSON([]byte(`"x"`)))
}

func FuzzOpt(f *testing.F) {
	for _, seed := range []string{`null`, `"a"`, `""`, `1`, `{`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var o client.Opt[string]
		if json.Unmarshal(data, &o) != nil {
			return
		}
		again, err := json.Marshal(o)
		require.NoError(t, err)
		var back client.Opt[string]
		require.NoError(t, json.Unmarshal(again, &back))
		assert.Equal(t, o, back)
	})
}
