package models

import (
	"fmt"
	"testing"
	"time"

	"aftercare/models/care"
)

// A warning that was answered by mistake is active again, and says what the
// answer had kept from being said.
func TestAnAnswerTakenBackIsToldAgain(t *testing.T) {
	for _, action := range Actions() {
		t.Run(string(action), func(t *testing.T) {
			each(t, func(t *testing.T, p *person) {
				p.rolls("session-1", 30*time.Hour)
				p.reports("report-01", 0, pus())
				p.handOver()
				before, w := p.open(KindWarning), p.warnings()[0]
				_, err := p.AcknowledgeWarning(t.Context(), p.caller(), w.ID, action)
				p.check(err)
				p.pass(time.Minute)
				p.check(p.UnacknowledgeWarning(t.Context(), p.caller(), w.ID))
				p.check(p.UnacknowledgeWarning(t.Context(), p.caller(), w.ID)) // a retry
				back := p.warnings()[0]
				if back.State != WarningActive || !back.AcknowledgedAt.IsZero() || back.Action != "" {
					t.Errorf("the warning is %s, %s", back.State, back.Action)
				}
				if n := count(p, "SELECT COUNT(*) FROM acks WHERE account_id = $1", p.account); n != 0 {
					t.Errorf("%d answers stand", n)
				}
				if n := count(p, "SELECT COUNT(*) FROM clinician_events WHERE account_id = $1 AND deleted_at IS NULL", p.account); n != 0 {
					t.Errorf("%d clinician events stand", n)
				}
				if after := p.open(KindWarning); len(after) != len(before) || after[len(after)-1].State != StateSent {
					t.Errorf("open: %+v", after)
				}
				if told := p.toldOf(p.live(40*time.Hour, time.Hour)); len(told) != len(before)-1 {
					t.Errorf("told of %v", told)
				}
			})
		})
	}
}

// What should have been said while the answer stood is said once, when it is taken
// back.
func TestAnAnswerTakenBackLateIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.pass(13 * time.Hour) // 08:30 in Berlin
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		p.handOver()
		w := p.warnings()[0]
		_, err := p.AcknowledgeWarning(t.Context(), p.caller(), w.ID, ActionWatching)
		p.check(err)
		p.pass(100 * time.Hour) // past all repeats
		p.check(p.UnacknowledgeWarning(t.Context(), p.caller(), w.ID))
		if told := p.toldOf(p.live(48*time.Hour, time.Hour)); len(told) != 1 {
			t.Errorf("told of %v", told)
		}
	})
}

// Another answer takes the place of the first, with its clinician event.
func TestAnotherAnswerReplacesTheFirst(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		id := p.warnings()[0].ID
		for _, c := range []struct {
			action Action
			state  WarningState
			events int64
		}{{ActionSeen, WarningResolved, 1}, {ActionWatching, WarningAcknowledged, 0}, {ActionBooked, WarningAcknowledged, 1}, {ActionBooked, WarningAcknowledged, 1}} {
			p.pass(time.Minute)
			w, err := p.AcknowledgeWarning(t.Context(), p.caller(), id, c.action)
			p.check(err)
			if w.State != c.state || w.Action != c.action {
				t.Errorf("after %s: %s, %s", c.action, w.State, w.Action)
			}
			if n := count(p, "SELECT COUNT(*) FROM clinician_events WHERE account_id = $1 AND deleted_at IS NULL", p.account); int64(n) != c.events {
				t.Errorf("after %s: %d clinician events", c.action, n)
			}
			if n := count(p, "SELECT COUNT(*) FROM acks WHERE account_id = $1", p.account); n != 1 {
				t.Errorf("after %s: %d answers", c.action, n)
			}
		}
	})
}

// sentReminder lets time pass until a reminder of the kind is shown.
func (p *person) sentReminder(kind care.Kind) Reminder {
	p.Helper()
	for range 200 {
		for _, c := range p.live(time.Hour, time.Hour) {
			if c.Kind == kind && !c.Clearing {
				r, err := p.Reminder(p.Context(), p.account, c.ReminderID)
				p.check(err)
				return r
			}
		}
	}
	p.Fatalf("no %s came", kind)
	return Reminder{}
}

func (p *person) again(r Reminder) Reminder {
	p.Helper()
	r, err := p.Reminder(p.Context(), p.account, r.ID)
	p.check(err)
	return r
}

