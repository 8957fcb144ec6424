package client

import (
	"bytes"
	"fmt"
	"time"
)

// Time is a date and time as Plone writes it. It goes back in the form in which
// it came, and always with a time; a field for a day alone needs a [Date]. The zero
// Time is null.
type Time struct {
	time.Time
	// Local: the server sent no zone, as it does for dates of an event that has
	// none. The clock reading counts, and is in UTC here.
	Local bool
}

const (
	localLayout = "2006-01-02T15:04:05.999999999"
	// What the catalog holds for "no date" in effective and expires.
	noEffective, noExpires = "1969-12-31T00:00:00Z", "2499-12-31T00:00:00Z"
)

// NewTime is t, to be sent with its zone.
func NewTime(t time.Time) Time { return Time{Time: t} }

// IsZero reports whether there is no date: null, the string "None", or one of
// the two dates that the catalog of Plone uses for that (in 1969 and 2499).
func (t Time) IsZero() bool {
	if t.Time.IsZero() {
		return true
	}
	if t.Year() != 1969 && t.Year() != 2499 {
		return false
	}
	s := t.UTC().Format(time.RFC3339)
	return s == noEffective || s == noExpires
}

// String is the form of the wire, and empty for the zero Time.
func (t Time) String() string {
	switch {
	case t.Time.IsZero():
		return ""
	case t.Local:
		return t.Format(localLayout)
	default:
		moment := t.Time
		if _, offset := moment.Zone(); offset%60 != 0 { // of old; no notation has its seconds
			moment = moment.In(time.FixedZone("", offset/60*60))
		}
		return moment.Format("2006-01-02T15:04:05.999999999-07:00")
	}
}

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.Time.IsZero() {
		return []byte("null"), nil
	}
	if y := t.Year(); y < 0 || y > 9999 {
		return nil, fmt.Errorf("the year %d has no four digits", y)
	}
	return []byte(`"` + t.String() + `"`), nil
}

// UnmarshalJSON implements json.Unmarshaler. It takes ISO 8601 with or without a
// zone, with or without a time, and null, "" and "None" for no date.
func (t *Time) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "null", `""`, `"None"`:
		*t = Time{}
		return nil
	}
	if len(data) < 2 || data[0] != '"' || data[len(data)-1] != '"' {
		return fmt.Errorf("%s is not a date", shorten(string(data)))
	}
	data = data[1 : len(data)-1]
	// Nearly all dates are in UTC and of this form, and cost no allocation so.
	if stamp, utc := bytes.CutSuffix(data, []byte("+00:00")); utc {
		var buf [len(localLayout) + 1]byte
		var v time.Time
		if v.UnmarshalText(append(append(buf[:0], stamp...), 'Z')) == nil {
			*t = Time{Time: v}
			return nil
		}
	}
	s := string(data)
	for _, l := range [...]struct {
		layout string
		local  bool
	}{
		{time.RFC3339Nano, false},
		{localLayout, true},
		{"2006-01-02 15:04:05.999999999Z07:00", false},
		{"2006-01-02 15:04:05.999999999", true},
		{"2006-01-02T15:04Z07:00", false},
		{"2006-01-02T15:04", true},
		{time.DateOnly, true},
	} {
		if v, err := time.Parse(l.layout, s); err == nil {
			// The first moment of the year 1 is no date in Go.
			*t = Time{Time: v, Local: l.local && !v.IsZero()}
			return nil
		}
	}
	return fmt.Errorf("%s is not a date", shorten(s))
}

// Date is a day, the value of a field that has no time. The zero Date is null.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day of t where t is.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// In is the first moment of the day in a zone.
func (d Date) In(zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// String is the form of the wire, like "2026-01-31", and empty for the zero Date.
func (d Date) String() string {
	if d == (Date{}) {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalJSON implements json.Marshaler.
func (d Date) MarshalJSON() ([]byte, error) {
	if d == (Date{}) {
		return []byte("null"), nil
	}
	if d.Year < 1 || d.Year > 9999 || DateOf(d.In(time.UTC)) != d {
		return nil, fmt.Errorf("%s is no day of the calendar", d)
	}
	return []byte(`"` + d.String() + `"`), nil
}

// UnmarshalJSON implements json.Unmarshaler. It takes what [Time] takes, and
// leaves out the time.
func (d *Date) UnmarshalJSON(data []byte) error {
	var t Time
	if err := t.UnmarshalJSON(data); err != nil {
		return err
	}
	*d = Date{}
	if !t.Time.IsZero() {
		*d = DateOf(t.Time)
	}
	return nil
}

func shorten(s string) string {
	const most = 64
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fmt.Sprintf("%q", s)
}
