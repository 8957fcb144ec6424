package retry

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

func newBudget(maxAttempts int) *budget {
	b := new(budget)
	b.init(maxAttempts)
	return b
}

// drain takes all there is.
func drain(b *budget) int {
	n := 0
	for b.take() {
		n++
	}
	return n
}

// The largest number of attempts is one like others.
func TestBudget_largestNumber(t *testing.T) {
	t.Parallel()
	b := newBudget(math.MaxInt)
	assert.True(t, b.take())
	b.answered()
	assert.True(t, b.take())
}

func TestBudget_carriesOneCallOfAnyLength(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 10, drain(newBudget(1)))
	assert.Equal(t, 10, drain(newBudget(4)))
	assert.Equal(t, 10, drain(newBudget(11)))
	assert.Equal(t, 11, drain(newBudget(12)))
}

func TestBudget_fiveAnswersPayForOneRepeat(t *testing.T) {
	t.Parallel()
	b := newBudget(4)
	drain(b)
	for range 4 {
		b.answered()
		assert.False(t, b.take())
	}
	b.answered()
	assert.True(t, b.take())
	assert.False(t, b.take())
	for range 5 * 100 {
		b.answered()
	}
	assert.Equal(t, 10, drain(b), "saving up has an end")
}

func TestBudget_giveBack(t *testing.T) {
	t.Parallel()
	b := newBudget(4)
	b.giveBack()
	assert.Equal(t, 10, drain(b))
	b.giveBack()
	assert.Equal(t, 1, drain(b))
}

func TestBudget_concurrent(t *testing.T) {
	t.Parallel()
	b := newBudget(4)
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				b.answered()
				if b.take() {
					taken.Add(1)
				}
			}
		})
	}
	wg.Wait()
	taken.Add(int64(drain(b)))
	assert.LessOrEqual(t, taken.Load(), int64(10+8*1000/5))
	assert.Greater(t, taken.Load(), int64(8*1000/5-10))
}
