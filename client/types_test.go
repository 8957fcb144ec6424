package client_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
	"plone.example/restapi/errors"
)

func TestTypes_GetField_answers(t *testing.T) {
	t.Parallel()
	const own = "plone.dexterity.schema.generated"
	tests := []struct {
		body            string
		field, fieldset error // nil for good, ErrNotFound, or any other DecodeError
	}{
		{`{"title":"T","description":"","behavior":"` + own + `.X"}`, nil, errors.ErrNotFound},
		{`{"id":"s","title":"T","fields":[],"behavior":"` + own + `"}`, errors.ErrNotFound, nil},
		{`{}`, errors.ErrNotFound, errors.ErrNotFound},
		{" {}\n", errors.ErrNotFound, errors.ErrNotFound},
		{`null`, &errors.DecodeError{}, &errors.DecodeError{}},
		{`{"foo":1}`, &errors.DecodeError{}, &errors.DecodeError{}},
		{`[]`, &errors.DecodeError{}, &errors.DecodeError{}},
	}
	check := func(want, err error, body string) {
		t.Helper()
		_, undecoded := errors.AsType[*errors.DecodeError](err)
		assert.Equal(t, want != nil, undecoded, "%s: %v", body, err)
		assert.Equal(t, want == errors.ErrNotFound, errors.Is(err, errors.ErrNotFound), "%s: %v", body, err)
	}
	for _, tt := range tests {
		c, m := mock(t)
		m.RegisterResponder("GET", mockSite+"/news/@types/Document/x", jsonAnswer(200, tt.body))
		_, err := c.Types.GetField(t.Context(), "/news", "Document", "x")
		check(tt.field, err, tt.body)
		_, err = c.Types.GetFieldset(t.Context(), "/news", "Document", "x")
		check(tt.fieldset, err, tt.body)

		// Nothing is changed or removed that is not there.
		m.RegisterResponder("GET", mockSite+"/@types/Document/x", jsonAnswer(200, tt.body))
		m.RegisterResponder("PATCH", mockSite+"/@types/Document/x", jsonAnswer(204, ""))
		m.RegisterResponder("DELETE", mockSite+"/@types/Document/x", jsonAnswer(204, ""))
		_, err = c.Types.DeleteField(t.Context(), "Document", "x")
		check(tt.field, err, tt.body)
		_, err = c.Types.UpdateField(t.Context(), "Document", "x", client.FieldUpdate{})
		check(tt.field, err, tt.body)
		_, err = c.Types.DeleteFieldset(t.Context(), "Document", "x")
		check(tt.fieldset, err, tt.body)
		_, err = c.Types.UpdateFieldset(t.Context(), "Document", client.Fieldset{ID: "x"})
		check(tt.fieldset, err, tt.body)
		calls := m.GetCallCountInfo()
		want := 1 // of the two, one is there
		if tt.field != nil && tt.fieldset != nil {
			want = 0
		}
		assert.Equal(t, want, calls["DELETE "+mockSite+"/@types/Document/x"], tt.body)
		assert.Equal(t, want, calls["PATCH "+mockSite+"/@types/Document/x"], tt.body)
	}
}

// fullField is a field with all members, as the site and its add-ons send them.
const fullField = `{"title":"T","description":"D","type":"array","factory":"List","widget":"w","behavior":"b","mode":"hidden",
	"default":[1],"widgetOptions":{"klass":"k"},"multilingual_options":{"language_independent":true},
	"minLength":1,"maxLength":2,"minimum":1.5,"maximum":"2020-01-01","minItems":3,"maxItems":4,"uniqueItems":true,"additionalItems":true,
	"items":{"title":"I","description":"","type":"string"},"properties":{"x.data":{"title":"P","description":""}},
	"key_type":{"schema":{"title":"K","description":""},"additional":{"title":"","description":"","minLength":1}},
	"value_type":{"schema":{"title":"V","description":""},"additional":{"title":"","description":""}},
	"vocabulary":{"@id":"v"},"querysource":{"@id":"q"},"choices":[["a","A"],["b",null]],"enum":["a","b"],"enumNames":["A",""]}`

func TestFieldSchema_keepsAllMembers(t *testing.T) {
	t.Parallel()
	var field client.FieldSchema
	require.NoError(t, json.Unmarshal([]byte(fullField), &field))
	assert.Equal(t, []client.Choice{{Token: "a", Title: "A"}, {Token: "b"}}, field.Choices)
	assert.Equal(t, 1, field.KeyType.Additional.MinLength)
	assert.Equal(t, `"2020-01-01"`, string(field.Maximum))
	data, err := json.Marshal(field)
	require.NoError(t, err)
	assert.JSONEq(t, fullField, string(data))

	require.NoError(t, json.Unmarshal([]byte(`{"title":null,"enumNames":["A",null],"items":{}}`), &field))
	assert.Equal(t, []string{"A", ""}, field.EnumNames)
}

func TestChoice_isAPair(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`[]`, `["a"]`, `["a","b","c"]`, `[null,"b"]`, `{}`, `"a"`, `[1,2]`, `null`} {
		var c client.Choice
		require.Error(t, json.Unmarshal([]byte(data), &c), data)
	}
}

func TestFieldset_alwaysHasFields(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(client.Fieldset{ID: "a", Title: "A"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"a","title":"A","fields":[]}`, string(data))
}

func TestTypes_Get_takesTheirContentType(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	m.RegisterResponder("GET", mockSite+"/@types/Document", answer(200, "application/json+schema", `{"type":"object","properties":{}}`))
	_, err := c.Types.Get(t.Context(), "/", "Document")
	require.NoError(t, err)
	m.RegisterResponder("GET", mockSite+"/@types/Document", answer(200, "application/json+schema", `{}`))
	_, err = c.Types.Get(t.Context(), "/", "Document")
	_, found := errors.AsType[*errors.DecodeError](err)
	assert.True(t, found, "%v", err)
}

func TestTypes_AddFieldset_ofDefault(t *testing.T) {
	t.Parallel()
	c, m := mock(t)
	_, err := c.Types.AddFieldset(t.Context(), "Document", client.NewFieldset{ID: "default", Title: "X"})
	require.ErrorIs(t, err, errors.ErrInvalidInput)
	assert.Zero(t, m.GetTotalCallCount())
	// What the server answers when it has added nothing.
	m.RegisterResponder("POST", mockSite+"/@types/Document", jsonAnswer(201, `{}`))
	_, err = c.Types.AddFieldset(t.Context(), "Document", client.NewFieldset{Title: "Defaults"})
	_, found := errors.AsType[*errors.DecodeError](err)
	assert.True(t, found, "%v", err)
}
