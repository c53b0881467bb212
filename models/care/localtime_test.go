package care

import (
	"archive/zip"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// zoneCache spares the properties, which ask for a zone with every draw, its file.
var zoneCache sync.Map

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	if loc, ok := zoneCache.Load(name); ok {
		return loc.(*time.Location)
	}
	loc, err := embeddedZone(name)
	if err != nil {
		t.Fatal(err)
	}
	zoneCache.Store(name, loc)
	return loc
}

// embeddedZone loads a zone from the archive that the program embeds. A machine's
// own may list the changes until 2037 where the archive has a rule.
func embeddedZone(name string) (*time.Location, error) {
	archive, err := zip.OpenReader("../zoneinfo/zoneinfo.zip")
	if err != nil {
		return nil, err
	}
	defer archive.Close() //nolint:errcheck // only read
	data, err := fs.ReadFile(archive, name)
	if err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(name, data)
}

func clock(t testing.TB, s string) Clock {
	t.Helper()
	c, err := ParseClock(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func date(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAtDecidesGapsAndFolds(t *testing.T) {
	for _, c := range []struct{ zone, date, clock, want string }{
		{"Europe/Berlin", "2026-03-28", "02:30", "2026-03-28T02:30:00+01:00"},
		{"Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T03:00:00+02:00"},
		{"Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T03:00:00+02:00"},
		{"Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T02:30:00+02:00"},
		{"Europe/Berlin", "2026-10-25", "03:00", "2026-10-25T03:00:00+01:00"},
		{"America/New_York", "2026-03-08", "02:00", "2026-03-08T03:00:00-04:00"},
		{"America/New_York", "2026-11-01", "01:30", "2026-11-01T01:30:00-04:00"},
		{"Africa/Cairo", "2026-04-24", "00:00", "2026-04-24T01:00:00+03:00"},
		{"Africa/Cairo", "2026-04-24", "00:59", "2026-04-24T01:00:00+03:00"},
		{"Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04T02:30:00+11:00"},
		{"Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-05T01:45:00+11:00"},
		{"America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T01:00:00-02:00"},
		{"Pacific/Apia", "2011-12-29", "09:00", "2011-12-29T09:00:00-10:00"},
		{"Pacific/Apia", "2011-12-31", "09:00", "2011-12-31T09:00:00+14:00"},
		{"UTC", "2026-02-28", "23:59", "2026-02-28T23:59:00Z"},
	} {
		got := At(date(t, c.date), clock(t, c.clock), zone(t, c.zone)).Format(time.RFC3339)
		if got != c.want {
			t.Errorf("%s %s %s: got %s, want %s", c.zone, c.date, c.clock, got, c.want)
		}
	}
}

func TestNextAtSkipsADateThatDoesNotExist(t *testing.T) {
	apia := zone(t, "Pacific/Apia")
	first := NextAt(At(date(t, "2011-12-29"), 540, apia), 540, apia)
	second := NextAt(first.Add(1), 540, apia)
	if got := DateOf(first).String() + " " + DateOf(second).String(); got != "2011-12-29 2011-12-31" {
		t.Fatalf("slots fell on %s", got)
	}
	if d := second.Sub(first); d != 24*time.Hour {
		t.Fatalf("the two days are %v apart", d)
	}
}

func TestNextAtIncludesItsOwnInstant(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	at := At(date(t, "2026-05-01"), 540, berlin)
	if got := NextAt(at, 540, berlin); !got.Equal(at) {
		t.Fatalf("got %v", got)
	}
	if got := NextAt(at.Add(1), 540, berlin); DateOf(got).String() != "2026-05-02" {
		t.Fatalf("got %v", got)
	}
}

var zones = []string{"Europe/Berlin", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe",
	"America/Sao_Paulo", "Pacific/Apia", "UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns",
	"Pacific/Kiritimati", "Pacific/Chatham", "Africa/Casablanca", "America/Santiago", "Asia/Tehran",
	"Europe/Dublin", "Antarctica/Troll", "America/Nuuk", "America/Scoresbysund", "Asia/Gaza",
	"Asia/Manila", "Atlantic/Azores", "Antarctica/Casey"}

// P5: each local date fires once, whatever the clocks do.
func TestEachLocalDateFiresOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		loc := zone(t, rapid.SampledFrom(zones).Draw(r, "zone"))
		c := Clock(rapid.IntRange(0, 1439).Draw(r, "clock"))
		start := Date{rapid.IntRange(1995, 2037).Draw(r, "year"), 1, 1}
		if loc.String() == "Pacific/Apia" {
			start.Year = 2011
		}
		at := At(start, c, loc)
		for d := start; d.Year == start.Year; d = d.AddDays(1) {
			if !d.existsIn(loc) {
				continue
			}
			if want := At(d, c, loc); !at.Equal(want) {
				r.Fatalf("%v %v: fired at %v, the slot is %v", d, c, at, want)
			}
			next := NextAt(at.Add(1), c, loc)
			if !next.After(at) {
				r.Fatalf("%v: no progress", at)
			}
			at = next
		}
	})
}

