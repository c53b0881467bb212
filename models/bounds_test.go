package models

import (
	"context"
	"fmt"
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
				_, err := tx.q.Exec(statement, args...)
				return err
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
		p.check(put("filled-1")) // what is there can be edited
	})
}
