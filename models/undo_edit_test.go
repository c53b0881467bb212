package models

import (
	"testing"
	"time"

	"aftercare/models/care"
)

// A report that is deleted and put back leaves the answer that was given since.
func TestAReportPutBackLeavesTheAnswer(t *testing.T) {
	for _, action := range Actions() {
		t.Run(string(action), func(t *testing.T) {
			each(t, func(t *testing.T, p *person) {
				p.isWarnedOfTwoSigns()
				before, err := p.AcknowledgeWarning(t.Context(), p.caller(), p.warnings()[0].ID, action)
				p.check(err)
				p.check(Delete[Report](t.Context(), p.Store, p.account, "report-02", Write{}))
				p.reports("report-02", time.Hour, pus())
				w := p.warnings()[0]
				if w.State != before.State || w.Action != action || w.AcknowledgedAt != before.AcknowledgedAt {
					t.Errorf("the warning is %s, answered %q at %v", w.State, w.Action, w.AcknowledgedAt)
				}
				if told := p.toldOf(p.handOver()); len(told) != 0 {
					t.Errorf("told of %v", told)
				}
			})
		})
	}
}

// A report whose wrong date had joined two episodes leaves each with its answers.
func TestADatePutBackLeavesTheAnswer(t *testing.T) {
	const day = 24 * time.Hour
	each(t, func(t *testing.T, p *person) {
		p.reports("report-01", 20*day, pus())
		p.reports("report-02", 15*day, Calm())
		p.reports("report-03", 10*day, Calm())
		p.reports("report-04", time.Hour, pus())
		before := p.warnings()
		for _, w := range before {
			_, err := p.AcknowledgeWarning(t.Context(), p.caller(), w.ID, ActionWatching)
			p.check(err)
		}
		p.reports("report-04", 60*day, pus())
		p.reports("report-04", time.Hour, pus())
		after := p.warnings()
		if len(after) != len(before) {
			t.Fatalf("%d warnings became %d", len(before), len(after))
		}
		for i, w := range after {
			if w.ID != before[i].ID || w.Action != ActionWatching {
				t.Errorf("warning %d is %s, answered %q", i, w.State, w.Action)
			}
		}
	})
}

// A graver warning that stands again by mistake leaves the milder one, of which
// the person was told after that one was over, its repeats.
func TestAGraverWarningTakenBackLeavesTheRepeats(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, care.Answers{Systemic: care.Set{"confusion"}})
		p.pass(time.Hour)
		p.visits("visit-001", 0, care.OutcomeSeen)
		p.pass(time.Hour)
		p.reports("report-02", 0, pus())
		p.handOver()
		before := p.warnings()
		p.unsays("visit-001")
		p.visits("visit-001", time.Hour, care.OutcomeSeen)
		for i, w := range p.warnings() {
			if w.State != before[i].State {
				t.Errorf("%s was %s and is %s", w.Tier, before[i].State, w.State)
			}
		}
		if told := p.toldOf(p.live(40*time.Hour, time.Hour)); len(told) != 2 {
			t.Errorf("told of %v", told)
		}
	})
}

// A clinician event that is taken back, or corrected to less, stops nothing more.
func TestAVisitTakenBackStopsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		undo func(p *person)
		told int
	}{
		"deleted":             {func(p *person) { p.unsays("visit-001") }, 2},
		"corrected to booked": {func(p *person) { p.visits("visit-001", time.Minute, care.OutcomeBooked) }, 0},
		"another stands":      {func(p *person) { p.visits("visit-002", 0, care.OutcomeBooked); p.unsays("visit-001") }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, p *person) {
				p.rolls("session-1", 30*time.Hour)
				p.reports("report-01", 0, pus())
				p.handOver()
				p.visits("visit-001", 0, care.OutcomeSeen)
				p.pass(time.Minute)
				c.undo(p)
				if w := p.warnings()[0]; w.State != WarningActive {
					t.Errorf("the warning is %s", w.State)
				}
				if told := p.toldOf(p.live(40*time.Hour, time.Hour)); len(told) != c.told {
					t.Errorf("told of %v", told)
				}
			})
		})
	}
}
