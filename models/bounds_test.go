package models

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// P10: what one account holds is bounded, day by day of its own time; what is
// edited in its day stays possible, and another day has room.
func TestBoundsOfAnAccount(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		put := func(i int, at time.Time) error {
			_, _, err := Put(context.Background(), p.Store, p.account, fmt.Sprintf("report-%03d", i), Report{ObservedAt: T(at), Answers: red(), Note: fmt.Sprint(i)}, Write{})
			return err
		}
		day := p.now().Add(-72 * time.Hour).Truncate(24 * time.Hour)
		for i := range MaxReportsADay {
			p.check(put(i, day.Add(time.Duration(i)*time.Minute)))
		}
		if err := put(100, day.Add(23*time.Hour)); !IsCode(err, CodeTooMany) {
			t.Errorf("one report more: %v", err)
		}
		p.check(put(101, day.Add(24*time.Hour)))
		if err := put(101, day); !IsCode(err, CodeTooMany) {
			t.Errorf("a report that moves to the full day: %v", err)
		}
		p.check(put(0, day.Add(22*time.Hour)))
		p.check(Delete[Report](context.Background(), p.Store, p.account, "report-001", Write{}))
		p.check(put(100, day.Add(23*time.Hour)))

		session := func(i int) error {
			_, _, err := Put(context.Background(), p.Store, p.account, fmt.Sprintf("session-%03d", i), Session{StartedAt: T(day.Add(time.Duration(i) * time.Minute))}, Write{})
			return err
		}
		for i := range MaxSessionsADay {
			p.check(session(i))
		}
		if err := session(100); !IsCode(err, CodeTooMany) {
			t.Errorf("one session more: %v", err)
		}
		roller := func(i int) error {
			_, _, err := Put(context.Background(), p.Store, p.account, fmt.Sprintf("roller-%03d", i), Roller{}, Write{})
			return err
		}
		for i := range MaxRollers {
			p.check(roller(i))
		}
		if err := roller(MaxRollers); !IsCode(err, CodeTooMany) {
			t.Errorf("one roller more: %v", err)
		}
	})
}

// A push is not refused for a bound: what is beyond it is kept and flagged, and
// no verdict knows of it. Sent again it changes nothing; once there is room it counts.
func TestAPushBeyondTheBounds(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		day := p.now().Add(-72 * time.Hour).Truncate(24 * time.Hour)
		var sent []Pushed
		for i := range MaxReportsADay + 5 {
			sent = append(sent, pushedReport(fmt.Sprintf("report-%03d", i), day.Add(time.Duration(i)*time.Minute), red()))
		}
		sent = append(sent, pushedReport("report-pus", day.Add(23*time.Hour), pus()))
		for i := range MaxSessionsADay + 1 {
			sent = append(sent, pushedSession(fmt.Sprintf("session-%03d", i), day.Add(time.Duration(i+30)*time.Minute)))
		}
		for i := range MaxRollers + 1 {
			sent = append(sent, Pushed{Collection: "rollers", ID: fmt.Sprintf("roller-%03d", i), Row: &Roller{}})
		}
		again := func(sent []Pushed) (out []Pushed) {
			for _, one := range sent {
				switch row := one.Row.(type) {
				case *Report:
					copied := *row
					one.Row = &copied
				case *Session:
					copied := *row
					one.Row = &copied
				case *Roller:
					copied := *row
					one.Row = &copied
				}
				out = append(out, one)
			}
			return out
		}
		p.uploads(again(sent)...)
		p.uploads(again(sent)...)
		over := map[string]bool{}
		feed, err := p.Changes(t.Context(), p.account, FeedQuery{})
		p.check(err)
		for _, c := range feed.Changes {
			row, written := c.Row.(Entered)
			if !written || !row.entry().tooMany() {
				continue
			}
			over[c.ID] = true
			if v := c.Row.(interface{ base() *Base }).base().Version; v != 1 {
				t.Errorf("%s, sent again, has version %d", c.ID, v)
			}
		}
		for _, id := range []string{"report-040", "report-044", "report-pus", "session-010", "roller-200"} {
			if !over[id] {
				t.Errorf("%s is not flagged", id)
			}
		}
		if len(over) != 8 {
			t.Errorf("flagged: %v", over)
		}
		report, err := Get[Report](t.Context(), p.Store, p.account, "report-pus")
		p.check(err)
		if report.Assessment != nil || len(p.warnings()) > 0 && p.warnings()[0].Rule == "SD-01" {
			t.Errorf("it is judged: %+v", report.Assessment)
		}
		for i := range 6 {
			p.check(Delete[Report](t.Context(), p.Store, p.account, fmt.Sprintf("report-%03d", i), Write{}))
		}
		p.uploads(pushedReport("report-pus", day.Add(23*time.Hour), pus()))
		report, err = Get[Report](t.Context(), p.Store, p.account, "report-pus")
		p.check(err)
		if report.Assessment == nil || report.Assessment.Rule != "SD-01" || len(report.Flags) > 0 {
			t.Errorf("there is room, and it is %+v", report)
		}
	})
}

