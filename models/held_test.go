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
		p.pass(2 * time.Hour) // 21:30 in Berlin
		p.rolls("session-1", 30*time.Hour)
		p.advance()
		held := p.asked("24h")
		if held.State != StateScheduled || !held.WakeAt.After(p.now()) {
			t.Fatalf("the check-in is not held: %+v", held)
		}
		p.pass(time.Minute)
		p.reports("report-01", 200*24*time.Hour, red())
		p.check(Delete[Report](context.Background(), p.Store, p.account, "report-01", Write{}))
		if now := p.asked("24h"); !now.WakeAt.Equal(held.WakeAt.Time) {
			t.Errorf("it wakes at %s, and was to at %s", now.WakeAt, held.WakeAt)
		}
	})
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
