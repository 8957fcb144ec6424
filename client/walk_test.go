package client

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// measure runs a pace against a server that gives rate(width) items a second,
// and returns the width it ends with.
func measure(limit int, rate func(width int) float64) int {
	now := time.Now()
	p := pace{limit: limit, width: 1, since: now}
	for range 500 {
		now = now.Add(time.Duration(10 / rate(p.width) * float64(time.Second)))
		p.done(10, now)
	}
	return p.width
}

func TestPace(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 1, measure(1, func(w int) float64 { return float64(w) }))
	assert.Equal(t, 8, measure(8, func(w int) float64 { return 100 * float64(w) }), "as long as it grows")
	assert.Equal(t, 1, measure(8, func(int) float64 { return 100 }), "one process gains nothing")
	assert.Equal(t, 3, measure(8, func(w int) float64 { return 100 * float64(min(w, 3)) }))
	assert.Equal(t, 1, measure(8, func(w int) float64 { return 100 / float64(w) }), "it may even get slower")
}

func TestDifference(t *testing.T) {
	t.Parallel()
	came, went := difference([]string{"a", "b", "c"}, []string{"c", "d", "a", "e"})
	assert.Equal(t, 2, came)
	assert.Equal(t, 1, went)
}
