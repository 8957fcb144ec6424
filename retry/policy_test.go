package retry

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPolicy_Validate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		policy Policy
		want   string // in the error; empty for none
	}{
		{Policy{}, ""},
		{Policy{Mode: Every5xx}, ""},
		{Policy{Mode: Never, MaxAttempts: 1, MinWait: 1, MaxWait: 1}, ""},
		{Policy{MinWait: 30 * time.Second}, ""},
		{Policy{MaxWait: 500 * time.Millisecond}, ""},
		{Policy{Mode: -1}, "Mode -1"},
		{Policy{Mode: 3}, "Mode 3"},
		{Policy{MaxAttempts: -1}, "MaxAttempts -1"},
		{Policy{MinWait: -1}, "MinWait -1ns"},
		{Policy{MaxWait: -1}, "MaxWait -1ns"},
		{Policy{MinWait: 2, MaxWait: 1}, "MinWait 2ns is longer than MaxWait 1ns"},
		{Policy{MinWait: 30*time.Second + 1}, "is longer than MaxWait 30s"},
		{Policy{MaxWait: 499 * time.Millisecond}, "MinWait 500ms is longer"},
	}
	for _, tt := range tests {
		err := tt.policy.Validate()
		if tt.want == "" {
			assert.NoError(t, err)
			continue
		}
		require.Error(t, err, "%+v", tt.policy)
		assert.Contains(t, err.Error(), tt.want)
		assert.Regexp(t, `^plone: retry\.Policy: `, err.Error())
	}
}

func TestPolicy_withDefaults(t *testing.T) {
	t.Parallel()
	defaults := Policy{MaxAttempts: 4, MinWait: 500 * time.Millisecond, MaxWait: 30 * time.Second}
	assert.Equal(t, defaults, Policy{}.withDefaults())
	assert.Equal(t, defaults, Policy{MaxAttempts: -1, MinWait: -1, MaxWait: -1}.withDefaults())
	own := Policy{Mode: Never, MaxAttempts: 1, MinWait: 1, MaxWait: 1}
	assert.Equal(t, own, own.withDefaults())
}

func TestPolicy_wait(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	tests := []struct {
		name               string
		minWait, maxWait   time.Duration
		number             int
		atLeast            time.Duration
		shortest, longest  time.Duration
		reachesBothMargins bool
	}{
		{"first", 8, 100, 1, 0, 4, 8, true},
		{"second", 8, 100, 2, 0, 8, 16, true},
		{"third", 8, 100, 3, 0, 16, 32, true},
		{"to the limit", 8, 32, 3, 0, 16, 32, true},
		{"not beyond", 8, 32, 4, 0, 16, 32, true},
		{"limit between two steps", 8, 18, 3, 0, 9, 18, true},
		{"half of the limit", 4, 9, 2, 0, 4, 8, true},
		{"odd", 5, 5, 1, 0, 2, 5, true},
		{"one nanosecond", 1, 1, 1, 0, 0, 1, true},
		{"limit below the start", 100, 10, 1, 0, 5, 10, true},
		{"default", 500 * ms, 30 * time.Second, 1, 0, 250 * ms, 500 * ms, false},
		{"asked for more", 8, 100, 1, 50, 50, 50, true},
		{"asked for some of it", 8, 100, 1, 6, 6, 8, true},
		{"asked for less", 8, 100, 1, 3, 4, 8, true},
		{"no overflow", 3, math.MaxInt64, 500, 0, math.MaxInt64 / 2, math.MaxInt64, false},
		{"no overflow from above the half", math.MaxInt64/2 + 1, math.MaxInt64, 2, 0, math.MaxInt64 / 2, math.MaxInt64, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := Policy{MinWait: tt.minWait, MaxWait: tt.maxWait}
			seen := map[time.Duration]bool{}
			for range 2000 {
				w := p.wait(tt.number, tt.atLeast)
				require.GreaterOrEqual(t, w, tt.shortest)
				require.LessOrEqual(t, w, tt.longest)
				seen[w] = true
			}
			if tt.reachesBothMargins {
				assert.Len(t, seen, int(tt.longest-tt.shortest)+1, "every wait between the two is drawn")
			}
		})
	}
}

func TestPolicy_Next(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		policy  Policy
		number  int
		atLeast time.Duration
		another bool
	}{
		{"first of the default", Policy{}, 1, 0, true},
		{"third of the default", Policy{}, 3, 0, true},
		{"last of the default", Policy{}, 4, 0, false},
		{"first of two", Policy{MaxAttempts: 2}, 1, 0, true},
		{"last of two", Policy{MaxAttempts: 2}, 2, 0, false},
		{"asked for as much as allowed", Policy{MaxWait: time.Minute}, 1, time.Minute, true},
		{"asked for more", Policy{MaxWait: time.Minute}, 1, time.Minute + 1, false},
		{"never", Policy{Mode: Never}, 1, 0, false},
		{"every 5xx", Policy{Mode: Every5xx}, 1, 0, true},
	}
	for _, tt := range tests {
		wait, another := tt.policy.Next(tt.number, tt.atLeast)
		assert.Equal(t, tt.another, another, tt.name)
		assert.GreaterOrEqual(t, wait, max(tt.atLeast, defaultMinWait/2), tt.name)
	}
}
