package transfer

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStream_writesJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	s := newStream(&b)
	s.open('{')
	s.name("empty")
	s.open('[')
	s.shut(']')
	s.name(`a "list"`)
	s.open('[')
	s.element(1)
	s.element("two")
	s.shut(']')
	s.member("z", relation{Attribute: "x"})
	s.member("a", nil)
	s.shut('}')
	require.NoError(t, s.close())
	assert.JSONEq(t, `{"empty":[],"a \"list\"":[1,"two"],"z":{"from_attribute":"x","from_uuid":"","to_uuid":""},"a":null}`, b.String())
	assert.Less(t, strings.Index(b.String(), `"z"`), strings.Index(b.String(), `"a":`), "in the order of the calls")
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestStream_firstError(t *testing.T) {
	t.Parallel()
	s := newStream(full{})
	s.element(strings.Repeat("x", 10_000))
	s.element(1)
	assert.ErrorIs(t, s.close(), io.ErrShortWrite)
	s = newStream(&bytes.Buffer{})
	s.element(make(chan int))
	s.element(1)
	assert.ErrorContains(t, s.close(), "unsupported type")
}

func TestMembers_readsWhatIsWanted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]int{
		`{"list":[1,2,3]}`: {1, 2, 3},
		`{"skipped":{"list":[7],"x":[[{}]]},"list":[1],"n":null,"s":"list","t":true}`: {1},
		`{"list":[]}`:   nil,
		`{}`:            nil,
		`null`:          nil,
		`{"list":null}`: nil,
	} {
		d := json.NewDecoder(strings.NewReader(text))
		var found []int
		require.NoError(t, members(d, func(name string) error {
			if name != "list" {
				return skip(d)
			}
			return elements(d, func() error {
				var n int
				err := d.Decode(&n)
				found = append(found, n)
				return err
			})
		}), text)
		assert.Equal(t, want, found, text)
	}
	for _, text := range []string{``, `[]`, `7`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":[1}`, `{"a":[1,`, `{"list":{}}`} {
		d := json.NewDecoder(strings.NewReader(text))
		assert.Error(t, members(d, func(name string) error {
			if name == "list" {
				return elements(d, func() error { return skip(d) })
			}
			return skip(d)
		}), text)
	}
}

func TestIndex_finds(t *testing.T) {
	t.Parallel()
	names := []string{"c", "a", "", "b", "aa"}
	x := newIndex(len(names), func(n int) string { return names[n] })
	for want, name := range names {
		n, ok := x.find(name)
		assert.True(t, ok)
		assert.Equal(t, want, n)
	}
	for _, name := range []string{"d", "A", "ab", "0"} {
		_, ok := x.find(name)
		assert.False(t, ok, name)
	}
	for range x.doubles() {
		t.Error("no two are the same")
	}
	names = append(names, "b")
	x = newIndex(len(names), func(n int) string { return names[n] })
	var found [][2]int
	for first, second := range x.doubles() {
		found = append(found, [2]int{first, second})
	}
	assert.Equal(t, [][2]int{{3, 5}}, found)
	n, ok := x.find("b")
	assert.True(t, ok)
	assert.Equal(t, 5, n, "the last one")
	_, ok = newIndex(0, nil).find("a")
	assert.False(t, ok)
}
