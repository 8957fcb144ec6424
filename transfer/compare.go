package transfer

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A difference is the first place where two values of a field are not the same.
type difference struct {
	at        []string // members and positions that lead to it; nil for the value as a whole
	want, got any
}

// nothing stands for a member that is not there.
type nothing struct{}

// String says what was sent and what the server has.
func (d *difference) String() string {
	got, want := d.excerpts()
	text := fmt.Sprintf("sent %s, and the server has %s", want, got)
	if len(d.at) > 0 {
		text = strings.Join(d.at, "/") + ": " + text
	}
	return text
}

// excerpts returns both values, shortened so that they are seen to differ.
func (d *difference) excerpts() (got, want string) {
	whole := func(v any) string {
		if v == (nothing{}) {
			return "nothing"
		}
		text, err := json.Marshal(v)
		if err != nil {
			return err.Error()
		}
		return string(text)
	}
	a, b := []rune(whole(d.got)), []rune(whole(d.want))
	const most, before = 80, 20
	common := 0
	for common < min(len(a), len(b)) && a[common] == b[common] {
		common++
	}
	cut := func(text []rune) string {
		begin := ""
		if from := common - before; max(len(a), len(b)) > most && from > 0 {
			text, begin = text[from:], "…"
		}
		if len(text) > most {
			return begin + string(text[:most-1]) + "…"
		}
		return begin + string(text)
	}
	return cut(a), cut(b)
}

// empty reports whether a value says nothing.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case json.RawMessage:
		return len(v) == 0 || string(v) == "null"
	}
	return false
}

// compare returns where two values of a field differ in what they mean to the
// server; nil when they do not.
func compare(name string, want, got any) *difference {
	switch {
	case empty(want) && empty(got):
		return nil
	case name == "language" && want == defaultLanguage && empty(got):
		return nil // Plone's exporter writes the same for no language
	case (name == "effective" || name == "expires") && sameTime(want, got, time.Minute):
		return nil // the server drops the seconds
	case sameTime(want, got, 0):
		return nil
	}
	return differ(want, got, nil)
}

func differ(want, got any, at []string) *difference {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}
		names := maps.Clone(w)
		maps.Copy(names, g)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if d := differ(inside(w, name), inside(g, name), append(at[:len(at):len(at)], name)); d != nil {
				return d
			}
		}
		return nil
	case []any:
		g, ok := got.([]any)
		if !ok {
			break
		}
		for n := range max(len(w), len(g)) {
			if d := differ(element(w, n), element(g, n), append(at[:len(at):len(at)], strconv.Itoa(n))); d != nil {
				return d
			}
		}
		return nil
	case string:
		if g, ok := got.(string); ok && sameText(w, g, at) {
			return nil
		}
	}
	if reflect.DeepEqual(want, got) {
		return nil
	}
	return &difference{at, want, got}
}

func inside(m map[string]any, name string) any {
	if v, ok := m[name]; ok {
		return v
	}
	return nothing{}
}

func element(list []any, n int) any {
	if n < len(list) {
		return list[n]
	}
	return nothing{}
}

// sameText reports whether two texts differ in nothing but what the server changes
// by itself: the ends of lines, and the space around all of a text, as far as it is
// not one piece of many.
func sameText(a, b string, at []string) bool {
	a, b = strings.ReplaceAll(a, "\r\n", "\n"), strings.ReplaceAll(b, "\r\n", "\n")
	if len(at) == 0 || at[len(at)-1] == "data" {
		a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	}
	return a == b
}

// sameTime reports whether two values are times that are equal as far as the server
// counts. It takes one without a zone for one in UTC.
//
// Source: plone.restapi, deserializer/dxfields.py, DatetimeFieldDeserializer.
func sameTime(want, got any, unit time.Duration) bool {
	x, ok := timeOf(want)
	y, also := timeOf(got)
	return ok && also && x.Truncate(unit).Equal(y.Truncate(unit))
}

func timeOf(v any) (time.Time, bool) {
	text, _ := v.(string)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
