package models

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// grouped are the sessions of the reports.
func (p *person) grouped() map[string]string {
	p.Helper()
	page, err := List[Report](p.Context(), p.Store, p.account, Query{})
	p.check(err)
	out := map[string]string{}
	for _, r := range page.Items {
		out[r.ID] = r.SessionID
	}
	return out
}

// A session that arrives after its reports, moves or is deleted takes along those that
// had it, or would have it, by default. The others are left alone, as is a session
// that the person has named, and nobody's edit is counted.
func TestReportsFollowASessionThatArrivesLate(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 200*time.Hour)
		p.reports("report-01", 150*time.Hour, red())
		named := Report{ObservedAt: T(p.now().Add(-40 * time.Hour)), SessionID: "session-9", Answers: red()}
		_, _, err := Put(t.Context(), p.Store, p.account, "report-02", named, Write{})
		p.check(err)
		p.reports("report-03", 50*time.Hour, red())
		p.reports("report-04", 20*time.Hour, red())
		seq := count(p, "SELECT change_seq FROM accounts WHERE id = $1", p.account)
		for _, c := range []struct {
			what         string
			do           func()
			third, forth string
		}{
			{"arrives", func() { p.rolls("session-2", 60*time.Hour) }, "session-2", "session-2"},
			{"moves", func() { p.rolls("session-2", 30*time.Hour) }, "session-1", "session-2"},
			{"is deleted", func() { p.check(Delete[Session](t.Context(), p.Store, p.account, "session-2", Write{})) }, "session-1", "session-1"},
			{"comes back with a report that is corrected", func() {
				both := []Pushed{pushedReport("report-03", p.now().Add(-49*time.Hour), red()), pushedSession("session-2", p.now().Add(-60*time.Hour))}
				_, err := p.Push(t.Context(), p.caller(), both, PushRules{ByNumber: true, Since: 1 << 40}, Write{})
				p.check(err)
			}, "session-2", "session-2"},
		} {
			c.do()
			want := map[string]string{"report-01": "session-1", "report-02": "session-9", "report-03": c.third, "report-04": c.forth}
			if diff := cmp.Diff(want, p.grouped()); diff != "" {
				t.Errorf("a session %s: want (-), got (+):\n%s", c.what, diff)
			}
		}
		told := fmt.Sprint("SELECT COUNT(*) FROM reports WHERE account_id = $1 AND version = 1 AND seq > ", seq)
		if n := count(p, told, p.account); n != 2 {
			t.Errorf("%d reports that nobody edited are told again, want report-02, for its verdict, and report-04", n)
		}
		if n := count(p, told+" AND id = 'report-01'", p.account); n != 0 {
			t.Error("a report of before is told again")
		}
	})
}

// The edit of a phone that does not know yet which session its report belongs to now is
// no conflict, and leaves the report there (P9).
func TestAnEditOfAReportThatFollowedASessionIsTaken(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 200*time.Hour)
		known := p.reports("report-01", 50*time.Hour, red())
		p.rolls("session-2", 60*time.Hour)
		based, next := known, known
		next.Note = "since this morning"
		p.uploads(Pushed{Collection: "reports", ID: "report-01", Row: &next, Based: &based})
		r, err := Get[Report](t.Context(), p.Store, p.account, "report-01")
		p.check(err)
		if r.Note != next.Note || r.SessionID != "session-2" {
			t.Errorf("the note is %q, the session %s", r.Note, r.SessionID)
		}
	})
}
