package transfer

import (
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever happens to the objects of the target, the inventory says the same as
// two plain maps.
func TestInventory_knowsWhatIsWhere(t *testing.T) {
	t.Parallel()
	folder := indexed([]record{
		{uid: "a", path: "/a", typ: "Document"}, {uid: "b", path: "/b", typ: "File"}, {uid: "ab", path: "/a/b", typ: "Document"},
		{uid: "abc", path: "/a/b/c", typ: "Document"}, {uid: "damaged", path: "content/damaged/data.json"},
	})
	random := rand.New(rand.NewPCG(1, 2))
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	uid := func() string { return one("a", "b", "ab", "abc", "other", "damaged") }
	at := func() string { return one("/a", "/b", "/a/b", "/a/b/c", "/ab", "/b/b", "/c") }
	for range 200 {
		v, want := newInventory(&folder, false), map[string]place{}
		for range 30 {
			below := at()
			within := func(at string) bool { return at == below || strings.HasPrefix(at, below+"/") }
			switch random.IntN(4) {
			case 0, 1:
				id, there := uid(), place{at(), one("Document", "File")}
				if _, _, taken := v.occupant(there.path); taken {
					continue // two objects are never at one path
				}
				v.put(id, there.path, there.typ)
				want[id] = there
			case 2:
				v.remove(below)
				maps.DeleteFunc(want, func(_ string, p place) bool { return within(p.path) })
			case 3:
				to := "/moved" + below
				if random.IntN(2) == 0 {
					below, to = to, below
				}
				if _, _, taken := v.occupant(to); taken || len(v.tree(to)) > 0 {
					continue
				}
				v.move(below, to)
				for id, p := range want {
					if within(p.path) {
						want[id] = place{to + strings.TrimPrefix(p.path, below), p.typ}
					}
				}
			}
			paths := map[string]string{}
			for id, p := range want {
				paths[p.path] = id
				got, ok := v.find(id)
				require.True(t, ok)
				require.Equal(t, p, got)
				id2, typ, ok := v.occupant(p.path)
				require.True(t, ok)
				require.Equal(t, [2]string{id, p.typ}, [2]string{id2, typ})
			}
			require.Equal(t, paths, v.all())
			for _, id := range []string{"a", "b", "ab", "abc", "other", "damaged"} {
				_, ok := v.find(id)
				_, expected := want[id]
				require.Equal(t, expected, ok, id)
			}
		}
	}
}

func TestInventory_adopts(t *testing.T) {
	t.Parallel()
	folder := indexed([]record{{uid: "mine", path: "/en", typ: "LRF"}, {uid: "x", path: "/x", typ: "File"}})
	v := newInventory(&folder, false)
	v.put("theirs", "/en", "LRF")
	assert.False(t, v.renames())
	assert.Equal(t, "theirs", v.origin("theirs"))
	v.adopt("theirs", "mine")
	assert.True(t, v.renames())
	assert.Equal(t, "mine", v.origin("theirs"))
	assert.Empty(t, v.origin("mine"), "it leads nowhere in the target")
	at, own, ok := v.target("mine")
	assert.True(t, ok)
	assert.Equal(t, [2]string{"/en", "theirs"}, [2]string{at, own})
	_, own, ok = v.target("x")
	assert.False(t, ok)
	assert.Equal(t, "x", own)

	fresh := newInventory(&folder, false)
	fresh.put("x", "/x", "File")
	v.take(fresh)
	assert.False(t, v.renames())
	at, _, ok = v.target("x")
	assert.True(t, ok)
	assert.Equal(t, "/x", at)
}
