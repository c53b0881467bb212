package models

import (
	"context"
	"testing"
	"time"

	"aftercare/models/care"
	"aftercare/models/storetest"
)

// visits stores what a clinician did the given time ago.
func (p *person) visits(id string, ago time.Duration, outcome string, edit ...func(*ClinicianEvent)) ClinicianEvent {
	p.Helper()
	e := ClinicianEvent{At: T(p.now().Add(-ago)), Outcome: outcome}
	for _, change := range edit {
		change(&e)
	}
	out, _, err := Put(context.Background(), p.Store, p.account, id, e, Write{})
	p.check(err)
	return out
}

func (p *person) unsays(id string) {
	p.Helper()
	p.check(Delete[ClinicianEvent](context.Background(), p.Store, p.account, id, Write{}))
}

func (p *person) restState() care.RestState {
	p.Helper()
	rest, _, err := p.Rest(context.Background(), p.account)
	p.check(err)
	return rest.State
}

// RS-05, DQ-06: a clinician event counts while it is there, as it now reads, and
// comes back when it is put again.
func TestAClinicianEventIsJudgedAsItStands(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.answersRisks()
		p.rolls("session-1", 600*time.Hour)
		r := p.reports("report-01", 550*time.Hour, pus())
		p.reports("report-02", 500*time.Hour, Calm())
		want := func(when string, rest care.RestState, warning WarningState) {
			t.Helper()
			if got := p.restState(); got != rest {
				t.Errorf("%s: rest is %s, want %s", when, got, rest)
			}
			for _, w := range p.warnings() {
				if w.Tier == care.SameDay && w.State != warning {
					t.Errorf("%s: the warning is %s, want %s", when, w.State, warning)
				}
			}
		}
		want("before", care.RestBlocked, WarningActive)
		e := p.visits("visit-001", 400*time.Hour, care.OutcomeCleared)
		if e.EpisodeID != r.EpisodeID || e.Version != 1 || e.Seq == 0 {
			t.Errorf("stored as %+v", e)
		}
		want("cleared", care.RestReady, WarningResolved)
		p.visits("visit-001", 400*time.Hour, care.OutcomeSeen)
		want("corrected to seen", care.RestBlocked, WarningResolved)
		p.visits("visit-001", 400*time.Hour, care.OutcomeBooked)
		want("corrected to booked", care.RestBlocked, WarningActive)
		p.unsays("visit-001")
		want("deleted", care.RestBlocked, WarningActive)
		p.visits("visit-001", 400*time.Hour, care.OutcomeCleared)
		want("put again", care.RestReady, WarningResolved)
	})
}

// RK-24: an infection that a clinician denied counts again when that is taken
// back, however long the episode has been over.
func TestADeniedInfectionCountsAgain(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 900*24*time.Hour)
		p.reports("report-01", 898*24*time.Hour, pus())
		p.reports("report-02", 890*24*time.Hour, Calm())
		p.visits("visit-001", 889*24*time.Hour, care.OutcomeCleared)
		p.rolls("session-2", 50*time.Hour)
		atRisk := func() bool {
			t.Helper()
			p.pass(time.Hour)
			return p.reports("report-03", 0, red()).Assessment.AtRisk
		}
		if !atRisk() {
			t.Fatal("the infection does not count")
		}
		first, err := Get[Report](t.Context(), p.Store, p.account, "report-01")
		p.check(err)
		p.visits("visit-002", 0, care.OutcomeSeen, func(e *ClinicianEvent) { e.EpisodeID, e.NoInfection = first.EpisodeID, true })
		if atRisk() {
			t.Error("the infection counts although a clinician found none")
		}
		p.unsays("visit-002")
		if !atRisk() {
			t.Error("the infection does not count again")
		}
	})
}

