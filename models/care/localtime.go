package care

import (
	"fmt"
	"time"
)

// Date is a calendar day without a zone. The zero Date means "none".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate parses YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q: want YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

// DateOf returns the date of t in its own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// String returns YYYY-MM-DD, or "" for none.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// AddDays returns the date n calendar days later, regardless of clock changes.
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// utc returns the start of the date in UTC.
func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// existsIn reports whether the zone has the date: Apia has no 2011-12-30.
func (d Date) existsIn(loc *time.Location) bool {
	return DateOf(At(d, 0, loc).In(loc)) == d
}

// Passed returns when the date has ended everywhere on earth (UTC-12), or zero
// for no date.
func (d Date) Passed() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, time.UTC).Add(12 * time.Hour)
}

// Clock is a wall-clock time as minutes after midnight.
type Clock int

// ParseClock parses HH:MM.
func ParseClock(s string) (Clock, error) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != 5 {
		return 0, fmt.Errorf("time of day %q: want HH:MM", s)
	}
	return Clock(t.Hour()*60 + t.Minute()), nil
}

// String returns HH:MM.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// location returns the person's zone, or UTC if none is known.
func (p Person) location() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// At returns the instant at which the zone shows the date and time: in a gap
// the first instant after it, in a fold the first of the two (P5). time.Date
// leaves both unspecified, so the zone's periods are walked in order.
func At(d Date, c Clock, loc *time.Location) time.Time {
	wall := time.Date(d.Year, d.Month, d.Day, 0, int(c), 0, 0, time.UTC)
	// No offset reaches 24 h, so the walk begins before the result.
	t := wall.Add(-24 * time.Hour).In(loc)
	for {
		start, end := period(t)
		_, offset := t.Zone()
		at := wall.Add(-time.Duration(offset) * time.Second).In(loc)
		switch {
		case !start.IsZero() && at.Before(start):
			return start
		case end.IsZero() || at.Before(end):
			return at
		}
		t = end
	}
}

// period returns when the offset at t began and when it may change; zero: never.
// On the last day of a leap year that follows from a zone's rule, ZoneBounds ends
// before t (golang/go#81583): a walk through the periods would stand still. No
// rule changes an offset on that day.
func period(t time.Time) (start, end time.Time) {
	start, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = time.Date(t.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC).In(t.Location())
	}
	return start, end
}

// NextAt returns the first instant at or after t at which the zone shows the
// wall-clock time c. Each date that exists in the zone gives one such instant.
func NextAt(t time.Time, c Clock, loc *time.Location) time.Time {
	for d := DateOf(t.In(loc)).AddDays(-1); ; d = d.AddDays(1) {
		if at := At(d, c, loc); !at.Before(t) && d.existsIn(loc) {
			return at
		}
	}
}

// Hours are quiet hours in local wall-clock time; equal ends mean none.
type Hours struct{ Start, End Clock }

// Contains reports whether the local time at t is within the hours. The start
// is included, the end excluded; an hour that a fold repeats is quiet twice.
func (h Hours) Contains(t time.Time, loc *time.Location) bool {
	hour, minute, _ := t.In(loc).Clock()
	c := Clock(hour*60 + minute)
	if h.Start <= h.End {
		return h.Start <= c && c < h.End
	}
	return c >= h.Start || c < h.End
}

// Defer returns t if it is outside the hours, else the first instant at which
// local time has left them. An end that falls in a gap counts as the gap's last
// moment.
func (h Hours) Defer(t time.Time, loc *time.Location) time.Time {
	for h.Contains(t, loc) {
		local := t.In(loc)
		end := local.Add(h.untilEnd(local))
		if _, change := period(local); !change.IsZero() && change.Before(end) {
			end = change
		}
		t = end
	}
	return t
}

// untilEnd returns how long it takes until local shows the end.
func (h Hours) untilEnd(local time.Time) time.Duration {
	hour, minute, second := local.Clock()
	passed := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(local.Nanosecond())
	left := time.Duration(h.End)*time.Minute - passed
	if left <= 0 {
		left += 24 * time.Hour
	}
	return left
}