// A phone that was offline takes a tap back by sending the reminder without it,
// based on the one with it; too late it is answered with the reminder as it is.
func TestAPushTakesATapBack(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 0)
		shown := p.sentReminder(care.KindCheckIn)
		push := func(want, based Wish) []Change {
			t.Helper()
			conflicts, err := p.Push(t.Context(), p.caller(), []Pushed{{Collection: "reminders", ID: shown.ID, Row: want, Based: based}}, PushRules{}, Write{})
			p.check(err)
			return conflicts
		}
		for _, tap := range []Wish{{Acknowledged: true}, {SnoozedUntil: T(p.now().Add(2 * time.Hour))}} {
			if c := push(tap, Wish{}); len(c) > 0 {
				t.Fatalf("%+v conflicts: %v", tap, c)
			}
			tapped := p.again(shown)
			if c := push(Wish{}, Wish{}); len(c) == 0 || p.again(shown).State != tapped.State {
				t.Errorf("who knows of no tap has taken %+v back", tap)
			}
			if c := push(Wish{}, tapped.wish()); len(c) > 0 {
				t.Errorf("taking %+v back conflicts: %v", tap, c)
			}
			if r := p.again(shown); r.State != StateSent || !r.ExpiresAt.Equal(shown.ExpiresAt.Time) || len(r.Snoozes) != 0 {
				t.Errorf("%+v is taken back, and it is %+v", tap, r)
			}
		}
		push(Wish{Acknowledged: true}, Wish{})
		tapped := p.again(shown)
		p.pass(shown.ExpiresAt.Sub(p.now()))
		if c := push(Wish{}, tapped.wish()); len(c) != 1 || p.again(shown).State != StateAcknowledged {
			t.Errorf("too late: %v", c)
		}
	})
}

// A reminder that was acknowledged or put off by mistake is as it was.
func TestATapOnAReminderIsTakenBack(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 0)
		shown := p.sentReminder(care.KindCheckIn)
		same := func(when string) {
			t.Helper()
			r := p.again(shown)
			if r.State != StateSent || !r.ExpiresAt.Equal(shown.ExpiresAt.Time) || !r.AcknowledgedAt.IsZero() || !r.SnoozedUntil.IsZero() || len(r.Snoozes) != 0 {
				t.Errorf("%s: %+v", when, r)
			}
		}
		_, err := p.AcknowledgeReminder(t.Context(), p.caller(), shown.ID, Time{})
		p.check(err)
		p.check(p.UnacknowledgeReminder(t.Context(), p.caller(), shown.ID))
		same("acknowledged")
		_, err = p.SnoozeReminder(t.Context(), p.caller(), shown.ID, T(p.now().Add(2*time.Hour)))
		p.check(err)
		_, err = p.AcknowledgeReminder(t.Context(), p.caller(), shown.ID, Time{})
		p.check(err)
		p.check(p.UnacknowledgeReminder(t.Context(), p.caller(), shown.ID))
		if r := p.again(shown); r.State != StateSnoozed {
			t.Errorf("acknowledged while it was put off: %s", r.State)
		}
		p.check(p.UnsnoozeReminder(t.Context(), p.caller(), shown.ID))
		p.check(p.UnsnoozeReminder(t.Context(), p.caller(), shown.ID))
		p.check(p.UnacknowledgeReminder(t.Context(), p.caller(), shown.ID))
		p.check(p.UnacknowledgeReminder(t.Context(), p.caller(), "unknown-reminder"))
		same("put off")
		_, err = p.AcknowledgeReminder(t.Context(), p.caller(), shown.ID, Time{})
		p.check(err)
		p.pass(shown.ExpiresAt.Sub(p.now()))
		if err := p.UnacknowledgeReminder(t.Context(), p.caller(), shown.ID); !IsCode(err, CodeInvalid) {
			t.Errorf("after it expired: %v", err)
		}
	})
}

// A push that the acknowledgement overtook is sent when that is taken back.
func TestAnUnsentReminderIsSentAfterAll(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 0)
		var due Reminder
		for due.ID == "" {
			p.pass(time.Hour)
			p.advance()
			for _, r := range p.open(care.KindCheckIn) {
				if r.State == StateDue {
					due = r
				}
			}
		}
		_, err := p.AcknowledgeReminder(t.Context(), p.caller(), due.ID, Time{})
		p.check(err)
		p.check(p.UnacknowledgeReminder(t.Context(), p.caller(), due.ID))
		for _, c := range p.live(12*time.Hour, 20*time.Minute) {
			if c.ReminderID == due.ID && !c.Clearing {
				return
			}
		}
		t.Errorf("it is %+v", p.again(due))
	})
}

