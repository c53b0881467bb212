package models

import (
	"context"
	"testing"
	"time"

	"aftercare/models/storetest"
)

// P5: what the machine, or $ZONEINFO, has for zones changes nobody's hours and
// adds no names.
func TestZonesAreThoseOfTheArchive(t *testing.T) {
	for _, name := range []string{"", "Local", "localtime", "posixrules", "Factory", "right/Europe/Berlin", "posix/UTC", "Europe", "../etc/passwd", "europe/berlin"} {
		if _, err := zoneOf(name); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	for name, hours := range map[string]int{"UTC": 0, "Europe/Berlin": 2, "Asia/Kolkata": 5, "America/Argentina/Buenos_Aires": -3, "Etc/GMT+3": -3} {
		loc, err := zoneOf(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, offset := time.Date(2026, 7, 1, 12, 0, 0, 0, loc).Zone(); offset/3600 != hours || loc.String() != name {
			t.Errorf("%s is %s, %d seconds east", name, loc, offset)
		}
	}
	if all, err := openZones(); err != nil || len(all) < 500 {
		t.Errorf("%d zones, %v", len(all), err)
	}
}

// An account with a zone that an earlier version took is told to the operator,
// and its person can change what else there is, and the zone.
func TestAStrangeZoneIsToldAndLeft(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := newPerson(t, database)
		p.check(p.write(context.Background(), p.account, func(tx *Tx) error {
			return tx.q.Exec("UPDATE accounts SET time_zone = 'right/Europe/Berlin' WHERE id = $1", tx.Account)
		}))
		told, err := p.UnknownZones(context.Background())
		p.check(err)
		if len(told) != 1 || told["right/Europe/Berlin"] != 1 {
			t.Errorf("told: %v", told)
		}
		p.edits(func(a *Account) { a.ReminderTime = "10:00" })
		p.edits(func(a *Account) { a.TimeZone = "Europe/Berlin" })
		if told, err = p.UnknownZones(context.Background()); err != nil || len(told) > 0 {
			t.Errorf("told afterwards: %v %v", told, err)
		}
	})
}
