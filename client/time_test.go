package client_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plone.example/restapi/client"
)

func TestTime(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		wire, back string
		want       time.Time
		local      bool
	}{
		{`"2026-11-23T12:00:00+00:00"`, "", noon, false},
		{`"2026-11-23T13:00:00+01:00"`, "", noon, false},
		{`"2026-11-23T12:00:00Z"`, `"2026-11-23T12:00:00+00:00"`, noon, false},
		{`"2026-11-23T12:00:00.25+00:00"`, "", noon.Add(250 * time.Millisecond), false},
		{`"2026-11-23T12:00:00"`, "", noon, true},
		{`"2026-11-23T12:00:00.123456"`, "", noon.Add(123456 * time.Microsecond), true},
		{`"2026-11-23 12:00:00"`, `"2026-11-23T12:00:00"`, noon, true},
		{`"2026-11-23 12:00:00+00:00"`, `"2026-11-23T12:00:00+00:00"`, noon, false},
		{`"2026-11-23T12:00"`, `"2026-11-23T12:00:00"`, noon, true},
		{`"2026-11-23T12:00Z"`, `"2026-11-23T12:00:00+00:00"`, noon, false},
		{`"2026-11-23"`, `"2026-11-23T00:00:00"`, noon.Add(-12 * time.Hour), true},
		{`null`, "", time.Time{}, false},
		{`""`, `null`, time.Time{}, false},
		{`"None"`, `null`, time.Time{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.wire, func(t *testing.T) {
			t.Parallel()
			var got client.Time
			require.NoError(t, json.Unmarshal([]byte(tt.wire), &got))
			assert.True(t, got.Equal(tt.want), "%v", got)
			assert.Equal(t, tt.local, got.Local)
			assert.Equal(t, tt.want.IsZero(), got.IsZero())
			if tt.back == "" {
				tt.back = tt.wire
			}
			data, err := json.Marshal(got)
			require.NoError(t, err)
			assert.Equal(t, tt.back, string(data))
		})
	}
}

func TestTime_catalogDatesMeanNone(t *testing.T) {
	t.Parallel()
	for wire, none := range map[string]bool{
		`"1969-12-31T00:00:00+00:00"`: true,
		`"2499-12-31T00:00:00+00:00"`: true,
		`"1969-12-31T00:00:01+00:00"`: false,
		`"1969-12-30T00:00:00+00:00"`: false,
		`"2499-12-30T00:00:00+00:00"`: false,
		`"1970-01-01T00:00:00+00:00"`: false,
	} {
		var got client.Time
		require.NoError(t, json.Unmarshal([]byte(wire), &got))
		assert.Equal(t, none, got.IsZero(), wire)
		data, err := json.Marshal(got)
		require.NoError(t, err)
		assert.Equal(t, wire, string(data), "nothing is lost")
	}
}

func TestTime_refused(t *testing.T) {
	t.Parallel()
	for _, wire := range []string{`1`, `"tomorrow"`, `{}`, `true`, `"2026-13-01"`, `"2026-11-23T12:00:00+00:00 "`} {
		assert.Error(t, new(client.Time).UnmarshalJSON([]byte(wire)), wire)
	}
	assert.Error(t, new(client.Time).UnmarshalJSON([]byte(`"`)))
	_, err := json.Marshal(client.NewTime(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)))
	assert.Error(t, err)
}

func FuzzTime(f *testing.F) {
	for _, seed := range []string{`"2026-11-23T12:00:00+00:00"`, `"2026-11-23"`, `null`, `"None"`, `"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59-23:59"`, `"0001-01-01"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got client.Time
		if got.UnmarshalJSON(data) != nil {
			return
		}
		wire, err := got.MarshalJSON()
		require.NoError(t, err)
		var back client.Time
		require.NoError(t, back.UnmarshalJSON(wire))
		assert.True(t, got.Equal(back.Time), "%s became %s", data, wire)
		assert.Equal(t, got.Local, back.Local)
	})
}

func TestDate(t *testing.T) {
	t.Parallel()
	day := client.Date{Year: 2026, Month: time.January, Day: 2}
	for data, want := range map[string]client.Date{
		`"2026-01-02"`: day, `"2026-01-02T23:59:00-05:00"`: day, `null`: {}, `""`: {}, `"None"`: {},
	} {
		got := client.Date{Year: 1}
		require.NoError(t, json.Unmarshal([]byte(data), &got), data)
		assert.Equal(t, want, got, data)
	}
	for _, data := range []string{`"2026-13-02"`, `"2026-02-30"`, `"today"`, `7`, `{}`} {
		var got client.Date
		assert.Error(t, json.Unmarshal([]byte(data), &got), data)
	}
	for date, want := range map[client.Date]string{day: `"2026-01-02"`, {}: `null`, {Year: 33, Month: 4, Day: 3}: `"0033-04-03"`} {
		data, err := json.Marshal(date)
		require.NoError(t, err)
		assert.Equal(t, want, string(data))
	}
	for _, date := range []client.Date{{Year: 2026, Month: 2, Day: 30}, {Year: 2026}, {Year: 10000, Month: 1, Day: 1}, {Year: -1, Month: 1, Day: 1}} {
		_, err := json.Marshal(date)
		assert.ErrorContains(t, err, "is no day of the calendar")
	}
	zone := time.FixedZone("", -5*3600)
	assert.Equal(t, time.Date(2026, 1, 2, 0, 0, 0, 0, zone), day.In(zone))
	assert.Equal(t, day, client.DateOf(time.Date(2026, 1, 2, 23, 0, 0, 0, zone)))
	assert.Equal(t, "2026-01-02", day.String())
	assert.Empty(t, client.Date{}.String())
}
