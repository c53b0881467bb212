package models

import (
	"testing"
	"time"

	"aftercare/models/care"
)

// RM-04: one tap on a check-in from 72 h on stores the calm report and acknowledges,
// once, however often it is sent.
func TestNothingLeftIsOneTap(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 0)
		p.reports("report-01", 0, red())
		offered := map[string]bool{}
		var tapped Claim
		for _, c := range p.live(76*time.Hour, time.Hour) {
			if c.Kind == care.KindCheckIn && !c.Clearing {
				r, err := p.Reminder(t.Context(), p.account, c.ReminderID)
				p.check(err)
				offered[r.Slot] = c.OneTap
				tapped = c
			}
		}
		if !offered["72h"] || offered["24h"] {
			t.Fatalf("offered %v", offered)
		}
		first, err := p.CalmReminder(t.Context(), p.caller(), tapped.ReminderID, Time{})
		p.check(err)
		again, err := p.CalmReminder(t.Context(), p.caller(), tapped.ReminderID, Time{})
		p.check(err)
		if first.State != StateAcknowledged || !equalJSON(first, again) {
			t.Errorf("first %+v, again %+v", first, again)
		}
		r, err := Get[Report](t.Context(), p.Store, p.account, "calm-"+tapped.ReminderID)
		p.check(err)
		if !equalJSON(r.Answers, Calm()) || r.Version != 1 {
			t.Errorf("stored %+v", r)
		}
		if n := count(p, "SELECT COUNT(*) FROM episodes WHERE account_id = $1 AND state = 'open'", p.account); n != 0 {
			t.Error("the episode is still open")
		}
	})
}

// DS-01 in silence offers nothing left and still there, both one tap.
func TestSilenceIsAnsweredWithOneTap(t *testing.T) {
	for name, tap := range map[string]func(p *person, id string) error{
		"nothing left": func(p *person, id string) error {
			_, err := p.CalmReminder(p.Context(), p.caller(), id, Time{})
			return err
		},
		"still there": func(p *person, id string) error {
			_, err := p.AcknowledgeReminder(p.Context(), p.caller(), id, Time{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, p *person) {
				p.rolls("session-1", 0)
				p.reports("report-01", 0, red())
				var told *Claim
				for _, c := range p.live(190*time.Hour, time.Hour) {
					if c.Kind == KindWarning && !c.Clearing {
						told = &c
					}
				}
				if told == nil || !told.OneTap {
					t.Fatalf("told %+v", told)
				}
				p.check(tap(p, told.ReminderID))
				p.check(tap(p, told.ReminderID)) // a retry
				w := p.warnings()[0]
				want := WarningAcknowledged
				if name == "nothing left" {
					want = WarningResolved
				}
				if w.State != want || w.Action != ActionWatching {
					t.Errorf("the warning is %s, %s", w.State, w.Action)
				}
				if left := p.open(KindWarning); len(left) != 0 {
					t.Errorf("still to be told: %+v", left)
				}
			})
		})
	}
}

// A reminder that does not offer it is no way to say that nothing is left.
func TestOneTapOnlyWhereOffered(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		sent := p.handOver()
		if len(sent) != 1 || sent[0].OneTap {
			t.Fatalf("sent %+v", sent)
		}
		if _, err := p.CalmReminder(t.Context(), p.caller(), sent[0].ReminderID, Time{}); !IsCode(err, CodeInvalid) {
			t.Errorf("answered %v", err)
		}
		if _, err := Get[Report](t.Context(), p.Store, p.account, "calm-"+sent[0].ReminderID); !IsCode(err, CodeNotFound) {
			t.Errorf("a report was stored: %v", err)
		}
	})
}

// RM-11: a fever of the evening is asked for again once in the quiet hours, when it
// is due, and not later in the night.
func TestAFeverIsMeasuredAgainInTheEvening(t *testing.T) {
	for name, late := range map[string]time.Duration{"in time": 0, "too late": 20 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, p *person) {
				fever := 37.8
				p.rolls("session-1", 30*time.Hour)
				p.reports("report-01", 0, care.Answers{Erythema: of(1), TemperatureC: &fever}) // 19:30 in Berlin
				var due time.Time
				for _, r := range p.open(care.KindRecheck) {
					if due = r.DueAt.Time; !r.InQuiet {
						t.Fatalf("planned as %+v", r)
					}
				}
				p.pass(due.Sub(p.now()) + late)
				p.advance()
				asked := 0
				for _, c := range p.handOver() {
					if c.Kind == care.KindRecheck {
						asked++
					}
				}
				if want := map[bool]int{true: 1, false: 0}[late == 0]; asked != want {
					t.Errorf("asked %d times, want %d, at %s", asked, want, p.now())
				}
			})
		})
	}
}