// A session beyond the bound is no first one: what is asked after months counts from
// the one that is judged, also where an earlier version has stored year 0 for it.
func TestASessionBeyondTheBoundsIsNoFirstOne(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		day := p.now().Add(-72 * time.Hour).Truncate(24 * time.Hour)
		first := func(when string) {
			t.Helper()
			a, err := p.Account(t.Context(), p.account)
			p.check(err)
			if !a.FirstSessionAt.Equal(day) {
				t.Errorf("%s the first session was at %v, want %v", when, a.FirstSessionAt, day)
			}
			if n := len(p.open("progress")); n != 1 {
				t.Errorf("%s %d requests for a picture are planned, want 1", when, n)
			}
		}
		for i := range MaxSessionsADay + 2 {
			p.uploads(pushedSession(fmt.Sprintf("session-%03d", i), day.Add(time.Duration(i)*time.Minute)))
		}
		first("beyond the bound")
		p.check(p.write(t.Context(), p.account, func(tx *Tx) error {
			return tx.q.Exec("UPDATE accounts SET first_session_at = $1 WHERE id = $2", T(time.Time{}.Add(-time.Hour)), tx.Account)
		}))
		p.reports("report-001", 0, red())
		first("healed,")
	})
}

// Each day of a push has its own bound: what is stored already counts, what was
// deleted does not.
func TestEachDayOfAPushIsBounded(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		first := p.now().Add(-96 * time.Hour).Truncate(24 * time.Hour)
		of := func(day, from, until int) (sent []Pushed) {
			for i := from; i < until; i++ {
				at := first.Add(time.Duration(day)*24*time.Hour + time.Duration(i)*time.Minute)
				sent = append(sent, pushedReport(fmt.Sprintf("report-%d-%03d", day, i), at, red()))
			}
			return sent
		}
		p.uploads(append(of(0, 0, MaxReportsADay-1), of(1, 0, 5)...)...)
		for i := range 4 {
			p.check(Delete[Report](t.Context(), p.Store, p.account, fmt.Sprintf("report-0-%03d", i), Write{}))
		}
		p.uploads(slices.Concat(of(0, 100, 107), of(1, 100, 100+MaxReportsADay-5), of(2, 0, MaxReportsADay+1))...)
		back := append(of(0, 0, 1), of(3, 0, 1)...)
		back[0].BasedDeleted = true
		p.uploads(back...)
		var over []string
		feed, err := p.Changes(t.Context(), p.account, FeedQuery{Collections: []string{"reports"}})
		p.check(err)
		for _, c := range feed.Changes {
			if c.Row.(*Report).tooMany() {
				over = append(over, c.ID)
			}
		}
		slices.Sort(over)
		if want := []string{"report-0-000", "report-0-105", "report-0-106", "report-2-040"}; !slices.Equal(over, want) {
			t.Errorf("flagged: %v, want %v", over, want)
		}
	})
}

// An account's rows are counted when it has written enough of them: edits do not
// fill it, nor does a restore, which raises its counter by 2^32.
func TestAllRowsOfAnAccountAreBounded(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		change := 1
		put := func(id string) error {
			_, _, err := Put(context.Background(), p.Store, p.account, id, Progress{On: "2020-01-01", Change: &change}, Write{})
			return err
		}
		run := func(statement string, args ...any) {
			p.check(p.writeAny(context.Background(), func(tx *Tx) error {
				return tx.q.Exec(statement, args...)
			}))
		}
		for _, seq := range []int64{1<<32 + 5, 2 * MaxRows} {
			run("UPDATE accounts SET change_seq = $1 WHERE id = $2", seq, p.account)
			p.check(put(fmt.Sprintf("progress-%d", seq)))
		}
		run(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
			INSERT INTO progress (account_id, id, on_date, scale, shedding, told_by, note, version, seq, created_at, updated_at)
			SELECT CAST($1 AS TEXT), 'filled-' || i, '2020-01-01', '', '', 'self', '', 1, 1, 0, 0 FROM n`, p.account, MaxRows)
		if err := put("progress-z"); !IsCode(err, CodeTooMany) {
			t.Errorf("one row more: %v", err)
		}
		p.uploads(Pushed{Collection: "progress", ID: "progress-z", Row: &Progress{On: "2020-01-01", Change: &change}})
		if row, err := Get[Progress](context.Background(), p.Store, p.account, "progress-z"); err != nil || !row.tooMany() {
			t.Errorf("one row more by a push: %v %v", row.Flags, err)
		}
		p.check(put("filled-1")) // what is there can be edited
	})
}
