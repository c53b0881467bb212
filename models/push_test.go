package models

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
	"aftercare/models/storetest"
)

// uploads pushes rows and fails on a conflict.
func (p *person) uploads(sent ...Pushed) {
	p.Helper()
	if conflicts := p.tries(sent...); len(conflicts) > 0 {
		p.Errorf("conflicts: %v", conflicts)
	}
}

// tries pushes rows; one that is there already conflicts, and stays.
func (p *person) tries(sent ...Pushed) []Change {
	p.Helper()
	conflicts, err := p.Push(p.Context(), p.caller(), sent, PushRules{}, Write{})
	p.check(err)
	return conflicts
}

// pushedReport is a report as a phone sends it late.
func pushedReport(id string, at time.Time, answers care.Answers) Pushed {
	return Pushed{Collection: "reports", ID: id, Row: &Report{ObservedAt: T(at), Answers: answers}}
}

func pushedSession(id string, at time.Time) Pushed {
	mm := 0.5
	return Pushed{Collection: "sessions", ID: id, Row: &Session{StartedAt: T(at.Add(-15 * time.Minute)), EndedAt: T(at), NeedleMM: &mm}}
}

// month is what a phone noted in a month in a cellar: two cycles, the first with
// a bad course that ended well, the second with one that lasts.
func month(from time.Time) (rows []Pushed) {
	at := func(days float64) time.Time { return from.Add(time.Duration(days * 24 * float64(time.Hour))) }
	report := func(days float64, answers care.Answers) {
		rows = append(rows, pushedReport(fmt.Sprintf("report-%04.0f", days), at(days), answers))
	}
	rows = append(rows, pushedSession("session-0001", at(0)))
	for day := 1; day <= 8; day++ {
		report(float64(day), care.Answers{Erythema: of(2), Itch: of(5), Warmth: of(1)})
	}
	report(9, pus())
	report(10, care.Answers{Erythema: of(1)})
	report(11, Calm())
	report(12, Calm())
	rows = append(rows, pushedSession("session-0002", at(17)))
	for day := 18; day <= 29; day++ {
		report(float64(day), care.Answers{Erythema: of(2), Itch: of(4), Flaking: of(1)})
	}
	return rows
}

// verdicts are what is stored of reports and sessions, less what depends on when
// it was received.
func (p *person) verdicts() map[string]string {
	p.Helper()
	out := map[string]string{}
	reports, err := db.Rows[Report](p.read(p.Context()), "SELECT * FROM reports WHERE account_id = $1", p.account)
	p.check(err)
	for _, r := range reports {
		out[r.ID] = fmt.Sprint(r.Assessment.Tier, r.Assessment.Rule, r.Assessment.Rules, r.Assessment.Code, *r.Assessment.HoursSinceSession, r.SessionID)
	}
	sessions, err := db.Rows[Session](p.read(p.Context()), "SELECT * FROM sessions WHERE account_id = $1", p.account)
	p.check(err)
	for _, s := range sessions {
		out[s.ID] = fmt.Sprint(*s.Rest, s.Advisories)
	}
	return out
}

// A month of reports that comes at once, in any order, is judged as if each had
// come in its time, and in one judgement.
func TestAMonthOfOfflineReports(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		inTime := newPerson(t, database)
		from := inTime.now()
		for _, row := range month(from) {
			at := row.Row.(interface{ orderTime() Time }).orderTime().Time
			inTime.pass(at.Add(20 * time.Minute).Sub(inTime.now()))
			inTime.uploads(row)
		}
		inTime.pass(from.Add(30 * 24 * time.Hour).Sub(inTime.now()))
		late := &person{TB: t, Store: inTime.Store, at: inTime.now()}
		late.account, late.device, late.secrets = late.join("Europe/Berlin")
		rows := month(from)
		slices.Reverse(rows)
		late.uploads(rows...)
		want, got := inTime.verdicts(), late.verdicts()
		for id := range want {
			if got[id] != want[id] {
				t.Errorf("%s: %s, in its time %s", id, got[id], want[id])
			}
		}
		late.settlesWhatIsLate()
		if before := late.verdicts(); !reflect.DeepEqual(before, got) {
			t.Error("a retry judges anew")
		}
		changed := late.changeSeq()
		late.uploads(rows...)
		if raised := late.changeSeq() - changed; raised != int64(len(rows)) {
			t.Errorf("a retry of %d rows wrote %d", len(rows), raised)
		}
	})
}

func (p *person) changeSeq() int64 {
	p.Helper()
	seq, err := db.Row[int64](p.read(p.Context()), "SELECT change_seq FROM accounts WHERE id = $1", p.account)
	p.check(err)
	return seq
}

