package models

import (
	"testing"
	"time"

	"aftercare/models/care"
	"aftercare/models/storetest"
)

// The end of a leap year is lived like any other, although Go's periods of a zone
// end a day early there (P5).
func TestCheckInsComeAtTheEndOfALeapYear(t *testing.T) {
	for _, year := range []int{2027, 2028} {
		p := newPerson(t, storetest.SQLite(t))
		p.at = time.Date(year, time.December, 30, 22, 30, 0, 0, time.UTC) // a check-in would be due on the last night
		p.rolls("session-1", 15*time.Minute)
		var told []time.Time
		for _, c := range p.live(5*24*time.Hour, 20*time.Minute) {
			if c.Kind == care.KindCheckIn && !c.Clearing {
				told = append(told, c.DueAt.Time)
			}
		}
		if len(told) != 3 {
			t.Errorf("%d: check-ins are told at %v, want three", year, told)
		}
	}
}
