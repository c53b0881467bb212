package models

import (
	"testing"
	"time"

	"aftercare/models/care"
)

// RM-14: a phone that uploads an old course slowly is told of nothing that the rest
// of the upload resolves.
func TestASlowUploadOfAGoodCourseTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.pass(17 * time.Hour) // noon
		p.rolls("session-1", 300*time.Hour)
		p.reports("report-01", 276*time.Hour, red())
		ws := p.warnings()
		if len(ws) != 1 || ws[0].State != WarningActive || !ws[0].Fired[0].ByTime {
			t.Fatalf("recorded as %+v", ws)
		}
		sent := p.live(40*time.Second, 20*time.Second)
		p.reports("report-02", 250*time.Hour, red())
		sent = append(sent, p.live(40*time.Second, 20*time.Second)...)
		p.reports("report-03", 226*time.Hour, Calm())
		sent = append(sent, p.live(24*time.Hour, 20*time.Minute)...)
		if told := p.toldOf(sent); len(told) != 0 {
			t.Errorf("told of %v", told)
		}
		for _, r := range p.open(KindWarning) {
			t.Errorf("left to say: %+v", r)
		}
	})
}

// RM-14: a bad course is told a minute after the last report of it.
func TestASlowUploadOfABadCourseIsToldAMinuteAfter(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.pass(17 * time.Hour)
		p.rolls("session-1", 300*time.Hour)
		p.reports("report-01", 276*time.Hour, red())
		sent := p.live(40*time.Second, 10*time.Second)
		p.reports("report-02", 250*time.Hour, red())
		sent = append(sent, p.live(50*time.Second, 10*time.Second)...)
		if told := p.toldOf(sent); len(told) != 0 {
			t.Fatalf("told of %v within the minute", told)
		}
		if told := p.toldOf(p.live(20*time.Second, 10*time.Second)); len(told) != 1 {
			t.Fatalf("told of %v after it", told)
		}
		if told := p.toldOf(p.live(23*time.Hour, time.Hour)); len(told) != 0 {
			t.Errorf("told again of %v", told)
		}
	})
}

// RM-14: a danger sign that a report tells is never held, also not by what time
// says a moment later.
func TestADangerSignOfALateReportIsNotHeld(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.edits(func(in *Account) { in.Risks = []Risk{{Code: "diabetes"}} })
		p.pass(5 * time.Hour) // the night
		p.rolls("session-1", 400*time.Hour)
		p.reports("report-01", 380*time.Hour, pus())
		p.reports("report-02", 379*time.Hour, pus())
		if told := p.toldOf(p.handOver()); len(told) == 0 || told[0] != "SD-01" {
			t.Fatalf("told of %v", told)
		}
	})
}

// RM-09: an answer below a warning that stands names it.
func TestAnAnswerNamesTheWarningThatStands(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		r := p.reports("report-01", 0, pus())
		w := p.warnings()[0]
		if len(r.WarningIDs) != 1 || r.WarningIDs[0] != w.ID || len(r.Assessment.Standing) != 0 {
			t.Errorf("the report that raised it names %v, and standing %v", r.WarningIDs, r.Assessment.Standing)
		}
		p.pass(time.Hour)
		r = p.reports("report-02", 0, Calm())
		if len(r.Assessment.Standing) != 1 || r.Assessment.Standing[0] != w.ID || len(r.WarningIDs) != 0 {
			t.Errorf("the calm report names %v, and standing %v", r.WarningIDs, r.Assessment.Standing)
		}
		if r.Assessment.Code != "warning.EX-00.standing" {
			t.Errorf("it says %s", r.Assessment.Code)
		}
		stored, err := Get[Report](t.Context(), p.Store, p.account, "report-02")
		p.check(err)
		if !equalJSON(stored, r) {
			t.Errorf("stored %+v, answered %+v", stored, r)
		}
	})
}

// DQ-06: a clinician's word is of no time to come.
func TestAClinicianEventIsOfNoTimeToCome(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		r := p.reports("report-01", 0, pus())
		for ahead, ok := range map[time.Duration]bool{-time.Hour: true, 5 * time.Minute: true, 5*time.Minute + time.Second: false, 720 * time.Hour: false} {
			event := ClinicianEvent{Outcome: care.OutcomeSeen, At: T(p.now().Add(ahead))}
			_, err := p.AddClinicianEvent(t.Context(), p.account, r.EpisodeID, event, Write{})
			if (err == nil) != ok || err != nil && !IsCode(err, CodeInvalid) {
				t.Errorf("%s ahead: %v", ahead, err)
			}
		}
		// The phone's clock is 30 days ahead and says so.
		later := p.now().Add(720 * time.Hour)
		_, err := p.AddClinicianEvent(t.Context(), p.account, r.EpisodeID, ClinicianEvent{Outcome: care.OutcomeSeen, At: T(later)}, Write{ClientTime: later})
		p.check(err)
	})
}

// What is on its way of a danger sign is not called back for what time says of the
// same warning, which waits for the morning.
func TestADangerSignOnItsWayIsNotCalledBack(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.pass(5 * time.Hour) // 00:30 in Berlin
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		w := p.warnings()[0]
		p.check(p.write(t.Context(), p.account, func(tx *Tx) error {
			account, err := tx.account()
			if err != nil {
				return err
			}
			return tx.warn(&account.Account, &w, Fired{Rule: "SD-17", ByTime: true})
		}))
		if told := p.toldOf(p.handOver()); len(told) != 1 || told[0] != "SD-01" {
			t.Errorf("told of %v", told)
		}
	})
}