// settlesWhatIsLate: a warning that stands is pushed, one that later history has
// resolved is only on record; what expired is one summary.
func (p *person) settlesWhatIsLate() {
	p.Helper()
	told := map[string]bool{}
	kinds := map[care.Kind]int{}
	for _, r := range p.reminders() {
		kinds[r.Kind]++
		told[r.Anchor] = told[r.Anchor] || r.Kind == KindWarning
	}
	active, resolved := 0, 0
	for _, w := range p.warnings() {
		switch w.State {
		case WarningActive:
			active++
		default:
			resolved++
		}
		if told[w.ID] != (w.State == WarningActive) {
			p.Errorf("the warning %s of %s is %s, told: %v", w.Rule, w.EpisodeID, w.State, told[w.ID])
		}
	}
	if active == 0 || resolved == 0 {
		p.Errorf("%d warnings stand, %d are over: the test is blind", active, resolved)
	}
	if kinds[KindSummary] != 1 {
		p.Errorf("%d summaries", kinds[KindSummary])
	}
}

// A push is one judgement, however many rows it has.
func TestAPushIsJudgedOnce(t *testing.T) {
	p := &person{TB: t, at: evening}
	var counts map[string]int
	p.Store, counts = counted(t, storetest.SQLite(t), p.now)
	p.account, p.device, p.secrets = p.join("Europe/Berlin")
	p.pass(30 * 24 * time.Hour)
	rows := month(evening)
	clear(counts)
	p.uploads(rows...)
	if n := counts["SELECT"]; n > len(rows) { // one judgement reads some twenty times
		t.Errorf("%d statements SELECT for %d rows", n, len(rows))
	}
}

// Rows may come before those that they refer to: the reference heals.
func TestRowsBeforeTheirParents(t *testing.T) {
	p := newPerson(t, storetest.SQLite(t))
	at := p.now().Add(-30 * time.Hour)
	report := pushedReport("report-0001", at.Add(20*time.Hour), care.Answers{Erythema: of(1)})
	report.Row.(*Report).SessionID = "session-0001"
	session := pushedSession("session-0001", at)
	session.Row.(*Session).NeedleMM, session.Row.(*Session).RollerID = nil, "roller-0001"
	mm := 1.5
	p.uploads(report)
	p.uploads(session)
	p.uploads(Pushed{Collection: "rollers", ID: "roller-0001", Row: &Roller{NeedleMM: &mm}})
	s, err := Get[Session](t.Context(), p.Store, p.account, "session-0001")
	p.check(err)
	if s.NeedleMMUsed == nil || *s.NeedleMMUsed != mm {
		t.Errorf("the session was with %v mm", s.NeedleMMUsed)
	}
	r, err := Get[Report](t.Context(), p.Store, p.account, "report-0001")
	p.check(err)
	if h := r.Assessment.HoursSinceSession; r.SessionID != "session-0001" || h == nil || *h != 20 {
		t.Errorf("the report is of %s, %v h after a session", r.SessionID, h)
	}
}

// The answer to a push is lost, and the person edits the row again before it is
// sent again: the phone does not conflict with itself. With another it does.
func TestAnEditAfterALostAnswerIsTaken(t *testing.T) {
	p := newPerson(t, storetest.SQLite(t))
	at := p.now().Add(-time.Hour)
	first, second := pushedReport("report-0001", at, red()), pushedReport("report-0001", at, pus())
	p.uploads(first)
	p.uploads(second) // based on nothing, as far as the phone knows
	stored := func() Report {
		r, err := Get[Report](t.Context(), p.Store, p.account, "report-0001")
		p.check(err)
		return r
	}
	if r := stored(); !reflect.DeepEqual(r.Answers, pus()) {
		t.Errorf("the second edit is lost: %+v", r.Answers)
	}
	other := p.caller()
	other.DeviceID = "another-phone"
	third := pushedReport("report-0001", at, care.Answers{Itch: of(9)})
	if c, err := p.Push(t.Context(), other, []Pushed{third}, PushRules{}, Write{}); err != nil || len(c) != 1 {
		t.Errorf("another phone: %v, %v", c, err)
	}
	p.uploads(Pushed{Collection: "reports", ID: "report-0001"}) // deleted, and the answer lost
	p.uploads(first)
	if r := stored(); !reflect.DeepEqual(r.Answers, red()) {
		t.Errorf("what was brought back is %+v", r.Answers)
	}
	_, _, err := Put(t.Context(), p.Store, p.account, "report-0001", Report{ObservedAt: T(at), Answers: Calm()}, Write{})
	p.check(err)
	if c, err := p.Push(t.Context(), p.caller(), []Pushed{second}, PushRules{}, Write{}); err != nil || len(c) != 1 {
		t.Errorf("over a request since: %v, %v", c, err)
	}
}
