package models

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"slices"
	"time"

	"gorm.io/gorm/clause"
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
	db, now := s.read(ctx), T(s.Now())
	var judge []string
	err := db.Model(&Account{}).Where("judge_at <= ?", now).Order("judge_at").Limit(limit).Pluck("id", &judge).Error
	if err != nil {
		return nil, fmt.Errorf("look for due accounts: %w", err)
	}
	var wake []struct{ AccountID, ID string }
	err = db.Model(&Reminder{}).Where("wake_at <= ?", now).Order("wake_at").Limit(limit).Find(&wake).Error
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
		a := Account{ID: due.Account}
		err := selectRow(tx.DB, "SELECT judge_at, time_zone, quiet_hours FROM accounts WHERE id = $1", []any{due.Account},
			&a.JudgeAt, &a.TimeZone, jsonCell{&a.QuietHours})
		if err != nil {
			return err
		}
		if !a.JudgeAt.IsZero() && !tx.Now.Before(a.JudgeAt.Time) {
			if err := tx.judge(time.Time{}); err != nil {
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
		if err := tx.Exec("UPDATE accounts SET judge_at = ? WHERE id = ? AND judge_at <= ?", later, account, now).Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE reminders SET wake_at = ? WHERE account_id = ? AND wake_at <= ?", later, account, now).Error
	})
}

