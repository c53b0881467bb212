package models

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"aftercare/models/db"
)

// How long rows are kept (operations, Kept how long).
const (
	deliveriesKept = 90 * 24 * time.Hour
	remindersKept  = 365 * 24 * time.Hour
	auditKept      = 2 * 365 * 24 * time.Hour
	tombstonesKept = 180 * 24 * time.Hour
	emptyKept      = 30 * 24 * time.Hour
	staleAfter     = 60 * 24 * time.Hour
)

// purges lists what is deleted after its retention time, each by an index.
var purges = []struct {
	table, key, where string
	kept              time.Duration
}{
	{"deliveries", "account_id, reminder_id, device_id, round", "created_at < $1 AND next_at IS NULL", deliveriesKept},
	{"reminders", "account_id, id", "deleted_at < $1", tombstonesKept},
	{"audit", "account_id, id", "at < $1", auditKept},
	{"pairing_codes", "account_id, code_hash", "expires_at < $1", 0},
	{"doctor_reports", "account_id, id", "expires_at < $1", 0},
	{"tickets", "account_id, ticket_hash", "expires_at < $1", 0},
	{"rollers", "account_id, id", "deleted_at < $1", tombstonesKept},
	{"sessions", "account_id, id", "deleted_at < $1", tombstonesKept},
	{"reports", "account_id, id", "deleted_at < $1", tombstonesKept},
	{"progress", "account_id, id", "deleted_at < $1", tombstonesKept},
	{"clinician_events", "account_id, id", "deleted_at < $1", tombstonesKept},
}

const (
	// purgeStep is how many rows one transaction deletes, while writes wait.
	purgeStep = 2000
	// rewriteHour is the hour (UTC) of the purge that rewrites a SQLite file of
	// any size after an erasure, while writes wait.
	rewriteHour = 3
)

