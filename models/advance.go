package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aftercare/models/db"
)

// Due is an account whose verdict or reminders may change now.
type Due struct {
	Account   string
	reminders []string // those that wake; none: it is to be judged
}

// Same says that the two stand for the same work.
func (d Due) Same(o Due) bool {
	return d.Account == o.Account && slices.Equal(d.reminders, o.reminders)
}

// DueAccounts are those whose next moment has come, or a reminder's. It reads
// what is due, never what is stored.
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
		out = append(out, Due{Account: id})
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

// Advance does for one account what time has brought: it judges anew if its
// moment has come, wakes the reminders that are due, and folds those that
// were missed into one summary.
func (s *Store) Advance(ctx context.Context, due Due) error {
	err := s.write(ctx, due.Account, func(tx *Tx) error {
		a, err := db.Row[Account](tx.q, "SELECT id, judge_at, time_zone, quiet_hours FROM accounts WHERE id = $1", due.Account)
		if err != nil {
			return err
		}
		if !a.JudgeAt.IsZero() && !tx.Now.Before(a.JudgeAt.Time) {
			if err := tx.judgeAgain(time.Time{}); err != nil {
				return err
			}
			due.reminders = nil // the verdict may have moved more of them
		}
		if err := tx.wake(&a, due.reminders); err != nil || tx.missed == 0 {
			return err
		}
		return tx.summarise(&a)
	})
	if IsCode(err, CodeNotFound) {
		return nil // erased meanwhile
	}
	return err
}

// Postpone pushes a poisoned account forward, so that it cannot stop the rest.
func (s *Store) Postpone(ctx context.Context, account string, by time.Duration) error {
	return s.write(ctx, account, func(tx *Tx) error {
		now, later := T(tx.Now), T(tx.Now.Add(by))
		if _, err := tx.q.Exec("UPDATE accounts SET judge_at = $1 WHERE id = $2 AND judge_at <= $3", later, account, now); err != nil {
			return err
		}
		_, err := tx.q.Exec("UPDATE reminders SET wake_at = $1 WHERE account_id = $2 AND wake_at <= $3", later, account, now)
		return err
	})
}

// wake looks at each reminder whose moment has come, among those named; none
// named are all. To find them by their names is for herds: an index by account
// and moment would cost each of their writes more.
func (tx *Tx) wake(a *Account, ids []string) error {
	args, which := db.Args{tx.Account, T(tx.Now)}, ""
	if len(ids) > 0 {
		which = " AND id IN " + db.In(&args, ids...)
	}
	due, err := db.Rows[Reminder](tx.q, "SELECT * FROM reminders WHERE account_id = $1 AND wake_at <= $2"+which+" ORDER BY due_at, id", args...)
	if err != nil {
		return fmt.Errorf("load due reminders: %w", err)
	}
	for i := range due {
		if err := tx.wakeOne(a, &due[i]); err != nil {
			return fmt.Errorf("wake a reminder: %w", err)
		}
	}
	return nil
}

func (tx *Tx) wakeOne(a *Account, r *Reminder) error {
	switch expired := !tx.Now.Before(r.ExpiresAt.Time); {
	case r.State == StateSent && expired:
		r.EndedAt, r.WakeAt = T(tx.Now), Time{}
		return tx.moved(r)
	case expired:
		tx.miss(r)
		return tx.endReminder(r, StateExpired, r.whyExpired())
	case r.State == StateScheduled, r.State == StateSnoozed:
		if at := a.afterQuiet(tx.Now, r.Kind); !r.Urgent && !wakesAtNight(r.InQuiet, r.DueAt, tx.Now) && at.After(tx.Now) {
			r.WakeAt = T(at)
			return tx.moved(r)
		}
		if err := tx.outrun(r); err != nil {
			return err
		}
		return tx.notify(r, phones{})
	}
	r.sleep()
	return tx.moved(r)
}

// outrun ends what earlier notifications of the same warning have not told
// yet: after downtime, or once a push service is back, the latest is enough.
func (tx *Tx) outrun(r *Reminder) error {
	if r.Kind != KindWarning {
		return nil
	}
	earlier, err := db.Rows[Reminder](tx.q, "SELECT * FROM reminders WHERE account_id = $1 AND kind = $2 AND anchor = $3 AND id <> $4 AND state IN ($5, $6)",
		tx.Account, KindWarning, r.Anchor, r.ID, StateDue, StateSent)
	if err != nil {
		return fmt.Errorf("look for earlier notifications: %w", err)
	}
	for i := range earlier {
		if earlier[i].State == StateDue {
			err = tx.endUnseen(&earlier[i], StateCancelled, ReasonRepeated)
		} else { // it stays open, so that an acknowledgement clears the screens that show it
			err = tx.skipDeliveries(&earlier[i], ReasonRepeated)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// whyExpired is the reason with which a reminder ends that nobody answered.
func (r *Reminder) whyExpired() Reason {
	switch r.State {
	case StateHeld:
		return r.HeldBy
	case StateScheduled:
		return ReasonLate
	}
	return ReasonNotDelivered
}

// summaryLife is how long the fold of what was missed is worth telling.
const summaryLife = 3 * 24 * time.Hour

// summarise folds what was missed into one reminder a day.
func (tx *Tx) summarise(a *Account) error {
	slot := tx.Now.In(a.zone()).Format(time.DateOnly)
	known, err := db.Row[int64](tx.q, "SELECT COUNT(*) FROM reminders WHERE account_id = $1 AND kind = $2 AND anchor = $3 AND slot = $4",
		tx.Account, KindSummary, "late", slot)
	if err != nil || known > 0 {
		return err
	}
	due := a.afterQuiet(tx.Now, KindSummary)
	r := &Reminder{
		Base: Base{ID: NewID()}, Kind: KindSummary, Anchor: "late", Slot: slot, TextKey: "summary",
		DueAt: T(due), ExpiresAt: T(due.Add(summaryLife)), State: StateScheduled,
	}
	r.sleep()
	return tx.save(r)
}
