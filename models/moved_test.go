package models

import (
	"slices"
	"testing"
	"time"

	"aftercare/models/care"
)

// An answer that has ended a warning stays on record when the history is judged
// again: what a report that came back asks for is known by then.
func TestAnAnswerStaysOnRecord(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 100*time.Hour)
		p.reports("report-01", 40*time.Hour, pus())
		p.reports("report-02", 10*time.Hour, care.Answers{Erythema: of(1), TemperatureC: &[]float64{39.2}[0]})
		p.check(Delete[Report](t.Context(), p.Store, p.account, "report-02", Write{}))
		p.reports("report-02", 10*time.Hour, care.Answers{Erythema: of(1), TemperatureC: &[]float64{39.2}[0]})
		for _, w := range p.warnings() {
			_, err := p.AcknowledgeWarning(t.Context(), p.caller(), w.ID, ActionSeen)
			p.check(err)
		}
		p.pass(time.Hour)
		p.reports("report-03", 0, Calm())
		for _, w := range p.warnings() {
			if w.State != WarningResolved || w.Action != ActionSeen || w.AcknowledgedAt.IsZero() {
				t.Errorf("%s is %s, answered %q at %v", w.Tier, w.State, w.Action, w.AcknowledgedAt)
			}
		}
	})
}

// A step that was told while a session was deleted, which holds it for longer, is
// told again when it is due with that session.
func TestWhatWasToldTooEarlyIsToldAgain(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		long, short := 0.5, 0.2
		p.pass(13 * time.Hour)
		before := p.rolls("session-1", 24*time.Hour, func(s *Session) { s.NeedleMM = &long })
		before.Base = Base{}
		p.rolls("session-2", 6*time.Hour, func(s *Session) { s.NeedleMM = &short })
		p.reports("report-01", 0, Calm())
		step := func() Reminder {
			all := slices.DeleteFunc(p.reminders(care.KindAftercare), func(r Reminder) bool { return r.Slot != "AC-06" || r.Anchor != "session-2" })
			if len(all) != 1 {
				t.Fatalf("%d reminders of the step", len(all))
			}
			return all[0]
		}
		planned := step()
		p.check(Delete[Session](t.Context(), p.Store, p.account, "session-1", Write{}))
		if early := step(); !early.DueAt.Before(planned.DueAt.Time) {
			t.Fatalf("without the session it is due at %v, with it at %v", early.DueAt, planned.DueAt)
		}
		p.live(step().DueAt.Sub(p.now())+time.Minute, time.Hour)
		if told := step(); told.State != StateSent || !told.DueAt.After(p.now().Add(-2*time.Hour)) {
			t.Fatalf("the step is %s, due at %v", told.State, told.DueAt)
		}
		_, _, err := Put[Session](t.Context(), p.Store, p.account, "session-1", before, Write{})
		p.check(err)
		if again := step(); again.State != StateScheduled || !again.DueAt.Equal(planned.DueAt.Time) {
			t.Errorf("with the session again it is %s, due at %v, not at %v", again.State, again.DueAt, planned.DueAt)
		}
		sent := p.live(planned.DueAt.Sub(p.now())+time.Hour, time.Hour)
		if !slices.ContainsFunc(sent, func(c Claim) bool { return c.ReminderID == planned.ID && !c.Clearing }) {
			t.Error("it is not told again")
		}
	})
}

// A check-in that was told is not told twice because its session had another date
// for a moment.
func TestADateCorrectedBackTellsNothingTwice(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.pass(13 * time.Hour)
		p.rolls("session-1", 20*time.Hour)
		told := p.sentReminder(care.KindCheckIn)
		session, err := Get[Session](t.Context(), p.Store, p.account, "session-1")
		p.check(err)
		p.rolls("session-1", time.Hour)
		if r := p.again(told); r.State != StateScheduled || !r.DueAt.After(p.now()) {
			t.Fatalf("with a later session the check-in is %s, due at %v", r.State, r.DueAt)
		}
		_, _, err = Put[Session](t.Context(), p.Store, p.account, "session-1", session, Write{})
		p.check(err)
		if r := p.again(told); r.State != StateSent || !r.DueAt.Equal(told.DueAt.Time) {
			t.Errorf("corrected back it is %s, due at %v", r.State, r.DueAt)
		}
		for _, c := range p.live(time.Hour, time.Hour) {
			if c.ReminderID == told.ID && !c.Clearing {
				t.Error("it is told twice")
			}
		}
	})
}

// A check-in that was told, and waits since its session has a later date, still
// waits for that after it was acknowledged and the tap taken back.
func TestATapTakenBackLeavesAMovedReminderItsTime(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.pass(13 * time.Hour)
		p.rolls("session-1", 20*time.Hour)
		told := p.sentReminder(care.KindCheckIn)
		p.rolls("session-1", time.Hour)
		moved := p.again(told)
		_, err := p.AcknowledgeReminder(t.Context(), p.caller(), told.ID, Time{})
		p.check(err)
		p.check(p.UnacknowledgeReminder(t.Context(), p.caller(), told.ID))
		if r := p.again(told); r.State != StateScheduled || !r.DueAt.Equal(moved.DueAt.Time) {
			t.Errorf("it is %s, due at %v, and was %s, due at %v", r.State, r.DueAt, moved.State, moved.DueAt)
		}
		p.pass(moved.DueAt.Sub(p.now()))
		if !slices.ContainsFunc(p.live(time.Hour, time.Minute), func(c Claim) bool { return c.ReminderID == told.ID && !c.Clearing }) {
			t.Error("it is not told at its time")
		}
	})
}

// A warning that was told stays among what is open when an answer is taken back,
// also where an appointment has stopped its repeats.
func TestWhatWasToldStaysOpen(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		p.handOver()
		p.visits("visit-001", 0, care.OutcomeBooked)
		p.pass(time.Minute)
		before := p.open(KindWarning)
		w := p.warnings()[0]
		_, err := p.AcknowledgeWarning(t.Context(), p.caller(), w.ID, ActionWillBook)
		p.check(err)
		p.check(p.UnacknowledgeWarning(t.Context(), p.caller(), w.ID))
		if after := p.open(KindWarning); len(before) != 1 || len(after) != 1 || after[0].State != StateSent {
			t.Errorf("open before: %d, and afterwards: %+v", len(before), after)
		}
	})
}