// Purge deletes what has passed its retention time, in bounded steps, and marks
// the push addresses of phones that were silent for 60 days.
func (s *Store) Purge(ctx context.Context) error {
	now := s.Now()
	if err := s.buryReminders(ctx, T(now.Add(-remindersKept))); err != nil {
		return fmt.Errorf("bury reminders: %w", err)
	}
	before := func(kept time.Duration) Time { return T(now.Add(-kept)) }
	for _, p := range purges {
		for deleted := purgeStep; deleted == purgeStep; {
			err := s.writeAny(ctx, func(tx *Tx) (err error) {
				deleted, err = tx.purge(p.table, p.key, p.where, before(p.kept))
				return err
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
	if _, err := s.db.PurgeCopies(); err != nil {
		return err
	}
	if now.Hour() == rewriteHour {
		return s.db.FinishErasures(ctx, math.MaxInt64)
	}
	return s.db.FinishErasures(ctx, db.RewriteAtOnce)
}

// buryStep is how many reminders, and of how many accounts, one transaction
// buries.
const buryStep = 500

type reminderKey struct{ AccountID, ID string }

// buryReminders replaces the reminders that ended before a time by tombstones,
// so that phones learn of their deletion.
func (s *Store) buryReminders(ctx context.Context, before Time) error {
	for buried := buryStep; buried == buryStep; {
		ended, err := db.Rows[reminderKey](s.read(ctx), "SELECT account_id, id FROM reminders WHERE ended_at < $1 AND deleted_at IS NULL ORDER BY ended_at LIMIT $2", before, buryStep)
		if err != nil {
			return err
		}
		if buried = len(ended); buried == 0 {
			return nil
		}
		of := map[string][]string{}
		for _, r := range ended {
			of[r.AccountID] = append(of[r.AccountID], r.ID)
		}
		if err := s.writeAny(ctx, func(tx *Tx) error { return tx.buryAll(of, before) }); err != nil {
			return err
		}
	}
	return nil
}

// buryAll replaces reminders, given by account, by tombstones. One that was
// restored meanwhile stays.
func (tx *Tx) buryAll(of map[string][]string, before Time) error {
	most := 0
	for _, ids := range of {
		most = max(most, len(ids))
	}
	accounts := slices.Sorted(maps.Keys(of))
	if err := tx.raiseAll(accounts, most); err != nil {
		return err
	}
	var rows [][]any
	for _, account := range accounts {
		if !tx.enter(account) {
			continue // erased meanwhile
		}
		for _, id := range of[account] {
			rows = append(rows, []any{account, id, tx.tx.NextSeq()})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	args := db.Args{T(tx.Now), before}
	return tx.q.Exec(db.Set(&args, "c", []string{"a", "r", "s BIGINT"}, rows)+` UPDATE reminders SET deleted_at = $1, updated_at = $1, version = version + 1, seq = c.s,
		rule = '', text_key = '', session_id = '', held_by = '', reason = '', snoozed_until = NULL, acknowledged_at = NULL
		FROM c WHERE account_id = c.a AND id = c.r AND ended_at < $2 AND deleted_at IS NULL`, args...)
}

// purge deletes one step of rows and returns how many. The condition is
// repeated, so that on PostgreSQL a row that another write has just restored
// stays.
func (tx *Tx) purge(table, key, where string, before Time) (int, error) {
	query := fmt.Sprintf("DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s WHERE %s LIMIT %d) AND %s", table, key, key, table, where, purgeStep, where)
	if !slices.Contains(Collections(), table) {
		n, err := tx.q.ExecCount(query, before)
		return int(n), err
	}
	gone, err := db.Rows[struct {
		AccountID string
		Seq       int64
	}](tx.q, query+" RETURNING account_id, seq", before)
	if err != nil || len(gone) == 0 {
		return 0, err
	}
	last := map[string]int64{}
	for _, row := range gone {
		last[row.AccountID] = max(last[row.AccountID], row.Seq)
	}
	var marks [][]any
	for _, account := range slices.Sorted(maps.Keys(last)) {
		marks = append(marks, []any{account, last[account]})
	}
	var args db.Args
	err = tx.q.Exec(db.Set(&args, "c", []string{"a", "n BIGINT"}, marks)+" UPDATE accounts SET purged_seq = c.n FROM c WHERE id = c.a AND purged_seq < c.n", args...)
	return len(gone), err
}

// markStale marks the push addresses of phones that neither registered nor used
// the API for 60 days. That a push service accepts messages says nothing about
// the phone.
func (s *Store) markStale(ctx context.Context, before Time) error {
	err := s.writeAny(ctx, func(tx *Tx) error {
		// The state is written out, as in the index that is of the active ones alone.
		return tx.q.Exec("UPDATE devices SET push_state = $1 WHERE push_state = '"+string(PushActive)+"' AND push_registered_at < $2 AND last_seen_at < $2",
			PushStale, before)
	})
	if err != nil {
		return fmt.Errorf("mark stale push addresses: %w", err)
	}
	return nil
}

// emptyAccounts selects anonymous accounts without any data whose phones have
// been silent since a moment.
const emptyAccounts = `FROM accounts a WHERE email IS NULL AND first_session_at IS NULL AND created_at < $1
	AND risks IS NULL AND NOT uses_minoxidil AND clinician_cleared_on = '' AND hair_loss IS NULL
	AND NOT EXISTS (SELECT 1 FROM sessions x WHERE x.account_id = a.id) AND NOT EXISTS (SELECT 1 FROM reports x WHERE x.account_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM rollers x WHERE x.account_id = a.id) AND NOT EXISTS (SELECT 1 FROM progress x WHERE x.account_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM clinician_events x WHERE x.account_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM devices x WHERE x.account_id = a.id AND x.last_seen_at >= $1)`

// purgeEmptyAccounts erases anonymous accounts that never held any data. Each
// is checked again in the transaction that erases it, because a phone may have
// come back meanwhile.
func (s *Store) purgeEmptyAccounts(ctx context.Context, before Time) error {
	ids, err := db.Rows[string](s.read(ctx), "SELECT a.id "+emptyAccounts+" LIMIT 1000", before)
	if err != nil {
		return fmt.Errorf("look for empty accounts: %w", err)
	}
	for _, id := range ids {
		err := s.write(ctx, id, func(tx *Tx) error {
			still, err := db.Row[int64](tx.q, "SELECT COUNT(*) "+emptyAccounts+" AND a.id = $2", before, id)
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
