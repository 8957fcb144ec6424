package transfer

import (
	"crypto/sha256"
	"iter"
	"slices"
	"strings"
)

// digest stands for a text of any length, in little memory.
type digest [16]byte

func digestOf(text string) digest {
	sum := sha256.Sum256([]byte(text))
	return digest(sum[:16])
}

// index finds what has a name among many, with four bytes for each.
type index struct {
	name  func(int) string
	order []int32 // sorted by name
}

// newIndex returns the index of n things. They keep their places and names as long
// as it is used.
func newIndex(n int, name func(int) string) index {
	x := index{name: name, order: make([]int32, n)}
	for i := range x.order {
		x.order[i] = int32(i)
	}
	slices.SortStableFunc(x.order, func(a, b int32) int { return strings.Compare(name(int(a)), name(int(b))) })
	return x
}

// find returns the last that has the name.
func (x index) find(name string) (int, bool) {
	after, _ := slices.BinarySearchFunc(x.order, name, func(i int32, name string) int {
		if x.name(int(i)) <= name {
			return -1
		}
		return 1
	})
	if after == 0 || x.name(int(x.order[after-1])) != name {
		return 0, false
	}
	return int(x.order[after-1]), true
}

// doubles yields those that have the name of another one, with that.
func (x index) doubles() iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for at := 1; at < len(x.order); at++ {
			a, b := int(x.order[at-1]), int(x.order[at])
			if x.name(a) == x.name(b) && !yield(a, b) {
				return
			}
		}
	}
}