// wake looks at each reminder whose moment has come, among those named; none
// named are all. To find them by their names is for herds: an index by account
// and moment would cost each of their writes more.
func (tx *Tx) wake(a *Account, ids []string) error {
	l, which := list{args: []any{tx.Account, T(tx.Now)}}, ""
	if len(ids) > 0 {
		which = " AND id IN " + l.add(ids...)
	}
	due, err := selectRows[Reminder](tx.DB, "account_id = $1 AND wake_at <= $2"+which+" ORDER BY due_at, id", l.args...)
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
		if at := a.afterQuiet(tx.Now, r.Kind); !r.Urgent && at.After(tx.Now) {
			r.WakeAt = T(at)
			return tx.moved(r)
		}
		if err := tx.outrun(r); err != nil {
			return err
		}
		if err := tx.notify(r, ""); err != nil {
			return err
		}
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
	var earlier []Reminder
	err := tx.Where("account_id = ? AND kind = ? AND anchor = ? AND id <> ? AND state IN ?",
		tx.Account, KindWarning, r.Anchor, r.ID, []string{StateDue, StateSent}).Find(&earlier).Error
	if err != nil {
		return fmt.Errorf("look for earlier notifications: %w", err)
	}
	for i := range earlier {
		if earlier[i].State == StateDue {
			err = tx.endUnseen(&earlier[i], StateCancelled, reasonToldAgain)
		} else { // it stays open, so that an acknowledgement clears the screens that show it
			err = tx.skipDeliveries(&earlier[i], reasonToldAgain)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// whyExpired is the reason with which a reminder ends that nobody answered.
func (r *Reminder) whyExpired() string {
	switch r.State {
	case StateHeld:
		return r.HeldBy
	case StateScheduled:
		return reasonLate
	}
	return "not_delivered"
}

// reasonLate ends a reminder whose time was over before it could be told.
const reasonLate = "late"

// summaryLife is how long the fold of what was missed is worth telling.
const summaryLife = 3 * 24 * time.Hour

// miss counts a reminder whose time was over before it could be told, because
// the server was away.
func (tx *Tx) miss(r *Reminder) {
	if r.State == StateScheduled && !r.Silent {
		tx.missed++
	}
}

// summarise folds what was missed into one reminder a day.
func (tx *Tx) summarise(a *Account) error {
	slot := tx.Now.In(a.zone()).Format(time.DateOnly)
	var known int64
	err := tx.Model(&Reminder{}).Where("account_id = ? AND kind = ? AND anchor = ? AND slot = ?", tx.Account, KindSummary, "late", slot).Count(&known).Error
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

// How long rows are kept (design, Kept how long).
const (
	deliveriesKept = 90 * 24 * time.Hour
	remindersKept  = 365 * 24 * time.Hour
	auditKept      = 2 * 365 * 24 * time.Hour
	tombstonesKept = 180 * 24 * time.Hour
	emptyKept      = 30 * 24 * time.Hour
	staleAfter     = 60 * 24 * time.Hour
)

// purges are what is deleted when it has had its time, each by an index.
var purges = []struct {
	table, key, where string
	kept              time.Duration
}{
	{"deliveries", "account_id, reminder_id, device_id, round", "created_at < ? AND next_at IS NULL", deliveriesKept},
	{"reminders", "account_id, id", "ended_at < ?", remindersKept},
	{"audit", "account_id, id", "at < ?", auditKept},
	{"pairing_codes", "account_id, code_hash", "expires_at < ?", 0},
	{"rollers", "account_id, id", "deleted_at < ?", tombstonesKept},
	{"sessions", "account_id, id", "deleted_at < ?", tombstonesKept},
	{"reports", "account_id, id", "deleted_at < ?", tombstonesKept},
}

const (
	// purgeStep is how many rows one transaction deletes: writes wait for it.
	purgeStep = 2000
	// rewriteHour is the hour, UTC, of the purge that rewrites a SQLite file of
	// any size after an erasure; writes wait meanwhile.
	rewriteHour = 3
)

// Purge deletes what has had its time, in bounded steps, and marks push
// addresses of phones that were silent for 60 days.
func (s *Store) Purge(ctx context.Context) error {
	now := s.Now()
	before := func(kept time.Duration) Time { return T(now.Add(-kept)) }
	for _, p := range purges {
		query := fmt.Sprintf("DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s WHERE %s LIMIT %d)", p.table, p.key, p.key, p.table, p.where, purgeStep)
		for deleted := int64(purgeStep); deleted == purgeStep; {
			err := s.writeAny(ctx, func(tx *Tx) error {
				done := tx.Exec(query, before(p.kept))
				deleted = done.RowsAffected
				return done.Error
			})
			if err != nil {
				return fmt.Errorf("purge %s: %w", p.table, err)
			}
		}
	}
	if err := s.markStale(ctx, before(staleAfter)); err != nil {
		return err
	}
	if err := s.purgeEmptyAccounts(ctx, before(emptyKept)); err != nil {
		return err
	}
	if _, err := s.purgeCopies(); err != nil {
		return err
	}
	if now.Hour() == rewriteHour {
		return s.settle(ctx, math.MaxInt64)
	}
	return s.SettleErasures(ctx)
}

// markStale marks the push addresses of phones that were silent for 60 days:
// they neither registered nor used the API. That a service takes what is sent
// says nothing of the phone.
func (s *Store) markStale(ctx context.Context, before Time) error {
	err := s.writeAny(ctx, func(tx *Tx) error {
		return tx.Exec(`UPDATE devices SET push_state = ? WHERE push_state = ? AND push_registered_at < ? AND last_seen_at < ?`,
			PushStale, PushActive, before, before).Error
	})
	if err != nil {
		return fmt.Errorf("mark stale push addresses: %w", err)
	}
	return nil
}

// emptyAccounts are anonymous accounts without any data whose phones were
// silent since a moment, given twice.
const emptyAccounts = `FROM accounts a WHERE email IS NULL AND first_session_at IS NULL AND created_at < ?
	AND risks IS NULL AND NOT uses_minoxidil AND clinician_cleared_on = ''
	AND NOT EXISTS (SELECT 1 FROM sessions x WHERE x.account_id = a.id) AND NOT EXISTS (SELECT 1 FROM reports x WHERE x.account_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM rollers x WHERE x.account_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM devices x WHERE x.account_id = a.id AND x.last_seen_at >= ?)`

// purgeEmptyAccounts erases anonymous accounts that never held any data. Each
// is looked at again in the transaction that erases it: a phone may have come
// back meanwhile.
func (s *Store) purgeEmptyAccounts(ctx context.Context, before Time) error {
	var ids []string
	err := s.read(ctx).Raw("SELECT a.id "+emptyAccounts+" LIMIT 1000", before, before).Scan(&ids).Error
	if err != nil {
		return fmt.Errorf("look for empty accounts: %w", err)
	}
	for _, id := range ids {
		err := s.write(ctx, id, func(tx *Tx) error {
			var still int64
			err := tx.Raw("SELECT COUNT(*) "+emptyAccounts+" AND a.id = ?", before, before, id).Scan(&still).Error
			if err != nil || still == 0 {
				return err
			}
			return tx.erase()
		})
		if err != nil && !IsCode(err, CodeNotFound) {
			return fmt.Errorf("purge an empty account: %w", err)
		}
	}
	return nil
}

// secret reads a random key that the server made at its first use and keeps.
func (s *Store) secret(ctx context.Context, name string) (string, error) {
	return s.Setting(ctx, name, rand.Text)
}

// Setting reads a value that is kept in the database, and makes it at the
// first call. Processes that make it at once agree on one.
func (s *Store) Setting(ctx context.Context, name string, make func() string) (string, error) {
	if v, ok := s.settings.Load(name); ok {
		return v.(string), nil
	}
	type setting struct{ Name, Value string }
	var kept setting
	err := s.writeAny(ctx, func(tx *Tx) error {
		fresh := setting{Name: name, Value: make()}
		err := tx.Table("settings").Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error
		if err != nil {
			return err
		}
		return tx.Table("settings").Where("name = ?", name).Take(&kept).Error
	})
	if err != nil {
		return "", fmt.Errorf("read the setting %s: %w", name, err)
	}
	s.settings.Store(name, kept.Value)
	return kept.Value, nil
}

// Backlog is what waits to be delivered, for readiness and metrics.
type Backlog struct {
	Waiting int64 // deliveries whose next attempt has come
	// OldestDue is since when the latest thing is late: a delivery that waits
	// for its next attempt, a reminder that is not yet one, an account to judge.
	OldestDue Time
}

// Backlog reads how much is due and since when. What waits for the end of quiet
// hours is not late.
func (s *Store) Backlog(ctx context.Context) (Backlog, error) {
	var b Backlog
	var delivery, reminder, account Time
	err := selectRow(s.read(ctx), `SELECT (SELECT COUNT(*) FROM deliveries WHERE next_at <= $1),
		(SELECT MIN(due_at) FROM deliveries WHERE next_at IS NOT NULL AND reason <> $2),
		(SELECT MIN(wake_at) FROM reminders WHERE wake_at <= $1), (SELECT MIN(judge_at) FROM accounts WHERE judge_at <= $1)`,
		[]any{T(s.Now()), reasonQuiet}, &b.Waiting, &delivery, &reminder, &account)
	b.OldestDue = T(earliest(delivery.Time, earliest(reminder.Time, account.Time)))
	return b, err
}