// An event is about an episode of the person, and of no time to come.
func TestAClinicianEventIsChecked(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		put := func(e ClinicianEvent) error {
			_, _, err := Put(t.Context(), p.Store, p.account, "visit-001", e, Write{})
			return err
		}
		if err := put(ClinicianEvent{At: T(p.now()), Outcome: care.OutcomeSeen}); !IsCode(err, CodeInvalid) {
			t.Errorf("without an episode: %v", err)
		}
		p.rolls("session-1", 30*time.Hour)
		r := p.reports("report-01", 0, pus())
		for name, e := range map[string]ClinicianEvent{
			"another's episode": {EpisodeID: "episode-of-another", At: T(p.now()), Outcome: care.OutcomeSeen},
			"no time":           {EpisodeID: r.EpisodeID, Outcome: care.OutcomeSeen},
			"healed":            {EpisodeID: r.EpisodeID, At: T(p.now()), Outcome: "healed"},
			"tomorrow":          {EpisodeID: r.EpisodeID, At: T(p.now().Add(24 * time.Hour)), Outcome: care.OutcomeSeen},
			"before any":        {At: T(p.now().Add(-24 * time.Hour)), Outcome: care.OutcomeSeen},
		} {
			if err := put(e); !IsCode(err, CodeInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// DQ-06: an event that a sync keeps and that has no effect, of a time to come or of none,
// does not stop the repeats of a warning either.
func TestAnEventWithoutEffectQuietsNothing(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		r := p.reports("report-01", 0, pus())
		p.handOver()
		lost := ClinicianEvent{EpisodeID: r.EpisodeID, Outcome: care.OutcomeSeen}
		SetAside(&lost, map[string]any{"at": "tomorrow"})
		p.uploads(p.toVisit("visit-001", 48*time.Hour, care.OutcomeSeen), Pushed{Collection: "clinician_events", ID: "visit-002", Row: &lost})
		if w := p.warnings()[0]; w.State != WarningActive {
			t.Fatalf("the warning is %s", w.State)
		}
		if told := p.toldOf(p.live(26*time.Hour, time.Hour)); len(told) != 2 {
			t.Errorf("repeats of %v, want 2", told)
		}
	})
}

// toVisit is an event of a time to come as a phone sends it that was offline.
func (p *person) toVisit(id string, ahead time.Duration, outcome string, edit ...func(*ClinicianEvent)) Pushed {
	e := &ClinicianEvent{At: T(p.now().Add(ahead)), Outcome: outcome}
	for _, change := range edit {
		change(e)
	}
	return Pushed{Collection: "clinician_events", ID: id, Row: e}
}

func (p *person) warned(tier care.Tier) Warning {
	p.Helper()
	for _, w := range p.warnings() {
		if w.Tier == tier {
			return w
		}
	}
	p.Fatalf("no warning of tier %s", tier)
	return Warning{}
}

// DQ-06: an event of a time to come is kept and flagged, and has its effect from that
// time on, whether or not anybody writes anything.
func TestAnEventOfATimeToComeCountsFromThen(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.answersRisks()
		p.rolls("session-1", 700*time.Hour)
		r := p.reports("report-01", 550*time.Hour, pus())
		p.reports("report-02", 500*time.Hour, Calm())
		at := p.now().Add(100 * time.Hour)
		p.uploads(p.toVisit("visit-001", 100*time.Hour, care.OutcomeCleared))
		e, err := Get[ClinicianEvent](t.Context(), p.Store, p.account, "visit-001")
		p.check(err)
		if len(e.Flags) != 1 || e.Flags[0] != "needs_review:at" || e.EpisodeID != r.EpisodeID || !e.EffectiveAt.Equal(at) {
			t.Errorf("stored as %+v", e)
		}
		p.live(99*time.Hour, time.Hour)
		if w := p.warned(care.SameDay); w.State != WarningActive || p.restState() != care.RestBlocked {
			t.Errorf("before its time the warning is %s, rest %s", w.State, p.restState())
		}
		p.live(time.Hour, time.Hour)
		if w := p.warned(care.SameDay); w.State != WarningResolved || !w.ResolvedAt.Equal(at) || p.restState() != care.RestReady {
			t.Errorf("in its time the warning is %s at %s, rest %s", w.State, w.ResolvedAt, p.restState())
		}
	})
}

// An appointment that a sync brings before its time stops the repeats of a warning
// from then on, as one of today does.
func TestAnAppointmentToComeQuietsFromThen(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.pass(17 * time.Hour) // noon
		p.rolls("session-1", 10*time.Hour)
		p.reports("report-01", 0, care.Answers{Itch: of(8)})
		p.uploads(p.toVisit("visit-001", 30*time.Hour, care.OutcomeBooked))
		if told := p.toldOf(p.live(29*time.Hour, time.Hour)); len(told) != 2 {
			t.Errorf("told of %v before it, want the warning and its repeat after a day", told)
		}
		if told := p.toldOf(p.live(70*time.Hour, time.Hour)); len(told) != 0 {
			t.Errorf("told of %v after it", told)
		}
	})
}