// What a report has answered is not taken back but by the report.
func TestAReportsAnswerIsNotTakenBack(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 0)
		shown := p.sentReminder(care.KindCheckIn)
		p.reports("report-01", 0, red())
		if r := p.again(shown); r.Reason != ReasonAnswered {
			t.Fatalf("it is %s, %s", r.State, r.Reason)
		}
		if err := p.UnacknowledgeReminder(t.Context(), p.caller(), shown.ID); !IsCode(err, CodeInvalid) {
			t.Errorf("taken back: %v", err)
		}
		p.check(Delete[Report](t.Context(), p.Store, p.account, "report-01", Write{}))
		if r := p.again(shown); r.State != StateSent {
			t.Errorf("after the report was deleted it is %s", r.State)
		}
	})
}

// "Nothing left" is taken back whole: its report, the acknowledgement, and the
// answer to a warning. It can be said again, which is another report.
func TestNothingLeftIsTakenBack(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 0)
		p.reports("report-01", 0, red())
		var told Reminder
		for told.ID == "" || !told.OneTap {
			told = p.sentReminder(KindWarning)
		}
		for i := range 2 {
			_, err := p.CalmReminder(t.Context(), p.caller(), told.ID, Time{})
			p.check(err)
			if w := p.warnings()[0]; w.State != WarningResolved {
				t.Errorf("round %d: the warning is %s", i, w.State)
			}
			p.check(p.UnacknowledgeReminder(t.Context(), p.caller(), told.ID))
			if w := p.warnings()[0]; w.State != WarningActive || w.Action != "" {
				t.Errorf("round %d: the warning is %s, %s", i, w.State, w.Action)
			}
			if r := p.again(told); r.State != StateSent {
				t.Errorf("round %d: the reminder is %s", i, r.State)
			}
			page, err := List[Report](t.Context(), p.Store, p.account, Query{})
			p.check(err)
			if len(page.Items) != 1 {
				t.Errorf("round %d: %d reports", i, len(page.Items))
			}
		}
	})
}

// DV-07: a roller that was deleted and comes back, or that arrives after its
// sessions, is quarantined by an episode however old, unless that was corrected.
func TestAQuarantineOutlivesItsRoller(t *testing.T) {
	for name, c := range map[string]struct {
		before    bool // the roller is there before its sessions
		meanwhile func(p *person)
		want      string
	}{
		"deleted and restored": {true, func(p *person) { p.check(Delete[Roller](p.Context(), p.Store, p.account, "roller-01", Write{})) }, "SD-01"},
		"after its sessions":   {false, func(*person) {}, "SD-01"},
		"edited":               {true, func(p *person) { p.owns("roller-01", "renamed") }, "SD-01"},
		"corrected while it was": {true, func(p *person) {
			p.check(Delete[Roller](p.Context(), p.Store, p.account, "roller-01", Write{}))
			p.check(Delete[Report](p.Context(), p.Store, p.account, "report-01", Write{}))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, p *person) {
				if c.before {
					p.owns("roller-01", "mine")
				}
				p.rolls("session-1", 30*time.Hour, func(s *Session) { s.RollerID = "roller-01" })
				p.reports("report-01", 0, pus())
				p.visits("visit-001", 0, care.OutcomeCleared)
				for i := range 3 {
					p.pass(30 * 24 * time.Hour)
					p.reports(fmt.Sprintf("report-1%d", i), 0, Calm())
				}
				p.pass(300 * 24 * time.Hour)
				p.rolls("session-2", 30*time.Hour)
				p.reports("report-02", 0, Calm())
				p.pass(90 * 24 * time.Hour)
				p.advance()
				old, err := Get[Report](p.Context(), p.Store, p.account, "report-01")
				p.check(err)
				c.meanwhile(p)
				if r := p.owns("roller-01", "back"); r.QuarantinedBy != c.want || r.Uses != 1 {
					t.Errorf("quarantined by %q after %d uses", r.QuarantinedBy, r.Uses)
				}
				if now, err := Get[Report](p.Context(), p.Store, p.account, "report-01"); err == nil && now.Seq != old.Seq {
					t.Errorf("the report was written again: %+v", now)
				}
			})
		})
	}
}

// owns stores a roller.
func (p *person) owns(id, name string) Roller {
	p.Helper()
	mm := 0.5
	r, _, err := Put(p.Context(), p.Store, p.account, id, Roller{Name: name, NeedleMM: &mm}, Write{})
	p.check(err)
	return r
}
