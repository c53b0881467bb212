package models

import (
	"context"
	"fmt"
	"time"

	"aftercare/models/db"
)

// DueAccounts returns the accounts whose next judgement or next reminder is
// due. It reads what is due, never everything that is stored.
func (s *Store) DueAccounts(ctx context.Context, limit int) ([]Due, error) {
	q, now := s.read(ctx), T(s.Now())
	judge, err := db.Rows[string](q, "SELECT id FROM accounts WHERE judge_at <= $1 ORDER BY judge_at LIMIT $2", now, limit)
	if err != nil {
		return nil, fmt.Errorf("look for due accounts: %w", err)
	}
	wake, err := db.Rows[struct{ AccountID, ID string }](q, "SELECT account_id, id FROM reminders WHERE wake_at <= $1 ORDER BY wake_at LIMIT $2", now, limit)
	if err != nil {
		return nil, fmt.Errorf("look for due reminders: %w", err)
	}
	out, at := make([]Due, 0, len(judge)+len(wake)), map[string]int{}
	for _, id := range judge {
		at[id] = len(out)
		out = append(out, Due{Account: id, Judge: true})
	}
	for _, r := range wake {
		i, known := at[r.AccountID]
		if !known {
			i = len(out)
			at[r.AccountID] = i
			out = append(out, Due{Account: r.AccountID})
		}
		out[i].reminders = append(out[i].reminders, r.ID)
	}
	return out, nil
}

// Advance is AdvanceAll for one account, without a lease.
func (s *Store) Advance(ctx context.Context, due Due) error {
	_, err := s.AdvanceAll(ctx, []Due{due}, Lease{})
	return err
}

// AdvanceAll does in one transaction what time has made due for the accounts:
// it judges those whose next judgement has come, wakes the due reminders, and
// folds those that were missed into one summary for each account. It returns
// the claims of the deliveries that it made. A row that cannot be read fails
// all of them: advance each alone then.
func (s *Store) AdvanceAll(ctx context.Context, due []Due, lease Lease) ([]Claim, error) {
	name := s.newLease()
	var out []Claim
	err := s.writeAny(ctx, func(tx *Tx) error {
		w := &waking{Tx: tx, lease: lease, name: name, missed: map[string]int{}}
		if err := w.advance(due); err != nil {
			return err
		}
		out = w.claims
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("advance: %w", err)
	}
	return out, nil
}

// Postpone delays an account that cannot be advanced, so that it cannot stop
// the rest.
func (s *Store) Postpone(ctx context.Context, account string, by time.Duration) error {
	return s.write(ctx, account, func(tx *Tx) error {
		now, later := T(tx.Now), T(tx.Now.Add(by))
		if err := tx.q.Exec("UPDATE accounts SET judge_at = $1 WHERE id = $2 AND judge_at <= $3", later, account, now); err != nil {
			return err
		}
		return tx.q.Exec("UPDATE reminders SET wake_at = $1 WHERE account_id = $2 AND ended_at IS NULL AND wake_at <= $3", later, account, now)
	})
}

// advance judges and wakes the accounts that are due.
func (w *waking) advance(due []Due) error {
	most := 1
	for _, d := range due {
		most = max(most, len(d.reminders))
	}
	ids := accountsOf(due, func(d Due) string { return d.Account })
	if err := w.raiseAll(ids, most); err != nil {
		return err
	}
	if err := w.loadAccounts(ids); err != nil {
		return err
	}
	for i := range due {
		if err := w.judge(&due[i]); err != nil {
			return err
		}
	}
	if err := w.wake(due); err != nil {
		return err
	}
	return w.summarise()
}

// judge judges an account if its next judgement is due.
func (w *waking) judge(due *Due) error {
	a := w.accounts[due.Account]
	if a == nil || a.JudgeAt.IsZero() || w.Now.Before(a.JudgeAt.Time) || !w.enter(a.ID) {
		return nil
	}
	err := w.judgeAgain(time.Time{})
	w.countMissed()
	return err
}