// RK-24, DQ-06: a clinician who will have found no infection lifts it then, however
// long the episode has been over.
func TestAnInfectionIsLiftedInItsTime(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 900*24*time.Hour)
		first := p.reports("report-01", 898*24*time.Hour, pus())
		p.reports("report-02", 890*24*time.Hour, Calm())
		p.visits("visit-001", 889*24*time.Hour, care.OutcomeCleared)
		p.rolls("session-2", 50*time.Hour)
		p.uploads(p.toVisit("visit-002", 30*time.Hour, care.OutcomeSeen, func(e *ClinicianEvent) { e.EpisodeID, e.NoInfection = first.EpisodeID, true }))
		p.live(29*time.Hour, time.Hour)
		if !p.reports("report-03", 0, red()).Assessment.AtRisk {
			t.Error("lifted before its time")
		}
		p.live(2*time.Hour, time.Hour)
		if p.reports("report-04", 0, red()).Assessment.AtRisk {
			t.Error("not lifted in its time")
		}
	})
}

// A visit of before a sign, told of after it, does not answer that sign: the repeats of
// its warning go on, as the warning does.
func TestAVisitBeforeASignQuietsNoRepeat(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 100*time.Hour)
		p.reports("report-01", 90*time.Hour, red())
		p.reports("report-02", 10*time.Hour, pus())
		p.handOver()
		p.visits("visit-001", 40*time.Hour, care.OutcomeSeen)
		if w := p.warnings()[0]; w.State != WarningActive || w.Tier != care.SameDay {
			t.Fatalf("%s is %s", w.Tier, w.State)
		}
		if told := p.toldOf(p.live(26*time.Hour, time.Hour)); len(told) != 2 {
			t.Errorf("repeats of %v, want 2", told)
		}
	})
}

// A warning answered with "booked" or "seen" is a clinician event in the list.
func TestAnAnswerIsAClinicianEvent(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 30*time.Hour)
		r := p.reports("report-01", 0, pus())
		_, err := p.AcknowledgeWarning(t.Context(), p.caller(), p.warnings()[0].ID, ActionBooked)
		p.check(err)
		page, err := List[ClinicianEvent](t.Context(), p.Store, p.account, Query{})
		p.check(err)
		if len(page.Items) != 1 || page.Items[0].Outcome != care.OutcomeBooked || page.Items[0].EpisodeID != r.EpisodeID {
			t.Errorf("listed as %+v", page.Items)
		}
	})
}

// Rows of version 9 of one account: an event, and an answer that was one.
const eventsOfVersion9 = `
INSERT INTO warnings (account_id, id, episode_id, tier, title, rule, kb_version, raised_at, state, reason, action, version, seq, created_at, updated_at)
VALUES ('first', 'warning-1', 'episode-1', 3, '', 'SD-01', '', 5, 'acknowledged', '', 'seen', 1, 7, 5, 5);
INSERT INTO acks (account_id, id, warning_id, at, tier, action) VALUES ('first', 'ack-seen', 'warning-1', 20, 3, 'seen'), ('first', 'ack-watching', 'warning-1', 10, 3, 'watching');
INSERT INTO clinician_events (account_id, id, episode_id, at, outcome, note) VALUES ('first', 'event-1', 'episode-1', 15, 'booked', 'at nine');
`

// What was said before the events had versions stays said, and a phone that asks
// for changes is given it.
func TestVersion11KeepsClinicianEvents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		if storetest.Citus() {
			t.Skip("Citus takes no database of version 9")
		}
		p := &person{TB: t, at: evening}
		databaseOfVersion(t, database, "00009", p.now(), rowsOfVersion7+eventsOfVersion9)
		s, err := Open(context.Background(), Options{Database: database, Now: p.now})
		p.check(err)
		p.Store = s
		t.Cleanup(func() { p.check(s.Close()) })
		page, err := List[ClinicianEvent](t.Context(), s, "first", Query{})
		p.check(err)
		if len(page.Items) != 2 || page.Items[0].ID != "ack-seen" || page.Items[1].ID != "event-1" {
			t.Fatalf("events %+v", page.Items)
		}
		a, err := p.Account(t.Context(), "first")
		p.check(err)
		for i, e := range page.Items {
			if e.Seq != int64(9-i) || e.Version != 1 || !e.EffectiveAt.Equal(e.At.Time) || !e.CreatedAt.Equal(e.At.Time) {
				t.Errorf("%s became %+v", e.ID, e)
			}
		}
		if a.ChangeSeq != 9 {
			t.Errorf("the counter is at %d", a.ChangeSeq)
		}
	})
}