// What At answers is the first instant at which the wall shows the time or,
// in a gap, has passed it: found here by looking at the wall minute by minute.
func TestAtIsTheFirstInstantOfTheWall(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		loc := zone(t, rapid.SampledFrom(zones).Draw(r, "zone"))
		d := Date{rapid.IntRange(1990, 2037).Draw(r, "year"), time.Month(rapid.IntRange(1, 12).Draw(r, "month")), 1}.
			AddDays(rapid.IntRange(0, 30).Draw(r, "day"))
		c := Clock(rapid.IntRange(0, 1439).Draw(r, "clock"))
		wall := time.Date(d.Year, d.Month, d.Day, 0, int(c), 0, 0, time.UTC)
		want := wall.Add(-16 * time.Hour)
		shown := func(at time.Time) time.Time {
			_, offset := at.In(loc).Zone()
			return at.Add(time.Duration(offset) * time.Second)
		}
		for shown(want).Before(wall) {
			want = want.Add(time.Minute)
		}
		if got := At(d, c, loc); !got.Equal(want) {
			r.Fatalf("%v %v %v: got %v, want %v", loc, d, c, got, want.In(loc))
		}
	})
}

// A walk through the periods of a zone ends on every date, the last day of a leap
// year among them, for which Go names a period that ends before it.
func TestNoDateStandsStill(t *testing.T) {
	t.Parallel()
	night := Hours{clock(t, "21:00"), clock(t, "08:00")}
	for _, name := range zones {
		loc := zone(t, name)
		for year := 1990; year < 2100; year++ {
			for day := -3; day < 4; day++ {
				d := Date{year, 1, 1}.AddDays(day)
				for _, c := range []Clock{0, 60, 12 * 60, 23*60 + 59} {
					at := At(d, c, loc)
					if shown := at.In(loc); d.existsIn(loc) && (DateOf(shown) != d || shown.Hour() != int(c)/60) {
						t.Fatalf("%s: %v at %v is %v", name, d, c, shown)
					}
					if end := night.Defer(at, loc); night.Contains(end, loc) || end.Sub(at) > 12*time.Hour {
						t.Fatalf("%s: %v is deferred to %v", name, at.In(loc), end.In(loc))
					}
				}
			}
		}
	}
}

func TestQuietHours(t *testing.T) {
	night := Hours{clock(t, "21:00"), clock(t, "08:00")}
	early := Hours{clock(t, "00:30"), clock(t, "02:30")}
	for _, c := range []struct {
		name, zone string
		hours      Hours
		at, want   string
	}{
		{"outside stays", "Europe/Berlin", night, "2026-05-01T12:00:00+02:00", "2026-05-01T12:00:00+02:00"},
		{"start is inside", "Europe/Berlin", night, "2026-05-01T21:00:00+02:00", "2026-05-02T08:00:00+02:00"},
		{"end is outside", "Europe/Berlin", night, "2026-05-01T08:00:00+02:00", "2026-05-01T08:00:00+02:00"},
		{"after midnight", "Europe/Berlin", night, "2026-05-01T03:07:09+02:00", "2026-05-01T08:00:00+02:00"},
		{"shorter night", "Europe/Berlin", night, "2026-03-28T22:00:00+01:00", "2026-03-29T08:00:00+02:00"},
		{"longer night", "Europe/Berlin", night, "2026-10-24T22:00:00+02:00", "2026-10-25T08:00:00+01:00"},
		{"end in the gap", "Europe/Berlin", early, "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"end in the fold", "Europe/Berlin", early, "2026-10-25T01:00:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"repeated hour", "Europe/Berlin", early, "2026-10-25T02:00:00+01:00", "2026-10-25T02:30:00+01:00"},
		{"half an hour", "Australia/Lord_Howe", Hours{60, 135}, "2026-10-04T01:30:00+10:30", "2026-10-04T02:30:00+11:00"},
		{"no midnight", "Africa/Cairo", Hours{clock(t, "22:00"), 0}, "2026-04-23T23:00:00+02:00", "2026-04-24T01:00:00+03:00"},
		{"equal ends are none", "Europe/Berlin", Hours{480, 480}, "2026-05-01T08:00:00+02:00", "2026-05-01T08:00:00+02:00"},
	} {
		loc := zone(t, c.zone)
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.hours.Defer(at, loc).In(loc).Format(time.RFC3339); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestDeferIsTheFirstInstantOutside(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		loc := zone(t, rapid.SampledFrom(zones).Draw(r, "zone"))
		h := Hours{Clock(rapid.IntRange(0, 1439).Draw(r, "start")), Clock(rapid.IntRange(0, 1439).Draw(r, "end"))}
		at := time.Unix(rapid.Int64Range(631152000, 2145916800).Draw(r, "at"), rapid.Int64Range(0, 999_999_999).Draw(r, "nanoseconds"))
		got := h.Defer(at, loc)
		if h.Contains(got, loc) || got.Before(at) {
			r.Fatalf("%v deferred to %v", at.In(loc), got.In(loc))
		}
		for m := at; m.Before(got); m = m.Add(13 * time.Minute) {
			if !h.Contains(m, loc) {
				r.Fatalf("%v is already outside, deferred to %v", m.In(loc), got.In(loc))
			}
		}
		if got.After(at) && !h.Contains(got.Add(-1), loc) {
			r.Fatalf("the instant before %v is outside too", got.In(loc))
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-02-29", "2024-02-29", "0000-01-01", "", "2026-1-1", "9999-12-31"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err != nil {
			return
		}
		if d.String() != s || d.AddDays(1).AddDays(-1) != d {
			t.Fatalf("%q became %v", s, d)
		}
	})
}

func FuzzParseClock(f *testing.F) {
	for _, s := range []string{"00:00", "23:59", "24:00", "9:00", "", "１２:００", "12:60"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseClock(s)
		if err != nil {
			if !strings.Contains(err.Error(), "HH:MM") {
				t.Fatalf("%q: the error does not say what is wanted: %v", s, err)
			}
			return
		}
		if c.String() != s || c < 0 || c > 1439 {
			t.Fatalf("%q became %v", s, c)
		}
	})
}
