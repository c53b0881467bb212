package models

import (
	"context"
	"testing"
	"time"

	"aftercare/models/care"
	"aftercare/models/storetest"
)

// A check-in that quiet hours hold until the morning keeps its moment there, also
// when an edit has the history judged again: not before the account's jitter is over.
func TestAnEditLeavesAHeldReminderItsMorning(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := newPerson(t, database)
		held := p.isHeld()
		p.pass(time.Minute)
		p.reports("report-01", 200*24*time.Hour, red())
		p.check(Delete[Report](context.Background(), p.Store, p.account, "report-01", Write{}))
		p.at = held.WakeAt.Add(-time.Second)
		p.advance()
		if now := p.asked("24h"); now.State != StateScheduled {
			t.Errorf("%s at %s, and was to be shown at %s", now.State, p.at, held.WakeAt)
		}
		p.pass(time.Second)
		p.advance()
		if now := p.asked("24h"); now.State != StateDue {
			t.Errorf("%s at %s, and was to be shown now", now.State, p.at)
		}
	})
}

// isHeld rolls so that a check-in is due in the quiet hours, and returns it: they
// hold it until the morning.
func (p *person) isHeld() Reminder {
	p.Helper()
	p.pass(2 * time.Hour) // 21:30 in Berlin
	p.rolls("session-1", 30*time.Hour)
	p.advance()
	held := p.asked("24h")
	if held.State != StateScheduled || !held.WakeAt.After(p.now()) {
		p.Fatalf("the check-in is not held: %+v", held)
	}
	return held
}

// asked returns the check-in of a slot.
func (p *person) asked(slot string) Reminder {
	p.Helper()
	for _, r := range p.reminders(care.KindCheckIn) {
		if r.Slot == slot {
			return r
		}
	}
	p.Fatalf("no check-in at %s", slot)
	return Reminder{}
}

// Quiet hours that leave less of the day than the jitter hold nothing for longer
// than they last.
func TestJitterDoesNotReachIntoTheNextQuietHours(t *testing.T) {
	a := &Account{ID: "account-with-jitter", TimeZone: "Europe/Berlin", QuietHours: QuietHours{Start: "08:01", End: "08:00"}}
	if a.spread() < 2*time.Minute {
		t.Fatalf("a jitter of %s shows nothing", a.spread())
	}
	night := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
	morning := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	r := &Reminder{Kind: care.KindCheckIn, DueAt: T(night)}
	for now, want := range map[time.Time]time.Time{night: morning, morning: morning, morning.Add(time.Minute): morning.AddDate(0, 0, 1)} {
		if got := a.heldUntil(r, now); !got.Equal(want) {
			t.Errorf("at %s it is held until %s, want %s", now, got, want)
		}
	}
}

// A check-in that is acknowledged in quiet hours before it was shown, and the tap
// taken back, waits for the morning as it did.
func TestATapTakenBackInQuietHoursWaitsForTheMorning(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := newPerson(t, database)
		held := p.isHeld()
		_, err := p.AcknowledgeReminder(context.Background(), p.caller(), held.ID, Time{})
		p.check(err)
		p.check(p.UnacknowledgeReminder(context.Background(), p.caller(), held.ID))
		p.pass(time.Minute)
		p.advance()
		if now := p.asked("24h"); now.State != StateScheduled || !now.WakeAt.Equal(held.WakeAt.Time) {
			t.Errorf("%s until %s, and was scheduled until %s", now.State, now.WakeAt, held.WakeAt)
		}
	})
}
