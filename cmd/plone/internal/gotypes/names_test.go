package gotypes

import (
	"go/token"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestExported(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"News Item":           "NewsItem",
		"news.item":           "NewsItem",
		"my-type":             "MyType",
		"remoteUrl":           "RemoteURL",
		"contact_email":       "ContactEmail",
		"sync_uid":            "SyncUID",
		"getHTMLText":         "GetHTMLText",
		"LIF":                 "LIF",
		"nextPreviousEnabled": "NextPreviousEnabled",
		"utf8_name":           "UTF8Name",
		"type":                "Type",
		"über-straße":         "ÜberStraße",
		"ßa":                  "Fieldßa",
		"日本 語":                "Field日本語",
		"2nd":                 "Field2nd",
		"a2b":                 "A2b",
		"__x__":               "X",
		"":                    "Field",
		"-- *":                "Field",
		"a`b\"c\n":            "ABC",
		"\xff\xfe":            "Field",
		"u\u0308ber":          "UBer",
	} {
		got := exported("Field", text)
		assert.Equal(t, want, got, text)
		assert.True(t, token.IsIdentifier(got) && token.IsExported(got), got)
	}
}

func TestScope_take(t *testing.T) {
	t.Parallel()
	s := scope{"Talk": true}
	assert.Equal(t, "Talk_2", s.take("Talk", "Body"))
	assert.Equal(t, "Talk_3", s.take("Talk"))
	assert.Equal(t, "Talk_2Body_2", s.take("Talk_2Body"))
	assert.Equal(t, "Event", s.take("Event", "Body", "Type"))
	assert.Equal(t, "EventBody_2", s.take("EventBody", "Body"))
	assert.Equal(t, "Page_2", func() string { s["PageType"] = true; return s.take("Page", "Type") }())
}

func FuzzExported(f *testing.F) {
	for _, text := range []string{"News Item", "getHTMLText", "日本", "2nd", "\xff", "ǆ", "ß", "a\u0301"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := exported("Field", text)
		if !token.IsIdentifier(name) || !token.IsExported(name) {
			t.Errorf("%q becomes %q", text, name)
		}
	})
}
